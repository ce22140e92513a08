//! Why a column has its value: parts that sum to it.

use super::plan::{Asked, Plan, Scratch, View, gather, gathered};
use crate::base::numeric::ln;
use crate::base::random::Random;
use crate::expr::Expr;
use crate::program::{Explained, Source};

/// How the parts of an explanation were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// A feature, a trait or a place in a segment: one part, the value.
    Whole,
    /// The model's own parts.
    Model,
    /// Exact Shapley values over the distinct inputs, against the value with every input at zero; a mix of
    /// values and zeros that is unknown counts as zero. Where the expression is a sum these are its terms.
    Shapley,
    /// The same over 1,024 orders of the inputs drawn at random: exact in sum, each part with a standard
    /// error of at most 1/64 of the spread of its contributions.
    Sampled,
}

/// An explanation of a column.
#[derive(Debug)]
pub(crate) struct Explaining {
    /// Parts that sum to the value.
    pub explained: Explained,
    /// How they were found.
    pub form: Form,
    /// Parts that sum to the value's natural logarithm, where it is a product of positive inputs.
    pub logs: Vec<(String, f64)>,
}

/// Splits a column's value for one customer into named parts that sum to it.
///
/// Features and traits are one part. A model splits its own value. An expression is split over its
/// distinct inputs by Shapley values (Lundberg and Lee 2017, equation 8), which are additive whatever
/// the expression; a product is told in logarithms as well.
pub(crate) fn explain(view: View<'_>, column: usize, asked: Asked) -> Explaining {
    let mut scratch = Scratch::default();
    Plan::new(view.program, &[column]).compute(view, asked, &mut scratch);
    let value = scratch.value(column);
    let whole = |name: &str| Explaining {
        explained: Explained { value, parts: vec![(name.to_owned(), value)], evidence: Vec::new() },
        form: Form::Whole,
        logs: Vec::new(),
    };
    let Some(spec) = view.program.columns.get(column) else { return whole("value") };
    match &spec.source {
        Source::Model { model, part } => {
            let (Some((_, model_spec)), Some(fitted)) = (view.program.models.get(*model), view.fitted.get(*model))
            else {
                return whole(&spec.name);
            };
            gather(view, model_spec.inputs(), asked, &mut scratch);
            let explained = fitted.explain(gathered(&scratch, asked), *part);
            Explaining { explained, form: Form::Model, logs: Vec::new() }
        }
        Source::Formula(expr) => {
            let name = |input: &u32| view.program.columns.get(*input as usize).map_or("", |spec| &spec.name).to_owned();
            let names: Vec<String> = expr.inputs().iter().map(name).collect();
            let values: Vec<f64> = expr.inputs().iter().map(|input| scratch.value(*input as usize)).collect();
            let logs = logs(expr, value, &names, &values);
            let (explained, form) = shapley(value, names, &values, |values| expr.values(values));
            Explaining { explained, form, logs }
        }
        _ => whole(&spec.name),
    }
}

/// The logarithms of a product's factors; empty where it is none, or where one is not positive.
fn logs(expr: &Expr, value: f64, names: &[String], values: &[f64]) -> Vec<(String, f64)> {
    let Some(product) = expr.product().filter(|product| product.constant > 0.0 && value > 0.0) else {
        return Vec::new();
    };
    if values.len() < 2 || !values.iter().all(|value| *value > 0.0) {
        return Vec::new();
    }
    let constant = (product.constant != 1.0).then(|| ("constant".to_owned(), ln(product.constant)));
    let factors = names.iter().zip(values).zip(&product.exponents);
    constant.into_iter().chain(factors.map(|((name, value), power)| (name.clone(), power * ln(*value)))).collect()
}

/// Most inputs for which every subset is tried.
const EXACT: usize = 12;
/// Orders of the inputs that are drawn where there are more.
const ORDERS: u64 = 1024;

/// Shapley values of `f` at `values` against zero inputs. The base is a part of its own.
pub(super) fn shapley(value: f64, names: Vec<String>, values: &[f64], f: impl Fn(&[f64]) -> f64) -> (Explained, Form) {
    let evidence = names.iter().cloned().zip(values.iter().copied()).collect();
    if !value.is_finite() {
        return (Explained { value, parts: vec![("value".to_owned(), value)], evidence }, Form::Whole);
    }
    let known = |mixed: &[f64]| {
        let outcome = f(mixed);
        if outcome.is_finite() { outcome } else { 0.0 }
    };
    let base = known(&vec![0.0; values.len()]);
    let exact = values.len() <= EXACT;
    let shares = if exact { every_subset(values, known) } else { drawn_orders(values, known) };
    let parts = std::iter::once(("base".to_owned(), base)).chain(names.into_iter().zip(shares)).collect();
    (Explained { value, parts, evidence }, if exact { Form::Shapley } else { Form::Sampled })
}

fn every_subset(values: &[f64], f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let n = values.len();
    let at = |subset: usize| {
        let mixed = values.iter().enumerate();
        let mixed: Vec<f64> = mixed.map(|(place, value)| if subset >> place & 1 == 1 { *value } else { 0.0 }).collect();
        f(&mixed)
    };
    let outcomes: Vec<f64> = (0..1usize << n).map(at).collect();
    let weights = subset_weights(n);
    let share = |place: usize| -> f64 {
        let gain =
            |subset: usize| weights[subset.count_ones() as usize] * (outcomes[subset | 1 << place] - outcomes[subset]);
        (0..1usize << n).filter(|subset| subset >> place & 1 == 0).map(gain).sum()
    };
    (0..n).map(share).collect()
}

/// Mean contributions over random orders, each with its reverse; every order sums to the whole.
fn drawn_orders(values: &[f64], f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let mut random = Random::keyed(ORDERS, values.len() as u64);
    let mut shares = vec![0.0; values.len()];
    let mut order: Vec<usize> = (0..values.len()).collect();
    let base = f(&vec![0.0; values.len()]);
    for draw in 0..ORDERS {
        if draw % 2 == 0 {
            for place in (1..order.len()).rev() {
                order.swap(place, random.below(place as u64 + 1) as usize);
            }
        } else {
            order.reverse();
        }
        let (mut mixed, mut before) = (vec![0.0; values.len()], base);
        for place in &order {
            mixed[*place] = values[*place];
            let after = f(&mixed);
            shares[*place] += (after - before) / ORDERS as f64;
            before = after;
        }
    }
    shares
}

/// Shapley's weight of a subset by its size: |S|! (n - |S| - 1)! / n!.
fn subset_weights(n: usize) -> Vec<f64> {
    let factorial = |k: usize| (1..=k).map(|i| i as f64).product::<f64>();
    (0..n).map(|size| factorial(size) * factorial(n - size - 1) / factorial(n)).collect()
}
