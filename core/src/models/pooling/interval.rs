//! Intervals of shares and rates: of a beta distribution with this mean and this variance.

use super::STEPS;
use crate::base::numeric::special::{beta_inc, ln_beta};
use crate::base::numeric::{exp, ln};

/// A variance that is nothing but rounding.
const NOTHING: f64 = 1e-15;

/// The mean and the variance of a share that was met so often among so many events, under Jeffreys' prior, a beta
/// distribution with both parameters 1/2: what was always met may yet fail. The share is from 0 to 1.
pub fn jeffreys(share: f64, events: f64) -> (f64, f64) {
    let mean = (share * events + 0.5) / (events + 1.0);
    (mean, mean * (1.0 - mean) / (events + 2.0))
}

/// The central interval of a beta distribution with a mean and a variance that holds with the chance `confidence`.
/// It holds the mean, which of a skewed one lies in the tail. A point where the variance is nothing; all from 0 to 1 where it is as great as it can be. Unknown of what is
/// unknown.
///
/// ```
/// use bactrian::models::pooling::{jeffreys, share_interval};
///
/// let (mean, variance) = jeffreys(0.0, 20.0);
/// let (low, high) = share_interval(mean, variance, 0.95);
/// assert!(low < 1e-4 && (high - 0.117).abs() < 1e-3);
/// ```
pub fn share_interval(mean: f64, variance: f64, confidence: f64) -> (f64, f64) {
    if mean.is_nan() || variance.is_nan() {
        return (f64::NAN, f64::NAN);
    }
    if variance <= NOTHING {
        return (mean, mean);
    }
    let events = mean * (1.0 - mean) / variance - 1.0;
    if events <= 0.0 {
        return (0.0, 1.0);
    }
    let (a, b, tail) = (mean * events, (1.0 - mean) * events, 0.5 * (1.0 - confidence));
    (beta_quantile(tail, a, b).min(mean), beta_quantile(1.0 - tail, a, b).max(mean))
}

/// The x at which the distribution function of the beta distribution with parameters a and b is p.
///
/// Newton's steps, kept between the bounds found so far. For a and b above 0 and p between 0 and 1; otherwise
/// unknown. Cost: some ten incomplete beta functions.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && (0.0..=1.0).contains(&p)) {
        return f64::NAN;
    }
    let (mut low, mut high) = (0.0, 1.0);
    let mut x = a / (a + b);
    for _ in 0..STEPS {
        let gap = beta_inc(a, b, x) - p;
        if gap < 0.0 {
            low = x
        } else {
            high = x
        }
        let density = exp((a - 1.0) * ln(x) + (b - 1.0) * ln(1.0 - x) - ln_beta(a, b));
        let step = x - gap / density;
        let next = if step > low && step < high { step } else { 0.5 * (low + high) };
        if (next - x).abs() <= 1e-15 * x {
            return next;
        }
        x = next;
    }
    x
}
