//! `bactrian.Table`.

use ::numpy::IntoPyArray;
use arrow_array::RecordBatchReader;
use bactrian::{Column, Error, ErrorKind, OwnedId};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};

use crate::arrow;
use crate::error::{OrRaise, raised};
use crate::input::{id_to_python, time_to_python};

/// Rows and named columns, for any data frame: it has ``__arrow_c_stream__``.
///
/// Unknown values are ``None`` in lists, NaN or NaT in numpy, null in Arrow. Times are in UTC.
///
/// >>> table = engine.score(["anna", "ben"], columns=["orders"])
/// >>> len(table), table.columns
/// (2, ['customer', 'orders'])
/// >>> table["orders"]
/// [3.0, 1.0]
#[pyclass(module = "bactrian", frozen, mapping)]
pub(crate) struct Table(pub(crate) bactrian::Table);

#[pymethods]
impl Table {
    /// Names of the columns.
    #[getter]
    fn columns(&self) -> Vec<&str> {
        self.0.columns.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, column: &str) -> PyResult<Bound<'py, PyList>> {
        let found = self.0.column(column).ok_or_else(|| {
            let names: Vec<&str> = self.columns();
            let error = Error::new(ErrorKind::UnknownColumn, format!("the table has no column `{column}`"));
            raised(&error.hint(format!("it has {}", names.join(", "))))
        })?;
        list(py, found)
    }

    /// Columns as lists, by name.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, column) in &self.0.columns {
            dict.set_item(name, list(py, column)?)?;
        }
        Ok(dict)
    }

    /// Columns as numpy arrays, by name: numbers and flags in their types, times as ``datetime64[us]``,
    /// texts as objects. Needs numpy.
    fn to_numpy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let numpy = py.import("numpy")?;
        let dict = PyDict::new(py);
        for (name, column) in &self.0.columns {
            dict.set_item(name, array(py, &numpy, column)?)?;
        }
        Ok(dict)
    }

    /// A ``pandas.DataFrame``. Needs pandas, and no pyarrow.
    fn to_pandas<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let frame = py.import("pandas")?.getattr("DataFrame")?.call1((self.to_numpy(py)?,))?;
        for (name, column) in &self.0.columns {
            if matches!(column, Column::Time(_)) {
                frame.set_item(name, frame.get_item(name)?.getattr("dt")?.call_method1("tz_localize", ("UTC",))?)?;
            }
        }
        Ok(frame)
    }

    /// A ``polars.DataFrame``. Needs polars.
    fn to_polars<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("polars")?.getattr("DataFrame")?.call1((slf,))
    }

    /// A ``pyarrow.Table``. Needs pyarrow.
    fn to_arrow<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("pyarrow")?.call_method1("table", (slf,))
    }

    /// The table as an Arrow stream, by the Arrow PyCapsule interface.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A producer may leave a wish for another schema unanswered.
        drop(requested_schema);
        arrow::export(py, self.0.to_reader().or_raise()?)
    }

    /// The schema, by the Arrow PyCapsule interface.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        arrow::export_schema(py, &self.0.to_reader().or_raise()?.schema())
    }

    fn _repr_html_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("bactrian._show")?.call_method1("html", (slf,))
    }

    fn __repr__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("bactrian._show")?.call_method1("text", (slf,))
    }
}

fn list<'py>(py: Python<'py>, column: &Column) -> PyResult<Bound<'py, PyList>> {
    match column {
        Column::Number(values) => PyList::new(py, values.iter().map(|value| super::known(*value))),
        Column::Bool(values) => PyList::new(py, values),
        Column::Integer(values) => PyList::new(py, values),
        Column::Text(values) => PyList::new(py, values),
        Column::Time(values) => {
            let moments = values.iter().map(|at| at.map(|at| time_to_python(py, at)).transpose());
            PyList::new(py, moments.collect::<PyResult<Vec<_>>>()?)
        }
        Column::Id(values) => {
            PyList::new(py, values.iter().map(|id| id_to_python(py, id)).collect::<PyResult<Vec<_>>>()?)
        }
    }
}

fn array<'py>(py: Python<'py>, numpy: &Bound<'py, PyModule>, column: &Column) -> PyResult<Bound<'py, PyAny>> {
    let kind = match column {
        Column::Number(values) => return Ok(values.clone().into_pyarray(py).into_any()),
        Column::Integer(values) => return Ok(values.clone().into_pyarray(py).into_any()),
        Column::Time(values) => {
            // Not-a-time is the smallest integer.
            let moments: Vec<i64> = values.iter().map(|at| at.unwrap_or(i64::MIN)).collect();
            return moments.into_pyarray(py).call_method1("view", ("datetime64[us]",));
        }
        Column::Bool(values) if values.iter().all(Option::is_some) => "bool",
        Column::Id(ids) if ids.iter().all(|id| matches!(id, OwnedId::Number(_))) => "uint64",
        _ => "object",
    };
    numpy.call_method1("array", (list(py, column)?, kind))
}
