//! numpy arrays and scalars. numpy is looked for only where somebody else has already imported it.

use std::sync::Arc;

use ::numpy::{PyArray1, PyArrayMethods};
use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, TimestampMicrosecondArray, UInt64Array};
use bactrian::{Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;

use crate::error::raised;

/// An array as an Arrow column; nothing if the object is no array, or one that lists serve better.
pub(super) fn array(name: &str, column: &Bound<'_, PyAny>) -> PyResult<Option<ArrayRef>> {
    if !is_exactly(column, "ndarray")? {
        return Ok(None);
    }
    if column.getattr(intern!(column.py(), "ndim"))?.extract::<usize>()? != 1 {
        let message = format!("column `{name}` has more than one dimension");
        return Err(raised(&Error::new(ErrorKind::SchemaType, message)));
    }
    let kind: String =
        column.getattr(intern!(column.py(), "dtype"))?.getattr(intern!(column.py(), "kind"))?.extract()?;
    Ok(Some(match kind.as_str() {
        "b" => Arc::new(BooleanArray::from(values::<bool>(column, "bool")?)),
        "i" => Arc::new(Int64Array::from(values::<i64>(column, "int64")?)),
        "u" => Arc::new(UInt64Array::from(values::<u64>(column, "uint64")?)),
        "f" => Arc::new(Float64Array::from(values::<f64>(column, "float64")?)),
        "M" => {
            let moments = column.call_method1(intern!(column.py(), "astype"), ("datetime64[us]",))?;
            let moments = values::<i64>(&moments.call_method1(intern!(column.py(), "view"), ("int64",))?, "int64")?;
            // Not-a-time is the smallest integer.
            let moments = moments.into_iter().map(|moment| (moment != i64::MIN).then_some(moment));
            Arc::new(moments.collect::<TimestampMicrosecondArray>())
        }
        _ => return Ok(None),
    }))
}

/// A numpy scalar as plain Python: times as text, the rest as `item()` gives it.
pub(super) fn scalar<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    if is_exactly(value, "datetime64")? {
        return Ok(Some(value.str()?.into_any()));
    }
    let numpy = value.get_type().module().is_ok_and(|module| module == "numpy");
    if numpy && value.hasattr(intern!(value.py(), "item"))? && value.len().is_err() {
        // A long double gives itself.
        let plain = value.call_method0(intern!(value.py(), "item"))?;
        return Ok(Some(plain).filter(|plain| !plain.get_type().is(value.get_type())));
    }
    Ok(None)
}

fn is_exactly(value: &Bound<'_, PyAny>, class: &str) -> PyResult<bool> {
    let kind = value.get_type();
    Ok(kind.name()? == class && kind.module()? == "numpy")
}

fn values<T: ::numpy::Element + Copy>(column: &Bound<'_, PyAny>, class: &str) -> PyResult<Vec<T>> {
    let array = column.call_method1(intern!(column.py(), "astype"), (class,))?;
    Ok(array.cast_into::<PyArray1<T>>().map_err(PyErr::from)?.readonly().as_array().to_vec())
}
