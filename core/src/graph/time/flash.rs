//! Flash communities: dense sets of people whose contact has just flared up.
//!
//! Two graphs of the same contacts are held against each other, one that forgets fast and one that
//! forgets slowly. With steady contact the fast sum is the slow one times the ratio of the half-lives;
//! what exceeds it, in standard deviations of a Poisson count, is the burst of a tie.

use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::Csr;

/// What counts as a flash community.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlashOptions {
    /// Half-life of the fast sums over that of the slow ones, between 0 and 1.
    pub ratio: f64,
    /// Least burst of a tie, in standard deviations.
    pub burst: f64,
    /// Least ties that each member has into the set (the core).
    pub core: u32,
    /// Least members.
    pub size: usize,
    /// Least share of pairs that are tied.
    pub density: f64,
    /// Least fast over slow sums of the ties of the set: 1 where all contact is recent, `ratio` where it is
    /// steady.
    pub young: f64,
}

impl Default for FlashOptions {
    fn default() -> Self {
        FlashOptions { ratio: 0.1, burst: 3.0, core: 2, size: 4, density: 0.3, young: 0.25 }
    }
}

/// A set of people whose contact has flared up.
#[derive(Debug, Clone, PartialEq)]
pub struct FlashSet {
    /// Its members, rising.
    pub members: Vec<u32>,
    /// Mean burst of its ties.
    pub burst: f64,
    /// Share of pairs that are tied by a burst.
    pub density: f64,
    /// Fast over slow sums of its ties: 1 where all contact is recent, the ratio where it is steady.
    pub young: f64,
}

/// The flash communities between a `fast` and a `slow` graph of the same contacts at one moment (see
/// [`super::super::Ties::to_csr`]), by their least member. Directions add up. O(nodes + arcs log degree).
///
/// # Errors
/// `SchemaRange` where the graphs differ in nodes, weights are negative, or the ratio is outside of (0, 1).
pub fn flash_sets(fast: &Csr, slow: &Csr, options: &FlashOptions) -> Result<Vec<FlashSet>> {
    if fast.nodes() != slow.nodes() || fast.least_weight() < 0.0 || slow.least_weight() < 0.0 {
        return Err(Error::new(
            ErrorKind::SchemaRange,
            "fast and slow ties must be of the same nodes, and not negative",
        ));
    }
    if !(options.ratio > 0.0 && options.ratio < 1.0) {
        return Err(Error::new(ErrorKind::SchemaRange, "the ratio of half-lives must lie between 0 and 1"));
    }
    let (fast, slow) = (fast.to_undirected(), slow.to_undirected());
    let burst = |a: u32, b: u32, now: f64| {
        let usual = slow.weight(a, b).unwrap_or(0.0);
        // The recent contact is part of the slow sum; without it, what is left is the past.
        let expected = (usual - now).max(0.0) * options.ratio;
        (now - expected) / expected.max(1.0).sqrt()
    };
    let bursting = fast.filter(|a, b, now| burst(a, b, now) >= options.burst);
    let cores = crate::graph::core_numbers(&bursting);
    let inner = bursting.filter(|a, b, _| cores[a as usize].min(cores[b as usize]) >= options.core);
    let parts = crate::graph::weak_components(&inner);
    let mut sets: Vec<Vec<u32>> = vec![Vec::new(); parts.count];
    (0..inner.nodes() as u32)
        .filter(|&node| inner.degree(node) > 0)
        .for_each(|node| sets[parts.label[node as usize] as usize].push(node));
    let describe = |members: Vec<u32>| {
        let (mut ties, mut bursts, mut recent, mut usual) = (0.0, 0.0, 0.0, 0.0);
        for &a in &members {
            for (b, now) in inner.ties(a) {
                ties += 1.0;
                bursts += burst(a, b, now);
                recent += now;
                usual += slow.weight(a, b).unwrap_or(0.0).max(now);
            }
        }
        let n = members.len() as f64;
        FlashSet { burst: bursts / ties, density: ties / (n * (n - 1.0)), young: recent / usual, members }
    };
    let fits = |set: &FlashSet| set.density >= options.density && set.young >= options.young;
    Ok(sets.into_iter().filter(|m| m.len() >= options.size.max(2)).map(describe).filter(fits).collect())
}

/// What became of a flash community.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FlashChange {
    /// It has lasted long enough to be called one.
    Birth {
        /// Its id.
        id: u32,
        /// When it was first seen.
        since: i64,
    },
    /// It is over its peak, which was then.
    Peak {
        /// Its id.
        id: u32,
        /// When it was largest.
        at: i64,
        /// Members then.
        size: usize,
    },
    /// It is no more to be seen.
    Dissolved {
        /// Its id.
        id: u32,
        /// When it was last seen.
        last: i64,
    },
}

