//! Batches in and out: Arrow C streams, and plain columns.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow_schema::{ArrowError, Field, Schema};
use bactrian::{Error, ErrorKind, Result, Table};

use crate::pointer::{Text, given, null, optional_slice, slice};
use crate::value::Type;

/// Takes over a stream; the caller's struct is left as a released one.
///
/// # Safety
/// `stream` is NULL or points to a stream whose producer keeps the Arrow C stream contract.
pub(crate) unsafe fn adopt(stream: *mut FFI_ArrowArrayStream) -> Result<FFI_ArrowArrayStream> {
    if stream.is_null() {
        return Err(null("stream"));
    }
    // SAFETY: not NULL, and the caller promises a stream.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream) };
    match stream.release() {
        Some(_) => Ok(stream),
        None => Err(Error::new(ErrorKind::SchemaArrow, "the Arrow stream was released before")),
    }
}

/// Reads a stream to its end; every array is fully validated, inside a guard of its own.
pub(crate) fn read(stream: FFI_ArrowArrayStream) -> Result<Vec<RecordBatch>> {
    match catch_unwind(AssertUnwindSafe(|| validated(stream))) {
        Ok(batches) => batches.map_err(|error| refused(&error)),
        Err(_) => Err(Error::new(ErrorKind::SchemaArrow, "the Arrow stream is malformed")),
    }
}

fn validated(stream: FFI_ArrowArrayStream) -> std::result::Result<Vec<RecordBatch>, ArrowError> {
    let batches: Vec<RecordBatch> = RecordBatchStreamReader::try_new(stream)?.collect::<std::result::Result<_, _>>()?;
    for column in batches.iter().flat_map(RecordBatch::columns) {
        column.to_data().validate_full()?;
    }
    Ok(batches)
}

fn refused(error: &ArrowError) -> Error {
    Error::new(ErrorKind::SchemaArrow, format!("the Arrow stream can't be read: {error}"))
}

/// Gives a table to the caller as a stream of one batch, which the caller releases. The stream that
/// was there is overwritten.
pub(crate) fn export(
    table: impl FnOnce() -> Result<Table>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Result<()> {
    let place = given(stream, "stream")?;
    place.write(FFI_ArrowArrayStream::new(table()?.to_reader()?));
    Ok(())
}

/// One plain column of a batch. `type` says what `data` points to, one element a row.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Column<'a> {
    /// Its name: a column of the definition's roles, or one that the call maps to a role.
    pub name: Text<'a>,
    /// One of `BACTRIAN_TYPE_NUMBER` (`double`), `_FLAG` (`uint8_t`), `_TEXT` (`const char *`),
    /// `_TIME` (`int64_t`), `_WHOLE` (`uint64_t`).
    pub r#type: u32,
    /// The elements; NULL only with no rows.
    pub data: *const std::ffi::c_void,
    /// A byte a row, 0 where the value is unknown; NULL where all are known.
    pub known: *const u8,
}

/// Plain columns as one batch.
///
/// # Safety
/// `start` is NULL or points to `length` columns of `rows` elements each.
pub(crate) unsafe fn gather(start: *const Column<'_>, length: usize, rows: usize) -> Result<RecordBatch> {
    // SAFETY: the caller promises `length` columns.
    let columns = unsafe { slice(start, length, "columns") }?;
    let mut fields = Vec::with_capacity(length);
    let mut arrays = Vec::with_capacity(length);
    for column in columns {
        let name = column.name.required("columns.name")?;
        // SAFETY: the caller promises `rows` elements of the column's type.
        let array = unsafe { elements(name, column, rows) }?;
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new(fields));
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, arrays, &options)
        .map_err(|error| Error::new(ErrorKind::SchemaArrow, format!("the columns don't fit together: {error}")))
}

/// # Safety
/// The column has `rows` elements of its type, and as many bytes in `known` unless that is NULL.
unsafe fn elements(name: &str, column: &Column<'_>, rows: usize) -> Result<ArrayRef> {
    let data = column.data;
    // SAFETY: by the caller's promise, here and in each arm.
    let known = unsafe { optional_slice(column.known, rows, name) }?;
    let known = |row: usize| known.is_none_or(|known| known.get(row).is_some_and(|byte| *byte != 0));
    // SAFETY: the same promise.
    Ok(unsafe {
        match Type::of(column.r#type, name)? {
            Type::Number => Arc::new(Float64Array::from_iter(
                some(slice::<f64>(data.cast(), rows, name)?, known).map(|value| value.filter(|value| !value.is_nan())),
            )),
            Type::Flag => Arc::new(BooleanArray::from_iter(
                some(slice::<u8>(data.cast(), rows, name)?, known).map(|value| value.map(|value| value != 0)),
            )),
            Type::Time => Arc::new(
                TimestampMicrosecondArray::from_iter(some(slice(data.cast(), rows, name)?, known)).with_timezone("UTC"),
            ),
            Type::Whole => Arc::new(UInt64Array::from_iter(some(slice(data.cast(), rows, name)?, known))),
            Type::Text => {
                let texts = some(slice::<Text<'_>>(data.cast(), rows, name)?, known);
                let texts = texts.map(|text| text.map_or(Ok(None), |text| text.optional(name)));
                Arc::new(texts.collect::<Result<StringArray>>()?)
            }
            Type::Null | Type::Texts => {
                let message = format!("column `{name}` has the type {}, which columns can't have", column.r#type);
                return Err(Error::new(ErrorKind::SchemaType, message));
            }
        }
    })
}

/// The elements that are known.
fn some<'a, T: Copy>(values: &'a [T], known: impl Fn(usize) -> bool + 'a) -> impl Iterator<Item = Option<T>> + 'a {
    values.iter().enumerate().map(move |(row, value)| known(row).then_some(*value))
}

const _: () = assert!(size_of::<Text<'_>>() == size_of::<*const c_char>());
