//! Sliding windows as sparse hops: one partial aggregate for each hop that has an event.
//!
//! Exact whatever the order of arrival within the lateness: a hop is kept until no admissible read
//! or late event can need it. With hop 0 every distinct moment is a hop of its own. An entry is the
//! start of its hop and the words of its aggregate; entries rise by start.

use super::super::partial;
use super::list::Words;
use super::merge::{Values, words};
use super::{Moment, start_of};
use crate::program::Op;

/// Words of an entry.
pub(crate) fn stride(op: Op) -> usize {
    1 + op.words()
}

/// The starts of the hops, rising.
pub(super) fn starts(entries: &[u64], stride: usize) -> impl DoubleEndedIterator<Item = i64> + ExactSizeIterator {
    entries.chunks_exact(stride).map(|entry| entry.first().map_or(i64::MIN, |start| *start as i64))
}

/// Entries that begin before `start`; mostly those near the end are asked for.
fn before(entries: &[u64], stride: usize, start: i64) -> usize {
    entries.len() / stride - starts(entries, stride).rev().take_while(|known| *known >= start).count()
}

/// Adds a value to its hop, and drops hops that nothing can need any more.
#[inline]
pub(crate) fn add(hops: &mut impl Words, op: Op, x: f64, (length, hop): (i64, i64), moment: Moment) {
    let stride = stride(op);
    let old = starts(hops.words(), stride).take_while(|start| moment.is_past(*start, length, hop)).count();
    if old > 0 {
        hops.close(0, old * stride);
    }
    partial::add(op, entry(hops, start_of(moment.at, hop), stride), x, 1.0, moment.at);
}

/// Moves an occasion, of which only the number is kept, to the hop of an earlier time.
pub(crate) fn advance(hops: &mut impl Words, from: i64, (length, hop): (i64, i64), moment: Moment) {
    let (stride, start) = (stride(Op::Count), start_of(from, hop));
    if start == start_of(moment.at, hop) {
        return;
    }
    let place = before(hops.words(), stride, start) * stride;
    if let Some([known, count]) = hops.words_mut().get_mut(place..place + stride)
        && *known as i64 == start
    {
        let left = f64::from_bits(*count) - 1.0;
        *count = left.to_bits();
        if left <= 0.0 {
            hops.close(place, stride);
        }
    }
    add(hops, Op::Count, 1.0, (length, hop), moment);
}

/// The words of the hop of this start, made if there is none.
fn entry(hops: &mut impl Words, start: i64, stride: usize) -> &mut [u64] {
    let entries = hops.words();
    let place = before(entries, stride, start) * stride;
    if entries.get(place).is_none_or(|known| *known as i64 != start) {
        hops.open(place, stride);
        if let Some(word) = hops.words_mut().get_mut(place) {
            *word = start as u64;
        }
    }
    hops.words_mut().get_mut(place + 1..place + stride).unwrap_or_default()
}

/// What the hops from `tail` on are worth.
pub(crate) fn value(entries: &[u64], op: Op, tail: i64) -> f64 {
    let (stride, width) = (stride(op), op.words());
    let mut total = [0; 3];
    let Some(total) = total.get_mut(..width) else { return f64::NAN };
    for entry in entries.chunks_exact(stride).skip(before(entries, stride, tail)) {
        partial::merge(op, total, &entry[1..]);
    }
    partial::finish(op, total, false)
}

/// Adds the hops of another state.
pub(crate) fn absorb(hops: &mut impl Words, op: Op, other: &[u64], values: Values<'_>) {
    let stride = stride(op);
    for more in other.chunks_exact(stride) {
        if let [start, more @ ..] = more {
            words(op, entry(hops, *start as i64, stride), more, values);
        }
    }
}
