//! Clusters of rows of numbers: k-means and Gaussian mixtures, and how far to believe in them.
//!
//! [`KMeans`] and [`GaussianMixture`] fit and assign; [`silhouette`] says how well rows sit in their
//! cluster, BIC how many components the data carry, [`stability`] whether the clusters come back on
//! resampled data. All randomness is keyed by a seed, and no result depends on the number of threads.

mod agreement;
mod gaussian;
mod kmeans;
mod points;
mod seeding;
mod silhouette;
mod swaps;

#[cfg(test)]
mod tests;

pub use agreement::{Stability, adjusted_rand, stability};
pub use gaussian::{Covariance, GaussianMixture, GaussianMixtureFit, GaussianMixtureParams, GaussianStart};
pub use kmeans::{KMeans, KMeansFit, KMeansParams};
pub use points::Points;
pub use silhouette::silhouette;
