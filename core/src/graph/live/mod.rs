//! The living graph: one layer of ties under a stream of upserts with decay, deletes and expiry.
//!
//! A tie's strength at time t is the sum of amount * 2^-((t - at) / half_life) over its upserts.
//! It is kept as a forward-decayed sum (Cormode, Shkapenyuk, Srivastava and Xu 2009), so that an
//! upsert is one addition, nothing decays in the background, and the order of upserts does not
//! matter (to rounding, 1e-12). The common exponent moves by whole powers of two, which is exact.
//!
//! Nodes are cut into blocks of 512 rows behind `Arc`s. A row is a sorted part and a short
//! unsorted tail (the delta), which is merged in when it grows beyond about twice the square root of the row;
//! [`LiveGraph::compact`] merges all tails and frees all slack: 12 bytes an arc and 16 a node.
//! A snapshot clones the `Arc`s only; a block that a snapshot still reads is copied when it is next
//! written. An undirected tie is kept in both rows, with the same bits.

mod block;
mod decay;
#[cfg(test)]
mod tests;

use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::{Csr, Weights};
use block::Block;
use decay::Clock;
use rayon::prelude::*;
use std::sync::Arc;

const SHIFT: u32 = 9;
const ROWS: usize = 1 << SHIFT;
/// Batches below this size are applied in row order; grouping by block would cost more than it saves.
const GROUPED: usize = 2048;
/// So many ties ahead of its use it is asked where the row of a tie stands, and then for the row.
const AHEAD: [usize; 2] = [16, 8];

/// What kind of ties a layer holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TieLayer {
    /// Whether a tie from a to b differs from one from b to a.
    pub directed: bool,
    /// Microseconds after which an amount counts half; `None` never decays.
    pub half_life: Option<i64>,
    /// Whether amounts below zero are allowed (distrust, complaint).
    pub signed: bool,
}

/// One layer of ties, frozen for a reader: cheap to clone, never blocked by the writer.
#[derive(Debug, Clone)]
pub struct Ties {
    layer: TieLayer,
    clock: Clock,
    nodes: usize,
    arcs: usize,
    blocks: Vec<Arc<Block>>,
}

/// One layer of ties under a stream of upserts with decay, deletes and expiry.
///
/// A tie's strength at time t is the sum of amount * 2^-((t - at) / half_life) over its upserts, kept as a
/// forward-decayed sum (Cormode et al. 2009): an upsert is one addition, in any order. Snapshots share what does
/// not change. 12 bytes an arc and 16 a node after [`LiveGraph::compact`].
///
/// ```
/// use bactrian::graph::{LiveGraph, TieLayer};
///
/// const DAY: i64 = 86_400_000_000;
/// let mut talk = LiveGraph::new(TieLayer { directed: false, half_life: Some(30 * DAY), signed: false })?;
/// talk.grow(3)?;
/// talk.upsert(0, 1, 8.0, 0)?;
/// talk.upsert(1, 0, 1.0, 60 * DAY)?;
/// let then = talk.snapshot();
/// talk.remove(0, 1)?;
/// assert_eq!(then.strength(0, 1, 60 * DAY), Some(3.0));
/// assert_eq!(talk.ties().strength(0, 1, 60 * DAY), None);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LiveGraph {
    ties: Ties,
}

impl Ties {
    /// What kind of ties these are.
    pub fn layer(&self) -> TieLayer {
        self.layer
    }

    /// Nodes, 0..n.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// Distinct ties.
    pub fn edges(&self) -> usize {
        if self.layer.directed { self.arcs } else { self.arcs / 2 }
    }

    /// Ties of `node`: outgoing ones where the layer is directed; 0 for an unknown node. O(degree).
    pub fn degree(&self, node: u32) -> usize {
        self.row(node).count()
    }

    /// Strength of the tie from `source` to `target` at time `at`; `None` where there is no tie.
    pub fn strength(&self, source: u32, target: u32, at: i64) -> Option<f64> {
        let block = self.blocks.get((source >> SHIFT) as usize)?;
        let raw = block.get(source as usize & (ROWS - 1), target)?;
        Some(self.clock.read(raw, self.clock.at(at)))
    }

