//! `bactrian.segments`: what goes with what, and who is like whom.

use bactrian::models::associate::{self, Characteristic, Lift, LookAlikeParams};
use bactrian::models::pooling;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::error::{OrRaise, call};
use crate::input::{Count, numbers};
use crate::output::Verdict;

/// Counts of two numbered labellings.
#[pyclass(module = "bactrian.segments", frozen)]
pub(crate) struct _Crosstab(associate::Crosstab);

/// Group, item, count, lift, lower, upper, p.
type Found = (u32, u32, u64, f64, f64, f64, f64);

fn found((group, item, lift): (u32, u32, Lift)) -> Found {
    (group, item, lift.both, lift.lift, lift.interval.0, lift.interval.1, lift.p_value)
}

#[pymethods]
impl _Crosstab {
    #[new]
    fn new(py: Python<'_>, rows: PyReadonlyArray1<'_, u32>, columns: PyReadonlyArray1<'_, u32>) -> PyResult<Self> {
        let (rows, columns) = (rows.as_slice()?, columns.as_slice()?);
        call(py, || Ok(_Crosstab(associate::Crosstab::new(rows.iter().copied().zip(columns.iter().copied())))))
    }

    fn count(&self, row: u32, column: u32) -> u64 {
        self.0.count(row, column)
    }

    fn lift(&self, row: u32, column: u32) -> Found {
        found((row, column, self.0.lift(row, column)))
    }

    #[getter]
    fn total(&self) -> u64 {
        self.0.total()
    }

    #[getter]
    fn chi_squared(&self) -> f64 {
        self.0.chi_squared()
    }

    #[getter]
    fn degrees(&self) -> f64 {
        self.0.degrees()
    }

    #[getter]
    fn p_value(&self) -> f64 {
        self.0.p_value()
    }

    #[getter]
    fn cramers_v(&self) -> f64 {
        self.0.cramers_v()
    }

    #[getter]
    fn cramers_v_corrected(&self) -> f64 {
        self.0.cramers_v_corrected()
    }

    #[getter]
    fn mutual_information(&self) -> f64 {
        self.0.mutual_information()
    }
}

/// The lift of each item in each group, of numbered customers, groups (by customer) and items.
#[pyfunction]
pub(crate) fn _item_lifts(
    py: Python<'_>,
    groups: Vec<Option<u32>>,
    customer: PyReadonlyArray1<'_, u64>,
    item: PyReadonlyArray1<'_, u32>,
) -> PyResult<Vec<Found>> {
    let (customer, item) = (customer.as_slice()?, item.as_slice()?);
    let lifts = call(py, || {
        let pairs: Vec<(usize, u32)> = customer.iter().map(|row| *row as usize).zip(item.iter().copied()).collect();
        Ok(associate::item_lifts(&groups, &pairs))
    })?;
    Ok(lifts.into_iter().map(found).collect())
}

/// The q-value of each p-value: the least share of false findings among all that would be kept with it
/// (Benjamini, Hochberg 1995). Keeping what has q <= 0.05 keeps at most 5% of false findings on average.
///
/// >>> bt.segments.benjamini_hochberg([0.01, 0.2, 0.03]).round(3).tolist()
/// [0.03, 0.2, 0.045]
#[pyfunction]
pub(crate) fn benjamini_hochberg<'py>(py: Python<'py>, p: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let p = numbers("p", p)?.values;
    py.import("numpy")?;
    Ok(associate::benjamini_hochberg(&p).or_raise()?.into_pyarray(py))
}

/// The effect of an action in one segment.
#[pyclass(module = "bactrian.segments", frozen)]
pub(crate) struct _Effect(associate::Effect);

#[pymethods]
impl _Effect {
    #[getter]
    fn segment(&self) -> u32 {
        self.0.segment
    }

    #[getter]
    fn arms(&self) -> (u64, u64) {
        self.0.arms
    }

    #[getter]
    fn means(&self) -> (f64, f64) {
        self.0.means
    }

    #[getter]
    fn verdict(&self) -> Verdict {
        Verdict(self.0.verdict.clone())
    }

    #[getter]
    fn error(&self) -> f64 {
        self.0.error
    }

