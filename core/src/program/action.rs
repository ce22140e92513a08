//! Actions and how they are arbitrated, lowered.

use super::contact::ContactSpec;
use super::lower::Lowering;
use super::scope::ColumnScope;
use crate::definition::model::{self, FieldType, Word};
use crate::expr::{Expr, Scope, Type};

/// The factors of a priority, in the order in which they are kept.
pub(crate) const FACTORS: [&str; 5] = ["response", "weight", "value", "lever", "cost"];
/// What a factor is that an action does not declare.
const ABSENT: [f64; 5] = [1.0, 1.0, 0.0, 1.0, 0.0];
/// What a factor is that `[decide]` leaves out.
const NEUTRAL: [f64; 5] = [1.0, 1.0, 1.0, 1.0, 0.0];
/// Variables from here on are factors in a free formula of the priority; no column has these numbers.
pub(crate) const FACTOR: u32 = u32::MAX - 16;
/// Window of the outcomes of an action that declares none: 30 days.
pub(crate) const WITHIN: i64 = 30 * 86_400_000_000;

/// A number or a condition over columns.
#[derive(Debug)]
pub(crate) struct Formula {
    /// The compiled expression.
    pub expr: Expr,
    /// Its text.
    pub text: String,
}

/// A factor of an action.
#[derive(Debug)]
pub(crate) enum Factor {
    /// The same for everyone.
    Constant(f64),
    /// An expression over columns.
    Formula(Formula),
}

/// The gates, in the order in which they are passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Whether the customer may get it at all.
    Eligible,
    /// Whether it makes sense now.
    Applicable,
    /// Whether it is right for this customer.
    Suitable,
}

/// One action.
#[derive(Debug)]
pub(crate) struct ActionSpec {
    /// Its name.
    pub name: String,
    /// The interned name.
    pub key: u32,
    /// Channel, interned.
    pub channel: Option<u32>,
    /// Group, interned.
    pub group: Option<u32>,
    /// Process, interned.
    pub process: u32,
    /// Its gates.
    pub gates: Vec<(Gate, Formula)>,
    /// Response, weight, value, lever, cost.
    pub factors: [Factor; 5],
    /// Contact policies that bind it, as positions.
    pub contacts: Vec<usize>,
    /// The outcome that counts as success, interned; without one any outcome does.
    pub outcome: Option<u32>,
    /// Window of its outcomes in microseconds.
    pub within: i64,
    /// Whether it takes part only when no other action is chosen.
    pub fallback: bool,
}

/// Everything that decisions go by.
#[derive(Debug, Default)]
pub(crate) struct DecisionSpec {
    /// Hash of the definition's meaning.
    pub hash: u64,
    /// Actions, in the order of the definition.
    pub actions: Vec<ActionSpec>,
    /// Contact policies.
    pub contacts: Vec<ContactSpec>,
    /// Price that a priority must exceed; nothing is zero.
    pub attention: Option<Formula>,
    /// Free formula of the priority over [`FACTORS`] and columns; nothing is their product less cost.
    pub priority: Option<Formula>,
    /// Column that names a customer's zone.
    pub zone: Option<usize>,
    /// Share of decisions whose action is withheld.
    pub control: f64,
    /// Columns that a call may tell, in the order of the definition.
    pub contexts: Vec<ContextSpec>,
    /// The interned outcome of a decision that none came of.
    pub expired: u32,
    /// The interned arm of decisions that are withheld.
    pub withheld: u32,
}

/// A column that a call may tell.
#[derive(Debug)]
pub(crate) struct ContextSpec {
    /// Its name.
    pub name: String,
    /// The interned name, under which decisions record it.
    pub key: u32,
    /// Its type.
    pub kind: Type,
}

