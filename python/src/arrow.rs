//! Arrow streams in and out through the PyCapsule interface: the one file with unsafe code.
//!
//! Imported arrays are fully validated, inside a panic guard. What a producer's pointers point to is
//! the producer's contract: an array that lies about its lengths is beyond any check.

use arrow_array::ffi::FFI_ArrowSchema;
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, Schema};
use bactrian::data::table::read_stream;
use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::error::{call, raised};

/// All batches of an object that has `__arrow_c_stream__`; the lock on Python is released meanwhile.
pub(crate) fn import(capsule: &Bound<'_, PyAny>) -> PyResult<Vec<RecordBatch>> {
    let foreign = |error: &dyn std::fmt::Display| refused(&format!("`__arrow_c_stream__` gave no stream: {error}"));
    let capsule = capsule.cast::<PyCapsule>().map_err(|error| foreign(&error))?;
    let pointer = capsule.pointer_checked(Some(c"arrow_array_stream")).map_err(|error| foreign(&error))?;
    // SAFETY: a capsule of this name holds an `ArrowArrayStream` by the PyCapsule interface; the stream is
    // moved out and leaves an empty one behind, so that the capsule releases nothing twice.
    #[expect(unsafe_code, reason = "the Arrow C stream interface passes a pointer")]
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.cast().as_ptr()) };
    call(capsule.py(), || read(stream))
}

/// A stream in a capsule, which releases it if nobody takes it.
pub(crate) fn export<'py>(
    py: Python<'py>,
    batches: Box<dyn RecordBatchReader + Send>,
) -> PyResult<Bound<'py, PyCapsule>> {
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(batches), c"arrow_array_stream")
}

/// The schema of a table in a capsule.
pub(crate) fn export_schema<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema).map_err(|error| refused(&error.to_string()))?;
    PyCapsule::new_with_value(py, schema, c"arrow_schema")
}

/// Batches whose buffers hold what their types promise, looked at before any lock of core is taken.
fn read(stream: FFI_ArrowArrayStream) -> bactrian::Result<Vec<RecordBatch>> {
    let broken = |error: ArrowError| Error::new(ErrorKind::SchemaArrow, format!("the Arrow stream is broken: {error}"));
    let batches = read_stream(RecordBatchStreamReader::try_new(stream).map_err(broken)?)?;
    for column in batches.iter().flat_map(RecordBatch::columns) {
        column.to_data().validate_full().map_err(broken)?;
    }
    Ok(batches)
}

fn refused(message: &str) -> PyErr {
    raised(&Error::new(ErrorKind::SchemaArrow, message))
}
