//! Logistic regression on all rows at once.

use serde::{Deserialize, Serialize};

use super::logistic;
use super::online::every;
use super::solve::Cholesky;
use crate::base::numeric::{exp, ln_1p};
use crate::base::{Error, ErrorKind, Result};
use crate::models::saved::{Saved, check_finite, unknowns_as_null};
use crate::models::{Inputs, Reads};

/// Most coefficients: a step costs their cube.
const MOST_FEATURES: usize = 4096;

/// Logistic regression: the coefficients b that minimise
///
/// sum of w_i (ln(1 + e^(s_i)) - y_i s_i) + l1 sum |b_j| + l2 / 2 sum b_j^2, s_i = b_0 + x_i b + offset_i.
///
/// The intercept b_0 is not penalised. Targets are probabilities: 0, 1 or between. scikit-learn's
/// `C` is 1 / `l2`. Without `l1`: Newton's steps, halved until the objective falls. With it: each
/// Newton step is solved by coordinate descent (Friedman, Hastie, Tibshirani 2010; Lee, Sun,
/// Saunders 2014). Cost of a step: rows x features^2.
///
/// ```
/// use bactrian::models::Inputs;
/// use bactrian::models::linear::LogisticRegression;
///
/// let model = LogisticRegression::default().fit(
///     &Inputs::from_rows(&[0.0, 1.0, 2.0, 3.0], 1)?,
///     &[0.0, 1.0, 0.0, 1.0],
///     None,
///     None,
/// )?;
/// assert!(model.converged && model.coefficients[0] > 0.0);
/// assert!((model.predict_row(&[1.5])? - 0.5).abs() < 1e-9);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogisticRegression {
    /// Weight of the absolute penalty, at least 0; default 0.
    pub l1: f64,
    /// Weight of the square penalty, at least 0; default 0.
    pub l2: f64,
    /// Whether there is an intercept; default true.
    pub intercept: bool,
    /// Steps at most; default 100.
    pub steps: usize,
    /// Change of a coefficient, as a share of the largest (at least 1), at which steps end; default
    /// 1e-10.
    pub tolerance: f64,
}

impl Default for LogisticRegression {
    fn default() -> Self {
        LogisticRegression { l1: 0.0, l2: 0.0, intercept: true, steps: 100, tolerance: 1e-10 }
    }
}

/// A fitted logistic regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    /// One a feature.
    pub coefficients: Vec<f64>,
    /// 0 where there is none.
    pub intercept: f64,
    /// Of the coefficients, then of the intercept (if there is one), from the inverse of the
    /// Hessian without penalties' curvature removed; NaN where it has none or `l1` is positive.
    #[serde(deserialize_with = "unknowns_as_null")]
    pub standard_errors: Vec<f64>,
    /// Sum of w_i ln P(y_i), without penalties.
    pub log_likelihood: f64,
    /// Rows used.
    pub rows: usize,
    /// Newton's steps.
    pub steps: usize,
    /// Whether they ended by tolerance. Where the classes can be separated and nothing is
    /// penalised, the coefficients grow without end, and this is false.
    pub converged: bool,
}

/// The rows that are used, with a column of ones last where there is an intercept.
struct Data {
    x: Vec<f64>,
    width: usize,
    y: Vec<f64>,
    weights: Vec<f64>,
    offsets: Vec<f64>,
}

impl LogisticRegression {
    /// Fits targets in [0, 1], with weights of at least 0 and offsets of the log odds.
    ///
    /// A row with an unknown feature, target or offset (NaN) is left out, and so is one of weight 0.
    /// Errors with [`ErrorKind::SchemaRange`] where lengths differ or a number is out of range; with
    /// [`ErrorKind::NotEnoughData`] where no row is left.
    pub fn fit(
        &self,
        inputs: &Inputs<'_>,
        target: &[f64],
        weights: Option<&[f64]>,
        offsets: Option<&[f64]>,
    ) -> Result<Logistic> {
        let data = self.data(inputs, target, weights, offsets)?;
        let mut beta = vec![0.0; data.width];
        let mut loss = self.loss(&data, &beta);
        let (mut steps, mut converged) = (0, false);
        while steps < self.steps && !converged {
            steps += 1;
            let (gradient, hessian) = self.slopes(&data, &beta);
            let step = self.step(&beta, &gradient, &hessian);
            let scale = beta.iter().fold(1.0_f64, |most, b| most.max(b.abs()));
            let moved = step.iter().fold(0.0_f64, |most, d| most.max(d.abs()));
            converged = moved <= self.tolerance * scale;
            let mut share = 1.0;
            for _ in 0..40 {
                let next: Vec<f64> = beta.iter().zip(&step).map(|(b, d)| b + share * d).collect();
                let new = self.loss(&data, &next);
                // At the bottom a step may not lower the rounded loss any more.
                if new <= loss + 1e-14 * loss.abs() {
                    (beta, loss) = (next, new.min(loss));
                    break;
                }
                share *= 0.5;
            }
        }
        Ok(self.finish(&data, beta, steps, converged))
    }

