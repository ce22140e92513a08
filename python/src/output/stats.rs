//! What an engine holds.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::input::time_to_python;

/// Sizes and counts of an engine.
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct Stats(pub(crate) bactrian::Stats);

#[pymethods]
impl Stats {
    /// Customers known.
    #[getter]
    fn customers(&self) -> u64 {
        self.0.customers
    }

    /// Events taken, those of the engine's own kinds included: crossings, decisions and outcomes are events.
    #[getter]
    fn events(&self) -> u64 {
        self.0.events
    }

    /// Events taken that came later than the declared lateness.
    #[getter]
    fn late(&self) -> u64 {
        self.0.late
    }

    /// Records of the journal.
    #[getter]
    fn records(&self) -> u64 {
        self.0.records
    }

    /// The engine's clock; ``None`` before the first event.
    #[getter]
    fn now<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.now.map(|at| time_to_python(py, at)).transpose()
    }

    /// Bytes of the file, or of the journal in memory.
    #[getter]
    fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// Bytes of memory by part.
    #[getter]
    fn memory<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (part, bytes) in &self.0.memory {
            dict.set_item(part, bytes)?;
        }
        Ok(dict)
    }

    /// Bytes of memory a customer, by part; what an engine has without customers counts as one's.
    ///
    /// >>> stats = engine.stats()
    /// >>> stats.bytes_per_customer["features"] * stats.customers == stats.memory["features"]
    /// True
    #[getter]
    fn bytes_per_customer<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (part, bytes) in self.0.bytes_per_customer() {
            dict.set_item(part, bytes)?;
        }
        Ok(dict)
    }

    fn __repr__(&self) -> String {
        format!("Stats(customers={}, events={}, records={})", self.0.customers, self.0.events, self.0.records)
    }
}
