//! The journal: records in the one file, or in memory.

use std::path::Path;

use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{self, Mark};
use crate::data::record::Batch;
use crate::store::{Mode, Stats, Store};

/// Section that holds the seed with which the engine was made.
const SEED: &str = "seed";

/// Encoded batches in the order of their sequence numbers.
pub(super) struct Journal {
    store: Store,
}

impl Journal {
    /// A journal in memory: an engine without a file is the same engine.
    pub fn memory() -> Self {
        Journal { store: Store::memory() }
    }

    /// Opens or makes the file.
    pub fn open(path: &Path, read_only: bool) -> Result<Self> {
        let mode = if read_only { Mode::ReadOnly } else { Mode::Create };
        Ok(Journal { store: Store::open(path, mode)? })
    }

    /// The seed with which the engine was made.
    pub fn seed(&self) -> Result<u64> {
        let bytes = self.store.read_section(SEED)?.unwrap_or_default();
        let bytes = bytes.try_into().map_err(|_| Error::new(ErrorKind::StoreCorrupt, "the file has no seed"))?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// Appends batches in one commit; once it returns they are durable. `before` is where the engine
    /// stood, `seed` is given with the first batch only.
    pub fn append(&mut self, batches: Vec<Batch>, mut before: Mark, seed: Option<u64>) -> Result<()> {
        let mut values = Vec::new();
        for batch in batches {
            values.extend(codec::encode(&batch, before)?);
            before = Mark { now: batch.now, ids: before.ids + batch.ids.len(), keys: before.keys + batch.keys.len() };
        }
        let seed = seed.map(u64::to_le_bytes);
        let sections: Vec<_> = seed.iter().map(|seed| (SEED, Some(seed.as_slice()))).collect();
        self.store.commit(&values, &sections)
    }

    /// The first batch, if there is any.
    pub fn first(&self) -> Result<Option<Batch>> {
        let mut first = None;
        let read = self.replay(|batch| {
            first = Some(batch);
            Err(Error::new(ErrorKind::Internal, "one batch is enough"))
        });
        if first.is_none() {
            read?;
        }
        Ok(first)
    }

    /// Calls `f` with every batch, in order.
    pub fn replay(&self, mut f: impl FnMut(Batch) -> Result<()>) -> Result<()> {
        let mut next = 0;
        self.store.read_journal(0, |sequence, bytes| {
            let batch = codec::decode(bytes)?;
            if batch.sequence != sequence || sequence != next {
                return Err(Error::new(ErrorKind::StoreCorrupt, format!("record {next} is missing from the journal")));
            }
            next = sequence + batch.record.rows();
            f(batch)
        })
    }

    /// Figures of the store.
    pub fn stats(&self) -> Result<Stats> {
        self.store.stats()
    }
}
