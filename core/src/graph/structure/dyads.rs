//! What ties two nodes: the columns of a pair.

use crate::base::numeric::ln;
use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::Csr;
use rayon::prelude::*;

/// Two nodes, as the ties around them see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dyad {
    /// Weight of the tie from the first to the second; 0 where there is none.
    pub forth: f64,
    /// Weight of the tie back.
    pub back: f64,
    /// 2 min(forth, back) / (forth + back): 1 where both give alike; NaN where there is no tie.
    pub reciprocity: f64,
    /// Neighbours that both have.
    pub common: u32,
    /// n / ((k - 1) + (l - 1) - n) with n common neighbours and degrees k, l (Onnela and others 2007):
    /// low for a weak tie, a bridge. Where the two are not tied, n / (k + l - n). NaN where 0 / 0.
    pub overlap: f64,
    /// Sum over common neighbours of 1 / ln(degree) (Adamic and Adar 2003).
    pub adamic_adar: f64,
}

/// Pairs of one graph, with what every pair needs worked out once. Neighbours are those in either
/// direction.
///
/// ```
/// use bactrian::graph::{Csr, Dyads};
///
/// let graph = Csr::from_edges(4, &[0, 0, 1, 2], &[1, 2, 2, 3], None, false)?;
/// let pair = Dyads::new(&graph).pair(0, 1);
/// assert_eq!((pair.common, pair.overlap, pair.reciprocity), (1, 1.0, 1.0));
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dyads<'a> {
    graph: &'a Csr,
    either: Option<Csr>,
    rarity: Vec<f64>,
}

impl<'a> Dyads<'a> {
    /// Prepares the pairs of `graph`. O(nodes), and O(arcs) where directed.
    pub fn new(graph: &'a Csr) -> Self {
        let either = graph.is_directed().then(|| graph.clone().unweighted().to_undirected());
        let around = either.as_ref().unwrap_or(graph);
        let rarity = (0..around.nodes() as u32).map(|node| rarity(around.degree(node))).collect();
        Dyads { graph, either, rarity }
    }

    /// The columns of many pairs, in parallel.
    ///
    /// # Errors
    /// `SchemaRange` where `a` and `b` differ in length, and for a node that is not in the graph.
    pub fn pairs(&self, a: &[u32], b: &[u32]) -> Result<Vec<Dyad>> {
        let nodes = self.graph.nodes();
        let range = |text: String| Err(Error::new(ErrorKind::SchemaRange, text));
        if a.len() != b.len() {
            return range(format!("{} first nodes and {} second ones", a.len(), b.len()));
        }
        if let Some(node) = a.iter().chain(b).find(|&&node| node as usize >= nodes) {
            return range(format!("node `{node}` is not in a graph of {nodes} nodes"));
        }
        Ok(a.par_iter().zip(b).with_min_len(GRAIN).map(|(&a, &b)| self.pair(a, b)).collect())
    }

    /// The columns of a pair; an unknown node has no ties. O(both degrees).
    pub fn pair(&self, a: u32, b: u32) -> Dyad {
        let around = self.either.as_ref().unwrap_or(self.graph);
        let weight = |a, b| self.graph.weight(a, b).unwrap_or(0.0);
        Dyad::new((weight(a, b), weight(b, a)), around.neighbors(a), (b, around.neighbors(b)), |node| {
            self.rarity[node as usize]
        })
    }
}

impl Dyad {
    /// A pair from the weights of its tie forth and back, the neighbours of each of the two in either
    /// direction, rising, and what a common neighbour counts ([`rarity`]). O(both degrees).
    pub fn new(
        (forth, back): (f64, f64),
        near_a: &[u32],
        (b, near_b): (u32, &[u32]),
        mut rarity: impl FnMut(u32) -> f64,
    ) -> Dyad {
        let (mut common, mut adamic_adar) = (0u32, 0.0);
        intersect(near_a, near_b, |node| {
            common += 1;
            adamic_adar += rarity(node);
        });
        let tied = near_a.binary_search(&b).is_ok();
        let others = (near_a.len() + near_b.len()) as f64 - if tied { 2.0 } else { 0.0 };
        Dyad {
            forth,
            back,
            reciprocity: 2.0 * forth.min(back) / (forth + back),
            common,
            overlap: f64::from(common) / (others - f64::from(common)),
            adamic_adar,
        }
    }
}

/// What a common neighbour of this degree counts (Adamic and Adar 2003): 1 / ln(degree), 0 below two.
pub fn rarity(degree: usize) -> f64 {
    match degree {
        0 | 1 => 0.0,
        degree => 1.0 / ln(degree as f64),
    }
}

/// Pairs that one task works out.
const GRAIN: usize = 1024;

/// Calls `both` for each number in two rising lists; gallops where one is much shorter.
fn intersect(a: &[u32], b: &[u32], mut both: impl FnMut(u32)) {
    let (short, mut long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() * 16 < long.len() {
        for &node in short {
            let at = long.partition_point(|&other| other < node);
            if long.get(at) == Some(&node) {
                both(node);
            }
            long = &long[at..];
        }
        return;
    }
    let (mut i, mut j) = (0, 0);
    while let (Some(&x), Some(&y)) = (short.get(i), long.get(j)) {
        if x == y {
            both(x);
        }
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
}

/// The share of arcs of a directed graph whose tie back exists; 1 where undirected, NaN without ties.
pub fn reciprocity(graph: &Csr) -> f64 {
    let nodes = 0..graph.nodes() as u32;
    let returned =
        |a: u32| graph.neighbors(a).iter().filter(|&&b| graph.neighbors(b).binary_search(&a).is_ok()).count();
    nodes.map(returned).sum::<usize>() as f64 / graph.arcs() as f64
}
