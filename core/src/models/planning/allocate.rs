//! The batch plan: at most one action a customer, under limits, by the Lagrangian dual.

use super::{range, search};
use crate::base::Result;
use crate::base::random::Random;

/// Customers on which prices are first found.
const SAMPLE: usize = 4000;
/// Steps of the prices on a sample, and on everyone.
const STEPS: (usize, usize) = (300, 30);
/// Steps without a better bound, after which they are halved.
const PATIENCE: usize = 12;

/// What every customer could get: customers x actions, row after row.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// What an action is worth with a customer; unknown (NaN) or at most 0 is never chosen.
    pub value: &'a [f64],
    /// Number of actions.
    pub actions: usize,
}

/// What is scarce: a budget, the places of a channel, the hours of an agent.
#[derive(Debug, Clone, Copy)]
pub struct Limit<'a> {
    /// How much there is; at least 0.
    pub capacity: f64,
    /// How much an action takes; at least 0.
    pub uses: Uses<'a>,
}

/// How much an action takes of a limit.
#[derive(Debug, Clone, Copy)]
pub enum Uses<'a> {
    /// The same with every customer: a number an action.
    PerAction(&'a [f64]),
    /// A number a customer and action, laid out as the values.
    PerCell(&'a [f64]),
}

/// A plan that keeps every limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The action of each customer, or none.
    pub choice: Vec<Option<usize>>,
    /// What it is worth.
    pub value: f64,
    /// No plan is worth more than this.
    pub bound: f64,
    /// How much of each limit is used.
    pub used: Vec<f64>,
    /// What one more unit of each limit would be worth: its price in the dual.
    pub prices: Vec<f64>,
    /// Whether a search has shown that no plan is better.
    pub exact: bool,
}

impl Plan {
    /// (bound - value) / bound: 0 where nothing can be gained; at least 0.
    pub fn gap(&self) -> f64 {
        if self.bound > 0.0 { ((self.bound - self.value) / self.bound).max(0.0) } else { 0.0 }
    }
}

/// A checked problem. Limits are scaled so that each capacity is 1.
pub(super) struct Problem<'a> {
    pub options: Options<'a>,
    pub limits: &'a [Limit<'a>],
    pub customers: usize,
    /// 1 / capacity; of a limit without capacity 1.
    scale: Vec<f64>,
}

/// Customers and what the limits are to them together: all of them, or a sample.
struct Part {
    rows: Vec<usize>,
    capacity: Vec<f64>,
}

/// A point of the dual.
struct Dual {
    bound: f64,
    choice: Vec<Option<usize>>,
    /// What is left of each limit, scaled; negative where too much is used.
    slack: Vec<f64>,
}

impl<'a> Problem<'a> {
    fn new(options: Options<'a>, limits: &'a [Limit<'a>]) -> Result<Self> {
        if options.actions == 0 || !options.value.len().is_multiple_of(options.actions) {
            return range(format!("{} values are no rows of {} actions", options.value.len(), options.actions));
        }
        if options.value.contains(&f64::INFINITY) {
            return range("a value is infinite");
        }
        for (index, limit) in limits.iter().enumerate() {
            let (uses, wanted) = match limit.uses {
                Uses::PerAction(uses) => (uses, options.actions),
                Uses::PerCell(uses) => (uses, options.value.len()),
            };
            let fine =
                uses.iter().all(|x| *x >= 0.0 && x.is_finite()) && limit.capacity >= 0.0 && !limit.capacity.is_nan();
            if uses.len() != wanted || !fine {
                return range(format!("limit {index} needs a capacity and {wanted} uses, all at least 0"));
            }
        }
        let scale = limits.iter().map(|limit| if limit.capacity > 0.0 { 1.0 / limit.capacity } else { 1.0 }).collect();
        Ok(Problem { options, limits, customers: options.value.len() / options.actions, scale })
    }

    pub fn value(&self, row: usize, action: usize) -> f64 {
        self.options.value.get(row * self.options.actions + action).copied().unwrap_or(f64::NAN)
    }

    /// How much an action takes of a limit, scaled.
    pub fn uses(&self, limit: usize, row: usize, action: usize) -> f64 {
        let taken = match self.limits.get(limit).map(|limit| limit.uses) {
            Some(Uses::PerAction(uses)) => uses.get(action),
            Some(Uses::PerCell(uses)) => uses.get(row * self.options.actions + action),
            None => None,
        };
        taken.copied().unwrap_or(0.0) * self.scale.get(limit).copied().unwrap_or(1.0)
    }

    /// Everything that a plan may use, scaled.
    pub fn capacity(&self) -> Vec<f64> {
        self.limits.iter().map(|limit| if limit.capacity > 0.0 { 1.0 } else { 0.0 }).collect()
    }

    /// Values less the prices of what is used, of one customer.
    fn reduced(&self, prices: &[f64], per_action: &[f64], row: usize, out: &mut [f64]) {
        let from = row * self.options.actions;
        let values = self.options.value.get(from..from + self.options.actions).unwrap_or(&[]);
        for ((slot, value), price) in out.iter_mut().zip(values).zip(per_action) {
            *slot = value - price;
        }
        for ((limit, price), scale) in self.limits.iter().zip(prices).zip(&self.scale) {
            let Uses::PerCell(uses) = limit.uses else { continue };
            let uses = uses.get(from..from + self.options.actions).unwrap_or(&[]);
            let price = price * scale;
            out.iter_mut().zip(uses).for_each(|(slot, uses)| *slot -= price * uses);
        }
    }

    /// The price of every action by the limits that are the same with all customers.
    fn per_action(&self, prices: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.options.actions];
        for ((limit, price), scale) in self.limits.iter().zip(prices).zip(&self.scale) {
            if let Uses::PerAction(uses) = limit.uses {
                sums.iter_mut().zip(uses).for_each(|(sum, uses)| *sum += price * scale * uses);
            }
        }
        sums
    }

