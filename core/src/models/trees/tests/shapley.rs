//! Shapley values by their definition, over all subsets of features.

use super::random::{Shape, ensemble, rows};
use super::*;

/// What a tree gives where only the features in `known` are: unknown ones go by the covers.
fn game(nodes: &[Node], at: usize, row: &[f64], known: u32, inputs: Precision) -> f64 {
    match &nodes[at] {
        Node::Leaf { value, .. } => *value,
        node @ Node::Split { feature, yes, no, .. } => {
            let child = |to: u32| game(nodes, to as usize, row, known, inputs);
            if known >> feature & 1 == 1 {
                return child(next(node, row, inputs) as u32);
            }
            let (a, b) = (below(nodes, *yes), below(nodes, *no));
            let share = if a + b > 0.0 { a / (a + b) } else { 0.5 };
            share * child(*yes) + (1.0 - share) * child(*no)
        }
    }
}

/// The cover of a node, from its leaves.
fn below(nodes: &[Node], at: u32) -> f64 {
    match &nodes[at as usize] {
        Node::Leaf { cover, .. } => *cover,
        Node::Split { yes, no, .. } => below(nodes, *yes) + below(nodes, *no),
    }
}

/// Writes at each split the cover of its leaves.
fn covered(mut parts: Parts) -> Parts {
    for tree in &mut parts.trees {
        let covers: Vec<f64> = (0..tree.nodes.len() as u32).map(|at| below(&tree.nodes, at)).collect();
        for (node, sum) in tree.nodes.iter_mut().zip(covers) {
            if let Node::Split { cover, .. } = node {
                *cover = sum;
            }
        }
    }
    parts
}

fn by_definition(parts: &Parts, row: &[f64]) -> Vec<f64> {
    let n = parts.features.len() as u32;
    let factorial = |k: u32| (1..=k).map(f64::from).product::<f64>();
    let width = n as usize + 1;
    let mut out = vec![0.0; parts.base.len() * width];
    for tree in &parts.trees {
        let out = &mut out[tree.output as usize * width..][..width];
        let game = |known| game(&tree.nodes, 0, row, known, parts.inputs);
        for feature in 0..n {
            for known in (0..1_u32 << n).filter(|known| known >> feature & 1 == 0) {
                let size = known.count_ones();
                let weight = factorial(size) * factorial(n - size - 1) / factorial(n);
                out[feature as usize] += weight * (game(known | 1 << feature) - game(known));
            }
        }
        out[width - 1] += game(0);
    }
    for (output, base) in parts.base.iter().enumerate() {
        out[output * width + width - 1] += base;
    }
    out
}

#[test]
fn contributions_are_shapley_values() {
    for seed in 0..40 {
        let shape = Shape {
            seed,
            features: 1 + (seed % 6) as u32,
            outputs: 1 + (seed % 2) as u32,
            trees: 4,
            splits: 1 + 3 * seed as usize % 40,
            thresholds: 20,
            categories: 30,
            single: seed % 5 == 4,
        };
        let trees = Trees::new(covered(ensemble(&shape))).unwrap();
        let rows = rows(&shape, 13);
        let flat: Vec<f64> = rows.iter().flatten().copied().collect();
        let width = trees.outputs() * (trees.features() + 1);
        let mut out = vec![0.0; rows.len() * width];
        trees.contributions(&Inputs::from_rows(&flat, trees.features()).unwrap(), 2, &mut out).unwrap();
        for (row, ours) in rows.iter().zip(out.chunks(width)) {
            let expected = by_definition(trees.parts(), row);
            for (a, b) in ours.iter().zip(&expected) {
                assert!((a - b).abs() < 1e-12, "{shape:?} {row:?}: {ours:?} {expected:?}");
            }
            let mut raw = vec![0.0; trees.outputs()];
            trees.raw_row(row, &mut raw).unwrap();
            let tolerance = if shape.single { 1e-5 } else { 1e-12 };
            for (raw, part) in raw.iter().zip(ours.chunks(trees.features() + 1)) {
                assert!((raw - part.iter().sum::<f64>()).abs() < tolerance);
            }
        }
    }
}

/// A tree that goes down one side, with a split for each of many features.
#[test]
fn long_paths_sum_to_the_score() {
    let features = 150;
    let mut nodes = Vec::new();
    for feature in 0..features {
        let yes = nodes.len() as u32 + 1;
        nodes.push(Node::Split {
            feature,
            test: Test::AtMost(0.0),
            mode: MissingMode::Nan,
            missing_yes: false,
            yes,
            no: yes + 1,
            cover: f64::from(features - feature) + 1.0,
        });
        nodes.push(Node::Leaf { value: f64::from(feature), cover: 1.0 });
    }
    nodes.push(Node::Leaf { value: -1.0, cover: 1.0 });
    let (inputs, sums) = (Precision::Double, Precision::Double);
    let names = (0..features).map(|i| i.to_string()).collect();
    let trees = vec![Tree { output: 0, nodes }];
    let parts = Parts {
        features: names,
        categories: vec![],
        trees,
        base: vec![0.0],
        divisor: 1.0,
        inputs,
        sums,
        link: Link::Identity,
        best: None,
    };
    let trees = Trees::new(parts).unwrap();
    let row: Vec<f64> = (0..features).map(|i| if i == 120 { -1.0 } else { 1.0 }).collect();
    let mut out = vec![0.0; features as usize + 1];
    trees.contributions(&Inputs::from_rows(&row, features as usize).unwrap(), 1, &mut out).unwrap();
    assert!((out.iter().sum::<f64>() - 120.0).abs() < 1e-9);
}
