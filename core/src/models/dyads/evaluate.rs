//! Does the pair add anything beyond A and B? Answered by predicting.
//!
//! Every observation is predicted from those before it alone: by the mean, by the actor, by the
//! partner, by actor + partner - mean, and with the pair. The verdict is on the squared error that
//! the pair saves beyond actor + partner - mean, over observations of pairs with a past. A pair also
//! knows when A was quick, since its past is recent: so the same is done with placebos, in which the
//! partners of each actor are shuffled within blocks of time. What they save is time, not the pair.

use std::cmp::Ordering;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use rayon::prelude::*;

use super::{Dyad, Effects, Evidence, Shrinkage, score};
use crate::base::numeric::{mean, variance};
use crate::base::random::Random;
use crate::base::{Claim, Result, Verdict};

/// Half the width of a 95% interval in standard errors.
const WIDTH: f64 = 1.959963984540054;
/// Observations and actors below which nothing can be told.
const LEAST: (usize, usize) = (30, 10);

/// One thing that A did toward B.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Who acts.
    pub actor: u32,
    /// Toward whom.
    pub partner: u32,
    /// When, in any unit; what happens at one moment does not predict itself.
    pub at: i64,
    /// What is to be predicted.
    pub value: f64,
}

/// How to evaluate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Protocol {
    /// Observations at the start that are learnt from and not predicted.
    pub warm_up: usize,
    /// Pseudo-counts that are given; the others are fitted to the past, again whenever it has doubled.
    pub shrinkage: Shrinkage,
    /// Consecutive observations in a block of the placebo.
    pub block: usize,
    /// Placebos.
    pub rounds: usize,
    /// Seed of the placebos.
    pub seed: u64,
}

impl Default for Protocol {
    fn default() -> Self {
        Protocol { warm_up: 50, shrinkage: Shrinkage::default(), block: 200, rounds: 20, seed: 0 }
    }
}

/// Mean squared errors of prediction; NaN where nothing was predicted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Errors {
    /// Observations predicted.
    pub n: u64,
    /// By the mean of the past.
    pub mean: f64,
    /// By the actor effect.
    pub actor: f64,
    /// By the partner effect.
    pub partner: f64,
    /// By actor + partner - mean.
    pub additive: f64,
    /// With the pair.
    pub pair: f64,
}

/// What [`evaluate`] finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Errors over all observations after the warm-up.
    pub all: Errors,
    /// Errors over those of pairs that had met before.
    pub met: Errors,
    /// Squared error that the pair saves in the placebos, mean and standard deviation over rounds.
    pub placebo: (f64, f64),
    /// Squared error that the pair saves per observation of a pair that had met, its 95% interval
    /// (normal, clustered by actor), and as null what the placebos save, at least 0. An effect is
    /// claimed only where the whole interval lies above the null.
    pub verdict: Verdict,
}

/// Predicts observations from their past and says whether the pair adds anything beyond A and B.
///
/// The order given does not matter, and observations whose value is not finite are left out. Fewer
/// than 30 predicted observations of pairs that had met, or than 10 actors among them, can't tell.
/// Cost: one pass for the truth and each placebo, in parallel, with some log2(n) fits each.
///
/// Errors as [`Effects::fit`] for a given count that is out of range.
///
/// ```
/// use bactrian::Claim;
/// use bactrian::models::dyads::{evaluate, Observation, Protocol};
///
/// // Who answers whom quickly depends on the pair alone.
/// let observation = |i: u32| {
///     let (actor, partner) = (i % 20, (i * 7 + i / 20) % 20);
///     Observation { actor, partner, at: i.into(), value: f64::from((actor * 3 + partner * 5) % 7) }
/// };
/// let observations: Vec<Observation> = (0..4000).map(observation).collect();
/// let evaluation = evaluate(&observations, &Protocol::default())?;
/// assert_eq!(evaluation.verdict.claim, Claim::Effect);
/// assert!(evaluation.met.pair < evaluation.met.additive);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn evaluate(observations: &[Observation], protocol: &Protocol) -> Result<Evaluation> {
    let mut rows: Vec<Observation> = observations.iter().copied().filter(|o| o.value.is_finite()).collect();
    rows.sort_by(in_time);
    let mut truth = Tally::default();
    predict(&rows, protocol, |step| truth.add(step))?;
    let placebos = (0..protocol.rounds)
        .into_par_iter()
        .map(|round| {
            let mut gains = Vec::new();
            let shuffled = shuffle(&rows, protocol, round as u64);
            predict(&shuffled, protocol, |step| gains.extend(step.gain()))?;
            Ok(if gains.is_empty() { 0.0 } else { mean(&gains) })
        })
        .collect::<Result<Vec<f64>>>()?;
    let placebo = (mean(&placebos), variance(&placebos, 1).sqrt());
    let verdict = verdict(&mut truth.gains, placebo.0);
    Ok(Evaluation { all: truth.all.means(), met: truth.met.means(), placebo, verdict })
}

