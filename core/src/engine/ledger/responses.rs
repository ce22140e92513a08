//! What came of the actions whose response is learnt, and the responses to expect of it.
//!
//! The fold of `decided` and `outcome` in the order in which they were recorded: a success counts when it is
//! learnt, a failure when the window of its decision has passed without one; what the control arm withheld
//! counts as neither. So while windows are open the share of those that answer fast is a little too high, unless
//! decisions that wait count for the probability that their outcome would have come (`delays`).

use std::collections::BTreeMap;

use super::proofs::Proofs;
use super::regressions::Regressions;
use super::{Ledger, Open};
use crate::base::Result;
use crate::base::numeric::decay;
use crate::columns::{Asked, Scratch};
use crate::data::codec::{Reader, Writer};
use crate::data::record::NONE;
use crate::models::bandit::{Beta, Learner, Policy, Tally, Trials};
use crate::program::{ActionSpec, LearntSpec, Program, cell_labels};
use crate::state::State;

/// The trials of a group: how many there were, and what they count for where knowledge fades.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Group {
    tally: Tally,
    faded: Trials,
    /// The moment to which they have faded.
    at: i64,
}

impl Default for Group {
    fn default() -> Self {
        Group { tally: Tally::default(), faded: Trials::default(), at: i64::MIN }
    }
}

impl Group {
    /// Counts a trial; one of an earlier moment than the latest for as much less as it has faded since.
    fn add(&mut self, success: bool, at: i64, rate: f64) {
        self.tally.add(success);
        self.faded = self.trials(at, rate);
        let share = if self.at > at { decay(self.at.saturating_sub(at), rate) } else { 1.0 };
        if success {
            self.faded.successes += share
        } else {
            self.faded.failures += share
        }
        self.at = self.at.max(at);
    }

    /// What the trials count for at a moment.
    fn trials(&self, at: i64, rate: f64) -> Trials {
        let still = rate <= 0.0 || self.at == i64::MIN || at <= self.at;
        if still { self.faded } else { self.faded.times(decay(at.saturating_sub(self.at), rate)) }
    }
}

/// Trials by action and by cell; a cell of several axes stands in those of its first axes too, down to
/// the one of none, which is the action's as a whole.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Responses {
    actions: BTreeMap<u32, BTreeMap<Vec<u32>, Group>>,
    /// By outcome, over all actions.
    outcomes: BTreeMap<u32, Group>,
    regressions: Regressions,
}

impl Responses {
    /// Counts a decision of which it is known at `at` whether it succeeded.
    pub fn take(&mut self, program: &Program, state: &State, open: &Open, success: bool, at: i64) {
        let [action, ..] = open.keys;
        let spec = super::action_of(program, action);
        let Some((spec, learnt)) = spec.and_then(|spec| Some((spec, spec.learnt.as_ref()?))) else { return };
        if open.withheld {
            return;
        }
        let cell = learnt.by.and_then(|segment| open.cells.get(segment)).copied().unwrap_or(NONE);
        let labels = labels_of(state, cell);
        let cells = self.actions.entry(action).or_default();
        for axes in 0..=labels.len() {
            let cell = labels.iter().take(axes).copied().collect();
            cells.entry(cell).or_default().add(success, at, learnt.rate);
        }
        match &learnt.regression {
            Some(regression) => self.regressions.take((spec, learnt, regression), &labels, open, success, at),
            None => self.outcomes.entry(outcome(spec)).or_default().add(success, at, learnt.rate),
        }
    }

    /// The response to an action in the cell of some labels: that of all actions with its outcome, then of
    /// the action, then of ever more axes of the cell, each the prior of the next.
    fn expect(&self, known: &Known<'_>, spec: &ActionSpec, learnt: &LearntSpec, labels: &[u32], at: i64) -> Beta {
        let trials = |axes: usize| self.counted(known, (spec, learnt), labels.get(..axes).unwrap_or_default(), at);
        let all = self.outcomes.get(&outcome(spec)).copied().unwrap_or_default().trials(at, learnt.rate);
        let all = with_failures(all, known.waiting.get(&outcome(spec)).copied().unwrap_or(0.0));
        let nested = learnt.share.then_some(all).into_iter().chain((0..=labels.len()).map(trials));
        Beta::nested(nested, learnt.prior, learnt.strength)
    }

