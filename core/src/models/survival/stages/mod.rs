//! The stages of a sale: how long each lasts, where it leads, and the chance to be won from there.
//!
//! A spell is the time that an opportunity stood in a stage. A stage has in each period of its age a hazard of
//! moving on to each other stage, to be won, or to be lost: the moves of the period over those at risk, so that
//! the stage's own survival is Kaplan-Meier's. The clock starts anew with each stage (Lagakos, Sommer, Zelen
//! 1978, "Semi-Markov models for partially censored data"). Periods from the first on in which less than 20
//! spells are at risk, or beyond the 120th, share one hazard.
//!
//! From the hazards follows the chance to be won, ever or within a horizon, of an opportunity that stands in a
//! stage for so long (Aalen, Johansen 1978). Its interval is that of 400 draws of the hazards about their
//! estimates, each period's by the Bayesian bootstrap (Rubin 1981): too narrow where little was seen.

mod tables;
#[cfg(test)]
mod tests;

use crate::base::random::Random;
use crate::base::{Error, ErrorKind, Result};
use tables::Tables;

/// At risk, for a period of an age to have a hazard of its own.
const LEAST: f64 = 20.0;
/// Most stages.
const MOST: usize = 32;
/// Draws of the hazards.
const DRAWS: u64 = 400;
/// The quantiles of the interval.
const INTERVAL: [f64; 2] = [0.05, 0.95];

/// Where a spell led.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// To another stage, or into the same one anew.
    Stage(u32),
    /// The opportunity was won.
    Won,
    /// It was lost.
    Lost,
}

/// The time that an opportunity stood in a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// The stage.
    pub stage: u32,
    /// Of a spell that ended, the period in which it did, from 1; of another the whole periods so far.
    pub periods: u32,
    /// Where it led; `None` where the opportunity still stands there.
    pub to: Option<Goal>,
}

/// What was seen in one period of a stage's age, or in all later ones.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Level {
    /// Spells at risk; of later periods together the sum over them.
    pub at_risk: f64,
    /// Moves by goal: to each stage, won, lost.
    pub moves: Vec<f64>,
}

/// An opportunity under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Open {
    /// The stage in which it stands.
    pub stage: u32,
    /// Whole periods that it has stood there.
    pub age: u32,
    /// What it brings if it is won.
    pub value: f64,
}

/// What opportunities together will bring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// How many there are whose stage and worth are known.
    pub opportunities: usize,
    /// What they are worth.
    pub worth: f64,
    /// The expectation: the sum of worth x chance to be won.
    pub value: f64,
    /// With .05 it is less than this.
    pub lower: f64,
    /// With .05 it is more than this.
    pub upper: f64,
}

/// The stages of a sale, fitted.
///
/// ```
/// use bactrian::models::survival::{Goal, Open, Spell, Stages};
///
/// // Of 100 in the only stage, 30 are won in their first month, and 70 lost in their second.
/// let won = Spell { stage: 0, periods: 1, to: Some(Goal::Won) };
/// let lost = Spell { stage: 0, periods: 2, to: Some(Goal::Lost) };
/// let spells = [[won].repeat(30), [lost].repeat(70)].concat();
/// let stages = Stages::fit(&spells, 1, None)?;
/// assert!((stages.chance(0, 0) - 0.3).abs() < 1e-12 && stages.chance(0, 1) == 0.0);
/// let all = stages.forecast(&[Open { stage: 0, age: 0, value: 100.0 }]);
/// assert!((all.value - 30.0).abs() < 1e-9 && (all.lower, all.upper) == (0.0, 100.0));
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Stages {
    levels: Vec<Vec<Level>>,
    best: Tables,
    draws: Vec<Tables>,
    /// The interval of each chance, by stage and age as the chances are.
    intervals: Vec<Vec<(f64, f64)>>,
}

fn range<T>(text: String) -> Result<T> {
    Err(Error::new(ErrorKind::SchemaRange, text))
}

/// The levels of one stage: a period each, and the later ones together.
fn levels(spells: &[Spell], stage: u32, stages: usize) -> Vec<Level> {
    let own = || spells.iter().filter(|spell| spell.stage == stage);
    let longest = own().map(|spell| spell.periods).max().unwrap_or(0) as usize;
    let level = || Level { at_risk: 0.0, moves: vec![0.0; stages + 2] };
    // Those at risk in a period are those whose spells last at least as long.
    let mut lasting = vec![0.0; longest + 2];
    own().for_each(|spell| lasting[spell.periods as usize] += 1.0);
    for period in (0..=longest).rev() {
        lasting[period] += lasting[period + 1];
    }
    let alone = (1..=longest.min(Stages::LONGEST)).take_while(|period| lasting[*period] >= LEAST).count();
    let mut found: Vec<Level> = (0..=alone).map(|_| level()).collect();
    for (period, at_risk) in lasting.iter().enumerate().skip(1) {
        found[(period - 1).min(alone)].at_risk += at_risk;
    }
    for spell in own() {
        let goal = match spell.to {
            Some(Goal::Stage(to)) => to as usize,
            Some(Goal::Won) => stages,
            Some(Goal::Lost) => stages + 1,
            None => continue,
        };
        found[(spell.periods as usize - 1).min(alone)].moves[goal] += 1.0;
    }
    // Nobody was seen later: then as in all periods before.
    if found[alone].at_risk == 0.0 {
        let mut all = level();
        for earlier in &found {
            all.at_risk += earlier.at_risk;
            all.moves.iter_mut().zip(&earlier.moves).for_each(|(sum, moves)| *sum += moves);
        }
        found[alone] = all;
    }
    found
}

