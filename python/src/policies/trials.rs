//! Campaigns, trials of something new, and the response by contact.

use std::sync::{Mutex, PoisonError};

use bactrian::models::evaluation;
use pyo3::prelude::*;

use crate::error::{OrRaise, call};
use crate::models::{Count, marks, numbers, optional, slice};
use crate::output::Verdict;

/// The effect of being assigned to an arm at random, whatever was received, as a ``Verdict``; with what was known
/// ``before`` the campaign it has less noise (CUPED). Where an arm has fewer than 20 rows it "cannot tell".
///
/// >>> bt.evaluation.intention_to_treat([1, 1, 0, 1, 0, 0] * 50, [1, 1, 1, 0, 0, 0] * 50).claim
/// 'effect'
#[pyfunction]
#[pyo3(signature = (outcome, assigned, *, before=None))]
pub(crate) fn intention_to_treat(
    py: Python<'_>,
    outcome: &Bound<'_, PyAny>,
    assigned: &Bound<'_, PyAny>,
    before: Option<&Bound<'_, PyAny>>,
) -> PyResult<Verdict> {
    let (outcome, assigned, before) = (numbers(outcome)?, marks(assigned)?, optional(before)?);
    let (outcome, before) = (slice(&outcome)?, before.as_ref().map(slice).transpose()?);
    let found = call(py, || match before {
        Some(before) => evaluation::adjusted(outcome, &assigned, before),
        None => evaluation::intention_to_treat(outcome, &assigned),
    });
    found.map(Verdict)
}

/// The response to the n-th contact (1 is the first), and whether it falls: as ``verdict``, which "cannot tell" unless
/// the number of contacts was ``randomised``.
///
/// >>> found = bt.evaluation.ResponseByContact([1, 2, 3] * 200, [i // 3 % 10 < 6 - 2 * (i % 3) for i in range(600)])
/// >>> found.rate, found.verdict.claim
/// ([0.6, 0.4, 0.2], 'cannot tell')
/// >>> found.worth(value=10, cost=3)
/// 2
#[pyclass(module = "bactrian.evaluation", frozen)]
pub(crate) struct ResponseByContact(pub(crate) evaluation::ResponseByContact);

#[pymethods]
impl ResponseByContact {
    #[new]
    #[pyo3(signature = (contact, success, *, randomised=false))]
    fn new(py: Python<'_>, contact: Vec<Count>, success: &Bound<'_, PyAny>, randomised: bool) -> PyResult<Self> {
        let success = marks(success)?;
        let contact: Vec<u32> = contact.into_iter().map(|n| n.0.try_into().unwrap_or(u32::MAX)).collect();
        call(py, || evaluation::ResponseByContact::new(&contact, &success, randomised)).map(ResponseByContact)
    }

    /// Which contacts there were.
    #[getter]
    fn contact(&self) -> &[u32] {
        &self.0.contact
    }

    /// Rows of each.
    #[getter]
    fn rows(&self) -> &[u64] {
        &self.0.rows
    }

    /// Share of successes of each.
    #[getter]
    fn rate(&self) -> &[f64] {
        &self.0.rate
    }

    /// The same, never rising (isotonic regression).
    #[getter]
    fn fitted(&self) -> &[f64] {
        &self.0.fitted
    }

    /// Whether the response changes from contact to contact: the slope, an "effect" below 0 being diminishing returns.
    #[getter]
    fn verdict(&self) -> Verdict {
        Verdict(self.0.verdict.clone())
    }

    /// The response to the n-th contact as a share of that to the first: 1 where no fall is claimed, NaN where it
    /// can't be told.
    fn share(&self, nth: f64) -> f64 {
        self.0.share(nth)
    }

    /// How many contacts are worth it: those before the first whose fitted response times ``value`` is not above
    /// ``cost``.
    fn worth(&self, value: f64, cost: f64) -> u32 {
        self.0.worth(value, cost)
    }
}

/// The difference of the means of two arms, which may be looked at after every outcome: its p-value and interval hold
/// at every moment at once, however unequal the arms and however rare the outcomes: a test by betting, exact for flags,
/// nearly so for other numbers. Which arm comes next may be a lottery or a schedule, but must not hang on outcomes since
/// both arms last had one. ``tau`` is the size of effect that it is tuned to.
///
/// >>> test = bt.evaluation.AlwaysValid(tau=0.1)
/// >>> for i in range(2000):
/// ...     test.add(i % 2 == 0, i % 2 == 0 and i % 3 > 0)
/// >>> test.p < 0.001, test.verdict().claim
/// (True, 'effect')
#[pyclass(module = "bactrian.evaluation", frozen)]
pub(crate) struct AlwaysValid(Mutex<evaluation::AlwaysValid>);

#[pymethods]
impl AlwaysValid {
    #[new]
    #[pyo3(signature = (tau, *, alpha=0.05))]
    fn new(tau: f64, alpha: f64) -> PyResult<Self> {
        evaluation::AlwaysValid::new(tau, alpha).or_raise().map(|core| AlwaysValid(Mutex::new(core)))
    }

    /// Take an outcome of the treated or of the other arm.
    fn add(&self, treated: bool, outcome: f64) -> PyResult<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(treated, outcome).or_raise()
    }

    /// The p-value, which never rises.
    #[getter]
    fn p(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).p()
    }

    /// What may be claimed now.
    fn verdict(&self) -> Verdict {
        Verdict(self.0.lock().unwrap_or_else(PoisonError::into_inner).verdict())
    }
}

/// A trial of something new that succeeds or fails: Wald's sequential ratio test of the share ``good`` against
/// ``dull``, under a sceptical ``prior`` that it is good.
///
/// >>> trial = bt.evaluation.SequentialRatio(dull=0.02, good=0.04)
/// >>> trial.stand, trial.belief
/// ('go on', 0.2)
/// >>> for i in range(40):
/// ...     trial.add(i % 8 == 0)
/// >>> trial.stand
/// 'launch'
#[pyclass(module = "bactrian.evaluation", frozen)]
pub(crate) struct SequentialRatio(Mutex<evaluation::SequentialRatio>);

#[pymethods]
impl SequentialRatio {
    #[new]
    #[pyo3(signature = (*, dull, good, alpha=0.05, beta=0.2, prior=0.2))]
    fn new(dull: f64, good: f64, alpha: f64, beta: f64, prior: f64) -> PyResult<Self> {
        let core = evaluation::SequentialRatio::new(dull, good, alpha, beta, prior).or_raise()?;
        Ok(SequentialRatio(Mutex::new(core)))
    }

    /// Take an outcome; none counts once the trial has ended.
    fn add(&self, success: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(success);
    }

    /// ``go on``, ``launch`` or ``stop``.
    #[getter]
    fn stand(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).stand().to_string()
    }

    /// The probability that it is good.
    #[getter]
    fn belief(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).belief()
    }
}
