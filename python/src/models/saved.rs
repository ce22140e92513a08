//! Models that pickle: bytes of core, and the class that they belong to.

use bactrian::models::watch::{Drift, Ranking, Reliability};
use bactrian::models::{self, Named, Saved, linear, load, save, saved_kind, scorecard, trees};
use bactrian::{Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::{binning, calibration, linear as online, regression};
use crate::error::{OrRaise, raised};
use crate::evaluation;

/// What `__reduce__` gives: `_restore`, and the bytes.
pub(crate) type Reduced<'py> = (Bound<'py, PyAny>, (Bound<'py, PyBytes>,));

/// How a model is put away.
pub(crate) fn reduced<'py, M: Saved>(py: Python<'py>, model: &M) -> PyResult<Reduced<'py>> {
    let bytes = save(model).or_raise()?;
    let restore = py.import(intern!(py, "bactrian._native"))?.getattr(intern!(py, "_restore"))?;
    Ok((restore, (PyBytes::new(py, &bytes),)))
}

/// The model of bytes that a pickle holds.
#[pyfunction]
pub(crate) fn _restore<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    fn taken<'py, M: Saved, C>(py: Python<'py>, bytes: &[u8], class: impl FnOnce(M) -> C) -> PyResult<Bound<'py, PyAny>>
    where
        C: IntoPyObject<'py, Output = Bound<'py, C>, Error = PyErr>,
    {
        class(load(bytes).or_raise()?).into_pyobject(py).map(Bound::into_any)
    }
    match saved_kind(bytes).or_raise()? {
        linear::OnlineLogistic::KIND => taken(py, bytes, online::OnlineLogistic::of),
        linear::Ftrl::KIND => taken(py, bytes, online::Ftrl::of),
        linear::Logistic::KIND => taken(py, bytes, regression::Logistic),
        linear::Linear::KIND => taken(py, bytes, regression::Linear),
        linear::LogisticRegression::KIND => taken(py, bytes, regression::LogisticRegression),
        linear::LinearRegression::KIND => taken(py, bytes, regression::LinearRegression),
        linear::Platt::KIND => taken(py, bytes, calibration::Platt),
        linear::Isotonic::KIND => taken(py, bytes, calibration::Isotonic),
        scorecard::Binning::KIND => taken(py, bytes, binning::Binning),
        scorecard::OptimalBinning::KIND => taken(py, bytes, binning::OptimalBinning),
        scorecard::Scorecard::KIND => taken(py, bytes, super::Scorecard::of),
        trees::Parts::KIND => {
            let trees = trees::Trees::new(load(bytes).or_raise()?).or_raise()?;
            super::Trees(trees).into_pyobject(py).map(Bound::into_any)
        }
        Ranking::KIND => taken(py, bytes, evaluation::Ranking),
        Reliability::KIND => taken(py, bytes, evaluation::Calibration::of),
        Drift::KIND => taken(py, bytes, evaluation::Drift::of),
        other => Err(raised(&Error::new(ErrorKind::SchemaType, format!("no model is of the kind `{other}`")))),
    }
}

/// A model that learns no more, with the names of its columns.
pub(super) fn named<M>(model: M, names: &[String]) -> bactrian::Result<Named<M>> {
    models::Named::of(model, &names.iter().map(String::as_str).collect::<Vec<_>>())
}
