//! Scores of uplift, judged by a randomised test.

use bactrian::models::evaluation;
use pyo3::prelude::*;

use crate::error::call;
use crate::models::{marks, numbers, slice};
use crate::output::Verdict;

/// The Qini coefficient of a score of uplift, from a randomised test with outcomes of 0 and 1: the area between its
/// Qini curve and random targeting, as a share of a perfect score's. Rows of one score are one point. Equal to
/// scikit-uplift's ``qini_auc_score``.
///
/// >>> bt.evaluation.qini([1, 0, 0, 1], [0.9, 0.8, 0.2, 0.1], [1, 0, 1, 0])
/// 1.0
#[pyfunction]
pub(crate) fn qini(
    py: Python<'_>,
    outcome: &Bound<'_, PyAny>,
    score: &Bound<'_, PyAny>,
    treated: &Bound<'_, PyAny>,
) -> PyResult<f64> {
    let (outcome, score, treated) = (numbers(outcome)?, numbers(score)?, marks(treated)?);
    let (outcome, score) = (slice(&outcome)?, slice(&score)?);
    call(py, || evaluation::qini(outcome, score, &treated))
}

/// The area under the uplift curve, normalised as ``qini`` is; equal to scikit-uplift's ``uplift_auc_score``.
///
/// >>> bt.evaluation.auuc([1, 0, 0, 1], [0.9, 0.8, 0.2, 0.1], [1, 0, 1, 0])
/// 1.0
#[pyfunction]
pub(crate) fn auuc(
    py: Python<'_>,
    outcome: &Bound<'_, PyAny>,
    score: &Bound<'_, PyAny>,
    treated: &Bound<'_, PyAny>,
) -> PyResult<f64> {
    let (outcome, score, treated) = (numbers(outcome)?, numbers(score)?, marks(treated)?);
    let (outcome, score) = (slice(&outcome)?, slice(&score)?);
    call(py, || evaluation::auuc(outcome, score, &treated))
}

/// The Qini curve, as two columns: how many were taken by falling score, and the extra outcomes by then.
///
/// >>> rows, gained = bt.evaluation.qini_curve([1, 0, 0, 1], [0.9, 0.8, 0.2, 0.1], [1, 0, 1, 0])
/// >>> rows
/// [0.0, 1.0, 2.0, 3.0, 4.0]
#[pyfunction]
pub(crate) fn qini_curve(
    py: Python<'_>,
    outcome: &Bound<'_, PyAny>,
    score: &Bound<'_, PyAny>,
    treated: &Bound<'_, PyAny>,
) -> PyResult<(Vec<f64>, Vec<f64>)> {
    let (outcome, score, treated) = (numbers(outcome)?, numbers(score)?, marks(treated)?);
    let (outcome, score) = (slice(&outcome)?, slice(&score)?);
    call(py, || evaluation::qini_curve(outcome, score, &treated)).map(|curve| curve.into_iter().unzip())
}

/// The difference of the mean outcomes among the share ``k`` of the rows with the highest scores, as a ``Verdict``;
/// of rows of one score the last come first.
///
/// >>> bt.evaluation.uplift_at([1, 0, 1, 0], [4, 3, 2, 1], [1, 0, 1, 0], 0.5).claim
/// 'cannot tell'
#[pyfunction]
pub(crate) fn uplift_at(
    py: Python<'_>,
    outcome: &Bound<'_, PyAny>,
    score: &Bound<'_, PyAny>,
    treated: &Bound<'_, PyAny>,
    k: f64,
) -> PyResult<Verdict> {
    let (outcome, score, treated) = (numbers(outcome)?, numbers(score)?, marks(treated)?);
    let (outcome, score) = (slice(&outcome)?, slice(&score)?);
    call(py, || evaluation::uplift_at(outcome, score, &treated, k)).map(Verdict)
}
