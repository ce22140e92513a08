//! ln(x) and ln(1 + x).
//!
//! x = 2^k m with m in [sqrt(1/2), sqrt(2)), f = m - 1, s = f / (2 + f), and ln(1 + f) = 2 atanh(s)
//! = f - (f^2/2 - s (f^2/2 + s^2 P(s^2))), P a polynomial fitted at Chebyshev nodes (error 2^-60).
//! k ln 2 + f is added with its error term.

use super::exp::{LN2_HIGH, LN2_LOW};
use super::simd::{self, Kernel};

/// The bits of sqrt(1/2), rounded down to 20 bits of fraction.
const SQRT_HALF: u64 = 0x3fe6_a09e_0000_0000;
const ONE: u64 = 0x3ff0_0000_0000_0000;
const FRACTION: u64 = 0x000f_ffff_ffff_ffff;
/// 2^52, whose low bits hold an integer.
const TWO_52: f64 = 4_503_599_627_370_496.0;
/// 2^54.
const TWO_54: f64 = 18_014_398_509_481_984.0;
/// Coefficients of P, from the constant upwards.
const P: [f64; 8] = [
    0.6666666666666666,
    0.4000000000000088,
    0.285714285708017,
    0.22222222392147034,
    0.1818179559386321,
    0.15386242218879392,
    0.1326870577297007,
    0.13087330476603717,
];

/// k and m of a positive, finite x, subnormal ones too.
#[inline(always)]
pub(super) fn split(x: f64) -> (f64, f64) {
    let tiny = x < f64::MIN_POSITIVE;
    let x = if tiny { x * TWO_54 } else { x };
    let offset = if tiny { 54.0 } else { 0.0 };
    let shifted = x.to_bits().wrapping_add(ONE - SQRT_HALF);
    let exponent = f64::from_bits((shifted >> 52) | TWO_52.to_bits()) - (TWO_52 + 1023.0);
    let m = f64::from_bits((shifted & FRACTION).wrapping_add(SQRT_HALF));
    (exponent - offset, m)
}

/// k ln 2 + ln(1 + f) + extra, |extra| tiny beside the rest.
#[inline(always)]
fn assemble(k: f64, f: f64, extra: f64) -> f64 {
    let s = f / (2.0 + f);
    let z = s * s;
    let z2 = z * z;
    let even = P[2] + (P[4] + P[6] * z2) * z2;
    let odd = P[3] + (P[5] + P[7] * z2) * z2;
    let tail = z * ((P[0] + even * z2) + (P[1] + odd * z2) * z);
    let half_square = 0.5 * f * f;
    let base = k * LN2_HIGH;
    let sum = base + f;
    let error = (base - sum) + f;
    sum + (error + ((extra + k * LN2_LOW) - (half_square - s * (half_square + tail))))
}

/// `result` for a positive, finite x; else negative infinity at 0, infinity there, or NaN.
#[inline(always)]
fn at_border(x: f64, result: f64) -> f64 {
    let border = if x >= 0.0 { (x - 1.0) * f64::INFINITY } else { f64::NAN };
    if x > 0.0 && x <= f64::MAX { result } else { border }
}

pub(super) struct Ln;

impl Kernel for Ln {
    #[inline(always)]
    fn apply(x: f64) -> f64 {
        let (k, m) = split(x);
        at_border(x, assemble(k, m - 1.0, 0.0))
    }
}

/// The natural logarithm of x.
///
/// At most 0.9 ulp from the true value. Negative infinity at 0, NaN below.
///
/// ```
/// use bactrian::base::numeric;
///
/// assert_eq!(numeric::ln(1.0), 0.0);
/// assert_eq!(numeric::ln(0.0), f64::NEG_INFINITY);
/// assert!(numeric::ln(-1.0).is_nan());
/// ```
#[inline]
pub fn ln(x: f64) -> f64 {
    Ln::apply(x)
}

/// `out[i] = ln(values[i])` for every index that both slices have, on the widest vectors.
///
/// ```
/// use bactrian::base::numeric;
///
/// let mut out = [0.0; 2];
/// numeric::ln_slice(&[1.0, 3.5], &mut out);
/// assert_eq!(out, [0.0, numeric::ln(3.5)]);
/// ```
pub fn ln_slice(values: &[f64], out: &mut [f64]) {
    simd::map::<Ln>(values, out);
}

/// ln(1 + x), exact to the last bits near zero too.
///
/// At most 1 ulp from the true value. Negative infinity at -1, NaN below; `ln_1p(-0.0)` is -0.0.
///
/// ```
/// use bactrian::base::numeric;
///
/// assert_eq!(numeric::ln_1p(1e-20), 1e-20);
/// ```
#[inline]
pub fn ln_1p(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    // 1 + x = u + error exactly, and ln(u + error) = ln(u) + error / u to far below an ulp.
    let u = 1.0 + x;
    let back = u - 1.0;
    let error = (1.0 - (u - back)) + (x - back);
    let (k, m) = split(u);
    at_border(u, assemble(k, m - 1.0, error / u))
}
