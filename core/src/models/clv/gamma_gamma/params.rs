//! The parameters of Gamma-Gamma, and what they predict.

use super::rows::CheckedSpend;
use crate::base::Result;
use crate::models::clv::fitted::{Model, exactly, positive};

/// Parameters as yet unchecked; all are finite and above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaGammaParams {
    /// Shape of a customer's amounts.
    pub p: f64,
    /// Shape of the customers' rates; the population's mean is finite above 1.
    pub q: f64,
    /// Rate of the customers' rates, in money.
    pub gamma: f64,
}

/// A Gamma-Gamma model with sound parameters.
///
/// ```
/// use bactrian::models::clv::GammaGammaParams;
///
/// // Published for CDNOW (Fader, Hardie 2013).
/// let model = GammaGammaParams { p: 6.25, q: 3.74, gamma: 15.44 }.check()?;
/// assert!((model.expected_spend(2.0, 22.35) - 24.66371).abs() < 1e-5);
/// assert!((model.population_mean() - 35.21898).abs() < 1e-5);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaGamma {
    pub(super) params: GammaGammaParams,
}

impl GammaGammaParams {
    /// The model with these parameters, or an error that names the one at fault.
    pub fn check(self) -> Result<GammaGamma> {
        positive("p", self.p)?;
        positive("q", self.q)?;
        positive("gamma", self.gamma)?;
        Ok(GammaGamma { params: self })
    }
}

impl GammaGamma {
    /// The parameters.
    pub fn params(&self) -> GammaGammaParams {
        self.params
    }

    /// The mean spend of a customer of whom nothing is known, p gamma / (q - 1); infinite unless q > 1.
    pub fn population_mean(&self) -> f64 {
        self.expected_spend(0.0, 0.0)
    }

    /// The expected mean spend of a customer whose `x` purchases averaged `mean` (the paper's eq. 5):
    /// p (gamma + x m) / (p x + q - 1). `mean` is not read for x = 0; a mean of 0 gives the limit.
    /// Infinite unless p x + q > 1; NaN for x < 0 or, with x > 0, mean < 0.
    pub fn expected_spend(&self, x: f64, mean: f64) -> f64 {
        let GammaGammaParams { p, q, gamma } = self.params;
        if !(x == 0.0 || (x > 0.0 && mean >= 0.0)) {
            return f64::NAN;
        }
        let spent = if x == 0.0 { 0.0 } else { x * mean };
        let weight = p * x + q - 1.0;
        if weight > 0.0 { p * (gamma + spent) / weight } else { f64::INFINITY }
    }

    /// [`GammaGamma::expected_spend`] of every row.
    pub fn expected_spend_all(&self, rows: &CheckedSpend) -> Vec<f64> {
        rows.frequency.iter().zip(rows.mean).map(|(x, mean)| self.expected_spend(*x, *mean)).collect()
    }
}

impl Model for GammaGamma {
    const NAMES: &'static [&'static str] = &["p", "q", "gamma"];

    fn parameters(&self) -> Vec<f64> {
        let GammaGammaParams { p, q, gamma } = self.params;
        vec![p, q, gamma]
    }

    fn with_parameters(&self, parameters: &[f64]) -> Result<Self> {
        let [p, q, gamma] = exactly(parameters)?;
        GammaGammaParams { p, q, gamma }.check()
    }
}
