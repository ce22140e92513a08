//! A tree as its last fit grew it.

use super::Asked;
use crate::base::{Error, ErrorKind, Result};
use crate::columns::text::{between, labelled};
use crate::data::codec::{Reader, Writer};
use crate::expr::Type;
use crate::models::associate::Characteristic;
use crate::models::ctree::{Condition, ConditionalTree, Leaf, Node, Question};
use crate::program::{Described, Explained, FittedModel, Inputs};

/// What a fit publishes: the tree, and for the node of each leaf the place of its id.
pub(super) struct Parameters {
    pub tree: ConditionalTree,
    pub ids: Vec<(usize, usize)>,
}

impl Parameters {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.count(self.tree.width());
        out.count(self.tree.nodes().len());
        for node in self.tree.nodes() {
            match node {
                Node::Leaf(Leaf { size, mean, interval }) => {
                    out.u8(0);
                    out.u64(*size);
                    [*mean, interval.0, interval.1].iter().for_each(|number| out.f64(*number));
                }
                Node::Split { of, question, unknown, yes, no, p_value } => {
                    let edges = match question {
                        Question::Below(edge) => std::slice::from_ref(edge),
                        Question::Among(labels) => labels.as_slice(),
                    };
                    out.u8(if let Question::Below(_) = question { 1 } else { 2 });
                    [*of, *yes, *no, usize::from(*unknown), edges.len()].iter().for_each(|number| out.count(*number));
                    out.f64(*p_value);
                    edges.iter().for_each(|edge| out.f64(*edge));
                }
            }
        }
        out.count(self.ids.len());
        self.ids.iter().for_each(|(leaf, id)| {
            out.count(*leaf);
            out.count(*id);
        });
        out.into_bytes()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let (width, count) = (from.count()?, from.count()?);
        let nodes: Result<Vec<Node>> = (0..count).map(|_| node(&mut from)).collect();
        let tree = ConditionalTree::from_nodes(width, nodes?)?;
        let leaves = from.count()?;
        let ids: Result<Vec<(usize, usize)>> = (0..leaves).map(|_| Ok((from.count()?, from.count()?))).collect();
        from.finish()?;
        Ok(Parameters { tree, ids: ids? })
    }
}

fn node(from: &mut Reader<'_>) -> Result<Node> {
    let kind = from.u8()?;
    if kind == 0 {
        return Ok(Node::Leaf(Leaf { size: from.u64()?, mean: from.f64()?, interval: (from.f64()?, from.f64()?) }));
    }
    let (of, yes, no, unknown, count) =
        (from.count()?, from.count()?, from.count()?, from.count()? == 1, from.count()?);
    let p_value = from.f64()?;
    let edges: Result<Vec<f64>> = (0..count).map(|_| from.f64()).collect();
    let question = match (kind, edges?.as_slice()) {
        (1, [edge]) => Question::Below(*edge),
        (2, labels) => Question::Among(labels.to_vec()),
        _ => return Err(Error::new(ErrorKind::StoreCorrupt, "a tree asks what none can")),
    };
    Ok(Node::Split { of, question, unknown, yes, no, p_value })
}

/// Columns as what a tree asks for.
pub(super) fn characteristics<'a>(asked: &[Asked], columns: &'a [Vec<f64>]) -> Vec<Characteristic<'a>> {
    let one = |(asked, values): (&Asked, &'a Vec<f64>)| match asked.kind {
        Type::Number => Characteristic::Number(values),
        _ => Characteristic::Label(values),
    };
    asked.iter().zip(columns).map(one).collect()
}

/// A tree with the names of its leaves.
pub(super) struct Fitted {
    tree: Option<ConditionalTree>,
    /// Node and interned id of each leaf.
    leaves: Vec<(usize, u32)>,
    asked: Vec<Asked>,
}

impl Fitted {
    pub fn new(parameters: Parameters, names: &[u32], asked: &[Asked]) -> Self {
        let Parameters { tree, ids } = parameters;
        let name = |(leaf, id): &(usize, usize)| (*leaf, names.get(*id).copied().unwrap_or(u32::MAX));
        Fitted { tree: Some(tree), leaves: ids.iter().map(name).collect(), asked: asked.to_vec() }
    }

    /// Before the first fit.
    pub fn unknown() -> Self {
        Fitted { tree: None, leaves: Vec::new(), asked: Vec::new() }
    }

    /// The interned ids of the leaves.
    pub fn names(&self) -> impl Iterator<Item = u32> + '_ {
        self.leaves.iter().map(|(_, name)| *name)
    }

    /// The id of a customer's leaf, and what is known of it.
    fn found(&self, inputs: Inputs<'_>) -> Option<(u32, Leaf)> {
        let tree = self.tree.as_ref()?;
        let node = tree.leaf(inputs.values);
        let (_, name) = self.leaves.iter().find(|(leaf, _)| *leaf == node)?;
        match tree.nodes().get(node)? {
            Node::Leaf(leaf) => Some((*name, *leaf)),
            Node::Split { .. } => None,
        }
    }
}

/// A condition as an expression.
fn written(condition: &Condition, asked: &Asked, say: &dyn Fn(u32) -> String) -> String {
    let flag = asked.kind == Type::Bool;
    let label = |label: &f64| if flag { (*label == 1.0).to_string() } else { say(*label as u32) };
    let labels = |of: &[f64]| of.iter().map(label).collect::<Vec<String>>();
    let text = match (condition.among.is_empty(), condition.without.is_empty()) {
        (false, _) => labelled(&asked.name, &labels(&condition.among), flag, true),
        (_, false) => labelled(&asked.name, &labels(&condition.without), flag, false),
        _ => between(&asked.name, condition.from, condition.below),
    };
    if condition.unknown { format!("({} == null || ({text}))", asked.name) } else { text }
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let Some((name, leaf)) = self.found(inputs) else { return };
        let all = [f64::from(name), leaf.mean, leaf.interval.0, leaf.interval.1];
        out.iter_mut().zip(all).for_each(|(place, value)| *place = value);
    }

    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let mut values = [f64::NAN; 4];
        self.read(inputs, &mut values);
        let value = values.get(part).copied().unwrap_or(f64::NAN);
        let size = self.found(inputs).map(|(_, leaf)| ("size".to_owned(), leaf.size as f64));
        Explained { value, parts: vec![("value".to_owned(), value)], evidence: size.into_iter().collect() }
    }

    fn describe(&self, name: u32, say: &dyn Fn(u32) -> String) -> Option<Described> {
        let tree = self.tree.as_ref()?;
        let (leaf, _) = self.leaves.iter().find(|(_, known)| *known == name)?;
        let rules: Vec<String> = tree
            .conditions(*leaf)
            .iter()
            .filter_map(|condition| Some(written(condition, self.asked.get(condition.of)?, say)))
            .collect();
        let rule = if rules.is_empty() { "true".to_owned() } else { rules.join(" && ") };
        let mean =
            tree.nodes().get(*leaf).and_then(|node| if let Node::Leaf(leaf) = node { Some(leaf.mean) } else { None });
        let title = format!("{rule}: {:.4}", mean.unwrap_or(f64::NAN));
        Some(Described { title, rule })
    }
}
