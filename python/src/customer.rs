//! `bactrian.Customer`: a view of one customer of an engine.

use pyo3::prelude::*;

use crate::engine::decide;
use crate::error::OrRaise;
use crate::input::{Customer, Moment};
use crate::output::{Decision, Explanation, Table};

/// A view of one customer, perhaps toward a peer. It holds nothing: each read sees the engine as it is.
///
/// >>> anna = engine["anna"]
/// >>> anna["orders"], anna["tier.value"]
/// (3.0, 'high')
/// >>> round(anna.toward("ben")["warmth"], 2)
/// -4.39
#[pyclass(name = "Customer", module = "bactrian", frozen, mapping)]
pub(crate) struct CustomerView {
    engine: bactrian::Engine,
    customer: Customer,
    peer: Option<Customer>,
}

impl CustomerView {
    pub(crate) fn of(engine: bactrian::Engine, customer: Customer) -> Self {
        CustomerView { engine, customer, peer: None }
    }

    fn peer(&self) -> Option<bactrian::Id<'_>> {
        self.peer.as_ref().map(Customer::id)
    }
}

#[pymethods]
impl CustomerView {
    /// The customer.
    #[getter]
    fn id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        crate::input::id_to_python(py, &self.customer.id().into())
    }

    /// The value of a column at the engine's clock; ``None`` if it is unknown.
    fn __getitem__<'py>(&self, py: Python<'py>, column: &str) -> PyResult<Bound<'py, PyAny>> {
        let read = || self.engine.score(Some(&[self.customer.id()]), Some(&[column]), None, self.peer());
        Table(py.detach(read).or_raise()?).value(py, column)
    }

    /// The same customer toward a peer.
    fn toward(&self, peer: Customer) -> CustomerView {
        CustomerView { engine: self.engine.clone(), customer: self.customer.clone(), peer: Some(peer) }
    }

    /// Decide what to do next; ``record=False`` looks only.
    #[pyo3(signature = (*, at=None, record=true))]
    fn decide(&self, py: Python<'_>, at: Option<Moment>, record: bool) -> PyResult<Decision> {
        decide(py, &self.engine, self.customer.id(), self.peer(), at, record)
    }

    /// Why a column has its value: parts that sum to it, and the evidence behind it.
    #[pyo3(signature = (column, *, at=None))]
    fn explain(&self, py: Python<'_>, column: &str, at: Option<Moment>) -> PyResult<Explanation> {
        let explain = || self.engine.explain(self.customer.id(), column, at.map(|at| at.0), self.peer());
        py.detach(explain).or_raise().map(Explanation)
    }

    fn __repr__(&self) -> String {
        match self.peer() {
            Some(peer) => format!("Customer({} toward {peer})", self.customer.id()),
            None => format!("Customer({})", self.customer.id()),
        }
    }
}
