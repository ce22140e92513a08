//! Cascades of referrals: who brought whom, how far it went, and whose merit it is.

use crate::base::{Error, ErrorKind, Result};

/// Marks a node that nobody referred.
pub const ROOT: u32 = u32::MAX;

/// How the outcome of a referred node is shared among those up the chain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Credit {
    /// The whole chain alike: the Shapley value where every link was needed.
    Equal,
    /// The nearest gets 1, the next `0`, then its square ..., scaled to sum to 1.
    Decay(f64),
    /// All to the nearest.
    Nearest,
}

/// A forest of referrals.
#[derive(Debug, Clone, PartialEq)]
pub struct Cascades {
    /// Who referred each node; [`ROOT`] for none.
    pub parent: Vec<u32>,
    /// Steps from the first of the chain; 0 for a root.
    pub depth: Vec<u32>,
    /// The root of each node's tree; itself for a root.
    pub root: Vec<u32>,
    /// Referrals that were passed over: of oneself, of one referred before, or closing a circle.
    pub ignored: usize,
    order: Vec<u32>,
}

/// The forest of referrals `by` -> `of`, the earliest of each node counting.
///
/// # Errors
/// `SchemaRange` where columns differ in length or a node is unknown.
pub fn cascades(nodes: usize, by: &[u32], of: &[u32], at: &[i64]) -> Result<Cascades> {
    if by.len() != of.len() || by.len() != at.len() || by.iter().chain(of).any(|&node| node as usize >= nodes) {
        return Err(Error::new(ErrorKind::SchemaRange, format!("referrals must be columns of nodes below {nodes}")));
    }
    let mut rows: Vec<usize> = (0..by.len()).collect();
    rows.sort_by_key(|&row| at[row]);
    let mut parent = vec![ROOT; nodes];
    let mut ignored = 0;
    for row in rows {
        let (from, to) = (by[row], of[row]);
        if parent[to as usize] != ROOT || up(&parent, from).any(|node| node == to) {
            ignored += 1;
        } else {
            parent[to as usize] = from;
        }
    }
    let (mut depth, mut root) = (vec![u32::MAX; nodes], vec![ROOT; nodes]);
    let mut order = Vec::with_capacity(nodes);
    for node in 0..nodes as u32 {
        let path: Vec<u32> = up(&parent, node).take_while(|&n| depth[n as usize] == u32::MAX).collect();
        for &step in path.iter().rev() {
            let above = parent[step as usize];
            (depth[step as usize], root[step as usize]) =
                if above == ROOT { (0, step) } else { (depth[above as usize] + 1, root[above as usize]) };
            order.push(step);
        }
    }
    Ok(Cascades { parent, depth, root, ignored, order })
}

/// A node and all above it.
fn up(parent: &[u32], node: u32) -> impl Iterator<Item = u32> + '_ {
    std::iter::successors(Some(node), |&node| Some(parent[node as usize]).filter(|&above| above != ROOT))
}

impl Cascades {
    /// Mean number of referrals of those who are in a cascade of two or more: the reproduction number.
    /// NaN where nobody referred anybody.
    pub fn reproduction(&self) -> f64 {
        let referred = self.parent.iter().filter(|&&p| p != ROOT).count();
        let roots = self.sizes().iter().filter(|&&size| size > 1).count();
        referred as f64 / (referred + roots) as f64
    }

    /// Nodes of the tree of each root; 0 for nodes that are no root.
    pub fn sizes(&self) -> Vec<usize> {
        let below = self.subtrees();
        (0..self.parent.len()).map(|node| if self.parent[node] == ROOT { below[node] } else { 0 }).collect()
    }

    /// How many each node referred itself.
    pub fn offspring(&self) -> Vec<usize> {
        let mut out = vec![0; self.parent.len()];
        self.parent.iter().filter(|&&p| p != ROOT).for_each(|&p| out[p as usize] += 1);
        out
    }

    /// How many came by each node, directly or down the chain.
    pub fn descendants(&self) -> Vec<usize> {
        self.subtrees().into_iter().map(|size| size - 1).collect()
    }

    fn subtrees(&self) -> Vec<usize> {
        let mut below = vec![1usize; self.parent.len()];
        for &node in self.order.iter().rev() {
            let above = self.parent[node as usize];
            if above != ROOT {
                below[above as usize] += below[node as usize];
            }
        }
        below
    }

    /// Longest chain, in steps.
    pub fn longest(&self) -> u32 {
        self.depth.iter().copied().max().unwrap_or(0)
    }

    /// Those who were referred and referred others in turn.
    pub fn intermediaries(&self) -> Vec<u32> {
        let refers = self.offspring();
        (0..self.parent.len() as u32)
            .filter(|&node| refers[node as usize] > 0 && self.parent[node as usize] != ROOT)
            .collect()
    }

    /// Structural virality of the tree of each root (Goel, Anderson, Hofman and Watts 2016): the mean
    /// distance between two of its nodes; 0 for a lone node and NaN for nodes that are no root.
    pub fn virality(&self) -> Vec<f64> {
        let below = self.subtrees();
        let mut sum = vec![0.0; self.parent.len()];
        for (node, &above) in self.parent.iter().enumerate() {
            if above != ROOT {
                // The tie above a node lies on the way between its subtree and the rest of the tree.
                let (root, size) = (self.root[node] as usize, below[node] as f64);
                sum[root] += size * (below[root] as f64 - size);
            }
        }
        let of = |node: usize| match (self.parent[node], below[node] as f64) {
            (ROOT, n) if n > 1.0 => 2.0 * sum[node] / (n * (n - 1.0)),
            (ROOT, _) => 0.0,
            _ => f64::NAN,
        };
        (0..self.parent.len()).map(of).collect()
    }

    /// What each node is credited of the `value` of all: its share of those it brought, directly or
    /// down the chain. Who came by himself keeps his own. The total is conserved to rounding.
    ///
    /// # Errors
    /// `SchemaRange` where there is not one value a node, or a decay is outside of [0, 1].
    pub fn credit(&self, value: &[f64], rule: Credit) -> Result<Vec<f64>> {
        if value.len() != self.parent.len() || matches!(rule, Credit::Decay(d) if !(0.0..=1.0).contains(&d)) {
            return Err(Error::new(ErrorKind::SchemaRange, "credit needs one value a node and a decay of 0 to 1"));
        }
        let mut out = vec![0.0; value.len()];
        for (node, &worth) in value.iter().enumerate() {
            let chain = self.depth[node];
            if chain == 0 {
                out[node] += worth;
                continue;
            }
            let ratio = match rule {
                Credit::Equal => 1.0,
                Credit::Decay(d) => d,
                Credit::Nearest => 0.0,
            };
            let (mut sum, mut part) = (0.0, 1.0);
            for _ in 0..chain {
                sum += part;
                part *= ratio;
            }
            let mut part = worth / sum;
            for above in up(&self.parent, node as u32).skip(1) {
                out[above as usize] += part;
                part *= ratio;
            }
        }
        Ok(out)
    }
}
