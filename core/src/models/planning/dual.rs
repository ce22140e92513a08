//! Prices of limits: each bounds what any plan is worth, and makes a plan.

use super::problem::{NOTHING, Problem};
use crate::base::random::Random;

/// Steps without a better bound, after which they are halved.
const PATIENCE: usize = 12;

/// Customers and what the limits are to them together: all of them, or a sample.
pub(super) struct Part {
    pub rows: Vec<usize>,
    pub capacity: Vec<f64>,
    pub least: Vec<f64>,
}

/// A point of the dual.
pub(super) struct Dual {
    pub bound: f64,
    pub choice: Vec<usize>,
    /// How much is used of each limit, scaled.
    used: Vec<f64>,
}

/// The best prices, the least bound and the best plan met.
pub(super) struct Found {
    pub prices: Vec<f64>,
    pub bound: f64,
    pub value: f64,
    /// By how much the leasts are missed together, scaled.
    pub short: f64,
    /// As many places as a customer may get, customer after customer.
    pub choice: Vec<usize>,
}

impl Part {
    pub fn everyone(problem: &Problem<'_>) -> Part {
        let (capacity, least) = (problem.capacity.clone(), problem.least.clone());
        Part { rows: (0..problem.customers).collect(), capacity, least }
    }

    /// Some customers, with their share of the limits.
    pub fn sample(problem: &Problem<'_>, most: usize) -> Part {
        let mut rows: Vec<usize> = (0..problem.customers).collect();
        Random::keyed(0, problem.customers as u64).shuffle(&mut rows);
        rows.truncate(most);
        let share = rows.len() as f64 / problem.customers as f64;
        let shared = |all: &[f64]| all.iter().map(|own| own * share).collect();
        Part { rows, capacity: shared(&problem.capacity), least: shared(&problem.least) }
    }

    /// By how much a use of the limits misses their leasts.
    pub fn short(&self, used: impl Iterator<Item = f64>) -> f64 {
        // What rounds is no miss.
        let miss = |(least, used): (&f64, f64)| if used < least - 1e-12 { least - used } else { 0.0 };
        self.least.iter().zip(used).map(miss).sum()
    }
}

impl Found {
    /// Takes a plan that comes nearer to the leasts, or as near and is worth more.
    pub fn better(&mut self, short: f64, value: f64, choice: &[usize]) {
        if short < self.short || (short == self.short && value > self.value) {
            (self.short, self.value, self.choice) = (short, value, choice.to_vec());
        }
    }
}

impl Problem<'_> {
    pub fn dual(&self, part: &Part, own: &[f64]) -> Dual {
        let prices = self.prices(own);
        let (mut reduced, mut picked) = (Vec::new(), Vec::new());
        let mut choice = vec![NOTHING; part.rows.len() * self.most()];
        let (mut bound, mut used) = (0.0, vec![0.0; own.len()]);
        for (row, places) in part.rows.iter().zip(choice.chunks_mut(self.most())) {
            self.reduced(&prices, *row, &mut reduced);
            self.pick(*row, &reduced, &mut picked);
            for (place, candidate) in places.iter_mut().zip(&picked) {
                *place = *candidate;
                bound += reduced[candidate - self.candidates(*row).start];
                used.iter_mut().enumerate().for_each(|(limit, used)| *used += self.uses(limit, *candidate));
            }
        }
        // A price below 0 pays for what a least asks.
        for (price, (capacity, least)) in own.iter().zip(part.capacity.iter().zip(&part.least)) {
            match () {
                () if *price > 0.0 => bound += price * capacity,
                () if *price < 0.0 => bound += price * least,
                () => {}
            }
        }
        Dual { bound, choice, used }
    }

    fn worth(&self, choice: &[usize]) -> f64 {
        choice.iter().filter(|candidate| **candidate != NOTHING).map(|candidate| self.value(*candidate)).sum()
    }

    /// Whether a choice of the dual is a plan: of an action in several caps the dual minds the first.
    fn is_plan(&self, part: &Part, dual: &Dual) -> bool {
        let kept = dual.used.iter().zip(&part.capacity).all(|(used, capacity)| *used <= capacity + 1e-12);
        let fair = |(row, own): (&usize, &[usize])| {
            (1..own.len()).all(|at| own[at] == NOTHING || self.allowed(*row, &own[..at], own[at]))
        };
        kept && (self.most() == 1 || part.rows.iter().zip(dual.choice.chunks(self.most())).all(fair))
    }
}

/// Prices by subgradients, in steps of Polyak's size toward the best plan known (Held, Wolfe, Crowder 1974): so
/// many steps, a plan every so many, until the gap is small enough.
pub(super) fn descend(
    problem: &Problem<'_>,
    part: &Part,
    start: &[f64],
    (steps, every, enough): (usize, usize, f64),
) -> Found {
    let nothing = vec![NOTHING; part.rows.len() * problem.most()];
    let short = part.short(start.iter().map(|_| 0.0));
    let mut found = Found { prices: start.to_vec(), bound: f64::INFINITY, value: 0.0, short, choice: nothing };
    let (mut prices, mut length, mut waited) = (start.to_vec(), 1.0, 0);
    for step in 0..steps {
        let dual = problem.dual(part, &prices);
        waited += 1;
        if dual.bound < found.bound * (1.0 - 1e-7) || found.bound.is_infinite() {
            waited = 0;
        }
        if dual.bound < found.bound {
            (found.bound, found.prices) = (dual.bound, prices.clone());
        }
        if problem.is_plan(part, &dual) {
            found.better(part.short(dual.used.iter().copied()), problem.worth(&dual.choice), &dual.choice);
        }
        if step % every == 0 || step + 1 == steps {
            problem.repair(part, &prices, &mut found);
        }
        if found.short <= 0.0 && found.bound - found.value <= enough.max(1e-12) * found.bound.abs() {
            return found;
        }
        if waited >= PATIENCE {
            (length, waited, prices) = (length * 0.5, 0, found.prices.clone());
            continue;
        }
        // Toward what is used too much or too little: at a price of 0 neither pulls unless it is missed.
        let pull = |limit: usize| match (prices[limit], part.capacity[limit] - dual.used[limit]) {
            (price, left) if price > 0.0 || left < 0.0 => left,
            (price, _) if price < 0.0 || dual.used[limit] < part.least[limit] => part.least[limit] - dual.used[limit],
            _ => 0.0,
        };
        let pulls: Vec<f64> = (0..prices.len()).map(pull).collect();
        let square: f64 = pulls.iter().map(|x| x * x).sum();
        if square <= 1e-24 {
            break;
        }
        let by = length * (dual.bound - found.value).max(1e-9 * dual.bound.abs()) / square;
        for (limit, (price, pull)) in prices.iter_mut().zip(&pulls).enumerate() {
            let moved = *price - by * pull;
            // Nothing is paid for what no least asks, and no step goes through 0.
            let through = moved * *price < 0.0 || (moved < 0.0 && part.least[limit] <= 0.0);
            *price = if through { 0.0 } else { moved };
        }
    }
    let best = found.prices.clone();
    problem.repair(part, &best, &mut found);
    found
}
