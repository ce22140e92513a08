//! A checked plan to be made: what each customer could get, without what never will be.

use super::aim::Aim;
use super::allocate::{AtMost, Limit, Options, Uses};
use super::range;
use crate::base::Result;

/// The place of no candidate.
pub(super) const NOTHING: usize = usize::MAX;

/// How much candidates take of a limit, scaled so that the capacity is 1.
enum Taken {
    PerAction(Vec<f64>),
    PerCandidate(Vec<f64>),
}

/// A checked problem. A candidate is an action that a customer could get; they stand customer after customer.
pub(super) struct Problem<'a> {
    options: Options<'a>,
    pub customers: usize,
    /// Where the candidates of each customer begin, and the end.
    start: Vec<usize>,
    actions: Vec<u32>,
    values: Vec<f64>,
    taken: Vec<Taken>,
    /// How much there is of each limit and how much should be used, scaled.
    pub capacity: Vec<f64>,
    pub least: Vec<f64>,
    scale: Vec<f64>,
    /// The cap of each action that the dual minds, the first one: then caps share no action, and bind no more than they do.
    parted: Vec<usize>,
}

/// Prices of limits, and what they come to by action.
pub(super) struct Prices<'a> {
    pub own: &'a [f64],
    /// How much values count.
    weight: f64,
    per_action: Vec<f64>,
}

fn check(options: &Options<'_>, limits: &[Limit<'_>]) -> Result<()> {
    let Options { value, actions, most, caps } = *options;
    if actions == 0 || !value.len().is_multiple_of(actions) {
        return range(format!("{} values are no rows of {actions} actions", value.len()));
    }
    if most == 0 {
        return range("a customer can't get 0 actions at most");
    }
    if let Some(at) = value.iter().position(|value| *value == f64::INFINITY) {
        return range(format!("the value of action {} for customer {} is infinite", at % actions, at / actions));
    }
    for (index, limit) in limits.iter().enumerate() {
        let (uses, wanted) = match limit.uses {
            Uses::PerAction(uses) => (uses, actions),
            Uses::PerCell(uses) => (uses, value.len()),
        };
        let fine = uses.iter().all(|x| *x >= 0.0 && x.is_finite()) && limit.capacity >= 0.0;
        if uses.len() != wanted || !fine {
            return range(format!("limit {index} needs a capacity and {wanted} uses, all at least 0"));
        }
        if !(limit.least >= 0.0 && limit.least <= limit.capacity && limit.least.is_finite()) {
            let Limit { least, capacity, .. } = limit;
            return range(format!(
                "limit {index} should be used to {least} at least, and has a capacity of {capacity}"
            ));
        }
    }
    let customers = value.len() / actions;
    let fine = |most: &AtMost<'_>| !matches!(most, AtMost::PerCustomer(all) if all.len() != customers);
    match caps.iter().position(|cap| cap.actions.len() != actions || !fine(&cap.most)) {
        Some(index) => range(format!("cap {index} needs {actions} actions, and {customers} numbers or one")),
        None => Ok(()),
    }
}

/// Limits whose capacity nobody could use up have none to mind, where a least is asked for as well: prices of it would
/// be found in steps of that capacity.
fn bounds<'a>(options: &Options<'_>, limits: &[Limit<'a>]) -> Vec<Limit<'a>> {
    let customers = options.value.len() / options.actions;
    let largest = |uses: &[f64]| uses.iter().copied().fold(0.0, f64::max);
    let bound = |limit: &Limit<'a>| {
        let most = match limit.uses {
            _ if limit.least == 0.0 => return *limit,
            Uses::PerAction(uses) => customers as f64 * largest(uses),
            Uses::PerCell(uses) => uses.chunks(options.actions).map(largest).sum(),
        };
        let idle = limit.capacity >= most * options.most.min(options.actions) as f64;
        if idle { Limit { capacity: f64::INFINITY, ..*limit } } else { *limit }
    };
    limits.iter().map(bound).collect()
}

