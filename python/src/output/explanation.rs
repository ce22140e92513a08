//! `bactrian.Explanation`.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::{known, numbers};
use crate::input::time_to_python;

/// Why a column has its value: parts that sum to it, and the evidence behind it.
///
/// >>> explanation = engine.explain("anna", "warmth", toward="ben")
/// >>> explanation.evidence["pair"]
/// 2.0
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct Explanation(pub(crate) bactrian::Explanation);

#[pymethods]
impl Explanation {
    /// The column.
    #[getter]
    fn column(&self) -> &str {
        &self.0.column
    }

    /// The value; ``None`` if it is unknown.
    #[getter]
    fn value(&self) -> Option<f64> {
        known(self.0.value)
    }

    /// Contributions by name; they sum to the value.
    #[getter]
    fn parts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        numbers(py, &self.0.parts)
    }

    /// Figures behind the value that are no part of the sum, such as a count of evidence.
    #[getter]
    fn evidence<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        numbers(py, &self.0.evidence)
    }

    /// The moment of the read.
    #[getter]
    fn at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time_to_python(py, self.0.at)
    }

    fn __repr__(&self) -> String {
        let parts: Vec<String> = self.0.parts.iter().map(|(name, value)| format!("{name} {value}")).collect();
        format!("Explanation({} = {}: {})", self.0.column, self.0.value, parts.join(", "))
    }
}
