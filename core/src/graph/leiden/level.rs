//! The graph of one level: the ties of the user at the bottom, ties of communities above.

use super::moves::LARGE;
use crate::graph::csr::ArcWeights;
use rayon::prelude::*;

/// Nodes of an aggregate that one task builds.
const GRAIN: usize = 2048;

/// Rows of arcs as a kernel reads them.
#[derive(Clone, Copy)]
pub(super) struct Arcs<'a, W> {
    pub(super) offsets: &'a [usize],
    pub(super) targets: &'a [u32],
    pub(super) weights: W,
}

impl<W: ArcWeights> Arcs<'_, W> {
    pub(super) fn nodes(&self) -> usize {
        self.offsets.len() - 1
    }

    #[inline(always)]
    pub(super) fn degree(&self, node: u32) -> usize {
        self.offsets[node as usize + 1] - self.offsets[node as usize]
    }

    /// Target and weight of each arc of `node`.
    #[inline(always)]
    pub(super) fn row(&self, node: u32) -> impl Iterator<Item = (u32, f64)> + '_ {
        let (begin, end) = (self.offsets[node as usize], self.offsets[node as usize + 1]);
        let targets = &self.targets[begin..end];
        targets.iter().zip(begin..end).map(|(&to, arc)| (to, self.weights.at(arc)))
    }
}

impl<W> Arcs<'_, W> {
    /// What `of` says of the targets of `node`. Gathered before anything branches on it, so that loads that miss cache
    /// overlap (a third of the time on a graph of a million nodes).
    #[inline(always)]
    pub(super) fn gather(&self, node: u32, of: &[u32], out: &mut Vec<u32>) {
        let row = self.offsets[node as usize]..self.offsets[node as usize + 1];
        out.clear();
        out.extend(self.targets[row].iter().map(|&to| of[to as usize]));
    }
}

/// An aggregate: one node a refined community, without the ties inside.
pub(super) struct Aggregate {
    offsets: Vec<usize>,
    targets: Vec<u32>,
    weights: Vec<f64>,
    pub(super) mass: Vec<f64>,
}

impl Aggregate {
    pub(super) fn arcs(&self) -> Arcs<'_, &[f64]> {
        Arcs { offsets: &self.offsets, targets: &self.targets, weights: &self.weights }
    }

    /// One node for each of `groups` labels; `label` is in 0..groups.
    pub(super) fn new<W: ArcWeights>(arcs: Arcs<'_, W>, mass: &[f64], label: &[u32], groups: usize) -> Aggregate {
        let (begins, members) = group(label, groups);
        let parts: Vec<Part> = (0..groups.div_ceil(GRAIN))
            .into_par_iter()
            .map(|part| {
                let range = part * GRAIN..((part + 1) * GRAIN).min(groups);
                Part::build(arcs, mass, label, range, &begins, &members)
            })
            .collect();
        let size = parts.iter().map(|part| part.targets.len()).sum();
        let mut out = Aggregate {
            offsets: Vec::with_capacity(groups + 1),
            targets: Vec::with_capacity(size),
            weights: Vec::with_capacity(size),
            mass: Vec::with_capacity(groups),
        };
        out.offsets.push(0);
        for part in parts {
            let base = out.targets.len();
            out.offsets.extend(part.ends.iter().map(|end| base + end));
            out.targets.extend(part.targets);
            out.weights.extend(part.weights);
            out.mass.extend(part.mass);
        }
        out
    }
}

#[derive(Default)]
struct Part {
    ends: Vec<usize>,
    targets: Vec<u32>,
    weights: Vec<f64>,
    mass: Vec<f64>,
}

impl Part {
    fn build<W: ArcWeights>(
        arcs: Arcs<'_, W>,
        mass: &[f64],
        label: &[u32],
        range: std::ops::Range<usize>,
        begins: &[usize],
        members: &[u32],
    ) -> Part {
        let (mut part, mut others) = (Part::default(), Vec::new());
        let groups = begins.len() - 1;
        let mut tally = if groups < LARGE { Tally::direct(groups) } else { Tally::default() };
        for own in range {
            let members = &members[begins[own]..begins[own + 1]];
            tally.start(members.iter().map(|&node| arcs.degree(node)).sum::<usize>().min(1 << 14));
            for &node in members {
                arcs.gather(node, label, &mut others);
                for (&other, (_, weight)) in others.iter().zip(arcs.row(node)) {
                    if other != own as u32 {
                        tally.add(other, weight);
                    }
                }
            }
            part.mass.push(members.iter().map(|&node| mass[node as usize]).sum());
            for (other, weight) in tally.entries() {
                part.targets.push(other);
                part.weights.push(weight);
            }
            part.ends.push(part.targets.len());
        }
        part
    }
}

