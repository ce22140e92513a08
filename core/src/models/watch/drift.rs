//! Drift: has a distribution moved since the model was built?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::numeric::ln;
use crate::base::{Error, ErrorKind, Result};
use crate::models::saved::Saved;

/// What is added to each count before shares are taken, so that an empty bin has a share.
const EMPTY: f64 = 0.5;

/// The population stability index of `now` against `before`, counts of the same bins: the sum of
/// (p - q) ln(p / q).
///
/// Shares are of (count + 1/2) over (total + bins / 2), so that an empty bin counts as half a row,
/// whichever side it is on; for large counts this is the usual index. At least 0; 0 for equal
/// shares. Of a score it is the PSI, of an input the characteristic stability index (CSI). The custom
/// of the trade: below 0.1 stable, above 0.25 moved (Siddiqi 2006, chapter 8).
///
/// ```
/// use bactrian::models::watch::stability_index;
///
/// assert_eq!(stability_index(&[10, 20], &[10, 20])?, 0.0);
/// assert!(stability_index(&[1000, 0], &[500, 500])? > 0.25);
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// Errors with [`ErrorKind::SchemaRange`] where lengths differ, with [`ErrorKind::NotEnoughData`] where one side
/// counted nothing.
pub fn stability_index(now: &[u64], before: &[u64]) -> Result<f64> {
    if now.len() != before.len() {
        let text = format!("counts of {} bins, and before of {}", now.len(), before.len());
        return Err(Error::new(ErrorKind::SchemaRange, text).hint("count both in the same bins"));
    }
    let total = |counts: &[u64]| counts.iter().map(|count| *count as f64).sum::<f64>();
    let (total_now, total_before) = (total(now), total(before));
    if total_now == 0.0 || total_before == 0.0 {
        let side = if total_now == 0.0 { "now" } else { "before" };
        return Err(Error::new(ErrorKind::NotEnoughData, format!("nothing was counted {side}")));
    }
    let bins = now.len() as f64;
    let share = |count: u64, total: f64| (count as f64 + EMPTY) / (total + EMPTY * bins);
    let term = |(now, before): (&u64, &u64)| {
        let (p, q) = (share(*now, total_now), share(*before, total_before));
        (p - q) * ln(p / q)
    };
    Ok(now.iter().zip(before).map(term).sum())
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
    /// An empty histogram between rising finite cuts.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where they do not rise.
    pub fn new(cuts: &[f64]) -> Result<Self> {
        Histogram { cuts: cuts.to_vec(), counts: vec![0; cuts.len() + 2] }.sound()
    }

    fn sound(self) -> Result<Self> {
        let rise = self.cuts.iter().all(|cut| cut.is_finite()) && self.cuts.is_sorted_by(|a, b| a < b);
        match rise && self.counts.len() == self.cuts.len() + 2 {
            true => Ok(self),
            false => Err(Error::new(ErrorKind::SchemaRange, "the cuts of a histogram must be finite and rise")),
        }
    }

    /// The counts of some values.
    ///
    /// Errors as [`Histogram::new`].
    pub fn of(cuts: &[f64], values: &[f64]) -> Result<Self> {
        let mut histogram = Histogram::new(cuts)?;
        values.iter().for_each(|value| histogram.add(*value));
        Ok(histogram)
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
    /// Errors as [`Histogram::merge`] and [`stability_index`].
    pub fn stability_index(&self, before: &Histogram) -> Result<f64> {
        self.check(before)?;
        stability_index(&self.counts, &before.counts)
    }

    fn check(&self, other: &Histogram) -> Result<()> {
        if self.cuts == other.cuts {
            return Ok(());
        }
        Err(Error::new(ErrorKind::SchemaRange, "histograms of different cuts cannot be compared"))
    }
}

/// Most periods that drift is followed over.
const MOST_PERIODS: usize = 100_000;

/// Counts of a column by period of time, against those that the model was built on; what parts of the
/// data counted adds up.
///
/// ```
/// use bactrian::models::watch::{Drift, Histogram};
///
/// let mut built = Histogram::new(&[10.0])?;
/// (0..20).for_each(|x| built.add(f64::from(x)));
/// let mut drift = Drift::new(built, 100)?;
/// (0..20).for_each(|x| drift.add(50, f64::from(x)).unwrap());
/// (0..20).for_each(|x| drift.add(-1, f64::from(x + 10)).unwrap());
/// let [earlier, later] = drift.series()[..] else { unreachable!() };
/// assert_eq!((earlier.from, earlier.rows, later.from), (-100, 20, 0));
/// assert!(earlier.index > 0.25 && later.index == 0.0);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    before: Histogram,
    every: i64,
    periods: BTreeMap<i64, Histogram>,
}

