//! Whom a spread is to reach, and who needs no reaching any more.

use crate::base::{Error, ErrorKind, Result};
use crate::graph::chance::Chance;

/// Targets of a spread. A random one is a function of its key, and of as little else as can be: where nodes are
/// added or a value changes, most keys keep their target.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Targets {
    law: Law,
    active: Vec<bool>,
    total: f64,
}

/// How a target is drawn.
#[derive(Debug, Clone, PartialEq)]
enum Law {
    /// Every node alike.
    Even,
    /// Every node that is flagged alike: at least half of all.
    Most(Vec<bool>),
    /// By value: its rising sums.
    Sums(Vec<f64>),
}

impl Targets {
    /// One node in `nodes`, by value where values are given.
    ///
    /// # Errors
    /// `SchemaRange` for an active node that is not there, and for values that are not one a node, zero or more, finite in
    /// all and at least one above zero.
    pub(super) fn new(nodes: usize, value: Option<&[f64]>, active: &[u32]) -> Result<Self> {
        let range = |text: &str| Err(Error::new(ErrorKind::SchemaRange, text));
        let mut flags = vec![false; nodes];
        for &node in active {
            match flags.get_mut(node as usize) {
                Some(flag) => *flag = true,
                None => return range("an active node is not in the graph"),
            }
        }
        let Some(value) = value else { return Ok(Targets { law: Law::Even, active: flags, total: nodes as f64 }) };
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
        if total <= 0.0 {
            return range("no target has a value above zero");
        }
        if !total.is_finite() {
            return range("the values of the targets have no finite sum");
        }
        let some = value.iter().copied().fold(0.0, f64::max);
        let worth = value.iter().filter(|&&x| x == some).count();
        let alike = value.iter().all(|&x| x == 0.0 || x == some) && 2 * worth >= nodes;
        let law = if alike { Law::Most(value.iter().map(|&x| x > 0.0).collect()) } else { Law::Sums(sums) };
        Ok(Targets { law, active: flags, total })
    }

    /// The value of all targets.
    pub(super) fn total(&self) -> f64 {
        self.total
    }

    /// Whether a node is active already.
    pub(super) fn is_active(&self, node: u32) -> bool {
        self.active.get(node as usize).copied().unwrap_or(false)
    }

    /// Whether some keys may have other targets than under `before`.
    pub(super) fn draws_otherwise(&self, before: &Targets) -> bool {
        self.active.len() != before.active.len() || self.law != before.law
    }

    /// The target of a key.
    pub(super) fn of(&self, key: u64) -> u32 {
        let nodes = self.active.len();
        match &self.law {
            Law::Even => jump(Chance::new(key, 1, 0), nodes),
            Law::Most(flags) => {
                // Half of the tries succeed at least, so that the limit is never met in practice.
                let mut tries = (0..256).map(|index| jump(Chance::new(key, 1, index), nodes));
                let found = tries.find(|&node| flags[node as usize]);
                found.unwrap_or_else(|| flags.iter().position(|&flag| flag).unwrap_or(0) as u32)
            }
            Law::Sums(sums) => {
                let at = Chance::new(key, 1, 0).uniform() * self.total;
                sums.partition_point(|&sum| sum <= at).min(sums.len() - 1) as u32
            }
        }
    }
}

/// One of `nodes` alike, so that of all keys only 1 in n + 1 has another once there are n + 1: the jump consistent hash of
/// Lamping and Veach (2014), in whole numbers. O(log nodes).
fn jump(mut chance: Chance, nodes: usize) -> u32 {
    let (mut node, mut next) = (0, 0);
    while next < nodes as u64 {
        node = next;
        next = ((node + 1) << 31) / ((chance.bits() >> 33) + 1);
    }
    node as u32
}