/// Nodes by label: where each label begins, and its nodes, rising.
pub(super) fn group(label: &[u32], groups: usize) -> (Vec<usize>, Vec<u32>) {
    let mut begins = vec![0usize; groups + 1];
    for &own in label {
        begins[own as usize + 1] += 1;
    }
    for own in 0..groups {
        begins[own + 1] += begins[own];
    }
    let mut next = begins.clone();
    let mut members = vec![0u32; label.len()];
    for (node, &own) in label.iter().enumerate() {
        members[next[own as usize]] = node as u32;
        next[own as usize] += 1;
    }
    (begins, members)
}

/// Sums by label for one node: a small open table, in order of first touch.
#[derive(Default)]
pub(super) struct Tally {
    slots: Vec<u32>,
    /// Label, slot and sum of those touched; sums beyond them are zero.
    entries: Vec<(u32, u32, f64)>,
    count: usize,
    keys: Vec<u32>,
    mask: usize,
    /// Every label has a slot of its own, so that none is looked for.
    direct: bool,
}

const FREE: u32 = u32::MAX;

impl Tally {
    /// A table for labels below `labels`: faster where they fit in cache.
    pub(super) fn direct(labels: usize) -> Self {
        Tally { slots: vec![FREE; labels.max(1)], direct: true, ..Tally::default() }
    }

    /// Empties the table and makes room for `keys` distinct labels (it grows beyond them).
    #[inline]
    pub(super) fn start(&mut self, keys: usize) {
        let want = (2 * keys).next_power_of_two().max(64);
        for entry in &mut self.entries[..self.count] {
            self.slots[entry.1 as usize] = FREE;
            entry.2 = 0.0;
        }
        self.count = 0;
        if want > self.slots.len() && !self.direct {
            self.slots = vec![FREE; want];
        }
        if self.entries.len() <= keys {
            self.entries.resize(want, (FREE, 0, 0.0));
        }
        self.mask = self.slots.len() - 1;
    }

    /// Sums the weights of a row by the label of its targets.
    #[inline]
    pub(super) fn fill<W: ArcWeights>(&mut self, arcs: Arcs<'_, W>, node: u32, label: &[u32]) {
        self.start(arcs.degree(node));
        let mut keys = std::mem::take(&mut self.keys);
        let begin = arcs.offsets[node as usize];
        arcs.gather(node, label, &mut keys);
        if self.direct {
            for (&key, arc) in keys.iter().zip(begin..) {
                self.add_direct(key, arcs.weights.at(arc));
            }
        } else {
            for (&key, arc) in keys.iter().zip(begin..) {
                self.add_hashed(key, arcs.weights.at(arc));
            }
        }
        self.keys = keys;
    }

    #[inline]
    pub(super) fn add(&mut self, key: u32, weight: f64) {
        if self.count >= self.entries.len() {
            self.entries.resize(2 * self.count + 64, (FREE, 0, 0.0));
        }
        if self.direct { self.add_direct(key, weight) } else { self.add_hashed(key, weight) }
    }

    /// In cache what costs is to guess whether a label is new, so nothing branches on it: the slot of a new one is the
    /// largest number there is, and its sum is zero.
    #[inline(always)]
    fn add_direct(&mut self, key: u32, weight: f64) {
        let slot = &mut self.slots[key as usize];
        let at = (*slot).min(self.count as u32);
        self.count += usize::from(*slot == FREE);
        *slot = at;
        let entry = &mut self.entries[at as usize];
        *entry = (key, key, entry.2 + weight);
    }

    #[inline(always)]
    fn add_hashed(&mut self, key: u32, weight: f64) {
        let mut slot = self.slot(key);
        loop {
            let at = self.slots[slot];
            if at == FREE {
                break;
            }
            let entry = &mut self.entries[at as usize];
            if entry.0 == key {
                entry.2 += weight;
                return;
            }
            slot = (slot + 1) & self.mask;
        }
        self.slots[slot] = self.count as u32;
        self.entries[self.count] = (key, slot as u32, weight);
        self.count += 1;
        if self.count * 2 > self.slots.len() {
            self.enlarge();
        }
    }

    /// The sum of a label; 0 where it was not touched.
    #[inline]
    pub(super) fn get(&self, key: u32) -> f64 {
        if self.direct {
            return self.entries.get(self.slots[key as usize] as usize).map_or(0.0, |entry| entry.2);
        }
        let mut slot = self.slot(key);
        loop {
            match self.slots[slot] {
                FREE => return 0.0,
                at if self.entries[at as usize].0 == key => return self.entries[at as usize].2,
                _ => slot = (slot + 1) & self.mask,
            }
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.entries[..self.count].iter().map(|entry| (entry.0, entry.2))
    }

    #[inline(always)]
    fn slot(&self, key: u32) -> usize {
        (key.wrapping_mul(0x9e37_79b9) >> 7) as usize & self.mask
    }

    fn enlarge(&mut self) {
        self.slots = vec![FREE; self.slots.len() * 2];
        self.mask = self.slots.len() - 1;
        for at in 0..self.count {
            let mut slot = self.slot(self.entries[at].0);
            while self.slots[slot] != FREE {
                slot = (slot + 1) & self.mask;
            }
            self.slots[slot] = at as u32;
            self.entries[at].1 = slot as u32;
        }
    }
}