    /// Target and strength at time `at` of each tie of `node`, in no order.
    pub fn neighbors(&self, node: u32, at: i64) -> impl Iterator<Item = (u32, f64)> + '_ {
        let when = self.clock.at(at);
        self.row(node).map(move |(to, raw)| (to, self.clock.read(raw, when)))
    }

    /// The frozen graph at time `at` of the ties of at least `floor` strength by magnitude.
    ///
    /// O(nodes + arcs), more where rows have unsorted tails.
    pub fn to_csr(&self, at: i64, floor: f64) -> Csr {
        let when = self.clock.at(at);
        let mut offsets = Vec::with_capacity(self.nodes + 1);
        let (mut targets, mut weights) = (Vec::with_capacity(self.arcs), Vec::with_capacity(self.arcs));
        let mut row = Vec::new();
        offsets.push(0);
        for node in 0..self.nodes as u32 {
            row.clear();
            row.extend(self.row(node).map(|(to, raw)| (to, self.clock.read(raw, when))));
            if !row.is_sorted_by_key(|tie: &(u32, f64)| tie.0) {
                row.sort_unstable_by_key(|tie| tie.0);
            }
            for &(to, weight) in row.iter().filter(|tie| tie.1.abs() >= floor) {
                targets.push(to);
                weights.push(weight);
            }
            offsets.push(targets.len());
        }
        Csr::from_sorted_rows(self.layer.directed, offsets, targets, Weights::Double(weights))
    }

    /// Bytes that rows, arcs and slack take.
    pub fn bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.bytes() + 8).sum()
    }

    fn row(&self, node: u32) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.blocks.get((node >> SHIFT) as usize).into_iter().flat_map(move |b| b.row(node as usize & (ROWS - 1)))
    }

    fn add(&mut self, from: u32, to: u32, raw: f64) {
        if let Some(block) = self.blocks.get_mut((from >> SHIFT) as usize) {
            self.arcs += usize::from(Arc::make_mut(block).add(from as usize & (ROWS - 1), to, raw));
        }
    }

    fn cut(&mut self, from: u32, to: u32) -> bool {
        let Some(block) = self.blocks.get_mut((from >> SHIFT) as usize) else { return false };
        let row = from as usize & (ROWS - 1);
        let there = block.get(row, to).is_some();
        if there {
            Arc::make_mut(block).remove(row, to);
            self.arcs -= 1;
        }
        there
    }
}

impl LiveGraph {
    /// An empty layer without nodes.
    ///
    /// # Errors
    /// `SchemaRange` where the half-life is not above zero.
    pub fn new(layer: TieLayer) -> Result<Self> {
        if layer.half_life.is_some_and(|h| h <= 0) {
            return Err(Error::new(ErrorKind::SchemaRange, "the half-life of a tie must be above zero"));
        }
        let clock = Clock::new(layer.half_life);
        Ok(LiveGraph { ties: Ties { layer, clock, nodes: 0, arcs: 0, blocks: Vec::new() } })
    }

    /// A layer that begins with the ties of `graph`, as if upserted at time `at`.
    ///
    /// # Errors
    /// As [`LiveGraph::new`]; `SchemaRange` where one is directed and the other not.
    pub fn from_csr(layer: TieLayer, graph: &Csr, at: i64) -> Result<Self> {
        if layer.directed != graph.is_directed() {
            return Err(Error::new(ErrorKind::SchemaRange, "a layer and its graph differ in direction"));
        }
        let mut live = LiveGraph::new(layer)?;
        live.grow(graph.nodes())?;
        live.begin(at);
        let scale = live.ties.clock.forward(at);
        for node in 0..graph.nodes() as u32 {
            for (to, weight) in graph.ties(node) {
                live.ties.add(node, to, weight * scale);
            }
        }
        live.compact();
        Ok(live)
    }

