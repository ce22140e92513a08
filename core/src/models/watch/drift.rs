//! Drift: has a distribution moved since the model was built?

use serde::{Deserialize, Serialize};

use crate::base::numeric::ln;
use crate::base::{Error, ErrorKind, Result};

/// What is added to each count before shares are taken, so that an empty bin has a share.
const EMPTY: f64 = 0.5;

/// The population stability index of `now` against `before`, counts of the same bins: the sum of
/// (p - q) ln(p / q).
///
/// Shares are of (count + 1/2) over (total + bins / 2), so that an empty bin counts as half a row,
/// whichever side it is on; for large counts this is the usual index. At least 0; 0 for equal
/// shares. Of a score it is the PSI, of an input the characteristic stability index (CSI). The custom
/// of the trade: below 0.1 stable, above 0.25 moved (Siddiqi 2006, chapter 8). NaN where lengths
/// differ, nothing was counted, or a count is negative.
///
/// ```
/// use bactrian::models::watch::stability_index;
///
/// assert_eq!(stability_index(&[10, 20], &[10, 20]), 0.0);
/// assert!(stability_index(&[1000, 0], &[500, 500]) > 0.25);
/// ```
pub fn stability_index(now: &[u64], before: &[u64]) -> f64 {
    if now.len() != before.len() {
        return f64::NAN;
    }
    let total = |counts: &[u64]| counts.iter().map(|count| *count as f64).sum::<f64>();
    let (total_now, total_before) = (total(now), total(before));
    if total_now == 0.0 || total_before == 0.0 {
        return f64::NAN;
    }
    let bins = now.len() as f64;
    let share = |count: u64, total: f64| (count as f64 + EMPTY) / (total + EMPTY * bins);
    let term = |(now, before): (&u64, &u64)| {
        let (p, q) = (share(*now, total_now), share(*before, total_before));
        (p - q) * ln(p / q)
    };
    now.iter().zip(before).map(term).sum()
}

/// Counts of a column's values between fixed cuts; histograms of the same cuts add up.
///
/// Bin i counts the values from cut i - 1, itself included, to below cut i; the last bin counts
/// unknown values (NaN).
///
/// ```
/// use bactrian::models::watch::Histogram;
///
/// let mut monday = Histogram::new(&[10.0, 20.0])?;
/// [5.0, 10.0, f64::NAN].iter().for_each(|x| monday.add(*x));
/// let mut tuesday = monday.emptied();
/// tuesday.add(25.0);
/// monday.merge(&tuesday)?;
/// assert_eq!(monday.counts(), [1, 1, 1, 1]);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    cuts: Vec<f64>,
    counts: Vec<u64>,
}

impl Histogram {
    /// An empty histogram between rising cuts.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where they do not rise.
    pub fn new(cuts: &[f64]) -> Result<Self> {
        if cuts.iter().any(|cut| cut.is_nan()) || !cuts.is_sorted_by(|a, b| a < b) {
            return Err(Error::new(ErrorKind::SchemaRange, "the cuts of a histogram must rise"));
        }
        Ok(Histogram { cuts: cuts.to_vec(), counts: vec![0; cuts.len() + 2] })
    }

    /// The same cuts, nothing counted.
    pub fn emptied(&self) -> Self {
        Histogram { cuts: self.cuts.clone(), counts: vec![0; self.counts.len()] }
    }

    /// Counts a value.
    pub fn add(&mut self, value: f64) {
        let bin = if value.is_nan() { self.cuts.len() + 1 } else { self.cuts.partition_point(|cut| *cut <= value) };
        if let Some(count) = self.counts.get_mut(bin) {
            *count = count.saturating_add(1);
        }
    }

    /// The counts, one more than cuts and one for unknown values.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Adds what another histogram counted.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where its cuts differ.
    pub fn merge(&mut self, other: &Histogram) -> Result<()> {
        self.check(other)?;
        self.counts.iter_mut().zip(&other.counts).for_each(|(own, its)| *own = own.saturating_add(*its));
        Ok(())
    }

    /// The [`stability_index`] of these counts against earlier ones.
    ///
    /// Errors as [`Histogram::merge`].
    pub fn stability_index(&self, before: &Histogram) -> Result<f64> {
        self.check(before)?;
        Ok(stability_index(&self.counts, &before.counts))
    }

    fn check(&self, other: &Histogram) -> Result<()> {
        if self.cuts == other.cuts {
            return Ok(());
        }
        Err(Error::new(ErrorKind::SchemaRange, "histograms of different cuts cannot be compared"))
    }
}
