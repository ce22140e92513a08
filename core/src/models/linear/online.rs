//! Logistic models that learn one row after another, and forget with time.

use serde::{Deserialize, Serialize};

use super::logistic;
use super::logistic::shrunk;
use crate::base::numeric::{decay, rate_of_half_life};
use crate::base::{Error, ErrorKind, Result};
use crate::models::saved::{Saved, check_finite};
use crate::models::{Inputs, Reads};

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

    fn checked(self) -> Result<()> {
        check_finite(&[self.rate])?;
        match self.rate >= 0.0 {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::SchemaRange, "what was known can't grow with time")),
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

fn score(row: &[f64], weights: &[f64], intercept: f64) -> f64 {
    row.iter().zip(weights).fold(intercept, |sum, (x, w)| sum + known(*x) * w)
}

fn too_large() -> Error {
    let text = "the numbers of a row are so large that what is learnt would not be finite";
    Error::new(ErrorKind::SchemaRange, text).hint("bring features to a common scale before")
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
        check_features(features)?;
        let clock = Clock::new(half_life)?;
        OnlineLogistic { weights: vec![0.0; features], intercept: 0.0, rate, intercept_rate, l2, clock }.checked()
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
        Ok(logistic(score(row, &self.weights, self.intercept)))
    }

    /// Learns an outcome in [0, 1] at a time in microseconds (any where there is no half-life); gives
    /// the probability that was expected.
    ///
    /// Errors with [`ErrorKind::SchemaRange`], also where a weight would be finite no longer, and learns
    /// nothing then.
    pub fn learn(&mut self, row: &[f64], outcome: f64, at: i64) -> Result<f64> {
        self.learn_by(row, outcome, at, &mut Vec::with_capacity(row.len()))
    }

    /// [`OnlineLogistic::learn`], with a place for the weights to come.
    fn learn_by(&mut self, row: &[f64], outcome: f64, at: i64, next: &mut Vec<f64>) -> Result<f64> {
        check(row, self.weights.len())?;
        check_outcome(outcome)?;
        let mut clock = self.clock;
        let left = clock.advance(at);
        let own = self.intercept * left;
        let expected = logistic(row.iter().zip(&self.weights).fold(own, |sum, (x, w)| sum + known(*x) * (w * left)));
        let error = outcome - expected;
        let moved = |(w, x): (&f64, &f64)| {
            let w = w * left;
            w + self.rate * (error * known(*x) - self.l2 * w)
        };
        next.clear();
        next.extend(self.weights.iter().zip(row).map(moved));
        let intercept = own + self.intercept_rate * error;
        if next.iter().fold(!intercept.is_finite(), |bad, w| bad | !w.is_finite()) {
            return Err(too_large());
        }
        std::mem::swap(&mut self.weights, next);
        (self.intercept, self.clock) = (intercept, clock);
        Ok(expected)
    }

    /// Learns rows in their order, as [`OnlineLogistic::learn`] one by one, to the bit; gives the
    /// probability that was expected of each. Without `times` all rows are of one moment, 0.
    ///
    /// Errors with [`ErrorKind::SchemaRange`], and learns nothing then.
    pub fn learn_rows(&mut self, inputs: &Inputs<'_>, outcomes: &[f64], times: Option<&[i64]>) -> Result<Vec<f64>> {
        let (before, mut next) = (self.clone(), Vec::new());
        let learn = |row: &[f64], outcome, at| self.learn_by(row, outcome, at, &mut next);
        let learnt = each(inputs, before.weights.len(), outcomes, times, learn);
        learnt.inspect_err(|_| *self = before)
    }

    /// The probability of each row, as of the last row learnt.
    ///
    /// Errors as [`OnlineLogistic::predict`].
    pub fn predict_rows(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>> {
        every(inputs, self.weights.len(), |row| logistic(score(row, &self.weights, self.intercept)))
    }
}

impl Reads for OnlineLogistic {
    fn features(&self) -> usize {
        self.weights.len()
    }
}

impl Saved for OnlineLogistic {
    const KIND: &'static str = "online_logistic";

    fn checked(self) -> Result<Self> {
        let rates = [self.rate, self.intercept_rate, self.l2];
        if !(self.rate > 0.0 && rates.iter().all(|x| *x >= 0.0 && x.is_finite())) {
            return Err(Error::new(ErrorKind::SchemaRange, "rates and penalty must be finite and not negative"));
        }
        check_features(self.weights.len())?;
        check_finite(self.weights.iter().chain([&self.intercept]))?;
        self.clock.checked()?;
        Ok(self)
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
        check_features(features)?;
        let coordinates = vec![Coordinate::default(); features + 1];
        Ftrl { coordinates, alpha, beta, l1, l2, clock: Clock::new(half_life)? }.checked()
    }

