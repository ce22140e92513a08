//! Stable ids for communities over time, and what became of them: birth, growth, merge, split, death
//! (matching by Jaccard, after Greene, Doyle and Cunningham 2010).

use super::level::{Tally, group};
use super::quality::dense;
use crate::base::{Error, ErrorKind, Result};
use std::cmp::Reverse;

/// One event in the life of a community; ids are stable, sizes are numbers of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A community that continues none.
    Birth {
        /// Its new id.
        id: u32,
        /// Its nodes.
        size: usize,
    },
    /// A community that goes on, larger by more than the tolerance.
    Growth {
        /// Its id.
        id: u32,
        /// Nodes before.
        before: usize,
        /// Nodes now.
        after: usize,
    },
    /// A community that goes on, smaller by more than the tolerance.
    Contraction {
        /// Its id.
        id: u32,
        /// Nodes before.
        before: usize,
        /// Nodes now.
        after: usize,
    },
    /// A community most of whose nodes went into one that carries another id.
    Merge {
        /// The id that ends.
        id: u32,
        /// The id that goes on.
        into: u32,
        /// Nodes that `id` had.
        size: usize,
    },
    /// A new community most of whose nodes came from one that goes on elsewhere or ended.
    Split {
        /// The new id.
        id: u32,
        /// The id it came from.
        from: u32,
        /// Nodes of the new community.
        size: usize,
    },
    /// A community whose nodes scattered or left.
    Death {
        /// The id that ends.
        id: u32,
        /// Nodes it had.
        size: usize,
    },
}

/// Communities under stable ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifecycle {
    /// The stable id of each node's community.
    pub id: Vec<u32>,
    /// What happened, by kind of community now (by label), then of communities that ended (by id).
    pub changes: Vec<Change>,
    /// The first id that was never given out.
    pub next_id: u32,
}

/// Marks a node that was in no community.
pub const NOWHERE: u32 = u32::MAX;
/// Least Jaccard overlap at which a community keeps its id.
const SAME: f64 = 0.1;
/// Relative change of size that counts as growth or contraction.
const TOLERANCE: f64 = 0.1;

/// Gives the communities `label` the ids of those in `previous` that they continue.
///
/// `previous` holds the stable id of each node, `u32::MAX` for none, and may be shorter (new nodes). A
/// label of `u32::MAX` is that of a node in no community, whose id is `u32::MAX`.
/// Pairs are taken by falling Jaccard overlap, at least 0.1; each id continues in at most one
/// community. `next_id` must be above every id ever given. O(nodes) apart from sorting the overlaps.
///
/// # Errors
/// `SchemaRange` where `previous` is longer than `label` or holds an id of `next_id` or more.
pub fn match_communities(previous: &[u32], label: &[u32], next_id: u32) -> Result<Lifecycle> {
    if previous.len() > label.len() || previous.iter().any(|&id| id != NOWHERE && id >= next_id) {
        return Err(Error::new(
            ErrorKind::SchemaRange,
            format!("ids of before must be of known nodes and below `{next_id}`"),
        ));
    }
    let (inside, new, count) = inside(label);
    let old = Old::new(previous);
    let overlaps = Overlaps::new(&inside, &new, count, &old);
    let (ids, next_id, kept) = overlaps.assign(&old, next_id);
    let mut changes = Vec::new();
    for own in 0..count {
        changes.extend(overlaps.of_new(own, &ids, &kept, &old));
    }
    for (name, &id) in old.ids.iter().enumerate().filter(|(name, _)| kept[*name].is_none()) {
        let size = old.size[name];
        changes.push(match overlaps.most_of_old[name] {
            (own, share) if 2 * share > size => Change::Merge { id, into: ids[own as usize], size },
            _ => Change::Death { id, size },
        });
    }
    let mut id = vec![NOWHERE; label.len()];
    inside.iter().zip(&new).for_each(|(&node, &own)| id[node as usize] = ids[own as usize]);
    Ok(Lifecycle { id, changes, next_id })
}

/// The nodes that are in a community, their labels as 0..k, and k.
fn inside(label: &[u32]) -> (Vec<u32>, Vec<u32>, usize) {
    let inside: Vec<u32> = (0u32..).zip(label).filter(|(_, label)| **label != NOWHERE).map(|(node, _)| node).collect();
    let mut new: Vec<u32> = inside.iter().map(|&node| label[node as usize]).collect();
    let count = dense(&mut new);
    (inside, new, count)
}

