//! The social customer: one graph of ties, and what is read from it and learnt from it.

use super::*;
use crate::base::ErrorKind;
use crate::graph::Csr;

mod advice;
mod communities;
mod endings;
mod graph;
mod places;
mod toward;
mod whispers;

fn tied(engine: &Engine, ties: &[(u64, u64)]) {
    for (from, to) in ties {
        engine.relate_row("talk", Id::Number(*from), Id::Number(*to), Some(0), 1.0).unwrap();
    }
}

/// Everyone of a range tied to everyone.
fn clique(members: std::ops::Range<u64>) -> Vec<(u64, u64)> {
    members.clone().flat_map(|a| members.clone().filter(move |b| a < *b).map(move |b| (a, b))).collect()
}

/// The numbers of one column for everyone.
fn numbers(engine: &Engine, column: &str) -> Vec<f64> {
    match engine.score(None, Some(&[column]), None, None).unwrap().column(column) {
        Some(Column::Number(values)) => values.clone(),
        other => panic!("{other:?}"),
    }
}
