//! Where a long batch is cut.

use std::ops::Range;

use super::super::ids::OwnedId;
use super::super::record::{Batch, FieldColumn, Record, Values};
use super::columns::{cut as slice, inner_rows};
use super::{MAX_ENTRIES, MAX_VALUE, Mark};

/// A run of a batch's rows with what goes into its head.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    pub sequence: u64,
    pub now: i64,
    pub ids: Range<usize>,
    pub keys: Range<usize>,
    pub rows: Range<usize>,
}

/// Gives the parts of a batch one after the other.
pub(super) struct Cutter<'a> {
    batch: &'a Batch,
    before: Mark,
    /// Rows, ids and keys that parts have taken, and the clock after the last of them.
    rows: usize,
    ids: usize,
    keys: usize,
    now: i64,
    total: usize,
}

impl<'a> Cutter<'a> {
    pub(super) fn new(batch: &'a Batch, before: Mark) -> Self {
        let total = match &batch.record {
            Record::Events(events) => events.at.len(),
            Record::Traits(traits) => traits.at.len(),
            Record::Ties(ties) => ties.at.len(),
            _ => 0,
        };
        Cutter { batch, before, rows: 0, ids: 0, keys: 0, now: before.now, total }
    }

    pub(super) fn is_done(&self) -> bool {
        self.rows >= self.total
    }

    /// How many rows fill a value, by what the whole batch takes in memory.
    pub(super) fn first_guess(&self) -> usize {
        let names: usize = self.batch.ids.iter().map(id_bytes).sum::<usize>()
            + self.batch.keys.iter().map(|key| 4 + key.len()).sum::<usize>();
        let bytes = names + bytes_of(&self.batch.record, self.total);
        (self.total.saturating_mul(MAX_VALUE) / bytes.max(1)).max(1)
    }

    /// The next part, of at most `count` rows, as if it were taken.
    pub(super) fn part(&self, count: usize) -> Part {
        let mut end = self.total.min(self.rows.saturating_add(count.max(1)));
        while end - self.rows > 1 && self.entries(self.rows..end) > MAX_ENTRIES {
            end = self.rows + (end - self.rows) / 2;
        }
        let rows = self.rows..end;
        let (batch, record) = (self.batch, &self.batch.record);
        if end == self.total {
            // The last part takes the names that no row needs and the clock that no row explains.
            let (ids, keys) = (self.ids..batch.ids.len(), self.keys..batch.keys.len());
            return Part { sequence: batch.sequence + rows.start as u64, now: batch.now, ids, keys, rows };
        }
        let highest = highest_of(record, &rows);
        let ids = self.ids..reach(highest.id, self.before.ids, self.ids, batch.ids.len());
        let keys = self.keys..reach(highest.key, self.before.keys, self.keys, batch.keys.len());
        let now = match record {
            Record::Events(events) => slice(&events.at, &rows).iter().fold(self.now, |now, &at| now.max(at)),
            _ => batch.now,
        };
        Part { sequence: batch.sequence + rows.start as u64, now: now.min(batch.now), ids, keys, rows }
    }

    /// Goes on behind `part`.
    pub(super) fn take(&mut self, part: &Part) {
        (self.rows, self.ids, self.keys, self.now) = (part.rows.end, part.ids.end, part.keys.end, part.now);
    }

    /// Entries that a reader gives for these rows at most, names included.
    fn entries(&self, rows: Range<usize>) -> usize {
        let fields = match &self.batch.record {
            Record::Events(events) => events.fields.as_slice(),
            Record::Traits(traits) => traits.fields.as_slice(),
            _ => &[],
        };
        let inner = fields.iter().map(|field| match &field.values {
            Values::Keys { ends, .. } => inner_rows(ends, &rows).len(),
            _ => 0,
        });
        let names = 4 * (self.batch.ids.len() - self.ids) + self.batch.keys.len() - self.keys;
        (6 + fields.len()) * rows.len() + inner.sum::<usize>() + fields.len() + names
    }
}

/// How many of the new names the rows reach, given the highest number that they hold.
fn reach(highest: Option<u32>, known: usize, given: usize, new: usize) -> usize {
    let reached = highest.map_or(0, |number| (number as usize + 1).saturating_sub(known));
    reached.clamp(given, new)
}

fn id_bytes(id: &OwnedId) -> usize {
    match id {
        OwnedId::Text(text) => 5 + text.len(),
        _ => 9,
    }
}

fn bytes_of(record: &Record, rows: usize) -> usize {
    match record {
        Record::Events(events) => 20 * rows + field_bytes(&events.fields, rows),
        Record::Traits(traits) => 12 * rows + field_bytes(&traits.fields, rows),
        Record::Ties(_) => 28 * rows,
        _ => 0,
    }
}

fn field_bytes(fields: &[FieldColumn], rows: usize) -> usize {
    let bytes = |field: &FieldColumn| match &field.values {
        Values::Number(_) => 8 * rows,
        Values::Key(_) => 4 * rows,
        Values::Keys { keys, .. } => 4 * (rows + keys.len()),
        Values::Label { bytes, .. } => 4 * rows + bytes.len(),
    };
    fields.iter().map(bytes).sum()
}

/// The highest numbers that some rows hold.
#[derive(Debug, Default)]
struct Highest {
    id: Option<u32>,
    key: Option<u32>,
}

fn highest_of(record: &Record, rows: &Range<usize>) -> Highest {
    match record {
        Record::Events(events) => Highest {
            id: highest(slice(&events.customer, rows)).max(highest(slice(&events.peer, rows))),
            key: highest(slice(&events.kind, rows)).max(highest_key(&events.fields, rows)),
        },
        Record::Traits(traits) => {
            Highest { id: highest(slice(&traits.customer, rows)), key: highest_key(&traits.fields, rows) }
        }
        Record::Ties(ties) => Highest {
            id: highest(slice(&ties.customer, rows)).max(highest(slice(&ties.peer, rows))),
            key: highest(slice(&ties.layer, rows)),
        },
        // One part, which takes all names.
        _ => Highest::default(),
    }
}

fn highest_key(fields: &[FieldColumn], rows: &Range<usize>) -> Option<u32> {
    let of_field = |field: &FieldColumn| {
        let values = match &field.values {
            Values::Key(keys) => highest(slice(keys, rows)),
            Values::Keys { ends, keys } => highest(slice(keys, &inner_rows(ends, rows))),
            Values::Number(_) | Values::Label { .. } => None,
        };
        values.max(Some(field.name))
    };
    fields.iter().filter_map(of_field).max()
}

fn highest(numbers: &[u32]) -> Option<u32> {
    // NONE wraps to 0, so one maximum over the shifted numbers passes over it.
    numbers.iter().map(|number| number.wrapping_add(1)).max().and_then(|shifted| shifted.checked_sub(1))
}
