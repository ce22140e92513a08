//! Random ensembles: every form has the bits of the twin.

use proptest::prelude::*;

use super::*;
use crate::base::random::Random;

/// Shape of a random ensemble.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub seed: u64,
    pub features: u32,
    pub outputs: u32,
    pub trees: u32,
    pub splits: usize,
    pub thresholds: u64,
    pub categories: u64,
    pub single: bool,
}

fn random_split(random: &mut Random, shape: &Shape, yes: u32) -> Node {
    let categorical = random.below(100) < shape.categories;
    let precision = |x: f64| if shape.single { f64::from(x as f32) } else { x };
    let test = if categorical {
        let mut set: Vec<u32> = (0..random.below(8)).map(|_| random.below(shape.categories * 3) as u32).collect();
        set.sort_unstable();
        set.dedup();
        Test::OneOf(set)
    } else {
        let at = (random.below(shape.thresholds) as f64 - shape.thresholds as f64 / 2.0) / 8.0;
        Test::AtMost(if random.below(20) == 0 { f64::INFINITY } else { precision(at) })
    };
    let mode = [MissingMode::None, MissingMode::Zero, MissingMode::Nan][random.below(3) as usize];
    // A feature is of one kind: the first half are categories.
    let half = u64::from(shape.features).div_ceil(2);
    let feature = (random.below(half) + if categorical { 0 } else { u64::from(shape.features) / 2 }) as u32;
    let missing_yes = random.below(2) == 0;
    Node::Split { feature, test, mode, missing_yes, yes, no: yes + 1, cover: 0.0 }
}

/// Splits random leaves until there are enough.
pub(super) fn ensemble(shape: &Shape) -> Parts {
    let mut random = Random::keyed(shape.seed, 1);
    let precision = |x: f64| if shape.single { f64::from(x as f32) } else { x };
    let trees = (0..shape.trees).map(|index| {
        let mut nodes = vec![Node::Leaf { value: 0.0, cover: 0.0 }];
        for _ in 0..shape.splits {
            let leaves: Vec<usize> = (0..nodes.len()).filter(|i| matches!(nodes[*i], Node::Leaf { .. })).collect();
            let at = leaves[random.below(leaves.len() as u64) as usize];
            nodes[at] = random_split(&mut random, shape, nodes.len() as u32);
            nodes.extend([Node::Leaf { value: 0.0, cover: 0.0 }, Node::Leaf { value: 0.0, cover: 0.0 }]);
        }
        for node in &mut nodes {
            if let Node::Leaf { value, cover } = node {
                (*value, *cover) = (precision(random.normal()), random.below(20) as f64);
            }
        }
        Tree { output: index % shape.outputs, nodes }
    });
    let precision = if shape.single { Precision::Single } else { Precision::Double };
    Parts {
        categories: Vec::new(),
        features: (0..shape.features).map(|i| format!("x{i}")).collect(),
        trees: trees.collect(),
        base: (0..shape.outputs).map(|i| f64::from(i as f32 * 0.1)).collect(),
        divisor: if shape.seed.is_multiple_of(3) { 3.0 } else { 1.0 },
        inputs: precision,
        sums: precision,
        link: Link::Identity,
        best: None,
    }
}

pub(super) fn rows(shape: &Shape, count: usize) -> Vec<Vec<f64>> {
    let mut random = Random::keyed(shape.seed, 2);
    let mut value = |_| match random.below(8) {
        0 => f64::NAN,
        1 => 0.0,
        2 => [-0.0, 1e-36, -0.5, -1.0, 1e300, f64::INFINITY, f64::NEG_INFINITY, 1e-35][random.below(8) as usize],
        3 | 4 => random.below(shape.categories * 3 + 2) as f64,
        _ => (random.below(shape.thresholds * 2) as f64 - shape.thresholds as f64) / 16.0,
    };
    (0..count).map(|_| (0..shape.features).map(&mut value).collect()).collect()
}

fn check(shape: Shape) {
    let trees = Trees::new(ensemble(&shape)).unwrap();
    let rows = rows(&shape, 40);
    let expected: Vec<Vec<f64>> = rows.iter().map(|row| twin(trees.parts(), row)).collect();
    assert_bits(&trees, &rows, &expected, &format!("{shape:?}"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn small_ensembles(
        seed in any::<u64>(), features in 1_u32..6, outputs in 1_u32..4, trees in 1_u32..20, splits in 0_usize..40,
        thresholds in 1_u64..60, categories in 1_u64..100, single in any::<bool>(),
    ) {
        check(Shape { seed, features, outputs, trees, splits, thresholds, categories, single });
    }

    // Where the processor has it, the form that meets all splits at once, up to its 64 leaves and beyond.
    #[test]
    fn ensembles_without_categories(
        seed in any::<u64>(), features in 1_u32..14, outputs in 1_u32..4, trees in 1_u32..20, splits in 0_usize..70,
        thresholds in 1_u64..300, single in any::<bool>(),
    ) {
        check(Shape { seed, features, outputs, trees, splits, thresholds, categories: 0, single });
    }
}

#[test]
fn every_form_is_met() {
    let shape =
        Shape { seed: 5, features: 3, outputs: 1, trees: 6, splits: 60, thresholds: 50, categories: 20, single: false };
    // Codes of one byte; of two bytes by thresholds; by categories; wide trees; many categories.
    check(shape);
    check(Shape { thresholds: 5000, trees: 40, ..shape });
    check(Shape { categories: 90, trees: 150, splits: 80, ..shape });
    check(Shape { splits: 300, ..shape });
    check(Shape { splits: 900, ..shape });
    check(Shape { features: 2, splits: 0, ..shape });
}

#[test]
fn no_rows_and_wrong_lengths() {
    let shape =
        Shape { seed: 5, features: 3, outputs: 2, trees: 2, splits: 3, thresholds: 9, categories: 5, single: false };
    let trees = Trees::new(ensemble(&shape)).unwrap();
    trees.raw(&Inputs::from_rows(&[], 3).unwrap(), 4, &mut []).unwrap();
    assert!(trees.raw(&Inputs::from_rows(&[], 2).unwrap(), 1, &mut []).is_err());
    assert!(trees.raw(&Inputs::from_rows(&[0.0; 3], 3).unwrap(), 1, &mut [0.0]).is_err());
    assert!(trees.raw_row(&[0.0; 2], &mut [0.0; 2]).is_err());
    assert!(trees.contributions(&Inputs::from_rows(&[0.0; 3], 3).unwrap(), 1, &mut [0.0; 2]).is_err());
}
