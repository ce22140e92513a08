//! What depends on the order of events: the current session, and the gaps between events.
//!
//! Ordered class: a settled partial aggregate, and a tail of the events within the lateness, sorted
//! by time. An event that comes later than the lateness is not woven in; it is counted as late.

use super::super::partial;
use super::Moment;
use crate::base::numeric::ln;
use crate::program::Op;

/// Microseconds in a second, the unit of gaps.
const SECOND: f64 = 1e6;

/// A settled partial aggregate and a sorted tail.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sequence {
    /// Settled words.
    pub words: [u64; 3],
    /// Time of the latest settled event.
    pub last: i64,
    /// Events not settled yet, rising by (time, arrival).
    pub tail: Vec<(i64, f64)>,
}

impl Default for Sequence {
    fn default() -> Self {
        Sequence { words: [0; 3], last: i64::MIN, tail: Vec::new() }
    }
}

impl Sequence {
    pub(super) fn add(&mut self, op: Op, session: Option<i64>, x: f64, moment: Moment) {
        if moment.at >= self.last {
            let place = self.tail.partition_point(|(at, _)| *at <= moment.at);
            self.tail.insert(place, (moment.at, x));
        }
        let settled = moment.now.saturating_sub(moment.lateness);
        let ripe = self.tail.partition_point(|(at, _)| *at < settled);
        for (at, x) in self.tail.drain(..ripe) {
            step(op, session, &mut self.words, &mut self.last, at, x);
        }
    }

    /// The value at `at`: of a session that has ended before, that of nothing.
    pub(super) fn value(&self, op: Op, session: Option<i64>, at: i64) -> f64 {
        let (mut words, mut last) = (self.words, self.last);
        for (time, x) in &self.tail {
            step(op, session, &mut words, &mut last, *time, *x);
        }
        if session.is_some_and(|gap| last == i64::MIN || at.saturating_sub(last) > gap) {
            words = [0; 3];
        }
        finish(op, &words)
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Sequence>() + self.tail.capacity() * size_of::<(i64, f64)>()
    }
}

/// Takes the next event in time order.
fn step(op: Op, session: Option<i64>, words: &mut [u64; 3], last: &mut i64, at: i64, x: f64) {
    match session {
        Some(gap) => {
            if *last != i64::MIN && at - *last > gap {
                *words = [0; 3];
            }
            partial::add(op, words, x, 1.0, at);
        }
        None if *last != i64::MIN && at > *last => {
            let gap = (at - *last) as f64 / SECOND;
            partial::add(plain(op), words, if op == Op::GapLogSum { ln(gap) } else { gap }, 1.0, at);
        }
        None => {}
    }
    *last = at;
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

fn finish(op: Op, words: &[u64; 3]) -> f64 {
    partial::finish(plain(op), words, false)
}

/// What a gap feature makes of events in time order.
pub(super) fn gaps(op: Op, events: &[(i64, f64)]) -> f64 {
    let (mut words, mut last) = ([0; 3], i64::MIN);
    for (at, x) in events {
        step(op, None, &mut words, &mut last, *at, *x);
    }
    finish(op, &words)
}
