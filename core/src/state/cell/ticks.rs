//! Numbers of events by hop as a list: the counts of [`super::counts`], keyed by the number of a hop.

use super::list::Words;
use super::{Moment, counts, start_of, tail_of};

/// Shortest hop in microseconds of which every number fits into 32 bits.
pub(crate) const SHORTEST: i64 = 60_000_000;

/// The number of a hop, in the order of time.
fn number(start: i64, hop: i64) -> u32 {
    let number = start.div_euclid(hop).clamp(i64::from(i32::MIN), i64::from(i32::MAX));
    number as i32 as u32 ^ (1 << 31)
}

/// Which hop since 1970 a number by hop is of; hop k is (k hop, (k + 1) hop].
pub(crate) fn ordinal(number: u32) -> i64 {
    i64::from((number ^ (1 << 31)) as i32)
}

/// Counts an event, and drops hops that nothing can need any more.
pub(super) fn add(hops: &mut impl Words, (length, hop): (i64, i64), moment: Moment) {
    let floor = number(moment.floor(length, hop), hop);
    let old = counts::each(hops.words()).take_while(|(number, _)| *number < floor).count();
    if old > 0 {
        hops.close(0, old);
    }
    counts::add(hops, number(start_of(moment.at, hop), hop), 1);
}

/// Moves an occasion to the hop of an earlier time.
pub(super) fn advance(hops: &mut impl Words, from: i64, (length, hop): (i64, i64), moment: Moment) {
    if start_of(from, hop) != start_of(moment.at, hop) {
        counts::take_one(hops, number(start_of(from, hop), hop));
        add(hops, (length, hop), moment);
    }
}

/// Number of events in hops from that of the window's tail on.
pub(super) fn value(hops: &[u64], (length, hop): (i64, i64), at: i64) -> f64 {
    let tail = number(tail_of(at, length, hop), hop);
    counts::each(hops).filter(|(number, _)| *number >= tail).map(|(_, count)| f64::from(count)).sum()
}

/// The starts of the hops, rising.
pub(super) fn starts(hops: &[u64], hop: i64) -> impl Iterator<Item = i64> + '_ {
    counts::each(hops).map(move |(number, _)| ordinal(number).saturating_mul(hop))
}
