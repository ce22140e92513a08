//! Reverse-reachable sets (Borgs, Brautbar, Chayes and Lucier 2014).
//!
//! A set is who would have reached a random target. The coins of a node in a set are keyed by (seed,
//! set, node), so a set is a function of the graph alone: after a change only sets that hold a changed
//! node are drawn again, and the sketch equals one drawn anew. Where all chances into a node are
//! equal, hits are found by geometric skips (Guo, Wang, Wei and Chen 2020).

use super::model::{SpreadModel, WordOfMouth};
use super::targets::Targets;
use crate::base::numeric::ln;
use crate::base::{Error, ErrorKind, Result};
use crate::graph::chance::Chance;
use rayon::prelude::*;

/// Sets that one task draws.
const GRAIN: usize = 512;

/// Reverse-reachable sets, one after another; see the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    seed: u64,
    purpose: u64,
    sets: Drawn,
}

/// Sets as they were drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Drawn {
    ends: Vec<usize>,
    nodes: Vec<u32>,
    /// Whether an active node would have reached the target: nothing more can be won there.
    lost: Vec<bool>,
}

impl Drawn {
    fn held(&self, index: usize) -> &[u32] {
        let begin = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(self.nodes.len()) };
        let end = self.ends.get(index).copied().unwrap_or(begin);
        &self.nodes[begin..end]
    }

    fn push(&mut self, other: &Drawn, index: usize) {
        self.nodes.extend_from_slice(other.held(index));
        self.ends.push(self.nodes.len());
        self.lost.push(other.lost[index]);
    }

    fn append(&mut self, other: &Drawn) {
        let base = self.nodes.len();
        self.nodes.extend_from_slice(&other.nodes);
        self.ends.extend(other.ends.iter().map(|end| base + end));
        self.lost.extend_from_slice(&other.lost);
    }
}

/// The first sets of a sketch.
#[derive(Clone, Copy)]
pub(super) struct Sets<'a> {
    sketch: &'a Sketch,
    count: usize,
}

impl<'a> Sets<'a> {
    pub(super) fn len(self) -> usize {
        self.count
    }