impl Stages {
    /// Most periods of an age with a hazard of their own, and of a horizon.
    pub const LONGEST: usize = 120;

    /// Fits the hazards of `stages` stages to spells; chances are to be won ever or, with a horizon, within so many
    /// periods. Cost: a pass over the spells, and 401 times stages^2 x periods x horizon.
    ///
    /// Errors with `SchemaRange` for a stage that is none of them, a spell that ended in period 0, more than 32 stages
    /// and a horizon of 0 or above 120; with `NotEnoughData` where there is no spell.
    pub fn fit(spells: &[Spell], stages: usize, horizon: Option<u32>) -> Result<Stages> {
        let unknown = |stage: u32| stage as usize >= stages;
        for (row, spell) in spells.iter().enumerate() {
            let goal = matches!(spell.to, Some(Goal::Stage(to)) if unknown(to));
            if unknown(spell.stage) || goal || (spell.to.is_some() && spell.periods == 0) {
                return range(format!("spell {row} is no period of {stages} stages: {spell:?}"));
            }
        }
        if spells.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "no opportunity has been in a stage yet"));
        }
        Self::of_levels((0..stages as u32).map(|stage| levels(spells, stage, stages)).collect(), horizon)
    }

    /// The stages of which so much was seen.
    pub(crate) fn of_levels(levels: Vec<Vec<Level>>, horizon: Option<u32>) -> Result<Stages> {
        if levels.len() > MOST || horizon.is_some_and(|horizon| horizon == 0 || horizon as usize > Self::LONGEST) {
            return range(format!(
                "{} stages with the horizon {horizon:?}: {MOST} and {} are the most",
                levels.len(),
                Self::LONGEST
            ));
        }
        let best = Tables::new(&tables::estimated(&levels), horizon);
        let drawn = |draw: u64| Tables::new(&tables::drawn(&levels, &mut Random::keyed(0, draw)), horizon);
        let draws: Vec<Tables> = (0..DRAWS).map(drawn).collect();
        let interval = |stage: u32, age: u32| {
            let mut all: Vec<f64> = draws.iter().map(|draw| draw.chance(stage, age)).collect();
            quantiles(&mut all)
        };
        let ages = |(stage, levels): (usize, &Vec<Level>)| {
            (0..levels.len() as u32).map(|age| interval(stage as u32, age)).collect()
        };
        let intervals = levels.iter().enumerate().map(ages).collect();
        Ok(Stages { best, draws, intervals, levels })
    }

    pub(crate) fn levels(&self) -> &[Vec<Level>] {
        &self.levels
    }

    /// The chance that an opportunity is won which has stood in a stage for so many whole periods; NaN for a stage in
    /// which none was ever seen.
    pub fn chance(&self, stage: u32, age: u32) -> f64 {
        self.best.chance(stage, age)
    }

    /// The interval of that chance: with .05 it is less, and with .05 more.
    pub fn interval(&self, stage: u32, age: u32) -> (f64, f64) {
        let ages = self.intervals.get(stage as usize);
        ages.and_then(|ages| ages.get(age as usize).or(ages.last())).copied().unwrap_or((f64::NAN, f64::NAN))
    }

    /// The chance to stand in a stage for more than so many periods: Kaplan-Meier's where each has a hazard of its own.
    pub fn survival(&self, stage: u32, periods: u32) -> f64 {
        let Some(levels) = self.levels.get(stage as usize) else { return f64::NAN };
        let hazard = |level: &Level| level.moves.iter().sum::<f64>() / level.at_risk;
        let place = |period: u32| levels.get(period as usize).or(levels.last()).map_or(f64::NAN, hazard);
        (0..periods).map(|period| 1.0 - place(period)).product()
    }

    /// What opportunities bring together, by chance and by how well chances are known; those of unknown stage or
    /// value count nothing. Cost: 400 passes.
    pub fn forecast(&self, open: &[Open]) -> Forecast {
        let known = |one: &&Open| one.value.is_finite() && !self.chance(one.stage, one.age).is_nan();
        let open: Vec<&Open> = open.iter().filter(known).collect();
        // A sum of nothing is -0.
        let value = open.iter().map(|one| one.value * self.chance(one.stage, one.age)).sum::<f64>() + 0.0;
        let drawn = |(draw, tables): (usize, &Tables)| {
            let mut random = Random::keyed(1, draw as u64);
            let won = open.iter().filter(|one| random.uniform() < tables.chance(one.stage, one.age));
            won.map(|one| one.value).sum::<f64>() + 0.0
        };
        let mut all: Vec<f64> = self.draws.iter().enumerate().map(drawn).collect();
        let (lower, upper) = quantiles(&mut all);
        Forecast {
            opportunities: open.len(),
            worth: open.iter().map(|one| one.value).sum::<f64>() + 0.0,
            value,
            lower,
            upper,
        }
    }
}

fn quantiles(all: &mut [f64]) -> (f64, f64) {
    all.sort_by(f64::total_cmp);
    let [lower, upper] = INTERVAL.map(|q| all.get((q * all.len() as f64) as usize).copied().unwrap_or(f64::NAN));
    (lower, upper)
}
