//! What to do next, and why.

use std::ffi::c_char;
use std::ptr;
use std::sync::OnceLock;

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
    /// It is worth as much, but another was drawn.
    NotDrawn = 13,
    /// The budget of a policy does not hold what it takes.
    BudgetSpent = 14,
    /// A peer of the customer can meet the need, and is asked first.
    PeerFirst = 15,
    /// It is new, and goes to others until it has proved itself.
    OnTrial = 16,
    /// It is new, and did not prove itself.
    TrialStopped = 17,
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
            bactrian::Reason::NotDrawn => Reason::NotDrawn,
            bactrian::Reason::BudgetSpent => Reason::BudgetSpent,
            bactrian::Reason::PeerFirst => Reason::PeerFirst,
            bactrian::Reason::OnTrial => Reason::OnTrial,
            bactrian::Reason::TrialStopped => Reason::TrialStopped,
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
    withheld: *const c_char,
    arm: *const c_char,
    slate: Vec<Choice>,
    /// Found when it is asked for.
    flip: OnceLock<Option<(Flip, Texts)>>,
    decided: bactrian::Decision,
    _texts: Texts,
}

/// One action of a slate.
#[repr(C)]
pub struct Choice {
    /// Identifies the decision for this action: outcomes are learnt by it.
    pub id: u64,
    /// The action.
    pub action: *const c_char,
    /// Its priority in money.
    pub priority: f64,
    /// P(chosen).
    pub propensity: f64,
    /// 1 if the control arm withholds it, so that it is not to be sent; 0 if not.
    pub withheld: u32,
    /// The arm as which it is sent; NULL where it has none.
    pub arm: *const c_char,
}

/// A change of one value that was read, and what would win then.
#[repr(C)]
pub struct Flip {
    /// The column; of a contact policy, what it counts.
    pub column: *const c_char,
    /// The value that was read; flags are 0 and 1, times microseconds since 1970 UTC.
    pub value: f64,
    /// The nearest value found at which the decision turns.
    pub to: f64,
    /// What would win then; NULL is silence.
    pub action: *const c_char,
    /// One sentence.
    pub why: *const c_char,
}

impl Flip {
    fn new(found: &bactrian::Flip) -> (Self, Texts) {
        let mut texts = Texts::default();
        let (column, why) = (texts.add(&found.column), texts.add(&found.why));
        let action = texts.add_if(found.action.as_deref());
        (Flip { column, value: found.from, to: found.to, action, why }, texts)
    }
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
        let choice = |choice: &bactrian::Choice| Choice {
            id: choice.id,
            action: texts.add(&choice.action),
            priority: choice.priority,
            propensity: choice.propensity,
            withheld: u32::from(choice.withheld),
            arm: texts.add_if(choice.arm.as_deref()),
        };
        let slate = decided.slate.iter().map(choice).collect();
        Decision {
            id: decided.id,
            action: texts.add_if(decided.action.as_deref()),
            why: texts.add(&decided.why()),
            propensity: decided.propensity,
            priority: decided.priority,
            factors: factors(&decided.factors(), &mut texts),
            losers,
            withheld: texts.add_if(decided.withheld.as_deref()),
            arm: texts.add_if(decided.arm.as_deref()),
            slate,
            read: lost.iter().map(|loser| factors(&loser.read, &mut texts)).collect(),
            flip: OnceLock::new(),
            decided: decided.clone(),
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

/// How many actions were chosen: as many as were asked for, at most one of a group; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_choice_count(decision: Option<&Decision>) -> usize {
    decision.map_or(0, |decision| decision.slate.len())
}

/// A chosen action, the best first; NULL from the end on. Valid as long as the decision.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_choice(decision: Option<&Decision>, index: usize) -> *const Choice {
    decision.and_then(|decision| decision.slate.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// The action that was chosen and, in the control arm, is not to be sent; NULL otherwise. Valid as long as the
/// decision.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_withheld(decision: Option<&Decision>) -> *const c_char {
    decision.map_or(ptr::null(), |decision| decision.withheld)
}

/// The arm as which the chosen action is sent; NULL where it has none. Valid as long as the decision.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_arm(decision: Option<&Decision>) -> *const c_char {
    decision.map_or(ptr::null(), |decision| decision.arm)
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

/// The smallest change of one value that was read that makes another action, or silence, win; NULL where no single
/// change does. Valid as long as the decision. Cost of the first call: about a hundred decisions for each value read.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_flip(decision: Option<&Decision>) -> *const Flip {
    let found = |decision: &Decision| {
        let flip = decision.flip.get_or_init(|| decision.decided.flip().as_ref().map(Flip::new));
        flip.as_ref().map_or(ptr::null(), |(flip, _)| ptr::from_ref(flip))
    };
    decision.map_or(ptr::null(), |decision| guard_or(ptr::null(), || found(decision)))
}

/// Gives a decision back; NULL is fine. Those of a report go with it and are not freed.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_decision_free(decision: Option<Box<Decision>>) {
    guard_or((), || drop(decision));
}
