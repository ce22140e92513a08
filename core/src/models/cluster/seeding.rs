//! Where k-means begins.

use super::points::{Points, squared_distance};
use crate::base::random::Random;

/// k centres by k-means++ (Arthur, Vassilvitskii 2007), each the best of 2 + ln k draws.
///
/// Returns the rows chosen. Where fewer than k rows differ, some are chosen twice.
pub(super) fn plus_plus(points: &Points, k: usize, random: &mut Random) -> Vec<usize> {
    let n = points.len();
    let trials = 2 + crate::base::numeric::ln(k as f64) as usize;
    let first = random.below(n as u64) as usize;
    let mut chosen = vec![first];
    let mut nearest: Vec<f64> = points.rows().map(|row| squared_distance(row, points.row(first))).collect();
    while chosen.len() < k {
        let total: f64 = nearest.iter().sum();
        let mut best: Option<(f64, usize, Vec<f64>)> = None;
        for _ in 0..trials {
            let candidate = draw(&nearest, total, random);
            let centre = points.row(candidate);
            let with: Vec<f64> =
                points.rows().zip(&nearest).map(|(row, d)| squared_distance(row, centre).min(*d)).collect();
            let potential: f64 = with.iter().sum();
            if best.as_ref().is_none_or(|best| potential < best.0) {
                best = Some((potential, candidate, with));
            }
        }
        if let Some((_, candidate, with)) = best {
            chosen.push(candidate);
            nearest = with;
        }
    }
    chosen
}

/// A row with probability proportional to its weight; any row where all weights are 0.
pub(super) fn draw(weights: &[f64], total: f64, random: &mut Random) -> usize {
    if total <= 0.0 {
        return random.below(weights.len() as u64) as usize;
    }
    let mut left = random.uniform() * total;
    for (row, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return row;
        }
    }
    // Rounding may leave a crumb beyond the last row that weighs anything.
    weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(0)
}
