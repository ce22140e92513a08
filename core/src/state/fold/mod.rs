//! Applying records: the only way in which state changes.

mod batch;
mod columns;
mod feed;
mod known;
mod replies;
mod ties;

use super::cell::Moment;
use super::event::{EventReader, EventRow};
use super::horizon::Line;
use super::{SHARDS, Shard, State, place};
use crate::base::prefetch::prefetch;
use crate::base::random::mix;
use crate::data::ids::Ids;
use crate::data::keys::Keys;
use crate::data::record::{Events, NONE};
use crate::program::{KIND_CROSSED, Per, Program, Pulled, Trigger};
pub(super) use feed::name_hash;
use feed::{Taken, advance, feed};
pub(super) use replies::{Entry, Pending, Snapshot};

/// What every step of a fold looks at.
#[derive(Clone, Copy)]
struct Fold<'a> {
    program: &'a Program,
    ids: &'a Ids,
    keys: &'a Keys,
    /// The engine's clock.
    now: i64,
}

impl State {
    /// Applies a batch of events in the order of its rows.
    pub fn apply_events(&mut self, program: &Program, events: &Events) {
        if self.can_group(program, events) {
            return self.apply_grouped(program, events);
        }
        self.apply_singly(program, events);
    }

    /// Applies events one after the other.
    fn apply_singly(&mut self, program: &Program, events: &Events) {
        let reader = EventReader::new(program, events);
        let mut row = EventRow::default();
        for index in 0..events.at.len() {
            self.apply_row(program, &reader, index, &mut row);
        }
    }

    /// Applies one row of a batch and leaves it in `row`; false if the program has no such kind.
    pub fn apply_row(&mut self, program: &Program, reader: &EventReader<'_>, index: usize, row: &mut EventRow) -> bool {
        let known = self.load(program, reader, index, row);
        if known {
            self.apply_loaded(program, row);
        }
        known
    }

    /// Reads one row of a batch, merged customers as one; false if the program has no such kind.
    pub fn load(&self, program: &Program, reader: &EventReader<'_>, index: usize, row: &mut EventRow) -> bool {
        let known = reader.load(index, program.slots.len(), row);
        row.folded = false;
        if known && !self.aliases.is_empty() {
            let customer = self.resolve(row.customer);
            row.folded = customer != row.customer;
            row.customer = customer;
            row.peer = self.resolve(row.peer);
        }
        known
    }

    /// Applies a row that is loaded already: its triggers at both ends, and what it answers.
    pub fn apply_loaded(&mut self, program: &Program, row: &mut EventRow) {
        self.count_event(program, row.kind, row.at);
        let Some(kind) = program.kinds.get(row.kind) else { return };
        if let (Some(id), true) = (row.id, row.customer != NONE) {
            self.shards[place(row.customer).0].seen.note((row.customer, id), row.at, self.now);
        }
        for ((own, other), pulled) in row.ends().into_iter().zip([&kind.outward, &kind.inward]) {
            if own == NONE {
                continue;
            }
            let fold = Fold { program, ids: &self.ids, keys: &self.keys, now: self.now };
            let shard = &mut self.shards[place(own).0];
            for trigger in &pulled.plain {
                shard.pull(fold, *trigger, row, (own, other));
            }
            self.pull_groups(program, pulled, row, own);
        }
        if !(kind.outward.replies.is_empty() && kind.inward.replies.is_empty()) {
            self.apply_reply(program, row);
        }
        self.apply_membership(program, row);
    }

    /// Counts an event, and moves the clock. A crossing is never late: one that was found afterwards is of
    /// its own moment.
    fn count_event(&mut self, program: &Program, kind: usize, at: i64) {
        self.now = self.now.max(at);
        self.events += 1;
        self.late += u64::from(kind != KIND_CROSSED && at < self.now.saturating_sub(program.time.lateness));
    }

