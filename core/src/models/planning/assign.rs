//! Who serves whom: as good as possible, each agent as many as they can.

use super::range;
use crate::base::Result;

/// Most places of agents, once each is as many as their capacity.
const MOST: usize = 1 << 16;

/// Customers given to agents.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The agent of each customer; none where no place is left for them.
    pub agent: Vec<Option<usize>>,
    /// The sum of the scores.
    pub score: f64,
}

/// Gives each customer to one agent, so that as many as possible are served and scores sum to the most; an agent
/// takes at most `capacity`. `score` is customers x agents, row after row; NaN where an agent can't serve a customer.
///
/// By shortest augmenting paths (Kuhn 1955, Munkres 1957; Jonker, Volgenant 1987): exact. Cost: customers^2 x places.
///
/// ```
/// use bactrian::models::planning::assign;
///
/// let found = assign(&[9.0, 8.0, 7.0, 1.0], &[1, 1])?;
/// assert_eq!((found.agent, found.score), (vec![Some(1), Some(0)], 15.0));
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange) where the scores are no whole number of rows, one is
/// infinite, or there are more than 65,536 places.
pub fn assign(score: &[f64], capacity: &[usize]) -> Result<Assignment> {
    let agents = capacity.len();
    if agents == 0 || !score.len().is_multiple_of(agents) || score.iter().any(|x| x.is_infinite()) {
        return range(format!("{} scores are no rows of {agents} agents, or one is infinite", score.len()));
    }
    let customers = score.len() / agents;
    // No agent can use more places than there are customers.
    let places: Vec<usize> =
        (0..agents).flat_map(|agent| std::iter::repeat_n(agent, capacity[agent].min(customers))).collect();
    if places.len() > MOST || customers > MOST {
        return range(format!("{customers} customers and {} places: {MOST} are the most", places.len()));
    }
    let known = score.iter().copied().filter(|x| !x.is_nan());
    let (low, high) = known.fold((0.0_f64, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    // Not to be served costs more than any exchange of all others.
    let unserved = (high - low + 1.0) * (customers as f64 + 1.0);
    let cost = |customer: usize, place: usize| match places.get(place) {
        Some(agent) => match score[customer * agents + agent] {
            value if value.is_nan() => 2.0 * unserved,
            value => high - value,
        },
        // One place of nobody for each customer.
        None if place - places.len() == customer => unserved,
        None => f64::INFINITY,
    };
    let holder = matched(customers, places.len() + customers, cost);
    let mut agent = vec![None; customers];
    for (place, customer) in holder.iter().enumerate() {
        if let (Some(by), Some(customer)) = (places.get(place), customer)
            && !score[customer * agents + by].is_nan()
        {
            agent[*customer] = Some(*by);
        }
    }
    let served = agent.iter().enumerate().filter_map(|(customer, by)| Some(score[customer * agents + (*by)?]));
    Ok(Assignment { score: served.sum(), agent })
}

/// The row of each column in the matching of all rows at the least cost.
fn matched(rows: usize, columns: usize, cost: impl Fn(usize, usize) -> f64) -> Vec<Option<usize>> {
    let (mut up, mut down) = (vec![0.0; rows], vec![0.0; columns]);
    let mut holder: Vec<Option<usize>> = vec![None; columns];
    for first in 0..rows {
        let (mut least, mut from) = (vec![f64::INFINITY; columns], vec![usize::MAX; columns]);
        let mut done = vec![false; columns];
        let (mut row, mut column) = (first, usize::MAX);
        loop {
            let (mut delta, mut next) = (f64::INFINITY, usize::MAX);
            for at in (0..columns).filter(|at| !done[*at]) {
                let reduced = cost(row, at) - up[row] - down[at];
                if reduced < least[at] {
                    (least[at], from[at]) = (reduced, column);
                }
                if least[at] < delta {
                    (delta, next) = (least[at], at);
                }
            }
            // A row has a place of its own, so a way out is always found.
            if next == usize::MAX {
                break;
            }
            up[first] += delta;
            for at in 0..columns {
                match (done[at], holder[at]) {
                    (true, Some(held)) => {
                        up[held] += delta;
                        down[at] -= delta;
                    }
                    (true, None) => {}
                    (false, _) => least[at] -= delta,
                }
            }
            done[next] = true;
            column = next;
            match holder[next] {
                Some(held) => row = held,
                None => break,
            }
        }
        while column != usize::MAX {
            let before = from[column];
            holder[column] = if before == usize::MAX { Some(first) } else { holder[before] };
            column = before;
        }
    }
    holder
}
