//! What to do next, and why.

use std::ffi::c_char;
use std::ptr;

use crate::error::guard_or;
use crate::texts::Texts;

/// A named text, such as a value that was read, as a person reads it.
#[repr(C)]
pub struct Factor {
    /// What it is: a column, a factor.
    pub name: *const c_char,
    /// Its value as text; `unknown` where there is none.
    pub value: *const c_char,
}

/// Why an action was not chosen, from the first gate to the last.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A reason that came with a later version.
    Other = 0,
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
    /// Outcomes of a kind have come, and the time to cool off has not passed.
    CoolOff = 10,
    /// An action of the same group is chosen.
    GroupTaken = 11,
    /// A fallback, and another action is chosen.
    NotNeeded = 12,
}

impl From<bactrian::Reason> for Reason {
    fn from(reason: bactrian::Reason) -> Self {
        match reason {
            bactrian::Reason::NotEligible => Reason::NotEligible,
            bactrian::Reason::NotApplicable => Reason::NotApplicable,
            bactrian::Reason::NotSuitable => Reason::NotSuitable,
            bactrian::Reason::NoConsent => Reason::NoConsent,
            bactrian::Reason::QuietHours => Reason::QuietHours,
            bactrian::Reason::ContactCap => Reason::ContactCap,
            bactrian::Reason::UnknownFactor => Reason::UnknownFactor,
            bactrian::Reason::BelowAttention => Reason::BelowAttention,
            bactrian::Reason::LowerPriority => Reason::LowerPriority,
            bactrian::Reason::CoolOff => Reason::CoolOff,
            bactrian::Reason::GroupTaken => Reason::GroupTaken,
            bactrian::Reason::NotNeeded => Reason::NotNeeded,
            _ => Reason::Other,
        }
    }
}

/// An action that was not chosen.
#[repr(C)]
pub struct Loser {
    /// The action.
    pub action: *const c_char,
    /// Why it lost.
    pub reason: Reason,
    /// The reason in words.
    pub why: *const c_char,
}

/// What to do next, and why.
pub struct Decision {
    id: u64,
    action: *const c_char,
    why: *const c_char,
    propensity: f64,
    priority: f64,
    factors: Vec<Factor>,
    losers: Vec<Loser>,
    read: Vec<Vec<Factor>>,
    _texts: Texts,
}

impl Decision {
    pub(crate) fn new(decided: &bactrian::Decision) -> Self {
        let mut texts = Texts::default();
        let lost = decided.losers();
        let losers = lost.iter().map(|loser| Loser {
            action: texts.add(&loser.action),
            reason: loser.reason.into(),
            why: texts.add(&loser.why),
        });
        let losers = losers.collect();
        Decision {
            id: decided.id,
            action: texts.add_if(decided.action.as_deref()),
            why: texts.add(&decided.why()),
            propensity: decided.propensity,
            priority: decided.priority,
            factors: factors(&decided.factors(), &mut texts),
            losers,
            read: lost.iter().map(|loser| factors(&loser.read, &mut texts)).collect(),
            _texts: texts,
        }
    }
}

fn factors(found: &[bactrian::Factor], texts: &mut Texts) -> Vec<Factor> {
    found.iter().map(|factor| Factor { name: texts.add(&factor.name), value: texts.add(&factor.value) }).collect()
}

/// Identifies the decision, and joins it with what comes of it; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_id(decision: Option<&Decision>) -> u64 {
    decision.map_or(0, |decision| decision.id)
}

/// The chosen action, by its name in the definition; NULL is silence. Valid as long as the decision.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_action(decision: Option<&Decision>) -> *const c_char {
    decision.map_or(ptr::null(), |decision| decision.action)
}

/// Why, in one sentence; NULL for NULL. Valid as long as the decision.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_why(decision: Option<&Decision>) -> *const c_char {
    decision.map_or(ptr::null(), |decision| decision.why)
}

/// P(chosen), in (0, 1]: the number that evaluation needs. NaN for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_propensity(decision: Option<&Decision>) -> f64 {
    decision.map_or(f64::NAN, |decision| decision.propensity)
}

/// Priority of the chosen action in money; the price of attention where silence won. NaN for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_priority(decision: Option<&Decision>) -> f64 {
    decision.map_or(f64::NAN, |decision| decision.priority)
}

/// How many factors made the priority (response, weight, value, lever, cost); 0 for silence and NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_factor_count(decision: Option<&Decision>) -> usize {
    decision.map_or(0, |decision| decision.factors.len())
}

/// One factor; NULL from the end on. Valid as long as the decision.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_factor(decision: Option<&Decision>, index: usize) -> *const Factor {
    decision.and_then(|decision| decision.factors.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// How many actions lost; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_loser_count(decision: Option<&Decision>) -> usize {
    decision.map_or(0, |decision| decision.losers.len())
}

/// One action that lost, in the order of the definition; NULL from the end on. Valid as long as the
/// decision.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_loser(decision: Option<&Decision>, index: usize) -> *const Loser {
    decision.and_then(|decision| decision.losers.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// How many values were read for one action that lost; 0 from the end on.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_loser_read_count(decision: Option<&Decision>, index: usize) -> usize {
    decision.and_then(|decision| decision.read.get(index)).map_or(0, Vec::len)
}

/// One value that was read for an action that lost; NULL from the end on. Valid as long as the decision.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_loser_read(
    decision: Option<&Decision>,
    index: usize,
    value: usize,
) -> *const Factor {
    let read = decision.and_then(|decision| decision.read.get(index));
    read.and_then(|read| read.get(value)).map_or(ptr::null(), ptr::from_ref)
}

/// Gives a decision back; NULL is fine. Those of a report go with it and are not freed.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_free(decision: Option<Box<Decision>>) {
    guard_or((), || drop(decision));
}
