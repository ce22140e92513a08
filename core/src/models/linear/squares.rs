//! Linear regression by least squares.

use serde::{Deserialize, Serialize};

use super::logistic::score;
use super::online::every;
use super::solve::Cholesky;
use crate::base::{Error, ErrorKind, Result};
use crate::models::saved::{Saved, check_finite};
use crate::models::{Inputs, Reads};

/// Least squares with a square penalty (ridge regression): the coefficients b that minimise
/// sum of (y_i - b_0 - x_i b)^2 + l2 sum b_j^2. The intercept b_0 is not penalised.
///
/// ```
/// use bactrian::models::Inputs;
/// use bactrian::models::linear::LinearRegression;
///
/// let model = LinearRegression::default().fit(&Inputs::from_rows(&[0.0, 1.0, 2.0], 1)?, &[1.0, 3.0, 5.0])?;
/// assert!((model.intercept - 1.0).abs() < 1e-9 && (model.coefficients[0] - 2.0).abs() < 1e-9);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LinearRegression {
    /// Weight of the square penalty, at least 0; default 0.
    pub l2: f64,
}

/// A fitted linear regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// One a feature.
    pub coefficients: Vec<f64>,
    /// The value where every feature is 0.
    pub intercept: f64,
}

impl LinearRegression {
    /// Fits numbers; a row with an unknown feature or number (NaN) is left out. Cost: rows x features^2.
    ///
    /// Features that are sums of others share their weight by a ridge of 1e-10 of the largest scatter. Errors
    /// with [`ErrorKind::SchemaRange`] where lengths differ or a number is infinite; with
    /// [`ErrorKind::NotEnoughData`] where no row is left.
    pub fn fit(&self, inputs: &Inputs<'_>, target: &[f64]) -> Result<Linear> {
        if target.len() != inputs.rows() || !(self.l2 >= 0.0 && self.l2.is_finite()) {
            let text = format!("{} rows need as many numbers, and `l2` is at least 0", inputs.rows());
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        let width = inputs.features() + 1;
        let mut rows: Vec<f64> = Vec::new();
        for (index, y) in target.iter().enumerate() {
            let row = (0..inputs.features()).map(|feature| inputs.value(index, feature)).chain([*y]);
            let from = rows.len();
            rows.extend(row);
            if rows.iter().skip(from).any(|x| x.is_nan()) {
                rows.truncate(from);
            } else if rows.iter().skip(from).any(|x| x.is_infinite()) {
                return Err(Error::new(ErrorKind::SchemaRange, format!("row {index} holds an infinite number")));
            }
        }
        let n = (rows.len() / width) as f64;
        if rows.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "no row without unknown values"));
        }
        let means: Vec<f64> = (0..width).map(|at| rows.iter().skip(at).step_by(width).sum::<f64>() / n).collect();
        let (coefficients, features) = (self.centred(&rows, &means), width - 1);
        let intercept = means[features] - score(&means[..features], &coefficients);
        Ok(Linear { coefficients, intercept })
    }

    /// The coefficients about the means, the target's last.
    fn centred(&self, rows: &[f64], means: &[f64]) -> Vec<f64> {
        let features = means.len() - 1;
        let (mut scatter, mut right) = (vec![0.0; features * features], vec![0.0; features]);
        for row in rows.chunks(means.len()) {
            let off: Vec<f64> = row.iter().zip(means).map(|(x, mean)| x - mean).collect();
            for at in 0..features {
                right[at] += off[at] * off[features];
                for other in 0..=at {
                    scatter[at * features + other] += off[at] * off[other];
                }
            }
        }
        let most = (0..features).fold(f64::MIN_POSITIVE, |most, at| most.max(scatter[at * features + at]));
        let mut ridge = 0.0;
        loop {
            let mut matrix = scatter.clone();
            (0..features).for_each(|at| matrix[at * features + at] += self.l2 + ridge);
            if let Some(factor) = Cholesky::new(&matrix, features) {
                factor.solve(&mut right);
                return right;
            }
            ridge = if ridge == 0.0 { most * 1e-10 } else { ridge * 10.0 };
        }
    }
}

impl Linear {
    /// The numbers expected of many rows; NaN where a feature is unknown.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where `inputs` has not every feature.
    pub fn predict_rows(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>> {
        every(inputs, self.coefficients.len(), |row| self.intercept + score(row, &self.coefficients))
    }
}

impl Reads for Linear {
    fn features(&self) -> usize {
        self.coefficients.len()
    }
}

impl Saved for Linear {
    const KIND: &'static str = "linear";

    fn checked(self) -> Result<Self> {
        check_finite(self.coefficients.iter().chain([&self.intercept]))?;
        Ok(self)
    }
}

impl Saved for LinearRegression {
    const KIND: &'static str = "linear_regression";

    fn checked(self) -> Result<Self> {
        check_finite(&[self.l2])?;
        Ok(self)
    }
}
