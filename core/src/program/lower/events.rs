//! Events and traits: kinds, slots, and how tables become records.

use super::Lowering;
use crate::base::numeric::rate_of_half_life;
use crate::base::random::hash_bytes;
use crate::data::ingest::{FieldKind, FieldPlan, KindPlan};
use crate::definition::did_you_mean;
use crate::definition::model::{self, Field, FieldType, Word};
use crate::expr::Type;
use crate::program::column::{ColumnSpec, Source};
use crate::program::scope::{BUILT_IN, expression_type};
use crate::program::{Belief, EventKind, Labels, Pulled, SOURCE, Slot, TraitSpec};

/// Kinds that the engine itself writes, with the roles of each.
pub(crate) const ENGINE_KINDS: [(&str, &[(&str, FieldType)]); 3] = [
    (
        "crossed",
        &[
            ("segment", FieldType::Category),
            ("from", FieldType::Category),
            ("to", FieldType::Category),
            ("cause", FieldType::Category),
        ],
    ),
    (
        "decided",
        &[
            ("decision", FieldType::Label),
            ("action", FieldType::Category),
            ("channel", FieldType::Category),
            ("group", FieldType::Category),
            ("process", FieldType::Category),
            ("propensity", FieldType::Number),
            ("priority", FieldType::Number),
            ("cost", FieldType::Number),
            ("arm", FieldType::Category),
            ("candidates", FieldType::Label),
            ("cells", FieldType::Categories),
            ("features", FieldType::Label),
        ],
    ),
    (
        "outcome",
        &[
            ("decision", FieldType::Label),
            ("outcome", FieldType::Category),
            ("action", FieldType::Category),
            ("channel", FieldType::Category),
            ("group", FieldType::Category),
            ("process", FieldType::Category),
            ("amount", FieldType::Number),
            ("replaces", FieldType::Number),
        ],
    ),
];

/// What decisions record beside, where contacts are counted: the number of the contact, and of times chosen.
const COUNTED: [&str; 2] = ["contact", "chosen"];

