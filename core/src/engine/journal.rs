//! The journal: in memory, or in the one file.

use std::path::Path;

use crate::base::{Error, ErrorKind, Result};
use crate::data::codec;
use crate::data::record::Batch;
use crate::store::{Mode, Store};

/// Encoded batches in the order of their sequence numbers.
pub(super) enum Journal {
    /// Kept for reads as of the past, and so that an engine without a file is the same engine.
    Memory(Vec<(u64, Vec<u8>)>),
    /// One file.
    File(Store),
}

impl Journal {
    /// Opens or makes the file.
    pub fn open(path: &Path, read_only: bool) -> Result<Self> {
        let mode = if read_only { Mode::ReadOnly } else { Mode::Write };
        Ok(Journal::File(Store::open(path, mode)?))
    }

    /// Appends batches in one commit; once it returns they are durable.
    pub fn append(&mut self, batches: Vec<Batch>) -> Result<()> {
        let mut values = Vec::new();
        for batch in batches {
            for part in codec::split(batch)? {
                values.push((part.sequence, codec::encode(&part)?));
            }
        }
        match self {
            Journal::Memory(kept) => {
                kept.extend(values);
                Ok(())
            }
            Journal::File(store) => store.append(&values),
        }
    }

    /// Calls `f` with every batch, in order.
    pub fn replay(&self, mut f: impl FnMut(Batch) -> Result<()>) -> Result<()> {
        let mut next = 0;
        let mut take = |sequence: u64, bytes: &[u8]| {
            let batch = codec::decode(bytes)?;
            if batch.sequence != sequence || sequence != next {
                return Err(Error::new(ErrorKind::StoreCorrupt, format!("record {next} is missing from the journal")));
            }
            next = sequence + batch.record.rows();
            f(batch)
        };
        match self {
            Journal::Memory(kept) => kept.iter().try_for_each(|(sequence, bytes)| take(*sequence, bytes)),
            Journal::File(store) => store.read_journal(0, take),
        }
    }

    /// Bytes of the journal and of the file.
    pub fn bytes(&self) -> Result<(u64, u64)> {
        match self {
            Journal::Memory(kept) => Ok((kept.iter().map(|(_, bytes)| bytes.len() as u64).sum(), 0)),
            Journal::File(store) => store.bytes(),
        }
    }
}
