//! `bactrian.Verdict`.

use pyo3::prelude::*;

use super::known;

/// The answer to a question about an effect: what may be claimed, and on which grounds.
///
/// >>> verdict = engine.fit().columns["warmth"].verdicts["pair"]
/// >>> verdict.claim
/// 'cannot tell'
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct Verdict(pub(crate) bactrian::Verdict);

#[pymethods]
impl Verdict {
    /// The estimate, in the unit of the question; ``None`` where there is none.
    #[getter]
    fn value(&self) -> Option<f64> {
        known(self.0.value)
    }

    /// Lower and upper end of the interval, 95% unless ``why`` says otherwise.
    #[getter]
    fn interval(&self) -> Option<(f64, f64)> {
        Some(self.0.interval).filter(|(low, high)| !low.is_nan() && !high.is_nan())
    }

    /// The value under no effect.
    #[getter]
    fn null(&self) -> f64 {
        self.0.null
    }

    /// Rows behind the estimate.
    #[getter]
    fn n(&self) -> u64 {
        self.0.n
    }

    /// ``effect``, ``no evidence`` or ``cannot tell``.
    #[getter]
    fn claim(&self) -> String {
        self.0.claim.to_string()
    }

    /// The reason in one sentence.
    #[getter]
    fn why(&self) -> &str {
        &self.0.why
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Verdict({})", self.0)
    }
}
