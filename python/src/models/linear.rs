//! `bactrian.models.OnlineLogistic` and `bactrian.models.Ftrl`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bactrian::data::parse_span;
use bactrian::models::{Inputs, Named, linear};
use pyo3::prelude::*;

use super::matrix::{Count, Matrix, array, numbers, slice};
use super::saved::{Reduced, reduced};
use crate::error::{OrRaise, call};
use crate::input::Moment;

/// Logistic regression that learns from one row after another, by gradient descent with a constant
/// rate, and with a half-life forgets. Learning many rows is learning them one by one, to the bit.
///
/// ``features`` is how many numbers a row has; ``rate`` and ``intercept_rate`` are the steps of the
/// weights and of the intercept; ``half_life``, as ``"30d"``, lets all fade towards zero with time. An
/// unknown feature (NaN) counts as 0. What was learnt pickles, and goes on to the bit.
///
/// >>> model = bt.models.OnlineLogistic(1, rate=0.1)
/// >>> expected = model.learn([[i % 2] for i in range(100)], [i % 2 for i in range(100)])
/// >>> float(expected[0])
/// 0.5
/// >>> bool(model.predict([[1]])[0] > 0.5 > model.predict([[0]])[0])
/// True
#[pyclass(module = "bactrian.models", frozen)]
pub(crate) struct OnlineLogistic(Mutex<Named<linear::OnlineLogistic>>);

#[pymethods]
impl OnlineLogistic {
    #[new]
    #[pyo3(signature = (features, *, rate=0.01, intercept_rate=0.01, l2=0.0, half_life=None))]
    fn new(features: Count, rate: f64, intercept_rate: f64, l2: f64, half_life: Option<&str>) -> PyResult<Self> {
        let half_life = half_life.map(parse_span).transpose().or_raise()?;
        let core = linear::OnlineLogistic::new(features.0, rate, intercept_rate, l2, half_life).or_raise()?;
        Ok(OnlineLogistic::of(Named::untaught(core)))
    }

    /// The names of the columns that it learnt from; none where rows had no names.
    #[getter]
    fn features(&self) -> Vec<String> {
        locked(&self.0).names().to_vec()
    }

    /// The weights of the features.
    #[getter]
    fn weights(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let weights = locked(&self.0).model.weights().to_vec();
        array(py, weights, &[])
    }

    /// The intercept.
    #[getter]
    fn intercept(&self) -> f64 {
        locked(&self.0).model.intercept()
    }

    /// Learn rows and their outcomes, numbers in [0, 1], in order; gives the probability that was
    /// expected of each before it was learnt. ``at`` holds the times of the rows where there is a
    /// half-life. A row that can't be learnt raises, and the whole call then teaches nothing. Of a frame
    /// the first call takes all columns; later ones find these by name.
    #[pyo3(signature = (rows, y, /, at=None))]
    fn learn(
        &self,
        py: Python<'_>,
        rows: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        at: Option<Vec<Moment>>,
    ) -> PyResult<Py<PyAny>> {
        learnt(py, &self.0, rows, y, at, |model, inputs, y, times| model.learn_rows(inputs, y, times))
    }

    /// The probability of each row, as of the last row learnt.
    #[pyo3(signature = (rows, /))]
    fn predict(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        predicted(py, &self.0, rows, |model, inputs| model.predict_rows(inputs))
    }

    /// Learn one row, given as numbers; gives the probability that was expected.
    #[pyo3(signature = (row, outcome, at=None))]
    fn learn_row(&self, row: Vec<f64>, outcome: f64, at: Option<Moment>) -> PyResult<f64> {
        let at = at.map_or(0, |moment| moment.0);
        locked(&self.0).learn(&[], |model| model.learn(&row, outcome, at)).or_raise()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, &*locked(&self.0))
    }

    fn __repr__(&self) -> String {
        format!("OnlineLogistic({})", locked(&self.0).model.weights().len())
    }
}

impl OnlineLogistic {
    pub(crate) fn of(core: Named<linear::OnlineLogistic>) -> Self {
        OnlineLogistic(Mutex::new(core))
    }
}

/// Logistic regression that follows the regularised leader (FTRL-proximal; McMahan et al. 2013): a rate a
/// feature, which falls as the feature is seen, and weights that are exactly zero where little is known.
/// Learning many rows is learning them one by one, to the bit.
///
/// ``features`` is how many numbers a row has; the rate is ``alpha / (beta + sqrt(sum of squared
/// gradients))``; ``l1`` and ``l2`` penalise; ``half_life``, as ``"30d"``, lets old rows fade. An unknown
/// feature (NaN) counts as 0.
///
/// >>> model = bt.models.Ftrl(2, alpha=0.5, l1=1.0)
/// >>> expected = model.learn([[i % 2, 0.01] for i in range(200)], [i % 2 for i in range(200)])
/// >>> bool(model.weights[0] > 0), bool(model.weights[1] == 0)
/// (True, True)
#[pyclass(module = "bactrian.models", frozen)]
pub(crate) struct Ftrl(Mutex<Named<linear::Ftrl>>);

