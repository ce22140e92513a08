//! `bactrian.models.Trees`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bactrian::models::trees::{self, Link, MissingMode, Node, Parts, Precision, Test, Tree};
use bactrian::models::watch::{Input, InputKind, Signature};
use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::matrix::{Count, Matrix, array, numbers, one_row, slice};
use super::saved::{Reduced, reduced};
use crate::error::{OrRaise, call, raised};

/// An ensemble of trees that another library trained, ready to score.
///
/// Raw scores have the bits of the trainer's own: LightGBM's sums, XGBoost's margins. NaN goes where
/// the trainer sends it; a category is the number that the trainer saw.
///
/// Rows come as a matrix of numbers, rows by features, or a frame or dict whose columns are found by
/// name. ``threads`` is how many threads may be used; ``None`` starts none.
///
/// >>> trees = bt.models.Trees.from_text('''tree
/// ... version=v4
/// ... num_class=1
/// ... num_tree_per_iteration=1
/// ... max_feature_idx=1
/// ... objective=binary sigmoid:1
/// ... feature_names=visits spend
/// ...
/// ... Tree=0
/// ... num_leaves=2
/// ... num_cat=0
/// ... split_feature=1
/// ... threshold=10.5
/// ... decision_type=2
/// ... left_child=-1
/// ... right_child=-2
/// ... leaf_value=-1 2
/// ... leaf_count=30 10
/// ...
/// ... end of trees
/// ... ''')
/// >>> trees.features
/// ['visits', 'spend']
/// >>> trees.predict_raw([[3, 10.5], [3, 11]])
/// array([-1.,  2.])
/// >>> trees.predict({"spend": [10.5, 11], "visits": [3, 3]})
/// array([0.26894142, 0.88079708])
/// >>> trees.contributions([[3, 11]])
/// array([[ 0.  ,  2.25, -0.25]])
/// >>> round(trees.predict_row([3, 11]), 6)
/// 0.880797
#[pyclass(module = "bactrian.models", frozen)]
pub(crate) struct Trees(pub(super) trees::Trees);

