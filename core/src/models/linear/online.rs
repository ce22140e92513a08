//! Logistic models that learn one row after another, and forget with time.

use serde::{Deserialize, Serialize};

use super::logistic;
use super::logistic::shrunk;
use crate::base::numeric::{decay, rate_of_half_life};
use crate::base::{Error, ErrorKind, Result};
use crate::models::Inputs;

/// What both learners keep about time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Clock {
    /// Decay per microsecond; 0 forgets nothing.
    rate: f64,
    /// Time of the latest row.
    last: Option<i64>,
}

impl Clock {
    fn new(half_life: Option<i64>) -> Result<Self> {
        match half_life {
            None => Ok(Clock { rate: 0.0, last: None }),
            Some(span) if span > 0 => Ok(Clock { rate: rate_of_half_life(span), last: None }),
            Some(span) => Err(Error::new(ErrorKind::SchemaRange, format!("the half-life is {span} microseconds"))),
        }
    }

    /// What is left at `at` of what was known; a row from before the latest one decays nothing.
    fn advance(&mut self, at: i64) -> f64 {
        let passed = self.last.map_or(0, |last| at.saturating_sub(last).max(0));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        decay(passed, self.rate)
    }
}

/// Most features of a model that learns: as many as a model file may have.
const MOST_FEATURES: usize = 1 << 20;

fn check_features(features: usize) -> Result<()> {
    if features <= MOST_FEATURES {
        return Ok(());
    }
    Err(Error::new(ErrorKind::SchemaRange, format!("{features} features; a model may have {MOST_FEATURES}")))
}

fn check(row: &[f64], features: usize) -> Result<()> {
    if row.len() == features {
        return Ok(());
    }
    Err(Error::new(ErrorKind::SchemaRange, format!("the model takes {features} features, not {}", row.len())))
}

/// An unknown feature says nothing.
fn known(x: f64) -> f64 {
    if x.is_finite() { x } else { 0.0 }
}

fn check_outcome(y: f64) -> Result<()> {
    if (0.0..=1.0).contains(&y) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::SchemaRange, format!("an outcome must be in [0, 1], not {y}")))
}

/// Takes rows one by one, once all are known to be fit to be learnt; gives what each gave.
fn each(
    inputs: &Inputs<'_>,
    features: usize,
    outcomes: &[f64],
    times: Option<&[i64]>,
    mut learn: impl FnMut(&[f64], f64, i64) -> Result<f64>,
) -> Result<Vec<f64>> {
    let mut row = vec![0.0; inputs.features()];
    check(&row, features)?;
    if outcomes.len() != inputs.rows() || times.is_some_and(|times| times.len() != outcomes.len()) {
        let text = format!("{} rows need as many outcomes and times", inputs.rows());
        return Err(Error::new(ErrorKind::SchemaRange, text));
    }
    outcomes.iter().try_for_each(|outcome| check_outcome(*outcome))?;
    let mut expected = Vec::with_capacity(outcomes.len());
    for (index, outcome) in outcomes.iter().enumerate() {
        row.iter_mut().enumerate().for_each(|(feature, slot)| *slot = inputs.value(index, feature));
        let at = times.and_then(|times| times.get(index)).copied().unwrap_or(0);
        expected.push(learn(&row, *outcome, at)?);
    }
    Ok(expected)
}

/// A number for every row.
pub(super) fn every(inputs: &Inputs<'_>, features: usize, of: impl Fn(&[f64]) -> f64) -> Result<Vec<f64>> {
    let mut row = vec![0.0; inputs.features()];
    check(&row, features)?;
    let numbers = (0..inputs.rows()).map(|index| {
        row.iter_mut().enumerate().for_each(|(feature, slot)| *slot = inputs.value(index, feature));
        of(&row)
    });
    Ok(numbers.collect())
}

/// Logistic regression by stochastic gradient descent with a constant rate.
///
/// A row moves each weight by rate x ((y - p) x - l2 weight), the intercept by its own rate. With a
/// half-life, all weights fade towards zero (a probability of one half) with the time between rows.
/// An unknown or infinite feature counts as 0. The models are the same whether rows are learnt
/// one by one or many at once. Cost: two passes over the features.
///
/// ```
/// use bactrian::models::linear::OnlineLogistic;
///
/// let mut model = OnlineLogistic::new(1, 0.1, 0.1, 0.0, None)?;
/// for i in 0..100 {
///     let x = f64::from(i % 2);
///     model.learn(&[x], x, i64::from(i))?;
/// }
/// assert!(model.predict(&[1.0])? > 0.5 && model.predict(&[0.0])? < 0.5);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnlineLogistic {
    weights: Vec<f64>,
    intercept: f64,
    rate: f64,
    intercept_rate: f64,
    l2: f64,
    clock: Clock,
}

