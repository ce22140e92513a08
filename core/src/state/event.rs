//! One event as triggers and expressions see it: a value for each slot.

use crate::base::random::hash_bytes;
use crate::data::record::{Events, NONE, Values};
use crate::expr;
use crate::program::{Program, SLOT_AT, SLOT_KIND};

/// The slots of one event. One is kept and refilled over a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct EventRow {
    /// Position of the kind in the program.
    pub kind: usize,
    /// Dense customer, or NONE.
    pub customer: u32,
    /// Dense peer, or NONE.
    pub peer: u32,
    /// Event time.
    pub at: i64,
    /// A value a slot; unknown is NaN.
    pub values: Vec<f64>,
    /// Hash of the event id, of the occasion and of the answered event, where given.
    pub id: Option<u64>,
    /// See `id`.
    pub occasion: Option<u64>,
    /// See `id`.
    pub reply_to: Option<u64>,
    /// Slot, and where its names stand in `names`, for roles of several names.
    pub(super) lists: Vec<(u32, u32, u32)>,
    pub(super) names: Vec<u32>,
}

impl expr::Row for EventRow {
    fn value(&self, variable: u32) -> f64 {
        self.values.get(variable as usize).copied().unwrap_or(f64::NAN)
    }

    fn keys(&self, variable: u32) -> &[u32] {
        let list = self.lists.iter().find(|(slot, _, _)| *slot == variable);
        list.and_then(|(_, start, end)| self.names.get(*start as usize..*end as usize)).unwrap_or_default()
    }
}

impl EventRow {
    /// Gives every name in a slot: those of a list, or the one of a category.
    pub fn names(&self, slot: usize, mut each: impl FnMut(u32)) {
        let list = expr::Row::keys(self, slot as u32);
        list.iter().for_each(|key| each(*key));
        if let (true, Some(value)) = (list.is_empty(), self.values.get(slot).filter(|value| !value.is_nan())) {
            each(*value as u32);
        }
    }

    /// Slot and names of every role of several names.
    pub fn lists(&self) -> Vec<(u32, &[u32])> {
        let names = |start: u32, end: u32| self.names.get(start as usize..end as usize).unwrap_or_default();
        self.lists.iter().map(|(slot, start, end)| (*slot, names(*start, *end))).collect()
    }

    /// Gives a role its names.
    pub fn push_list(&mut self, slot: u32, names: &[u32]) {
        let start = self.names.len() as u32;
        self.names.extend_from_slice(names);
        self.lists.push((slot, start, self.names.len() as u32));
    }

    /// Both ends of the event: who, and who is at the other end; [`NONE`] is nobody.
    pub fn ends(&self) -> [(u32, u32); 2] {
        [(self.customer, self.peer), (self.peer, self.customer)]
    }
}

/// Where the fields of a batch go: the slot of each.
pub(crate) struct EventReader<'a> {
    events: &'a Events,
    fields: Vec<(usize, &'a Values)>,
    kinds: Vec<(u32, usize)>,
    labels: crate::program::Labels,
}

impl<'a> EventReader<'a> {
    /// Matches the fields of a batch with the slots of a program; fields that it lacks are passed over.
    pub fn new(program: &Program, events: &'a Events) -> Self {
        let slot_of = |name: u32| program.slots.iter().position(|slot| slot.key == name);
        let fields = events.fields.iter().filter_map(|field| Some((slot_of(field.name)?, &field.values))).collect();
        let kinds = program.kinds.iter().enumerate().map(|(index, kind)| (kind.key, index)).collect();
        EventReader { events, fields, kinds, labels: program.labels }
    }

    /// Fills `row` with event `index`; false if the program has no such kind.
    pub fn load(&self, index: usize, slots: usize, row: &mut EventRow) -> bool {
        let kind = self.events.kind[index];
        let Some((_, position)) = self.kinds.iter().find(|(key, _)| *key == kind) else { return false };
        row.kind = *position;
        row.customer = self.events.customer[index];
        row.peer = self.events.peer[index];
        row.at = self.events.at[index];
        row.values.clear();
        row.values.resize(slots, f64::NAN);
        row.values[SLOT_KIND] = f64::from(kind);
        row.values[SLOT_AT] = row.at as f64;
        row.lists.clear();
        row.names.clear();
        (row.id, row.occasion, row.reply_to) = (None, None, None);
        for (slot, values) in &self.fields {
            self.load_field(index, *slot, values, row);
        }
        true
    }

    fn load_field(&self, index: usize, slot: usize, values: &Values, row: &mut EventRow) {
        let span = |ends: &[u32]| {
            let start = if index == 0 { 0 } else { ends[index - 1] };
            start as usize..ends[index] as usize
        };
        match values {
            Values::Number(numbers) => row.values[slot] = numbers[index],
            Values::Key(keys) if keys[index] != NONE => row.values[slot] = f64::from(keys[index]),
            Values::Key(_) => {}
            Values::Keys { ends, keys } => {
                let names = &keys[span(ends)];
                if !names.is_empty() {
                    row.push_list(slot as u32, names);
                }
            }
            Values::Label { ends, bytes } => {
                let text = &bytes[span(ends)];
                let hash = (!text.is_empty()).then(|| hash_bytes(text));
                let slot = Some(slot);
                if slot == self.labels.id {
                    row.id = hash;
                } else if slot == self.labels.occasion {
                    row.occasion = hash;
                } else if slot == self.labels.reply_to {
                    row.reply_to = hash;
                }
            }
        }
    }
}
