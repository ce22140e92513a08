//! What does not fit into fixed words: windows, sessions, the latest events, weights by key, sketches.
//!
//! Every cell gives the same value in whatever order events within the lateness come; most of them
//! however late. Names come in as the number of their key, for [`Op::Distinct`] as a hash of the
//! name: an f64 holds either exactly.

mod counts;
mod keys;
mod latest;
pub(super) mod list;
mod merge;
mod recent;
mod sequence;
mod set;
mod sketch;
mod span;
#[cfg(test)]
mod tests;
pub(super) mod ticks;

pub(crate) use counts::each as each_count;
pub(crate) use keys::{KeyBucket, Weight, ranked};
pub(crate) use merge::{Numbers, Unordered, Values, words};
pub(crate) use sequence::{Sequence, Settled};
pub(crate) use set::is_sound as is_set;
pub(crate) use sketch::Sketch;
pub(crate) use span::stride;

use crate::base::numeric::decay;
use crate::base::prefetch::prefetch;
use crate::definition::model::Window;
use crate::program::{Op, Shape};

/// A growing part of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Weights, rising by key; of quantiles the keys are buckets.
    Keys(Vec<Weight>),
    /// Weights by hop and key, rising.
    KeySpan(Vec<KeyBucket>),
    /// The latest hop of each value by its bits, rising.
    Latest(Vec<(u64, i64)>),
    /// The latest events, rising by (time, arrival): time and value.
    Recent(Vec<(i64, f64)>),
    /// A list of words, where it has no arena.
    List(Vec<u64>),
    /// Quantiles by hop, rising.
    Sketches(Vec<(i64, Sketch)>),
    /// What depends on the order of events: sessions and gaps.
    Sequence(Box<Sequence>),
    /// Quantiles.
    Sketch(Sketch),
}

/// Where an event stands for the cells that it feeds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Event time.
    pub at: i64,
    /// The engine's clock.
    pub now: i64,
    /// The declared lateness.
    pub lateness: i64,
    /// Whether the event may still move to an earlier time, as an occasion may within the lateness.
    pub movable: bool,
}

impl Moment {
    /// Events before this are not expected any more.
    fn settled(self) -> i64 {
        self.now.saturating_sub(self.lateness)
    }

    /// Whether no read and no expected event can need the hop that begins at `start`: it lies before
    /// [`Moment::floor`], found without a division.
    #[inline]
    fn is_past(self, start: i64, length: i64, hop: i64) -> bool {
        start.saturating_add(hop.max(1)) <= self.settled().saturating_sub(length)
    }

    /// The earliest hop that a read or an expected event can need.
    fn floor(self, length: i64, hop: i64) -> i64 {
        tail_of(self.settled(), length, hop)
    }
}

impl Cell {
    /// The empty cell of an aggregate over a window.
    pub(crate) fn new(Shape { op, window }: Shape) -> Cell {
        match (op, window) {
            (_, Window::Last(_)) => Cell::Recent(Vec::new()),
            _ if (Shape { op, window }).is_list() => Cell::List(Vec::new()),
            (op, Window::Span { .. }) if op.is_gap() => Cell::Recent(Vec::new()),
            (Op::Distinct, Window::Span { .. }) => Cell::Latest(Vec::new()),
            (Op::Quantile(_), Window::Span { .. }) => Cell::Sketches(Vec::new()),
            (op, Window::Span { .. }) if op.is_of_keys() => Cell::KeySpan(Vec::new()),
            (_, Window::Session(_)) => Cell::Sequence(Box::default()),
            (op, _) if op.is_gap() => Cell::Sequence(Box::default()),
            (Op::Quantile(_), Window::Lifetime) => Cell::Sketch(Sketch::default()),
            _ => Cell::Keys(Vec::new()),
        }
    }

