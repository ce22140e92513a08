//! Numbers that a model reads: a numpy matrix as it lies in memory, or a frame's columns by name.

use bactrian::models::Inputs;
use bactrian::models::watch::{Codes, Input, InputKind, Signature, codes_of_texts};
use bactrian::{Error, ErrorKind};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyOverflowError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyMapping};

use crate::error::{SchemaError, raised};

/// Rows of features, kept alive for as long as a model reads them.
pub(crate) enum Matrix<'py> {
    Whole(PyReadonlyArray2<'py, f64>),
    Columns(Vec<PyReadonlyArray1<'py, f64>>),
}

/// What a model reads while the lock on Python is released.
pub(crate) enum Slices<'a> {
    Rows(&'a [f64], usize),
    Columns(Vec<&'a [f64]>),
}

impl Slices<'_> {
    pub(crate) fn inputs(&self) -> bactrian::Result<Inputs<'_>> {
        match self {
            Slices::Rows(values, features) => Inputs::from_rows(values, *features),
            Slices::Columns(columns) => Inputs::from_columns(columns),
        }
    }
}

impl<'py> Matrix<'py> {
    /// A matrix, rows by features; of a frame the columns that `choose` takes among its names.
    pub(crate) fn of(
        data: &Bound<'py, PyAny>,
        choose: impl FnOnce(&[&str]) -> bactrian::Result<Vec<usize>>,
    ) -> PyResult<Self> {
        Self::to_learn(data, choose).map(|(matrix, _)| matrix)
    }

    /// As [`Matrix::of`], with the names of the columns that were taken; none of a matrix.
    pub(crate) fn to_learn(
        data: &Bound<'py, PyAny>,
        choose: impl FnOnce(&[&str]) -> bactrian::Result<Vec<usize>>,
    ) -> PyResult<(Self, Vec<String>)> {
        let Some(names) = names(data)? else { return Self::whole(data).map(|matrix| (matrix, Vec::new())) };
        let words: Vec<&str> = names.iter().map(String::as_str).collect();
        let chosen = choose(&words).map_err(|error| raised(&error))?;
        let taken: Vec<String> = chosen.into_iter().filter_map(|index| names.get(index)).cloned().collect();
        let columns = taken.iter().map(|name| numbers(&data.get_item(name)?)).collect::<PyResult<_>>()?;
        Ok((Matrix::Columns(columns), taken))
    }

    /// As [`Matrix::of`], for a model that may know the names of categories: a frame's are taken by name.
    pub(crate) fn bound(data: &Bound<'py, PyAny>, signature: &Signature) -> PyResult<Self> {
        let Some(names) = names(data)? else { return Self::whole(data) };
        let words: Vec<&str> = names.iter().map(String::as_str).collect();
        let chosen = signature.bind(&words).map_err(|error| raised(&error))?;
        let columns =
            chosen.into_iter().zip(&signature.inputs).filter_map(|(index, input)| Some((names.get(index)?, input)));
        let column = |(name, input): (&String, &Input)| read(&data.get_item(name)?, input);
        columns.map(column).collect::<PyResult<_>>().map(Matrix::Columns)
    }

    pub(super) fn whole(data: &Bound<'py, PyAny>) -> PyResult<Self> {
        let array = as_array(data)?;
        let dimensions: usize = array.getattr(intern!(data.py(), "ndim"))?.extract()?;
        if dimensions != 2 {
            let message = format!("a matrix has 2 dimensions, rows and features, and this has {dimensions}");
            return Err(raised(&Error::new(ErrorKind::SchemaRange, message)));
        }
        let mut matrix = array.cast_into::<PyArray2<f64>>().map_err(PyErr::from)?.readonly();
        let lies_plain = matrix.as_array().is_standard_layout() || matrix.as_array().t().is_standard_layout();
        if !lies_plain {
            let copied = matrix.call_method0(intern!(data.py(), "copy"))?;
            matrix = copied.cast_into::<PyArray2<f64>>().map_err(PyErr::from)?.readonly();
        }
        Ok(Matrix::Whole(matrix))
    }

