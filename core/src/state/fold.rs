//! Applying records: the only way in which state changes.

use super::cell::{Cell, Moment, decayed};
use super::event::{EventReader, EventRow};
use super::rows::RowMut;
use super::{Known, Member, State, partial};
use crate::base::random::mix;
use crate::data::record::{Events, NONE, Ties, Traits, Values};
use crate::expr;
use crate::program::{FeatureSpec, Op, Per, Program, SLOT_REPLY, Trigger};

/// A clock word: zero is "never", so that empty rows need no set-up.
pub(super) fn clock(word: u64) -> i64 {
    (word ^ (1 << 63)) as i64
}

pub(super) fn clock_word(at: i64) -> u64 {
    at as u64 ^ (1 << 63)
}

impl State {
    /// Applies a batch of events in the order of its rows.
    pub fn apply_events(&mut self, program: &Program, events: &Events) {
        let reader = EventReader::new(program, events);
        let mut row = EventRow::default();
        for index in 0..events.at.len() {
            self.apply_row(program, &reader, index, &mut row);
        }
    }

    /// Applies one row of a batch and leaves it in `row`; false if the program has no such kind.
    pub fn apply_row(&mut self, program: &Program, reader: &EventReader<'_>, index: usize, row: &mut EventRow) -> bool {
        let known = reader.load(index, program.slots.len(), row);
        if known {
            self.apply_loaded(program, reader, index, row);
        }
        known
    }

    /// Applies a row that `row` already holds.
    pub fn apply_loaded(&mut self, program: &Program, reader: &EventReader<'_>, index: usize, row: &mut EventRow) {
        self.now = self.now.max(row.at);
        self.apply_event(program, row);
        self.apply_membership(program, reader.events(), index);
    }

    /// Applies one event: its triggers at both ends, and what it answers.
    fn apply_event(&mut self, program: &Program, row: &mut EventRow) {
        self.events += 1;
        if row.at < self.now.saturating_sub(program.time.lateness) {
            self.late += 1;
        }
        if program.replies && row.customer != NONE && row.peer != NONE {
            row.values[SLOT_REPLY] = self.reply_seconds(row);
        }
        if let (Some(id), true) = (row.id, row.customer != NONE) {
            let now = self.now;
            self.shard_mut(row.customer).0.seen.note((row.customer, id), row.at, now);
        }
        let Some(kind) = program.kinds.get(row.kind) else { return };
        if row.customer != NONE {
            for trigger in &kind.outward {
                self.pull(program, *trigger, row, row.customer, row.peer);
            }
        }
        if row.peer != NONE {
            for trigger in &kind.inward {
                self.pull(program, *trigger, row, row.peer, row.customer);
            }
        }
    }

    /// Seconds since the event that this one answers, or since the peer's first message of this kind
    /// that the customer had left unanswered; the event itself opens a wait at the other end.
    fn reply_seconds(&mut self, row: &EventRow) -> f64 {
        let named = row.reply_to.and_then(|id| self.shard(row.peer).0.seen.time((row.peer, id)));
        let kind = row.kind as u32;
        let owed = (row.customer, row.peer, kind);
        let waits = &mut self.shard_mut(row.customer).0.waits;
        let waited = waits.get(&owed).copied().filter(|since| *since <= row.at);
        if waited.is_some() {
            waits.remove(&owed);
        }
        let (shard, _) = self.shard_mut(row.peer);
        shard.waits.entry((row.peer, row.customer, kind)).or_insert(row.at);
        match named.or(waited) {
            Some(since) => (row.at - since) as f64 / 1e6,
            None => f64::NAN,
        }
    }

    fn pull(&mut self, program: &Program, trigger: usize, row: &EventRow, own: u32, other: u32) {
        let Some(trigger_spec) = program.triggers.get(trigger) else { return };
        if trigger_spec.filter.as_ref().is_some_and(|filter| filter.row(row) != 1.0) {
            return;
        }
        if trigger_spec.per == Per::Pair && other == NONE {
            return;
        }
        let now = self.now;
        let moment = Moment { at: row.at, now, lateness: program.time.lateness };
        let (shard, local) = self.shard_mut(own);
        if trigger_spec.occasion {
            let side = if trigger_spec.per == Per::Pair { u64::from(other) } else { u64::from(NONE) };
            let occasion = row.occasion.unwrap_or(row.at as u64);
            let name = mix(mix(trigger as u64, side, row.kind as u64), occasion, u64::from(row.occasion.is_some()));
            if !shard.occasions.note((own, name), row.at, now) {
                return;
            }
        }
        let kept = match trigger_spec.per {
            Per::Customer => shard.rows.row(local),
            Per::Pair => shard.pairs.row(local, own, other),
        };
        feed(program, trigger_spec, kept, row, moment);
    }

    /// Applies what a record of a crossing or a decision says beyond its features.
    fn apply_membership(&mut self, program: &Program, events: &Events, index: usize) {
        let kind = events.kind[index];
        let customer = events.customer[index];
        if customer == NONE {
            return;
        }
        match program.kinds.iter().position(|known| known.key == kind).and_then(|at| program.kinds.get(at)) {
            Some(known) if known.name == "crossed" => {
                let (Some(segment), Some(to)) =
                    (self.field_key(events, "segment", index), self.field_key(events, "to", index))
                else {
                    return;
                };
                if let Some(segment) = program.segments.iter().position(|spec| spec.key == segment) {
                    self.set_member(segment, customer, Member { cell: to, since: events.at[index] });
                }
            }
            Some(known) if known.name == "decided" => {
                let (shard, local) = self.shard_mut(customer);
                if shard.decided.len() <= local {
                    shard.decided.resize(local + 1, 0);
                }
                shard.decided[local] += 1;
            }
            _ => {}
        }
    }

