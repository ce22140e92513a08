//! Where a long batch is cut.

use std::iter::Sum;
use std::ops::{Add, Range};

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

/// What the parts have given so far.
struct Given {
    ids: usize,
    keys: usize,
    now: i64,
}

pub(super) fn cut(batch: &Batch, before: Mark) -> Vec<Part> {
    let rows = rows_of(&batch.record);
    let mut parts = Vec::new();
    let mut given = Given { ids: 0, keys: 0, now: before.now };
    cut_rows(batch, before, 0..rows, &mut given, &mut parts);
    if let Some(last) = parts.last_mut() {
        // Names that no row needs, and a clock that no row explains.
        last.ids.end = batch.ids.len();
        last.keys.end = batch.keys.len();
        last.now = batch.now;
    }
    parts
}

fn rows_of(record: &Record) -> usize {
    match record {
        Record::Events(events) => events.at.len(),
        Record::Traits(traits) => traits.at.len(),
        Record::Ties(ties) => ties.at.len(),
        _ => 0,
    }
}

fn cut_rows(batch: &Batch, before: Mark, rows: Range<usize>, given: &mut Given, parts: &mut Vec<Part>) {
    let size = size_of(&batch.record, &rows);
    let highest = if fits(size) { highest_of(&batch.record, &rows) } else { Highest::default() };
    let ids = given.ids..reach(highest.id, before.ids, given.ids, batch.ids.len());
    let keys = given.keys..reach(highest.key, before.keys, given.keys, batch.keys.len());
    let size = size + names_size(slice(&batch.ids, &ids), slice(&batch.keys, &keys));
    if rows.len() > 1 && !fits(size) {
        let middle = rows.start + rows.len() / 2;
        cut_rows(batch, before, rows.start..middle, given, parts);
        cut_rows(batch, before, middle..rows.end, given, parts);
        return;
    }
    given.now = match &batch.record {
        Record::Events(events) => slice(&events.at, &rows).iter().fold(given.now, |now, &at| now.max(at)),
        _ => batch.now,
    };
    given.now = given.now.min(batch.now);
    (given.ids, given.keys) = (ids.end, keys.end);
    parts.push(Part { sequence: batch.sequence + rows.start as u64, now: given.now, ids, keys, rows });
}

/// How many of the new names the rows reach, given the highest number that they hold.
fn reach(highest: Option<u32>, known: usize, given: usize, new: usize) -> usize {
    let reached = highest.map_or(0, |number| (number as usize + 1).saturating_sub(known));
    reached.clamp(given, new)
}

/// At most how many bytes and entries something takes.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    bytes: usize,
    entries: usize,
}

impl Add for Size {
    type Output = Size;

    fn add(self, other: Size) -> Size {
        Size { bytes: self.bytes + other.bytes, entries: self.entries + other.entries }
    }
}

impl Sum for Size {
    fn sum<I: Iterator<Item = Size>>(sizes: I) -> Size {
        sizes.fold(Size::default(), Add::add)
    }
}

fn fits(size: Size) -> bool {
    size.bytes <= MAX_VALUE && size.entries <= MAX_ENTRIES
}

/// Heads of a batch and of its fixed columns.
const HEAD: usize = 512;
/// Head of a field, of its ends and of its values.
const FIELD_HEAD: usize = 64;

fn size_of(record: &Record, rows: &Range<usize>) -> Size {
    let fixed = |columns: usize, bytes: usize| Size { bytes: HEAD + bytes * rows.len(), entries: columns * rows.len() };
    match record {
        Record::Events(events) => fixed(5, 20) + fields_size(&events.fields, rows),
        Record::Traits(traits) => fixed(3, 12) + fields_size(&traits.fields, rows),
        Record::Ties(_) => fixed(6, 28),
        _ => Size::default(),
    }
}

fn fields_size(fields: &[FieldColumn], rows: &Range<usize>) -> Size {
    let size = |field: &FieldColumn| {
        let (bytes, inner) = match &field.values {
            Values::Number(_) => (8 * rows.len(), 0),
            Values::Key(_) => (4 * rows.len(), 0),
            Values::Keys { ends, .. } => {
                let inner = inner_rows(ends, rows).len();
                (4 * (rows.len() + inner), inner)
            }
            Values::Label { ends, .. } => (4 * rows.len() + inner_rows(ends, rows).len(), 0),
        };
        Size { bytes: FIELD_HEAD + bytes, entries: 1 + rows.len() + inner }
    };
    fields.iter().map(size).sum()
}

fn names_size(ids: &[OwnedId], keys: &[String]) -> Size {
    let id_bytes = |id: &OwnedId| match id {
        OwnedId::Text(text) => 8 + text.len(),
        _ => 12,
    };
    let bytes = ids.iter().map(id_bytes).sum::<usize>() + keys.iter().map(|key| 4 + key.len()).sum::<usize>();
    Size { bytes, entries: 4 * ids.len() + keys.len() }
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
