//! The fast local move of Leiden (Traag, Waltman and van Eck 2019, section "Fast local move").
//!
//! A small graph is moved node by node from a queue. A large one in batches: every node of a batch
//! chooses from the same frozen state, in parallel, and the choices are applied one by one in order,
//! each checked again against the state as it then is. So every applied move raises the quality, and
//! the outcome does not depend on the number of threads.

use super::level::{Arcs, Tally};
use crate::base::prefetch::prefetch;
use crate::graph::chance::Chance;
use crate::graph::csr::ArcWeights;
use rayon::prelude::*;
use std::collections::VecDeque;

/// From this many nodes on, moves go in batches.
pub(super) const LARGE: usize = 1 << 14;
const WORD: usize = 64;
/// Nodes of a batch that one task decides.
const GRAIN: usize = 256;
/// The choice of a node that is better off alone.
const ALONE: u32 = u32::MAX;

/// What is maximised: weights inside minus `rate` times the products of masses inside.
#[derive(Clone, Copy)]
pub(super) struct Objective<'a> {
    pub(super) mass: &'a [f64],
    pub(super) rate: f64,
    /// A move must gain more than this.
    pub(super) least: f64,
}

/// A partition under change; labels are in 0..nodes.
pub(super) struct Partition {
    pub(super) label: Vec<u32>,
    total: Vec<f64>,
    size: Vec<u32>,
    unused: Vec<u32>,
}

impl Partition {
    pub(super) fn new(label: Vec<u32>, mass: &[f64]) -> Self {
        let (mut total, mut size) = (vec![0.0; label.len()], vec![0u32; label.len()]);
        for (node, &own) in label.iter().enumerate() {
            total[own as usize] += mass[node];
            size[own as usize] += 1;
        }
        let unused = (0..label.len() as u32).rev().filter(|&own| size[own as usize] == 0).collect();
        Partition { label, total, size, unused }
    }

    /// Moves a node; gives the label it went to.
    fn shift(&mut self, node: u32, to: u32, mass: f64) -> u32 {
        let to = match to {
            ALONE => self.unused.pop().unwrap_or(self.label[node as usize]),
            to => to,
        };
        let from = std::mem::replace(&mut self.label[node as usize], to);
        self.total[from as usize] -= mass;
        self.total[to as usize] += mass;
        self.size[from as usize] -= 1;
        self.size[to as usize] += 1;
        if self.size[from as usize] == 0 {
            self.total[from as usize] = 0.0;
            self.unused.push(from);
        }
        to
    }
}

/// Moves nodes until none gains; starts from `active` nodes, or from all. Gives the nodes that moved
/// (with repeats) when `trace`, and otherwise their number only.
pub(super) struct Mover<'a, W> {
    pub(super) arcs: Arcs<'a, W>,
    pub(super) aim: Objective<'a>,
}

