//! What the user declares, with the place of every word.
//!
//! A definition is one TOML text, or JSON of the same shape. [`Definition::parse`] walks its tree
//! and finds every mistake at once: syntax, unknown words with the nearest known one, wrong types,
//! missing keys. Names are not resolved and expressions not parsed here; the floor that lowers a
//! definition adds its findings to these. Cost: linear in the text, once per open.

#![deny(clippy::indexing_slicing)]

mod files;
pub mod model;
pub mod node;
mod place;
mod problem;
mod read;
mod section;
pub mod span;
mod tree;
mod write;

#[cfg(test)]
mod tests;

use crate::base::{Problem, Result};

pub(crate) use crate::base::likeness::did_you_mean;
pub(crate) use files::file_of;
pub(crate) use section::Section;

use model::Model;
use node::Node;

/// A definition: the tree of its words, and what they declare.
///
/// ```
/// use bactrian::definition::Definition;
///
/// let definition = Definition::from_toml(
///     "[event.purchase]\ncustomer = \"household_id\"\n\n[feature.orders]\ncount = \"event\"\non = \"purchase\"\n",
/// )?;
/// assert_eq!(definition.model().features[0].name.value, "orders");
/// assert_eq!(Definition::from_json(&definition.to_json())?.hash(), definition.hash());
///
/// let error = Definition::from_toml("[feature.orders]\ncuont = \"event\"").unwrap_err();
/// assert_eq!(error.problems()[1].hint.as_deref(), Some("did you mean `count`?"));
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Definition {
    root: Node,
    model: Model,
    files: files::Files,
}

impl Definition {
    /// Reads TOML.
    ///
    /// # Errors
    ///
    /// [`DefinitionInvalid`](crate::ErrorKind::DefinitionInvalid) with every mistake, sorted by place.
    pub fn from_toml(text: &str) -> Result<Self> {
        let (definition, problems) = Self::parse(text);
        problem::refuse(problems).map(|()| definition)
    }

    /// Reads JSON of the same shape; its findings have places of 0 and name the path.
    ///
    /// # Errors
    ///
    /// [`DefinitionInvalid`](crate::ErrorKind::DefinitionInvalid) with every mistake, sorted by path.
    pub fn from_json(text: &str) -> Result<Self> {
        let (definition, problems) = Self::parse_json(text);
        problem::refuse(problems).map(|()| definition)
    }

    /// Reads TOML and never stops: what is wrong is left out of the model, and reported.
    ///
    /// Findings come sorted by place. Texts over 1 MiB and nesting over 32 levels are findings too.
    pub fn parse(text: &str) -> (Self, Vec<Problem>) {
        Self::read(tree::from_toml(text))
    }

    /// Reads JSON and never stops.
    pub fn parse_json(text: &str) -> (Self, Vec<Problem>) {
        Self::read(tree::from_json(text))
    }

    /// What the definition declares.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What reading it found that is no mistake.
    pub(crate) fn warnings(&self) -> Vec<Problem> {
        read::warnings(&self.model)
    }

    /// The tree of its words.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The definition as TOML, without comments; reads back to the same meaning.
    pub fn to_toml(&self) -> String {
        write::to_toml(&self.root)
    }

    /// The definition as JSON; reads back to the same meaning.
    pub fn to_json(&self) -> String {
        write::to_json(&self.root)
    }

    /// One number for the meaning, the same on every machine and in every version.
    ///
    /// Comments, white space, the order of keys in named tables, `1` against `1.0`, `24h` against
    /// `1d`, and TOML against JSON leave it; the order of actions, axes, rules, labels and lists does not.
    pub fn hash(&self) -> u64 {
        write::hash(&self.root)
    }

    /// One number for the meaning of one named table (`clv` of `[score.clv]`); `None` if there is none.
    pub fn meaning_of(&self, name: &str) -> Option<u64> {
        let mut tables = self.root.entries().iter().flat_map(|(_, section)| section.entries());
        tables.find(|(word, _)| word.value == name).map(|(_, node)| write::hash(node))
    }

    /// [`Self::hash`] as 16 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        format!("{:016x}", self.hash())
    }

    fn read((root, mut problems): (Node, Vec<Problem>)) -> (Self, Vec<Problem>) {
        let mut found = Vec::new();
        let model = read::read(&root, &mut found);
        // Where the text itself is broken, what it seems to say is not worth a second finding.
        let mut broken: Vec<(u32, &str)> = problems.iter().map(|p| (p.line, p.path.as_str())).collect();
        broken.sort_unstable();
        let repeated = |problem: &Problem| match problem.line {
            0 => broken.binary_search(&(0, problem.path.as_str())).is_ok(),
            line => broken.get(broken.partition_point(|(l, _)| *l < line)).is_some_and(|(l, _)| *l == line),
        };
        found.retain(|problem| !repeated(problem));
        problems.extend(found);
        problem::sort(&mut problems);
        (Definition { root, model, files: Vec::new() }, problems)
    }
}
