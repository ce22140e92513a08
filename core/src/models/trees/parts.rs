//! An ensemble as data: what the readers give, what an exporter hands over, what the kernels are
//! made from.

use serde::{Deserialize, Serialize};

use crate::base::{Error, ErrorKind, Result};
use crate::models::named::check_distinct;
use crate::models::saved::{Saved, infinite_as_null};
use crate::models::trees::link::Link;

/// Most features of a model, and so of a row.
pub(super) const MOST_FEATURES: usize = 1 << 20;
/// The f32 nearest to 1e-35: at most this, a number is zero for LightGBM.
pub(super) const ZERO: f64 = 1e-35_f32 as f64;
/// Most outputs of a model.
const MOST_OUTPUTS: usize = 1 << 16;
/// Most splits between a root and a leaf.
pub(super) const MOST_DEPTH: usize = 1024;

/// Which values of a feature are missing at a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MissingMode {
    /// None: NaN is read as 0.
    None,
    /// NaN and zero, zero being |x| <= 1e-35 (the nearest f32), as LightGBM has it.
    Zero,
    /// NaN.
    Nan,
}

/// The question of a split; a value that answers it goes to `yes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Test {
    /// x <= the threshold, which is finite, or infinite where a split parts the known from the missing.
    AtMost(#[serde(deserialize_with = "infinite_as_null")] f64),
    /// x, rounded towards zero, is one of these categories, which rise. A negative, an unseen and
    /// a too large category are none of them.
    OneOf(Vec<u32>),
}

/// One node of a tree; a child is an index into the nodes of its tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Node {
    /// Where a row ends.
    Leaf {
        /// What the tree adds to its output; finite.
        value: f64,
        /// Weight of the training rows that came here (count or sum of Hessians), at least 0.
        cover: f64,
    },
    /// Where a row turns.
    Split {
        /// Index of the feature that is asked.
        feature: u32,
        /// The question.
        test: Test,
        /// Which values are missing; a category is missing where it is NaN, whatever this says.
        mode: MissingMode,
        /// Whether a missing value goes to `yes`.
        missing_yes: bool,
        /// The child of rows that answer yes.
        yes: u32,
        /// The child of all others.
        no: u32,
        /// As at a leaf.
        cover: f64,
    },
}

/// A tree: its root is node 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// The output that it adds to.
    pub output: u32,
    /// Its nodes. Nodes that no path from the root reaches are dropped.
    pub nodes: Vec<Node>,
}

/// The numbers that a trainer computes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// f64.
    Double,
    /// f32: each step is rounded to it.
    Single,
}

/// An ensemble as data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// Names of the features, in the order of a row; 1 to 2^20.
    pub features: Vec<String>,
    /// Of each feature the names of its categories, in the order of their codes, where the trainer kept them:
    /// none for a number. Empty where no feature has any.
    pub categories: Vec<Vec<String>>,
    /// The trees, in the order in which their values are added.
    pub trees: Vec<Tree>,
    /// What each output starts from; one number an output, 1 to 65,536.
    pub base: Vec<f64>,
    /// What a raw score is divided by before the link: 1 for boosting, the rounds for a forest.
    pub divisor: f64,
    /// How a feature's value is read before it is compared.
    pub inputs: Precision,
    /// How values are added.
    pub sums: Precision,
    /// From raw scores to predictions.
    pub link: Link,
    /// Where early stopping found the model best, if the trainer said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<Best>,
}

/// The round at which a model that was stopped early was best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Best {
    /// The round; the first is 0.
    pub iteration: usize,
    /// Trees up to the end of that round.
    pub trees: usize,
}

/// An error about the numbers of a model.
pub(super) fn bad(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::SchemaRange, message)
}

