//! The search that makes a small plan exact: depth first, by the bound of the dual's prices.

use super::allocate::{Found, Problem};

/// Most customers, and options of all together.
const SMALL: (usize, usize) = (60, 600);
/// Most steps.
const STEPS: u64 = 2_000_000;

struct Search<'a> {
    problem: &'a Problem<'a>,
    prices: &'a [f64],
    /// The order in which customers are decided.
    order: Vec<usize>,
    /// What customers from a place of the order on gain at most, at the prices.
    rest: Vec<f64>,
    left: Vec<f64>,
    choice: Vec<Option<usize>>,
    value: f64,
    best: (f64, Vec<Option<usize>>),
    steps: u64,
}

/// Looks for a better plan; whether none can be better than what was found.
pub(super) fn search(problem: &Problem<'_>, found: &mut Found) -> bool {
    if problem.customers > SMALL.0 || problem.customers * problem.options.actions > SMALL.1 {
        return false;
    }
    let gain =
        |row: usize| (0..problem.options.actions).map(|a| reduced(problem, &found.prices, row, a)).fold(0.0, f64::max);
    let mut order: Vec<usize> = (0..problem.customers).collect();
    order.sort_by(|a, b| gain(*b).total_cmp(&gain(*a)));
    let mut rest = vec![0.0; order.len() + 1];
    for (place, row) in order.iter().enumerate().rev() {
        rest[place] = rest[place + 1] + gain(*row);
    }
    let prices = found.prices.clone();
    let mut search = Search {
        problem,
        prices: &prices,
        order,
        rest,
        left: problem.capacity(),
        choice: vec![None; problem.customers],
        value: 0.0,
        best: (found.value, found.choice.clone()),
        steps: 0,
    };
    search.go(0);
    let ended = search.steps < STEPS;
    let (value, choice) = search.best;
    found.better(value, &choice);
    ended
}

fn reduced(problem: &Problem<'_>, prices: &[f64], row: usize, action: usize) -> f64 {
    let price: f64 = prices.iter().enumerate().map(|(limit, price)| price * problem.uses(limit, row, action)).sum();
    problem.value(row, action) - price
}

impl Search<'_> {
    fn go(&mut self, place: usize) {
        self.steps += 1;
        if self.value > self.best.0 {
            self.best = (self.value, self.choice.clone());
        }
        let Some(row) = self.order.get(place).copied() else { return };
        let scarce: f64 = self.prices.iter().zip(&self.left).map(|(price, left)| price * left).sum();
        let most = self.value + self.rest[place] + scarce;
        if self.steps >= STEPS || most <= self.best.0 + 1e-9 * self.best.0.abs() {
            return;
        }
        let mut actions: Vec<(usize, f64)> =
            (0..self.problem.options.actions).map(|a| (a, reduced(self.problem, self.prices, row, a))).collect();
        actions.retain(|(action, _)| {
            self.problem.value(row, *action) > 0.0 && self.problem.fits(row, *action, &self.left)
        });
        actions.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (action, _) in actions {
            let worth = self.problem.value(row, action);
            self.problem.take(row, action, 1.0, &mut self.left);
            (self.value, self.choice[row]) = (self.value + worth, Some(action));
            self.go(place + 1);
            (self.value, self.choice[row]) = (self.value - worth, None);
            self.problem.take(row, action, -1.0, &mut self.left);
        }
        self.go(place + 1);
    }
}
