//! Timers: the moments at which time alone may move a customer to another cell.
//!
//! They are derived from state and kept nowhere: the first write that moves the clock finds them
//! again. A timer fires when the clock reaches it, before the event that moves the clock, in the
//! order of (moment, customer).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::react::{Cause, Reaction};
use super::world::World;
use crate::base::Result;
use crate::columns::{Asked, Scratch};
use crate::data::record::NONE;
use crate::segments::NEVER;

/// The next timer of every customer.
#[derive(Debug, Default)]
pub(super) struct Timers {
    /// By customer; [`NEVER`] without one.
    due: Vec<i64>,
    /// Rising; an entry that is not its customer's timer any more is passed over.
    queue: BinaryHeap<Reverse<(i64, u32)>>,
    built: bool,
}

impl Timers {
    /// Forgets every timer: what they depend on has changed.
    pub fn clear(&mut self) {
        *self = Timers::default();
    }

    fn set(&mut self, customer: u32, due: i64) {
        let place = customer as usize;
        if self.due.len() <= place {
            self.due.resize(place + 1, NEVER);
        }
        if self.due.get(place) == Some(&due) {
            return;
        }
        self.due[place] = due;
        if due != NEVER {
            self.queue.push(Reverse((due, customer)));
        }
        if self.queue.len() > 2 * self.due.len() + 64 {
            let live = (0..).zip(&self.due).filter(|(_, due)| **due != NEVER);
            self.queue = live.map(|(customer, due)| Reverse((*due, customer))).collect();
        }
    }

    /// The earliest timer at or before `at`.
    fn first(&mut self, at: i64) -> Option<(i64, u32)> {
        while let Some(Reverse((due, customer))) = self.queue.peek().copied().filter(|Reverse((due, _))| *due <= at) {
            if self.due.get(customer as usize) == Some(&due) {
                return Some((due, customer));
            }
            self.queue.pop();
        }
        None
    }

    /// Forgets a timer that fires.
    fn fired(&mut self, customer: u32) {
        self.queue.pop();
        if let Some(due) = self.due.get_mut(customer as usize) {
            *due = NEVER;
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.due.capacity() * size_of::<i64>() + self.queue.capacity() * size_of::<(i64, u32)>()
    }
}

impl World {
    /// Lets time pass up to `at`, before the clock moves there: timers fire, and decisions expire of which
    /// no outcome is taken any more, in the order of their moments.
    pub fn pass_time(&mut self, at: i64, caused: &mut Reaction) -> Result<()> {
        let at = at.max(self.state.now);
        if !self.timed && self.ledger.due_before(at).is_none() {
            return Ok(());
        }
        self.find_timers();
        loop {
            let expires = self.ledger.due_before(at).map(|(due, _)| due);
            let timer = self.timers.first(at);
            match (expires, timer) {
                (Some(due), timer) if timer.is_none_or(|(moment, _)| due < moment) => {
                    self.touched = true;
                    self.expire_first(caused)?;
                }
                (_, Some((due, customer))) => {
                    self.timers.fired(customer);
                    self.touched = true;
                    if self.state.is_live(customer) {
                        self.look(customer, due, Cause::Time, caused)?;
                    }
                }
                _ => break,
            }
        }
        self.ledger.purge(at);
        Ok(())
    }

    /// Bytes held by part: of the state, and of what is derived from it.
    pub fn bytes(&self) -> Vec<(&'static str, usize)> {
        let mut bytes = self.state.bytes();
        bytes.extend([("open decisions", self.ledger.bytes()), ("timers", self.timers.bytes())]);
        bytes
    }

    /// Whether time alone can move anyone.
    pub fn has_timers(&self) -> bool {
        !self.assigners.iter().all(crate::segments::Assigner::is_still)
            || self.program.segments.iter().any(|segment| segment.dwell > 0)
    }

    fn find_timers(&mut self) {
        if self.timers.built || !self.timed || self.state.now == i64::MIN {
            return;
        }
        self.timers.built = true;
        let at = self.state.now;
        for customer in 0..self.state.customers() {
            if self.state.is_live(customer) {
                self.arm(customer, at);
            }
        }
    }

    /// Sets the timer of a customer whose membership was looked at. Whoever is in no cell has none: an id
    /// alone, of a batch whose events are still to come, must not move.
    pub fn arm(&mut self, customer: u32, at: i64) {
        if !self.timers.built {
            return;
        }
        let asked = Asked { customer, peer: NONE, at };
        let mut scratch = std::mem::take(&mut self.scratch);
        let segments = 0..self.program.segments.len();
        let due = match segments.clone().any(|segment| self.state.member(segment, customer).cell != NONE) {
            true => segments.map(|segment| self.due(segment, asked, &mut scratch)).min().unwrap_or(NEVER),
            false => NEVER,
        };
        self.scratch = scratch;
        self.timers.set(customer, due);
    }

    fn due(&self, segment: usize, asked: Asked, scratch: &mut Scratch) -> i64 {
        let (Some(spec), Some(assigner)) = (self.program.segments.get(segment), self.assigners.get(segment)) else {
            return NEVER;
        };
        if assigner.is_still() && spec.dwell == 0 {
            return NEVER;
        }
        let member = self.state.member(segment, asked.customer);
        let stays = member.since.saturating_add(spec.dwell);
        if spec.dwell > 0 && member.cell != NONE && asked.at < stays && !assigner.is_rechecked() {
            let mut labels = Vec::new();
            if self.labels_now(segment, asked, scratch, &mut labels) {
                return stays;
            }
        }
        assigner.next(self.view(), spec, self.state.labels(segment, asked.customer), asked, scratch)
    }
}

#[cfg(test)]
impl World {
    /// The earliest timer.
    pub fn next_timer(&self) -> Option<i64> {
        let at = self.state.now;
        let mut scratch = Scratch::default();
        let customers = (0..self.state.customers()).filter(|customer| self.state.is_live(*customer));
        let due = customers.flat_map(|customer| {
            let asked = Asked { customer, peer: NONE, at };
            (0..self.program.segments.len()).map(|segment| (segment, asked)).collect::<Vec<_>>()
        });
        due.map(|(segment, asked)| self.due(segment, asked, &mut scratch)).min().filter(|due| *due != NEVER)
    }
}
