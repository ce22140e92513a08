//! Topics: a non-negative factorisation of a sparse matrix of counts.
//!
//! A row is a customer, a column a term (a product category, a subject); the value is best the
//! square root of a decayed count, which keeps the few heavy buyers from owning the topics. The
//! factorisation X ~ W H, all at least zero, is the one of least Frobenius norm ||X - W H||, found
//! by coordinate descent (Cichocki and Phan 2009, algorithm 2) from the NNDSVD start (Boutsidis and
//! Gallopoulos 2008), as scikit-learn's `NMF(solver="cd")`. Rows of H are then scaled to sum to 1,
//! so that a topic is a distribution over terms and the weights of a customer carry the volume.
//!
//! Between fits [`Topics::fold_in`] places a customer among the topics of the last fit;
//! [`match_topics`] carries the ids of topics over a refit. Nothing here is random: the same matrix
//! gives the same bits on any number of threads.

mod csr;
mod matching;
mod nmf;
mod svd;

#[cfg(test)]
mod tests;

pub use csr::Csr;
pub use matching::match_topics;
pub use nmf::{Fit, Nmf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::base::numeric::{dot, ln, sum};
use crate::base::{Error, ErrorKind, Result};

/// Sweeps of [`Topics::fold_in`] at most; it needs some ten.
const SWEEPS: usize = 1000;
/// Change of a weight, as a share of the largest, at which [`Topics::fold_in`] stops.
const CHANGE: f64 = 1e-13;

/// Fitted topics: `k` distributions over `terms` terms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Topics {
    /// Number of topics.
    pub k: usize,
    /// Number of terms.
    pub terms: usize,
    /// Topic by topic, the share of each term; `k * terms` numbers. A row sums to 1, or is all zero
    /// if the data have fewer than `k` independent directions.
    pub rows: Vec<f64>,
    /// ||X - W H||, the Frobenius norm of what the topics leave unexplained.
    pub objective: f64,
    /// Sweeps of coordinate descent.
    pub iterations: usize,
    /// Whether the sweeps ended by tolerance rather than by their number.
    pub converged: bool,
}

impl Topics {
    /// The shares of topic `id` over all terms; empty if there is none.
    pub fn row(&self, id: usize) -> &[f64] {
        let start = id.saturating_mul(self.terms);
        self.rows.get(start..start.saturating_add(self.terms)).unwrap_or(&[])
    }

    /// The largest terms of a topic, falling, at most `n`; equal shares by rising term.
    pub fn top_terms(&self, id: usize, n: usize) -> Vec<usize> {
        let row = self.row(id);
        let mut terms: Vec<usize> = (0..row.len()).filter(|t| row[*t] > 0.0).collect();
        terms.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
        terms.truncate(n);
        terms
    }

    /// What [`Topics::fold_in`] needs of the topics, computed once: k x k products of rows.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where `rows` is not `k * terms` numbers of at least 0.
    pub fn prepare(&self) -> Result<Prepared> {
        let expected = self.k.checked_mul(self.terms);
        let sound = self.rows.iter().all(|x| x.is_finite() && *x >= 0.0);
        if expected != Some(self.rows.len()) || self.k == 0 || !sound {
            let message = format!("{} numbers are no {} topics over {} terms", self.rows.len(), self.k, self.terms);
            return Err(Error::new(ErrorKind::SchemaRange, message));
        }
        let mut gram = Vec::with_capacity(self.k * self.k);
        for a in 0..self.k {
            gram.extend((0..self.k).map(|b| dot(self.row(a), self.row(b))));
        }
        let by_term =
            (0..self.terms).flat_map(|term| self.rows.iter().skip(term).step_by(self.terms)).copied().collect();
        Ok(Prepared { topics: self.clone(), gram, by_term })
    }

    /// The weights w >= 0 of one sparse row: `terms` and `values` in pairs, least ||x - w H||.
    ///
    /// Terms that the fit did not know, and values that are NaN or at most 0, are left out. A row
    /// without known terms has zero weights. Cost: k for each pair, then k^2 a sweep; for many rows,
    /// [`Topics::prepare`] once.
    ///
    /// Errors as [`Topics::prepare`].
    pub fn fold_in(&self, terms: &[u32], values: &[f64]) -> Result<Vec<f64>> {
        Ok(self.prepare()?.fold_in(terms, values))
    }
}

