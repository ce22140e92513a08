//! Lifetime value over a finite horizon: purchases to come, times spend, discounted.

use super::beta_geo::BetaGeo;
use super::fitted::positive;
use super::history::{CheckedHistory, same_length};
use super::pareto::ParetoNbd;
use crate::base::{Error, ErrorKind, Result};

#[cfg(test)]
mod tests;

/// A model of purchases without a contract.
pub trait PurchaseModel {
    /// Sum of `weights[k]` times the expected purchases in (T, T + `times[k]`], of every row.
    fn weighted_purchases(&self, times: &[f64], weights: &[f64], rows: &CheckedHistory) -> Result<Vec<f64>>;
}

impl PurchaseModel for BetaGeo {
    fn weighted_purchases(&self, times: &[f64], weights: &[f64], rows: &CheckedHistory) -> Result<Vec<f64>> {
        self.weighted_purchases_all(times, weights, rows)
    }
}

impl PurchaseModel for ParetoNbd {
    fn weighted_purchases(&self, times: &[f64], weights: &[f64], rows: &CheckedHistory) -> Result<Vec<f64>> {
        self.weighted_purchases_all(times, weights, rows)
    }
}

/// How far to look, and how the future is discounted; as yet unchecked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Horizon {
    /// Number of periods: 1 to 10,000.
    pub periods: u32,
    /// Units of the model's time in one period; above 0.
    pub length: f64,
    /// Discount rate per period, at least 0; purchases of a period are discounted as of its end.
    pub discount: f64,
}

impl Horizon {
    /// The ends of the periods, and weights that turn purchases until them into discounted purchases:
    /// the sum over i of (1 + d)^-i (E_i - E_(i-1)), by parts.
    fn weights(&self) -> Result<(Vec<f64>, Vec<f64>)> {
        positive("length", self.length)?;
        if !(1..=10_000).contains(&self.periods) {
            let error = format!("`periods` is {}, but must be 1 to 10,000", self.periods);
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        if !(self.discount >= 0.0 && self.discount.is_finite()) {
            let error = format!("`discount` is {}, but must be finite and at least 0", self.discount);
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        let keep = 1.0 / (1.0 + self.discount);
        let mut factor = 1.0;
        let (mut times, mut weights) = (Vec::new(), Vec::new());
        for i in 1..=self.periods {
            factor *= keep;
            times.push(f64::from(i) * self.length);
            // What a period's factor exceeds the next one's by; the last one has no next.
            let next = if i == self.periods { 0.0 } else { factor * keep };
            weights.push(factor - next);
        }
        Ok((times, weights))
    }
}

/// The discounted value of each customer's purchases over `horizon`, in the money of `spend`.
///
/// `spend[i]` is the expected profit per purchase of row i, such as the margin times
/// [`GammaGamma::expected_spend`](super::GammaGamma::expected_spend); an unknown spend (NaN) gives an
/// unknown value. Errors: another number of spends than rows, a horizon out of range.
///
/// ```
/// use bactrian::models::clv::{BetaGeoParams, Dropout, History, Horizon, lifetime_value};
///
/// let params = BetaGeoParams { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426, dropout: Dropout::AfterRepeat };
/// let rows = History { frequency: &[2.0], recency: &[30.43], age: &[38.86], weights: None }.check()?;
/// // A year of 12 periods of 4.345 weeks, 1% a period, 24.66 a purchase.
/// let horizon = Horizon { periods: 12, length: 4.345, discount: 0.01 };
/// let value = lifetime_value(&params.check()?, &rows, &[24.66], &horizon)?;
/// assert!((value[0] - 36.28).abs() < 0.01, "{value:?}");
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn lifetime_value(
    model: &impl PurchaseModel,
    rows: &CheckedHistory,
    spend: &[f64],
    horizon: &Horizon,
) -> Result<Vec<f64>> {
    same_length(&[("frequency", rows.len()), ("spend", spend.len())])?;
    let (times, weights) = horizon.weights()?;
    let mut value = model.weighted_purchases(&times, &weights, rows)?;
    for (value, spend) in value.iter_mut().zip(spend) {
        *value *= spend;
    }
    Ok(value)
}
