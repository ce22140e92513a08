//! The parameters of BG/BB.

use crate::base::Result;
use crate::models::clv::fitted::{Model, exactly, positive};

/// Parameters as yet unchecked; all are finite and above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaGeoBetaBinomialParams {
    /// First parameter of the purchase probabilities; their mean is alpha / (alpha + beta).
    pub alpha: f64,
    /// Second parameter of the purchase probabilities.
    pub beta: f64,
    /// First parameter of the death probabilities; their mean is gamma / (gamma + delta).
    pub gamma: f64,
    /// Second parameter of the death probabilities.
    pub delta: f64,
}

/// A BG/BB model with sound parameters.
///
/// ```
/// use bactrian::models::clv::BetaGeoBetaBinomialParams;
///
/// // Published for donations (Fader, Hardie, Shang 2010).
/// let model = BetaGeoBetaBinomialParams { alpha: 1.204, beta: 0.750, gamma: 0.657, delta: 2.783 }.check()?;
/// assert!((model.expected_purchases(5, 6.0, 6.0, 6.0) - 3.75).abs() < 0.01);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaGeoBetaBinomial {
    pub(super) params: BetaGeoBetaBinomialParams,
}

impl BetaGeoBetaBinomialParams {
    /// The model with these parameters, or an error that names the one at fault.
    pub fn check(self) -> Result<BetaGeoBetaBinomial> {
        positive("alpha", self.alpha)?;
        positive("beta", self.beta)?;
        positive("gamma", self.gamma)?;
        positive("delta", self.delta)?;
        Ok(BetaGeoBetaBinomial { params: self })
    }
}

impl BetaGeoBetaBinomial {
    /// The parameters.
    pub fn params(&self) -> BetaGeoBetaBinomialParams {
        self.params
    }
}

impl Model for BetaGeoBetaBinomial {
    const NAMES: &'static [&'static str] = &["alpha", "beta", "gamma", "delta"];

    fn parameters(&self) -> Vec<f64> {
        let BetaGeoBetaBinomialParams { alpha, beta, gamma, delta } = self.params;
        vec![alpha, beta, gamma, delta]
    }

    fn with_parameters(&self, parameters: &[f64]) -> Result<Self> {
        let [alpha, beta, gamma, delta] = exactly(parameters)?;
        BetaGeoBetaBinomialParams { alpha, beta, gamma, delta }.check()
    }
}
