//! What is kept: triggers that take events, and the features behind them.

use crate::definition::model::Window;
use crate::expr::Expr;

/// Which end of an event a feature stands at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Direction {
    /// The customer's own events.
    Out,
    /// Events in which the customer is the peer.
    In,
    /// Both.
    Both,
}

/// Whose state a feature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Per {
    /// One value a customer.
    Customer,
    /// One value an ordered pair of customers.
    Pair,
}

/// A condition under which features take an event. Features that share it share its clock.
#[derive(Debug)]
pub(crate) struct Trigger {
    /// Event kinds that count, as positions in the program.
    pub kinds: Vec<usize>,
    /// Further condition over the event's slots.
    pub filter: Option<Expr>,
    /// The text of the condition, by which equal triggers are found.
    pub filter_text: Option<String>,
    /// Which end of the event.
    pub direction: Direction,
    /// Whose state.
    pub per: Per,
    /// Whether only the first event of an occasion counts.
    pub occasion: bool,
    /// Features that it feeds.
    pub features: Vec<usize>,
    /// Word that holds the time of the latest event taken, where a feature decays.
    pub clock: Option<usize>,
}

/// What a feature makes of the events that it takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Op {
    /// Number of events.
    Count,
    /// Sum of the value.
    Sum,
    /// Mean of the value.
    Mean,
    /// Time of the first event.
    FirstTime,
    /// Time of the latest event.
    LastTime,
    /// Decayed or plain weight by key.
    Histogram,
}

/// One thing kept for each customer or pair.
#[derive(Debug)]
pub(crate) struct FeatureSpec {
    /// Its name; hidden features begin with a dot.
    pub name: String,
    /// The trigger that feeds it.
    pub trigger: usize,
    /// What it makes of the events.
    pub op: Op,
    /// The value taken, over the event's slots.
    pub value: Option<Expr>,
    /// Slot of the key of a histogram.
    pub by: Option<usize>,
    /// Over which events.
    pub window: Window,
    /// First word in the row of its trigger's `per`.
    pub word: usize,
    /// Its cell in that row, for what does not fit into words.
    pub cell: Option<usize>,
}

impl FeatureSpec {
    /// Words that the feature takes in a row.
    pub fn words(op: Op, window: Window) -> usize {
        match (op, window) {
            (_, Window::Last(_)) | (Op::Histogram, _) => 0,
            (Op::Mean, _) => 2,
            _ => 1,
        }
    }

    /// Decay rate per microsecond; zero for a lifetime.
    pub fn rate(&self) -> f64 {
        match self.window {
            Window::HalfLife(half_life) => std::f64::consts::LN_2 / half_life as f64,
            _ => 0.0,
        }
    }
}
