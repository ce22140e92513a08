//! A component as the density needs it.

use crate::base::numeric::ln;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Component {
    /// ln of weight and density at the mean.
    pub(super) top: f64,
    pub(super) mean: Vec<f64>,
    /// Diagonal: 1 / deviation of each column. Full: the inverse of Cholesky's factor, row by row of the
    /// lower triangle.
    pub(super) whiten: Vec<f64>,
}

/// 1 / deviation of each column, and the sum of their logarithms; `None` unless all variances are positive.
pub(super) fn deviations(variances: &[f64]) -> Option<(Vec<f64>, f64)> {
    if variances.iter().any(|v| v.is_nan() || *v <= 0.0) {
        return None;
    }
    let whiten: Vec<f64> = variances.iter().map(|v| 1.0 / v.sqrt()).collect();
    let log = whiten.iter().map(|w| ln(*w)).sum();
    Some((whiten, log))
}

/// The inverse of Cholesky's lower factor, packed by rows, and ln of its determinant.
pub(super) fn inverse_factor(covariance: &[f64], d: usize) -> Option<(Vec<f64>, f64)> {
    let mut lower = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| lower[i * d + k] * lower[j * d + k]).sum();
            let rest = covariance[i * d + j] - known;
            lower[i * d + j] = if i != j {
                rest / lower[j * d + j]
            } else if rest > 0.0 {
                rest.sqrt()
            } else {
                return None;
            };
        }
    }
    // Columns of the inverse by forward substitution.
    let mut inverse = vec![0.0; d * d];
    for j in 0..d {
        for i in j..d {
            let unit = if i == j { 1.0 } else { 0.0 };
            let known: f64 = (j..i).map(|k| lower[i * d + k] * inverse[k * d + j]).sum();
            inverse[i * d + j] = (unit - known) / lower[i * d + i];
        }
    }
    let packed = (0..d).flat_map(|i| inverse[i * d..i * d + i + 1].to_vec()).collect();
    Some((packed, (0..d).map(|i| ln(inverse[i * d + i])).sum()))
}
