//! Weights by key: lifetime, decayed, or by hop.

use super::{Moment, decayed, sketch, start_of};
use crate::base::numeric::ln;
use crate::program::Op;

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

/// What an aggregate makes of decaying weights. Shares do not change while nothing happens, so they
/// are taken at the latest event, where no weight has vanished.
pub(super) fn value(op: Op, weights: &[Weight], rate: f64) -> f64 {
    let latest = weights.iter().map(|entry| entry.at).max().unwrap_or(0);
    finish(op, &at(weights, rate, latest))
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
/// `share` of nothing and `top` of too few keys are unknown. Entropy is in nats (Shannon 1948). Of
/// equal weights the key seen first by the engine stands before the other.
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
        Op::Top(rank) => {
            let mut ranked: Vec<&(u32, f64)> = present().collect();
            ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            ranked.get(rank as usize - 1).map_or(f64::NAN, |(key, _)| f64::from(*key))
        }
        Op::Quantile(q) => {
            // Summed in the order of the walk below, so that the last bucket always reaches it.
            let total = weights.iter().fold(0.0, |total, (_, weight)| total + weight);
            let mut below = 0.0;
            let found = present().find(|(_, weight)| {
                below += weight;
                below >= q * total
            });
            found.map_or(f64::NAN, |(key, _)| sketch::centre_of(*key))
        }
        _ => f64::NAN,
    }
}
