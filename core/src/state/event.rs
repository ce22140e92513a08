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
    /// Whether it was recorded of another customer, who is folded into this one.
    pub folded: bool,
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
        if names.is_empty() {
            return;
        }
        let start = self.names.len() as u32;
        self.names.extend_from_slice(names);
        self.lists.push((slot, start, self.names.len() as u32));
    }

    /// Both ends of the event: who, and who is at the other end; [`NONE`] is nobody.
    pub fn ends(&self) -> [(u32, u32); 2] {
        [(self.customer, self.peer), (self.peer, self.customer)]
    }
}

/// The value of a key in a slot.
pub(super) fn key_value(key: u32) -> f64 {
    if key == NONE { f64::NAN } else { f64::from(key) }
}

/// A batch as a program sees it: the slot of each field, the kind of each row.
pub(crate) struct EventReader<'a> {
    events: &'a Events,
    /// By slot.
    fields: Vec<Option<&'a Values>>,
    kinds: Vec<(u32, usize)>,
    labels: crate::program::Labels,
}

impl<'a> EventReader<'a> {
    /// Matches the fields of a batch with the slots of a program; fields that it lacks are passed over.
    pub fn new(program: &Program, events: &'a Events) -> Self {
        let field = |key: u32| events.fields.iter().find(|field| field.name == key).map(|field| &field.values);
        let fields = program.slots.iter().map(|slot| field(slot.key)).collect();
        let kinds = program.kinds.iter().enumerate().map(|(index, kind)| (kind.key, index)).collect();
        EventReader { events, fields, kinds, labels: program.labels }
    }

    /// The batch.
    pub fn events(&self) -> &'a Events {
        self.events
    }

    /// Position of a kind in the program, if it has it.
    pub fn kind(&self, key: u32) -> Option<usize> {
        self.kinds.iter().find(|(known, _)| *known == key).map(|(_, position)| *position)
    }

    /// The values of a slot, if the batch has any.
    pub fn field(&self, slot: usize) -> Option<&'a Values> {
        self.fields.get(slot).copied().flatten()
    }

    /// Whether events have ids.
    pub fn has_ids(&self) -> bool {
        self.labels.id.is_some_and(|slot| self.field(slot).is_some())
    }

    /// Hash of an event's id, where given.
    pub fn id(&self, index: usize) -> Option<u64> {
        self.label(self.labels.id, index)
    }

    /// Hash of an event's occasion, where given.
    pub fn occasion(&self, index: usize) -> Option<u64> {
        self.label(self.labels.occasion, index)
    }

    fn label(&self, slot: Option<usize>, index: usize) -> Option<u64> {
        let Some(Values::Label { ends, bytes }) = self.field(slot?) else { return None };
        let text = bytes.get(span(ends, index))?;
        (!text.is_empty()).then(|| hash_bytes(text))
    }

    /// The names of an event in a role of several names.
    pub fn list(&self, slot: usize, index: usize) -> &'a [u32] {
        match self.field(slot) {
            Some(Values::Keys { ends, keys }) => keys.get(span(ends, index)).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Gives every name of an event in a slot.
    pub fn names(&self, slot: usize, index: usize, mut each: impl FnMut(u32)) {
        match self.field(slot) {
            Some(Values::Key(keys)) => {
                keys.get(index).filter(|key| **key != NONE).into_iter().for_each(|key| each(*key))
            }
            Some(Values::Number(flags)) => {
                flags.get(index).filter(|flag| !flag.is_nan()).into_iter().for_each(|flag| each(*flag as u32));
            }
            _ => self.list(slot, index).iter().for_each(|key| each(*key)),
        }
    }

    /// Fills `row` with event `index`; false if the program has no such kind.
    pub fn load(&self, index: usize, slots: usize, row: &mut EventRow) -> bool {
        let kind = self.events.kind[index];
        let Some(position) = self.kind(kind) else { return false };
        row.kind = position;
        row.customer = self.events.customer[index];
        row.peer = self.events.peer[index];
        row.at = self.events.at[index];
        row.values.clear();
        row.values.resize(slots, f64::NAN);
        row.values[SLOT_KIND] = f64::from(kind);
        row.values[SLOT_AT] = row.at as f64;
        row.lists.clear();
        row.names.clear();
        for (slot, values) in self.fields.iter().enumerate() {
            match values {
                Some(Values::Number(numbers)) => row.values[slot] = numbers[index],
                Some(Values::Key(keys)) => row.values[slot] = key_value(keys[index]),
                Some(Values::Keys { .. }) => row.push_list(slot as u32, self.list(slot, index)),
                Some(Values::Label { .. }) | None => {}
            }
        }
        row.id = self.id(index);
        row.occasion = self.occasion(index);
        row.reply_to = self.label(self.labels.reply_to, index);
        true
    }
}

/// Where the entries of a row stand, given the exclusive end of each row's.
fn span(ends: &[u32], index: usize) -> std::ops::Range<usize> {
    let start = index.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    let end = ends.get(index).copied().unwrap_or(start);
    start as usize..end as usize
}
