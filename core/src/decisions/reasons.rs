//! Reasons in words.

use super::Snapshot;
use super::arbitrate::Arbitrated;
use super::decision::{Basis, Factor, Loser, Reason};
use super::judge::{Case, Judged};
use crate::data::time::format_span;
use crate::expr::{Expr, Row, Type};
use crate::program::{ActionSpec, DecisionSpec, FACTORS, Gate};

/// One sentence on what won.
pub(super) fn why(spec: &DecisionSpec, found: &Arbitrated, withheld: bool) -> String {
    let winner = found.slate.first().and_then(|winner| Some((spec.actions.get(*winner)?, found.judged.get(*winner)?)));
    let Some((action, judged)) = winner else {
        let attention = found.attention;
        return match found.chance < 1.0 {
            true => format!(
                "silence was drawn, with probability {:.4}: {attention} is the price of attention",
                found.chance
            ),
            false => format!("silence: no action is allowed and worth more than {attention}, the price of attention"),
        };
    };
    let priority = judged.priority;
    let [response, weight, value, lever, cost] = judged.factors;
    let paced = if judged.paced > 0.0 { format!(" - {:.4} for budgets", judged.paced) } else { String::new() };
    let sum = match &spec.priority {
        Some(formula) => format!("`{}`{paced} = {priority:.4}", formula.text),
        None => format!("{response:.4} x {weight:.4} x {value:.4} x {lever:.4} - {cost:.4}{paced} = {priority:.4}"),
    };
    let sentence = match action.fallback {
        _ if found.chance < 1.0 => format!("`{}` was drawn, with probability {:.4}: {sum}", action.name, found.chance),
        true => format!("`{}` stands in, since no other action is chosen: {sum}", action.name),
        false => format!("`{}` has the highest priority: {sum}", action.name),
    };
    if withheld { format!("silence, as a control: withheld at random, though {sentence}") } else { sentence }
}

/// The same without the factors, for tables of many decisions.
pub(super) fn short(spec: &DecisionSpec, found: &Arbitrated, withheld: bool) -> String {
    let winner = found.slate.first().and_then(|winner| spec.actions.get(*winner));
    match winner {
        None if found.chance < 1.0 => "silence was drawn".to_owned(),
        None => format!("silence: nothing is allowed and worth more than {}, the price of attention", found.attention),
        Some(action) if withheld => format!("silence, as a control: `{}` is withheld at random", action.name),
        Some(action) if found.chance < 1.0 => format!("`{}` was drawn", action.name),
        Some(action) if action.fallback => format!("`{}` stands in, since no other action is chosen", action.name),
        Some(action) => format!("`{}` has the highest priority", action.name),
    }
}

/// The factors of an action, and what its response has to do with the number of the contact.
pub(super) fn factors<R: Row>(case: &Case<'_, R>, action: &ActionSpec, judged: &Judged) -> Vec<Factor> {
    let paced = (judged.paced > 0.0).then_some((&"budgets", judged.paced));
    let named = FACTORS.iter().zip(judged.factors).chain(paced);
    let named = named.map(|(name, value)| Factor { name: (*name).to_owned(), value: number(value) });
    let contact = action.by_contact.as_ref().map(|it| {
        let nth = case.row.value(it.sent as u32) + 1.0;
        let share = case.row.value(it.share as u32);
        let said = match share.is_nan() {
            true => format!("contact {nth}: whether the response falls can't be told, and 1 is assumed"),
            false => format!("contact {nth}: {share:.4} of the response to the first"),
        };
        Factor { name: "by_contact".to_owned(), value: said }
    });
    named.chain(contact).collect()
}

/// Why each action lost that did.
pub(super) fn losers(basis: &Basis, case: &Case<'_, Snapshot<'_>>, found: &Arbitrated) -> Vec<Loser> {
    let actions = basis.spec.actions.iter().enumerate();
    actions
        .filter_map(|(index, action)| {
            let reason = found.reason(&basis.spec, index)?;
            let judged = found.judged.get(index)?;
            let (why, read) = loser(basis, case, found, action, judged, reason);
            Some(Loser { action: action.name.clone(), reason, why, read })
        })
        .collect()
}

fn loser(
    basis: &Basis,
    case: &Case<'_, Snapshot<'_>>,
    found: &Arbitrated,
    action: &ActionSpec,
    judged: &Judged,
    reason: Reason,
) -> (String, Vec<Factor>) {
    let priority = judged.priority;
    let why = match reason {
        Reason::NotEligible | Reason::NotApplicable | Reason::NotSuitable => return gate(basis, case, action, judged),
        Reason::NoConsent | Reason::QuietHours | Reason::CoolOff | Reason::BudgetSpent => {
            return policy(basis, case, judged.place as usize, reason);
        }
        Reason::ContactCap if judged.reason.is_some() => return policy(basis, case, judged.place as usize, reason),
        Reason::ContactCap => "its contact cap has no room beside those chosen".to_owned(),
        Reason::UnknownFactor => "a factor of the priority is unknown".to_owned(),
        Reason::BelowAttention => format!("priority {priority:.4} does not exceed {}", found.attention),
        Reason::LowerPriority => {
            let least =
                found.slate.last().and_then(|last| found.judged.get(*last)).map_or(f64::NAN, |last| last.priority);
            format!("priority {priority:.4} against {least:.4}")
        }
        Reason::GroupTaken => "another action of its group is chosen".to_owned(),
        Reason::NotNeeded => "a fallback, and another action is chosen".to_owned(),
        Reason::PeerFirst => return peer(basis, case, action),
        Reason::NotDrawn => format!("priority {priority:.4}, but another was drawn"),
        Reason::OnTrial => "it is on trial, and goes to other customers meanwhile".to_owned(),
        Reason::TrialStopped => "its trial was stopped: it did not prove itself".to_owned(),
    };
    (why, factors(case, action, judged))
}

