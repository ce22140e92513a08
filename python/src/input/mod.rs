//! What `observe`, `identify` and `relate` take: frames through the Arrow stream interface, rows as
//! dicts, columns as lists or numpy arrays. Everything becomes Arrow batches, which core reads; a
//! value that does not fit its column goes in as text, so that core rejects the row and not the call.

mod columns;
mod context;
mod id;
mod moment;
mod numbers;
mod numpy;
mod row;

use arrow_array::RecordBatch;
use bactrian::{Error, ErrorKind};
use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyList, PyString, PyTuple};

pub(crate) use self::context::Context;
pub(crate) use self::id::{Customer, Customers, to_python as id_to_python};
pub(crate) use self::moment::{Moment, span, to_python as time_to_python};
pub(crate) use self::numbers::{Count, Real, answer, maybe_whole, numbers, real, together, whole};
pub(crate) use self::row::{Row, Words};

use crate::arrow;
use crate::error::raised;

/// Any table as Arrow batches. Dicts, of one row or of columns, may lack the `optional` columns, each given by role
/// and name.
///
/// Cost: frames with an Arrow stream are not copied, apart from what their library does; lists are
/// looked at twice a value.
pub(crate) fn batches(data: &Bound<'_, PyAny>, optional: &[(&str, &str)]) -> PyResult<Vec<RecordBatch>> {
    if let Ok(dict) = data.cast::<PyDict>() {
        return match is_row(dict) {
            true => columns::from_rows(std::slice::from_ref(dict), optional),
            false => columns::from_columns(dict, optional),
        };
    }
    if data.hasattr("__arrow_c_stream__")? {
        return match data.call_method0("__arrow_c_stream__") {
            Ok(capsule) => arrow::import(&capsule),
            Err(error) => match frame_columns(data)? {
                // pandas needs pyarrow for this interface, and we don't.
                Some(dict) if error.is_instance_of::<PyImportError>(data.py()) => columns::from_columns(&dict, &[]),
                _ => Err(error),
            },
        };
    }
    if let (false, Ok(items)) = (data.is_instance_of::<PyString>(), data.try_iter()) {
        let rows: Vec<Bound<'_, PyDict>> = items
            .map(|item| item?.cast_into::<PyDict>().map_err(|error| not_a_table(&error.into_inner())))
            .collect::<PyResult<_>>()?;
        return columns::from_rows(&rows, optional);
    }
    Err(not_a_table(data))
}

/// A dict is one row as soon as one of its values is neither a list nor an array.
pub(crate) fn is_row(dict: &Bound<'_, PyDict>) -> bool {
    dict.iter().any(|(_, value)| {
        let scalar = value.is_instance_of::<PyString>() || value.is_instance_of::<PyInt>() || value.is_none();
        let list = value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>();
        scalar || !(list || columns::is_array(&value))
    })
}

/// The columns of a pandas frame as lists, its missing values as `None`.
fn frame_columns<'py>(data: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyDict>>> {
    let (Some(names), true) = (data.getattr_opt("columns")?, data.hasattr("dtypes")?) else { return Ok(None) };
    let dict = PyDict::new(data.py());
    for name in names.try_iter()? {
        let name = name?;
        if dict.contains(&name)? {
            let message = format!("two columns are named `{name}`");
            return Err(raised(&Error::new(ErrorKind::SchemaArrow, message)));
        }
        dict.set_item(name, data.py().None())?;
    }
    for name in dict.keys() {
        let column = data.get_item(&name)?;
        let known = column.call_method0("notna")?;
        let objects = column.call_method1("astype", ("object",))?.call_method1("where", (known, data.py().None()))?;
        dict.set_item(&name, objects.call_method0("tolist")?)?;
    }
    Ok(Some(dict))
}

/// What a value is, for messages.
pub(crate) fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "value".to_owned(), |name| name.to_string())
}

fn not_a_table(data: &Bound<'_, PyAny>) -> PyErr {
    let message = format!("a table can't be made of a `{}`", type_name(data));
    raised(&Error::new(ErrorKind::SchemaType, message).hint(
        "give a data frame (anything with `__arrow_c_stream__`), a dict of columns, a dict for one row, or a list of dicts",
    ))
}
