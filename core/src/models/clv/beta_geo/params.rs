//! The parameters of BG/NBD and MBG/NBD.

use crate::base::Result;
use crate::models::clv::fitted::{Model, exactly, positive};

/// When a customer may drop out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dropout {
    /// After each repeat purchase: BG/NBD. Who never bought again is alive for certain.
    AfterRepeat,
    /// After every purchase, the first too: MBG/NBD.
    AfterEvery,
}

/// Parameters as yet unchecked; all are finite and above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaGeoParams {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Rate of the purchase rates, in units of time: the mean rate is r / alpha.
    pub alpha: f64,
    /// First parameter of the dropout probabilities; their mean is a / (a + b).
    pub a: f64,
    /// Second parameter of the dropout probabilities.
    pub b: f64,
    /// When a customer may drop out.
    pub dropout: Dropout,
}

/// A BG/NBD or MBG/NBD model with sound parameters.
///
/// ```
/// use bactrian::models::clv::{BetaGeoParams, Dropout};
///
/// // Published for CDNOW in weeks (Fader, Hardie, Lee 2005).
/// let params = BetaGeoParams { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426, dropout: Dropout::AfterRepeat };
/// let model = params.check()?;
/// assert!((model.probability_alive(2.0, 30.43, 38.86) - 0.7266).abs() < 1e-4);
/// assert!((model.expected_purchases(39.0, 2.0, 30.43, 38.86) - 1.226).abs() < 1e-3);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaGeo {
    pub(super) params: BetaGeoParams,
}

impl BetaGeoParams {
    /// The model with these parameters, or an error that names the one at fault.
    pub fn check(self) -> Result<BetaGeo> {
        positive("r", self.r)?;
        positive("alpha", self.alpha)?;
        positive("a", self.a)?;
        positive("b", self.b)?;
        Ok(BetaGeo { params: self })
    }
}

impl BetaGeo {
    /// The parameters.
    pub fn params(&self) -> BetaGeoParams {
        self.params
    }
}

impl Model for BetaGeo {
    const NAMES: &'static [&'static str] = &["r", "alpha", "a", "b"];

    fn parameters(&self) -> Vec<f64> {
        let BetaGeoParams { r, alpha, a, b, .. } = self.params;
        vec![r, alpha, a, b]
    }

    fn with_parameters(&self, parameters: &[f64]) -> Result<Self> {
        let [r, alpha, a, b] = exactly(parameters)?;
        BetaGeoParams { r, alpha, a, b, dropout: self.params.dropout }.check()
    }
}
