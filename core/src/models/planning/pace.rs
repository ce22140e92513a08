//! Spending budgets on customers who come one after another.

use serde::{Deserialize, Serialize};

use super::range;
use crate::base::Result;

/// Prices of budgets that follow the spending: dual mirror descent (Balseiro, Lu, Mirrokni 2020).
///
/// Each customer gets the action with the largest value less the prices of what it takes, if that is above 0 and the
/// budgets still hold it. Then each budget's price moves by `step` times (spent / rate - 1), its rate being budget /
/// rounds: the price of a rate, so that budgets in any unit take the same step. No budget is ever overdrawn.
///
/// ```
/// use bactrian::models::planning::Pacer;
///
/// let mut pacer = Pacer::new(&[10.0], 100, 0.5)?;
/// let taken = (0..100).filter(|i| pacer.choose(&[f64::from(i % 10)], &[1.0]).unwrap().is_some()).count();
/// assert!(taken <= 10 && pacer.left()[0] == 10.0 - taken as f64);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pacer {
    left: Vec<f64>,
    /// What may be spent on a customer, on average.
    rates: Vec<f64>,
    /// What a rate costs.
    prices: Vec<f64>,
    step: f64,
}

impl Pacer {
    /// Budgets (at least 0) for so many customers. `step` (positive) is about value x (rate / use)^1.5 / sqrt(rounds), with
    /// the value and the use of those who should get something, and budget / rounds as the rate: larger steps let prices
    /// swing beyond what anything is worth.
    ///
    /// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange).
    pub fn new(budgets: &[f64], rounds: u64, step: f64) -> Result<Self> {
        let fine = budgets.iter().all(|budget| *budget >= 0.0 && budget.is_finite());
        if !(fine && rounds > 0 && step > 0.0 && step.is_finite()) {
            return range(format!("budgets of {budgets:?} for {rounds} customers with the step {step}"));
        }
        let rates = budgets.iter().map(|budget| budget / rounds as f64).collect();
        Ok(Pacer { left: budgets.to_vec(), rates, prices: vec![0.0; budgets.len()], step })
    }

    /// The action of the next customer, or none: a value each, and what each takes, budgets after actions
    /// (`uses[budget * actions + action]`, at least 0).
    ///
    /// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange) where shapes differ or a use is negative.
    pub fn choose(&mut self, values: &[f64], uses: &[f64]) -> Result<Option<usize>> {
        if uses.len() != values.len() * self.left.len() || uses.iter().any(|x| !(*x >= 0.0 && x.is_finite())) {
            return range(format!(
                "{} actions and {} budgets need as many uses of at least 0",
                values.len(),
                self.left.len()
            ));
        }
        if values.contains(&f64::INFINITY) {
            return range("the value of an action is infinite");
        }
        let of = |budget: usize, action: usize| uses.get(budget * values.len() + action).copied().unwrap_or(0.0);
        let (prices, mut best, mut most) = (self.prices(), None, 0.0);
        for (action, value) in values.iter().enumerate() {
            let price: f64 = prices.iter().enumerate().map(|(budget, price)| price * of(budget, action)).sum();
            let fits = self.left.iter().enumerate().all(|(budget, left)| of(budget, action) <= *left);
            if fits && value - price > most {
                (best, most) = (Some(action), value - price);
            }
        }
        for (budget, ((left, rate), price)) in self.left.iter_mut().zip(&self.rates).zip(&mut self.prices).enumerate() {
            let spent = best.map_or(0.0, |action| of(budget, action));
            *left -= spent;
            if *rate > 0.0 {
                *price = (*price + self.step * (spent / rate - 1.0)).max(0.0);
            }
        }
        Ok(best)
    }

    /// What is left of each budget.
    pub fn left(&self) -> &[f64] {
        &self.left
    }

    /// The price of a unit of each budget; 0 of an empty one.
    pub fn prices(&self) -> Vec<f64> {
        let of = |(price, rate): (&f64, &f64)| if *rate > 0.0 { price / rate } else { 0.0 };
        self.prices.iter().zip(&self.rates).map(of).collect()
    }
}
