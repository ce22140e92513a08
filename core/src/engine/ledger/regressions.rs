//! What came of the actions whose response is a regression on features.
//!
//! As the shares: the fold of `decided` and `outcome` in the order in which they were recorded, with the features
//! that the decision recorded, so that a regression learns from what was known when it was used.

use std::collections::BTreeMap;

use super::Open;
use super::responses::outcome;
use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{Reader, Writer};
use crate::data::record::NONE;
use crate::models::bandit::{Evidence, Learner};
use crate::program::{ActionSpec, LearntSpec, RegressionSpec};

/// Shape of the regression, outcome, action; [`NONE`] is all actions.
type Name = (u64, u32, u32);

/// Evidence by regression and cell, a cell of several axes in those of its first axes too.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Regressions(BTreeMap<Name, BTreeMap<Vec<u32>, Evidence>>);

fn names(spec: &ActionSpec, regression: &RegressionSpec) -> (Name, Name) {
    let outcome = outcome(spec);
    ((regression.shape, outcome, spec.key), (regression.shape, outcome, NONE))
}

impl Regressions {
    fn groups<'a>(
        &'a self,
        spec: &ActionSpec,
        learnt: &LearntSpec,
        regression: &RegressionSpec,
        labels: &'a [u32],
    ) -> impl Iterator<Item = Option<&'a Evidence>> + Clone {
        let (own, all) = names(spec, regression);
        let cells = self.0.get(&own);
        let of = move |axes: usize| cells.and_then(|cells| cells.get(labels.get(..axes)?));
        let shared = self.0.get(&all).and_then(|cells| cells.get(&[][..]));
        (0..=labels.len()).rev().map(of).chain(learnt.share.then_some(shared))
    }

    /// The response to an action in the cell of some labels for some features, and its standard deviation.
    pub fn expect(
        &self,
        (spec, learnt, regression): (&ActionSpec, &LearntSpec, &RegressionSpec),
        labels: &[u32],
        features: &[f64],
        at: i64,
    ) -> (f64, f64) {
        let groups = self.groups(spec, learnt, regression, labels);
        let (mean, deviation) = regression.learner.score(groups, features, at);
        regression.learner.reward(mean, deviation)
    }

    /// Counts a decision of which it is known now whether it succeeded.
    pub fn take(
        &mut self,
        (spec, learnt, regression): (&ActionSpec, &LearntSpec, &RegressionSpec),
        labels: &[u32],
        open: &Open,
        success: bool,
        at: i64,
    ) {
        let (learner, reward) = (&regression.learner, f64::from(u8::from(success)));
        if open.features.len() != learner.features {
            return;
        }
        let x: Vec<f64> = open.features.iter().map(|x| Learner::known(*x)).collect();
        let levels = labels.len() + 1 + usize::from(learnt.share);
        let scores: Vec<f64> = {
            let groups = self.groups(spec, learnt, regression, labels);
            (0..levels).map(|inner| learner.score(groups.clone().skip(inner), &x, at).0).collect()
        };
        let (own, all) = names(spec, regression);
        for (inner, score) in scores.into_iter().enumerate() {
            let (name, axes) = match labels.len().checked_sub(inner) {
                Some(axes) => (own, axes),
                None => (all, 0),
            };
            let cell = labels.iter().take(axes).copied().collect();
            let evidence = self.0.entry(name).or_default().entry(cell).or_insert_with(|| learner.nothing());
            evidence.learn(learner, &x, score, reward, at);
        }
    }

    /// The same where words have other numbers.
    pub fn renumbered(&self, key: impl Fn(u32) -> u32) -> Regressions {
        let cell = |(labels, evidence): (&Vec<u32>, &Evidence)| {
            (labels.iter().map(|label| key(*label)).collect(), evidence.clone())
        };
        let name = |(shape, outcome, action): Name| (shape, key(outcome), key(action));
        Regressions(self.0.iter().map(|(known, cells)| (name(*known), cells.iter().map(cell).collect())).collect())
    }

    /// The words that it uses, more than once.
    pub fn words(&self) -> impl Iterator<Item = u32> + '_ {
        let of = |((_, outcome, action), cells): (&Name, &'_ BTreeMap<Vec<u32>, Evidence>)| {
            let labels = cells.keys().flatten().copied();
            labels.chain([*outcome, *action]).collect::<Vec<u32>>()
        };
        self.0.iter().flat_map(of)
    }

    pub fn bytes(&self) -> usize {
        let evidence = |evidence: &Evidence| {
            let (matrix, target, _) = evidence.parts();
            size_of::<Evidence>() + size_of_val(matrix) + size_of_val(target)
        };
        self.0.values().flat_map(BTreeMap::values).map(evidence).sum()
    }

    pub fn encode(&self, out: &mut Writer) {
        out.count(self.0.len());
        for ((shape, outcome, action), cells) in &self.0 {
            out.u64(*shape);
            out.u32(*outcome);
            out.u32(*action);
            out.count(cells.len());
            for (labels, evidence) in cells {
                out.count(labels.len());
                labels.iter().for_each(|label| out.u32(*label));
                let (matrix, target, at) = evidence.parts();
                out.count(target.len());
                matrix.iter().chain(target).for_each(|number| out.f64(*number));
                out.i64(at);
            }
        }
    }

    /// # Errors
    /// `StoreCorrupt` for bytes that are none.
    pub fn decode(from: &mut Reader<'_>) -> Result<Self> {
        let mut found = Regressions::default();
        for _ in 0..from.count()? {
            let name = (from.u64()?, from.u32()?, from.u32()?);
            let cells = found.0.entry(name).or_default();
            for _ in 0..from.count()? {
                let labels = (0..from.count()?).map(|_| from.u32()).collect::<Result<_>>()?;
                cells.insert(labels, evidence(from)?);
            }
        }
        Ok(found)
    }
}

fn evidence(from: &mut Reader<'_>) -> Result<Evidence> {
    let wrong = || Error::new(ErrorKind::StoreCorrupt, "the checkpoint's ledger holds a regression that is none");
    let features = from.count()?;
    let mut numbers = |count: usize| (0..count).map(|_| from.f64()).collect::<Result<Vec<f64>>>();
    let matrix = numbers(features.checked_mul(features).ok_or_else(wrong)?)?;
    let target = numbers(features)?;
    Evidence::from_parts(matrix, target, from.i64()?).ok_or_else(wrong)
}
