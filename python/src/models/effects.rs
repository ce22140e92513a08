//! `bactrian.models.uplift`: learners of ours, or any with `fit` and `predict`.

use bactrian::models::linear::uplift::{self as effect, Learner, Model, s_learner, t_learner, x_learner};
use bactrian::models::{Inputs, Named, linear};
use bactrian::{Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;

use super::matrix::{Matrix, all, array, marks, numbers, slice};
use super::regression::{Linear, LinearRegression, Logistic, LogisticRegression};
use super::saved::named;
use crate::error::{OrRaise, call, raised};

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
    let outcomes = learner.map_or_else(|| Ok(Taught::Logistic(linear::LogisticRegression::default())), of)?;
    let effects = effects.map_or_else(|| Ok(Taught::Linear(linear::LinearRegression::default())), of)?;
    let ((matrix, names), treated, y) = (Matrix::to_learn(rows, all)?, marks(treated)?, numbers(y)?);
    let (slices, y) = (matrix.slices()?, slice(&y)?);
    let model = call(py, || {
        let inputs = slices.inputs()?;
        let model = match kind {
            "s" => s_learner(&outcomes, &inputs, &treated, y),
            "t" => t_learner(&outcomes, &inputs, &treated, y),
            "x" => x_learner(&outcomes, &effects, propensity, &inputs, &treated, y),
            other => {
                let error = Error::new(ErrorKind::SchemaRange, format!("no learner of uplift is called `{other}`"));
                Err(error.hint("s, t or x"))
            }
        };
        named(model?, &names)
    })?;
    Ok(Uplift(model))
}

/// A learnt effect of an action.
#[pyclass(module = "bactrian.models", frozen)]
pub(crate) struct Uplift(Named<effect::Uplift<Fitted>>);

/// What `__reduce__` of [`Uplift`] gives.
type Parted<'py> = (&'static str, Vec<String>, Vec<Bound<'py, PyAny>>, f64);

#[pymethods]
impl Uplift {
    /// The names of the columns that it was fitted on; none where rows had no names.
    #[getter]
    fn features(&self) -> Vec<String> {
        self.0.names().to_vec()
    }

    /// What the action is expected to change for each row.
    #[pyo3(signature = (rows, /))]
    fn predict(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let matrix = Matrix::of(rows, |words| self.0.places(words))?;
        let slices = matrix.slices()?;
        let out = call(py, || self.0.model.predict(&slices.inputs()?))?;
        array(py, out, &[])
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Parted<'py>)> {
        let (kind, models, propensity) = match &self.0.model {
            effect::Uplift::Single(model) => ("s", vec![model], 0.5),
            effect::Uplift::Two { with, without } => ("t", vec![with, without], 0.5),
            effect::Uplift::Crossed { control, treated, propensity } => ("x", vec![control, treated], *propensity),
        };
        let models = models.into_iter().map(|model| model.to_python(py)).collect::<PyResult<_>>()?;
        let restore = py.import(intern!(py, "bactrian._native"))?.getattr(intern!(py, "_uplift"))?;
        Ok((restore, (kind, self.0.names().to_vec(), models, propensity)))
    }
}

/// The learnt effect of the parts that a pickle holds.
#[pyfunction]
pub(crate) fn _uplift(
    kind: &str,
    names: Vec<String>,
    models: Vec<Bound<'_, PyAny>>,
    propensity: f64,
) -> PyResult<Uplift> {
    let mut models = models.iter().map(Fitted::of);
    let mut next = || models.next().unwrap_or_else(|| Err(unfit()));
    let model = match kind {
        "s" => effect::Uplift::Single(next()?),
        "t" => effect::Uplift::Two { with: next()?, without: next()? },
        "x" if propensity > 0.0 && propensity < 1.0 => {
            effect::Uplift::Crossed { control: next()?, treated: next()?, propensity }
        }
        _ => return Err(unfit()),
    };
    named(model, &names).or_raise().map(Uplift)
}

fn unfit() -> PyErr {
    raised(&Error::new(ErrorKind::SchemaType, "these are no parts of a learnt effect"))
}

/// A model of an outcome or an effect.
enum Fitted {
    Logistic(linear::Logistic),
    Linear(linear::Linear),
    Hosted(Py<PyAny>),
}

impl Fitted {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Fitted::Logistic(model) => Logistic(Named::untaught(model.clone())).into_pyobject(py).map(Bound::into_any),
            Fitted::Linear(model) => Linear(Named::untaught(model.clone())).into_pyobject(py).map(Bound::into_any),
            Fitted::Hosted(model) => Ok(model.bind(py).clone()),
        }
    }

    fn of(model: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(own) = model.cast::<Logistic>() {
            return Ok(Fitted::Logistic(own.get().0.model.clone()));
        }
        if let Ok(own) = model.cast::<Linear>() {
            return Ok(Fitted::Linear(own.get().0.model.clone()));
        }
        Ok(Fitted::Hosted(model.clone().unbind()))
    }
}

impl Model for Fitted {
    fn predict(&self, rows: &Inputs<'_>) -> bactrian::Result<Vec<f64>> {
        match self {
            Fitted::Logistic(model) => model.predict_rows(rows),
            Fitted::Linear(model) => model.predict_rows(rows),
            Fitted::Hosted(model) => Python::attach(|py| predicted(model.bind(py), rows)).map_err(refused),
        }
    }
}

/// A learner: ours, or one that the host brings.
enum Taught {
    Logistic(linear::LogisticRegression),
    Linear(linear::LinearRegression),
    Hosted(Py<PyAny>),
}

/// A learner from Python: one of ours without a detour.
fn of(learner: Bound<'_, PyAny>) -> PyResult<Taught> {
    if let Ok(own) = learner.cast::<LogisticRegression>() {
        return Ok(Taught::Logistic(own.get().0.clone()));
    }
    if let Ok(own) = learner.cast::<LinearRegression>() {
        return Ok(Taught::Linear(own.get().0.clone()));
    }
    if learner.getattr_opt(intern!(learner.py(), "fit"))?.is_none() {
        let message = format!("a learner has a method `fit`, and `{}` has none", learner.get_type().name()?);
        return Err(raised(&Error::new(ErrorKind::SchemaType, message)));
    }
    Ok(Taught::Hosted(learner.unbind()))
}

impl Learner for Taught {
    type Model = Fitted;

    fn learn(&self, inputs: &Inputs<'_>, target: &[f64]) -> bactrian::Result<Fitted> {
        match self {
            Taught::Logistic(learner) => learner.learn(inputs, target).map(Fitted::Logistic),
            Taught::Linear(learner) => learner.learn(inputs, target).map(Fitted::Linear),
            Taught::Hosted(learner) => {
                let fitted = Python::attach(|py| hosted(learner.bind(py), inputs, target)).map_err(refused)?;
                Ok(Fitted::Hosted(fitted))
            }
        }
    }
}

/// What a learner of the host learns.
fn hosted(learner: &Bound<'_, PyAny>, inputs: &Inputs<'_>, target: &[f64]) -> PyResult<Py<PyAny>> {
    let py = learner.py();
    let target = array(py, target.to_vec(), &[])?;
    let learner = match learner.hasattr(intern!(py, "get_params"))? {
        true => py.import(intern!(py, "sklearn.base"))?.call_method1(intern!(py, "clone"), (learner,))?,
        false => learner.clone(),
    };
    let fitted = learner.call_method1(intern!(py, "fit"), (table(py, inputs)?, target))?;
    Ok(if fitted.is_none() { learner.unbind() } else { fitted.unbind() })
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
