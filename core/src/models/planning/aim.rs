//! What a plan is for, and for whom.

use super::dual::Found;
use super::problem::Problem;
use crate::base::random::Random;

/// What a plan is for. To be less short of the leasts always comes first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Aim {
    /// To be short of the leasts by as little as can be.
    Least,
    /// To be worth as much as a plan can be that is short by no more than so much in all.
    Worth(f64),
}

/// Customers and what the limits are to them together: all of them, or a sample.
pub(super) struct Part {
    pub rows: Vec<usize>,
    pub capacity: Vec<f64>,
    pub least: Vec<f64>,
    pub aim: Aim,
    /// Whether plans begin with what the leasts ask for.
    pub covers: bool,
    /// What a unit of each limit is as it was given.
    unit: Vec<f64>,
    /// What sums of uses may differ by and be the same.
    grain: f64,
    /// Whether plans are short of the leasts by whole numbers.
    whole: bool,
}

fn grain(least: &[f64], unit: &[f64]) -> f64 {
    1e-9 * least.iter().zip(unit).map(|(least, unit)| least * unit).sum::<f64>()
}

impl Part {
    pub fn everyone(problem: &Problem<'_>, aim: Aim, covers: bool) -> Part {
        let (capacity, least) = (problem.capacity.clone(), problem.least.clone());
        let (unit, whole) = (problem.units(), problem.is_whole(aim));
        let grain = grain(&least, &unit);
        Part { rows: (0..problem.customers).collect(), capacity, least, aim, covers, unit, grain, whole }
    }

    /// Some customers, with their share of the limits.
    pub fn sample(&self, problem: &Problem<'_>, most: usize) -> Part {
        let mut rows = self.rows.clone();
        Random::keyed(0, problem.customers as u64).shuffle(&mut rows);
        rows.truncate(most);
        let share = rows.len() as f64 / problem.customers as f64;
        let shared = |all: &[f64]| all.iter().map(|own| own * share).collect();
        let aim = if let Aim::Worth(short) = self.aim { Aim::Worth(short * share) } else { self.aim };
        let (capacity, least): (Vec<f64>, Vec<f64>) = (shared(&self.capacity), shared(&self.least));
        let (unit, grain) = (self.unit.clone(), grain(&least, &self.unit));
        Part { rows, capacity, least, aim, covers: self.covers, unit, grain, whole: false }
    }

    /// Whether any least asks for anything.
    pub fn asks(&self) -> bool {
        self.least.iter().any(|least| *least > 0.0)
    }

    /// By how much a use of the limits misses their leasts in all, as they were given, to a grain.
    pub fn short(&self, used: impl Iterator<Item = f64>) -> f64 {
        let missed = self.least.iter().zip(&self.unit).zip(used).map(|((least, unit), used)| (least - used, unit));
        // What rounds is no miss.
        let short: f64 = missed.filter(|(by, _)| *by > 1e-12).map(|(by, unit)| by * unit).sum();
        if self.grain > 0.0 { (short / self.grain).round() * self.grain } else { 0.0 }
    }

    /// Whether one shortage is above another by more than rounds.
    pub fn is_shorter(&self, short: f64, than: f64) -> bool {
        short > than + 4.0 * self.grain
    }

    /// The lowest price of a limit: to miss a unit of a least costs 1 where that is all that counts.
    pub fn floor(&self, limit: usize) -> f64 {
        if self.aim == Aim::Least { -self.unit[limit] } else { f64::NEG_INFINITY }
    }

    /// Where prices should go: toward what is used too much or too little; one of 0 stays unless it is missed. What
    /// may be missed is missed of the dearest least, of free ones of the one that is missed most.
    pub fn pulls(&self, prices: &[f64], used: &[f64]) -> Vec<f64> {
        let mut missed: Vec<f64> = self.least.iter().zip(used).map(|(least, used)| least - used).collect();
        if let Aim::Worth(short) = self.aim
            && short > 0.0
        {
            let cost = |limit: &usize| (-prices[*limit] / self.unit[*limit]).max(0.0);
            let by = |limit: &usize| missed[*limit] * self.unit[*limit];
            let asking = (0..prices.len()).filter(|limit| self.least[*limit] > 0.0);
            let dearest = asking.max_by(|a, b| cost(a).total_cmp(&cost(b)).then(by(a).total_cmp(&by(b))));
            if let Some(dearest) = dearest {
                missed[dearest] -= short / self.unit[dearest];
            }
        }
        let pull = |(limit, missed): (usize, f64)| match (prices[limit], self.capacity[limit] - used[limit]) {
            (price, left) if price > 0.0 || left < 0.0 => left,
            (price, _) if price < 0.0 => missed,
            _ => missed.max(0.0),
        };
        missed.into_iter().enumerate().map(pull).collect()
    }

    /// What prices below 0 make of the shortage that is allowed: all of it at the dearest least.
    pub fn spares(&self, prices: &[f64]) -> f64 {
        let Aim::Worth(short) = self.aim else { return 0.0 };
        let dearest = prices.iter().zip(&self.unit).map(|(price, unit)| -price / unit).fold(0.0, f64::max);
        if short > 0.0 { dearest * (short + self.grain) } else { 0.0 }
    }

    /// What the best plan comes to by the aim; none where none is known that serves it.
    pub fn reached(&self, found: &Found) -> Option<f64> {
        match self.aim {
            Aim::Least => Some(-found.short),
            Aim::Worth(short) => (found.short <= short + self.grain).then_some(found.value),
        }
    }

    /// Whether no plan is better than this by the aim where none comes to more than the bound.
    pub fn settles(&self, bound: f64, found: &Found, enough: f64) -> bool {
        match self.aim {
            Aim::Least => found.short <= 0.0 || bound + found.short <= if self.whole { 1.0 - 1e-6 } else { self.grain },
            Aim::Worth(_) => self.reached(found).is_some_and(|value| bound - value <= enough * bound.abs()),
        }
    }
}
