//! The guard around every call, and the last error of each thread.

use std::cell::RefCell;
use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use bactrian::{Error, ErrorKind, Result};

use crate::definition::{Problem, views};
use crate::status::Status;
use crate::texts::Texts;

struct Last {
    status: Status,
    message: *const c_char,
    hint: *const c_char,
    problems: Vec<Problem>,
    _texts: Texts,
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

/// Runs the body of a call: its error, or its panic, becomes a status and the thread's last error.
pub(crate) fn guard(body: impl FnOnce() -> Result<()>) -> Status {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => Status::Ok,
        Ok(Err(error)) => remember(&error),
        Err(panic) => remember(&panicked(panic.as_ref())),
    }
}

/// Runs the body of a call that returns a value instead of a status, such as a free or an accessor.
pub(crate) fn guard_or<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        remember(&panicked(panic.as_ref()));
        otherwise
    })
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let message = format!("the library failed: {}", text.unwrap_or("no reason given"));
    Error::new(ErrorKind::Internal, message).hint("please report it; what was written before is safe")
}

fn remember(error: &Error) -> Status {
    let mut texts = Texts::default();
    let last = Last {
        status: error.kind().into(),
        message: texts.add(error.message()),
        hint: texts.add_if(error.hint_text()),
        problems: views(error.problems(), &mut texts),
        _texts: texts,
    };
    let status = last.status;
    // A thread that is ending has no last error any more.
    let _ = LAST.try_with(|cell| cell.replace(Some(last)));
    status
}

fn last<T>(otherwise: T, read: impl FnOnce(&Last) -> T) -> T {
    LAST.try_with(|cell| cell.borrow().as_ref().map(read)).ok().flatten().unwrap_or(otherwise)
}

/// The status of the last call of this thread that failed; `BACTRIAN_STATUS_OK` if none has.
///
/// A call that succeeds leaves it as it is.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_error_status() -> Status {
    last(Status::Ok, |last| last.status)
}

/// What went wrong in the last call of this thread that failed, in one line: lower case, without a
/// full stop, with your words in backticks. Empty if none has. Valid until the thread's next failure.
///
/// ```c
/// if (bactrian_reader_prepare(engine, columns, 2, &reader) != BACTRIAN_STATUS_OK) {
///     const char *hint = bactrian_error_hint();
///     fprintf(stderr, "%s%s%s\n", bactrian_error_message(), hint ? ": " : "", hint ? hint : "");
/// }
/// ```
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_error_message() -> *const c_char {
    last(c"".as_ptr(), |last| last.message)
}

/// What to do about it, such as "did you mean `clv`?"; NULL if nothing helps. Valid until the
/// thread's next failure.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_error_hint() -> *const c_char {
    last(ptr::null(), |last| last.hint)
}

/// How many findings stand behind the last error: all mistakes of a definition; 0 for other errors.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_error_problem_count() -> usize {
    last(0, |last| last.problems.len())
}

/// One finding of the last error, sorted by place; NULL from the end on. Valid until the thread's
/// next failure.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_error_problem(index: usize) -> *const Problem {
    last(ptr::null(), |last| last.problems.get(index).map_or(ptr::null(), ptr::from_ref))
}

#[cfg(test)]
mod tests;
