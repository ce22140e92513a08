//! What a call tells of its moment: a dict by the words of `[context]`.

use bactrian::{Error, ErrorKind, Value};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDate, PyDict, PyString};

use super::Moment;
use crate::error::raised;

/// A context taken from Python.
#[derive(Default)]
pub(crate) struct Context(Vec<(String, Told)>);

enum Told {
    Null,
    Number(f64),
    Bool(bool),
    Text(String),
    Time(i64),
}

impl Context {
    /// Gives the context to `take` as core has it.
    pub(crate) fn with<T>(&self, take: impl FnOnce(&[(&str, Value<'_>)]) -> T) -> T {
        let values: Vec<(&str, Value<'_>)> = self.0.iter().map(|(name, told)| (name.as_str(), told.value())).collect();
        take(&values)
    }
}

impl Told {
    fn value(&self) -> Value<'_> {
        match self {
            Told::Null => Value::Null,
            Told::Number(number) => Value::Number(*number),
            Told::Bool(flag) => Value::Bool(*flag),
            Told::Text(text) => Value::Text(text),
            Told::Time(at) => Value::Time(*at),
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for Context {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let dict = obj.cast::<PyDict>()?;
        dict.iter().map(|(name, value)| Ok((name.extract()?, told(&value)?))).collect::<PyResult<_>>().map(Context)
    }
}

fn told(value: &Bound<'_, PyAny>) -> PyResult<Told> {
    if value.is_none() {
        return Ok(Told::Null);
    }
    if value.is_instance_of::<PyString>() {
        return value.extract().map(Told::Text);
    }
    if value.is_instance_of::<PyBool>() {
        return value.extract().map(Told::Bool);
    }
    if value.is_instance_of::<PyDate>() {
        return value.extract::<Moment>().map(|at| Told::Time(at.0));
    }
    value.extract().map(Told::Number).map_err(|_| {
        let shown = value.repr().map_or_else(|_| "?".to_owned(), |text| text.to_string());
        let error = Error::new(ErrorKind::SchemaType, format!("the context holds {shown}"));
        raised(&error.hint("values are text, numbers, bool, times or None"))
    })
}
