//! k-means: rows go to the nearest centre, centres to the mean of their rows.
//!
//! Restarts compete on a sample of at most 20,000 rows, where swaps better the winner; its centres are then
//! refined on all rows
//! by Lloyd's steps with Hamerly's bounds (2010): a row whose centre is nearer than its second nearest
//! can be, or than half the way to any other centre, is not looked at. With a batch size, Sculley's
//! mini-batch steps (2010) take the place of full ones. An empty cluster takes the row that is
//! farthest from its centre.

use rayon::prelude::*;

use super::points::{Lanes, Points, squared_distance};
use super::seeding::plus_plus;
use super::swaps;
use crate::base::random::Random;
use crate::base::{Error, ErrorKind, Result};

/// Parameters as yet unchecked.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansParams {
    /// Clusters; at least 1.
    pub clusters: usize,
    /// Starts that compete; at least 1.
    pub restarts: u32,
    /// Steps at most.
    pub iterations: u32,
    /// Steps end when the centres move by less than this share of the mean variance of the columns
    /// (sum of squares over all centres).
    pub tolerance: f64,
    /// Rows in a mini-batch; `None` for full steps.
    pub batch: Option<usize>,
    /// Names the randomness.
    pub seed: u64,
}

/// Centres that rows can be assigned to.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    centres: Vec<f64>,
    dims: usize,
}

/// A fit of k-means.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansFit {
    /// The centres.
    pub model: KMeans,
    /// The cluster of each row.
    pub labels: Vec<u32>,
    /// Sum of squared distances of rows to their centre.
    pub inertia: f64,
    /// Steps on all rows, or mini-batches.
    pub iterations: u32,
    /// Whether the steps ended before their limit.
    pub converged: bool,
}

/// Rows that the restarts compete on.
const SAMPLE: usize = 20_000;
/// Rows that one task assigns.
const PIECE: usize = 4096;

impl KMeansParams {
    /// `clusters` clusters, ten restarts, 300 steps, tolerance 1e-4, seed 0.
    pub fn new(clusters: usize) -> Self {
        KMeansParams { clusters, restarts: 10, iterations: 300, tolerance: 1e-4, batch: None, seed: 0 }
    }

    fn check(&self, points: &Points) -> Result<()> {
        let wrong = |why: String| Err(Error::new(ErrorKind::SchemaRange, why));
        if self.clusters == 0 || self.restarts == 0 || self.iterations == 0 {
            return wrong("`clusters`, `restarts` and `iterations` must be at least 1".to_owned());
        }
        if self.tolerance.is_nan() || self.tolerance < 0.0 || self.batch == Some(0) {
            return wrong("`tolerance` must be at least 0, and `batch` at least 1".to_owned());
        }
        if points.len() < self.clusters {
            let error = format!("{} rows are fewer than {} clusters", points.len(), self.clusters);
            return Err(Error::new(ErrorKind::NotEnoughData, error));
        }
        Ok(())
    }
}