    pub(super) fn set(self, index: usize) -> &'a [u32] {
        self.sketch.set(index)
    }

    /// Whose reaching set `index` is about, whether or not it is lost.
    pub(super) fn target(self, index: usize) -> Option<u32> {
        self.sketch.sets.held(index).first().copied()
    }
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
        Sketch { seed, purpose, sets: Drawn::default() }
    }

    /// Number of sets.
    pub fn len(&self) -> usize {
        self.sets.ends.len()
    }

    /// Whether there is no set.
    pub fn is_empty(&self) -> bool {
        self.sets.ends.is_empty()
    }

    /// Who reaches the target of set `index`; empty for an unknown set.
    pub fn set(&self, index: usize) -> &[u32] {
        if self.sets.lost.get(index).copied().unwrap_or(true) { &[] } else { self.sets.held(index) }
    }

    /// The first `count` sets, or all where there are fewer.
    pub(super) fn first(&self, count: usize) -> Sets<'_> {
        Sets { sketch: self, count: count.min(self.len()) }
    }

    /// Bytes that the sets take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes_of(self.len())
    }

    /// Bytes that the first sets take.
    fn bytes_of(&self, count: usize) -> usize {
        let nodes = count.checked_sub(1).and_then(|last| self.sets.ends.get(last)).copied().unwrap_or(0);
        nodes * size_of::<u32>() + count * (size_of::<usize>() + 1)
    }

    /// How many of the first sets take no more than so many bytes.
    pub(super) fn within(&self, bytes: usize) -> usize {
        if self.bytes() <= bytes {
            return self.len();
        }
        (0..self.len()).take_while(|&last| self.bytes_of(last + 1) <= bytes).count()
    }

    /// Keeps no more than the first sets that take so many bytes.
    pub(super) fn keep_within(&mut self, bytes: usize) {
        let count = self.within(bytes);
        if count < self.len() {
            self.sets.ends.truncate(count);
            self.sets.lost.truncate(count);
            self.sets.nodes.truncate(self.sets.ends.last().copied().unwrap_or(0));
            self.sets.nodes.shrink_to_fit();
        }
    }

    /// The spread of `seeds` by the share of sets that they hit.
    pub fn spread(&self, graph: &WordOfMouth, seeds: &[u32]) -> f64 {
        let chosen = flags(graph.nodes(), seeds);
        let is_hit = |&node: &u32| chosen.get(node as usize).copied().unwrap_or(false);
        let hit = (0..self.len()).filter(|&i| self.set(i).iter().any(is_hit)).count();
        hit as f64 / self.len().max(1) as f64 * graph.nodes() as f64
    }

    /// Brings the sketch up to date with `graph`, in which the ties into the nodes `changed` are others
    /// than when it was drawn; gives the number of sets drawn again. Same nodes as before.
    pub fn repair(&mut self, graph: &WordOfMouth, changed: &[u32]) -> usize {
        let stale = flags(graph.nodes(), changed);
        match Targets::new(graph.nodes(), None, &[]) {
            Ok(targets) => self.mend(graph, &targets, false, &stale),
            Err(_) => 0,
        }
    }

    /// Draws again the sets that hold a node of which `stale` is true, or that is not there any more, and where targets
    /// are `moved` those that have another one; gives how many. What is left is a sketch drawn anew, to the bit: a set
    /// is a function of its target, of the ties into its nodes, and of who of them is active.
    pub(super) fn mend(&mut self, graph: &WordOfMouth, targets: &Targets, moved: bool, stale: &[bool]) -> usize {
        let is_stale = |&node: &u32| stale.get(node as usize).copied().unwrap_or(true);
        let other = |index: usize| moved && self.sets.held(index).first() != Some(&targets.of(self.key(index)));
        let hit: Vec<usize> = (0..self.len())
            .into_par_iter()
            .filter(|&index| self.sets.held(index).iter().any(is_stale) || other(index))
            .collect();
        if hit.is_empty() {
            return 0;
        }
        let fresh = self.draw_sets(graph, targets, hit.len(), |i| hit[i]);
        let mut sets = Drawn::default();
        let mut next = 0;
        for index in 0..self.len() {
            if hit.get(next) == Some(&index) {
                sets.push(&fresh, next);
                next += 1;
            } else {
                sets.push(&self.sets, index);
            }
        }
        self.sets = sets;
        hit.len()
    }

    pub(super) fn extend(&mut self, graph: &WordOfMouth, targets: &Targets, sets: usize) {
        let first = self.len();
        let drawn = self.draw_sets(graph, targets, sets, |i| first + i);
        self.sets.append(&drawn);
    }

    fn key(&self, index: usize) -> u64 {
        Chance::new(self.seed, self.purpose, index as u64).bits()
    }

    fn draw_sets(
        &self,
        graph: &WordOfMouth,
        targets: &Targets,
        count: usize,
        index: impl Fn(usize) -> usize + Sync,
    ) -> Drawn {
        let parts: Vec<Drawn> = (0..count.div_ceil(GRAIN))
            .into_par_iter()
            .map_init(
                || vec![false; graph.nodes()],
                |seen, part| {
                    let mut drawn = Drawn::default();
                    for i in part * GRAIN..((part + 1) * GRAIN).min(count) {
                        drawn.lost.push(reach_back(graph, targets, self.key(index(i)), seen, &mut drawn.nodes));
                        drawn.ends.push(drawn.nodes.len());
                    }
                    drawn
                },
            )
            .collect();
        let mut drawn = Drawn::default();
        parts.iter().for_each(|part| drawn.append(part));
        drawn
    }
}

/// Which of the nodes are among some; unknown ones are nowhere.
fn flags(nodes: usize, some: &[u32]) -> Vec<bool> {
    let mut flags = vec![false; nodes];
    for &node in some {
        if let Some(flag) = flags.get_mut(node as usize) {
            *flag = true;
        }
    }
    flags
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

/// Appends one set; `seen` is false everywhere, before and after. Gives whether an active node would have
/// reached it: nothing more can be won there, and nothing more is looked at.
fn reach_back(graph: &WordOfMouth, targets: &Targets, key: u64, seen: &mut [bool], out: &mut Vec<u32>) -> bool {
    let begin = out.len();
    let root = targets.of(key);
    let mut lost = targets.is_active(root);
    seen[root as usize] = true;
    out.push(root);
    let mut next = begin;
    while let Some(&node) = out.get(next).filter(|_| !lost) {
        next += 1;
        let mut chance = Chance::at(key, u64::from(node));
        let row = graph.reverse().neighbors(node);
        let mut visit = |from: u32| {
            if !std::mem::replace(&mut seen[from as usize], true) {
                lost |= targets.is_active(from);
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
    }
    out[begin..].iter().for_each(|&node| seen[node as usize] = false);
    lost
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
        // Unknown is 0 times what has no end: never hit.
        if jump.is_nan() || jump >= (row.len() - at) as f64 {
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
