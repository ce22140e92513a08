//! Logistic regression over coded characteristics, of which a row has one number each.
//!
//! The objective is that of [`crate::models::linear::LogisticRegression`] with a square penalty, and so is its minimum, by
//! Newton's steps. As a row has few numbers that are not 0, a step costs rows x characteristics^2.

use super::features::Coded;
use crate::base::numeric::{exp, ln_1p};
use crate::base::{Error, ErrorKind, Result};
use crate::models::linear::Cholesky;

/// Steps at most, and times that one is halved.
const STEPS: usize = 100;
const HALVES: usize = 40;
/// Change of a coefficient, as a share of the largest (at least 1), at which steps end.
const TOLERANCE: f64 = 1e-9;

/// A regression that can be fitted to different parts of the same rows.
pub(super) struct Regression<'a> {
    pub rows: &'a Coded,
    pub member: &'a [bool],
    /// Weight of the square penalty.
    pub l2: f64,
}

/// The objective and its derivatives at some coefficients; of the second ones the lower triangle.
struct Slopes {
    loss: f64,
    gradient: Vec<f64>,
    hessian: Vec<f64>,
}

impl Regression<'_> {
    /// The coefficients, the intercept last, fitted to the rows for which `kept` holds, from `start` on.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where the penalty is negative or not finite.
    pub fn fit(&self, kept: impl Fn(usize) -> bool, start: Option<&[f64]>) -> Result<Vec<f64>> {
        if !(self.l2 >= 0.0 && self.l2.is_finite()) {
            let text = format!("the penalty must be finite and at least 0, not {}", self.l2);
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        let mut beta = start.map_or_else(|| vec![0.0; self.rows.width + 1], <[f64]>::to_vec);
        let mut here = self.slopes(&beta, &kept);
        for _ in 0..STEPS {
            let step = step(&here);
            let scale = beta.iter().fold(1.0_f64, |most, b| most.max(b.abs()));
            let moved = step.iter().fold(0.0_f64, |most, d| most.max(d.abs()));
            let mut share = 1.0;
            for _ in 0..HALVES {
                let next: Vec<f64> = beta.iter().zip(&step).map(|(b, d)| b + share * d).collect();
                let there = self.slopes(&next, &kept);
                // At the bottom a step may not lower the rounded loss any more.
                if there.loss <= here.loss + 1e-14 * here.loss.abs() {
                    (beta, here) = (next, there);
                    break;
                }
                share *= 0.5;
            }
            if moved <= TOLERANCE * scale {
                break;
            }
        }
        Ok(beta)
    }

    fn slopes(&self, beta: &[f64], kept: &impl Fn(usize) -> bool) -> Slopes {
        let width = beta.len();
        let last = width - 1;
        let mut found = Slopes { loss: 0.0, gradient: vec![0.0; width], hessian: vec![0.0; width * width] };
        for (row, member) in self.member.iter().enumerate().filter(|(row, _)| kept(*row)) {
            let terms = self.rows.row(row);
            let s = score(terms, beta);
            let y = f64::from(u8::from(*member));
            // The logarithm and the probability share one exponential.
            let e = exp(-s.abs());
            let p = if s >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
            found.loss += s.max(0.0) + ln_1p(e) - y * s;
            let (slope, curve) = (p - y, p * (1.0 - p));
            found.gradient[last] += slope;
            found.hessian[last * width + last] += curve;
            for (place, (slot, value)) in terms.iter().enumerate() {
                let at = *slot as usize;
                let scaled = curve * value;
                found.gradient[at] += slope * value;
                found.hessian[last * width + at] += scaled;
                // Slots rise within a row.
                let own = &mut found.hessian[at * width..=at * width + at];
                for (other, value) in &terms[..=place] {
                    own[*other as usize] += scaled * value;
                }
            }
        }
        for (at, b) in beta.iter().enumerate().take(last) {
            found.loss += 0.5 * self.l2 * b * b;
            found.gradient[at] += self.l2 * b;
            found.hessian[at * width + at] += self.l2;
        }
        found
    }
}

/// The log odds of a row.
pub(super) fn score(terms: &[(u32, f64)], beta: &[f64]) -> f64 {
    let weight = |slot: usize| beta.get(slot).copied().unwrap_or(0.0);
    terms.iter().fold(weight(beta.len().saturating_sub(1)), |sum, (slot, value)| sum + weight(*slot as usize) * value)
}

/// Newton's step. Labels sum to the intercept: without a penalty a little curvature decides among equal minima.
fn step(slopes: &Slopes) -> Vec<f64> {
    let width = slopes.gradient.len();
    let most = (0..width).fold(f64::MIN_POSITIVE, |most, at| most.max(slopes.hessian[at * width + at]));
    let mut ridge = 0.0;
    loop {
        let mut matrix = slopes.hessian.clone();
        (0..width).for_each(|at| matrix[at * width + at] += ridge);
        if let Some(factor) = Cholesky::new(&matrix, width) {
            let mut step: Vec<f64> = slopes.gradient.iter().map(|g| -g).collect();
            factor.solve(&mut step);
            return step;
        }
        ridge = if ridge == 0.0 { most * 1e-10 } else { ridge * 10.0 };
    }
}
