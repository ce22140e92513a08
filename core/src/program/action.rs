//! Actions and contact policies, lowered.

use super::Whose;
use super::feature::{Direction, Op, Per};
use super::lower::{FeatureRequest, Lowering};
use crate::definition::model::{self, Window, Word};
use crate::expr::{Expr, Type};

/// A factor of an action: a number, or an expression over columns.
#[derive(Debug)]
pub(crate) struct Formula {
    /// The compiled expression.
    pub expr: Expr,
    /// Its text.
    pub text: String,
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
    /// Eligibility, applicability, suitability: the gate's name and its condition, in this order.
    pub gates: Vec<(&'static str, Formula)>,
    /// P(outcome | action); one if absent.
    pub response: Option<Formula>,
    /// Context weight.
    pub weight: Option<Formula>,
    /// Money if the outcome comes.
    pub value: Option<Formula>,
    /// Lever.
    pub lever: Option<Formula>,
    /// Money per contact.
    pub cost: Option<Formula>,
    /// Contact policies that bind it, as positions in the program.
    pub contacts: Vec<usize>,
}

/// One contact policy.
#[derive(Debug)]
pub(crate) struct ContactSpec {
    /// Its name: a channel, or `all`.
    pub name: String,
    /// Contacts allowed within `per`.
    pub at_most: Option<u32>,
    /// Span in microseconds; `None` counts the lifetime.
    pub per: Option<i64>,
    /// Hidden column with the time of the earliest of the last `at_most` contacts.
    pub earliest: Option<usize>,
    /// Hidden column with the number of the last `at_most` contacts.
    pub count: Option<usize>,
    /// Quiet hours: start and end in minutes after midnight.
    pub quiet: Option<(u32, u32)>,
    /// Column that must be true.
    pub consent: Option<usize>,
}

/// `[decide]`.
#[derive(Debug, Default)]
pub(crate) struct DecideSpec {
    /// Price that a priority must exceed.
    pub attention: f64,
}

const PROCESSES: [&str; 5] = ["marketing", "sales", "service", "operations", "finance"];

impl Lowering<'_> {
    /// Lowers contact policies, actions and `[decide]`.
    pub(super) fn decisions(&mut self) {
        for contact in &self.model.contacts {
            let spec = self.contact(contact);
            self.program.contacts.push(spec);
        }
        for action in &self.model.actions {
            let spec = self.action(action);
            self.program.actions.push(spec);
        }
        self.program.decide.attention = self.model.decide.attention;
        if let Some(word) = &self.model.decide.priority {
            self.not_yet(word, "a free priority formula is not in this version yet");
        }
    }

    fn action(&mut self, action: &model::Action) -> ActionSpec {
        let name = &action.name;
        let channel = action.channel.as_ref().map(|word| self.key(&word.value));
        let group = action.group.as_ref().map(|word| self.key(&word.value));
        let process = action.process.as_ref().map_or("marketing", |word| word.value.as_str());
        if let (false, Some(word)) = (PROCESSES.contains(&process), &action.process) {
            let hint = crate::definition::did_you_mean(process, PROCESSES);
            self.mistake(word, "expected marketing, sales, service, operations or finance", hint);
        }
        if action.response_model.is_some() {
            self.not_yet(name, format!("`response_model` of action `{}` is not in this version yet", name.value));
        }
        let gates =
            [("eligible", &action.eligible), ("applicable", &action.applicable), ("suitable", &action.suitable)];
        let gates = gates
            .into_iter()
            .filter_map(|(gate, word)| Some((gate, self.formula(word.as_ref()?, Type::Bool)?)))
            .collect();
        let mut factor = |word: &Option<Word<String>>| self.formula(word.as_ref()?, Type::Number);
        let (response, weight) = (factor(&action.response), factor(&action.weight));
        let (value, lever, cost) = (factor(&action.value), factor(&action.lever), factor(&action.cost));
        let binds = |contact: &&model::Contact| {
            let channel = action.channel.as_ref().is_some_and(|word| word.value == contact.name.value);
            channel || contact.name.value == "all"
        };
        let contacts = self
            .model
            .contacts
            .iter()
            .enumerate()
            .filter(|(_, contact)| binds(contact))
            .map(|(index, _)| index)
            .collect();
        let key = self.key(&name.value);
        let process = self.key(process);
        let name = name.value.clone();
        ActionSpec { name, key, channel, group, process, gates, response, weight, value, lever, cost, contacts }
    }

    fn formula(&mut self, word: &Word<String>, kind: Type) -> Option<Formula> {
        let (expr, _) = self.over_columns(word)?;
        self.expect_type(word, &expr, kind);
        Some(Formula { expr, text: word.value.clone() })
    }

    fn contact(&mut self, contact: &model::Contact) -> ContactSpec {
        if let (Some(word), _) | (None, Some(word)) =
            (contact.only.first(), contact.cool_off.as_ref().map(|off| &off.outcome))
        {
            self.not_yet(word, "`only` and `cool_off` are not in this version yet");
        }
        let at_most = contact.at_most.as_ref().map(|word| word.value as u32);
        let kept = at_most.filter(|most| *most > 0).and_then(|most| self.contact_features(contact, most));
        let consent = contact.consent.as_ref().and_then(|word| self.consent(word));
        ContactSpec {
            name: contact.name.value.clone(),
            at_most,
            per: contact.per,
            earliest: kept.map(|(earliest, _)| earliest),
            count: kept.map(|(_, count)| count),
            quiet: contact.quiet.as_ref().map(|(_, start, end)| (*start, *end)),
            consent,
        }
    }

    fn consent(&mut self, word: &Word<String>) -> Option<usize> {
        let column = self.column_named(&word.value);
        let is_flag =
            column.and_then(|column| self.program.columns.get(column)).is_some_and(|spec| spec.kind == Type::Bool);
        if !is_flag {
            self.mistake(word, format!("`{}` is not a bool column", word.value), None);
        }
        column
    }

    /// Hidden features over `decided`: how many of the last `most` contacts there are, and when the
    /// earliest of them was. The cap is reached while that one is younger than the span.
    fn contact_features(&mut self, contact: &model::Contact, most: u32) -> Option<(usize, usize)> {
        let kinds = vec![self.program.kinds.iter().position(|kind| kind.name == "decided")?];
        let filter = (contact.name.value != "all").then(|| Word {
            value: format!("channel == {:?}", contact.name.value),
            place: contact.name.place,
            path: contact.name.path.clone(),
        });
        let mut make = |op: Op, word: &str| {
            let name = format!(".contact.{}.{word}", contact.name.value);
            let request = FeatureRequest {
                kinds: kinds.clone(),
                filter: filter.as_ref(),
                direction: Direction::Out,
                per: Per::Customer,
                occasion: false,
                op,
                value: None,
                by: None,
                window: Window::Last(most),
            };
            let feature = self.feature(request)?;
            Some(self.feature_column(name, feature, Whose::Own, Type::Number))
        };
        Some((make(Op::FirstTime, "earliest")?, make(Op::Count, "count")?))
    }
}
