//! Arrow streams in and out through the PyCapsule interface: the one file with unsafe code.
//!
//! Imported arrays are fully validated, inside a panic guard. What a producer's pointers point to is
//! the producer's contract: an array that lies about its lengths is beyond any check.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::ffi::FFI_ArrowSchema;
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{RecordBatch, RecordBatchIterator};
use arrow_schema::ArrowError;
use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::error::{OrRaise, raised};

/// All batches of an object that has `__arrow_c_stream__`; the lock on Python is released meanwhile.
pub(crate) fn import(capsule: &Bound<'_, PyAny>) -> PyResult<Vec<RecordBatch>> {
    let pointer = capsule.cast::<PyCapsule>()?.pointer_checked(Some(c"arrow_array_stream"))?;
    // SAFETY: a capsule of this name holds an `ArrowArrayStream` by the PyCapsule interface; the stream is
    // moved out and leaves an empty one behind, so that the capsule releases nothing twice.
    #[expect(unsafe_code, reason = "the Arrow C stream interface passes a pointer")]
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.cast().as_ptr()) };
    capsule.py().detach(|| guarded(|| read(stream))).or_raise()
}

/// A stream of one batch in a capsule, which releases it if nobody takes it.
pub(crate) fn export<'py>(py: Python<'py>, batch: RecordBatch) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = batch.schema();
    let stream = FFI_ArrowArrayStream::new(Box::new(RecordBatchIterator::new([Ok(batch)], schema)));
    PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
}

/// The schema of a batch in a capsule.
pub(crate) fn export_schema<'py>(py: Python<'py>, batch: &RecordBatch) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(batch.schema().as_ref()).map_err(|error| raised(&refused(&error)))?;
    PyCapsule::new_with_value(py, schema, c"arrow_schema")
}

fn read(stream: FFI_ArrowArrayStream) -> Result<Vec<RecordBatch>, ArrowError> {
    let batches: Vec<RecordBatch> = RecordBatchStreamReader::try_new(stream)?.collect::<Result<_, _>>()?;
    for column in batches.iter().flat_map(RecordBatch::columns) {
        column.to_data().validate_full()?;
    }
    Ok(batches)
}

fn guarded<T>(read: impl FnOnce() -> Result<T, ArrowError>) -> bactrian::Result<T> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| refused(&error)),
        Err(_) => Err(Error::new(ErrorKind::SchemaArrow, "the Arrow stream is malformed")),
    }
}

fn refused(error: &ArrowError) -> Error {
    Error::new(ErrorKind::SchemaArrow, format!("the Arrow stream can't be read: {error}"))
}
