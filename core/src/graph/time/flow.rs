//! Flows of knowledge: who takes up from whom, and who passes on what came to him.

use super::influence::Adoptions;
use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::Csr;

/// What went over ties, by node.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// Items that each node took up after a node that it looks to had.
    pub taken: Vec<f64>,
    /// Its part in what others took up after it: each taking counts 1, shared alike among all who went before. In
    /// all as much as was taken.
    pub passed: Vec<f64>,
    /// The part of that in items which it had taken from others itself: what it brokers.
    pub brokered: Vec<f64>,
}

/// Who takes up items after whom: a node takes an item where one that its ties lead to took it up earlier, at most
/// `window` before. The first adoption of an item by a node counts. That one follows the other does not mean that
/// it is its effect: see [`super::influence()`]. O(rows times mean degree).
///
/// ```
/// use bactrian::graph::{Adoptions, Csr, knowledge_flow};
///
/// let looks = Csr::from_edges(3, &[1, 2], &[0, 1], None, true)?;
/// let tea = Adoptions { node: &[0, 1, 2], item: &[7, 7, 7], at: &[1, 2, 3] };
/// let flow = knowledge_flow(&looks, &tea, 10)?;
/// assert_eq!((flow.passed, flow.brokered), (vec![1.0, 1.0, 0.0], vec![0.0, 1.0, 0.0]));
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// # Errors
/// `SchemaRange` where columns differ in length, a node is unknown, or the window is not above zero.
pub fn knowledge_flow(graph: &Csr, adoptions: &Adoptions<'_>, window: i64) -> Result<Flow> {
    let (rows, nodes) = (adoptions.node.len(), graph.nodes());
    let known = adoptions.node.iter().all(|&node| (node as usize) < nodes);
    if adoptions.item.len() != rows || adoptions.at.len() != rows || window <= 0 || !known {
        let message = "adoptions must be columns of one length and of known nodes, the window above zero";
        return Err(Error::new(ErrorKind::SchemaRange, message));
    }
    let mut first: Vec<(u32, i64, u32)> =
        (0..rows).map(|row| (adoptions.item[row], adoptions.at[row], adoptions.node[row])).collect();
    first.sort_unstable();
    let mut flow = Flow { taken: vec![0.0; nodes], passed: vec![0.0; nodes], brokered: vec![0.0; nodes] };
    // When each node first took the item at hand up, and whether it took it from others.
    let mut known: Vec<Option<(i64, bool)>> = vec![None; nodes];
    let mut before = Vec::new();
    for item in first.chunk_by(|a, b| a.0 == b.0) {
        for &(_, at, node) in item {
            if known[node as usize].is_some() {
                continue;
            }
            let earlier = |&peer: &u32| {
                known[peer as usize].is_some_and(|(then, _)| then < at && at.abs_diff(then) <= window as u64)
            };
            before.clear();
            before.extend(graph.neighbors(node).iter().copied().filter(earlier));
            known[node as usize] = Some((at, !before.is_empty()));
            flow.taken[node as usize] += f64::from(u8::from(!before.is_empty()));
            for &peer in &before {
                let part = 1.0 / before.len() as f64;
                flow.passed[peer as usize] += part;
                if known[peer as usize].is_some_and(|(_, taken)| taken) {
                    flow.brokered[peer as usize] += part;
                }
            }
        }
        item.iter().for_each(|(_, _, node)| known[*node as usize] = None);
    }
    Ok(flow)
}
