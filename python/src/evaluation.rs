//! `bactrian.evaluation`: how well scores rank, how honest probabilities are, and whether columns drift.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bactrian::data::parse_span;
use bactrian::models::watch;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{OrRaise, call};
use crate::input::{Moment, time_to_python};
use crate::models::{Count, Reduced, marks, numbers, reduced, slice};

/// The population stability index of ``now`` against ``before``, counts of the same bins: 0 for equal shares;
/// below 0.1 is called stable, above 0.25 moved. Each bin counts half a row more than it has, so that an empty
/// one has a share. Of an input it is the characteristic stability index (CSI). Raises ``SchemaError`` where the
/// bins are not the same, and ``StateError`` where one side counted nothing.
///
/// >>> bt.evaluation.psi([10, 20], [10, 20])
/// 0.0
/// >>> bt.evaluation.psi([1000, 0], [500, 500]) > 0.25
/// True
#[pyfunction]
pub(crate) fn psi(now: Vec<Count>, before: Vec<Count>) -> PyResult<f64> {
    let counts = |given: Vec<Count>| given.into_iter().map(|count| count.0 as u64).collect::<Vec<u64>>();
    watch::stability_index(&counts(now), &counts(before)).or_raise()
}

/// How well scores rank those with the event (1) above those without (0).
///
/// >>> ranking = bt.evaluation.ranking([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
/// >>> ranking.auc, ranking.gini, ranking.ks
/// (0.75, 0.5, 0.5)
#[pyfunction]
#[pyo3(signature = (scores, y, *, confidence=0.95))]
pub(crate) fn ranking(
    py: Python<'_>,
    scores: &Bound<'_, PyAny>,
    y: &Bound<'_, PyAny>,
    confidence: f64,
) -> PyResult<Ranking> {
    let (scores, y) = (numbers(scores)?, marks(y)?);
    let scores = slice(&scores)?;
    call(py, || watch::Ranking::new(scores, &y)?.with_confidence(confidence)).map(Ranking)
}

/// The area under the ROC curve, Gini's coefficient and the statistic of Kolmogorov and Smirnov, each with an
/// interval: DeLong's for the first two, Massart's, which is wide, for the last.
///
/// >>> ranking = bt.evaluation.ranking(range(100), [i > 40 for i in range(100)])
/// >>> ranking.auc_interval
/// (1.0, 1.0)
#[pyclass(module = "bactrian.evaluation", frozen)]
pub(crate) struct Ranking(pub(crate) watch::Ranking);

#[pymethods]
impl Ranking {
    /// P(a row with the event scores higher than one without) + half of P(both score the same).
    #[getter]
    fn auc(&self) -> f64 {
        self.0.auc
    }

    /// Lower and upper end.
    #[getter]
    fn auc_interval(&self) -> (f64, f64) {
        self.0.auc_interval()
    }

    /// 2 AUC - 1.
    #[getter]
    fn gini(&self) -> f64 {
        self.0.gini()
    }

    /// Lower and upper end.
    #[getter]
    fn gini_interval(&self) -> (f64, f64) {
        self.0.gini_interval()
    }

    /// The largest difference between the distribution functions of the two classes.
    #[getter]
    fn ks(&self) -> f64 {
        self.0.ks
    }

    /// Lower and upper end.
    #[getter]
    fn ks_interval(&self) -> (f64, f64) {
        self.0.ks_interval()
    }

    /// Rows with the event.
    #[getter]
    fn events(&self) -> u64 {
        self.0.events
    }

    /// Rows without.
    #[getter]
    fn non_events(&self) -> u64 {
        self.0.non_events
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("Ranking(auc={}, gini={}, ks={})", self.0.auc, self.0.gini(), self.0.ks)
    }
}

/// How often what was given a probability came true, in ``bins`` of equal width over [0, 1]; those of days,
/// shards and machines ``merge``.
///
/// >>> calibration = bt.evaluation.Calibration(10).add([0.25] * 10, [1] * 4 + [0] * 6)
/// >>> round(calibration.error, 6), round(calibration.brier, 6)
/// (0.15, 0.2625)
#[pyclass(module = "bactrian.evaluation", frozen)]
pub(crate) struct Calibration(Mutex<watch::Reliability>);

#[pymethods]
impl Calibration {
    #[new]
    #[pyo3(signature = (bins=Count(10)))]
    fn new(bins: Count) -> PyResult<Self> {
        watch::Reliability::new(bins.0).or_raise().map(|core| Calibration(Mutex::new(core)))
    }

