//! An engine from C: open, close, and what it is.

mod callback;
mod change;
mod decide;
mod judge;
mod keep;
mod partial;
mod read;
mod segments;
mod shape;
mod social;
mod trials;
mod write;

use std::ffi::{CStr, c_char, c_void};
use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use bactrian::{Error, ErrorKind};

use crate::arrow::export;
use crate::definition::Definition;
use crate::error::{guard, guard_or};
use crate::pointer::{Text, Versioned, given, hand_out, null, versioned};
use crate::result::list::{Columns, columns};
use crate::result::memory::MemoryParts;
use crate::status::Status;
use crate::value::BACTRIAN_NOW;
use callback::{Interrupt, Release, hook};

/// An engine: one definition, one journal, one state. Every call may be made from many threads at once.
pub struct Engine {
    pub(crate) engine: bactrian::Engine,
}

/// How an engine is opened. Begin with `BACTRIAN_OPTIONS_INIT`, which sets the size and the defaults.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// `sizeof(bactrian_options)`.
    pub struct_size: usize,
    /// Seed of everything random; a file keeps the seed that it was made with. 0 by default.
    pub seed: u64,
    /// Latest event time that is accepted, in microseconds since 1970 UTC; later rows are rejected, so
    /// that one wrong date can't decay the world to nothing. A host with a clock passes its time plus
    /// a day. By default `INT64_MAX`: every time is accepted.
    pub ceiling: i64,
    /// 1 opens a file for reading only: no lock is taken, and every write is refused. 0 by default.
    pub read_only: u32,
    /// `BACTRIAN_DURABILITY_COMMIT`, the default: a call of one row returns when it is durable.
    /// `BACTRIAN_DURABILITY_INTERVAL`: such calls are written in groups, and `bactrian_engine_flush` or any
    /// other write waits for the disk.
    pub durability: u32,
    /// Asked by long work whether to stop, from the first record of the file on, as by
    /// `bactrian_engine_set_interrupt`; an opening that is stopped is `INTERRUPTED` and leaves the file as it was.
    /// NULL by default.
    pub interrupt: Interrupt,
    /// Passed to `interrupt` and `release`.
    pub context: *mut c_void,
    /// Called with `context` once nobody needs it any more, also when the opening fails for another reason than
    /// `options` themselves; may be NULL.
    pub release: Release,
}

/// When calls of one row (`_observe`, `_identify`, `_decide`, `_learn`) are durable.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// When the call returns.
    Commit = 0,
    /// In groups; a kill loses at most the last rows that were not flushed.
    Interval = 1,
}

// SAFETY: numbers have a value for every pattern of bits, functions are NULL or the host's, and `struct_size` comes first.
unsafe impl Versioned for Options {
    const SIZES: &'static [usize] = &[size_of::<Self>()];
    const DEFAULT: Self = Options {
        struct_size: 0,
        seed: 0,
        ceiling: i64::MAX,
        read_only: 0,
        durability: 0,
        interrupt: None,
        context: ptr::null_mut(),
        release: None,
    };
}

/// # Safety
/// `options` is NULL or points to as many bytes as it says.
unsafe fn taken(options: *const Options) -> bactrian::Result<bactrian::Options> {
    let Options { seed, ceiling, read_only, durability, interrupt, context, release, .. } = match options.is_null() {
        true => Options::DEFAULT,
        // SAFETY: the caller's promise is that of `versioned`.
        false => unsafe { versioned(options, "options") }?,
    };
    let interrupt = hook(interrupt, context, release);
    let durability = match durability {
        0 => bactrian::Durability::Commit,
        1 => bactrian::Durability::Interval,
        other => return Err(Error::new(ErrorKind::SchemaRange, format!("no durability has the number {other}"))),
    };
    Ok(bactrian::Options { seed, ceiling, read_only: read_only != 0, durability, interrupt })
}

/// Opens an engine: the file at `path`, made if there is none, or one in memory for NULL. A NULL
/// `definition` is the one in the file, and NULL `options` are the defaults.
///
/// Errors: `DEFINITION_INVALID`, `DEFINITION_NOT_YET`; `DEFINITION_MISMATCH` if the file has another
/// definition; `STORE_IO`, `STORE_CORRUPT`, `STORE_LOCKED`, `STORE_VERSION`; `STRUCT_SIZE`; `INTERRUPTED`.
///
/// ```c
/// bactrian_engine *engine = NULL;
/// bactrian_status status = bactrian_engine_open("shop.bactrian", definition, NULL, &engine);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_open(
    path: Text<'_>,
    definition: Option<&Definition>,
    options: *const Options,
    engine: Option<&mut MaybeUninit<*mut Engine>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller promises that `options` is as long as it says.
        let options = unsafe { taken(options) }?;
        let place = given(engine, "engine")?;
        let definition = definition.map(|handle| &handle.definition);
        let opened = match (path.optional("path")?, definition) {
            (Some(path), definition) => bactrian::Engine::open(Path::new(path), definition, options)?,
            (None, Some(definition)) => bactrian::Engine::new(definition, options)?,
            (None, None) => return Err(null("definition").hint("an engine in memory has no file to take it from")),
        };
        hand_out(place, Engine { engine: opened });
        Ok(())
    })
}

