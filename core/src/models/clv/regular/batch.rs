//! Predictions of many customers, row by row on all threads; the same bits as of one.

use rayon::prelude::*;

use super::params::RegularBetaGeo;
use crate::base::Result;
use crate::models::clv::fitted::{Diagnostics, Interval};
use crate::models::clv::history::{CheckedHistory, check_times, same_length};
use crate::models::clv::value::{PurchaseModel, interval};

/// A value of every row.
fn each(rows: &CheckedHistory, value: impl Fn(f64, f64, f64) -> f64 + Sync) -> Vec<f64> {
    let histories = rows.frequency.par_iter().zip(rows.recency.par_iter()).zip(rows.age.par_iter());
    histories.map(|((x, t_x), age)| value(*x, *t_x, *age)).collect()
}

impl PurchaseModel for RegularBetaGeo {
    fn probability_alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        RegularBetaGeo::probability_alive(self, x, t_x, age)
    }

    fn expected_purchases(&self, t: f64, x: f64, t_x: f64, age: f64) -> f64 {
        RegularBetaGeo::expected_purchases(self, t, x, t_x, age)
    }

    fn probability_alive_all(&self, after: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        check_times(&[after])?;
        Ok(each(rows, |x, t_x, age| self.probability_alive_after(after, x, t_x, age)))
    }

    fn expected_purchases_all(&self, t: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        check_times(&[t])?;
        Ok(each(rows, |x, t_x, age| RegularBetaGeo::expected_purchases(self, t, x, t_x, age)))
    }

    fn probability_of_all(&self, n: u32, t: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        check_times(&[t])?;
        Ok(each(rows, |x, t_x, age| self.probability_of(n, t, x, t_x, age)))
    }

    fn weighted_purchases_all(&self, times: &[f64], weights: &[f64], rows: &CheckedHistory) -> Result<Vec<f64>> {
        check_times(times)?;
        same_length(&[("times", times.len()), ("weights", weights.len())])?;
        let bought = |t: &f64, x, t_x, age| RegularBetaGeo::expected_purchases(self, *t, x, t_x, age);
        Ok(each(rows, |x, t_x, age| times.iter().zip(weights).map(|(t, weight)| weight * bought(t, x, t_x, age)).sum()))
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