#[pymethods]
impl Ftrl {
    #[new]
    #[pyo3(signature = (features, *, alpha=0.1, beta=1.0, l1=0.0, l2=0.0, half_life=None))]
    fn new(features: Count, alpha: f64, beta: f64, l1: f64, l2: f64, half_life: Option<&str>) -> PyResult<Self> {
        let half_life = half_life.map(parse_span).transpose().or_raise()?;
        linear::Ftrl::new(features.0, alpha, beta, l1, l2, half_life)
            .or_raise()
            .map(|core| Ftrl::of(Named::untaught(core)))
    }

    /// The names of the columns that it learnt from; none where rows had no names.
    #[getter]
    fn features(&self) -> Vec<String> {
        locked(&self.0).names().to_vec()
    }

    /// The weights of the features.
    #[getter]
    fn weights(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let weights = locked(&self.0).model.weights();
        array(py, weights, &[])
    }

    /// The intercept.
    #[getter]
    fn intercept(&self) -> f64 {
        locked(&self.0).model.intercept()
    }

    /// Learn rows and their outcomes, numbers in [0, 1], in order; as ``OnlineLogistic.learn``.
    #[pyo3(signature = (rows, y, /, at=None))]
    fn learn(
        &self,
        py: Python<'_>,
        rows: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        at: Option<Vec<Moment>>,
    ) -> PyResult<Py<PyAny>> {
        learnt(py, &self.0, rows, y, at, |model, inputs, y, times| model.learn_rows(inputs, y, times))
    }

    /// The probability of each row, as of the last row learnt.
    #[pyo3(signature = (rows, /))]
    fn predict(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        predicted(py, &self.0, rows, |model, inputs| model.predict_rows(inputs))
    }

    /// Learn one row, given as numbers; gives the probability that was expected.
    #[pyo3(signature = (row, outcome, at=None))]
    fn learn_row(&self, row: Vec<f64>, outcome: f64, at: Option<Moment>) -> PyResult<f64> {
        let at = at.map_or(0, |moment| moment.0);
        locked(&self.0).learn(&[], |model| model.learn(&row, outcome, at)).or_raise()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, &*locked(&self.0))
    }

    fn __repr__(&self) -> String {
        format!("Ftrl({})", locked(&self.0).model.weights().len())
    }
}

impl Ftrl {
    pub(crate) fn of(core: Named<linear::Ftrl>) -> Self {
        Ftrl(Mutex::new(core))
    }
}

/// A model that learns, behind the lock that lets it.
fn locked<M>(model: &Mutex<Named<M>>) -> MutexGuard<'_, Named<M>> {
    model.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Rows and outcomes for a model that learns, and what it expected of them.
fn learnt<M: Send>(
    py: Python<'_>,
    model: &Mutex<Named<M>>,
    rows: &Bound<'_, PyAny>,
    y: &Bound<'_, PyAny>,
    at: Option<Vec<Moment>>,
    learn: impl FnOnce(&mut M, &Inputs<'_>, &[f64], Option<&[i64]>) -> bactrian::Result<Vec<f64>> + Send,
) -> PyResult<Py<PyAny>> {
    let (matrix, names) = Matrix::to_learn(rows, |words| locked(model).places_to_learn(words))?;
    let (slices, y) = (matrix.slices()?, numbers(y)?);
    let y = slice(&y)?;
    let times = at.map(|at| at.into_iter().map(|moment| moment.0).collect::<Vec<i64>>());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let expected = call(py, || {
        let inputs = slices.inputs()?;
        locked(model).learn(&names, |model| learn(model, &inputs, y, times.as_deref()))
    })?;
    array(py, expected, &[])
}

/// What a model that learns gives for rows.
fn predicted<M: Send>(
    py: Python<'_>,
    model: &Mutex<Named<M>>,
    rows: &Bound<'_, PyAny>,
    predict: impl FnOnce(&M, &Inputs<'_>) -> bactrian::Result<Vec<f64>> + Send,
) -> PyResult<Py<PyAny>> {
    let matrix = Matrix::of(rows, |words| locked(model).places(words))?;
    let slices = matrix.slices()?;
    let out = call(py, || predict(&locked(model).model, &slices.inputs()?))?;
    array(py, out, &[])
}
