//! The last n events, or those of a window, by (time, arrival): exact in whatever order they come.

use super::super::partial;
use super::{Moment, keys, nothing, sequence};
use crate::models::quantile;
use crate::program::Op;

/// Keeps an event among the latest `limit`. Of equal times the later arrival counts as later.
///
/// While events may still move to an earlier time, only settled ones make room: an event that moves
/// lets the one before it back in.
pub(super) fn add(events: &mut Vec<(i64, f64)>, limit: usize, x: f64, moment: Moment) {
    let place = events.partition_point(|(time, _)| *time <= moment.at);
    if moment.movable {
        events.insert(place, (moment.at, x));
        let settled = events.partition_point(|(time, _)| *time < moment.settled());
        events.drain(..settled.saturating_sub(limit));
    } else if events.len() < limit {
        events.insert(place, (moment.at, x));
    } else if let Some(later) = events.get_mut(..place).filter(|later| !later.is_empty()) {
        later.rotate_left(1);
        later[place - 1] = (moment.at, x);
    }
}

/// Keeps an event of a window, and drops events that nothing can need any more.
pub(super) fn add_within(events: &mut Vec<(i64, f64)>, length: i64, hop: i64, x: f64, moment: Moment) {
    let floor = moment.floor(length, hop);
    let old = events.partition_point(|(time, _)| *time <= floor);
    events.drain(..old);
    let place = events.partition_point(|(time, _)| *time <= moment.at);
    // Gaps lie between moments; events that can't move need no room beside one of their moment.
    let known = place > 0 && events.get(place - 1).is_some_and(|(time, _)| *time == moment.at);
    if moment.movable || !known {
        events.insert(place, (moment.at, x));
    }
}

/// Moves one event from a time to an earlier one; nothing if it is not there.
pub(super) fn advance(events: &mut [(i64, f64)], from: i64, to: i64) {
    let end = events.partition_point(|(time, _)| *time <= from);
    let place = events.partition_point(|(time, _)| *time <= to);
    if let Some(moved) = events.get_mut(place..end).filter(|moved| moved.last().is_some_and(|(time, _)| *time == from))
    {
        moved.rotate_right(1);
        moved[0].0 = to;
    }
}

/// The latest `limit` events.
pub(super) fn last(events: &[(i64, f64)], limit: usize) -> &[(i64, f64)] {
    events.get(events.len().saturating_sub(limit)..).unwrap_or_default()
}

/// The events after a moment.
pub(super) fn after(events: &[(i64, f64)], tail: i64) -> &[(i64, f64)] {
    events.get(events.partition_point(|(time, _)| *time <= tail)..).unwrap_or_default()
}

/// What an aggregate makes of the kept events.
pub(super) fn finish(op: Op, events: &[(i64, f64)]) -> f64 {
    if events.is_empty() {
        return nothing(op);
    }
    if op.is_gap() {
        return sequence::gaps(op, events);
    }
    match op {
        Op::Distinct => {
            let mut values: Vec<u64> = events.iter().map(|(_, x)| x.to_bits()).collect();
            values.sort_unstable();
            values.dedup();
            values.len() as f64
        }
        Op::Quantile(q) => {
            let values: Vec<f64> = events.iter().map(|(_, x)| *x).collect();
            quantile::of_sorted(&quantile::sorted(&values), q)
        }
        op if op.is_of_keys() => keys::finish(op, &weights(events)),
        op => {
            let mut words = [0; 3];
            for (at, x) in events {
                partial::add(op, &mut words, *x, 1.0, *at);
            }
            partial::finish(op, &words, false)
        }
    }
}

/// Number of events by key, rising.
pub(super) fn weights(events: &[(i64, f64)]) -> Vec<(u32, f64)> {
    keys::total(events.iter().map(|(_, key)| (*key as u32, 1.0)))
}

/// The keys of events by their place, the latest last.
pub(super) fn in_order(events: &[(i64, f64)]) -> Vec<(u32, f64)> {
    events.iter().zip(0..).map(|((_, key), place)| (place, *key)).collect()
}
