//! Gaussian mixtures by EM, with diagonal or full covariances.
//!
//! The steps are those of scikit-learn, so that the same start ends at the same bound: responsibilities
//! under the current components, the mean log-likelihood as lower bound, then weights, means and
//! covariances, with `regularisation` added to the variances. Sums are taken about the mean of all
//! rows, which keeps their digits.

mod component;
mod params;
mod sums;

pub use params::{Covariance, GaussianMixtureParams, GaussianStart};

use rayon::prelude::*;

use self::component::{Component, deviations, inverse_factor};
use self::sums::{Sums, centre};
use super::kmeans::{KMeans, KMeansParams};
use super::points::{LANES, Lanes, Points};
use crate::base::numeric::{exp_slice, ln};
use crate::base::{Error, ErrorKind, Result};

/// Components that rows can be assigned to.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianMixture {
    dims: usize,
    covariance: Covariance,
    weights: Vec<f64>,
    means: Vec<f64>,
    covariances: Vec<f64>,
    components: Vec<Component>,
}

/// A fit of a Gaussian mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianMixtureFit {
    /// The components.
    pub model: GaussianMixture,
    /// The likeliest component of each row.
    pub labels: Vec<u32>,
    /// Mean log-likelihood of a row at the last step, in nats.
    pub lower_bound: f64,
    /// Akaike's criterion.
    pub aic: f64,
    /// Schwarz's criterion; compare numbers of components by it, the smallest wins.
    pub bic: f64,
    /// Steps.
    pub iterations: u32,
    /// Whether the steps ended before their limit.
    pub converged: bool,
}

const LN_TWO_PI: f64 = 1.8378770664093453;
/// Rows that one task takes.
const PIECE: usize = 1024;

impl GaussianMixture {
    /// Fits the components. Errors: parameters out of range, too few rows, a component whose covariance
    /// is singular (raise `regularisation`). Cost: a step is rows x components x dims (diagonal), or
    /// x dims squared (full).
    ///
    /// ```
    /// use bactrian::models::cluster::{GaussianMixture, GaussianMixtureParams, Points};
    ///
    /// let data: Vec<f64> = (0..40).map(|i| f64::from(i % 8) + if i < 20 { 0.0 } else { 50.0 }).collect();
    /// let fitted = GaussianMixture::fit(&Points::new(&data, 1)?, &GaussianMixtureParams::new(2))?;
    /// assert!(fitted.labels[0] != fitted.labels[39] && fitted.converged);
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    pub fn fit(points: &Points, params: &GaussianMixtureParams) -> Result<GaussianMixtureFit> {
        params.check(points)?;
        let centre = centre(points);
        let shifted: Vec<f64> = points.rows().flat_map(|row| row.iter().zip(&centre).map(|(x, c)| x - c)).collect();
        let points = &Points::new(&shifted, points.dims())?;
        let mut model = match &params.start {
            Some(start) => {
                let mut start = start.clone();
                for mean in start.means.chunks_exact_mut(points.dims()) {
                    mean.iter_mut().zip(&centre).for_each(|(m, c)| *m -= c);
                }
                Self::new(points.dims(), params.covariance, start)?
            }
            None => Self::from_clusters(points, params)?,
        };
        let (mut bound, mut iterations, mut converged) = (f64::NEG_INFINITY, 0, false);
        while iterations < params.iterations && !converged {
            iterations += 1;
            let sums = model.expect(points);
            let next = sums.log_likelihood / points.len() as f64;
            converged = (next - bound).abs() < params.tolerance;
            bound = next;
            model = model.maximise(&sums, points.len(), params.regularisation)?;
        }
        let (labels, log_likelihood) = model.assign(points);
        let free = model.free_parameters();
        let bic = free * ln(points.len() as f64) - 2.0 * log_likelihood;
        let aic = 2.0 * (free - log_likelihood);
        model.shift(&centre);
        Ok(GaussianMixtureFit { model, labels, lower_bound: bound, aic, bic, iterations, converged })
    }

    /// The components' weights.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The means, component after component.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// The variances (components x dims) or covariances (components x dims x dims).
    pub fn covariances(&self) -> &[f64] {
        &self.covariances
    }

    /// The likeliest component of each row; an error where rows have another number of columns.
    pub fn predict(&self, points: &Points) -> Result<Vec<u32>> {
        self.same_dims(points)?;
        Ok(self.assign(points).0)
    }

    /// The probability of each component for each row, row after row.
    pub fn probabilities(&self, points: &Points) -> Result<Vec<f64>> {
        self.same_dims(points)?;
        let k = self.weights.len();
        let pieces: Vec<Vec<f64>> =
            points.data().par_chunks(PIECE * self.dims).map(|rows| self.responsibilities(rows).0).collect();
        Ok(pieces
            .iter()
            .flat_map(|piece| piece.chunks_exact(self.padded()))
            .flat_map(|row| row[..k].to_vec())
            .collect())
    }

