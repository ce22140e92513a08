//! What engines learn apart, put together, from C.

use std::mem::MaybeUninit;
use std::ptr;

use super::Engine;
use super::shape::reported;
use crate::error::{guard, guard_or};
use crate::pointer::{given, hand_out, slice};
use crate::result::report::Report;
use crate::status::Status;

/// What one engine knows, as bytes that another of the same definition absorbs.
pub struct Partial {
    bytes: Vec<u8>,
}

/// What the engine knows, without its journal and fits, for `bactrian_engine_absorb` of an engine elsewhere over
/// other events. Free it. Cost: a pass over the state.
///
/// Errors: `NOT_MERGEABLE` once customers were merged; `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_partial(
    engine: Option<&Engine>,
    partial: Option<&mut MaybeUninit<*mut Partial>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(partial, "partial")?);
        hand_out(place, Partial { bytes: engine.engine.partial()? });
        Ok(())
    })
}

/// Its bytes; NULL for NULL. Valid as long as the partial state.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_partial_data(partial: Option<&Partial>) -> *const u8 {
    partial.map_or(ptr::null(), |partial| partial.bytes.as_ptr())
}

/// How many bytes; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_partial_length(partial: Option<&Partial>) -> usize {
    partial.map_or(0, |partial| partial.bytes.len())
}

/// Gives a partial state back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_partial_free(partial: Option<Box<Partial>>) {
    guard_or((), || drop(partial));
}

/// Takes over what an engine of the same definition knows, by the bytes of `bactrian_engine_partial`; the sets of
/// events must be disjoint. It is durable when the call returns. `report` may be NULL.
///
/// Errors: `DEFINITION_MISMATCH`; `NOT_MERGEABLE` for a part that was absorbed before, or that shares events; then
/// nothing is taken. `TIME_BEYOND_CEILING`, `STORE_VERSION`, `STORE_CORRUPT`, `READ_ONLY`, `CLOSED`, `STORE_IO`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_absorb(
    engine: Option<&Engine>,
    data: *const u8,
    length: usize,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises `length` bytes.
        let bytes = unsafe { slice(data, length, "data") }?;
        let taken = engine.engine.absorb(bytes)?;
        reported(engine, taken, report)
    })
}
