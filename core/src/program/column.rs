//! Columns and the trait that a kind of column implements.
//!
//! A model never sees state: it declares inputs, and gets their values as slices. So a read is a
//! pure function of (inputs, fitted parameters, moment), the same by row and by column.

use std::fmt;

use super::{Callbacks, Lowering};
use crate::base::{Result, Verdict};
use crate::definition::model::Column;
use crate::expr::{Course, Expr, Trend, Type};
use crate::graph::Csr;
use crate::models::survival::Forecast;

/// Whose feature a column reads when it is read for A toward B.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Whose {
    /// A's.
    Own,
    /// B's.
    Peer,
    /// That of the pair (A, B).
    Pair,
}

/// Where a column's value comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A feature in the state.
    Feature {
        /// The feature.
        feature: usize,
        /// Whose.
        whose: Whose,
    },
    /// A trait of the customer.
    Trait(usize),
    /// Whether a name is in the set that a trait is; without a name how many are.
    Set {
        /// The trait.
        item: usize,
        /// The name's key.
        name: Option<u32>,
    },
    /// When the value of a trait was learnt.
    Learnt(usize),
    /// How far the value of a trait is believed.
    Confidence(usize),
    /// The moment of the read.
    Now,
    /// What the call to decide tells; unknown in any other read.
    Context(usize),
    /// What the engine tells each decision behind everything that is read; unknown in any other read.
    Told,
    /// An expression; its variables are columns.
    Formula(Expr),
    /// A part of a model.
    Model {
        /// The model.
        model: usize,
        /// Which of its parts.
        part: usize,
    },
    /// The label on one axis of a segment.
    Axis {
        /// The segment.
        segment: usize,
        /// The axis.
        axis: usize,
    },
    /// The cell of a segment.
    Cell(usize),
    /// Read from the live ties around.
    Social(Social),
}

/// What is read from the live ties around a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Social {
    /// How strong the tie to the peer is, in a layer that no feature holds.
    Strength {
        /// The layer.
        tie: usize,
    },
    /// What ties the customer to the peer.
    Dyad {
        /// The layer.
        tie: usize,
        /// Which of its figures.
        part: DyadPart,
    },
    /// The mean of a column over those whom the customer's ties lead to; of a column toward a peer, theirs
    /// toward the customer's peer.
    Exposure {
        /// The layer.
        tie: usize,
        /// The column.
        of: usize,
        /// Whether the column needs a peer.
        toward: bool,
    },
    /// How far the customer may trust the peer, from what those whom the customer trusts say.
    Trust {
        /// The layer.
        tie: usize,
        /// Longest chain.
        hops: usize,
    },
    /// A sum toward the community of the peer: over the customer's pairs with its members, or over what its
    /// members have in common with everyone.
    Community {
        /// The sum.
        feature: usize,
        /// Of the pair, or of the peer.
        whose: Whose,
        /// The column of communities.
        community: usize,
    },
    /// How far the customer belongs to the community of the peer, by ties; alone, how mixed its belonging is.
    Membership {
        /// The layer.
        tie: usize,
        /// The column of communities.
        community: usize,
        /// Whether it needs a peer.
        toward: bool,
    },
    /// How alike the needs of the customer and the peer are.
    Similarity {
        /// Columns with the share of each topic.
        topics: Vec<usize>,
    },
}

/// A figure of two customers in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DyadPart {
    /// How evenly both give.
    Reciprocity,
    /// Neighbours of both.
    Common,
    /// Their share of all neighbours.
    Overlap,
    /// Them, rare ones first.
    AdamicAdar,
}

impl Social {
    /// Whether it needs a peer.
    pub fn toward(&self) -> bool {
        !matches!(self, Social::Exposure { toward: false, .. } | Social::Membership { toward: false, .. })
    }

    /// Columns of others that it reads.
    pub fn columns(&self) -> &[usize] {
        match self {
            Social::Strength { .. } | Social::Dyad { .. } | Social::Trust { .. } => &[],
            Social::Exposure { of, .. } => std::slice::from_ref(of),
            Social::Community { community, .. } | Social::Membership { community, .. } => {
                std::slice::from_ref(community)
            }
            Social::Similarity { topics } => topics,
        }
    }
}

