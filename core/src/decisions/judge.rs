//! One action at its gates and policies, and its priority: a pure function of what is read.

use super::decision::Reason;
use crate::expr::Row;
use crate::program::{ActionSpec, BudgetSpec, ContactSpec, DecisionSpec, FACTOR, Factor, Gate, Standing};

/// What a decision looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a, R> {
    pub spec: &'a DecisionSpec,
    /// The values of columns.
    pub row: &'a R,
    pub at: i64,
    /// The customer's wall clock, in minutes after midnight.
    pub minute: u32,
}

/// What became of an action before it met the others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    /// Where it fell, if it did.
    pub reason: Option<Reason>,
    /// The gate or policy at which it fell, as a position.
    pub place: u32,
    /// Response, weight, value, lever, cost.
    pub factors: [f64; 5],
    pub priority: f64,
    /// What the priority is less for what it takes of budgets.
    pub paced: f64,
    /// How far the priority is drawn around that.
    pub deviation: f64,
}

impl Judged {
    pub fn cost(&self) -> f64 {
        let [.., cost] = self.factors;
        cost
    }

    fn fallen(reason: Reason, place: usize) -> Self {
        let (place, factors) = (place as u32, [f64::NAN; 5]);
        Judged { reason: Some(reason), place, factors, priority: f64::NAN, paced: 0.0, deviation: 0.0 }
    }
}

/// Columns, and the factors of one action.
struct WithFactors<'a, R> {
    row: &'a R,
    factors: &'a [f64; 5],
}

impl<R: Row> Row for WithFactors<'_, R> {
    fn value(&self, variable: u32) -> f64 {
        match variable.checked_sub(FACTOR) {
            Some(factor) => self.factors.get(factor as usize).copied().unwrap_or(f64::NAN),
            None => self.row.value(variable),
        }
    }
}

impl<R: Row> Case<'_, R> {
    fn column(&self, column: usize) -> f64 {
        self.row.value(column as u32)
    }

    /// The price that a priority must exceed.
    pub fn attention(&self) -> f64 {
        self.spec.attention.as_ref().map_or(0.0, |formula| formula.expr.row(self.row))
    }

    /// Why a policy forbids a contact now, if it does, after `extra` contacts at this very moment.
    pub fn barred(&self, policy: &ContactSpec, extra: u32) -> Option<Reason> {
        if policy.consent.is_some_and(|column| self.column(column) != 1.0) {
            return Some(Reason::NoConsent);
        }
        if let Some((start, end)) = policy.quiet {
            let minute = self.minute;
            let quiet = if start <= end { (start..end).contains(&minute) } else { minute >= start || minute < end };
            if quiet {
                return Some(Reason::QuietHours);
            }
        }
        if let Some(off) = &policy.cool_off {
            let (earliest, latest) = (self.column(off.earliest), self.column(off.latest));
            let span = off.span as f64;
            let together = self.column(off.count) >= f64::from(off.after) && latest - earliest < span;
            if together && self.at as f64 - latest < span {
                return Some(Reason::CoolOff);
            }
        }
        let full = |cap: &crate::program::Cap| self.column(cap.count) + f64::from(extra) >= f64::from(cap.at_most);
        policy.cap.as_ref().filter(|cap| full(cap)).map(|_| Reason::ContactCap)
    }

    /// An action at its gates, then at its policies, of which `barred` says what each forbids, then priced.
    pub fn judge(&self, action: &ActionSpec, barred: &[Option<Reason>]) -> Judged {
        for (place, (gate, formula)) in action.gates.iter().enumerate() {
            if formula.expr.row(self.row) != 1.0 {
                let reason = match gate {
                    Gate::Eligible => Reason::NotEligible,
                    Gate::Applicable => Reason::NotApplicable,
                    Gate::Suitable => Reason::NotSuitable,
                };
                return Judged::fallen(reason, place);
            }
        }
        for policy in &action.contacts {
            if let Some(reason) = barred.get(*policy).copied().flatten() {
                return Judged::fallen(reason, *policy);
            }
        }
        // Unknown is no peer.
        if action.pull.as_ref().is_some_and(|pull| self.column(pull.score) > pull.above) {
            return Judged::fallen(Reason::PeerFirst, 0);
        }
        let mut factors = [f64::NAN; 5];
        for (value, factor) in factors.iter_mut().zip(&action.factors) {
            *value = match factor {
                Factor::Constant(value) => *value,
                Factor::Formula(formula) => formula.expr.row(self.row),
            };
        }
        let [response, ..] = &mut factors;
        *response *= self.share_of_first(action);
        let [.., cost] = factors;
        let mut paced = 0.0;
        for policy in &action.contacts {
            let Some((budget, left)) = self.budget(*policy) else { continue };
            if budget.uses(cost) > left {
                return Judged::fallen(Reason::BudgetSpent, *policy);
            }
            paced += budget.uses(cost) * budget.bucket.price(left);
        }
        let priority = self.priority(&factors);
        let deviation = self.deviation(action, &factors, priority);
        let reason = (priority + deviation - paced).is_nan().then_some(Reason::UnknownFactor);
        Judged { reason, place: 0, factors, priority: priority - paced, paced, deviation }
    }

    /// The budget of a policy, and what is left of it.
    pub fn budget(&self, policy: usize) -> Option<(&BudgetSpec, f64)> {
        let budget = self.spec.contacts.get(policy)?.budget.as_ref()?;
        Some((budget, self.column(budget.left)))
    }

    /// The response to this contact as a share of that to the first; 1 where it is not counted or can't be told.
    pub fn share_of_first(&self, action: &ActionSpec) -> f64 {
        let told = action.by_contact.as_ref().map(|it| self.column(it.share));
        told.filter(|share| !share.is_nan()).unwrap_or(1.0)
    }

    /// Where the trial of an action stands for this customer; launched where it has none.
    pub fn standing(&self, action: &ActionSpec) -> Standing {
        action.trial.as_ref().map_or(Standing::Launched, |trial| Standing::of(self.column(trial.standing)))
    }

    /// How far the priority moves with the response, as that is drawn.
    fn deviation(&self, action: &ActionSpec, factors: &[f64; 5], priority: f64) -> f64 {
        let Some(learnt) = action.learnt.as_ref().filter(|learnt| learnt.is_drawn()) else { return 0.0 };
        let [response, rest @ ..] = *factors;
        let [weight, value, lever, cost] = rest;
        let reach = self.column(learnt.deviation) * self.share_of_first(action);
        let moved = [response + reach, weight, value, lever, cost];
        (self.priority(&moved) - priority).abs()
    }

    fn priority(&self, factors: &[f64; 5]) -> f64 {
        match &self.spec.priority {
            Some(formula) => formula.expr.row(&WithFactors { row: self.row, factors }),
            None => {
                let [response, weight, value, lever, cost] = *factors;
                response * weight * value * lever - cost
            }
        }
    }
}