    #[getter]
    fn p_value(&self) -> f64 {
        self.0.p_value
    }

    #[getter]
    fn q_value(&self) -> f64 {
        self.0.q_value
    }

    #[getter]
    fn shrunk(&self) -> f64 {
        self.0.shrunk
    }
}

/// The effects in numbered segments; overall, between, heterogeneity.
#[pyfunction]
pub(crate) fn _effects(
    py: Python<'_>,
    segment: PyReadonlyArray1<'_, u32>,
    treated: PyReadonlyArray1<'_, bool>,
    outcome: PyReadonlyArray1<'_, f64>,
    randomised: bool,
) -> PyResult<(Vec<_Effect>, f64, f64, f64)> {
    let (segment, treated, outcome) = (segment.as_slice()?, treated.as_slice()?, outcome.as_slice()?);
    let found = call(py, || associate::effects(segment, treated, outcome, randomised))?;
    let effects = found.segments.into_iter().map(_Effect).collect();
    Ok((effects, found.overall, found.between, found.heterogeneity))
}

/// P(member | characteristics), of numbered labels.
#[pyclass(module = "bactrian.segments", frozen)]
pub(crate) struct _LookAlike(associate::LookAlike);

/// Columns of numbers, each with whether its numbers stand for labels.
pub(crate) type Columns<'py> = Vec<(bool, PyReadonlyArray1<'py, f64>)>;

pub(crate) fn slices<'a>(columns: &'a Columns<'_>) -> PyResult<Vec<Characteristic<'a>>> {
    let one = |(is_label, values): &'a (bool, PyReadonlyArray1<'_, f64>)| {
        let values = values.as_slice()?;
        Ok(if *is_label { Characteristic::Label(values) } else { Characteristic::Number(values) })
    };
    columns.iter().map(one).collect()
}

#[pymethods]
impl _LookAlike {
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        columns: Columns<'_>,
        member: PyReadonlyArray1<'_, bool>,
        l2: f64,
        folds: Count<u32>,
        seed: Count<u64>,
    ) -> PyResult<Self> {
        let (columns, member) = (slices(&columns)?, member.as_slice()?);
        let params = LookAlikeParams { l2, folds: folds.0, seed: seed.0 };
        call(py, || associate::LookAlike::fit(&columns, member, &params)).map(_LookAlike)
    }

    fn predict<'py>(&self, py: Python<'py>, columns: Columns<'py>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let columns = slices(&columns)?;
        Ok(call(py, || self.0.predict(&columns))?.into_pyarray(py))
    }

    #[getter]
    fn members(&self) -> usize {
        self.0.members()
    }

    /// Slope and intercept of the calibration.
    #[getter]
    fn calibration(&self) -> (f64, f64) {
        let platt = self.0.calibration();
        (platt.slope, platt.intercept)
    }
}

/// Rates at three levels, of numbered segments.
#[pyclass(module = "bactrian.segments", frozen)]
pub(crate) struct _Pooled(pooling::Pooled);

/// Value, interval, weights, level.
type Estimated = (f64, (f64, f64), [f64; 3], &'static str);

#[pymethods]
impl _Pooled {
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        segment: PyReadonlyArray1<'_, u32>,
        successes: PyReadonlyArray1<'_, f64>,
        trials: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<Self> {
        let (segment, successes, trials) = (segment.as_slice()?, successes.as_slice()?, trials.as_slice()?);
        call(py, || pooling::Pooled::fit(segment, successes, trials)).map(_Pooled)
    }

    #[getter]
    fn rate(&self) -> f64 {
        self.0.rate
    }

    #[getter]
    fn between(&self) -> f64 {
        self.0.between
    }

    #[getter]
    fn within(&self) -> f64 {
        self.0.within
    }

    fn segment(&self, label: u32) -> f64 {
        self.0.segment(label).0
    }

    fn estimate(&self, segment: u32, successes: f64, trials: f64) -> PyResult<Estimated> {
        let found = self.0.estimate(segment, successes, trials).or_raise()?;
        Ok((found.value, found.interval, found.weights, found.level.name()))
    }
}
