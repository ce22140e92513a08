//! `bactrian.models.uplift`: learners of ours, or any with `fit` and `predict`.

use bactrian::models::linear::uplift::{Learner, Model, s_learner, t_learner, x_learner};
use bactrian::models::{Inputs, linear};
use bactrian::{Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;

use super::linear::all;
use super::matrix::{Matrix, array, marks, numbers, slice};
use super::regression::{LinearRegression, LogisticRegression};
use crate::error::{call, raised};

/// What an action changes for each row, composed from learners of plain outcomes: right where the action was
/// given at random, which is the caller's to know.
///
/// ``kind`` is ``"s"`` (one learner with the action as a feature), ``"t"`` (a learner for each arm) or ``"x"``
/// (the effects that these impute, learnt by ``effects``, and mixed by ``propensity``, the share of the treated;
/// Kunzel et al. 2019). A learner is anything with ``fit(rows, y)`` that then has ``predict_proba`` or
/// ``predict``: a scikit-learn estimator is cloned for each use. By default outcomes are learnt by
/// ``LogisticRegression`` and effects by ``LinearRegression``.
///
/// >>> rows, treated = [[i % 2] for i in range(400)], [i % 4 > 1 for i in range(400)]
/// >>> bought = [i % 2 == 1 and t and i % 3 > 0 for i, t in enumerate(treated)]
/// >>> uplift = bt.models.uplift("t", rows, treated, bought, learner=bt.models.LinearRegression())
/// >>> uplift.predict([[0], [1]]).round(2)
/// array([0.  , 0.66])
#[pyfunction]
#[pyo3(signature = (kind, rows, treated, y, *, learner=None, effects=None, propensity=0.5))]
#[expect(clippy::too_many_arguments, reason = "each has a name in Python")]
pub(crate) fn uplift(
    py: Python<'_>,
    kind: &str,
    rows: &Bound<'_, PyAny>,
    treated: &Bound<'_, PyAny>,
    y: &Bound<'_, PyAny>,
    learner: Option<Bound<'_, PyAny>>,
    effects: Option<Bound<'_, PyAny>>,
    propensity: f64,
) -> PyResult<Uplift> {
    let outcomes = learner.map_or_else(|| Ok(Box::new(linear::LogisticRegression::default()) as _), of)?;
    let effects = effects.map_or_else(|| Ok(Box::new(linear::LinearRegression::default()) as _), of)?;
    let (matrix, treated, y) = (Matrix::of(rows, all)?, marks(treated)?, numbers(y)?);
    let (slices, y) = (matrix.slices()?, slice(&y)?);
    let model = call(py, || {
        let inputs = slices.inputs()?;
        match kind {
            "s" => s_learner(&*outcomes, &inputs, &treated, y),
            "t" => t_learner(&*outcomes, &inputs, &treated, y),
            "x" => x_learner(&*outcomes, &*effects, propensity, &inputs, &treated, y),
            other => {
                let error = Error::new(ErrorKind::SchemaRange, format!("no learner of uplift is called `{other}`"));
                Err(error.hint("s, t or x"))
            }
        }
    })?;
    Ok(Uplift(model))
}

/// A learnt effect of an action.
#[pyclass(module = "bactrian.models", frozen)]
pub(crate) struct Uplift(Model);

#[pymethods]
impl Uplift {
    /// What the action is expected to change for each row.
    #[pyo3(signature = (rows, /))]
    fn predict(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let matrix = Matrix::of(rows, all)?;
        let slices = matrix.slices()?;
        let out = call(py, || (self.0)(&slices.inputs()?))?;
        array(py, out, &[])
    }
}

/// A learner from Python: one of ours without a detour.
fn of(learner: Bound<'_, PyAny>) -> PyResult<Box<dyn Learner + Send + Sync>> {
    if let Ok(own) = learner.cast::<LogisticRegression>() {
        return Ok(Box::new(own.get().0.clone()));
    }
    if let Ok(own) = learner.cast::<LinearRegression>() {
        return Ok(Box::new(own.get().0.clone()));
    }
    if learner.getattr_opt(intern!(learner.py(), "fit"))?.is_none() {
        let message = format!("a learner has a method `fit`, and `{}` has none", learner.get_type().name()?);
        return Err(raised(&Error::new(ErrorKind::SchemaType, message)));
    }
    Ok(Box::new(Hosted(learner.unbind())))
}

/// A learner that the host brings.
struct Hosted(Py<PyAny>);

impl Learner for Hosted {
    fn learn(&self, inputs: &Inputs<'_>, target: &[f64]) -> bactrian::Result<Model> {
        let fitted = Python::attach(|py| {
            let target = array(py, target.to_vec(), &[])?;
            let learner = match self.0.bind(py).hasattr(intern!(py, "get_params"))? {
                true => py.import(intern!(py, "sklearn.base"))?.call_method1(intern!(py, "clone"), (&self.0,))?,
                false => self.0.bind(py).clone(),
            };
            let fitted = learner.call_method1(intern!(py, "fit"), (table(py, inputs)?, target))?;
            Ok(if fitted.is_none() { learner.unbind() } else { fitted.unbind() })
        });
        let fitted = fitted.map_err(refused)?;
        Ok(Box::new(move |rows: &Inputs<'_>| Python::attach(|py| predicted(fitted.bind(py), rows)).map_err(refused)))
    }
}

/// The number that a fitted model of the host gives each row: of several classes the last one's probability.
fn predicted(fitted: &Bound<'_, PyAny>, rows: &Inputs<'_>) -> PyResult<Vec<f64>> {
    let py = fitted.py();
    let rows = table(py, rows)?;
    let found = match fitted.getattr_opt(intern!(py, "predict_proba"))? {
        Some(probabilities) => probabilities.call1((rows,))?.get_item((pyo3::types::PyEllipsis::get(py), -1))?,
        None => fitted.call_method1(intern!(py, "predict"), (rows,))?,
    };
    Ok(slice(&numbers(&found)?)?.to_vec())
}

fn table(py: Python<'_>, inputs: &Inputs<'_>) -> PyResult<Py<PyAny>> {
    let (rows, features) = (inputs.rows(), inputs.features());
    let values = (0..rows).flat_map(|row| (0..features).map(move |feature| inputs.value(row, feature))).collect();
    array(py, values, &[rows, features])
}

/// What went wrong in the host.
fn refused(error: PyErr) -> Error {
    Error::new(ErrorKind::Callback, format!("the learner failed: {error}"))
}
