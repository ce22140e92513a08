//! `bactrian.Decision` and why the others lost.

use bactrian::{Factor, OwnedId};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::call;
use crate::input::{id_to_python, time_to_python};

/// What to do next for a customer, and why. ``action`` is ``None`` where silence won.
///
/// >>> decision = engine.decide("anna", record=False)
/// >>> decision.action, decision.propensity
/// ('recipe_box', 1.0)
/// >>> [loser.why for loser in decision.losers]
/// ['eligible is unknown: `orders >= 3.0 && consent_email`']
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct Decision {
    pub(crate) customer: OwnedId,
    pub(crate) core: bactrian::Decision,
}

#[pymethods]
impl Decision {
    /// Names the decision in every later call: hash of (seed, customer, the customer's decision count).
    #[getter]
    fn id(&self) -> u64 {
        self.core.id
    }

    /// For whom.
    #[getter]
    fn customer<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        id_to_python(py, &self.customer)
    }

    /// When.
    #[getter]
    fn at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time_to_python(py, self.core.at())
    }

    /// The chosen action; ``None`` is silence.
    #[getter]
    fn action(&self) -> Option<&str> {
        self.core.action.as_deref()
    }

    /// The action that was chosen and, in the control arm, is not to be sent.
    #[getter]
    fn withheld(&self) -> Option<&str> {
        self.core.withheld.as_deref()
    }

    /// The arm as which the chosen action is sent, where it has ``arms``.
    #[getter]
    fn arm(&self) -> Option<&str> {
        self.core.arm.as_deref()
    }

    /// Every chosen action, the best first: as many as were asked for, at most one of a group.
    #[getter]
    fn slate(&self) -> Vec<Choice> {
        self.core.slate.iter().cloned().map(Choice).collect()
    }

    /// P(chosen), in (0, 1].
    #[getter]
    fn propensity(&self) -> f64 {
        self.core.propensity
    }

    /// Priority of the chosen action in money; the price of attention where silence won.
    #[getter]
    fn priority(&self) -> f64 {
        self.core.priority
    }

    /// The factors of the chosen action, as text; empty for silence.
    #[getter]
    fn factors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        named(py, &self.core.factors())
    }

    /// The reason in one sentence.
    #[getter]
    fn why(&self) -> String {
        self.core.why()
    }

    /// Why each other action lost, in the order of the definition.
    #[getter]
    fn losers(&self) -> Vec<Loser> {
        self.core.losers().into_iter().map(Loser).collect()
    }

    /// The smallest change of one value read that makes another action, or silence, win; ``None`` where no
    /// single change does. Costs about a hundred decisions for each value read.
    ///
    /// >>> engine.decide("anna", record=False).flip()
    /// Flip(silence would win if `spend` were 1 instead of ...
    fn flip(&self, py: Python<'_>) -> PyResult<Option<Flip>> {
        call(py, || Ok(self.core.flip())).map(|flip| flip.map(Flip))
    }

    fn __repr__(&self) -> String {
        format!("Decision({}: {})", self.core.action.as_deref().unwrap_or("silence"), self.core.why())
    }
}

/// One action of a slate.
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct Choice(bactrian::Choice);

#[pymethods]
impl Choice {
    /// Names the decision for this action: ``learn`` joins by it.
    #[getter]
    fn id(&self) -> u64 {
        self.0.id
    }

    /// The action.
    #[getter]
    fn action(&self) -> &str {
        &self.0.action
    }

    /// Its priority in money.
    #[getter]
    fn priority(&self) -> f64 {
        self.0.priority
    }

    /// P(chosen).
    #[getter]
    fn propensity(&self) -> f64 {
        self.0.propensity
    }

    /// Whether the control arm withholds it: it is not to be sent.
    #[getter]
    fn withheld(&self) -> bool {
        self.0.withheld
    }

    /// The arm as which it is sent, where it has ``arms``.
    #[getter]
    fn arm(&self) -> Option<&str> {
        self.0.arm.as_deref()
    }

    fn __repr__(&self) -> String {
        format!("Choice({}: {})", self.0.action, self.0.priority)
    }
}

/// A change of one value that was read, and what would win then.
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct Flip(bactrian::Flip);

#[pymethods]
impl Flip {
    /// The column; of a contact policy, what it counts.
    #[getter]
    fn column(&self) -> &str {
        &self.0.column
    }

    /// The value that was read; flags are 0 and 1, times microseconds since 1970 UTC.
    #[getter]
    fn value(&self) -> f64 {
        self.0.from
    }

    /// The nearest value found at which the decision turns.
    #[getter]
    fn to(&self) -> f64 {
        self.0.to
    }

    /// What would win then; ``None`` is silence.
    #[getter]
    fn action(&self) -> Option<&str> {
        self.0.action.as_deref()
    }

    /// One sentence.
    #[getter]
    fn why(&self) -> &str {
        &self.0.why
    }

    fn __repr__(&self) -> String {
        format!("Flip({})", self.0.why)
    }
}

/// An action that was not chosen.
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct Loser(bactrian::Loser);

#[pymethods]
impl Loser {
    /// The action.
    #[getter]
    fn action(&self) -> &str {
        &self.0.action
    }

    /// The gate at which it fell: ``not eligible``, ``contact cap``, ``lower priority`` and so on.
    #[getter]
    fn reason(&self) -> String {
        self.0.reason.to_string()
    }

    /// The reason in words.
    #[getter]
    fn why(&self) -> &str {
        &self.0.why
    }

    /// The values read, as text.
    #[getter]
    fn read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        named(py, &self.0.read)
    }

    fn __repr__(&self) -> String {
        format!("Loser({}: {})", self.0.action, self.0.why)
    }
}

fn named<'py>(py: Python<'py>, factors: &[Factor]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for factor in factors {
        dict.set_item(&factor.name, &factor.value)?;
    }
    Ok(dict)
}
