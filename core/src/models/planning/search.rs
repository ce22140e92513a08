//! The search that makes a small plan exact: depth first, by the bound of the dual's prices.

use super::aim::{Aim, Part};
use super::dual::Found;
use super::problem::{NOTHING, Problem};

/// Most customers, and candidates of all together.
const SMALL: (usize, usize) = (60, 600);
/// Most steps.
const STEPS: u64 = 2_000_000;

/// What prices say of how little plans can be short of the leasts.
struct Shortage<'a> {
    prices: &'a [f64],
    /// What customers from a place of the order on gain at most, at the prices.
    rest: Vec<f64>,
}

struct Search<'a> {
    problem: &'a Problem<'a>,
    part: &'a Part,
    prices: &'a [f64],
    /// What prices make of the shortage that is allowed.
    spares: f64,
    shortage: Option<Shortage<'a>>,
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

/// Looks for a better plan by the aim of the part, which is everyone; whether none can be better than what was found.
/// `by_least` are prices found where nothing but the leasts counted.
pub(super) fn search(problem: &Problem<'_>, part: &Part, by_least: Option<&[f64]>, found: &mut Found) -> bool {
    if problem.customers > SMALL.0 || problem.all() > SMALL.1 {
        return false;
    }
    let own = found.prices.clone();
    let mut order: Vec<(usize, Vec<(usize, f64)>)> =
        (0..problem.customers).map(|row| (row, sorted(problem, part.aim, &own, row))).collect();
    let gain = |sorted: &[(usize, f64)]| top(sorted, 0, problem.most());
    order.sort_by(|a, b| gain(&b.1).total_cmp(&gain(&a.1)));
    let rest = summed(order.iter().map(|(_, sorted)| gain(sorted)));
    let shortage = by_least.map(|prices| {
        let of = |(row, _): &(usize, Vec<(usize, f64)>)| gain(&sorted(problem, Aim::Least, prices, *row));
        Shortage { prices, rest: summed(order.iter().map(of)) }
    });
    let Found { bound, value, short, .. } = *found;
    let best = Found { prices: Vec::new(), bound, value, short, choice: found.choice.clone() };
    let mut search = Search {
        problem,
        part,
        prices: &own,
        spares: part.spares(&own),
        shortage,
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

/// The candidates of a customer and their gains at prices, the best first.
fn sorted(problem: &Problem<'_>, aim: Aim, own: &[f64], row: usize) -> Vec<(usize, f64)> {
    let mut reduced = Vec::new();
    problem.reduced(&problem.prices(aim, own), row, &mut reduced);
    let mut sorted: Vec<(usize, f64)> = problem.candidates(row).zip(reduced).collect();
    sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
    sorted
}

/// What gains sum to from each place on.
fn summed(gains: impl DoubleEndedIterator<Item = f64> + ExactSizeIterator) -> Vec<f64> {
    let mut rest = vec![0.0; gains.len() + 1];
    for (place, gain) in gains.enumerate().rev() {
        rest[place] = rest[place + 1] + gain;
    }
    rest
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
        if place >= self.order.len() || self.steps >= STEPS || (taken == 0 && self.is_short(place)) {
            return;
        }
        let most = self.problem.most();
        let worth = if self.part.aim == Aim::Least { 0.0 } else { self.value };
        let ahead = worth + self.rest[place + 1] + self.scarce(self.prices) + self.spares;
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

    /// What prices make of all that is left, and of what leasts still ask for.
    fn scarce(&self, prices: &[f64]) -> f64 {
        let of = |(limit, price): (usize, &f64)| match *price {
            price if price > 0.0 => price * self.left[limit],
            price if price < 0.0 => price * (self.part.least[limit] - self.used[limit]).max(0.0),
            _ => 0.0,
        };
        prices.iter().enumerate().map(of).sum()
    }

    /// Whether every plan from here on is shorter of the leasts than the best one.
    fn is_short(&self, place: usize) -> bool {
        let by = |least: &Shortage<'_>| -(least.rest[place] + self.scarce(least.prices));
        self.shortage.as_ref().is_some_and(|least| self.part.is_shorter(by(least), self.best.short))
    }

    /// Whether no plan that comes to at most this by the aim can be better than the best one.
    fn is_beaten(&self, most: f64) -> bool {
        match self.part.aim {
            Aim::Least => self.part.settles(most, &self.best, 0.0),
            Aim::Worth(_) => self.part.reached(&self.best).is_some_and(|value| most <= value + 1e-9 * value.abs()),
        }
    }
}
