//! Weights by key: lifetime, decayed, or by hop.

use super::super::cell::decayed;
use super::{Moment, start_of, tail_of};
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
    match weights.binary_search_by_key(&key, |weight| weight.key) {
        Ok(found) => {
            let entry = &mut weights[found];
            entry.weight = match at >= entry.at {
                true => decayed(entry.weight, rate, entry.at, at) + 1.0,
                false => entry.weight + decayed(1.0, rate, at, entry.at),
            };
            entry.at = entry.at.max(at);
        }
        Err(place) => weights.insert(place, Weight { key, weight: 1.0, at }),
    }
}

/// Adds an event of `key` to its hop, and drops hops that nothing can need any more.
pub(super) fn add_hop(buckets: &mut Vec<KeyBucket>, key: u32, length: i64, hop: i64, moment: Moment) {
    let floor = tail_of(moment.now.saturating_sub(moment.lateness), length, hop);
    let old = buckets.partition_point(|bucket| bucket.start < floor);
    buckets.drain(..old);
    let start = start_of(moment.at, hop);
    match buckets.binary_search_by_key(&(start, key), |bucket| (bucket.start, bucket.key)) {
        Ok(found) => buckets[found].count = buckets[found].count.saturating_add(1),
        Err(place) => buckets.insert(place, KeyBucket { start, key, count: 1 }),
    }
}

/// Weights within the window, rising by key.
pub(super) fn within(buckets: &[KeyBucket], length: i64, hop: i64, at: i64) -> Vec<(u32, f64)> {
    let tail = tail_of(at, length, hop);
    let inside = buckets.iter().filter(|bucket| bucket.start >= tail);
    total(inside.map(|bucket| (bucket.key, f64::from(bucket.count))))
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
    match op {
        Op::Distinct => weights.iter().filter(|(_, weight)| *weight > 0.0).count() as f64,
        _ if sum <= 0.0 => f64::NAN,
        Op::Share(key) => {
            let found = weights.binary_search_by_key(&key, |(known, _)| *known);
            found.ok().and_then(|place| weights.get(place)).map_or(0.0, |(_, weight)| weight / sum)
        }
        Op::Entropy => {
            let share = |weight: f64| weight / sum;
            let terms = weights.iter().filter(|(_, weight)| *weight > 0.0).map(|(_, w)| share(*w) * ln(share(*w)));
            // Not a plain minus: the entropy of one key is 0, not -0.
            0.0 - terms.sum::<f64>()
        }
        Op::Top(rank) => {
            let mut ranked: Vec<&(u32, f64)> = weights.iter().filter(|(_, weight)| *weight > 0.0).collect();
            ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            ranked.get(rank as usize - 1).map_or(f64::NAN, |(key, _)| f64::from(*key))
        }
        _ => f64::NAN,
    }
}