impl KMeans {
    /// Fits the centres. Errors: parameters out of range, fewer rows than clusters. Cost: a step on all
    /// rows is rows x clusters x dims at first, and falls to a few percent of it as rows settle.
    ///
    /// ```
    /// use bactrian::models::cluster::{KMeans, KMeansParams, Points};
    ///
    /// let fitted = KMeans::fit(&Points::new(&[0.0, 0.1, 9.0, 9.1], 1)?, &KMeansParams::new(2))?;
    /// assert_eq!(fitted.labels[0], fitted.labels[1]);
    /// assert!((fitted.inertia - 0.01).abs() < 1e-12);
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    pub fn fit(points: &Points, params: &KMeansParams) -> Result<KMeansFit> {
        params.check(points)?;
        let all: Vec<usize> = (0..points.len()).collect();
        let rows = if points.len() > SAMPLE {
            let mut random = Random::keyed(params.seed, u64::MAX);
            (0..SAMPLE.max(20 * params.clusters)).map(|_| random.below(points.len() as u64) as usize).collect()
        } else {
            all
        };
        let drawn = points.pick(&rows);
        let sample = Points::new(&drawn, points.dims())?;
        let starts: Vec<(f64, Vec<f64>)> = (0..u64::from(params.restarts))
            .into_par_iter()
            .map(|restart| {
                let mut random = Random::keyed(params.seed, restart);
                let centres = sample.pick(&plus_plus(&sample, params.clusters, &mut random));
                let mut steps = Steps::new(&sample, centres);
                steps.run(params.iterations, params.tolerance);
                (steps.inertia(), steps.centres)
            })
            .collect();
        let best = starts.into_iter().reduce(|best, next| if next.0 < best.0 { next } else { best });
        let Some((_, mut centres)) = best else { return Err(Error::new(ErrorKind::Internal, "no start of k-means")) };
        if params.restarts > 1 {
            centres = swaps::improve(&sample, centres, params);
        }
        if let Some(batch) = params.batch {
            return Ok(Self::mini_batch(points, params, batch, centres));
        }
        let mut steps = Steps::new(points, centres);
        let (iterations, converged) = steps.run(params.iterations, params.tolerance);
        let inertia = steps.inertia();
        let model = KMeans { centres: steps.centres, dims: points.dims() };
        Ok(KMeansFit { model, labels: steps.labels, inertia, iterations, converged })
    }

    /// Steps on random rows, each centre moving by 1 / (rows it has seen).
    fn mini_batch(points: &Points, params: &KMeansParams, batch: usize, mut centres: Vec<f64>) -> KMeansFit {
        let dims = points.dims();
        let mut random = Random::keyed(params.seed, u64::MAX - 1);
        let mut seen = vec![0.0; params.clusters];
        let limit = params.tolerance * points.mean_variance();
        let (mut iterations, mut converged) = (0, false);
        while iterations < params.iterations && !converged {
            iterations += 1;
            let rows: Vec<usize> = (0..batch).map(|_| random.below(points.len() as u64) as usize).collect();
            let lanes = Lanes::new(&centres, dims, f64::INFINITY);
            let mut distances = vec![0.0; lanes.padded()];
            let before = centres.clone();
            for &row in &rows {
                let (label, _, _) = nearest(&lanes, points.row(row), &mut distances);
                seen[label] += 1.0;
                for (c, x) in centres[label * dims..(label + 1) * dims].iter_mut().zip(points.row(row)) {
                    *c += (x - *c) / seen[label];
                }
            }
            converged = squared_distance(&before, &centres) <= limit;
        }
        let model = KMeans { centres, dims };
        let (labels, inertia) = model.assign(points);
        KMeansFit { model, labels, inertia, iterations, converged }
    }

    /// The centres, row after row.
    pub fn centres(&self) -> &[f64] {
        &self.centres
    }

    /// The nearest centre of each row; an error where rows have another number of columns.
    pub fn predict(&self, points: &Points) -> Result<Vec<u32>> {
        if points.dims() != self.dims {
            let error = format!("rows of {} columns, where the centres have {}", points.dims(), self.dims);
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        Ok(self.assign(points).0)
    }

    fn assign(&self, points: &Points) -> (Vec<u32>, f64) {
        let lanes = Lanes::new(&self.centres, self.dims, f64::INFINITY);
        let pieces: Vec<(Vec<u32>, f64)> = points
            .data()
            .par_chunks(PIECE * self.dims)
            .map(|rows| {
                let mut distances = vec![0.0; lanes.padded()];
                let (mut labels, mut inertia) = (Vec::with_capacity(PIECE), 0.0);
                for row in rows.chunks_exact(self.dims) {
                    let (label, distance, _) = nearest(&lanes, row, &mut distances);
                    labels.push(label as u32);
                    inertia += distance;
                }
                (labels, inertia)
            })
            .collect();
        let inertia = pieces.iter().map(|piece| piece.1).sum();
        (pieces.into_iter().flat_map(|piece| piece.0).collect(), inertia)
    }
}

/// The nearest centre, its squared distance, and that of the second nearest; ties to the first.
fn nearest(lanes: &Lanes, row: &[f64], distances: &mut [f64]) -> (usize, f64, f64) {
    lanes.squared_distances(row, distances);
    let (mut best, mut first, mut second) = (0, f64::INFINITY, f64::INFINITY);
    for (i, &d) in distances.iter().take(lanes.k).enumerate() {
        if d < first {
            (best, first, second) = (i, d, first);
        } else if d < second {
            second = d;
        }
    }
    (best, first, second)
}

/// Lloyd's steps with Hamerly's bounds.
pub(super) struct Steps<'a> {
    points: &'a Points<'a>,
    pub(super) centres: Vec<f64>,
    labels: Vec<u32>,
    /// Of each row: its distance to its centre is at most the first, to any other at least the second.
    bounds: Vec<[f64; 2]>,
    /// Of each cluster: the sum of its rows and their number, kept as rows move.
    sums: Vec<f64>,
    counts: Vec<f64>,
}

