//! A checked definition, lowered: what to keep for each customer and pair, and an ordered graph of
//! columns over it.
//!
//! Lowering resolves every name, compiles every expression, adds the hidden features that columns
//! and policies need, and orders columns so that each depends only on columns before it. It is a
//! pure function of the definition and of the interned keys, so that a reopened file lowers to the
//! same program. The trait [`Kind`] is owned here, implemented by `columns`, handed down by `engine`.

mod action;
mod alike;
mod callback;
mod column;
mod contact;
mod feature;
mod layout;
mod lower;
mod proof;
mod scope;
mod segment;
#[cfg(test)]
mod tests;

pub(crate) use action::{
    ActionSpec, ContextSpec, DEVIATION, DecisionSpec, FACTOR, FACTORS, Factor, Formula, Gate, LearntSpec, PULL,
    PullSpec, RESPONSE, RegressionSpec, WITHIN,
};
pub use callback::{Callback, CallbackReport};
pub(crate) use callback::{Callbacks, Registered, is_running};
pub(crate) use column::{
    AskedNames, ColumnModel, ColumnSpec, Described, Diagnostics, DyadPart, Explained, FitOutcome, FittedModel,
    Happened, Input, Inputs, Kind, Lowered, PairRow, Part, Population, Social, Source, Wanted, Whose,
};
pub(crate) use contact::{BUDGET, BudgetSpec, Cap, ContactSpec};
pub(crate) use feature::{Direction, FeatureSpec, Op, Per, Shape, Trigger};
pub(crate) use layout::{Layout, Lists};
pub(crate) use lower::{FeatureRequest, Lowering, lower};
pub(crate) use proof::{Arm, CONTACT, Standing, TRIAL, TrialSpec};
pub(crate) use segment::{AxisSpec, Cut, SegmentSpec, UNKNOWN, cell_labels, cell_name};

use std::sync::Arc;

use crate::data::ingest::{EventPlan, TiePlan, TraitPlan};
use crate::definition::model::{FieldType, Time};

/// Slot of the event's kind in an event row.
pub(crate) const SLOT_KIND: usize = 0;
/// Slot of the event's time.
pub(crate) const SLOT_AT: usize = 1;
/// Slot of `reply_seconds`.
pub(crate) const SLOT_REPLY: usize = 2;

/// The column of a table of traits that says who stated them, where traits declare `sources`.
pub(crate) const SOURCE: &str = "source";
/// Slot of the segment of a `crossed` event.
pub(crate) const SLOT_SEGMENT: usize = 3;
/// Slot of the cell that a `crossed` event enters.
pub(crate) const SLOT_TO: usize = 5;
/// Position of the kind `crossed`.
pub(crate) const KIND_CROSSED: usize = 0;
/// Position of the kind `decided`.
pub(crate) const KIND_DECIDED: usize = 1;

/// Position of the kind `outcome`.
pub(crate) const KIND_OUTCOME: usize = 2;

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
    /// Hash of its name.
    pub mark: u64,
    /// Words of its roles.
    pub roles: Vec<String>,
    /// Whether it can have a peer.
    pub peer: bool,
    /// Triggers that an event of this kind can pull on its customer's side.
    pub outward: Pulled,
    /// Triggers that it can pull on its peer's side.
    pub inward: Pulled,
}

/// Triggers that one end of an event can pull, by what they touch.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pulled {
    /// Those that touch rows of that end's own, whatever other events there are.
    pub plain: Vec<usize>,
    /// Those that touch the row of a group.
    pub groups: Vec<usize>,
    /// Those that read `reply_seconds`.
    pub replies: Vec<usize>,
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
    /// How far a value is believed.
    pub belief: Belief,
}

/// How far the value of a trait is believed: w 2^(-age / half-life) for a source of weight w.
#[derive(Debug, Clone, Default)]
pub(crate) struct Belief {
    /// Decay rate per microsecond; zero if confidence does not decay.
    pub rate: f64,
    /// Weight of each source, by its interned name; any other source has weight 1.
    pub weights: Vec<(u32, f64)>,
    /// The hidden trait that holds the source of the value, where sources are declared.
    pub source: Option<usize>,
}

impl Belief {
    /// The weight of a source, which may be unknown.
    pub fn weight(&self, source: f64) -> f64 {
        self.weights.iter().find(|(name, _)| f64::from(*name) == source).map_or(1.0, |(_, weight)| *weight)
    }
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
    /// Whether the graph tells its two directions apart.
    pub directed: bool,
    /// A tie that is weaker is none to the graph.
    pub least: f64,
    /// The layer of places, and how many visitors a place may have, where the ties are those of meeting there.
    pub through: Option<(usize, usize)>,
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
    /// Where features of a group stand.
    pub group: Layout,
    /// Columns, each after the columns that it reads.
    pub columns: Vec<ColumnSpec>,
    /// Models behind columns of kinds.
    pub models: Vec<(String, Box<dyn ColumnModel>)>,
    /// Segments.
    pub segments: Vec<SegmentSpec>,
    /// Layers of ties.
    pub ties: Vec<TieSpec>,
    /// Actions, contact policies and how to choose; decisions that were taken hold it too.
    pub decisions: Arc<DecisionSpec>,
    /// What features that read `reply_seconds` keep.
    pub reply_rows: ReplyRows,
    /// Slot of the event id, of the occasion and of the answered event, where declared.
    pub labels: Labels,
}

/// The parts of rows that features which read `reply_seconds` keep.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReplyRows {
    /// Of a customer's row.
    pub customer: Kept,
    /// Of a pair's.
    pub pair: Kept,
}

