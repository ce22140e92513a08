//! `bactrian.humps`: one hump or two.

use bactrian::models::humps;
use pyo3::prelude::*;

use crate::error::call;
use crate::input::numbers;
use crate::output::Verdict;

/// Hartigan's dip of numbers, and its p-value against one mode (Hartigan, Hartigan 1985); NaN takes no part.
///
/// >>> dip, p = bt.humps.dip_test([1, 1, 1, 2, 2, 2])
/// >>> round(dip, 6)
/// 0.25
/// >>> p < 0.05
/// True
#[pyfunction]
pub(crate) fn dip_test(py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<(f64, f64)> {
    let x = numbers("x", x)?.values;
    call(py, || humps::dip_test(&x))
}

/// Whether numbers have two humps, by the dip test at 5% and by BIC of two Gaussian components.
///
/// "effect" needs both tests, "no evidence" if both deny it, "cannot tell" if they disagree; ``why`` has
/// the figures of both. The value is the dip.
///
/// >>> verdict = bt.humps.two_humps([i % 20 + 100 * (i % 2) for i in range(200)])
/// >>> verdict.claim
/// 'effect'
#[pyfunction]
pub(crate) fn two_humps(py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<Verdict> {
    let x = numbers("x", x)?.values;
    call(py, || humps::two_humps(&x)).map(|found| Verdict(found.verdict))
}
