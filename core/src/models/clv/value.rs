//! Lifetime value over a finite horizon: purchases to come, times spend, discounted.

use super::beta_geo::BetaGeo;
use super::fitted::{Diagnostics, Fitted, Interval, Model, positive};
use super::history::{CheckedHistory, same_length};
use super::pareto::ParetoNbd;
use crate::base::{Error, ErrorKind, Result};

#[cfg(test)]
mod tests;

/// A model of purchases without a contract, whichever it is.
pub trait PurchaseModel: Send + Sync {
    /// P(alive at T) given `x` repeat purchases, the last at `t_x`; NaN outside of 0 <= t_x <= T.
    fn probability_alive(&self, x: f64, t_x: f64, age: f64) -> f64;

    /// Expected purchases in (T, T + t] given the purchases until T; NaN outside of the domain.
    fn expected_purchases(&self, t: f64, x: f64, t_x: f64, age: f64) -> f64;

    /// P(alive at T + `after`) of every row.
    fn probability_alive_all(&self, after: f64, rows: &CheckedHistory) -> Result<Vec<f64>>;

    /// Expected purchases in (T, T + t] of every row.
    fn expected_purchases_all(&self, t: f64, rows: &CheckedHistory) -> Result<Vec<f64>>;

    /// P(exactly `n` purchases in (T, T + t]) of every row.
    fn probability_of_all(&self, n: u32, t: f64, rows: &CheckedHistory) -> Result<Vec<f64>>;

    /// Sum of `weights[k]` times the expected purchases in (T, T + `times[k]`], of every row.
    fn weighted_purchases_all(&self, times: &[f64], weights: &[f64], rows: &CheckedHistory) -> Result<Vec<f64>>;

    /// The interval of any quantity of the model, by the diagnostics of its fit: [`Fitted::interval`].
    fn interval(
        &self,
        diagnostics: &Diagnostics,
        level: f64,
        quantity: &dyn Fn(&dyn PurchaseModel) -> f64,
    ) -> Result<Interval>;
}

/// The interval of a quantity of a model that is known by its trait.
pub(super) fn interval<M: Model + Copy>(
    model: &M,
    diagnostics: &Diagnostics,
    level: f64,
    quantity: impl Fn(&M) -> f64,
) -> Result<Interval> {
    Fitted { model: *model, diagnostics: diagnostics.clone() }.interval(level, quantity)
}

impl PurchaseModel for BetaGeo {
    fn probability_alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        BetaGeo::probability_alive(self, x, t_x, age)
    }

    fn expected_purchases(&self, t: f64, x: f64, t_x: f64, age: f64) -> f64 {
        BetaGeo::expected_purchases(self, t, x, t_x, age)
    }

    fn probability_alive_all(&self, after: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        BetaGeo::probability_alive_all(self, after, rows)
    }

    fn expected_purchases_all(&self, t: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        BetaGeo::expected_purchases_all(self, t, rows)
    }

    fn probability_of_all(&self, n: u32, t: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        BetaGeo::probability_of_all(self, n, t, rows)
    }

    fn weighted_purchases_all(&self, times: &[f64], weights: &[f64], rows: &CheckedHistory) -> Result<Vec<f64>> {
        BetaGeo::weighted_purchases_all(self, times, weights, rows)
    }

    fn interval(
        &self,
        diagnostics: &Diagnostics,
        level: f64,
        quantity: &dyn Fn(&dyn PurchaseModel) -> f64,
    ) -> Result<Interval> {
        interval(self, diagnostics, level, |model| quantity(model))
    }
}