    /// Asks for the row and the membership of a customer whose event comes soon.
    pub fn prefetch(&self, customer: u32) {
        if customer != NONE {
            let (shard, local) = self.shard(customer);
            shard.rows.prefetch(local);
            let members = shard.members.get(local * self.segments..(local + 1) * self.segments).unwrap_or_default();
            members.iter().step_by(4).for_each(prefetch);
        }
    }

    /// Asks for what the row of a customer holds; the row itself was asked for before.
    pub fn prefetch_cells(&self, customer: u32) {
        if customer != NONE {
            let (shard, local) = self.shard(customer);
            shard.rows.prefetch_cells(local);
        }
    }

    /// Pulls the triggers of groups to which a customer belongs at this moment.
    fn pull_groups(&mut self, program: &Program, pulled: &Pulled, row: &EventRow, own: u32) {
        for trigger in pulled.groups.iter().filter_map(|trigger| Some((*trigger, program.triggers.get(*trigger)?))) {
            let (index, trigger) = trigger;
            let Per::Group(item) = trigger.per else { continue };
            let group = self.known(item, own).value;
            if group.is_nan() || !row.passes(index, trigger) {
                continue;
            }
            let fold = Fold { program, ids: &self.ids, keys: &self.keys, now: self.now };
            let moment = fold.moment(row.at, trigger);
            let occasions = &mut self.shards[place(own).0].occasions;
            let line = if trigger.occasion {
                occasions.line((own, occasion(fold, trigger, NONE, row)), row.at, self.now)
            } else {
                Line::First
            };
            let kept = self.shards[group as usize % SHARDS].groups.row((item as u32, group as u32));
            match line {
                Line::First => feed(fold, trigger, kept, row, moment),
                Line::Earlier(from) => advance(fold, trigger, kept, from, moment),
                Line::Further => {}
            }
        }
    }
}

impl Fold<'_> {
    /// Events before this are not expected any more.
    fn settled(&self) -> i64 {
        self.now.saturating_sub(self.program.time.lateness)
    }

    fn moment(&self, at: i64, trigger: &Trigger) -> Moment {
        Moment { at, now: self.now, lateness: self.program.time.lateness, movable: trigger.occasion }
    }
}

impl Shard {
    /// Feeds an event to the features of a trigger, for a customer of this shard, if it counts.
    fn pull<T: Taken>(&mut self, fold: Fold<'_>, index: usize, taken: &T, (own, other): (u32, u32)) {
        let Some(trigger) = fold.program.triggers.get(index) else { return };
        let pair = trigger.per == Per::Pair;
        if (pair && other == NONE) || !taken.passes(index, trigger) {
            return;
        }
        let moment = fold.moment(taken.at(), trigger);
        let mut moved = None;
        if trigger.occasion {
            let name = (own, occasion(fold, trigger, if pair { other } else { NONE }, taken));
            match self.occasions.line(name, moment.at, fold.now) {
                Line::First => {}
                Line::Further => return,
                Line::Earlier(from) => moved = Some(from),
            }
        }
        let (_, local) = place(own);
        let kept = if pair { self.pairs.row(local, own, other) } else { self.rows.row(local) };
        match moved {
            None => feed(fold, trigger, kept, taken, moment),
            Some(from) => advance(fold, trigger, kept, from, moment),
        }
    }
}

/// The name of an occasion of a trigger: the one given, or by default the instant. It is the same
/// in every state, however that numbers its customers, triggers and kinds.
fn occasion<T: Taken>(fold: Fold<'_>, trigger: &Trigger, other: u32, taken: &T) -> u64 {
    let (given, name) = taken.occasion().map_or((0, taken.at() as u64), |name| (1, name));
    let kind = fold.program.kinds.get(taken.kind()).map_or(0, |kind| kind.mark);
    let other = if other == NONE { 0 } else { fold.ids.mark(other) };
    mix(mix(trigger.mark, kind, given), other, name)
}
