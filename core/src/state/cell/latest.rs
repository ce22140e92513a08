//! Distinct values within a window: the latest hop of each.
//!
//! A bitwise commutative monoid (the greatest hop by value), exact, one entry a value.

use super::{Moment, start_of};

/// Notes that `x` was seen, and forgets values that nothing can need any more.
pub(super) fn add(values: &mut Vec<(u64, i64)>, x: f64, length: i64, hop: i64, moment: Moment) {
    let floor = moment.floor(length, hop);
    let start = start_of(moment.at, hop);
    match values.binary_search_by_key(&x.to_bits(), |(bits, _)| *bits) {
        Ok(found) => {
            if let Some((_, latest)) = values.get_mut(found) {
                *latest = start.max(*latest);
            }
        }
        Err(place) => {
            values.insert(place, (x.to_bits(), start));
            // Depends on the number of entries alone, so that a reopened state forgets the same.
            if values.len() >= 8 && values.len().is_power_of_two() {
                values.retain(|(_, start)| *start >= floor);
            }
        }
    }
}

/// Notes the latest hop that another partial aggregate has of a value.
pub(super) fn merge(values: &mut Vec<(u64, i64)>, (bits, start): (u64, i64)) {
    match values.binary_search_by_key(&bits, |(known, _)| *known) {
        Ok(found) => values[found].1 = values[found].1.max(start),
        Err(place) => values.insert(place, (bits, start)),
    }
}

/// Number of values seen in hops from `tail` on.
pub(super) fn count(values: &[(u64, i64)], tail: i64) -> f64 {
    values.iter().filter(|(_, start)| *start >= tail).count() as f64
}
