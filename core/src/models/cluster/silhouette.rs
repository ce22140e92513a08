//! How well rows sit in their cluster.

use rayon::prelude::*;

use super::points::{Points, squared_distance};
use crate::base::numeric::mean;
use crate::base::random::Random;
use crate::base::{Error, ErrorKind, Result};

/// The mean silhouette (Rousseeuw 1987): (b - a) / max(a, b) with a the mean distance to the own
/// cluster's other rows and b to those of the nearest other cluster; 0 for a row alone in its cluster.
///
/// Of more than `sample` rows, that many are drawn without replacement by `seed`, and the others take
/// no part. Errors: another number of labels than rows, fewer than two clusters among the rows used.
/// Cost: rows used squared x dims.
///
/// ```
/// use bactrian::models::cluster::{Points, silhouette};
///
/// let points = Points::new(&[0.0, 1.0, 10.0, 11.0], 1)?;
/// let value = silhouette(&points, &[0, 0, 1, 1], 10_000, 0)?;
/// assert!((value - 0.8997).abs() < 1e-4);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn silhouette(points: &Points, labels: &[u32], sample: usize, seed: u64) -> Result<f64> {
    if labels.len() != points.len() {
        let error = format!("{} labels of {} rows", labels.len(), points.len());
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    let mut rows: Vec<usize> = (0..points.len()).collect();
    if rows.len() > sample {
        Random::keyed(seed, 0).shuffle(&mut rows);
        rows.truncate(sample);
        rows.sort_unstable();
    }
    let mut clusters: Vec<u32> = rows.iter().map(|&row| labels[row]).collect();
    clusters.sort_unstable();
    clusters.dedup();
    if clusters.len() < 2 {
        return Err(Error::new(ErrorKind::NotEnoughData, "a silhouette needs rows of at least two clusters"));
    }
    let place = |row: usize| clusters.partition_point(|label| *label < labels[row]);
    let places: Vec<usize> = rows.iter().map(|&row| place(row)).collect();
    let mut sizes = vec![0.0; clusters.len()];
    for &place in &places {
        sizes[place] += 1.0;
    }
    let one = |(&row, &own): (&usize, &usize)| {
        let mut sums = vec![0.0; sizes.len()];
        for (&other, &place) in rows.iter().zip(&places) {
            sums[place] += squared_distance(points.row(row), points.row(other)).sqrt();
        }
        if sizes[own] <= 1.0 {
            return 0.0;
        }
        let within = sums[own] / (sizes[own] - 1.0);
        let others = sums.iter().zip(&sizes).enumerate().filter(|(place, _)| *place != own);
        let nearest = others.map(|(_, (sum, size))| sum / size).fold(f64::INFINITY, f64::min);
        let most = within.max(nearest);
        if most == 0.0 { 0.0 } else { (nearest - within) / most }
    };
    let values: Vec<f64> = rows.par_iter().zip(&places).map(one).collect();
    Ok(mean(&values))
}
