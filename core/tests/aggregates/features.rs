//! Declared features, as text for the engine and as choices for the twin.

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Window {
    Lifetime,
    HalfLife(i64),
    /// Length and hop; hop 0 is an exact tail.
    Span(i64, i64),
    Session(i64),
    Last(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Customer,
    Tie,
    Household,
    Community,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Out,
    In,
    Both,
}

/// What an aggregate takes of an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Over {
    /// Nothing but its moment.
    Event,
    /// The moment of its occasion.
    Occasion,
    Amount,
    /// `amount * 2.0 + 1.0`.
    Formula,
    Reply,
    Needs,
    Channel,
    Gift,
}

#[derive(Debug, Clone)]
pub struct Feature {
    pub word: &'static str,
    pub over: Over,
    /// Keys of the aggregate alone, as `q = 0.5`.
    pub rest: &'static str,
    pub window: Window,
    pub whose: Whose,
    pub direction: Direction,
    /// Whether only events with an amount above one count.
    pub filtered: bool,
    pub kind: &'static str,
}

pub const FILTER: &str = "amount > 1.0";

impl Feature {
    pub fn toml(&self, name: &str) -> String {
        let over = match self.over {
            Over::Event => "event",
            Over::Occasion => "occasion",
            Over::Amount => "amount",
            Over::Formula => "amount * 2.0 + 1.0",
            Over::Reply => "reply_seconds",
            Over::Needs => "need",
            Over::Channel => "channel",
            Over::Gift => "gift",
        };
        let mut text = format!("[feature.{name}]\n{} = \"{over}\"\non = \"{}\"\n", self.word, self.kind);
        let span = bactrian::data::time::format_span;
        match self.window {
            Window::Lifetime => {}
            Window::HalfLife(half_life) => text.push_str(&format!("half_life = \"{}\"\n", span(half_life))),
            Window::Span(length, 0) => text.push_str(&format!("window = \"{}\"\nhop = \"exact\"\n", span(length))),
            Window::Span(length, hop) => {
                text.push_str(&format!("window = \"{}\"\nhop = \"{}\"\n", span(length), span(hop)));
            }
            Window::Session(gap) => text.push_str(&format!("session = \"{}\"\n", span(gap))),
            Window::Last(n) => text.push_str(&format!("last = {n}\n")),
        }
        match self.whose {
            Whose::Customer => {}
            Whose::Tie => text.push_str("toward = \"peer\"\n"),
            Whose::Household => text.push_str("by = \"household\"\n"),
            Whose::Community => text.push_str("by = \"community\"\n"),
        }
        match self.direction {
            Direction::Out => {}
            Direction::In => text.push_str("direction = \"in\"\n"),
            Direction::Both => text.push_str("direction = \"both\"\n"),
        }
        if self.filtered {
            text.push_str(&format!("where = \"{FILTER}\"\n"));
        }
        if !self.rest.is_empty() {
            text.push_str(self.rest);
            text.push('\n');
        }
        text
    }
}

/// Every aggregate word with what it can take.
pub const AGGREGATES: [(&str, &[(Over, &str)]); 21] = [
    ("count", &[(Over::Event, ""), (Over::Occasion, "")]),
    ("sum", &[(Over::Amount, ""), (Over::Formula, "")]),
    ("mean", &[(Over::Amount, "")]),
    ("variance", &[(Over::Amount, "")]),
    ("min", &[(Over::Amount, "")]),
    ("max", &[(Over::Amount, "")]),
    ("first", &[(Over::Amount, ""), (Over::Channel, "")]),
    ("last", &[(Over::Amount, ""), (Over::Channel, "")]),
    ("first_time", &[(Over::Event, ""), (Over::Occasion, "")]),
    ("last_time", &[(Over::Event, ""), (Over::Occasion, "")]),
    ("distinct", &[(Over::Needs, ""), (Over::Amount, ""), (Over::Channel, ""), (Over::Gift, "")]),
    ("quantile", &[(Over::Amount, "q = 0.5"), (Over::Formula, "q = 0.9"), (Over::Amount, "q = 0.0")]),
    ("top", &[(Over::Needs, ""), (Over::Needs, "k = 2"), (Over::Channel, "")]),
    ("share", &[(Over::Needs, "of = \"a\""), (Over::Channel, "of = \"web\""), (Over::Gift, "of = \"true\"")]),
    ("entropy", &[(Over::Needs, ""), (Over::Channel, "")]),
    ("histogram", &[(Over::Needs, "")]),
    ("gap_mean", &[(Over::Event, ""), (Over::Occasion, "")]),
    ("gap_variance", &[(Over::Event, ""), (Over::Occasion, "")]),
    ("gap_log_sum", &[(Over::Event, ""), (Over::Occasion, "")]),
    ("velocity", &[(Over::Amount, "fast = \"2d\"\nslow = \"9d\"")]),
    ("volatility", &[(Over::Amount, "")]),
];
