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

impl Node {
    /// What the node holds, as a noun for messages.
    pub fn noun(&self) -> &'static str {
        match self.value {
            NodeValue::Text(_) => "a text",
            NodeValue::Number(_) => "a number",
            NodeValue::Bool(_) => "true or false",
            NodeValue::List(_) => "a list",
            NodeValue::Table(_) => "a table",
        }
    }

    /// The entry of a table; `None` for another key and for anything but a table.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name.value == key).map(|(_, node)| node)
    }

    /// The text under a key of a table.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key).map(|node| &node.value) {
            Some(NodeValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The entries of a table, in the order of the text; empty for anything but a table.
    pub fn entries(&self) -> &[(Word<String>, Node)] {
        match &self.value {
            NodeValue::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self.value {
            NodeValue::Number(number) => Some(number),
            _ => None,
        }
    }
}
