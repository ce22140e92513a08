//! One event as triggers and expressions see it: a value for each slot.

use crate::base::random::hash_bytes;
use crate::data::record::{Events, NONE, Values};
use crate::expr;
use crate::program::{Program, SLOT_AT, SLOT_KIND};

/// The slots of one event. One is kept and refilled over a batch.
#[derive(Debug, Default)]
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
    lists: Vec<(u32, Vec<u32>)>,
}

impl expr::Row for EventRow {
    fn value(&self, variable: u32) -> f64 {
        self.values.get(variable as usize).copied().unwrap_or(f64::NAN)
    }

    fn keys(&self, variable: u32) -> &[u32] {
        self.lists.iter().find(|(slot, _)| *slot == variable).map_or(&[], |(_, keys)| keys.as_slice())
    }
}

impl EventRow {
    /// The names in a slot: those of a list, or the one of a category.
    pub fn keys_of(&self, slot: usize, out: &mut Vec<u32>) {
        out.clear();
        let list = expr::Row::keys(self, slot as u32);
        if !list.is_empty() {
            out.extend_from_slice(list);
        } else if let Some(value) = self.values.get(slot).filter(|value| !value.is_nan()) {
            out.push(*value as u32);
        }
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

    /// The batch that it reads.
    pub fn events(&self) -> &'a Events {
        self.events
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
                    row.lists.push((slot as u32, names.to_vec()));
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
