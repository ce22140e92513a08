//! Python functions behind columns.

use std::sync::Arc;

use bactrian::Callback;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// A Python function as core calls it: floats in, a float or `None` out; what it raises is the reason
/// why there is no value. Ctrl-C is raised again outside of it.
pub(crate) fn callback(function: Py<PyAny>) -> Callback {
    Arc::new(move |inputs: &[f64]| {
        Python::attach(|py| value(py, &function, inputs).map_err(|error| reason(py, &error)))
    })
}

fn value(py: Python<'_>, function: &Py<PyAny>, inputs: &[f64]) -> PyResult<f64> {
    let given: Option<f64> = function.bind(py).call1(PyTuple::new(py, inputs)?)?.extract()?;
    Ok(given.unwrap_or(f64::NAN))
}

fn reason(py: Python<'_>, error: &PyErr) -> String {
    // Before the signal is raised again: Python would raise it within this call of its own.
    let reason = error.to_string();
    if error.is_instance_of::<PyKeyboardInterrupt>(py) {
        // A host that can't be interrupted again has been told by the count of failures.
        let _ = py.import("_thread").and_then(|module| module.call_method0("interrupt_main"));
    }
    reason
}
