//! What the host adds to every call: its clock, its threads, its signals, its words.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bactrian::{Ask, Durability, Error, ErrorKind, Id, Interrupt, OwnedId, Result};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{call, raised};
use crate::input::{self, Context, Customer, Moment};
use crate::output::Decision;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Tells an engine how late it is, before each write: core reads no clock.
pub(crate) fn set_ceiling(core: &bactrian::Engine) {
    #[expect(clippy::disallowed_methods, reason = "the host is the one that has a clock")]
    let now = SystemTime::now();
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    core.set_ceiling(i64::try_from((since + DAY).as_micros()).unwrap_or(i64::MAX));
}

/// The threads of one engine; without a number, those that the process shares.
pub(crate) fn pool(threads: Option<NonZeroUsize>) -> PyResult<Option<ThreadPool>> {
    let made = threads.map(|threads| ThreadPoolBuilder::new().num_threads(threads.get()).build()).transpose();
    made.map_err(|error| raised(&Error::new(ErrorKind::StoreIo, format!("no threads can be made: {error}"))))
}

/// When calls of one row are durable.
pub(crate) fn durability(word: &str) -> PyResult<Durability> {
    match word {
        "commit" => Ok(Durability::Commit),
        "interval" => Ok(Durability::Interval),
        _ => {
            let message = format!("expected `commit` or `interval`, found `{word}`");
            Err(raised(&Error::new(ErrorKind::SchemaRange, message)))
        }
    }
}

/// What a signal raised while core was at work; the call that it stopped raises it.
static STOPPED: Mutex<Option<PyErr>> = Mutex::new(None);

/// Whether long work is to stop, since a signal came that raises, such as Ctrl-C.
pub(crate) fn is_interrupted() -> bool {
    let signalled = Python::try_attach(|py| py.check_signals().err()).flatten();
    let stop = signalled.is_some();
    if stop {
        *STOPPED.lock().unwrap_or_else(PoisonError::into_inner) = signalled;
    }
    stop
}

/// The hook by which long work asks that, opening a file included.
pub(crate) fn interrupt() -> Option<Interrupt> {
    Some(Arc::new(is_interrupted))
}

/// What the signal raised.
pub(crate) fn interruption() -> Option<PyErr> {
    STOPPED.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Names that a call gives as keyword arguments: our word, their column.
pub(crate) fn roles(roles: Option<&Bound<'_, PyDict>>) -> PyResult<Vec<(String, String)>> {
    roles.map_or_else(
        || Ok(Vec::new()),
        |roles| roles.iter().map(|(role, column)| Ok((role.extract()?, column.extract()?))).collect(),
    )
}

/// The same as core takes them.
pub(crate) fn borrowed(roles: &[(String, String)]) -> Vec<(&str, &str)> {
    roles.iter().map(|(role, column)| (role.as_str(), column.as_str())).collect()
}

/// How a decision is asked for.
pub(crate) struct Asked {
    pub(crate) toward: Option<Customer>,
    pub(crate) context: Context,
    pub(crate) at: Option<Moment>,
    pub(crate) n: usize,
    pub(crate) record: bool,
}

impl Asked {
    /// Gives the ask to `take` as core has it.
    pub(crate) fn with<T>(&self, take: impl FnOnce(Ask<'_>) -> T) -> T {
        let (toward, at) = (self.toward.as_ref().map(Customer::id), self.at.map(|at| at.0));
        self.context.with(|context| take(Ask { toward, at, dry: !self.record, n: self.n, context }))
    }
}

/// One decision through core, with the names that Python reads.
pub(crate) fn decide(py: Python<'_>, core: &bactrian::Engine, customer: Id<'_>, asked: &Asked) -> PyResult<Decision> {
    set_ceiling(core);
    call(py, || {
        let decision = asked.with(|ask| core.decide(customer, ask))?;
        Ok(Decision { customer: customer.into(), core: decision })
    })
}

/// All that is held about a customer, as Python reads JSON.
pub(crate) fn export<'py>(py: Python<'py>, core: &bactrian::Engine, customer: Id<'_>) -> PyResult<Bound<'py, PyAny>> {
    let text = call(py, || -> Result<String> { Ok(core.export(customer)?.to_json()) })?;
    py.import("json")?.call_method1("loads", (text,))
}

/// Ids as a list.
pub(crate) fn ids<'py>(py: Python<'py>, members: &[OwnedId]) -> PyResult<Bound<'py, PyList>> {
    let ids: Vec<_> = members.iter().map(|id| input::id_to_python(py, id)).collect::<PyResult<_>>()?;
    PyList::new(py, ids)
}
