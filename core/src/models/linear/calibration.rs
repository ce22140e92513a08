//! From any score to a probability that keeps its word.

use serde::{Deserialize, Serialize};

use super::{LogisticRegression, logistic};
use crate::base::{Error, ErrorKind, Result};
use crate::models::Inputs;
use crate::models::saved::{Saved, check_finite};

/// Rows with a known score, outcome and a positive weight, by rising score.
fn sorted(scores: &[f64], outcomes: &[f64], weights: Option<&[f64]>) -> Result<Vec<(f64, f64, f64)>> {
    let n = scores.len();
    if outcomes.len() != n || weights.is_some_and(|weights| weights.len() != n) {
        return Err(Error::new(ErrorKind::SchemaRange, "scores, outcomes and weights must be of one length"));
    }
    let weight = |index: usize| weights.map_or(1.0, |weights| weights[index]);
    let rows =
        scores.iter().zip(outcomes).enumerate().map(|(index, (score, outcome))| (*score, *outcome, weight(index)));
    let mut rows: Vec<(f64, f64, f64)> =
        rows.filter(|row| !row.0.is_nan() && !row.1.is_nan() && row.2 != 0.0).collect();
    if rows
        .iter()
        .any(|row| !(0.0..=1.0).contains(&row.1) || row.0.is_infinite() || !(row.2 > 0.0 && row.2.is_finite()))
    {
        return Err(Error::new(
            ErrorKind::SchemaRange,
            "scores must be finite, outcomes in [0, 1], weights at least 0",
        ));
    }
    if rows.is_empty() {
        return Err(Error::new(ErrorKind::NotEnoughData, "no row with a known score and outcome"));
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(rows)
}

/// Platt's scaling: P = 1 / (1 + e^(-(slope x score + intercept))).
///
/// Fitted to the targets (n1 + 1) / (n1 + 2) and 1 / (n0 + 2) instead of 1 and 0 (Platt 1999), n1
/// and n0 being the weights of outcomes 1 and 0, so that a perfect ranking does not become
/// certainty.
///
/// ```
/// use bactrian::models::linear::Platt;
///
/// let platt = Platt::fit(&[-1.0, -0.5, 0.5, 1.0], &[0.0, 0.0, 1.0, 1.0], None)?;
/// assert!((platt.probability(0.0) - 0.5).abs() < 1e-9);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Platt {
    /// Log odds for one point of score.
    pub slope: f64,
    /// Log odds at score 0.
    pub intercept: f64,
}

impl Platt {
    /// Fits scores to outcomes in [0, 1]; unknown rows (NaN) are left out.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where lengths differ or a number is out of range; with
    /// [`ErrorKind::NotEnoughData`] where no row is left.
    pub fn fit(scores: &[f64], outcomes: &[f64], weights: Option<&[f64]>) -> Result<Self> {
        let rows = sorted(scores, outcomes, weights)?;
        let ones: f64 = rows.iter().map(|row| row.1 * row.2).sum();
        let zeros: f64 = rows.iter().map(|row| (1.0 - row.1) * row.2).sum();
        let (high, low) = ((ones + 1.0) / (ones + 2.0), 1.0 / (zeros + 2.0));
        let x: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let y: Vec<f64> = rows.iter().map(|row| row.1 * high + (1.0 - row.1) * low).collect();
        let weights: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let model = LogisticRegression::default().fit(&Inputs::from_rows(&x, 1)?, &y, Some(&weights), None)?;
        Ok(Platt { slope: model.coefficients.first().copied().unwrap_or(0.0), intercept: model.intercept })
    }

    /// The probability at a score; NaN where it is unknown.
    pub fn probability(&self, score: f64) -> f64 {
        logistic(self.slope * score + self.intercept)
    }
}

/// Isotonic regression: the non-decreasing function of the score with the least squared error,
/// linear between its knots and constant outside.
///
/// Pool adjacent violators (Ayer et al. 1955); rows of one score are one point, their weighted mean.
/// Equal to scikit-learn's `IsotonicRegression(out_of_bounds="clip")`.
///
/// ```
/// use bactrian::models::linear::Isotonic;
///
/// let isotonic = Isotonic::fit(&[1.0, 2.0, 3.0], &[0.0, 1.0, 0.5], None)?;
/// assert_eq!(isotonic.probability(2.5), 0.75);
/// assert_eq!(isotonic.probability(1.5), 0.375);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Isotonic {
    /// (score, probability), both rising; a step has a knot at either end.
    knots: Vec<(f64, f64)>,
}

/// A run of scores with one probability.
struct Pool {
    from: f64,
    until: f64,
    sum: f64,
    weight: f64,
}

impl Isotonic {
    /// Fits scores to outcomes; as [`Platt::fit`].
    pub fn fit(scores: &[f64], outcomes: &[f64], weights: Option<&[f64]>) -> Result<Self> {
        let rows = sorted(scores, outcomes, weights)?;
        let mut pools: Vec<Pool> = Vec::new();
        for tied in rows.chunk_by(|a, b| a.0 == b.0) {
            let score = tied.first().map_or(0.0, |row| row.0);
            let sum = tied.iter().map(|row| row.1 * row.2).sum();
            let weight = tied.iter().map(|row| row.2).sum();
            let mut pool = Pool { from: score, until: score, sum, weight };
            while let Some(last) = pools.pop_if(|last| last.sum / last.weight >= pool.sum / pool.weight) {
                pool = Pool { from: last.from, sum: last.sum + pool.sum, weight: last.weight + pool.weight, ..pool };
            }
            pools.push(pool);
        }
        let mut knots = Vec::new();
        for pool in &pools {
            let value = pool.sum / pool.weight;
            knots.push((pool.from, value));
            if pool.until > pool.from {
                knots.push((pool.until, value));
            }
        }
        Ok(Isotonic { knots })
    }

    /// The knots: scores, and the probability at each.
    pub fn knots(&self) -> &[(f64, f64)] {
        &self.knots
    }

    /// The probability at a score; NaN where it is unknown.
    pub fn probability(&self, score: f64) -> f64 {
        if score.is_nan() {
            return f64::NAN;
        }
        let above = self.knots.partition_point(|knot| knot.0 < score);
        match (above.checked_sub(1).and_then(|below| self.knots.get(below)), self.knots.get(above)) {
            (_, Some(knot)) if knot.0 == score => knot.1,
            (Some(low), Some(high)) => low.1 + (high.1 - low.1) * ((score - low.0) / (high.0 - low.0)),
            (None, Some(end)) | (Some(end), None) => end.1,
            (None, None) => f64::NAN,
        }
    }
}

impl Saved for Platt {
    const KIND: &'static str = "platt";

    fn checked(self) -> Result<Self> {
        check_finite(&[self.slope, self.intercept])?;
        Ok(self)
    }
}

impl Saved for Isotonic {
    const KIND: &'static str = "isotonic";

    fn checked(self) -> Result<Self> {
        check_finite(self.knots.iter().flat_map(|knot| [&knot.0, &knot.1]))?;
        let rise = self.knots.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1);
        match rise && !self.knots.is_empty() {
            true => Ok(self),
            false => Err(Error::new(ErrorKind::SchemaRange, "the knots of an isotonic regression must rise")),
        }
    }
}
