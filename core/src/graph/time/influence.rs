//! Do peers influence each other, or are they only alike?
//!
//! Ties predict adoption either way. Influence has a direction in time: who looks up to a peer adopts
//! after the peer, more often than before. So the count "after" is held against the same count with
//! time reversed ("before"), and both against ties permuted at random (Anagnostopoulos, Kumar and
//! Mahdian 2008; Aral, Muchnik and Sundararajan 2009).

use crate::base::{Claim, Error, ErrorKind, Result, Verdict};
use crate::graph::chance::Chance;
use crate::graph::csr::Csr;

/// Permutations of the ties.
const PERMUTATIONS: usize = 20;
/// Fewer ordered pairs than this answer nothing.
const LEAST: usize = 30;
/// Two-sided 95% of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Who took up what, when; a node may take up an item again.
#[derive(Debug, Clone, Copy)]
pub struct Adoptions<'a> {
    /// The node of each row.
    pub node: &'a [u32],
    /// What was adopted: any number.
    pub item: &'a [u32],
    /// When.
    pub at: &'a [i64],
}

/// Adoptions of one item after and before those of peers, in all and by node.
struct Count {
    by_node: Vec<(u32, u32)>,
    after: f64,
    before: f64,
}

impl Count {
    /// How much more often after than before: -1 to 1.
    fn lead(&self) -> f64 {
        (self.after - self.before) / (self.after + self.before)
    }
}

/// Whether ties carry influence: a [`Verdict`] on (after - before) / (after + before).
///
/// A directed tie goes from who looks to who is looked at. Counted are pairs of adoptions of one item
/// across a tie that lie at most `window` apart and not at the same instant. The null is the same ratio
/// over ties whose targets are permuted (degrees kept), which removes what general trends explain. The
/// interval is clustered by node. `effect` is claimed only where after is commoner than before beyond
/// that null, and the real ties carry more pairs than permuted ones; undirected ties cannot tell,
/// since every after is someone's before. O(20 (rows times mean degree)).
///
/// # Errors
/// `SchemaRange` where columns differ in length, a node is unknown, or the window is not above zero.
pub fn influence(graph: &Csr, adoptions: &Adoptions<'_>, window: i64, seed: u64) -> Result<Verdict> {
    let rows = adoptions.node.len();
    if adoptions.item.len() != rows || adoptions.at.len() != rows || window <= 0 {
        return Err(Error::new(
            ErrorKind::SchemaRange,
            "adoptions must be columns of one length, the window above zero",
        ));
    }
    if let Some(node) = adoptions.node.iter().find(|&&node| node as usize >= graph.nodes()) {
        return Err(Error::new(
            ErrorKind::SchemaRange,
            format!("node `{node}` is not in a graph of {} nodes", graph.nodes()),
        ));
    }
    if !graph.is_directed() {
        return Ok(Verdict::cannot_tell(rows as u64, "ties without direction: every after is someone's before"));
    }
    let items = by_item(adoptions);
    let real = count(graph.offsets(), graph.targets(), adoptions, &items, window);
    let pairs = real.after + real.before;
    if pairs < LEAST as f64 {
        return Ok(Verdict::cannot_tell(pairs as u64, "too few adoptions by tied nodes within the window"));
    }
    let (mut leads, mut afters) = (Vec::new(), Vec::new());
    let mut targets = graph.targets().to_vec();
    for index in 0..PERMUTATIONS {
        Chance::new(seed, 0x1f1, index as u64).shuffle(&mut targets);
        let null = count(graph.offsets(), &targets, adoptions, &items, window);
        leads.extend(Some(null.lead()).filter(|lead| lead.is_finite()));
        afters.push(null.after);
    }
    let (null, spread) = moments(&leads);
    let (after_null, after_spread) = moments(&afters);
    let value = real.lead();
    let half = Z * (clustered(&real) + spread * spread / leads.len().max(1) as f64).sqrt();
    let null = if null.is_finite() { null } else { 0.0 };
    let ties_matter = real.after > after_null + Z * after_spread;
    let claim = if value - half > null && ties_matter { Claim::Effect } else { Claim::NoEvidence };
    let why = format!(
        "after a peer {}, before {}; with permuted ties {after_null:.0} after, ratio {null:.4}; ties {}, order in time {}",
        real.after,
        real.before,
        if ties_matter { "predict adoption" } else { "predict nothing" },
        if claim == Claim::Effect { "shows influence" } else { "shows no sign of influence" },
    );
    Ok(Verdict { value, interval: (value - half, value + half), null, n: pairs as u64, claim, why })
}

/// Rows by item, then by time.
fn by_item(adoptions: &Adoptions<'_>) -> Vec<u32> {
    let mut rows: Vec<u32> = (0..adoptions.node.len() as u32).collect();
    rows.sort_by_key(|&row| {
        let row = row as usize;
        (adoptions.item[row], adoptions.at[row], adoptions.node[row])
    });
    rows
}

const NEVER: i64 = i64::MIN;

fn count(offsets: &[usize], targets: &[u32], adoptions: &Adoptions<'_>, rows: &[u32], window: i64) -> Count {
    let nodes = offsets.len() - 1;
    // When each node first adopted the item at hand.
    let mut first = vec![NEVER; nodes];
    let mut out = Count { by_node: vec![(0, 0); nodes], after: 0.0, before: 0.0 };
    for item in rows.chunk_by(|&a, &b| adoptions.item[a as usize] == adoptions.item[b as usize]) {
        let nodes = || item.iter().map(|&row| (adoptions.node[row as usize] as usize, adoptions.at[row as usize]));
        nodes().rev().for_each(|(node, at)| first[node] = at);
        for (node, at) in nodes().filter(|&(node, at)| first[node] == at) {
            for &peer in &targets[offsets[node]..offsets[node + 1]] {
                let theirs = first[peer as usize];
                if theirs == NEVER || theirs == at || at.abs_diff(theirs) > window as u64 {
                    continue;
                }
                let (after, before) = &mut out.by_node[node];
                if at > theirs { *after += 1 } else { *before += 1 }
            }
        }
        nodes().for_each(|(node, _)| first[node] = NEVER);
    }
    out.after = out.by_node.iter().map(|n| f64::from(n.0)).sum();
    out.before = out.by_node.iter().map(|n| f64::from(n.1)).sum();
    out
}

/// Variance of the lead, nodes being independent (delta method).
fn clustered(count: &Count) -> f64 {
    let (lead, total) = (count.lead(), count.after + count.before);
    let square = |&(after, before): &(u32, u32)| {
        let (a, b) = (f64::from(after), f64::from(before));
        let off = (a - b) - lead * (a + b);
        off * off
    };
    count.by_node.iter().map(square).sum::<f64>() / (total * total)
}

fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, variance.sqrt())
}
