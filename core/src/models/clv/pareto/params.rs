//! The parameters of Pareto/NBD.

use crate::base::Result;
use crate::models::clv::fitted::{Model, exactly, positive};

/// Parameters as yet unchecked; all are finite and above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParetoNbdParams {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Rate of the purchase rates, in units of time: the mean rate is r / alpha.
    pub alpha: f64,
    /// Shape of the death rates.
    pub s: f64,
    /// Rate of the death rates, in units of time: the mean rate is s / beta.
    pub beta: f64,
}

/// A Pareto/NBD model with sound parameters.
///
/// ```
/// use bactrian::models::clv::ParetoNbdParams;
///
/// let model = ParetoNbdParams { r: 0.5534, alpha: 10.5802, s: 0.6061, beta: 11.6562 }.check()?;
/// assert!((model.probability_alive(26.0, 30.86, 31.0) - 0.997917766552).abs() < 1e-12);
/// assert!((model.expected_purchases(52.0, 26.0, 30.86, 31.0) - 25.4549135115).abs() < 1e-9);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParetoNbd {
    pub(super) params: ParetoNbdParams,
}

impl ParetoNbdParams {
    /// The model with these parameters, or an error that names the one at fault.
    pub fn check(self) -> Result<ParetoNbd> {
        positive("r", self.r)?;
        positive("alpha", self.alpha)?;
        positive("s", self.s)?;
        positive("beta", self.beta)?;
        Ok(ParetoNbd { params: self })
    }
}

impl ParetoNbd {
    /// The parameters.
    pub fn params(&self) -> ParetoNbdParams {
        self.params
    }
}

impl Model for ParetoNbd {
    const NAMES: &'static [&'static str] = &["r", "alpha", "s", "beta"];

    fn parameters(&self) -> Vec<f64> {
        let ParetoNbdParams { r, alpha, s, beta } = self.params;
        vec![r, alpha, s, beta]
    }

    fn with_parameters(&self, parameters: &[f64]) -> Result<Self> {
        let [r, alpha, s, beta] = exactly(parameters)?;
        ParetoNbdParams { r, alpha, s, beta }.check()
    }
}
