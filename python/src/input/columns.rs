//! Python values to Arrow columns.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, NullArray, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema};
use bactrian::base::likeness::nearest;
use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDate, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use super::{numpy, type_name};
use crate::error::{raised, utf8};

/// What a column holds, or a value of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Null,
    Bool,
    Integer,
    Unsigned,
    Number,
    Text,
    Texts,
}

/// One batch from rows, whose columns are all their keys, in order of first sight, and what is optional.
pub(super) fn from_rows(rows: &[Bound<'_, PyDict>], optional: &[(&str, &str)]) -> PyResult<Vec<RecordBatch>> {
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let py = first.py();
    let names = PyDict::new(py);
    for row in rows {
        for key in row.keys() {
            names.set_item(key, true)?;
        }
    }
    let given = names.keys().iter().map(|name| column_name(&name)).collect::<PyResult<Vec<_>>>()?;
    for column in absent(&given, optional) {
        names.set_item(column, true)?;
    }
    let mut columns = Vec::with_capacity(names.len());
    for name in names.keys() {
        let values = rows.iter().map(|row| Ok(row.get_item(&name)?.unwrap_or_else(|| py.None().into_bound(py))));
        let name = column_name(&name)?;
        let array = from_values(&name, values.collect::<PyResult<Vec<_>>>()?)?;
        columns.push((name, array));
    }
    batch(columns, rows.len())
}

/// One batch from named columns of one length, and what is optional.
pub(super) fn from_columns(dict: &Bound<'_, PyDict>, optional: &[(&str, &str)]) -> PyResult<Vec<RecordBatch>> {
    if dict.is_empty() {
        let hint = "give a dict of columns or of one row; `[]` is a table without rows";
        return Err(raised(&Error::new(ErrorKind::SchemaMissing, "the dict has no columns").hint(hint)));
    }
    let mut columns: Vec<(String, ArrayRef)> = Vec::with_capacity(dict.len());
    for (name, values) in dict {
        let name = column_name(&name)?;
        let array = from_column(&name, &values)?;
        if let Some((first, other)) = columns.first().filter(|(_, other)| other.len() != array.len()) {
            let message = format!("column `{name}` has {} rows, and `{first}` has {}", array.len(), other.len());
            return Err(raised(&Error::new(ErrorKind::SchemaRange, message)));
        }
        columns.push((name, array));
    }
    let rows = columns.first().map_or(0, |(_, array)| array.len());
    let given: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
    let unknown = |column: &str| (column.to_owned(), Arc::new(NullArray::new(rows)) as ArrayRef);
    columns.extend(absent(&given, optional).map(unknown));
    batch(columns, rows)
}

/// The optional columns that are not there and are unknown then. One that a further name may have been meant
/// for is left out, so that the call says that it is missing.
fn absent<'a>(given: &[String], optional: &[(&'a str, &'a str)]) -> impl Iterator<Item = &'a str> {
    let is = |name: &str, (role, column): &(&str, &str)| name == *role || name == *column;
    let further = |name: &&String| !optional.iter().any(|known| is(name, known));
    let further: Vec<&String> = given.iter().filter(further).collect();
    let absent =
        |known: &&(&str, &str)| !given.iter().any(|name| is(name, known)) && nearest(known.1, &further).is_none();
    let absent: Vec<&'a str> = optional.iter().filter(absent).map(|(_, column)| *column).collect();
    absent.into_iter()
}

/// Whether a value is a column by itself: a numpy array or another library's.
pub(super) fn is_array(value: &Bound<'_, PyAny>) -> bool {
    // A numpy scalar has `tolist` too, but no length.
    value.len().is_ok() && ["tolist", "to_list", "to_pylist"].iter().any(|name| value.hasattr(*name).unwrap_or(false))
}

pub(super) fn from_column(name: &str, column: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    if column.is_instance_of::<PyList>() || column.is_instance_of::<PyTuple>() {
        return from_values(name, column.try_iter()?.collect::<PyResult<_>>()?);
    }
    if let Some(array) = numpy::array(name, column)? {
        return Ok(array);
    }
    for method in ["to_pylist", "to_list", "tolist"] {
        if column.hasattr(method)? {
            let list = column.call_method0(method)?;
            return from_values(name, list.try_iter()?.collect::<PyResult<_>>()?);
        }
    }
    Err(unfit(name, column))
}

fn batch(columns: Vec<(String, ArrayRef)>, rows: usize) -> PyResult<Vec<RecordBatch>> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options);
    batch.map(|batch| vec![batch]).map_err(|error| raised(&Error::new(ErrorKind::SchemaArrow, error.to_string())))
}

fn column_name(name: &Bound<'_, PyAny>) -> PyResult<String> {
    name.extract().map_err(|_| {
        let shown = name.repr().map_or_else(|_| "?".to_owned(), |text| text.to_string());
        raised(&Error::new(ErrorKind::SchemaType, format!("column name `{shown}` is not text")))
    })
}

