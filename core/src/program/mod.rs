//! A checked definition, lowered: what to keep for each customer and pair, and an ordered graph of
//! columns over it.
//!
//! Lowering resolves every name, compiles every expression, adds the hidden features that columns
//! and policies need, and orders columns so that each depends only on columns before it. It is a
//! pure function of the definition and of the interned keys, so that a reopened file lowers to the
//! same program. The trait [`Kind`] is owned here, implemented by `columns`, handed down by `engine`.

mod action;
mod column;
mod feature;
mod layout;
mod lower;
mod scope;
mod segment;
#[cfg(test)]
mod tests;

pub(crate) use action::{ActionSpec, ContactSpec, DecideSpec, Formula};
pub(crate) use column::{
    ColumnModel, ColumnSpec, Explained, FitOutcome, FittedModel, Input, Inputs, Kind, Lowered, PairRow, Part,
    Population, Source, Whose,
};
pub(crate) use feature::{Direction, FeatureSpec, Op, Per, Trigger};
pub(crate) use layout::Layout;
pub(crate) use lower::{FeatureRequest, Lowering, lower};
pub(crate) use segment::{AxisSpec, Cut, SEPARATOR, SegmentSpec, UNKNOWN};

use crate::data::ingest::{EventPlan, TiePlan, TraitPlan};
use crate::definition::model::{FieldType, Time};

/// Slot of the event's kind in an event row.
pub(crate) const SLOT_KIND: usize = 0;
/// Slot of the event's time.
pub(crate) const SLOT_AT: usize = 1;
/// Slot of `reply_seconds`.
pub(crate) const SLOT_REPLY: usize = 2;

/// One position of an event row as expressions see it.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    /// The role's word.
    pub role: String,
    /// The interned role, as the journal names it.
    pub key: u32,
    /// Its type.
    pub kind: FieldType,
}

/// One kind of event.
#[derive(Debug, Clone)]
pub(crate) struct EventKind {
    /// Its name.
    pub name: String,
    /// The interned name, as the journal knows it.
    pub key: u32,
    /// Words of its roles.
    pub roles: Vec<String>,
    /// Whether it can have a peer.
    pub peer: bool,
    /// Triggers that an event of this kind can pull on its customer's side.
    pub outward: Vec<usize>,
    /// Triggers that it can pull on its peer's side.
    pub inward: Vec<usize>,
}

/// One trait.
#[derive(Debug, Clone)]
pub(crate) struct TraitSpec {
    /// Its name.
    pub name: String,
    /// The interned name.
    pub key: u32,
    /// Its type.
    pub kind: FieldType,
    /// Half-life of the confidence in its value, in microseconds.
    pub half_life: Option<i64>,
}

/// One layer of ties.
#[derive(Debug, Clone)]
pub(crate) struct TieSpec {
    /// Its name.
    pub name: String,
    /// The interned name.
    pub key: u32,
    /// The pair feature that holds its strength.
    pub feature: usize,
}

/// A definition made ready to run.
pub(crate) struct Program {
    /// Hash of the definition's meaning.
    pub hash: u64,
    /// Lateness, dedupe horizon, recheck grid, zone.
    pub time: Time,
    /// Positions of an event row.
    pub slots: Vec<Slot>,
    /// Kinds of event, the built-in ones first.
    pub kinds: Vec<EventKind>,
    /// How Arrow columns and rows become events.
    pub plan: EventPlan,
    /// How Arrow columns become traits.
    pub trait_plan: TraitPlan,
    /// How Arrow columns become ties.
    pub tie_plan: TiePlan,
    /// Traits.
    pub traits: Vec<TraitSpec>,
    /// Conditions under which features take an event.
    pub triggers: Vec<Trigger>,
    /// Everything that is kept.
    pub features: Vec<FeatureSpec>,
    /// Where features of a customer stand.
    pub customer: Layout,
    /// Where features of a pair stand.
    pub pair: Layout,
    /// Columns, each after the columns that it reads.
    pub columns: Vec<ColumnSpec>,
    /// Models behind columns of kinds.
    pub models: Vec<(String, Box<dyn ColumnModel>)>,
    /// Segments.
    pub segments: Vec<SegmentSpec>,
    /// Layers of ties.
    pub ties: Vec<TieSpec>,
    /// Actions.
    pub actions: Vec<ActionSpec>,
    /// Contact policies.
    pub contacts: Vec<ContactSpec>,
    /// Price of attention and formula.
    pub decide: DecideSpec,
    /// Whether any expression reads `reply_seconds`.
    pub replies: bool,
    /// Slot of the event id, of the occasion and of the answered event, where declared.
    pub labels: Labels,
}

/// Slots of the roles that identify events.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Labels {
    /// `id`.
    pub id: Option<usize>,
    /// `occasion`.
    pub occasion: Option<usize>,
    /// `reply_to`.
    pub reply_to: Option<usize>,
}

impl Program {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The kind with this interned name.
    pub fn kind_of(&self, key: u32) -> Option<usize> {
        self.kinds.iter().position(|kind| kind.key == key)
    }

    /// The segment of this name.
    pub fn segment(&self, name: &str) -> Option<usize> {
        self.segments.iter().position(|segment| segment.name == name)
    }
}

impl Program {
    fn reads_replies(&self) -> bool {
        let reads = |expr: &Option<crate::expr::Expr>| {
            expr.as_ref().is_some_and(|expr| expr.inputs().contains(&(SLOT_REPLY as u32)))
        };
        self.triggers.iter().any(|trigger| reads(&trigger.filter))
            || self.features.iter().any(|feature| reads(&feature.value))
    }

    /// Notes for each kind of event the triggers that it can pull.
    fn index_triggers(&mut self) {
        for (index, trigger) in self.triggers.iter().enumerate() {
            for kind in &trigger.kinds {
                let Some(kind) = self.kinds.get_mut(*kind) else { continue };
                if trigger.direction != Direction::In {
                    kind.outward.push(index);
                }
                if trigger.direction != Direction::Out {
                    kind.inward.push(index);
                }
            }
        }
    }
}
