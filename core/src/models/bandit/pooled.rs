//! Regressions in groups inside groups, each of which begins from what is known of the wider one.

use super::arms::Inverse;
use super::choose::Normal;
use crate::base::numeric::{decay, dot};
use crate::models::linear::{Cholesky, logistic};

/// Numbers of a context beyond this count as unknown: features are to be about one in size.
const LARGEST: f64 = 1e9;

/// How a regression learns.
#[derive(Debug, Clone, PartialEq)]
pub struct Learner {
    /// Numbers of a context.
    pub features: usize,
    /// Bayesian logistic regression; else ridge regression.
    pub logistic: bool,
    /// The reward expected before anything came, of a context of zeros.
    pub prior: f64,
    /// What each number of a context adds to the score before anything came; empty is nothing.
    pub weights: Vec<f64>,
    /// The precision of weights around those of the wider group (of the widest around 0), above 0.
    pub strength: f64,
    /// Rate per microsecond at which knowledge fades; 0 is never.
    pub rate: f64,
}

/// What the rewards of one group say of its weights: a precision matrix and its product with the weights.
///
/// It grows by one reward after another, exactly: by Sherman and Morrison (1950) on the inverse where nothing fades,
/// else on the matrix itself, which is then solved at each read (Cholesky), since what fades is the rewards and not
/// the prior. A logistic reward is one of the regression that its Newton step solves (the extended Kalman filter;
/// Spiegelhalter and Lauritzen 1990). Cost: features^2 a reward; a read features^2, or features^3 / 6 where it fades.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The inverse of the precision, or where knowledge fades the precision without the prior's.
    matrix: Inverse,
    target: Vec<f64>,
    /// The moment to which it has faded.
    at: i64,
}

impl Learner {
    /// A context as it is learnt from: unknown numbers, and those above 1e9 in size, count as 0.
    pub fn known(x: f64) -> f64 {
        if x.abs() <= LARGEST { x } else { 0.0 }
    }

    /// What no reward has told anything.
    pub fn nothing(&self) -> Evidence {
        let cells =
            if self.rate > 0.0 { Inverse::zeros(self.features) } else { Inverse::new(self.features, self.strength) };
        Evidence { matrix: cells, target: vec![0.0; self.features], at: i64::MIN }
    }

    /// The linear score of a context before anything came.
    fn offset(&self, x: &[f64]) -> f64 {
        let head = if self.logistic { crate::base::numeric::ln(self.prior / (1.0 - self.prior)) } else { self.prior };
        let known = self.weights.len().min(x.len());
        head + dot(self.weights.get(..known).unwrap_or_default(), x.get(..known).unwrap_or_default())
    }

    /// The linear score of a context: mean and standard deviation. `groups` goes from the innermost to the widest;
    /// `None` is a group of which nothing is known, which has the score of what is around it, less surely.
    ///
    /// With w ~ N(m, I / strength) around the weights m of the wider group, the posterior mean of w is
    /// S (b + strength m), S the inverse of the precision (Lindley and Smith 1972): so the score of x is b' S x plus
    /// the wider group's score of strength S x, and its variance x' S x plus that one's. The wider group's
    /// rewards include those of the groups inside.
    pub(crate) fn score<'a>(
        &self,
        groups: impl IntoIterator<Item = Option<&'a Evidence>>,
        x: &[f64],
        at: i64,
    ) -> (f64, f64) {
        let (mut mean, mut variance) = (self.offset(x), 0.0);
        let mut x = x.to_vec();
        for group in groups {
            let Some(group) = group else {
                variance += dot(&x, &x) / self.strength;
                continue;
            };
            let (faded, along) = group.solve(self, &x, at);
            mean += faded * dot(&group.target, &along);
            variance += dot(&x, &along);
            x.iter_mut().zip(&along).for_each(|(x, along)| *x = self.strength * along);
        }
        (mean, variance.max(0.0).sqrt())
    }

    /// The reward to expect of a score, and its standard deviation: of logistic rewards the mean of the logistic
    /// function (MacKay 1992) and the deviation to first order.
    pub fn reward(&self, mean: f64, deviation: f64) -> (f64, f64) {
        if !self.logistic {
            return (mean, deviation);
        }
        let shrunk = mean / (1.0 + std::f64::consts::PI / 8.0 * deviation * deviation).sqrt();
        let expected = logistic(shrunk);
        (expected, expected * (1.0 - expected) * deviation)
    }
}

impl Evidence {
    /// How far it has faded by a moment, and the covariance times x.
    fn solve(&self, learner: &Learner, x: &[f64], at: i64) -> (f64, Vec<f64>) {
        if learner.rate <= 0.0 {
            return (1.0, self.matrix.times(x));
        }
        let faded = self.faded(learner, at);
        let precision = self.matrix.scaled_with_ridge(faded, learner.strength);
        let mut along = x.to_vec();
        match Cholesky::new(&precision, learner.features) {
            Some(factor) => factor.solve(&mut along),
            None => along.fill(f64::NAN),
        }
        (faded, along)
    }

    fn faded(&self, learner: &Learner, at: i64) -> f64 {
        if self.at == i64::MIN || at <= self.at { 1.0 } else { decay(at.saturating_sub(self.at), learner.rate) }
    }

    /// Learns the reward of a context whose score, by this group and the wider ones, is `score`. One that came at an
    /// earlier moment than the latest counts as much less as it has faded since.
    pub fn learn(&mut self, learner: &Learner, x: &[f64], score: f64, reward: f64, at: i64) {
        let offset = learner.offset(x);
        let (weight, pull) = if learner.logistic {
            let expected = logistic(score);
            let weight = expected * (1.0 - expected);
            (weight, weight * (score - offset) + reward - expected)
        } else {
            (1.0, reward - offset)
        };
        let mut share = 1.0;
        if learner.rate > 0.0 {
            let faded = self.faded(learner, at);
            if self.at > at {
                share = decay(self.at.saturating_sub(at), learner.rate);
            }
            self.matrix.scale(faded);
            self.target.iter_mut().for_each(|cell| *cell *= faded);
            self.at = self.at.max(at);
            self.matrix.add_outer(x, share * weight);
        } else {
            let along = self.matrix.times(x);
            self.matrix.grow(&along, dot(x, &along), weight);
        }
        self.target.iter_mut().zip(x).for_each(|(cell, x)| *cell += share * pull * x);
    }

    /// Its numbers, from which [`Evidence::from_parts`] makes it again: matrix row by row, target, moment.
    pub(crate) fn parts(&self) -> (&[f64], &[f64], i64) {
        (self.matrix.cells(), &self.target, self.at)
    }

    /// Nothing where the numbers do not fit together.
    pub(crate) fn from_parts(matrix: Vec<f64>, target: Vec<f64>, at: i64) -> Option<Self> {
        let matrix = Inverse::from_cells(target.len(), matrix)?;
        Some(Evidence { matrix, target, at })
    }
}

/// The probability that each belief is the best of all and above `floor`, and that none is. Cost: beliefs^2 x 80.
pub(crate) fn best_above(beliefs: &[(f64, f64)], floor: f64) -> (Vec<f64>, f64) {
    let beliefs: Vec<Normal> =
        beliefs.iter().map(|(mean, deviation)| Normal { mean: *mean, deviation: deviation.max(1e-12) }).collect();
    super::choose::above(&beliefs, floor)
}
