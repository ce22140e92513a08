//! Columns prepared once and read per call.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use bactrian::Result;

use crate::engine::Engine;
use crate::error::{guard, guard_or};
use crate::pointer::{given, hand_out, moment, names, null, slice};
use crate::status::Status;
use crate::value::{Id, Type, who, who_if};

/// Columns prepared once and read many times, from any thread. It keeps the engine alive.
pub struct Reader {
    reader: bactrian::Reader,
}

/// Prepares `columns_length` columns to be read again and again.
///
/// Errors: `UNKNOWN_COLUMN`, with the nearest name as a hint.
///
/// ```c
/// const char *columns[] = { "spend", "warmth" };
/// bactrian_reader *reader = NULL;
/// status = bactrian_reader_prepare(engine, columns, 2, &reader);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_reader_prepare(
    engine: Option<&Engine>,
    columns: *const *const c_char,
    columns_length: usize,
    reader: Option<&mut MaybeUninit<*mut Reader>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(reader, "reader")?);
        // SAFETY: the caller promises `columns_length` texts.
        let columns = unsafe { names(columns, columns_length, "columns") }?;
        hand_out(place, Reader { reader: engine.engine.reader(&columns)? });
        Ok(())
    })
}

/// How many columns the reader has, which is how many values `bactrian_reader_read` writes; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_reader_columns(reader: Option<&Reader>) -> usize {
    reader.map_or(0, |reader| reader.reader.len())
}

/// What each value is, in order, into `types`, which has room for as many as the reader has columns:
/// `BACTRIAN_TYPE_NUMBER`, `_FLAG`, `_TIME`, or `_TEXT` for a name that `bactrian_engine_key_text` gives.
///
/// Errors: `CLOSED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_reader_types(reader: Option<&Reader>, types: *mut u32) -> Status {
    guard(|| {
        let reader = &given(reader, "reader")?.reader;
        // SAFETY: the caller promises room for as many types as the reader has columns.
        let types = unsafe { room(types, reader.len(), "types") }?;
        let kinds = reader.kinds()?.into_iter().map(|kind| Type::from(kind) as u32);
        types.iter_mut().zip(kinds).for_each(|(place, kind)| *place = kind);
        Ok(())
    })
}

/// Reads the columns of one customer, toward `peer` unless it is NULL, as they are at `at`
/// (`BACTRIAN_NOW`: the engine's clock) into `values`, which has room for as many as the reader has
/// columns. Flags are 0 and 1, moments microseconds since 1970 UTC, names a number for
/// `bactrian_engine_key_text`; unknown is NaN. Allocates nothing.
///
/// Errors: `UNKNOWN_CUSTOMER`; `TIME_PAST` for a moment before the engine's clock; `CLOSED`.
///
/// ```c
/// double values[2];
/// status = bactrian_reader_read(reader, &anna, &ben, BACTRIAN_NOW, values);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_reader_read(
    reader: Option<&Reader>,
    customer: Option<&Id>,
    peer: Option<&Id>,
    at: i64,
    values: *mut f64,
) -> Status {
    guard(|| {
        let reader = &given(reader, "reader")?.reader;
        // SAFETY: the caller promises room for as many values as the reader has columns.
        let values = unsafe { room(values, reader.len(), "values") }?;
        reader.read(who(customer, "customer")?, who_if(peer, "peer")?, moment(at), values)
    })
}

/// Reads the columns of many customers, row after row: `values` has room for `customers_length`
/// times as many as the reader has columns. What was written before an error is undefined.
///
/// Errors: as `bactrian_reader_read`, for the first customer with one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_reader_read_rows(
    reader: Option<&Reader>,
    customers: *const Id,
    customers_length: usize,
    peer: Option<&Id>,
    at: i64,
    values: *mut f64,
) -> Status {
    guard(|| {
        let reader = &given(reader, "reader")?.reader;
        // SAFETY: the caller promises `customers_length` ids and a row of values for each.
        let (customers, values) = unsafe {
            let rows = customers_length.saturating_mul(reader.len());
            (slice(customers, customers_length, "customers")?, room(values, rows, "values")?)
        };
        let peer = who_if(peer, "peer")?;
        let rows = values.chunks_exact_mut(reader.len().max(1));
        customers.iter().zip(rows).try_for_each(|(id, row)| reader.read(id.get("customers")?, peer, moment(at), row))
    })
}

/// # Safety
/// `start` is NULL or has room for `length` numbers that nobody else reads or writes during the call.
unsafe fn room<'a, T>(start: *mut T, length: usize, name: &str) -> Result<&'a mut [T]> {
    match (start.is_null(), length) {
        (_, 0) => Ok(&mut []),
        (true, _) => Err(null(name)),
        // SAFETY: not NULL, and the caller promises the rest; every pattern of bits is a number.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts_mut(start, length) }),
    }
}

/// Gives a reader back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_reader_free(reader: Option<Box<Reader>>) {
    guard_or((), || drop(reader));
}
