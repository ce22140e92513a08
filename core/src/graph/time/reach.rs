//! Reach along time: whom a whisper could have reached, each step later than the one before
//! (Holme and Saramaki 2012).

use crate::base::numeric::ln;
use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::Csr;

/// Registers of a sketch are 2^6 = 64: a standard error of 13%.
const BITS: u32 = 6;
const REGISTERS: usize = 1 << BITS;
/// Up to so many nodes are listed, and counted exactly.
const LISTED: usize = 128;

/// Contacts in order of time.
#[derive(Debug, Clone)]
pub struct Contacts {
    nodes: usize,
    /// (time, from, to), rising.
    events: Vec<(i64, u32, u32)>,
}

impl Contacts {
    /// Contacts from columns, in any order. A contact passes a whisper from `from` to `to` only.
    ///
    /// # Errors
    /// `SchemaRange` where columns differ in length or a node is unknown.
    pub fn new(nodes: usize, from: &[u32], to: &[u32], at: &[i64]) -> Result<Self> {
        if from.len() != to.len() || from.len() != at.len() {
            return Err(Error::new(ErrorKind::SchemaRange, "the columns of contacts differ in length"));
        }
        if let Some(node) = from.iter().chain(to).find(|&&node| node as usize >= nodes) {
            return Err(Error::new(ErrorKind::SchemaRange, format!("node `{node}` is not among {nodes} nodes")));
        }
        let mut events: Vec<_> = (0..from.len()).map(|row| (at[row], from[row], to[row])).collect();
        events.sort_unstable();
        Ok(Contacts { nodes, events })
    }

    /// When each node is first reached from `source`, starting after `since`, within `hops` steps, each
    /// later than the one before; `None` for nodes that are not reached, and for the source itself.
    /// O(events hops).
    ///
    /// ```
    /// use bactrian::graph::Contacts;
    ///
    /// let contacts = Contacts::new(3, &[1, 0], &[2, 1], &[1, 2])?;
    /// assert_eq!(contacts.arrivals(0, 2, 0), [None, Some(2), None]); // 1 told 2 before it knew
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    pub fn arrivals(&self, source: u32, hops: usize, since: i64) -> Vec<Option<i64>> {
        const NEVER: i64 = i64::MAX;
        // `first[k * nodes + v]`: when v is first reached within k steps.
        let mut first = vec![NEVER; (hops + 1) * self.nodes];
        for k in 0..=hops {
            if let Some(own) =
                first.get_mut(k * self.nodes + source as usize).filter(|_| (source as usize) < self.nodes)
            {
                *own = since;
            }
        }
        for &(at, from, to) in self.events.iter().skip_while(|event| event.0 <= since) {
            for k in 0..hops {
                let there = (k + 1) * self.nodes + to as usize;
                if first[k * self.nodes + from as usize] < at && at < first[there] {
                    first[there] = at;
                }
            }
        }
        let last = &first[hops * self.nodes..];
        (0..self.nodes).map(|v| (v != source as usize && last[v] != NEVER).then(|| last[v])).collect()
    }

    /// How many others each node reaches within `hops` steps: exact up to 127, about beyond, by HyperLogLog over the
    /// contacts from the last to the first with a standard error of 13%. O(events hops), memory at most 512 bytes a
    /// node and hop.
    pub fn reach(&self, hops: usize) -> Vec<f64> {
        let reached = self.reached(hops, |_| true);
        (0..self.nodes as u32).map(|node| reached.together(&[node])).collect()
    }

    /// As [`Contacts::reach`], as sets that can be joined, of those among the reached who `count`.
    pub fn reached(&self, hops: usize, count: impl Fn(u32) -> bool) -> Reached {
        let own = |node: u32| Seen::Few(if count(node) { vec![node] } else { Vec::new() });
        let mut layers: Vec<Vec<Seen>> = vec![(0..self.nodes as u32).map(own).collect(); hops + 1];
        for moment in self.events.rchunk_by_time() {
            // A contact brings what was known one step before: the widest step first, so that none of this moment's
            // contacts brings what another of them brought.
            for step in (0..hops).rev() {
                let (before, after) = layers.split_at_mut(step + 1);
                for &(_, from, to) in moment {
                    after[0][from as usize].join(&before[step][to as usize]);
                }
            }
        }
        let counted = (0..self.nodes as u32).map(count).collect();
        Reached { seen: layers.swap_remove(hops), counted }
    }
}

/// Whom each node reaches, as sets that can be joined.
#[derive(Debug, Clone)]
pub struct Reached {
    seen: Vec<Seen>,
    counted: Vec<bool>,
}

