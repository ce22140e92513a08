//! Many tests at once.

use crate::base::{Error, ErrorKind, Result};

/// The q-value of each p-value: the least share of false findings among all that would be kept with it
/// (Benjamini, Hochberg 1995, in the step-up form that is monotone in p). Keeping what has q <= 0.05
/// keeps at most 5% of false findings on average, if the tests are independent or positively dependent.
///
/// A p-value that is NaN takes no part, and its q-value is NaN. Errors with [`ErrorKind::SchemaRange`] for one that is not
/// from 0 to 1. Cost: a sort.
///
/// ```
/// use bactrian::models::associate::benjamini_hochberg;
///
/// assert_eq!(benjamini_hochberg(&[0.01, 0.04, 0.03, 0.5])?, [0.04, 0.04 * 4.0 / 3.0, 0.04 * 4.0 / 3.0, 0.5]);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn benjamini_hochberg(p: &[f64]) -> Result<Vec<f64>> {
    if let Some(wrong) = p.iter().find(|p| !p.is_nan() && !(0.0..=1.0).contains(*p)) {
        return Err(Error::new(ErrorKind::SchemaRange, format!("{wrong} is no p-value")).hint("they are from 0 to 1"));
    }
    Ok(q_values(p))
}

/// As [`benjamini_hochberg`] of p-values.
pub(crate) fn q_values(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).filter(|at| !p[*at].is_nan()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut q = vec![f64::NAN; p.len()];
    let mut least = 1.0_f64;
    for (rank, at) in order.iter().enumerate().rev() {
        least = least.min(p[*at] * order.len() as f64 / (rank + 1) as f64);
        q[*at] = least;
    }
    q
}
