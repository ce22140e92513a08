//! The parameters of the shifted beta-geometric model, and what they predict.

use crate::base::Result;
use crate::base::numeric::exp;
use crate::base::numeric::special::{hypergeometric, ln_gamma_ratio};
use crate::models::clv::fitted::{Model, exactly, positive};
use crate::models::clv::history::fault;
use crate::models::clv::value::check_discount;

/// Parameters as yet unchecked; both are finite and above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShiftedBetaGeometricParams {
    /// First parameter of the probabilities of leaving; their mean is alpha / (alpha + beta).
    pub alpha: f64,
    /// Second parameter.
    pub beta: f64,
}

/// A shifted beta-geometric model with sound parameters.
///
/// ```
/// use bactrian::models::clv::ShiftedBetaGeometricParams;
///
/// // Published for the high end segment (Fader, Hardie 2007).
/// let model = ShiftedBetaGeometricParams { alpha: 0.668, beta: 3.806 }.check()?;
/// assert!((model.survival(7.0, 0.0) - 0.489).abs() < 5e-4);
/// assert!(model.retention(8.0) > model.retention(1.0));
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShiftedBetaGeometric {
    pub(super) params: ShiftedBetaGeometricParams,
}

impl ShiftedBetaGeometricParams {
    /// The model with these parameters, or an error that names the one at fault.
    pub fn check(self) -> Result<ShiftedBetaGeometric> {
        positive("alpha", self.alpha)?;
        positive("beta", self.beta)?;
        Ok(ShiftedBetaGeometric { params: self })
    }
}

impl ShiftedBetaGeometric {
    /// The parameters.
    pub fn params(&self) -> ShiftedBetaGeometricParams {
        self.params
    }

    /// P(the next `t` renewals are made) by one who made `renewed` so far; NaN below 0.
    pub fn survival(&self, t: f64, renewed: f64) -> f64 {
        let ShiftedBetaGeometricParams { alpha, beta } = self.params;
        if !(t >= 0.0 && renewed >= 0.0) {
            return f64::NAN;
        }
        exp(ln_gamma_ratio(beta + renewed, t) - ln_gamma_ratio(alpha + beta + renewed, t))
    }

    /// P(the `t`-th renewal is made) by one who made those before it (the paper's eq. 8); t from 1.
    pub fn retention(&self, t: f64) -> f64 {
        let ShiftedBetaGeometricParams { alpha, beta } = self.params;
        if t >= 1.0 { (beta + t - 1.0) / (alpha + beta + t - 1.0) } else { f64::NAN }
    }

    /// P(a new customer leaves at the `t`-th renewal), t from 1.
    pub fn probability_of_leaving(&self, t: f64) -> f64 {
        self.survival(t - 1.0, 0.0) * (1.0 - self.retention(t))
    }

    /// The discounted number of renewals to come from one who made `renewed`, as of just before the
    /// next falls due; `discount` per period, above 0. NaN outside.
    ///
    /// (beta + n) / (alpha + beta + n) F(1, beta + n + 1; alpha + beta + n + 1; 1 / (1 + d)) (Fader,
    /// Hardie 2010, "Customer-base valuation in a contractual setting", eq. 6, there with n from 1).
    pub fn discounted_residual(&self, discount: f64, renewed: f64) -> f64 {
        let ShiftedBetaGeometricParams { alpha, beta } = self.params;
        if !(discount > 0.0 && renewed >= 0.0) {
            return f64::NAN;
        }
        let (stay, all) = (beta + renewed, alpha + beta + renewed);
        stay / all * hypergeometric(1.0, stay + 1.0, all + 1.0, 1.0 / (1.0 + discount))
    }

    /// [`ShiftedBetaGeometric::retention`] of each; an error for a `t` that is not at least 1.
    pub fn retention_all(&self, t: &[f64]) -> Result<Vec<f64>> {
        within("t", t, 1.0)?;
        Ok(t.iter().map(|t| self.retention(*t)).collect())
    }

    /// [`ShiftedBetaGeometric::discounted_residual`] of each; errors for a discount that is not above 0 and
    /// for renewals below 0.
    pub fn discounted_residual_all(&self, discount: f64, renewed: &[f64]) -> Result<Vec<f64>> {
        check_discount(discount)?;
        within("renewed", renewed, 0.0)?;
        Ok(renewed.iter().map(|renewed| self.discounted_residual(discount, *renewed)).collect())
    }
}

/// Every one finite and at least `low`.
fn within(name: &str, values: &[f64], low: f64) -> Result<()> {
    match values.iter().position(|value| !(value.is_finite() && *value >= low)) {
        Some(row) => Err(fault(name, row, values[row], &format!("but must be finite and at least {low}"))),
        None => Ok(()),
    }
}

impl Model for ShiftedBetaGeometric {
    const NAMES: &'static [&'static str] = &["alpha", "beta"];

    fn parameters(&self) -> Vec<f64> {
        vec![self.params.alpha, self.params.beta]
    }

    fn with_parameters(&self, parameters: &[f64]) -> Result<Self> {
        let [alpha, beta] = exactly(parameters)?;
        ShiftedBetaGeometricParams { alpha, beta }.check()
    }
}
