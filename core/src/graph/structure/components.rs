//! Connected parts.

use crate::graph::csr::Csr;

/// A partition into connected parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Components {
    /// The part of each node, 0..`count`.
    pub label: Vec<u32>,
    /// Number of parts.
    pub count: usize,
}

impl Components {
    /// Nodes of each part.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.count];
        self.label.iter().for_each(|&own| sizes[own as usize] += 1);
        sizes
    }
}

const UNSEEN: u32 = u32::MAX;

/// Parts that are connected when directions are ignored, named in order of their least node.
pub fn weak_components(graph: &Csr) -> Components {
    let back = graph.transpose();
    let mut label = vec![UNSEEN; graph.nodes()];
    let (mut stack, mut count) = (Vec::new(), 0u32);
    for start in 0..graph.nodes() as u32 {
        if label[start as usize] != UNSEEN {
            continue;
        }
        label[start as usize] = count;
        stack.push(start);
        while let Some(node) = stack.pop() {
            for &other in graph.neighbors(node).iter().chain(back.neighbors(node)) {
                if label[other as usize] == UNSEEN {
                    label[other as usize] = count;
                    stack.push(other);
                }
            }
        }
        count += 1;
    }
    Components { label, count: count as usize }
}

/// Parts in which every node reaches every other (Tarjan 1972, without recursion); parts are named so
/// that ties between parts go from a higher number to a lower one.
pub fn strong_components(graph: &Csr) -> Components {
    let nodes = graph.nodes();
    let (mut index, mut low) = (vec![UNSEEN; nodes], vec![0u32; nodes]);
    let mut label = vec![UNSEEN; nodes];
    let (mut open, mut path) = (Vec::new(), Vec::<(u32, usize)>::new());
    let (mut next, mut count) = (0u32, 0u32);
    for start in 0..nodes as u32 {
        if index[start as usize] != UNSEEN {
            continue;
        }
        path.push((start, 0));
        while let Some((node, arc)) = path.pop() {
            let own = node as usize;
            if arc == 0 {
                (index[own], low[own]) = (next, next);
                next += 1;
                open.push(node);
            }
            let rest = &graph.neighbors(node)[arc..];
            let mut step = None;
            for (i, &to) in rest.iter().enumerate() {
                if index[to as usize] == UNSEEN {
                    step = Some((arc + i + 1, to));
                    break;
                }
                if label[to as usize] == UNSEEN {
                    low[own] = low[own].min(index[to as usize]);
                }
            }
            if let Some((arc, to)) = step {
                path.push((node, arc));
                path.push((to, 0));
                continue;
            }
            if low[own] == index[own] {
                while let Some(member) = open.pop() {
                    label[member as usize] = count;
                    if member == node {
                        break;
                    }
                }
                count += 1;
            }
            if let Some(&(parent, _)) = path.last() {
                low[parent as usize] = low[parent as usize].min(low[own]);
            }
        }
    }
    Components { label, count: count as usize }
}
