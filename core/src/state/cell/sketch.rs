//! Quantiles: exact for small samples, sparse logarithmic buckets beyond.
//!
//! A bitwise commutative monoid: the state depends on the multiset of values alone (KLL and t-digest
//! depend on order or on coins). Buckets as in DDSketch (Masson, Rim and Lee 2019): a quantile is
//! within 1% of a value of that rank. A window has one for each hop that has an event; decaying
//! quantiles are weights by bucket.

use super::{Moment, start_of};
use crate::base::numeric::{exp, ln};
use crate::models::quantile;
use crate::program::Op;

/// ln of the ratio of two bucket bounds, (1 + 0.01) / (1 - 0.01).
const WIDTH: f64 = 0.020_000_666_706_669_435;
/// Values nearer to zero than this are zero.
const TINY: f64 = 1e-12;

/// A sample, or its buckets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Sketch {
    /// The values, rising.
    Exact(Vec<f64>),
    /// Bucket and count, rising by value: negative numbers below 0, zero at 0, positive above.
    Buckets(Vec<(i32, u32)>),
}

impl Default for Sketch {
    fn default() -> Self {
        Sketch::Exact(Vec::new())
    }
}

/// Lies above the magnitude of every bucket's logarithm, so that signs keep apart.
const SHIFT: i32 = 1 << 20;

fn bucket(x: f64) -> i32 {
    if x.abs() < TINY {
        return 0;
    }
    let magnitude = (ln(x.abs()) / WIDTH).ceil() as i32 + SHIFT;
    if x < 0.0 { -magnitude } else { magnitude }
}

/// The value that stands for a bucket: within 1% of every value in it.
fn centre(bucket: i32) -> f64 {
    if bucket == 0 {
        return 0.0;
    }
    let magnitude = exp((f64::from(bucket.abs() - SHIFT) - 0.5) * WIDTH);
    if bucket < 0 { -magnitude } else { magnitude }
}

/// A bucket as a key, in the same order.
pub(super) fn key(x: f64) -> u32 {
    bucket(x) as u32 ^ (1 << 31)
}

/// The value that stands for a key.
pub(super) fn centre_of(key: u32) -> f64 {
    centre((key ^ (1 << 31)) as i32)
}

impl Sketch {
    /// Largest sample that is kept exactly.
    pub(crate) const EXACT: usize = 32;

    pub(super) fn add(&mut self, x: f64) {
        match self {
            Sketch::Buckets(buckets) => count(buckets, bucket(x), 1),
            Sketch::Exact(values) => {
                let place = values.partition_point(|known| known.total_cmp(&x).is_lt());
                values.insert(place, x);
                if values.len() > Self::EXACT {
                    let mut buckets = Vec::new();
                    values.iter().for_each(|x| count(&mut buckets, bucket(*x), 1));
                    *self = Sketch::Buckets(buckets);
                }
            }
        }
    }

    /// Adds what another sketch holds.
    pub(super) fn merge(&mut self, other: &Sketch) {
        match other {
            Sketch::Exact(values) => values.iter().for_each(|x| self.add(*x)),
            Sketch::Buckets(more) => {
                if let Sketch::Exact(values) = self {
                    let mut buckets = Vec::new();
                    values.iter().for_each(|x| count(&mut buckets, bucket(*x), 1));
                    *self = Sketch::Buckets(buckets);
                }
                if let Sketch::Buckets(buckets) = self {
                    more.iter().for_each(|(bucket, number)| count(buckets, *bucket, *number));
                }
            }
        }
    }

    /// The q-quantile: by linear interpolation while exact, else the bucket of the rank q (n - 1).
    pub(super) fn quantile(&self, q: f64) -> f64 {
        let buckets = match self {
            Sketch::Exact(values) => return quantile::of_sorted(values, q),
            Sketch::Buckets(buckets) => buckets,
        };
        let n: u64 = buckets.iter().map(|(_, count)| u64::from(*count)).sum();
        let rank = (q * n.saturating_sub(1) as f64).floor() as u64;
        let mut below = 0;
        for (bucket, count) in buckets {
            below += u64::from(*count);
            if below > rank {
                return centre(*bucket);
            }
        }
        f64::NAN
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Sketch::Exact(values) => values.capacity() * 8,
            Sketch::Buckets(buckets) => buckets.capacity() * 8,
        }
    }
}

fn count(buckets: &mut Vec<(i32, u32)>, bucket: i32, number: u32) {
    match buckets.binary_search_by_key(&bucket, |(known, _)| *known) {
        Ok(found) => buckets[found].1 = buckets[found].1.saturating_add(number),
        Err(place) => buckets.insert(place, (bucket, number)),
    }
}

/// Adds a value to its hop, and drops hops that nothing can need any more.
pub(super) fn add_hop(hops: &mut Vec<(i64, Sketch)>, x: f64, length: i64, hop: i64, moment: Moment) {
    let floor = moment.floor(length, hop);
    let old = hops.partition_point(|(start, _)| *start < floor);
    hops.drain(..old);
    hop_of(hops, start_of(moment.at, hop)).add(x);
}

/// The sketch of a hop, made if there is none.
pub(super) fn hop_of(hops: &mut Vec<(i64, Sketch)>, start: i64) -> &mut Sketch {
    let place = hops.partition_point(|(known, _)| *known < start);
    if hops.get(place).is_none_or(|(known, _)| *known != start) {
        hops.insert(place, (start, Sketch::default()));
    }
    &mut hops[place].1
}

/// The sketch of the hops from `tail` on.
pub(super) fn within(hops: &[(i64, Sketch)], tail: i64) -> Sketch {
    let mut total = Sketch::default();
    let first = hops.partition_point(|(start, _)| *start < tail);
    hops.iter().skip(first).for_each(|(_, sketch)| total.merge(sketch));
    total
}

/// What an aggregate makes of a sketch.
pub(super) fn value(op: Op, sketch: &Sketch) -> f64 {
    match op {
        Op::Quantile(q) => sketch.quantile(q),
        _ => f64::NAN,
    }
}
