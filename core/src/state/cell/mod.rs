//! What does not fit into fixed words: windows, sessions, the latest events, weights by key, sketches.

mod distinct;
mod keys;
mod recent;
mod sequence;
mod sketch;
mod span;
#[cfg(test)]
mod tests;

pub(crate) use distinct::Distinct;
pub(crate) use keys::{KeyBucket, Weight};
pub(crate) use sequence::Sequence;
pub(crate) use sketch::Sketch;
pub(crate) use span::Span;

use crate::base::numeric::exp;
use crate::definition::model::Window;
use crate::program::{FeatureSpec, Op};

/// A growing part of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Weights, rising by key.
    Keys(Vec<Weight>),
    /// Weights by hop and key, rising.
    KeySpan(Vec<KeyBucket>),
    /// The latest events, rising by (time, arrival): time and value.
    Recent(Vec<(i64, f64)>),
    /// Partial aggregates by hop.
    Span(Span),
    /// What depends on the order of events: sessions and gaps.
    Sequence(Box<Sequence>),
    /// Distinct values.
    Distinct(Distinct),
    /// Quantiles.
    Sketch(Sketch),
}

/// Where an event stands for the cells that it feeds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Event time.
    pub at: i64,
    /// The engine's clock.
    pub now: i64,
    /// The declared lateness.
    pub lateness: i64,
}

impl Cell {
    /// The empty cell of a feature.
    fn new(feature: &FeatureSpec) -> Cell {
        match (feature.op, feature.window) {
            (_, Window::Last(_)) => Cell::Recent(Vec::new()),
            (op, Window::Span { .. }) if op.is_of_keys() => Cell::KeySpan(Vec::new()),
            (_, Window::Span { .. }) => Cell::Span(Span::default()),
            (_, Window::Session(_)) => Cell::Sequence(Box::default()),
            (op, _) if op.is_gap() => Cell::Sequence(Box::default()),
            (Op::Distinct, Window::Lifetime) => Cell::Distinct(Distinct::default()),
            (Op::Quantile(_), _) => Cell::Sketch(Sketch::default()),
            _ => Cell::Keys(Vec::new()),
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let heap = match self {
            Cell::Keys(weights) => weights.capacity() * size_of::<Weight>(),
            Cell::KeySpan(buckets) => buckets.capacity() * size_of::<KeyBucket>(),
            Cell::Recent(events) => events.capacity() * size_of::<(i64, f64)>(),
            Cell::Span(span) => span.bytes(),
            Cell::Sequence(sequence) => sequence.bytes(),
            Cell::Distinct(distinct) => distinct.bytes(),
            Cell::Sketch(sketch) => sketch.bytes(),
        };
        heap + size_of::<Cell>()
    }

    /// Adds a value (of key features: the key).
    pub(super) fn add(place: &mut Option<Box<Cell>>, feature: &FeatureSpec, x: f64, moment: Moment) {
        let cell = place.get_or_insert_with(|| Box::new(Cell::new(feature)));
        match (cell.as_mut(), feature.window) {
            (Cell::Keys(weights), _) => keys::add(weights, x as u32, feature.rate(), moment.at),
            (Cell::KeySpan(buckets), Window::Span { length, hop }) => {
                keys::add_hop(buckets, x as u32, length, hop, moment)
            }
            (Cell::Recent(events), Window::Last(limit)) => recent::add(events, limit as usize, moment.at, x),
            (Cell::Span(span), Window::Span { length, hop }) => span.add(feature.op, x, length, hop, moment),
            (Cell::Sequence(sequence), window) => sequence.add(feature.op, gap(window), x, moment),
            (Cell::Distinct(distinct), _) => distinct.add(x),
            (Cell::Sketch(sketch), _) => sketch.add(x),
            _ => {}
        }
    }

    /// The value of a feature at `at`; unknown is NaN.
    pub(super) fn value(&self, feature: &FeatureSpec, at: i64) -> f64 {
        match (self, feature.window) {
            (Cell::Keys(weights), _) => {
                let weights: Vec<(u32, f64)> = weights
                    .iter()
                    .map(|entry| (entry.key, decayed(entry.weight, feature.rate(), entry.at, at)))
                    .collect();
                keys::finish(feature.op, &weights)
            }
            (Cell::KeySpan(buckets), Window::Span { length, hop }) => {
                keys::finish(feature.op, &keys::within(buckets, length, hop, at))
            }
            (Cell::Recent(events), _) => recent::finish(feature.op, events),
            (Cell::Span(span), Window::Span { length, hop }) => span.value(feature.op, length, hop, at),
            (Cell::Sequence(sequence), window) => sequence.value(feature.op, gap(window), at),
            (Cell::Distinct(distinct), _) => distinct.estimate(),
            (Cell::Sketch(sketch), _) => match feature.op {
                Op::Quantile(q) => sketch.quantile(q),
                _ => f64::NAN,
            },
            _ => f64::NAN,
        }
    }
}

/// The gap that ends a session; none for gaps of a lifetime.
fn gap(window: Window) -> Option<i64> {
    match window {
        Window::Session(gap) => Some(gap),
        _ => None,
    }
}

/// The moment after which the hop of an event begins: hops are (start, start + hop]. Hop 0 gives every
/// moment a hop of its own.
fn start_of(at: i64, hop: i64) -> i64 {
    if hop == 0 { at - 1 } else { (at - 1).div_euclid(hop) * hop }
}

/// The earliest start that counts in the window (at - length, at], its tail rounded down to the hop.
fn tail_of(at: i64, length: i64, hop: i64) -> i64 {
    let tail = at.saturating_sub(length);
    if hop == 0 { tail } else { tail.div_euclid(hop) * hop }
}

/// A value at `from`, decayed to `to`; at or before `from` it is unchanged.
pub(crate) fn decayed(value: f64, rate: f64, from: i64, to: i64) -> f64 {
    if rate == 0.0 || to <= from { value } else { value * exp(-rate * to.saturating_sub(from) as f64) }
}