    /// Count probabilities and their outcomes (0 or 1); an unknown probability (NaN) is not counted, and one
    /// outside of [0, 1] raises, so that nothing of the call is counted.
    fn add<'py>(
        slf: PyRef<'py, Self>,
        probabilities: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
    ) -> PyResult<PyRef<'py, Self>> {
        let (probabilities, y) = (numbers(probabilities)?, marks(y)?);
        let probabilities = slice(&probabilities)?;
        slf.core().add_all(probabilities, &y).or_raise()?;
        Ok(slf)
    }

    /// Add what another one counted.
    fn merge<'py>(slf: PyRef<'py, Self>, other: &Calibration) -> PyResult<PyRef<'py, Self>> {
        let other = other.core().clone();
        slf.core().merge(&other).or_raise()?;
        Ok(slf)
    }

    /// Rows counted.
    #[getter]
    fn rows(&self) -> u64 {
        self.core().rows()
    }

    /// The expected calibration error: the mean over rows of the distance of their bin's mean probability from its
    /// share of events.
    #[getter]
    fn error(&self) -> f64 {
        self.core().calibration_error()
    }

    /// The mean squared distance of a probability from its outcome (Brier 1950).
    #[getter]
    fn brier(&self) -> f64 {
        self.core().brier()
    }

    /// For each bin that has rows: its mean probability, share of events, and rows.
    #[getter]
    fn curve(&self) -> Vec<(f64, f64, u64)> {
        self.core().curve()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, &*self.core())
    }

    fn __repr__(&self) -> String {
        format!("Calibration({} rows, error {})", self.rows(), self.error())
    }
}

impl Calibration {
    pub(crate) fn of(core: watch::Reliability) -> Self {
        Calibration(Mutex::new(core))
    }
}

impl Calibration {
    fn core(&self) -> MutexGuard<'_, watch::Reliability> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a column drifts: its counts between ``cuts``, by periods of time (``every``, as ``"7d"``), against the
/// values that the model was built on. Parts of the data ``merge``.
///
/// >>> drift = bt.evaluation.Drift(range(100), cuts=[25, 50, 75], every="1d")
/// >>> table = drift.add([0.0] * 100, range(100)).add([86400.0] * 100, [10] * 100).series()
/// >>> table["rows"], [round(psi, 2) for psi in table["psi"]]
/// ([100, 100], [0.0, 3.88])
#[pyclass(module = "bactrian.evaluation", frozen)]
pub(crate) struct Drift(Mutex<watch::Drift>);

#[pymethods]
impl Drift {
    #[new]
    #[pyo3(signature = (before, *, cuts, every))]
    fn new(before: &Bound<'_, PyAny>, cuts: Vec<f64>, every: &str) -> PyResult<Self> {
        let before = numbers(before)?;
        let built = watch::Histogram::of(&cuts, slice(&before)?).or_raise()?;
        let core = watch::Drift::new(built, parse_span(every).or_raise()?).or_raise()?;
        Ok(Drift(Mutex::new(core)))
    }

    /// Count values at their times.
    fn add<'py>(slf: PyRef<'py, Self>, at: Vec<Moment>, values: &Bound<'py, PyAny>) -> PyResult<PyRef<'py, Self>> {
        let values = numbers(values)?;
        let times: Vec<i64> = at.into_iter().map(|moment| moment.0).collect();
        slf.core().add_all(&times, slice(&values)?).or_raise()?;
        Ok(slf)
    }

    /// Add what another one counted.
    fn merge<'py>(slf: PyRef<'py, Self>, other: &Drift) -> PyResult<PyRef<'py, Self>> {
        let other = other.core().clone();
        slf.core().merge(&other).or_raise()?;
        Ok(slf)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, &*self.core())
    }

    /// Every period that has rows, as columns: ``at`` (when it begins), ``rows``, ``psi``.
    fn series<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let found = self.core().series();
        let table = PyDict::new(py);
        let begin = found.iter().map(|period| time_to_python(py, period.from)).collect::<PyResult<Vec<_>>>()?;
        table.set_item("at", begin)?;
        table.set_item("rows", found.iter().map(|period| period.rows).collect::<Vec<u64>>())?;
        table.set_item("psi", found.iter().map(|period| period.index).collect::<Vec<f64>>())?;
        Ok(table)
    }
}

impl Drift {
    pub(crate) fn of(core: watch::Drift) -> Self {
        Drift(Mutex::new(core))
    }
}

impl Drift {
    fn core(&self) -> MutexGuard<'_, watch::Drift> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
