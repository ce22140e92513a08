//! How many purchases, with which probability.

use super::params::{ParetoNbd, ParetoNbdParams};
use crate::base::Result;
use crate::base::numeric::special::{GAUSS_LEGENDRE_16, ln_gamma_ratio};
use crate::base::numeric::{exp, ln, ln_1p};
use crate::models::clv::history::{CheckedHistory, check_times};

impl ParetoNbd {
    /// P(a new customer makes exactly `n` repeat purchases within t of the first one).
    ///
    /// Fader, Hardie 2006, "Deriving an expression for P(X(t) = x) under the Pareto/NBD model", as
    /// the integral over the moment of death. NaN unless t is finite and at least 0.
    ///
    /// ```
    /// use bactrian::models::clv::ParetoNbdParams;
    ///
    /// let model = ParetoNbdParams { r: 0.5534, alpha: 10.5802, s: 0.6061, beta: 11.6562 }.check()?;
    /// let all: f64 = (0..400).map(|n| model.probability_of_new(n, 39.0)).sum();
    /// assert!((all - 1.0).abs() < 1e-10);
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    pub fn probability_of_new(&self, n: u32, t: f64) -> f64 {
        self.probability_of(n, t, 0.0, 0.0, 0.0)
    }

    /// P(exactly `n` purchases in (T, T + t]) given the purchases until T; NaN outside of the domain.
    pub fn probability_of(&self, n: u32, t: f64, x: f64, t_x: f64, age: f64) -> f64 {
        if !(t >= 0.0 && t.is_finite()) {
            return f64::NAN;
        }
        let ParetoNbdParams { r, alpha, s, beta } = self.params;
        let alive = self.probability_alive(x, t_x, age);
        let (m, a, b) = (r + x, alpha + age, beta + age);
        let n = f64::from(n);
        let gone = if n == 0.0 { 1.0 - alive } else { 0.0 };
        if t == 0.0 {
            return if n == 0.0 { gone + alive } else { 0.0 };
        }
        let constant = ln_gamma_ratio(m, n) - ln_gamma_ratio(1.0, n);
        // Negative binomial probability of n within y = e^v, and of being alive then, as logarithms.
        let count = |v: f64| {
            let y = exp(v);
            let rare = if n == 0.0 { 0.0 } else { n * (v - ln(a + y)) };
            constant + rare - m * ln_1p(y / a)
        };
        let stay = |v: f64| -s * ln_1p(exp(v) / b);
        let end = ln(t);
        let stayed = exp(count(end) + stay(end));
        // Death at y, with density s / (beta + T + y) of the moment: over ln y, downwards from t.
        let log_density = |v: f64| count(v) + stay(v) + ln(s) + v - ln(b + exp(v));
        gone + alive * (stayed + integral_below(end, n + m + s, log_density))
    }

    /// [`ParetoNbd::probability_of`] of every row.
    pub fn probability_of_all(&self, n: u32, t: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        check_times(&[t])?;
        Ok(rows.map(|x, t_x, age| self.probability_of(n, t, x, t_x, age)))
    }
}

/// The integral of e^f over (-infinity, end], for a concave f whose curvature is at most `bend`.
fn integral_below(end: f64, bend: f64, f: impl Fn(f64) -> f64) -> f64 {
    let width = (4.0 / (1.0 + bend).sqrt()).min(1.0);
    let (mut right, mut total, mut top) = (end, 0.0, f64::NEG_INFINITY);
    for _ in 0..100_000 {
        let half = 0.5 * width;
        let middle = right - half;
        for (node, weight) in GAUSS_LEGENDRE_16 {
            total += weight * half * (exp(f(middle - half * node)) + exp(f(middle + half * node)));
        }
        let (at, before) = (f(right - width), f(right));
        top = top.max(at).max(before);
        right -= width;
        if at < before && at < top - 45.0 {
            break;
        }
    }
    total
}
