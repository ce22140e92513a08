//! Prices of limits: each bounds what any plan is worth, and makes a plan.

use super::aim::Part;
use super::problem::{NOTHING, Problem};

/// Steps without a better bound, after which they are halved.
const PATIENCE: usize = 12;

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
    /// By how much the leasts are missed in all.
    pub short: f64,
    /// As many places as a customer may get, customer after customer.
    pub choice: Vec<usize>,
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
        let prices = self.prices(part.aim, own);
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
        // A price below 0 pays for what a least asks, beyond what may be missed of it.
        bound += part.spares(own);
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
/// many steps, a plan every so many, until the gap is small enough. A plan of all in the part may be known before.
pub(super) fn descend(
    problem: &Problem<'_>,
    part: &Part,
    start: &[f64],
    before: Option<Found>,
    (steps, every, enough): (usize, usize, f64),
) -> Found {
    let nothing = || Found {
        prices: Vec::new(),
        bound: f64::INFINITY,
        value: 0.0,
        short: part.short(start.iter().map(|_| 0.0)),
        choice: vec![NOTHING; part.rows.len() * problem.most()],
    };
    let mut found = Found { prices: start.to_vec(), bound: f64::INFINITY, ..before.unwrap_or_else(nothing) };
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
        if part.settles(found.bound, &found, enough.max(1e-12)) {
            return found;
        }
        let reached = part.reached(&found);
        // No plan is worth less than nothing: none meets the leasts.
        if reached.is_none() && dual.bound < 0.0 {
            break;
        }
        if waited >= PATIENCE {
            (length, waited, prices) = (length * 0.5, 0, found.prices.clone());
            continue;
        }
        let pulls = part.pulls(&prices, &dual.used);
        let square: f64 = pulls.iter().map(|x| x * x).sum();
        if square <= 1e-24 {
            break;
        }
        let by = length * (dual.bound - reached.unwrap_or(0.0)).max(1e-9 * dual.bound.abs()) / square;
        for (limit, (price, pull)) in prices.iter_mut().zip(&pulls).enumerate() {
            let moved = (*price - by * pull).max(part.floor(limit));
            // Nothing is paid for what no least asks, and no step goes through 0.
            let through = moved * *price < 0.0 || (moved < 0.0 && part.least[limit] <= 0.0);
            *price = if through { 0.0 } else { moved };
        }
    }
    let best = found.prices.clone();
    problem.repair(part, &best, &mut found);
    found
}
