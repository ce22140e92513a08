//! What a policy is worth by the log of another.

use bactrian::models::evaluation::{self, Estimate, Logged};
use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;

use crate::error::{call, raised};
use crate::models::{Count, numbers, optional, slice};
use crate::output::Verdict;

/// What a policy is worth by the log of another: from the reward of each round, the probability with which the
/// action was taken, and that with which the policy takes it.
///
/// With what a model expects of the action that was taken (``expected``) and of the policy (``expected_target``) it
/// also gives DM, DR and Switch-DR, which corrects by weights up to ``threshold``. A propensity of 0 or above 1
/// raises ``SchemaError``.
///
/// >>> found = bt.evaluation.off_policy([1, 0, 0, 1], [0.5] * 4, [1, 0, 0, 1])
/// >>> found.ips.value, found.snips.value, found.effective_sample_size
/// (1.0, 1.0, 2.0)
/// >>> found.gain.claim
/// 'cannot tell'
#[pyfunction]
#[pyo3(signature = (reward, behaviour_propensity, target_propensity, *, expected=None, expected_target=None, threshold=10.0))]
pub(crate) fn off_policy(
    py: Python<'_>,
    reward: &Bound<'_, PyAny>,
    behaviour_propensity: &Bound<'_, PyAny>,
    target_propensity: &Bound<'_, PyAny>,
    expected: Option<&Bound<'_, PyAny>>,
    expected_target: Option<&Bound<'_, PyAny>>,
    threshold: f64,
) -> PyResult<OffPolicy> {
    let (reward, behaviour, target) = (numbers(reward)?, numbers(behaviour_propensity)?, numbers(target_propensity)?);
    let (expected, all) = (optional(expected)?, optional(expected_target)?);
    let (reward, behaviour, target) = (slice(&reward)?, slice(&behaviour)?, slice(&target)?);
    let model = match (&expected, &all) {
        (Some(expected), Some(all)) => Some((slice(expected)?, slice(all)?)),
        (None, None) => None,
        _ => {
            let error = Error::new(ErrorKind::SchemaMissing, "a model is `expected` and `expected_target` together");
            return Err(raised(&error));
        }
    };
    let logged = Logged { reward, behaviour, target, model };
    call(py, || evaluation::OffPolicy::new(&logged, threshold)).map(OffPolicy)
}

/// Whether one policy is worth more than another by the log of a third: a ``Verdict`` of the difference of their
/// SNIPS.
///
/// >>> bt.evaluation.compare([1, 0] * 200, [0.5] * 400, [1, 0] * 200, [0, 1] * 200).claim
/// 'effect'
#[pyfunction]
pub(crate) fn compare(
    py: Python<'_>,
    reward: &Bound<'_, PyAny>,
    behaviour_propensity: &Bound<'_, PyAny>,
    target_propensity: &Bound<'_, PyAny>,
    against: &Bound<'_, PyAny>,
) -> PyResult<Verdict> {
    let (reward, behaviour, target) = (numbers(reward)?, numbers(behaviour_propensity)?, numbers(target_propensity)?);
    let against = numbers(against)?;
    let (reward, behaviour, target, against) = (slice(&reward)?, slice(&behaviour)?, slice(&target)?, slice(&against)?);
    let logged = Logged { reward, behaviour, target, model: None };
    call(py, || evaluation::OffPolicy::compare(&logged, against)).map(Verdict)
}

/// The intervals of 95% of IPS and of SNIPS by a bootstrap (percentiles).
///
/// >>> ips, snips = bt.evaluation.bootstrap([1, 0] * 50, [0.5] * 100, [0.5] * 100)
/// >>> ips[0] < 0.5 < ips[1]
/// True
#[pyfunction]
#[pyo3(signature = (reward, behaviour_propensity, target_propensity, *, replicates=Count(1000), seed=Count(0)))]
pub(crate) fn bootstrap(
    py: Python<'_>,
    reward: &Bound<'_, PyAny>,
    behaviour_propensity: &Bound<'_, PyAny>,
    target_propensity: &Bound<'_, PyAny>,
    replicates: Count,
    seed: Count,
) -> PyResult<((f64, f64), (f64, f64))> {
    let (reward, behaviour, target) = (numbers(reward)?, numbers(behaviour_propensity)?, numbers(target_propensity)?);
    let (reward, behaviour, target) = (slice(&reward)?, slice(&behaviour)?, slice(&target)?);
    let logged = Logged { reward, behaviour, target, model: None };
    call(py, || evaluation::OffPolicy::bootstrap(&logged, replicates.0, seed.0 as u64)).map(|[ips, snips]| (ips, snips))
}

