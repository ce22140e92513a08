//! Moments: microseconds since 1970 UTC in core, `datetime` in UTC in Python.

use bactrian::data::ingest::moment_of_seconds;
use bactrian::data::{parse_span, parse_time};
use bactrian::{Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDate, PyDateTime, PyFloat, PyInt, PyString, PyTzInfo};

use crate::error::{OrRaise, raised, utf8};

/// A moment taken from a `datetime` or `date` (without a zone: UTC), ISO text, a numpy `datetime64`,
/// or UNIX seconds.
#[derive(Clone, Copy)]
pub(crate) struct Moment(pub(crate) i64);

impl<'py> FromPyObject<'_, 'py> for Moment {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let py = obj.py();
        if let Ok(text) = obj.cast::<PyString>() {
            return parse_time(utf8(&text)?).or_raise().map(Moment);
        }
        if obj.is_instance_of::<PyDate>() {
            let text = obj.call_method0(intern!(py, "isoformat"))?;
            return parse_time(text.extract()?).or_raise().map(Moment);
        }
        if (obj.is_instance_of::<PyInt>() && !obj.is_instance_of::<PyBool>()) || obj.is_instance_of::<PyFloat>() {
            let seconds = obj.extract().unwrap_or(f64::INFINITY);
            return moment_of_seconds(seconds).or_raise().map(Moment);
        }
        if obj.get_type().name()? == "datetime64" {
            return parse_time(obj.str()?.to_str()?).or_raise().map(Moment);
        }
        let message = format!("`{}` is not a time", obj.repr()?);
        Err(raised(&Error::new(ErrorKind::SchemaType, message).hint("give a datetime, ISO text or UNIX seconds")))
    }
}

/// A span of time, in microseconds: text such as `7d`.
pub(crate) fn span(given: &Bound<'_, PyAny>) -> PyResult<i64> {
    if let Ok(text) = given.cast::<PyString>() {
        return parse_span(utf8(text)?).or_raise();
    }
    let message = format!("`{}` is not a span of time", given.repr()?);
    Err(raised(&Error::new(ErrorKind::SchemaType, message).hint("give it as text, such as `7d` or `12h`")))
}

/// A moment as a `datetime` in UTC.
pub(crate) fn to_python(py: Python<'_>, at: i64) -> PyResult<Bound<'_, PyAny>> {
    let epoch = PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&*PyTzInfo::utc(py)?))?;
    let since = py.import(intern!(py, "datetime"))?.getattr(intern!(py, "timedelta"))?.call1((0, 0, at))?;
    epoch.add(since)
}
