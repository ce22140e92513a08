//! What happens, from C: events, traits, ties, outcomes, the clock, fits.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;

use super::Engine;
use super::shape::{Roles, from_arrow, from_columns, reported, single};
use crate::arrow::Column;
use crate::error::guard;
use crate::pointer::{Text, given, hand_out_if, moment, optional_names, versioned};
use crate::result::fit::FitReport;
use crate::result::report::Report;
use crate::status::Status;
use crate::value::{Event, Field, Fields, Id, who};

/// Takes one event; it is durable when the call returns. `report` may be NULL. A field that the kind has no role for
/// is passed over.
///
/// Errors: `ROW_REJECTED`, with the reason, for an event that can't be taken (unknown kind, nobody it
/// is about, a value of the wrong type, a time out of range or beyond the ceiling); `STRUCT_SIZE`,
/// `READ_ONLY`, `CLOSED`, `STORE_IO`.
///
/// ```c
/// status = bactrian_engine_observe(engine, &event, NULL);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_observe(
    engine: Option<&Engine>,
    event: *const Event<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises an event as long as it says, with fields that hold what they say.
        let taken = unsafe { versioned(event, "event")?.with(|event| engine.engine.observe_row(event)) }?;
        single(engine, taken, report)
    })
}

/// Takes events from an Arrow stream, in the order of (time, row); they are durable when the call
/// returns. Good rows go in; bad rows are in the report. `roles` and `report` may be NULL.
///
/// The stream is read to its end and released in every case.
///
/// Errors: `SCHEMA_MISSING`, `SCHEMA_TYPE`, `SCHEMA_ARROW` when the table as a whole can't be read, and
/// then nothing is taken; `STRUCT_SIZE`, `READ_ONLY`, `CLOSED`, `STORE_IO`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_observe_arrow(
    engine: Option<&Engine>,
    stream: *mut FFI_ArrowArrayStream,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    // SAFETY: the caller promises a stream, and roles as long as they say.
    unsafe { from_arrow(bactrian::Engine::observe, engine, stream, roles, report) }
}

/// Takes events from plain columns of `rows` elements each, as `bactrian_engine_observe_arrow` does.
///
/// Errors: as `bactrian_engine_observe_arrow`.
///
/// ```c
/// bactrian_column columns[] = {
///     { "customer", BACTRIAN_TYPE_WHOLE, customers, NULL },
///     { "at", BACTRIAN_TYPE_TIME, times, NULL },
///     { "amount", BACTRIAN_TYPE_NUMBER, amounts, NULL },
/// };
/// status = bactrian_engine_observe_columns(engine, columns, 3, rows, &mapped, NULL);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_observe_columns(
    engine: Option<&Engine>,
    columns: *const Column<'_>,
    columns_length: usize,
    rows: usize,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    // SAFETY: the caller promises columns of `rows` elements, and roles as long as they say.
    unsafe { from_columns(bactrian::Engine::observe, engine, (columns, columns_length, rows), roles, report) }
}

/// Takes traits of one customer, as they are from `at` on (`BACTRIAN_NOW`: the engine's clock).
/// `report` may be NULL.
///
/// Errors: `UNKNOWN_WORD` for a trait that the definition does not have, `SCHEMA_TYPE`,
/// `ROW_REJECTED`; `READ_ONLY`, `CLOSED`, `STORE_IO`.
///
/// ```c
/// bactrian_field traits[] = { bactrian_field_flag("consent_email", 1) };
/// status = bactrian_engine_identify(engine, &anna, BACTRIAN_NOW, traits, 1, NULL);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_identify(
    engine: Option<&Engine>,
    customer: Option<&Id>,
    at: i64,
    traits: *const Field<'_>,
    traits_length: usize,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises `traits_length` fields that hold what they say.
        let traits = unsafe { Fields::new(traits, traits_length) }?;
        let taken = engine.engine.identify_row(who(customer, "customer")?, moment(at), &traits.get())?;
        single(engine, taken, report)
    })
}

/// Takes traits from an Arrow stream: the customer, a column for each trait, and `at`, by default the
/// engine's clock. `roles` and `report` may be NULL. The stream is released in every case.
///
/// Errors: as `bactrian_engine_observe_arrow`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_identify_arrow(
    engine: Option<&Engine>,
    stream: *mut FFI_ArrowArrayStream,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    // SAFETY: the caller promises a stream, and roles as long as they say.
    unsafe { from_arrow(bactrian::Engine::identify, engine, stream, roles, report) }
}

/// Takes traits from plain columns of `rows` elements each, as `bactrian_engine_identify_arrow` does.
///
/// Errors: as `bactrian_engine_observe_arrow`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_identify_columns(
    engine: Option<&Engine>,
    columns: *const Column<'_>,
    columns_length: usize,
    rows: usize,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    // SAFETY: the caller promises columns of `rows` elements, and roles as long as they say.
    unsafe { from_columns(bactrian::Engine::identify, engine, (columns, columns_length, rows), roles, report) }
}

