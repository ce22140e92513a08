//! From core's errors to the exception tree of `bactrian._errors`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bactrian::{Error, ErrorKind, Problem, Severity};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

pyo3::import_exception!(bactrian._errors, DefinitionError);
pyo3::import_exception!(bactrian._errors, SchemaError);
pyo3::import_exception!(bactrian._errors, UnknownNameError);
pyo3::import_exception!(bactrian._errors, StateError);
pyo3::import_exception!(bactrian._errors, StoreError);
pyo3::import_exception!(bactrian._errors, InternalError);

/// Severity, line, column, path, message and hint: the arguments of `bactrian.Problem`.
type Finding = (&'static str, u32, u32, String, String, Option<String>);

/// Turns a result of core into one that Python raises.
pub(crate) trait OrRaise<T> {
    /// The value, or the exception of the error's band.
    fn or_raise(self) -> PyResult<T>;
}

impl<T> OrRaise<T> for bactrian::Result<T> {
    fn or_raise(self) -> PyResult<T> {
        self.map_err(|error| raised(&error))
    }
}

/// One call into core, with the lock on Python released; its error is raised, and a panic is one too.
pub(crate) fn call<T: Send>(py: Python<'_>, work: impl FnOnce() -> bactrian::Result<T> + Send) -> PyResult<T> {
    let guarded = || catch_unwind(AssertUnwindSafe(work));
    py.detach(guarded).unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "a call ended in a panic"))).or_raise()
}

/// The exception of an error: its hundreds name the class. What a signal stopped raises what the signal did.
pub(crate) fn raised(error: &Error) -> PyErr {
    if let (ErrorKind::Interrupted, Some(signal)) = (error.kind(), crate::host::interruption()) {
        return signal;
    }
    let code = error.kind().code();
    let problems: Vec<Finding> = error.problems().iter().map(finding).collect();
    let arguments = (error.message().to_owned(), code, error.hint_text().map(str::to_owned), problems);
    match code / 100 {
        1 => DefinitionError::new_err(arguments),
        2 => SchemaError::new_err(arguments),
        3 => UnknownNameError::new_err(arguments),
        4 => StateError::new_err(arguments),
        5 => StoreError::new_err(arguments),
        _ => InternalError::new_err(arguments),
    }
}

/// The text of a string; lone surrogates have none.
pub(crate) fn utf8<'a>(text: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    text.to_str().map_err(|error| raised(&Error::new(ErrorKind::InvalidUtf8, format!("a text is not valid: {error}"))))
}

/// Findings as a list of `bactrian.Problem`.
pub(crate) fn problems<'py>(py: Python<'py>, found: &[Problem]) -> PyResult<Bound<'py, PyList>> {
    let class = py.import("bactrian._errors")?.getattr("Problem")?;
    let list = PyList::empty(py);
    for problem in found {
        list.append(class.call1(finding(problem))?)?;
    }
    Ok(list)
}

fn finding(problem: &Problem) -> Finding {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::NotYet => "not yet",
        Severity::Warning => "warning",
    };
    (severity, problem.line, problem.column, problem.path.clone(), problem.message.clone(), problem.hint.clone())
}