impl DecisionSpec {
    /// Columns that the decisions read, rising.
    pub fn reads(&self) -> Vec<usize> {
        let mut columns = Vec::new();
        let mut read = |expr: &Expr| columns.extend(expr.inputs().iter().map(|column| *column as usize));
        for action in &self.actions {
            action.gates.iter().for_each(|(_, formula)| read(&formula.expr));
            for factor in &action.factors {
                if let Factor::Formula(formula) = factor {
                    read(&formula.expr);
                }
            }
        }
        self.attention.iter().chain(&self.priority).for_each(|formula| read(&formula.expr));
        columns.extend(self.contacts.iter().flat_map(ContactSpec::reads).chain(self.zone));
        columns.retain(|column| *column < FACTOR as usize);
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

/// Columns, and before them the factors of a priority.
struct PriorityScope<'a, 'b>(ColumnScope<'a, 'b>);

impl Scope for PriorityScope<'_, '_> {
    fn resolve(&mut self, path: &str) -> Option<(u32, Type)> {
        match FACTORS.iter().position(|factor| *factor == path) {
            Some(factor) => Some((FACTOR + factor as u32, Type::Number)),
            None => self.0.resolve(path),
        }
    }

    fn names(&self) -> Vec<String> {
        FACTORS.iter().map(|factor| (*factor).to_owned()).chain(self.0.names()).collect()
    }

    fn key(&mut self, text: &str) -> u32 {
        self.0.key(text)
    }
}

impl Lowering<'_> {
    /// Lowers contact policies, actions and `[decide]`.
    pub(super) fn decisions(&mut self) -> DecisionSpec {
        let contacts = self.model.contacts.iter().map(|contact| self.contact(contact)).collect();
        let actions = self.model.actions.iter().map(|action| self.action(action)).collect();
        let decide = &self.model.decide;
        let attention = decide.attention.as_ref().and_then(|word| self.formula(word, Type::Number));
        let priority = decide.priority.as_ref().and_then(|word| self.priority(word));
        let zone = decide.zone.as_ref().and_then(|word| self.zone(word));
        let contexts = self.model.contexts.iter().filter_map(|context| {
            let name = &context.name.value;
            let kind = self.program.columns.get(self.program.column(name)?)?.kind;
            Some(ContextSpec { name: name.clone(), key: self.keys.get(name)?, kind })
        });
        let contexts = contexts.collect();
        DecisionSpec {
            hash: self.program.hash,
            actions,
            contacts,
            attention,
            priority,
            zone,
            control: decide.control,
            contexts,
            expired: self.key("expired"),
            withheld: self.key("control"),
        }
    }

    fn action(&mut self, action: &model::Action) -> ActionSpec {
        let name = &action.name;
        let channel = action.channel.as_ref().map(|word| self.key(&word.value));
        let group = action.group.as_ref().map(|word| self.key(&word.value));
        let process = self.key(action.process());
        if action.response_model.is_some() {
            self.not_yet(name, format!("`response_model` of action `{}` is not in this version yet", name.value));
        }
        let gates = [
            (Gate::Eligible, &action.eligible),
            (Gate::Applicable, &action.applicable),
            (Gate::Suitable, &action.suitable),
        ];
        let gates =
            gates.into_iter().filter_map(|(gate, word)| Some((gate, self.formula(word.as_ref()?, Type::Bool)?)));
        let gates = gates.collect();
        let words = [&action.response, &action.weight, &action.value, &action.lever, &action.cost];
        let mut place = 0;
        let factors = words.map(|word| {
            place += 1;
            self.factor(place - 1, word.as_ref())
        });
        let binds = |contact: &&model::Contact| self.scope(contact).binds(action);
        let contacts = self.model.contacts.iter().enumerate();
        let contacts = contacts.filter(|(_, contact)| binds(contact)).map(|(index, _)| index).collect();
        ActionSpec {
            name: name.value.clone(),
            key: self.key(&name.value),
            channel,
            group,
            process,
            gates,
            factors,
            contacts,
            outcome: action.outcome.as_ref().map(|word| self.key(&word.value)),
            within: action.within.unwrap_or(WITHIN),
            fallback: action.fallback,
        }
    }

    fn factor(&mut self, place: usize, word: Option<&Word<String>>) -> Factor {
        let named = |factor: &str| self.model.decide.factors.iter().flatten().any(|word| word.value == factor);
        let used = self.model.decide.factors.is_none() || FACTORS.get(place).is_some_and(|factor| named(factor));
        let formula = word.and_then(|word| self.formula(word, Type::Number));
        let constant = |constants: &[f64; 5]| Factor::Constant(constants.get(place).copied().unwrap_or(1.0));
        match formula {
            _ if !used => constant(&NEUTRAL),
            None => constant(&ABSENT),
            Some(formula) => match formula.expr.constant() {
                Some(value) => Factor::Constant(value),
                None => Factor::Formula(formula),
            },
        }
    }

    pub(super) fn formula(&mut self, word: &Word<String>, kind: Type) -> Option<Formula> {
        let (expr, _) = self.over_columns(word)?;
        self.expect_type(word, &expr, kind);
        Some(Formula { expr, text: word.value.clone() })
    }

    fn priority(&mut self, word: &Word<String>) -> Option<Formula> {
        self.missed = false;
        let compiled = Expr::compile(&word.value, &mut PriorityScope(ColumnScope { lowering: self, toward: false }));
        if std::mem::take(&mut self.missed) {
            return None;
        }
        let expr = self.compiled(word, compiled)?;
        self.expect_type(word, &expr, Type::Number);
        Some(Formula { expr, text: word.value.clone() })
    }

    fn zone(&mut self, word: &Word<String>) -> Option<usize> {
        let column =
            self.model.traits.iter().any(|item| item.name.value == word.value && item.kind == FieldType::Category);
        if !column {
            let names = self.model.traits.iter().filter(|item| item.kind == FieldType::Category);
            let hint = crate::definition::did_you_mean(&word.value, names.map(|item| item.name.value.as_str()));
            self.mistake(word, format!("`{}` is not a category trait, which could name a zone", word.value), hint);
            return None;
        }
        self.program.column(&word.value)
    }
}

impl model::Action {
    /// The process that the action belongs to: marketing by default.
    pub(super) fn process(&self) -> &str {
        self.process.as_ref().map_or("marketing", |word| word.value.as_str())
    }
}