/// What the rows of a piece that moved change.
struct Moves {
    sums: Vec<f64>,
    counts: Vec<f64>,
    moved: usize,
}

const UNASSIGNED: u32 = u32::MAX;

impl<'a> Steps<'a> {
    pub(super) fn new(points: &'a Points<'a>, centres: Vec<f64>) -> Self {
        let k = centres.len() / points.dims();
        Steps {
            points,
            labels: vec![UNASSIGNED; points.len()],
            bounds: vec![[f64::INFINITY, 0.0]; points.len()],
            sums: vec![0.0; centres.len()],
            counts: vec![0.0; k],
            centres,
        }
    }

    /// Steps until the centres rest; how many, and whether they did.
    pub(super) fn run(&mut self, most: u32, tolerance: f64) -> (u32, bool) {
        let limit = tolerance * self.points.mean_variance();
        for step in 1..=most {
            let moved = self.assign();
            if moved == 0 {
                return (step, true);
            }
            if self.update() <= limit {
                self.assign();
                return (step, true);
            }
        }
        self.assign();
        (most, false)
    }

    /// Moves rows to their nearest centre; how many moved.
    fn assign(&mut self) -> usize {
        let dims = self.points.dims();
        let lanes = Lanes::new(&self.centres, dims, f64::INFINITY);
        let half = half_gaps(&self.centres, dims);
        let centres = &self.centres;
        let pieces: Vec<Moves> = self
            .points
            .data()
            .par_chunks(PIECE * dims)
            .zip(self.labels.par_chunks_mut(PIECE))
            .zip(self.bounds.par_chunks_mut(PIECE))
            .map(|((rows, labels), bounds)| {
                let mut moves = Moves { sums: vec![0.0; centres.len()], counts: vec![0.0; half.len()], moved: 0 };
                let mut distances = vec![0.0; lanes.padded()];
                for ((row, label), bounds) in rows.chunks_exact(dims).zip(labels).zip(bounds) {
                    let old = *label as usize;
                    if let Some(half) = half.get(old) {
                        let safe = half.max(bounds[1]);
                        if bounds[0] <= safe {
                            continue;
                        }
                        bounds[0] = squared_distance(row, &centres[old * dims..(old + 1) * dims]).sqrt();
                        if bounds[0] <= safe {
                            continue;
                        }
                    }
                    let (new, first, second) = nearest(&lanes, row, &mut distances);
                    *bounds = [first.sqrt(), second.sqrt()];
                    if new != old {
                        *label = new as u32;
                        moves.take(row, old, new);
                    }
                }
                moves
            })
            .collect();
        let mut moved = 0;
        for piece in pieces.iter().filter(|piece| piece.moved > 0) {
            moved += piece.moved;
            add(&mut self.sums, &piece.sums);
            add(&mut self.counts, &piece.counts);
        }
        moved
    }

