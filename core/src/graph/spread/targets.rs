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
    /// The share of it that those who are active already are worth.
    spent: f64,
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

/// Above this share of the value, those who are active already are no targets: few of the sets would tell anything.
const MOST_SPENT: f64 = 0.5;

/// Rising sums, and the last of them.
fn rising(values: impl Iterator<Item = f64>) -> (Vec<f64>, f64) {
    let mut total = 0.0;
    let add = |x: f64| {
        total += x;
        total
    };
    let sums = values.map(add).collect();
    (sums, total)
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
        let (sums, total) = match value {
            None => (Vec::new(), nodes as f64),
            Some(value) if value.len() == nodes && value.iter().all(|&x| x >= 0.0 && x.is_finite()) => {
                rising(value.iter().copied())
            }
            Some(_) => return range("targets need one value of zero or more for each node"),
        };
        if value.is_some() && total <= 0.0 {
            return range("no target has a value above zero");
        }
        if !total.is_finite() {
            return range("the values of the targets have no finite sum");
        }
        let worth = |node: usize| value.map_or(1.0, |value| value[node]);
        let open = |node: usize| if flags[node] { 0.0 } else { worth(node) };
        let spent = (0..nodes).filter(|&node| flags[node]).map(|node| worth(node) / total).sum::<f64>().min(1.0);
        if spent > MOST_SPENT && (0..nodes).any(|node| open(node) > 0.0) {
            let (sums, total) = rising((0..nodes).map(open));
            return Ok(Targets { law: Law::Sums(sums), active: flags, total, spent: 0.0 });
        }
        let Some(value) = value else { return Ok(Targets { law: Law::Even, active: flags, total, spent }) };
        let some = value.iter().copied().fold(0.0, f64::max);
        let worth = value.iter().filter(|&&x| x == some).count();
        let alike = value.iter().all(|&x| x == 0.0 || x == some) && 2 * worth >= nodes;
        let law = if alike { Law::Most(value.iter().map(|&x| x > 0.0).collect()) } else { Law::Sums(sums) };
        Ok(Targets { law, active: flags, total, spent })
    }

    /// The value of all targets that are drawn.
    pub(super) fn total(&self) -> f64 {
        self.total
    }

    /// The share of it that there is still to win: all but what those who are active already are worth.
    pub(super) fn open(&self) -> f64 {
        1.0 - self.spent
    }

    /// Whether nobody is active already.
    pub(super) fn is_untouched(&self) -> bool {
        !self.active.contains(&true)
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
