//! Which topic of a new fit continues which topic of the old one.

use crate::base::numeric::{dot, sum_of_squares};

use super::Topics;

/// For each new topic the old one that it continues, or `None` where it is new.
///
/// Pairs are taken by falling cosine of their rows, each topic once, down to `least` (0.5 is a
/// sensible bound; a pair at 0 or below never matches); equal cosines go to the lower ids. Terms are
/// compared by index, so new terms must be appended; a term that one fit lacks counts as 0 there.
/// Cost: k^2 products of rows.
///
/// ```
/// use bactrian::models::topics::{match_topics, Topics};
///
/// let topics = |rows: &[f64]| Topics {
///     k: 2, terms: rows.len() / 2, rows: rows.to_vec(), objective: 0.0, iterations: 1, converged: true,
/// };
/// let (old, new) = (topics(&[0.9, 0.1, 0.0, 1.0]), topics(&[0.1, 0.8, 0.1, 1.0, 0.0, 0.0]));
/// assert_eq!(match_topics(&old, &new, 0.5), [Some(1), Some(0)]);
/// ```
pub fn match_topics(old: &Topics, new: &Topics, least: f64) -> Vec<Option<usize>> {
    let mut pairs = Vec::with_capacity(old.k * new.k);
    for ours in 0..new.k {
        for theirs in 0..old.k {
            let cosine = cosine(new.row(ours), old.row(theirs));
            if cosine > 0.0 && cosine >= least {
                pairs.push((cosine, ours, theirs));
            }
        }
    }
    // Stable, so equal cosines keep the order of ids.
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut result = vec![None; new.k];
    let mut taken = vec![false; old.k];
    for (_, ours, theirs) in pairs {
        if result[ours].is_none() && !taken[theirs] {
            result[ours] = Some(theirs);
            taken[theirs] = true;
        }
    }
    result
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    dot(a, b) / (sum_of_squares(a) * sum_of_squares(b)).sqrt()
}