    fn dual(&self, part: &Part, prices: &[f64]) -> Dual {
        let per_action = self.per_action(prices);
        let mut reduced = vec![0.0; self.options.actions];
        let mut found = Dual { bound: 0.0, choice: Vec::with_capacity(part.rows.len()), slack: part.capacity.clone() };
        for row in &part.rows {
            self.reduced(prices, &per_action, *row, &mut reduced);
            let best = best_of(&reduced);
            found.choice.push(best.map(|(action, _)| action));
            let Some((action, worth)) = best else { continue };
            found.bound += worth;
            for (limit, slack) in found.slack.iter_mut().enumerate() {
                *slack -= self.uses(limit, *row, action);
            }
        }
        found.bound += prices.iter().zip(&part.capacity).map(|(price, capacity)| price * capacity).sum::<f64>();
        found
    }

    /// A plan that keeps the limits, from prices: those who gain most choose first among what is left.
    fn repaired(&self, part: &Part, prices: &[f64]) -> (f64, Vec<Option<usize>>) {
        let per_action = self.per_action(prices);
        let mut reduced = vec![0.0; self.options.actions];
        let mut order: Vec<(usize, f64)> = Vec::with_capacity(part.rows.len());
        for (place, row) in part.rows.iter().enumerate() {
            self.reduced(prices, &per_action, *row, &mut reduced);
            let most = reduced.iter().copied().filter(|x| !x.is_nan()).fold(f64::NEG_INFINITY, f64::max);
            order.push((place, most));
        }
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        let (mut left, mut choice, mut total) = (part.capacity.clone(), vec![None; part.rows.len()], 0.0);
        // First what pays its price, then what is worth anything, then something better with what is left.
        for pass in 0..3 {
            for (place, _) in &order {
                let row = part.rows[*place];
                let had: Option<usize> = choice[*place];
                if had.is_some() && pass < 2 {
                    continue;
                }
                self.reduced(prices, &per_action, row, &mut reduced);
                let worth = had.map_or(0.0, |action| self.value(row, action));
                if let Some(action) = had {
                    self.take(row, action, -1.0, &mut left);
                }
                let mut best = had.map(|action| (action, worth));
                for (action, reduced) in reduced.iter().enumerate() {
                    let value = self.value(row, action);
                    // By what is gained at the prices, but in the last pass by value.
                    let rank = if pass < 2 { *reduced } else { value };
                    let open = value > 0.0 && (pass > 0 || *reduced > 0.0);
                    if open && best.is_none_or(|(_, most)| rank > most) && self.fits(row, action, &left) {
                        best = Some((action, rank));
                    }
                }
                if let Some((action, _)) = best {
                    self.take(row, action, 1.0, &mut left);
                    total += self.value(row, action) - worth;
                    choice[*place] = Some(action);
                }
            }
        }
        (total, choice)
    }

    pub fn fits(&self, row: usize, action: usize, left: &[f64]) -> bool {
        left.iter().enumerate().all(|(limit, left)| self.uses(limit, row, action) <= left + 1e-12)
    }

    pub fn take(&self, row: usize, action: usize, times: f64, left: &mut [f64]) {
        left.iter_mut().enumerate().for_each(|(limit, left)| *left -= times * self.uses(limit, row, action));
    }

