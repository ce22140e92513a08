//! Weighted sums over rows, from which components follow.

use super::params::Covariance;
use crate::models::cluster::points::Points;

/// Weighted sums over rows about the centre, for each component.
pub(super) struct Sums {
    pub(super) weight: Vec<f64>,
    pub(super) first: Vec<f64>,
    pub(super) second: Vec<f64>,
    pub(super) log_likelihood: f64,
}

impl Sums {
    pub(super) fn new(k: usize, dims: usize, covariance: Covariance) -> Sums {
        let size = if covariance == Covariance::Full { dims * dims } else { dims };
        Sums { weight: vec![0.0; k], first: vec![0.0; k * dims], second: vec![0.0; k * size], log_likelihood: 0.0 }
    }

    /// Adds a row to a component; of a full second moment only the lower triangle.
    pub(super) fn add(&mut self, row: &[f64], component: usize, share: f64, covariance: Covariance) {
        // A share this small changes no digit of any sum.
        if share < 1e-30 {
            return;
        }
        let d = row.len();
        self.weight[component] += share;
        for (sum, x) in self.first[component * d..(component + 1) * d].iter_mut().zip(row) {
            *sum += share * x;
        }
        match covariance {
            Covariance::Diagonal => {
                for (sum, x) in self.second[component * d..(component + 1) * d].iter_mut().zip(row) {
                    *sum += share * x * x;
                }
            }
            Covariance::Full => {
                let square = &mut self.second[component * d * d..(component + 1) * d * d];
                for (i, line) in square.chunks_exact_mut(d).enumerate() {
                    let scaled = share * row[i];
                    for (sum, x) in line[..=i].iter_mut().zip(row) {
                        *sum += scaled * x;
                    }
                }
            }
        }
    }
}

/// The mean of all rows.
pub(super) fn centre(points: &Points) -> Vec<f64> {
    let n = points.len() as f64;
    let mut mean = vec![0.0; points.dims()];
    for row in points.rows() {
        mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    mean.iter().map(|sum| sum / n).collect()
}