    fn finish(&self, data: &Data, beta: Vec<f64>, steps: usize, converged: bool) -> Logistic {
        let (_, hessian) = self.slopes(data, &beta);
        let unknown = vec![f64::NAN; data.width];
        let standard_errors = if self.l1 > 0.0 {
            unknown
        } else {
            let variances = Cholesky::new(&hessian, data.width).map(|factor| factor.inverse_diagonal());
            variances.map_or(unknown, |variances| variances.into_iter().map(f64::sqrt).collect())
        };
        let free = LogisticRegression { l1: 0.0, l2: 0.0, ..self.clone() };
        let log_likelihood = -free.loss(data, &beta);
        let mut coefficients = beta;
        let intercept = if self.intercept { coefficients.pop().unwrap_or(0.0) } else { 0.0 };
        Logistic { coefficients, intercept, standard_errors, log_likelihood, rows: data.y.len(), steps, converged }
    }

    fn data(
        &self,
        inputs: &Inputs<'_>,
        target: &[f64],
        weights: Option<&[f64]>,
        offsets: Option<&[f64]>,
    ) -> Result<Data> {
        let rows = inputs.rows();
        let range = |text: String| Err(Error::new(ErrorKind::SchemaRange, text));
        let lengths = [Some(target.len()), weights.map(<[f64]>::len), offsets.map(<[f64]>::len)];
        if lengths.iter().flatten().any(|length| *length != rows) {
            return range(format!("{rows} rows need as many targets, weights and offsets"));
        }
        if inputs.features() > MOST_FEATURES {
            return range(format!("at most {MOST_FEATURES} features, not {}", inputs.features()));
        }
        let penalties = [self.l1, self.l2, self.tolerance];
        if !penalties.iter().all(|x| *x >= 0.0 && x.is_finite()) {
            return range("penalties and tolerance must be finite and at least 0".to_owned());
        }
        let width = inputs.features() + usize::from(self.intercept);
        let mut data = Data { x: Vec::new(), width, y: Vec::new(), weights: Vec::new(), offsets: Vec::new() };
        let mut row = vec![1.0; width];
        for (index, y) in target.iter().enumerate() {
            let weight = weights.map_or(1.0, |weights| weights[index]);
            let offset = offsets.map_or(0.0, |offsets| offsets[index]);
            (0..inputs.features()).for_each(|feature| row[feature] = inputs.value(index, feature));
            if y.is_nan() || offset.is_nan() || row.iter().any(|x| x.is_nan()) || weight == 0.0 {
                continue;
            }
            let finite = weight.is_finite() && offset.is_finite() && row.iter().all(|x| x.is_finite());
            let fine = finite && weight > 0.0 && (0.0..=1.0).contains(y);
            if !fine {
                return range(format!("row {index}: target, weight, offset or a feature is out of range"));
            }
            data.x.extend_from_slice(&row);
            data.y.push(*y);
            data.weights.push(weight);
            data.offsets.push(offset);
        }
        if data.y.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "no row without unknown values"));
        }
        Ok(data)
    }

    /// Whether coefficient `index` is penalised.
    fn penalised(&self, index: usize, width: usize) -> bool {
        !self.intercept || index + 1 < width
    }

    fn loss(&self, data: &Data, beta: &[f64]) -> f64 {
        let mut loss = 0.0;
        for (index, row) in data.x.chunks(data.width).enumerate() {
            let s = score(row, beta) + data.offsets[index];
            loss += data.weights[index] * (s.max(0.0) + ln_1p(exp(-s.abs())) - data.y[index] * s);
        }
        let penalised = beta.iter().enumerate().filter(|(index, _)| self.penalised(*index, data.width));
        loss + penalised.map(|(_, b)| self.l1 * b.abs() + 0.5 * self.l2 * b * b).sum::<f64>()
    }

    /// Gradient and Hessian (lower triangle) of the loss with the square penalty.
    fn slopes(&self, data: &Data, beta: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let width = data.width;
        let (mut gradient, mut hessian) = (vec![0.0; width], vec![0.0; width * width]);
        for (index, row) in data.x.chunks(width).enumerate() {
            let p = logistic(score(row, beta) + data.offsets[index]);
            let weight = data.weights[index];
            let (slope, curve) = (weight * (p - data.y[index]), weight * p * (1.0 - p));
            for (at, x) in row.iter().enumerate() {
                gradient[at] += slope * x;
                let scaled = curve * x;
                for (cell, other) in hessian[at * width..=at * width + at].iter_mut().zip(row) {
                    *cell += scaled * other;
                }
            }
        }
        for (index, b) in beta.iter().enumerate().filter(|(index, _)| self.penalised(*index, width)) {
            gradient[index] += self.l2 * b;
            hessian[index * width + index] += self.l2;
        }
        (gradient, hessian)
    }

    /// The step to the minimum of the quadratic model, with the absolute penalty.
    fn step(&self, beta: &[f64], gradient: &[f64], hessian: &[f64]) -> Vec<f64> {
        let width = beta.len();
        if self.l1 > 0.0 {
            return self.descend(beta, gradient, hessian);
        }
        // Columns that are sums of others: a little curvature decides among equal minima.
        let most = (0..width).fold(f64::MIN_POSITIVE, |most, at| most.max(hessian[at * width + at]));
        let mut ridge = 0.0;
        loop {
            let mut matrix = hessian.to_vec();
            (0..width).for_each(|at| matrix[at * width + at] += ridge);
            if let Some(factor) = Cholesky::new(&matrix, width) {
                let mut step: Vec<f64> = gradient.iter().map(|g| -g).collect();
                factor.solve(&mut step);
                return step;
            }
            ridge = if ridge == 0.0 { most * 1e-10 } else { ridge * 10.0 };
        }
    }

    /// Coordinate descent on the quadratic model.
    fn descend(&self, beta: &[f64], gradient: &[f64], hessian: &[f64]) -> Vec<f64> {
        let width = beta.len();
        let cell = |a: usize, b: usize| hessian[a.max(b) * width + a.min(b)];
        let mut step = vec![0.0; width];
        for _ in 0..1000 {
            let mut moved = 0.0_f64;
            for at in 0..width {
                let curve = cell(at, at).max(1e-12);
                let slope = gradient[at] + (0..width).map(|other| cell(at, other) * step[other]).sum::<f64>();
                let free = beta[at] + step[at] - slope / curve;
                let threshold = if self.penalised(at, width) { self.l1 / curve } else { 0.0 };
                let next = shrunk(free, threshold) - beta[at];
                moved = moved.max((next - step[at]).abs());
                step[at] = next;
            }
            if moved <= self.tolerance * 0.1 {
                break;
            }
        }
        step
    }
}

