//! How a Gaussian mixture is fitted, and from where.

use crate::base::{Error, ErrorKind, Result};
use crate::models::cluster::points::Points;

/// The shape of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covariance {
    /// Columns independent within a component.
    Diagonal,
    /// Any covariance.
    Full,
}

/// Where EM begins.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianStart {
    /// One weight for each component; they sum to 1.
    pub weights: Vec<f64>,
    /// Components x dims.
    pub means: Vec<f64>,
    /// Components x dims variances, or components x dims x dims covariances.
    pub covariances: Vec<f64>,
}

/// Parameters as yet unchecked.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianMixtureParams {
    /// Components; at least 1.
    pub components: usize,
    /// The shape of a component.
    pub covariance: Covariance,
    /// Steps end when the mean log-likelihood of a row gains less than this.
    pub tolerance: f64,
    /// Steps at most.
    pub iterations: u32,
    /// Added to every variance, so that no component collapses; in squared units of the data.
    pub regularisation: f64,
    /// Starts from k-means with so many restarts, if `start` is not given.
    pub restarts: u32,
    /// Where to begin; `None` from k-means.
    pub start: Option<GaussianStart>,
    /// Names the randomness of k-means.
    pub seed: u64,
}

impl GaussianMixtureParams {
    /// `components` components with full covariances, tolerance 1e-3, 100 steps, regularisation 1e-6,
    /// ten restarts of k-means, seed 0.
    pub fn new(components: usize) -> Self {
        GaussianMixtureParams {
            components,
            covariance: Covariance::Full,
            tolerance: 1e-3,
            iterations: 100,
            regularisation: 1e-6,
            restarts: 10,
            start: None,
            seed: 0,
        }
    }

    pub(super) fn check(&self, points: &Points) -> Result<()> {
        let wrong = |why: String| Err(Error::new(ErrorKind::SchemaRange, why));
        if self.components == 0 || self.iterations == 0 || self.restarts == 0 {
            return wrong("`components`, `iterations` and `restarts` must be at least 1".to_owned());
        }
        if !(self.tolerance >= 0.0 && self.regularisation >= 0.0) {
            return wrong("`tolerance` and `regularisation` must be at least 0".to_owned());
        }
        if points.len() < self.components.max(2) {
            let error = format!("{} rows are too few for {} components", points.len(), self.components);
            return Err(Error::new(ErrorKind::NotEnoughData, error));
        }
        let (k, d) = (self.components, points.dims());
        let sizes = if self.covariance == Covariance::Full { k * d * d } else { k * d };
        match &self.start {
            Some(start) if (start.weights.len(), start.means.len(), start.covariances.len()) != (k, k * d, sizes) => {
                wrong(format!("a start of {k} weights, {} means and {sizes} covariances is needed", k * d))
            }
            Some(start)
                if start.weights.iter().any(|w| w.is_nan() || *w <= 0.0)
                    || (start.weights.iter().sum::<f64>() - 1.0).abs() > 1e-9 =>
            {
                wrong("the weights of a start must be above 0 and sum to 1".to_owned())
            }
            _ => Ok(()),
        }
    }
}
