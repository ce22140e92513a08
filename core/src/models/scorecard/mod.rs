//! Scorecards: a score that a person can add up by hand, and that says what held it back.
//!
//! Each feature is cut into a few bins ([`OptimalBinning`]) so that the bins tell as much as
//! possible about the outcome, the *event*; a bin becomes its weight of evidence; a logistic
//! regression weighs the features; and [`Scorecard`] turns the sum into points on a scale that the
//! business chose. Bins of special, missing and unseen values are bins like any other.

mod binning;
mod bins;
mod card;
mod cart;
mod counts;
mod levels;
mod optimal;

#[cfg(test)]
mod tests;

pub use binning::OptimalBinning;
pub use bins::{Binning, Bins};
pub use card::{CardFeature, Change, Reason, Scaling, Scorecard};
pub use counts::{Counts, information_value};
pub use optimal::Trend;

use crate::base::{Error, ErrorKind, Result};
use crate::models::Inputs;
use crate::models::linear::LogisticRegression;
use crate::models::named::check_distinct;

/// What a feature of a card holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Numbers.
    Numbers,
    /// Codes of categories.
    Categories,
}

/// How a scorecard is fitted: bins for each feature, a logistic regression on their weights of
/// evidence, points.
#[derive(Debug, Clone, Default)]
pub struct ScorecardFit {
    /// How features are cut.
    pub binning: OptimalBinning,
    /// How they are weighed.
    pub regression: LogisticRegression,
    /// The scale of the points.
    pub scaling: Scaling,
}

impl ScorecardFit {
    /// Fits a card: `features` names each feature and says what it holds; weights are at least 0.
    ///
    /// Features whose bins tell nothing (information value 0) get equal points in all bins. Errors
    /// as [`OptimalBinning::fit`] and [`LogisticRegression::fit`], and with [`ErrorKind::SchemaRange`] where two
    /// names are equal, or a feature alone parts the events from all others.
    pub fn fit(
        &self,
        inputs: &Inputs<'_>,
        features: &[(&str, Holds)],
        events: &[bool],
        weights: Option<&[f64]>,
    ) -> Result<Scorecard> {
        check_distinct(features.iter().map(|feature| feature.0))?;
        let (rows, width) = (inputs.rows(), inputs.features());
        if features.len() != width {
            return Err(Error::new(ErrorKind::SchemaRange, format!("{width} features, and {} names", features.len())));
        }
        let mut binnings = Vec::with_capacity(width);
        let mut evidence: Vec<Vec<f64>> = Vec::with_capacity(width);
        let mut column = vec![0.0; rows];
        for (index, (name, holds)) in features.iter().enumerate() {
            inputs.gather(index, 0, &mut column);
            let fitted = match holds {
                Holds::Numbers => self.binning.fit(&column, events, weights)?,
                Holds::Categories => self.binning.fit_categories(&column, events, weights)?,
            };
            if fitted.information_value() == 0.0 && parts(&column, events, *holds) {
                let text = format!("`{name}` alone parts the rows with the event from those without");
                let hint = "a scorecard can't weigh certainty: is it known only after the event? leave it out";
                return Err(Error::new(ErrorKind::SchemaRange, text).hint(hint));
            }
            let woe = fitted.weights_of_evidence();
            evidence.push(column.iter().map(|value| woe[fitted.bin(*value)]).collect());
            binnings.push(fitted);
        }
        let telling: Vec<usize> = (0..width).filter(|index| binnings[*index].information_value() > 0.0).collect();
        let columns: Vec<&[f64]> = telling.iter().map(|index| evidence[*index].as_slice()).collect();
        if columns.is_empty() {
            let error = Error::new(ErrorKind::NotEnoughData, "no feature tells anything about the event");
            return Err(error.hint("each bin needs rows with and without it: give more rows, or other features"));
        }
        let target: Vec<f64> = events.iter().map(|event| f64::from(u8::from(*event))).collect();
        let model = self.regression.fit(&Inputs::from_columns(&columns)?, &target, weights, None)?;
        let mut coefficients = vec![0.0; width];
        for (index, coefficient) in telling.iter().zip(&model.coefficients) {
            coefficients[*index] = *coefficient;
        }
        let named = features.iter().zip(binnings).zip(coefficients);
        let parts = named.map(|((feature, bins), coefficient)| (feature.0.to_owned(), bins, coefficient));
        Scorecard::new(parts.collect(), model.intercept, self.scaling)
    }
}

/// Whether the known values of rows with the event and of those without do not mix.
fn parts(column: &[f64], events: &[bool], holds: Holds) -> bool {
    let mut rows: Vec<(f64, bool)> = column.iter().copied().zip(events.iter().copied()).collect();
    rows.retain(|row| !row.0.is_nan());
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut turns = 0;
    for pair in rows.windows(2).filter(|pair| pair[0].1 != pair[1].1) {
        turns += 1;
        if pair[0].0 == pair[1].0 || (turns > 1 && holds == Holds::Numbers) {
            return false;
        }
    }
    turns > 0
}