/// How far a column had moved in one period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drifted {
    /// When the period begins.
    pub from: i64,
    /// Rows counted in it, unknown ones included.
    pub rows: u64,
    /// The [`stability_index`] against what the model was built on; NaN where that was nothing.
    pub index: f64,
}

impl Drift {
    /// Against the counts of the data that the model was built on, by periods of `every` (positive; in
    /// the unit of the times that are added), one of which begins at 0.
    ///
    /// Errors with [`ErrorKind::SchemaRange`].
    pub fn new(before: Histogram, every: i64) -> Result<Self> {
        Drift { before, every, periods: BTreeMap::new() }.checked()
    }

    /// Counts a value at its time.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] beyond 100,000 periods.
    pub fn add(&mut self, at: i64, value: f64) -> Result<()> {
        self.period(at.div_euclid(self.every))?.add(value);
        Ok(())
    }

    /// Adds what another one counted.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where its cuts, its periods, or the counts that it compares with
    /// differ: nothing is added then; and as [`Drift::add`].
    pub fn merge(&mut self, other: &Drift) -> Result<()> {
        self.before.check(&other.before)?;
        if self.before != other.before {
            let text = "drifts against different data cannot be added: the model was built on other counts";
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        if self.every != other.every {
            return Err(Error::new(ErrorKind::SchemaRange, "drifts of different periods cannot be added"));
        }
        other.periods.iter().try_for_each(|(period, counts)| self.period(*period)?.merge(counts))
    }

    /// Counts values at their times.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where lengths differ, and as [`Drift::add`].
    pub fn add_all(&mut self, at: &[i64], values: &[f64]) -> Result<()> {
        if at.len() != values.len() {
            let text = format!("{} values, and {} times", values.len(), at.len());
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        at.iter().zip(values).try_for_each(|(at, value)| self.add(*at, *value))
    }

    fn period(&mut self, period: i64) -> Result<&mut Histogram> {
        if self.periods.len() >= MOST_PERIODS && !self.periods.contains_key(&period) {
            return Err(Error::new(ErrorKind::SchemaRange, format!("more than {MOST_PERIODS} periods")));
        }
        let before = &self.before;
        Ok(self.periods.entry(period).or_insert_with(|| before.emptied()))
    }

    /// Every period that has rows, in order of time.
    pub fn series(&self) -> Vec<Drifted> {
        let told = |(period, counts): (&i64, &Histogram)| Drifted {
            from: period.saturating_mul(self.every),
            rows: counts.counts.iter().sum(),
            index: stability_index(&counts.counts, &self.before.counts).unwrap_or(f64::NAN),
        };
        self.periods.iter().map(told).collect()
    }
}

impl Saved for Drift {
    const KIND: &'static str = "drift";

    fn checked(self) -> Result<Self> {
        let range = |text: String| Err(Error::new(ErrorKind::SchemaRange, text));
        if self.every <= 0 {
            return range(format!("a period of {}", self.every));
        }
        let before = self.before.sound()?;
        if self.periods.len() > MOST_PERIODS {
            return range(format!("more than {MOST_PERIODS} periods"));
        }
        for counts in self.periods.values() {
            before.check(counts)?;
            if counts.counts.len() != before.counts.len() {
                return range("the counts of a period are of other bins".to_owned());
            }
        }
        Ok(Drift { before, ..self })
    }
}
