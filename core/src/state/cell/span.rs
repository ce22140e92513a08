//! Sliding windows as sparse hops: one partial aggregate for each hop that has an event.
//!
//! Exact whatever the order of arrival within the lateness: a hop is kept until no admissible read
//! or late event can need it. With hop 0 every distinct moment is a hop of its own.

use super::super::partial;
use super::{Moment, start_of, tail_of};
use crate::program::Op;

/// Partial aggregates, rising by the first moment of their hop.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Span {
    starts: Vec<i64>,
    /// Words of a partial aggregate a hop.
    words: Vec<u64>,
}

impl Span {
    pub(super) fn add(&mut self, op: Op, x: f64, length: i64, hop: i64, moment: Moment) {
        let width = op.words();
        let floor = tail_of(moment.now.saturating_sub(moment.lateness), length, hop);
        let old = self.starts.partition_point(|start| *start < floor);
        if old > 0 {
            self.starts.drain(..old);
            self.words.drain(..old * width);
        }
        let start = start_of(moment.at, hop);
        let place = self.starts.partition_point(|known| *known < start);
        if self.starts.get(place) != Some(&start) {
            self.starts.insert(place, start);
            self.words.splice(place * width..place * width, std::iter::repeat_n(0, width));
        }
        if let Some(words) = self.words.get_mut(place * width..(place + 1) * width) {
            partial::add(op, words, x, 1.0, moment.at);
        }
    }

    pub(super) fn value(&self, op: Op, length: i64, hop: i64, at: i64) -> f64 {
        let width = op.words();
        let mut total = [0; 3];
        let Some(total) = total.get_mut(..width) else { return f64::NAN };
        let first = self.starts.partition_point(|start| *start < tail_of(at, length, hop));
        for words in self.words.chunks_exact(width).skip(first) {
            partial::merge(op, total, words);
        }
        partial::finish(op, total, false)
    }

    pub(super) fn bytes(&self) -> usize {
        (self.starts.capacity() + self.words.capacity()) * 8
    }

    /// First moments and words, for the encoding.
    pub(crate) fn parts(&self) -> (&[i64], &[u64]) {
        (&self.starts, &self.words)
    }
}