/// A set that is followed from look to look.
#[derive(Debug, Clone, PartialEq)]
pub struct FlashLife {
    /// Its id, once it is born.
    pub id: u32,
    /// Its members at the last look, rising.
    pub members: Vec<u32>,
    /// When it was first seen.
    pub since: i64,
    /// When it was last seen.
    pub last: i64,
    /// Looks at which it was seen, in a row.
    pub seen: u32,
    /// Whether it was seen often enough to be a community.
    pub born: bool,
    /// Most members, and when.
    pub peak: (usize, i64),
    /// Whether it has become smaller since.
    pub past_peak: bool,
}

/// Follows flash communities from look to look, with stable ids.
#[derive(Debug, Clone)]
pub struct FlashTracker {
    persistence: u32,
    lives: Vec<FlashLife>,
    next_id: u32,
}

/// Least Jaccard overlap of one and the same community at two looks.
const SAME: f64 = 0.3;

impl FlashTracker {
    /// A tracker that calls a set a community once it was seen at `persistence` looks in a row.
    pub fn new(persistence: u32) -> Self {
        FlashTracker { persistence: persistence.max(1), lives: Vec::new(), next_id: 0 }
    }

    /// A tracker that goes on from the lives that another had, with the id that it gives next.
    pub fn resume(persistence: u32, lives: Vec<FlashLife>, next_id: u32) -> Self {
        FlashTracker { persistence: persistence.max(1), lives, next_id }
    }

    /// Everything that is followed, older lives first.
    pub fn lives(&self) -> &[FlashLife] {
        &self.lives
    }

    /// The id that the next birth gets.
    pub fn next_id(&self) -> u32 {
        self.next_id
    }

    /// Members of each living community, by id.
    pub fn communities(&self) -> impl Iterator<Item = (u32, &[u32])> + '_ {
        self.lives.iter().filter(|life| life.born).map(|life| (life.id, life.members.as_slice()))
    }

    /// Takes what is seen at `at`; says what was born, passed its peak, and dissolved. Sets are matched
    /// to the lives before by falling overlap, older lives first.
    pub fn look(&mut self, at: i64, sets: &[FlashSet]) -> Vec<FlashChange> {
        let mut taken = vec![false; sets.len()];
        let (mut changes, mut kept) = (Vec::new(), Vec::new());
        for mut life in std::mem::take(&mut self.lives) {
            let overlap = |set: &FlashSet| jaccard(&life.members, &set.members);
            let best =
                (0..sets.len()).filter(|&i| !taken[i]).max_by(|&a, &b| overlap(&sets[a]).total_cmp(&overlap(&sets[b])));
            match best.filter(|&i| overlap(&sets[i]) >= SAME) {
                None if life.born => changes.push(FlashChange::Dissolved { id: life.id, last: life.last }),
                None => {}
                Some(i) => {
                    taken[i] = true;
                    life.members = sets[i].members.clone();
                    (life.last, life.seen) = (at, life.seen + 1);
                    kept.push(life);
                }
            }
        }
        for (i, set) in sets.iter().enumerate().filter(|(i, _)| !taken[*i]) {
            let members = sets[i].members.clone();
            let peak = (set.members.len(), at);
            kept.push(FlashLife {
                id: u32::MAX,
                members,
                since: at,
                last: at,
                seen: 1,
                born: false,
                peak,
                past_peak: false,
            });
        }
        for life in &mut kept {
            changes.extend(life.step(at, self.persistence, &mut self.next_id));
        }
        self.lives = kept;
        changes
    }
}

impl FlashLife {
    fn step(&mut self, at: i64, persistence: u32, next_id: &mut u32) -> Vec<FlashChange> {
        let mut changes = Vec::new();
        if !self.born && self.seen >= persistence {
            (self.born, self.id) = (true, *next_id);
            *next_id += 1;
            changes.push(FlashChange::Birth { id: self.id, since: self.since });
        }
        let size = self.members.len();
        if size >= self.peak.0 {
            (self.peak, self.past_peak) = ((size, at), false);
        } else if self.born && !self.past_peak {
            self.past_peak = true;
            changes.push(FlashChange::Peak { id: self.id, at: self.peak.1, size: self.peak.0 });
        }
        changes
    }
}

fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let both = a.iter().filter(|x| b.binary_search(x).is_ok()).count();
    both as f64 / (a.len() + b.len() - both) as f64
}
