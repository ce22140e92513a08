//! `bactrian.models.LogisticRegression`, `LinearRegression`, and what they fit.

use bactrian::models::{Named, linear};
use pyo3::prelude::*;

use super::matrix::{Count, Matrix, all, array, numbers, optional, slice};
use super::saved::{Reduced, named, reduced};
use crate::error::call;

/// Logistic regression on all rows at once: minimises the weighted log loss + ``l1`` x sum of ``|b|`` +
/// ``l2 / 2`` x sum of ``b`` squared, without a penalty of the intercept (scikit-learn's ``C`` is ``1 / l2``).
///
/// >>> model = bt.models.LogisticRegression().fit([[0], [1], [2], [3]], [0, 1, 0, 1])
/// >>> model.predict([[1.5]]).round(6)
/// array([0.5])
/// >>> len(model.standard_errors)
/// 2
#[pyclass(module = "bactrian.models", frozen)]
pub(crate) struct LogisticRegression(pub(super) linear::LogisticRegression);

#[pymethods]
impl LogisticRegression {
    #[new]
    #[pyo3(signature = (*, l1=0.0, l2=0.0, intercept=true, steps=Count(100), tolerance=1e-10))]
    fn new(l1: f64, l2: f64, intercept: bool, steps: Count, tolerance: f64) -> Self {
        LogisticRegression(linear::LogisticRegression { l1, l2, intercept, steps: steps.0, tolerance })
    }

    /// Fit targets in [0, 1], with weights of at least 0 and offsets of the log odds. A row with something
    /// unknown (NaN) is left out.
    #[pyo3(signature = (rows, y, weights=None, offsets=None))]
    fn fit(
        &self,
        py: Python<'_>,
        rows: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
        offsets: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Logistic> {
        let (matrix, names) = Matrix::to_learn(rows, all)?;
        let (y, weights, offsets) = (numbers(y)?, optional(weights)?, optional(offsets)?);
        let (slices, y) = (matrix.slices()?, slice(&y)?);
        let (weights, offsets) = (weights.as_ref().map(slice).transpose()?, offsets.as_ref().map(slice).transpose()?);
        call(py, || named(self.0.fit(&slices.inputs()?, y, weights, offsets)?, &names)).map(Logistic)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("LogisticRegression(l1={}, l2={})", self.0.l1, self.0.l2)
    }
}

/// A fitted logistic regression.
#[pyclass(module = "bactrian.models", frozen)]
pub(crate) struct Logistic(pub(super) Named<linear::Logistic>);

#[pymethods]
impl Logistic {
    /// The names of the columns that it was fitted on; none where rows had no names.
    #[getter]
    fn features(&self) -> Vec<String> {
        self.0.names().to_vec()
    }

    /// Log odds for one unit of each feature.
    #[getter]
    fn coefficients(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        array(py, self.0.model.coefficients.clone(), &[])
    }

    /// Log odds where every feature is 0.
    #[getter]
    fn intercept(&self) -> f64 {
        self.0.model.intercept
    }

    /// Of the coefficients, then of the intercept; NaN where the Hessian has no inverse, or with ``l1``.
    #[getter]
    fn standard_errors(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        array(py, self.0.model.standard_errors.clone(), &[])
    }

    /// The weighted log likelihood, without penalties.
    #[getter]
    fn log_likelihood(&self) -> f64 {
        self.0.model.log_likelihood
    }

    /// Rows used.
    #[getter]
    fn rows(&self) -> usize {
        self.0.model.rows
    }

    /// Whether the steps ended by tolerance: false where the classes can be separated and nothing is penalised.
    #[getter]
    fn converged(&self) -> bool {
        self.0.model.converged
    }

    /// The probability of each row; NaN where a feature is unknown.
    #[pyo3(signature = (rows, /))]
    fn predict(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let matrix = Matrix::of(rows, |words| self.0.places(words))?;
        let slices = matrix.slices()?;
        let out = call(py, || self.0.model.predict_rows(&slices.inputs()?))?;
        array(py, out, &[])
    }

    /// The log odds of each row.
    #[pyo3(signature = (rows, /))]
    fn predict_raw(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let matrix = Matrix::of(rows, |words| self.0.places(words))?;
        let slices = matrix.slices()?;
        let out = call(py, || self.0.model.raw_rows(&slices.inputs()?))?;
        array(py, out, &[])
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("Logistic({} features, {} rows)", self.0.model.coefficients.len(), self.0.model.rows)
    }
}

/// Linear regression by least squares, with a square penalty ``l2`` (ridge).
///
/// >>> model = bt.models.LinearRegression().fit([[0], [1], [2]], [1, 3, 5])
/// >>> model.predict([[3]]).round(6)
/// array([7.])
#[pyclass(module = "bactrian.models", frozen)]
pub(crate) struct LinearRegression(pub(super) linear::LinearRegression);

#[pymethods]
impl LinearRegression {
    #[new]
    #[pyo3(signature = (*, l2=0.0))]
    fn new(l2: f64) -> Self {
        LinearRegression(linear::LinearRegression { l2 })
    }

    /// Fit numbers; a row with something unknown (NaN) is left out.
    #[pyo3(signature = (rows, y))]
    fn fit(&self, py: Python<'_>, rows: &Bound<'_, PyAny>, y: &Bound<'_, PyAny>) -> PyResult<Linear> {
        let ((matrix, names), y) = (Matrix::to_learn(rows, all)?, numbers(y)?);
        let (slices, y) = (matrix.slices()?, slice(&y)?);
        call(py, || named(self.0.fit(&slices.inputs()?, y)?, &names)).map(Linear)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("LinearRegression(l2={})", self.0.l2)
    }
}

/// A fitted linear regression.
#[pyclass(module = "bactrian.models", frozen)]
pub(crate) struct Linear(pub(super) Named<linear::Linear>);

#[pymethods]
impl Linear {
    /// The names of the columns that it was fitted on; none where rows had no names.
    #[getter]
    fn features(&self) -> Vec<String> {
        self.0.names().to_vec()
    }

    /// One a feature.
    #[getter]
    fn coefficients(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        array(py, self.0.model.coefficients.clone(), &[])
    }

    /// The number where every feature is 0.
    #[getter]
    fn intercept(&self) -> f64 {
        self.0.model.intercept
    }

    /// The number expected of each row; NaN where a feature is unknown.
    #[pyo3(signature = (rows, /))]
    fn predict(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let matrix = Matrix::of(rows, |words| self.0.places(words))?;
        let slices = matrix.slices()?;
        let out = call(py, || self.0.model.predict_rows(&slices.inputs()?))?;
        array(py, out, &[])
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("Linear({} features)", self.0.model.coefficients.len())
    }
}
