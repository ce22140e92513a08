//! Columns of numbers for models: whatever holds numbers in, numpy out.

use ::numpy::IntoPyArray;
use arrow_array::types::{Float64Type, Int64Type, UInt64Type};
use arrow_array::{Array, ArrayRef, cast::AsArray};
use arrow_schema::DataType;
use bactrian::{Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString};

use super::columns::from_column;
use super::type_name;
use crate::error::raised;

/// A whole number of at least 0 that fits into `T`.
#[derive(Clone, Copy)]
pub(crate) struct Count<T>(pub(crate) T);

impl<'py, T: TryFrom<i128>> FromPyObject<'_, 'py> for Count<T> {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        whole(&obj).map(Count)
    }
}

/// A [`Count`] with a default.
pub(crate) fn whole<T: TryFrom<i128>>(value: &Bound<'_, PyAny>) -> PyResult<T> {
    let wrong = |kind, message| raised(&Error::new(kind, message).hint("give a whole number of at least 0"));
    let Ok(number) = value.extract::<i128>() else {
        return Err(match value.is_instance_of::<PyInt>() {
            true => wrong(ErrorKind::SchemaRange, format!("{value} is out of range")),
            false => wrong(ErrorKind::SchemaType, format!("a `{}` is no whole number", type_name(value))),
        });
    };
    T::try_from(number).map_err(|_| wrong(ErrorKind::SchemaRange, format!("{number} is out of range")))
}

/// A [`Count`] that may be missing.
pub(crate) fn maybe_whole<T: TryFrom<i128>>(value: &Bound<'_, PyAny>) -> PyResult<Option<T>> {
    if value.is_none() { Ok(None) } else { whole(value).map(Some) }
}

/// A number by itself.
#[derive(Clone, Copy)]
pub(crate) struct Real(pub(crate) f64);

impl<'py> FromPyObject<'_, 'py> for Real {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        real(&obj).map(Real)
    }
}

/// A [`Real`] with a default.
pub(crate) fn real(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    value.extract::<f64>().map_err(|_| {
        let message = format!("a `{}` is no number", type_name(value));
        raised(&Error::new(ErrorKind::SchemaType, message).hint("give a number, such as `0.5`"))
    })
}

/// A column of numbers, or a single one.
pub(crate) struct Numbers {
    pub(crate) values: Vec<f64>,
    /// Whether it was a number by itself.
    pub(crate) single: bool,
}

/// The numbers of a number, a list, a numpy array, or a column of a data frame; missing ones are NaN.
pub(crate) fn numbers(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Numbers> {
    if value.is_instance_of::<PyString>() {
        return Err(unfit(name));
    }
    // A one-row series is a column, though it passes for a number.
    if value.len().is_err() {
        let number = value.extract::<f64>().map_err(|_| unfit(name))?;
        return Ok(Numbers { values: vec![number], single: true });
    }
    let array = from_column(name, &plain(value)?)?;
    Ok(Numbers { values: to_numbers(name, &array)?, single: false })
}

/// Numbers of one length; a single one stands for every row. Whether all of them were single.
pub(crate) fn together<const N: usize>(named: [(&str, &Bound<'_, PyAny>); N]) -> PyResult<([Vec<f64>; N], bool)> {
    let mut all = Vec::with_capacity(N);
    for (name, value) in named {
        all.push(numbers(name, value)?);
    }
    let single = all.iter().all(|numbers| numbers.single);
    let rows = all.iter().find(|numbers| !numbers.single).map(|numbers| numbers.values.len());
    let mut values = all.into_iter().map(|numbers| match (numbers.single, rows, numbers.values.as_slice()) {
        (true, Some(rows), [number]) => vec![*number; rows],
        _ => numbers.values,
    });
    Ok((std::array::from_fn(|_| values.next().unwrap_or_default()), single))
}

/// A float for single inputs, else a numpy array.
pub(crate) fn answer(py: Python<'_>, values: Vec<f64>, single: bool) -> PyResult<Bound<'_, PyAny>> {
    match (single, values.as_slice()) {
        (true, [value]) => Ok(value.into_pyobject(py)?.into_any()),
        _ => {
            // The array type lives in numpy; without it this is an ImportError, not an abort.
            py.import(intern!(py, "numpy"))?;
            Ok(values.into_pyarray(py).into_any())
        }
    }
}

/// The numpy array of a data frame's column, where it has one of numbers.
fn plain<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    if !value.hasattr(intern!(py, "to_numpy"))? {
        return Ok(value.clone());
    }
    let Ok(array) = value.call_method0(intern!(py, "to_numpy")) else { return Ok(value.clone()) };
    let kind: String = array.getattr(intern!(py, "dtype"))?.getattr(intern!(py, "kind"))?.extract()?;
    Ok(if ["b", "i", "u", "f"].contains(&kind.as_str()) { array } else { value.clone() })
}

fn to_numbers(name: &str, array: &ArrayRef) -> PyResult<Vec<f64>> {
    let known = |number: Option<f64>| number.unwrap_or(f64::NAN);
    Ok(match array.data_type() {
        DataType::Float64 => array.as_primitive::<Float64Type>().iter().map(known).collect(),
        DataType::Int64 => array.as_primitive::<Int64Type>().iter().map(|x| known(x.map(|x| x as f64))).collect(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().iter().map(|x| known(x.map(|x| x as f64))).collect(),
        DataType::Boolean => {
            array.as_boolean().iter().map(|flag| known(flag.map(|flag| f64::from(u8::from(flag))))).collect()
        }
        DataType::Null => vec![f64::NAN; array.len()],
        _ => return Err(unfit(name)),
    })
}

fn unfit(name: &str) -> PyErr {
    let message = format!("`{name}` holds something else than numbers");
    raised(&Error::new(ErrorKind::SchemaType, message).hint("give a number, a list, a numpy array or a column"))
}