    /// What the trials of an action in a cell count for at a moment, with those that wait where delays are allowed for.
    fn counted(&self, known: &Known<'_>, (spec, learnt): (&ActionSpec, &LearntSpec), cell: &[u32], at: i64) -> Trials {
        let group = self.actions.get(&spec.key).and_then(|cells| cells.get(cell)).copied().unwrap_or_default();
        let trials = group.trials(at, learnt.rate);
        if learnt.delays { with_failures(trials, known.proofs.waiting(spec, cell, at)) } else { trials }
    }

    /// The response to an action in the cell of some labels as a decision takes it, and how far it is drawn
    /// around it.
    fn tell(
        &self,
        known: &Known<'_>,
        (spec, learnt): (&ActionSpec, &LearntSpec),
        labels: &[u32],
        at: i64,
        scratch: &Scratch,
    ) -> [f64; 2] {
        let (mean, deviation) = match &learnt.regression {
            Some(regression) => {
                let x: Vec<f64> =
                    regression.features.iter().map(|feature| Learner::known(scratch.evaluate(feature))).collect();
                self.regressions.expect((spec, learnt, regression), labels, &x, at)
            }
            None => {
                let share = self.expect(known, spec, learnt, labels, at);
                (share.mean(), share.standard_deviation())
            }
        };
        match learnt.policy {
            Some(Policy::UpperBound(alpha)) => [mean + alpha * deviation, 0.0],
            Some(Policy::Thompson(scale)) => [mean, scale * deviation],
            _ => [mean, 0.0],
        }
    }

    /// The same where words have other numbers.
    pub fn renumbered(&self, key: impl Fn(u32) -> u32) -> Responses {
        let cell = |(labels, group): (&Vec<u32>, &Group)| (labels.iter().map(|label| key(*label)).collect(), *group);
        let actions = self.actions.iter().map(|(action, cells)| (key(*action), cells.iter().map(cell).collect()));
        let outcomes = self.outcomes.iter().map(|(outcome, group)| (key(*outcome), *group));
        Responses {
            actions: actions.collect(),
            outcomes: outcomes.collect(),
            regressions: self.regressions.renumbered(&key),
        }
    }

    /// The words that it uses, more than once.
    pub fn words(&self) -> impl Iterator<Item = u32> + '_ {
        let cells = self.actions.iter().flat_map(|(action, cells)| cells.keys().flatten().copied().chain([*action]));
        cells.chain(self.outcomes.keys().copied()).chain(self.regressions.words())
    }

    pub fn bytes(&self) -> usize {
        let cells: usize = self.actions.values().map(BTreeMap::len).sum();
        cells * (size_of::<Vec<u32>>() + 2 * size_of::<u64>() + size_of::<Group>()) + self.regressions.bytes()
    }

    pub fn encode(&self, out: &mut Writer) {
        let group = |group: &Group, out: &mut Writer| {
            [group.tally.successes, group.tally.failures].into_iter().for_each(|count| out.u64(count));
            [group.faded.successes, group.faded.failures].into_iter().for_each(|count| out.f64(count));
            out.i64(group.at);
        };
        out.count(self.actions.len());
        for (action, cells) in &self.actions {
            out.u32(*action);
            out.count(cells.len());
            for (labels, found) in cells {
                out.count(labels.len());
                labels.iter().for_each(|label| out.u32(*label));
                group(found, out);
            }
        }
        out.count(self.outcomes.len());
        for (outcome, found) in &self.outcomes {
            out.u32(*outcome);
            group(found, out);
        }
        self.regressions.encode(out);
    }

    /// # Errors
    /// `StoreCorrupt` for bytes that are none.
    pub fn decode(from: &mut Reader<'_>) -> Result<Self> {
        let group = |from: &mut Reader<'_>| {
            let tally = Tally { successes: from.u64()?, failures: from.u64()? };
            let faded = Trials { successes: from.f64()?, failures: from.f64()? };
            Ok::<_, crate::Error>(Group { tally, faded, at: from.i64()? })
        };
        let mut found = Responses::default();
        for _ in 0..from.count()? {
            let cells = found.actions.entry(from.u32()?).or_default();
            for _ in 0..from.count()? {
                let labels = (0..from.count()?).map(|_| from.u32()).collect::<Result<_>>()?;
                cells.insert(labels, group(from)?);
            }
        }
        for _ in 0..from.count()? {
            found.outcomes.insert(from.u32()?, group(from)?);
        }
        found.regressions = Regressions::decode(from)?;
        Ok(found)
    }
}