    pub(crate) fn slices(&self) -> PyResult<Slices<'_>> {
        match self {
            Matrix::Columns(columns) => columns.iter().map(slice).collect::<PyResult<_>>().map(Slices::Columns),
            Matrix::Whole(matrix) => {
                let (values, view) = (matrix.as_slice()?, matrix.as_array());
                let (rows, features) = view.dim();
                if view.is_standard_layout() {
                    return Ok(Slices::Rows(values, features));
                }
                Ok(Slices::Columns(values.chunks(rows.max(1)).collect()))
            }
        }
    }
}

/// All columns of a frame, in their order.
pub(super) fn all(names: &[&str]) -> bactrian::Result<Vec<usize>> {
    Ok((0..names.len()).collect())
}

/// The names of a frame's or a mapping's columns; nothing if `data` has none, or a frame's are mere numbers.
pub(super) fn names(data: &Bound<'_, PyAny>) -> PyResult<Option<Vec<String>>> {
    let py = data.py();
    let mapping = data.cast::<PyMapping>().ok();
    let found = if let Some(mapping) = mapping {
        Some(mapping.keys()?.into_any())
    } else {
        match data.getattr_opt(intern!(py, "column_names"))? {
            Some(names) => Some(names),
            None => data.getattr_opt(intern!(py, "columns"))?,
        }
    };
    let Some(found) = found else { return Ok(None) };
    if mapping.is_none() {
        let mut all = found.try_iter()?.map(|name| name.map(|name| name.is_instance_of::<PyInt>())).peekable();
        if all.peek().is_some() && all.try_fold(true, |all, number| number.map(|number| all && number))? {
            return Ok(None);
        }
    }
    let names = found.try_iter()?.map(|name| {
        let name = name?;
        name.extract::<String>().map_err(|_| {
            let shown = name.repr().map_or_else(|_| "?".to_owned(), |text| text.to_string());
            raised(&Error::new(ErrorKind::SchemaType, format!("column name `{shown}` is not text")))
        })
    });
    names.collect::<PyResult<_>>().map(Some)
}

/// A column of numbers; what has none is NaN.
pub(crate) fn numbers<'py>(column: &Bound<'py, PyAny>) -> PyResult<PyReadonlyArray1<'py, f64>> {
    let array = as_array(column)?;
    let dimensions: usize = array.getattr(intern!(column.py(), "ndim"))?.extract()?;
    if dimensions != 1 {
        let message = format!("a column has 1 dimension, and this has {dimensions}");
        return Err(raised(&Error::new(ErrorKind::SchemaRange, message)));
    }
    let order = PyDict::new(column.py());
    order.set_item(intern!(column.py(), "order"), "C")?;
    order.set_item(intern!(column.py(), "copy"), false)?;
    let array = array.call_method(intern!(column.py(), "astype"), ("float64",), Some(&order))?;
    Ok(array.cast_into::<PyArray1<f64>>().map_err(PyErr::from)?.readonly())
}

/// A column as a model reads it: numbers, or the codes of categories that it knows by name.
pub(super) fn read<'py>(column: &Bound<'py, PyAny>, input: &Input) -> PyResult<PyReadonlyArray1<'py, f64>> {
    if input.categories.is_empty() {
        return numbers(column).map_err(|error| nameless(column, input, error));
    }
    let codes = input.codes();
    let values = column.try_iter()?.map(|value| Ok(category(&value?)?.code(&codes)));
    let values = values.collect::<PyResult<Vec<f64>>>()?;
    Ok(PyArray1::from_vec(column.py(), values).readonly())
}

/// The error of a column of texts where the model's file names no categories.
fn nameless(column: &Bound<'_, PyAny>, input: &Input, error: PyErr) -> PyErr {
    if input.kind == InputKind::Number || !error.is_instance_of::<SchemaError>(column.py()) {
        return error;
    }
    let text = format!("`{}` is not all numbers, and the model's file names no categories of it", input.name);
    let hint = "give the codes that stood for them in training; in a definition, list them as `categories`";
    raised(&Error::new(ErrorKind::SchemaType, text).hint(hint))
}

