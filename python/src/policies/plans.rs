//! Plans under limits.

use std::sync::{Mutex, PoisonError};

use bactrian::models::planning::{self, Limit, Options, Uses};
use bactrian::{Error, ErrorKind};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use crate::error::{OrRaise, call, raised};
use crate::models::{Count, Matrix, Most, numbers, slice};

/// Give each customer at most ``n`` actions, so that values sum to as much as the limits allow.
///
/// ``value`` is customers x actions; NaN and what is not above 0 is never chosen. Each limit is a capacity and what
/// actions take of it: a number an action, or customers x actions. The plan keeps every capacity, and says how far it
/// may be from the best there is; small ones are exact. ``at_least`` says of each limit how much should be used: to be
/// short of it in all by as little as can be goes before what the plan is worth, and stands in ``short``.
///
/// >>> plan = bt.evaluation.allocate([[5, 4], [3, 2.9]], [(1, [1, 0])])
/// >>> plan.choice, plan.value, plan.gap
/// ([0, 1], 7.9, 0.0)
#[pyfunction]
#[pyo3(signature = (value, limits=Vec::new(), *, n=Most(1), at_least=None))]
pub(crate) fn allocate(
    py: Python<'_>,
    value: &Bound<'_, PyAny>,
    limits: Vec<(f64, Bound<'_, PyAny>)>,
    n: Most,
    at_least: Option<Vec<f64>>,
) -> PyResult<Allocation> {
    let least = at_least.unwrap_or_else(|| vec![0.0; limits.len()]);
    if least.len() != limits.len() {
        let message = format!("{} leasts for {} limits", least.len(), limits.len());
        return Err(raised(&Error::new(ErrorKind::SchemaRange, message)));
    }
    let (value, actions) = flat(value)?;
    let uses = limits.iter().map(|(_, uses)| taken(uses)).collect::<PyResult<Vec<(Vec<f64>, bool)>>>()?;
    let limits: Vec<Limit<'_>> = limits
        .iter()
        .zip(&uses)
        .zip(&least)
        .map(|(((capacity, _), (uses, cells)), least)| Limit {
            capacity: *capacity,
            least: *least,
            uses: if *cells { Uses::PerCell(uses) } else { Uses::PerAction(uses) },
        })
        .collect();
    let options = Options { value: &value, actions, most: n.0, caps: &[] };
    call(py, || planning::allocate(options, &limits)).map(|plan| Allocation { plan, several: n.0 != 1 })
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
pub(crate) struct Allocation {
    plan: planning::Plan,
    several: bool,
}

#[pymethods]
impl Allocation {
    /// The action of each customer, ``None`` for none; with an ``n`` above 1 the list of their actions.
    #[getter]
    fn choice<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if !self.several {
            return self.plan.choice.as_slice().into_bound_py_any(py);
        }
        let own = |own: &[Option<usize>]| own.iter().flatten().copied().collect::<Vec<usize>>();
        self.plan.choice.chunks(self.plan.most).map(own).collect::<Vec<_>>().into_bound_py_any(py)
    }

    /// What the plan is worth.
    #[getter]
    fn value(&self) -> f64 {
        self.plan.value
    }

    /// No plan is worth more than this; where leasts are missed, none that is short of them by no more in all.
    #[getter]
    fn bound(&self) -> f64 {
        self.plan.bound
    }

    /// (bound - value) / bound; of how short a plan must be of its leasts it says nothing.
    #[getter]
    fn gap(&self) -> f64 {
        self.plan.gap()
    }

    /// How much of each limit is used.
    #[getter]
    fn used(&self) -> &[f64] {
        &self.plan.used
    }

    /// By how much the use of each limit falls short of its least.
    #[getter]
    fn short(&self) -> &[f64] {
        &self.plan.short
    }

    /// What one more unit of each limit would be worth; below 0 where a least costs that much.
    #[getter]
    fn prices(&self) -> &[f64] {
        &self.plan.prices
    }

    /// Whether no plan is better.
    #[getter]
    fn exact(&self) -> bool {
        self.plan.exact
    }

    fn __repr__(&self) -> String {
        format!("Allocation(value={}, gap={})", self.plan.value, self.plan.gap())
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
    capacity: Option<Vec<Count>>,
) -> PyResult<(Vec<Option<usize>>, f64)> {
    let (score, agents) = flat(score)?;
    let capacity = capacity.map_or_else(|| vec![1; agents], |given| given.into_iter().map(|most| most.0).collect());
    if capacity.len() != agents {
        let message = format!("{} capacities for {agents} agents", capacity.len());
        return Err(raised(&Error::new(ErrorKind::SchemaRange, message)));
    }
    call(py, || planning::assign(&score, &capacity)).map(|found| (found.agent, found.score))
}

/// Spend budgets on customers who come one after another: prices of the budgets follow the spending (dual mirror
/// descent; Balseiro, Lu, Mirrokni 2020). No budget is ever overdrawn.
///
/// ``rounds`` is how many customers are expected; ``step`` is about value x (rate / use) ** 1.5 / sqrt(rounds), with the
/// value and the use of those who should get something, and budget / rounds as the rate: a price moves by ``step`` times
/// (spent / rate - 1), and larger steps let it swing beyond what anything is worth.
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
    fn new(budgets: Vec<f64>, rounds: Count, step: f64) -> PyResult<Self> {
        planning::Pacer::new(&budgets, rounds.0 as u64, step).or_raise().map(|core| Pacer(Mutex::new(core)))
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
