//! Purchases at opportunities: the rows of a discrete model.

use crate::base::{Error, ErrorKind, Result};
use crate::models::clv::history::{Grouped, check_frequency, check_weights, fault, same_length};

/// Histories over opportunities, one element each, as yet unchecked.
#[derive(Debug, Clone, Copy)]
pub struct Opportunities<'a> {
    /// x, purchases after the first one: whole, at least 0.
    pub frequency: &'a [f64],
    /// t_x, the opportunity of the last purchase: whole, at least `frequency`, 0 where that is 0.
    pub recency: &'a [f64],
    /// n, opportunities since the first purchase: whole, at least `recency`, at most 100,000.
    pub opportunities: &'a [f64],
    /// How many customers each element stands for, at least 0; `None` is one each.
    pub weights: Option<&'a [f64]>,
}

/// Histories that are known to be sound, as distinct rows with weights.
#[derive(Debug, Clone)]
pub struct CheckedOpportunities {
    pub(super) rows: Grouped,
}

const MOST: f64 = 1e5;

impl Opportunities<'_> {
    /// The distinct histories, or an error that names the first column and row at fault.
    ///
    /// ```
    /// use bactrian::models::clv::Opportunities;
    ///
    /// let wrong = Opportunities { frequency: &[3.0], recency: &[2.0], opportunities: &[6.0], weights: None };
    /// assert_eq!(wrong.check().unwrap_err().to_string(), "`recency` is 2 in row 0, below `frequency` 3");
    /// ```
    pub fn check(self) -> Result<CheckedOpportunities> {
        let Opportunities { frequency, recency, opportunities, weights } = self;
        let n = frequency.len();
        same_length(&[("frequency", n), ("recency", recency.len()), ("opportunities", opportunities.len())])?;
        for (row, ((&x, &t_x), &n)) in frequency.iter().zip(recency).zip(opportunities).enumerate() {
            check_frequency(row, x)?;
            for (name, value) in [("recency", t_x), ("opportunities", n)] {
                if !((0.0..=MOST).contains(&value) && value.floor() == value) {
                    return Err(fault(name, row, value, "but must be a whole number of 0 to 100,000"));
                }
            }
            if t_x < x {
                return Err(fault("recency", row, t_x, &format!("below `frequency` {x}")));
            }
            if t_x > n {
                return Err(fault("recency", row, t_x, &format!("above `opportunities` {n}")));
            }
            if x == 0.0 && t_x > 0.0 {
                return Err(fault(
                    "recency",
                    row,
                    t_x,
                    "but `frequency` is 0: nothing was bought after the first time",
                ));
            }
        }
        if let Some(weights) = weights {
            same_length(&[("frequency", n), ("weights", weights.len())])?;
            check_weights(weights)?;
        }
        Ok(CheckedOpportunities { rows: Grouped::new(frequency, recency, Some(opportunities), weights) })
    }
}

impl CheckedOpportunities {
    /// The sum of the weights.
    pub fn customers(&self) -> f64 {
        self.rows.total()
    }

    /// Purchases per opportunity, or an error where there is nothing to learn from.
    pub(super) fn rate(&self) -> Result<f64> {
        let rows = &self.rows;
        let mut sums = [0.0; 2];
        for group in &rows.groups {
            for row in group.rows.clone() {
                sums[0] += rows.weight[row] * group.frequency;
                sums[1] += rows.weight[row] * rows.third[row];
            }
        }
        let [bought, chances] = sums;
        if rows.weight.is_empty() || (rows.weight.len() == 1 && rows.total() <= 1.0) {
            return Err(Error::new(ErrorKind::NotEnoughData, "a fit needs at least two customers"));
        }
        if bought == 0.0 || chances == 0.0 {
            return Err(Error::new(ErrorKind::NotEnoughData, "every `frequency` is 0: nobody bought again"));
        }
        Ok(bought / chances)
    }
}