/// Soft thresholding.
pub(super) fn shrunk(x: f64, by: f64) -> f64 {
    if x > by {
        x - by
    } else if x < -by {
        x + by
    } else {
        0.0
    }
}

pub(super) fn score(row: &[f64], beta: &[f64]) -> f64 {
    row.iter().zip(beta).map(|(x, b)| x * b).sum()
}

impl Logistic {
    /// The log odds of one row; NaN where a feature is unknown.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where `row` has not a number for every feature.
    pub fn raw_row(&self, row: &[f64]) -> Result<f64> {
        if row.len() != self.coefficients.len() {
            let text = format!("the model takes {} features, not {}", self.coefficients.len(), row.len());
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        Ok(self.intercept + score(row, &self.coefficients))
    }

    /// The probability of one row; as [`Logistic::raw_row`].
    pub fn predict_row(&self, row: &[f64]) -> Result<f64> {
        self.raw_row(row).map(logistic)
    }

    /// The log odds of many rows; as [`Logistic::raw_row`] of each, to the bit.
    pub fn raw_rows(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>> {
        every(inputs, self.coefficients.len(), |row| self.intercept + score(row, &self.coefficients))
    }

    /// The probabilities of many rows; as [`Logistic::predict_row`] of each, to the bit.
    pub fn predict_rows(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>> {
        every(inputs, self.coefficients.len(), |row| logistic(self.intercept + score(row, &self.coefficients)))
    }
}

impl Reads for Logistic {
    fn features(&self) -> usize {
        self.coefficients.len()
    }
}

impl Saved for Logistic {
    const KIND: &'static str = "logistic";

    fn checked(self) -> Result<Self> {
        check_finite(self.coefficients.iter().chain([&self.intercept, &self.log_likelihood]))?;
        Ok(self)
    }
}

impl Saved for LogisticRegression {
    const KIND: &'static str = "logistic_regression";

    fn checked(self) -> Result<Self> {
        check_finite(&[self.l1, self.l2, self.tolerance])?;
        Ok(self)
    }
}
