//! Ties as a graph. The rows of pairs are the one truth of their strengths: what is read here is theirs
//! at the moment of the read, so that nothing decays in the background, and a state that is opened,
//! merged, redefined or freed of a customer has the graph of its records without more ado.
//!
//! A pair stands in the shard of its first customer. From the other end it is found by an index that
//! reads catch up with: pairs are only ever added, so that it costs O(1) a pair, once.

use std::sync::{PoisonError, RwLockReadGuard};

use rayon::prelude::*;

use super::{SHARDS, State};
use crate::data::record::NONE;
use crate::graph::{Csr, Weights, project};
use crate::program::{Program, TieSpec};

/// The largest strength of a tie, so that sums of what many have stay finite.
const MOST: f64 = 1e300;

/// Who has a row toward whom, by the one at the other end.
#[derive(Debug, Default)]
pub(super) struct Inward {
    /// Pairs of each shard that stand here.
    known: Vec<usize>,
    /// Latest entry of each customer.
    heads: Vec<u32>,
    /// The first customer of a pair, and the entry before.
    entries: Vec<(u32, u32)>,
}

impl Inward {
    fn bytes(&self) -> usize {
        self.heads.capacity() * size_of::<u32>() + self.entries.capacity() * size_of::<(u32, u32)>()
    }

    fn of(&self, customer: u32) -> impl Iterator<Item = u32> + '_ {
        let mut next = self.heads.get(customer as usize).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let (from, before) = *self.entries.get(next as usize)?;
            next = before;
            Some(from)
        })
    }
}

/// Somebody at the other end of a customer's ties.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Peer {
    /// Who.
    pub peer: u32,
    /// Strength of the customer's tie to the peer; zero where there is none.
    pub forth: f64,
    /// Strength of the tie back.
    pub back: f64,
}

impl State {
    /// A layer at `at` as the graph reads it: a node for each customer, no loops, no ties that are zero or
    /// weaker than the layer counts. O(pairs log pairs), in parallel.
    pub fn graph(&self, program: &Program, tie: usize, at: i64) -> Csr {
        let Some(spec) = program.ties.get(tie) else { return empty(self.ids.len()) };
        if let Some((places, most)) = spec.through {
            return self.meetings(program, places, at).graph(self.ids.len(), most, spec.least);
        }
        let of_shard = |shard: &super::Shard| {
            let table = shard.pairs.table();
            let strong = |(row, name): (usize, &(u32, u32))| {
                let strength = self.row_strength(program, spec, table.rows().get(row), at);
                (name.0 != name.1 && strength != 0.0).then_some((*name, strength))
            };
            table.names().iter().enumerate().filter_map(strong).collect::<Vec<_>>()
        };
        let mut ties: Vec<((u32, u32), f64)> = self.shards.par_iter().flat_map_iter(of_shard).collect();
        ties.par_sort_unstable_by_key(|tie| tie.0);
        let mut offsets = vec![0; self.ids.len() + 1];
        ties.iter().for_each(|((from, _), _)| offsets[*from as usize + 1] += 1);
        (0..self.ids.len()).for_each(|node| offsets[node + 1] += offsets[node]);
        let (targets, weights) = ties.into_iter().map(|((_, to), strength)| (to, strength)).unzip();
        let graph = Csr::from_sorted_rows(true, offsets, targets, Weights::Double(weights));
        let graph = if spec.directed { graph } else { graph.to_undirected() };
        if spec.least > 0.0 { graph.filter(|_, _, strength| strength.abs() >= spec.least) } else { graph }
    }

    /// The peers of a customer in a layer, rising: what [`State::graph`] has in both directions.
    /// O(pairs of the customer).
    pub fn peers_in(&self, program: &Program, tie: usize, customer: u32, at: i64) -> Vec<Peer> {
        let Some(spec) = program.ties.get(tie) else { return Vec::new() };
        if let Some((places, most)) = spec.through {
            return self.met(program, places, (customer, most, spec.least), at);
        }
        let known = |strength: f64| if strength.abs() >= spec.least { strength } else { 0.0 };
        let strength =
            |from: u32, to: u32| self.row_strength(program, spec, self.shard(from).0.pairs.get(from, to), at);
        let (shard, local) = self.shard(customer);
        let mut peers = shard.pairs.peers(local);
        peers.extend(self.inward().of(customer));
        peers.sort_unstable();
        peers.dedup();
        let read = |peer: u32| {
            let (forth, back) = (strength(customer, peer), strength(peer, customer));
            let both = forth + back;
            let (forth, back) = if spec.directed { (forth, back) } else { (both, both) };
            Peer { peer, forth: known(forth), back: known(back) }
        };
        let tied = |peer: &Peer| peer.forth != 0.0 || peer.back != 0.0;
        peers.into_iter().filter(|peer| *peer != customer).map(read).filter(tied).collect()
    }

