//! First cuts: a classification tree on one number, grown best split first.
//!
//! The rules are those of CART (Breiman, Friedman, Olshen, Stone 1984) with Gini's impurity, as
//! scikit-learn grows it with `max_leaf_nodes`: the leaf whose best split lowers the impurity most
//! is split next. A cut lies halfway between two values.

use super::counts::Counts;

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

/// At most `parts - 1` rising cuts of rising levels, such that every part weighs at least `least`.
pub(super) fn cuts(levels: &[Level], parts: usize, least: f64) -> Vec<f64> {
    let mut sums = vec![Counts::default()];
    for level in levels {
        let last = sums.last().copied().unwrap_or_default();
        sums.push(last.plus(level.counts));
    }
    let mut open: Vec<Split> = best(levels, &sums, 0, levels.len(), least).into_iter().collect();
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
        open.extend(best(levels, &sums, split.from, split.at, least));
        open.extend(best(levels, &sums, split.at, split.until, least));
    }
    cuts.sort_unstable_by(f64::total_cmp);
    cuts
}

/// Halfway, and above the lower value.
fn between(low: f64, high: f64) -> f64 {
    let middle = low / 2.0 + high / 2.0;
    if middle > low { middle } else { high }
}

/// The split of `from..until` that lowers the impurity most, the lowest of equal ones.
fn best(levels: &[Level], sums: &[Counts], from: usize, until: usize, least: f64) -> Option<Split> {
    let all = sums[until].minus(sums[from]);
    if !all.mixed() {
        return None;
    }
    // Minimising the weighted impurity of the parts is maximising this.
    let square = |part: Counts| (part.events * part.events + part.non_events * part.non_events) / part.total();
    let mut top: Option<(usize, f64)> = None;
    for at in from + 1..until {
        if levels[at].value <= levels[at - 1].value + NEAR {
            continue;
        }
        let (left, right) = (sums[at].minus(sums[from]), sums[until].minus(sums[at]));
        if left.total() < least || right.total() < least {
            continue;
        }
        let score = square(left) + square(right);
        if top.is_none_or(|(_, best)| score > best) {
            top = Some((at, score));
        }
    }
    top.map(|(at, score)| Split { from, until, at, gain: score - square(all) })
}