/// Adds `weight` to the tie of a `layer` from one customer to another, at `at` (`BACTRIAN_NOW`: the engine's clock); NaN
/// removes the tie. `report` may be NULL.
///
/// Errors: `UNKNOWN_WORD` for a layer that the definition does not have; `SCHEMA_RANGE` for an infinite weight or a time
/// out of range; `TIME_BEYOND_CEILING`; `READ_ONLY`, `CLOSED`, `STORE_IO`.
///
/// ```c
/// status = bactrian_engine_relate(engine, "talk", &anna, &ben, BACTRIAN_NOW, 1.0, NULL);
/// ```
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_relate(
    engine: Option<&Engine>,
    layer: Text<'_>,
    customer: Option<&Id>,
    peer: Option<&Id>,
    at: i64,
    weight: f64,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    guard(|| {
        let (engine, layer) = (given(engine, "engine")?, layer.required("layer")?);
        let (customer, peer) = (who(customer, "customer")?, who(peer, "peer")?);
        let taken = engine.engine.relate_row(layer, customer, peer, moment(at), weight)?;
        single(engine, taken, report)
    })
}

/// Takes ties from an Arrow stream: customer, peer, layer (or `roles->kind`), weight (by default 1;
/// adds to the tie), and `at`, by default the engine's clock; where a flag `remove` is set the tie goes. `roles` and
/// `report` may be NULL. The stream is released in every case.
///
/// Errors: as `bactrian_engine_observe_arrow`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_relate_arrow(
    engine: Option<&Engine>,
    stream: *mut FFI_ArrowArrayStream,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    // SAFETY: the caller promises a stream, and roles as long as they say.
    unsafe { from_arrow(bactrian::Engine::relate, engine, stream, roles, report) }
}

/// Takes ties from plain columns of `rows` elements each, as `bactrian_engine_relate_arrow` does.
///
/// Errors: as `bactrian_engine_observe_arrow`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_relate_columns(
    engine: Option<&Engine>,
    columns: *const Column<'_>,
    columns_length: usize,
    rows: usize,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    // SAFETY: the caller promises columns of `rows` elements, and roles as long as they say.
    unsafe { from_columns(bactrian::Engine::relate, engine, (columns, columns_length, rows), roles, report) }
}

/// Takes one outcome of a decision: its kind, when it came (`BACTRIAN_NOW`: the engine's clock), and its
/// value in money, NaN if it has none. `report` may be NULL.
///
/// An outcome belongs to its decision within the action's window. Of one kind the latest stands, and of equal
/// times the later row: an earlier one, or the same again, is a duplicate, and the others correct it, also to having no
/// value. What comes after silence is an outcome too, where
/// `[decide]` has a `within`.
///
/// Errors: `ROW_REJECTED`, with the reason, for a decision that is not open, and for an outcome that the definition names
/// nowhere where its action goes by another one; `SCHEMA_RANGE`; `READ_ONLY`,
/// `CLOSED`, `STORE_IO`.
///
/// ```c
/// status = bactrian_engine_learn(engine, bactrian_decision_id(decision), "redeem", BACTRIAN_NOW, 4.0, NULL);
/// ```
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_learn(
    engine: Option<&Engine>,
    decision: u64,
    outcome: Text<'_>,
    at: i64,
    value: f64,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        let value = (!value.is_nan()).then_some(value);
        let taken = engine.engine.learn_row(decision, outcome.required("outcome")?, moment(at), value)?;
        single(engine, taken, report)
    })
}

/// Takes outcomes from an Arrow stream: `decision` (the id), `outcome` (its kind; or `roles->kind`), `at` (by
/// default the engine's clock) and `value` in money. `roles` and `report` may be NULL. The stream is released
/// in every case.
///
/// Errors: as `bactrian_engine_observe_arrow`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_learn_arrow(
    engine: Option<&Engine>,
    stream: *mut FFI_ArrowArrayStream,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    // SAFETY: the caller promises a stream, and roles as long as they say.
    unsafe { from_arrow(bactrian::Engine::learn, engine, stream, roles, report) }
}

/// Takes outcomes from plain columns of `rows` elements each, as `bactrian_engine_learn_arrow` does.
///
/// Errors: as `bactrian_engine_observe_arrow`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_learn_columns(
    engine: Option<&Engine>,
    columns: *const Column<'_>,
    columns_length: usize,
    rows: usize,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    // SAFETY: the caller promises columns of `rows` elements, and roles as long as they say.
    unsafe { from_columns(bactrian::Engine::learn, engine, (columns, columns_length, rows), roles, report) }
}

/// Moves the clock to `at`, and finds the crossings that time alone has brought. `report` may be NULL.
///
/// Errors: `TIME_PAST` for a moment before the clock, `TIME_BEYOND_CEILING`, `READ_ONLY`, `CLOSED`,
/// `STORE_IO`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_advance_to(
    engine: Option<&Engine>,
    at: i64,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        let taken = engine.engine.advance_to(at)?;
        reported(engine, taken, report)
    })
}

/// Learns the population: the fitted columns named, or all of them for NULL names, in dependency
/// order, from one snapshot at the engine's clock. Triggers nothing. `report` may be NULL.
///
/// A column that has too little to learn from is reported as skipped and keeps what it had.
///
/// Errors: `UNKNOWN_COLUMN` for a name that no fitted column has; `READ_ONLY`, `CLOSED`, `STORE_IO`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_fit(
    engine: Option<&Engine>,
    columns: *const *const c_char,
    columns_length: usize,
    report: Option<&mut MaybeUninit<*mut FitReport>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises `columns_length` texts.
        let columns = unsafe { optional_names(columns, columns_length, "columns") }?;
        let fitted = engine.engine.fit(columns.as_deref())?;
        hand_out_if(report, || FitReport::new(&fitted));
        Ok(())
    })
}
