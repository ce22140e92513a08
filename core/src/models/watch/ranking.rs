//! How well scores rank those with the event above those without.

use serde::{Deserialize, Serialize};

use crate::base::numeric::special::normal_quantile;
use crate::base::{Error, ErrorKind, Result};
use crate::models::saved::{Saved, unknown_as_null};

/// The area under the ROC curve, Gini's coefficient and the statistic of Kolmogorov and Smirnov.
///
/// ```
/// use bactrian::models::watch::Ranking;
///
/// let ranking = Ranking::new(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true])?;
/// assert_eq!(ranking.auc, 0.75);
/// assert_eq!(ranking.gini(), 0.5);
/// assert_eq!(ranking.ks, 0.5);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// P(a row with the event scores higher than one without) + half of P(both score the same).
    pub auc: f64,
    /// Its standard error (DeLong, DeLong, Clarke-Pearson 1988); NaN where a class has one row.
    #[serde(deserialize_with = "unknown_as_null")]
    pub auc_error: f64,
    /// The largest difference between the distribution functions of the two classes.
    pub ks: f64,
    /// Rows with the event.
    pub events: u64,
    /// Rows without.
    pub non_events: u64,
    /// Of the intervals, in (0, 1); 0.95 unless [`Ranking::with_confidence`] says otherwise.
    pub confidence: f64,
}

impl Ranking {
    /// From scores and outcomes; a row with an unknown score (NaN) is left out. Cost: a sort.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where lengths differ; with
    /// [`ErrorKind::NotEnoughData`] where no row has the event, or all have.
    pub fn new(scores: &[f64], events: &[bool]) -> Result<Self> {
        if scores.len() != events.len() {
            let text = format!("{} scores and {} outcomes", scores.len(), events.len());
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        let known = scores.iter().zip(events).filter(|row| !row.0.is_nan());
        // Adding zero makes -0.0 equal to 0.0.
        let mut rows: Vec<(f64, bool)> = known.map(|(score, event)| (score + 0.0, *event)).collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let positive = rows.iter().filter(|row| row.1).count() as u64;
        let negative = rows.len() as u64 - positive;
        if positive == 0 || negative == 0 {
            return Err(Error::new(ErrorKind::NotEnoughData, "ranking needs rows with and without the event"));
        }
        // For each row, twice how many of the other class it is right about: exact in whole numbers.
        let (mut right, mut of_positive, mut of_negative) = (0_u128, Spread::default(), Spread::default());
        let (mut positive_below, mut negative_below, mut gap) = (0_u64, 0_u64, 0.0_f64);
        for tied in rows.chunk_by(|a, b| a.0 == b.0) {
            let here = tied.iter().filter(|row| row.1).count() as u64;
            let others = tied.len() as u64 - here;
            let wins = 2 * negative_below + others;
            let losses = 2 * (positive - positive_below) - here;
            right += u128::from(wins) * u128::from(here);
            of_positive.add(wins, here);
            of_negative.add(losses, others);
            positive_below += here;
            negative_below += others;
            let difference = negative_below as f64 / negative as f64 - positive_below as f64 / positive as f64;
            gap = gap.max(difference.abs());
        }
        let pairs = u128::from(positive) * u128::from(negative);
        let variance =
            of_positive.variance(negative) / positive as f64 + of_negative.variance(positive) / negative as f64;
        Ok(Ranking {
            auc: right as f64 / (2.0 * pairs as f64),
            auc_error: variance.sqrt(),
            ks: gap,
            events: positive,
            non_events: negative,
            confidence: 0.95,
        })
    }

    /// The same with intervals of another confidence.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where it is not in (0, 1).
    pub fn with_confidence(self, confidence: f64) -> Result<Self> {
        Ranking { confidence, ..self }.checked()
    }

    /// 2 AUC - 1.
    pub fn gini(&self) -> f64 {
        2.0 * self.auc - 1.0
    }

    /// The interval of the area at the confidence, normal, cut to [0, 1].
    pub fn auc_interval(&self) -> (f64, f64) {
        let reach = normal_quantile(0.5 + 0.5 * self.confidence) * self.auc_error;
        ((self.auc - reach).max(0.0), (self.auc + reach).min(1.0))
    }

    /// The interval of Gini's coefficient.
    pub fn gini_interval(&self) -> (f64, f64) {
        let (low, high) = self.auc_interval();
        (2.0 * low - 1.0, 2.0 * high - 1.0)
    }

    /// An interval of the statistic that holds whatever the distributions: each class's lies within
    /// sqrt(ln(4 / (1 - confidence)) / (2 n)) of its sample (Massart 1990), both at once by
    /// Bonferroni. Cut to [0, 1]; wide.
    pub fn ks_interval(&self) -> (f64, f64) {
        let log = crate::base::numeric::ln(4.0 / (1.0 - self.confidence));
        let reach = |n: u64| (log / (2.0 * n as f64)).sqrt();
        let both = reach(self.events) + reach(self.non_events);
        ((self.ks - both).max(0.0), (self.ks + both).min(1.0))
    }
}

/// Sums of whole numbers and of their squares.
#[derive(Default)]
struct Spread {
    rows: u64,
    sum: u128,
    squares: u128,
}

impl Spread {
    fn add(&mut self, value: u64, rows: u64) {
        self.rows += rows;
        self.sum += u128::from(value) * u128::from(rows);
        self.squares += u128::from(value) * u128::from(value) * u128::from(rows);
    }

    /// The variance of value / (2 others), with one degree of freedom lost.
    fn variance(&self, others: u64) -> f64 {
        let n = u128::from(self.rows);
        // n sum(v^2) - (sum v)^2 without rounding: below 2^127 for 2^31 rows.
        let scatter = (n * self.squares).saturating_sub(self.sum * self.sum);
        let scale = 2.0 * others as f64;
        scatter as f64 / (n as f64 * (n as f64 - 1.0)) / (scale * scale)
    }
}

impl Saved for Ranking {
    const KIND: &'static str = "ranking";

    fn checked(self) -> Result<Self> {
        if self.confidence > 0.0 && self.confidence < 1.0 {
            return Ok(self);
        }
        let error = Error::new(ErrorKind::SchemaRange, format!("the confidence is {}", self.confidence));
        Err(error.hint("a number between 0 and 1, as 0.95"))
    }
}
