//! Customers as Python names them: text, or whole numbers from 0.

use bactrian::{Error, ErrorKind, Id, OwnedId};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};

use crate::error::{raised, utf8};

/// An id taken from Python.
#[derive(Clone)]
pub(crate) struct Customer(OwnedId);

impl Customer {
    /// The id as core takes it.
    pub(crate) fn id(&self) -> Id<'_> {
        self.0.borrow().unwrap_or(Id::Text(""))
    }
}

impl<'py> FromPyObject<'_, 'py> for Customer {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(text) = obj.cast::<PyString>() {
            return Ok(Customer(Id::Text(utf8(&text)?).into()));
        }
        match obj.extract::<u64>() {
            Ok(number) if !obj.is_instance_of::<PyBool>() => Ok(Customer(Id::Number(number).into())),
            _ => {
                let message = format!("`{}` is not a customer", obj.repr()?);
                Err(raised(&Error::new(ErrorKind::SchemaType, message).hint("ids are text or whole numbers from 0")))
            }
        }
    }
}

/// One id, or any iterable of ids.
pub(crate) struct Customers(Vec<Customer>);

impl Customers {
    /// The ids as core takes them.
    pub(crate) fn ids(&self) -> Vec<Id<'_>> {
        self.0.iter().map(Customer::id).collect()
    }
}

impl<'py> FromPyObject<'_, 'py> for Customers {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match obj.extract::<Customer>() {
            Ok(customer) => Ok(Customers(vec![customer])),
            Err(error) => match obj.try_iter() {
                Ok(items) => items.map(|item| item?.extract()).collect::<PyResult<_>>().map(Customers),
                Err(_) => Err(error),
            },
        }
    }
}

/// An id as Python sees it: int, str, or `None` once erased.
pub(crate) fn to_python<'py>(py: Python<'py>, id: &OwnedId) -> PyResult<Bound<'py, PyAny>> {
    Ok(match id.borrow() {
        Some(Id::Number(number)) => number.into_pyobject(py)?.into_any(),
        Some(Id::Text(text)) => PyString::new(py, text).into_any(),
        None => py.None().into_bound(py),
    })
}
