//! Arbitration: the highest priorities win, if they are worth the customer's attention.

use super::decision::Reason;
use super::judge::{Case, Judged};
use crate::expr::Row;
use crate::models::bandit::{self, Policy};
use crate::program::{ActionSpec, DecisionSpec, Standing};

/// Adds to what a key comes to.
fn add<K: PartialEq>(sums: &mut Vec<(K, f64)>, key: K, by: f64) {
    match sums.iter_mut().find(|(known, _)| *known == key) {
        Some((_, sum)) => *sum += by,
        None => sums.push((key, by)),
    }
}

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
    /// P(the first place), before the control arm.
    pub chance: f64,
    /// Who may come first with which probability, where that is drawn; `None` is silence or a fallback.
    chances: Vec<(Option<usize>, f64)>,
    /// Whether those are over the lots of trials too, and `None` is silence alone.
    mixed: bool,
    /// P(an action stands at a place) for places behind the first, where lots or draws decide it.
    later: Vec<((usize, usize), f64)>,
    /// How many were asked for.
    n: usize,
}

impl Arbitrated {
    /// Decides over one customer's values: up to `n` actions. Where responses are drawn, `uniform` in [0, 1)
    /// draws the first place; the others follow by their priorities.
    pub fn arbitrate<R: Row>(&mut self, case: &Case<'_, R>, n: usize, uniform: f64) {
        let spec = case.spec;
        self.n = n;
        self.attention = case.attention();
        self.barred.clear();
        self.barred.extend(spec.contacts.iter().map(|policy| case.barred(policy, 0)));
        self.judged.clear();
        self.judged.extend(spec.actions.iter().map(|action| case.judge(action, &self.barred)));
        let trials = self.trials(case);
        self.later.clear();
        if trials.is_empty() && (n == 1 || !spec.is_drawn()) {
            return self.pick(case, n, uniform);
        }
        // Lots that fell otherwise would have let others choose among these actions: P(chosen) is over all of them.
        let mut mixed: Vec<(Option<usize>, f64)> = Vec::new();
        for lots in 0..1_u32 << trials.len() {
            let mut weight = 1.0;
            for (place, (index, share, _)) in trials.iter().enumerate() {
                let among = lots >> place & 1 == 1;
                weight *= if among { *share } else { 1.0 - share };
                self.bar(*index, (!among).then_some(Reason::OnTrial));
            }
            self.pick(case, n, uniform);
            for (arm, chance) in self.outcomes(spec) {
                add(&mut mixed, arm, weight * chance);
                self.follow_from(case, arm, n);
                for at in self.slate.iter().copied().enumerate().skip(1) {
                    add(&mut self.later, at, weight * chance);
                }
            }
        }
        for (index, _, among) in &trials {
            self.bar(*index, (!among).then_some(Reason::OnTrial));
        }
        self.pick(case, n, uniform);
        if !trials.is_empty() {
            self.mixed = true;
            self.chances = mixed;
            self.chance = self.chance_in(self.slate.first().copied());
        }
    }

    /// The actions that are open but for their trial, with the share of customers who may get each, and whether
    /// this one is among them. Those whose trial was stopped fall.
    fn trials<R: Row>(&mut self, case: &Case<'_, R>) -> Vec<(usize, f64, bool)> {
        let mut found = Vec::new();
        for (index, action) in case.spec.actions.iter().enumerate() {
            let Some(trial) = &action.trial else { continue };
            if self.judged.get(index).is_none_or(|judged| judged.reason.is_some()) {
                continue;
            }
            match case.standing(action) {
                Standing::Launched => {}
                Standing::Stopped => self.bar(index, Some(Reason::TrialStopped)),
                standing => found.push((index, trial.share, standing == Standing::Among)),
            }
        }
        found
    }

    fn bar(&mut self, index: usize, reason: Option<Reason>) {
        if let Some(judged) = self.judged.get_mut(index) {
            judged.reason = reason;
        }
    }

    /// Who comes first with which probability, of what was picked.
    fn outcomes(&self, spec: &DecisionSpec) -> Vec<(Option<usize>, f64)> {
        if self.chances.is_empty() {
            return vec![(self.slate.first().copied(), 1.0)];
        }
        let rest = self.best_of(spec, true, true);
        self.chances.iter().map(|(arm, chance)| (arm.or(rest), *chance)).collect()
    }

    /// Fills the slate from what was judged.
    fn pick<R: Row>(&mut self, case: &Case<'_, R>, n: usize, uniform: f64) {
        let spec = case.spec;
        self.slate.clear();
        self.chance = 1.0;
        self.chances.clear();
        self.mixed = false;
        let first = if spec.is_drawn() { self.draw(spec, uniform) } else { self.best(spec, false) };
        let first = first.or_else(|| self.best(spec, true));
        self.follow_from(case, first, n);
    }

    /// The slate behind a first place. A fallback stands in for all others, so it is never beside one of them.
    fn follow_from<R: Row>(&mut self, case: &Case<'_, R>, first: Option<usize>, n: usize) {
        self.slate.clear();
        self.filled.clear();
        self.slate.extend(first);
        while !self.slate.is_empty() && self.slate.len() < n {
            self.fill(case);
            let Some(best) = self.best(case.spec, false) else { return };
            self.slate.push(best);
        }
    }