impl Reached {
    /// How many others at least one of some nodes reaches: exact where they and the nodes that count are at most 128
    /// in all, else about; unknown nodes reach nobody. O(nodes given).
    ///
    /// ```
    /// use bactrian::graph::Contacts;
    ///
    /// let contacts = Contacts::new(5, &[0, 1, 1], &[2, 2, 3], &[1, 1, 2])?;
    /// let reached = contacts.reached(1, |_| true);
    /// assert_eq!(reached.together(&[0, 1]), 2.0); // 2, whom both reach, and 3
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    pub fn together(&self, nodes: &[u32]) -> f64 {
        let mut nodes = nodes.to_vec();
        nodes.sort_unstable();
        nodes.dedup();
        let (mut union, mut own) = (Seen::Few(Vec::new()), 0.0);
        for node in nodes {
            let Some(seen) = self.seen.get(node as usize) else { continue };
            union.join(seen);
            own += f64::from(u8::from(self.counted[node as usize]));
        }
        (union.count() - own).max(0.0)
    }
}

/// A set of nodes: a list while it is small, then the registers of a sketch. What it is depends on its members alone,
/// not on how they came together.
#[derive(Debug, Clone)]
enum Seen {
    /// Rising.
    Few(Vec<u32>),
    Many(Box<[u8; REGISTERS]>),
}

impl Seen {
    fn join(&mut self, other: &Seen) {
        match (&mut *self, other) {
            (Seen::Many(own), Seen::Many(other)) => own.iter_mut().zip(&**other).for_each(|(a, &b)| *a = (*a).max(b)),
            (Seen::Many(own), Seen::Few(other)) => other.iter().for_each(|&node| register(own, node)),
            (Seen::Few(own), Seen::Many(other)) => {
                let mut all = other.clone();
                own.iter().for_each(|&node| register(&mut all, node));
                *self = Seen::Many(all);
            }
            (Seen::Few(own), Seen::Few(other)) => {
                let new = other.iter().filter(|node| own.binary_search(node).is_err());
                let new: Vec<u32> = new.copied().collect();
                if new.is_empty() {
                    return;
                }
                own.extend(new);
                own.sort_unstable();
                if own.len() > LISTED {
                    let mut all = Box::new([0; REGISTERS]);
                    own.iter().for_each(|&node| register(&mut all, node));
                    *self = Seen::Many(all);
                }
            }
        }
    }

    fn count(&self) -> f64 {
        match self {
            Seen::Few(nodes) => nodes.len() as f64,
            Seen::Many(registers) => estimate(registers),
        }
    }
}

trait ByTime {
    fn rchunk_by_time(&self) -> impl Iterator<Item = &[(i64, u32, u32)]>;
}

impl ByTime for Vec<(i64, u32, u32)> {
    /// Contacts of one moment at a time, the last moment first.
    fn rchunk_by_time(&self) -> impl Iterator<Item = &[(i64, u32, u32)]> {
        let mut rest = self.as_slice();
        std::iter::from_fn(move || {
            let at = rest.last()?.0;
            let (head, moment) = rest.split_at(rest.partition_point(|event| event.0 < at));
            rest = head;
            Some(moment)
        })
    }
}

/// Adds a node to a sketch.
fn register(registers: &mut [u8; REGISTERS], node: u32) {
    let hash = crate::graph::chance::Chance::new(0, 0x4ea, u64::from(node)).bits();
    let rank = ((hash >> BITS) | 1 << (64 - BITS)).trailing_zeros() as u8 + 1;
    let own = &mut registers[hash as usize % REGISTERS];
    *own = (*own).max(rank);
}

/// HyperLogLog's estimate (Flajolet and others 2007) with linear counting where it is small.
fn estimate(registers: &[u8; REGISTERS]) -> f64 {
    let m = REGISTERS as f64;
    let sum: f64 = registers.iter().map(|&r| 1.0 / (1u64 << r) as f64).sum();
    let raw = 0.709 * m * m / sum;
    let empty = registers.iter().filter(|&&r| r == 0).count() as f64;
    if raw <= 2.5 * m && empty > 0.0 { m * ln(m / empty) } else { raw }
}

/// Nodes within `hops` ties of `source`, without time and without the source. O(arcs visited).
pub fn reach_within(graph: &Csr, source: u32, hops: usize) -> usize {
    if source as usize >= graph.nodes() {
        return 0;
    }
    let mut seen = vec![false; graph.nodes()];
    seen[source as usize] = true;
    let (mut edge, mut total) = (vec![source], 0);
    for _ in 0..hops {
        let mut next = Vec::new();
        for node in edge {
            for &other in graph.neighbors(node) {
                if !std::mem::replace(&mut seen[other as usize], true) {
                    next.push(other);
                }
            }
        }
        total += next.len();
        edge = next;
    }
    total
}
