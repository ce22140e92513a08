//! What one arm's rewards say of its worth in a context, learnt one reward after another, exactly.

use serde::{Deserialize, Serialize};

use super::choose::Normal;
use crate::base::numeric::dot;
use crate::models::linear::logistic;

/// A symmetric matrix that grows by one outer product after another, or the inverse of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Inverse {
    n: usize,
    cells: Vec<f64>,
}

impl Inverse {
    /// Of `ridge` times the unit matrix.
    pub(super) fn new(n: usize, ridge: f64) -> Self {
        let Inverse { mut cells, .. } = Inverse::zeros(n);
        cells.iter_mut().step_by(n + 1).for_each(|cell| *cell = 1.0 / ridge);
        Inverse { n, cells }
    }

    pub(super) fn zeros(n: usize) -> Self {
        Inverse { n, cells: vec![0.0; n * n] }
    }

    pub(super) fn from_cells(n: usize, cells: Vec<f64>) -> Option<Self> {
        let found = Inverse { n, cells };
        found.is_sound(n).then_some(found)
    }

    pub(super) fn cells(&self) -> &[f64] {
        &self.cells
    }

    /// Its cells times a number, with `ridge` added along the diagonal.
    pub(super) fn scaled_with_ridge(&self, by: f64, ridge: f64) -> Vec<f64> {
        let mut cells: Vec<f64> = self.cells.iter().map(|cell| by * cell).collect();
        cells.iter_mut().step_by(self.n + 1).for_each(|cell| *cell += ridge);
        cells
    }

    pub(super) fn scale(&mut self, by: f64) {
        self.cells.iter_mut().for_each(|cell| *cell *= by);
    }

    /// Adds a weight times x x'.
    pub(super) fn add_outer(&mut self, x: &[f64], weight: f64) {
        for (row, left) in self.cells.chunks_exact_mut(self.n).zip(x) {
            row.iter_mut().zip(x).for_each(|(cell, right)| *cell += weight * left * right);
        }
    }

    /// The matrix times x: since it is symmetric, its rows times the numbers of x, added up.
    pub(super) fn times(&self, x: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.n];
        for (row, x) in self.cells.chunks_exact(self.n).zip(x) {
            out.iter_mut().zip(row).for_each(|(sum, cell)| *sum += x * cell);
        }
        out
    }

    /// Sherman and Morrison (1950): the inverse of A + w x x', given A's times x; what x' of the new one
    /// times x is to the old one's, 1 / (1 + w x' A^-1 x), comes back.
    pub(super) fn grow(&mut self, along: &[f64], spread: f64, weight: f64) -> f64 {
        let share = 1.0 / (1.0 + weight * spread);
        for (row, left) in self.cells.chunks_exact_mut(self.n).zip(along) {
            let by = weight * share * left;
            row.iter_mut().zip(along).for_each(|(cell, right)| *cell -= by * right);
        }
        share
    }

    fn forget(&mut self, discount: f64) {
        if discount < 1.0 {
            self.cells.iter_mut().for_each(|cell| *cell /= discount);
        }
    }

    fn is_sound(&self, n: usize) -> bool {
        self.n == n && self.cells.len() == n * n && self.cells.iter().all(|cell| cell.is_finite())
    }
}

/// What an arm keeps.
pub(super) trait Arm {
    fn new(features: usize, ridge: f64) -> Self;
    /// The linear score of a context: its mean, and its standard deviation for noise of variance 1.
    fn score(&self, x: &[f64]) -> Normal;
    /// The reward to expect.
    fn expect(&self, x: &[f64]) -> f64;
    fn learn(&mut self, x: &[f64], reward: f64, discount: f64);
    fn is_sound(&self, features: usize) -> bool;
}

/// Ridge regression of rewards on contexts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Ridge {
    inverse: Inverse,
    weights: Vec<f64>,
}

impl Arm for Ridge {
    fn new(features: usize, ridge: f64) -> Self {
        Ridge { inverse: Inverse::new(features, ridge), weights: vec![0.0; features] }
    }

    fn score(&self, x: &[f64]) -> Normal {
        let spread = dot(x, &self.inverse.times(x)).max(0.0);
        Normal { mean: dot(x, &self.weights), deviation: spread.sqrt() }
    }

    fn expect(&self, x: &[f64]) -> f64 {
        dot(x, &self.weights)
    }

    fn learn(&mut self, x: &[f64], reward: f64, discount: f64) {
        self.inverse.forget(discount);
        let along = self.inverse.times(x);
        let share = self.inverse.grow(&along, dot(x, &along), 1.0);
        let step = share * (reward - dot(x, &self.weights));
        self.weights.iter_mut().zip(&along).for_each(|(weight, along)| *weight += step * along);
    }

    fn is_sound(&self, features: usize) -> bool {
        self.inverse.is_sound(features) && self.weights.len() == features && self.weights.iter().all(|w| w.is_finite())
    }
}

/// Bayesian logistic regression of rewards in [0, 1]: a normal belief in the weights that takes one Newton step a
/// reward (the extended Kalman filter; Spiegelhalter and Lauritzen 1990, Murphy 2012, section 8.5.3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Logit {
    covariance: Inverse,
    weights: Vec<f64>,
}

impl Arm for Logit {
    fn new(features: usize, ridge: f64) -> Self {
        Logit { covariance: Inverse::new(features, ridge), weights: vec![0.0; features] }
    }

    fn score(&self, x: &[f64]) -> Normal {
        let spread = dot(x, &self.covariance.times(x)).max(0.0);
        Normal { mean: dot(x, &self.weights), deviation: spread.sqrt() }
    }

    /// The mean of the logistic function of the score (MacKay 1992).
    fn expect(&self, x: &[f64]) -> f64 {
        let Normal { mean, deviation } = self.score(x);
        logistic(mean / (1.0 + std::f64::consts::PI / 8.0 * deviation * deviation).sqrt())
    }

    fn learn(&mut self, x: &[f64], reward: f64, discount: f64) {
        self.covariance.forget(discount);
        let expected = logistic(dot(x, &self.weights));
        let along = self.covariance.times(x);
        let share = self.covariance.grow(&along, dot(x, &along), expected * (1.0 - expected));
        let step = share * (reward - expected);
        self.weights.iter_mut().zip(&along).for_each(|(weight, along)| *weight += step * along);
    }

    fn is_sound(&self, features: usize) -> bool {
        self.covariance.is_sound(features)
            && self.weights.len() == features
            && self.weights.iter().all(|w| w.is_finite())
    }
}
