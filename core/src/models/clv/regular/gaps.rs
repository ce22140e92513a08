//! How regular the gaps are, without a model of dropout.

use crate::base::numeric::{mean, variance};
use crate::base::{Error, ErrorKind, Result};
use crate::models::clv::history::{CheckedHistory, same_length};

/// The regularity of gaps over customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regularity {
    /// k of Erlang-k gaps: 1 is chance, infinity the clock.
    pub k: f64,
    /// Its standard error by the delta method.
    pub standard_error: f64,
    /// Customers with two gaps.
    pub customers: usize,
}

/// k from two successive gaps of each customer (Wheat, Morrison 1990).
///
/// The share M = first / (first + second) of Erlang-k gaps has variance 1 / (4 (2 k + 1)) whatever the
/// customer's own rate, so that k = (1 - 4 v) / (8 v). Customers of whom a gap is unknown (NaN) or
/// not above 0 are left out. Errors: columns of different lengths, fewer than three customers.
///
/// ```
/// use bactrian::models::clv::wheat_morrison;
///
/// let clock = wheat_morrison(&[7.0, 30.0, 2.0], &[7.1, 30.2, 2.0])?;
/// assert!(clock.k > 1000.0);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn wheat_morrison(first: &[f64], second: &[f64]) -> Result<Regularity> {
    same_length(&[("first", first.len()), ("second", second.len())])?;
    let known = first.iter().zip(second).filter(|(a, b)| **a > 0.0 && **b > 0.0 && a.is_finite() && b.is_finite());
    let shares: Vec<f64> = known.map(|(a, b)| a / (a + b)).collect();
    let n = shares.len();
    if n < 3 {
        return Err(Error::new(ErrorKind::NotEnoughData, "regularity needs at least three customers with two gaps"));
    }
    // The mean is 1/2 by symmetry; the variance about the sample's own mean is robust to a trend.
    let spread = variance(&shares, 1);
    let centre = mean(&shares);
    let fourth =
        shares.iter().map(|x| (x - centre) * (x - centre) * (x - centre) * (x - centre)).sum::<f64>() / n as f64;
    let error = ((fourth - spread * spread).max(0.0) / n as f64).sqrt();
    let k = (1.0 - 4.0 * spread) / (8.0 * spread);
    Ok(Regularity { k, standard_error: error / (8.0 * spread * spread), customers: n })
}

/// The sum of ln(gap) over all gaps of all customers, from that of each, for [`RegularBetaGeo::fit`]; 0 where they
/// are not given. Errors: another number of them than rows, one that is not finite.
///
/// [`RegularBetaGeo::fit`]: super::RegularBetaGeo::fit
pub fn total_log_gaps(log_gaps: Option<&[f64]>, rows: &CheckedHistory) -> Result<f64> {
    let Some(log_gaps) = log_gaps else { return Ok(0.0) };
    same_length(&[("frequency", rows.len()), ("log_gaps", log_gaps.len())])?;
    if let Some((row, found)) = log_gaps.iter().enumerate().find(|(_, found)| !found.is_finite()) {
        let error = format!("`log_gaps` is {found} in row {row}, but must be finite");
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    let weight = |row: usize| rows.weights.map_or(1.0, |weights| weights.get(row).copied().unwrap_or(1.0));
    Ok(log_gaps.iter().enumerate().map(|(row, found)| weight(row) * found).sum())
}
