//! `bactrian.evaluation`: what policies and campaigns are worth, and plans under limits.

use std::sync::{Mutex, PoisonError};

use bactrian::models::evaluation::{self, Estimate, Logged};
use bactrian::models::planning::{self, Limit, Options, Uses};
use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;

use crate::error::{OrRaise, call, raised};
use crate::models::{Matrix, marks, numbers, optional, slice};
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
#[pyo3(signature = (reward, behaviour_propensity, target_propensity, *, replicates=1000, seed=0))]
pub(crate) fn bootstrap(
    py: Python<'_>,
    reward: &Bound<'_, PyAny>,
    behaviour_propensity: &Bound<'_, PyAny>,
    target_propensity: &Bound<'_, PyAny>,
    replicates: usize,
    seed: u64,
) -> PyResult<((f64, f64), (f64, f64))> {
    let (reward, behaviour, target) = (numbers(reward)?, numbers(behaviour_propensity)?, numbers(target_propensity)?);
    let (reward, behaviour, target) = (slice(&reward)?, slice(&behaviour)?, slice(&target)?);
    let logged = Logged { reward, behaviour, target, model: None };
    call(py, || evaluation::OffPolicy::bootstrap(&logged, replicates, seed)).map(|[ips, snips]| (ips, snips))
}

/// The value of a policy, by every estimator that the data allow, and how far it overlaps with the log.
#[pyclass(module = "bactrian.evaluation", frozen)]
pub(crate) struct OffPolicy(evaluation::OffPolicy);

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
    /// weight is from 1 by more than three standard errors and 0.1.
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
pub(crate) struct Value(Estimate);

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

/// The effect of being assigned to an arm at random, whatever was received, as a ``Verdict``; with what was known
/// ``before`` the campaign it has less noise (CUPED).
///
/// >>> bt.evaluation.intention_to_treat([1, 1, 0, 1, 0, 0], [1, 1, 1, 0, 0, 0]).claim
/// 'no evidence'
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
pub(crate) struct ResponseByContact(evaluation::ResponseByContact);

#[pymethods]
impl ResponseByContact {
    #[new]
    #[pyo3(signature = (contact, success, *, randomised=false))]
    fn new(py: Python<'_>, contact: Vec<u32>, success: &Bound<'_, PyAny>, randomised: bool) -> PyResult<Self> {
        let success = marks(success)?;
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

    /// How many contacts are worth it: those before the first whose fitted response times ``value`` is not above
    /// ``cost``.
    fn worth(&self, value: f64, cost: f64) -> u32 {
        self.0.worth(value, cost)
    }
}

/// The difference of the means of two arms, which may be looked at after every outcome: its p-value and interval hold
/// at every moment at once (a mixture sequential probability ratio test). ``tau`` is the size of effect that it is
/// tuned to.
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
    fn stand(&self) -> &'static str {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).stand() {
            evaluation::Stand::GoOn => "go on",
            evaluation::Stand::Launch => "launch",
            evaluation::Stand::Stop => "stop",
        }
    }

    /// The probability that it is good.
    #[getter]
    fn belief(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).belief()
    }
}

