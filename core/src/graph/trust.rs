//! Trust: what others say of someone, and what those whom I trust say.

use crate::base::numeric::exp2;
use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::{Csr, unit_scale};

#[cfg(test)]
mod tests;

/// Decayed praise and blame: the beta reputation of Josang and Ismail (2002).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reputation {
    /// Decayed sum of praise.
    pub praise: f64,
    /// Decayed sum of blame.
    pub blame: f64,
}

impl Reputation {
    /// The chance that the next dealing is good: (praise + 1) / (praise + blame + 2); 0.5 for a stranger.
    pub fn expectation(&self) -> f64 {
        (self.praise + 1.0) / (self.praise + self.blame + 2.0)
    }

    /// Standard deviation of that chance, under the beta distribution.
    pub fn deviation(&self) -> f64 {
        let (a, b) = (self.praise + 1.0, self.blame + 1.0);
        (a * b / ((a + b) * (a + b) * (a + b + 1.0))).sqrt()
    }
}

/// The reputation of every node from ratings: above zero praise, below zero blame, by magnitude.
///
/// A rating of age d counts 2^-(d / half_life); one after `now` does not count, nor one of oneself.
///
/// # Errors
/// `SchemaRange` where columns differ in length, a node is unknown, a rating is not finite, or the
/// half-life is not above zero.
pub fn reputations(
    nodes: usize,
    rater: &[u32],
    rated: &[u32],
    rating: &[f64],
    at: &[i64],
    now: i64,
    half_life: Option<i64>,
) -> Result<Vec<Reputation>> {
    let rows = rater.len();
    let range = |text: &str| Err(Error::new(ErrorKind::SchemaRange, text));
    if [rated.len(), rating.len(), at.len()] != [rows; 3] || half_life.is_some_and(|h| h <= 0) {
        return range("ratings must be columns of one length, and a half-life above zero");
    }
    if rater.iter().chain(rated).any(|&node| node as usize >= nodes) || rating.iter().any(|x| !x.is_finite()) {
        return range("ratings must be finite and of known nodes");
    }
    let mut out = vec![Reputation::default(); nodes];
    for row in (0..rows).filter(|&row| at[row] <= now && rater[row] != rated[row]) {
        let age = now.saturating_sub(at[row]) as f64;
        let weight = rating[row].abs() * half_life.map_or(1.0, |h| exp2(-age / h as f64));
        let own = &mut out[rated[row] as usize];
        if rating[row] > 0.0 { own.praise += weight } else { own.blame += weight }
    }
    Ok(out)
}

/// How far `source` may trust `sink`, from what those it trusts say (TidalTrust, Golbeck 2005): along
/// shortest chains only, the mean of what trusted neighbours say, weighted by the trust in them, over
/// those trusted at least as much as the strongest chain allows. The tie itself where there is one; NaN
/// where no chain of at most `hops` leads there. Weights are trust, zero or more.
///
/// ```
/// use bactrian::graph::{Csr, propagated_trust};
///
/// let graph = Csr::from_edges(4, &[0, 0, 1, 2], &[1, 2, 3, 3], Some(&[0.9, 0.3, 0.8, 0.1]), true)?;
/// assert_eq!(propagated_trust(&graph, 0, 3, 3), 0.8); // 2 is trusted less than the chain by 1
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn propagated_trust(graph: &Csr, source: u32, sink: u32, hops: usize) -> f64 {
    if source as usize >= graph.nodes() || sink as usize >= graph.nodes() || source == sink {
        return f64::NAN;
    }
    // Layers of a breadth-first search, and the strongest chain to each node: its weakest tie.
    let mut depth = vec![usize::MAX; graph.nodes()];
    let mut strength = vec![0.0; graph.nodes()];
    (depth[source as usize], strength[source as usize]) = (0, f64::INFINITY);
    let mut order = vec![source];
    let (mut next, mut limit, mut strongest) = (0, hops, f64::NEG_INFINITY);
    while let Some(&node) = order.get(next) {
        next += 1;
        let own = node as usize;
        if depth[own] >= limit {
            break;
        }
        for (to, trust) in graph.ties(node).filter(|tie| tie.1 > 0.0) {
            if to == sink {
                // The last tie is an opinion, not a link of the chain.
                limit = depth[own] + 1;
                strongest = f64::max(strongest, strength[own]);
                continue;
            }
            if depth[to as usize] == usize::MAX {
                depth[to as usize] = depth[own] + 1;
                order.push(to);
            }
            if depth[to as usize] == depth[own] + 1 {
                strength[to as usize] = f64::max(strength[to as usize], strength[own].min(trust));
            }
        }
    }
    if strongest == f64::NEG_INFINITY {
        return f64::NAN;
    }
    let scale = unit_scale(strongest);
    let mut said = vec![f64::NAN; graph.nodes()];
    for &node in order.iter().rev().filter(|&&node| depth[node as usize] < limit) {
        if let Some(direct) = graph.weight(node, sink).filter(|&w| w > 0.0) {
            said[node as usize] = direct;
            continue;
        }
        let (mut sum, mut weights) = (0.0, 0.0);
        for (to, trust) in graph.ties(node) {
            let there = to as usize;
            if trust >= strongest && depth[there] == depth[node as usize] + 1 && !said[there].is_nan() {
                sum += trust * scale * said[there];
                weights += trust * scale;
            }
        }
        said[node as usize] = sum / weights;
    }
    said[source as usize]
}
