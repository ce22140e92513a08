//! The good rows of one call, gathered over kinds and chunks.

use super::super::record::{FieldColumn, NONE};
use super::super::rows::append_fields;
use super::Reject;
use super::decode::{Data, Local};
use super::group::{Columns, Group};
use super::source::Source;
use crate::base::{Error, ErrorKind, Result};

/// Whom the rows name.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Named {
    /// Ids that are all known numbers.
    Numbers(Vec<u64>),
    /// Ids as numbered in the call, or [`NONE`].
    Codes(Vec<u32>),
}

/// Good rows so far; every column has one entry a row.
#[derive(Debug)]
pub(super) struct Stage {
    pub local: Local,
    pub row: Vec<u64>,
    pub kind: Vec<u32>,
    pub at: Vec<i64>,
    pub customer: Named,
    pub peer: Named,
    /// By role, rising.
    pub fields: Vec<FieldColumn>,
    pub rejects: Vec<Reject>,
    /// Rows of the chunks before.
    before: u64,
}

impl Stage {
    pub(super) fn new() -> Self {
        Stage {
            local: Local::default(),
            row: Vec::new(),
            kind: Vec::new(),
            at: Vec::new(),
            customer: Named::Numbers(Vec::new()),
            peer: Named::Numbers(Vec::new()),
            fields: Vec::new(),
            rejects: Vec::new(),
            before: 0,
        }
    }

    /// Takes the rows of a chunk that are of one kind; every row if `rows` names none.
    pub(super) fn push(&mut self, source: &Source<'_>, columns: &Columns, rows: Option<Vec<u32>>) -> Result<()> {
        let mut group = Group::read(source, columns, rows, &mut self.local)?;
        let faults = group.faults();
        if !faults.is_empty() {
            let mut next = faults.into_iter().peekable();
            let mut kept = Vec::with_capacity(group.count);
            for position in 0..group.count as u32 {
                match next.next_if(|&(faulty, _)| faulty == position) {
                    Some((_, reason)) => self.reject(group.row(position), reason),
                    None => kept.push(position),
                }
            }
            group.keep(&kept);
        }
        self.append(group)
    }

    /// Refuses one row of the chunk.
    pub(super) fn reject(&mut self, row: u32, reason: String) {
        self.rejects.push(Reject { row: self.before + u64::from(row), reason });
    }

    /// Ends a chunk of so many rows.
    pub(super) fn end_chunk(&mut self, rows: usize) {
        self.before += rows as u64;
    }

    fn append(&mut self, group: Group) -> Result<()> {
        let (rows, count) = (self.row.len(), group.count);
        if rows + count >= NONE as usize {
            return Err(Error::new(ErrorKind::SchemaRange, "a call takes at most 4,294,967,294 rows"));
        }
        let before = self.before;
        self.row.extend((0..count as u32).map(|position| before + u64::from(group.row(position))));
        self.kind.resize(rows + count, group.kind);
        if let Data::Times(at) = group.at.decoded.data {
            extend(&mut self.at, at);
        }
        append_names(&mut self.customer, group.customer.decoded.data, &mut self.local)?;
        append_names(&mut self.peer, group.peer.decoded.data, &mut self.local)?;
        let fields = group.fields.into_iter().map(|(name, part)| FieldColumn { name, values: part.into_values() });
        let mut fields: Vec<FieldColumn> = fields.collect();
        fields.sort_by_key(|field| field.name);
        if rows == 0 {
            self.fields = fields;
        } else {
            self.check_text(&fields)?;
            append_fields(&mut self.fields, rows, &fields, count);
        }
        Ok(())
    }

    /// Keeps half of what a u32 counts, so that what the engine adds has room.
    fn check_text(&self, more: &[FieldColumn]) -> Result<()> {
        let inner = |fields: &[FieldColumn]| fields.iter().map(|field| field.values.inner()).max().unwrap_or(0);
        if inner(&self.fields) + inner(more) > i32::MAX as usize {
            let message = "a column of the call holds more than 2 GiB of text";
            return Err(Error::new(ErrorKind::SchemaRange, message).hint("send the table in parts"));
        }
        Ok(())
    }
}

/// Moves where it can.
fn extend<T>(to: &mut Vec<T>, mut from: Vec<T>) {
    if to.is_empty() {
        *to = from;
    } else {
        to.append(&mut from);
    }
}

fn append_names(to: &mut Named, from: Data, local: &mut Local) -> Result<()> {
    match (&mut *to, from) {
        (Named::Numbers(to), Data::Numbers(from)) => extend(to, from),
        (Named::Codes(to), Data::Ids(from)) => extend(to, from),
        (Named::Codes(to), Data::Numbers(from)) => local.ids.intern_numbers(&from, to)?,
        (Named::Numbers(numbers), Data::Ids(mut from)) => {
            let mut codes = Vec::new();
            local.ids.intern_numbers(numbers, &mut codes)?;
            codes.append(&mut from);
            *to = Named::Codes(codes);
        }
        _ => (),
    }
    Ok(())
}
