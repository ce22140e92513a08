//! Coordinate descent for X ~ W H.

use super::csr::{Csr, each_row, gram};
use super::{Topics, svd};
use crate::base::numeric::{dot, sum, sum_of_squares};
use crate::base::{Error, ErrorKind, Result};

/// Entries of the NNDSVD start below this are zero.
const SMALL: f64 = 1e-6;

/// What a fit is to find and when it is to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nmf {
    /// Number of topics, at least 1 and at most the smaller side of the matrix.
    pub topics: usize,
    /// The sweeps end when their projected gradient falls to this share of the first one's.
    pub tolerance: f64,
    /// Sweeps at most, at least 1.
    pub iterations: usize,
}

impl Default for Nmf {
    fn default() -> Self {
        Nmf { topics: 6, tolerance: 1e-4, iterations: 500 }
    }
}

/// Topics, and the weights of the rows that they were fitted from.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The topics.
    pub topics: Topics,
    /// Row by row, the weight of each topic, to rows of `topics` that sum to 1.
    pub weights: Vec<f64>,
}

impl Nmf {
    /// Fits topics to the rows of `x`.
    ///
    /// Cost a sweep: 4 k operations for each stored value and 2 k^2 for each row and column. Memory:
    /// k numbers for each row, twice, and k + 10 for each row during the start.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] for options out of range and with
    /// [`ErrorKind::NotEnoughData`] where the matrix has fewer rows or columns than topics, or no
    /// value above 0.
    ///
    /// ```
    /// use bactrian::models::topics::{Csr, Nmf};
    ///
    /// // Two households of bakers, two of smokers.
    /// let x = Csr::new(3, &[2, 4, 5, 6], &[0, 1, 0, 1, 2, 2], &[2.0, 1.0, 4.0, 2.0, 3.0, 1.0])?;
    /// let fit = Nmf { topics: 2, ..Nmf::default() }.fit(&x)?;
    /// assert!(fit.topics.objective < 1e-3);
    /// assert_eq!(fit.topics.top_terms(0, 2), [0, 1]);
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    pub fn fit(&self, x: &Csr<'_>) -> Result<Fit> {
        self.check(x)?;
        let k = self.topics;
        let (mut w, mut h) = start(x, k);
        let (mut first, mut iterations, mut converged) = (0.0, 0, false);
        while iterations < self.iterations && !converged {
            let violation = sweep(&mut w, &x.times(&h, k), &gram(&h, k), k)
                + sweep(&mut h, &x.transposed_times(&w, k), &gram(&w, k), k);
            if iterations == 0 {
                first = violation;
            }
            iterations += 1;
            converged = violation <= self.tolerance * first;
        }
        let objective = residual(x, &w, &h, k);
        let rows = normalise(&mut w, &h, k);
        Ok(Fit { topics: Topics { k, terms: x.columns(), rows, objective, iterations, converged }, weights: w })
    }

    fn check(&self, x: &Csr<'_>) -> Result<()> {
        if self.topics == 0 || self.iterations == 0 || self.tolerance.is_nan() || self.tolerance < 0.0 {
            let message = format!(
                "{} topics in at most {} sweeps with tolerance `{}` can't be fitted",
                self.topics, self.iterations, self.tolerance
            );
            return Err(Error::new(ErrorKind::SchemaRange, message));
        }
        if self.topics > x.rows().min(x.columns()) || sum(x.values()) <= 0.0 {
            let message = format!("{} rows over {} terms give no {} topics", x.rows(), x.columns(), self.topics);
            return Err(Error::new(ErrorKind::NotEnoughData, message).hint("ask for fewer topics or fit later"));
        }
        Ok(())
    }
}

