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
    /// ``customer``, ``action`` (unknown is silence), ``priority`` and ``cost``, a row a customer and action.
    #[getter]
    fn table(&self) -> Table {
        Table(self.0.table.clone())
    }

    /// The sum of the priorities above the price of attention.
    #[getter]
    fn value(&self) -> f64 {
        self.0.value
    }

    /// No plan under these limits has a larger sum; with something ``unmet``, none that misses no more contacts in all.
    #[getter]
    fn bound(&self) -> f64 {
        self.0.bound
    }

    /// (bound - value) / bound: how far from the best of the plans that keep what this one keeps. Of whether fewer contacts
    /// could be missed it says nothing; ``exact`` does.
    #[getter]
    fn gap(&self) -> f64 {
        self.0.gap
    }

    /// Whether no plan is better: none misses fewer contacts of those asked for, and of those that miss no more none is
    /// worth more.
    #[getter]
    fn exact(&self) -> bool {
        self.0.exact
    }

    /// Of ``budget``, of every capacity and of what has a least alone: its name, how much there is, how much is used, and
    /// what one more would be worth (below 0 where a least costs that much).
    #[getter]
    fn limits(&self) -> Vec<(String, f64, f64, f64)> {
        self.0.limits.clone()
    }

    /// The leasts that can't be met, as far as was found: the name, how much was asked for, how much is used.
    #[getter]
    fn unmet(&self) -> Vec<(String, f64, f64)> {
        self.0.unmet.clone()
    }

    fn __repr__(&self) -> String {
        format!("Plan(value={}, gap={})", self.0.value, self.0.gap)
    }
}
