//! What is known, from C: scores, explanations, segments.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;

use super::Engine;
use crate::arrow::export;
use crate::error::guard;
use crate::pointer::{Text, given, hand_out, moment, null, optional_names};
use crate::result::explanation::Explanation;
use crate::result::list::Ids;
use crate::status::Status;
use crate::value::{Id, optional_ids, who, who_if};

/// Reads columns of many customers, toward `peer` unless it is NULL, at `at` (`BACTRIAN_NOW`: the
/// engine's clock) into a stream of one batch, whose first column is `customer`. NULL `customers` are
/// everyone, in order of first sight; NULL `columns` are all that need no peer, or with a peer all.
///
/// `stream` is overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_CUSTOMER`, `UNKNOWN_COLUMN`, `TIME_PAST`; `SCHEMA_MISSING` for a column toward a
/// peer without one; `CLOSED`.
///
/// ```c
/// const char *columns[] = { "spend", "orders" };
/// struct ArrowArrayStream stream;
/// status = bactrian_engine_score(engine, NULL, 0, columns, 2, NULL, BACTRIAN_NOW, &stream);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_score(
    engine: Option<&Engine>,
    customers: *const Id,
    customers_length: usize,
    columns: *const *const c_char,
    columns_length: usize,
    peer: Option<&Id>,
    at: i64,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises `customers_length` ids and `columns_length` texts.
        let (ids, columns) = unsafe {
            let ids = optional_ids(customers, customers_length, "customers")?;
            (ids, optional_names(columns, columns_length, "columns")?)
        };
        let (ids, columns, peer) = (ids.as_deref(), columns.as_deref(), who_if(peer, "peer")?);
        export(|| engine.engine.score(ids, columns, moment(at), peer), stream)
    })
}

/// Point-in-time rows for learning: what `bactrian_engine_score` would have given just before `at`, into a
/// stream of one batch whose first column is `customer`. An event at `at`, such as the label, never sees
/// itself. Corrections that came late count, or with `known_at` (unless it is `BACTRIAN_NOW`) only what the
/// engine had been given by then. NULL `customers` are everyone known by then; NULL `columns` are all that
/// need no peer. `stream` is overwritten; release it with its own `release`. Cost: one replay of the journal.
///
/// Errors: as `bactrian_engine_score`; `TIME_BEYOND_CEILING`, `STORE_IO`.
///
/// ```c
/// status = bactrian_engine_training_set(engine, NULL, 0, NULL, 0, month_end, BACTRIAN_NOW, &stream);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_training_set(
    engine: Option<&Engine>,
    customers: *const Id,
    customers_length: usize,
    columns: *const *const c_char,
    columns_length: usize,
    at: i64,
    known_at: i64,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises `customers_length` ids and `columns_length` texts.
        let (ids, columns) = unsafe {
            let ids = optional_ids(customers, customers_length, "customers")?;
            (ids, optional_names(columns, columns_length, "columns")?)
        };
        let (ids, columns) = (ids.as_deref(), columns.as_deref());
        export(|| engine.engine.training_set(at, columns, ids, moment(known_at)), stream)
    })
}

/// Why a column has its value: parts that sum to it, and the evidence behind it. Free the explanation.
///
/// Errors: `UNKNOWN_CUSTOMER`, `UNKNOWN_COLUMN`, `TIME_PAST`, `CLOSED`.
///
/// ```c
/// bactrian_explanation *explanation = NULL;
/// status = bactrian_engine_explain(engine, &anna, "warmth", &ben, BACTRIAN_NOW, &explanation);
/// ```
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_explain(
    engine: Option<&Engine>,
    customer: Option<&Id>,
    column: Text<'_>,
    peer: Option<&Id>,
    at: i64,
    explanation: Option<&mut MaybeUninit<*mut Explanation>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(explanation, "explanation")?);
        let (customer, peer) = (who(customer, "customer")?, who_if(peer, "peer")?);
        let explained = engine.engine.explain(customer, column.required("column")?, moment(at), peer)?;
        hand_out(place, Explanation::new(&explained));
        Ok(())
    })
}

/// The cells of a segment that have members, as a stream of one batch: `cell`, the label on each axis,
/// `size`, and for people `title`, a readable name, and `rule`, the expression over columns that leads into
/// the cell. `stream` is overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_SEGMENT`, with the nearest name; `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_segment(
    engine: Option<&Engine>,
    segment: Text<'_>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        let segment = segment.required("segment")?;
        export(|| engine.engine.segment(segment), stream)
    })
}

/// The members of one cell of a segment, in order of first sight; a cell that the segment can't have is an error.
/// Free the list.
///
/// Errors: `UNKNOWN_SEGMENT`, with the nearest name; `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_members(
    engine: Option<&Engine>,
    segment: Text<'_>,
    cell: Text<'_>,
    members: Option<&mut MaybeUninit<*mut Ids>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(members, "members")?);
        let found = engine.engine.members(segment.required("segment")?, cell.required("cell")?)?;
        hand_out(place, Ids::new(&found));
        Ok(())
    })
}

/// The crossings of one segment, or of all for NULL, from `since` on (`INT64_MIN`: all), as a stream of
/// one batch: `customer`, `segment`, `from`, `to`, `at`, `cause`, and the columns that `moved`, in order of record.
/// `stream` is overwritten; release it with its own `release`. Cost: a pass over the journal.
///
/// Errors: `UNKNOWN_SEGMENT`, `STORE_IO`, `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_crossings(
    engine: Option<&Engine>,
    segment: Text<'_>,
    since: i64,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        let segment = segment.optional("segment")?;
        export(|| engine.engine.crossings(segment, Some(since)), stream)
    })
}

/// The text behind the number that a column of names gives, such as a label or a cell, into `text`,
/// which has room for `room` bytes; empty for NaN. At most `room` bytes are written, a NUL at the end
/// included, and `length` (unless NULL) is the whole length without the NUL: longer than `room - 1`
/// means that the text was cut. NULL with no room asks for the length alone.
///
/// Errors: `CLOSED`.
///
/// ```c
/// char text[64];
/// status = bactrian_engine_key_text(engine, values[0], text, sizeof text, NULL);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_key_text(
    engine: Option<&Engine>,
    key: f64,
    text: *mut c_char,
    room: usize,
    length: Option<&mut MaybeUninit<usize>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        if text.is_null() && room > 0 {
            return Err(null("text"));
        }
        let found = engine.engine.key_text(key)?;
        // SAFETY: the caller promises `room` bytes.
        unsafe { copy(&found, text.cast(), room) };
        if let Some(length) = length {
            length.write(found.len());
        }
        Ok(())
    })
}

/// # Safety
/// `start` has room for `room` bytes.
unsafe fn copy(text: &str, start: *mut u8, room: usize) {
    let Some(last) = room.checked_sub(1) else { return };
    let kept = (0..=last.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    // SAFETY: `kept` bytes are in `text`, and with the NUL no more than `room`.
    unsafe {
        start.copy_from_nonoverlapping(text.as_ptr(), kept);
        start.add(kept).write(0);
    }
}