/// Words and cells of a row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    /// Words.
    pub words: Vec<usize>,
    /// Cells.
    pub cells: Vec<usize>,
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

    /// Whether a fit must come before the column can be read.
    pub fn needs_fit(&self, column: &ColumnSpec) -> bool {
        let fitted = |segment: &SegmentSpec| segment.axes.iter().any(|axis| matches!(axis.cut, Cut::Quantiles(_)));
        match &column.source {
            Source::Model { model, .. } => self.models.get(*model).is_some_and(|(_, model)| model.needs_fit()),
            Source::Axis { segment, .. } | Source::Cell(segment) => self.segments.get(*segment).is_some_and(fitted),
            Source::Social(social) => {
                let columns = social.columns().iter();
                columns.filter_map(|column| self.columns.get(*column)).any(|column| self.needs_fit(column))
            }
            Source::Formula(expr) => {
                let inputs = expr.inputs().iter();
                inputs.filter_map(|input| self.columns.get(*input as usize)).any(|input| self.needs_fit(input))
            }
            _ => false,
        }
    }

    /// The segment of this name.
    pub fn segment(&self, name: &str) -> Option<usize> {
        self.segments.iter().position(|segment| *segment.name == *name)
    }
}

impl Program {
    /// Whether a crossing or a decision may change a column itself, or a feature that its model reads.
    pub fn follows_decisions(&self, column: usize) -> bool {
        let is_place = matches!(self.source(column), Some(Source::Axis { .. } | Source::Cell(_)) | None);
        is_place || [KIND_CROSSED, KIND_DECIDED].iter().any(|kind| self.is_moved_by(column, *kind))
    }

    /// Whether an event of a kind may change a column of one of its ends, by a feature that the column
    /// or its model reads; columns that it reads are asked for by themselves.
    pub fn is_moved_by(&self, column: usize, kind: usize) -> bool {
        let fed = |feature: usize| {
            let trigger = self.features.get(feature).and_then(|feature| self.triggers.get(feature.trigger));
            trigger.is_none_or(|trigger| trigger.kinds.contains(&kind))
        };
        match self.source(column) {
            Some(Source::Feature { feature, .. }) => fed(*feature),
            Some(Source::Model { model, .. }) => {
                let inputs = self.models.get(*model).map_or(&[][..], |(_, model)| model.inputs());
                inputs.iter().any(|input| matches!(input, Input::Histogram(feature) if fed(*feature)))
            }
            // What others do, or their decisions, may move it.
            Some(Source::Social(_)) | None => true,
            Some(_) => false,
        }
    }

    fn source(&self, column: usize) -> Option<&Source> {
        self.columns.get(column).map(|column| &column.source)
    }

    /// Whether any feature takes events of a kind.
    pub fn counts(&self, kind: usize) -> bool {
        let pulls =
            |pulled: &Pulled| !(pulled.plain.is_empty() && pulled.groups.is_empty() && pulled.replies.is_empty());
        self.kinds.get(kind).is_some_and(|kind| pulls(&kind.outward) || pulls(&kind.inward))
    }

    /// Notes for each kind of event the triggers that it can pull.
    fn index_triggers(&mut self) {
        for (index, trigger) in self.triggers.iter().enumerate() {
            for kind in &trigger.kinds {
                let Some(kind) = self.kinds.get_mut(*kind) else { continue };
                if trigger.direction != Direction::In {
                    kind.outward.add(index, trigger);
                }
                if trigger.direction != Direction::Out {
                    kind.inward.add(index, trigger);
                }
            }
        }
    }
}

impl Program {
    /// Words that are numbers of lists, in the rows of customers, of pairs, of groups.
    pub fn lists(&self) -> [Lists; 3] {
        let mut lists = [const { Vec::new() }; 3];
        for feature in self.features.iter().filter(|feature| feature.listed && feature.shares.is_none()) {
            let place = match self.triggers.get(feature.trigger).map(|trigger| trigger.per) {
                Some(Per::Pair) => 1,
                Some(Per::Group(_)) => 2,
                _ => 0,
            };
            lists[place].push((feature.word, feature.shape));
        }
        lists.map(Vec::into_boxed_slice)
    }

    /// Notes the rates at which the features of each trigger decay.
    fn index_rates(&mut self) {
        for feature in self.features.iter_mut().filter(|feature| feature.rate > 0.0) {
            let Some(trigger) = self.triggers.get_mut(feature.trigger) else { continue };
            let rates = &mut trigger.rates;
            // A rate of zero stands where none was put yet.
            let free = |rate: &f64| *rate == feature.rate || *rate == 0.0;
            if !rates.iter().flatten().any(free) {
                rates.push([0.0; 4]);
            }
            let place = rates.iter().flatten().position(free).unwrap_or(0);
            if let Some(rate) = rates.get_mut(place / 4).and_then(|four| four.get_mut(place % 4)) {
                *rate = feature.rate;
            }
            feature.rate_place = place;
        }
    }

    /// Notes what the features that read replies keep.
    fn index_replies(&mut self) {
        for trigger in self.triggers.iter().filter(|trigger| trigger.replies) {
            let kept = match trigger.per {
                Per::Pair => &mut self.reply_rows.pair,
                Per::Customer | Per::Group(_) => &mut self.reply_rows.customer,
            };
            kept.words.extend(trigger.clock);
            for feature in trigger.features.iter().filter_map(|feature| self.features.get(*feature)) {
                match feature.cell {
                    Some(cell) => kept.cells.push(cell),
                    None => kept.words.extend(feature.word..feature.word + feature.shape.op.words()),
                }
            }
        }
    }
}

impl Pulled {
    fn add(&mut self, index: usize, trigger: &Trigger) {
        match trigger.per {
            _ if trigger.replies => self.replies.push(index),
            Per::Group(_) => self.groups.push(index),
            Per::Customer | Per::Pair => self.plain.push(index),
        }
    }
}
