//! The signature of an ensemble.

use super::parts::{MissingMode, Node, Parts, Precision, Test};
use crate::base::random::hash_bytes;
use crate::models::trees::link::Link;
use crate::models::watch::{Input, InputKind, Signature};

/// The signature; its hash covers everything that a score depends on.
pub(super) fn signature(parts: &Parts) -> Signature {
    let mut kinds = vec![InputKind::Number; parts.features.len()];
    let mut bytes = Vec::new();
    let mut put = |number: u64| bytes.extend_from_slice(&number.to_le_bytes());
    for name in &parts.features {
        put(hash_bytes(name.as_bytes()));
    }
    let precision = |precision| u64::from(precision == Precision::Single);
    put(precision(parts.inputs) + 2 * precision(parts.sums));
    let (link, steepness) = link_code(parts.link);
    put(link);
    put(steepness.to_bits());
    put(parts.divisor.to_bits());
    parts.base.iter().for_each(|base| put(base.to_bits()));
    for tree in &parts.trees {
        put(u64::from(tree.output) << 32 | tree.nodes.len() as u64);
        for node in &tree.nodes {
            put_node(node, &mut kinds, &mut put);
        }
    }
    for name in parts.categories.iter().enumerate().flat_map(|(at, names)| names.iter().map(move |name| (at, name))) {
        bytes.extend_from_slice(&(name.0 as u64).to_le_bytes());
        bytes.extend_from_slice(&hash_bytes(name.1.as_bytes()).to_le_bytes());
    }
    let named = |(at, (name, kind)): (usize, (&String, InputKind))| {
        let categories = parts.categories.get(at).cloned().unwrap_or_default();
        Input { name: name.clone(), kind, unit: String::new(), categories }
    };
    let inputs = parts.features.iter().zip(kinds).enumerate().map(named).collect();
    Signature { inputs, outputs: parts.base.len(), hash: hash_bytes(&bytes) }
}

fn put_node(node: &Node, kinds: &mut [InputKind], put: &mut impl FnMut(u64)) {
    match node {
        Node::Leaf { value, .. } => put(value.to_bits()),
        Node::Split { feature, test, mode, missing_yes, yes, no, .. } => {
            let mode = match mode {
                MissingMode::None => 0,
                MissingMode::Zero => 1,
                MissingMode::Nan => 2,
            };
            put(u64::from(*feature) << 8 | mode << 1 | u64::from(*missing_yes));
            put(u64::from(*yes) << 32 | u64::from(*no));
            match test {
                Test::AtMost(threshold) => put(threshold.to_bits()),
                Test::OneOf(categories) => {
                    if let Some(kind) = kinds.get_mut(*feature as usize) {
                        *kind = InputKind::Category;
                    }
                    put(categories.len() as u64);
                    categories.iter().for_each(|category| put(u64::from(*category)));
                }
            }
        }
    }
}

fn link_code(link: Link) -> (u64, f64) {
    match link {
        Link::Identity => (0, 0.0),
        Link::Sigmoid(steepness) => (1, steepness),
        Link::Softmax => (2, 0.0),
        Link::Exp => (3, 0.0),
        Link::SoftPlus => (4, 0.0),
        Link::SignedSquare => (5, 0.0),
        Link::Step => (6, 0.0),
    }
}
