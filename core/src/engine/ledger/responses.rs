//! What came of the actions whose response is learnt, and the responses to expect of it.
//!
//! The fold of `decided` and `outcome` in the order in which they were recorded: a success counts when it is
//! learnt, a failure when the window of its decision has passed without one; what the control arm withheld
//! counts as neither. So while windows are open the share of those that answer fast is a little too high.

use std::collections::BTreeMap;

use super::{Ledger, Open};
use crate::base::Result;
use crate::data::codec::{Reader, Writer};
use crate::data::record::NONE;
use crate::models::bandit::{Beta, Tally};
use crate::program::{ActionSpec, LearntSpec, Program, cell_labels};
use crate::state::State;

/// Trials by action and by cell; a cell of several axes stands in those of its first axes too, down to
/// the one of none, which is the action's as a whole.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Responses {
    actions: BTreeMap<u32, BTreeMap<Vec<u32>, Tally>>,
    /// By outcome, over all actions.
    outcomes: BTreeMap<u32, Tally>,
}

impl Responses {
    /// Counts a decision of which it is known now whether it succeeded.
    pub fn take(&mut self, program: &Program, state: &State, open: &Open, success: bool) {
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
            cells.entry(labels.iter().take(axes).copied().collect()).or_default().add(success);
        }
        self.outcomes.entry(outcome(spec)).or_default().add(success);
    }

    /// The response to an action in the cell of some labels: that of all actions with its outcome, then of
    /// the action, then of ever more axes of the cell, each the prior of the next.
    fn expect(&self, spec: &ActionSpec, learnt: &LearntSpec, labels: &[u32]) -> Beta {
        let cells = self.actions.get(&spec.key);
        let tally = |axes: usize| {
            let cell = labels.get(..axes).unwrap_or_default();
            cells.and_then(|cells| cells.get(cell)).copied().unwrap_or_default()
        };
        let all = self.outcomes.get(&outcome(spec)).copied().unwrap_or_default();
        let nested = std::iter::once(all).chain((0..=labels.len()).map(tally));
        Beta::nested(nested, learnt.prior, learnt.strength)
    }

    /// The same where words have other numbers.
    pub fn renumbered(&self, key: impl Fn(u32) -> u32) -> Responses {
        let cell = |(labels, tally): (&Vec<u32>, &Tally)| (labels.iter().map(|label| key(*label)).collect(), *tally);
        let actions = self.actions.iter().map(|(action, cells)| (key(*action), cells.iter().map(cell).collect()));
        let outcomes = self.outcomes.iter().map(|(outcome, tally)| (key(*outcome), *tally));
        Responses { actions: actions.collect(), outcomes: outcomes.collect() }
    }

    /// The words that it uses, more than once.
    pub fn words(&self) -> impl Iterator<Item = u32> + '_ {
        let cells = self.actions.iter().flat_map(|(action, cells)| cells.keys().flatten().copied().chain([*action]));
        cells.chain(self.outcomes.keys().copied())
    }

    pub fn bytes(&self) -> usize {
        let cells: usize = self.actions.values().map(BTreeMap::len).sum();
        cells * (size_of::<Vec<u32>>() + 2 * size_of::<u64>() + size_of::<Tally>())
    }

    pub fn encode(&self, out: &mut Writer) {
        let tally = |tally: &Tally, out: &mut Writer| [tally.successes, tally.failures].map(|count| out.u64(count));
        out.count(self.actions.len());
        for (action, cells) in &self.actions {
            out.u32(*action);
            out.count(cells.len());
            for (labels, found) in cells {
                out.count(labels.len());
                labels.iter().for_each(|label| out.u32(*label));
                tally(found, out);
            }
        }
        out.count(self.outcomes.len());
        for (outcome, found) in &self.outcomes {
            out.u32(*outcome);
            tally(found, out);
        }
    }

    /// # Errors
    /// `StoreCorrupt` for bytes that are none.
    pub fn decode(from: &mut Reader<'_>) -> Result<Self> {
        let tally =
            |from: &mut Reader<'_>| Ok::<_, crate::Error>(Tally { successes: from.u64()?, failures: from.u64()? });
        let mut found = Responses::default();
        for _ in 0..from.count()? {
            let cells = found.actions.entry(from.u32()?).or_default();
            for _ in 0..from.count()? {
                let labels = (0..from.count()?).map(|_| from.u32()).collect::<Result<_>>()?;
                cells.insert(labels, tally(from)?);
            }
        }
        for _ in 0..from.count()? {
            found.outcomes.insert(from.u32()?, tally(from)?);
        }
        Ok(found)
    }
}

/// The labels of a cell, of which the state may have forgotten all but the name.
fn labels_of(state: &State, cell: u32) -> Vec<u32> {
    let labels = if cell == NONE { Vec::new() } else { cell_labels(state.keys.text(cell)) };
    labels.iter().map(|label| state.keys.get(label).unwrap_or(NONE)).collect()
}

/// What counts as an action's success; [`NONE`] is any outcome.
fn outcome(spec: &ActionSpec) -> u32 {
    spec.outcome.unwrap_or(NONE)
}

impl Ledger {
    /// The response to every action whose response is learnt, for a customer, in the order of the definition.
    pub fn responses<'a>(
        &'a self,
        program: &'a Program,
        state: &'a State,
        customer: u32,
    ) -> impl Iterator<Item = f64> + 'a {
        let learnt = program.decisions.actions.iter().filter_map(|spec| Some((spec, spec.learnt.as_ref()?)));
        learnt.map(move |(spec, learnt)| {
            let labels = learnt.by.map_or(&[][..], |segment| state.labels(segment, customer));
            self.responses.expect(spec, learnt, labels).mean()
        })
    }

    /// What is known of the response to each action whose response is learnt: the action, the labels of a cell,
    /// or none for the action as a whole, the trials and the response to expect.
    pub fn known_responses<'a>(
        &'a self,
        program: &'a Program,
    ) -> impl Iterator<Item = (&'a ActionSpec, &'a [u32], Tally, Beta)> {
        let learnt = program.decisions.actions.iter().filter_map(|spec| Some((spec, spec.learnt.as_ref()?)));
        learnt.flat_map(move |(spec, learnt)| {
            let cells = self.responses.actions.get(&spec.key).into_iter().flatten();
            let known = cells.map(move |(labels, tally)| {
                (spec, labels.as_slice(), *tally, self.responses.expect(spec, learnt, labels))
            });
            let none = || (spec, &[][..], Tally::default(), self.responses.expect(spec, learnt, &[]));
            let unknown = (!self.responses.actions.contains_key(&spec.key)).then(none);
            known.chain(unknown)
        })
    }
}
