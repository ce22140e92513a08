//! A decision and the reasons behind it.

use std::fmt;
use std::sync::Arc;

use super::arbitrate::Arbitrated;
use super::flip::{self, Flip};
use super::judge::Case;
use super::{Reads, Snapshot, reasons};
use crate::program::DecisionSpec;

/// What to do next, with the reasons.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Identifies the decision: hash of (seed, customer, that customer's decision count).
    pub id: u64,
    /// The chosen action; `None` is silence.
    pub action: Option<String>,
    /// The action that was chosen and, in the control arm, is not to be sent.
    pub withheld: Option<String>,
    /// The arm as which the chosen action is sent, where it has arms.
    pub arm: Option<String>,
    /// P(chosen), in (0, 1]: the number that evaluation needs.
    pub propensity: f64,
    /// Priority of the chosen action in money; the price of attention where silence won.
    pub priority: f64,
    /// Every chosen action, best first: as many as were asked for, at most one of a group.
    pub slate: Vec<Choice>,
    pub(super) basis: Arc<Basis>,
}

/// One action of a slate.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Identifies the decision for this action; [`crate::Engine::learn`] joins by it.
    pub id: u64,
    /// The action.
    pub action: String,
    /// Its priority in money.
    pub priority: f64,
    /// P(chosen for this place of the slate), in (0, 1], with its own arm.
    pub propensity: f64,
    /// Whether the control arm withholds it: it is not to be sent.
    pub withheld: bool,
    /// The arm as which it is sent, where it has arms.
    pub arm: Option<String>,
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

impl Reason {
    /// Every reason, in the order of their numbers.
    pub(super) const ALL: [Reason; 17] = [
        Reason::NotEligible,
        Reason::NotApplicable,
        Reason::NotSuitable,
        Reason::NoConsent,
        Reason::QuietHours,
        Reason::ContactCap,
        Reason::UnknownFactor,
        Reason::BelowAttention,
        Reason::LowerPriority,
        Reason::CoolOff,
        Reason::GroupTaken,
        Reason::NotNeeded,
        Reason::NotDrawn,
        Reason::BudgetSpent,
        Reason::PeerFirst,
        Reason::OnTrial,
        Reason::TrialStopped,
    ];
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
            Reason::CoolOff => "cooling off",
            Reason::GroupTaken => "group taken",
            Reason::NotNeeded => "fallback not needed",
            Reason::NotDrawn => "not drawn",
            Reason::BudgetSpent => "budget spent",
            Reason::PeerFirst => "a peer first",
            Reason::OnTrial => "on trial with others",
            Reason::TrialStopped => "trial stopped",
        })
    }
}

/// Everything that a decision read, from which its reasons are told.
#[derive(Debug)]
pub(super) struct Basis {
    pub spec: Arc<DecisionSpec>,
    pub reads: Arc<Reads>,
    pub values: Vec<f64>,
    /// Texts of the names among the values, rising by key.
    pub names: Vec<(u32, String)>,
    /// The peer that each action's need was routed to, in the order of those that ask for one.
    pub peers: Vec<String>,
    pub at: i64,
    pub minute: u32,
    pub n: usize,
    /// What drew the first place, in [0, 1).
    pub uniform: f64,
    pub withheld: bool,
}

impl Basis {
    /// Calls `f` with the decision over other values.
    pub fn with<T>(&self, values: &[f64], f: impl FnOnce(&Case<'_, Snapshot<'_>>, &Arbitrated) -> T) -> T {
        let row = Snapshot { reads: &self.reads, values };
        let case = Case { spec: &self.spec, row: &row, at: self.at, minute: self.minute };
        let mut found = Arbitrated::default();
        found.arbitrate(&case, self.n, self.uniform);
        f(&case, &found)
    }
}

impl Decision {
    /// One sentence. Cost of this and of every reason: deciding again, over the values that were read.
    pub fn why(&self) -> String {
        let basis = &self.basis;
        basis.with(&basis.values, |_, found| reasons::why(&basis.spec, found, basis.withheld))
    }

    /// The factors of the chosen action: response, weight, value, lever, cost; empty for silence.
    pub fn factors(&self) -> Vec<Factor> {
        let basis = &self.basis;
        basis.with(&basis.values, |case, found| {
            let winner = found.slate.first().and_then(|winner| {
                Some(reasons::factors(case, basis.spec.actions.get(*winner)?, found.judged.get(*winner)?))
            });
            winner.unwrap_or_default()
        })
    }

    /// Why each other action lost, in the order of the definition.
    pub fn losers(&self) -> Vec<Loser> {
        let basis = &self.basis;
        basis.with(&basis.values, |case, found| reasons::losers(basis, case, found))
    }

    /// The smallest change of one value that was read that makes another action (or silence) win;
    /// nothing where no single change does. Cost: about a hundred decisions a value.
    pub fn flip(&self) -> Option<Flip> {
        flip::smallest(&self.basis)
    }

    /// Hash of the definition under which it was taken.
    pub fn definition(&self) -> u64 {
        self.basis.spec.hash
    }

    /// The moment for which it was taken.
    pub fn at(&self) -> i64 {
        self.basis.at
    }
}

impl PartialEq for Decision {
    fn eq(&self, other: &Self) -> bool {
        let bits = |decision: &Decision| {
            let values: Vec<u64> = decision.basis.values.iter().map(|value| value.to_bits()).collect();
            (decision.id, decision.propensity.to_bits(), decision.priority.to_bits(), decision.definition(), values)
        };
        let names = |it: &Decision| (it.action.clone(), it.withheld.clone(), it.arm.clone());
        bits(self) == bits(other) && names(self) == names(other) && self.slate == other.slate && self.at() == other.at()
    }
}