    /// The mean log-likelihood of a row, in nats.
    pub fn score(&self, points: &Points) -> Result<f64> {
        self.same_dims(points)?;
        Ok(self.assign(points).1 / points.len() as f64)
    }

    fn same_dims(&self, points: &Points) -> Result<()> {
        if points.dims() == self.dims {
            return Ok(());
        }
        let error = format!("rows of {} columns, where the components have {}", points.dims(), self.dims);
        Err(Error::new(ErrorKind::SchemaRange, error))
    }

    fn padded(&self) -> usize {
        self.weights.len().next_multiple_of(LANES)
    }

    fn free_parameters(&self) -> f64 {
        let (k, d) = (self.weights.len(), self.dims);
        let spread = if self.covariance == Covariance::Full { d * (d + 1) / 2 } else { d };
        (k - 1 + k * (d + spread)) as f64
    }

    fn new(dims: usize, covariance: Covariance, start: GaussianStart) -> Result<GaussianMixture> {
        let GaussianStart { weights, means, covariances } = start;
        let size = covariances.len() / weights.len();
        let mut components = Vec::with_capacity(weights.len());
        for ((weight, mean), spread) in weights.iter().zip(means.chunks_exact(dims)).zip(covariances.chunks_exact(size))
        {
            let whitened = match covariance {
                Covariance::Diagonal => deviations(spread),
                Covariance::Full => inverse_factor(spread, dims),
            };
            let Some((whiten, log_determinant)) = whitened else {
                let error = Error::new(ErrorKind::NotEnoughData, "the covariance of a component is singular");
                return Err(error.hint("raise `regularisation`, or take fewer components or columns"));
            };
            let top = ln(*weight) - 0.5 * dims as f64 * LN_TWO_PI + log_determinant;
            components.push(Component { top, mean: mean.to_vec(), whiten });
        }
        Ok(GaussianMixture { dims, covariance, weights, means, covariances, components })
    }

    /// The components of the clusters of k-means.
    fn from_clusters(points: &Points, params: &GaussianMixtureParams) -> Result<GaussianMixture> {
        let clusters =
            KMeansParams { restarts: params.restarts, seed: params.seed, ..KMeansParams::new(params.components) };
        let labels = KMeans::fit(points, &clusters)?.labels;
        let (k, d) = (params.components, points.dims());
        let mut sums = Sums::new(k, d, params.covariance);
        for (row, label) in points.rows().zip(&labels) {
            sums.add(row, *label as usize, 1.0, params.covariance);
        }
        Self::of_sums(&sums, points.len(), params.regularisation, d, params.covariance)
    }

    /// Responsibilities of some rows, padded to lanes, and their log-likelihood.
    fn responsibilities(&self, rows: &[f64]) -> (Vec<f64>, f64) {
        let (k, padded) = (self.weights.len(), self.padded());
        let n = rows.len() / self.dims;
        let mut logs = vec![f64::NEG_INFINITY; n * padded];
        match self.covariance {
            Covariance::Diagonal => self.log_diagonal(rows, &mut logs),
            Covariance::Full => self.log_full(rows, &mut logs),
        }
        let mut log_likelihood = 0.0;
        let mut tops = Vec::with_capacity(n);
        for row in logs.chunks_exact_mut(padded) {
            let top = row[..k].iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.iter_mut().for_each(|x| *x -= top);
            tops.push(top);
        }
        let mut shares = vec![0.0; logs.len()];
        exp_slice(&logs, &mut shares);
        for (row, top) in shares.chunks_exact_mut(padded).zip(tops) {
            let sum: f64 = row[..k].iter().sum();
            log_likelihood += top + ln(sum);
            row.iter_mut().for_each(|x| *x /= sum);
        }
        (shares, log_likelihood)
    }

    fn log_diagonal(&self, rows: &[f64], logs: &mut [f64]) {
        let k = self.weights.len();
        let means = Lanes::new(&self.means, self.dims, 0.0);
        let scales: Vec<f64> = self.components.iter().flat_map(|c| c.whiten.iter().copied()).collect();
        let scales = Lanes::new(&scales, self.dims, 0.0);
        for (row, logs) in rows.chunks_exact(self.dims).zip(logs.chunks_exact_mut(self.padded())) {
            for (block, out) in logs.chunks_exact_mut(LANES).enumerate() {
                let mut sums = [0.0; LANES];
                let here = block * LANES..(block + 1) * LANES;
                for ((x, means), scales) in row.iter().zip(means.columns()).zip(scales.columns()) {
                    for ((sum, mean), scale) in sums.iter_mut().zip(&means[here.clone()]).zip(&scales[here.clone()]) {
                        let z = (x - mean) * scale;
                        *sum += z * z;
                    }
                }
                out.copy_from_slice(&sums);
            }
            for (log, component) in logs[..k].iter_mut().zip(&self.components) {
                *log = component.top - 0.5 * *log;
            }
            logs[k..].fill(f64::NEG_INFINITY);
        }
    }

