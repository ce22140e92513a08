//! Rules of quadrature.

use super::gamma::trigamma;
use crate::base::numeric::{exp, ln, ln_1p};

/// The Gauss-Legendre rule of 16 points on [-1, 1]: (positive node, weight), to be used at both
/// signs. Exact for polynomials of degree 31.
pub const GAUSS_LEGENDRE_16: [(f64, f64); 8] = [
    (0.09501250983763744, 0.1894506104550685),
    (0.2816035507792589, 0.18260341504492358),
    (0.45801677765722737, 0.16915651939500254),
    (0.6178762444026438, 0.14959598881657674),
    (0.755404408355003, 0.12462897125553388),
    (0.8656312023878318, 0.09515851168249279),
    (0.9445750230732326, 0.062253523938647894),
    (0.9894009349916499, 0.027152459411754096),
];

/// E f(p) for p ~ Beta(a, b), with f(p, 1 - p) smooth on (0, 1) and bounded at its ends.
///
/// The trapezoid rule in v = ln(p / (1 - p)), where the density is analytic in a strip of half-width
/// pi/2 or more, so that the error falls as e^(-pi^2 / h) (Trefethen and Weideman 2014); h is 1/5, or
/// less where the density is narrow. Relative error about 1e-14 for positive f; about 100 to 400
/// evaluations of f, and 40 / min(a, b, 1) where a parameter is small. NaN outside of a, b > 0.
///
/// ```
/// use bactrian::base::numeric::special::beta_expectation;
///
/// let mean = beta_expectation(2.0, 3.0, |p, _| p);
/// assert!((mean - 0.4).abs() < 1e-14);
/// ```
pub fn beta_expectation(a: f64, b: f64, f: impl Fn(f64, f64) -> f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite()) {
        return f64::NAN;
    }
    // The log density of v is a ln p + b ln(1 - p), with its top at p = a / (a + b).
    let centre = ln(a / b);
    let log_density = |v: f64| -> f64 {
        // ln p = -ln(1 + e^-v), ln(1 - p) = -ln(1 + e^v), each without overflow.
        let soft = ln_1p(exp(-v.abs()));
        let (ln_p, ln_q) = if v >= 0.0 { (-soft, -v - soft) } else { (v - soft, -soft) };
        a * ln_p + b * ln_q
    };
    let top = log_density(centre);
    let step = (0.55 * (trigamma(a) + trigamma(b)).sqrt()).min(0.2);
    // What lies beyond a point of a tail is at most that point's weight / (a step), or (b step).
    let rest = 1e-18 * (a.min(b) * step).min(1.0);
    let (mut total, mut mass) = (0.0, 0.0);
    let mut add = |v: f64| -> bool {
        let weight = exp(log_density(v) - top);
        let small = exp(-v.abs());
        let (near, far) = (1.0 / (1.0 + small), small / (1.0 + small));
        let (p, q) = if v >= 0.0 { (near, far) } else { (far, near) };
        if weight == 0.0 {
            return false;
        }
        let part = weight * f(p, q);
        total += part;
        mass += weight;
        weight > rest * mass || part.abs() > rest * f64::abs(total)
    };
    add(centre);
    let mut k = 1.0;
    while add(centre + k * step) && k < 1e6 {
        k += 1.0;
    }
    k = 1.0;
    while add(centre - k * step) && k < 1e6 {
        k += 1.0;
    }
    total / mass
}