    /// Asks for where the next event is likely to be added.
    pub(super) fn prefetch(&self) {
        match self {
            Cell::List(words) => words.last().into_iter().for_each(prefetch),
            Cell::Recent(events) => events.last().into_iter().for_each(prefetch),
            Cell::Keys(weights) => weights.get(weights.len() / 2).into_iter().for_each(prefetch),
            Cell::KeySpan(buckets) => buckets.last().into_iter().for_each(prefetch),
            Cell::Sequence(sequence) => prefetch(sequence.as_ref()),
            _ => {}
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let heap = match self {
            Cell::Keys(weights) => weights.capacity() * size_of::<Weight>(),
            Cell::KeySpan(buckets) => buckets.capacity() * size_of::<KeyBucket>(),
            Cell::Latest(values) => values.capacity() * size_of::<(u64, i64)>(),
            Cell::Recent(events) => events.capacity() * size_of::<(i64, f64)>(),
            Cell::List(words) => words.capacity() * 8,
            Cell::Sketches(hops) => {
                let inside: usize = hops.iter().map(|(_, sketch)| sketch.bytes()).sum();
                hops.capacity() * size_of::<(i64, Sketch)>() + inside
            }
            Cell::Sequence(sequence) => sequence.bytes(),
            Cell::Sketch(sketch) => sketch.bytes(),
        };
        heap + size_of::<Cell>()
    }

    /// Adds a value (of names: a key's number, or for distinct values its hash).
    pub(super) fn add(place: &mut Option<Box<Cell>>, shape: Shape, x: f64, moment: Moment) {
        let cell = place.get_or_insert_with(|| Box::new(Cell::new(shape)));
        let Shape { op, window } = shape;
        match (cell.as_mut(), window) {
            (Cell::Keys(weights), _) if matches!(op, Op::Quantile(_)) => {
                keys::add(weights, sketch::key(x), shape.rate(), moment.at);
            }
            (Cell::Keys(weights), _) => keys::add(weights, x as u32, shape.rate(), moment.at),
            (Cell::KeySpan(buckets), Window::Span { length, hop }) => {
                keys::add_hop(buckets, x as u32, length, hop, moment);
            }
            (Cell::Latest(values), Window::Span { length, hop }) => latest::add(values, x, length, hop, moment),
            (Cell::Recent(events), Window::Last(limit)) => recent::add(events, limit as usize, x, moment),
            (Cell::Recent(events), Window::Span { length, hop }) => recent::add_within(events, length, hop, x, moment),
            (Cell::List(words), _) => list::add(words, shape, x, moment),
            (Cell::Sketches(hops), Window::Span { length, hop }) => sketch::add_hop(hops, x, length, hop, moment),
            (Cell::Sequence(sequence), _) => sequence.add(shape, x, moment),
            (Cell::Sketch(sketch), _) => sketch.add(x),
            _ => {}
        }
    }

    /// Moves an occasion that was added at `from` to the earlier time of `moment`.
    pub(super) fn advance(&mut self, shape: Shape, from: i64, moment: Moment) {
        match (self, shape.window) {
            (Cell::Recent(events), _) => recent::advance(events, from, moment.at),
            (Cell::List(words), _) => list::advance(words, shape, from, moment),
            (Cell::Sequence(sequence), _) => recent::advance(&mut sequence.tail, from, moment.at),
            _ => {}
        }
    }

    /// The value at `at`; unknown is NaN.
    pub(super) fn value(&self, shape: Shape, at: i64) -> f64 {
        let Shape { op, window } = shape;
        match (self, window) {
            (Cell::Keys(weights), _) => keys::finish(op, &keys::latest(weights, shape.rate())),
            (Cell::KeySpan(buckets), Window::Span { length, hop }) => {
                keys::finish(op, &keys::within(buckets, tail_of(at, length, hop)))
            }
            (Cell::Latest(values), Window::Span { length, hop }) => latest::count(values, tail_of(at, length, hop)),
            (Cell::Recent(events), Window::Last(limit)) => recent::finish(op, recent::last(events, limit as usize)),
            (Cell::Recent(events), Window::Span { length, hop }) => {
                recent::finish(op, recent::after(events, tail_of(at, length, hop)))
            }
            (Cell::List(words), _) => list::value(words, shape, at),
            (Cell::Sketches(hops), Window::Span { length, hop }) => {
                sketch::value(op, &sketch::within(hops, tail_of(at, length, hop)))
            }
            (Cell::Sequence(sequence), _) => sequence.value(shape, at),
            (Cell::Sketch(sketch), _) => sketch::value(op, sketch),
            _ => f64::NAN,
        }
    }

    /// Weights by key as ranks and shares take them at `at`, rising by key; empty for a cell that has none.
    pub(super) fn relative_weights(&self, shape: Shape, at: i64) -> Vec<(u32, f64)> {
        match self {
            Cell::Keys(weights) => keys::latest(weights, shape.rate()),
            _ => self.weights(shape, at),
        }
    }

    /// Weights by key at `at`, rising by key; empty for a cell that has none.
    pub(super) fn weights(&self, shape: Shape, at: i64) -> Vec<(u32, f64)> {
        match (self, shape.window) {
            (Cell::Keys(weights), _) => keys::at(weights, shape.rate(), at),
            (Cell::List(words), _) => list::weights(words, shape),
            (Cell::KeySpan(buckets), Window::Span { length, hop }) => keys::within(buckets, tail_of(at, length, hop)),
            (Cell::Recent(events), Window::Last(limit)) if shape.op == Op::Sequence => {
                recent::in_order(recent::last(events, limit as usize))
            }
            (Cell::Recent(events), Window::Last(limit)) => recent::weights(recent::last(events, limit as usize)),
            (Cell::Sequence(sequence), _) => sequence.weights(shape, at),
            _ => Vec::new(),
        }
    }
}

impl Cell {
    /// The first moment after `at` at which the value may differ because events leave the window or the
    /// session is over; `None` if time alone changes nothing.
    pub(super) fn next_step(&self, shape: Shape, at: i64) -> Option<i64> {
        if let (Cell::Sequence(sequence), Window::Session(gap)) = (self, shape.window) {
            let end = sequence.latest()?.saturating_add(gap).saturating_add(1);
            return Some(end).filter(|end| *end > at);
        }
        let Window::Span { length, hop } = shape.window else { return None };
        let tail = tail_of(at, length, hop);
        let first = |starts: &mut dyn Iterator<Item = i64>| starts.filter(|start| *start >= tail).min();
        let start = match self {
            Cell::List(list) => return list::next_step(list, shape, at),
            Cell::KeySpan(buckets) => first(&mut buckets.iter().map(|bucket| bucket.start)),
            Cell::Latest(values) => first(&mut values.iter().map(|(_, start)| *start)),
            Cell::Sketches(hops) => first(&mut hops.iter().map(|(start, _)| *start)),
            Cell::Recent(events) => recent::after(events, tail).first().map(|(time, _)| start_of(*time, hop)),
            _ => None,
        };
        start.map(|start| leaves(start, length, hop))
    }
}

/// When a hop leaves its window: it counts until the tail has passed its start.
fn leaves(start: i64, length: i64, hop: i64) -> i64 {
    start.saturating_add(length).saturating_add(hop.max(1))
}

/// What an aggregate is worth without any event.
pub(super) fn nothing(op: Op) -> f64 {
    match op {
        Op::Count | Op::Sum | Op::Distinct | Op::GapLogSum => 0.0,
        _ => f64::NAN,
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
    if hop == 0 { tail } else { tail.div_euclid(hop).saturating_mul(hop) }
}

/// A value at `from`, decayed to `to`; at or before `from` it is unchanged.
pub(crate) fn decayed(value: f64, rate: f64, from: i64, to: i64) -> f64 {
    if rate == 0.0 || to <= from { value } else { value * decay(to.saturating_sub(from), rate) }
}
