//! Which rule drops whom, under another definition.

use std::collections::{BTreeMap, BTreeSet};

use super::super::world::World;
use super::Compared;
use crate::data::record::NONE;
use crate::data::table::{Column, Table};
use crate::decisions::{Reason, Room};
use crate::program::DecisionSpec;

/// An action, stage and rule.
type Rule = (usize, &'static str, String);

/// What is told of the decisions of the other definition.
#[derive(Default)]
pub(super) struct Told {
    names: Vec<String>,
    fell: BTreeMap<Rule, i64>,
    /// Customers who got nothing: decisions, and the latest rule that drops the action that came furthest.
    silent: BTreeMap<u32, (i64, Option<Rule>)>,
    served: BTreeSet<u32>,
}

/// How far an action comes that falls for a reason.
fn stage(reason: Reason) -> (usize, &'static str) {
    match reason {
        Reason::NotEligible => (0, "eligible"),
        Reason::NotApplicable => (1, "applicable"),
        Reason::NotSuitable => (2, "suitable"),
        Reason::NoConsent => (3, "consent"),
        Reason::QuietHours => (4, "quiet"),
        Reason::CoolOff => (5, "cool_off"),
        Reason::ContactCap => (6, "at_most"),
        Reason::BudgetSpent => (6, "budget"),
        Reason::UnknownFactor => (7, "unknown_factor"),
        Reason::OnTrial | Reason::TrialStopped => (8, "trial"),
        Reason::BelowAttention => (9, "attention"),
        _ => (10, "priority"),
    }
}

/// The words of the rule at which an action falls.
fn rule(spec: &DecisionSpec, action: usize, reason: Reason, place: usize) -> String {
    let gate = || spec.actions.get(action)?.gates.get(place).map(|(_, formula)| formula.text.clone());
    let policy = || spec.contacts.get(place).map(|policy| policy.name.clone());
    let found = match stage(reason).0 {
        0..=2 => gate(),
        3..=6 => policy(),
        9 => spec.attention.as_ref().map(|formula| formula.text.clone()),
        _ => Some(reason.to_string()),
    };
    found.unwrap_or_default()
}

impl Told {
    pub fn add(&mut self, other: &World, found: &Compared, room: &Room) {
        let spec = &other.program.decisions;
        if self.names.is_empty() {
            self.names = spec.actions.iter().map(|action| action.name.clone()).collect();
        }
        let mut furthest: Option<(usize, Rule)> = None;
        for action in 0..spec.actions.len() {
            let fallen = room.reason(spec, action).map(|reason| {
                let (depth, name) = stage(reason);
                (depth, (action, name, rule(spec, action, reason, room.place(action))))
            });
            let (depth, at) = fallen.unwrap_or_else(|| (usize::MAX, (action, "chosen", String::new())));
            *self.fell.entry(at.clone()).or_default() += 1;
            if furthest.as_ref().is_none_or(|(far, _)| depth > *far) {
                furthest = Some((depth, at));
            }
        }
        let silent = self.silent.entry(found.customer).or_default();
        silent.0 += 1;
        silent.1 = furthest.map(|(_, rule)| rule);
        if found.choice != NONE {
            self.served.insert(found.customer);
        }
    }

    fn name(&self, action: usize) -> Option<String> {
        self.names.get(action).cloned()
    }

    pub fn funnel(&self) -> Table {
        let mut table = Table::new();
        table.push("action", Column::text(self.fell.keys().map(|(action, ..)| self.name(*action))));
        table.push("stage", Column::text(self.fell.keys().map(|(_, stage, _)| Some((*stage).to_owned()))));
        let rules = self.fell.keys().map(|(.., rule)| Some(rule.clone()).filter(|rule| !rule.is_empty()));
        table.push("rule", Column::text(rules));
        table.push("decisions", Column::Integer(self.fell.values().copied().collect()));
        table
    }

    pub fn unserved(&self, world: &World) -> Table {
        let rows: Vec<_> = self.silent.iter().filter(|(customer, _)| !self.served.contains(customer)).collect();
        let of = |part: fn(&Rule) -> String| {
            let told = rows.iter().map(|(_, (_, rule))| rule.as_ref().map(part).filter(|text| !text.is_empty()));
            Column::text(told)
        };
        let mut table = Table::new();
        table.push("customer", Column::Id(rows.iter().map(|(customer, _)| world.named(**customer)).collect()));
        table.push("decisions", Column::Integer(rows.iter().map(|(_, (count, _))| *count).collect()));
        let action = |(_, (_, rule)): &(&u32, &(i64, Option<Rule>))| self.name(rule.as_ref()?.0);
        table.push("action", Column::text(rows.iter().map(action)));
        table.push("stage", of(|(_, stage, _)| (*stage).to_owned()));
        table.push("rule", of(|(.., rule)| rule.clone()));
        table
    }
}
