//! How new actions prove themselves, and how contacts wear out, from C.

use std::mem::MaybeUninit;
use std::ptr;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use bactrian::models::evaluation;

use super::Engine;
use crate::arrow::export;
use crate::error::{guard, guard_or};
use crate::pointer::{Text, given, hand_out};
use crate::result::fit::{Verdict, verdicts};
use crate::status::Status;
use crate::texts::Texts;

/// Where the trials of new actions stand, into a stream of one batch: a row an action with a `trial` with `action`,
/// `successes` and `failures` of those sent whose window is over, `stand` (`go on`, `launch` or `stop`), `belief` (the
/// probability that it is good) and `share` (of customers who may get it now). `stream` is overwritten; release it with
/// its own `release`.
///
/// Errors: `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_trials(
    engine: Option<&Engine>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        export(|| engine.engine.trials(), stream)
    })
}

/// How the response to an action falls from one contact to the next.
pub struct ResponseByContact {
    found: evaluation::ResponseByContact,
    contacts: Vec<ContactResponse>,
    verdicts: Vec<Verdict>,
    _texts: Texts,
}

/// The response to one contact.
#[repr(C)]
pub struct ContactResponse {
    /// Which contact: 1 is the first.
    pub contact: u32,
    /// Rows of it.
    pub rows: u64,
    /// Share of successes.
    pub rate: f64,
    /// The same, never rising (isotonic regression).
    pub fitted: f64,
}

impl ResponseByContact {
    fn new(found: evaluation::ResponseByContact) -> Self {
        let mut texts = Texts::default();
        let verdicts = verdicts(&[("response by contact".to_owned(), found.verdict.clone())], &mut texts);
        let rates = found.rate.iter().zip(&found.fitted);
        let contacts = found.contact.iter().zip(&found.rows).zip(rates).map(|((contact, rows), (rate, fitted))| {
            ContactResponse { contact: *contact, rows: *rows, rate: *rate, fitted: *fitted }
        });
        ResponseByContact { contacts: contacts.collect(), verdicts, found, _texts: texts }
    }
}

/// How the response to an `action` with `by_contact` falls from one contact to the next, by what came of those whose
/// window is over. Free it. Cost: O(numbers of contacts^3).
///
/// Errors: `UNKNOWN_WORD` for an action that there is not, with the nearest name, or whose contacts are not counted.
///
/// ```c
/// bactrian_response_by_contact *response = NULL;
/// status = bactrian_engine_response_by_contact(engine, "mail", &response);
/// if (status == BACTRIAN_STATUS_OK) {
///     printf("%u contacts are worth it\n", bactrian_response_by_contact_worth(response, 30, 0.5));
///     bactrian_response_by_contact_free(response);
/// }
/// ```
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_response_by_contact(
    engine: Option<&Engine>,
    action: Text<'_>,
    response: Option<&mut MaybeUninit<*mut ResponseByContact>>,
) -> Status {
    guard(|| {
        let (engine, action, place) =
            (given(engine, "engine")?, action.required("action")?, given(response, "response")?);
        hand_out(place, ResponseByContact::new(engine.engine.response_by_contact(action)?));
        Ok(())
    })
}

/// How many numbers of contacts there were; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_response_by_contact_count(response: Option<&ResponseByContact>) -> usize {
    response.map_or(0, |response| response.contacts.len())
}

/// The response to one of them, rising; NULL from the end on. Valid as long as the response.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_response_by_contact_at(
    response: Option<&ResponseByContact>,
    index: usize,
) -> *const ContactResponse {
    response.and_then(|response| response.contacts.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// Whether the response changes from contact to contact, whose value is the slope: an effect below 0 is diminishing
/// returns. NULL for NULL. Valid as long as the response.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_response_by_contact_verdict(response: Option<&ResponseByContact>) -> *const Verdict {
    response.and_then(|response| response.verdicts.first()).map_or(ptr::null(), ptr::from_ref)
}

/// The response to the n-th contact as a share of that to the first: 1 where no fall is claimed, NaN where it can't be
/// told, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_response_by_contact_share(response: Option<&ResponseByContact>, nth: f64) -> f64 {
    response.map_or(f64::NAN, |response| response.found.share(nth))
}

/// How many contacts are worth it: those before the first whose fitted response times `value` is not above `cost`; 0
/// for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_response_by_contact_worth(
    response: Option<&ResponseByContact>,
    value: f64,
    cost: f64,
) -> u32 {
    response.map_or(0, |response| response.found.worth(value, cost))
}

/// Gives a response back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_response_by_contact_free(response: Option<Box<ResponseByContact>>) {
    guard_or((), || drop(response));
}
