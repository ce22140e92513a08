//! Weights by key: lifetime, decayed, or by hop.

use std::cmp::Ordering;

use super::{Moment, decayed, sketch, start_of};
use crate::base::numeric::ln;
use crate::program::Op;

/// Weights that differ by less than this part of them are equal.
const EQUAL: f64 = 1e-12;

/// One key's weight, as of the moment of its latest event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Weight {
    /// The interned key.
    pub key: u32,
    /// The weight at `at`.
    pub weight: f64,
    /// Time of the latest event of this key.
    pub at: i64,
}

/// The events of one key within one hop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct KeyBucket {
    /// First moment of the hop.
    pub start: i64,
    /// The interned key.
    pub key: u32,
    /// Number of events.
    pub count: u32,
}

/// Adds an event of `key`.
///
/// Forward decay (Cormode, Shkapenyuk, Srivastava and Xu 2009): the order of arrival changes the
/// result by rounding only.
pub(super) fn add(weights: &mut Vec<Weight>, key: u32, rate: f64, at: i64) {
    merge(weights, Weight { key, weight: 1.0, at }, rate);
}

/// Adds the weight that another partial aggregate gives a key.
pub(super) fn merge(weights: &mut Vec<Weight>, more: Weight, rate: f64) {
    match weights.binary_search_by_key(&more.key, |weight| weight.key) {
        Ok(found) => {
            let entry = &mut weights[found];
            entry.weight = match more.at >= entry.at {
                true => decayed(entry.weight, rate, entry.at, more.at) + more.weight,
                false => entry.weight + decayed(more.weight, rate, more.at, entry.at),
            };
            entry.at = entry.at.max(more.at);
        }
        Err(place) => weights.insert(place, more),
    }
}

/// Adds an event of `key` to its hop, and drops hops that nothing can need any more.
pub(super) fn add_hop(buckets: &mut Vec<KeyBucket>, key: u32, length: i64, hop: i64, moment: Moment) {
    let floor = moment.floor(length, hop);
    let old = buckets.partition_point(|bucket| bucket.start < floor);
    buckets.drain(..old);
    merge_hop(buckets, KeyBucket { start: start_of(moment.at, hop), key, count: 1 });
}

/// Adds the events that another partial aggregate has in a hop.
pub(super) fn merge_hop(buckets: &mut Vec<KeyBucket>, more: KeyBucket) {
    match buckets.binary_search_by_key(&(more.start, more.key), |bucket| (bucket.start, bucket.key)) {
        Ok(found) => buckets[found].count = buckets[found].count.saturating_add(more.count),
        Err(place) => buckets.insert(place, more),
    }
}

/// Weights in hops from `tail` on, rising by key.
pub(super) fn within(buckets: &[KeyBucket], tail: i64) -> Vec<(u32, f64)> {
    let inside = buckets.iter().filter(|bucket| bucket.start >= tail);
    total(inside.map(|bucket| (bucket.key, f64::from(bucket.count))))
}

/// Weights at a moment, rising by key.
pub(super) fn at(weights: &[Weight], rate: f64, at: i64) -> Vec<(u32, f64)> {
    weights.iter().map(|entry| (entry.key, decayed(entry.weight, rate, entry.at, at))).collect()
}

/// Weights at the latest event, rising by key: shares and ranks do not change while nothing happens,
/// and there no weight has vanished.
pub(super) fn latest(weights: &[Weight], rate: f64) -> Vec<(u32, f64)> {
    let latest = weights.iter().map(|entry| entry.at).max().unwrap_or(0);
    at(weights, rate, latest)
}

/// Sums weights by key, rising by key.
pub(super) fn total(weights: impl Iterator<Item = (u32, f64)>) -> Vec<(u32, f64)> {
    let mut totals: Vec<(u32, f64)> = Vec::new();
    for (key, weight) in weights {
        match totals.binary_search_by_key(&key, |(known, _)| *known) {
            Ok(found) => totals[found].1 += weight,
            Err(place) => totals.insert(place, (key, weight)),
        }
    }
    totals
}

/// What an aggregate makes of weights by key.
///
/// `share` of nothing is unknown. Entropy is in nats (Shannon 1948). Which key is the greatest goes by
/// names as well, and is said by [`ranked`].
pub(super) fn finish(op: Op, weights: &[(u32, f64)]) -> f64 {
    let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let present = || weights.iter().filter(|(_, weight)| *weight > 0.0);
    match op {
        _ if sum <= 0.0 => f64::NAN,
        Op::Share(key) => {
            let found = weights.binary_search_by_key(&key, |(known, _)| *known);
            found.ok().and_then(|place| weights.get(place)).map_or(0.0, |(_, weight)| weight / sum)
        }
        // From zero, so that one name alone has an entropy of 0.0 and not of -0.0.
        Op::Entropy => present().fold(0.0, |entropy, (_, weight)| entropy - weight / sum * ln(weight / sum)),
        Op::Quantile(q) => {
            // Weights that sum to the rank but for rounding reach it, in whatever order they were added.
            let total = weights.iter().fold(0.0, |total, (_, weight)| total + weight);
            let mut below = 0.0;
            let found = present().find(|(_, weight)| {
                below += weight;
                below >= q * total * (1.0 - 1e-12)
            });
            found.map_or(f64::NAN, |(key, _)| sketch::centre_of(*key))
        }
        _ => f64::NAN,
    }
}

/// The key of a rank by weight, from 1; unknown if there are fewer keys. Of equal weights the one that
/// comes first by `order` stands first; weights apart by no more than the rounding of sums are equal,
/// so that neither the order of arrival nor that of merging decides.
pub(crate) fn ranked(weights: &[(u32, f64)], rank: u32, order: impl Fn(u32, u32) -> Ordering) -> f64 {
    let mut ranked: Vec<(u32, f64)> = weights.iter().copied().filter(|(_, weight)| *weight > 0.0).collect();
    ranked.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| order(a.0, b.0)));
    let wanted = (rank as usize).saturating_sub(1);
    let (mut start, mut most) = (0, f64::INFINITY);
    for (place, (_, weight)) in ranked.iter().enumerate() {
        if *weight < most * (1.0 - EQUAL) {
            if place > wanted {
                break;
            }
            (start, most) = (place, *weight);
        }
    }
    let Some(equal) = ranked.get_mut(start..) else { return f64::NAN };
    let end = equal.partition_point(|(_, weight)| *weight >= most * (1.0 - EQUAL));
    let Some(equal) = equal.get_mut(..end) else { return f64::NAN };
    equal.sort_unstable_by(|a, b| order(a.0, b.0));
    equal.get(wanted - start).map_or(f64::NAN, |(key, _)| f64::from(*key))
}
