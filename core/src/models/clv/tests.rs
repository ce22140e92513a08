//! What the tests of the models share.

use super::optimise::Evaluation;
use super::{CheckedHistory, Compressed, History};

/// Histories that own their columns.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) frequency: Vec<f64>,
    pub(super) recency: Vec<f64>,
    pub(super) age: Vec<f64>,
}

impl Rows {
    pub(super) fn one(row: &[f64]) -> Rows {
        Rows { frequency: vec![row[0]], recency: vec![row[1]], age: vec![row[2]] }
    }

    pub(super) fn checked(&self) -> CheckedHistory<'_> {
        History { frequency: &self.frequency, recency: &self.recency, age: &self.age, weights: None }.check().unwrap()
    }

    pub(super) fn compress(&self) -> Compressed {
        self.checked().compress()
    }
}

/// Holds `value` against every row `name` of reference.csv, relative to the larger of the reference and
/// `floor`.
pub(super) fn check(name: &str, floor: f64, limit: f64, value: impl Fn(&[f64]) -> f64) {
    let mut worst = (-1.0, String::new());
    for line in include_str!("reference.csv").lines() {
        let mut fields = line.split(',');
        if fields.next() != Some(name) {
            continue;
        }
        let numbers: Vec<f64> = fields.map(|x| x.parse().unwrap()).collect();
        let (expected, inputs) = numbers.split_last().unwrap();
        let got = value(inputs);
        // Below the smallest normal numbers, being small is all that is asked.
        let error = (got - expected).abs() / expected.abs().max(floor).max(1e-290);
        if error > worst.0 || error.is_nan() {
            worst = (error, format!("{line} got {got:?}"));
        }
        assert!(!error.is_nan(), "{}", worst.1);
    }
    assert!(worst.0 >= 0.0 && worst.0 <= limit, "{name}: {:e} at {}", worst.0, worst.1);
}

/// Value, gradient and Hessian from a function that gives value and gradient, by central differences
/// of the gradient; for tests.
pub(super) fn by_differences<const N: usize>(
    theta: &[f64; N],
    slope: impl Fn(&[f64; N]) -> (f64, [f64; N]),
) -> Evaluation<N> {
    const STEP: f64 = 1e-4;
    let (value, gradient) = slope(theta);
    let mut hessian = [[0.0; N]; N];
    for i in 0..N {
        let side = |by: f64| {
            let mut at = *theta;
            at[i] += by;
            slope(&at).1
        };
        let (up, down) = (side(STEP), side(-STEP));
        for j in 0..N {
            let second = (up[j] - down[j]) / (2.0 * STEP);
            hessian[i][j] += 0.5 * second;
            hessian[j][i] += 0.5 * second;
        }
    }
    Evaluation { value, gradient, hessian }
}
