//! The journal: records in the one file, or in memory.

use std::path::Path;

use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{self, Mark, Reader, Writer};
use crate::data::record::{Batch, Record};
use crate::store::{Mode, Stats, Store};

/// Section that holds the seed with which the engine was made.
const SEED: &str = "seed";
/// Section that holds the definition in force.
const DEFINITION: &str = "definition";
/// Section that holds the latest checkpoint.
const CHECKPOINT: &str = "checkpoint";
/// Section that holds merged customers: the folded one and the one kept, as pairs of u32.
const ALIASES: &str = "aliases";

/// Encoded batches in the order of their sequence numbers.
pub(super) struct Journal {
    store: Store,
}

impl Journal {
    /// A journal in memory: an engine without a file is the same engine.
    pub fn memory() -> Self {
        Journal { store: Store::memory() }
    }

    /// Opens the file, or makes it if it may.
    pub fn open(path: &Path, read_only: bool, create: bool) -> Result<Self> {
        if !create && !path.exists() {
            let message = format!("there is no file `{}`", path.display());
            return Err(Error::new(ErrorKind::SchemaMissing, message).hint("give a definition to make one"));
        }
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
        let mut definition = None;
        let mut aliases = None;
        for batch in batches {
            match &batch.record {
                Record::Define(text) => definition = Some(text.clone()),
                Record::Merge(kept, folded) => {
                    let mut bytes = Writer::default();
                    let known = self.aliases()?;
                    for (folded, kept) in known.into_iter().chain([(*folded, *kept)]) {
                        bytes.u32(folded);
                        bytes.u32(kept);
                    }
                    aliases = Some(bytes.into_bytes());
                }
                _ => {}
            }
            values.extend(codec::encode(&batch, before)?);
            before = Mark { now: batch.now, ids: before.ids + batch.ids.len(), keys: before.keys + batch.keys.len() };
        }
        let seed = seed.map(u64::to_le_bytes);
        let mut sections: Vec<_> = seed.iter().map(|seed| (SEED, Some(seed.as_slice()))).collect();
        sections.extend(definition.iter().map(|text| (DEFINITION, Some(text.as_bytes()))));
        sections.extend(aliases.iter().map(|bytes| (ALIASES, Some(bytes.as_slice()))));
        self.store.commit(&values, &sections)
    }

    /// The definition in force; `None` in a new journal.
    pub fn definition(&self) -> Result<Option<String>> {
        let damaged = |_| Error::new(ErrorKind::StoreCorrupt, "the definition in the file is not UTF-8");
        self.store.read_section(DEFINITION)?.map(|bytes| String::from_utf8(bytes).map_err(damaged)).transpose()
    }

    /// Merged customers: the folded one and the one kept.
    pub fn aliases(&self) -> Result<Vec<(u32, u32)>> {
        let bytes = self.store.read_section(ALIASES)?.unwrap_or_default();
        let mut from = Reader::new(&bytes);
        let pairs = (0..bytes.len() / 8).map(|_| Ok((from.u32()?, from.u32()?)));
        pairs.collect()
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

    /// The latest checkpoint, if there is one.
    pub fn checkpoint(&self) -> Result<Option<Vec<u8>>> {
        self.store.read_section(CHECKPOINT)
    }

    /// Replaces the checkpoint.
    pub fn write_checkpoint(&mut self, bytes: &[u8]) -> Result<()> {
        self.store.write_section(CHECKPOINT, bytes)
    }

    /// Calls `f` with every batch, in order.
    pub fn replay(&self, f: impl FnMut(Batch) -> Result<()>) -> Result<()> {
        self.replay_from(0, f)
    }

    /// Calls `f` with every batch from a sequence number on, in order.
    pub fn replay_from(&self, first: u64, mut f: impl FnMut(Batch) -> Result<()>) -> Result<()> {
        let mut next = first;
        self.store.read_journal(first, |sequence, bytes| {
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
