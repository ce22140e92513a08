//! What a policy, a score or a campaign is worth, from what was logged.
//!
//! [`OffPolicy`] values a policy by the log of another; [`uplift_curve`], [`qini`] and [`uplift_at`] judge a score
//! of uplift by a randomised test; [`intention_to_treat`] and [`adjusted`] say what a campaign did;
//! [`ResponseByContact`] whether one more contact is worth it; [`AlwaysValid`] and [`SequentialRatio`] may be looked at
//! after every outcome. Effects are answered by a [`Verdict`](crate::Verdict).

mod always_valid;
mod campaign;
mod contrast;
mod off_policy;
mod response;
mod reward;
mod sequential;
mod uplift;

#[cfg(test)]
mod tests;

pub use always_valid::AlwaysValid;
pub(crate) use campaign::assigned_effect;
pub use campaign::{adjusted, intention_to_treat};
pub use off_policy::{Estimate, Logged, OffPolicy, Weights};
pub use response::{ByContact, ResponseByContact};
pub use reward::{RewardModel, Rounds};
pub use sequential::{SequentialRatio, Stand};
pub use uplift::{Curve, auuc, qini, qini_curve, uplift_at, uplift_curve};

use crate::base::{Error, ErrorKind, Result};

/// The quantile of the normal distribution for intervals of 95%.
const Z95: f64 = 1.959_963_984_540_054;

fn range<T>(text: impl Into<String>) -> Result<T> {
    Err(Error::new(ErrorKind::SchemaRange, text.into()))
}

/// The mean of some numbers and the standard error of it; NaN of fewer than two.
fn mean_and_error(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let (mut n, mut sum) = (0.0, 0.0);
    for value in values.clone() {
        n += 1.0;
        sum += value;
    }
    let mean = sum / n;
    let squares: f64 = values.map(|value| (value - mean) * (value - mean)).sum();
    (mean, if n > 1.0 { (squares / (n - 1.0) / n).sqrt() } else { f64::NAN })
}
