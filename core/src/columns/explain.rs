//! Why a column has its value: parts that sum to it.

use super::plan::{Asked, Plan, Scratch, View, gather, gathered};
use crate::program::{Explained, Source};

/// Splits a column's value for one customer into named parts that sum to it.
///
/// Features and traits are one part. A model splits its own value. An expression is split over its
/// distinct inputs by exact Shapley values against the value with every input at the population's
/// zero (Lundberg and Lee 2017, equation 8), which are additive whatever the expression.
pub(crate) fn explain(view: View<'_>, column: usize, asked: Asked) -> Explained {
    let mut scratch = Scratch::default();
    Plan::new(view.program, &[column]).compute(view, asked, &mut scratch);
    let value = scratch.value(column);
    let Some(spec) = view.program.columns.get(column) else {
        return Explained { value, parts: Vec::new(), evidence: Vec::new() };
    };
    match &spec.source {
        Source::Model { model, part } => {
            let (Some((_, model_spec)), Some(fitted)) = (view.program.models.get(*model), view.fitted.get(*model))
            else {
                return Explained { value, parts: Vec::new(), evidence: Vec::new() };
            };
            gather(view, model_spec.inputs(), asked, &mut scratch);
            fitted.explain(gathered(&scratch, asked.at), *part)
        }
        Source::Formula(expr) => {
            let names = expr.inputs().iter().map(|input| view.program.columns[*input as usize].name.clone()).collect();
            let values: Vec<f64> = expr.inputs().iter().map(|input| scratch.value(*input as usize)).collect();
            shapley(value, names, &values, |values| expr.values(values))
        }
        _ => Explained { value, parts: vec![(spec.name.clone(), value)], evidence: Vec::new() },
    }
}

/// Most inputs for which every subset is tried.
const EXACT: usize = 12;

/// Exact Shapley values of `f` at `values` against zero inputs; with more than [`EXACT`] inputs,
/// the change along the order of the inputs instead. The base is a part of its own.
pub(super) fn shapley(value: f64, names: Vec<String>, values: &[f64], f: impl Fn(&[f64]) -> f64) -> Explained {
    let n = values.len();
    let at = |subset: usize| {
        let mixed: Vec<f64> = values
            .iter()
            .enumerate()
            .map(|(place, value)| if subset >> place & 1 == 1 { *value } else { 0.0 })
            .collect();
        f(&mixed)
    };
    let evidence = names.iter().cloned().zip(values.iter().copied()).collect();
    let base = at(0);
    if !value.is_finite() || !base.is_finite() {
        return Explained { value, parts: vec![("value".to_owned(), value)], evidence };
    }
    let mut parts = vec![("base".to_owned(), base)];
    if n > EXACT {
        let mut before = base;
        for (place, name) in names.into_iter().enumerate() {
            let after = at((1 << (place + 1)) - 1);
            parts.push((name, after - before));
            before = after;
        }
        return Explained { value, parts, evidence };
    }
    let outcomes: Vec<f64> = (0..1usize << n).map(at).collect();
    let weights = subset_weights(n);
    for (place, name) in names.into_iter().enumerate() {
        let share = |subset: usize| {
            let gain = outcomes[subset | 1 << place] - outcomes[subset];
            weights[subset.count_ones() as usize] * gain
        };
        let part: f64 = (0..1usize << n).filter(|subset| subset >> place & 1 == 0).map(share).sum();
        parts.push((name, part));
    }
    if parts.iter().any(|(_, part)| !part.is_finite()) {
        parts = vec![("value".to_owned(), value)];
    }
    Explained { value, parts, evidence }
}

/// Shapley's weight of a subset by its size: |S|! (n - |S| - 1)! / n!.
fn subset_weights(n: usize) -> Vec<f64> {
    let factorial = |k: usize| (1..=k).map(|i| i as f64).product::<f64>();
    (0..n).map(|size| factorial(size) * factorial(n - size - 1) / factorial(n)).collect()
}
