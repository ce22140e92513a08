//! Nodes as Python names them: whole numbers that are positions, or texts.

use bactrian::data::{Id, Ids};
use bactrian::{Error, ErrorKind, OwnedId};
use numpy::{PyArray1, PyArrayMethods};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::error::{OrRaise, raised, utf8};

/// How nodes are named.
pub(super) enum Names {
    /// By position.
    Numbers,
    /// By text, in the order of first sight.
    Texts(Ids),
}

/// The ends of edges, as positions.
pub(super) struct Ends {
    pub source: Vec<u32>,
    pub target: Vec<u32>,
    pub names: Names,
}

impl Ends {
    /// Two columns of equal length: both of whole numbers, or both of texts.
    pub(super) fn new(source: &Bound<'_, PyAny>, target: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (from, to) = (as_array(source)?, as_array(target)?);
        if is_whole(&from)? && is_whole(&to)? {
            let (source, target) = (positions(&from)?, positions(&to)?);
            return Ok(Ends { source, target, names: Names::Numbers });
        }
        if from.len()? != to.len()? {
            let message = format!("{} sources and {} targets", from.len()?, to.len()?);
            return Err(raised(&Error::new(ErrorKind::SchemaRange, message)));
        }
        if let Some(wrong) = [&from, &to].into_iter().find(|column| !has_texts(column)) {
            return Err(no_nodes(wrong));
        }
        let mut ids = Ids::default();
        let (mut source, mut target) = (Vec::new(), Vec::new());
        for (from, to) in from.try_iter()?.zip(to.try_iter()?) {
            source.push(named(&mut ids, &from?)?);
            target.push(named(&mut ids, &to?)?);
        }
        Ok(Ends { source, target, names: Names::Texts(ids) })
    }
}

impl Names {
    /// The positions of some nodes.
    pub(super) fn find(&self, nodes: &Bound<'_, PyAny>) -> PyResult<Vec<u32>> {
        let Names::Texts(ids) = self else { return positions(&as_array(nodes)?) };
        let place = |node: PyResult<Bound<'_, PyAny>>| {
            let (node, text) = (node?, |id: &str| Error::new(ErrorKind::UnknownCustomer, format!("no node `{id}`")));
            let name = node.str()?;
            let name = utf8(&name)?;
            ids.get(Id::Text(name)).ok_or_else(|| raised(&text(name)))
        };
        nodes.try_iter()?.map(place).collect()
    }

    /// A node as Python knows it.
    pub(super) fn name<'py>(&self, py: Python<'py>, node: u32) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Names::Numbers => Ok(node.into_pyobject(py)?.into_any()),
            Names::Texts(ids) => {
                let text = ids.name(node).map_or_else(String::new, OwnedId::to_string);
                Ok(PyString::new(py, &text).into_any())
            }
        }
    }
}

/// Labels of nodes: whole numbers from 0.
pub(super) fn labels(labels: &Bound<'_, PyAny>) -> PyResult<Vec<u32>> {
    positions(&as_array(labels)?)
}

fn as_array<'py>(column: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let numpy = column.py().import(intern!(column.py(), "numpy"))?;
    let array = numpy.call_method1(intern!(column.py(), "asarray"), (column,))?;
    match array.getattr(intern!(column.py(), "ndim"))?.extract::<usize>()? {
        1 => Ok(array),
        more => {
            Err(raised(&Error::new(ErrorKind::SchemaType, format!("a column has 1 dimension, and this has {more}"))))
        }
    }
}

/// numpy's letter for what an array holds.
fn kind(array: &Bound<'_, PyAny>) -> PyResult<String> {
    array.getattr(intern!(array.py(), "dtype"))?.getattr(intern!(array.py(), "kind"))?.extract()
}

fn is_whole(array: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(matches!(kind(array)?.as_str(), "i" | "u") || array.len()? == 0)
}

fn has_texts(array: &Bound<'_, PyAny>) -> bool {
    kind(array).is_ok_and(|kind| matches!(kind.as_str(), "U" | "T" | "O"))
}

fn no_nodes(array: &Bound<'_, PyAny>) -> PyErr {
    let held = array.getattr("dtype").map_or_else(|_| String::new(), |kind| kind.to_string());
    raised(&Error::new(ErrorKind::SchemaType, format!("`{held}` are no nodes")).hint("whole numbers from 0, or texts"))
}

fn positions(array: &Bound<'_, PyAny>) -> PyResult<Vec<u32>> {
    if !is_whole(array)? {
        return Err(no_nodes(array));
    }
    let wrong = |what: String| raised(&Error::new(ErrorKind::SchemaType, what).hint("whole numbers from 0, or texts"));
    let numbers = array.call_method1(intern!(array.py(), "astype"), ("int64",))?;
    let numbers = numbers.cast_into::<PyArray1<i64>>().map_err(PyErr::from)?.readonly();
    let numbers = numbers.as_array();
    let position = |number: &i64| u32::try_from(*number).map_err(|_| wrong(format!("`{number}` is not a position")));
    numbers.iter().map(position).collect()
}

fn named(ids: &mut Ids, node: &Bound<'_, PyAny>) -> PyResult<u32> {
    let text = node.str()?;
    ids.intern(Id::Text(utf8(&text)?)).or_raise()
}
