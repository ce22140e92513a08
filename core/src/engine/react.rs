//! Events one by one: fold, then look for crossings, then decide.

use std::sync::Arc;

use super::decide::How;
use super::moved::MOVED;
use super::report::{Crossing, TakenDecision};
use super::world::World;
use crate::base::Result;
use crate::columns::{Asked, Scratch};
use crate::data::record::{Events, NONE};
use crate::program::KIND_CROSSED;
use crate::segments::Assigner;
use crate::state::{EventReader, EventRow, Member};

/// How many events ahead a customer's row, and what it holds, are asked for.
const AHEAD: [usize; 2] = [12, 6];

/// What a call brought about.
#[derive(Debug, Default)]
pub(super) struct Reaction {
    /// Events to record, in the order in which they were applied.
    pub events: Events,
    /// Crossings found.
    pub crossings: Vec<Crossing>,
    /// Decisions taken.
    pub decisions: Vec<TakenDecision>,
    /// Rows passed over, since their event id was seen before.
    pub duplicates: u64,
    /// Room for the labels of one cell.
    labels: Vec<u32>,
}

/// Why a customer's membership is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// An event of the customer's own.
    Event,
    /// A trait was learnt.
    Trait,
    /// The clock moved.
    Time,
    /// A fit moved the edges; it triggers nothing.
    Fit,
    /// The definition changed; it triggers nothing.
    Redefine,
    /// A partial state was absorbed; it triggers nothing.
    Absorb,
    /// Two customers became one; it triggers nothing.
    Merge,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Cause; 7] =
        [Cause::Event, Cause::Trait, Cause::Time, Cause::Fit, Cause::Redefine, Cause::Absorb, Cause::Merge];

    /// Whether the world moved rather than the customer: dwell does not hold, nothing is triggered.
    fn is_external(self) -> bool {
        matches!(self, Cause::Fit | Cause::Redefine | Cause::Absorb | Cause::Merge)
    }

    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Event => "event",
            Cause::Trait => "trait",
            Cause::Time => "time",
            Cause::Fit => "fit",
            Cause::Redefine => "redefine",
            Cause::Absorb => "absorb",
            Cause::Merge => "merge",
        }
    }
}

/// Whether two cells have the same labels: so few that a loop is cheaper than a call.
fn is_same(one: &[u32], other: &[u32]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one == other)
}

impl World {
    /// Folds events in order, each followed by the crossings and decisions that it causes. An event
    /// whose id was seen before is passed over.
    pub fn react(&mut self, events: Events) -> Result<Reaction> {
        let mut caused = Reaction::default();
        let identified = self.program.labels.id.is_some();
        let due = events.at.iter().max().is_some_and(|at| self.ledger.due_before(*at).is_some());
        if self.program.segments.is_empty() && !identified && !due {
            self.state.apply_events(&self.program, &events);
            caused.events = events;
            return Ok(caused);
        }
        // Rows of `events` first, then those of `caused.events`, in the order applied.
        let own = events.at.len();
        let mut order: Vec<u32> = Vec::with_capacity(own);
        let mut row = EventRow::default();
        let reader = EventReader::new(&self.program, &events);
        for index in 0..own {
            let [soon, next] = AHEAD.map(|ahead| events.customer.get(index + ahead).copied().unwrap_or(NONE));
            self.state.prefetch(soon);
            self.state.prefetch_cells(next);
            if !self.state.load(&self.program, &reader, index, &mut row) {
                continue;
            }
            if row.id.is_some_and(|id| row.customer != NONE && self.state.seen(row.customer, id, row.at)) {
                caused.duplicates += 1;
                continue;
            }
            let before = caused.events.at.len();
            self.pass_time(row.at, &mut caused)?;
            order.extend((own + before..own + caused.events.at.len()).map(|index| index as u32));
            let ends = [row.customer, row.peer].map(|end| (end != NONE && self.may_move(row.kind, end)).then_some(end));
            for customer in ends.into_iter().flatten() {
                self.remember(customer, row.at.max(self.state.now));
            }
            self.state.apply_loaded(&self.program, &mut row);
            order.push(index as u32);
            let before = caused.events.at.len();
            for customer in ends.into_iter().flatten() {
                // A late event moves its customer now, not in the past.
                self.look(customer, self.state.now, Cause::Event, &mut caused)?;
            }
            self.moved.forget();
            order.extend((own + before..own + caused.events.at.len()).map(|index| index as u32));
        }
        let untouched = caused.events.at.is_empty() && order.len() == own;
        caused.events = if untouched { events } else { events.weave(&caused.events, &order) };
        Ok(caused)
    }

    /// Whether an event of a kind may move a customer to another cell.
    pub fn may_move(&self, kind: usize, customer: u32) -> bool {
        self.shared.is_moved_by(kind) || self.is_new(customer)
    }

    /// Whether a customer is in no cell of some segment yet, and not in the cell `unknown`.
    fn is_new(&self, customer: u32) -> bool {
        (0..self.program.segments.len()).any(|segment| self.state.member(segment, customer).cell == NONE)
    }

    /// Looks at every customer's membership at `at`.
    pub fn look_at_all(&mut self, at: i64, cause: Cause) -> Result<Reaction> {
        self.look_at(0..self.state.customers(), at, cause)
    }

    /// Looks at some customers' membership at `at`.
    pub fn look_at(&mut self, customers: impl Iterator<Item = u32>, at: i64, cause: Cause) -> Result<Reaction> {
        let mut caused = Reaction::default();
        self.look_into(customers, at, cause, &mut caused)?;
        Ok(caused)
    }

