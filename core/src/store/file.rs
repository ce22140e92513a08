//! The store in a `redb` file.

use std::ops::Bound;
use std::path::Path;

use redb::{
    Builder, ConcurrencyMode, Database, Durability, ReadOnlyDatabase, ReadTransaction, ReadableDatabase,
    ReadableTableMetadata, Table, TableDefinition, WriteTransaction,
};

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

/// What `redb` may keep in memory; state has its own copy of everything.
const CACHE: usize = 64 << 20;

type Journal<'t> = Table<'t, u64, &'static [u8]>;
type Sections<'t> = Table<'t, (&'static str, u32), &'static [u8]>;

#[derive(Debug)]
pub(super) struct File {
    database: Handle,
    head: Head,
    disk: Option<Box<Path>>,
}

enum Handle {
    Writer(Database),
    Reader(ReadOnlyDatabase),
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Handle::Writer(_)) { "Writer" } else { "Reader" })
    }
}

impl File {
    pub(super) fn open(path: &Path, mode: Mode) -> Result<File> {
        let mut builder = builder();
        builder.set_concurrency_mode(ConcurrencyMode::SingleWriter);
        let exists = path.try_exists().map_err(|error| of_system(&error))?;
        let database = match mode {
            Mode::ReadOnly => Handle::Reader(guard(|| builder.open_read_only(path))?),
            Mode::Create if !exists => {
                let database = guard(|| builder.create(path))?;
                sync_folder(path)?;
                Handle::Writer(database)
            }
            Mode::Create | Mode::Write => Handle::Writer(guard(|| builder.open(path))?),
        };
        File::begin(database, Some(path.into()))
    }

    #[cfg(test)]
    pub(super) fn with_backend(backend: impl redb::StorageBackend) -> Result<File> {
        File::begin(Handle::Writer(guard(|| builder().create_with_backend(backend))?), None)
    }

    fn begin(database: Handle, disk: Option<Box<Path>>) -> Result<File> {
        let mut file = File { database, head: Head::default(), disk };
        let transaction = file.read()?;
        let tables = guard(|| transaction.list_tables())?.count();
        if tables > 0 {
            file.check_format()?;
            file.head = read_head(&transaction)?;
        } else if let Handle::Writer(database) = &file.database {
            drop(transaction);
            write_format(database)?;
        } else {
            return Err(corrupt("it is empty"));
        }
        Ok(file)
    }

    fn check_format(&self) -> Result<()> {
        let format = self.read_section(FORMAT)?.ok_or_else(|| corrupt("it names no format"))?;
        let text = String::from_utf8_lossy(&format);
        let numbers = text.split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let (major, minor): (u32, u32) = numbers.ok_or_else(|| corrupt("it names no format"))?;
        if major == MAJOR && minor <= MINOR && minor + OLDER >= MINOR {
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
        let transaction = self.begin_write()?;
        if !values.is_empty() {
            let mut journal = guard(|| transaction.open_table(JOURNAL))?;
            put_values(&mut journal, &mut head, values)?;
            put_head(&mut journal, &head)?;
        }
        put_sections(&transaction, sections)?;
        guard(|| transaction.commit())?;
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
        let transaction = self.begin_write()?;
        let mut head = Head::default();
        guard(|| transaction.delete_table(JOURNAL))?;
        {
            let mut journal = guard(|| transaction.open_table(JOURNAL))?;
            walk(&old, 0, |sequence, content| {
                let values = each(sequence, content)?;
                check_order(head.last(), &values)?;
                put_values(&mut journal, &mut head, &values)
            })?;
            put_head(&mut journal, &head)?;
        }
        put_sections(&transaction, sections)?;
        guard(|| transaction.commit())?;
        self.head = head;
        Ok(())
    }

    pub(super) fn compact(&mut self) -> Result<()> {
        match &mut self.database {
            Handle::Writer(database) => guard(|| database.compact()).map(|_| ()),
            Handle::Reader(_) => Err(read_only()),
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
            Handle::Writer(_) => self.head,
            Handle::Reader(_) => read_head(&self.read()?)?,
        };
        let bytes = match &self.disk {
            Some(path) => std::fs::metadata(path).map_err(|error| of_system(&error))?.len(),
            None => 0,
        };
        Ok(Stats { values: head.values, last: head.last(), bytes })
    }

    pub(super) fn close(self) -> Result<()> {
        match self.database {
            Handle::Writer(database) => guard(|| database.close()),
            Handle::Reader(database) => guard(|| database.close()),
        }
    }

    fn read(&self) -> Result<ReadTransaction> {
        match &self.database {
            Handle::Writer(database) => guard(|| database.begin_read()),
            Handle::Reader(database) => guard(|| database.begin_read()),
        }
    }

    fn begin_write(&self) -> Result<WriteTransaction> {
        match &self.database {
            Handle::Writer(database) => begin_write(database),
            Handle::Reader(_) => Err(read_only()),
        }
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
    builder
}

fn begin_write(database: &Database) -> Result<WriteTransaction> {
    let mut transaction = guard(|| database.begin_write())?;
    guard(|| transaction.set_durability(Durability::Immediate))?;
    Ok(transaction)
}

fn read_only() -> Error {
    Error::new(ErrorKind::ReadOnly, "the file is open read-only").hint("open it for writing")
}

/// Makes the name of a new file durable, where the system has a way to say so.
fn sync_folder(path: &Path) -> Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| of_system(&error));
    }
    Ok(())
}

fn write_format(database: &Database) -> Result<()> {
    let transaction = begin_write(database)?;
    put_head(&mut guard(|| transaction.open_table(JOURNAL))?, &Head::default())?;
    put_sections(&transaction, &[(FORMAT, Some(format!("{MAJOR}.{MINOR}").as_bytes()))])?;
    guard(|| transaction.commit())
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
