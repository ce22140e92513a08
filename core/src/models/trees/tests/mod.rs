//! Against the trainers' own scores, against a plain twin, and against hostile files.

mod files;
mod hostile;
mod random;
mod shapley;

use super::*;

/// The raw score of a row by the plainest reading of the parts.
fn twin(parts: &Parts, row: &[f64]) -> Vec<f64> {
    let mut sums = parts.base.clone();
    for tree in &parts.trees {
        let mut at = 0;
        let value = loop {
            match &tree.nodes[at] {
                Node::Leaf { value, .. } => break *value,
                node => at = next(node, row, parts.inputs),
            }
        };
        let sum = &mut sums[tree.output as usize];
        *sum = match parts.sums {
            Precision::Double => *sum + value,
            Precision::Single => f64::from(*sum as f32 + value as f32),
        };
    }
    sums
}

/// Where a row goes from a split.
fn next(node: &Node, row: &[f64], inputs: Precision) -> usize {
    let Node::Split { feature, test, mode, missing_yes, yes, no, .. } = node else { panic!("a leaf") };
    let x = row[*feature as usize];
    let x = if inputs == Precision::Single { f64::from(x as f32) } else { x };
    let zero = x.abs() <= f64::from(1e-35_f32);
    let to_yes = match (test, mode) {
        (Test::AtMost(_), MissingMode::Nan) if x.is_nan() => *missing_yes,
        (Test::AtMost(_), MissingMode::Zero) if x.is_nan() || zero => *missing_yes,
        (Test::AtMost(at), MissingMode::None) if x.is_nan() => 0.0 <= *at,
        (Test::AtMost(at), _) => x <= *at,
        (Test::OneOf(_), _) if x.is_nan() => *missing_yes,
        (Test::OneOf(set), _) => {
            let negative = if inputs == Precision::Single { x < 0.0 } else { x <= -1.0 };
            !negative && x < 2147483648.0 && set.contains(&(x as u32))
        }
    };
    *(if to_yes { yes } else { no }) as usize
}

/// All ways to score, which must have the bits of `expected`.
fn assert_bits(trees: &Trees, rows: &[Vec<f64>], expected: &[Vec<f64>], what: &str) {
    let outputs = trees.outputs();
    let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<u64>>();
    for (row, expected) in rows.iter().zip(expected) {
        let mut out = vec![0.0; outputs];
        trees.raw_row(row, &mut out).unwrap();
        assert_eq!(bits(&out), bits(expected), "{what}: one row: {row:?}: {out:?} {expected:?}");
    }
    // A number of rows that needs large blocks, small blocks and walks.
    let count = 2 * kernel::BLOCK + 70;
    let many: Vec<f64> = rows.iter().cycle().take(count).flatten().copied().collect();
    let want: Vec<f64> = expected.iter().cycle().take(count).flatten().copied().collect();
    let columns: Vec<Vec<f64>> = (0..trees.features())
        .map(|feature| many.iter().skip(feature).step_by(trees.features()).copied().collect())
        .collect();
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let by_rows = Inputs::from_rows(&many, trees.features()).unwrap();
    let by_columns = Inputs::from_columns(&columns).unwrap();
    for (inputs, threads) in [(by_rows, 1), (by_columns, 3)] {
        let mut out = vec![0.0; count * outputs];
        trees.raw(&inputs, threads, &mut out).unwrap();
        assert!(bits(&out) == bits(&want), "{what}: {threads} threads");
    }
    for level in crate::base::numeric::simd::levels() {
        let mut out = vec![0.0; count * outputs];
        trees.kernel.rows_at(*level, &by_rows, &mut out);
        assert!(bits(&out) == bits(&want), "{what}: {level:?}");
    }
    let few = Inputs::from_rows(&many[..5 * trees.features()], trees.features()).unwrap();
    let mut out = vec![0.0; 5 * outputs];
    trees.raw(&few, 1, &mut out).unwrap();
    assert_eq!(bits(&out), bits(&want[..5 * outputs]), "{what}: few rows");
}
