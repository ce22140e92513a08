//! ln of the gamma function, its derivatives, and ln of the beta function.
//!
//! Above 10: Stirling's series (Abramowitz and Stegun 6.1.41, 6.3.18, 6.4.12), eight terms, error
//! below 1e-17. Below: the recurrence, down to [1.5, 2.5), where ln Gamma(2 + z) is a power series of
//! zeta values (A&S 6.1.33) that converges as 4^-k.

use crate::base::numeric::{ln, ln_1p};

/// From here Stirling's series is exact to the last bit.
pub(super) const STIRLING: f64 = 10.0;
const HALF_LN_TWO_PI: f64 = 0.9189385332046728;
/// 1 - Euler's constant.
const LINEAR: f64 = 0.42278433509846713;
/// (-1)^k (zeta(k) - 1) / k, from k = 2.
const ZETA: [f64; 26] = [
    0.3224670334241132,
    -0.0673523010531981,
    0.020580808427784546,
    -0.007385551028673986,
    0.0028905103307415234,
    -0.001192753911703261,
    0.0005096695247430425,
    -0.00022315475845357939,
    9.945751278180853e-05,
    -4.492623673813314e-05,
    2.050721277567069e-05,
    -9.439488275268397e-06,
    4.374866789907488e-06,
    -2.039215753801366e-06,
    9.55141213040742e-07,
    -4.492469198764566e-07,
    2.1207184805554665e-07,
    -1.0043224823968099e-07,
    4.7698101693639804e-08,
    -2.2711094608943164e-08,
    1.0838659214896955e-08,
    -5.183475041970047e-09,
    2.4836745438024785e-09,
    -1.1921401405860912e-09,
    5.731367241678862e-10,
    -2.7595228851242334e-10,
];
/// B_2k / (2k (2k - 1)).
const STIRLING_SERIES: [f64; 8] = [
    0.08333333333333333,
    -0.002777777777777778,
    0.0007936507936507937,
    -0.0005952380952380953,
    0.0008417508417508417,
    -0.0019175269175269176,
    0.00641025641025641,
    -0.029550653594771242,
];
/// B_2k / 2k.
const DIGAMMA_SERIES: [f64; 9] = [
    0.08333333333333333,
    -0.008333333333333333,
    0.003968253968253968,
    -0.004166666666666667,
    0.007575757575757576,
    -0.021092796092796094,
    0.08333333333333333,
    -0.4432598039215686,
    3.0539543302701198,
];
/// B_2k.
const TRIGAMMA_SERIES: [f64; 9] = [
    0.16666666666666666,
    -0.03333333333333333,
    0.023809523809523808,
    -0.03333333333333333,
    0.07575757575757576,
    -0.2531135531135531,
    1.1666666666666667,
    -7.092156862745098,
    54.971177944862156,
];