/// Communities of before, named 0..k by rising id.
struct Old {
    ids: Vec<u32>,
    size: Vec<usize>,
    /// The name of each node's community, or `NOWHERE`.
    name: Vec<u32>,
}

impl Old {
    fn new(previous: &[u32]) -> Old {
        let mut ids: Vec<u32> = previous.iter().copied().filter(|&id| id != NOWHERE).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut size = vec![0; ids.len()];
        let name = previous.iter().map(|id| match ids.binary_search(id) {
            Ok(name) => {
                size[name] += 1;
                name as u32
            }
            Err(_) => NOWHERE,
        });
        let name = name.collect();
        Old { ids, size, name }
    }
}

struct Overlaps {
    size: Vec<usize>,
    /// For each community now: (community before, shared nodes), in order of first touch.
    shared: Vec<Vec<(u32, usize)>>,
    /// For each community before: the community now that took most of it, and how many.
    most_of_old: Vec<(u32, usize)>,
}

impl Overlaps {
    fn new(inside: &[u32], new: &[u32], count: usize, old: &Old) -> Overlaps {
        let (begins, members) = group(new, count);
        let mut tally = Tally::default();
        let mut most_of_old = vec![(0u32, 0usize); old.ids.len()];
        let mut shared = Vec::with_capacity(count);
        for own in 0..count {
            tally.start(16);
            for &member in &members[begins[own]..begins[own + 1]] {
                let node = inside[member as usize];
                if let Some(&name) = old.name.get(node as usize).filter(|&&name| name != NOWHERE) {
                    tally.add(name, 1.0);
                }
            }
            let row: Vec<(u32, usize)> = tally.entries().map(|(name, n)| (name, n as usize)).collect();
            for &(name, n) in &row {
                let most = &mut most_of_old[name as usize];
                if n > most.1 {
                    *most = (own as u32, n);
                }
            }
            shared.push(row);
        }
        Overlaps { size: begins.windows(2).map(|w| w[1] - w[0]).collect(), shared, most_of_old }
    }

    /// The id of each community now, the next free id, and who continues each community of before.
    fn assign(&self, old: &Old, mut next_id: u32) -> (Vec<u32>, u32, Vec<Option<u32>>) {
        let mut pairs = Vec::new();
        for (own, row) in self.shared.iter().enumerate() {
            for &(name, n) in row {
                let jaccard = n as f64 / (self.size[own] + old.size[name as usize] - n) as f64;
                if jaccard >= SAME {
                    pairs.push((jaccard, n, name, own as u32));
                }
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| (Reverse(a.1), a.2, a.3).cmp(&(Reverse(b.1), b.2, b.3))));
        let mut ids = vec![NOWHERE; self.shared.len()];
        let mut kept = vec![None; old.ids.len()];
        for (_, _, name, own) in pairs {
            if kept[name as usize].is_none() && ids[own as usize] == NOWHERE {
                kept[name as usize] = Some(own);
                ids[own as usize] = old.ids[name as usize];
            }
        }
        for id in ids.iter_mut().filter(|id| **id == NOWHERE) {
            *id = next_id;
            next_id += 1;
        }
        (ids, next_id, kept)
    }

    fn of_new(&self, own: usize, ids: &[u32], kept: &[Option<u32>], old: &Old) -> Option<Change> {
        let (id, after) = (ids[own], self.size[own]);
        if let Some(name) = old.ids.binary_search(&id).ok().filter(|&name| kept[name] == Some(own as u32)) {
            let before = old.size[name];
            let limit = TOLERANCE * before as f64;
            return match after as f64 - before as f64 {
                more if more > limit => Some(Change::Growth { id, before, after }),
                less if -less > limit => Some(Change::Contraction { id, before, after }),
                _ => None,
            };
        }
        let most = self.shared[own].iter().max_by_key(|(name, n)| (*n, Reverse(*name)));
        Some(match most {
            Some(&(name, n)) if 2 * n > after => Change::Split { id, from: old.ids[name as usize], size: after },
            _ => Change::Birth { id, size: after },
        })
    }
}