/// A column from single values. One that mixes texts and other values is a column of texts.
fn from_values(name: &str, mut values: Vec<Bound<'_, PyAny>>) -> PyResult<ArrayRef> {
    let mut kind = Kind::Null;
    for value in &mut values {
        let (plain, found) = classify(name, value)?;
        if let Some(plain) = plain {
            *value = plain;
        }
        kind = common(kind, found).ok_or_else(|| {
            let message = format!("column `{name}` has lists in some rows and single values in others");
            raised(&Error::new(ErrorKind::SchemaType, message))
        })?;
    }
    Ok(match kind {
        Kind::Null => Arc::new(NullArray::new(values.len())),
        Kind::Bool => {
            let mut builder = BooleanBuilder::with_capacity(values.len());
            each(&values, |value| {
                builder.append_option(value.map(|value| value.extract()).transpose()?);
                Ok(())
            })?;
            Arc::new(builder.finish())
        }
        Kind::Integer => {
            let mut builder = Int64Builder::with_capacity(values.len());
            each(&values, |value| {
                builder.append_option(value.map(|value| value.extract()).transpose()?);
                Ok(())
            })?;
            Arc::new(builder.finish())
        }
        Kind::Unsigned => {
            let mut builder = UInt64Builder::with_capacity(values.len());
            each(&values, |value| {
                builder.append_option(value.map(|value| value.extract()).transpose()?);
                Ok(())
            })?;
            Arc::new(builder.finish())
        }
        Kind::Number => {
            let mut builder = Float64Builder::with_capacity(values.len());
            each(&values, |value| {
                builder.append_option(value.map(|value| value.extract()).transpose()?);
                Ok(())
            })?;
            Arc::new(builder.finish())
        }
        Kind::Text => {
            let mut builder = StringBuilder::new();
            each(&values, |value| {
                match value {
                    Some(value) if is_nan(value) => builder.append_null(),
                    Some(value) => text(value, |text| builder.append_value(text))?,
                    None => builder.append_null(),
                }
                Ok(())
            })?;
            Arc::new(builder.finish())
        }
        Kind::Texts => {
            let mut builder = ListBuilder::new(StringBuilder::new());
            each(&values, |value| {
                let items = value.map(|value| value.try_iter()).transpose()?;
                let valid = items.is_some();
                for item in items.into_iter().flatten() {
                    match item? {
                        item if item.is_none() => builder.values().append_null(),
                        item => text(&item, |text| builder.values().append_value(text))?,
                    }
                }
                builder.append(valid);
                Ok(())
            })?;
            Arc::new(builder.finish())
        }
    })
}

fn each<'py>(
    values: &[Bound<'py, PyAny>],
    mut append: impl FnMut(Option<&Bound<'py, PyAny>>) -> PyResult<()>,
) -> PyResult<()> {
    values.iter().try_for_each(|value| append(Some(value).filter(|value| !value.is_none())))
}

/// What a value is, and a plainer object for it where the column should keep that instead.
fn classify<'py>(name: &str, value: &Bound<'py, PyAny>) -> PyResult<(Option<Bound<'py, PyAny>>, Kind)> {
    if value.is_none() {
        return Ok((None, Kind::Null));
    }
    if value.is_instance_of::<PyString>() {
        return Ok((None, Kind::Text));
    }
    if value.is_instance_of::<PyFloat>() {
        return Ok((None, Kind::Number));
    }
    if value.is_instance_of::<PyBool>() {
        return Ok((None, Kind::Bool));
    }
    if value.is_instance_of::<PyInt>() {
        return Ok((None, integer(value)));
    }
    if value.is_instance_of::<PyDate>() {
        return plain(name, value.call_method0("isoformat")?);
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        return Ok((None, Kind::Texts));
    }
    numpy::scalar(value)?.or_else(|| foreign(value)).map_or_else(|| Err(unfit(name, value)), |value| plain(name, value))
}

/// A plainer object in place of a value, and what it is; the text of a missing time is missing.
fn plain<'py>(name: &str, value: Bound<'py, PyAny>) -> PyResult<(Option<Bound<'py, PyAny>>, Kind)> {
    let missing = value.cast::<PyString>().is_ok_and(|text| text == "NaT");
    let value = if missing { value.py().None().into_bound(value.py()) } else { value };
    let (_, kind) = classify(name, &value)?;
    Ok((Some(value), kind))
}

/// `pandas.NA` is missing; a decimal or a fraction is its float; arrays are lists.
fn foreign<'py>(value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let py = value.py();
    if value.get_type().name().is_ok_and(|name| name == "NAType") {
        return Some(py.None().into_bound(py));
    }
    if is_array(value) {
        return value.call_method0("tolist").or_else(|_| value.call_method0("to_list")).ok();
    }
    value.extract::<f64>().ok().map(|number| PyFloat::new(py, number).into_any())
}

fn integer(value: &Bound<'_, PyAny>) -> Kind {
    if value.extract::<i64>().is_ok() {
        Kind::Integer
    } else if value.extract::<u64>().is_ok() {
        Kind::Unsigned
    } else {
        Kind::Text
    }
}

/// The kind of a column that holds both; none for lists beside single values.
fn common(a: Kind, b: Kind) -> Option<Kind> {
    Some(match (a, b) {
        _ if a == b => a,
        (Kind::Null, other) | (other, Kind::Null) => other,
        (Kind::Texts, _) | (_, Kind::Texts) => return None,
        (Kind::Number, Kind::Integer | Kind::Unsigned) | (Kind::Integer | Kind::Unsigned, Kind::Number) => Kind::Number,
        // Whole numbers on both sides of 2^63 have no common type; as texts they are the same ids.
        _ => Kind::Text,
    })
}

fn is_nan(value: &Bound<'_, PyAny>) -> bool {
    value.cast::<PyFloat>().is_ok_and(|number| number.value().is_nan())
}

fn text(value: &Bound<'_, PyAny>, append: impl FnOnce(&str)) -> PyResult<()> {
    match value.cast::<PyString>() {
        Ok(text) => append(utf8(text)?),
        Err(_) => append(value.str()?.to_str()?),
    }
    Ok(())
}

fn unfit(name: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let message = format!("column `{name}` holds a `{}`", type_name(value));
    raised(
        &Error::new(ErrorKind::SchemaType, message)
            .hint("values are text, numbers, bool, times, lists of text or None"),
    )
}