    /// The action of a draw: each whose response is drawn with the probability that it is the best and worth
    /// more than all that is certain; what is left goes to the best of that (`None` is silence), of which those
    /// tried by inverse gaps take their part.
    fn draw(&mut self, spec: &DecisionSpec, uniform: f64) -> Option<usize> {
        let policy = |action: &ActionSpec| action.learnt.as_ref().and_then(|learnt| learnt.policy);
        let open = |(index, judged): (usize, &Judged)| {
            let action = spec.actions.get(index)?;
            (judged.reason.is_none() && !action.fallback).then_some((index, action))
        };
        let open: Vec<(usize, &ActionSpec)> = self.judged.iter().enumerate().filter_map(open).collect();
        let judged = |index: usize| self.judged.get(index).map_or((0.0, 0.0), |it| (it.priority, it.deviation));
        let (drawn, sure): (Vec<usize>, Vec<usize>) = {
            let indices = open.iter().map(|(index, _)| *index);
            indices.partition(|index| judged(*index).1 > 0.0)
        };
        let mut floor = self.attention;
        let mut best = None;
        for index in sure {
            if judged(index).0 > floor {
                (best, floor) = (Some(index), judged(index).0);
            }
        }
        let beliefs: Vec<(f64, f64)> = drawn.iter().map(|index| judged(*index)).collect();
        let (chances, rest) = bandit::best_above(&beliefs, floor);
        let mut chances: Vec<(Option<usize>, f64)> = drawn.into_iter().map(Some).zip(chances).collect();
        let tried = |(index, action): &(usize, &ActionSpec)| match policy(action) {
            Some(Policy::InverseGaps(gamma)) if judged(*index).0 > self.attention => Some((*index, gamma)),
            _ => None,
        };
        let tried: Vec<(usize, f64)> = open.iter().filter_map(tried).collect();
        let gamma = tried.iter().map(|(_, gamma)| *gamma).fold(f64::INFINITY, f64::min);
        let mut arms: Vec<Option<usize>> = tried.into_iter().map(|(index, _)| Some(index)).collect();
        if !arms.contains(&best) {
            arms.push(best);
        }
        let scores: Vec<f64> = arms.iter().map(|arm| arm.map_or(floor, |index| judged(index).0)).collect();
        let shares = bandit::inverse_gaps(&scores, gamma, None);
        chances.extend(arms.into_iter().zip(shares.into_iter().map(|share| rest * share)));
        chances.retain(|(_, chance)| *chance > 0.0);
        let mut sum = 0.0;
        let mut taken = best;
        for (arm, chance) in &chances {
            sum += chance;
            (taken, self.chance) = (*arm, *chance);
            if uniform < sum {
                break;
            }
        }
        self.chances = chances;
        taken
    }

    /// P(the action at a place of the slate stands there), before the control arm.
    pub fn chance_at(&self, place: usize) -> f64 {
        let at = self.slate.get(place).map(|action| (place, *action));
        match self.later.iter().find(|(known, _)| at == Some(*known)) {
            _ if place == 0 => self.chance,
            Some((_, chance)) => *chance,
            None => 1.0,
        }
    }

    /// P(an action comes first), `None` being silence.
    pub fn chance_of(&self, action: Option<usize>) -> f64 {
        if self.mixed {
            return self.chance_in(action);
        }
        let first = self.slate.first().copied();
        let drawn = self.chances.iter().find(|(arm, _)| *arm == action).map(|(_, chance)| *chance);
        match drawn {
            _ if action == first => self.chance,
            Some(chance) => chance,
            None => 0.0,
        }
    }

    fn chance_in(&self, action: Option<usize>) -> f64 {
        self.chances.iter().find(|(arm, _)| *arm == action).map_or(0.0, |(_, chance)| *chance)
    }

    /// The highest priority above the price of attention, the one declared first among equals.
    fn best(&self, spec: &DecisionSpec, fallback: bool) -> Option<usize> {
        self.best_of(spec, fallback, self.slate.is_empty())
    }

    fn best_of(&self, spec: &DecisionSpec, fallback: bool, alone: bool) -> Option<usize> {
        let mut best = None;
        let mut least = self.attention;
        for (index, (judged, action)) in self.judged.iter().zip(&spec.actions).enumerate() {
            // False of an unknown price.
            let above = judged.reason.is_none() && judged.priority > least;
            if above && action.fallback == fallback && (alone || self.has_room(spec, index, action)) {
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
        let cost = |index: usize| self.judged.get(index).map_or(0.0, Judged::cost);
        // What those chosen take of a budget, and what one more would.
        let takes = |policy: usize, index: usize| {
            let binds = |at: &&usize| spec.actions.get(**at).is_some_and(|action| action.contacts.contains(&policy));
            let chosen = self.slate.iter().filter(binds).copied().chain([index]);
            case.budget(policy).is_some_and(|(budget, left)| chosen.map(|at| budget.uses(cost(at))).sum::<f64>() > left)
        };
        let lacks = |(index, action): &(usize, &ActionSpec)| {
            action.contacts.iter().any(|policy| is_full(policy) || takes(*policy, *index))
        };
        let bound = spec.actions.iter().enumerate().filter(lacks);
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
            () if self.chance < 1.0 && !(is_full && chosen().all(|(_, chosen)| chosen.priority >= priority)) => {
                Reason::NotDrawn
            }
            () => Reason::LowerPriority,
        }
    }
}
