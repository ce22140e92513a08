//! Who renewed how often: the rows of a contractual model.

use crate::base::{Error, ErrorKind, Result};
use crate::models::clv::history::{Grouped, check_weights, fault, same_length};

/// Contracts, one element each, as yet unchecked.
#[derive(Debug, Clone, Copy)]
pub struct Renewals<'a> {
    /// The number of renewals that have fallen due, whole and at least 0: for one who left, the last
    /// of them is the one that failed.
    pub due: &'a [f64],
    /// Whether the customer left at the last one.
    pub left: &'a [bool],
    /// How many customers each element stands for, at least 0; `None` is one each.
    pub weights: Option<&'a [f64]>,
}

/// Contracts that are known to be sound, as distinct rows with weights.
#[derive(Debug, Clone)]
pub struct CheckedRenewals {
    /// Frequency: renewals due; second: 1 for those who left.
    pub(super) rows: Grouped,
}

const MOST_RENEWALS: f64 = 1e7;

impl Renewals<'_> {
    /// The distinct contracts, or an error that names the first column and row at fault.
    ///
    /// ```
    /// use bactrian::models::clv::Renewals;
    ///
    /// let wrong = Renewals { due: &[0.0], left: &[true], weights: None };
    /// assert!(wrong.check().unwrap_err().to_string().starts_with("`due` is 0 in row 0"));
    /// ```
    pub fn check(self) -> Result<CheckedRenewals> {
        same_length(&[("due", self.due.len()), ("left", self.left.len())])?;
        for (row, (&due, &left)) in self.due.iter().zip(self.left).enumerate() {
            if !((0.0..=MOST_RENEWALS).contains(&due) && due.floor() == due) {
                return Err(fault("due", row, due, "but must be a whole number of at least 0"));
            }
            if left && due == 0.0 {
                return Err(fault("due", row, due, "but `left` says that a renewal failed"));
            }
        }
        if let Some(weights) = self.weights {
            same_length(&[("due", self.due.len()), ("weights", weights.len())])?;
            check_weights(weights)?;
        }
        let left: Vec<f64> = self.left.iter().map(|left| f64::from(u8::from(*left))).collect();
        Ok(CheckedRenewals { rows: Grouped::new(self.due, &left, None, self.weights) })
    }
}

/// The contracts behind a survival table: `alive[t]` customers were left after t renewals.
///
/// Errors: fewer than two entries, an entry that is negative or not finite, or one above the entry
/// before it.
///
/// ```
/// use bactrian::models::clv::{FitOptions, ShiftedBetaGeometric, survivors};
///
/// let regular = survivors(&[1000.0, 631.0, 468.0, 382.0, 326.0, 289.0, 262.0, 241.0])?;
/// let fitted = ShiftedBetaGeometric::fit(&regular, &FitOptions::default())?;
/// assert!((fitted.model.params().alpha - 0.704).abs() < 1e-3);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn survivors(alive: &[f64]) -> Result<CheckedRenewals> {
    let (mut due, mut left, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for (t, pair) in alive.windows(2).enumerate() {
        let lost = pair[0] - pair[1];
        if !(lost >= 0.0 && lost.is_finite() && pair[1] >= 0.0) {
            return Err(fault("alive", t + 1, pair[1], "but must be between 0 and the row before it"));
        }
        due.push((t + 1) as f64);
        left.push(true);
        weights.push(lost);
    }
    let Some(last) = alive.last().filter(|_| alive.len() > 1) else {
        return Err(Error::new(ErrorKind::NotEnoughData, "a survival table needs at least two entries"));
    };
    due.push((alive.len() - 1) as f64);
    left.push(false);
    weights.push(*last);
    Renewals { due: &due, left: &left, weights: Some(&weights) }.check()
}
