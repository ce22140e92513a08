//! The integral over the unseen moment of death.
//!
//! With A = alpha + t_x, B = beta + t_x, relative to the integrand's factors at t_x,
//!
//! ```text
//! J = integral over y in (t_x, T) of (A / (alpha + y))^m (B / (beta + y))^s s / (beta + y) dy.
//! ```
//!
//! The variable is w = ln((alpha + y) / A) or ln((beta + y) / B), whichever scale is shorter; the
//! other logarithm is then ln(1 + rho (e^w - 1)) with rho <= 1, analytic in |Im w| < pi. Panels are
//! at most 1.5 wide and so narrow that the integrand changes by a factor of about e^6 to e^14 over
//! one; the Gauss-Legendre rule of 16 points then leaves an error of 1e-16. Where the integrand has
//! fallen by e^-45 the rest is left out. One or two panels for most customers, about ten for x = 10,000.

use crate::base::numeric::special::GAUSS_LEGENDRE_16;
use crate::base::numeric::{exp, exp_slice, ln_1p, ln_slice};

/// Points in a panel.
pub(super) const POINTS: usize = 16;

/// The integrand at the points of a panel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panel {
    /// The integrand times the weight of the rule.
    pub(super) value: [f64; POINTS],
    /// ln((alpha + y) / A) and A / (alpha + y).
    pub(super) log_alpha: [f64; POINTS],
    pub(super) inverse_alpha: [f64; POINTS],
    /// ln((beta + y) / B) and B / (beta + y).
    pub(super) log_beta: [f64; POINTS],
    pub(super) inverse_beta: [f64; POINTS],
}

/// The integral's parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Death {
    /// m = r + x.
    pub(super) m: f64,
    pub(super) s: f64,
    /// A = alpha + t_x and B = beta + t_x.
    pub(super) a: f64,
    pub(super) b: f64,
    /// T - t_x.
    pub(super) span: f64,
}

impl Death {
    /// Calls `visit` with each panel, from t_x on.
    pub(super) fn panels(&self, mut visit: impl FnMut(&Panel)) {
        let by_alpha = self.a <= self.b;
        let (near, far) = if by_alpha { (self.a, self.b) } else { (self.b, self.a) };
        let rho = near / far;
        let end = ln_1p(self.span / near);
        // The exponent is -direct w - other ln(1 + rho (e^w - 1)); dw carries e^w / (beta + y).
        let (direct, other) = if by_alpha { (self.m - 1.0, self.s + 1.0) } else { (self.s, self.m) };
        let scale = if by_alpha { self.s * rho } else { self.s };
        let mut start = 0.0;
        let mut top = 0.0f64;
        while start < end {
            let grown = rho * exp(start);
            let slope = direct + other * grown / (1.0 - rho + grown);
            let exponent = -direct * start - other * ln_1p(grown - rho);
            top = top.max(exponent);
            if slope > 0.0 && exponent < top - 45.0 {
                break;
            }
            let width = (6.0 / slope.abs().max(1e-3)).min(1.5).min(end - start);
            visit(&panel(by_alpha, (start, width), rho, (direct, other), scale));
            // A width below the spacing of numbers near `start` would never arrive.
            start = (start + width).max(start * (1.0 + f64::EPSILON));
        }
    }

    /// J.
    pub(super) fn total(&self) -> f64 {
        let mut total = 0.0;
        self.panels(|panel| total += panel.value.iter().sum::<f64>());
        total
    }
}

fn panel(by_alpha: bool, (start, width): (f64, f64), rho: f64, (direct, other): (f64, f64), scale: f64) -> Panel {
    let half = 0.5 * width;
    let mut w = [0.0; POINTS];
    let mut weight = [0.0; POINTS];
    for (i, (node, mass)) in GAUSS_LEGENDRE_16.into_iter().enumerate() {
        (w[i], weight[i]) = (start + half * (1.0 - node), mass * half * scale);
        (w[i + POINTS / 2], weight[i + POINTS / 2]) = (start + half * (1.0 + node), mass * half * scale);
    }
    let mut grown = [0.0; POINTS];
    exp_slice(&w, &mut grown);
    let mut sum = [0.0; POINTS];
    for i in 0..POINTS {
        sum[i] = 1.0 + rho * (grown[i] - 1.0);
    }
    let mut log = [0.0; POINTS];
    ln_slice(&sum, &mut log);
    let mut exponent = [0.0; POINTS];
    for i in 0..POINTS {
        exponent[i] = -direct * w[i] - other * log[i];
    }
    let mut value = [0.0; POINTS];
    exp_slice(&exponent, &mut value);
    for i in 0..POINTS {
        value[i] *= weight[i];
        grown[i] = 1.0 / grown[i];
        sum[i] = 1.0 / sum[i];
    }
    if by_alpha {
        Panel { value, log_alpha: w, inverse_alpha: grown, log_beta: log, inverse_beta: sum }
    } else {
        Panel { value, log_alpha: log, inverse_alpha: sum, log_beta: w, inverse_beta: grown }
    }
}