/// What expectations read beside the trials.
struct Known<'a> {
    proofs: &'a Proofs,
    /// As [`Proofs::waiting`], of all actions with an outcome.
    waiting: BTreeMap<u32, f64>,
}

impl<'a> Known<'a> {
    fn new(program: &Program, proofs: &'a Proofs, at: i64) -> Self {
        let mut waiting = BTreeMap::new();
        let delays = |it: &&ActionSpec| it.learnt.as_ref().is_some_and(|learnt| learnt.delays);
        for spec in program.decisions.actions.iter().filter(delays) {
            *waiting.entry(outcome(spec)).or_default() += proofs.waiting(spec, &[], at);
        }
        Known { proofs, waiting }
    }
}

/// Trials and what is to be added to the failures among them.
fn with_failures(trials: Trials, more: f64) -> Trials {
    Trials { failures: (trials.failures + more).max(0.0), ..trials }
}

/// The labels of a cell, of which the state may have forgotten all but the name.
pub(super) fn labels_of(state: &State, cell: u32) -> Vec<u32> {
    let labels = if cell == NONE { Vec::new() } else { cell_labels(state.keys.text(cell)) };
    labels.iter().map(|label| state.keys.get(label).unwrap_or(NONE)).collect()
}

/// What counts as an action's success; [`NONE`] is any outcome.
pub(super) fn outcome(spec: &ActionSpec) -> u32 {
    spec.outcome.unwrap_or(NONE)
}

impl Ledger {
    /// Tells the response to every action whose response is learnt, once everything else is read.
    pub fn tell(&self, program: &Program, state: &State, asked: Asked, scratch: &mut Scratch) {
        let known = Known::new(program, &self.proofs, asked.at);
        for spec in &program.decisions.actions {
            let Some(learnt) = &spec.learnt else { continue };
            let labels = learnt.by.map_or(&[][..], |segment| state.labels(segment, asked.customer));
            let [response, deviation] = self.responses.tell(&known, (spec, learnt), labels, asked.at, scratch);
            scratch.set(learnt.response, response);
            scratch.set(learnt.deviation, deviation);
        }
        for (spec, counted) in program.decisions.actions.iter().filter_map(|it| Some((it, it.by_contact.as_ref()?))) {
            let nth = scratch.value(counted.sent) + 1.0;
            scratch.set(counted.share, self.by_contact(spec.key, asked.at).share(nth));
        }
    }

    /// What is known at a moment of the response to each action whose response is learnt.
    pub fn known_responses<'a>(&'a self, program: &'a Program, at: i64) -> impl Iterator<Item = KnownResponse<'a>> {
        let known = Known::new(program, &self.proofs, at);
        let learnt = program.decisions.actions.iter().filter_map(|spec| Some((spec, spec.learnt.as_ref()?)));
        learnt.flat_map(move |(spec, learnt)| {
            let told = |labels: &'a [u32], tally: Tally| {
                let counted = self.responses.counted(&known, (spec, learnt), labels, at);
                let share = learnt.regression.is_none();
                let expected = share.then(|| self.responses.expect(&known, spec, learnt, labels, at));
                KnownResponse { spec, labels, tally, counted: counted.successes + counted.failures, expected }
            };
            let cells = self.responses.actions.get(&spec.key).into_iter().flatten();
            let mut found: Vec<_> = cells.map(|(labels, group)| told(labels, group.tally)).collect();
            if found.is_empty() {
                found.push(told(&[], Tally::default()));
            }
            found
        })
    }
}

/// What is known of the response to an action in a cell.
pub struct KnownResponse<'a> {
    pub spec: &'a ActionSpec,
    /// The labels of the cell; none for the action as a whole.
    pub labels: &'a [u32],
    /// The trials that there were.
    pub tally: Tally,
    /// How many trials they count for now.
    pub counted: f64,
    /// The response to expect, of a share.
    pub expected: Option<Beta>,
}