/// The same model with unreached nodes dropped and each tree in preorder, `yes` first; an error
/// where an index, a number or a shape is wrong. Time and memory are linear in the model's size.
pub(super) fn checked(mut parts: Parts) -> Result<Parts> {
    let (features, outputs) = (parts.features.len(), parts.base.len());
    if features == 0 || features > MOST_FEATURES {
        return Err(bad(format!("a model has 1 to {MOST_FEATURES} features, not {features}")));
    }
    check_distinct(parts.features.iter().map(String::as_str))?;
    if outputs == 0 || outputs > MOST_OUTPUTS {
        return Err(bad(format!("a model has 1 to {MOST_OUTPUTS} outputs, not {outputs}")));
    }
    if !parts.categories.is_empty() && parts.categories.len() != features {
        return Err(bad(format!("{} lists of categories for {features} features", parts.categories.len())));
    }
    let finite = parts.divisor.is_finite() && parts.base.iter().all(|x| x.is_finite());
    if !finite || parts.divisor <= 0.0 {
        return Err(bad("the base score and the divisor of a model must be finite, the divisor positive"));
    }
    if let Some(best) = parts.best.filter(|best| best.trees == 0 || best.trees > parts.trees.len()) {
        let (round, trees) = (best.iteration, parts.trees.len());
        return Err(bad(format!("the best iteration is {round}, and the model has {trees} trees")));
    }
    for (index, tree) in parts.trees.iter_mut().enumerate() {
        if tree.output as usize >= outputs {
            return Err(bad(format!("tree {index}: output {} of {outputs}", tree.output)));
        }
        tree.nodes = preorder(std::mem::take(&mut tree.nodes), features)
            .map_err(|error| Error::new(error.kind(), format!("tree {index}: {}", error.message())))?;
    }
    Ok(parts)
}

/// The nodes that the root reaches, in preorder.
fn preorder(mut nodes: Vec<Node>, features: usize) -> Result<Vec<Node>> {
    /// No parent: the root.
    const NONE: usize = usize::MAX;
    let mut ordered: Vec<Node> = Vec::with_capacity(nodes.len());
    let mut seen = vec![false; nodes.len()];
    // (node, index of its parent in `ordered`, whether it is the `no` child, depth)
    let mut open = vec![(0_u32, NONE, false, 0_usize)];
    while let Some((node, parent, no_side, depth)) = open.pop() {
        let (Some(taken), Some(seen)) = (nodes.get_mut(node as usize), seen.get_mut(node as usize)) else {
            return Err(bad(format!("node {node} of {}", seen.len())));
        };
        if std::mem::replace(seen, true) {
            return Err(bad(format!("node {node} has two parents or is its own ancestor")));
        }
        if depth > MOST_DEPTH {
            return Err(bad(format!("deeper than {MOST_DEPTH} splits")));
        }
        let taken = std::mem::replace(taken, Node::Leaf { value: 0.0, cover: 0.0 });
        check_node(&taken, node, features)?;
        let place = ordered.len();
        if let Node::Split { yes, no, .. } = &taken {
            open.push((*no, place, true, depth + 1));
            open.push((*yes, place, false, depth + 1));
        }
        ordered.push(taken);
        if let Some(Node::Split { yes, no, .. }) = ordered.get_mut(parent) {
            *(if no_side { no } else { yes }) = place as u32;
        }
    }
    Ok(ordered)
}

fn check_node(node: &Node, index: u32, features: usize) -> Result<()> {
    let cover = match node {
        Node::Leaf { value, .. } if !value.is_finite() => return Err(bad(format!("leaf {index} has value {value}"))),
        Node::Split { feature, .. } if *feature as usize >= features => {
            return Err(bad(format!("node {index} asks feature {feature} of {features}")));
        }
        Node::Split { test: Test::AtMost(at), .. } if at.is_nan() || *at == f64::NEG_INFINITY => {
            return Err(bad(format!("node {index} has threshold {at}")));
        }
        Node::Split { test: Test::OneOf(set), .. } if !set.is_sorted_by(|a, b| a < b) => {
            return Err(bad(format!("the categories of node {index} do not rise")));
        }
        Node::Leaf { cover, .. } | Node::Split { cover, .. } => *cover,
    };
    if cover.is_finite() && cover >= 0.0 { Ok(()) } else { Err(bad(format!("node {index} has cover {cover}"))) }
}

impl Node {
    /// The weight of the training rows that came here.
    pub fn cover(&self) -> f64 {
        match self {
            Node::Leaf { cover, .. } | Node::Split { cover, .. } => *cover,
        }
    }
}

impl Saved for Parts {
    const KIND: &'static str = "trees";

    fn checked(self) -> Result<Self> {
        checked(self)
    }
}