/// One named, typed column.
#[derive(Debug)]
pub(crate) struct ColumnSpec {
    /// Its name; a part of a model is `model.part`. Hidden columns begin with a dot.
    pub name: String,
    /// Its type.
    pub kind: Type,
    /// Where its value comes from.
    pub source: Source,
    /// Whether it needs a peer.
    pub toward: bool,
}

/// A named part of a model's output.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    /// Empty for the column itself, else the word after the dot.
    pub name: String,
    /// Its type.
    pub kind: Type,
}

/// What a model reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// A column.
    Column(usize),
    /// The weights by key of a histogram feature.
    Histogram(usize),
}

/// The values of a model's inputs for one customer (and peer).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inputs<'a> {
    /// One value a [`Input::Column`], in order.
    pub values: &'a [f64],
    /// One list of (key, weight), rising by key, a [`Input::Histogram`], in order.
    pub histograms: &'a [Vec<(u32, f64)>],
    /// The moment of the read.
    pub at: i64,
    /// Whom the read is about: for what a fit published by customer.
    pub customer: u32,
}

/// Figures of a fit, for its report.
pub(crate) type Diagnostics = Vec<(String, f64)>;

/// What a fit found.
#[derive(Debug, Clone, Default)]
pub(crate) struct FitOutcome {
    /// Parameters, encoded by the model.
    pub parameters: Vec<u8>,
    /// Figures for the report.
    pub diagnostics: Diagnostics,
    /// Named answers to questions about effects.
    pub verdicts: Vec<(String, Verdict)>,
    /// Names for people to read: of topics, of clusters.
    pub notes: Vec<(String, String)>,
}

/// One ordered pair with the values of the asked pair columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PairRow {
    /// The customer.
    pub customer: u32,
    /// The peer.
    pub peer: u32,
    /// Values in the order asked.
    pub values: Vec<f64>,
}

/// One event as a fit asks for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Happened {
    /// The customer, or NONE.
    pub customer: u32,
    /// The peer, or NONE.
    pub peer: u32,
    /// When.
    pub at: i64,
    /// The values of the expressions asked for, in order; unknown is NaN.
    pub values: Vec<f64>,
}

/// Which events a fit asks for.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Kinds, as positions.
    pub kinds: Vec<usize>,
    /// A further condition.
    pub filter: Option<Expr>,
    /// Expressions over the event.
    pub values: Vec<Expr>,
}

/// The population that a fit learns from: one snapshot at one moment.
pub(crate) trait Population {
    /// The moment.
    fn at(&self) -> i64;
    /// Number of customers, erased ones included.
    fn customers(&self) -> usize;
    /// A column over all customers; unknown is NaN.
    fn column(&self, column: usize) -> Result<Vec<f64>>;
    /// A histogram feature of one customer, rising by key.
    fn histogram(&self, feature: usize, customer: u32) -> Vec<(u32, f64)>;
    /// Columns over all pairs that have state, rising by (customer, peer).
    fn pairs(&self, columns: &[usize]) -> Result<Vec<PairRow>>;
    /// The text of an interned key.
    fn key(&self, key: u32) -> &str;
    /// The events that are wanted, in time order; of equal times as they arrived.
    fn events(&self, wanted: &Wanted) -> Result<Vec<Happened>>;
    /// The events that a trigger takes, in time order, each with an expression's value: (customer, peer, at, value).
    fn history(&self, feature: usize) -> Result<Vec<(u32, u32, i64, f64)>>;
    /// A layer of ties as the graph reads it: a node for each customer.
    fn ties(&self, tie: usize) -> Csr;
    /// The number of a word that values may name from this fit on.
    ///
    /// # Errors
    /// `SchemaRange` when the table of names is full.
    fn word(&self, text: &str) -> Result<u32>;
    /// Whether the number is that of a customer of its own: neither erased nor folded into another.
    fn is_live(&self, customer: u32) -> bool;
    /// Seed of the engine.
    fn seed(&self) -> u64;
}

/// The additive parts of one value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Explained {
    /// What the parts sum to.
    pub value: f64,
    /// Name, contribution.
    pub parts: Vec<(String, f64)>,
    /// Further figures, such as the count of evidence: not part of the sum.
    pub evidence: Vec<(String, f64)>,
}

/// A name that a fit gave, as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    /// A readable name.
    pub title: String,
    /// The expression over columns that holds for who has the name.
    pub rule: String,
}

