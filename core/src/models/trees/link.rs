//! From raw scores to predictions.

use serde::{Deserialize, Serialize};

use crate::base::numeric::{exp, ln_1p, sum};

/// The function that a trainer's objective puts on its raw scores.
///
/// Computed by [`crate::base::numeric`], so a prediction may differ from the trainer's in its last
/// bits, where the raw score does not.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Link {
    /// The raw score itself: regression, ranking, raw margins.
    Identity,
    /// 1 / (1 + e^(-s x)) of each output, with the steepness s.
    Sigmoid(f64),
    /// e^x / sum of e^x over the outputs.
    Softmax,
    /// e^x: counts, amounts, hazards.
    Exp,
    /// ln(1 + e^x): LightGBM's `cross_entropy_lambda`.
    SoftPlus,
    /// sign(x) x^2: LightGBM's `reg_sqrt`.
    SignedSquare,
    /// 1 where x > 0, else 0: XGBoost's `binary:hinge`.
    Step,
}

/// 1 / (1 + e^-x).
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

impl Link {
    /// Puts the link on the raw scores of one row, one number an output.
    ///
    /// ```
    /// use bactrian::models::trees::Link;
    ///
    /// let mut row = [0.0, 0.0];
    /// Link::Softmax.apply(&mut row);
    /// assert_eq!(row, [0.5, 0.5]);
    /// ```
    pub fn apply(self, row: &mut [f64]) {
        if let Link::Softmax = self {
            let highest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.iter_mut().for_each(|x| *x = exp(*x - highest));
            let total = sum(row);
            row.iter_mut().for_each(|x| *x /= total);
            return;
        }
        for x in row {
            *x = match self {
                Link::Identity | Link::Softmax => *x,
                Link::Sigmoid(steepness) => sigmoid(steepness * *x),
                Link::Exp => exp(*x),
                Link::SoftPlus => x.max(0.0) + ln_1p(exp(-x.abs())),
                Link::SignedSquare => x.signum() * *x * *x,
                Link::Step => f64::from(u8::from(*x > 0.0)),
            };
        }
    }
}
