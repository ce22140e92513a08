//! Sliding windows as sparse hops: one partial aggregate for each hop that has an event.
//!
//! Exact whatever the order of arrival within the lateness: a hop is kept until no admissible read
//! or late event can need it. With hop 0 every distinct moment is a hop of its own.

use super::super::partial;
use super::{Moment, start_of};
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
        let floor = moment.floor(length, hop);
        let old = self.starts.partition_point(|start| *start < floor);
        if old > 0 {
            self.starts.drain(..old);
            self.words.drain(..old * width);
        }
        partial::add(op, self.hop(start_of(moment.at, hop), width), x, 1.0, moment.at);
    }

    /// Moves an occasion, of which only the number is kept, to the hop of an earlier time.
    pub(super) fn advance(&mut self, from: i64, length: i64, hop: i64, moment: Moment) {
        if start_of(from, hop) == start_of(moment.at, hop) {
            return;
        }
        if let Ok(place) = self.starts.binary_search(&start_of(from, hop)) {
            let left = self.words.get(place).map_or(0.0, |word| f64::from_bits(*word)) - 1.0;
            if left > 0.0 {
                self.words[place] = left.to_bits();
            } else {
                self.starts.remove(place);
                self.words.remove(place);
            }
        }
        self.add(Op::Count, 1.0, length, hop, moment);
    }

    fn hop(&mut self, start: i64, width: usize) -> &mut [u64] {
        let place = self.starts.partition_point(|known| *known < start);
        if self.starts.get(place) != Some(&start) {
            self.starts.insert(place, start);
            self.words.splice(place * width..place * width, std::iter::repeat_n(0, width));
        }
        self.words.get_mut(place * width..(place + 1) * width).unwrap_or_default()
    }

    pub(super) fn value(&self, op: Op, tail: i64) -> f64 {
        let width = op.words();
        let mut total = [0; 3];
        let Some(total) = total.get_mut(..width) else { return f64::NAN };
        let first = self.starts.partition_point(|start| *start < tail);
        for words in self.words.chunks_exact(width.max(1)).skip(first) {
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

    /// A window from its parts.
    pub(crate) fn from_parts(starts: Vec<i64>, words: Vec<u64>) -> Self {
        Span { starts, words }
    }
}
