//! The parameters of (M)BG/CNBD-k.

use crate::base::{Error, ErrorKind, Result};
use crate::models::clv::beta_geo::Dropout;
use crate::models::clv::fitted::{Model, exactly, positive};

/// Parameters as yet unchecked; all are finite and above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegularBetaGeoParams {
    /// Shape of the rates of hidden events.
    pub r: f64,
    /// Rate of those rates, in units of time: the mean purchase rate is r / (alpha k).
    pub alpha: f64,
    /// First parameter of the dropout probabilities; their mean is a / (a + b).
    pub a: f64,
    /// Second parameter of the dropout probabilities.
    pub b: f64,
    /// Hidden events per purchase, 1 to 100; 1 is chance.
    pub k: u32,
    /// When a customer may drop out.
    pub dropout: Dropout,
}

/// A (M)BG/CNBD-k model with sound parameters.
///
/// ```
/// use bactrian::models::clv::{Dropout, RegularBetaGeoParams};
///
/// let params = RegularBetaGeoParams { r: 0.8, alpha: 3.0, a: 0.6, b: 2.0, k: 2, dropout: Dropout::AfterEvery };
/// let model = params.check()?;
/// // Who buys every 5 weeks and was last here 20 weeks ago is gone more surely than by chance.
/// assert!(model.probability_alive(8.0, 40.0, 60.0) < 0.2);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegularBetaGeo {
    pub(super) params: RegularBetaGeoParams,
}

impl RegularBetaGeoParams {
    /// The model with these parameters, or an error that names the one at fault.
    pub fn check(self) -> Result<RegularBetaGeo> {
        positive("r", self.r)?;
        positive("alpha", self.alpha)?;
        positive("a", self.a)?;
        positive("b", self.b)?;
        check_k(self.k)?;
        Ok(RegularBetaGeo { params: self })
    }
}

/// The error of a k out of range.
pub(super) fn check_k(k: u32) -> Result<()> {
    if (1..=100).contains(&k) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::SchemaRange, format!("`k` is {k}, but must be 1 to 100")))
}

impl RegularBetaGeo {
    /// The parameters.
    pub fn params(&self) -> RegularBetaGeoParams {
        self.params
    }
}

impl Model for RegularBetaGeo {
    const NAMES: &'static [&'static str] = &["r", "alpha", "a", "b"];

    fn parameters(&self) -> Vec<f64> {
        let RegularBetaGeoParams { r, alpha, a, b, .. } = self.params;
        vec![r, alpha, a, b]
    }

    fn with_parameters(&self, parameters: &[f64]) -> Result<Self> {
        let [r, alpha, a, b] = exactly(parameters)?;
        RegularBetaGeoParams { r, alpha, a, b, ..self.params }.check()
    }
}
