//! Centrality from shortest paths, counted in hops; exact or from a sample of sources.

use crate::graph::chance::Chance;
use crate::graph::csr::Csr;
use rayon::prelude::*;

/// Parts that sources are cut into; fixed, since it is the shape of the sums.
const PARTS: usize = 16;

/// Betweenness of every node (Brandes 2001): the number of shortest paths through it, as shares, over
/// ordered pairs in a directed graph and unordered pairs otherwise; not normalised.
///
/// `sources` of `None` is exact, O(nodes arcs); `Some((k, seed))` draws k sources without replacement
/// and scales by nodes / k (Brandes and Pich 2007), unbiased. Memory 16 sums a node.
pub fn betweenness(graph: &Csr, sources: Option<(usize, u64)>) -> Vec<f64> {
    let (sources, scale) = draw(graph, sources);
    let half = if graph.is_directed() { 1.0 } else { 0.5 };
    gather(graph, &sources, scale * half, |search, source, out| {
        search.from(graph, source);
        let Search { order, paths, depth, flow, .. } = search;
        for &node in order.iter().rev() {
            let own = node as usize;
            for &to in graph.neighbors(node) {
                let to = to as usize;
                if depth[to] == depth[own] + 1 {
                    flow[own] += paths[own] / paths[to] * (1.0 + flow[to]);
                }
            }
            if node != source {
                out[own] += flow[own];
            }
        }
    })
}

/// Harmonic centrality of every node (Marchiori and Latora 2000): the sum of 1 / distance from every
/// other node that reaches it. Exact, or from k sources as in [`betweenness`].
pub fn harmonic(graph: &Csr, sources: Option<(usize, u64)>) -> Vec<f64> {
    let (sources, scale) = draw(graph, sources);
    gather(graph, &sources, scale, |search, source, out| {
        search.from(graph, source);
        for &node in &search.order[1..] {
            out[node as usize] += 1.0 / f64::from(search.depth[node as usize]);
        }
    })
}

fn draw(graph: &Csr, sources: Option<(usize, u64)>) -> (Vec<u32>, f64) {
    let mut all: Vec<u32> = (0..graph.nodes() as u32).collect();
    match sources {
        Some((k, seed)) if k < all.len() => {
            Chance::new(seed, 0xb37, 0).shuffle(&mut all);
            all.truncate(k);
            all.sort_unstable();
            let scale = graph.nodes() as f64 / k.max(1) as f64;
            (all, scale)
        }
        _ => (all, 1.0),
    }
}

fn gather(graph: &Csr, sources: &[u32], scale: f64, visit: impl Fn(&mut Search, u32, &mut [f64]) + Sync) -> Vec<f64> {
    let size = sources.len().div_ceil(PARTS).max(1);
    let parts: Vec<Vec<f64>> = sources
        .par_chunks(size)
        .map(|sources| {
            let mut search = Search::new(graph.nodes());
            let mut out = vec![0.0; graph.nodes()];
            sources.iter().for_each(|&source| visit(&mut search, source, &mut out));
            out
        })
        .collect();
    let mut out = vec![0.0; graph.nodes()];
    for part in parts {
        out.iter_mut().zip(part).for_each(|(sum, x)| *sum += x * scale);
    }
    out
}

const UNSEEN: u32 = u32::MAX;

/// A breadth-first search that counts shortest paths.
struct Search {
    order: Vec<u32>,
    depth: Vec<u32>,
    paths: Vec<f64>,
    flow: Vec<f64>,
}

impl Search {
    fn new(nodes: usize) -> Self {
        Search { order: Vec::new(), depth: vec![UNSEEN; nodes], paths: vec![0.0; nodes], flow: vec![0.0; nodes] }
    }

    fn from(&mut self, graph: &Csr, source: u32) {
        for &node in &self.order {
            self.depth[node as usize] = UNSEEN;
            self.paths[node as usize] = 0.0;
            self.flow[node as usize] = 0.0;
        }
        self.order.clear();
        self.order.push(source);
        self.depth[source as usize] = 0;
        self.paths[source as usize] = 1.0;
        let mut next = 0;
        while let Some(&node) = self.order.get(next) {
            next += 1;
            let (depth, paths) = (self.depth[node as usize], self.paths[node as usize]);
            for &to in graph.neighbors(node) {
                let to_depth = &mut self.depth[to as usize];
                if *to_depth == UNSEEN {
                    *to_depth = depth + 1;
                    self.order.push(to);
                }
                if *to_depth == depth + 1 {
                    self.paths[to as usize] += paths;
                }
            }
        }
    }
}
