//! Reverse-reachable sets (Borgs, Brautbar, Chayes and Lucier 2014).
//!
//! A set is who would have reached a random target. The coins of a node in a set are keyed by (seed,
//! set, node), so a set is a function of the graph alone: after a change only sets that hold a changed
//! node are drawn again, and the sketch equals one drawn anew. Where all chances into a node are
//! equal, hits are found by geometric skips (Guo, Wang, Wei and Chen 2020).

use super::model::{SpreadModel, WordOfMouth};
use crate::base::numeric::ln;
use crate::base::{Error, ErrorKind, Result};
use crate::graph::chance::Chance;
use rayon::prelude::*;

/// Sets that one task draws.
const GRAIN: usize = 512;

/// Whom a spread is to reach, and who needs no reaching any more.
#[derive(Debug, Clone, Default)]
pub(super) struct Targets {
    /// Rising sums of the values of the nodes; empty where every node counts 1.
    sums: Vec<f64>,
    active: Vec<bool>,
    total: f64,
}

impl Targets {
    pub(super) fn new(nodes: usize, value: Option<&[f64]>, active: &[u32]) -> Result<Self> {
        let range = |text: &str| Err(Error::new(ErrorKind::SchemaRange, text));
        let mut flags = vec![false; nodes];
        for &node in active {
            match flags.get_mut(node as usize) {
                Some(flag) => *flag = true,
                None => return range("an active node is not in the graph"),
            }
        }
        let Some(value) = value else { return Ok(Targets { sums: Vec::new(), active: flags, total: nodes as f64 }) };
        if value.len() != nodes || value.iter().any(|&x| !(x >= 0.0 && x.is_finite())) {
            return range("targets need one value of zero or more for each node");
        }
        let mut total = 0.0;
        let sums: Vec<f64> = value
            .iter()
            .map(|x| {
                total += x;
                total
            })
            .collect();
        if total <= 0.0 && nodes > 0 {
            return range("no target has a value above zero");
        }
        Ok(Targets { sums, active: flags, total })
    }

    /// The value of all targets.
    pub(super) fn total(&self) -> f64 {
        self.total
    }

    fn draw(&self, chance: &mut Chance) -> u32 {
        if self.sums.is_empty() {
            return chance.below(self.active.len()) as u32;
        }
        let at = chance.uniform() * self.total;
        self.sums.partition_point(|&sum| sum <= at).min(self.sums.len() - 1) as u32
    }
}

/// Reverse-reachable sets, one after another; see the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    seed: u64,
    purpose: u64,
    ends: Vec<usize>,
    nodes: Vec<u32>,
}

impl Sketch {
    /// `sets` sets for targets that all count 1.
    ///
    /// # Errors
    /// `NotEnoughData` for a graph without nodes.
    pub fn draw(graph: &WordOfMouth, sets: usize, seed: u64) -> Result<Self> {
        if graph.nodes() == 0 {
            return Err(Error::new(ErrorKind::NotEnoughData, "a graph without nodes has nobody to reach"));
        }
        let mut sketch = Sketch::empty(seed, 0);
        sketch.extend(graph, &Targets::new(graph.nodes(), None, &[])?, sets);
        Ok(sketch)
    }

    pub(super) fn empty(seed: u64, purpose: u64) -> Self {
        Sketch { seed, purpose, ends: Vec::new(), nodes: Vec::new() }
    }

    /// Number of sets.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no set.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Who reaches the target of set `index`; empty for an unknown set.
    pub fn set(&self, index: usize) -> &[u32] {
        let begin = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(self.nodes.len()) };
        let end = self.ends.get(index).copied().unwrap_or(begin);
        &self.nodes[begin..end]
    }

    /// The spread of `seeds` by the share of sets that they hit.
    pub fn spread(&self, graph: &WordOfMouth, seeds: &[u32]) -> f64 {
        let mut chosen = vec![false; graph.nodes()];
        seeds.iter().for_each(|&node| chosen[node as usize] = true);
        let hit = (0..self.len()).filter(|&i| self.set(i).iter().any(|&node| chosen[node as usize])).count();
        hit as f64 / self.len() as f64 * graph.nodes() as f64
    }

    /// Brings the sketch up to date with `graph`, in which the ties into the nodes `changed` are others
    /// than when it was drawn; gives the number of sets drawn again. Same nodes as before.
    pub fn repair(&mut self, graph: &WordOfMouth, changed: &[u32]) -> usize {
        let mut stale = vec![false; graph.nodes()];
        for &node in changed {
            if let Some(flag) = stale.get_mut(node as usize) {
                *flag = true;
            }
        }
        let hit: Vec<usize> =
            (0..self.len()).filter(|&i| self.set(i).iter().any(|&node| stale[node as usize])).collect();
        let targets = Targets { active: vec![false; graph.nodes()], ..Targets::default() };
        let fresh = self.draw_sets(graph, &targets, hit.len(), |i| hit[i]);
        let (mut ends, mut nodes) = (Vec::with_capacity(self.len()), Vec::with_capacity(self.nodes.len()));
        let mut next = 0;
        for index in 0..self.len() {
            if hit.get(next) == Some(&index) {
                let begin = if next == 0 { 0 } else { fresh.0[next - 1] };
                nodes.extend_from_slice(&fresh.1[begin..fresh.0[next]]);
                next += 1;
            } else {
                nodes.extend_from_slice(self.set(index));
            }
            ends.push(nodes.len());
        }
        (self.ends, self.nodes) = (ends, nodes);
        hit.len()
    }

    pub(super) fn extend(&mut self, graph: &WordOfMouth, targets: &Targets, sets: usize) {
        let first = self.len();
        let (ends, nodes) = self.draw_sets(graph, targets, sets, |i| first + i);
        let base = self.nodes.len();
        self.nodes.extend(nodes);
        self.ends.extend(ends.iter().map(|end| base + end));
    }

    fn draw_sets(
        &self,
        graph: &WordOfMouth,
        targets: &Targets,
        count: usize,
        index: impl Fn(usize) -> usize + Sync,
    ) -> (Vec<usize>, Vec<u32>) {
        let parts: Vec<(Vec<usize>, Vec<u32>)> = (0..count.div_ceil(GRAIN))
            .into_par_iter()
            .map_init(
                || vec![false; graph.nodes()],
                |seen, part| {
                    let (mut ends, mut nodes) = (Vec::with_capacity(GRAIN), Vec::new());
                    for i in part * GRAIN..((part + 1) * GRAIN).min(count) {
                        let key = Chance::new(self.seed, self.purpose, index(i) as u64).bits();
                        reach_back(graph, targets, key, seen, &mut nodes);
                        ends.push(nodes.len());
                    }
                    (ends, nodes)
                },
            )
            .collect();
        let (mut ends, mut nodes) = (Vec::with_capacity(count), Vec::new());
        for (part_ends, part_nodes) in parts {
            ends.extend(part_ends.iter().map(|end| nodes.len() + end));
            nodes.extend(part_nodes);
        }
        (ends, nodes)
    }
}

