//! Triangles and clustering. Directions and weights are ignored.

use crate::graph::csr::Csr;
use rayon::prelude::*;

/// Nodes that one task counts.
const GRAIN: usize = 1024;

/// The number of triangles that each node is in. O(arcs^1.5) at worst.
///
/// Every triangle is found once, from its least node in order of degree (Chiba and Nishizeki 1985).
pub fn triangles(graph: &Csr) -> Vec<u64> {
    if graph.is_directed() {
        return triangles(&graph.to_undirected());
    }
    let nodes = graph.nodes();
    let before = |a: u32, b: u32| (graph.degree(a), a) < (graph.degree(b), b);
    let mut offsets = vec![0usize];
    let mut later: Vec<u32> = Vec::with_capacity(graph.edges());
    for node in 0..nodes as u32 {
        later.extend(graph.neighbors(node).iter().copied().filter(|&other| before(node, other)));
        offsets.push(later.len());
    }
    let row = |node: u32| &later[offsets[node as usize]..offsets[node as usize + 1]];
    let count = |part: usize, counts: &mut Vec<u64>, marked: &mut Vec<bool>| {
        for node in (part * GRAIN) as u32..((part + 1) * GRAIN).min(nodes) as u32 {
            row(node).iter().for_each(|&other| marked[other as usize] = true);
            for &middle in row(node) {
                for &third in row(middle).iter().filter(|&&third| marked[third as usize]) {
                    for corner in [node, middle, third] {
                        counts[corner as usize] += 1;
                    }
                }
            }
            row(node).iter().for_each(|&other| marked[other as usize] = false);
        }
    };
    // Counts are whole numbers, so the order in which parts add up cannot matter.
    (0..nodes.div_ceil(GRAIN))
        .into_par_iter()
        .with_min_len(nodes.div_ceil(GRAIN).div_ceil(8).max(1))
        .fold(
            || (vec![0u64; nodes], vec![false; nodes]),
            |(mut counts, mut marked), part| {
                count(part, &mut counts, &mut marked);
                (counts, marked)
            },
        )
        .map(|sums| sums.0)
        .reduce_with(|mut a, b| {
            a.iter_mut().zip(b).for_each(|(x, y)| *x += y);
            a
        })
        .unwrap_or_default()
}

/// The local clustering coefficient of every node (Watts and Strogatz 1998): the share of pairs of its
/// neighbours that are tied; NaN for a node with fewer than two.
pub fn clustering(graph: &Csr) -> Vec<f64> {
    if graph.is_directed() {
        return clustering(&graph.to_undirected());
    }
    let of = |(node, &count): (usize, &u64)| match graph.degree(node as u32) {
        0 | 1 => f64::NAN,
        k => count as f64 / (k as f64 * (k as f64 - 1.0) / 2.0),
    };
    triangles(graph).iter().enumerate().map(of).collect()
}

/// The share of paths of two ties that are closed, over the whole graph; NaN where there is none.
pub fn transitivity(graph: &Csr) -> f64 {
    if graph.is_directed() {
        return transitivity(&graph.to_undirected());
    }
    let closed: u64 = triangles(graph).iter().sum();
    let paths: u64 =
        (0..graph.nodes() as u32).map(|node| graph.degree(node) as u64).map(|k| k * k.saturating_sub(1) / 2).sum();
    closed as f64 / paths as f64
}