fn horner(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// What Stirling's formula leaves out of ln Gamma(x): (x - 1/2) ln x - x + ln(2 pi)/2 + tail(x).
pub(super) fn stirling_tail(x: f64) -> f64 {
    let inverse = 1.0 / x;
    inverse * horner(&STIRLING_SERIES, inverse * inverse)
}

/// ln Gamma(2 + z) for |z| <= 1/2.
fn ln_gamma_near_two(z: f64) -> f64 {
    z * (LINEAR + z * horner(&ZETA, z))
}

/// ln Gamma(x) for x > 0.
///
/// Relative error at most 1e-15, absolute near the zeros at 1 and 2 too; infinite at 0, NaN below.
///
/// ```
/// use bactrian::base::numeric::special::ln_gamma;
///
/// assert_eq!(ln_gamma(2.0), 0.0);
/// assert!((ln_gamma(5.0) - 24.0f64.ln()).abs() < 1e-15);
/// ```
pub fn ln_gamma(x: f64) -> f64 {
    if x.is_nan() || x < 0.0 {
        f64::NAN
    } else if x == 0.0 || x == f64::INFINITY {
        f64::INFINITY
    } else if x >= STIRLING {
        (x - 0.5) * (ln(x) - 1.0) + (HALF_LN_TWO_PI - 0.5 + stirling_tail(x))
    } else if x >= 2.5 {
        let mut product = 1.0;
        let mut x = x;
        while x >= 2.5 {
            x -= 1.0;
            product *= x;
        }
        ln(product) + ln_gamma_near_two(x - 2.0)
    } else if x >= 1.5 {
        ln_gamma_near_two(x - 2.0)
    } else if x >= 0.5 {
        ln_gamma_near_two(x - 1.0) - ln_1p(x - 1.0)
    } else {
        // Gamma(x) = Gamma(2 + x) / (x (1 + x)).
        ln_gamma_near_two(x) - ln_1p(x) - ln(x)
    }
}

/// ln(Gamma(x + d) / Gamma(x)) for x > 0 and x + d > 0, without the cancellation that the difference
/// of two large values of [`ln_gamma`] suffers.
///
/// Absolute error at most 1e-15 of the larger of 1, the result, and d ln x.
///
/// ```
/// use bactrian::base::numeric::special::ln_gamma_ratio;
///
/// assert!((ln_gamma_ratio(1e9, 1.0) - 1e9f64.ln()).abs() < 1e-14);
/// ```
pub fn ln_gamma_ratio(x: f64, d: f64) -> f64 {
    let sum = x + d;
    if x >= STIRLING && sum >= STIRLING && sum.is_finite() {
        (x - 0.5) * ln_1p(d / x) + d * (ln(sum) - 1.0) + (stirling_tail(sum) - stirling_tail(x))
    } else if x > 0.0 && sum > 0.0 && d.abs() < 0.5 {
        // Gamma(x + d) / Gamma(x), both shifted up: each factor is (x + i + d) / (x + i).
        let steps = (STIRLING + 0.5 - x.min(sum)).max(0.0).ceil();
        let shift: f64 = (0..steps as u32).map(|i| ln_1p(d / (x + f64::from(i)))).sum();
        ln_gamma_ratio(x + steps, d) - shift
    } else {
        ln_gamma(sum) - ln_gamma(x)
    }
}

/// ln of the beta function B(a, b) for a, b > 0; NaN below 0.
///
/// Relative error at most 1e-14 where the result is not near 0.
///
/// ```
/// use bactrian::base::numeric::special::ln_beta;
///
/// assert!((ln_beta(2.0, 3.0) + 12.0f64.ln()).abs() < 1e-15);
/// ```
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    if a.is_nan() || b.is_nan() || a < 0.0 {
        f64::NAN
    } else if a >= STIRLING {
        let tails = stirling_tail(a) + stirling_tail(b) - stirling_tail(a + b);
        HALF_LN_TWO_PI - 0.5 * ln(b) + tails - (a - 0.5) * ln_1p(b / a) - b * ln_1p(a / b)
    } else {
        ln_gamma(a) - ln_gamma_ratio(b, a)
    }
}

/// The derivative of [`ln_gamma`], for x > 0; NaN elsewhere.
///
/// Absolute error at most 1e-15 of the larger of 1 and the result.
///
/// ```
/// use bactrian::base::numeric::special::digamma;
///
/// assert!((digamma(1.0) + 0.5772156649015329).abs() < 1e-15);
/// ```
pub fn digamma(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    let mut x = x;
    let mut shift = 0.0;
    while x < STIRLING {
        shift += 1.0 / x;
        x += 1.0;
    }
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    ln(x) - 0.5 * inverse - square * horner(&DIGAMMA_SERIES, square) - shift
}

/// The second derivative of [`ln_gamma`], for x > 0; NaN elsewhere.
///
/// Relative error at most 1e-15.
///
/// ```
/// use bactrian::base::numeric::special::trigamma;
///
/// assert!((trigamma(1.0) - 1.6449340668482264).abs() < 1e-15);
/// ```
pub fn trigamma(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    let mut x = x;
    let mut shift = 0.0;
    while x < STIRLING {
        shift += 1.0 / (x * x);
        x += 1.0;
    }
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    shift + inverse + 0.5 * square + inverse * square * horner(&TRIGAMMA_SERIES, square)
}