fn in_time(a: &Observation, b: &Observation) -> Ordering {
    let ids = (a.at, a.actor, a.partner).cmp(&(b.at, b.actor, b.partner));
    ids.then(a.value.total_cmp(&b.value))
}

/// One observation and what each model said before it was seen.
struct Step {
    actor: u32,
    value: f64,
    mean: f64,
    by_actor: f64,
    by_partner: f64,
    additive: f64,
    pair: f64,
    met: bool,
}

impl Step {
    fn error(&self, predicted: f64) -> f64 {
        (self.value - predicted) * (self.value - predicted)
    }

    /// The squared error that the pair saves, if it had met.
    fn gain(&self) -> Option<f64> {
        self.met.then(|| self.error(self.additive) - self.error(self.pair))
    }
}

#[derive(Default)]
struct Tally {
    all: Errors,
    met: Errors,
    gains: Vec<(u32, f64)>,
}

impl Tally {
    fn add(&mut self, step: &Step) {
        self.all.add(step);
        if let Some(gain) = step.gain() {
            self.met.add(step);
            self.gains.push((step.actor, gain));
        }
    }
}

impl Errors {
    fn add(&mut self, step: &Step) {
        self.n += 1;
        self.mean += step.error(step.mean);
        self.actor += step.error(step.by_actor);
        self.partner += step.error(step.by_partner);
        self.additive += step.error(step.additive);
        self.pair += step.error(step.pair);
    }

    fn means(self) -> Errors {
        let of = |total: f64| total / self.n as f64;
        Errors {
            n: self.n,
            mean: of(self.mean),
            actor: of(self.actor),
            partner: of(self.partner),
            additive: of(self.additive),
            pair: of(self.pair),
        }
    }
}

/// What is known at a moment.
#[derive(Default)]
struct Past {
    total: Evidence,
    actors: HashMap<u32, Evidence, FixedState>,
    partners: HashMap<u32, Evidence, FixedState>,
    /// Place of a pair in `dyads`, which stand in the order of their first meeting.
    pairs: HashMap<(u32, u32), usize, FixedState>,
    dyads: Vec<Dyad>,
}

impl Past {
    fn learn(&mut self, o: &Observation) {
        self.total.add(o.value);
        self.actors.entry(o.actor).or_default().add(o.value);
        self.partners.entry(o.partner).or_default().add(o.value);
        let place = *self.pairs.entry((o.actor, o.partner)).or_insert(self.dyads.len());
        if place == self.dyads.len() {
            self.dyads.push(Dyad::empty(o.actor, o.partner));
        }
        self.dyads[place].add(o.value);
    }

