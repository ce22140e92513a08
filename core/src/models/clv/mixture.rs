//! The logarithm of a sum of positive terms, with slopes and curvatures.

use super::optimise::Evaluation;
use crate::base::numeric::{exp, ln};

#[cfg(test)]
mod tests;

/// Collects terms, each given by its logarithm with slopes and curvatures.
///
/// ln of a sum has the mean slope of the terms' logarithms, weighted by the terms, and their mean
/// curvature plus the variance of their slopes. Terms are kept relative to the largest one, so that
/// none overflows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mixture<const N: usize> {
    top: f64,
    total: f64,
    gradient: [f64; N],
    /// Sum of curvature plus the product of slopes.
    second: [[f64; N]; N],
}

impl<const N: usize> Mixture<N> {
    pub(super) fn new() -> Self {
        Mixture { top: f64::NEG_INFINITY, total: 0.0, gradient: [0.0; N], second: [[0.0; N]; N] }
    }

    /// Adds a term.
    pub(super) fn add(&mut self, term: &Evaluation<N>) {
        if term.value == f64::NEG_INFINITY {
            return;
        }
        if term.value > self.top {
            let scale = exp(self.top - term.value);
            self.top = term.value;
            self.total *= scale;
            self.gradient = self.gradient.map(|x| x * scale);
            self.second = self.second.map(|row| row.map(|x| x * scale));
        }
        let share = exp(term.value - self.top);
        self.total += share;
        for i in 0..N {
            self.gradient[i] += share * term.gradient[i];
            for j in 0..N {
                self.second[i][j] += share * (term.hessian[i][j] + term.gradient[i] * term.gradient[j]);
            }
        }
    }

    /// The logarithm of the sum; negative infinity, without slopes, of no term.
    pub(super) fn finish(&self) -> Evaluation<N> {
        if self.total == 0.0 {
            return Evaluation { value: f64::NEG_INFINITY, gradient: [0.0; N], hessian: [[0.0; N]; N] };
        }
        let gradient = self.gradient.map(|x| x / self.total);
        let mut hessian = self.second.map(|row| row.map(|x| x / self.total));
        for i in 0..N {
            for j in 0..N {
                hessian[i][j] -= gradient[i] * gradient[j];
            }
        }
        Evaluation { value: self.top + ln(self.total), gradient, hessian }
    }
}