impl<'a> Problem<'a> {
    pub fn new(options: Options<'a>, limits: &[Limit<'a>]) -> Result<Self> {
        check(&options, limits)?;
        let bounds = bounds(&options, limits);
        let limits = bounds.as_slice();
        // By the capacity; of one that is none or without end by the least.
        let scale = |limit: &Limit<'_>| match (limit.capacity, limit.least) {
            (capacity, _) if capacity > 0.0 && capacity.is_finite() => 1.0 / capacity,
            (_, least) if least > 0.0 => 1.0 / least,
            _ => 1.0,
        };
        let scale: Vec<f64> = limits.iter().map(scale).collect();
        let scaled = |of: fn(&Limit<'_>) -> f64| limits.iter().zip(&scale).map(|(limit, by)| of(limit) * by).collect();
        let taken = limits.iter().zip(&scale).map(|(limit, by)| match limit.uses {
            Uses::PerAction(uses) => Taken::PerAction(uses.iter().map(|uses| uses * by).collect()),
            Uses::PerCell(_) => Taken::PerCandidate(Vec::new()),
        });
        let mut parted = vec![NOTHING; options.actions];
        for (place, cap) in options.caps.iter().enumerate() {
            for (own, _) in parted.iter_mut().zip(cap.actions).filter(|(own, counts)| **counts && **own == NOTHING) {
                *own = place;
            }
        }
        let mut problem = Problem {
            options,
            customers: options.value.len() / options.actions,
            start: vec![0],
            actions: Vec::new(),
            values: Vec::new(),
            taken: taken.collect(),
            capacity: scaled(|limit| limit.capacity),
            least: scaled(|limit| limit.least),
            scale,
            parted,
        };
        problem.fill(limits);
        Ok(problem)
    }

    /// Finds the candidates of every customer.
    fn fill(&mut self, limits: &[Limit<'a>]) {
        let n = self.options.actions;
        let flat = |limit: &Limit<'a>, a: usize, b: usize| match limit.uses {
            Uses::PerAction(uses) => uses[a] <= uses[b],
            Uses::PerCell(_) => true,
        };
        // Whether an action takes no more than another of what is the same with all customers.
        let spares: Vec<bool> = (0..n * n).map(|at| limits.iter().all(|limit| flat(limit, at / n, at % n))).collect();
        let cells: Vec<(&[f64], f64)> = limits
            .iter()
            .zip(&self.scale)
            .filter_map(|(limit, by)| if let Uses::PerCell(uses) = limit.uses { Some((uses, *by)) } else { None })
            .collect();
        // Nothing else can be asked for in a least.
        let prunes = self.options.most == 1 && self.least.iter().all(|least| *least == 0.0);
        let (mut open, mut kept): (Vec<usize>, Vec<usize>) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for row in 0..self.customers {
            let values = &self.options.value[row * n..(row + 1) * n];
            let fits = |action: usize| {
                limits.iter().zip(&self.scale).zip(&self.capacity).all(|((limit, by), capacity)| {
                    let uses = match limit.uses {
                        Uses::PerAction(uses) => uses[action],
                        Uses::PerCell(uses) => uses[row * n + action],
                    };
                    uses * by <= capacity + 1e-12
                })
            };
            let capped =
                |action: usize| self.options.caps.iter().any(|cap| cap.actions[action] && most_of(&cap.most, row) == 0);
            open.clear();
            open.extend((0..n).filter(|action| values[*action] > 0.0 && fits(*action) && !capped(*action)));
            if prunes {
                open.sort_by(|a, b| values[*b].total_cmp(&values[*a]).then(a.cmp(b)));
                kept.clear();
                for action in &open {
                    let betters = |other: &usize| {
                        spares[other * n + action]
                            && cells.iter().all(|(uses, _)| uses[row * n + other] <= uses[row * n + action])
                    };
                    if !kept.iter().any(betters) {
                        kept.push(*action);
                    }
                }
                kept.sort_unstable();
                std::mem::swap(&mut open, &mut kept);
            }
            self.actions.extend(open.iter().map(|action| *action as u32));
            self.values.extend(open.iter().map(|action| values[*action]));
            for (taken, (limit, by)) in self.taken.iter_mut().zip(limits.iter().zip(&self.scale)) {
                if let (Taken::PerCandidate(all), Uses::PerCell(uses)) = (taken, limit.uses) {
                    all.extend(open.iter().map(|action| uses[row * n + action] * by));
                }
            }
            self.start.push(self.actions.len());
        }
    }

    /// Most actions of a customer.
    pub fn most(&self) -> usize {
        self.options.most
    }

    /// How many candidates all customers have.
    pub fn all(&self) -> usize {
        self.actions.len()
    }

    /// The candidates of a customer.
    pub fn candidates(&self, row: usize) -> std::ops::Range<usize> {
        self.start[row]..self.start[row + 1]
    }

    pub fn action(&self, candidate: usize) -> usize {
        self.actions[candidate] as usize
    }

    pub fn value(&self, candidate: usize) -> f64 {
        self.values[candidate]
    }

    /// How much a candidate takes of a limit, scaled.
    pub fn uses(&self, limit: usize, candidate: usize) -> f64 {
        match &self.taken[limit] {
            Taken::PerAction(uses) => uses[self.action(candidate)],
            Taken::PerCandidate(uses) => uses[candidate],
        }
    }

    pub fn prices<'p>(&self, aim: Aim, own: &'p [f64]) -> Prices<'p> {
        let mut per_action = vec![0.0; self.options.actions];
        for (taken, price) in self.taken.iter().zip(own) {
            if let Taken::PerAction(uses) = taken {
                per_action.iter_mut().zip(uses).for_each(|(sum, uses)| *sum += price * uses);
            }
        }
        Prices { own, weight: if aim == Aim::Least { 0.0 } else { 1.0 }, per_action }
    }

    /// Values less the prices of what is used, of the candidates of one customer.
    pub fn reduced(&self, prices: &Prices<'_>, row: usize, out: &mut Vec<f64>) {
        let range = self.candidates(row);
        out.clear();
        let candidates = self.values[range.clone()].iter().zip(&self.actions[range.clone()]);
        out.extend(candidates.map(|(value, action)| prices.weight * value - prices.per_action[*action as usize]));
        for (taken, price) in self.taken.iter().zip(prices.own) {
            let Taken::PerCandidate(uses) = taken else { continue };
            if *price != 0.0 {
                out.iter_mut().zip(&uses[range.clone()]).for_each(|(slot, uses)| *slot -= price * uses);
            }
        }
    }

    /// Picks the candidates of a customer that gain most at some prices, in order, into `out`: as many as a
    /// customer may get, within the caps that the dual minds. Of equal ones the first.
    pub fn pick(&self, row: usize, reduced: &[f64], out: &mut Vec<usize>) {
        let first = self.start[row];
        out.clear();
        while out.len() < self.options.most {
            let mut best = None;
            let mut most = 0.0;
            for (place, gain) in reduced.iter().enumerate() {
                if *gain > most && !out.contains(&(first + place)) && self.has_part(row, out, first + place) {
                    (best, most) = (Some(first + place), *gain);
                }
            }
            let Some(best) = best else { return };
            out.push(best);
        }
    }

    /// Whether the cap that the dual minds of a candidate has room beside others.
    fn has_part(&self, row: usize, beside: &[usize], candidate: usize) -> bool {
        let own = self.parted[self.action(candidate)];
        if own == NOTHING || beside.is_empty() {
            return true;
        }
        let same = beside.iter().filter(|other| self.parted[self.action(**other)] == own).count();
        (same as u64) < u64::from(most_of(&self.options.caps[own].most, row))
    }

    /// Whether a customer may get a candidate beside others (with empty places among them).
    pub fn allowed(&self, row: usize, beside: &[usize], candidate: usize) -> bool {
        if self.options.most == 1 {
            return true;
        }
        let action = self.action(candidate);
        let others = || beside.iter().filter(|other| **other != NOTHING);
        let room = |cap: &super::Cap<'_>| {
            let same = others().filter(|other| cap.actions[self.action(**other)]).count();
            (same as u64) < u64::from(most_of(&cap.most, row))
        };
        !beside.contains(&candidate) && self.options.caps.iter().filter(|cap| cap.actions[action]).all(room)
    }

    pub fn fits(&self, candidate: usize, left: &[f64]) -> bool {
        left.iter().enumerate().all(|(limit, left)| self.uses(limit, candidate) <= left + 1e-12)
    }

    pub fn take(&self, candidate: usize, times: f64, left: &mut [f64]) {
        left.iter_mut().enumerate().for_each(|(limit, left)| *left -= times * self.uses(limit, candidate));
    }

    /// Whether plans can only be short of the leasts by whole numbers; asked for where that is what counts.
    pub fn is_whole(&self, aim: Aim) -> bool {
        let whole = |x: f64| (x - x.round()).abs() <= 1e-9;
        let limit = |limit: usize| {
            let uses = match &self.taken[limit] {
                Taken::PerAction(uses) | Taken::PerCandidate(uses) => uses,
            };
            let unit = 1.0 / self.scale[limit];
            whole(self.least[limit] * unit) && uses.iter().all(|uses| whole(uses * unit))
        };
        aim == Aim::Least && (0..self.taken.len()).filter(|at| self.least[*at] > 0.0).all(limit)
    }

    /// What a unit of each limit is as it was given.
    pub fn units(&self) -> Vec<f64> {
        self.scale.iter().map(|scale| 1.0 / scale).collect()
    }

    /// Prices of units as they were given.
    pub fn unscaled(&self, prices: &[f64]) -> Vec<f64> {
        prices.iter().zip(&self.scale).map(|(price, scale)| price * scale).collect()
    }
}

fn most_of(most: &AtMost<'_>, row: usize) -> u32 {
    match most {
        AtMost::Same(most) => *most,
        AtMost::PerCustomer(all) => all.get(row).copied().unwrap_or(0),
    }
}
