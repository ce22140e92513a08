//! Nodes as Python names them: whole numbers that are positions, or texts.

use std::fmt::Display;

use bactrian::data::{Id, Ids};
use bactrian::{Error, ErrorKind, OwnedId};
use numpy::{PyArray1, PyArrayMethods};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyString};

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
            let (source, target) = (positions(&from, NODES)?, positions(&to, NODES)?);
            return Ok(Ends { source, target, names: Names::Numbers });
        }
        if from.len()? != to.len()? {
            let message = format!("{} sources and {} targets", from.len()?, to.len()?);
            return Err(raised(&Error::new(ErrorKind::SchemaRange, message)));
        }
        let texts = [&from, &to].map(has_texts);
        if let Some(wrong) = [&from, &to].into_iter().find(|column| !has_texts(column)) {
            return Err(if texts.contains(&true) && is_whole(wrong)? { mixed() } else { not(wrong, NODES) });
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
    /// The positions of some nodes of a graph of so many.
    pub(super) fn find(&self, nodes: &Bound<'_, PyAny>, count: usize) -> PyResult<Vec<u32>> {
        let nodes = as_array(nodes)?;
        let unknown = |node: &dyn Display| {
            let error = Error::new(ErrorKind::UnknownCustomer, format!("no node `{node}` in a graph of {count}"));
            raised(&error.hint("`ids` lists the nodes"))
        };
        let Names::Texts(ids) = self else {
            let nodes = positions(&nodes, NODES)?;
            let wrong = nodes.iter().copied().find(|node| *node as usize >= count);
            return wrong.map_or(Ok(nodes), |node| Err(unknown(&node)));
        };
        let place = |node: PyResult<Bound<'_, PyAny>>| {
            let name = node?.str()?;
            let name = utf8(&name)?;
            ids.get(Id::Text(name)).ok_or_else(|| unknown(&name))
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

/// What a column must hold: what one of it is called, and what they are.
type Wanted = (&'static str, &'static str);

const NODES: Wanted = ("node", "nodes are whole numbers from 0, or texts");
const LABELS: Wanted = ("label", "labels are whole numbers from 0, one a node, as `leiden` gives them");

/// Labels of nodes: whole numbers from 0.
pub(super) fn labels(labels: &Bound<'_, PyAny>) -> PyResult<Vec<u32>> {
    positions(&as_array(labels)?, LABELS)
}

fn as_array<'py>(column: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let numpy = column.py().import(intern!(column.py(), "numpy"))?;
    let array = numpy.call_method1(intern!(column.py(), "asarray"), (column,))?;
    match array.getattr(intern!(column.py(), "ndim"))?.extract::<usize>()? {
        1 => Ok(array),
        more => {
            let error = Error::new(ErrorKind::SchemaType, format!("a column has 1 dimension, and this has {more}"));
            Err(raised(&error.hint("give a list, or an array of one dimension")))
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

/// What an array holds, in words.
fn held(array: &Bound<'_, PyAny>) -> String {
    let word = match kind(array).unwrap_or_default().as_str() {
        "U" | "T" | "S" => "texts",
        "f" => "numbers with a fraction",
        "b" => "flags",
        "O" => "objects",
        "M" | "m" => "times",
        other => return format!("values of numpy's kind `{other}`"),
    };
    word.to_owned()
}

fn not(array: &Bound<'_, PyAny>, (one, takes): Wanted) -> PyErr {
    raised(&Error::new(ErrorKind::SchemaType, format!("a column of {} holds no {one}", held(array))).hint(takes))
}

fn mixed() -> PyErr {
    let error = Error::new(ErrorKind::SchemaType, "one end of the edges is in whole numbers and the other in texts");
    raised(&error.hint("name all nodes in the same way"))
}

fn positions(array: &Bound<'_, PyAny>, wanted: Wanted) -> PyResult<Vec<u32>> {
    if !is_whole(array)? {
        return Err(not(array, wanted));
    }
    let (one, takes) = wanted;
    let wrong = |what: String| raised(&Error::new(ErrorKind::SchemaType, what).hint(takes));
    let numbers = array.call_method1(intern!(array.py(), "astype"), ("int64",))?;
    let numbers = numbers.cast_into::<PyArray1<i64>>().map_err(PyErr::from)?.readonly();
    let numbers = numbers.as_array();
    let position = |number: &i64| u32::try_from(*number).map_err(|_| wrong(format!("`{number}` can't be a {one}")));
    numbers.iter().map(position).collect()
}

/// The position of a node that is a text or, among texts, a whole number; a missing one is no node.
fn named(ids: &mut Ids, node: &Bound<'_, PyAny>) -> PyResult<u32> {
    let text = node.str()?;
    let text = utf8(&text)?;
    if node.is_none() || node.is_instance_of::<PyFloat>() {
        let (one, takes) = NODES;
        return Err(raised(&Error::new(ErrorKind::SchemaType, format!("`{text}` can't be a {one}")).hint(takes)));
    }
    ids.intern(Id::Text(text)).or_raise()
}
