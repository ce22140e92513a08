//! Honesty of probabilities.

use serde::{Deserialize, Serialize};

use crate::base::{Error, ErrorKind, Result};
use crate::models::saved::{Saved, check_finite};

/// How often what was given a probability came true, by bins of equal width over [0, 1]; what two of
/// the same number of bins counted adds up.
///
/// ```
/// use bactrian::models::watch::Reliability;
///
/// let mut reliability = Reliability::new(10)?;
/// for i in 0..10 {
///     reliability.add(0.25, i < 4)?;
/// }
/// assert!((reliability.calibration_error() - 0.15).abs() < 1e-12);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    bins: Vec<Bin>,
    /// Sum of (probability - outcome)^2.
    squares: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Bin {
    rows: u64,
    events: u64,
    probability: f64,
}

/// Most bins.
const MOST_BINS: usize = 1000;

impl Reliability {
    /// Nothing counted, in 1 to 1,000 bins.
    ///
    /// Errors with [`ErrorKind::SchemaRange`].
    pub fn new(bins: usize) -> Result<Self> {
        if !(1..=MOST_BINS).contains(&bins) {
            return Err(Error::new(ErrorKind::SchemaRange, format!("{bins} bins; there may be 1 to {MOST_BINS}")));
        }
        Ok(Reliability { bins: vec![Bin::default(); bins], squares: 0.0 })
    }

    /// Counts an outcome and the probability that it was given; an unknown one (NaN) is not counted.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where it is outside of [0, 1], and counts nothing then.
    pub fn add(&mut self, probability: f64, event: bool) -> Result<()> {
        if probability.is_nan() {
            return Ok(());
        }
        if !(0.0..=1.0).contains(&probability) {
            let error = Error::new(ErrorKind::SchemaRange, format!("`{probability}` is no probability"));
            return Err(error.hint("calibrate a score before, as `Platt` or `Isotonic` do"));
        }
        let last = self.bins.len() - 1;
        let at = ((probability * self.bins.len() as f64) as usize).min(last);
        let outcome = f64::from(u8::from(event));
        self.squares += (probability - outcome) * (probability - outcome);
        if let Some(bin) = self.bins.get_mut(at) {
            bin.rows += 1;
            bin.events += u64::from(event);
            bin.probability += probability;
        }
        Ok(())
    }

    /// Counts outcomes and the probabilities that they were given.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where lengths differ, and as [`Reliability::add`]; nothing is
    /// counted then.
    pub fn add_all(&mut self, probabilities: &[f64], events: &[bool]) -> Result<()> {
        if probabilities.len() != events.len() {
            let text = format!("{} probabilities, and {} outcomes", probabilities.len(), events.len());
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        let before = self.clone();
        let mut rows = probabilities.iter().zip(events).enumerate();
        let counted = rows.try_for_each(|(row, (probability, event))| {
            self.add(*probability, *event).map_err(|error| {
                let located = Error::new(error.kind(), format!("row {row}: {}", error.message()));
                located.hint(error.hint_text().unwrap_or_default())
            })
        });
        counted.inspect_err(|_| *self = before)
    }

    /// Adds what another one counted.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where it has other bins.
    pub fn merge(&mut self, other: &Reliability) -> Result<()> {
        if self.bins.len() != other.bins.len() {
            return Err(Error::new(ErrorKind::SchemaRange, "reliabilities of different bins cannot be added"));
        }
        for (own, its) in self.bins.iter_mut().zip(&other.bins) {
            own.rows += its.rows;
            own.events += its.events;
            own.probability += its.probability;
        }
        self.squares += other.squares;
        Ok(())
    }

    /// Rows counted.
    pub fn rows(&self) -> u64 {
        self.bins.iter().map(|bin| bin.rows).sum()
    }

    /// For each bin that has rows: mean probability, share of events, rows.
    pub fn curve(&self) -> Vec<(f64, f64, u64)> {
        let point = |bin: &Bin| {
            let rows = bin.rows as f64;
            (bin.probability / rows, bin.events as f64 / rows, bin.rows)
        };
        self.bins.iter().filter(|bin| bin.rows > 0).map(point).collect()
    }

    /// The expected calibration error: the mean over rows of |mean probability - share of events|
    /// of their bin (Naeini, Cooper, Hauskrecht 2015); NaN of none.
    pub fn calibration_error(&self) -> f64 {
        let rows = self.rows() as f64;
        let off: f64 = self.curve().iter().map(|(probability, share, n)| (probability - share).abs() * *n as f64).sum();
        off / rows
    }

    /// The mean of (probability - outcome)^2 (Brier 1950); NaN of none.
    pub fn brier(&self) -> f64 {
        self.squares / self.rows() as f64
    }
}

impl Saved for Reliability {
    const KIND: &'static str = "reliability";

    fn checked(self) -> Result<Self> {
        check_finite(self.bins.iter().map(|bin| &bin.probability).chain([&self.squares]))?;
        let sound = |bin: &Bin| bin.events <= bin.rows && (0.0..=bin.rows as f64).contains(&bin.probability);
        let rows = self.bins.iter().try_fold(0_u64, |rows, bin| rows.checked_add(bin.rows));
        match (1..=MOST_BINS).contains(&self.bins.len()) && rows.is_some() && self.bins.iter().all(sound) {
            true => Ok(self),
            false => Err(Error::new(ErrorKind::SchemaRange, "the counts of the bins do not fit together")),
        }
    }
}
