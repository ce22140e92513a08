//! The journal: records in the one file, or in memory.
//!
//! A journal of groups holds batches back until a group is full, a call asks for the disk, or the
//! engine is closed. What it holds back is part of it: it is replayed behind what the store has.

use std::path::Path;
use std::sync::Arc;

use super::Interrupt;
use super::checkpoint::base_keys;
use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{self, Mark, Reader, Writer};
use crate::data::keys::Keys;
use crate::data::record::{Batch, Record};
use crate::definition::Definition;
use crate::store::{Mode, Section, Stats, Store};

/// Section that holds the seed with which the engine was made.
const SEED: &str = "seed";
/// Section that holds the definition in force.
const DEFINITION: &str = "definition";
/// Section that holds the files that it names: models that others trained.
const FILES: &str = "files";
/// Section that holds the latest checkpoint.
const CHECKPOINT: &str = "checkpoint";
/// Section that holds merged customers: the folded one and the one kept, as pairs of u32.
const ALIASES: &str = "aliases";
/// Section that holds the state in place of the records before it.
const BASE: &str = "base";

/// Records of a group, and about how many bytes of them.
const GROUP: (u64, usize) = (8192, 1 << 20);
/// Events that are woven into the record before them; copying longer ones saves nothing.
const FEW: usize = 64;

/// Encoded batches in the order of their sequence numbers.
pub(super) struct Journal {
    store: Store,
    /// Batches that are not in the store yet, in order.
    waiting: Vec<Batch>,
    /// Their records and about their bytes.
    size: (u64, usize),
    /// Where the engine stood before the first of them.
    before: Mark,
    /// Sequence number of the first record; those before it were folded into the base.
    first: u64,
    /// The process that opened the file, if there is one.
    process: Option<u32>,
    /// Files of the definition that is written next.
    pub files: Vec<(String, Arc<[u8]>)>,
    /// Whether the records of row calls are written in groups.
    pub grouped: bool,
    /// What replaces the base in the next commit.
    pub base_anew: Option<Vec<u8>>,
    /// Asked between steps of long work whether to stop.
    pub interrupt: Option<Interrupt>,
}

impl Journal {
    /// A journal in memory: an engine without a file is the same engine.
    pub fn memory() -> Self {
        Journal::of(Store::memory())
    }

    fn of(store: Store) -> Self {
        Journal {
            store,
            waiting: Vec::new(),
            size: (0, 0),
            before: Mark::default(),
            first: 0,
            process: None,
            files: Vec::new(),
            grouped: false,
            base_anew: None,
            interrupt: None,
        }
    }

    /// A journal over any store.
    ///
    /// # Errors
    /// `StoreCorrupt` if what stands for its first records is damaged.
    pub fn on(store: Store) -> Result<Self> {
        let mut journal = Journal::of(store);
        journal.process = Some(std::process::id());
        if let Some(base) = journal.base()? {
            journal.first = Reader::new(&base).u64()?;
        }
        Ok(journal)
    }

    /// Opens the file, or makes it if it may.
    pub fn open(path: &Path, read_only: bool, create: bool) -> Result<Self> {
        if !create && !path.exists() {
            let message = format!("there is no file `{}`", path.display());
            return Err(Error::new(ErrorKind::SchemaMissing, message).hint("give a definition to make one"));
        }
        let mode = if read_only { Mode::ReadOnly } else { Mode::Create };
        Journal::on(Store::open(path, mode)?)
    }

    /// Whether this is the process that opened the file: a fork shares it, and must leave it alone.
    fn is_own(&self) -> bool {
        self.process.is_none_or(|process| process == std::process::id())
    }

    /// Why nothing can be written any more, if so.
    pub fn refusal(&self) -> Option<&Error> {
        self.store.refusal()
    }

    /// Whether the host wants long work to stop.
    ///
    /// # Errors
    /// `Interrupted` if it does.
    pub fn go_on(&self) -> Result<()> {
        match &self.interrupt {
            Some(stop) if stop() => Err(Error::new(ErrorKind::Interrupted, "the call was interrupted")
                .hint("nothing has changed; call again to start over")),
            _ => Ok(()),
        }
    }

