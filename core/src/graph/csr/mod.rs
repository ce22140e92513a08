//! The frozen graph: compressed sparse rows of arcs, sorted by target.
//!
//! An undirected tie is two arcs, one in each row. Memory is 4 bytes an arc and 8 a node, plus
//! 0, 4 or 8 bytes an arc for unit, single or double weights: 8 to 13 bytes an arc at mean degree 8.
//! Self-loops are dropped and counted. Repeated ties are merged: unit ties collapse to one, weighted
//! ties add up (in the order given). Built by counting sort, O(nodes + arcs log degree).

mod build;
mod scale;
#[cfg(test)]
mod tests;

pub(crate) use scale::{are_plain, unit_scale};
use std::ops::Range;

/// The weights of the arcs, in the order of the arcs.
#[derive(Debug, Clone, PartialEq)]
pub enum Weights {
    /// Every tie weighs 1.
    Unit,
    /// 4 bytes an arc.
    Single(Vec<f32>),
    /// 8 bytes an arc.
    Double(Vec<f64>),
}

/// A graph of ties, frozen: compressed sparse rows of arcs, sorted by target.
///
/// An undirected tie is two arcs, one in each row. Self-loops are dropped and counted; repeated ties are merged:
/// unit ties collapse to one, weighted ties add up. 8 to 13 bytes an arc at a mean degree of 8.
///
/// ```
/// use bactrian::graph::Csr;
///
/// let graph = Csr::from_edges(4, &[0, 1, 1, 2], &[1, 2, 0, 2], None, false)?;
/// assert_eq!(graph.neighbors(1), &[0, 2]);
/// assert_eq!((graph.edges(), graph.merged(), graph.self_loops()), (2, 1, 1));
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Csr {
    directed: bool,
    offsets: Vec<usize>,
    targets: Vec<u32>,
    weights: Weights,
    self_loops: usize,
    merged: usize,
}

/// Weights as a kernel reads them: one generic body, three layouts, no branch per arc.
pub(crate) trait ArcWeights: Copy + Sync + Send {
    /// The weight of an arc.
    fn at(self, arc: usize) -> f64;
}

/// Weights that are all 1.
#[derive(Clone, Copy)]
pub(crate) struct UnitWeights;

impl ArcWeights for UnitWeights {
    #[inline(always)]
    fn at(self, _: usize) -> f64 {
        1.0
    }
}

impl ArcWeights for &[f32] {
    #[inline(always)]
    fn at(self, arc: usize) -> f64 {
        f64::from(self[arc])
    }
}

impl ArcWeights for &[f64] {
    #[inline(always)]
    fn at(self, arc: usize) -> f64 {
        self[arc]
    }
}

impl Csr {
    /// Nodes, 0..n.
    pub fn nodes(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Arcs that are stored: ties of a directed graph, twice the ties of an undirected one.
    pub fn arcs(&self) -> usize {
        self.targets.len()
    }

    /// Distinct ties.
    pub fn edges(&self) -> usize {
        if self.directed { self.arcs() } else { self.arcs() / 2 }
    }

    /// Whether ties have a direction.
    pub fn is_directed(&self) -> bool {
        self.directed
    }

    /// Self-loops that were dropped when the graph was built.
    pub fn self_loops(&self) -> usize {
        self.self_loops
    }

    /// Rows of the input that repeated an earlier tie and were merged into it.
    pub fn merged(&self) -> usize {
        self.merged
    }

    /// Where the arcs of `node` are; empty for a node that is not in the graph.
    #[inline]
    pub fn row(&self, node: u32) -> Range<usize> {
        match self.offsets.get(node as usize..node as usize + 2) {
            Some(ends) => ends[0]..ends[1],
            None => 0..0,
        }
    }

    /// The targets of the arcs of `node`, rising; empty for a node that is not in the graph.
    #[inline]
    pub fn neighbors(&self, node: u32) -> &[u32] {
        &self.targets[self.row(node)]
    }

    /// Number of arcs of `node`.
    #[inline]
    pub fn degree(&self, node: u32) -> usize {
        self.row(node).len()
    }

    /// The weight of an arc, by its position; NaN where there is no such arc.
    #[inline]
    pub fn arc_weight(&self, arc: usize) -> f64 {
        match &self.weights {
            Weights::Unit if arc < self.arcs() => 1.0,
            Weights::Unit => f64::NAN,
            Weights::Single(w) => w.get(arc).map_or(f64::NAN, |&x| f64::from(x)),
            Weights::Double(w) => w.get(arc).copied().unwrap_or(f64::NAN),
        }
    }

    /// Target and weight of each arc of `node`.
    pub fn ties(&self, node: u32) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.row(node).map(|arc| (self.targets[arc], self.arc_weight(arc)))
    }

    /// The weight of the tie from `source` to `target`, `None` where there is none. O(log degree).
    pub fn weight(&self, source: u32, target: u32) -> Option<f64> {
        let row = self.row(source);
        let at = self.targets[row.clone()].binary_search(&target).ok()?;
        Some(self.arc_weight(row.start + at))
    }

    /// All targets, row after row.
    pub fn targets(&self) -> &[u32] {
        &self.targets
    }

    /// Where each row begins; one entry more than there are nodes.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// The weights in the order of [`Csr::targets`].
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Sum of the weights of the arcs of `node`.
    pub fn strength(&self, node: u32) -> f64 {
        match &self.weights {
            Weights::Unit => self.degree(node) as f64,
            Weights::Single(w) => w[self.row(node)].iter().fold(0.0, |all, &x| all + f64::from(x)),
            Weights::Double(w) => w[self.row(node)].iter().fold(0.0, |all, x| all + x),
        }
    }

    /// The strength of every node.
    pub fn strengths(&self) -> Vec<f64> {
        (0..self.nodes() as u32).map(|node| self.strength(node)).collect()
    }

    /// The smallest weight of an arc; infinity in a graph without arcs.
    pub fn least_weight(&self) -> f64 {
        match &self.weights {
            Weights::Unit if self.arcs() > 0 => 1.0,
            Weights::Unit => f64::INFINITY,
            Weights::Single(w) => f64::from(w.iter().copied().fold(f32::INFINITY, f32::min)),
            Weights::Double(w) => w.iter().copied().fold(f64::INFINITY, f64::min),
        }
    }

    /// Bytes that the arcs and rows take.
    pub fn bytes(&self) -> usize {
        let each = match self.weights {
            Weights::Unit => 4,
            Weights::Single(_) => 8,
            Weights::Double(_) => 12,
        };
        self.offsets.len() * 8 + self.arcs() * each
    }
}
