//! What `redb` and the system say, in our words.

use std::cell::Cell;
use std::fmt::Display;
use std::io;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use crate::base::{Error, ErrorKind, Result};

thread_local! {
    /// Whether a panic of this thread becomes an error, of which nothing is to be printed.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a call into `redb`, which trusts the structure of its pages and may panic on a file that
/// something else has changed. Such a panic is an error of ours, and prints nothing.
pub(super) fn guard<T, E: Into<redb::Error>>(call: impl FnOnce() -> std::result::Result<T, E>) -> Result<T> {
    hush();
    let outer = GUARDED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(outer);
    match done {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(in_our_words(error.into())),
        Err(_) => Err(corrupt("its structure is broken")),
    }
}

/// Puts a hook before the one of the process that keeps quiet about guarded calls, and hands it every other panic.
/// A host that sets its own later has that one.
fn hush() {
    static ONCE: Once = Once::new();
    // A panicking thread may not touch the hook.
    if std::thread::panicking() {
        return;
    }
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                before(panic);
            }
        }));
    });
}

/// The file is not what this crate wrote.
pub(super) fn corrupt(why: impl Display) -> Error {
    Error::new(ErrorKind::StoreCorrupt, format!("the file is damaged or no engine file: {why}"))
        .hint("check the path, or restore the file from a copy")
}

pub(super) fn of_system(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => corrupt(error),
        io::ErrorKind::NotFound => Error::new(ErrorKind::StoreIo, "there is no such file").hint("check the path"),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Error::new(ErrorKind::StoreIo, format!("the system refused: {error}")).hint("open the file read-only")
        }
        _ => Error::new(ErrorKind::StoreIo, format!("the system refused: {error}"))
            .hint("what was acknowledged is in the file; open it again"),
    }
}

fn in_our_words(error: redb::Error) -> Error {
    match error {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => {
            Error::new(ErrorKind::StoreLocked, "another engine has the file open for writing")
                .hint("close that one, or open this one read-only")
        }
        redb::Error::RepairAborted => {
            Error::new(ErrorKind::StoreLocked, "the file was not closed after its last write")
                .hint("open it for writing once, which repairs it")
        }
        redb::Error::UpgradeRequired(version) => {
            let message = format!("the file has the old layout {version}, which this release does not read");
            Error::new(ErrorKind::StoreVersion, message).hint("open it with the release that wrote it")
        }
        redb::Error::Io(error) => of_system(&error),
        redb::Error::PreviousIo => Error::new(ErrorKind::StoreIo, "an earlier write to the file failed")
            .hint("what was acknowledged is in the file; open it again"),
        redb::Error::DatabaseClosed => Error::new(ErrorKind::Closed, "the file is closed"),
        redb::Error::ValueTooLarge(bytes) => {
            Error::new(ErrorKind::SchemaRange, format!("a value of {bytes} bytes is too large for the file"))
        }
        redb::Error::Unsupported => {
            Error::new(ErrorKind::StoreIo, "the file system can't lock files").hint("put the file on a local disk")
        }
        other => corrupt(other),
    }
}
