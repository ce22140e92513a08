//! e^x, 2^x and e^x - 1.
//!
//! x = k ln 2 + r with |r| <= ln(2)/2, and e^x = 2^k (1 + r + r^2 q(r)), q a polynomial fitted at
//! Chebyshev nodes (error 2^-61 of e^r). The reduction is that of Cody and Waite (1980): the high
//! part of ln 2 has 42 bits, so that its product with k is exact. 1 + r is added with its error
//! term (Dekker 1971), which leaves little more than the last rounding.

use std::f64::consts::{LN_2, LOG2_E};

use super::simd::{self, Kernel};

/// The first 42 bits of ln 2.
pub(super) const LN2_HIGH: f64 = 0.6931471805598903;
/// ln 2 less its high part.
pub(super) const LN2_LOW: f64 = 5.497923018708371e-14;
/// 1.5 x 2^52: adding it rounds to an integer, which then stands in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// Above this, 2^k overflows; below its negative companion everything is zero.
const HIGHEST: f64 = 710.0;
const LOWEST: f64 = -746.0;
/// Coefficients of q, from the constant upwards.
const Q: [f64; 11] = [
    0.5,
    0.1666666666666667,
    0.04166666666666667,
    0.00833333333332607,
    0.0013888888888883703,
    0.00019841269875048905,
    2.480158732571076e-05,
    2.755725511097889e-06,
    2.755727343657049e-07,
    2.510533724466521e-08,
    2.091477283224809e-09,
];

/// The nearest integer, ties to even; exact for |x| < 2^51.
#[inline(always)]
fn round(x: f64) -> f64 {
    (x + ROUND) - ROUND
}

/// 2^k for an integer k in [-1022, 1023].
#[inline(always)]
fn power_of_two(k: f64) -> f64 {
    let bits = (k + (ROUND + 1023.0)).to_bits();
    f64::from_bits(bits << 52)
}

/// r^2 q(r), the even and the odd powers apart: two chains, which fill two lanes even for one r.
#[inline(always)]
fn beyond_linear(r: f64) -> f64 {
    let r2 = r * r;
    let even = Q[8] + Q[10] * r2;
    let odd = Q[7] + Q[9] * r2;
    let even = Q[6] + even * r2;
    let odd = Q[5] + odd * r2;
    let even = Q[4] + even * r2;
    let odd = Q[3] + odd * r2;
    let even = Q[2] + even * r2;
    let odd = Q[1] + odd * r2;
    r2 * ((Q[0] + even * r2) + odd * r)
}

/// 2^k (1 + high + low) for |high| <= 0.35, |low| tiny, k an integer in [-1076, 1024].
#[inline(always)]
fn assemble(k: f64, high: f64, low: f64) -> f64 {
    let sum = 1.0 + high;
    let error = (1.0 - sum) + high;
    let fraction = sum + (error + (low + beyond_linear(high + low)));
    let half = round(k * 0.5);
    fraction * power_of_two(half) * power_of_two(k - half)
}

/// e^(high + low) for a pair whose low part is at most half an ulp of the high part.
#[inline(always)]
pub(super) fn exp_of_pair(high: f64, low: f64) -> f64 {
    let inside = high > LOWEST && high < HIGHEST;
    let low = if inside { low } else { 0.0 };
    let high = if high > HIGHEST { HIGHEST } else { high };
    let high = if high < LOWEST { LOWEST } else { high };
    let k = round(high * LOG2_E);
    let result = assemble(k, high - k * LN2_HIGH, low - k * LN2_LOW);
    if high.is_nan() { f64::NAN } else { result }
}

pub(super) struct Exp;

impl Kernel for Exp {
    #[inline(always)]
    fn apply(x: f64) -> f64 {
        exp_of_pair(x, 0.0)
    }
}

/// e^x.
///
/// At most 0.75 ulp from the true value (1 ulp where the result is subnormal); infinite above
/// 709.78, zero below -745.13.
///
/// ```
/// use bactrian::base::numeric;
///
/// assert_eq!(numeric::exp(0.0), 1.0);
/// assert_eq!(numeric::exp(1.0), std::f64::consts::E);
/// assert!(numeric::exp(f64::NAN).is_nan());
/// ```
#[inline]
pub fn exp(x: f64) -> f64 {
    Exp::apply(x)
}

/// `out[i] = exp(values[i])` for every index that both slices have, on the widest vectors.
///
/// ```
/// use bactrian::base::numeric;
///
/// let mut out = [0.0; 2];
/// numeric::exp_slice(&[0.0, -0.5], &mut out);
/// assert_eq!(out, [1.0, numeric::exp(-0.5)]);
/// ```
pub fn exp_slice(values: &[f64], out: &mut [f64]) {
    simd::map::<Exp>(values, out);
}

/// 2^x.
///
/// At most 0.75 ulp from the true value (1 ulp where the result is subnormal), exact for an integer.
///
/// ```
/// use bactrian::base::numeric;
///
/// assert_eq!(numeric::exp2(-3.0), 0.125);
/// ```
#[inline]
pub fn exp2(x: f64) -> f64 {
    /// The first 26 bits of ln 2, and the rest.
    const HIGH: f64 = 0.6931471675634384;
    const REST: f64 = 1.2996506893889889e-08;
    if x.is_nan() {
        return f64::NAN;
    }
    let x = x.clamp(-1076.0, 1024.0);
    let k = round(x);
    let r = x - k;
    // 26 bits of r, so that the product with 26 bits of ln 2 is exact.
    let r_high = f64::from_bits(r.to_bits() & !0x07ff_ffff);
    let low = r_high * REST + (r - r_high) * LN_2;
    assemble(k, r_high * HIGH, low)
}

/// e^x - 1, exact to the last bits near zero too.
///
/// At most 1.2 ulp from the true value. `exp_m1(-0.0)` is -0.0.
///
/// ```
/// use bactrian::base::numeric;
///
/// assert_eq!(numeric::exp_m1(1e-20), 1e-20);
/// ```
#[inline]
pub fn exp_m1(x: f64) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    if x == 0.0 {
        return x;
    }
    // Below -40 the result rounds to -1; above 40 the 1 is lost in rounding.
    let x = x.clamp(-40.0, HIGHEST);
    let k = round(x * LOG2_E);
    let (high, low) = (x - k * LN2_HIGH, -k * LN2_LOW);
    // 2^k ((1 - 2^-k) + (e^r - 1)), the outer sum with its error term (Knuth 1969).
    let offset = 1.0 - power_of_two(-(k.min(60.0)));
    let sum = offset + high;
    let back = sum - offset;
    let error = (offset - (sum - back)) + (high - back);
    let fraction = sum + (error + (low + beyond_linear(high + low)));
    let half = round(k * 0.5);
    fraction * power_of_two(half) * power_of_two(k - half)
}
