//! `bactrian.Backtest` and `bactrian.Evaluated`.

use pyo3::prelude::*;

use super::Table;
use crate::policies::{OffPolicy, Value};

/// What another definition would have done with the decisions of a journal.
///
/// >>> found = engine.backtest(engine.definition)
/// >>> found.agreed == found.decisions
/// True
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct Backtest(pub(crate) bactrian::Backtest);

#[pymethods]
impl Backtest {
    /// Recorded decisions that were compared.
    #[getter]
    fn decisions(&self) -> u64 {
        self.0.decisions
    }

    /// Those of which the other definition would have chosen the same.
    #[getter]
    fn agreed(&self) -> u64 {
        self.0.agreed
    }

    /// Customers with at least one of them.
    #[getter]
    fn customers(&self) -> u64 {
        self.0.customers
    }

    /// A row a customer who would have got something else: ``customer``, ``decisions``, ``gained``, ``lost``,
    /// ``changed``.
    #[getter]
    fn moved(&self) -> Table {
        Table(self.0.moved.clone())
    }

    /// A row an action and rule at which it falls: ``action``, ``stage``, ``rule``, ``decisions``.
    #[getter]
    fn funnel(&self) -> Table {
        Table(self.0.funnel.clone())
    }

    /// A row a customer who would have got no action at all: ``customer``, ``decisions``, ``action``, ``stage``, ``rule``.
    #[getter]
    fn unserved(&self) -> Table {
        Table(self.0.unserved.clone())
    }

    /// What the other definition expects of a decision, beyond the price of attention.
    #[getter]
    fn expected(&self) -> Option<Value> {
        self.0.expected[0].map(Value)
    }

    /// What the recorded decisions expected.
    #[getter]
    fn recorded(&self) -> Option<Value> {
        self.0.expected[1].map(Value)
    }

    /// Its value in money by what came of the decisions that were taken.
    #[getter]
    fn value(&self) -> Option<OffPolicy> {
        self.0.value.clone().map(OffPolicy)
    }

    /// The same in successes a decision.
    #[getter]
    fn success(&self) -> Option<OffPolicy> {
        self.0.success.clone().map(OffPolicy)
    }

    fn __repr__(&self) -> String {
        format!("Backtest(decisions={}, agreed={})", self.0.decisions, self.0.agreed)
    }
}

/// What a policy is worth a decision, by the decisions that were recorded.
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct Evaluated(pub(crate) bactrian::Evaluated);

#[pymethods]
impl Evaluated {
    /// Recorded decisions that the policy was compared with.
    #[getter]
    fn decisions(&self) -> u64 {
        self.0.decisions
    }

    /// Those whose window is over, on which the values stand.
    #[getter]
    fn settled(&self) -> u64 {
        self.0.settled
    }

    /// In money: outcomes less cost.
    #[getter]
    fn value(&self) -> OffPolicy {
        OffPolicy(self.0.value.clone())
    }

    /// In successes.
    #[getter]
    fn success(&self) -> OffPolicy {
        OffPolicy(self.0.success.clone())
    }

    fn __repr__(&self) -> String {
        format!("Evaluated(settled={}, {})", self.0.settled, self.0.value.gain.claim)
    }
}