    /// Who is tied to which place in a layer, as the graph reads it.
    fn meetings(&self, program: &Program, places: usize, at: i64) -> Meetings {
        let graph = self.graph(program, places, at);
        let visits = |node: u32| graph.ties(node).filter(|tie| tie.1 > 0.0).map(move |tie| (node, tie.0));
        let (person, place) = (0..graph.nodes() as u32).flat_map(visits).unzip();
        Meetings { person, place }
    }

    /// Whom a customer meets in places of at most so many visitors, with ties of at least a strength: the row of
    /// the customer in [`crate::graph::project`]. O(visitors of the customer's places).
    fn met(&self, program: &Program, places: usize, (own, most, least): (u32, usize, f64), at: i64) -> Vec<Peer> {
        let visited = self.peers_in(program, places, own, at);
        let mut met: Vec<(u32, f64)> = Vec::new();
        for place in visited.iter().filter(|place| place.forth > 0.0) {
            let visitors = self.peers_in(program, places, place.peer, at);
            let visitors: Vec<u32> = visitors.iter().filter(|it| it.back > 0.0).map(|it| it.peer).collect();
            if visitors.len() <= most {
                let weight = 1.0 / (visitors.len() - 1).max(1) as f64;
                met.extend(visitors.into_iter().filter(|peer| *peer != own).map(|peer| (peer, weight)));
            }
        }
        // Places rise, and so the weights of a peer add up in the order of the graph.
        met.sort_by_key(|(peer, _)| *peer);
        let peer = |part: &[(u32, f64)]| {
            let strength = part.iter().map(|(_, weight)| weight).sum();
            Peer { peer: part[0].0, forth: strength, back: strength }
        };
        met.chunk_by(|a, b| a.0 == b.0).map(peer).filter(|peer| peer.forth >= least).collect()
    }

    /// Bytes that the index of the other ends takes.
    pub(super) fn inward_bytes(&self) -> usize {
        self.inward.read().map_or(0, |inward| inward.bytes())
    }

    fn row_strength(&self, program: &Program, spec: &TieSpec, row: Option<super::rows::Row<'_>>, at: i64) -> f64 {
        let feature = program.features.get(spec.feature);
        let strength = feature.map_or(0.0, |feature| self.value(program, feature, row, at));
        if strength.is_nan() { 0.0 } else { strength.clamp(-MOST, MOST) }
    }

    /// The index with every pair that there is.
    fn inward(&self) -> RwLockReadGuard<'_, Inward> {
        let pairs = |shard: usize| self.shards.get(shard).map_or(&[][..], |shard| shard.pairs.table().names());
        let current = |inward: &Inward| {
            (0..SHARDS).all(|shard| inward.known.get(shard).copied().unwrap_or(0) == pairs(shard).len())
        };
        let read = || self.inward.read().unwrap_or_else(PoisonError::into_inner);
        if !current(&read()) {
            let mut inward = self.inward.write().unwrap_or_else(PoisonError::into_inner);
            let Inward { known, heads, entries } = &mut *inward;
            known.resize(SHARDS, 0);
            heads.resize(self.ids.len(), NONE);
            for (shard, known) in known.iter_mut().enumerate() {
                let pairs = pairs(shard);
                for (from, to) in pairs.get(*known..).unwrap_or_default() {
                    let Some(head) = heads.get_mut(*to as usize) else { continue };
                    let entry = entries.len() as u32;
                    entries.push((*from, std::mem::replace(head, entry)));
                }
                *known = pairs.len();
            }
        }
        read()
    }
}

/// Who is tied to which place.
struct Meetings {
    person: Vec<u32>,
    place: Vec<u32>,
}

impl Meetings {
    /// The ties of those who share a place.
    fn graph(&self, people: usize, most: usize, least: f64) -> Csr {
        let graph = project(people, &self.person, &self.place, most).unwrap_or_else(|_| empty(people));
        if least > 0.0 { graph.filter(|_, _, strength| strength >= least) } else { graph }
    }
}

fn empty(nodes: usize) -> Csr {
    Csr::from_sorted_rows(true, vec![0; nodes + 1], Vec::new(), Weights::Double(Vec::new()))
}
