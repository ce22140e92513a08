//! Timers: the moments at which time alone may move a customer to another cell.
//!
//! They are derived from state and kept nowhere: the first write that moves the clock finds them
//! again. A timer fires when the clock reaches it, before the event that moves the clock, in the
//! order of (moment, customer).

use super::agenda::Agenda;
use super::react::{Cause, Reaction};
use super::world::World;
use crate::base::Result;
use crate::columns::{Asked, Scratch};
use crate::data::record::NONE;
use crate::segments::{Guess, NEVER};

/// The next timer of every customer.
#[derive(Debug, Default)]
pub(super) struct Timers {
    agenda: Agenda,
    /// Whether every timer is known.
    built: bool,
    guesses: Vec<Guess>,
}

impl Timers {
    /// Forgets every timer: what they depend on has changed.
    pub fn clear(&mut self) {
        *self = Timers::default();
    }

    /// Whether all timers are known and none is due at `at`.
    fn is_settled(&self, at: i64) -> bool {
        self.built && self.agenda.is_settled(at)
    }
}

impl World {
    /// Whether nothing falls due up to `at`, as far as that is known without looking.
    pub fn is_settled(&self, at: i64) -> bool {
        let at = at.max(self.state.now);
        self.ledger.due_before(at).is_none() && (!self.timed || self.timers.is_settled(at))
    }

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
            let state = &self.state;
            let timer = self.timers.agenda.first(at, |customer| state.prefetch(customer));
            match (expires, timer) {
                (Some(due), timer) if timer.is_none_or(|(moment, _)| due < moment) => {
                    self.touched = true;
                    self.expire_first(caused)?;
                }
                (_, Some((due, customer))) => {
                    self.timers.agenda.take();
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
        bytes.extend([("open decisions", self.ledger.bytes()), ("timers", self.timers.agenda.bytes())]);
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
                self.arm(customer, at, false);
            }
        }
    }

    /// Sets the timer of a customer whose membership was looked at. Whoever is in no cell has none: an id
    /// alone, of a batch whose events are still to come, must not move. `fresh` says that the scratch holds
    /// what the segments read of this customer at this moment.
    pub fn arm(&mut self, customer: u32, at: i64, fresh: bool) {
        if !self.timers.built {
            return;
        }
        let due = self.next_of(Asked { customer, peer: NONE, at }, fresh);
        self.timers.agenda.set(customer, due);
    }

    /// The first moment at which time alone may move a customer.
    fn next_of(&mut self, asked: Asked, fresh: bool) -> i64 {
        let found = |segment: &usize| self.recorded.get(*segment) != Some(&true);
        if !(0..self.program.segments.len()).any(|segment| self.state.member(segment, asked.customer).cell != NONE) {
            return NEVER;
        }
        let (mut scratch, mut guesses) = (std::mem::take(&mut self.scratch), std::mem::take(&mut self.timers.guesses));
        let next = if self.recorded.is_empty() {
            let fades = self.fades.next(self.view(), &self.assigners, asked, fresh.then_some(&scratch), &mut guesses);
            let rest = self.fades.rest().iter().map(|segment| self.due(*segment, asked, &mut scratch));
            rest.min().unwrap_or(NEVER).min(fades)
        } else {
            (0..self.program.segments.len())
                .filter(found)
                .map(|segment| self.due(segment, asked, &mut scratch))
                .min()
                .unwrap_or(NEVER)
        };
        (self.scratch, self.timers.guesses) = (scratch, guesses);
        next
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
