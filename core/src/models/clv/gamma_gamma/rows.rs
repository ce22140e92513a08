//! How often and for how much: the rows of a spend model.

use crate::base::{Error, ErrorKind, Result, numeric};
use crate::models::clv::history::{Grouped, check_frequency, check_weights, fault, same_length};

/// The spend of customers, one element each, as yet unchecked.
#[derive(Debug, Clone, Copy)]
pub struct Spend<'a> {
    /// x, the number of purchases that `mean` averages: whole, at least 0.
    pub frequency: &'a [f64],
    /// m, the mean amount of those purchases: above 0; not read where `frequency` is 0.
    pub mean: &'a [f64],
    /// How many customers each element stands for, at least 0; `None` is one each.
    pub weights: Option<&'a [f64]>,
}

/// Spend that is known to be sound; only [`Spend::check`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct CheckedSpend<'a> {
    pub(super) frequency: &'a [f64],
    pub(super) mean: &'a [f64],
    weights: Option<&'a [f64]>,
}

/// Distinct pairs of frequency and mean spend, with weights; without the customers of frequency 0,
/// who say nothing of spend.
#[derive(Debug, Clone)]
pub struct CompressedSpend {
    pub(super) rows: Grouped,
}

impl<'a> Spend<'a> {
    /// The same spend as checked, or an error that names the first column and row at fault.
    ///
    /// ```
    /// use bactrian::models::clv::Spend;
    ///
    /// let wrong = Spend { frequency: &[2.0, 1.0], mean: &[5.0, 0.0], weights: None };
    /// assert!(wrong.check().unwrap_err().to_string().starts_with("`mean` is 0 in row 1"));
    /// ```
    pub fn check(self) -> Result<CheckedSpend<'a>> {
        let Spend { frequency, mean, weights } = self;
        same_length(&[("frequency", frequency.len()), ("mean", mean.len())])?;
        for (row, (&x, &m)) in frequency.iter().zip(mean).enumerate() {
            check_frequency(row, x)?;
            if x > 0.0 && !(m.is_finite() && m > 0.0) {
                let error = fault("mean", row, m, "but must be finite and above 0");
                return Err(error.hint("leave out customers whose purchases were free or returned"));
            }
        }
        if let Some(weights) = weights {
            same_length(&[("frequency", frequency.len()), ("weights", weights.len())])?;
            check_weights(weights)?;
        }
        Ok(CheckedSpend { frequency, mean, weights })
    }
}

impl CheckedSpend<'_> {
    /// The distinct rows, for fits. One sort.
    pub fn compress(&self) -> CompressedSpend {
        let bought: Vec<usize> = (0..self.frequency.len()).filter(|&row| self.frequency[row] > 0.0).collect();
        let pick = |column: &[f64]| -> Vec<f64> { bought.iter().map(|&row| column[row]).collect() };
        let weights = self.weights.map(pick);
        CompressedSpend { rows: Grouped::new(&pick(self.frequency), &pick(self.mean), None, weights.as_deref()) }
    }
}

impl CompressedSpend {
    /// The number of distinct rows.
    pub fn len(&self) -> usize {
        self.rows.weight.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.weight.is_empty()
    }

    /// The mean of the mean spends, or an error where there is nothing to learn from.
    pub(super) fn centre(&self) -> Result<f64> {
        if self.is_empty() || (self.len() == 1 && self.rows.total() <= 1.0) {
            return Err(Error::new(ErrorKind::NotEnoughData, "a fit of spend needs at least two customers who bought"));
        }
        Ok(numeric::dot(&self.rows.second, &self.rows.weight) / self.rows.total())
    }
}
