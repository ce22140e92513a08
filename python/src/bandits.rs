//! `bactrian.bandits`: which arm to try next.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bactrian::models::bandit::{self, Bandit, Policy, Rewards};
use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::error::{OrRaise, call, raised};
use crate::models::{Count, Matrix, array, numbers, slice};

/// The names of a bandit's arms, and what it knows.
struct Named<T> {
    arms: Vec<Py<PyAny>>,
    core: Mutex<T>,
}

impl<T> Named<T> {
    /// Errors where two arms have one name.
    fn new(py: Python<'_>, arms: Vec<Py<PyAny>>, core: T) -> PyResult<Self> {
        for (place, name) in arms.iter().enumerate() {
            for earlier in &arms[..place] {
                if earlier.bind(py).eq(name)? {
                    let name = name.bind(py).repr()?;
                    return Err(raised(&Error::new(ErrorKind::SchemaRange, format!("two actions are called {name}"))));
                }
            }
        }
        Ok(Named { arms, core: Mutex::new(core) })
    }

    fn core(&self) -> MutexGuard<'_, T> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of an arm.
    fn arm(&self, name: &Bound<'_, PyAny>) -> PyResult<usize> {
        if let Some(place) = self.arms.iter().position(|arm| arm.is(name)) {
            return Ok(place);
        }
        for (place, arm) in self.arms.iter().enumerate() {
            if arm.bind(name.py()).eq(name)? {
                return Ok(place);
            }
        }
        Err(raised(&Error::new(ErrorKind::UnknownColumn, format!("no action is called {}", name.repr()?))))
    }

    /// A mark for each arm: whether it is among those allowed.
    fn allowed(&self, names: Option<Vec<Bound<'_, PyAny>>>) -> PyResult<Option<Vec<bool>>> {
        let Some(names) = names else { return Ok(None) };
        let mut marks = vec![false; self.arms.len()];
        for name in &names {
            marks[self.arm(name)?] = true;
        }
        Ok(Some(marks))
    }

    fn chosen(&self, py: Python<'_>, choice: bandit::Choice) -> (Py<PyAny>, f64) {
        (self.arms[choice.arm].clone_ref(py), choice.propensity)
    }
}

fn row<'py>(context: &Bound<'py, PyAny>) -> PyResult<Vec<f64>> {
    // By far the most common, and the cheapest to recognise.
    if let Ok(list) = context.cast_exact::<PyList>() {
        return list.iter().map(|number| number.extract()).collect();
    }
    match context.cast::<numpy::PyArray1<f64>>() {
        Ok(_) => Ok(slice(&numbers(context)?)?.to_vec()),
        Err(_) => context.extract(),
    }
}

/// A bandit whose arms are judged in a context, the same in all three policies.
#[pyclass(module = "bactrian.bandits", subclass, frozen)]
pub(crate) struct ContextualBandit(Named<Bandit>);

#[pymethods]
impl ContextualBandit {
    /// Choose an action in a context, a number for every feature, among those ``allowed`` (all, by default): gives
    /// it and the probability with which it was chosen. What is allowed changes no score.
    #[pyo3(signature = (context, allowed=None))]
    fn choose(
        &self,
        py: Python<'_>,
        context: &Bound<'_, PyAny>,
        allowed: Option<Vec<Bound<'_, PyAny>>>,
    ) -> PyResult<(Py<PyAny>, f64)> {
        let (context, allowed) = (row(context)?, self.0.allowed(allowed)?);
        let choice = self.0.core().choose(&context, allowed.as_deref()).or_raise()?;
        Ok(self.0.chosen(py, choice))
    }

    /// Learn the reward of an action in a context.
    fn learn(&self, context: &Bound<'_, PyAny>, action: &Bound<'_, PyAny>, reward: f64) -> PyResult<()> {
        let (context, arm) = (row(context)?, self.0.arm(action)?);
        self.0.core().learn(&context, arm, reward).or_raise()
    }

    /// Learn a log, row after row, as ``learn`` one by one, to the bit. A row that can't be learnt raises, and the
    /// whole call then teaches nothing.
    fn learn_rows(
        &self,
        py: Python<'_>,
        contexts: &Bound<'_, PyAny>,
        actions: Vec<Bound<'_, PyAny>>,
        rewards: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let arms = actions.iter().map(|name| self.0.arm(name)).collect::<PyResult<Vec<usize>>>()?;
        let (matrix, rewards) = (Matrix::of(contexts, |names| Ok((0..names.len()).collect()))?, numbers(rewards)?);
        let (slices, rewards) = (matrix.slices()?, slice(&rewards)?);
        call(py, || self.0.core().learn_rows(&slices.inputs()?, &arms, rewards))
    }

    /// The reward to expect of every action in a context, in the order of ``actions``.
    fn expectations(&self, py: Python<'_>, context: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let context = row(context)?;
        let found = self.0.core().expectations(&context).or_raise()?;
        array(py, found, &[])
    }