/// [`Topics`] with what folding in needs.
#[derive(Debug, Clone)]
pub struct Prepared {
    topics: Topics,
    gram: Vec<f64>,
    /// Term by term, the share of it in each topic.
    by_term: Vec<f64>,
}

impl Prepared {
    /// The topics.
    pub fn topics(&self) -> &Topics {
        &self.topics
    }

    /// The weights of the rows of a matrix, row by row.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] for another number of columns than the topics have terms.
    pub fn fold_in_rows(&self, x: &Csr<'_>) -> Result<Vec<f64>> {
        if x.columns() != self.topics.terms {
            let text = format!("{} columns, and topics over {} terms", x.columns(), self.topics.terms);
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        let row = |row: usize| {
            let (terms, values) = x.row(row);
            self.fold_in(terms, values)
        };
        Ok((0..x.rows()).into_par_iter().flat_map_iter(row).collect())
    }

    /// As [`Topics::fold_in`].
    pub fn fold_in(&self, terms: &[u32], values: &[f64]) -> Vec<f64> {
        let k = self.topics.k;
        // Half the slope of ||x - w H||^2 by each weight, which begins at 0.
        let mut slopes = vec![0.0; k];
        for (term, value) in terms.iter().zip(values).filter(|(_, value)| **value > 0.0) {
            let from = (*term as usize).saturating_mul(k);
            let shares = self.by_term.get(from..from.saturating_add(k)).unwrap_or_default();
            slopes.iter_mut().zip(shares).for_each(|(slope, share)| *slope -= share * value);
        }
        let mut weights = vec![0.0_f64; k];
        for _ in 0..SWEEPS {
            let (mut moved, mut largest) = (0.0_f64, 0.0_f64);
            for (topic, products) in self.gram.chunks_exact(k).enumerate() {
                let (before, curve) = (weights[topic], products[topic]);
                let next = if curve > 0.0 { (before - slopes[topic] / curve).max(0.0) } else { before };
                let step = next - before;
                if step != 0.0 {
                    slopes.iter_mut().zip(products).for_each(|(slope, product)| *slope += step * product);
                    weights[topic] = next;
                }
                moved = moved.max(step.abs());
                largest = largest.max(next);
            }
            if moved <= CHANGE * largest {
                break;
            }
        }
        weights
    }
}

/// Each weight as a share of all; NaN where the weights sum to nothing.
///
/// ```
/// use bactrian::models::topics;
///
/// assert_eq!(topics::shares(&[1.0, 3.0]), [0.25, 0.75]);
/// ```
pub fn shares(weights: &[f64]) -> Vec<f64> {
    let total = sum(weights);
    weights.iter().map(|w| if total > 0.0 { w / total } else { f64::NAN }).collect()
}

/// The entropy of the shares of `weights` in nats, in [0, ln n]; NaN where they sum to nothing.
///
/// ```
/// use bactrian::models::topics;
///
/// assert_eq!(topics::entropy(&[2.0, 0.0]), 0.0);
/// assert_eq!(topics::entropy(&[2.0, 2.0]), std::f64::consts::LN_2);
/// ```
pub fn entropy(weights: &[f64]) -> f64 {
    let terms: Vec<f64> = shares(weights).into_iter().map(|p| if p == 0.0 { 0.0 } else { -p * ln(p) }).collect();
    if terms.is_empty() { f64::NAN } else { sum(&terms) }
}

/// The topic of the largest weight, the lowest of equal ones; `None` where no weight is positive.
///
/// ```
/// use bactrian::models::topics;
///
/// assert_eq!(topics::dominant(&[0.1, 0.7, 0.7]), Some(1));
/// assert_eq!(topics::dominant(&[0.0, f64::NAN]), None);
/// ```
pub fn dominant(weights: &[f64]) -> Option<usize> {
    let mut best = None;
    let mut largest = 0.0;
    for (topic, weight) in weights.iter().enumerate() {
        if *weight > largest {
            (best, largest) = (Some(topic), *weight);
        }
    }
    best
}