/// A tree as arrays, one place a node: (output, left, right, feature, threshold, missing to the
/// left, value, cover); the left child of a leaf is negative.
type Arrays<'py> =
    (u32, Vec<i64>, Vec<i64>, Vec<i64>, Bound<'py, PyAny>, Vec<bool>, Bound<'py, PyAny>, Bound<'py, PyAny>);

#[pymethods]
impl Trees {
    /// Read a model file: LightGBM's text (``save_model``), XGBoost's JSON (``save_model("x.json")``), or what
    /// ``save`` wrote.
    ///
    /// Raises ``SchemaError`` where it is none of them, is damaged, or uses what is not supported; ``StoreError``
    /// where it can't be read, is no file (a device, a pipe), or has more than 256 MiB.
    #[staticmethod]
    fn from_file(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        call(py, || trees::Trees::from_file(&path)).map(Trees)
    }

    /// Write the trees to a file that ``load`` and a definition (``model = "forest.bmdl"``, from every face) read,
    /// with the same bits of every score, wherever the trees came from.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        call(py, || self.0.save(&path))
    }

    /// The round at which early stopping found the model best, the first being 0, as XGBoost's file says; ``None``
    /// where it says nothing. ``predict`` takes all trees, as ``Booster.predict`` does; ``at_best`` gives those
    /// that XGBoost's estimators predict with.
    #[getter]
    fn best_iteration(&self) -> Option<usize> {
        self.0.parts().best.map(|best| best.iteration)
    }

    /// The trees up to ``best_iteration``, that round included: what ``XGBClassifier.predict_proba`` takes after
    /// early stopping. All trees where there is none. ``save`` it to score so in an engine.
    fn at_best(&self, py: Python<'_>) -> PyResult<Self> {
        call(py, || self.0.at_best()).map(Trees)
    }

    /// Take the text of a model file: LightGBM's ``model_to_string()``, or XGBoost's ``save_raw("json")``.
    #[staticmethod]
    fn from_text(py: Python<'_>, text: Text) -> PyResult<Self> {
        call(py, || trees::Trees::read(text.bytes())).map(Trees)
    }

    /// Trees as arrays, as an exporter has them.
    #[staticmethod]
    fn _from_arrays(
        py: Python<'_>,
        features: Vec<String>,
        trees: Vec<Arrays<'_>>,
        base: Vec<f64>,
        divisor: f64,
        single: bool,
        link: &str,
    ) -> PyResult<Self> {
        let trees = trees.iter().map(tree).collect::<PyResult<_>>()?;
        let inputs = if single { Precision::Single } else { Precision::Double };
        let link = match link {
            "sigmoid" => Link::Sigmoid(1.0),
            "softmax" => Link::Softmax,
            "exp" => Link::Exp,
            _ => Link::Identity,
        };
        let sums = Precision::Double;
        let parts = Parts { features, categories: Vec::new(), trees, base, divisor, inputs, sums, link, best: None };
        call(py, || trees::Trees::new(parts)).map(Trees)
    }

    /// What the model takes and gives, as a dict: ``inputs`` (each with ``name``, ``kind``, ``unit`` and
    /// ``categories``), ``outputs`` and ``hash``. ``units`` names the units of inputs, which no model file holds.
    #[pyo3(signature = (units=None))]
    fn signature<'py>(&self, py: Python<'py>, units: Option<BTreeMap<String, String>>) -> PyResult<Bound<'py, PyDict>> {
        let units = units.unwrap_or_default();
        let units = units.iter().map(|(name, unit)| (name.as_str(), unit.as_str()));
        let signature = self.0.signature().clone().with_units(units).or_raise()?;
        let dict = PyDict::new(py);
        let inputs = signature.inputs.iter().map(|input| described(py, input)).collect::<PyResult<Vec<_>>>()?;
        dict.set_item("inputs", inputs)?;
        dict.set_item("outputs", signature.outputs)?;
        dict.set_item("hash", self.fingerprint())?;
        Ok(dict)
    }

    /// Raise ``SchemaError`` where the model is not the one that ``signature`` tells of, as ``signature()`` gives
    /// it: names, kinds, units and categories of the inputs, outputs, and ``hash`` if it is there. ``units`` are
    /// those in which the inputs will come.
    #[pyo3(signature = (signature, units=None))]
    fn check(&self, signature: &Bound<'_, PyDict>, units: Option<BTreeMap<String, String>>) -> PyResult<()> {
        let units = units.unwrap_or_default();
        let units = units.iter().map(|(name, unit)| (name.as_str(), unit.as_str()));
        let own = self.0.signature().clone().with_units(units).or_raise()?;
        let given = told(signature, own.hash)?;
        given.check_same(&own).or_raise()
    }

    /// Names of the features, in the order of a row.
    #[getter]
    fn features(&self) -> Vec<&str> {
        self.0.parts().features.iter().map(String::as_str).collect()
    }

    /// Numbers that a row gives: 1, or one a class.
    #[getter]
    fn outputs(&self) -> usize {
        self.0.outputs()
    }

    /// A hash of all that makes its scores: equal for two files that say the same.
    #[getter]
    fn fingerprint(&self) -> String {
        format!("{:016x}", self.0.signature().hash)
    }

    /// Predictions on the scale of the objective: probabilities, counts, amounts. One number a row,
    /// or an array of rows by classes. A category that the trainer never saw is one that no split names,
    /// also where the trainer's own library would refuse it.
    #[pyo3(signature = (rows, /, threads=None))]
    fn predict(&self, py: Python<'_>, rows: &Bound<'_, PyAny>, threads: Option<Count>) -> PyResult<Py<PyAny>> {
        self.many(py, rows, &[self.0.outputs()], |model, inputs, out| model.predict(inputs, count(threads), out))
    }

    /// Raw scores: sums of leaves, before a forest's mean and the objective's link.
    #[pyo3(signature = (rows, /, threads=None))]
    fn predict_raw(&self, py: Python<'_>, rows: &Bound<'_, PyAny>, threads: Option<Count>) -> PyResult<Py<PyAny>> {
        self.many(py, rows, &[self.0.outputs()], |model, inputs, out| model.raw(inputs, count(threads), out))
    }

    /// The class with the largest raw score, the first of equal ones: a number a row. What XGBoost predicts with
    /// ``multi:softmax``, where ``predict`` gives the probabilities of all classes here.
    #[pyo3(signature = (rows, /, threads=None))]
    fn classes(&self, py: Python<'_>, rows: &Bound<'_, PyAny>, threads: Option<Count>) -> PyResult<Py<PyAny>> {
        self.many(py, rows, &[], |model, inputs, out| model.classes(inputs, count(threads), out))
    }

    /// What each feature adds to the raw score of each row, and last what is expected where nothing
    /// is known; together they sum to the raw score. Shapley values of the trees' own paths, as
    /// LightGBM's ``pred_contrib``: rows by features + 1, or rows by classes by features + 1.
    #[pyo3(signature = (rows, /, threads=None))]
    fn contributions(&self, py: Python<'_>, rows: &Bound<'_, PyAny>, threads: Option<Count>) -> PyResult<Py<PyAny>> {
        let shape = [self.0.outputs(), self.0.features() + 1];
        self.many(py, rows, &shape, |model, inputs, out| model.contributions(inputs, count(threads), out))
    }

    /// The prediction of one row, given as a list, tuple or array of numbers, or as a dict by the names of the
    /// features; a list of numbers where there are several classes. ``None`` is unknown. Far faster than a matrix
    /// of one row.
    #[pyo3(signature = (row, /))]
    fn predict_row<'py>(&self, py: Python<'py>, row: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let mut out = vec![0.0; self.0.outputs()];
        match row.cast::<numpy::PyArray1<f64>>() {
            Ok(_) => self.0.predict_row(slice(&numbers(row)?)?, &mut out),
            Err(_) => self.0.predict_row(&one_row(row, self.0.signature())?, &mut out),
        }
        .or_raise()?;
        match out.as_slice() {
            [only] => Ok(only.into_pyobject(py)?.into_any()),
            several => Ok(several.into_pyobject(py)?.into_any()),
        }
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, self.0.parts())
    }

    fn __repr__(&self) -> String {
        let (trees, features) = (self.0.parts().trees.len(), self.0.features());
        format!("Trees({trees} trees, {features} features, {} outputs)", self.0.outputs())
    }
}

