//! Gauss's hypergeometric function and the logarithm of Tricomi's.

use super::gamma::ln_gamma;
use super::quadrature::beta_expectation;
use crate::base::numeric::{exp, ln, ln_1p, log_sum_exp};

const MOST_TERMS: u32 = 200_000;

/// 2F1(a, b; c; z) for real z < 1 and c > 0.
///
/// The power series where it converges quickly, after Pfaff's transformation for z < 0 (A&S 15.3.4)
/// and Euler's where that leaves fewer negative parameters (15.3.3); near z = 1, Euler's integral
/// (15.3.1) where c > b > 0 or c > a > 0. Relative error about 1e-13. NaN outside of the domain, and
/// where the series would need more than 200,000 terms or lose more than three digits.
///
/// ```
/// use bactrian::base::numeric::special::hypergeometric;
///
/// // 2F1(1, 1; 2; z) = -ln(1 - z) / z
/// assert!((hypergeometric(1.0, 1.0, 2.0, 0.5) - 2.0 * 2.0f64.ln()).abs() < 1e-14);
/// ```
pub fn hypergeometric(a: f64, b: f64, c: f64, z: f64) -> f64 {
    if !(a.is_finite() && b.is_finite() && c.is_finite() && c > 0.0 && z < 1.0 && z.is_finite()) {
        return f64::NAN;
    }
    if z == 0.0 || a == 0.0 || b == 0.0 {
        return 1.0;
    }
    if z < 0.0 {
        // c - moves stays positive where it can, and small, so that little is left to cancel.
        let (low, high) = if a <= b { (a, b) } else { (b, a) };
        let (moves, stays) = if c >= high { (high, low) } else { (low, high) };
        let inner = hypergeometric(stays, c - moves, c, z / (z - 1.0));
        return exp(-stays * ln_1p(-z)) * inner;
    }
    if z > 0.9 {
        // The smaller parameter becomes the power, so that the integrand stays near the density.
        let (low, high) = if a.abs() <= b.abs() { (a, b) } else { (b, a) };
        if high > 0.0 && c > high && c < low + high {
            // Unbounded at z = 1; Euler's transformation takes that factor out.
            return exp((c - a - b) * ln_1p(-z)) * hypergeometric(c - high, c - low, c, z);
        }
        if high > 0.0 && c > high {
            return euler_integral(low, high, c, z);
        }
        if low > 0.0 && c > low {
            return euler_integral(high, low, c, z);
        }
    }
    let negative = |x: f64, y: f64| u8::from(x < 0.0) + u8::from(y < 0.0);
    if negative(c - a, c - b) < negative(a, b) {
        return exp((c - a - b) * ln_1p(-z)) * series(c - a, c - b, c, z);
    }
    series(a, b, c, z)
}

fn series(a: f64, b: f64, c: f64, z: f64) -> f64 {
    let (mut term, mut sum, mut largest) = (1.0f64, 1.0f64, 1.0f64);
    for k in 0..MOST_TERMS {
        let k = f64::from(k);
        let ratio = (a + k) * (b + k) / ((c + k) * (k + 1.0)) * z;
        term *= ratio;
        sum += term;
        largest = largest.max(term.abs());
        // The rest is at most a geometric series once the ratio falls below one.
        let bound = ratio.abs().max(z);
        if term == 0.0 || (bound < 1.0 && (term / (1.0 - bound)).abs() < 1e-17 * largest) {
            return if largest <= 1e3 * sum.abs() { sum } else { f64::NAN };
        }
    }
    f64::NAN
}

fn euler_integral(a: f64, b: f64, c: f64, z: f64) -> f64 {
    beta_expectation(b, c - b, |t, rest| exp(-a * ln((1.0 - z) * t + rest)))
}

/// ln U(a, b, z), Tricomi's confluent hypergeometric function, for a > 0 and z > 0; NaN elsewhere.
///
/// U = 1/Gamma(a) times the integral of e^(-zt) t^(a-1) (1+t)^(b-a-1) over t > 0 (A&S 13.2.5), by the
/// trapezoid rule in ln t, on the scale of logarithms; below a = 1/2 by the recurrence 13.4.15, which
/// is stable towards smaller a. Error at most 1e-11 of the larger of 1 and the result, 1e-13 where
/// b <= 2. A few hundred exponentials.
///
/// ```
/// use bactrian::base::numeric::special::ln_tricomi_u;
///
/// // U(a, a + 1, z) = z^-a
/// assert!((ln_tricomi_u(0.6, 1.6, 12.0) + 0.6 * 12.0f64.ln()).abs() < 1e-12);
/// ```
pub fn ln_tricomi_u(a: f64, b: f64, z: f64) -> f64 {
    if !(a > 0.0 && z > 0.0 && a.is_finite() && b.is_finite() && z.is_finite()) {
        return f64::NAN;
    }
    if a >= 0.5 {
        return ln_tricomi_integral(a, b, z);
    }
    // U(a) = (2 a + 2 - b + z) U(a + 1) - (a + 1)(2 + a - b) U(a + 2).
    let near = ln_tricomi_integral(a + 1.0, b, z);
    let far = ln_tricomi_integral(a + 2.0, b, z);
    near + ln((2.0 * a + 2.0 - b + z) - (a + 1.0) * (2.0 + a - b) * exp(far - near))
}

fn ln_tricomi_integral(a: f64, b: f64, z: f64) -> f64 {
    let exponent = |w: f64| -> f64 {
        let t = exp(w);
        let ln_sum = if w > 36.0 { w } else { ln_1p(t) };
        a * w + (b - a - 1.0) * ln_sum - z * t
    };
    // The top solves a + (b - a - 1) t/(1 + t) = z t: a quadratic in t.
    let half = 0.5 * (b - 1.0 - z);
    let root = (half * half + a * z).sqrt();
    let top = if half > 0.0 { (half + root) / z } else { a / (root - half) };
    let centre = ln(top);
    // Width from the curvature of the exponent at the top.
    let curvature = z * top - (b - a - 1.0) * top / ((1.0 + top) * (1.0 + top));
    let step = (0.5 / curvature.abs().max(1e-9).sqrt()).clamp(1e-4, 0.2);
    let peak = exponent(centre);
    let mut logs = vec![peak];
    for direction in [1.0, -1.0] {
        let mut k = 1.0;
        while k < 1e5 {
            let value = exponent(centre + direction * k * step);
            logs.push(value);
            if value < peak - 44.0 {
                break;
            }
            k += 1.0;
        }
    }
    log_sum_exp(&logs) + ln(step) - ln_gamma(a)
}
