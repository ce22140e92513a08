//! Quantiles: exact for small samples, sparse logarithmic buckets beyond.
//!
//! A bitwise commutative monoid: the state depends on the multiset of values alone (KLL and t-digest
//! depend on order or on coins). Buckets as in DDSketch (Masson, Rim and Lee 2019): a quantile is
//! within 1% of a value of that rank.

use crate::base::numeric::{exp, ln};
use crate::models::quantile;

/// Largest sample that is kept exactly.
const EXACT: usize = 32;
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

impl Sketch {
    pub(super) fn add(&mut self, x: f64) {
        match self {
            Sketch::Buckets(buckets) => count(buckets, bucket(x)),
            Sketch::Exact(values) => {
                let place = values.partition_point(|known| known.total_cmp(&x).is_lt());
                values.insert(place, x);
                if values.len() > EXACT {
                    let mut buckets = Vec::new();
                    values.iter().for_each(|x| count(&mut buckets, bucket(*x)));
                    *self = Sketch::Buckets(buckets);
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
        let rank = (q * (n - 1) as f64).floor() as u64;
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

fn count(buckets: &mut Vec<(i32, u32)>, bucket: i32) {
    match buckets.binary_search_by_key(&bucket, |(known, _)| *known) {
        Ok(found) => buckets[found].1 = buckets[found].1.saturating_add(1),
        Err(place) => buckets.insert(place, (bucket, 1)),
    }
}
