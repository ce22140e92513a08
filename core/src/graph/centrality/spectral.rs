//! Katz centrality, and hubs and authorities.

use super::{multiply, sum};
use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::{Csr, unit_scale};

const ITERATIONS: usize = 10_000;

/// Hub and authority of every node, each summing to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Hits {
    /// High for a node that points to good authorities.
    pub hub: Vec<f64>,
    /// High for a node that good hubs point to.
    pub authority: Vec<f64>,
}

/// Katz centrality (1953): x = `alpha` A^T x + 1, scaled to Euclidean length 1, to within 1e-12.
///
/// # Errors
/// `SchemaRange` where `alpha` is negative or not below 1 / the largest eigenvalue, so that the sum
/// over walks does not converge.
pub fn katz(graph: &Csr, alpha: f64) -> Result<Vec<f64>> {
    let nodes = graph.nodes();
    let incoming = graph.transpose();
    let (mut x, mut next) = (vec![0.0; nodes], vec![0.0; nodes]);
    let diverges = || {
        Error::new(ErrorKind::SchemaRange, format!("the sum over walks diverges at alpha `{alpha}`"))
            .hint("alpha must be below 1 / the largest eigenvalue; 0.5 / the largest degree is safe")
    };
    if !(alpha >= 0.0 && alpha.is_finite()) {
        return Err(diverges());
    }
    for _ in 0..ITERATIONS {
        multiply(&incoming, &x, &mut next);
        next.iter_mut().for_each(|y| *y = alpha * *y + 1.0);
        let change = sum(nodes, |i| (next[i] - x[i]).abs());
        let size = sum(nodes, |i| next[i].abs());
        std::mem::swap(&mut x, &mut next);
        if !size.is_finite() {
            return Err(diverges());
        }
        if change <= 1e-13 * size {
            let scale = unit_scale(x.iter().map(|y| y.abs()).fold(0.0, f64::max));
            x.iter_mut().for_each(|y| *y *= scale);
            let norm = sum(nodes, |i| x[i] * x[i]).sqrt();
            x.iter_mut().for_each(|y| *y /= norm);
            return Ok(x);
        }
    }
    Err(diverges())
}

/// Hubs and authorities (Kleinberg 1999) by power iteration, until a step moves less than `tolerance`
/// in all. Zero everywhere in a graph without ties that weigh anything.
///
/// # Errors
/// `SchemaRange` for a negative weight, a tolerance that is not above zero, or no convergence.
pub fn hits(graph: &Csr, tolerance: f64) -> Result<Hits> {
    if graph.least_weight() < 0.0 || tolerance.is_nan() || tolerance <= 0.0 {
        return Err(Error::new(ErrorKind::SchemaRange, "hubs need weights of zero or more and a tolerance above zero"));
    }
    let nodes = graph.nodes();
    let (graph, _) = graph.in_range();
    if graph.strengths().iter().all(|&strength| strength == 0.0) {
        return Ok(Hits { hub: vec![0.0; nodes], authority: vec![0.0; nodes] });
    }
    let incoming = graph.transpose();
    let mut hub = vec![1.0 / nodes as f64; nodes];
    let (mut authority, mut next) = (vec![0.0; nodes], vec![0.0; nodes]);
    for _ in 0..ITERATIONS {
        multiply(&incoming, &hub, &mut authority);
        multiply(&graph, &authority, &mut next);
        for side in [&mut authority, &mut next] {
            let total = sum(nodes, |i| side[i]);
            side.iter_mut().for_each(|x| *x /= total);
        }
        let change = sum(nodes, |i| (next[i] - hub[i]).abs());
        std::mem::swap(&mut hub, &mut next);
        if change < tolerance {
            return Ok(Hits { hub, authority });
        }
    }
    Err(Error::new(ErrorKind::SchemaRange, "hubs and authorities did not converge").hint("raise the tolerance"))
}
