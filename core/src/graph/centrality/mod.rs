//! How central a node is: PageRank and its personal form, Katz, hubs and authorities, betweenness,
//! harmonic closeness.
//!
//! Sums have a fixed shape, so results are the same bits on any number of threads.

mod pagerank;
mod paths;
mod push;
mod spectral;
#[cfg(test)]
mod tests;

pub use pagerank::{PageRankOptions, pagerank};
pub use paths::{betweenness, harmonic};
pub use push::PersonalRank;
pub use spectral::{Hits, hits, katz};

use super::csr::{ArcWeights, Csr, UnitWeights, Weights};
use rayon::prelude::*;

/// Nodes that one task sums; fixed, since it is the shape of the sums.
const GRAIN: usize = 4096;

/// For every node, the sum over its arcs of weight * `from`[target]: one product with the matrix.
fn multiply(graph: &Csr, from: &[f64], to: &mut [f64]) {
    match graph.weights() {
        Weights::Unit => multiply_with(graph, UnitWeights, from, to),
        Weights::Single(w) => multiply_with(graph, w.as_slice(), from, to),
        Weights::Double(w) => multiply_with(graph, w.as_slice(), from, to),
    }
}

fn multiply_with<W: ArcWeights>(graph: &Csr, weights: W, from: &[f64], to: &mut [f64]) {
    let (offsets, targets) = (graph.offsets(), graph.targets());
    to.par_chunks_mut(GRAIN).enumerate().for_each(|(part, to)| {
        for (i, out) in to.iter_mut().enumerate() {
            let node = part * GRAIN + i;
            let (begin, end) = (offsets[node], offsets[node + 1]);
            // Four sums, so that one addition need not wait for the last.
            let mut sums = [0.0; 4];
            let mut quads = targets[begin..end].chunks_exact(4);
            let mut arc = begin;
            for quad in &mut quads {
                for (lane, &target) in quad.iter().enumerate() {
                    sums[lane] += weights.at(arc + lane) * from[target as usize];
                }
                arc += 4;
            }
            for (&target, arc) in quads.remainder().iter().zip(arc..) {
                sums[0] += weights.at(arc) * from[target as usize];
            }
            *out = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        }
    });
}

/// The sum of `term` over 0..n, in chunks of fixed size.
fn sum(n: usize, term: impl Fn(usize) -> f64 + Sync) -> f64 {
    let parts: Vec<f64> = (0..n.div_ceil(GRAIN))
        .into_par_iter()
        .map(|part| (part * GRAIN..((part + 1) * GRAIN).min(n)).map(&term).sum())
        .collect();
    parts.iter().sum()
}
