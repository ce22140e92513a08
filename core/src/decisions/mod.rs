//! What to do next for one customer: gates, contact policies, arbitration, and why.
//!
//! A decision is a pure function of (state, fitted parameters, moment); the engine records it.
//! Priority = response x weight x value x lever - cost, in money. Silence is always a candidate and
//! wins unless a priority exceeds the price of attention. Ties go to the action declared first.

mod arbitrate;
mod contact;
mod outcome;
#[cfg(test)]
mod tests;

pub use outcome::{Decision, Factor, Loser, Reason};

use crate::columns::{Asked, Plan, Scratch, View};
use crate::program::{Formula, Program};

/// A program's decisions, ready to be taken.
#[derive(Debug)]
pub(crate) struct Decider {
    plan: Plan,
    zone: crate::data::time::Zone,
}

impl Decider {
    /// Prepares the plan of everything that the actions and policies read.
    ///
    /// # Errors
    /// `SchemaRange` where the definition's zone is not known.
    pub fn new(program: &Program) -> crate::base::Result<Self> {
        let mut columns: Vec<usize> = Vec::new();
        for action in &program.actions {
            let factors = [&action.response, &action.weight, &action.value, &action.lever, &action.cost];
            let formulas = action.gates.iter().map(|(_, formula)| formula).chain(factors.into_iter().flatten());
            columns.extend(formulas.flat_map(|formula| formula.expr.inputs().iter().map(|column| *column as usize)));
        }
        for contact in &program.contacts {
            columns.extend(contact.earliest.into_iter().chain(contact.count).chain(contact.consent));
        }
        columns.sort_unstable();
        columns.dedup();
        Ok(Decider {
            plan: Plan::new(program, &columns),
            zone: crate::data::time::Zone::get(&program.time.zone.value)?,
        })
    }

    /// Whether everything that the actions and policies read is there.
    ///
    /// # Errors
    /// `Callback` for a column whose callback the host has not registered.
    pub fn ready(&self, view: View<'_>) -> crate::base::Result<()> {
        self.plan.ready(view)
    }

    /// Decides for one customer, toward a peer where `asked` names one, without recording anything.
    pub fn decide(&self, view: View<'_>, asked: Asked, scratch: &mut Scratch) -> Decision {
        self.plan.compute(view, asked, scratch);
        arbitrate::decide(view, asked, scratch, &self.zone)
    }
}

/// The columns that a formula reads, with their values, for a reason that a person can check.
fn values_read(view: View<'_>, formula: &Formula, scratch: &Scratch) -> Vec<Factor> {
    let inputs = formula.expr.inputs().iter();
    inputs
        .filter_map(|column| {
            let spec = view.program.columns.get(*column as usize)?;
            let value = scratch.value(*column as usize);
            Some(Factor { name: spec.name.clone(), value: outcome::shown(view, spec.kind, value) })
        })
        .collect()
}