/// The NNDSVD start: of each singular pair the half, positive or negative, that carries more.
/// W row by row, and H transposed: term by term, the weight of each topic.
fn start(x: &Csr<'_>, k: usize) -> (Vec<f64>, Vec<f64>) {
    let svd = svd::truncated(x, k);
    let (mut w, mut h) = (vec![0.0; x.rows() * k], vec![0.0; x.columns() * k]);
    for (topic, ((value, u), v)) in svd.values.iter().zip(&svd.left).zip(&svd.right).enumerate() {
        let part = |vector: &[f64], sign: f64| -> Vec<f64> { vector.iter().map(|e| (e * sign).max(0.0)).collect() };
        let halves = [1.0, -1.0].map(|sign| {
            let (u, v) = (part(u, sign), part(v, sign));
            let (a, b) = (sum_of_squares(&u).sqrt(), sum_of_squares(&v).sqrt());
            (u, v, a, b)
        });
        let [plus, minus] = halves;
        let (u, v, a, b) = if plus.2 * plus.3 >= minus.2 * minus.3 { plus } else { minus };
        let scale = (value * a * b).sqrt();
        fill(&mut w, &u, if a > 0.0 { scale / a } else { 0.0 }, topic, k);
        fill(&mut h, &v, if b > 0.0 { scale / b } else { 0.0 }, topic, k);
    }
    (w, h)
}

fn fill(dense: &mut [f64], vector: &[f64], scale: f64, topic: usize, k: usize) {
    for (row, value) in dense.chunks_mut(k).zip(vector) {
        let entry = value * scale;
        row[topic] = if entry < SMALL { 0.0 } else { entry };
    }
}

/// One pass over every row of `dense`, towards least ||target's matrix - dense . other'||, where
/// `target` is the matrix times the other factor and `gram` that factor's products. Returns the sum
/// of the projected gradients met.
fn sweep(dense: &mut [f64], target: &[f64], gram: &[f64], k: usize) -> f64 {
    each_row(dense, k, |i, row| {
        let target = &target[i * k..(i + 1) * k];
        (0..k).map(|topic| descend(row, topic, target, gram)).sum()
    })
}

/// Sets one weight to its best value, the others given; returns the size of the projected gradient.
pub(super) fn descend(weights: &mut [f64], topic: usize, target: &[f64], gram: &[f64]) -> f64 {
    let k = weights.len();
    let row = &gram[topic * k..(topic + 1) * k];
    let mut gradient = -target[topic];
    for (g, w) in row.iter().zip(weights.iter()) {
        gradient += g * w;
    }
    let weight = weights[topic];
    let projected = if weight == 0.0 { gradient.min(0.0) } else { gradient };
    if row[topic] > 0.0 {
        weights[topic] = (weight - gradient / row[topic]).max(0.0);
    }
    projected.abs()
}

/// ||X - W H||. The stored values and the products W'W and H H' suffice for the square, but lose
/// digits where the fit is close, so values are met one by one and only the rest comes from products.
fn residual(x: &Csr<'_>, w: &[f64], h: &[f64], k: usize) -> f64 {
    let squares: Vec<f64> = (0..x.rows())
        .map(|i| {
            let weights = &w[i * k..(i + 1) * k];
            let (index, values) = x.row(i);
            let pairs = index.iter().zip(values).map(|(column, value)| {
                let start = *column as usize * k;
                let fitted = dot(weights, &h[start..start + k]);
                (value - fitted) * (value - fitted) - fitted * fitted
            });
            pairs.sum()
        })
        .collect();
    (sum(&squares) + dot(&gram(w, k), &gram(h, k))).max(0.0).sqrt()
}

/// The topics, scaled to sum to 1; `w` takes the scale. `h` stands term by term.
fn normalise(w: &mut [f64], h: &[f64], k: usize) -> Vec<f64> {
    let mut rows = Vec::with_capacity(h.len());
    for topic in 0..k {
        let row: Vec<f64> = h.iter().skip(topic).step_by(k).copied().collect();
        let total = sum(&row);
        let scale = if total > 0.0 { total } else { 1.0 };
        rows.extend(row.iter().map(|x| x / scale));
        w.iter_mut().skip(topic).step_by(k).for_each(|x| *x *= scale);
    }
    rows
}