    /// The ties as they are now, for reading.
    pub fn ties(&self) -> &Ties {
        &self.ties
    }

    /// The ties as they are now, for a reader that outlives the next write. O(nodes / 512).
    pub fn snapshot(&self) -> Ties {
        self.ties.clone()
    }

    /// Makes room for nodes 0..`nodes`; never shrinks.
    ///
    /// # Errors
    /// `SchemaRange` beyond 2^32 - 2 nodes.
    pub fn grow(&mut self, nodes: usize) -> Result<()> {
        if nodes >= u32::MAX as usize {
            return Err(Error::new(ErrorKind::SchemaRange, format!("{nodes} nodes are more than a graph can hold")));
        }
        self.ties.nodes = self.ties.nodes.max(nodes);
        let blocks = self.ties.nodes.div_ceil(ROWS);
        self.ties.blocks.resize_with(blocks, || Arc::new(Block::new(ROWS)));
        Ok(())
    }

    /// Adds `amount` at time `at` (microseconds) to the tie, making it if need be.
    ///
    /// A self-loop is ignored. An amount so old that it has decayed below 1e-300 adds nothing.
    ///
    /// # Errors
    /// `SchemaRange` for an unknown node, an amount that is not finite, or one below zero where the
    /// layer is not signed.
    pub fn upsert(&mut self, source: u32, target: u32, amount: f64, at: i64) -> Result<()> {
        self.check(source, target, amount)?;
        self.begin(at);
        let raw = amount * self.ties.clock.forward(at);
        self.put(source, target, raw);
        Ok(())
    }

    /// Upserts columns; all rows are checked first, so that a refused batch changes nothing.
    ///
    /// # Errors
    /// As [`LiveGraph::upsert`], with the row; and where the columns differ in length.
    pub fn upsert_batch(&mut self, source: &[u32], target: &[u32], amount: &[f64], at: &[i64]) -> Result<()> {
        let rows = source.len();
        if [target.len(), amount.len(), at.len()] != [rows; 3] {
            return Err(Error::new(ErrorKind::SchemaRange, "the columns of a batch of ties differ in length"));
        }
        for row in 0..rows {
            self.check(source[row], target[row], amount[row])
                .map_err(|e| Error::new(e.kind(), format!("row {row}: {}", e.message())))?;
        }
        let Some(&last) = at.iter().max() else { return Ok(()) };
        self.begin(last);
        let clock = self.ties.clock;
        let scaled = |known: &mut (i64, f64), row: usize| {
            if at[row] != known.0 {
                *known = (at[row], clock.forward(at[row]));
            }
            amount[row] * known.1
        };
        let mut known = (last, clock.forward(last));
        if rows < GROUPED {
            for row in 0..rows {
                self.put(source[row], target[row], scaled(&mut known, row));
            }
            return Ok(());
        }
        let raw: Vec<f64> = (0..rows).into_par_iter().with_min_len(GROUPED).map_init(|| known, scaled).collect();
        self.put_grouped(source, target, &raw);
        if !self.ties.layer.directed {
            self.put_grouped(target, source, &raw);
        }
        Ok(())
    }

    /// Removes a tie and all it had; false where there was none.
    ///
    /// # Errors
    /// `SchemaRange` for an unknown node.
    pub fn remove(&mut self, source: u32, target: u32) -> Result<bool> {
        self.check(source, target, 0.0)?;
        let there = self.ties.cut(source, target);
        if !self.ties.layer.directed {
            self.ties.cut(target, source);
        }
        Ok(there)
    }

    /// Removes every tie of `node`, in both directions. O(degree), O(arcs) where directed.
    pub fn isolate(&mut self, node: u32) {
        let out: Vec<u32> = self.ties.row(node).map(|tie| tie.0).collect();
        let into: Vec<u32> = match self.ties.layer.directed {
            false => out.clone(),
            true => (0..self.ties.nodes as u32).filter(|&u| self.ties.row(u).any(|tie| tie.0 == node)).collect(),
        };
        for other in out {
            self.ties.cut(node, other);
        }
        for other in into {
            self.ties.cut(other, node);
        }
    }