/// What nodes are worth by whom they set in motion.
#[derive(Debug, Clone, PartialEq)]
pub struct InfluenceValues {
    /// What each node alone is expected to reach beyond itself, in value.
    pub spread: Vec<f64>,
    /// What falls to each node, beyond its own value, where the value of everyone is shared alike among all who
    /// would have set them in motion, themselves included: the Shapley value of the spread (Chen and Teng 2017).
    /// Whoever is more often moved than moving has less than nothing; the sum is zero, so that no value
    /// counts twice.
    pub credit: Vec<f64>,
}

/// The influence value of every node by `sets` random reverse-reachable sets: a spread is the share of sets that
/// a node is in without being their target. Unbiased; the standard error of a spread is at most half of the sum of
/// all values over the root of `sets`. O(sets times mean size).
///
/// # Errors
/// `SchemaRange` where there is not one value of zero or more a node, and none above zero.
pub fn influence_values(graph: &WordOfMouth, value: &[f64], sets: usize, seed: u64) -> Result<InfluenceValues> {
    let targets = Targets::new(graph.nodes(), Some(value), &[])?;
    let mut sketch = Sketch::empty(seed, 0x51e);
    sketch.extend(graph, &targets, sets.max(1));
    let unit = targets.total() / sketch.len() as f64;
    let mut out = InfluenceValues { spread: vec![0.0; graph.nodes()], credit: vec![0.0; graph.nodes()] };
    for index in 0..sketch.len() {
        let Some((&target, movers)) = sketch.set(index).split_first() else { continue };
        let part = unit / (movers.len() + 1) as f64;
        out.credit[target as usize] -= part * movers.len() as f64;
        for &node in movers {
            out.spread[node as usize] += unit;
            out.credit[node as usize] += part;
        }
    }
    Ok(out)
}

/// Appends one set; `seen` is false everywhere, before and after. A set that an active node would have
/// reached is empty: nothing more can be won there.
fn reach_back(graph: &WordOfMouth, targets: &Targets, key: u64, seen: &mut [bool], out: &mut Vec<u32>) {
    let begin = out.len();
    let root = targets.draw(&mut Chance::new(key, 1, 0));
    let mut lost = targets.active[root as usize];
    seen[root as usize] = true;
    out.push(root);
    let mut next = begin;
    while let Some(&node) = out.get(next) {
        next += 1;
        let mut chance = Chance::at(key, u64::from(node));
        let row = graph.reverse().neighbors(node);
        let mut visit = |from: u32| {
            if !std::mem::replace(&mut seen[from as usize], true) {
                lost |= targets.active[from as usize];
                out.push(from);
            }
        };
        match graph.model() {
            SpreadModel::IndependentCascade => cascade(graph, node, row, &mut chance, &mut visit),
            SpreadModel::LinearThreshold => {
                if let Some(from) = threshold(graph, node, row, &mut chance) {
                    visit(from);
                }
            }
        }
        if lost {
            break;
        }
    }
    out[begin..].iter().for_each(|&node| seen[node as usize] = false);
    if lost {
        out.truncate(begin);
    }
}

#[inline]
fn cascade(graph: &WordOfMouth, node: u32, row: &[u32], chance: &mut Chance, visit: &mut impl FnMut(u32)) {
    let skip = graph.even(node);
    if skip.is_nan() {
        let first = graph.reverse().row(node).start;
        for (i, &from) in row.iter().enumerate() {
            if chance.uniform() < graph.reverse().arc_weight(first + i) {
                visit(from);
            }
        }
        return;
    }
    let mut at = 0usize;
    while at < row.len() {
        // 1 - uniform lies in (0, 1], so the logarithm is finite.
        let jump = if skip == 0.0 { 0.0 } else { ln(1.0 - chance.uniform()) * skip };
        if jump >= (row.len() - at) as f64 {
            return;
        }
        at += jump as usize;
        visit(row[at]);
        at += 1;
    }
}

fn threshold(graph: &WordOfMouth, node: u32, row: &[u32], chance: &mut Chance) -> Option<u32> {
    let first = graph.reverse().row(node).start;
    let mut left = chance.uniform();
    if !graph.even(node).is_nan() {
        let at = (left / graph.reverse().arc_weight(first)) as usize;
        return row.get(at).copied();
    }
    for (i, &from) in row.iter().enumerate() {
        left -= graph.reverse().arc_weight(first + i);
        if left < 0.0 {
            return Some(from);
        }
    }
    None
}