    /// The probability with which each action would be chosen, in the order of ``actions``.
    #[pyo3(signature = (context, allowed=None))]
    fn probabilities(
        &self,
        py: Python<'_>,
        context: &Bound<'_, PyAny>,
        allowed: Option<Vec<Bound<'_, PyAny>>>,
    ) -> PyResult<Py<PyAny>> {
        let (context, allowed) = (row(context)?, self.0.allowed(allowed)?);
        let found = self.0.core().probabilities(&context, allowed.as_deref()).or_raise()?;
        array(py, found, &[])
    }

    /// The actions.
    #[getter]
    fn actions(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        self.0.arms.iter().map(|arm| arm.clone_ref(py)).collect()
    }

    /// What was learnt, as text, without the names of the actions.
    fn to_json(&self) -> String {
        self.0.core().to_json()
    }

    /// Take what ``to_json`` gave, of a bandit with as many actions and features: it goes on with the same bits.
    fn load_json(&self, text: &str) -> PyResult<()> {
        let found = Bandit::from_json(text).or_raise()?;
        let mut core = self.0.core();
        if (found.arms(), found.features()) != (core.arms(), core.features()) {
            return Err(raised(&Error::new(ErrorKind::SchemaRange, "a bandit of other actions or features")));
        }
        *core = found;
        Ok(())
    }
}

fn contextual(
    py: Python<'_>,
    actions: Vec<Py<PyAny>>,
    features: usize,
    policy: Policy,
    logistic: bool,
    (ridge, discount, seed): (f64, f64, u64),
) -> PyResult<ContextualBandit> {
    let rewards = if logistic { Rewards::Logistic } else { Rewards::Linear };
    let core =
        Bandit::new(actions.len(), features, policy, rewards).and_then(|bandit| bandit.with(ridge, discount, seed));
    Named::new(py, actions, core.or_raise()?).map(ContextualBandit)
}

/// The upper bound ``mean + alpha x deviation`` decides (Li, Chu, Langford, Schapire 2010), over ridge regression an
/// action, updated exactly; ``alpha`` 0 is greedy. With a ``discount`` below 1 old rewards fade. An unknown number
/// (NaN) counts as 0; an intercept is a feature of 1.
///
/// >>> bandit = bt.bandits.LinUCB(["call", "mail"], features=1)
/// >>> for _ in range(50):
/// ...     action, propensity = bandit.choose([1.0])
/// ...     bandit.learn([1.0], action, 1.0 if action == "mail" else 0.2)
/// >>> bandit.choose([1.0])
/// ('mail', 1.0)
/// >>> bandit.choose([1.0], allowed=["call"])
/// ('call', 1.0)
#[pyclass(module = "bactrian.bandits", extends = ContextualBandit, frozen)]
pub(crate) struct LinUCB;

#[pymethods]
impl LinUCB {
    #[new]
    #[pyo3(signature = (actions, features, *, alpha=1.0, ridge=1.0, discount=1.0))]
    fn new(
        py: Python<'_>,
        actions: Vec<Py<PyAny>>,
        features: Count,
        alpha: f64,
        ridge: f64,
        discount: f64,
    ) -> PyResult<PyClassInitializer<Self>> {
        let base = contextual(py, actions, features.0, Policy::UpperBound(alpha), false, (ridge, discount, 0))?;
        Ok(PyClassInitializer::from(base).add_subclass(LinUCB))
    }
}

/// Thompson's sampling (Agrawal, Goyal 2013): each action with the probability that it is the best, under
/// deviations times ``scale``. ``rewards`` are ``"linear"`` (ridge regression) or ``"logistic"`` (Bayesian
/// logistic regression of rewards in [0, 1]).
///
/// >>> bandit = bt.bandits.LinTS([1, 2], features=1, seed=7)
/// >>> bandit.probabilities([1.0]).round(6)
/// array([0.5, 0.5])
#[pyclass(module = "bactrian.bandits", extends = ContextualBandit, frozen)]
pub(crate) struct LinTS;

#[pymethods]
impl LinTS {
    #[new]
    #[pyo3(signature = (actions, features, *, scale=1.0, rewards="linear", ridge=1.0, discount=1.0, seed=Count(0)))]
    #[expect(clippy::too_many_arguments, reason = "each has a name in Python")]
    fn new(
        py: Python<'_>,
        actions: Vec<Py<PyAny>>,
        features: Count,
        scale: f64,
        rewards: &str,
        ridge: f64,
        discount: f64,
        seed: Count,
    ) -> PyResult<PyClassInitializer<Self>> {
        let logistic = is_logistic(rewards)?;
        let base =
            contextual(py, actions, features.0, Policy::Thompson(scale), logistic, (ridge, discount, seed.0 as u64))?;
        Ok(PyClassInitializer::from(base).add_subclass(LinTS))
    }
}

