//! How an action proves itself: the arms it is sent as, its trial, and the contacts that are counted; lowered.

use super::Whose;
use super::action::{ActionSpec, DecisionSpec};
use super::feature::{Direction, Op, Per};
use super::lower::{FeatureRequest, Lowering};
use crate::data::record::NONE;
use crate::definition::model::{self, Window};
use crate::expr::Type;
use crate::models::evaluation::SequentialRatio;

/// Begins the name of the hidden column of where an action's trial stands.
pub(crate) const TRIAL: &str = ".trial.";
/// Begins the names of the hidden columns of an action's contacts.
pub(crate) const CONTACT: &str = ".contacts.";

/// Most actions on trial at a time.
const TRIALS: usize = 6;

/// An arm of an action.
#[derive(Debug)]
pub(crate) struct ArmSpec {
    /// Its name.
    pub name: String,
    /// The interned name.
    pub key: u32,
    /// The share of customers who are in it.
    pub share: f64,
}

/// What becomes of an action that was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arm {
    /// It is sent.
    Sent,
    /// It is sent as the arm of this position.
    As(usize),
    /// It is withheld.
    Control,
}

/// The trial of a new action.
#[derive(Debug)]
pub(crate) struct TrialSpec {
    /// The test before any outcome.
    pub test: SequentialRatio,
    /// The share of customers who may get it before it is launched.
    pub share: f64,
    /// The hidden column that the engine tells the standing in, as [`Standing`] has it.
    pub standing: usize,
}

/// Where a trial stands for one customer, as the hidden column has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Standing {
    /// It was stopped.
    Stopped,
    /// It goes on, among others.
    Elsewhere,
    /// It goes on, and this customer is one of those who may get it.
    Among,
    /// It was launched.
    Launched,
}

impl Standing {
    /// The number of the hidden column.
    pub fn number(self) -> f64 {
        match self {
            Standing::Stopped => -1.0,
            Standing::Elsewhere => 0.0,
            Standing::Among => 1.0,
            Standing::Launched => 2.0,
        }
    }

    /// Of the number of the hidden column; one that was not told is of no trial.
    pub fn of(number: f64) -> Self {
        let all = [Standing::Stopped, Standing::Elsewhere, Standing::Among];
        all.into_iter().find(|standing| standing.number() == number).unwrap_or(Standing::Launched)
    }
}

/// How the response is learnt to fall from contact to contact.
#[derive(Debug)]
pub(crate) struct ByContactSpec {
    /// Hidden column: times that it was chosen within the span, sent or withheld.
    pub chosen: usize,
    /// Hidden column: times that it was sent.
    pub sent: usize,
    /// The hidden column that the engine tells the share of the first contact's response in; unknown where it can't
    /// be told.
    pub share: usize,
}

impl ActionSpec {
    /// The arms of a chosen action and the share of customers in each.
    pub fn arms(&self, control: f64) -> impl Iterator<Item = (Arm, f64)> {
        let named: f64 = self.arms.iter().map(|arm| arm.share).sum();
        let rest = if self.arms.is_empty() { control } else { 1.0 - named };
        let rest = if rest > 1e-9 { rest } else { 0.0 };
        let whole = self.arms.is_empty().then_some((Arm::Sent, 1.0 - rest));
        let named = self.arms.iter().enumerate().map(|(place, arm)| (Arm::As(place), arm.share));
        whole.into_iter().chain(named).chain((rest > 0.0).then_some((Arm::Control, rest)))
    }

    /// The arm of a number in [0, 1).
    pub fn arm_at(&self, lot: f64) -> Arm {
        let mut sum = 0.0;
        let drawn = self.arms(0.0).find(|(_, share)| {
            sum += share;
            lot < sum
        });
        // A sum that rounds below 1 leaves nobody out.
        let last = self.arms(0.0).last();
        drawn.or(last).map_or(Arm::Sent, |(arm, _)| arm)
    }

    /// The interned name of an arm, as decisions record it.
    pub fn arm_key(&self, arm: Arm, withheld: u32) -> u32 {
        match arm {
            Arm::Sent => NONE,
            Arm::As(place) => self.arms.get(place).map_or(NONE, |arm| arm.key),
            Arm::Control => withheld,
        }
    }
}

