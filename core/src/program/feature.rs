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
    /// Variance of the value.
    Variance,
    /// Least value.
    Min,
    /// Greatest value.
    Max,
    /// Value of the first event.
    First,
    /// Value of the latest event.
    Last,
    /// Time of the first event.
    FirstTime,
    /// Time of the latest event.
    LastTime,
    /// Number of distinct values.
    Distinct,
    /// A quantile of the value.
    Quantile(f64),
    /// The key of this rank by weight, from 1.
    Top(u32),
    /// This key's share of the weight.
    Share(u32),
    /// Entropy of the weights by key, in nats.
    Entropy,
    /// Weights by key, for models.
    Histogram,
    /// Mean gap between moments, in seconds.
    GapMean,
    /// Variance of the gaps, in seconds squared.
    GapVariance,
    /// Sum of the natural logarithms of the gaps in seconds.
    GapLogSum,
}

impl Op {
    /// Whether it works on weights by key.
    pub fn is_of_keys(self) -> bool {
        matches!(self, Op::Distinct | Op::Top(_) | Op::Share(_) | Op::Entropy | Op::Histogram)
    }

    /// Whether it works on the gaps between events.
    pub fn is_gap(self) -> bool {
        matches!(self, Op::GapMean | Op::GapVariance | Op::GapLogSum)
    }

    /// Words that a partial aggregate takes; zero where words do not suffice.
    pub const fn words(self) -> usize {
        match self {
            Op::Count | Op::Sum | Op::FirstTime | Op::LastTime => 1,
            Op::Mean | Op::Min | Op::Max | Op::First | Op::Last => 2,
            Op::Variance => 3,
            _ => 0,
        }
    }
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
    /// Slot of the role whose names are the keys; several names of one event each count.
    pub by: Option<usize>,
    /// Over which events.
    pub window: Window,
    /// First word in the row of its trigger's `per`.
    pub word: usize,
    /// Its cell in that row, for what does not fit into words.
    pub cell: Option<usize>,
}

impl FeatureSpec {
    /// Words that the feature takes in a row; zero if it takes a cell instead.
    pub fn words(op: Op, window: Window) -> usize {
        match window {
            Window::Lifetime | Window::HalfLife(_) => op.words(),
            _ => 0,
        }
    }

    /// Why this version keeps no such aggregate over such a window, if it does not.
    pub fn refusal(op: Op, window: Window) -> Option<&'static str> {
        match (op, window) {
            (Op::Min | Op::Max | Op::First | Op::Last | Op::FirstTime | Op::LastTime, Window::HalfLife(_)) => {
                Some("an extreme, a first or a last has no weight that could decay")
            }
            (Op::Quantile(_), Window::HalfLife(_) | Window::Span { .. } | Window::Session(_)) => {
                Some("a sketch of quantiles forgets nothing; take `last = n` or the lifetime")
            }
            (Op::Distinct | Op::Top(_) | Op::Share(_) | Op::Entropy | Op::Histogram, Window::Session(_)) => {
                Some("keys within a session are not kept; take a `window` or `last = n`")
            }
            (op, Window::HalfLife(_) | Window::Span { .. } | Window::Session(_)) if op.is_gap() => Some(
                "a gap has two moments, which may stand on both sides of the edge; take `last = n` or the lifetime",
            ),
            (Op::Distinct, Window::HalfLife(_)) => {
                Some("a decayed count of distinct values is no count; take a `window`")
            }
            _ => None,
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
