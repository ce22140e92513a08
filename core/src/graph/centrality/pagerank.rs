//! PageRank (Brin and Page 1998) by power iteration over incoming arcs.

use super::{GRAIN, multiply, sum};
use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::{Csr, are_plain};
use rayon::prelude::*;

/// How PageRank is computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageRankOptions {
    /// Chance of following a tie rather than restarting, 0 to below 1.
    pub damping: f64,
    /// Stop when an iteration moves less than this in all (L1).
    pub tolerance: f64,
    /// Most iterations.
    pub iterations: usize,
}

impl Default for PageRankOptions {
    fn default() -> Self {
        PageRankOptions { damping: 0.85, tolerance: 1e-10, iterations: 1000 }
    }
}

/// PageRank of every node, summing to 1; with `restart`, personalised PageRank.
///
/// A tie is followed in proportion to its weight; a node without outgoing ties restarts. `restart`
/// holds one weight of zero or more a node, and `None` restarts anywhere. O(arcs) an iteration, about
/// ln(tolerance) / ln(damping) iterations; a directed graph is transposed once.
///
/// ```
/// use bactrian::graph::{Csr, PageRankOptions, pagerank};
///
/// let graph = Csr::from_edges(3, &[0, 1, 2], &[2, 2, 0], None, true)?;
/// let rank = pagerank(&graph, &PageRankOptions::default(), None)?;
/// assert!(rank[2] > rank[0] && rank[0] > rank[1]);
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// # Errors
/// `SchemaRange` for a damping outside of [0, 1), a tolerance below zero, a negative weight, or a restart that has another
/// length, a negative or non-finite weight, or no positive one.
pub fn pagerank(graph: &Csr, options: &PageRankOptions, restart: Option<&[f64]>) -> Result<Vec<f64>> {
    let nodes = graph.nodes();
    let restart = check(graph, options, restart)?;
    if nodes == 0 {
        return Ok(Vec::new());
    }
    let strengths = graph.strengths();
    if !are_plain(&strengths) {
        return pagerank(&graph.row_shares(), options, Some(&restart));
    }
    let transposed;
    let incoming = if graph.is_directed() {
        transposed = graph.transpose();
        &transposed
    } else {
        graph
    };
    let inverse: Vec<f64> = strengths.iter().map(|&s| if s > 0.0 { 1.0 / s } else { 0.0 }).collect();
    let mut rank = restart.clone();
    let (mut share, mut pulled) = (vec![0.0; nodes], vec![0.0; nodes]);
    for _ in 0..options.iterations {
        share.par_chunks_mut(GRAIN).enumerate().for_each(|(part, share)| {
            for (i, out) in share.iter_mut().enumerate() {
                *out = rank[part * GRAIN + i] * inverse[part * GRAIN + i];
            }
        });
        multiply(incoming, &share, &mut pulled);
        let followed = sum(nodes, |i| if inverse[i] > 0.0 { rank[i] } else { 0.0 });
        let total = sum(nodes, |i| rank[i]);
        let again = (1.0 - options.damping) * total + options.damping * (total - followed);
        pulled.par_chunks_mut(GRAIN).enumerate().for_each(|(part, pulled)| {
            for (i, out) in pulled.iter_mut().enumerate() {
                *out = options.damping * *out + again * restart[part * GRAIN + i];
            }
        });
        std::mem::swap(&mut rank, &mut pulled);
        if sum(nodes, |i| (rank[i] - pulled[i]).abs()) < options.tolerance {
            break;
        }
    }
    let total = sum(nodes, |i| rank[i]);
    rank.iter_mut().for_each(|r| *r /= total);
    Ok(rank)
}

/// The restart distribution, summing to 1.
fn check(graph: &Csr, options: &PageRankOptions, restart: Option<&[f64]>) -> Result<Vec<f64>> {
    let range = |text: &str| Err(Error::new(ErrorKind::SchemaRange, text));
    if !(0.0..1.0).contains(&options.damping) {
        return range("the damping of PageRank must be at least 0 and below 1");
    }
    if options.tolerance.is_nan() || options.tolerance < 0.0 {
        return range("the tolerance of PageRank must be zero or more");
    }
    if graph.least_weight() < 0.0 {
        return range("PageRank needs weights of zero or more");
    }
    let Some(restart) = restart else { return Ok(vec![1.0 / graph.nodes().max(1) as f64; graph.nodes()]) };
    if restart.len() != graph.nodes() || restart.iter().any(|&w| !(w >= 0.0 && w.is_finite())) {
        return range("restart needs one weight of zero or more for each node");
    }
    let total: f64 = restart.iter().sum();
    if !(total > 0.0 && total.is_finite()) && graph.nodes() > 0 {
        return range("restart needs a weight above zero, and a finite sum");
    }
    Ok(restart.iter().map(|w| w / total).collect())
}
