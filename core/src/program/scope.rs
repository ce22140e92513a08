//! The names that an expression may use: roles of events, or columns.

use super::{ColumnSpec, Lowering, SLOT_AT, SLOT_KIND, SLOT_REPLY, Slot, Source};
use crate::data::keys::Keys;
use crate::definition::model::FieldType;
use crate::expr::{Scope, Type};

/// Slots that every event row has, with their words.
pub(crate) const BUILT_IN: [(&str, FieldType); 3] =
    [("kind", FieldType::Category), ("at", FieldType::Time), ("reply_seconds", FieldType::Number)];

/// The moment of the read, in expressions over columns; a declared column of this name hides it.
const NOW: &str = "now";

/// The type of a field in expressions.
pub(crate) fn expression_type(kind: FieldType) -> Type {
    match kind {
        FieldType::Number => Type::Number,
        FieldType::Bool => Type::Bool,
        FieldType::Category | FieldType::Label => Type::Key,
        FieldType::Categories => Type::Keys,
        FieldType::Time => Type::Time,
    }
}

/// The roles of some kinds of event.
pub(crate) struct EventScope<'a> {
    pub slots: &'a [Slot],
    /// Which slots the kinds have.
    pub present: Vec<bool>,
    pub keys: &'a mut Keys,
    /// Whether `reply_seconds` makes sense: a kind has a peer.
    pub replies: bool,
}

impl Scope for EventScope<'_> {
    fn resolve(&mut self, path: &str) -> Option<(u32, Type)> {
        let slot = self.slots.iter().position(|slot| slot.role == path)?;
        let usable = match slot {
            SLOT_KIND | SLOT_AT => true,
            SLOT_REPLY => self.replies,
            _ => self.present.get(slot).copied().unwrap_or(false) && self.slots.get(slot)?.kind != FieldType::Label,
        };
        usable.then(|| (slot as u32, self.slots.get(slot).map_or(Type::Number, |slot| expression_type(slot.kind))))
    }

    fn names(&self) -> Vec<String> {
        let known = |slot: usize| match slot {
            SLOT_KIND | SLOT_AT => true,
            SLOT_REPLY => self.replies,
            _ => self.present.get(slot).copied().unwrap_or(false),
        };
        self.slots.iter().enumerate().filter(|(slot, _)| known(*slot)).map(|(_, slot)| slot.role.clone()).collect()
    }

    fn key(&mut self, text: &str) -> u32 {
        self.keys.intern(text).unwrap_or(crate::data::record::NONE)
    }
}

/// All columns; naming one that is declared further down lowers it first.
pub(crate) struct ColumnScope<'a, 'b> {
    pub lowering: &'a mut Lowering<'b>,
    /// Whether a column toward a peer was used.
    pub toward: bool,
}

impl Scope for ColumnScope<'_, '_> {
    fn resolve(&mut self, path: &str) -> Option<(u32, Type)> {
        let column = self.lowering.column_named(path).or_else(|| (path == NOW).then(|| self.lowering.now()))?;
        let kind =
            if self.set(column).is_some() { Type::Keys } else { self.lowering.program.columns.get(column)?.kind };
        self.toward |= self.lowering.program.columns.get(column)?.toward;
        Some((column as u32, kind))
    }

    fn names(&self) -> Vec<String> {
        self.lowering.column_names()
    }

    fn key(&mut self, text: &str) -> u32 {
        self.lowering.keys.intern(text).unwrap_or(crate::data::record::NONE)
    }

    fn look_into(&mut self, variable: u32, name: Option<u32>) -> Option<u32> {
        let item = self.set(variable as usize)?;
        let of = &self.lowering.program.traits.get(item)?.name;
        let (hidden, kind) = match name {
            Some(name) => (format!(".{of} has {}", self.lowering.keys.text(name)), Type::Bool),
            None => (format!(".size of {of}"), Type::Number),
        };
        let found = self.lowering.program.column(&hidden).unwrap_or_else(|| {
            let source = Source::Set { item, name };
            self.lowering.add_column(ColumnSpec { name: hidden, kind, source, toward: false })
        });
        Some(found as u32)
    }
}

impl ColumnScope<'_, '_> {
    /// The trait of several names that a column is.
    fn set(&self, column: usize) -> Option<usize> {
        let Source::Trait(item) = self.lowering.program.columns.get(column)?.source else { return None };
        let spec = self.lowering.program.traits.get(item)?;
        (spec.kind == FieldType::Categories).then_some(item)
    }
}
