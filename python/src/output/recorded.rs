//! A decision as the journal has it.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::known;
use crate::input::{id_to_python, time_to_python};

/// A decision as it was recorded, from which it can be told again what was weighed: ``Engine.recorded``.
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct RecordedDecision(pub(crate) bactrian::RecordedDecision);

#[pymethods]
impl RecordedDecision {
    /// Its id.
    #[getter]
    fn id(&self) -> u64 {
        self.0.id
    }

    /// For whom; ``None`` if the customer was erased.
    #[getter]
    fn customer<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        id_to_python(py, &self.0.customer)
    }

    /// When.
    #[getter]
    fn at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time_to_python(py, self.0.at)
    }

    /// The chosen action, withheld or not; ``None`` is silence.
    #[getter]
    fn action(&self) -> Option<&str> {
        self.0.action.as_deref()
    }

    /// Whether the control arm withheld it.
    #[getter]
    fn withheld(&self) -> bool {
        self.0.withheld
    }

    /// The arm as which it was sent, where it had ``arms``.
    #[getter]
    fn arm(&self) -> Option<&str> {
        self.0.arm.as_deref()
    }

    /// P(chosen), in (0, 1].
    #[getter]
    fn propensity(&self) -> f64 {
        self.0.propensity
    }

    /// Priority of the chosen action in money; the price of attention where silence won.
    #[getter]
    fn priority(&self) -> f64 {
        self.0.priority
    }

    /// The price of attention.
    #[getter]
    fn attention(&self) -> f64 {
        self.0.attention
    }

    /// Fingerprint of the definition under which it was taken, as in ``Definition.fingerprint``.
    #[getter]
    fn definition(&self) -> String {
        self.0.fingerprint()
    }

    /// Every action of that definition, in its order.
    #[getter]
    fn candidates(&self) -> Vec<RecordedAction> {
        self.0.candidates.iter().cloned().map(RecordedAction).collect()
    }

    fn __repr__(&self) -> String {
        let action = self.0.action.as_deref().unwrap_or("silence");
        format!("RecordedDecision({} for {}: {action})", self.0.id, self.0.customer)
    }
}

/// An action of a recorded decision.
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct RecordedAction(bactrian::RecordedAction);

#[pymethods]
impl RecordedAction {
    /// The action.
    #[getter]
    fn action(&self) -> &str {
        &self.0.action
    }

    /// The gate or policy at which it fell, as in ``Loser.reason``; ``None`` if it fell at none.
    #[getter]
    fn reason(&self) -> Option<String> {
        self.0.reason.map(|reason| reason.to_string())
    }

    /// ``response``, ``weight``, ``value``, ``lever`` and ``cost``; ``None`` for one that fell.
    #[getter]
    fn factors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, value) in bactrian::RecordedAction::FACTORS.iter().zip(self.0.factors) {
            dict.set_item(name, known(value))?;
        }
        Ok(dict)
    }

    /// Its priority in money; ``None`` for one that fell.
    #[getter]
    fn priority(&self) -> Option<f64> {
        known(self.0.priority)
    }

    fn __repr__(&self) -> String {
        match self.0.reason {
            Some(reason) => format!("RecordedAction({}: {reason})", self.0.action),
            None => format!("RecordedAction({}: {})", self.0.action, self.0.priority),
        }
    }
}
