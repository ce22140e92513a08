//! The chances that follow from hazards.

use super::Level;
use crate::base::random::Random;

/// Of a period: the chance of each goal, the stages first, then won and lost. Of a stage: its periods, and in the
/// last place all later ones.
type Hazards = Vec<Vec<Vec<f64>>>;

/// The chance to be won by stage and age; the last age stands for all later ones.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    chances: Vec<Vec<f64>>,
}

/// Moves over those at risk; nothing is known of a stage that none was in.
pub(super) fn estimated(levels: &[Vec<Level>]) -> Hazards {
    let share = |level: &Level| level.moves.iter().map(|moves| moves / level.at_risk).collect();
    levels.iter().map(|stage| stage.iter().map(share).collect()).collect()
}

/// Hazards about the estimates: a Dirichlet's of what was seen.
pub(super) fn drawn(levels: &[Vec<Level>], random: &mut Random) -> Hazards {
    let mut draw = |level: &Level| {
        let stay = level.at_risk - level.moves.iter().sum::<f64>();
        let mut gamma = |count: f64| if count > 0.0 { random.gamma(count) } else { 0.0 };
        let mut moves: Vec<f64> = level.moves.iter().map(|moves| gamma(*moves)).collect();
        let all = moves.iter().sum::<f64>() + gamma(stay);
        moves.iter_mut().for_each(|moves| *moves /= all);
        moves
    };
    levels.iter().map(|stage| stage.iter().map(&mut draw).collect()).collect()
}

/// Chances of goals, weighted by what they are worth.
fn worth(goals: &[f64], won: &[f64]) -> f64 {
    goals.iter().zip(won).filter(|(goal, _)| **goal > 0.0).map(|(goal, won)| goal * won).sum()
}

impl Tables {
    pub fn new(hazards: &Hazards, horizon: Option<u32>) -> Tables {
        match horizon {
            None => Tables { chances: ever(hazards) },
            Some(horizon) => Tables { chances: within(hazards, horizon) },
        }
    }

    pub fn chance(&self, stage: u32, age: u32) -> f64 {
        let ages = self.chances.get(stage as usize);
        ages.and_then(|ages| ages.get(age as usize).or(ages.last())).copied().unwrap_or(f64::NAN)
    }
}

/// Of each age of a stage, what it is worth to stand there, where `won` is what each goal is worth.
fn by_age(stage: &[Vec<f64>], won: &[f64]) -> Vec<f64> {
    let Some((later, alone)) = stage.split_last() else { return Vec::new() };
    let leaves: f64 = later.iter().sum();
    let mut value = if leaves > 0.0 { worth(later, won) / leaves } else { leaves };
    let mut ages = vec![value];
    for goals in alone.iter().rev() {
        value = worth(goals, won) + (1.0 - goals.iter().sum::<f64>()) * value;
        ages.push(value);
    }
    ages.reverse();
    ages
}

/// The chances to be won at any time.
fn ever(hazards: &Hazards) -> Vec<Vec<f64>> {
    let n = hazards.len();
    // The chance that a stage leads to a goal, whenever: what it is worth where that goal alone is worth 1.
    let leads = |stage: &[Vec<f64>], goal: usize| {
        let alone: Vec<f64> = (0..n + 2).map(|at| f64::from(u8::from(at == goal))).collect();
        by_age(stage, &alone).first().copied().unwrap_or(f64::NAN)
    };
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(n);
    for (place, stage) in hazards.iter().enumerate() {
        let chance = |goal: usize| leads(stage, goal);
        let mut row: Vec<f64> = (0..n).map(|goal| f64::from(u8::from(goal == place)) - known(chance(goal))).collect();
        row.push(known(chance(n)));
        rows.push(row);
    }
    let mut won = solved(rows);
    won.extend([1.0, 0.0]);
    hazards.iter().map(|stage| by_age(stage, &won)).collect()
}

/// A stage in which none was ever seen leads nowhere, as far as others are concerned.
fn known(chance: f64) -> f64 {
    if chance.is_nan() { 0.0 } else { chance }
}

/// Solves rows of coefficients and a right side, whose matrix is 1 less a chance to come from row to column: without
/// exchange of rows, which such a matrix does not need. Who goes round for ever is never won.
fn solved(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let n = rows.len();
    for pivot in 0..n {
        let (before, after) = rows.split_at_mut(pivot + 1);
        let Some(own) = before.last_mut() else { continue };
        if own[pivot] < 1e-12 {
            own.iter_mut().for_each(|value| *value = 0.0);
            own[pivot] = 1.0;
        }
        for row in after {
            let factor = row[pivot] / own[pivot];
            row.iter_mut().zip(own.iter()).skip(pivot).for_each(|(value, own)| *value -= factor * own);
        }
    }
    let mut found = vec![0.0; n];
    for (place, row) in rows.iter().enumerate().rev() {
        let rest: f64 = (place + 1..n).map(|at| row[at] * found[at]).sum();
        found[place] = (row[n] - rest) / row[place];
    }
    found
}

/// The chances to be won within so many periods.
fn within(hazards: &Hazards, horizon: u32) -> Vec<Vec<f64>> {
    let mut chances: Vec<Vec<f64>> = hazards.iter().map(|stage| vec![0.0; stage.len()]).collect();
    for _ in 0..horizon {
        let mut won: Vec<f64> = chances.iter().map(|ages| known(ages.first().copied().unwrap_or(0.0))).collect();
        won.extend([1.0, 0.0]);
        let step = |(stage, ages): (&Vec<Vec<f64>>, &Vec<f64>)| {
            let next = |age: usize| ages.get(age + 1).or(ages.last()).copied().unwrap_or(0.0);
            let one =
                |(age, goals): (usize, &Vec<f64>)| worth(goals, &won) + (1.0 - goals.iter().sum::<f64>()) * next(age);
            stage.iter().enumerate().map(one).collect()
        };
        chances = hazards.iter().zip(&chances).map(step).collect();
    }
    chances
}
