//! The difference of the mean outcomes of two arms.
//!
//! An arm in which nothing happened is not one in which nothing can: a small control group without a success says
//! little. So two means of flags are compared after one success and one failure were added to each arm (Agresti,
//! Caffo 2000), and other numbers by the larger of Welch's error and that of the variance which both arms have
//! together, with Welch's degrees of freedom.

use super::pooling::beta_quantile;
use crate::base::numeric::special::{beta_inc, normal_cdf, normal_quantile};

/// Degrees of freedom beyond which Student's distribution is the normal one to five digits.
const MANY: f64 = 1e5;

/// Count, mean, sum of squared distances from it, and whether every outcome is 0 or 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arm {
    pub n: u64,
    mean: f64,
    squares: f64,
    flags: bool,
}

/// The arms and what lies between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Difference {
    /// Mean with the action less mean without; NaN where an arm is empty.
    pub value: f64,
    /// Standard error; NaN where an arm has fewer than two rows, 0 where no outcome differs from another of its arm.
    pub error: f64,
    /// The middle of intervals.
    middle: f64,
    /// Degrees of freedom; many for flags, which are normal.
    degrees: f64,
    /// The least and the greatest difference that there can be.
    bounds: (f64, f64),
}

impl Arm {
    /// An arm without rows.
    pub fn new() -> Self {
        Arm { n: 0, mean: 0.0, squares: 0.0, flags: true }
    }

    /// Of some outcomes.
    pub fn of(outcomes: impl Iterator<Item = f64>) -> Self {
        let mut arm = Arm::new();
        outcomes.for_each(|outcome| arm.add(outcome));
        arm
    }

    /// Welford's update.
    pub fn add(&mut self, outcome: f64) {
        self.n += 1;
        let off = outcome - self.mean;
        self.mean += off / self.n as f64;
        self.squares += off * (outcome - self.mean);
        self.flags &= outcome == 0.0 || outcome == 1.0;
    }

    /// Mean outcome; NaN without rows.
    pub fn mean(&self) -> f64 {
        if self.n == 0 { f64::NAN } else { self.mean }
    }

    fn degrees(&self) -> f64 {
        self.n as f64 - 1.0
    }

    /// The share of an arm with a success and a failure more, and its variance.
    fn share(&self) -> (f64, f64) {
        let n = self.n as f64 + 2.0;
        let share = (self.mean * self.n as f64 + 1.0) / n;
        (share, share * (1.0 - share) / n)
    }
}

impl Difference {
    /// Between the arm with an action and that without.
    pub fn new(with: Arm, without: Arm) -> Self {
        let value = with.mean() - without.mean();
        let few = with.n.min(without.n) < 2;
        let unknown = |error: f64| if few { f64::NAN } else { error };
        if with.flags && without.flags {
            let ((a, left), (b, right)) = (with.share(), without.share());
            let error = unknown((left + right).sqrt());
            return Difference { value, error, middle: a - b, degrees: MANY, bounds: (-1.0, 1.0) };
        }
        let of = |arm: Arm| arm.squares / arm.degrees() / arm.n as f64;
        let (left, right) = (of(with), of(without));
        let welch = left + right;
        let both = (with.squares + without.squares) / (with.degrees() + without.degrees());
        let pooled = both * (1.0 / with.n as f64 + 1.0 / without.n as f64);
        let satterthwaite = welch * welch / (left * left / with.degrees() + right * right / without.degrees());
        let degrees = if welch > 0.0 { satterthwaite.max(1.0) } else { MANY };
        let bounds = (f64::NEG_INFINITY, f64::INFINITY);
        Difference { value, error: unknown(welch.max(pooled).sqrt()), middle: value, degrees, bounds }
    }

    /// The chance of such a difference, or a greater one in either direction, where the action does nothing; NaN where
    /// the error is.
    pub fn p_value(&self) -> f64 {
        if self.middle == 0.0 {
            return if self.error.is_nan() { f64::NAN } else { 1.0 };
        }
        let t = self.middle / self.error;
        match self.degrees < MANY {
            true => beta_inc(0.5 * self.degrees, 0.5, self.degrees / (self.degrees + t * t)),
            false => 2.0 * normal_cdf(-t.abs()),
        }
    }

    /// The interval that leaves the chance `alpha` outside, unknown where the error is; it excludes 0 exactly where the p-value is below `alpha`.
    pub fn interval(&self, alpha: f64) -> (f64, f64) {
        if self.error.is_nan() {
            return (f64::NAN, f64::NAN);
        }
        let times = match self.degrees < MANY {
            true => {
                let x = beta_quantile(alpha, 0.5 * self.degrees, 0.5);
                (self.degrees * (1.0 - x) / x).sqrt()
            }
            false => normal_quantile(1.0 - 0.5 * alpha),
        };
        let ends = (self.middle - times * self.error, self.middle + times * self.error);
        // The difference that was met is never impossible.
        (ends.0.max(self.bounds.0).min(self.value), ends.1.min(self.bounds.1).max(self.value))
    }
}