/// Closes an engine: what was written is on disk, the file is free for others, and every later call
/// on it, by this or another handle, is refused with `CLOSED`. The handle still has to be freed.
///
/// Errors: `STORE_IO`; `CLOSED` if it was.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_close(engine: Option<&Engine>) -> Status {
    guard(|| given(engine, "engine")?.engine.close())
}

/// Gives an engine back; NULL is fine. The file is closed with the last of its engine and readers.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_free(engine: Option<Box<Engine>>) {
    guard_or((), || drop(engine));
}

/// Moves the ceiling: the latest event time accepted from now on, in microseconds since 1970 UTC.
///
/// Errors: those of the pointers alone.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_set_ceiling(engine: Option<&Engine>, ceiling: i64) -> Status {
    guard(|| {
        given(engine, "engine")?.engine.set_ceiling(ceiling);
        Ok(())
    })
}

/// The engine's clock into `now`: the latest accepted event or advance, in microseconds since 1970
/// UTC; `BACTRIAN_NOW` if nothing came yet.
///
/// Errors: `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_now(engine: Option<&Engine>, now: Option<&mut MaybeUninit<i64>>) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(now, "now")?);
        place.write(engine.engine.now()?.unwrap_or(BACTRIAN_NOW));
        Ok(())
    })
}

/// The definition that the engine runs.
///
/// Errors: `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_definition(
    engine: Option<&Engine>,
    definition: Option<&mut MaybeUninit<*mut Definition>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(definition, "definition")?);
        hand_out(place, Definition::new(engine.engine.definition()?));
        Ok(())
    })
}

/// The columns that can be read, in dependency order.
///
/// Errors: `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_columns(
    engine: Option<&Engine>,
    list: Option<&mut MaybeUninit<*mut Columns>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(list, "list")?);
        hand_out(place, columns(&engine.engine.columns()?));
        Ok(())
    })
}

/// What can be read, into a stream of one batch: `column`, `type`, `order` (of arrival that it honours: `fold`,
/// `ordered`, `trail`), `toward` and `fitted`, in dependency order. `stream` is overwritten; release it with its own
/// `release`.
///
/// Errors: `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_catalog(
    engine: Option<&Engine>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        export(|| engine.engine.catalog(), stream)
    })
}

/// Sizes and counts of an engine. Begin with `BACTRIAN_STATS_INIT`, which sets the size.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Stats {
    /// `sizeof(bactrian_stats)`.
    pub struct_size: usize,
    /// Customers known.
    pub customers: u64,
    /// Events taken, those of the engine's own kinds included: crossings, decisions and outcomes are events.
    pub events: u64,
    /// Events taken that came later than the declared lateness.
    pub late: u64,
    /// Records of the journal.
    pub records: u64,
    /// The engine's clock; `BACTRIAN_NOW` if nothing came yet.
    pub now: i64,
    /// Bytes of the file, or of the journal in memory.
    pub bytes: u64,
}

// SAFETY: numbers have a value for every pattern of bits, and `struct_size` comes first.
unsafe impl Versioned for Stats {
    const SIZES: &'static [usize] = &[size_of::<Self>()];
    const DEFAULT: Self =
        Stats { struct_size: 0, customers: 0, events: 0, late: 0, records: 0, now: BACTRIAN_NOW, bytes: 0 };
}

/// Sizes and counts into `stats`, whose `struct_size` is set. Cost: a pass over the customers.
///
/// Errors: `STRUCT_SIZE`, `STORE_IO`, `CLOSED`.
///
/// ```c
/// bactrian_stats stats = BACTRIAN_STATS_INIT;
/// status = bactrian_engine_stats(engine, &stats);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_stats(engine: Option<&Engine>, stats: *mut Stats) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises that `stats` is as long as it says.
        let struct_size = unsafe { versioned(stats, "stats") }?.struct_size;
        let found = engine.engine.stats()?;
        let filled = Stats {
            struct_size,
            customers: found.customers,
            events: found.events,
            late: found.late,
            records: found.records,
            now: found.now.unwrap_or(BACTRIAN_NOW),
            bytes: found.bytes,
        };
        // SAFETY: `struct_size` bytes are there, by the same promise, and no more are written.
        unsafe { ptr::from_ref(&filled).cast::<u8>().copy_to_nonoverlapping(stats.cast(), struct_size) };
        Ok(())
    })
}

/// What the engine keeps in memory, by part, in all and a customer. Free the parts. Cost: a pass over the customers.
///
/// Errors: `STORE_IO`, `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_memory(
    engine: Option<&Engine>,
    parts: Option<&mut MaybeUninit<*mut MemoryParts>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(parts, "parts")?);
        hand_out(place, MemoryParts::new(&engine.engine.stats()?));
        Ok(())
    })
}

/// One number for everything known, into `digest`: engines with the same records have the same, to the
/// bit, on any machine and after reopening. Cost: a pass over the state.
///
/// Errors: `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_digest(engine: Option<&Engine>, digest: Option<&mut MaybeUninit<u64>>) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(digest, "digest")?);
        place.write(engine.engine.digest()?);
        Ok(())
    })
}

/// The version of the library, such as `0.1.0`. The text is static.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    CStr::from_bytes_with_nul(VERSION.as_bytes()).unwrap_or_default().as_ptr()
}
