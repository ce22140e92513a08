//! When in the week or in the year purchases come.

use crate::base::numeric::mean;
use crate::base::{Error, ErrorKind, Result};

/// Microseconds in a day.
const DAY: i64 = 86_400_000_000;
/// Purchases that stand behind an index of 1 before any is seen, a bin.
const PRIOR: f64 = 10.0;

/// What repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cycle {
    /// Seven days, a bin each, Monday first (UTC).
    Week,
    /// 365.25 days in twelve equal bins, from the beginning of a year (UTC, to a day).
    Year,
}

impl Cycle {
    /// Length in microseconds, number of bins, and a moment at which the cycle begins.
    fn shape(self) -> (i64, usize, i64) {
        match self {
            // 1970-01-05 was a Monday.
            Cycle::Week => (7 * DAY, 7, 4 * DAY),
            Cycle::Year => (365 * DAY + DAY / 4, 12, 0),
        }
    }
}

/// How much livelier each part of a cycle is than the average.
///
/// ```
/// use bactrian::models::loyalty::{Cycle, Season};
///
/// // Four weeks, three purchases each Monday and one each Thursday.
/// let day = 86_400_000_000i64;
/// let at: Vec<i64> = (0..4).flat_map(|week| [4, 4, 4, 7].map(|d| (week * 7 + d) * day)).chain([32 * day - 1]).collect();
/// let season = Season::fit(Cycle::Week, &at)?;
/// assert!(season.indices()[0] > season.indices()[3] && season.indices()[3] > season.indices()[1]);
/// // A whole week is a whole week.
/// assert!((season.exposure(0, 7 * day) - 7.0 * day as f64).abs() < 1.0);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Season {
    cycle: Cycle,
    indices: Vec<f64>,
}

impl Season {
    /// The season of purchases at these moments (microseconds, UTC), in any order.
    ///
    /// A bin's index is its purchases over those that the time observed in it would have at the overall
    /// rate, both raised by ten; then all are scaled to a mean of 1. A bin that was never observed has
    /// the mean. Error: no purchase.
    pub fn fit(cycle: Cycle, at: &[i64]) -> Result<Season> {
        let (Some(from), Some(to)) = (at.iter().min().copied(), at.iter().max().copied()) else {
            return Err(Error::new(ErrorKind::NotEnoughData, "a season needs at least one purchase"));
        };
        let (length, bins, _) = cycle.shape();
        let mut counts = vec![0.0; bins];
        for at in at {
            counts[cycle.bin(*at)] += 1.0;
        }
        let even = Season { cycle, indices: vec![1.0; bins] };
        let until = to.saturating_add(1);
        let mut observed = vec![0.0; bins];
        even.each_piece(from, until, |bin, span| observed[bin] += span);
        let rate = at.len() as f64 / (until - from).max(length / bins as i64) as f64;
        let raw: Vec<f64> = counts.iter().zip(&observed).map(|(n, span)| (n + PRIOR) / (span * rate + PRIOR)).collect();
        let level = mean(&raw);
        Ok(Season { cycle, indices: raw.iter().map(|index| index / level).collect() })
    }

    /// The season with known indices; they are scaled to a mean of 1. Errors: their number is not that of
    /// the bins, or one is not finite and above 0.
    pub fn from_indices(cycle: Cycle, indices: Vec<f64>) -> Result<Season> {
        let (_, bins, _) = cycle.shape();
        if indices.len() != bins || indices.iter().any(|index| !(index.is_finite() && *index > 0.0)) {
            let error = format!("a cycle of {bins} bins needs as many indices above 0");
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        let level = mean(&indices);
        Ok(Season { cycle, indices: indices.iter().map(|index| index / level).collect() })
    }

    /// What repeats.
    pub fn cycle(&self) -> Cycle {
        self.cycle
    }

    /// The index of each bin; their mean is 1.
    pub fn indices(&self) -> &[f64] {
        &self.indices
    }

    /// The time from `from` to `to` in microseconds, each moment weighing by its index; 0 if `to` is not
    /// after `from`. Cost: the bins of a cycle, however long the span.
    pub fn exposure(&self, from: i64, to: i64) -> f64 {
        let (mut sum, mut rest) = (0.0, from);
        if to > from {
            let (length, _, _) = self.cycle.shape();
            let whole = to.saturating_sub(from) / length;
            sum = whole as f64 * length as f64;
            rest = from.saturating_add(whole * length);
        }
        self.each_piece(rest, to, |bin, span| sum += self.indices[bin] * span);
        sum
    }

    /// The parts of a span that lie in one bin each, in order.
    fn each_piece(&self, mut from: i64, to: i64, mut look: impl FnMut(usize, f64)) {
        while from < to {
            let end = self.cycle.end_of_bin(from).min(to);
            look(self.cycle.bin(from), (end - from) as f64);
            from = end;
        }
    }
}

impl Cycle {
    fn bin(self, at: i64) -> usize {
        let (length, bins, start) = self.shape();
        let into = at.wrapping_sub(start).rem_euclid(length);
        (into / (length / bins as i64)).min(bins as i64 - 1) as usize
    }

    /// The first moment of the next bin.
    fn end_of_bin(self, at: i64) -> i64 {
        let (length, bins, start) = self.shape();
        let into = at.wrapping_sub(start).rem_euclid(length);
        let next = (self.bin(at) as i64 + 1) * (length / bins as i64);
        let next = if self.bin(at) + 1 == bins { length } else { next };
        at.saturating_add(next - into)
    }
}
