//! Where the bytes of a store are, and how they are opened.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use redb::{Builder, ConcurrencyMode, Database, DatabaseError, ReadOnlyDatabase, StorageBackend};

use super::aside::{Aside, ReadFile};
use super::problem::{guard, of_system};
use crate::base::{Error, Result};

/// What `redb` may keep in memory; state has its own copy of everything.
const CACHE: usize = 64 << 20;

/// An open database.
pub(super) enum Handle {
    Writer(Database),
    Reader(ReadOnlyDatabase),
    /// Between closing and opening again.
    Closed,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Handle::Writer(_) => "Writer",
            Handle::Reader(_) => "Reader",
            Handle::Closed => "Closed",
        })
    }
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// For writing; made if there is none.
    Write,
    /// For reading, beside a writer or without one.
    Read,
    /// For reading, whatever state the last writer left it in; nothing is written to it.
    Aside,
}

/// Where a file is.
pub(super) enum Origin {
    Disk(Box<Path>),
    #[cfg(test)]
    Backend(Box<dyn Fn(Access) -> Result<Handle> + Send + Sync>),
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Origin::Disk(_) => "Disk",
            #[cfg(test)]
            Origin::Backend(_) => "Backend",
        })
    }
}

impl Origin {
    /// Storage that tests make fail.
    #[cfg(test)]
    pub(super) fn backend(backend: impl StorageBackend + Clone) -> Origin {
        Origin::Backend(Box::new(move |access| match access {
            Access::Aside => aside(backend.clone()),
            _ => guard(|| builder().create_with_backend(backend.clone())).map(Handle::Writer),
        }))
    }

    pub(super) fn open(&self, access: Access) -> Result<Handle> {
        match self {
            Origin::Disk(path) => open(path, access),
            #[cfg(test)]
            Origin::Backend(open) => open(access),
        }
    }

    /// Bytes on the disk.
    pub(super) fn bytes(&self) -> Result<u64> {
        match self {
            Origin::Disk(path) => fs::metadata(path).map(|data| data.len()).map_err(|error| of_system(&error)),
            #[cfg(test)]
            Origin::Backend(_) => Ok(0),
        }
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
    builder
}

fn open(path: &Path, access: Access) -> Result<Handle> {
    let mut builder = builder();
    builder.set_concurrency_mode(ConcurrencyMode::SingleWriter);
    match access {
        Access::Write if path.try_exists().map_err(|error| of_system(&error))? => {
            guard(|| builder.open(path)).map(Handle::Writer)
        }
        Access::Write => guard(|| builder.create(path)).map(Handle::Writer),
        Access::Read => {
            let opened = guard(|| match builder.open_read_only(path) {
                Err(DatabaseError::RepairAborted) => Ok(None),
                opened => opened.map(Some),
            });
            // Its last writer was killed and nobody has written since: it is repaired in memory.
            opened?.map_or_else(|| open(path, Access::Aside), |database| Ok(Handle::Reader(database)))
        }
        Access::Aside => aside(ReadFile::new(fs::File::open(path).map_err(|error| of_system(&error))?)),
    }
}

fn aside(below: impl StorageBackend) -> Result<Handle> {
    let below = Aside::new(below).map_err(|error| of_system(&error))?;
    guard(|| builder().create_with_backend(below)).map(Handle::Writer)
}

/// Puts a whole file in the place of another.
pub(super) fn put(file: &Path, path: &Path) -> Result<()> {
    if let Ok(data) = fs::metadata(path) {
        fs::set_permissions(file, data.permissions()).map_err(|error| of_system(&error))?;
    }
    fs::rename(file, path).map_err(|error| of_system(&error))
}

/// Puts a whole file where there is none: a file that is made is there as a whole or not at all.
pub(super) fn put_new(file: &Path, path: &Path) -> Result<()> {
    match fs::hard_link(file, path) {
        Ok(()) => {
            let _ = fs::remove_file(file);
            sync_folder(path)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Error::new(crate::base::ErrorKind::StoreLocked, "another engine has just made the file")
                .hint("open it again"))
        }
        // A file system without links.
        Err(_) => put(file, path).and_then(|()| sync_folder(path)),
    }
}

/// Makes the name of a new file durable, where the system has a way to say so.
pub(super) fn sync_folder(path: &Path) -> Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| of_system(&error));
    }
    Ok(())
}

/// The name under which a file is written anew, beside the one that it replaces.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// How often any of some texts stands in a file.
pub(super) fn count_in(path: &Path, texts: &[Vec<u8>]) -> Result<u64> {
    let longest = texts.iter().map(Vec::len).max().unwrap_or(0);
    let mut file = fs::File::open(path).map_err(|error| of_system(&error))?;
    let (mut window, mut count) = (Vec::new(), 0);
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut piece).map_err(|error| of_system(&error))?;
        // What ended in the last piece was counted there.
        let before = window.len();
        window.extend_from_slice(piece.get(..read).unwrap_or_default());
        count += super::count_texts(&window, before, texts);
        if read == 0 {
            return Ok(count);
        }
        window.drain(..window.len().saturating_sub(longest.saturating_sub(1)));
    }
}