/// One row: numbers in the order of the inputs, or values by their names; `None` is unknown.
pub(super) fn one_row(row: &Bound<'_, PyAny>, signature: &Signature) -> PyResult<Vec<f64>> {
    let wrong = || raised(&Error::new(ErrorKind::SchemaType, "a row is a sequence of numbers, or a dict by names"));
    if let Ok(named) = row.cast::<PyDict>() {
        let value = |input: &Input| {
            let absent = || {
                let text = format!("the row has no `{}`", input.name);
                raised(&Error::new(ErrorKind::UnknownColumn, text).hint("give `None` where it is unknown"))
            };
            let found = category(&named.get_item(&input.name)?.ok_or_else(absent)?)?;
            match (found, input.categories.is_empty()) {
                (found, false) => Ok(found.code(&input.codes())),
                (Category::Number(number), true) => Ok(number),
                (Category::Unknown, true) => Ok(f64::NAN),
                (Category::Text(text), true) => {
                    let text = format!("`{}` is `{text}`, and the model reads a number", input.name);
                    Err(raised(&Error::new(ErrorKind::SchemaType, text)))
                }
            }
        };
        return signature.inputs.iter().map(value).collect();
    }
    match row.extract::<Vec<f64>>() {
        Ok(numbers) => Ok(numbers),
        Err(_) => row.try_iter().map_err(|_| wrong())?.map(|value| number(&value?)).collect(),
    }
}

/// A number; unknown where there is none.
fn number(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    match category(value)? {
        Category::Number(number) => Ok(number),
        Category::Unknown => Ok(f64::NAN),
        Category::Text(text) => Err(raised(&Error::new(ErrorKind::SchemaType, format!("`{text}` is not a number")))),
    }
}

/// Numbers of a column, or codes and the names of its categories where it holds texts.
pub(super) fn learnt<'py>(column: &Bound<'py, PyAny>) -> PyResult<(PyReadonlyArray1<'py, f64>, Vec<String>)> {
    let values = column.try_iter()?.map(|value| category(&value?)).collect::<PyResult<Vec<Category>>>()?;
    if !values.iter().any(|value| matches!(value, Category::Text(_))) {
        return Ok((numbers(column)?, Vec::new()));
    }
    let texts: Vec<Option<String>> = values.into_iter().map(Category::text).collect();
    let (codes, names) = codes_of_texts(&texts.iter().map(Option::as_deref).collect::<Vec<_>>());
    Ok((PyArray1::from_vec(column.py(), codes).readonly(), names))
}

/// A category as it comes.
pub(super) enum Category {
    Text(String),
    Number(f64),
    Unknown,
}

impl Category {
    pub(super) fn code(&self, codes: &Codes) -> f64 {
        match self {
            Category::Text(text) => codes.of_text(text),
            Category::Number(number) => codes.of_number(*number),
            Category::Unknown => f64::NAN,
        }
    }

    fn text(self) -> Option<String> {
        match self {
            Category::Text(text) => Some(text),
            Category::Number(number) => (!number.is_nan()).then(|| number.to_string()),
            Category::Unknown => None,
        }
    }
}

pub(super) fn category(value: &Bound<'_, PyAny>) -> PyResult<Category> {
    match (value.extract::<String>(), value.extract::<f64>()) {
        (Ok(text), _) => Ok(Category::Text(text)),
        (_, Ok(number)) => Ok(Category::Number(number)),
        // pandas marks what is unknown by objects of its own, numpy what is masked.
        _ if value.is_none() || ["NAType", "NaTType", "MaskedConstant"].iter().any(|name| is_of(value, name)) => {
            Ok(Category::Unknown)
        }
        _ => Err(raised(&Error::new(ErrorKind::SchemaType, format!("`{}` is no category", value.repr()?)))),
    }
}

fn is_of(value: &Bound<'_, PyAny>, name: &str) -> bool {
    value.get_type().name().is_ok_and(|own| own == name)
}

/// Some numbers, if given.
pub(crate) fn optional<'py>(column: Option<&Bound<'py, PyAny>>) -> PyResult<Option<PyReadonlyArray1<'py, f64>>> {
    column.map(numbers).transpose()
}

