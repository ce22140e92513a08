//! Arbitration: the highest priorities win, if they are worth the customer's attention.

use super::decision::Reason;
use super::judge::{Case, Judged};
use crate::expr::Row;
use crate::program::{ActionSpec, DecisionSpec};

/// What a decision found.
#[derive(Debug, Default)]
pub(super) struct Arbitrated {
    /// Every action, in the order of the definition.
    pub judged: Vec<Judged>,
    /// Every policy before anything was chosen.
    pub barred: Vec<Option<Reason>>,
    /// Chosen actions, best first.
    pub slate: Vec<usize>,
    /// Actions that a policy forbids after those chosen at this very moment.
    pub filled: Vec<usize>,
    /// Price of attention.
    pub attention: f64,
    /// How many were asked for.
    n: usize,
}

impl Arbitrated {
    /// Decides over one customer's values: up to `n` actions.
    pub fn arbitrate<R: Row>(&mut self, case: &Case<'_, R>, n: usize) {
        let spec = case.spec;
        self.n = n;
        self.attention = case.attention();
        self.barred.clear();
        self.barred.extend(spec.contacts.iter().map(|policy| case.barred(policy, 0)));
        self.judged.clear();
        self.judged.extend(spec.actions.iter().map(|action| case.judge(action, &self.barred)));
        self.slate.clear();
        self.filled.clear();
        while self.slate.len() < n {
            // A fallback stands in for all others, so it is never beside one of them.
            let best =
                self.best(spec, false).or_else(|| self.slate.is_empty().then(|| self.best(spec, true)).flatten());
            let Some(best) = best else { return };
            self.slate.push(best);
            if self.slate.len() < n {
                self.fill(case);
            }
        }
    }

    /// The highest priority above the price of attention, the one declared first among equals.
    fn best(&self, spec: &DecisionSpec, fallback: bool) -> Option<usize> {
        let mut best = None;
        let mut least = self.attention;
        for (index, (judged, action)) in self.judged.iter().zip(&spec.actions).enumerate() {
            // False of an unknown price.
            let above = judged.reason.is_none() && judged.priority > least;
            if above && action.fallback == fallback && (self.slate.is_empty() || self.has_room(spec, index, action)) {
                (best, least) = (Some(index), judged.priority);
            }
        }
        best
    }

    fn has_room(&self, spec: &DecisionSpec, index: usize, action: &ActionSpec) -> bool {
        !self.slate.contains(&index) && !self.filled.contains(&index) && !self.group_taken(spec, action)
    }

    fn group_taken(&self, spec: &DecisionSpec, action: &ActionSpec) -> bool {
        let mut chosen = self.slate.iter().filter_map(|chosen| spec.actions.get(*chosen));
        action.group.is_some() && chosen.any(|chosen| chosen.group == action.group)
    }

    /// Notes the actions whose policies have no room beside those chosen.
    fn fill<R: Row>(&mut self, case: &Case<'_, R>) {
        let spec = case.spec;
        let chosen = |policy: usize| {
            let binds =
                |index: &&usize| spec.actions.get(**index).is_some_and(|action| action.contacts.contains(&policy));
            self.slate.iter().filter(binds).count() as u32
        };
        let barred = |(place, policy)| case.barred(policy, chosen(place)).is_some();
        let full: Vec<bool> = spec.contacts.iter().enumerate().map(barred).collect();
        let is_full = |policy: &usize| full.get(*policy).copied().unwrap_or(false);
        let bound = spec.actions.iter().enumerate().filter(|(_, action)| action.contacts.iter().any(is_full));
        self.filled = bound.map(|(index, _)| index).collect();
    }

    /// Why an action was not chosen; `None` for one that was.
    pub fn reason(&self, spec: &DecisionSpec, index: usize) -> Option<Reason> {
        let (judged, action) = (self.judged.get(index)?, spec.actions.get(index)?);
        if self.slate.contains(&index) {
            return None;
        }
        let above = judged.priority > self.attention;
        Some(match judged.reason {
            Some(reason) => reason,
            None if above => self.outdone(spec, index, action, judged.priority),
            None => Reason::BelowAttention,
        })
    }

    /// Why an action that is worth it was not chosen.
    fn outdone(&self, spec: &DecisionSpec, index: usize, action: &ActionSpec, priority: f64) -> Reason {
        let chosen =
            || self.slate.iter().filter_map(|chosen| Some((spec.actions.get(*chosen)?, self.judged.get(*chosen)?)));
        let is_full = self.slate.len() == self.n;
        match () {
            () if action.fallback && chosen().any(|(chosen, _)| !chosen.fallback) => Reason::NotNeeded,
            () if is_full && chosen().all(|(_, chosen)| chosen.priority >= priority) => Reason::LowerPriority,
            () if self.group_taken(spec, action) => Reason::GroupTaken,
            () if self.filled.contains(&index) => Reason::ContactCap,
            () => Reason::LowerPriority,
        }
    }
}
