//! What came of decisions, from C.

use std::mem::MaybeUninit;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;

use super::Engine;
use super::decide::Ask;
use super::write::{Roles, from_arrow, from_columns, single};
use crate::arrow::{Column, export};
use crate::error::guard;
use crate::pointer::{Text, Versioned, given, moment, versioned};
use crate::result::report::Report;
use crate::status::Status;
use crate::value::{Id, optional_ids};

/// Takes one outcome of a decision: its kind, when it came (`BACTRIAN_NOW`: the engine's clock), and its
/// value in money, NaN if it has none. `report` may be NULL.
///
/// An outcome belongs to its decision within the action's window. Of one kind the latest stands: an earlier
/// or equal one is a duplicate, a later one corrects it.
///
/// Errors: `ROW_REJECTED`, with the reason, for a decision that is not open; `SCHEMA_RANGE`; `READ_ONLY`,
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

/// What was expected of each action and what came of it, into a stream of one batch: a row an action that was
/// ever decided (null is silence) with `action`, `process`, `decisions`, `withheld`, `expected`, `cost`,
/// `realised`, `answered`, `open`, `expired`, and a column `outcome.KIND` for each kind of outcome. `stream` is
/// overwritten; release it with its own `release`.
///
/// Errors: `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_ledger(
    engine: Option<&Engine>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        export(|| engine.engine.ledger(), stream)
    })
}

/// Where each action falls for some customers, or for everyone for NULL, without recording anything, into a
/// stream of one batch: a row an action with `action`, `customers`, how many fell at each stage, and `chosen`; the
/// last row is silence. A NULL `ask` has the defaults. `stream` is overwritten; release it with its own `release`.
///
/// Errors: as `bactrian_engine_decide_with`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_funnel(
    engine: Option<&Engine>,
    customers: *const Id,
    customers_length: usize,
    ask: *const Ask<'_>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises `customers_length` ids, and an ask as long as it says.
        let (ids, ask) = unsafe {
            let ids = optional_ids(customers, customers_length, "customers")?;
            (ids, if ask.is_null() { Ask::DEFAULT } else { versioned(ask, "ask")? })
        };
        // SAFETY: the caller promises as many fields as the ask says.
        unsafe { ask.with(|asked| export(|| engine.engine.funnel(ids.as_deref(), asked), stream)) }
    })
}
