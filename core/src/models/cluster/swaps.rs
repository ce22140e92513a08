//! Out of a poor optimum of k-means by swaps: a centre goes, a row far from all centres takes its place
//! (Franti 2018, random swap clustering).

use super::kmeans::{KMeansParams, Steps};
use super::points::{Points, squared_distance};
use super::seeding::draw;
use crate::base::random::Random;

/// Swaps tried: as many as pass over this many rows, within the bounds.
const ROWS: usize = 800_000;
const TRIES: (usize, usize) = (24, 96);
/// Steps after which a swap has shown what it is worth.
const STEPS: u32 = 12;

/// Centres with at most the inertia of those given, on rows few enough to pass over often. Cost: a few steps
/// of k-means for each swap.
pub(super) fn improve(points: &Points, centres: Vec<f64>, params: &KMeansParams) -> Vec<f64> {
    let (k, dims) = (params.clusters, points.dims());
    if k < 2 {
        return centres;
    }
    let mut random = Random::keyed(params.seed, u64::MAX - 2);
    let mut best = Best::new(points, centres);
    for _ in 0..(ROWS / points.len().max(1)).clamp(TRIES.0, TRIES.1) {
        let total = best.distances.iter().sum();
        let (gone, row) = (random.below(k as u64) as usize, draw(&best.distances, total, &mut random));
        let mut centres = best.centres.clone();
        if let Some(place) = centres.get_mut(gone * dims..(gone + 1) * dims) {
            place.copy_from_slice(points.row(row));
        }
        let mut steps = Steps::new(points, centres);
        steps.run(STEPS, params.tolerance);
        if steps.inertia() < best.inertia {
            steps.run(params.iterations, params.tolerance);
            best = Best::new(points, steps.centres);
        }
    }
    best.centres
}

/// Centres, how far each row is from them, squared, and the sum of it.
struct Best {
    centres: Vec<f64>,
    distances: Vec<f64>,
    inertia: f64,
}

impl Best {
    fn new(points: &Points, centres: Vec<f64>) -> Self {
        let to_nearest = |row: &[f64]| {
            centres.chunks_exact(points.dims()).map(|c| squared_distance(row, c)).fold(f64::INFINITY, f64::min)
        };
        let distances: Vec<f64> = points.rows().map(to_nearest).collect();
        Best { inertia: distances.iter().sum(), distances, centres }
    }
}
