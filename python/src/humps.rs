//! `bactrian.humps`: one hump or two.

use bactrian::models::humps;
use bactrian::{Error, ErrorKind};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{call, raised};
use crate::input::{Count, numbers, together};
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

/// A service as three numbers.
fn service(given: &Bound<'_, PyAny>) -> PyResult<humps::Service> {
    let three = numbers("a service", given)?.values;
    let [low, high, cost] = three.as_slice() else {
        let message = format!("a service has {} numbers", three.len());
        let hint = "give the margin in the lower hump, that in the upper hump, and the cost of a customer";
        return Err(raised(&Error::new(ErrorKind::SchemaRange, message).hint(hint)));
    };
    Ok(humps::Service { margin: [*low, *high], cost: *cost })
}

/// Whom to serve with intimacy and whom with efficiency, at most ``capacity`` with intimacy.
///
/// ``upper`` is each customer's chance of being of the upper hump, ``value`` its value. A service is
/// ``(margin in the lower hump, margin in the upper hump, cost)``: margins per unit of value, cost a
/// customer. One of whom a number is unknown is served with efficiency and counts nothing. Returns who is served with intimacy, what that gains over efficiency, the most that serving
/// each as planned may cost, and the expected margin less cost of all.
///
/// >>> plan = bt.humps.service_plan([0.9, 0.1], [200, 200], (0.1, 0.1, 1.0), (0.1, 0.4, 20.0), capacity=1)
/// >>> plan["intimate"].tolist()
/// [True, False]
#[pyfunction]
#[pyo3(signature = (upper, value, efficient, intimate, *, capacity))]
pub(crate) fn service_plan<'py>(
    py: Python<'py>,
    upper: &Bound<'py, PyAny>,
    value: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = service)] efficient: humps::Service,
    #[pyo3(from_py_with = service)] intimate: humps::Service,
    capacity: Count<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let ([upper, value], _) = together([("upper", upper), ("value", value)])?;
    let plan = call(py, || humps::service_plan(&upper, &value, efficient, intimate, capacity.0))?;
    let answer = PyDict::new(py);
    answer.set_item("intimate", PyArray1::from_vec(py, plan.intimate))?;
    answer.set_item("gain", PyArray1::from_vec(py, plan.gain))?;
    answer.set_item("cap", PyArray1::from_vec(py, plan.cap))?;
    answer.set_item("total", plan.total)?;
    Ok(answer)
}
