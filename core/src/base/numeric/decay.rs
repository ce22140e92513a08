//! Exponential decay over time in microseconds.

use super::exp::Exp;
use super::simd::{self, Kernel};

/// The rate per microsecond at which a weight halves in `half_life_micros`.
///
/// A half-life of zero or less gives an infinite rate: everything but the present is forgotten.
///
/// ```
/// use bactrian::base::numeric;
///
/// let day = 86_400_000_000;
/// let rate = numeric::rate_of_half_life(90 * day);
/// assert!((numeric::decay(90 * day, rate) - 0.5).abs() < 1e-15);
/// ```
#[inline]
pub fn rate_of_half_life(half_life_micros: i64) -> f64 {
    if half_life_micros <= 0 { f64::INFINITY } else { std::f64::consts::LN_2 / half_life_micros as f64 }
}

/// e^(-rate dt): what is left after `dt_micros` microseconds at a rate per microsecond.
///
/// `dt_micros <= 0` gives 1 whatever the rate (a weight never grows). Error: that of
/// [`exp`](super::exp()), plus the rounding of rate x dt, which is |rate dt| / 2 ulp.
///
/// ```
/// use bactrian::base::numeric;
///
/// assert_eq!(numeric::decay(0, 1e-9), 1.0);
/// ```
#[inline]
pub fn decay(dt_micros: i64, rate_per_micro: f64) -> f64 {
    let dt = dt_micros as f64;
    let left = Exp::apply(-dt * rate_per_micro);
    if dt_micros <= 0 { 1.0 } else { left }
}

/// [`decay`] at four rates at once, equal to four calls to the bit and cheaper.
///
/// ```
/// use bactrian::base::numeric;
///
/// let rates = [1e-9, 2e-9, 3e-9, 4e-9];
/// assert_eq!(numeric::decay4(5_000, &rates)[2], numeric::decay(5_000, 3e-9));
/// ```
#[inline]
pub fn decay4(dt_micros: i64, rates_per_micro: &[f64; 4]) -> [f64; 4] {
    if dt_micros <= 0 {
        return [1.0; 4];
    }
    simd::map4::<Exp>(-(dt_micros as f64), rates_per_micro)
}

/// `out[i] = decay(dt_micros[i], rate_per_micro)` for every index that both slices have, on the
/// widest vectors.
///
/// ```
/// use bactrian::base::numeric;
///
/// let mut out = [0.0; 2];
/// numeric::decay_slice(&[0, 5_000], 1e-6, &mut out);
/// assert_eq!(out, [1.0, numeric::decay(5_000, 1e-6)]);
/// ```
pub fn decay_slice(dt_micros: &[i64], rate_per_micro: f64, out: &mut [f64]) {
    let n = dt_micros.len().min(out.len());
    let (out, _) = out.split_at_mut(n);
    let mut exponents = [0.0; 256];
    for (spans, slots) in dt_micros.chunks(exponents.len()).zip(out.chunks_mut(exponents.len())) {
        for (exponent, dt) in exponents.iter_mut().zip(spans) {
            *exponent = if *dt <= 0 { -0.0 } else { -(*dt as f64) * rate_per_micro };
        }
        super::exp_slice(&exponents, slots);
    }
}
