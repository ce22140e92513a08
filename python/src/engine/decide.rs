//! What to do next, and what came of it.

use std::collections::BTreeMap;

use pyo3::prelude::*;

use super::Engine;
use crate::error::call;
use crate::host;
use crate::input::{Context, Customer, Customers, Moment};
use crate::models::{Count, Most};
use crate::output::{Decision, Plan, RecordedDecision, Table};

#[pymethods]
impl Engine {
    /// Decide what to do next for a customer, toward a peer if given; ``record=False`` looks only.
    ///
    /// ``context`` is what is known of this moment, by the words of ``[context]``; ``n`` is the most actions, at
    /// most one of a group: ``slate`` has all of them.
    ///
    /// >>> engine.decide("anna", record=False).action
    /// 'recipe_box'
    #[pyo3(signature = (customer, *, toward=None, context=None, at=None, n=Most(1), record=true))]
    #[expect(clippy::too_many_arguments, reason = "the words of the call")]
    fn decide(
        &self,
        py: Python<'_>,
        customer: Customer,
        toward: Option<Customer>,
        context: Option<Context>,
        at: Option<Moment>,
        n: Most,
        record: bool,
    ) -> PyResult<Decision> {
        let asked = host::Asked { toward, context: context.unwrap_or_default(), at, n: n.0, record };
        host::decide(py, &self.core, customer.id(), &asked)
    }

    /// Decide for many customers, or for everyone: ``customer``, ``action`` (unknown is silence),
    /// ``priority``, ``propensity``, ``why``, ``decision`` (the id). With ``n`` above one a customer has a row for
    /// each action of the slate.
    ///
    /// >>> engine.decide_batch(["anna", "cleo"], record=False)["action"]
    /// ['recipe_box', None]
    #[pyo3(signature = (customers=None, *, toward=None, context=None, at=None, n=Most(1), record=true))]
    #[expect(clippy::too_many_arguments, reason = "the words of the call")]
    fn decide_batch(
        &self,
        py: Python<'_>,
        customers: Option<Customers>,
        toward: Option<Customer>,
        context: Option<Context>,
        at: Option<Moment>,
        n: Most,
        record: bool,
    ) -> PyResult<Table> {
        let asked = host::Asked { toward, context: context.unwrap_or_default(), at, n: n.0, record };
        host::set_ceiling(&self.core);
        let ids = customers.as_ref().map(Customers::ids);
        call(py, || asked.with(|ask| self.core.decide_batch(ids.as_deref(), ask))).map(Table)
    }

    /// Plan ``n`` actions at most for each customer, or for everyone, so that what the actions are worth beyond the price
    /// of attention sums to as much as a ``budget`` of costs and ``capacity`` (how many contacts an action, a channel or a
    /// group may have, by name) allow; ``at_least`` says how many they should have. Records nothing.
    ///
    /// Limits are always kept. Leasts that can't be met together are met as far as was found, as many contacts in all
    /// as there can be, and stand in ``unmet``; ``bound`` and ``gap`` are then of the plans that miss no more.
    ///
    /// >>> engine.plan(capacity={"email": 1}).table["action"].count("recipe_box")
    /// 1
    #[pyo3(signature = (customers=None, *, budget=None, capacity=None, at_least=None, n=Most(1), at=None, context=None))]
    #[expect(clippy::too_many_arguments, reason = "the words of the call")]
    fn plan(
        &self,
        py: Python<'_>,
        customers: Option<Customers>,
        budget: Option<f64>,
        capacity: Option<BTreeMap<String, f64>>,
        at_least: Option<BTreeMap<String, f64>>,
        n: Most,
        at: Option<Moment>,
        context: Option<Context>,
    ) -> PyResult<Plan> {
        let ids = customers.as_ref().map(Customers::ids);
        let asked = host::Asked { toward: None, context: context.unwrap_or_default(), at, n: n.0, record: false };
        let (capacity, least) = (capacity.unwrap_or_default(), at_least.unwrap_or_default());
        let (capacity, least) = (borrowed(&capacity), borrowed(&least));
        let means = bactrian::Means { budget, capacity: &capacity, least: &least };
        call(py, || asked.with(|ask| self.core.plan(ids.as_deref(), ask, &means))).map(Plan)
    }

    /// Where each action falls for some customers, or for everyone, without recording anything: ``action``,
    /// ``customers``, how many fell at each stage, and ``chosen``; the last row is silence.
    #[pyo3(signature = (customers=None, *, toward=None, context=None, at=None, n=Most(1)))]
    fn funnel(
        &self,
        py: Python<'_>,
        customers: Option<Customers>,
        toward: Option<Customer>,
        context: Option<Context>,
        at: Option<Moment>,
        n: Most,
    ) -> PyResult<Table> {
        let ids = customers.as_ref().map(Customers::ids);
        let asked = host::Asked { toward, context: context.unwrap_or_default(), at, n: n.0, record: false };
        call(py, || asked.with(|ask| self.core.funnel(ids.as_deref(), ask))).map(Table)
    }

    /// What was expected of each action and what came of it: ``action`` (unknown is silence), ``process``,
    /// ``decisions``, ``withheld``, ``expected``, ``cost``, ``realised``, ``answered``, ``open``, ``expired``, and
    /// ``outcome.KIND`` for each kind of outcome. With a segment, a row a cell and action, the cell in which the
    /// customer was when the decision was taken in a first column ``cell``.
    #[pyo3(signature = (segment=None))]
    fn ledger(&self, py: Python<'_>, segment: Option<&str>) -> PyResult<Table> {
        match segment {
            None => call(py, || self.core.ledger()),
            Some(segment) => call(py, || self.core.ledger_by(segment)),
        }
        .map(Table)
    }

    /// What has been learnt of the response to actions with a ``response_model``: ``action``, ``cell`` (unknown is
    /// the action as a whole), ``successes`` and ``failures`` (all that there were), ``trials`` (how many these count
    /// for now, as ``half_life`` and ``delays`` say), ``response``, ``standard_deviation``.
    fn responses(&self, py: Python<'_>) -> PyResult<Table> {
        call(py, || self.core.responses()).map(Table)
    }

    /// A decision as the journal has it, by its id: every candidate with its factors, under the definition of
    /// its time. Costs a pass over the journal.
    ///
    /// >>> decision = engine.decide("anna")
    /// >>> recorded = engine.recorded(decision.id)
    /// >>> recorded.action == decision.action, [candidate.action for candidate in recorded.candidates]
    /// (True, ['recipe_box', 'call'])
    fn recorded(&self, py: Python<'_>, decision: Count) -> PyResult<RecordedDecision> {
        call(py, || self.core.recorded(decision.0 as u64)).map(RecordedDecision)
    }
}

/// Numbers by name, as the core takes them.
fn borrowed(all: &BTreeMap<String, f64>) -> Vec<(&str, f64)> {
    all.iter().map(|(name, number)| (name.as_str(), *number)).collect()
}
