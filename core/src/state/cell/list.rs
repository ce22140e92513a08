//! Aggregates that are lists of words: windows by hop, counts by key, distinct values.
//!
//! A list stands in an arena beside its row or, within a session, in a vector of its own.

use super::super::arena::Arena;
use super::merge::Values;
use super::{Moment, counts, keys, leaves, nothing, set, span, tail_of, ticks};
use crate::definition::model::Window;
use crate::program::{Op, Shape};

/// A list of words, wherever it stands.
pub(crate) trait Words {
    /// All words.
    fn words(&self) -> &[u64];
    /// All words, to be changed.
    fn words_mut(&mut self) -> &mut [u64];
    /// Inserts `count` zero words at `at`.
    fn open(&mut self, at: usize, count: usize);
    /// Removes `count` words at `at`.
    fn close(&mut self, at: usize, count: usize);
}

impl Words for Vec<u64> {
    fn words(&self) -> &[u64] {
        self
    }

    fn words_mut(&mut self) -> &mut [u64] {
        self
    }

    fn open(&mut self, at: usize, count: usize) {
        self.splice(at..at, std::iter::repeat_n(0, count));
    }

    fn close(&mut self, at: usize, count: usize) {
        self.drain(at..at + count);
    }
}

/// A list in an arena.
pub(crate) struct Listed<'a> {
    /// The arena.
    pub arena: &'a mut Arena,
    /// The number of the list.
    pub list: &'a mut u64,
}

impl Words for Listed<'_> {
    #[inline]
    fn words(&self) -> &[u64] {
        self.arena.get(*self.list)
    }

    #[inline]
    fn words_mut(&mut self) -> &mut [u64] {
        self.arena.get_mut(*self.list)
    }

    fn open(&mut self, at: usize, count: usize) {
        self.arena.open(self.list, at, count);
    }

    fn close(&mut self, at: usize, count: usize) {
        self.arena.close(self.list, at, count);
    }
}

/// Whether a list is one of numbers by hop.
pub(crate) fn is_ticks(shape: Shape) -> bool {
    shape.op == Op::Count && matches!(shape.window, Window::Span { hop, .. } if hop >= ticks::SHORTEST)
}

/// Adds a value (of names: a key's number, or for distinct values its hash).
#[inline]
pub(crate) fn add(list: &mut impl Words, shape: Shape, x: f64, moment: Moment) {
    match (shape.op, shape.window) {
        (Op::Count, Window::Span { length, hop }) if is_ticks(shape) => ticks::add(list, (length, hop), moment),
        (op, Window::Span { length, hop }) => span::add(list, op, x, (length, hop), moment),
        (Op::Distinct, _) => set::add(list, x),
        _ => counts::add(list, x as u32, 1),
    }
}

/// Adds a value to distinct ones over all time.
pub(crate) fn add_distinct(list: &mut impl Words, x: f64) {
    set::add(list, x);
}

/// Moves an occasion that was added at `from` to the earlier time of `moment`.
pub(crate) fn advance(list: &mut impl Words, shape: Shape, from: i64, moment: Moment) {
    match shape.window {
        Window::Span { length, hop } if is_ticks(shape) => ticks::advance(list, from, (length, hop), moment),
        Window::Span { length, hop } => span::advance(list, from, (length, hop), moment),
        _ => {}
    }
}

/// The value at `at`; unknown is NaN.
pub(crate) fn value(list: &[u64], shape: Shape, at: i64) -> f64 {
    match (shape.op, shape.window) {
        (op, _) if list.is_empty() => nothing(op),
        (Op::Count, Window::Span { length, hop }) if is_ticks(shape) => ticks::value(list, (length, hop), at),
        (op, Window::Span { length, hop }) => span::value(list, op, tail_of(at, length, hop)),
        (Op::Distinct, _) => set::estimate(list),
        (op, _) => keys::finish(op, &counts::weights(list)),
    }
}

/// Weights by key, of numbers by hop those of the hops ([`ticks::ordinal`]), rising; empty for a list that has none.
pub(crate) fn weights(list: &[u64], shape: Shape) -> Vec<(u32, f64)> {
    match (shape.op, shape.window) {
        _ if is_ticks(shape) => counts::weights(list),
        (_, Window::Span { .. }) | (Op::Distinct, _) => Vec::new(),
        _ => counts::weights(list),
    }
}

/// Adds what another state has.
pub(crate) fn absorb(list: &mut impl Words, other: &[u64], shape: Shape, values: Values<'_>) {
    match (shape.op, shape.window) {
        _ if is_ticks(shape) => counts::each(other).for_each(|(hop, count)| counts::add(list, hop, count)),
        (op, Window::Span { .. }) => span::absorb(list, op, other, values),
        (Op::Distinct, _) => set::absorb(list, other),
        _ => counts::each(other).for_each(|(key, count)| counts::add(list, values.key(key), count)),
    }
}

/// The first moment after `at` at which a hop leaves the window; `None` if none is in it.
pub(crate) fn next_step(list: &[u64], shape: Shape, at: i64) -> Option<i64> {
    let Window::Span { length, hop } = shape.window else { return None };
    let tail = tail_of(at, length, hop);
    let start = match (is_ticks(shape), shape.op.words()) {
        (true, _) => ticks::starts(list, hop).find(|start| *start >= tail),
        (false, 0) => None,
        (false, _) => span::starts(list, span::stride(shape.op)).find(|start| *start >= tail),
    };
    start.map(|start| leaves(start, length, hop))
}
