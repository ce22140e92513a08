//! Applying records: the only way in which state changes.

use super::cell::{add_decayed, add_recent, add_weight};
use super::event::{EventReader, EventRow};
use super::rows::RowMut;
use super::{Known, Member, State};
use crate::base::random::mix;
use crate::data::record::{Events, NONE, Ties, Traits, Values};
use crate::definition::model::Window;
use crate::expr;
use crate::program::{FeatureSpec, Op, Per, Program, SLOT_REPLY, Trigger};

/// A clock word: zero is "never", so that empty rows need no set-up.
pub(super) fn clock(word: u64) -> i64 {
    (word ^ (1 << 63)) as i64
}

fn clock_word(at: i64) -> u64 {
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
        feed(program, trigger_spec, kept, row);
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
            let kept = shard.pairs.row(local, customer, peer);
            if weight.is_nan() {
                kept.words[feature.word] = 0;
            } else {
                add_to_word(trigger, feature, kept.words, feature.word, weight, at);
                if let Some(word) = trigger.clock {
                    kept.words[word] = clock_word(clock(kept.words[word]).max(at));
                }
            }
        }
    }
}

/// Adds `x` to a sum in a word, decayed by the trigger's clock where the feature decays.
fn add_to_word(trigger: &Trigger, feature: &FeatureSpec, words: &mut [u64], word: usize, x: f64, at: i64) {
    let sum = f64::from_bits(words[word]);
    let sum = match (feature.window, trigger.clock) {
        (Window::HalfLife(_), Some(place)) => {
            let kept = clock(words[place]);
            let kept = if kept == i64::MIN { at } else { kept };
            add_decayed(sum, x, feature.rate(), kept, at)
        }
        _ => sum + x,
    };
    words[word] = sum.to_bits();
}

/// Feeds one event to the features of a trigger, and moves the trigger's clock.
fn feed(program: &Program, trigger: &Trigger, kept: RowMut<'_>, row: &EventRow) {
    let RowMut { words, cells } = kept;
    for index in &trigger.features {
        let Some(feature) = program.features.get(*index) else { continue };
        let x = feature.value.as_ref().map_or(1.0, |value| value.row(row));
        if x.is_nan() {
            // The clock moves all the same, so the sums must stand as of the moved clock.
            settle(trigger, feature, words, row.at);
            continue;
        }
        match (feature.op, feature.window, feature.cell) {
            (Op::Histogram, _, Some(cell)) => add_keys(feature, &mut cells[cell], row, x),
            (_, Window::Last(limit), Some(cell)) => add_recent(&mut cells[cell], limit as usize, row.at, x),
            (Op::Mean, ..) => {
                add_to_word(trigger, feature, words, feature.word, x, row.at);
                add_to_word(trigger, feature, words, feature.word + 1, 1.0, row.at);
            }
            (Op::FirstTime, ..) => {
                let first = clock(words[feature.word]);
                let first = if first == i64::MIN { row.at } else { first.min(row.at) };
                words[feature.word] = clock_word(first);
            }
            (Op::LastTime, ..) => words[feature.word] = clock_word(clock(words[feature.word]).max(row.at)),
            _ => add_to_word(trigger, feature, words, feature.word, x, row.at),
        }
    }
    if let Some(word) = trigger.clock {
        words[word] = clock_word(clock(words[word]).max(row.at));
    }
}

fn settle(trigger: &Trigger, feature: &FeatureSpec, words: &mut [u64], at: i64) {
    let count = FeatureSpec::words(feature.op, feature.window);
    if matches!(feature.window, Window::HalfLife(_)) {
        for word in feature.word..feature.word + count {
            add_to_word(trigger, feature, words, word, 0.0, at);
        }
    }
}

fn add_keys(feature: &FeatureSpec, cell: &mut Option<Box<super::Cell>>, row: &EventRow, x: f64) {
    let Some(slot) = feature.by else { return };
    let list = expr::Row::keys(row, slot as u32);
    for key in list {
        add_weight(cell, *key, x, feature.rate(), row.at);
    }
    if let (true, Some(value)) = (list.is_empty(), row.values.get(slot).filter(|value| !value.is_nan())) {
        add_weight(cell, *value as u32, x, feature.rate(), row.at);
    }
}
