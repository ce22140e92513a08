//! Counting sort from edge columns, and the graphs that one graph gives.

use super::{Csr, Weights};
use crate::base::{Error, ErrorKind, Result};
use rayon::prelude::*;

/// Rows sorted by one task; fixed, so that the work is cut the same way on any machine.
const ROWS: usize = 1 << 14;

/// Nodes that edge columns may speak of however few edges there are; above, so many an edge.
const MOST_NODES: usize = 1 << 24;
const SPARSEST: usize = 64;

impl Csr {
    /// A graph of `nodes` nodes from edge columns of equal length; `weight` of `None` is 1 each.
    ///
    /// Self-loops are dropped and counted; repeated ties merge (unit ties collapse, weights add up);
    /// in an undirected graph (a, b) and (b, a) are the same tie. Weights may be negative but must be
    /// finite. O(nodes + edges log degree).
    ///
    /// # Errors
    /// `SchemaRange` where columns differ in length, an end is not in 0..nodes, or weights are not finite, each and in all.
    pub fn from_edges(
        nodes: usize,
        source: &[u32],
        target: &[u32],
        weight: Option<&[f64]>,
        directed: bool,
    ) -> Result<Csr> {
        check_columns(nodes, source, target, weight)?;
        let offsets = count(nodes, source, target, directed);
        let self_loops = source.iter().zip(target).filter(|(a, b)| a == b).count();
        let mut graph = match weight {
            None => {
                let mut targets = vec![0u32; offsets[nodes]];
                scatter(&offsets, source, target, directed, |slot, _, to| targets[slot] = to);
                sort_rows(&offsets, &mut targets, |row| row.sort_unstable());
                let (offsets, targets) = collapse(&offsets, targets);
                Csr { directed, offsets, targets, weights: Weights::Unit, self_loops, merged: 0 }
            }
            Some(weight) => {
                let mut arcs = vec![(0u32, 0f64); offsets[nodes]];
                scatter(&offsets, source, target, directed, |slot, row, to| arcs[slot] = (to, weight[row]));
                sort_rows(&offsets, &mut arcs, |row| row.sort_by_key(|arc| arc.0));
                let (offsets, targets, weights) = add_up(&offsets, &arcs);
                Csr { directed, offsets, targets, weights: Weights::Double(weights), self_loops, merged: 0 }
            }
        };
        graph.merged = source.len() - self_loops - graph.edges();
        Ok(graph)
    }

    /// Number of nodes that edge columns of positions speak of: one more than the largest.
    ///
    /// # Errors
    /// `SchemaRange` where that is so many more than the edges (above 2^24 and 64 an edge) that the numbers
    /// are ids in disguise, for which a graph would take memory without end.
    pub fn nodes_of(source: &[u32], target: &[u32]) -> Result<usize> {
        let nodes = source.iter().chain(target).max().map_or(0, |last| *last as usize + 1);
        if nodes > MOST_NODES.max(SPARSEST * source.len()) {
            let message = format!("{} edges among {nodes} positions", source.len());
            return Err(Error::new(ErrorKind::SchemaRange, message).hint("give ids as texts, or say `nodes`"));
        }
        Ok(nodes)
    }

    /// A graph from rows that are already sorted by target and free of repeats and loops.
    pub(crate) fn from_sorted_rows(directed: bool, offsets: Vec<usize>, targets: Vec<u32>, weights: Weights) -> Csr {
        Csr { directed, offsets, targets, weights, self_loops: 0, merged: 0 }
    }

    /// The same ties with 4-byte weights, rounded to nearest.
    pub fn to_single(mut self) -> Csr {
        if let Weights::Double(w) = &self.weights {
            self.weights = Weights::Single(w.iter().map(|&x| x as f32).collect());
        }
        self
    }

    /// The same ties with 8-byte weights.
    pub fn to_double(mut self) -> Csr {
        self.weights = match self.weights {
            Weights::Unit => Weights::Double(vec![1.0; self.targets.len()]),
            Weights::Single(w) => Weights::Double(w.into_iter().map(f64::from).collect()),
            double => double,
        };
        self
    }

    /// The same ties, each weighing 1.
    pub fn unweighted(mut self) -> Csr {
        self.weights = Weights::Unit;
        self
    }

