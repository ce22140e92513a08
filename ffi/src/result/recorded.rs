//! A decision as the journal has it.

use std::ffi::c_char;
use std::ptr;

use super::decision::Reason;
use crate::error::guard_or;
use crate::texts::Texts;
use crate::value::Id;

/// What was recorded of a decision.
#[repr(C)]
pub struct RecordedView {
    /// Its id.
    pub id: u64,
    /// For whom; neither text nor number for a customer who was erased.
    pub customer: Id,
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
    /// The chosen action, withheld or not; NULL is silence.
    pub action: *const c_char,
    /// 1 if the control arm withheld it, 0 if not.
    pub withheld: u32,
    /// P(chosen), in (0, 1].
    pub propensity: f64,
    /// Priority of the chosen action in money; the price of attention where silence won.
    pub priority: f64,
    /// The price of attention.
    pub attention: f64,
    /// The fingerprint of the definition under which it was taken.
    pub definition: *const c_char,
    /// The arm as which it was sent; NULL where it had none.
    pub arm: *const c_char,
}

/// An action of a recorded decision.
#[repr(C)]
pub struct RecordedAction {
    /// The action.
    pub action: *const c_char,
    /// 1 if it fell at a gate or a policy, 0 if it did not.
    pub fell: u32,
    /// Where, if it fell.
    pub reason: Reason,
    /// P(outcome | action); this and the following are NaN for one that fell.
    pub response: f64,
    /// The weight of the context.
    pub weight: f64,
    /// Value of the outcome in money.
    pub value: f64,
    /// The lever.
    pub lever: f64,
    /// Cost in money.
    pub cost: f64,
    /// Priority in money.
    pub priority: f64,
}

/// A decision as it was recorded, from which it can be told again what was weighed.
pub struct RecordedDecision {
    view: RecordedView,
    actions: Vec<RecordedAction>,
    _texts: Texts,
}

impl RecordedDecision {
    pub(crate) fn new(found: &bactrian::RecordedDecision) -> Self {
        let mut texts = Texts::default();
        let view = RecordedView {
            id: found.id,
            customer: Id::view(&found.customer, &mut texts),
            at: found.at,
            action: texts.add_if(found.action.as_deref()),
            withheld: u32::from(found.withheld),
            propensity: found.propensity,
            priority: found.priority,
            attention: found.attention,
            definition: texts.add(&found.fingerprint()),
            arm: texts.add_if(found.arm.as_deref()),
        };
        let action = |found: &bactrian::RecordedAction| {
            let [response, weight, value, lever, cost] = found.factors;
            RecordedAction {
                action: texts.add(&found.action),
                fell: u32::from(found.reason.is_some()),
                reason: found.reason.map_or(Reason::Other, Reason::from),
                response,
                weight,
                value,
                lever,
                cost,
                priority: found.priority,
            }
        };
        let actions = found.candidates.iter().map(action).collect();
        RecordedDecision { view, actions, _texts: texts }
    }
}

/// What was recorded; NULL for NULL. Valid as long as the recorded decision.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_recorded_decision_figures(recorded: Option<&RecordedDecision>) -> *const RecordedView {
    recorded.map_or(ptr::null(), |recorded| &raw const recorded.view)
}

/// How many actions the definition of its time had; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_recorded_decision_action_count(recorded: Option<&RecordedDecision>) -> usize {
    recorded.map_or(0, |recorded| recorded.actions.len())
}

/// One of them, in the order of that definition; NULL from the end on. Valid as long as the recorded decision.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_recorded_decision_action(
    recorded: Option<&RecordedDecision>,
    index: usize,
) -> *const RecordedAction {
    recorded.and_then(|recorded| recorded.actions.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// Gives a recorded decision back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_recorded_decision_free(recorded: Option<Box<RecordedDecision>>) {
    guard_or((), || drop(recorded));
}
