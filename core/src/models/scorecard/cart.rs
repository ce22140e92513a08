//! First cuts: a classification tree on one number, grown best split first.
//!
//! The rules are those of CART (Breiman, Friedman, Olshen, Stone 1984) with Gini's impurity, as
//! scikit-learn grows it with `max_leaf_nodes`: the leaf whose best split lowers the impurity most
//! is split next. A cut lies halfway between two values.

use super::counts::Counts;
use crate::base::numeric::simd::{self, Work};

/// A value and the rows that have it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    pub value: f64,
    pub counts: Counts,
}

/// Values nearer than this are one.
const NEAR: f64 = 1e-7;

/// The best split of a range of levels.
#[derive(Debug, Clone, Copy)]
struct Split {
    from: usize,
    until: usize,
    /// The first level of the right part.
    at: usize,
    gain: f64,
}

/// Levels as columns: their values, and what all below each have together.
struct Sums {
    values: Vec<f64>,
    events: Vec<f64>,
    non_events: Vec<f64>,
}

impl Sums {
    fn new(levels: &[Level]) -> Self {
        let values = levels.iter().map(|level| level.value).collect();
        let mut sums = Sums { values, events: vec![0.0], non_events: vec![0.0] };
        let mut sum = Counts::default();
        for level in levels {
            sum = sum.plus(level.counts);
            sums.events.push(sum.events);
            sums.non_events.push(sum.non_events);
        }
        sums
    }

    /// What all levels below `at` have together.
    fn below(&self, at: usize) -> Counts {
        Counts { events: self.events[at], non_events: self.non_events[at] }
    }
}

/// At most `parts - 1` rising cuts of rising levels, such that every part weighs at least `least`.
pub(super) fn cuts(levels: &[Level], parts: usize, least: f64) -> Vec<f64> {
    let sums = Sums::new(levels);
    let mut open: Vec<Split> = best(&sums, 0, levels.len(), least).into_iter().collect();
    let mut cuts = Vec::new();
    while cuts.len() + 1 < parts && !open.is_empty() {
        let mut top = 0;
        for (index, split) in open.iter().enumerate() {
            if split.gain > open[top].gain {
                top = index;
            }
        }
        let split = open.swap_remove(top);
        cuts.push(between(levels[split.at - 1].value, levels[split.at].value));
        open.extend(best(&sums, split.from, split.at, least));
        open.extend(best(&sums, split.at, split.until, least));
    }
    cuts.sort_unstable_by(f64::total_cmp);
    cuts
}

/// Halfway, and above the lower value.
fn between(low: f64, high: f64) -> f64 {
    let middle = low / 2.0 + high / 2.0;
    if middle > low { middle } else { high }
}

/// How pure a part is: to minimise the weighted impurity of two parts is to maximise the sum of theirs.
#[inline(always)]
fn square(events: f64, non_events: f64) -> f64 {
    (events * events + non_events * non_events) / (events + non_events)
}

/// The split of `from..until` that lowers the impurity most, the lowest of equal ones.
fn best(sums: &Sums, from: usize, until: usize, least: f64) -> Option<Split> {
    let (first, last) = (sums.below(from), sums.below(until));
    let all = last.minus(first);
    if !all.mixed() {
        return None;
    }
    // The weight of a part only grows with its length.
    let (mut low, mut high) = (from + 1, until);
    low += partition(low, high, |at| sums.below(at).minus(first).total() < least);
    high = low + partition(low, high, |at| last.minus(sums.below(at)).total() >= least);
    let (at, score) = simd::run(Scan { sums, first, last, low, high })?;
    Some(Split { from, until, at, gain: score - square(all.events, all.non_events) })
}

/// How many of `low..high` come before the first that `is_before` is false of.
fn partition(low: usize, high: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut from, mut until) = (low, high.max(low));
    while from < until {
        let middle = from + (until - from) / 2;
        if is_before(middle) { from = middle + 1 } else { until = middle }
    }
    from - low
}

/// Splits that are scored together.
const TILE: usize = 256;

/// The search for the best of the splits at `low..high` of the levels between two sums.
struct Scan<'a> {
    sums: &'a Sums,
    first: Counts,
    last: Counts,
    low: usize,
    high: usize,
}

impl Work for Scan<'_> {
    type Output = Option<(usize, f64)>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Scan { sums, first, last, low, high } = self;
        let mut top: Option<(usize, f64)> = None;
        let mut scores = [0.0; TILE];
        for start in (low..high).step_by(TILE) {
            let end = (start + TILE).min(high);
            let (Some(events), Some(non_events)) = (sums.events.get(start..end), sums.non_events.get(start..end))
            else {
                return top;
            };
            let (Some(values), Some(lower)) = (sums.values.get(start..end), sums.values.get(start - 1..end - 1)) else {
                return top;
            };
            let counts = events.iter().zip(non_events);
            for ((score, (events, non_events)), (value, lower)) in
                scores.iter_mut().zip(counts).zip(values.iter().zip(lower))
            {
                let left = square(events - first.events, non_events - first.non_events);
                let right = square(last.events - events, last.non_events - non_events);
                *score = if *value <= lower + NEAR { f64::NEG_INFINITY } else { left + right };
            }
            for (index, score) in scores.iter().take(end - start).enumerate() {
                if *score > top.map_or(f64::NEG_INFINITY, |(_, best)| best) {
                    top = Some((start + index, *score));
                }
            }
        }
        top
    }
}
