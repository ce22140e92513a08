//! Graphs whose ties carry chances.

use crate::base::numeric::ln_1p;
use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::{Csr, Weights};

/// How a whisper passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpreadModel {
    /// Whoever becomes active gets one chance at each neighbour, each with the chance of the tie.
    IndependentCascade,
    /// Whoever has a random threshold of active ties around becomes active; chances into a node sum to
    /// at most 1.
    LinearThreshold,
}

/// A graph whose ties carry chances, under the independent cascade or the linear threshold model (Kempe, Kleinberg
/// and Tardos 2003).
#[derive(Debug, Clone)]
pub struct WordOfMouth {
    model: SpreadModel,
    /// Row u: the chances that u activates others.
    forward: Csr,
    /// Row v: the chances that others activate v.
    reverse: Csr,
    /// 1 / ln(1 - p) where all chances into a node are the same p < 1; 0 where that p is 1; NaN otherwise.
    even: Vec<f64>,
}

impl WordOfMouth {
    /// The chance of a tie is its share of all that reaches its target: 1 / degree for unit ties, the
    /// usual weighted cascade. An undirected tie passes both ways. Shares are rounded to 2^-32, so that ties
    /// that decay alike keep their chances to the bit.
    ///
    /// # Errors
    /// `SchemaRange` for a negative weight.
    pub fn weighted(graph: &Csr, model: SpreadModel) -> Result<Self> {
        if graph.least_weight() < 0.0 {
            return Err(Error::new(ErrorKind::SchemaRange, "word of mouth needs weights of zero or more"));
        }
        let into = graph.transpose();
        let strength: Vec<(f64, f64)> = (0..into.nodes() as u32).map(|node| into.scaled_strength(node)).collect();
        let of = |node: u32| strength[node as usize];
        Self::build(into, model, |node, weight| share(weight * of(node).1, of(node).0))
    }

    /// Every tie has the same chance, 0 to 1.
    ///
    /// # Errors
    /// `SchemaRange` for a chance outside of [0, 1], or chances into a node above 1 in all under the
    /// linear threshold model.
    pub fn uniform(graph: &Csr, chance: f64, model: SpreadModel) -> Result<Self> {
        Self::build(graph.transpose(), model, |_, _| chance)
    }

    /// The weight of a tie is its chance, 0 to 1.
    ///
    /// # Errors
    /// As [`WordOfMouth::uniform`].
    pub fn from_chances(graph: &Csr, model: SpreadModel) -> Result<Self> {
        Self::build(graph.transpose(), model, |_, weight| weight)
    }

    fn build(into: Csr, model: SpreadModel, chance: impl Fn(u32, f64) -> f64) -> Result<Self> {
        let mut chances = Vec::with_capacity(into.arcs());
        let mut even = Vec::with_capacity(into.nodes());
        for node in 0..into.nodes() as u32 {
            let row = chances.len();
            chances.extend(into.ties(node).map(|(_, weight)| chance(node, weight)));
            let row: &[f64] = &chances[row..];
            let sum: f64 = row.iter().sum();
            let most = 1.0 + 1e-9 + row.len() as f64 / SHARES;
            if row.iter().any(|p| !(0.0..=1.0).contains(p)) || model == SpreadModel::LinearThreshold && sum > most {
                return Err(Error::new(
                    ErrorKind::SchemaRange,
                    format!("the chances into node `{node}` are not chances, or sum to {sum}"),
                ));
            }
            even.push(evenness(row));
        }
        let reverse =
            Csr::from_sorted_rows(true, into.offsets().to_vec(), into.targets().to_vec(), Weights::Double(chances));
        Ok(WordOfMouth { model, forward: reverse.transpose(), reverse, even })
    }

    /// Which model this is.
    pub fn model(&self) -> SpreadModel {
        self.model
    }

    /// Nodes, 0..n.
    pub fn nodes(&self) -> usize {
        self.reverse.nodes()
    }

    /// Bytes that the ties take, in both directions.
    pub fn bytes(&self) -> usize {
        self.forward.bytes() + self.reverse.bytes() + self.even.len() * 8
    }

    pub(super) fn forward(&self) -> &Csr {
        &self.forward
    }

    pub(super) fn reverse(&self) -> &Csr {
        &self.reverse
    }

    /// Whether `other` has the same ties into a node, to the bit; false for a node that it does not have.
    pub(super) fn same_into(&self, other: &WordOfMouth, node: u32) -> bool {
        let (own, theirs) = (self.reverse.row(node), other.reverse.row(node));
        (node as usize) < other.nodes().min(self.nodes())
            && self.reverse.neighbors(node) == other.reverse.neighbors(node)
            && own.zip(theirs).all(|(a, b)| self.reverse.arc_weight(a) == other.reverse.arc_weight(b))
    }

    pub(super) fn even(&self, node: u32) -> f64 {
        self.even[node as usize]
    }
}

/// Shares are whole numbers of this part of one.
const SHARES: f64 = 4_294_967_296.0;

fn share(weight: f64, strength: f64) -> f64 {
    if strength > 0.0 { (weight / strength * SHARES).round() / SHARES } else { 0.0 }
}

fn evenness(row: &[f64]) -> f64 {
    match row.first() {
        Some(&p) if row.iter().all(|&q| q == p) && p > 0.0 => {
            if p < 1.0 {
                1.0 / ln_1p(-p)
            } else {
                0.0
            }
        }
        _ => f64::NAN,
    }
}
