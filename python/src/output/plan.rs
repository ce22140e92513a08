//! `bactrian.Plan`.

use pyo3::prelude::*;

use super::Table;

/// Who gets what, under a budget and capacities, and how far that may be from the best there is.
///
/// >>> plan = engine.plan(budget=1.0)
/// >>> plan.gap
/// 0.0
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct Plan(pub(crate) bactrian::Planned);

#[pymethods]
impl Plan {
    /// ``customer``, ``action`` (unknown is silence), ``priority`` and ``cost``, a row a customer.
    #[getter]
    fn table(&self) -> Table {
        Table(self.0.table.clone())
    }

    /// The sum of the priorities above the price of attention.
    #[getter]
    fn value(&self) -> f64 {
        self.0.value
    }

    /// No plan under these limits has a larger sum.
    #[getter]
    fn bound(&self) -> f64 {
        self.0.bound
    }

    /// (bound - value) / bound.
    #[getter]
    fn gap(&self) -> f64 {
        self.0.gap
    }

    /// Whether no plan is better.
    #[getter]
    fn exact(&self) -> bool {
        self.0.exact
    }

    /// Of ``budget`` and of every capacity: its name, how much there is, how much is used, and what one more would be
    /// worth.
    #[getter]
    fn limits(&self) -> Vec<(String, f64, f64, f64)> {
        self.0.limits.clone()
    }

    fn __repr__(&self) -> String {
        format!("Plan(value={}, gap={})", self.0.value, self.0.gap)
    }
}