impl<W: ArcWeights> Mover<'_, W> {
    /// All nodes in a random order; the number of moves.
    pub(super) fn run(&self, partition: &mut Partition, chance: &mut Chance) -> usize {
        let nodes = self.arcs.nodes();
        if nodes < LARGE {
            let mut order: Vec<u32> = (0..nodes as u32).collect();
            chance.shuffle(&mut order);
            return self.queue(partition, order, |_| {});
        }
        self.sweeps(partition, chance)
    }

    /// Only `start` and what its moves disturb; `moved` hears of every move.
    pub(super) fn run_from(&self, partition: &mut Partition, start: Vec<u32>, moved: impl FnMut(u32)) -> usize {
        self.queue(partition, start, moved)
    }

    fn queue(&self, partition: &mut Partition, start: Vec<u32>, mut moved: impl FnMut(u32)) -> usize {
        let mut waiting = vec![false; self.arcs.nodes()];
        start.iter().for_each(|&node| waiting[node as usize] = true);
        let mut queue = VecDeque::from(start);
        let mut tally = if self.arcs.nodes() < LARGE { Tally::direct(self.arcs.nodes()) } else { Tally::default() };
        let mut moves = 0;
        while let Some(node) = queue.pop_front() {
            waiting[node as usize] = false;
            let choice = self.choose(partition, node, &mut tally);
            if choice == partition.label[node as usize] {
                continue;
            }
            let to = partition.shift(node, choice, self.aim.mass[node as usize]);
            moves += 1;
            moved(node);
            for (other, _) in self.arcs.row(node) {
                if partition.label[other as usize] != to && !waiting[other as usize] {
                    waiting[other as usize] = true;
                    queue.push_back(other);
                }
            }
        }
        moves
    }

    fn sweeps(&self, partition: &mut Partition, chance: &mut Chance) -> usize {
        let nodes = self.arcs.nodes();
        let mut active = vec![u64::MAX; nodes.div_ceil(WORD)];
        if let (Some(last), rest @ 1..) = (active.last_mut(), nodes % WORD) {
            *last = (1 << rest) - 1;
        }
        let mut order: Vec<u32> = (0..active.len() as u32).collect();
        chance.shuffle(&mut order);
        let size = (nodes / 128).clamp(256, 8192);
        let (mut batch, mut choices) = (Vec::with_capacity(size + WORD), Vec::new());
        let mut moves = 0;
        loop {
            let before = moves;
            let mut words = order.iter();
            let mut more = true;
            while more {
                batch.clear();
                while batch.len() < size {
                    let Some(&word) = words.next() else {
                        more = false;
                        break;
                    };
                    let mut bits = std::mem::take(&mut active[word as usize]);
                    while bits != 0 {
                        batch.push(word * WORD as u32 + bits.trailing_zeros());
                        bits &= bits - 1;
                    }
                }
                self.choose_all(partition, &batch, &mut choices);
                moves += self.apply(partition, &batch, &choices, &mut active);
            }
            if moves == before {
                return moves;
            }
        }
    }

    fn choose_all(&self, partition: &Partition, batch: &[u32], choices: &mut Vec<u32>) {
        choices.resize(batch.len(), 0);
        batch.par_chunks(GRAIN).zip(choices.par_chunks_mut(GRAIN)).for_each_init(
            Tally::default,
            |tally, (nodes, out)| {
                for (&node, choice) in nodes.iter().zip(out) {
                    *choice = self.choose(partition, node, tally);
                }
            },
        );
    }

    fn apply(&self, partition: &mut Partition, batch: &[u32], choices: &[u32], active: &mut [u64]) -> usize {
        let mut moves = 0;
        for (&node, &choice) in batch.iter().zip(choices) {
            let own = partition.label[node as usize];
            if choice == own || !self.still_gains(partition, node, choice) {
                continue;
            }
            let to = partition.shift(node, choice, self.aim.mass[node as usize]);
            moves += 1;
            for (other, _) in self.arcs.row(node) {
                if partition.label[other as usize] != to {
                    active[other as usize / WORD] |= 1 << (other as usize % WORD);
                }
            }
        }
        moves
    }

    fn still_gains(&self, partition: &Partition, node: u32, choice: u32) -> bool {
        let own = partition.label[node as usize];
        let (mut here, mut there) = (0.0, 0.0);
        for (other, weight) in self.arcs.row(node) {
            let label = partition.label[other as usize];
            here += if label == own { weight } else { 0.0 };
            there += if label == choice { weight } else { 0.0 };
        }
        let mass = self.aim.mass[node as usize];
        let pull = self.aim.rate * mass;
        let stay = here - pull * (partition.total[own as usize] - mass);
        let go = if choice == ALONE { 0.0 } else { there - pull * partition.total[choice as usize] };
        go > stay + self.aim.least
    }

    /// The label that gains most; the node's own where none gains. First touched wins a tie.
    #[inline]
    fn choose(&self, partition: &Partition, node: u32, tally: &mut Tally) -> u32 {
        let own = partition.label[node as usize];
        tally.fill(self.arcs, node, &partition.label);
        let mass = self.aim.mass[node as usize];
        let pull = self.aim.rate * mass;
        if self.arcs.nodes() >= LARGE {
            tally.entries().for_each(|(label, _)| prefetch(&partition.total[label as usize]));
        }
        let stay = tally.get(own) - pull * (partition.total[own as usize] - mass);
        let (mut best, mut choice) = (stay + self.aim.least, own);
        for (label, weight) in tally.entries() {
            let value = weight - pull * partition.total[label as usize];
            if value > best && label != own {
                (best, choice) = (value, label);
            }
        }
        if best < 0.0 && partition.size[own as usize] > 1 { ALONE } else { choice }
    }
}