fn peer(basis: &Basis, case: &Case<'_, Snapshot<'_>>, action: &ActionSpec) -> (String, Vec<Factor>) {
    let Some(pull) = &action.pull else { return Default::default() };
    let place = basis.spec.pulls().position(|known| std::ptr::eq(known, pull));
    let name = place.and_then(|place| basis.peers.get(place)).map_or("", String::as_str);
    let score = case.row.value(pull.score as u32);
    let read = |word: &str, value: String| Factor { name: word.to_owned(), value };
    let why = format!("the peer `{name}` can meet `{}` ({score:.4}), and is asked first", pull.need);
    (why, vec![read("peer", name.to_owned()), read("score", number(score))])
}

fn gate(basis: &Basis, case: &Case<'_, Snapshot<'_>>, action: &ActionSpec, judged: &Judged) -> (String, Vec<Factor>) {
    let Some((gate, formula)) = action.gates.get(judged.place as usize) else { return Default::default() };
    let word = match gate {
        Gate::Eligible => "eligible",
        Gate::Applicable => "applicable",
        Gate::Suitable => "suitable",
    };
    let state = if formula.expr.row(case.row).is_nan() { "unknown" } else { "false" };
    (format!("{word} is {state}: `{}`", formula.text), basis.read(&formula.expr))
}

fn policy(basis: &Basis, case: &Case<'_, Snapshot<'_>>, place: usize, reason: Reason) -> (String, Vec<Factor>) {
    let Some(policy) = basis.spec.contacts.get(place) else { return Default::default() };
    let name = &policy.name;
    let value = |column: usize| case.row.value(column as u32);
    let read = |word: &str, value: String| vec![Factor { name: word.to_owned(), value }];
    match (reason, &policy.cap, &policy.cool_off) {
        (Reason::NoConsent, ..) => {
            let read = policy.consent.and_then(|column| basis.column(column)).into_iter().collect();
            (format!("no consent for `{name}`"), read)
        }
        (Reason::QuietHours, ..) => {
            let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
            let (start, end) = policy.quiet.unwrap_or_default();
            let now = clock(basis.minute);
            let span = format!("{}-{}", clock(start), clock(end));
            (format!("quiet hours {span} of `{name}` at {now}"), read("local clock", now))
        }
        (Reason::CoolOff, _, Some(off)) => {
            let (count, span) = (off.after, format_span(off.span));
            let why = format!("{count} outcomes `{}` within {span}: `{name}` cools off for {span}", off.outcome);
            (why, read("latest outcome", basis.shown(Type::Time, value(off.latest))))
        }
        (Reason::BudgetSpent, ..) => {
            let left = policy.budget.as_ref().map_or(f64::NAN, |budget| value(budget.left));
            (format!("the budget of `{name}` has {left:.4} left"), read("left", number(left)))
        }
        (_, Some(cap), _) if cap.at_most == 0 => (format!("`{name}` allows no contact"), Vec::new()),
        (_, Some(cap), _) => {
            let why = format!("{} contacts by `{name}` within {}", cap.at_most, format_span(cap.per));
            (why, read("contacts", number(value(cap.count))))
        }
        _ => Default::default(),
    }
}

/// A number as a person reads it.
pub(super) fn number(value: f64) -> String {
    if value.is_nan() { "unknown".to_owned() } else { format!("{value}") }
}

impl Basis {
    /// The columns that an expression reads, with their values.
    fn read(&self, expr: &Expr) -> Vec<Factor> {
        expr.inputs().iter().filter_map(|column| self.column(*column as usize)).collect()
    }

    fn column(&self, column: usize) -> Option<Factor> {
        let place = *self.reads.places.get(column)? as usize;
        let (name, kind) = (self.reads.names.get(place)?, *self.reads.kinds.get(place)?);
        Some(Factor { name: name.clone(), value: self.shown(kind, self.values.get(place).copied()?) })
    }

    /// A value as a person reads it.
    pub fn shown(&self, kind: Type, value: f64) -> String {
        match kind {
            _ if value.is_nan() => "unknown".to_owned(),
            Type::Bool => if value == 1.0 { "true" } else { "false" }.to_owned(),
            Type::Key => {
                let is_it = |(key, _): &&(u32, String)| *key == value as u32;
                let known = self.names.iter().chain(self.reads.compared.iter().flatten()).find(is_it);
                known.map_or_else(|| "another".to_owned(), |(_, name)| name.clone())
            }
            Type::Time => crate::data::time::format_time(value as i64),
            _ => number(value),
        }
    }
}