    fn field_key(&self, events: &Events, role: &str, index: usize) -> Option<u32> {
        let name = self.keys.get(role)?;
        let field = events.fields.iter().find(|field| field.name == name)?;
        match &field.values {
            Values::Key(keys) => keys.get(index).copied(),
            _ => None,
        }
    }

    fn set_member(&mut self, segment: usize, customer: u32, member: Member) {
        let segments = self.segments;
        self.cells.learn(member.cell, &self.keys);
        let (shard, local) = self.shard_mut(customer);
        let nobody = Member { cell: NONE, since: i64::MIN };
        if shard.members.len() < (local + 1) * segments {
            shard.members.resize((local + 1) * segments, nobody);
        }
        shard.members[local * segments + segment] = member;
    }

    /// Applies traits: of two values the one learnt later stands.
    pub fn apply_traits(&mut self, program: &Program, traits: &Traits) {
        let count = self.traits;
        for field in &traits.fields {
            let Some(item) = program.traits.iter().position(|known| known.key == field.name) else { continue };
            for (index, customer) in traits.customer.iter().enumerate() {
                let value = match &field.values {
                    Values::Number(numbers) => numbers[index],
                    Values::Key(keys) if keys[index] != NONE => f64::from(keys[index]),
                    _ => f64::NAN,
                };
                if value.is_nan() {
                    continue;
                }
                let (shard, local) = self.shard_mut(*customer);
                if shard.traits.len() < (local + 1) * count {
                    shard.traits.resize((local + 1) * count, Known { value: f64::NAN, at: i64::MIN });
                }
                let known = &mut shard.traits[local * count + item];
                if traits.at[index] >= known.at {
                    *known = Known { value, at: traits.at[index] };
                }
            }
        }
    }

    /// Applies ties given directly.
    pub fn apply_ties(&mut self, program: &Program, ties: &Ties) {
        for (index, layer) in ties.layer.iter().enumerate() {
            let Some(tie) = program.ties.iter().find(|tie| tie.key == *layer) else { continue };
            let Some(feature) = program.features.get(tie.feature) else { continue };
            let Some(trigger) = program.triggers.get(feature.trigger) else { continue };
            let (customer, peer, at, weight) =
                (ties.customer[index], ties.peer[index], ties.at[index], ties.weight[index]);
            let (shard, local) = self.shard_mut(customer);
            let RowMut { words, .. } = shard.pairs.row(local, customer, peer);
            if weight.is_nan() {
                words[feature.word..feature.word + feature.op.words()].fill(0);
            } else {
                let decay = Decay::begin(trigger, words, at);
                decay.add(feature, words, Some((weight, weight)));
                decay.end(words);
            }
        }
    }
}

/// One event at a trigger's clock: what was known decays to it, or it decays to what is known.
///
/// Forward decay (Cormode, Shkapenyuk, Srivastava and Xu 2009): the order of arrival changes the
/// result by rounding only. All features of a trigger share its clock.
struct Decay {
    place: Option<usize>,
    clock: i64,
    at: i64,
}

impl Decay {
    fn begin(trigger: &Trigger, words: &[u64], at: i64) -> Self {
        let kept = trigger.clock.map_or(i64::MIN, |place| clock(words[place]));
        Decay { place: trigger.clock, clock: if kept == i64::MIN { at } else { kept }, at }
    }

    /// Adds (value, count) to a feature in words, or only moves it to the new clock.
    fn add(&self, feature: &FeatureSpec, words: &mut [u64], value: Option<(f64, f64)>) {
        let Decay { clock, at, .. } = *self;
        let words = &mut words[feature.word..feature.word + feature.op.words()];
        let rate = feature.rate();
        if rate > 0.0 && at > clock {
            partial::scale(feature.op, words, decayed(1.0, rate, clock, at));
        }
        if let Some((x, count)) = value {
            let weight = if rate > 0.0 && at < clock { decayed(1.0, rate, at, clock) } else { 1.0 };
            let weight = if feature.op == Op::Count { weight * count } else { weight };
            partial::add(feature.op, words, x, weight, at);
        }
    }

    fn end(&self, words: &mut [u64]) {
        if let Some(place) = self.place {
            words[place] = clock_word(self.clock.max(self.at));
        }
    }
}

/// Feeds one event to the features of a trigger, and moves the trigger's clock.
fn feed(program: &Program, trigger: &Trigger, kept: RowMut<'_>, row: &EventRow, moment: Moment) {
    let RowMut { words, cells } = kept;
    let decay = Decay::begin(trigger, words, row.at);
    for index in &trigger.features {
        let Some(feature) = program.features.get(*index) else { continue };
        let x = feature.value.as_ref().map_or(1.0, |value| value.row(row));
        match feature.cell.and_then(|cell| cells.get_mut(cell)) {
            None => decay.add(feature, words, (!x.is_nan()).then_some((x, 1.0))),
            Some(cell) if feature.by.is_some() => add_keys(feature, cell, row, moment),
            Some(cell) if !x.is_nan() => Cell::add(cell, feature, x, moment),
            Some(_) => {}
        }
    }
    decay.end(words);
}

/// Adds every name that the event has in the role.
fn add_keys(feature: &FeatureSpec, cell: &mut Option<Box<Cell>>, row: &EventRow, moment: Moment) {
    let Some(slot) = feature.by else { return };
    let list = expr::Row::keys(row, slot as u32);
    for key in list {
        Cell::add(cell, feature, f64::from(*key), moment);
    }
    if let (true, Some(value)) = (list.is_empty(), row.values.get(slot).filter(|value| !value.is_nan())) {
        Cell::add(cell, feature, *value, moment);
    }
}
