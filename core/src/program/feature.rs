//! What is kept: triggers that take events, and the features behind them.

use crate::base::numeric::rate_of_half_life;
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
    /// One value a name of this trait: everyone who has it feeds the same row.
    Group(usize),
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
    /// Hash of what it takes, the same in every program that has it.
    pub mark: u64,
    /// Which end of the event.
    pub direction: Direction,
    /// Whose state.
    pub per: Per,
    /// Whether only the first event of an occasion counts.
    pub occasion: bool,
    /// Whether its condition or a value of its features reads `reply_seconds`, so that a late message
    /// may change what it took from later ones.
    pub replies: bool,
    /// Features that it feeds.
    pub features: Vec<usize>,
    /// Word that holds the time of the latest event taken, where a feature decays.
    pub clock: Option<usize>,
    /// The different rates at which its features decay, by fours; a rate of zero fills up.
    pub rates: Vec<[f64; 4]>,
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
    /// Sum of the value over the events of the first instant, for models.
    FirstSum,
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
    /// The keys of the last n events in their order, by place, for models.
    Sequence,
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
        matches!(self, Op::Distinct | Op::Top(_) | Op::Share(_) | Op::Entropy | Op::Histogram | Op::Sequence)
    }

    /// Whether it works on the gaps between events.
    pub fn is_gap(self) -> bool {
        matches!(self, Op::GapMean | Op::GapVariance | Op::GapLogSum)
    }

    /// Words that a partial aggregate takes; zero where words do not suffice.
    pub const fn words(self) -> usize {
        match self {
            Op::Count | Op::Sum | Op::FirstTime | Op::LastTime => 1,
            Op::Mean | Op::Min | Op::Max | Op::First | Op::FirstSum | Op::Last => 2,
            Op::Variance => 3,
            _ => 0,
        }
    }
}

/// One thing kept for each customer, pair or group.
#[derive(Debug)]
pub(crate) struct FeatureSpec {
    /// The trigger that feeds it.
    pub trigger: usize,
    /// What it makes of which events.
    pub shape: Shape,
    /// The value taken, over the event's slots.
    pub value: Option<Expr>,
    /// The text of the value, by which equal features of two programs are found.
    pub value_text: Option<String>,
    /// Slot of the role whose names are the keys; several names of one event each count.
    pub by: Option<usize>,
    /// First word in the row of its trigger's `per`.
    pub word: usize,
    /// Whether that word is the number of a list.
    pub listed: bool,
    /// The feature whose list it reads, which keeps all that it needs.
    pub shares: Option<usize>,
    /// Its cell in that row, for what does not fit into words.
    pub cell: Option<usize>,
    /// Decay rate per microsecond; zero if it does not decay.
    pub rate: f64,
    /// Its place among the rates of its trigger.
    pub rate_place: usize,
}

/// An aggregate over a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shape {
    /// What is made of the events.
    pub op: Op,
    /// Which events.
    pub window: Window,
}

impl Shape {
    /// The same aggregate over all events.
    pub fn lifetime(self) -> Shape {
        Shape { op: self.op, window: Window::Lifetime }
    }

    /// Words that it takes in a row; zero if it takes a cell instead.
    pub fn words(self) -> usize {
        match self.window {
            Window::Lifetime | Window::HalfLife(_) => self.op.words(),
            _ => 0,
        }
    }

    /// Whether it is a list of words: of partial aggregates by hop, of counts by key, of values.
    pub fn is_list(self) -> bool {
        match self.window {
            Window::Span { .. } => self.op.words() > 0,
            Window::Lifetime => self.op.is_of_keys(),
            _ => false,
        }
    }

    /// Why there is no such aggregate over such a window, if there is not.
    pub fn refusal(self) -> Option<&'static str> {
        let Window::HalfLife(_) = self.window else { return None };
        match self.op {
            Op::Min | Op::Max | Op::First | Op::FirstSum | Op::Last | Op::FirstTime | Op::LastTime => {
                Some("an extreme, a first or a last has no weight that could decay")
            }
            Op::Distinct => Some("a decayed count of distinct values is no count; take a `window`"),
            _ => None,
        }
    }

    /// Decay rate per microsecond; zero if it does not decay.
    pub fn rate(self) -> f64 {
        match self.window {
            Window::HalfLife(half_life) => rate_of_half_life(half_life),
            _ => 0.0,
        }
    }
}
