//! The last n events by (time, arrival): exact in whatever order they come.

use super::super::partial;
use super::keys;
use super::sequence;
use crate::models::quantile;
use crate::program::Op;

/// Keeps an event among the latest `limit`. Of equal times the later arrival counts as later.
pub(super) fn add(events: &mut Vec<(i64, f64)>, limit: usize, at: i64, x: f64) {
    let place = events.partition_point(|(time, _)| *time <= at);
    if events.len() < limit {
        events.insert(place, (at, x));
    } else if place > 0 {
        events[..place].rotate_left(1);
        events[place - 1] = (at, x);
    }
}

/// What an aggregate makes of the kept events.
pub(super) fn finish(op: Op, events: &[(i64, f64)]) -> f64 {
    if op.is_of_keys() {
        return keys::finish(op, &keys::total(events.iter().map(|(_, key)| (*key as u32, 1.0))));
    }
    if op.is_gap() {
        return sequence::gaps(op, events);
    }
    if let Op::Quantile(q) = op {
        let values: Vec<f64> = events.iter().map(|(_, x)| *x).collect();
        return quantile::of_sorted(&quantile::sorted(&values), q);
    }
    let mut words = [0; 3];
    for (at, x) in events {
        partial::add(op, &mut words, *x, 1.0, *at);
    }
    partial::finish(op, &words, false)
}