/// Threads that may be used.
fn count(threads: Option<Count>) -> usize {
    threads.map_or(1, |threads| threads.0)
}

impl Trees {
    /// A call for many rows, each of which gives an array of `shape`.
    fn many(
        &self,
        py: Python<'_>,
        data: &Bound<'_, PyAny>,
        shape: &[usize],
        work: impl FnOnce(&trees::Trees, &bactrian::models::Inputs<'_>, &mut [f64]) -> bactrian::Result<()> + Send,
    ) -> PyResult<Py<PyAny>> {
        let matrix = Matrix::bound(data, self.0.signature())?;
        let (slices, width) = (matrix.slices()?, shape.iter().product::<usize>());
        let (out, rows) = call(py, || {
            let inputs = slices.inputs()?;
            let mut out = vec![0.0; inputs.rows().saturating_mul(width)];
            work(&self.0, &inputs, &mut out)?;
            Ok((out, inputs.rows()))
        })?;
        let inner: Vec<usize> = shape.iter().copied().skip_while(|size| *size == 1).collect();
        array(py, out, &[&[rows], inner.as_slice()].concat())
    }
}

/// An input of a signature as a dict.
fn described<'py>(py: Python<'py>, input: &Input) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("name", &input.name)?;
    dict.set_item("kind", if input.kind == InputKind::Number { "number" } else { "category" })?;
    dict.set_item("unit", &input.unit)?;
    dict.set_item("categories", &input.categories)?;
    Ok(dict)
}

/// A signature from a dict; without a hash it has `hash`.
fn told(dict: &Bound<'_, PyDict>, hash: u64) -> PyResult<Signature> {
    let wrong = |what: &str| raised(&Error::new(ErrorKind::SchemaType, format!("a signature has no usable `{what}`")));
    let part = |name: &str| dict.get_item(name)?.ok_or_else(|| wrong(name));
    let mut inputs = Vec::new();
    for input in part("inputs")?.try_iter()? {
        let input = input?.cast_into::<PyDict>().map_err(|_| wrong("inputs"))?;
        let text = |name: &str| match input.get_item(name)? {
            Some(text) => text.extract::<String>().map_err(|_| wrong(name)),
            None => Ok(String::new()),
        };
        let kind = match text("kind")?.as_str() {
            "number" => InputKind::Number,
            "category" => InputKind::Category,
            _ => return Err(wrong("kind")),
        };
        let categories = input.get_item("categories")?.map(|names| names.extract()).transpose()?.unwrap_or_default();
        inputs.push(Input { name: text("name")?, kind, unit: text("unit")?, categories });
    }
    let hash = match dict.get_item("hash")? {
        Some(text) => u64::from_str_radix(&text.extract::<String>()?, 16).map_err(|_| wrong("hash"))?,
        None => hash,
    };
    Ok(Signature { inputs, outputs: part("outputs")?.extract().map_err(|_| wrong("outputs"))?, hash })
}

/// Text of a file, or its bytes.
#[derive(FromPyObject)]
enum Text {
    Plain(String),
    Bytes(Vec<u8>),
}

impl Text {
    fn bytes(&self) -> &[u8] {
        match self {
            Text::Plain(text) => text.as_bytes(),
            Text::Bytes(bytes) => bytes,
        }
    }
}

fn tree(arrays: &Arrays<'_>) -> PyResult<Tree> {
    let (output, left, right, feature, threshold, missing_left, value, cover) = arrays;
    let (threshold, value, cover) = (numbers(threshold)?, numbers(value)?, numbers(cover)?);
    let (threshold, value, cover) = (slice(&threshold)?, slice(&value)?, slice(&cover)?);
    let lengths = [right.len(), feature.len(), threshold.len(), missing_left.len(), value.len(), cover.len()];
    let range = |message: String| raised(&Error::new(ErrorKind::SchemaRange, message));
    if lengths.iter().any(|length| *length != left.len()) {
        return Err(range("the arrays of the nodes differ in length".to_owned()));
    }
    let index = |number: i64| u32::try_from(number).map_err(|_| range(format!("no node or feature {number}")));
    let node = |at: usize| {
        if left[at] < 0 {
            return Ok(Node::Leaf { value: value[at], cover: cover[at] });
        }
        Ok(Node::Split {
            feature: index(feature[at])?,
            test: Test::AtMost(threshold[at]),
            mode: MissingMode::Nan,
            missing_yes: missing_left[at],
            yes: index(left[at])?,
            no: index(right[at])?,
            cover: cover[at],
        })
    };
    Ok(Tree { output: *output, nodes: (0..left.len()).map(node).collect::<PyResult<_>>()? })
}