    /// Every tie turned round; an undirected graph gives itself. O(nodes + arcs).
    pub fn transpose(&self) -> Csr {
        if !self.directed {
            return self.clone();
        }
        let mut offsets = vec![0usize; self.nodes() + 1];
        for &to in &self.targets {
            offsets[to as usize + 1] += 1;
        }
        accumulate(&mut offsets);
        let mut next = offsets.clone();
        let mut targets = vec![0u32; self.arcs()];
        let mut from_arc = vec![0usize; self.arcs()];
        for from in 0..self.nodes() as u32 {
            for arc in self.row(from) {
                let slot = &mut next[self.targets[arc] as usize];
                targets[*slot] = from;
                from_arc[*slot] = arc;
                *slot += 1;
            }
        }
        let weights = match &self.weights {
            Weights::Unit => Weights::Unit,
            Weights::Single(w) => Weights::Single(from_arc.iter().map(|&arc| w[arc]).collect()),
            Weights::Double(w) => Weights::Double(from_arc.iter().map(|&arc| w[arc]).collect()),
        };
        Csr { offsets, targets, weights, ..*self }
    }

    /// The undirected graph in which the two directions of a pair add up (unit ties collapse).
    pub fn to_undirected(&self) -> Csr {
        if !self.directed {
            return self.clone();
        }
        let back = self.transpose();
        let mut offsets = Vec::with_capacity(self.offsets.len());
        offsets.push(0);
        let (mut targets, mut weights) = (Vec::with_capacity(self.arcs() * 2), Vec::new());
        let unit = self.weights == Weights::Unit;
        for node in 0..self.nodes() as u32 {
            let (mut a, mut b) = (self.ties(node).peekable(), back.ties(node).peekable());
            loop {
                let take = match (a.peek(), b.peek()) {
                    (None, None) => break,
                    (Some(&x), Some(&y)) if x.0 == y.0 => {
                        a.next();
                        b.next();
                        (x.0, x.1 + y.1)
                    }
                    (Some(&x), y) if y.is_none_or(|y| x.0 < y.0) => {
                        a.next();
                        x
                    }
                    (_, Some(&y)) => {
                        b.next();
                        y
                    }
                    (Some(&x), None) => {
                        a.next();
                        x
                    }
                };
                targets.push(take.0);
                if !unit {
                    weights.push(take.1);
                }
            }
            offsets.push(targets.len());
        }
        let weights = if unit { Weights::Unit } else { Weights::Double(weights) };
        Csr { directed: false, offsets, targets, weights, self_loops: self.self_loops, merged: self.merged }
    }

    /// The ties whose two ends `keep` names, with node numbers unchanged.
    pub fn filter(&self, keep: impl Fn(u32, u32, f64) -> bool) -> Csr {
        let mut offsets = vec![0usize];
        let mut kept = Vec::new();
        for node in 0..self.nodes() as u32 {
            kept.extend(self.row(node).filter(|&arc| keep(node, self.targets[arc], self.arc_weight(arc))));
            offsets.push(kept.len());
        }
        let targets = kept.iter().map(|&arc| self.targets[arc]).collect();
        let weights = match &self.weights {
            Weights::Unit => Weights::Unit,
            Weights::Single(w) => Weights::Single(kept.iter().map(|&arc| w[arc]).collect()),
            Weights::Double(w) => Weights::Double(kept.iter().map(|&arc| w[arc]).collect()),
        };
        Csr { offsets, targets, weights, ..*self }
    }

    /// One graph over the same nodes whose tie is the weighted sum of the ties of `layers`.
    ///
    /// The result is undirected as soon as one layer is (directed layers then count both ways).
    ///
    /// # Errors
    /// `SchemaRange` where layers differ in nodes, a factor is not finite, or there is no layer.
    pub fn fuse(layers: &[(&Csr, f64)]) -> Result<Csr> {
        let Some(&(first, _)) = layers.first() else {
            return Err(Error::new(ErrorKind::SchemaRange, "a fused graph needs at least one layer"));
        };
        let nodes = first.nodes();
        let directed = layers.iter().all(|(layer, _)| layer.directed);
        let (mut source, mut target, mut weight) = (Vec::new(), Vec::new(), Vec::new());
        for (layer, factor) in layers {
            if layer.nodes() != nodes || !factor.is_finite() {
                return Err(Error::new(
                    ErrorKind::SchemaRange,
                    format!("a layer of {} nodes and factor {factor} beside one of {nodes}", layer.nodes()),
                ));
            }
            for node in 0..nodes as u32 {
                for (to, w) in layer.ties(node).filter(|tie| layer.directed || tie.0 > node) {
                    source.push(node);
                    target.push(to);
                    weight.push(w * factor);
                }
            }
        }
        Csr::from_edges(nodes, &source, &target, Some(&weight), directed)
    }
}