impl DecisionSpec {
    /// Whether an outcome is the success of a decision for an action; `None` is silence, of which it is what is the
    /// success of any action.
    pub fn succeeds(&self, action: Option<&ActionSpec>, outcome: u32) -> bool {
        let is_success = |action: &ActionSpec| action.outcome.is_none_or(|success| success == outcome);
        let silent = || self.actions.is_empty() || self.actions.iter().any(is_success);
        outcome != self.expired && action.map_or_else(silent, is_success)
    }

    /// The share of an arm of an action.
    pub fn share(&self, action: &ActionSpec, arm: Arm) -> f64 {
        action.arms(self.control).find(|(known, _)| *known == arm).map_or(0.0, |(_, share)| share)
    }

    /// Whether decisions record an arm.
    pub fn has_arms(&self) -> bool {
        self.control > 0.0 || self.actions.iter().any(|action| !action.arms.is_empty())
    }
}

impl Lowering<'_> {
    /// The kinds of outcome that actions, contact policies, kinds of events, `[decide]` or conditions name.
    pub(super) fn outcomes(&mut self) -> Vec<u32> {
        let model = self.model;
        let actions = model.actions.iter().filter_map(|action| action.outcome.as_ref());
        let contacts = model.contacts.iter().filter_map(|contact| contact.cool_off.as_ref().map(|off| &off.outcome));
        let events = model.events.iter().map(|event| &event.name);
        let words = actions.chain(contacts).chain(events).chain(&model.decide.outcomes);
        let mut outcomes: Vec<u32> = words.map(|word| self.key(&word.value)).collect();
        if let Some(slot) = self.program.slots.iter().position(|slot| slot.role == "outcome") {
            let filters = self.program.triggers.iter().filter_map(|trigger| trigger.filter.as_ref());
            outcomes.extend(filters.flat_map(|filter| filter.compared(slot as u32)).map(|key| key as u32));
        }
        outcomes.sort_unstable();
        outcomes.dedup();
        outcomes
    }

    pub(super) fn arms(&mut self, action: &model::Action) -> Vec<ArmSpec> {
        let arms = action.arms.iter();
        arms.map(|(name, share)| ArmSpec { name: name.value.clone(), key: self.key(&name.value), share: *share })
            .collect()
    }

    pub(super) fn trial(&mut self, action: &model::Action) -> Option<TrialSpec> {
        let mut trials = self.model.actions.iter().filter(|other| other.trial.is_some());
        if trials.clone().count() > TRIALS && trials.next_back().is_some_and(|last| last.name == action.name) {
            let message =
                format!("more than {TRIALS} actions on trial: P(chosen) is over all ways their lots may fall");
            self.mistake(&action.name, message, None);
        }
        let model::Trial { dull, good, share, alpha, beta, prior } = action.trial?;
        let test = SequentialRatio::new(dull, good, alpha, beta, prior).ok()?;
        Some(TrialSpec { test, share, standing: self.told(format!("{TRIAL}{}", action.name.value)) })
    }

    pub(super) fn by_contact(&mut self, action: &model::Action) -> Option<ByContactSpec> {
        let name = &action.name.value;
        let own = format!("action in [{name:?}]");
        let sent = format!("{own} && (arm == null || arm != \"control\")");
        Some(ByContactSpec {
            chosen: self.contacts(action, "chosen", own)?,
            sent: self.contacts(action, "sent", sent)?,
            share: self.told(format!("{CONTACT}{name}.share")),
        })
    }

    /// A hidden column that counts decisions for an action within the span of its contacts.
    fn contacts(&mut self, action: &model::Action, word: &str, filter: String) -> Option<usize> {
        let filter = action.name.with(filter);
        let feature = self.feature(FeatureRequest {
            kinds: vec![self.program.kinds.iter().position(|known| known.name == "decided")?],
            filter: Some(&filter),
            direction: Direction::Out,
            per: Per::Customer,
            occasion: false,
            op: Op::Count,
            value: None,
            by: None,
            window: Window::Span { length: action.by_contact?, hop: 0 },
        })?;
        let name = format!("{CONTACT}{}.{word}", action.name.value);
        Some(self.feature_column(name, feature, Whose::Own, Type::Number))
    }
}
