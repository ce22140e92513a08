//! Rows of records: joining, cutting and reordering columns.

use super::record::{Events, FieldColumn, NONE, Ties, Traits, Values};
use crate::base::{Error, ErrorKind, Result};

impl Values {
    /// No values of the same shape.
    pub(crate) fn empty(&self) -> Values {
        match self {
            Values::Number(_) => Values::Number(Vec::new()),
            Values::Key(_) => Values::Key(Vec::new()),
            Values::Keys { .. } => Values::Keys { ends: Vec::new(), keys: Vec::new() },
            Values::Label { .. } => Values::Label { ends: Vec::new(), bytes: Vec::new() },
        }
    }

    /// Makes the column `rows` long, with unknown values behind those it has.
    pub(crate) fn pad(&mut self, rows: usize) {
        match self {
            Values::Number(numbers) => numbers.resize(rows, f64::NAN),
            Values::Key(keys) => keys.resize(rows, NONE),
            Values::Keys { ends, keys } => ends.resize(rows, keys.len() as u32),
            Values::Label { ends, bytes } => ends.resize(rows, bytes.len() as u32),
        }
    }

    /// Cuts the column to `rows`.
    pub(crate) fn truncate(&mut self, rows: usize) {
        let end = |ends: &[u32]| rows.checked_sub(1).and_then(|row| ends.get(row)).map_or(0, |&end| end as usize);
        match self {
            Values::Number(numbers) => numbers.truncate(rows),
            Values::Key(keys) => keys.truncate(rows),
            Values::Keys { ends, keys } => {
                ends.truncate(rows);
                keys.truncate(end(ends));
            }
            Values::Label { ends, bytes } => {
                ends.truncate(rows);
                bytes.truncate(end(ends));
            }
        }
    }

    /// Whether no row has a value.
    pub(crate) fn is_unknown(&self) -> bool {
        match self {
            Values::Number(numbers) => numbers.iter().all(|number| number.is_nan()),
            Values::Key(keys) => keys.iter().all(|&key| key == NONE),
            Values::Keys { keys, .. } => keys.is_empty(),
            Values::Label { bytes, .. } => bytes.is_empty(),
        }
    }

    /// Appends values of the same shape.
    ///
    /// # Errors
    ///
    /// `SchemaRange` where the texts or names of all rows are more than a u32 counts; `Internal` for
    /// another shape, which a definition rules out.
    pub(crate) fn append(&mut self, other: Values) -> Result<()> {
        fn lists<T>(ends: &mut Vec<u32>, all: &mut Vec<T>, from: Vec<u32>, mut more: Vec<T>) -> Result<()> {
            let first = all.len();
            if first + more.len() >= NONE as usize {
                return Err(Error::new(ErrorKind::SchemaRange, "a column holds more than 4 GiB of text")
                    .hint("send the table in parts"));
            }
            all.append(&mut more);
            ends.extend(from.into_iter().map(|end| first as u32 + end));
            Ok(())
        }
        match (self, other) {
            (Values::Number(to), Values::Number(mut from)) => to.append(&mut from),
            (Values::Key(to), Values::Key(mut from)) => to.append(&mut from),
            (Values::Keys { ends, keys }, Values::Keys { ends: from, keys: more }) => lists(ends, keys, from, more)?,
            (Values::Label { ends, bytes }, Values::Label { ends: from, bytes: more }) => {
                lists(ends, bytes, from, more)?;
            }
            _ => return Err(Error::new(ErrorKind::Internal, "a role has two types")),
        }
        Ok(())
    }

    /// The values of some rows, in their order; a row that is not there is unknown.
    pub(crate) fn gather(&self, rows: &[u32]) -> Values {
        match self {
            Values::Number(from) => Values::Number(gather(from, rows, f64::NAN)),
            Values::Key(from) => Values::Key(gather(from, rows, NONE)),
            Values::Keys { ends, keys } => {
                let (ends, keys) = gather_lists(ends, keys, rows);
                Values::Keys { ends, keys }
            }
            Values::Label { ends, bytes } => {
                let (ends, bytes) = gather_lists(ends, bytes, rows);
                Values::Label { ends, bytes }
            }
        }
    }
}

/// The entries of some rows, in their order; `nothing` for a row that is not there.
pub(crate) fn gather<T: Copy>(from: &[T], rows: &[u32], nothing: T) -> Vec<T> {
    rows.iter().map(|&row| from.get(row as usize).copied().unwrap_or(nothing)).collect()
}

fn gather_lists<T: Copy>(ends: &[u32], from: &[T], rows: &[u32]) -> (Vec<u32>, Vec<T>) {
    let mut to_ends = Vec::with_capacity(rows.len());
    let mut to = Vec::new();
    for &row in rows {
        let row = row as usize;
        let start = row.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
        let end = ends.get(row).copied().unwrap_or(start);
        to.extend_from_slice(from.get(start as usize..end as usize).unwrap_or_default());
        to_ends.push(to.len() as u32);
    }
    (to_ends, to)
}

fn pad_fields(fields: &mut [FieldColumn], rows: usize) {
    for field in fields {
        field.values.pad(rows);
    }
}

impl Events {
    /// Appends the rows of another batch; a field that one of them lacks is unknown there.
    ///
    /// # Errors
    ///
    /// As [`Values::append`].
    pub fn append(&mut self, other: Events) -> Result<()> {
        let own = self.at.len();
        for field in other.fields {
            let place = self.fields.binary_search_by_key(&field.name, |known| known.name);
            let place = place.unwrap_or_else(|place| {
                let mut values = field.values.empty();
                values.pad(own);
                self.fields.insert(place, FieldColumn { name: field.name, values });
                place
            });
            if let Some(known) = self.fields.get_mut(place) {
                known.values.append(field.values)?;
            }
        }
        self.kind.extend(other.kind);
        self.customer.extend(other.customer);
        self.peer.extend(other.peer);
        self.at.extend(other.at);
        pad_fields(&mut self.fields, self.at.len());
        Ok(())
    }

    /// Cuts the batch to its first rows.
    pub fn truncate(&mut self, rows: usize) {
        self.kind.truncate(rows);
        self.customer.truncate(rows);
        self.peer.truncate(rows);
        self.at.truncate(rows);
        for field in &mut self.fields {
            field.values.truncate(rows);
        }
    }
}