impl PurchaseModel for ParetoNbd {
    fn probability_alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        ParetoNbd::probability_alive(self, x, t_x, age)
    }

    fn expected_purchases(&self, t: f64, x: f64, t_x: f64, age: f64) -> f64 {
        ParetoNbd::expected_purchases(self, t, x, t_x, age)
    }

    fn probability_alive_all(&self, after: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        ParetoNbd::probability_alive_all(self, after, rows)
    }

    fn expected_purchases_all(&self, t: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        ParetoNbd::expected_purchases_all(self, t, rows)
    }

    fn probability_of_all(&self, n: u32, t: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        ParetoNbd::probability_of_all(self, n, t, rows)
    }

    fn weighted_purchases_all(&self, times: &[f64], weights: &[f64], rows: &CheckedHistory) -> Result<Vec<f64>> {
        ParetoNbd::weighted_purchases_all(self, times, weights, rows)
    }

    fn interval(
        &self,
        diagnostics: &Diagnostics,
        level: f64,
        quantity: &dyn Fn(&dyn PurchaseModel) -> f64,
    ) -> Result<Interval> {
        interval(self, diagnostics, level, |model| quantity(model))
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
    /// The ends of the periods, and weights that turn purchases until them into discounted purchases.
    fn weights(&self) -> Result<(Vec<f64>, Vec<f64>)> {
        positive("length", self.length)?;
        check_periods(f64::from(self.periods))?;
        let weights = by_parts(self.periods, self.discount)?;
        Ok(((1..=self.periods).map(|i| f64::from(i) * self.length).collect(), weights))
    }
}

const MOST_PERIODS: f64 = 10_000.0;

fn check_periods(periods: f64) -> Result<()> {
    if (1.0..=MOST_PERIODS).contains(&periods) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::SchemaRange, format!("`periods` is {periods}, but must be 1 to 10,000")))
}

/// What the factor (1 + d)^-i of each period exceeds the next one's by; the last one has no next. So the
/// sum over i of (1 + d)^-i (E_i - E_(i-1)) is that of these times E_i.
fn by_parts(periods: u32, discount: f64) -> Result<Vec<f64>> {
    if !(discount >= 0.0 && discount.is_finite()) {
        let error = format!("`discount` is {discount}, but must be finite and at least 0");
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    let keep = 1.0 / (1.0 + discount);
    let mut factor = 1.0;
    let weight = |i: u32| {
        factor *= keep;
        factor - if i == periods { 0.0 } else { factor * keep }
    };
    Ok((1..=periods).map(weight).collect())
}

/// The error of a rate at which purchases without an end can't be discounted: one that is not finite and above 0.
///
/// ```
/// assert!(bactrian::models::clv::check_discount(0.1).is_ok() && bactrian::models::clv::check_discount(0.0).is_err());
/// ```
pub fn check_discount(discount: f64) -> Result<()> {
    positive("discount", discount).map(|_| ())
}

/// Times until `horizon`, and the weights that turn the expected purchases until each of them into
/// discounted ones, at the rate `discount` per unit of time: purchases of a unit are discounted as of
/// its end. The last unit may be cut short; without a discount there is one time, the horizon.
///
/// Errors: a horizon that is not above 0 or, with a discount, beyond 10,000 units; a discount below 0.
///
/// ```
/// use bactrian::models::clv::discount_weights;
///
/// let (times, weights) = discount_weights(2.5, 0.25)?;
/// assert_eq!(times, [1.0, 2.0, 2.5]);
/// assert!((weights.iter().sum::<f64>() - 0.8).abs() < 1e-15);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn discount_weights(horizon: f64, discount: f64) -> Result<(Vec<f64>, Vec<f64>)> {
    positive("horizon", horizon)?;
    if discount == 0.0 {
        return Ok((vec![horizon], vec![1.0]));
    }
    check_periods(horizon.ceil())?;
    let periods = horizon.ceil() as u32;
    Ok(((1..=periods).map(|i| f64::from(i).min(horizon)).collect(), by_parts(periods, discount)?))
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
    model: &dyn PurchaseModel,
    rows: &CheckedHistory,
    spend: &[f64],
    horizon: &Horizon,
) -> Result<Vec<f64>> {
    same_length(&[("frequency", rows.len()), ("spend", spend.len())])?;
    let (times, weights) = horizon.weights()?;
    let mut value = model.weighted_purchases_all(&times, &weights, rows)?;
    for (value, spend) in value.iter_mut().zip(spend) {
        *value *= spend;
    }
    Ok(value)
}
