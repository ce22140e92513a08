//! Refinement: every community is built again from single nodes, merging only what is well
//! connected to it, so that a community can be split and none holds a part that is not connected
//! (Traag, Waltman and van Eck 2019, algorithm A.2 with the greedy choice).
//!
//! Communities do not see each other here, so they are refined in parallel.

use super::level::{Arcs, Tally, group};
use super::moves::{LARGE, Objective};
use super::quality::dense;
use crate::graph::chance::Chance;
use crate::graph::csr::ArcWeights;
use rayon::prelude::*;
use std::ops::Range;

/// Nodes that one task refines, about; a community is never cut.
const GRAIN: usize = 4096;

/// Nodes in order of community: what a task sees of the level.
struct Ranked<'a, W> {
    arcs: Arcs<'a, W>,
    aim: Objective<'a>,
    members: &'a [u32],
    rank: &'a [u32],
    chance: &'a Chance,
    /// A second round leaves fewer, larger groups: half the time on a large graph, but quality on a small one.
    rounds: usize,
}

/// The part of the ranks that one task owns.
struct Task<'a> {
    first: usize,
    communities: Range<usize>,
    group: &'a mut [u32],
}

/// Refined labels 0..k of a partition with labels 0..communities, and k.
pub(super) fn refine<W: ArcWeights>(
    arcs: Arcs<'_, W>,
    aim: Objective<'_>,
    label: &[u32],
    communities: usize,
    chance: &Chance,
) -> (Vec<u32>, usize) {
    let (begins, members) = group(label, communities);
    let mut rank = vec![0u32; label.len()];
    for (at, &node) in members.iter().enumerate() {
        rank[node as usize] = at as u32;
    }
    let mut groups = vec![0u32; label.len()];
    let rounds = if label.len() < LARGE { 1 } else { 2 };
    let ranked = Ranked { arcs, aim, members: &members, rank: &rank, chance, rounds };
    let scratch = || Scratch::new(label.len());
    tasks(&begins, &mut groups).into_par_iter().for_each_init(scratch, |scratch, task| {
        let mut rest = task.group;
        for community in task.communities {
            let range = begins[community]..begins[community + 1];
            let (own, tail) = rest.split_at_mut(range.len());
            rest = tail;
            ranked.community(range, own, scratch);
        }
        debug_assert!(rest.is_empty(), "{}", task.first);
    });
    // A group is named by a rank within its community; names become dense in order of rank.
    let mut dense = vec![u32::MAX; label.len()];
    let mut out = vec![0u32; label.len()];
    let mut count = 0;
    for community in 0..communities {
        for at in begins[community]..begins[community + 1] {
            let name = &mut dense[begins[community] + groups[at] as usize];
            if *name == u32::MAX {
                *name = count;
                count += 1;
            }
            out[members[at] as usize] = *name;
        }
    }
    (out, count as usize)
}

fn tasks<'a>(begins: &[usize], groups: &'a mut [u32]) -> Vec<Task<'a>> {
    let mut out = Vec::new();
    let mut rest = groups;
    let mut first = 0;
    for community in 0..begins.len() - 1 {
        let size = begins[community + 1] - begins[first];
        if size >= GRAIN || community + 2 == begins.len() {
            let (own, tail) = rest.split_at_mut(size);
            rest = tail;
            out.push(Task { first: begins[first], communities: first..community + 1, group: own });
            first = community + 1;
        }
    }
    out
}

/// One community as a graph of its own; nodes are positions in it, then groups of them.
#[derive(Default)]
struct Local {
    offsets: Vec<usize>,
    targets: Vec<u32>,
    weights: Vec<f64>,
    total: Vec<f64>,
    /// Weight from a node to the rest of its community.
    cut: Vec<f64>,
}

#[derive(Default)]
struct Scratch {
    local: Local,
    above: Local,
    tally: Tally,
    alone: Vec<bool>,
    order: Vec<u32>,
    group: Vec<u32>,
}

