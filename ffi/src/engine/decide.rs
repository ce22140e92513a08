//! What to do next, and what was decided, from C.

use std::mem::MaybeUninit;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use bactrian::Result;

use super::Engine;
use super::shape::{Ask, asked_of_many};
use crate::arrow::export;
use crate::error::guard;
use crate::pointer::{Text, Versioned, given, hand_out, versioned};
use crate::result::decision::Decision;
use crate::result::recorded::RecordedDecision;
use crate::status::Status;
use crate::value::{Id, who};

/// # Safety
/// As [`Ask::with`].
unsafe fn decide(engine: &Engine, customer: Option<&Id>, ask: Ask<'_>) -> Result<Decision> {
    let customer = who(customer, "customer")?;
    // SAFETY: the caller's promise.
    unsafe { ask.with(|ask| Ok(Decision::new(&engine.engine.decide(customer, ask)?))) }
}

/// Decides what to do next for a customer, toward `peer` unless it is NULL, at `at` (`BACTRIAN_NOW`:
/// the engine's clock), and records it: the record is durable when the call returns. Silence is always
/// a candidate. Free the decision.
///
/// Errors: `UNKNOWN_CUSTOMER`; `TIME_PAST` for a moment before the clock, `TIME_BEYOND_CEILING`;
/// `READ_ONLY`, `CLOSED`, `STORE_IO`.
///
/// ```c
/// bactrian_decision *decision = NULL;
/// status = bactrian_engine_decide(engine, &anna, NULL, BACTRIAN_NOW, &decision);
/// if (status == BACTRIAN_STATUS_OK) {
///     const char *action = bactrian_decision_action(decision);
///     printf("%s: %s\n", action ? action : "silence", bactrian_decision_why(decision));
///     bactrian_decision_free(decision);
/// }
/// ```
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_decide(
    engine: Option<&Engine>,
    customer: Option<&Id>,
    peer: Option<&Id>,
    at: i64,
    decision: Option<&mut MaybeUninit<*mut Decision>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(decision, "decision")?);
        // SAFETY: an ask without a context holds no fields.
        hand_out(place, unsafe { decide(engine, customer, Ask { toward: peer, at, ..Ask::DEFAULT }) }?);
        Ok(())
    })
}

/// Decides as `bactrian_engine_decide` does, with all that can be asked. A dry decision changes
/// nothing and may be taken on a read-only engine.
///
/// Errors: as `bactrian_engine_decide`, and `STRUCT_SIZE`.
///
/// ```c
/// bactrian_ask ask = BACTRIAN_ASK_INIT;
/// ask.dry = 1;
/// status = bactrian_engine_decide_with(engine, &anna, &ask, &decision);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_decide_with(
    engine: Option<&Engine>,
    customer: Option<&Id>,
    ask: *const Ask<'_>,
    decision: Option<&mut MaybeUninit<*mut Decision>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(decision, "decision")?);
        // SAFETY: the caller promises that `ask` is as long as it says, and its context too.
        let decided = unsafe { decide(engine, customer, versioned(ask, "ask")?) }?;
        hand_out(place, decided);
        Ok(())
    })
}

/// Decides for many customers at one moment, in order, and records all of it in one commit unless the ask
/// is dry, into a stream of one batch: `customer`, `action` (null is silence), `priority`, `propensity`,
/// `why`, `decision` (the id by which outcomes are learnt). NULL `customers` are everyone, in order of first sight; a NULL `ask` has the defaults. `stream` is
/// overwritten; release it with its own `release`.
///
/// Errors: as `bactrian_engine_decide_with`; then nothing is recorded.
///
/// ```c
/// struct ArrowArrayStream stream;
/// status = bactrian_engine_decide_batch(engine, NULL, 0, NULL, &stream);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_decide_batch(
    engine: Option<&Engine>,
    customers: *const Id,
    customers_length: usize,
    ask: *const Ask<'_>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    // SAFETY: the caller promises `customers_length` ids, and an ask as long as it says with its fields.
    unsafe { asked_of_many(bactrian::Engine::decide_batch, engine, (customers, customers_length), ask, stream) }
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
    // SAFETY: the caller promises `customers_length` ids, and an ask as long as it says with its fields.
    unsafe { asked_of_many(bactrian::Engine::funnel, engine, (customers, customers_length), ask, stream) }
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

/// The ledger by the cells of a segment, into a stream of one batch: as `bactrian_engine_ledger`, a row a cell
/// and action, with a first column `cell`, in which the customer was when the decision was taken (null is none).
/// `stream` is overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_SEGMENT`, with the nearest name; `CLOSED`.
///
/// ```c
/// status = bactrian_engine_ledger_by(engine, "tier", &stream);
/// ```
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_ledger_by(
    engine: Option<&Engine>,
    segment: Text<'_>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, segment) = (given(engine, "engine")?, segment.required("segment")?);
        export(|| engine.engine.ledger_by(segment), stream)
    })
}

/// What has been learnt of the response to actions with a `response_model`, into a stream of one batch: a row an
/// action and cell with `action`, `cell` (null is the action as a whole), `successes` and `failures` (all that there were),
/// `trials` (how many these count for now), `response` and `standard_deviation`. `stream` is overwritten; release it with its own `release`.
///
/// Errors: `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_responses(
    engine: Option<&Engine>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        export(|| engine.engine.responses(), stream)
    })
}

/// A decision as the journal has it, by its id: every candidate with its factors, under the definition of its
/// time. Free it. Cost: a pass over the journal.
///
/// Errors: `UNKNOWN_DECISION`; `CLOSED`, `STORE_IO`, `STORE_CORRUPT`.
///
/// ```c
/// bactrian_recorded_decision *recorded = NULL;
/// status = bactrian_engine_recorded(engine, bactrian_decision_id(decision), &recorded);
/// ```
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_recorded(
    engine: Option<&Engine>,
    decision: u64,
    recorded: Option<&mut MaybeUninit<*mut RecordedDecision>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(recorded, "recorded")?);
        hand_out(place, RecordedDecision::new(&engine.engine.recorded(decision)?));
        Ok(())
    })
}