/// The value of a policy, by every estimator that the data allow, and how far it overlaps with the log.
#[pyclass(module = "bactrian.evaluation", frozen)]
pub(crate) struct OffPolicy(pub(crate) evaluation::OffPolicy);

#[pymethods]
impl OffPolicy {
    /// Rounds.
    #[getter]
    fn n(&self) -> usize {
        self.0.n
    }

    /// The reward of the policy that was logged.
    #[getter]
    fn logged(&self) -> Value {
        Value(self.0.logged)
    }

    /// Inverse propensity scoring.
    #[getter]
    fn ips(&self) -> Value {
        Value(self.0.ips)
    }

    /// The same, divided by the mean weight.
    #[getter]
    fn snips(&self) -> Value {
        Value(self.0.snips)
    }

    /// The direct method; ``None`` without a model.
    #[getter]
    fn dm(&self) -> Option<Value> {
        self.0.dm.map(Value)
    }

    /// Doubly robust.
    #[getter]
    fn dr(&self) -> Option<Value> {
        self.0.dr.map(Value)
    }

    /// Doubly robust, without corrections whose weight is above the threshold.
    #[getter]
    fn switch_dr(&self) -> Option<Value> {
        self.0.switch_dr.map(Value)
    }

    /// (sum of weights) squared by the sum of their squares.
    #[getter]
    fn effective_sample_size(&self) -> f64 {
        self.0.weights.effective_sample_size
    }

    /// The largest weight.
    #[getter]
    fn largest_weight(&self) -> f64 {
        self.0.weights.largest
    }

    /// The mean weight: 1 where the log covers the policy.
    #[getter]
    fn mean_weight(&self) -> f64 {
        self.0.weights.mean
    }

    /// What SNIPS gives more than the log: "cannot tell" where the effective sample size is below 50, or the mean
    /// weight is from 1 by more than three standard errors and 0.1. Its interval covers what few successes among few
    /// rounds, or a few heavy weights, leave open; no claim hangs on the normal intervals of the estimates.
    #[getter]
    fn gain(&self) -> Verdict {
        Verdict(self.0.gain.clone())
    }

    fn __repr__(&self) -> String {
        format!(
            "OffPolicy(n={}, ips={}, snips={}, {})",
            self.0.n, self.0.ips.value, self.0.snips.value, self.0.gain.claim
        )
    }
}

/// A value with its standard error and intervals of 95%.
///
/// >>> value = bt.evaluation.off_policy([1, 0], [0.5] * 2, [0.5] * 2).ips
/// >>> value.value, value.standard_error
/// (0.5, 0.5)
#[pyclass(module = "bactrian.evaluation", frozen)]
pub(crate) struct Value(pub(crate) Estimate);

#[pymethods]
impl Value {
    /// The reward a round.
    #[getter]
    fn value(&self) -> f64 {
        self.0.value
    }

    /// Its standard error.
    #[getter]
    fn standard_error(&self) -> f64 {
        self.0.standard_error
    }

    /// By the normal distribution.
    #[getter]
    fn interval(&self) -> (f64, f64) {
        self.0.interval
    }

    /// By the empirical Bernstein bound: wide, and right for few rounds; NaN for SNIPS.
    #[getter]
    fn bernstein(&self) -> (f64, f64) {
        self.0.bernstein
    }

    fn __repr__(&self) -> String {
        format!("Value({} +- {})", self.0.value, self.0.standard_error)
    }
}