impl<W: ArcWeights> Ranked<'_, W> {
    fn community(&self, range: Range<usize>, out: &mut [u32], scratch: &mut Scratch) {
        (0u32..).zip(out.iter_mut()).for_each(|(at, group)| *group = at);
        if range.len() == 1 {
            return;
        }
        let members = &self.members[range.clone()];
        let mut chance = Chance::new(self.chance.clone().bits(), u64::from(members[0]), members.len() as u64);
        self.load(&range, &mut scratch.local);
        let whole = scratch.local.total.iter().sum();
        for round in 1..=self.rounds {
            let before = scratch.local.total.len();
            let count = scratch.merge(self.aim.rate, whole, &mut chance);
            out.iter_mut().for_each(|group| *group = scratch.group[*group as usize]);
            if count == before || round == self.rounds {
                break;
            }
            scratch.aggregate(count);
        }
    }

    /// The community at ranks `range`, with the ties inside it.
    fn load(&self, range: &Range<usize>, local: &mut Local) {
        local.clear();
        let (begin, size) = (range.start as u32, range.len() as u32);
        for &node in &self.members[range.clone()] {
            // Whether a tie stays inside cannot be foretold, so each is written, and kept if it does.
            let (mut cut, mut end) = (0.0, local.targets.len());
            local.targets.resize(end + self.arcs.degree(node), 0);
            local.weights.resize(end + self.arcs.degree(node), 0.0);
            for (other, weight) in self.arcs.row(node) {
                let at = self.rank[other as usize].wrapping_sub(begin);
                let inside = at < size;
                (local.targets[end], local.weights[end]) = (at, weight);
                end += usize::from(inside);
                cut += weight * f64::from(u8::from(inside));
            }
            local.targets.truncate(end);
            local.weights.truncate(end);
            local.push(self.aim.mass[node as usize], cut);
        }
    }
}

impl Local {
    fn clear(&mut self) {
        self.offsets.clear();
        self.offsets.push(0);
        self.targets.clear();
        self.weights.clear();
        self.total.clear();
        self.cut.clear();
    }

    /// Ends the row of a node.
    fn push(&mut self, total: f64, cut: f64) {
        self.offsets.push(self.targets.len());
        self.total.push(total);
        self.cut.push(cut);
    }

    fn row(&self, node: u32) -> impl Iterator<Item = (u32, f64)> + '_ {
        let row = self.offsets[node as usize]..self.offsets[node as usize + 1];
        self.targets[row.clone()].iter().copied().zip(self.weights[row].iter().copied())
    }
}

impl Scratch {
    fn new(nodes: usize) -> Self {
        Scratch { tally: if nodes < LARGE { Tally::direct(nodes) } else { Tally::default() }, ..Scratch::default() }
    }

    /// One round: nodes that are still alone join the group that gains most, if well connected.
    /// Leaves dense labels in `group` and gives their number.
    fn merge(&mut self, rate: f64, whole: f64, chance: &mut Chance) -> usize {
        let Scratch { local, tally, alone, order, group, .. } = self;
        let size = local.total.len();
        group.clear();
        group.extend(0..size as u32);
        alone.clear();
        alone.resize(size, true);
        order.clear();
        order.extend(0..size as u32);
        chance.shuffle(order);
        let connected = |cut: f64, total: f64| cut >= rate * total * (whole - total);
        for &node in order.iter() {
            let own = node as usize;
            if !alone[own] || !connected(local.cut[own], local.total[own]) {
                continue;
            }
            tally.start(local.offsets[own + 1] - local.offsets[own]);
            for (other, weight) in local.row(node) {
                tally.add(group[other as usize], weight);
            }
            let (mut best, mut choice) = (0.0, None);
            for (name, weight) in tally.entries() {
                let to = name as usize;
                let value = weight - rate * local.total[own] * local.total[to];
                if weight > 0.0 && value > best && connected(local.cut[to], local.total[to]) {
                    (best, choice) = (value, Some((to, weight)));
                }
            }
            if let Some((to, weight)) = choice {
                group[own] = to as u32;
                alone[own] = false;
                alone[to] = false;
                local.cut[to] += local.cut[own] - 2.0 * weight;
                local.total[to] += local.total[own];
            }
        }
        dense(group)
    }

    /// Makes each of `count` groups a node of `local`. Sums of a group are those of its first node's
    /// name, which `merge` kept up to date, so they are looked up by the members in turn.
    fn aggregate(&mut self, count: usize) {
        let Scratch { local, above, tally, group, .. } = self;
        let (begins, members) = super::level::group(group, count);
        above.clear();
        for own in 0..count {
            let members = &members[begins[own]..begins[own + 1]];
            tally.start(members.len() * 8);
            for &node in members {
                for (other, weight) in local.row(node).map(|tie| (group[tie.0 as usize], tie.1)) {
                    if other != own as u32 {
                        tally.add(other, weight);
                    }
                }
            }
            for (other, weight) in tally.entries() {
                above.targets.push(other);
                above.weights.push(weight);
            }
            // The node that named the group holds its sums, and these are the largest in it.
            let holder =
                members.iter().copied().max_by(|&a, &b| local.total[a as usize].total_cmp(&local.total[b as usize]));
            let holder = holder.unwrap_or_default() as usize;
            above.push(local.total[holder], local.cut[holder]);
        }
        std::mem::swap(local, above);
    }
}