    /// Prices by subgradients, in steps of Polyak's size toward the best plan known (Held, Wolfe, Crowder 1974).
    fn descend(&self, part: &Part, start: &[f64], steps: usize, every: usize) -> Found {
        let mut found =
            Found { prices: start.to_vec(), bound: f64::INFINITY, value: 0.0, choice: vec![None; part.rows.len()] };
        let (mut prices, mut length, mut waited) = (start.to_vec(), 1.0, 0);
        for step in 0..steps {
            let dual = self.dual(part, &prices);
            waited += 1;
            if dual.bound < found.bound * (1.0 - 1e-7) || found.bound.is_infinite() {
                waited = 0;
            }
            if dual.bound < found.bound {
                (found.bound, found.prices) = (dual.bound, prices.clone());
            }
            if dual.slack.iter().all(|slack| *slack >= -1e-12) {
                let value =
                    part.rows.iter().zip(&dual.choice).filter_map(|(row, a)| Some(self.value(*row, (*a)?))).sum();
                found.better(value, &dual.choice);
            }
            if step % every == 0 || step + 1 == steps {
                let (value, choice) = self.repaired(part, &prices);
                found.better(value, &choice);
            }
            if waited >= PATIENCE {
                (length, waited, prices) = (length * 0.5, 0, found.prices.clone());
                continue;
            }
            // At a price of 0 a slack limit pulls no further.
            let pull = |(slack, price): (&f64, &f64)| if *price <= 0.0 && *slack > 0.0 { 0.0 } else { *slack };
            let pulls: Vec<f64> = dual.slack.iter().zip(&prices).map(pull).collect();
            let square: f64 = pulls.iter().map(|x| x * x).sum();
            if square <= 1e-24 || dual.bound - found.value <= 1e-12 * dual.bound.abs() {
                break;
            }
            let by = length * (dual.bound - found.value) / square;
            prices.iter_mut().zip(&pulls).for_each(|(price, pull)| *price = (*price - by * pull).max(0.0));
        }
        let (value, choice) = self.repaired(part, &found.prices);
        found.better(value, &choice);
        found
    }

    fn everyone(&self) -> Part {
        Part { rows: (0..self.customers).collect(), capacity: self.capacity() }
    }

    /// Some customers, with their share of the limits.
    fn sample(&self) -> Part {
        let mut rows: Vec<usize> = (0..self.customers).collect();
        Random::keyed(0, self.customers as u64).shuffle(&mut rows);
        rows.truncate(SAMPLE);
        let share = rows.len() as f64 / self.customers as f64;
        Part { rows, capacity: self.capacity().iter().map(|capacity| capacity * share).collect() }
    }
}

/// The best prices, the least bound and the best plan met.
pub(super) struct Found {
    pub prices: Vec<f64>,
    pub bound: f64,
    pub value: f64,
    pub choice: Vec<Option<usize>>,
}

impl Found {
    pub fn better(&mut self, value: f64, choice: &[Option<usize>]) {
        if value > self.value {
            (self.value, self.choice) = (value, choice.to_vec());
        }
    }
}

/// The first of the largest numbers above 0.
fn best_of(reduced: &[f64]) -> Option<(usize, f64)> {
    let mut best = None;
    let mut most = 0.0;
    for (action, worth) in reduced.iter().enumerate() {
        if *worth > most {
            (best, most) = (Some((action, *worth)), *worth);
        }
    }
    best
}

/// Gives each customer at most one action, so that values sum to as much as the limits allow.
///
/// Prices of the limits are found by the Lagrangian dual, whose value bounds every plan; the plan takes, in the
/// order of what customers gain at those prices, what still fits. Up to 60 customers and 600 options it then searches,
/// which ends exact unless two million steps do not suffice. Cost: some 30 passes over customers x actions x limits.
///
/// ```
/// use bactrian::models::planning::{Limit, Options, Uses, allocate};
///
/// let value = [5.0, 4.0, 3.0, 2.9];
/// let calls = Limit { capacity: 1.0, uses: Uses::PerAction(&[1.0, 0.0]) };
/// let plan = allocate(Options { value: &value, actions: 2 }, &[calls])?;
/// assert_eq!((plan.choice, plan.value, plan.exact), (vec![Some(0), Some(1)], 7.9, true));
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange) where shapes differ, a capacity or a use is negative or
/// unknown, or a value is infinite.
pub fn allocate(options: Options<'_>, limits: &[Limit<'_>]) -> Result<Plan> {
    let problem = Problem::new(options, limits)?;
    let everyone = problem.everyone();
    let mut prices = vec![0.0; limits.len()];
    let small = problem.customers <= SAMPLE;
    if !small {
        prices = problem.descend(&problem.sample(), &prices, STEPS.0, 20).prices;
    }
    let (steps, every) = if small { (STEPS.0, 5) } else { (STEPS.1, 10) };
    let mut found = problem.descend(&everyone, &prices, steps, every);
    let exact = search::search(&problem, &mut found) || found.bound - found.value <= 1e-12 * found.bound.abs();
    if exact {
        found.bound = found.value;
    }
    let mut used = vec![0.0; limits.len()];
    for (row, action) in found.choice.iter().enumerate() {
        let Some(action) = action else { continue };
        for (used, limit) in used.iter_mut().zip(limits) {
            *used += match limit.uses {
                Uses::PerAction(uses) => uses[*action],
                Uses::PerCell(uses) => uses[row * options.actions + action],
            };
        }
    }
    let prices = found.prices.iter().zip(&problem.scale).map(|(price, scale)| price * scale).collect();
    Ok(Plan { choice: found.choice, value: found.value, bound: found.bound, used, prices, exact })
}