/// Marks of an outcome: true and false, or 1 and 0.
pub(crate) fn marks(column: &Bound<'_, PyAny>) -> PyResult<Vec<bool>> {
    let column = numbers(column)?;
    let mark = |(row, value): (usize, &f64)| match *value {
        0.0 => Ok(false),
        1.0 => Ok(true),
        other => {
            let message = format!("row {row}: an outcome is 0 or 1, not {other}");
            Err(raised(&Error::new(ErrorKind::SchemaRange, message)))
        }
    };
    slice(&column)?.iter().enumerate().map(mark).collect()
}

/// The numbers of a column.
pub(crate) fn slice<'a>(column: &'a PyReadonlyArray1<'_, f64>) -> PyResult<&'a [f64]> {
    Ok(column.as_slice()?)
}

/// A numpy array of f64; `data` itself where it is one. What a masked array masks is NaN.
fn as_array<'py>(data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = data.py();
    let numpy = py.import(intern!(py, "numpy"))?;
    let masked = data.getattr_opt(intern!(py, "filled"))?.is_some() && data.hasattr(intern!(py, "mask"))?;
    let data = match masked {
        true => &data.call_method1(intern!(py, "astype"), ("float64",))?.call_method1("filled", (f64::NAN,))?,
        false => data,
    };
    refuse_other_kinds(data)?;
    numpy.call_method1(intern!(py, "asarray"), (data, "float64")).map_err(|error| {
        let no_number = error.is_instance_of::<pyo3::exceptions::PyValueError>(py)
            || error.is_instance_of::<pyo3::exceptions::PyTypeError>(py);
        if no_number { raised(&Error::new(ErrorKind::SchemaType, format!("not all numbers: {error}"))) } else { error }
    })
}

/// An error where an array or a column is of complex numbers or of times, which numpy would turn into floats.
fn refuse_other_kinds(data: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = data.py();
    let Some(dtype) = data.getattr_opt(intern!(py, "dtype"))? else { return Ok(()) };
    let Some(kind) = dtype.getattr_opt(intern!(py, "kind"))? else { return Ok(()) };
    let what = match kind.extract::<String>().as_deref() {
        Ok("c") => "complex numbers",
        Ok("M") => "dates or times",
        Ok("m") => "spans of time",
        _ => return Ok(()),
    };
    let error = Error::new(ErrorKind::SchemaType, format!("a model reads numbers, and these are {what}"));
    Err(raised(&error.hint("turn them into numbers as for training")))
}

/// Numbers as an array with one dimension, or with `width` in a row.
pub(crate) fn array(py: Python<'_>, values: Vec<f64>, shape: &[usize]) -> PyResult<Py<PyAny>> {
    let array = PyArray1::from_vec(py, values).into_any();
    if shape.len() < 2 {
        return Ok(array.unbind());
    }
    array.call_method1(intern!(py, "reshape"), (shape.to_vec(),)).map(Bound::unbind)
}

/// A whole number of at least 0.
pub(crate) struct Count(pub(crate) usize);

impl<'py> FromPyObject<'_, 'py> for Count {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        object.extract::<usize>().map(Count).map_err(|error| {
            if !error.is_instance_of::<PyOverflowError>(object.py()) {
                return error;
            }
            let shown = object.str().map_or_else(|_| "?".to_owned(), |text| text.to_string());
            let error = Error::new(ErrorKind::SchemaRange, format!("`{shown}` counts nothing"));
            raised(&error.hint("a whole number of at least 0"))
        })
    }
}

/// A whole number of at least 1: most actions of a customer.
pub(crate) struct Most(pub(crate) usize);

impl<'py> FromPyObject<'_, 'py> for Most {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.extract::<Count>() {
            Ok(Count(0)) => {
                let error = Error::new(ErrorKind::SchemaRange, "a customer can't get 0 actions at most");
                Err(raised(&error.hint("a whole number of at least 1")))
            }
            count => count.map(|count| Most(count.0)),
        }
    }
}
