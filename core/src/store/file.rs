//! The store in a `redb` file.

use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use redb::{
    Database, Durability, ReadTransaction, ReadableDatabase, ReadableTableMetadata, Table, TableDefinition,
    WriteTransaction,
};

use super::origin::{Access, Handle, Origin, beside, count_in, put, put_new, sync_folder};
use super::problem::{corrupt, guard, of_system};
use super::seal::{CHUNK, CHUNK_HEAD, Head, VALUE_HEAD, Whole, open_chunk, open_value};
use super::{Mode, Section, Stats, check_order};
use crate::base::{Error, ErrorKind, Result};

const JOURNAL: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("bactrian.journal");
const SECTIONS: TableDefinition<'_, (&str, u32), &[u8]> = TableDefinition::new("bactrian.sections");

/// The section that names the format, as `major.minor`.
const FORMAT: &str = "format";
const MAJOR: u32 = 1;
const MINOR: u32 = 0;
/// Minor versions before this one that are read.
const OLDER: u32 = 2;

type Journal<'t> = Table<'t, u64, &'static [u8]>;
type Sections<'t> = Table<'t, (&'static str, u32), &'static [u8]>;

#[derive(Debug)]
pub(super) struct File {
    database: Handle,
    head: Head,
    origin: Arc<Origin>,
    /// Why nothing is written, where the file was opened for reading or can't be written any more.
    refusal: Option<Error>,
}

impl File {
    pub(super) fn open(path: &Path, mode: Mode) -> Result<File> {
        let origin = Arc::new(Origin::Disk(path.into()));
        match mode {
            Mode::ReadOnly => File::begin(origin.open(Access::Read)?, origin, Some(read_only())),
            Mode::Create if path.try_exists().map_err(|error| of_system(&error))? => {
                let file = File::begin(origin.open(Access::Write)?, origin, None)?;
                // What a killed process may have left of writing the file anew.
                let _ = std::fs::remove_file(beside(path));
                Ok(file)
            }
            Mode::Create => {
                let mut file = File::make(&beside(path))?;
                put_new(&beside(path), path)?;
                file.origin = origin;
                Ok(file)
            }
        }
    }

    /// Makes a file; one that is there already is what a killed process has left, and goes.
    fn make(path: &Path) -> Result<File> {
        let _ = std::fs::remove_file(path);
        let origin = Arc::new(Origin::Disk(path.into()));
        File::begin(origin.open(Access::Write)?, origin, None)
    }

    #[cfg(test)]
    pub(super) fn with_backend(backend: impl redb::StorageBackend + Clone) -> Result<File> {
        let origin = Arc::new(Origin::backend(backend));
        File::begin(origin.open(Access::Write)?, origin, None)
    }

    fn begin(database: Handle, origin: Arc<Origin>, refusal: Option<Error>) -> Result<File> {
        let mut file = File { database, head: Head::default(), origin, refusal };
        let transaction = file.read()?;
        let tables = guard(|| transaction.list_tables())?.count();
        match &file.database {
            _ if tables > 0 => {
                file.check_format()?;
                file.head = read_head(&transaction)?;
            }
            Handle::Writer(database) if file.refusal.is_none() => {
                drop(transaction);
                write_format(database)?;
            }
            _ => return Err(corrupt("it is empty")),
        }
        Ok(file)
    }

    /// Opens the file again after `cause`: for writing, or if that fails for reading only.
    pub(super) fn reopen(&mut self, cause: Error) -> Result<()> {
        self.refusal = Some(cause.clone());
        // Its lock must be free first.
        let _ = self.shut();
        let origin = Arc::clone(&self.origin);
        let again = |access, refusal| File::begin(origin.open(access)?, Arc::clone(&origin), refusal);
        *self = match again(Access::Write, None) {
            Ok(file) => file,
            Err(_) => again(Access::Aside, Some(cause))?,
        };
        Ok(())
    }

    pub(super) fn refusal(&self) -> Option<&Error> {
        self.refusal.as_ref()
    }

    fn check_format(&self) -> Result<()> {
        let format = self.read_section(FORMAT)?.ok_or_else(|| corrupt("it names no format"))?;
        let text = String::from_utf8_lossy(&format);
        let numbers = text.split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let (major, minor): (u32, u32) = numbers.ok_or_else(|| corrupt("it names no format"))?;
        if major == MAJOR && (MINOR.saturating_sub(OLDER)..=MINOR).contains(&minor) {
            return Ok(());
        }
        let message = format!("the file has format {text}, and this release reads {MAJOR}.{MINOR} and two before");
        let newer = (major, minor) > (MAJOR, MINOR);
        let hint = if newer { "open it with a newer release" } else { "open it with an older release" };
        Err(Error::new(ErrorKind::StoreVersion, message).hint(hint))
    }

    pub(super) fn commit(&mut self, values: &[(u64, Vec<u8>)], sections: &[Section<'_>]) -> Result<()> {
        check_order(self.head.last(), values)?;
        let mut head = self.head;
        write(self.writer()?, |transaction| {
            if !values.is_empty() {
                let mut journal = guard(|| transaction.open_table(JOURNAL))?;
                put_values(&mut journal, &mut head, values)?;
                put_head(&mut journal, &head)?;
            }
            put_sections(transaction, sections)
        })?;
        self.head = head;
        Ok(())
    }

    pub(super) fn read_journal(&self, from: u64, mut each: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<()> {
        walk(&self.read()?, from, |sequence, content| each(sequence, content))
    }

    pub(super) fn rewrite(
        &mut self,
        sections: &[Section<'_>],
        mut each: impl FnMut(u64, &[u8]) -> Result<Vec<(u64, Vec<u8>)>>,
    ) -> Result<()> {
        let old = self.read()?;
        let mut head = Head::default();
        write(self.writer()?, |transaction| {
            guard(|| transaction.delete_table(JOURNAL))?;
            put_walked(transaction, &mut head, &old, &mut each)?;
            put_sections(transaction, sections)
        })?;
        self.head = head;
        Ok(())
    }

    /// As [`File::rewrite`], into a new file that then takes the place of this one.
    pub(super) fn renew(
        &mut self,
        sections: &[Section<'_>],
        mut each: impl FnMut(u64, &[u8]) -> Result<Vec<(u64, Vec<u8>)>>,
    ) -> Result<()> {
        let path: Box<Path> = match self.origin.as_ref() {
            Origin::Disk(path) => path.clone(),
            #[cfg(test)]
            Origin::Backend(_) => return self.rewrite(sections, each),
        };
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        let beside = beside(&path);
        let mut fresh = File::make(&beside)?;
        let copied = fresh.copy(self, sections, &mut each);
        let replaced = copied.and_then(|()| put(&beside, &path));
        if let Err(error) = replaced {
            drop(fresh);
            let _ = std::fs::remove_file(&beside);
            return Err(error);
        }
        fresh.origin = Arc::new(Origin::Disk(path.clone()));
        *self = fresh;
        sync_folder(&path)
    }

    /// Fills an empty file with what `each` makes of another's journal, and with its sections.
    fn copy(
        &mut self,
        from: &File,
        sections: &[Section<'_>],
        each: &mut impl FnMut(u64, &[u8]) -> Result<Vec<(u64, Vec<u8>)>>,
    ) -> Result<()> {
        let mut head = Head::default();
        write(self.writer()?, |transaction| {
            put_walked(transaction, &mut head, &from.read()?, each)?;
            for name in from.sections()? {
                if !sections.iter().any(|(changed, _)| *changed == name) {
                    let content = from.read_section(&name)?;
                    put_sections(transaction, &[(&name, content.as_deref())])?;
                }
            }
            put_sections(transaction, sections)
        })?;
        self.head = head;
        Ok(())
    }

    /// How often any of some texts stands in the file's bytes.
    pub(super) fn count(&self, texts: &[Vec<u8>]) -> Result<Option<u64>> {
        match self.origin.as_ref() {
            Origin::Disk(path) => count_in(path, texts).map(Some),
            #[cfg(test)]
            Origin::Backend(_) => Ok(None),
        }
    }

    pub(super) fn sections(&self) -> Result<Vec<String>> {
        let transaction = self.read()?;
        let table = guard(|| transaction.open_table(SECTIONS))?;
        let mut names: Vec<String> = Vec::new();
        loop {
            // Past all chunks of the last name, so that no content is read.
            let from = names.last().map_or(Bound::Unbounded, |name| Bound::Excluded((name.as_str(), u32::MAX)));
            let entry = guard(|| table.range((from, Bound::Unbounded))?.next().transpose())?;
            let Some((key, _)) = entry else { break };
            let name = guard_value(|| key.value().0.to_owned())?;
            names.push(name);
        }
        names.retain(|name| name != FORMAT);
        Ok(names)
    }

    pub(super) fn read_section(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let transaction = self.read()?;
        let table = guard(|| transaction.open_table(SECTIONS))?;
        let broken = || corrupt(format_args!("the section `{name}` is broken"));
        let mut content = Vec::new();
        let mut first: Option<Whole> = None;
        let mut entries = guard(|| table.range((name, 0)..=(name, u32::MAX)))?;
        let mut chunks = 0u32;
        while let Some((key, value)) = guard(|| entries.next().transpose())? {
            let (number, bytes) = guard_value(|| (key.value().1, value.value()))?;
            let (whole, chunk) = open_chunk(name, number, bytes).ok_or_else(broken)?;
            if number != chunks || *first.get_or_insert(whole) != whole {
                return Err(broken());
            }
            content.extend_from_slice(chunk);
            chunks += 1;
        }
        match first {
            Some(whole) if whole == Whole::of(&content) && whole.chunks() == u64::from(chunks) => Ok(Some(content)),
            Some(_) => Err(broken()),
            None => Ok(None),
        }
    }

    pub(super) fn stats(&self) -> Result<Stats> {
        let head = match self.database {
            Handle::Reader(_) => read_head(&self.read()?)?,
            _ => self.head,
        };
        Ok(Stats { values: head.values, last: head.last(), bytes: self.origin.bytes()? })
    }

    pub(super) fn close(mut self) -> Result<()> {
        self.shut()
    }

    /// Lets go of the file. A close writes what makes the next open quick, and reads pages for it: where something
    /// else has changed the file that is an error, and none where nothing could be written anyway.
    fn shut(&mut self) -> Result<()> {
        let closed = match std::mem::replace(&mut self.database, Handle::Closed) {
            Handle::Writer(database) => guard(|| database.close()),
            Handle::Reader(database) => guard(|| database.close()),
            Handle::Closed => Ok(()),
        };
        if self.refusal.is_some() { Ok(()) } else { closed }
    }

    fn read(&self) -> Result<ReadTransaction> {
        match &self.database {
            Handle::Writer(database) => guard(|| database.begin_read()),
            Handle::Reader(database) => guard(|| database.begin_read()),
            Handle::Closed => Err(self.refusal.clone().unwrap_or_else(closed)),
        }
    }

    fn writer(&self) -> Result<&Database> {
        match (&self.database, &self.refusal) {
            (_, Some(refusal)) => Err(refusal.clone()),
            (Handle::Writer(database), None) => Ok(database),
            (Handle::Reader(_), None) => Err(read_only()),
            (Handle::Closed, None) => Err(closed()),
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = self.shut();
    }
}

/// Does some work in one durable transaction, or none of it.
fn write(database: &Database, work: impl FnOnce(&WriteTransaction) -> Result<()>) -> Result<()> {
    let mut transaction = guard(|| database.begin_write())?;
    let done = guard(|| transaction.set_durability(Durability::Immediate)).and_then(|()| work(&transaction));
    match done {
        Ok(()) => guard(|| transaction.commit()),
        Err(error) => {
            // What undoes the work reads pages.
            let _ = guard_value(|| drop(transaction));
            Err(error)
        }
    }
}

fn read_only() -> Error {
    Error::new(ErrorKind::ReadOnly, "the file is open read-only").hint("open it for writing")
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the file is closed")
}

fn write_format(database: &Database) -> Result<()> {
    write(database, |transaction| {
        put_head(&mut guard(|| transaction.open_table(JOURNAL))?, &Head::default())?;
        put_sections(transaction, &[(FORMAT, Some(format!("{MAJOR}.{MINOR}").as_bytes()))])
    })
}

/// Fills the journal with what `each` makes of the values of another.
fn put_walked(
    transaction: &WriteTransaction,
    head: &mut Head,
    from: &ReadTransaction,
    each: &mut impl FnMut(u64, &[u8]) -> Result<Vec<(u64, Vec<u8>)>>,
) -> Result<()> {
    let mut journal = guard(|| transaction.open_table(JOURNAL))?;
    walk(from, 0, |sequence, content| {
        let values = each(sequence, content)?;
        check_order(head.last(), &values)?;
        put_values(&mut journal, head, &values)
    })?;
    put_head(&mut journal, head)
}

fn put_values(journal: &mut Journal<'_>, head: &mut Head, values: &[(u64, Vec<u8>)]) -> Result<()> {
    for (sequence, content) in values {
        let mut slot = guard(|| journal.insert_reserve(sequence, VALUE_HEAD + content.len()))?;
        head.seal_value(*sequence, content, slot.as_mut());
    }
    Ok(())
}

fn put_head(journal: &mut Journal<'_>, head: &Head) -> Result<()> {
    guard(|| journal.insert(Head::KEY, head.seal().as_slice()).map(|_| ()))
}

fn put_sections(transaction: &WriteTransaction, sections: &[Section<'_>]) -> Result<()> {
    if sections.is_empty() {
        return Ok(());
    }
    let mut table: Sections<'_> = guard(|| transaction.open_table(SECTIONS))?;
    for &(name, content) in sections {
        let kept = content.map_or(Ok(0), |content| put_section(&mut table, name, content))?;
        guard(|| table.retain_in((name, kept)..=(name, u32::MAX), |_, _| false))?;
    }
    Ok(())
}

/// Writes the chunks of a section and says how many there are.
fn put_section(table: &mut Sections<'_>, name: &str, content: &[u8]) -> Result<u32> {
    let whole = Whole::of(content);
    let empty = if content.is_empty() { Some(content) } else { None };
    let mut chunks = 0;
    for (number, chunk) in (0u32..).zip(content.chunks(CHUNK).chain(empty)) {
        let mut slot = guard(|| table.insert_reserve((name, number), CHUNK_HEAD + chunk.len()))?;
        whole.seal_chunk(name, number, chunk, slot.as_mut());
        chunks = number + 1;
    }
    Ok(chunks)
}

fn read_head(transaction: &ReadTransaction) -> Result<Head> {
    let journal = guard(|| transaction.open_table(JOURNAL))?;
    let sealed = guard(|| journal.get(Head::KEY))?.ok_or_else(|| corrupt("its journal has no head"))?;
    let head =
        guard_value(|| Head::open(sealed.value()))?.ok_or_else(|| corrupt("the head of its journal is broken"))?;
    let entries = guard(|| journal.len())?;
    if entries == head.values + 1 { Ok(head) } else { Err(corrupt("its journal has lost values")) }
}

/// Every value from `from` on: each whole, each following the one before, the last as the head says.
fn walk(transaction: &ReadTransaction, from: u64, mut each: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<()> {
    let head = read_head(transaction)?;
    let journal = guard(|| transaction.open_table(JOURNAL))?;
    let mut before = None;
    if let Some((key, value)) = guard(|| journal.range(..from)?.next_back().transpose())? {
        before = Some(opened(guard_value(|| (key.value(), value.value()))?)?.crc);
    }
    let mut entries = guard(|| journal.range(from..Head::KEY))?;
    while let Some((key, value)) = guard(|| entries.next().transpose())? {
        let (sequence, bytes) = guard_value(|| (key.value(), value.value()))?;
        let value = opened((sequence, bytes))?;
        if value.link != before.unwrap_or_default() {
            return Err(corrupt(format_args!("the journal value before {sequence} is lost")));
        }
        each(sequence, value.content)?;
        before = Some(value.crc);
    }
    if before.unwrap_or_default() == head.link { Ok(()) } else { Err(corrupt("the end of its journal is lost")) }
}

fn opened((sequence, bytes): (u64, &[u8])) -> Result<super::seal::Opened<'_>> {
    open_value(sequence, bytes).ok_or_else(|| corrupt(format_args!("the journal value {sequence} is broken")))
}

/// As [`guard`], for calls that give no error of their own.
fn guard_value<T>(call: impl FnOnce() -> T) -> Result<T> {
    guard(|| Ok::<T, redb::Error>(call()))
}