/// Give each customer at most one action, so that values sum to as much as the limits allow.
///
/// ``value`` is customers x actions; NaN and what is not above 0 is never chosen. Each limit is a capacity and what
/// actions take of it: a number an action, or customers x actions. The plan keeps every limit, and says how far it
/// may be from the best there is; small ones are exact.
///
/// >>> plan = bt.evaluation.allocate([[5, 4], [3, 2.9]], [(1, [1, 0])])
/// >>> plan.choice, plan.value, plan.gap
/// ([0, 1], 7.9, 0.0)
#[pyfunction]
#[pyo3(signature = (value, limits=Vec::new()))]
pub(crate) fn allocate(
    py: Python<'_>,
    value: &Bound<'_, PyAny>,
    limits: Vec<(f64, Bound<'_, PyAny>)>,
) -> PyResult<Allocation> {
    let (value, actions) = flat(value)?;
    let uses = limits.iter().map(|(_, uses)| taken(uses)).collect::<PyResult<Vec<(Vec<f64>, bool)>>>()?;
    let limits: Vec<Limit<'_>> = limits
        .iter()
        .zip(&uses)
        .map(|((capacity, _), (uses, cells))| Limit {
            capacity: *capacity,
            uses: if *cells { Uses::PerCell(uses) } else { Uses::PerAction(uses) },
        })
        .collect();
    call(py, || planning::allocate(Options { value: &value, actions }, &limits)).map(Allocation)
}

/// A matrix row after row, and its width.
fn flat(matrix: &Bound<'_, PyAny>) -> PyResult<(Vec<f64>, usize)> {
    let matrix = Matrix::of(matrix, |names| Ok((0..names.len()).collect()))?;
    let slices = matrix.slices()?;
    let inputs = slices.inputs().or_raise()?;
    let width = inputs.features();
    let row = |row: usize| (0..width).map(move |column| inputs.value(row, column));
    Ok(((0..inputs.rows()).flat_map(row).collect(), width))
}

/// What actions take of a limit, and whether it differs by customer.
fn taken(uses: &Bound<'_, PyAny>) -> PyResult<(Vec<f64>, bool)> {
    match numbers(uses) {
        Ok(uses) => Ok((slice(&uses)?.to_vec(), false)),
        Err(_) => flat(uses).map(|(cells, _)| (cells, true)),
    }
}

/// A plan that keeps every limit.
///
/// >>> bt.evaluation.allocate([[5.0], [3.0]], [(1, [1])]).prices
/// [3.0]
#[pyclass(module = "bactrian.evaluation", frozen)]
pub(crate) struct Allocation(planning::Plan);

#[pymethods]
impl Allocation {
    /// The action of each customer; ``None`` for none.
    #[getter]
    fn choice(&self) -> &[Option<usize>] {
        &self.0.choice
    }

    /// What the plan is worth.
    #[getter]
    fn value(&self) -> f64 {
        self.0.value
    }

    /// No plan is worth more than this.
    #[getter]
    fn bound(&self) -> f64 {
        self.0.bound
    }

    /// (bound - value) / bound.
    #[getter]
    fn gap(&self) -> f64 {
        self.0.gap()
    }

    /// How much of each limit is used.
    #[getter]
    fn used(&self) -> &[f64] {
        &self.0.used
    }

    /// What one more unit of each limit would be worth.
    #[getter]
    fn prices(&self) -> &[f64] {
        &self.0.prices
    }

    /// Whether no plan is better.
    #[getter]
    fn exact(&self) -> bool {
        self.0.exact
    }

    fn __repr__(&self) -> String {
        format!("Allocation(value={}, gap={})", self.0.value, self.0.gap())
    }
}

/// Give each customer to one agent, so that as many as possible are served and the scores sum to the most; an agent
/// takes at most ``capacity``. ``score`` is customers x agents, NaN where one can't serve the other. Gives the agents
/// (``None`` for none) and the sum; exact.
///
/// >>> bt.evaluation.assign([[9, 8], [7, 1]])
/// ([1, 0], 15.0)
#[pyfunction]
#[pyo3(signature = (score, capacity=None))]
pub(crate) fn assign(
    py: Python<'_>,
    score: &Bound<'_, PyAny>,
    capacity: Option<Vec<usize>>,
) -> PyResult<(Vec<Option<usize>>, f64)> {
    let (score, agents) = flat(score)?;
    let capacity = capacity.unwrap_or_else(|| vec![1; agents]);
    if capacity.len() != agents {
        let message = format!("{} capacities for {agents} agents", capacity.len());
        return Err(raised(&Error::new(ErrorKind::SchemaRange, message)));
    }
    call(py, || planning::assign(&score, &capacity)).map(|found| (found.agent, found.score))
}

/// Spend budgets on customers who come one after another: prices of the budgets follow the spending (dual mirror
/// descent; Balseiro, Lu, Mirrokni 2020). No budget is ever overdrawn.
///
/// ``rounds`` is how many customers are expected; ``step`` is about a value divided by the square root of the rounds:
/// a price moves by ``step`` times (spent / rate - 1), the rate being budget / rounds.
///
/// >>> pacer = bt.evaluation.Pacer([10], rounds=100, step=0.5)
/// >>> taken = [pacer.choose([i % 10], [[1]]) for i in range(100)]
/// >>> pacer.left[0] == 10 - sum(action is not None for action in taken) >= 0
/// True
#[pyclass(module = "bactrian.evaluation", frozen)]
pub(crate) struct Pacer(Mutex<planning::Pacer>);

#[pymethods]
impl Pacer {
    #[new]
    #[pyo3(signature = (budgets, *, rounds, step))]
    fn new(budgets: Vec<f64>, rounds: u64, step: f64) -> PyResult<Self> {
        planning::Pacer::new(&budgets, rounds, step).or_raise().map(|core| Pacer(Mutex::new(core)))
    }

    /// The action of the next customer, or ``None``: what each is worth, and for every budget what each takes.
    fn choose(&self, values: Vec<f64>, uses: Vec<Vec<f64>>) -> PyResult<Option<usize>> {
        let uses: Vec<f64> = uses.into_iter().flatten().collect();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).choose(&values, &uses).or_raise()
    }

    /// What is left of each budget.
    #[getter]
    fn left(&self) -> Vec<f64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).left().to_vec()
    }

    /// The price of a unit of each budget.
    #[getter]
    fn prices(&self) -> Vec<f64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).prices()
    }
}
