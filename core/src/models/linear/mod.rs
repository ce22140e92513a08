//! Linear scores of probability: fitted at once, learnt row by row, calibrated, and composed.
//!
//! [`LogisticRegression`] fits all rows at once, with penalties and standard errors, as does
//! [`LinearRegression`] for amounts;
//! [`OnlineLogistic`] and [`Ftrl`] learn from each row as it comes, and forget with time; [`Platt`]
//! and [`Isotonic`] make honest probabilities of any score; [`uplift`] composes learners into
//! estimates of what an action changes.

mod calibration;
mod logistic;
mod online;
mod solve;
mod squares;
pub mod uplift;

#[cfg(test)]
mod tests;

pub use calibration::{Isotonic, Platt};
pub use logistic::{Logistic, LogisticRegression};
pub use online::{Ftrl, OnlineLogistic};
pub(super) use solve::Cholesky;
pub use squares::{Linear, LinearRegression};

use crate::base::numeric::exp;

/// The logistic function 1 / (1 + e^-x), without overflow.
///
/// ```
/// use bactrian::models::linear::logistic;
///
/// assert_eq!(logistic(0.0), 0.5);
/// assert_eq!(logistic(-1000.0), 0.0);
/// ```
pub fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + exp(-x))
    } else {
        let e = exp(x);
        e / (1.0 + e)
    }
}
