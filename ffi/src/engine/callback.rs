//! Functions of the host, from C: behind columns, and the one that stops long work.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;

use bactrian::CallbackReport;

use super::Engine;
use crate::error::{guard, guard_or};
use crate::pointer::{Text, given, hand_out};
use crate::status::Status;
use crate::texts::Texts;

/// A function behind a column: `inputs` are `length` columns in the order of the definition, NaN where
/// unknown. It writes `value` and returns 0, or returns anything else, and the column is unknown there.
/// It gives the same value for the same inputs, may be called from many threads at once, must not call
/// the library, and must not unwind or jump out.
pub type Function =
    Option<unsafe extern "C" fn(context: *mut c_void, inputs: *const f64, length: usize, value: *mut f64) -> i32>;

/// Gives a context back.
pub type Release = Option<unsafe extern "C" fn(context: *mut c_void)>;

/// A context of the host, given back when nobody needs it any more.
struct Context {
    pointer: *mut c_void,
    release: Release,
}

// SAFETY: the header says that a callback and its context are used from many threads.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Drop for Context {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: the host gave the two together, and this is the only place that calls it.
            unsafe { release(self.pointer) }
        }
    }
}

impl Context {
    fn call(&self, function: Function, inputs: &[f64]) -> Result<f64, String> {
        let mut value = f64::NAN;
        let Some(function) = function else { return Ok(value) };
        // SAFETY: the host promises a function that reads `length` inputs and writes one value.
        let failed = unsafe { function(self.pointer, inputs.as_ptr(), inputs.len(), &raw mut value) };
        if failed == 0 { Ok(value) } else { Err(format!("it returned {failed}")) }
    }

    fn stops(&self, interrupt: unsafe extern "C" fn(*mut c_void) -> i32) -> bool {
        // SAFETY: the host gave the two together.
        unsafe { interrupt(self.pointer) != 0 }
    }
}

/// Registers a function of the host: the columns that a definition declares with `callback = name` and
/// this version read through it from now on; the same name and version again replace it. A file holds no
/// functions: register after each opening. `context` is passed to each call, and to `release`, which may be
/// NULL, once nobody needs it any more, also when this call fails.
///
/// What goes wrong in a callback makes its column unknown and is counted: `bactrian_engine_callbacks`.
///
/// Errors: those of the pointers, `INVALID_UTF8`, `CLOSED`, `CALLBACK` from within a callback.
///
/// ```c
/// static int32_t risk(void *context, const double *inputs, size_t length, double *value) {
///     *value = inputs[0] / 100.0;
///     return 0;
/// }
/// status = bactrian_engine_register(engine, "their_model", "2024-03", risk, NULL, NULL);
/// ```
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_register(
    engine: Option<&Engine>,
    name: Text<'_>,
    version: Text<'_>,
    callback: Function,
    context: *mut c_void,
    release: Release,
) -> Status {
    guard(|| {
        let context = Context { pointer: context, release };
        let engine = given(engine, "engine")?;
        given(callback, "callback")?;
        let (name, version) = (name.required("name")?, version.required("version")?);
        engine.engine.register(name, version, Arc::new(move |inputs: &[f64]| context.call(callback, inputs)))
    })
}

/// Asked by long work whether to stop: 0 goes on, anything else stops. It may be called from many threads at
/// once, must not call the library, and must not unwind or jump out.
pub type Interrupt = Option<unsafe extern "C" fn(context: *mut c_void) -> i32>;

/// Sets the hook that long work asks from time to time whether to stop: a fit, a replay of the journal, a table, a
/// batch of decisions; NULL takes it away. A call that is stopped is `INTERRUPTED` and changes nothing. `context`
/// is passed to each call, and to `release`, which may be NULL, once nobody needs it any more, also when this call
/// fails.
///
/// Errors: those of the pointers, `CLOSED`, `FORKED`.
///
/// ```c
/// static int32_t cancelled(void *context) { return *(volatile sig_atomic_t *)context; }
/// status = bactrian_engine_set_interrupt(engine, cancelled, (void *)&stop, NULL);
/// ```
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_set_interrupt(
    engine: Option<&Engine>,
    interrupt: Interrupt,
    context: *mut c_void,
    release: Release,
) -> Status {
    guard(|| {
        let hook = hook(interrupt, context, release);
        given(engine, "engine")?.engine.set_interrupt(hook)
    })
}

/// The hook of the host, which gives its context back with the last of itself; without one at once.
pub(super) fn hook(interrupt: Interrupt, context: *mut c_void, release: Release) -> Option<bactrian::Interrupt> {
    let context = Context { pointer: context, release };
    interrupt.map(|interrupt| -> bactrian::Interrupt { Arc::new(move || context.stops(interrupt)) })
}

/// What became of the calls of one callback since it was registered.
#[repr(C)]
pub struct CallbackInfo {
    /// The name under which it was registered.
    pub name: *const c_char,
    /// The version under which it was registered.
    pub version: *const c_char,
    /// Calls.
    pub calls: u64,
    /// Calls that gave NaN, which is unknown.
    pub unknown: u64,
    /// Calls that failed: another return than 0, or an infinite number. The column was unknown.
    pub failed: u64,
    /// Why the latest of them failed; NULL if none has.
    pub failure: *const c_char,
}

/// The registered callbacks, by name and version.
pub struct CallbackList {
    views: Vec<CallbackInfo>,
    _texts: Texts,
}

impl CallbackList {
    fn new(reports: &[CallbackReport]) -> Self {
        let mut texts = Texts::default();
        let view = |report: &CallbackReport| CallbackInfo {
            name: texts.add(&report.name),
            version: texts.add(&report.version),
            calls: report.calls,
            unknown: report.unknown,
            failed: report.failed,
            failure: texts.add_if(report.failure.as_deref()),
        };
        CallbackList { views: reports.iter().map(view).collect(), _texts: texts }
    }
}

/// What became of the calls of each registered callback. Free the list.
///
/// Errors: `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_callbacks(
    engine: Option<&Engine>,
    list: Option<&mut MaybeUninit<*mut CallbackList>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(list, "list")?);
        hand_out(place, CallbackList::new(&engine.engine.callbacks()?));
        Ok(())
    })
}

/// How many callbacks; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_callback_list_count(list: Option<&CallbackList>) -> usize {
    list.map_or(0, |list| list.views.len())
}

/// One callback; NULL from the end on. Valid as long as the list.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_callback_list_at(list: Option<&CallbackList>, index: usize) -> *const CallbackInfo {
    list.and_then(|list| list.views.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// Gives a list back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_callback_list_free(list: Option<Box<CallbackList>>) {
    guard_or((), || drop(list));
}