/// Names that a column may have, or all but some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AskedNames {
    /// The names, or flags as 1 and 0.
    pub names: Vec<u32>,
    /// Whether it is the others that are asked for.
    pub others: bool,
}

/// A declared column of a kind.
pub(crate) trait ColumnModel: Send + Sync {
    /// Its outputs; the first is the column itself.
    fn parts(&self) -> &[Part];
    /// What it reads.
    fn inputs(&self) -> &[Input];
    /// Whether it needs a fit before it can be read.
    fn needs_fit(&self) -> bool;
    /// Whether it needs a peer.
    fn toward(&self) -> bool {
        false
    }
    /// Whether a callback of the host computes it.
    fn is_hosted(&self) -> bool {
        false
    }
    /// Whether many rows are read at less cost than one after another: its inputs are all columns.
    fn takes_rows(&self) -> bool {
        false
    }
    /// Whether a part stands still while time alone passes, which scales decaying inputs alike.
    fn is_steady(&self, _part: usize) -> bool {
        false
    }
    /// How a part moves while time alone passes and its inputs stand still.
    fn course(&self, part: usize) -> Course {
        Course::new(if self.is_steady(part) { Trend::Still } else { Trend::Mixed }, false)
    }
    /// Whether the parameters of a fit are values by customer ([`crate::data::published`]).
    fn publishes(&self) -> bool {
        false
    }
    /// Learns the population.
    ///
    /// # Errors
    /// `NotEnoughData` where the population has too little.
    fn fit(&self, population: &dyn Population, previous: Option<&[u8]>) -> Result<FitOutcome>;
    /// Makes parameters ready to read; `None` before the first fit.
    ///
    /// # Errors
    /// `StoreCorrupt` where the bytes are not its own.
    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>>;
}

/// A column with the parameters of its last fit.
pub(crate) trait FittedModel: Send + Sync {
    /// Writes every part's value for one customer; unknown is NaN.
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]);
    /// As [`FittedModel::read`], of the parts that are `wanted`; the others may stay as they are.
    fn read_wanted(&self, inputs: Inputs<'_>, _wanted: &[bool], out: &mut [f64]) {
        self.read(inputs, out);
    }
    /// As [`FittedModel::read`] for many customers, one row of inputs and one of parts each, with the same
    /// bits; only where the model takes rows.
    fn read_rows(&self, _values: &[f64], _out: &mut [f64]) {}
    /// Splits a part's value into parts that sum to it.
    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained;
    /// The name that the fit gave to a customer, as a value; NaN unless it gives names to customers.
    fn name_of(&self, _customer: u32) -> f64 {
        f64::NAN
    }
    /// Those to whom the fit gave a name, rising.
    fn members(&self, _name: f64) -> &[u32] {
        &[]
    }
    /// What opportunities bring together, each by its stage, age and worth; `None` where the model has no stages.
    fn forecast(&self, _open: &[[f64; 3]]) -> Option<Forecast> {
        None
    }
    /// What a name of the column itself means; `say` gives the text of a key. `None` where the model does not tell.
    fn describe(&self, _name: u32, _say: &dyn Fn(u32) -> String) -> Option<Described> {
        None
    }
    /// What a name of the column itself asks of the names of each input; nothing where the model does not tell.
    fn asks(&self, _name: u32) -> Vec<Option<AskedNames>> {
        Vec::new()
    }
    /// Takes the callback that it reads through, if it is hosted.
    fn bind(&mut self, _callbacks: &Callbacks) {}
    /// Whether it can be read.
    ///
    /// # Errors
    /// `Callback` if it is hosted and the host has not registered what it needs.
    fn ready(&self) -> Result<()> {
        Ok(())
    }
}

/// What a section becomes.
#[derive(Debug)]
pub(crate) enum Lowered {
    /// A model with its own inputs, fit and parts.
    Model(Box<dyn ColumnModel>),
    /// An expression over columns; true if it needs a peer.
    Formula(Expr, bool),
    /// What is read from live ties.
    Social(Social),
}

/// A kind of column: how a section of the definition becomes a model.
pub(crate) trait Kind: Sync {
    /// Whether this kind owns the section.
    fn owns(&self, column: &Column) -> bool;
    /// Reads the section's keys; findings go to `lowering`, and `None` means that there were some.
    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered>;
}

impl fmt::Debug for dyn ColumnModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ColumnModel").field("parts", &self.parts()).finish_non_exhaustive()
    }
}
