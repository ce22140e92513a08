//! The batch plan: so many actions a customer at most, under limits, by the Lagrangian dual.

use super::aim::{Aim, Part};
use super::dual::{self, Found};
use super::problem::{NOTHING, Problem};
use super::search::search;
use crate::base::Result;

/// Steps of the prices on a sample (or on everyone, where they are few), and on everyone.
const STEPS: (usize, usize) = (300, 30);
/// Customers on which prices are first found.
const SAMPLE: usize = 4000;
/// The gap at which a large plan is good enough.
const ENOUGH: f64 = 5e-4;

/// What every customer could get: customers x actions, row after row.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// What an action is worth with a customer; unknown (NaN) or at most 0 is never chosen.
    pub value: &'a [f64],
    /// Number of actions.
    pub actions: usize,
    /// Most actions of a customer; at least 1.
    pub most: usize,
    /// Of which actions a customer gets how many at most; of no meaning where the most is 1 and caps are above 0.
    pub caps: &'a [Cap<'a>],
}

/// How many of some actions a customer may get: one of a group, what is left under a contact policy.
#[derive(Debug, Clone, Copy)]
pub struct Cap<'a> {
    /// Whether it counts, by action.
    pub actions: &'a [bool],
    /// How many: of every customer, or a number each.
    pub most: AtMost<'a>,
}

/// How many a customer may get.
#[derive(Debug, Clone, Copy)]
pub enum AtMost<'a> {
    /// As many with every customer.
    Same(u32),
    /// A number a customer.
    PerCustomer(&'a [u32]),
}

/// What is scarce: a budget, the places of a channel, the hours of an agent.
#[derive(Debug, Clone, Copy)]
pub struct Limit<'a> {
    /// How much there is; at least 0.
    pub capacity: f64,
    /// How much of it should be used; from 0, which asks for nothing, to the capacity.
    pub least: f64,
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

/// A plan that keeps every capacity.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The actions of each customer, `most` places each; none where a place is empty.
    pub choice: Vec<Option<usize>>,
    /// Most actions of a customer: as asked for, and no more than there are.
    pub most: usize,
    /// What it is worth.
    pub value: f64,
    /// No plan is worth more than this; where not every least is met, none that is short of them by no more in all.
    pub bound: f64,
    /// How much of each limit is used.
    pub used: Vec<f64>,
    /// By how much each limit's use falls short of its least.
    pub short: Vec<f64>,
    /// What one more unit of each limit would be worth: its price in the dual; below 0 where the least binds.
    pub prices: Vec<f64>,
    /// Whether a search has shown that no plan is better.
    pub exact: bool,
}

impl Plan {
    /// (bound - value) / bound: 0 where nothing can be gained; at least 0. Where not every least is met, of what plans
    /// are worth that are short of them by no more in all: it says nothing of how short they must be.
    pub fn gap(&self) -> f64 {
        if self.bound > 0.0 { ((self.bound - self.value) / self.bound).max(0.0) } else { 0.0 }
    }
}

/// Gives each customer actions, so that values sum to as much as the limits allow.
///
/// Prices of the limits are found by the Lagrangian dual, whose value bounds every plan; the plan takes, in the order
/// of what customers gain at those prices, what still fits. Capacities and caps are always kept. Where no such plan
/// meets every least, the same is done twice more: first to be short of the leasts by as little as was found, summed
/// over them as they are given, then to be worth as much as a plan can be that is short by no more. Up to 60 customers
/// and 600 options it then searches, which ends exact unless two million steps do not suffice; a larger plan is left
/// at a gap of .0005. Where a customer gets one action, those that another betters in value and in every use are left
/// out first. Cost: some 30 passes over customers x actions x limits, where leasts are missed some 100.
///
/// ```
/// use bactrian::models::planning::{Limit, Options, Uses, allocate};
///
/// let value = [5.0, 4.0, 3.0, 2.9];
/// let calls = Limit { capacity: 1.0, least: 0.0, uses: Uses::PerAction(&[1.0, 0.0]) };
/// let plan = allocate(Options { value: &value, actions: 2, most: 1, caps: &[] }, &[calls])?;
/// assert_eq!((plan.choice, plan.value, plan.exact), (vec![Some(0), Some(1)], 7.9, true));
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange) where shapes differ, a capacity or a use is negative or
/// unknown, a least is above its capacity, or a value is infinite.
pub fn allocate(options: Options<'_>, limits: &[Limit<'_>]) -> Result<Plan> {
    let options = Options { most: options.most.min(options.actions), ..options };
    let problem = Problem::new(options, limits)?;
    let (found, exact) = best(&problem);
    let chosen = found.choice.iter().map(|position| (*position != NOTHING).then(|| problem.action(*position)));
    let choice: Vec<Option<usize>> = chosen.collect();
    let mut used = vec![0.0; limits.len()];
    for (place, action) in choice.iter().enumerate() {
        let Some(action) = action else { continue };
        let row = place / options.most;
        for (used, limit) in used.iter_mut().zip(limits) {
            *used += match limit.uses {
                Uses::PerAction(uses) => uses[*action],
                Uses::PerCell(uses) => uses[row * options.actions + action],
            };
        }
    }
    let missed = |(limit, used): (&Limit<'_>, &f64)| match limit.least - used {
        // What rounds is no miss.
        by if by > 1e-12 * limit.least => by,
        _ => 0.0,
    };
    let short = limits.iter().zip(&used).map(missed).collect();
    let prices = problem.unscaled(&found.prices);
    Ok(Plan { choice, most: options.most, value: found.value, bound: found.bound, used, short, prices, exact })
}

/// The best plan that was found, and whether none is better. Only where leasts are missed are they looked at first:
/// by how little they can be missed, then what a plan is worth that misses them by no more.
fn best(problem: &Problem<'_>) -> (Found, bool) {
    let everyone = Part::everyone(problem, Aim::Worth(0.0), false);
    let mut found = stage(problem, &everyone, None);
    if found.short <= 0.0 {
        let ended = search(problem, &everyone, None, &mut found);
        return finished(&everyone, found, ended);
    }
    let everyone = Part::everyone(problem, Aim::Least, true);
    found = stage(problem, &everyone, Some(found));
    problem.simple(&everyone, problem.customers <= SAMPLE, &mut found);
    let least = everyone.settles(found.bound, &found, 0.0) || search(problem, &everyone, None, &mut found);
    let by_least = found.prices.clone();
    let everyone = Part::everyone(problem, Aim::Worth(found.short), true);
    found = stage(problem, &everyone, Some(found));
    let ended = search(problem, &everyone, Some(&by_least), &mut found);
    let (found, exact) = finished(&everyone, found, ended);
    (found, exact && least)
}

/// Prices and a plan by one aim: of many customers, prices of a sample first.
fn stage(problem: &Problem<'_>, everyone: &Part, before: Option<Found>) -> Found {
    let prices = vec![0.0; everyone.least.len()];
    if problem.customers <= SAMPLE {
        return dual::descend(problem, everyone, &prices, before, (STEPS.0, 5, 0.0));
    }
    let sample = everyone.sample(problem, SAMPLE);
    let prices = dual::descend(problem, &sample, &prices, None, (STEPS.0, 20, 0.0)).prices;
    dual::descend(problem, everyone, &prices, before, (STEPS.1, 10, ENOUGH))
}

/// The plan with its bound, and whether that is met.
fn finished(everyone: &Part, mut found: Found, ended: bool) -> (Found, bool) {
    let exact = ended || everyone.settles(found.bound, &found, 1e-12);
    if exact {
        found.bound = found.value;
    }
    (found, exact)
}
