//! `bactrian.Definition`.

use std::path::PathBuf;

use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::error::{OrRaise, call, problems, raised};

/// What is known of customers and what may be done about it: columns, segments, actions, policies.
///
/// Made of TOML, of a dict of the same shape, or of a file. Names that do not resolve and parts that
/// this version does not have are found by ``check`` and refused by ``Engine``; broken syntax, unknown
/// words and wrong types are refused here, all at once.
///
/// >>> definition = bt.Definition.from_toml('''
/// ... [event.purchase]
/// ... customer = "customer"
/// ... amount   = "amount"
/// ...
/// ... [feature.spend]
/// ... sum = "amount"
/// ... on  = "purchase"
/// ... ''')
/// >>> definition.check()
/// []
#[pyclass(module = "bactrian", frozen, eq)]
#[derive(PartialEq)]
pub(crate) struct Definition {
    pub(crate) core: Same,
}

/// Definitions are equal when they mean the same.
pub(crate) struct Same(pub(crate) bactrian::Definition);

impl PartialEq for Same {
    fn eq(&self, other: &Self) -> bool {
        self.0.hash() == other.0.hash()
    }
}

impl Definition {
    pub(crate) fn of(core: bactrian::Definition) -> Self {
        Definition { core: Same(core) }
    }
}

#[pymethods]
impl Definition {
    /// Read TOML.
    ///
    /// Raises ``DefinitionError`` with every mistake in ``problems``, each with line and column.
    ///
    /// >>> bt.Definition.from_toml('[feature.orders]\ncuont = "event"').check()
    /// Traceback (most recent call last):
    ///     ...
    /// bactrian.DefinitionError: the definition has 2 mistakes
    #[staticmethod]
    fn from_toml(text: &str) -> PyResult<Self> {
        bactrian::Definition::from_toml(text).or_raise().map(Self::of)
    }

    /// Read a file of TOML, or of JSON if its name ends so, and the model files that it names (``model =
    /// "churn.txt"``); their paths are relative to its own.
    #[staticmethod]
    fn from_file(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        call(py, || bactrian::Definition::from_file(&path)).map(Self::of)
    }

    /// Take a dict of the same shape as the TOML.
    ///
    /// >>> definition = bt.Definition.from_dict({"feature": {"orders": {"count": "event"}}})
    /// >>> definition.to_dict()
    /// {'feature': {'orders': {'count': 'event'}}}
    #[staticmethod]
    fn from_dict(definition: &Bound<'_, PyDict>) -> PyResult<Self> {
        let text = definition.py().import("json")?.call_method1("dumps", (definition,)).map_err(|error| {
            raised(&Error::new(ErrorKind::DefinitionInvalid, format!("the dict can't be a definition: {error}")))
        })?;
        bactrian::Definition::from_json(text.extract()?).or_raise().map(Self::of)
    }

    /// The definition with the content of a model file that it names, where it was not read from a file.
    fn with_file(&self, name: &str, content: &[u8]) -> PyResult<Self> {
        self.core.0.clone().with_file(name, content).or_raise().map(Self::of)
    }

    /// The definition as TOML, without comments.
    fn to_toml(&self) -> String {
        self.core.0.to_toml()
    }

    /// The definition as a dict.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = py.import("json")?.call_method1("loads", (self.core.0.to_json(),))?;
        Ok(dict.cast_into()?)
    }

    /// Every finding: mistakes, parts that this version does not have yet, warnings; sorted by place.
    fn check<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let found = call(py, || Ok(bactrian::check(&self.core.0)))?;
        problems(py, &found)
    }

    /// The hash of the meaning, as 16 hexadecimal digits: comments and order of tables do not count.
    #[getter]
    fn fingerprint(&self) -> String {
        self.core.0.fingerprint()
    }

    fn __hash__(&self) -> u64 {
        self.core.0.hash()
    }

    fn __repr__(&self) -> String {
        format!("Definition({})", self.core.0.fingerprint())
    }
}

/// Every finding about a file that is meant to be a definition, its syntax and the files that it names included.
#[pyfunction]
pub(crate) fn check_file(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyList>> {
    let found = call(py, || bactrian::check_file(&path))?;
    problems(py, &found)
}