fn check_columns(nodes: usize, source: &[u32], target: &[u32], weight: Option<&[f64]>) -> Result<()> {
    let range = |text: String| Err(Error::new(ErrorKind::SchemaRange, text));
    if nodes >= u32::MAX as usize {
        return range(format!("{nodes} nodes are more than a graph can hold"));
    }
    if source.len() != target.len() || weight.is_some_and(|w| w.len() != source.len()) {
        return range(format!("edge columns differ in length: {} sources, {} targets", source.len(), target.len()));
    }
    if let Some(row) = (0..source.len()).find(|&row| source[row].max(target[row]) as usize >= nodes) {
        let end = source[row].max(target[row]);
        return range(format!("row {row}: node `{end}` is not in a graph of {nodes} nodes"));
    }
    let Some(weight) = weight.filter(|w| !w.iter().map(|x| x.abs()).sum::<f64>().is_finite()) else { return Ok(()) };
    match weight.iter().position(|x| !x.is_finite()) {
        Some(row) => range(format!("row {row}: the weight of a tie must be finite")),
        None => range("the weights of the ties have no finite sum".to_owned()),
    }
}

fn count(nodes: usize, source: &[u32], target: &[u32], directed: bool) -> Vec<usize> {
    let mut offsets = vec![0usize; nodes + 1];
    for (&a, &b) in source.iter().zip(target).filter(|(a, b)| a != b) {
        offsets[a as usize + 1] += 1;
        if !directed {
            offsets[b as usize + 1] += 1;
        }
    }
    accumulate(&mut offsets);
    offsets
}

fn accumulate(offsets: &mut [usize]) {
    let mut sum = 0;
    for end in offsets {
        sum += *end;
        *end = sum;
    }
}

fn scatter(offsets: &[usize], source: &[u32], target: &[u32], directed: bool, mut put: impl FnMut(usize, usize, u32)) {
    let mut next = offsets.to_vec();
    let mut place = |from: u32, to: u32, row: usize| {
        let slot = &mut next[from as usize];
        put(*slot, row, to);
        *slot += 1;
    };
    for (row, (&a, &b)) in source.iter().zip(target).enumerate().filter(|(_, (a, b))| a != b) {
        place(a, b, row);
        if !directed {
            place(b, a, row);
        }
    }
}

fn sort_rows<T: Send>(offsets: &[usize], arcs: &mut [T], sort: impl Fn(&mut [T]) + Sync) {
    let nodes = offsets.len() - 1;
    let mut rest = arcs;
    let mut tasks = Vec::new();
    for first in (0..nodes).step_by(ROWS) {
        let last = (first + ROWS).min(nodes);
        let (head, tail) = rest.split_at_mut(offsets[last] - offsets[first]);
        rest = tail;
        tasks.push((first, last, head));
    }
    tasks.into_par_iter().for_each(|(first, last, mut arcs)| {
        for row in first..last {
            let (head, tail) = arcs.split_at_mut(offsets[row + 1] - offsets[row]);
            sort(head);
            arcs = tail;
        }
    });
}

fn collapse(offsets: &[usize], mut targets: Vec<u32>) -> (Vec<usize>, Vec<u32>) {
    let mut out = Vec::with_capacity(offsets.len());
    out.push(0);
    let mut kept = 0;
    for ends in offsets.windows(2) {
        let begin = kept;
        for arc in ends[0]..ends[1] {
            if kept == begin || targets[kept - 1] != targets[arc] {
                targets[kept] = targets[arc];
                kept += 1;
            }
        }
        out.push(kept);
    }
    targets.truncate(kept);
    (out, targets)
}

fn add_up(offsets: &[usize], arcs: &[(u32, f64)]) -> (Vec<usize>, Vec<u32>, Vec<f64>) {
    let mut out = Vec::with_capacity(offsets.len());
    out.push(0);
    let (mut targets, mut weights) = (Vec::with_capacity(arcs.len()), Vec::with_capacity(arcs.len()));
    for ends in offsets.windows(2) {
        let begin = targets.len();
        for &(to, weight) in &arcs[ends[0]..ends[1]] {
            match weights.last_mut() {
                Some(sum) if targets.len() > begin && targets.last() == Some(&to) => *sum += weight,
                _ => {
                    targets.push(to);
                    weights.push(weight);
                }
            }
        }
        out.push(targets.len());
    }
    (out, targets, weights)
}
