//! Cores (Seidman 1983) by buckets (Batagelj and Zaversnik 2003).

use crate::graph::csr::Csr;

/// The core number of every node: the largest k such that the node is in a part where everyone has at
/// least k ties. Directions and weights are ignored. O(nodes + arcs).
///
/// ```
/// use bactrian::graph::{Csr, core_numbers};
///
/// let graph = Csr::from_edges(4, &[0, 0, 1, 2], &[1, 2, 2, 3], None, false)?;
/// assert_eq!(core_numbers(&graph), [2, 2, 2, 1]);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn core_numbers(graph: &Csr) -> Vec<u32> {
    if graph.is_directed() {
        return core_numbers(&graph.to_undirected());
    }
    let nodes = graph.nodes();
    let mut core: Vec<u32> = (0..nodes as u32).map(|node| graph.degree(node) as u32).collect();
    // Nodes sorted by degree; `begins[d]` is where those of degree d begin.
    let mut begins = vec![0usize; core.iter().max().map_or(0, |&d| d as usize) + 2];
    core.iter().for_each(|&d| begins[d as usize + 1] += 1);
    for d in 1..begins.len() {
        begins[d] += begins[d - 1];
    }
    let mut next = begins.clone();
    let (mut order, mut place) = (vec![0u32; nodes], vec![0usize; nodes]);
    for (node, &degree) in core.iter().enumerate() {
        let slot = &mut next[degree as usize];
        (order[*slot], place[node]) = (node as u32, *slot);
        *slot += 1;
    }
    for at in 0..nodes {
        let node = order[at];
        for &other in graph.neighbors(node) {
            let other = other as usize;
            if core[other] <= core[node as usize] {
                continue;
            }
            // Swap `other` with the first node of its degree, which then begins one later.
            let first = &mut begins[core[other] as usize];
            let (from, to) = (place[other], *first);
            let swapped = order[to];
            order.swap(from, to);
            (place[other], place[swapped as usize]) = (to, from);
            *first += 1;
            core[other] -= 1;
        }
    }
    core
}