impl OnlineLogistic {
    /// A model that knows nothing, with its rates (positive, the intercept's at least 0), penalty
    /// (at least 0) and half-life in microseconds.
    ///
    /// Errors with [`ErrorKind::SchemaRange`].
    pub fn new(features: usize, rate: f64, intercept_rate: f64, l2: f64, half_life: Option<i64>) -> Result<Self> {
        let fine = rate > 0.0 && [rate, intercept_rate, l2].iter().all(|x| *x >= 0.0 && x.is_finite());
        if !fine {
            return Err(Error::new(ErrorKind::SchemaRange, "rates and penalty must be finite and not negative"));
        }
        check_features(features)?;
        let clock = Clock::new(half_life)?;
        Ok(OnlineLogistic { weights: vec![0.0; features], intercept: 0.0, rate, intercept_rate, l2, clock })
    }

    /// The weights of the features.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The intercept.
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// The probability of a row, as of the last row learnt.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where `row` has not a number for every feature.
    pub fn predict(&self, row: &[f64]) -> Result<f64> {
        check(row, self.weights.len())?;
        Ok(logistic(self.score(row)))
    }

    fn score(&self, row: &[f64]) -> f64 {
        row.iter().zip(&self.weights).fold(self.intercept, |sum, (x, w)| sum + known(*x) * w)
    }

    /// Learns an outcome in [0, 1] at a time in microseconds (any where there is no half-life); gives
    /// the probability that was expected.
    ///
    /// Errors with [`ErrorKind::SchemaRange`], and learns nothing then.
    pub fn learn(&mut self, row: &[f64], outcome: f64, at: i64) -> Result<f64> {
        check(row, self.weights.len())?;
        check_outcome(outcome)?;
        let left = self.clock.advance(at);
        if left < 1.0 {
            self.weights.iter_mut().for_each(|w| *w *= left);
            self.intercept *= left;
        }
        let expected = logistic(self.score(row));
        let error = outcome - expected;
        for (weight, x) in self.weights.iter_mut().zip(row) {
            *weight += self.rate * (error * known(*x) - self.l2 * *weight);
        }
        self.intercept += self.intercept_rate * error;
        Ok(expected)
    }

    /// Learns rows in their order, as [`OnlineLogistic::learn`] one by one, to the bit; gives the
    /// probability that was expected of each. Without `times` all rows are of one moment, 0.
    ///
    /// Errors with [`ErrorKind::SchemaRange`], and learns nothing then.
    pub fn learn_rows(&mut self, inputs: &Inputs<'_>, outcomes: &[f64], times: Option<&[i64]>) -> Result<Vec<f64>> {
        each(inputs, self.weights.len(), outcomes, times, |row, outcome, at| self.learn(row, outcome, at))
    }

    /// The probability of each row, as of the last row learnt.
    ///
    /// Errors as [`OnlineLogistic::predict`].
    pub fn predict_rows(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>> {
        every(inputs, self.weights.len(), |row| logistic(self.score(row)))
    }
}

/// Follow the regularised leader, proximal: logistic regression with a rate a feature, which falls
/// as the feature is seen, and weights that are exactly zero where little is known.
///
/// McMahan et al. (2013), algorithm 1, with rate alpha / (beta + sqrt(sum of squared gradients)),
/// penalties l1 and l2, and an intercept that is a feature without l1. With a half-life, each past
/// row's term in the leader's sum is weighted by 2^(-age / half-life); without, it is the published
/// algorithm. An unknown or infinite feature counts as 0. Learning many rows is learning them one
/// by one, to the bit.
///
/// ```
/// use bactrian::models::linear::Ftrl;
///
/// let mut model = Ftrl::new(2, 0.5, 1.0, 1.0, 0.0, None)?;
/// for i in 0..200 {
///     let x = f64::from(i % 2);
///     model.learn(&[x, 0.01], x, i64::from(i))?;
/// }
/// assert!(model.predict(&[1.0, 0.0])? > 0.7);
/// assert_eq!(model.weights()[1], 0.0);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ftrl {
    /// One a feature, the intercept last.
    coordinates: Vec<Coordinate>,
    alpha: f64,
    beta: f64,
    l1: f64,
    l2: f64,
    clock: Clock,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Coordinate {
    /// The linear term of the leader's sum.
    z: f64,
    /// Squared gradients.
    n: f64,
    /// The quadratic term: sqrt(n) / alpha where nothing is forgotten.
    s: f64,
}

impl Ftrl {
    /// A model that knows nothing; `alpha` is positive, the others at least 0; the half-life is in
    /// microseconds.
    ///
    /// Errors with [`ErrorKind::SchemaRange`].
    pub fn new(features: usize, alpha: f64, beta: f64, l1: f64, l2: f64, half_life: Option<i64>) -> Result<Self> {
        if !(alpha > 0.0 && [alpha, beta, l1, l2].iter().all(|x| *x >= 0.0 && x.is_finite())) {
            return Err(Error::new(ErrorKind::SchemaRange, "`alpha` must be positive, the others at least 0"));
        }
        check_features(features)?;
        let coordinates = vec![Coordinate::default(); features + 1];
        Ok(Ftrl { coordinates, alpha, beta, l1, l2, clock: Clock::new(half_life)? })
    }

