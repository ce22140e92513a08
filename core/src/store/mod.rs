//! The one file: a journal of values by sequence number, and named sections of bytes.
//!
//! The store knows nothing of what the bytes mean. Every commit is durable when the call returns
//! (`redb`, `Durability::Immediate`, two-phase), and leaves the file either as it was or as it is
//! to be. Every value carries a CRC-32 over its key, its content and the CRC of the value before
//! it, and the last entry of the journal says how many there are: a lost, swapped or stale value
//! is an error, not a shorter history. One process writes, any number read beside it.
//!
//! `redb` trusts its pages: over a file that something else has changed it may panic, on a read and on the close. Every
//! call into it is guarded, drops included, so that this is an error and prints nothing; for that the first one puts a
//! panic hook before the process's own, which hears of every other panic as before.
//!
//! A store in memory keeps the same promises as far as memory can.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod aside;
#[cfg(test)]
pub(crate) mod disk;
mod file;
mod memory;
mod origin;
mod problem;
mod seal;

use std::path::Path;

use self::file::File;
use self::memory::Memory;
use crate::base::{Error, ErrorKind, Result};

/// How to open a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// For reading and writing; the file is made if there is none.
    Create,
    /// For reading, beside a writer or without one; the file must be there.
    ReadOnly,
}

/// Figures of a store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Values in the journal.
    pub values: u64,
    /// Sequence number of the last value, if there is one.
    pub last: Option<u64>,
    /// Bytes on the disk, or in memory.
    pub bytes: u64,
}

/// A section and its new content, or nothing to remove it.
pub type Section<'a> = (&'a str, Option<&'a [u8]>);

/// The journal and the sections, in a file or in memory.
#[derive(Debug)]
pub struct Store(Place);

#[derive(Debug)]
enum Place {
    Memory(Memory),
    File(Box<File>),
}

impl Store {
    /// A store in memory.
    pub fn memory() -> Store {
        Store(Place::Memory(Memory::default()))
    }

    /// Opens the file at `path`. A writer checks the whole file first, at about the speed at which
    /// it can be read.
    ///
    /// # Errors
    ///
    /// `StoreIo` where the system refuses; `StoreCorrupt` for a damaged, truncated or foreign file;
    /// `StoreLocked` while another writer has it; `StoreVersion` for a format that this release
    /// does not read. None of them changes the file.
    pub fn open(path: impl AsRef<Path>, mode: Mode) -> Result<Store> {
        File::open(path.as_ref(), mode).map(|file| Store(Place::File(Box::new(file))))
    }

    /// Opens a store over any storage, for tests that make it fail.
    #[cfg(test)]
    pub(crate) fn with_backend(backend: impl redb::StorageBackend + Clone) -> Result<Store> {
        File::with_backend(backend).map(|file| Store(Place::File(Box::new(file))))
    }