    /// As [`Journal::go_on`], asked once in 1,024 steps.
    ///
    /// # Errors
    /// `Interrupted` if it does.
    pub fn go_on_at(&self, step: usize) -> Result<()> {
        if step % 1024 == 1023 { self.go_on() } else { Ok(()) }
    }

    /// The seed with which the engine was made.
    pub fn seed(&self) -> Result<u64> {
        let bytes = self.store.read_section(SEED)?.unwrap_or_default();
        let bytes = bytes.try_into().map_err(|_| Error::new(ErrorKind::StoreCorrupt, "the file has no seed"))?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// Appends batches in one commit, with those that waited; once it returns all are durable.
    /// `before` is where the engine stood, `seed` is given with the first batch only.
    ///
    /// # Errors
    /// `Store...`: then none of them is in the journal, which says how many had been taken before.
    pub fn append(&mut self, batches: Vec<Batch>, before: Mark, seed: Option<u64>) -> Result<()> {
        let earlier = self.size.0;
        self.hold(batches, before);
        self.write(seed, earlier)
    }

    /// Appends batches that may wait until their group is full.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn group(&mut self, batches: Vec<Batch>, before: Mark) -> Result<()> {
        let earlier = self.size.0;
        self.hold(batches, before);
        let (records, bytes) = self.size;
        let full = !self.grouped || records >= GROUP.0 || bytes >= GROUP.1;
        if full { self.write(None, earlier) } else { Ok(()) }
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn flush(&mut self) -> Result<()> {
        self.write(None, self.size.0)
    }

    fn hold(&mut self, batches: Vec<Batch>, before: Mark) {
        if self.waiting.is_empty() {
            self.before = before;
        }
        for batch in batches {
            self.size.0 += batch.record.rows();
            self.size.1 += bytes_of(&batch);
            match (self.waiting.last_mut(), batch) {
                (
                    Some(Batch { record: Record::Events(events), now, ids, keys, .. }),
                    Batch { record: Record::Events(more), now: later, ids: more_ids, keys: more_keys, .. },
                ) if more.at.len() <= FEW => {
                    events.append(&more);
                    *now = later;
                    ids.extend(more_ids);
                    keys.extend(more_keys);
                }
                (_, batch) => self.waiting.push(batch),
            }
        }
    }

    /// Writes what waits in one commit; of it, `earlier` records were taken by calls that have returned.
    fn write(&mut self, seed: Option<u64>, earlier: u64) -> Result<()> {
        let batches = std::mem::take(&mut self.waiting);
        self.size = (0, 0);
        let Err(error) = self.commit(&batches, seed) else { return Ok(()) };
        let last = self.store.stats().ok().and_then(|stats| stats.last);
        let mut message = error.message().to_owned();
        let opened = self.store.reopen(error.clone());
        let now = self.store.stats().ok().and_then(|stats| stats.last);
        if opened.is_ok() && last.is_some() && now > last {
            message.push_str("; its records are in the file all the same");
        } else if earlier > 0 {
            message.push_str(&format!("; {earlier} records that waited for it are lost"));
        }
        let error = Error::new(error.kind(), message).hint(error.hint_text().unwrap_or("open the file again"));
        Err(error)
    }

    fn commit(&mut self, batches: &[Batch], seed: Option<u64>) -> Result<()> {
        let (mut values, mut before) = (Vec::new(), self.before);
        let mut definition = None;
        let mut aliases = None;
        for batch in batches {
            match &batch.record {
                Record::Define(text) => definition = Some(text),
                Record::Merge(kept, folded) => {
                    let known = self.aliases()?;
                    aliases = Some(alias_bytes(known.into_iter().chain([(*folded, *kept)])));
                }
                _ => {}
            }
            values.extend(codec::encode(batch, before)?);
            before = Mark { now: batch.now, ids: before.ids + batch.ids.len(), keys: before.keys + batch.keys.len() };
        }
        let seed = seed.map(u64::to_le_bytes);
        let mut sections: Vec<_> = seed.iter().map(|seed| (SEED, Some(seed.as_slice()))).collect();
        let files = definition.map_or_else(Vec::new, |_| file_bytes(&self.files));
        if let Some(text) = definition {
            sections.push((DEFINITION, Some(text.as_bytes())));
            sections.push((FILES, Some(files.as_slice()).filter(|_| !self.files.is_empty())));
        }
        sections.extend(aliases.iter().map(|bytes| (ALIASES, Some(bytes.as_slice()))));
        let base = self.base_anew.take();
        sections.extend(base.iter().map(|bytes| (BASE, Some(bytes.as_slice()))));
        self.store.commit(&values, &sections)
    }

    /// The definition in force with the files that it names; `None` in a new journal.
    pub fn definition(&self) -> Result<Option<Definition>> {
        let damaged = |_| Error::new(ErrorKind::StoreCorrupt, "the definition in the file is not UTF-8");
        let Some(bytes) = self.store.read_section(DEFINITION)? else { return Ok(None) };
        let definition = Definition::from_toml(&String::from_utf8(bytes).map_err(damaged)?)?;
        let files = self.store.read_section(FILES)?.unwrap_or_default();
        definition.with_files(files_of(&files)?).map(Some)
    }

    /// Merged customers: the folded one and the one kept.
    pub fn aliases(&self) -> Result<Vec<(u32, u32)>> {
        let bytes = self.store.read_section(ALIASES)?.unwrap_or_default();
        let mut from = Reader::new(&bytes);
        let pairs = (0..bytes.len() / 8).map(|_| Ok((from.u32()?, from.u32()?)));
        pairs.collect()
    }

    /// The first batch for which `wanted` holds, if there is any.
    pub fn find(&self, wanted: impl Fn(&Batch) -> bool) -> Result<Option<Batch>> {
        let mut found = None;
        let read = self.replay(|batch| {
            if !wanted(&batch) {
                return Ok(());
            }
            found = Some(batch);
            Err(Error::new(ErrorKind::Internal, "one batch is enough"))
        });
        if found.is_none() {
            read?;
        }
        Ok(found)
    }

    /// The names that the definition had brought by the first record that is kept.
    pub fn first_keys(&self) -> Result<Keys> {
        if let Some(base) = self.base()? {
            return base_keys(&base);
        }
        let mut keys = Keys::default();
        keys.extend(&self.find(|_| true)?.map(|batch| batch.keys).unwrap_or_default())?;
        Ok(keys)
    }

    /// The names of all records.
    pub fn all_keys(&self) -> Result<Keys> {
        let mut keys = self.base()?.map_or_else(|| Ok(Keys::default()), |base| base_keys(&base))?;
        self.replay(|batch| keys.extend(&batch.keys))?;
        Ok(keys)
    }

    /// The latest checkpoint, if there is one.
    pub fn checkpoint(&self) -> Result<Option<Vec<u8>>> {
        self.store.read_section(CHECKPOINT)
    }

    /// Replaces the checkpoint.
    pub fn write_checkpoint(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.store.write_section(CHECKPOINT, bytes);
        self.or_reopen(written)
    }

    /// What stands for the records that are not kept any more, if there is a base.
    pub fn base(&self) -> Result<Option<Vec<u8>>> {
        self.store.read_section(BASE)
    }

    /// Sequence number of the first record that is kept; those before it were folded into a base.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Puts a base in place of the records before sequence number `first`, and replaces the checkpoint.
    pub fn fold_before(&mut self, first: u64, base: &[u8], checkpoint: &[u8]) -> Result<()> {
        let sections = [(BASE, Some(base)), (CHECKPOINT, Some(checkpoint))];
        let written = self.store.rewrite(&sections, |sequence, value| {
            Ok(if sequence < first { Vec::new() } else { vec![(sequence, value.to_vec())] })
        });
        self.or_reopen(written)?;
        self.first = first;
        Ok(())
    }

    /// Opens the file again if the system has refused a write.
    fn or_reopen(&mut self, written: Result<()>) -> Result<()> {
        if let Err(error) = &written
            && error.kind() == ErrorKind::StoreIo
        {
            self.store.reopen(error.clone())?;
            self.first = self.base()?.map_or(Ok(0), |base| Reader::new(&base).u64())?;
        }
        written
    }

    /// Writes the journal anew with what `each` makes of its batches, the last of them marked, so that
    /// nothing else remains; the checkpoint goes, and so do the aliases that are not given. `base` is
    /// the new one where there is one.
    pub fn renew(
        &mut self,
        aliases: &[(u32, u32)],
        base: Option<&[u8]>,
        mut each: impl FnMut(Batch, bool) -> Result<Vec<(u64, Vec<u8>)>>,
    ) -> Result<()> {
        let aliases = alias_bytes(aliases.iter().copied());
        let mut sections: Vec<Section<'_>> = vec![(CHECKPOINT, None), (ALIASES, Some(&aliases))];
        sections.extend(base.map(|base| (BASE, Some(base))));
        let last = self.store.stats()?.last;
        let written =
            self.store.renew(&sections, |sequence, value| each(codec::decode(value)?, Some(sequence) == last));
        self.or_reopen(written)
    }

    /// How often any of some texts stands in the bytes of the file.
    pub fn count(&self, texts: &[Vec<u8>]) -> Result<u64> {
        self.store.count(texts)
    }

    /// Calls `f` with every batch that is kept, in order.
    pub fn replay(&self, f: impl FnMut(Batch) -> Result<()>) -> Result<()> {
        self.replay_from(self.first, f)
    }

    /// Calls `f` with every batch from a sequence number on, in order.
    pub fn replay_from(&self, first: u64, mut f: impl FnMut(Batch) -> Result<()>) -> Result<()> {
        if !self.is_own() {
            return Err(super::forked());
        }
        let mut next = first;
        let mut take = |sequence: u64, batch: Batch| {
            self.go_on()?;
            if batch.sequence != sequence || sequence != next {
                return Err(Error::new(ErrorKind::StoreCorrupt, format!("record {next} is missing from the journal")));
            }
            next = sequence + batch.record.rows();
            f(batch)
        };
        self.store.read_journal(first, |sequence, bytes| take(sequence, codec::decode(bytes)?))?;
        self.waiting.iter().try_for_each(|batch| take(batch.sequence, batch.clone()))
    }

    /// Figures of the store.
    pub fn stats(&self) -> Result<Stats> {
        self.store.stats()
    }

    /// Closes the file, saying if that fails.
    pub fn close(mut self) -> Result<()> {
        std::mem::replace(&mut self.store, Store::memory()).close()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if self.is_own() {
            // Nobody is left to hear of a failure; who wants to know calls `close`.
            let _ = self.flush();
        } else {
            std::mem::forget(std::mem::replace(&mut self.store, Store::memory()));
        }
    }
}

/// Files by name.
fn file_bytes(files: &[(String, Arc<[u8]>)]) -> Vec<u8> {
    let mut bytes = Writer::default();
    bytes.count(files.len());
    for (name, content) in files {
        bytes.text(name);
        bytes.bytes(content);
    }
    bytes.into_bytes()
}

/// What [`file_bytes`] wrote.
fn files_of(bytes: &[u8]) -> Result<Vec<(String, Arc<[u8]>)>> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let mut from = Reader::new(bytes);
    let count = from.count()?;
    let files = (0..count).map(|_| Ok((from.text()?.to_owned(), Arc::from(from.bytes()?)))).collect::<Result<_>>()?;
    from.finish()?;
    Ok(files)
}

fn alias_bytes(pairs: impl Iterator<Item = (u32, u32)>) -> Vec<u8> {
    let mut bytes = Writer::default();
    for (folded, kept) in pairs {
        bytes.u32(folded);
        bytes.u32(kept);
    }
    bytes.into_bytes()
}

/// About how many bytes a batch takes.
fn bytes_of(batch: &Batch) -> usize {
    let fields = match &batch.record {
        Record::Events(events) => events.fields.as_slice(),
        Record::Traits(traits) => traits.fields.as_slice(),
        _ => &[],
    };
    let rows = batch.record.rows() as usize;
    let inner: usize = fields.iter().map(|field| 8 * rows + field.values.inner()).sum();
    32 * (rows + batch.ids.len() + batch.keys.len()) + inner
}
