//! `bactrian.Customer`: a view of one customer of an engine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bactrian::expr::Type;
use bactrian::{ErrorKind, Id, Reader};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyString};

use crate::error::call;
use crate::host;
use crate::input::{Context, Customer, Moment, id_to_python, time_to_python};
use crate::models::Most;
use crate::output::{Decision, Explanation};

/// An engine with the columns that were read before, ready to be read again.
pub(crate) struct Readers {
    core: bactrian::Engine,
    prepared: Mutex<BTreeMap<String, (Reader, Type)>>,
}

/// A value as core means it; nothing is unknown.
enum Known {
    Number(f64),
    Bool(bool),
    Name(String),
    Time(i64),
}

impl Readers {
    pub(crate) fn of(core: bactrian::Engine) -> Self {
        Readers { core, prepared: Mutex::default() }
    }

    fn reader(&self, column: &str) -> bactrian::Result<(Reader, Type)> {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = prepared.get(column) {
            return Ok(found.clone());
        }
        let reader = self.core.reader(&[column])?;
        let kind = reader.kinds()?.first().copied().unwrap_or(Type::Number);
        prepared.insert(column.to_owned(), (reader.clone(), kind));
        Ok((reader, kind))
    }

    fn read(&self, column: &str, customer: Id<'_>, peer: Option<Id<'_>>) -> bactrian::Result<Option<Known>> {
        let mut value = [f64::NAN];
        let (reader, mut kind) = self.reader(column)?;
        match reader.read(customer, peer, None, &mut value) {
            // The definition may have changed since the reader was prepared.
            Err(error) if error.kind() == ErrorKind::Closed => {
                self.prepared.lock().unwrap_or_else(PoisonError::into_inner).remove(column);
                let (reader, now) = self.reader(column)?;
                kind = now;
                reader.read(customer, peer, None, &mut value)?;
            }
            read => read?,
        }
        Ok(match value[0] {
            value if value.is_nan() => None,
            value if kind == Type::Bool => Some(Known::Bool(value == 1.0)),
            value if kind == Type::Key => Some(Known::Name(self.core.key_text(value)?)),
            value if kind == Type::Time => Some(Known::Time(value as i64)),
            value => Some(Known::Number(value)),
        })
    }
}

/// A view of one customer, perhaps toward a peer. It holds nothing: each read sees the engine as it is.
///
/// >>> anna = engine["anna"]
/// >>> anna["orders"], anna["tier.value"]
/// (3.0, 'high')
/// >>> anna.toward("ben")["replies"], round(anna.toward("ben")["warmth"], 2)
/// (2.0, -5.32)
#[pyclass(name = "Customer", module = "bactrian", frozen, mapping)]
pub(crate) struct CustomerView {
    readers: Arc<Readers>,
    customer: Customer,
    peer: Option<Customer>,
}

impl CustomerView {
    pub(crate) fn of(readers: Arc<Readers>, customer: Customer) -> Self {
        CustomerView { readers, customer, peer: None }
    }

    fn peer(&self) -> Option<Id<'_>> {
        self.peer.as_ref().map(Customer::id)
    }
}

#[pymethods]
impl CustomerView {
    /// The customer.
    #[getter]
    fn id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        id_to_python(py, &self.customer.id().into())
    }

    fn __getitem__<'py>(&self, py: Python<'py>, column: &str) -> PyResult<Bound<'py, PyAny>> {
        Ok(match call(py, || self.readers.read(column, self.customer.id(), self.peer()))? {
            None => py.None().into_bound(py),
            Some(Known::Number(number)) => PyFloat::new(py, number).into_any(),
            Some(Known::Bool(flag)) => PyBool::new(py, flag).to_owned().into_any(),
            Some(Known::Name(name)) => PyString::new(py, &name).into_any(),
            Some(Known::Time(at)) => time_to_python(py, at)?,
        })
    }

    /// The same customer toward a peer: columns toward a peer are unknown without one.
    fn toward(&self, peer: Customer) -> CustomerView {
        CustomerView { readers: Arc::clone(&self.readers), customer: self.customer.clone(), peer: Some(peer) }
    }

    /// Decide what to do next; ``record=False`` looks only, ``context`` and ``n`` as in ``Engine.decide``.
    #[pyo3(signature = (*, context=None, at=None, n=Most(1), record=true))]
    fn decide(
        &self,
        py: Python<'_>,
        context: Option<Context>,
        at: Option<Moment>,
        n: Most,
        record: bool,
    ) -> PyResult<Decision> {
        let asked = host::Asked { toward: self.peer.clone(), context: context.unwrap_or_default(), at, n: n.0, record };
        host::decide(py, &self.readers.core, self.customer.id(), &asked)
    }

    /// All that is held about the customer, as in ``Engine.export``.
    fn export<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        host::export(py, &self.readers.core, self.customer.id())
    }

    /// Why a column has its value: parts that sum to it, and the evidence behind it.
    #[pyo3(signature = (column, *, at=None))]
    fn explain(&self, py: Python<'_>, column: &str, at: Option<Moment>) -> PyResult<Explanation> {
        let explain = || self.readers.core.explain(self.customer.id(), column, at.map(|at| at.0), self.peer());
        call(py, explain).map(Explanation)
    }

    fn __repr__(&self) -> String {
        match self.peer() {
            Some(peer) => format!("Customer({} toward {peer})", self.customer.id()),
            None => format!("Customer({})", self.customer.id()),
        }
    }
}