    /// As [`World::look_at`], on top of what was caused already.
    pub fn look_into(
        &mut self,
        customers: impl Iterator<Item = u32>,
        at: i64,
        cause: Cause,
        caused: &mut Reaction,
    ) -> Result<()> {
        for customer in customers {
            if self.state.is_live(customer) {
                self.look(customer, at, cause, caused)?;
            }
        }
        Ok(())
    }

    /// Moves the clock: timers fire on the way, and what is looked at on a grid is looked at there.
    pub fn move_clock(&mut self, at: i64, caused: &mut Reaction) -> Result<()> {
        self.pass_time(at, caused)?;
        self.state.now = at;
        if self.assigners.iter().any(Assigner::is_rechecked) {
            self.look_into(0..self.state.customers(), at, Cause::Time, caused)?;
        }
        Ok(())
    }

    /// Records the crossings of one customer, and the decisions that entering a cell asks for.
    pub fn look(&mut self, customer: u32, at: i64, cause: Cause, caused: &mut Reaction) -> Result<()> {
        if self.program.segments.is_empty() {
            return Ok(());
        }
        self.ready()?;
        if cause == Cause::Time {
            self.moved.forget();
            self.remember(customer, at.saturating_sub(1));
        }
        let asked = Asked { customer, peer: NONE, at };
        let mut scratch = std::mem::take(&mut self.scratch);
        self.shared.compute(self.view(), asked, &mut scratch);
        let looked = self.look_with(asked, cause, caused, &mut scratch);
        self.scratch = scratch;
        self.arm(customer, at, !self.shared.moves());
        looked
    }

    fn look_with(&mut self, asked: Asked, cause: Cause, caused: &mut Reaction, scratch: &mut Scratch) -> Result<()> {
        let Asked { customer, at, .. } = asked;
        let mut labels = std::mem::take(&mut caused.labels);
        // Whether what was computed for all segments may be out of date.
        let mut moved = false;
        for segment in 0..self.program.segments.len() {
            let (Some(spec), Some(assigner)) = (self.program.segments.get(segment), self.assigners.get(segment)) else {
                continue;
            };
            if self.recorded.get(segment) == Some(&true) {
                continue;
            }
            if moved {
                assigner.compute(self.view(), asked, scratch);
            }
            let member = self.state.member(segment, customer);
            let current = self.state.labels_of(member.cell);
            assigner.labels(spec, current, scratch, &mut labels);
            let stays = member.cell != NONE && is_same(&labels, current);
            let held = !cause.is_external() && member.cell != NONE && at.saturating_sub(member.since) < spec.dwell;
            if stays || held || (member.cell == NONE && labels.is_empty()) {
                continue;
            }
            let decides = spec.decide_on_enter && self.recorded.is_empty();
            let wanted = decides && !cause.is_external() && !labels.is_empty();
            let known = member.cell != NONE;
            let seen = if known { self.moved.since(segment, customer, (current, &labels), scratch) } else { None };
            let to = self.state.cell_of(&labels)?;
            self.cross(segment, asked, (member.cell, to), (cause, seen), caused)?;
            if wanted {
                let decision = self.decide_and_apply(asked, &How::default(), &mut caused.events)?;
                caused.decisions.push(TakenDecision { customer, at, decision });
            }
            moved = self.shared.moves();
        }
        caused.labels = labels;
        Ok(())
    }

    /// The labels of the cell where a customer belongs now; true if that is another cell.
    pub fn labels_now(&self, segment: usize, asked: Asked, scratch: &mut Scratch, labels: &mut Vec<u32>) -> bool {
        let (Some(spec), Some(assigner)) = (self.program.segments.get(segment), self.assigners.get(segment)) else {
            return false;
        };
        let member = self.state.member(segment, asked.customer);
        let current = self.state.labels_of(member.cell);
        assigner.compute(self.view(), asked, scratch);
        assigner.labels(spec, current, scratch, labels);
        labels != current || member.cell == NONE
    }

    /// Records that a customer goes from one cell to another, with the columns that were seen to move, if they were.
    pub fn cross(
        &mut self,
        segment: usize,
        asked: Asked,
        (from, to): (u32, u32),
        (cause, moved): (Cause, Option<Arc<str>>),
        caused: &mut Reaction,
    ) -> Result<()> {
        let keys = &mut self.state.keys;
        let cause_key = keys.intern(cause.name())?;
        let seen = match &moved {
            Some(moved) => Some((keys.intern(MOVED)?, keys.intern(moved)?)),
            None => None,
        };
        let words = &self.words;
        let Some(spec) = self.program.segments.get(segment) else { return Ok(()) };
        let fields = [
            (words.segment, spec.key),
            (words.from, from),
            (words.to, to),
            (words.cause, cause_key),
            seen.unwrap_or_default(),
        ];
        let fields = fields.get(..4 + usize::from(seen.is_some())).unwrap_or_default();
        let kind = words.crossed;
        let guess = || self.moved.of(segment, self.state.labels_of(from), self.state.labels_of(to));
        caused.crossings.push(Crossing {
            customer: asked.customer,
            segment: Arc::clone(&spec.name),
            from: self.state.name_of(from),
            to: self.state.name_of(to),
            at: asked.at,
            cause: cause.name(),
            moved: moved.unwrap_or_else(guess),
        });
        caused.events.push_named(kind, asked.customer, asked.at, fields);
        if self.program.counts(KIND_CROSSED) {
            let mut event = Events::default();
            event.push_named(kind, asked.customer, asked.at, fields);
            self.state.apply_events(&self.program, &event);
        } else {
            let member = Member { cell: to, since: asked.at };
            self.state.apply_crossing(&self.program, segment, asked.customer, member);
        }
        Ok(())
    }

    /// Folds an event that the engine itself writes, and notes it among `events`.
    pub fn apply_own(&mut self, event: &Events, events: &mut Events) {
        self.fold_events(event);
        events.append(event);
    }
}