impl Lowering<'_> {
    pub(super) fn slot(&mut self, role: &str, kind: FieldType) -> usize {
        if let Some(found) = self.program.slots.iter().position(|slot| slot.role == role) {
            return found;
        }
        let key = self.key(role);
        self.program.slots.push(Slot { role: role.to_owned(), key, kind });
        self.program.slots.len() - 1
    }

    pub(super) fn events(&mut self) {
        for (role, kind) in BUILT_IN {
            self.slot(role, kind);
        }
        let model = self.model;
        for (name, roles) in ENGINE_KINDS {
            for (role, kind) in roles {
                self.slot(role, *kind);
            }
            let counted = name == "decided" && model.actions.iter().any(|action| action.by_contact.is_some());
            let counted = if counted { &COUNTED[..] } else { &[] };
            for role in counted {
                self.slot(role, FieldType::Number);
            }
            let told = model.contexts.iter().filter(|_| name == "decided").map(|context| context.name.value.clone());
            let roles = roles.iter().map(|(role, _)| *role).chain(counted.iter().copied()).map(str::to_owned);
            let roles = roles.chain(told).collect();
            self.event_kind(name, roles, false);
        }
        for event in &model.events {
            let name = &event.name;
            if ENGINE_KINDS.iter().any(|(engine, _)| *engine == name.value) {
                self.mistake(name, format!("`{}` is a kind that the engine itself writes", name.value), None);
                continue;
            }
            if event.customer.is_none() && event.peer.is_none() {
                self.mistake(name, "an event needs a role `customer` or `peer`", None);
            }
            for field in &event.fields {
                self.field(field);
            }
            let roles = event.fields.iter().map(|field| field.role.value.clone()).collect();
            self.event_kind(&name.value, roles, event.peer.is_some());
            let plan = self.kind_plan(event);
            self.program.plan.kinds.push(plan);
        }
        let find = |role: &str| self.program.slots.iter().position(|slot| slot.role == role);
        self.program.labels = Labels { id: find("id"), occasion: find("occasion"), reply_to: find("reply_to") };
    }

    /// Columns that a call to decide tells; the decision records them under the same words.
    pub(super) fn contexts(&mut self) {
        let model = self.model;
        for (index, context) in model.contexts.iter().enumerate() {
            let name = &context.name;
            let own = ENGINE_KINDS.iter().flat_map(|(_, roles)| roles.iter()).map(|(role, _)| *role);
            let counted = model.actions.iter().any(|action| action.by_contact.is_some());
            let own = own.chain(COUNTED.into_iter().filter(|_| counted));
            if own.chain(BUILT_IN.map(|(role, _)| role)).any(|role| role == name.value) {
                self.mistake(name, format!("`{}` is a role that the engine itself records", name.value), None);
                continue;
            }
            let slot = self.slot(&name.value, context.kind);
            if self.program.slots.get(slot).is_some_and(|slot| slot.kind != context.kind) {
                let hint = Some("a role of events has the same type where a call tells it".to_owned());
                self.mistake(name, format!("`{}` is used with two types", name.value), hint);
            }
            self.name_free(name);
            let kind = expression_type(context.kind);
            let (name, source) = (name.value.clone(), Source::Context(index));
            self.add_column(ColumnSpec { name, kind, source, toward: false });
        }
    }

    pub(super) fn field(&mut self, field: &Field) {
        let slot = self.slot(&field.role.value, field.kind);
        let kind = self.program.slots.get(slot).map_or(field.kind, |slot| slot.kind);
        if kind != field.kind {
            let message = format!("role `{}` is used with two types", field.role.value);
            self.mistake(&field.role, message, Some("the same role has the same type in every event".to_owned()));
        }
    }

    pub(super) fn event_kind(&mut self, name: &str, roles: Vec<String>, peer: bool) {
        let key = self.key(name);
        let kind = EventKind {
            name: name.to_owned(),
            key,
            mark: hash_bytes(name.as_bytes()),
            roles,
            peer,
            outward: Pulled::default(),
            inward: Pulled::default(),
        };
        self.program.kinds.push(kind);
    }

    pub(super) fn kind_plan(&mut self, event: &model::Event) -> KindPlan {
        let text = |word: &Option<Word<String>>| word.as_ref().map(|word| word.value.clone());
        let fields = event
            .fields
            .iter()
            .map(|field| FieldPlan {
                role: self.key(&field.role.value),
                word: field.role.value.clone(),
                kind: field_kind(field.kind),
                column: field.column.value.clone(),
                split: field.split,
            })
            .collect();
        KindPlan {
            name: self.key(&event.name.value),
            word: event.name.value.clone(),
            customer: text(&event.customer),
            peer: text(&event.peer),
            at: text(&event.at),
            fields,
        }
    }

    pub(super) fn traits(&mut self) {
        for item in &self.model.traits {
            let key = self.key(&item.name.value);
            self.name_free(&item.name);
            // A set is one word to everything but the expressions that look into it.
            let (field, read) = match item.kind {
                FieldType::Categories => (FieldKind::Set, Type::Key),
                kind => (field_kind(kind), expression_type(kind)),
            };
            self.trait_field(key, &item.name.value, field);
            let index = self.program.traits.len();
            let weights = item.sources.iter().map(|(source, weight)| (self.key(&source.value), *weight)).collect();
            let source = (!item.sources.is_empty()).then_some(index + 1);
            let belief = Belief { rate: item.half_life.map_or(0.0, rate_of_half_life), weights, source };
            let believed = item.half_life.is_some() || source.is_some();
            let name = &item.name.value;
            self.program.traits.push(TraitSpec { name: name.clone(), key, kind: item.kind, belief });
            self.trait_column(name.clone(), read, Source::Trait(index));
            if believed {
                self.trait_column(format!("{name}.confidence"), Type::Number, Source::Confidence(index));
                self.trait_column(format!("{name}.learnt"), Type::Time, Source::Learnt(index));
            }
            if let Some(source) = source {
                let (hidden, kind) = (format!(".{name}.source"), FieldType::Category);
                let key = self.key(&hidden);
                self.program.traits.push(TraitSpec { name: hidden, key, kind, belief: Belief::default() });
                self.trait_column(format!("{name}.source"), Type::Key, Source::Trait(source));
            }
        }
        let sourced = self.program.traits.iter().any(|item| item.belief.source.is_some());
        if sourced && !self.model.traits.iter().any(|item| item.name.value == SOURCE) {
            let key = self.key(SOURCE);
            self.trait_field(key, SOURCE, FieldKind::Category);
        }
    }

    fn trait_field(&mut self, role: u32, name: &str, kind: FieldKind) {
        let (word, column) = (name.to_owned(), name.to_owned());
        self.program.trait_plan.fields.push(FieldPlan { role, word, kind, column, split: None });
    }

    fn trait_column(&mut self, name: String, kind: Type, source: Source) {
        self.add_column(ColumnSpec { name, kind, source, toward: false });
    }

    /// Positions of the kinds that words name; reports unknown ones.
    pub fn kinds_named(&mut self, words: &[Word<String>]) -> Vec<usize> {
        let mut kinds = Vec::new();
        for word in words {
            match self.program.kinds.iter().position(|kind| kind.name == word.value) {
                Some(kind) => kinds.push(kind),
                None => {
                    let names: Vec<&str> = self.program.kinds.iter().map(|kind| kind.name.as_str()).collect();
                    let hint = did_you_mean(&word.value, names.iter().copied());
                    self.mistake(word, format!("no event kind `{}`", word.value), hint);
                }
            }
        }
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// As [`Lowering::kinds_named`], where what counts is an event with a peer: warns of kinds whose events have none.
    pub fn paired_kinds(&mut self, words: &[Word<String>]) -> Vec<usize> {
        let kinds = self.kinds_named(words);
        for word in words {
            let alone = |kind: &usize| {
                let kind = self.program.kinds.get(*kind);
                kind.is_some_and(|kind| kind.name == word.value && !kind.peer)
            };
            if kinds.iter().filter(|kind| **kind >= ENGINE_KINDS.len()).any(alone) {
                let hint = "name its role, as in `peer = \"to\"`".to_owned();
                self.warn(
                    word,
                    format!("events of `{}` have no peer, so none of them counts here", word.value),
                    Some(hint),
                );
            }
        }
        kinds
    }

    /// All kinds that the user declared.
    pub fn user_kinds(&self) -> Vec<usize> {
        (ENGINE_KINDS.len()..self.program.kinds.len()).collect()
    }

    pub(super) fn present(&self, kinds: &[usize]) -> Vec<bool> {
        let has = |slot: &Slot| {
            kinds.iter().any(|kind| self.program.kinds.get(*kind).is_some_and(|kind| kind.roles.contains(&slot.role)))
        };
        self.program.slots.iter().map(has).collect()
    }

    /// Slot of a category role that the kinds have.
    pub(super) fn role(&mut self, word: &Word<String>, kinds: &[usize]) -> Option<usize> {
        let present = self.present(kinds);
        let usable = |slot: usize| {
            present.get(slot).copied().unwrap_or(false)
                && self.program.slots.get(slot).is_some_and(|slot| {
                    matches!(slot.kind, FieldType::Category | FieldType::Categories | FieldType::Bool)
                })
        };
        let found = (0..self.program.slots.len())
            .find(|slot| usable(*slot) && self.program.slots.get(*slot).is_some_and(|slot| slot.role == word.value));
        if found.is_none() {
            let names: Vec<&str> = self
                .program
                .slots
                .iter()
                .enumerate()
                .filter(|(slot, _)| usable(*slot))
                .map(|(_, slot)| slot.role.as_str())
                .collect();
            let hint = did_you_mean(&word.value, names.iter().copied());
            self.mistake(word, format!("no category role `{}` in these events", word.value), hint);
        }
        found
    }
}

fn field_kind(kind: FieldType) -> FieldKind {
    match kind {
        FieldType::Number => FieldKind::Number,
        FieldType::Bool => FieldKind::Bool,
        FieldType::Category => FieldKind::Category,
        FieldType::Categories => FieldKind::Categories,
        FieldType::Time => FieldKind::Time,
        FieldType::Label => FieldKind::Label,
    }
}
