//! What to do next, from C.

use std::mem::MaybeUninit;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use bactrian::Result;

use super::Engine;
use crate::arrow::export;
use crate::error::guard;
use crate::pointer::{Versioned, given, hand_out, moment, versioned};
use crate::result::decision::Decision;
use crate::status::Status;
use crate::value::{BACTRIAN_NOW, Id, optional_ids, who, who_if};

/// How a decision is asked for. Begin with `BACTRIAN_ASK_INIT`, which sets the size and the defaults.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// `sizeof(bactrian_ask)`.
    pub struct_size: usize,
    /// The peer toward whom; columns toward a peer are unknown for NULL, the default.
    pub toward: Option<&'a Id>,
    /// The moment, at or after the engine's clock, which is the default: `BACTRIAN_NOW`.
    pub at: i64,
    /// 1 looks without writing: nothing is recorded, no cap is used up. 0 by default.
    pub dry: u32,
}

// SAFETY: options of references and numbers have a value for every pattern of bits that a caller may
// write, and `struct_size` comes first.
unsafe impl Versioned for Ask<'_> {
    const SIZES: &'static [usize] = &[size_of::<Self>()];
    const DEFAULT: Self = Ask { struct_size: 0, toward: None, at: BACTRIAN_NOW, dry: 0 };
}

impl<'a> Ask<'a> {
    fn get(&self) -> Result<bactrian::Ask<'a>> {
        let (toward, at) = (who_if(self.toward, "toward")?, moment(self.at));
        Ok(bactrian::Ask { toward, at, dry: self.dry != 0, ..bactrian::Ask::default() })
    }
}

fn decide(engine: &Engine, customer: Option<&Id>, ask: Ask<'_>) -> Result<Decision> {
    Ok(Decision::new(&engine.engine.decide(who(customer, "customer")?, ask.get()?)?))
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
        hand_out(place, decide(engine, customer, Ask { toward: peer, at, ..Ask::DEFAULT })?);
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
        // SAFETY: the caller promises that `ask` is as long as it says.
        let ask = unsafe { versioned(ask, "ask") }?;
        hand_out(place, decide(engine, customer, ask)?);
        Ok(())
    })
}

/// Decides for many customers at one moment, in order, and records all of it in one commit unless the ask
/// is dry, into a stream of one batch: `customer`, `action` (null is silence), `priority`, `propensity`,
/// `why`. NULL `customers` are everyone, in order of first sight; a NULL `ask` has the defaults. `stream` is
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
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises `customers_length` ids, and an ask as long as it says.
        let (ids, ask) = unsafe {
            let ids = optional_ids(customers, customers_length, "customers")?;
            (ids, if ask.is_null() { Ask::DEFAULT } else { versioned(ask, "ask")? })
        };
        let asked = ask.get()?;
        export(|| engine.engine.decide_batch(ids.as_deref(), asked), stream)
    })
}