    /// Appends values and changes sections, all or nothing, in one durable commit. Sequence numbers
    /// rise and lie above those in the journal.
    ///
    /// # Errors
    ///
    /// `StoreIo` where the system refuses: the file must be opened again, which shows the last
    /// commit that is whole. `ReadOnly` for a reader.
    pub fn commit(&mut self, values: &[(u64, Vec<u8>)], sections: &[Section<'_>]) -> Result<()> {
        if values.is_empty() && sections.is_empty() {
            return Ok(());
        }
        match &mut self.0 {
            Place::Memory(memory) => memory.commit(values, sections),
            Place::File(file) => file.commit(values, sections),
        }
    }

    /// Gives every value of the journal from sequence number `from` on, in order.
    ///
    /// # Errors
    ///
    /// `StoreCorrupt` for a value that is damaged or missing, and whatever `each` gives.
    pub fn read_journal(&self, from: u64, each: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<()> {
        match &self.0 {
            Place::Memory(memory) => memory.read_journal(from, each),
            Place::File(file) => file.read_journal(from, each),
        }
    }

    /// The content of a section, if there is one of this name.
    pub fn read_section(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match &self.0 {
            Place::Memory(memory) => Ok(memory.read_section(name)),
            Place::File(file) => file.read_section(name),
        }
    }

    /// Figures of the store.
    pub fn stats(&self) -> Result<Stats> {
        match &self.0 {
            Place::Memory(memory) => Ok(memory.stats()),
            Place::File(file) => file.stats(),
        }
    }
}

impl Store {
    /// Appends values to the journal, each under its sequence number, in one durable commit.
    /// Numbers rise and lie above those in the journal.
    pub fn append(&mut self, values: &[(u64, Vec<u8>)]) -> Result<()> {
        self.commit(values, &[])
    }

    /// Replaces the journal by what `each` makes of its values, and changes sections, in one
    /// durable commit. `each` gives any number of values for one, under numbers that rise.
    ///
    /// Bytes of the old values stay in pages that the file has free; [`Store::renew`] leaves none.
    pub fn rewrite(
        &mut self,
        sections: &[Section<'_>],
        each: impl FnMut(u64, &[u8]) -> Result<Vec<(u64, Vec<u8>)>>,
    ) -> Result<()> {
        match &mut self.0 {
            Place::Memory(memory) => memory.rewrite(sections, each),
            Place::File(file) => file.rewrite(sections, each),
        }
    }

    /// As [`Store::rewrite`], and nothing of what was removed remains: the file is written anew beside
    /// the old one, which it then replaces. Who reads the old one goes on reading that.
    ///
    /// # Errors
    ///
    /// `StoreIo`, and whatever `each` gives: then the file is as it was. `ReadOnly` for a reader.
    pub fn renew(
        &mut self,
        sections: &[Section<'_>],
        each: impl FnMut(u64, &[u8]) -> Result<Vec<(u64, Vec<u8>)>>,
    ) -> Result<()> {
        match &mut self.0 {
            Place::Memory(memory) => memory.rewrite(sections, each),
            Place::File(file) => file.renew(sections, each),
        }
    }

    /// How often any of some texts stands in the bytes of the file, whatever they mean there; without
    /// a file, in the journal and the sections.
    pub fn count(&self, texts: &[Vec<u8>]) -> Result<u64> {
        if let Place::File(file) = &self.0
            && let Some(count) = file.count(texts)?
        {
            return Ok(count);
        }
        let mut count = 0;
        self.read_journal(0, |_, value| {
            count += count_texts(value, 0, texts);
            Ok(())
        })?;
        for name in self.sections()? {
            count += count_texts(&self.read_section(&name)?.unwrap_or_default(), 0, texts);
        }
        Ok(count)
    }

    /// Opens the file again after a commit that failed for `cause`: for writing, or where that fails
    /// for reading only, with `cause` as the answer to every further commit.
    ///
    /// # Errors
    ///
    /// `Store...` if it can't be read either.
    pub fn reopen(&mut self, cause: Error) -> Result<()> {
        match &mut self.0 {
            Place::Memory(_) => Ok(()),
            Place::File(file) => file.reopen(cause),
        }
    }

    /// Why nothing is written, if so.
    pub fn refusal(&self) -> Option<&Error> {
        match &self.0 {
            Place::Memory(_) => None,
            Place::File(file) => file.refusal(),
        }
    }

    /// The names of all sections, rising.
    pub fn sections(&self) -> Result<Vec<String>> {
        match &self.0 {
            Place::Memory(memory) => Ok(memory.sections()),
            Place::File(file) => file.sections(),
        }
    }

    /// Writes one section in a durable commit of its own.
    pub fn write_section(&mut self, name: &str, content: &[u8]) -> Result<()> {
        self.commit(&[], &[(name, Some(content))])
    }

    /// Removes one section in a durable commit of its own.
    pub fn remove_section(&mut self, name: &str) -> Result<()> {
        self.commit(&[], &[(name, None)])
    }

    /// Closes the file, saying if that fails; dropping the store closes it too.
    pub fn close(self) -> Result<()> {
        match self.0 {
            Place::Memory(_) => Ok(()),
            Place::File(file) => file.close(),
        }
    }
}

/// How often any of some texts stands in `bytes` and ends behind the first `before` of them.
fn count_texts(bytes: &[u8], before: usize, texts: &[Vec<u8>]) -> u64 {
    let count = |text: &Vec<u8>| {
        let ends_behind = |start: &usize| start + text.len() > before;
        let first = text.first().copied();
        let starts = bytes.iter().enumerate().filter(|(_, byte)| Some(**byte) == first).map(|(start, _)| start);
        starts
            .filter(ends_behind)
            .filter(|start| bytes.get(*start..).is_some_and(|rest| rest.starts_with(text)))
            .count()
    };
    texts.iter().map(|text| count(text) as u64).sum()
}

/// Whether `values` may follow `last`.
fn check_order(last: Option<u64>, values: &[(u64, Vec<u8>)]) -> Result<()> {
    let mut last = last;
    for &(sequence, _) in values {
        if last.is_some_and(|last| sequence <= last) || sequence == u64::MAX {
            return Err(Error::new(ErrorKind::Internal, format!("journal value {sequence} is out of order")));
        }
        last = Some(sequence);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