    /// Moves centres to the mean of their rows; the sum of squared moves.
    fn update(&mut self) -> f64 {
        let dims = self.points.dims();
        let before = self.centres.clone();
        self.fill_empty();
        for ((centre, sum), count) in
            self.centres.chunks_exact_mut(dims).zip(self.sums.chunks_exact(dims)).zip(&self.counts)
        {
            for (c, s) in centre.iter_mut().zip(sum) {
                *c = s / count;
            }
        }
        let moves: Vec<f64> = before
            .chunks_exact(dims)
            .zip(self.centres.chunks_exact(dims))
            .map(|(a, b)| squared_distance(a, b).sqrt())
            .collect();
        let most = moves.iter().copied().fold(0.0, f64::max);
        self.bounds.par_chunks_mut(PIECE).zip(self.labels.par_chunks(PIECE)).for_each(|(bounds, labels)| {
            for (bounds, label) in bounds.iter_mut().zip(labels) {
                bounds[0] += moves[*label as usize];
                bounds[1] -= most;
            }
        });
        moves.iter().map(|d| d * d).sum()
    }

    /// Gives each empty cluster the row that is farthest from its centre, of a cluster of several.
    fn fill_empty(&mut self) {
        let dims = self.points.dims();
        while let Some(empty) = self.counts.iter().position(|count| *count == 0.0) {
            let distance = |row: usize| {
                let label = self.labels[row] as usize;
                let spare = self.counts[label] > 1.0;
                let centre = &self.centres[label * dims..(label + 1) * dims];
                if spare { squared_distance(self.points.row(row), centre) } else { -1.0 }
            };
            let mut far = (0, -1.0);
            for row in 0..self.points.len() {
                let d = distance(row);
                if d > far.1 {
                    far = (row, d);
                }
            }
            let (row, old) = (self.points.row(far.0), self.labels[far.0] as usize);
            let mut moves = Moves { sums: vec![0.0; self.sums.len()], counts: vec![0.0; self.counts.len()], moved: 0 };
            moves.take(row, old, empty);
            add(&mut self.sums, &moves.sums);
            add(&mut self.counts, &moves.counts);
            self.labels[far.0] = empty as u32;
            self.bounds[far.0] = [f64::INFINITY, 0.0];
        }
    }

    /// Sum of squared distances of rows to their centre.
    pub(super) fn inertia(&self) -> f64 {
        let dims = self.points.dims();
        let pieces: Vec<f64> = self
            .points
            .data()
            .par_chunks(PIECE * dims)
            .zip(self.labels.par_chunks(PIECE))
            .map(|(rows, labels)| {
                let one = |(row, label): (&[f64], &u32)| {
                    let label = *label as usize;
                    squared_distance(row, &self.centres[label * dims..(label + 1) * dims])
                };
                rows.chunks_exact(dims).zip(labels).map(one).sum()
            })
            .collect();
        pieces.iter().sum()
    }
}

impl Moves {
    fn take(&mut self, row: &[f64], old: usize, new: usize) {
        let dims = row.len();
        self.moved += 1;
        self.counts[new] += 1.0;
        add(&mut self.sums[new * dims..(new + 1) * dims], row);
        if let Some(count) = self.counts.get_mut(old) {
            *count -= 1.0;
            for (sum, x) in self.sums[old * dims..(old + 1) * dims].iter_mut().zip(row) {
                *sum -= x;
            }
        }
    }
}

fn add(sums: &mut [f64], by: &[f64]) {
    for (sum, x) in sums.iter_mut().zip(by) {
        *sum += x;
    }
}

/// Half the distance from each centre to the nearest other one.
fn half_gaps(centres: &[f64], dims: usize) -> Vec<f64> {
    let gap = |(i, centre): (usize, &[f64])| {
        let others = centres.chunks_exact(dims).enumerate().filter(|(j, _)| *j != i);
        0.5 * others.map(|(_, other)| squared_distance(centre, other)).fold(f64::INFINITY, f64::min).sqrt()
    };
    centres.chunks_exact(dims).enumerate().map(gap).collect()
}
