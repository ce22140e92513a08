//! Models on their own, from C: without an engine, on columns of numbers.

pub mod cluster;
pub mod clv;
pub mod humps;
pub mod loyalty;
pub mod summary;

use bactrian::{Error, ErrorKind, Result};

use crate::pointer::null;

/// Where an answer goes, which must be somewhere.
fn place<T>(out: *mut T, name: &str) -> Result<*mut T> {
    if out.is_null() { Err(null(name)) } else { Ok(out) }
}

/// Writes an answer.
///
/// # Safety
/// `out` points to room for as many values.
unsafe fn answer<T: Copy>(values: &[T], out: *mut T) {
    // SAFETY: the caller promises the room; the values are the library's own.
    unsafe { out.copy_from_nonoverlapping(values.as_ptr(), values.len()) };
}

/// The N parameters, or the error that there are more or fewer.
fn exactly<const N: usize>(parameters: &[f64]) -> Result<[f64; N]> {
    parameters.try_into().map_err(|_| {
        let message = format!("{} parameters given where the model has {N}", parameters.len());
        Error::new(ErrorKind::SchemaRange, message)
    })
}
