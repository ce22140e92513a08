//! `bactrian.models.Platt` and `bactrian.models.Isotonic`.

use bactrian::models::linear;
use pyo3::prelude::*;

use super::matrix::{array, numbers, optional, slice};
use super::saved::{Reduced, reduced};
use crate::error::call;

/// Platt's scaling: the probability 1 / (1 + exp(-(slope x score + intercept))), fitted to targets that keep a
/// perfect ranking from becoming certainty (Platt 1999).
///
/// >>> platt = bt.models.Platt.fit([-1, -0.5, 0.5, 1], [0, 0, 1, 1])
/// >>> platt.predict([0.0]).round(6)
/// array([0.5])
#[pyclass(module = "bactrian.models", frozen)]
pub(crate) struct Platt(pub(super) linear::Platt);

#[pymethods]
impl Platt {
    /// Fit scores to outcomes in [0, 1]; rows with something unknown (NaN) are left out.
    #[staticmethod]
    #[pyo3(signature = (scores, y, weights=None))]
    fn fit(
        py: Python<'_>,
        scores: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let (scores, y, weights) = (numbers(scores)?, numbers(y)?, optional(weights)?);
        let (scores, y, weights) = (slice(&scores)?, slice(&y)?, weights.as_ref().map(slice).transpose()?);
        call(py, || linear::Platt::fit(scores, y, weights)).map(Platt)
    }

    /// Log odds for one point of score.
    #[getter]
    fn slope(&self) -> f64 {
        self.0.slope
    }

    /// Log odds at score 0.
    #[getter]
    fn intercept(&self) -> f64 {
        self.0.intercept
    }

    /// The probability at each score; NaN where it is unknown.
    #[pyo3(signature = (scores, /))]
    fn predict(&self, py: Python<'_>, scores: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let scores = numbers(scores)?;
        let out = slice(&scores)?.iter().map(|score| self.0.probability(*score)).collect();
        array(py, out, &[])
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("Platt(slope={}, intercept={})", self.0.slope, self.0.intercept)
    }
}

/// Isotonic regression: the non-decreasing function of the score with the least squared error, linear between
/// its knots and constant outside (as scikit-learn's ``IsotonicRegression(out_of_bounds="clip")``).
///
/// >>> isotonic = bt.models.Isotonic.fit([1, 2, 3], [0, 1, 0.5])
/// >>> isotonic.predict([1.5, 2.5])
/// array([0.375, 0.75 ])
#[pyclass(module = "bactrian.models", frozen)]
pub(crate) struct Isotonic(pub(super) linear::Isotonic);

#[pymethods]
impl Isotonic {
    /// Fit scores to outcomes; as ``Platt.fit``.
    #[staticmethod]
    #[pyo3(signature = (scores, y, weights=None))]
    fn fit(
        py: Python<'_>,
        scores: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let (scores, y, weights) = (numbers(scores)?, numbers(y)?, optional(weights)?);
        let (scores, y, weights) = (slice(&scores)?, slice(&y)?, weights.as_ref().map(slice).transpose()?);
        call(py, || linear::Isotonic::fit(scores, y, weights)).map(Isotonic)
    }

    /// Scores, and the probability at each.
    #[getter]
    fn knots(&self) -> Vec<(f64, f64)> {
        self.0.knots().to_vec()
    }

    /// The probability at each score; NaN where it is unknown.
    #[pyo3(signature = (scores, /))]
    fn predict(&self, py: Python<'_>, scores: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let scores = numbers(scores)?;
        let out = slice(&scores)?.iter().map(|score| self.0.probability(*score)).collect();
        array(py, out, &[])
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("Isotonic({} knots)", self.0.knots().len())
    }
}
