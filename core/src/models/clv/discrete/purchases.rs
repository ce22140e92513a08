//! BG/BB as a model of purchases like the others: ages and spans of time are numbers of opportunities.

use super::params::BetaGeoBetaBinomial;
use super::rows::Opportunities;
use crate::base::{Error, ErrorKind, Result};
use crate::models::clv::fitted::{Diagnostics, Interval};
use crate::models::clv::history::{CheckedHistory, same_length};
use crate::models::clv::value::{PurchaseModel, interval};

/// A number of opportunities, if that is what `t` is.
fn whole(t: f64) -> Option<u32> {
    (t >= 0.0 && t <= f64::from(u32::MAX) && t.floor() == t).then_some(t as u32)
}

fn checked(t: f64) -> Result<u32> {
    let error = || Error::new(ErrorKind::SchemaRange, format!("time {t}, but must be a whole number of opportunities"));
    whole(t).ok_or_else(error)
}

/// A value of each row, once all rows are known to be whole numbers in their domain.
fn each(rows: &CheckedHistory, value: impl Fn(f64, f64, f64) -> f64 + Sync) -> Result<Vec<f64>> {
    let CheckedHistory { frequency, recency, age, .. } = *rows;
    Opportunities { frequency, recency, opportunities: age, weights: None }.check()?;
    Ok(rows.map(value))
}

impl PurchaseModel for BetaGeoBetaBinomial {
    fn probability_alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        BetaGeoBetaBinomial::probability_alive(self, 0, x, t_x, age)
    }

    fn expected_purchases(&self, t: f64, x: f64, t_x: f64, age: f64) -> f64 {
        whole(t).map_or(f64::NAN, |t| BetaGeoBetaBinomial::expected_purchases(self, t, x, t_x, age))
    }

    fn probability_alive_all(&self, after: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        let after = checked(after)?;
        each(rows, |x, t_x, n| BetaGeoBetaBinomial::probability_alive(self, after, x, t_x, n))
    }

    fn expected_purchases_all(&self, t: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        let t = checked(t)?;
        each(rows, |x, t_x, n| BetaGeoBetaBinomial::expected_purchases(self, t, x, t_x, n))
    }

    fn probability_of_all(&self, count: u32, t: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        let t = checked(t)?;
        each(rows, |x, t_x, n| BetaGeoBetaBinomial::probability_of(self, count, t, x, t_x, n))
    }

    fn weighted_purchases_all(&self, times: &[f64], weights: &[f64], rows: &CheckedHistory) -> Result<Vec<f64>> {
        same_length(&[("times", times.len()), ("weights", weights.len())])?;
        let times: Vec<u32> = times.iter().map(|t| checked(*t)).collect::<Result<_>>()?;
        each(rows, |x, t_x, n| {
            let bought = |t: &u32| BetaGeoBetaBinomial::expected_purchases(self, *t, x, t_x, n);
            times.iter().zip(weights).map(|(t, weight)| weight * bought(t)).sum()
        })
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
