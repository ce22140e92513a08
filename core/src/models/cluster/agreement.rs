//! Do two labellings agree, and do clusters come back?

use super::points::Points;
use crate::base::numeric::mean;
use crate::base::random::Random;
use crate::base::{Error, ErrorKind, Result};

/// The adjusted Rand index of two labellings of the same rows (Hubert, Arabie 1985): 1 for the same
/// partition, about 0 for chance, negative for less. 1 where both are trivial alike. An error for
/// different lengths or no row.
///
/// ```
/// use bactrian::models::cluster::adjusted_rand;
///
/// assert_eq!(adjusted_rand(&[0, 0, 1, 1], &[5, 5, 2, 2])?, 1.0);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn adjusted_rand(left: &[u32], right: &[u32]) -> Result<f64> {
    if left.len() != right.len() || left.is_empty() {
        let error = format!("{} labels against {}; at least one row is needed", left.len(), right.len());
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    let pairs = |count: usize| count as f64 * (count as f64 - 1.0) / 2.0;
    let same = |keys: &mut Vec<(u32, u32)>| -> f64 {
        keys.sort_unstable();
        keys.chunk_by(|a, b| a == b).map(|run| pairs(run.len())).sum()
    };
    let both = same(&mut left.iter().copied().zip(right.iter().copied()).collect());
    let first = same(&mut left.iter().map(|label| (*label, 0)).collect());
    let second = same(&mut right.iter().map(|label| (*label, 0)).collect());
    let expected = first * second / pairs(left.len());
    let most = 0.5 * (first + second);
    Ok(if most == expected { 1.0 } else { (both - expected) / (most - expected) })
}

/// How clusters fare on resampled rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Stability {
    /// Mean adjusted Rand index with the clusters of all rows.
    pub mean: f64,
    /// The index of each resample.
    pub runs: Vec<f64>,
}

/// Clusters `runs` bootstrap resamples and compares how they and the clusters of all rows label all
/// rows (Hennig 2007): near 1 the clusters are the data's, below about 0.6 they are the method's.
///
/// `label(rows, seed)` clusters some rows and answers a function that labels any row; it is called
/// once with all rows and once for each resample. Errors: no run, no row, what `label` says.
///
/// ```
/// use bactrian::models::cluster::{KMeans, KMeansParams, Points, stability};
///
/// let data: Vec<f64> = (0..60).map(|i| f64::from(i % 3) * 10.0 + f64::from(i) * 0.01).collect();
/// let points = Points::new(&data, 1)?;
/// let clusters = |rows: &Points, seed| {
///     let params = KMeansParams { seed, ..KMeansParams::new(3) };
///     let model = KMeans::fit(rows, &params)?.model;
///     Ok(move |all: &Points| model.predict(all))
/// };
/// assert!(stability(&points, 10, 1, clusters)?.mean > 0.99);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn stability<F>(
    points: &Points,
    runs: u32,
    seed: u64,
    label: impl Fn(&Points, u64) -> Result<F>,
) -> Result<Stability>
where
    F: Fn(&Points) -> Result<Vec<u32>>,
{
    if runs == 0 || points.is_empty() {
        return Err(Error::new(ErrorKind::NotEnoughData, "stability needs at least one run and one row"));
    }
    let whole = label(points, seed)?(points)?;
    let one = |run: u32| {
        let mut random = Random::keyed(seed, u64::from(run));
        let rows: Vec<usize> = (0..points.len()).map(|_| random.below(points.len() as u64) as usize).collect();
        let drawn = points.pick(&rows);
        let labels = label(&Points::new(&drawn, points.dims())?, seed)?(points)?;
        adjusted_rand(&whole, &labels)
    };
    let runs = (0..runs).map(one).collect::<Result<Vec<f64>>>()?;
    Ok(Stability { mean: mean(&runs), runs })
}