/// Inverse gap weighting (Foster, Rakhlin 2020): an action that is ``gap`` below the best is chosen with
/// ``1 / (actions + gamma x gap)``, the best with the rest. ``rewards`` as in ``LinTS``.
///
/// >>> bandit = bt.bandits.SquareCB(["a", "b"], features=1, gamma=8.0)
/// >>> bandit.learn([1.0], "b", 1.0)
/// >>> bandit.probabilities([1.0]).round(4)
/// array([0.1667, 0.8333])
#[pyclass(module = "bactrian.bandits", extends = ContextualBandit, frozen)]
pub(crate) struct SquareCB;

#[pymethods]
impl SquareCB {
    #[new]
    #[pyo3(signature = (actions, features, *, gamma=10.0, rewards="linear", ridge=1.0, discount=1.0, seed=Count(0)))]
    #[expect(clippy::too_many_arguments, reason = "each has a name in Python")]
    fn new(
        py: Python<'_>,
        actions: Vec<Py<PyAny>>,
        features: Count,
        gamma: f64,
        rewards: &str,
        ridge: f64,
        discount: f64,
        seed: Count,
    ) -> PyResult<PyClassInitializer<Self>> {
        let logistic = is_logistic(rewards)?;
        let base = contextual(
            py,
            actions,
            features.0,
            Policy::InverseGaps(gamma),
            logistic,
            (ridge, discount, seed.0 as u64),
        )?;
        Ok(PyClassInitializer::from(base).add_subclass(SquareCB))
    }
}

fn is_logistic(rewards: &str) -> PyResult<bool> {
    match rewards {
        "linear" => Ok(false),
        "logistic" => Ok(true),
        other => {
            let error = Error::new(ErrorKind::SchemaRange, format!("rewards can't be `{other}`"));
            Err(raised(&error.hint("linear or logistic")))
        }
    }
}

/// Thompson's sampling of actions that succeed or fail, without a context, each under a Beta ``prior`` of so many
/// successes and failures; with a ``discount`` below 1 old rewards fade.
///
/// >>> bandit = bt.bandits.BetaBernoulli(["call", "mail"], seed=7)
/// >>> for _ in range(20):
/// ...     bandit.learn("call", 0)
/// ...     bandit.learn("mail", 1)
/// >>> action, propensity = bandit.choose()
/// >>> action, round(propensity, 3)
/// ('mail', 1.0)
#[pyclass(module = "bactrian.bandits", frozen)]
pub(crate) struct BetaBernoulli(Named<bandit::BetaBernoulli>);

#[pymethods]
impl BetaBernoulli {
    #[new]
    #[pyo3(signature = (actions, *, prior=(1.0, 1.0), discount=1.0, seed=Count(0)))]
    fn new(py: Python<'_>, actions: Vec<Py<PyAny>>, prior: (f64, f64), discount: f64, seed: Count) -> PyResult<Self> {
        let core = bandit::BetaBernoulli::new(actions.len(), prior, discount, seed.0 as u64).or_raise()?;
        Named::new(py, actions, core).map(BetaBernoulli)
    }

    /// Choose an action among those ``allowed`` (all, by default): gives it and the probability with which it was
    /// chosen.
    #[pyo3(signature = (allowed=None))]
    fn choose(&self, py: Python<'_>, allowed: Option<Vec<Bound<'_, PyAny>>>) -> PyResult<(Py<PyAny>, f64)> {
        let allowed = self.0.allowed(allowed)?;
        let choice = self.0.core().choose(allowed.as_deref()).or_raise()?;
        Ok(self.0.chosen(py, choice))
    }

    /// Learn the reward of an action, in [0, 1]: so much of a success.
    fn learn(&self, action: &Bound<'_, PyAny>, reward: f64) -> PyResult<()> {
        let arm = self.0.arm(action)?;
        self.0.core().learn(arm, reward).or_raise()
    }

    /// The share of successes to expect of every action, in the order of ``actions``.
    fn expectations(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let found = self.0.core().beliefs().into_iter().map(bandit::Beta::mean).collect();
        array(py, found, &[])
    }

    /// The probability with which each action would be chosen, in the order of ``actions``.
    #[pyo3(signature = (allowed=None))]
    fn probabilities(&self, py: Python<'_>, allowed: Option<Vec<Bound<'_, PyAny>>>) -> PyResult<Py<PyAny>> {
        let allowed = self.0.allowed(allowed)?;
        let found = self.0.core().probabilities(allowed.as_deref()).or_raise()?;
        array(py, found, &[])
    }

    /// The actions.
    #[getter]
    fn actions(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        self.0.arms.iter().map(|arm| arm.clone_ref(py)).collect()
    }

    /// What was learnt, as text, without the names of the actions.
    fn to_json(&self) -> String {
        self.0.core().to_json()
    }

    /// Take what ``to_json`` gave, of a bandit with as many actions: it goes on with the same bits.
    fn load_json(&self, text: &str) -> PyResult<()> {
        let found = bandit::BetaBernoulli::from_json(text).or_raise()?;
        let mut core = self.0.core();
        if found.beliefs().len() != core.beliefs().len() {
            return Err(raised(&Error::new(ErrorKind::SchemaRange, "a bandit of other actions")));
        }
        *core = found;
        Ok(())
    }
}
