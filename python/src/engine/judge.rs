//! What another definition or policy would have brought.

use std::collections::BTreeMap;

use bactrian::{Error, ErrorKind, Policy};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::Engine;
use crate::definition::Definition;
use crate::error::{call, raised};
use crate::input::{Customer, Customers, Moment, type_name};
use crate::models::Count;
use crate::output::{Backtest, Evaluated, Table};
use crate::policies::ResponseByContact;

#[pymethods]
impl Engine {
    /// What another definition would have decided wherever the journal holds a decision at or after ``since``: as in
    /// the shadow of the one that ran. Writes nothing. Costs a replay of the journal.
    ///
    /// >>> found = engine.backtest(engine.definition)
    /// >>> found.agreed == found.decisions
    /// True
    #[pyo3(signature = (definition, since=None))]
    fn backtest(
        &self,
        py: Python<'_>,
        definition: &Bound<'_, Definition>,
        since: Option<Moment>,
    ) -> PyResult<Backtest> {
        let definition = &definition.get().core.0;
        call(py, || self.core.backtest(definition, since.map(|since| since.0))).map(Backtest)
    }

    /// What a policy would have brought, by the recorded decisions, their propensities and what came of them. The
    /// policy is a ``Definition``, the name of an action that is always taken (``"action.arm"`` is always one arm of it),
    /// ``None`` for silence, or a dict of the probabilities with which it does what was done, by decision; of a dict
    /// there is no ``dm``, ``dr`` and ``switch_dr``, since what it does otherwise is unknown.
    ///
    /// Of a slate the first place counts. What came after silence counts as what came after an action does: declare
    /// the ``within`` of ``[decide]`` and learn both, or actions seem to bring all that was bought after them.
    /// Decisions count once they are older than the longest window of any of them. Its ``gain`` says "cannot tell"
    /// below 50 effective decisions, where the policy does what was never tried, or is silent more or less often than
    /// the log and outcomes of silence are not taken.
    #[pyo3(signature = (policy, since=None))]
    fn evaluate(&self, policy: &Bound<'_, PyAny>, since: Option<Moment>) -> PyResult<Evaluated> {
        let (py, since) = (policy.py(), since.map(|since| since.0));
        let run = |policy: Policy<'_>| call(py, || self.core.evaluate(policy, since)).map(Evaluated);
        if policy.is_none() {
            return run(Policy::Always(None));
        }
        if let Ok(definition) = policy.cast::<Definition>() {
            return run(Policy::Definition(&definition.get().core.0));
        }
        if let Ok(name) = policy.extract::<String>() {
            return run(Policy::Always(Some(&name)));
        }
        let told: BTreeMap<u64, f64> = policy.extract().map_err(|_| {
            let text =
                format!("a policy is a definition, an action, `None` or a dict, and this is a `{}`", type_name(policy));
            raised(&Error::new(ErrorKind::SchemaType, text))
        })?;
        let told: Vec<(u64, f64)> = told.into_iter().collect();
        run(Policy::Propensities(&told))
    }

    /// The effect of every action, and each of its ``arms``, by its control: what came of those to whom it was sent less
    /// what came of those from whom it was withheld at random, by the cells of a segment if given. A row holds ``action``,
    /// ``arm`` (where there are any), ``sent``, ``withheld`` and of ``success`` and ``money`` the effect with ``.low``,
    /// ``.high``, ``.q`` and ``.claim``: of all that are claimed 5% are false on average. Of an action with arms a customer
    /// counts once, and of a slate the first place. ``before`` is a column known before, which takes noise out (CUPED).
    #[pyo3(signature = (segment=None, *, before=None, since=None))]
    fn effects(
        &self,
        py: Python<'_>,
        segment: Option<&str>,
        before: Option<&str>,
        since: Option<Moment>,
    ) -> PyResult<Table> {
        call(py, || self.core.effects(segment, before, since.map(|since| since.0))).map(Table)
    }

    /// Where the trials of new actions stand: a row an action with ``action``, ``successes``, ``failures``, ``stand``
    /// (``go on``, ``launch``, ``stop``), ``belief`` that it is good, and the ``share`` of customers who may get it.
    fn trials(&self, py: Python<'_>) -> PyResult<Table> {
        call(py, || self.core.trials()).map(Table)
    }

    /// How the response to an action with ``by_contact`` falls from one contact to the next; "cannot tell" where none was
    /// withheld at random.
    fn response_by_contact(&self, py: Python<'_>, action: &str) -> PyResult<ResponseByContact> {
        call(py, || self.core.response_by_contact(action)).map(ResponseByContact)
    }

    /// Give each customer, or everyone, to one of some agents, so that as many as possible are served and what the
    /// column ``score`` says of the customer toward the agent sums to the most. ``agents`` is a dict of how many each
    /// takes at most, or a list of agents who take one each. Gives a table (``customer``, ``agent``, ``score``) and the
    /// sum; exact. Records nothing.
    #[pyo3(signature = (agents, score, *, customers=None, at=None))]
    fn assign(
        &self,
        py: Python<'_>,
        agents: &Bound<'_, PyAny>,
        score: &str,
        customers: Option<Customers>,
        at: Option<Moment>,
    ) -> PyResult<(Table, f64)> {
        let agents: Vec<(Customer, usize)> = match agents.cast::<PyDict>() {
            Ok(dict) => dict
                .iter()
                .map(|(id, most)| Ok((id.extract()?, most.extract::<Count>()?.0)))
                .collect::<PyResult<_>>()?,
            Err(_) => agents.try_iter()?.map(|id| Ok((id?.extract()?, 1))).collect::<PyResult<_>>()?,
        };
        let agents: Vec<(bactrian::Id<'_>, usize)> = agents.iter().map(|(id, most)| (id.id(), *most)).collect();
        let ids = customers.as_ref().map(Customers::ids);
        let found = call(py, || self.core.assign(ids.as_deref(), &agents, score, at.map(|at| at.0)))?;
        Ok((Table(found.table), found.score))
    }

    /// The definitions that were in force, the first first; ``redefine`` to one of them rolls back.
    ///
    /// >>> engine.versions()[-1].to_dict() == engine.definition.to_dict()
    /// True
    fn versions(&self, py: Python<'_>) -> PyResult<Vec<Definition>> {
        let versions = call(py, || self.core.versions())?;
        Ok(versions.into_iter().map(|version| Definition::of(version.definition)).collect())
    }
}