    /// Forgets every tie whose strength at `at` is below `below` by magnitude; gives their number.
    pub fn expire(&mut self, at: i64, below: f64) -> usize {
        let clock = self.ties.clock;
        let when = clock.at(at);
        let mut gone = 0;
        for block in &mut self.ties.blocks {
            let weak = |raw: f64| clock.read(raw, when).abs() < below;
            if block.any(weak) {
                gone += Arc::make_mut(block).remove_where(weak);
            }
        }
        self.ties.arcs -= gone;
        if self.ties.layer.directed { gone } else { gone / 2 }
    }

    /// Merges all tails and frees all slack. O(nodes + arcs).
    pub fn compact(&mut self) {
        for block in self.ties.blocks.iter_mut().filter(|block| !block.is_compact()) {
            Arc::make_mut(block).compact(true);
        }
    }

    fn check(&self, source: u32, target: u32, amount: f64) -> Result<()> {
        let nodes = self.ties.nodes;
        let end = source.max(target);
        let range = |text: String| Err(Error::new(ErrorKind::SchemaRange, text));
        if end as usize >= nodes {
            return range(format!("node `{end}` is not in a graph of {nodes} nodes"));
        }
        if !amount.is_finite() {
            return range("the amount of a tie must be finite".to_owned());
        }
        if amount < 0.0 && !self.ties.layer.signed {
            return range(format!("the amount `{amount}` of a tie is below zero and the layer is not signed"));
        }
        Ok(())
    }

    /// Moves the common exponent when `at` runs too far ahead of it.
    fn begin(&mut self, at: i64) {
        let empty = self.ties.arcs == 0;
        if let Some(factor) = self.ties.clock.advance(at, empty) {
            for block in &mut self.ties.blocks {
                Arc::make_mut(block).scale(factor);
            }
        }
    }

    fn put(&mut self, source: u32, target: u32, raw: f64) {
        if source == target {
            return;
        }
        self.ties.add(source, target, raw);
        if !self.ties.layer.directed {
            self.ties.add(target, source, raw);
        }
    }

    /// Counting sort of the rows by block, so that the rows of one block meet in cache; rows keep
    /// their order within a block, so the sums have the bits of row order.
    fn put_grouped(&mut self, from: &[u32], to: &[u32], raw: &[f64]) {
        let mut next = vec![0usize; self.ties.blocks.len() + 1];
        for &node in from {
            next[(node >> SHIFT) as usize + 1] += 1;
        }
        for block in 1..next.len() {
            next[block] += next[block - 1];
        }
        let mut sorted = vec![(0u32, 0u32, 0f64); from.len()];
        for row in 0..from.len() {
            let slot = &mut next[(from[row] >> SHIFT) as usize];
            sorted[*slot] = (from[row], to[row], raw[row]);
            *slot += 1;
        }
        let begins = std::iter::once(&0).chain(&next);
        let tasks: Vec<_> = self.ties.blocks.iter_mut().zip(begins.zip(&next)).filter(|(_, (a, b))| a < b).collect();
        let add = |(block, (&begin, &end)): (&mut Arc<Block>, (&usize, &usize))| {
            let (block, ties) = (Arc::make_mut(block), &sorted[begin..end]);
            let row = |node: u32| node as usize & (ROWS - 1);
            let mut new = 0;
            for (at, &(a, b, raw)) in ties.iter().enumerate() {
                let [far, near] = AHEAD.map(|ahead| ties.get(at + ahead).map(|tie| row(tie.0)));
                far.into_iter().for_each(|row| block.prefetch_place(row));
                near.into_iter().for_each(|row| block.prefetch(row));
                new += usize::from(a != b && block.add(row(a), b, raw));
            }
            new
        };
        self.ties.arcs += tasks.into_par_iter().with_min_len(8).map(add).sum::<usize>();
    }
}
