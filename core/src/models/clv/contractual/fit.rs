//! Maximum likelihood, with exact gradient and Hessian.

use super::params::{ShiftedBetaGeometric, ShiftedBetaGeometricParams};
use super::rows::CheckedRenewals;
use crate::base::numeric::special::{digamma, ln_gamma_ratio, trigamma};
use crate::base::numeric::{exp, ln};
use crate::base::{Error, ErrorKind, Result};
use crate::models::clv::fitted::{FitOptions, Fitted, fitted};
use crate::models::clv::optimise::{Evaluation, maximise, sum_of, to_logarithms};

/// Parameters lie within this factor of 1.
const RANGE: f64 = 1e6;

impl ShiftedBetaGeometric {
    /// The model with the largest likelihood.
    ///
    /// Errors: nobody left, or nobody renewed: then one parameter has no bound. One distinct number
    /// of renewals determines only the mean; the diagnostics say so. Cost: about ten passes over the
    /// distinct contracts.
    pub fn fit(rows: &CheckedRenewals, options: &FitOptions) -> Result<Fitted<ShiftedBetaGeometric>> {
        let groups = &rows.rows.groups;
        let sum = |value: &dyn Fn(f64, f64) -> f64| -> f64 {
            let each = groups.iter().flat_map(|group| group.rows.clone().map(|row| (group.frequency, row)));
            each.map(|(due, row)| rows.rows.weight[row] * value(due, rows.rows.second[row])).sum()
        };
        let (lost, renewed) = (sum(&|_, left| left), sum(&|due, left| due - left));
        if lost == 0.0 || renewed == 0.0 {
            let why = if lost == 0.0 { "nobody left" } else { "nobody renewed" };
            return Err(Error::new(ErrorKind::NotEnoughData, format!("{why}: the spread of churn is not determined")));
        }
        let odds = renewed / lost;
        let starts = options.starts(&[[0.7, 0.7 * odds], [3.0, 3.0 * odds], [0.1, 0.1 * odds]])?;
        let edge = ln(RANGE);
        let optimum = maximise(|theta| evaluate(theta.map(exp), rows), &starts, [-edge; 2], [edge; 2]);
        fitted(optimum, rows.rows.total(), |[alpha, beta]| ShiftedBetaGeometricParams { alpha, beta }.check())
    }

    /// The log-likelihood of `rows` under this model, in nats.
    pub fn log_likelihood(&self, rows: &CheckedRenewals) -> f64 {
        evaluate([self.params.alpha, self.params.beta], rows).value
    }
}

/// Log-likelihood with slopes and curvatures along ln alpha, ln beta.
pub(super) fn evaluate([alpha, beta]: [f64; 2], rows: &CheckedRenewals) -> Evaluation<2> {
    let mut parts = Vec::with_capacity(rows.rows.weight.len());
    for group in &rows.rows.groups {
        for row in group.rows.clone() {
            let (weight, left) = (rows.rows.weight[row], rows.rows.second[row]);
            // B(alpha + left, beta + kept) / B(alpha, beta); left is 0 or 1.
            let kept = group.frequency - left;
            let total = alpha + beta;
            let value = left * ln(alpha) + ln_gamma_ratio(beta, kept) - ln_gamma_ratio(total, kept + left);
            let both = digamma(total) - digamma(total + kept + left);
            let bend = trigamma(total) - trigamma(total + kept + left);
            let gradient = [left / alpha + both, digamma(beta + kept) - digamma(beta) + both];
            let (aa, bb) = (bend - left / (alpha * alpha), trigamma(beta + kept) - trigamma(beta) + bend);
            parts.push(Evaluation {
                value: weight * value,
                gradient: gradient.map(|x| weight * x),
                hessian: [[aa, bend], [bend, bb]].map(|row| row.map(|x| weight * x)),
            });
        }
    }
    to_logarithms(sum_of(&parts), [alpha, beta])
}
