//! What does not fit into fixed words: weights by key, the latest events.

use crate::base::numeric::exp;

/// One key's weight, as of the moment of its latest event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Weight {
    /// The interned key.
    pub key: u32,
    /// The weight at `at`.
    pub weight: f64,
    /// Time of the latest event of this key.
    pub at: i64,
}

/// A growing part of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Weights, rising by key.
    Histogram(Vec<Weight>),
    /// The latest events, rising by (time, arrival): time and value.
    Recent(Vec<(i64, f64)>),
}

impl Cell {
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let heap = match self {
            Cell::Histogram(weights) => weights.capacity() * size_of::<Weight>(),
            Cell::Recent(events) => events.capacity() * size_of::<(i64, f64)>(),
        };
        heap + size_of::<Cell>()
    }
}

/// A value at `from`, decayed to `to`; at or before `from` it is unchanged.
pub(crate) fn decayed(value: f64, rate: f64, from: i64, to: i64) -> f64 {
    if rate == 0.0 || to <= from { value } else { value * exp(-rate * (to - from) as f64) }
}

/// Adds `x` at `at` to a decayed sum kept as of `clock`; returns the sum as of the later of both.
///
/// Forward decay (Cormode, Shkapenyuk, Srivastava, Xu 2009): the order of arrival changes the
/// result by rounding only.
pub(crate) fn add_decayed(sum: f64, x: f64, rate: f64, clock: i64, at: i64) -> f64 {
    if at >= clock { decayed(sum, rate, clock, at) + x } else { sum + decayed(x, rate, at, clock) }
}

/// Adds an event of `key` to the weights.
pub(crate) fn add_weight(cell: &mut Option<Box<Cell>>, key: u32, x: f64, rate: f64, at: i64) {
    let cell = cell.get_or_insert_with(|| Box::new(Cell::Histogram(Vec::new())));
    let Cell::Histogram(weights) = cell.as_mut() else { return };
    match weights.binary_search_by_key(&key, |weight| weight.key) {
        Ok(found) => {
            let entry = &mut weights[found];
            entry.weight = add_decayed(entry.weight, x, rate, entry.at, at);
            entry.at = entry.at.max(at);
        }
        Err(place) => weights.insert(place, Weight { key, weight: x, at }),
    }
}

/// Keeps an event among the latest `limit`. Of equal times the later arrival counts as later.
pub(crate) fn add_recent(cell: &mut Option<Box<Cell>>, limit: usize, at: i64, value: f64) {
    let cell = cell.get_or_insert_with(|| Box::new(Cell::Recent(Vec::new())));
    let Cell::Recent(events) = cell.as_mut() else { return };
    let place = events.partition_point(|(time, _)| *time <= at);
    if events.len() < limit {
        events.insert(place, (at, value));
    } else if place > 0 {
        events[..place].rotate_left(1);
        events[place - 1] = (at, value);
    }
}
