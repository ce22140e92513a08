//! What is known: columns, segments, peers, one customer.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyList;

use super::Engine;
use crate::customer::CustomerView;
use crate::error::call;
use crate::host;
use crate::input::{Customer, Customers, Moment};
use crate::output::{Explanation, Table};

#[pymethods]
impl Engine {
    /// A view of one customer, which reads when it is asked.
    fn __getitem__(slf: &Bound<'_, Self>, customer: Customer) -> CustomerView {
        CustomerView::of(Arc::clone(&slf.get().readers), customer)
    }

    /// Read columns of customers into a table, whose first column is ``customer``.
    ///
    /// ``customers=None`` is everyone, ``columns=None`` every column that needs no peer, or with
    /// ``toward`` every column. ``at`` is the engine's clock, or a later moment.
    ///
    /// >>> engine.score(["anna"], columns=["orders", "warmth"], toward="ben").columns
    /// ['customer', 'orders', 'warmth']
    #[pyo3(signature = (customers=None, *, columns=None, at=None, toward=None))]
    fn score(
        &self,
        py: Python<'_>,
        customers: Option<Customers>,
        columns: Option<Vec<String>>,
        at: Option<Moment>,
        toward: Option<Customer>,
    ) -> PyResult<Table> {
        let ids = customers.as_ref().map(Customers::ids);
        let names: Option<Vec<&str>> = columns.as_ref().map(|names| names.iter().map(String::as_str).collect());
        let toward = toward.as_ref().map(Customer::id);
        call(py, || self.spread(|core| core.score(ids.as_deref(), names.as_deref(), at.map(|at| at.0), toward)))
            .map(Table)
    }

    /// Point-in-time rows: what ``score`` would have given just before ``at``, without leaks.
    ///
    /// An event at ``at`` (the label) never sees itself; fits are those dated before. With ``known_at``
    /// only what the engine had been given by then counts. Costs one replay of the journal.
    ///
    /// >>> engine.training_set(engine.now, columns=["orders"]).columns
    /// ['customer', 'orders']
    #[pyo3(signature = (at, *, columns=None, customers=None, known_at=None))]
    fn training_set(
        &self,
        py: Python<'_>,
        at: Moment,
        columns: Option<Vec<String>>,
        customers: Option<Customers>,
        known_at: Option<Moment>,
    ) -> PyResult<Table> {
        let ids = customers.as_ref().map(Customers::ids);
        let names: Option<Vec<&str>> = columns.as_ref().map(|names| names.iter().map(String::as_str).collect());
        let known_at = known_at.map(|at| at.0);
        call(py, || self.core.training_set(at.0, names.as_deref(), ids.as_deref(), known_at)).map(Table)
    }

    /// Why a column has its value for a customer: parts that sum to it, and the evidence behind it.
    #[pyo3(signature = (customer, column, *, at=None, toward=None))]
    fn explain(
        &self,
        py: Python<'_>,
        customer: Customer,
        column: &str,
        at: Option<Moment>,
        toward: Option<Customer>,
    ) -> PyResult<Explanation> {
        let toward = toward.as_ref().map(Customer::id);
        call(py, || self.core.explain(customer.id(), column, at.map(|at| at.0), toward)).map(Explanation)
    }

    /// The cells of a segment that have members: ``cell``, the label on each axis, ``size``.
    ///
    /// >>> engine.segment("tier").columns
    /// ['cell', 'value', 'size']
    fn segment(&self, py: Python<'_>, name: &str) -> PyResult<Table> {
        call(py, || self.core.segment(name)).map(Table)
    }

    /// The members of one cell of a segment.
    fn members<'py>(&self, py: Python<'py>, name: &str, value: &str) -> PyResult<Bound<'py, PyList>> {
        let members = call(py, || self.core.members(name, value))?;
        host::ids(py, &members)
    }

    /// The recorded crossings of one segment, or of all, from a moment on: ``customer``, ``segment``,
    /// ``from``, ``to``, ``at``, ``cause``.
    #[pyo3(signature = (name=None, since=None))]
    fn crossings(&self, py: Python<'_>, name: Option<&str>, since: Option<Moment>) -> PyResult<Table> {
        call(py, || self.core.crossings(name, since.map(|at| at.0))).map(Table)
    }

    /// All that is held about a customer: ``ids``, and rows as dicts under ``columns``, ``toward``, ``traits``,
    /// ``memberships``, ``events``, ``crossings``, ``decisions``, ``ties``. Times are ISO texts; what is unknown is left
    /// out.
    ///
    /// >>> engine.export("anna")["columns"][0]["orders"]
    /// 3.0
    fn export<'py>(&self, py: Python<'py>, customer: Customer) -> PyResult<Bound<'py, PyAny>> {
        host::export(py, &self.core, customer.id())
    }
}
