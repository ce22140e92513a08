//! What depends on the order of events: the current session, and the gaps between events.
//!
//! Ordered class: what is settled, and a tail of the events within the lateness, sorted by time. An
//! event that comes later than the lateness is not woven in; it is counted as late.

use super::super::partial;
use super::{Cell, Moment, decayed, nothing};
use crate::base::numeric::ln;
use crate::definition::model::Window;
use crate::program::{Op, Shape};

/// Microseconds in a second, the unit of gaps.
const SECOND: f64 = 1e6;

/// What is settled, and a sorted tail.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sequence {
    /// What the events before the tail left.
    pub settled: Settled,
    /// Events not settled yet, rising by (time, arrival).
    pub tail: Vec<(i64, f64)>,
}

/// A partial aggregate of events taken in time order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settled {
    /// Words, for aggregates that fit into words.
    pub words: [u64; 3],
    /// A cell, for those of the current session that do not.
    pub cell: Option<Box<Cell>>,
    /// Time of the latest event.
    pub last: i64,
}

impl Default for Settled {
    fn default() -> Self {
        Settled { words: [0; 3], cell: None, last: i64::MIN }
    }
}

impl Sequence {
    pub(super) fn add(&mut self, shape: Shape, x: f64, moment: Moment) {
        if moment.at >= self.settled.last {
            let place = self.tail.partition_point(|(at, _)| *at <= moment.at);
            self.tail.insert(place, (moment.at, x));
        }
        let ripe = self.tail.partition_point(|(at, _)| *at < moment.settled());
        for (at, x) in self.tail.drain(..ripe) {
            self.settled.step(shape, at, x);
        }
    }

    /// The value at `at`: of a session that has ended before, that of nothing.
    pub(super) fn value(&self, shape: Shape, at: i64) -> f64 {
        self.read(shape, at, |settled| settled.value(shape, at))
    }

    /// Weights by key of the current session.
    pub(super) fn weights(&self, shape: Shape, at: i64) -> Vec<(u32, f64)> {
        self.read(shape, at, |settled| match settled.cell.as_deref() {
            Some(cell) => cell.weights(shape.lifetime(), at),
            None => Vec::new(),
        })
    }

    fn read<T>(&self, shape: Shape, at: i64, read: impl Fn(&Settled) -> T) -> T {
        let with_tail = (!self.tail.is_empty()).then(|| {
            let mut settled = self.settled.clone();
            self.tail.iter().for_each(|(time, x)| settled.step(shape, *time, *x));
            settled
        });
        let settled = with_tail.as_ref().unwrap_or(&self.settled);
        match shape.window {
            Window::Session(gap) if settled.last == i64::MIN || at.saturating_sub(settled.last) > gap => {
                read(&Settled::default())
            }
            _ => read(settled),
        }
    }

    /// Time of the latest event; `None` before the first.
    pub(super) fn latest(&self) -> Option<i64> {
        let latest = self.tail.last().map_or(self.settled.last, |(at, _)| *at);
        Some(latest).filter(|latest| *latest != i64::MIN)
    }

    pub(super) fn bytes(&self) -> usize {
        let cell = self.settled.cell.as_ref().map_or(0, |cell| cell.bytes());
        size_of::<Sequence>() + cell + self.tail.capacity() * size_of::<(i64, f64)>()
    }
}

impl Settled {
    /// Takes the next event in time order.
    fn step(&mut self, shape: Shape, at: i64, x: f64) {
        let mut before = std::mem::replace(&mut self.last, at);
        let ended = matches!(shape.window, Window::Session(gap) if before != i64::MIN && at - before > gap);
        if ended {
            (self.words, self.cell) = ([0; 3], None);
            before = i64::MIN;
        }
        if shape.op.is_gap() {
            self.gap(shape, before, at);
        } else if shape.op.words() > 0 {
            partial::add(shape.op, &mut self.words, x, 1.0, at);
        } else {
            let moment = Moment { at, now: at, lateness: 0, movable: false };
            Cell::add(&mut self.cell, shape.lifetime(), x, moment);
        }
    }

    /// Adds the gap between two moments; a gap's weight decays from its end.
    fn gap(&mut self, shape: Shape, before: i64, at: i64) {
        if before == i64::MIN || at == before {
            return;
        }
        let op = plain(shape.op);
        if shape.rate() > 0.0 {
            partial::scale(op, &mut self.words, decayed(1.0, shape.rate(), before, at));
        }
        let gap = (at - before) as f64 / SECOND;
        partial::add(op, &mut self.words, if shape.op == Op::GapLogSum { ln(gap) } else { gap }, 1.0, at);
    }

    fn value(&self, shape: Shape, at: i64) -> f64 {
        match (self.cell.as_deref(), shape.op) {
            (Some(cell), _) => cell.value(shape.lifetime(), at),
            (None, op) if op.is_gap() => {
                let value = partial::finish(plain(op), &self.words, shape.rate() > 0.0);
                if op == Op::GapLogSum { decayed(value, shape.rate(), self.last, at) } else { value }
            }
            (None, op) if op.words() > 0 => partial::finish(op, &self.words, false),
            (None, op) => nothing(op),
        }
    }
}

/// The aggregate of numbers that a gap feature is.
fn plain(op: Op) -> Op {
    match op {
        Op::GapMean => Op::Mean,
        Op::GapVariance => Op::Variance,
        Op::GapLogSum => Op::Sum,
        op => op,
    }
}

/// What a gap feature makes of events in time order.
pub(super) fn gaps(op: Op, events: &[(i64, f64)]) -> f64 {
    let shape = Shape { op, window: Window::Lifetime };
    let mut settled = Settled::default();
    for (at, x) in events {
        settled.step(shape, *at, *x);
    }
    settled.value(shape, settled.last)
}