    fn log_full(&self, rows: &[f64], logs: &mut [f64]) {
        let padded = self.padded();
        let mut offset = vec![0.0; self.dims];
        for (row, logs) in rows.chunks_exact(self.dims).zip(logs.chunks_exact_mut(padded)) {
            for (log, component) in logs.iter_mut().zip(&self.components) {
                for ((o, x), m) in offset.iter_mut().zip(row).zip(&component.mean) {
                    *o = x - m;
                }
                let mut square = 0.0;
                let mut rest = component.whiten.as_slice();
                for i in 0..self.dims {
                    let (line, after) = rest.split_at(i + 1);
                    let z: f64 = line.iter().zip(&offset).map(|(w, o)| w * o).sum();
                    square += z * z;
                    rest = after;
                }
                *log = component.top - 0.5 * square;
            }
        }
    }

    fn expect(&self, points: &Points) -> Sums {
        let k = self.weights.len();
        let padded = self.padded();
        let pieces: Vec<Sums> = points
            .data()
            .par_chunks(PIECE * self.dims)
            .map(|rows| {
                let (shares, log_likelihood) = self.responsibilities(rows);
                let mut sums = Sums::new(k, self.dims, self.covariance);
                sums.log_likelihood = log_likelihood;
                for (row, shares) in rows.chunks_exact(self.dims).zip(shares.chunks_exact(padded)) {
                    for (component, share) in shares[..k].iter().enumerate() {
                        sums.add(row, component, *share, self.covariance);
                    }
                }
                sums
            })
            .collect();
        let mut all = Sums::new(k, self.dims, self.covariance);
        for piece in &pieces {
            for (to, from) in
                [(&mut all.weight, &piece.weight), (&mut all.first, &piece.first), (&mut all.second, &piece.second)]
            {
                to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
            }
            all.log_likelihood += piece.log_likelihood;
        }
        all
    }

    fn maximise(&self, sums: &Sums, n: usize, regularisation: f64) -> Result<GaussianMixture> {
        Self::of_sums(sums, n, regularisation, self.dims, self.covariance)
    }

    fn of_sums(
        sums: &Sums,
        n: usize,
        regularisation: f64,
        dims: usize,
        covariance: Covariance,
    ) -> Result<GaussianMixture> {
        let k = sums.weight.len();
        let size = sums.second.len() / k;
        let mut start = GaussianStart { weights: Vec::new(), means: Vec::new(), covariances: Vec::new() };
        // As scikit-learn guards against an empty component.
        let totals: Vec<f64> = sums.weight.iter().map(|w| w + 10.0 * f64::EPSILON).collect();
        let all: f64 = totals.iter().sum::<f64>().max(n as f64 * f64::EPSILON);
        for (c, total) in totals.iter().enumerate() {
            start.weights.push(total / all);
            let mean: Vec<f64> = sums.first[c * dims..(c + 1) * dims].iter().map(|s| s / total).collect();
            let second = &sums.second[c * size..(c + 1) * size];
            match covariance {
                Covariance::Diagonal => {
                    let variances =
                        second.iter().zip(&mean).map(|(s, m)| (s / total - m * m).max(0.0) + regularisation);
                    start.covariances.extend(variances);
                }
                Covariance::Full => {
                    let mut full = vec![0.0; dims * dims];
                    for i in 0..dims {
                        for j in 0..=i {
                            let value = second[i * dims + j] / total - mean[i] * mean[j];
                            let value = if i == j { value.max(0.0) + regularisation } else { value };
                            (full[i * dims + j], full[j * dims + i]) = (value, value);
                        }
                    }
                    start.covariances.extend(full);
                }
            }
            start.means.extend(mean);
        }
        Self::new(dims, covariance, start)
    }

    /// The likeliest component of each row, and the log-likelihood of all.
    fn assign(&self, points: &Points) -> (Vec<u32>, f64) {
        let padded = self.padded();
        let k = self.weights.len();
        let pieces: Vec<(Vec<u32>, f64)> = points
            .data()
            .par_chunks(PIECE * self.dims)
            .map(|rows| {
                let (shares, log_likelihood) = self.responsibilities(rows);
                let label = |row: &[f64]| {
                    let best = row[..k]
                        .iter()
                        .enumerate()
                        .fold((0, -1.0), |best, (i, p)| if *p > best.1 { (i, *p) } else { best });
                    best.0 as u32
                };
                (shares.chunks_exact(padded).map(label).collect(), log_likelihood)
            })
            .collect();
        let log_likelihood = pieces.iter().map(|piece| piece.1).sum();
        (pieces.into_iter().flat_map(|piece| piece.0).collect(), log_likelihood)
    }

    /// Moves all components by `centre`.
    fn shift(&mut self, centre: &[f64]) {
        for mean in self.means.chunks_exact_mut(self.dims) {
            mean.iter_mut().zip(centre).for_each(|(m, c)| *m += c);
        }
        for component in &mut self.components {
            component.mean.iter_mut().zip(centre).for_each(|(m, c)| *m += c);
        }
    }
}