    /// The predictions under `fit`, whose mean is taken anew from all that is known.
    fn predict(&self, fit: &Effects, o: &Observation) -> Step {
        let effects = Effects { mean: self.total.sum / self.total.weight, ..*fit };
        let actor = effects.actor(self.actors.get(&o.actor).copied().unwrap_or_default());
        let partner = effects.partner(self.partners.get(&o.partner).copied().unwrap_or_default());
        let additive = actor + partner - effects.mean;
        let pair = self.pairs.get(&(o.actor, o.partner)).and_then(|place| self.dyads.get(*place));
        let evidence = pair.map(|d| Evidence { weight: d.weight, sum: d.sum }).unwrap_or_default();
        Step {
            actor: o.actor,
            value: o.value,
            mean: effects.mean,
            by_actor: actor,
            by_partner: partner,
            additive,
            pair: score(additive, effects.kappa, evidence),
            met: pair.is_some(),
        }
    }
}

/// Hands every prediction after the warm-up to `see`, moment by moment.
fn predict(rows: &[Observation], protocol: &Protocol, mut see: impl FnMut(&Step)) -> Result<()> {
    let mut past = Past::default();
    let mut fit: Option<Effects> = None;
    let (mut known, mut refit_at) = (0, protocol.warm_up.max(1));
    for moment in rows.chunk_by(|a, b| a.at == b.at) {
        if known >= refit_at {
            fit = Some(Effects::fit(&past.dyads, &protocol.shrinkage)?);
            refit_at = 2 * known;
        }
        for o in moment {
            if let Some(fit) = &fit {
                see(&past.predict(fit, o));
            }
        }
        moment.iter().for_each(|o| past.learn(o));
        known += moment.len();
    }
    Ok(())
}

/// The same observations, the partners of each actor shuffled among themselves within each block.
fn shuffle(rows: &[Observation], protocol: &Protocol, round: u64) -> Vec<Observation> {
    let mut random = Random::keyed(protocol.seed, round);
    let mut shuffled = rows.to_vec();
    for block in shuffled.chunks_mut(protocol.block.max(1)) {
        let mut places: Vec<(u32, usize)> = block.iter().map(|o| o.actor).zip(0..).collect();
        places.sort_unstable();
        for places in places.chunk_by(|a, b| a.0 == b.0) {
            let mut partners: Vec<u32> = places.iter().map(|(_, place)| block[*place].partner).collect();
            random.shuffle(&mut partners);
            for ((_, place), partner) in places.iter().zip(partners) {
                block[*place].partner = partner;
            }
        }
    }
    shuffled
}

/// The verdict on gains, of their actors, against what the placebos save.
fn verdict(gains: &mut [(u32, f64)], placebo: f64) -> Verdict {
    gains.sort_by_key(|(actor, _)| *actor);
    let n = gains.len();
    let actors = gains.chunk_by(|a, b| a.0 == b.0).count();
    if n < LEAST.0 || actors < LEAST.1 {
        let why = format!("{n} observations of {actors} actors toward someone they had met before are too few");
        return Verdict::cannot_tell(n as u64, why);
    }
    let saved = mean(&gains.iter().map(|(_, gain)| *gain).collect::<Vec<f64>>());
    let of_actor = |cluster: &[(u32, f64)]| cluster.iter().map(|(_, gain)| gain - saved).sum::<f64>();
    let clusters: Vec<f64> = gains.chunk_by(|a, b| a.0 == b.0).map(of_actor).map(|total| total * total).collect();
    let correction = actors as f64 / (actors - 1) as f64;
    let error = (clusters.iter().sum::<f64>() * correction).sqrt() / n as f64;
    let interval = (saved - WIDTH * error, saved + WIDTH * error);
    let null = placebo.max(0.0);
    let why = format!(
        "squared error that the pair saves beyond A and B, {actors} actors; partners shuffled in time save {placebo:.4}"
    );
    let mut verdict = Verdict::from_interval(saved, interval, null, n as u64, why);
    if interval.1 < null {
        // Less than a placebo saves: the pair adds nothing, however sure that is.
        verdict.claim = Claim::NoEvidence;
    }
    verdict
}