    fn weight(&self, index: usize) -> f64 {
        let Some(c) = self.coordinates.get(index) else { return 0.0 };
        let l1 = if index + 1 < self.coordinates.len() { self.l1 } else { 0.0 };
        let curve = self.beta / self.alpha + c.s + self.l2;
        if curve > 0.0 { -shrunk(c.z, l1) / curve } else { 0.0 }
    }

    /// The weights of the features.
    pub fn weights(&self) -> Vec<f64> {
        (0..self.coordinates.len() - 1).map(|index| self.weight(index)).collect()
    }

    /// The intercept.
    pub fn intercept(&self) -> f64 {
        self.weight(self.coordinates.len() - 1)
    }

    /// The probability of a row, as of the last row learnt.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where `row` has not a number for every feature.
    pub fn predict(&self, row: &[f64]) -> Result<f64> {
        check(row, self.coordinates.len() - 1)?;
        Ok(logistic(self.score(row)))
    }

    fn score(&self, row: &[f64]) -> f64 {
        row.iter().enumerate().fold(self.intercept(), |sum, (index, x)| sum + known(*x) * self.weight(index))
    }

    /// Learns an outcome in [0, 1] at a time in microseconds; gives the probability that was expected.
    ///
    /// Errors with [`ErrorKind::SchemaRange`], and learns nothing then.
    pub fn learn(&mut self, row: &[f64], outcome: f64, at: i64) -> Result<f64> {
        check(row, self.coordinates.len() - 1)?;
        check_outcome(outcome)?;
        let left = self.clock.advance(at);
        if left < 1.0 {
            for c in &mut self.coordinates {
                *c = Coordinate { z: c.z * left, n: c.n * left, s: c.s * left };
            }
        }
        let expected = logistic(self.score(row));
        let slope = expected - outcome;
        for index in 0..self.coordinates.len() {
            let x = row.get(index).map_or(1.0, |x| known(*x));
            let gradient = slope * x;
            let weight = self.weight(index);
            if let Some(c) = self.coordinates.get_mut(index) {
                let more = ((c.n + gradient * gradient).sqrt() - c.n.sqrt()) / self.alpha;
                c.z += gradient - more * weight;
                c.n += gradient * gradient;
                c.s += more;
            }
        }
        Ok(expected)
    }

    /// Learns rows in their order, as [`Ftrl::learn`] one by one, to the bit; gives the
    /// probability that was expected of each. Without `times` all rows are of one moment, 0.
    ///
    /// Errors with [`ErrorKind::SchemaRange`], and learns nothing then.
    pub fn learn_rows(&mut self, inputs: &Inputs<'_>, outcomes: &[f64], times: Option<&[i64]>) -> Result<Vec<f64>> {
        each(inputs, self.coordinates.len() - 1, outcomes, times, |row, outcome, at| self.learn(row, outcome, at))
    }

    /// The probability of each row, as of the last row learnt.
    ///
    /// Errors as [`Ftrl::predict`].
    pub fn predict_rows(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>> {
        let (weights, intercept) = (self.weights(), self.intercept());
        let score = |row: &[f64]| row.iter().zip(&weights).fold(intercept, |sum, (x, w)| sum + known(*x) * w);
        every(inputs, weights.len(), |row| logistic(score(row)))
    }
}
