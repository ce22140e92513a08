//! A decision and the reasons behind it.

use std::fmt;

use crate::columns::View;
use crate::expr::Type;

/// What to do next, with the reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Identifies the decision: hash of (seed, customer, that customer's decision count).
    pub id: u64,
    /// The chosen action; `None` is silence.
    pub action: Option<String>,
    /// P(chosen), in (0, 1]: the number that evaluation needs.
    pub propensity: f64,
    /// Priority of the chosen action in money; the price of attention where silence won.
    pub priority: f64,
    /// The factors of the chosen action: response, weight, value, lever, cost; empty for silence.
    pub factors: Vec<Factor>,
    /// One sentence.
    pub why: String,
    /// Why each other action lost, in the order of the definition.
    pub losers: Vec<Loser>,
}

/// A named value, readable by a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    /// The column or the factor.
    pub name: String,
    /// Its value as text; `unknown` where there is none.
    pub value: String,
}

/// An action that was not chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Loser {
    /// The action.
    pub action: String,
    /// Why it lost.
    pub reason: Reason,
    /// The reason in words.
    pub why: String,
    /// The values read.
    pub read: Vec<Factor>,
}

/// Why an action was not chosen, from the first gate to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
pub enum Reason {
    /// `eligible` does not hold, or is unknown.
    NotEligible = 1,
    /// `applicable` does not hold, or is unknown.
    NotApplicable = 2,
    /// `suitable` does not hold, or is unknown.
    NotSuitable = 3,
    /// The customer has not consented.
    NoConsent = 4,
    /// Quiet hours.
    QuietHours = 5,
    /// A contact cap is reached.
    ContactCap = 6,
    /// A factor is unknown, so there is no priority.
    UnknownFactor = 7,
    /// The priority does not exceed the price of attention.
    BelowAttention = 8,
    /// Another action has a higher priority.
    LowerPriority = 9,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::NotEligible => "not eligible",
            Reason::NotApplicable => "not applicable",
            Reason::NotSuitable => "not suitable",
            Reason::NoConsent => "no consent",
            Reason::QuietHours => "quiet hours",
            Reason::ContactCap => "contact cap",
            Reason::UnknownFactor => "unknown factor",
            Reason::BelowAttention => "below the price of attention",
            Reason::LowerPriority => "lower priority",
        })
    }
}

/// A value as a person reads it.
pub(super) fn shown(view: View<'_>, kind: Type, value: f64) -> String {
    match kind {
        _ if value.is_nan() => "unknown".to_owned(),
        Type::Bool => if value == 1.0 { "true" } else { "false" }.to_owned(),
        Type::Key => view.state.keys.text(value as u32).to_owned(),
        Type::Time => crate::data::time::format_time(value as i64),
        _ => format!("{value}"),
    }
}
