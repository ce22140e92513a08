//! A definition's text as a tree in which every word keeps its place.

use super::model::{Place, Word};

/// One value of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub place: Place,
    /// Its path from the root, as in `segment.strategic.axis.value`.
    pub path: String,
    /// What it holds.
    pub value: NodeValue,
}

/// What a [`Node`] holds.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeValue {
    /// A text.
    Text(String),
    /// A number; integers widen.
    Number(f64),
    /// A flag.
    Bool(bool),
    /// A list.
    List(Vec<Node>),
    /// A table, in the order of the text; each key with its place.
    Table(Vec<(Word<String>, Node)>),
}
