//! The standard normal distribution.

use crate::base::numeric::{exp, ln, ln_1p};

const SQRT_TWO_PI: f64 = 2.5066282746310002;
const LN_SQRT_TWO_PI: f64 = 0.9189385332046728;
/// Below this the power series takes over from the continued fraction.
const SERIES: f64 = 1.25;

/// e^(-z^2 / 2), the square split so that its rounding does not show (Cody 1969).
fn gaussian(z: f64) -> f64 {
    let high = f64::from_bits(z.to_bits() & !0x07ff_ffff);
    exp(-0.5 * high * high) * exp(-0.5 * (z - high) * (z + high))
}

/// Sum of z^(2k+1) / (1 3 5 ... (2k+1)): Phi(z) = 1/2 + density(z) series(z) (Marsaglia 2004).
fn series(z: f64) -> f64 {
    let (mut term, mut sum, mut k) = (z, z, 1.0);
    while term > sum * 1e-17 {
        k += 2.0;
        term *= z * z / k;
        sum += term;
    }
    sum
}

/// Mills's ratio (1 - Phi(z)) / density(z) for z >= 0.
fn mills(z: f64) -> f64 {
    if z < SERIES {
        return 0.5 * SQRT_TWO_PI / gaussian(z) - series(z);
    }
    // z + 1/(z + 2/(z + 3/(z + ...))), from the far end; the error is about e^(-2 z sqrt(levels)).
    let levels = (400.0 / (z * z)) as u32 + 8;
    let tail = (1..=levels).rev().fold(z, |fraction, k| z + f64::from(k) / fraction);
    1.0 / tail
}

/// Phi(z), the probability that a standard normal number is at most z.
///
/// Relative error at most 1e-14, in the lower tail too.
///
/// ```
/// use bactrian::base::numeric::special::normal_cdf;
///
/// assert_eq!(normal_cdf(0.0), 0.5);
/// assert!((normal_cdf(1.959963984540054) - 0.975).abs() < 1e-15);
/// ```
pub fn normal_cdf(z: f64) -> f64 {
    if z.is_nan() {
        return f64::NAN;
    }
    let upper = z.abs();
    let tail = if upper > 40.0 { 0.0 } else { mills(upper) * gaussian(upper) / SQRT_TWO_PI };
    if z <= 0.0 { tail } else { 1.0 - tail }
}

/// ln Phi(z), finite for every finite z.
///
/// ```
/// use bactrian::base::numeric::special::normal_ln_cdf;
///
/// assert!((normal_ln_cdf(-100.0) + 5005.524208694205).abs() < 1e-8);
/// ```
pub fn normal_ln_cdf(z: f64) -> f64 {
    if z > 0.0 { ln_1p(-normal_cdf(-z)) } else { ln(mills(-z)) - 0.5 * z * z - LN_SQRT_TWO_PI }
}

/// The z with Phi(z) = p, for p in [0, 1]; infinite at the ends, NaN elsewhere.
///
/// Newton's steps with Halley's correction on ln Phi from a start of Hastings (A&S 26.2.23);
/// error at most 1e-15 of the larger of 1 and |z|.
///
/// ```
/// use bactrian::base::numeric::special::normal_quantile;
///
/// assert!((normal_quantile(0.975) - 1.959963984540054).abs() < 1e-14);
/// ```
pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        f64::NAN
    } else if p == 0.0 {
        f64::NEG_INFINITY
    } else if p == 1.0 {
        f64::INFINITY
    } else if p <= 0.5 {
        -upper_quantile(p)
    } else {
        upper_quantile(1.0 - p)
    }
}

/// The z >= 0 with 1 - Phi(z) = q, for q in (0, 1/2].
fn upper_quantile(q: f64) -> f64 {
    let target = ln(q);
    let t = (-2.0 * target).sqrt();
    let top = 2.515517 + t * (0.802853 + t * 0.010328);
    let bottom = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    let mut z = (t - top / bottom).max(0.0);
    for _ in 0..4 {
        // f = ln(1 - Phi) - ln q, f' = -1/mills, f''/f' = 1/mills - z.
        let ratio = mills(z);
        let excess = ln(ratio) - 0.5 * z * z - LN_SQRT_TWO_PI - target;
        let newton = excess * ratio;
        z = (z + newton / (1.0 + 0.5 * newton * (1.0 / ratio - z))).max(0.0);
    }
    z
}