    fn weight(&self, index: usize, c: &Coordinate) -> f64 {
        let l1 = if index + 1 < self.coordinates.len() { self.l1 } else { 0.0 };
        let curve = self.beta / self.alpha + c.s + self.l2;
        if curve > 0.0 { -shrunk(c.z, l1) / curve } else { 0.0 }
    }

    /// The weights of the features.
    pub fn weights(&self) -> Vec<f64> {
        let features = self.coordinates.iter().enumerate().take(self.coordinates.len() - 1);
        features.map(|(index, c)| self.weight(index, c)).collect()
    }

    /// The intercept.
    pub fn intercept(&self) -> f64 {
        self.coordinates.last().map_or(0.0, |c| self.weight(self.coordinates.len() - 1, c))
    }

    /// The probability of a row, as of the last row learnt.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where `row` has not a number for every feature.
    pub fn predict(&self, row: &[f64]) -> Result<f64> {
        check(row, self.coordinates.len() - 1)?;
        Ok(logistic(score(row, &self.weights(), self.intercept())))
    }

    /// Learns an outcome in [0, 1] at a time in microseconds; gives the probability that was expected.
    ///
    /// Errors with [`ErrorKind::SchemaRange`], also where a number of the state would be finite no longer, and
    /// learns nothing then.
    pub fn learn(&mut self, row: &[f64], outcome: f64, at: i64) -> Result<f64> {
        self.learn_by(row, outcome, at, &mut Vec::with_capacity(self.coordinates.len()))
    }

    /// [`Ftrl::learn`], with a place for the state to come.
    fn learn_by(&mut self, row: &[f64], outcome: f64, at: i64, next: &mut Vec<Coordinate>) -> Result<f64> {
        check(row, self.coordinates.len() - 1)?;
        check_outcome(outcome)?;
        let mut clock = self.clock;
        let left = clock.advance(at);
        next.clear();
        next.extend(self.coordinates.iter().map(|c| Coordinate { z: c.z * left, n: c.n * left, s: c.s * left }));
        let weights = || next.iter().enumerate().map(|(index, c)| self.weight(index, c));
        let own = weights().next_back().unwrap_or(0.0);
        let expected = logistic(row.iter().zip(weights()).fold(own, |sum, (x, w)| sum + known(*x) * w));
        let slope = expected - outcome;
        let mut bad = false;
        for (index, c) in next.iter_mut().enumerate() {
            let x = row.get(index).map_or(1.0, |x| known(*x));
            let gradient = slope * x;
            let more = ((c.n + gradient * gradient).sqrt() - c.n.sqrt()) / self.alpha;
            c.z += gradient - more * self.weight(index, c);
            c.n += gradient * gradient;
            c.s += more;
            bad |= !(c.z.is_finite() && c.n.is_finite() && c.s.is_finite());
        }
        if bad {
            return Err(too_large());
        }
        std::mem::swap(&mut self.coordinates, next);
        self.clock = clock;
        Ok(expected)
    }

    /// Learns rows in their order, as [`Ftrl::learn`] one by one, to the bit; gives the
    /// probability that was expected of each. Without `times` all rows are of one moment, 0.
    ///
    /// Errors with [`ErrorKind::SchemaRange`], and learns nothing then.
    pub fn learn_rows(&mut self, inputs: &Inputs<'_>, outcomes: &[f64], times: Option<&[i64]>) -> Result<Vec<f64>> {
        let (before, mut next) = (self.clone(), Vec::new());
        let learn = |row: &[f64], outcome, at| self.learn_by(row, outcome, at, &mut next);
        let learnt = each(inputs, before.coordinates.len() - 1, outcomes, times, learn);
        learnt.inspect_err(|_| *self = before)
    }

    /// The probability of each row, as of the last row learnt.
    ///
    /// Errors as [`Ftrl::predict`].
    pub fn predict_rows(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>> {
        let (weights, intercept) = (self.weights(), self.intercept());
        every(inputs, weights.len(), |row| logistic(score(row, &weights, intercept)))
    }
}

impl Reads for Ftrl {
    fn features(&self) -> usize {
        self.coordinates.len().saturating_sub(1)
    }
}

impl Saved for Ftrl {
    const KIND: &'static str = "ftrl";

    fn checked(self) -> Result<Self> {
        let rates = [self.alpha, self.beta, self.l1, self.l2];
        if !(self.alpha > 0.0 && rates.iter().all(|x| *x >= 0.0 && x.is_finite())) {
            return Err(Error::new(ErrorKind::SchemaRange, "`alpha` must be positive, the others at least 0"));
        }
        check_features(self.features())?;
        check_finite(self.coordinates.iter().flat_map(|c| [&c.z, &c.n, &c.s]))?;
        if self.coordinates.is_empty() || self.coordinates.iter().any(|c| c.n < 0.0 || c.s < 0.0) {
            return Err(Error::new(ErrorKind::SchemaRange, "the state of the model does not fit together"));
        }
        self.clock.checked()?;
        Ok(self)
    }
}
