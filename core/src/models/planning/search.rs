//! The search that makes a small plan exact: depth first, by the bound of the dual's prices.

use super::dual::{Found, Part};
use super::problem::{NOTHING, Problem};

/// Most customers, and candidates of all together.
const SMALL: (usize, usize) = (60, 600);
/// Most steps.
const STEPS: u64 = 2_000_000;

struct Search<'a> {
    problem: &'a Problem<'a>,
    part: Part,
    prices: &'a [f64],
    /// Customers in the order in which they are decided, each with the candidates and their gains at the prices, the
    /// best first.
    order: Vec<(usize, Vec<(usize, f64)>)>,
    /// What customers from a place of the order on gain at most, at the prices.
    rest: Vec<f64>,
    left: Vec<f64>,
    used: Vec<f64>,
    choice: Vec<usize>,
    value: f64,
    best: Found,
    steps: u64,
}

/// Looks for a better plan; whether none can be better than what was found.
pub(super) fn search(problem: &Problem<'_>, found: &mut Found) -> bool {
    if problem.customers > SMALL.0 || problem.all() > SMALL.1 {
        return false;
    }
    let own = found.prices.clone();
    let prices = problem.prices(&own);
    let mut reduced = Vec::new();
    let mut order: Vec<(usize, Vec<(usize, f64)>)> = Vec::new();
    for row in 0..problem.customers {
        problem.reduced(&prices, row, &mut reduced);
        let mut sorted: Vec<(usize, f64)> = problem.candidates(row).zip(reduced.iter().copied()).collect();
        sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
        order.push((row, sorted));
    }
    let gain = |sorted: &[(usize, f64)]| top(sorted, 0, problem.most());
    order.sort_by(|a, b| gain(&b.1).total_cmp(&gain(&a.1)));
    let mut rest = vec![0.0; order.len() + 1];
    for (place, (_, sorted)) in order.iter().enumerate().rev() {
        rest[place] = rest[place + 1] + gain(sorted);
    }
    let Found { bound, value, short, .. } = *found;
    let best = Found { prices: Vec::new(), bound, value, short, choice: found.choice.clone() };
    let mut search = Search {
        problem,
        part: Part::everyone(problem),
        prices: &own,
        order,
        rest,
        left: problem.capacity.clone(),
        used: vec![0.0; own.len()],
        choice: vec![NOTHING; problem.customers * problem.most()],
        value: 0.0,
        best,
        steps: 0,
    };
    search.go(0, 0, 0);
    let ended = search.steps < STEPS;
    let Found { short, value, choice, .. } = search.best;
    found.better(short, value, &choice);
    ended
}

/// The sum of so many gains from a place on, of those above 0.
fn top(sorted: &[(usize, f64)], from: usize, most: usize) -> f64 {
    sorted.iter().skip(from).take(most).map(|(_, gain)| gain.max(0.0)).sum()
}

impl Search<'_> {
    /// Decides for the customers from `place` of the order on, of whom the first has taken so many already and may get
    /// candidates from `from` on.
    fn go(&mut self, place: usize, from: usize, taken: usize) {
        self.steps += 1;
        if self.value > self.best.value || self.best.short > 0.0 {
            let short = self.part.short(self.used.iter().copied());
            self.best.better(short, self.value, &self.choice);
        }
        if place >= self.order.len() || self.steps >= STEPS {
            return;
        }
        let scarce = |limit: usize| match self.prices[limit] {
            price if price > 0.0 => price * self.left[limit],
            price if price < 0.0 => price * (self.part.least[limit] - self.used[limit]).max(0.0),
            _ => 0.0,
        };
        let most = self.problem.most();
        let ahead = self.value + self.rest[place + 1] + (0..self.prices.len()).map(scarce).sum::<f64>();
        let row = self.order[place].0;
        for at in from..self.order[place].1.len() {
            if self.is_beaten(ahead + top(&self.order[place].1, at, most - taken)) {
                return;
            }
            let candidate = self.order[place].1[at].0;
            let own = row * most..row * most + taken;
            if !self.problem.fits(candidate, &self.left) || !self.problem.allowed(row, &self.choice[own], candidate) {
                continue;
            }
            let worth = self.problem.value(candidate);
            self.problem.take(candidate, 1.0, &mut self.left);
            self.problem.take(candidate, -1.0, &mut self.used);
            (self.value, self.choice[row * most + taken]) = (self.value + worth, candidate);
            match taken + 1 < most {
                true => self.go(place, at + 1, taken + 1),
                false => self.go(place + 1, 0, 0),
            }
            (self.value, self.choice[row * most + taken]) = (self.value - worth, NOTHING);
            self.problem.take(candidate, -1.0, &mut self.left);
            self.problem.take(candidate, 1.0, &mut self.used);
        }
        if !self.is_beaten(ahead) {
            self.go(place + 1, 0, 0);
        }
    }

    /// Whether no plan of at most this worth can be better than the best one.
    fn is_beaten(&self, most: f64) -> bool {
        self.best.short <= 0.0 && most <= self.best.value + 1e-9 * self.best.value.abs()
    }
}
