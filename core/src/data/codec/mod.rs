//! The bytes of a batch: a head, the names first seen, the record's columns.
//!
//! A value of the journal stays under [`MAX_VALUE`] bytes; [`encode`] cuts a longer batch between
//! rows, and each part carries the ids and keys that its rows are the first to need, so that a
//! journal cut after any part is whole. Fixed-width columns make both directions copies: about a
//! gigabyte a second.

mod bytes;
mod columns;
mod parts;
mod validate;

pub use bytes::{MAX_ENTRIES, Reader, Writer};

use super::record::{Batch, Fitted, Record};
use crate::base::{Error, ErrorKind, Result};
use bytes::damaged;
use parts::{Cutter, Part};

/// Bytes of a value with rows, which stays clear of the power of two that would double its pages.
pub const MAX_VALUE: usize = (512 << 10) - (4 << 10);

/// The version that is written; older ones that are still read are listed in [`decode`].
pub const VERSION: u8 = 1;

const MAGIC: u8 = 0xba;

const DEFINE: u8 = 1;
const EVENTS: u8 = 2;
const TRAITS: u8 = 3;
const TIES: u8 = 4;
const ADVANCE: u8 = 5;
const FIT: u8 = 6;
const MERGE: u8 = 7;
const ERASE: u8 = 8;
const PARTIAL: u8 = 9;

/// Where the engine stood before a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    /// The engine's clock.
    pub now: i64,
    /// Ids known, which is the dense number of the batch's first new id.
    pub ids: usize,
    /// Keys known.
    pub keys: usize,
}

/// The values of the journal that hold `batch`, each under the sequence number of its first row.
///
/// # Errors
///
/// `SchemaRange` if a definition or a fit is above 4 GiB.
pub fn encode(batch: &Batch, before: Mark) -> Result<Vec<(u64, Vec<u8>)>> {
    let mut cutter = Cutter::new(batch, before);
    let mut rows = cutter.first_guess();
    let mut values = Vec::new();
    loop {
        let part = cutter.part(rows);
        let value = encode_part(batch, &part)?;
        let taken = part.rows.len();
        if value.len() > MAX_VALUE && taken > 1 {
            rows = taken / 2;
            continue;
        }
        // Rows are alike, so the next value is nearly full: pages come in powers of two.
        rows = (taken.saturating_mul(MAX_VALUE / 16 * 15) / value.len().max(1)).clamp(1, 8 * taken.max(1));
        cutter.take(&part);
        values.push((part.sequence, value));
        if cutter.is_done() {
            return Ok(values);
        }
    }
}

fn encode_part(batch: &Batch, part: &Part) -> Result<Vec<u8>> {
    let mut to =
        Writer::with_capacity(if part.rows.is_empty() { 128 } else { MAX_VALUE.min(64 + 64 * part.rows.len()) });
    to.u8(MAGIC);
    to.u8(VERSION);
    to.u64(part.sequence);
    to.i64(part.now);
    columns::write_ids(&mut to, batch.ids.get(part.ids.clone()).unwrap_or_default());
    columns::write_texts(&mut to, batch.keys.get(part.keys.clone()).unwrap_or_default());
    match &batch.record {
        Record::Define(text) => {
            to.u8(DEFINE);
            long(text.len())?;
            to.text(text);
        }
        Record::Events(events) => {
            to.u8(EVENTS);
            columns::write_events(&mut to, events, part.rows.clone());
        }
        Record::Traits(traits) => {
            to.u8(TRAITS);
            columns::write_traits(&mut to, traits, part.rows.clone());
        }
        Record::Ties(ties) => {
            to.u8(TIES);
            columns::write_ties(&mut to, ties, part.rows.clone());
        }
        Record::Advance(at) => {
            to.u8(ADVANCE);
            to.i64(*at);
        }
        Record::Fit(fit) => {
            to.u8(FIT);
            to.i64(fit.at);
            to.count(fit.parameters.len());
            for (name, parameters) in &fit.parameters {
                to.text(name);
                long(parameters.len())?;
                to.bytes(parameters);
            }
        }
        Record::Merge(kept, folded) => {
            to.u8(MERGE);
            to.u32(*kept);
            to.u32(*folded);
        }
        Record::Erase(customer) => {
            to.u8(ERASE);
            to.u32(*customer);
        }
        Record::Partial { at, last, bytes } => {
            to.u8(PARTIAL);
            to.i64(*at);
            to.u8(u8::from(*last));
            long(bytes.len())?;
            to.bytes(bytes);
        }
    }
    Ok(to.into_bytes())
}

fn long(bytes: usize) -> Result<()> {
    match u32::try_from(bytes) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::new(ErrorKind::SchemaRange, "a definition or a fit is above 4 GiB")),
    }
}

/// The batch behind a value of the journal. Hostile bytes give an error and allocate at most 64 MiB.
///
/// The numbers of ids and keys are as written; [`Batch::validate`] holds them against the tables.
///
/// # Errors
///
/// `StoreVersion` for a newer version; `StoreCorrupt` for anything else that [`encode`] did not write.
pub fn decode(value: &[u8]) -> Result<Batch> {
    let mut from = Reader::new(value);
    if from.u8()? != MAGIC {
        return Err(damaged("it does not begin as a batch does"));
    }
    match from.u8()? {
        VERSION => (),
        0 => return Err(damaged("it has no version")),
        newer => {
            let message = format!("a batch has version {newer}, and this release reads up to {VERSION}");
            return Err(Error::new(ErrorKind::StoreVersion, message).hint("open the file with a newer release"));
        }
    }
    let (sequence, now) = (from.u64()?, from.i64()?);
    let ids = columns::read_ids(&mut from)?;
    let keys = columns::read_texts(&mut from)?;
    let record = read_record(&mut from)?;
    from.finish()?;
    Ok(Batch { sequence, now, ids, keys, record })
}

fn read_record(from: &mut Reader<'_>) -> Result<Record> {
    Ok(match from.u8()? {
        DEFINE => Record::Define(from.text()?.to_owned()),
        EVENTS => Record::Events(columns::read_events(from)?),
        TRAITS => Record::Traits(columns::read_traits(from)?),
        TIES => Record::Ties(columns::read_ties(from)?),
        ADVANCE => Record::Advance(from.i64()?),
        FIT => {
            let at = from.i64()?;
            let count = from.count()?;
            let parameters = (0..count).map(|_| Ok((from.text()?.to_owned(), from.bytes()?.to_vec())));
            Record::Fit(Fitted { at, parameters: parameters.collect::<Result<_>>()? })
        }
        MERGE => Record::Merge(from.u32()?, from.u32()?),
        ERASE => Record::Erase(from.u32()?),
        PARTIAL => Record::Partial { at: from.i64()?, last: from.u8()? == 1, bytes: from.bytes()?.to_vec() },
        _ => return Err(damaged("it holds an unknown kind of record")),
    })
}

#[cfg(test)]
mod tests;
