//! What a campaign with randomised arms did.

use super::super::difference::{Arm, Difference};
use super::range;
use crate::base::{Claim, Result, Verdict};

/// Fewest rows of an arm on which an effect is claimed.
const LEAST_OF_ARM: u64 = 20;

fn check(outcome: &[f64], assigned: &[bool]) -> Result<()> {
    if outcome.len() != assigned.len() {
        return range(format!("{} outcomes, and {} marks of the arm", outcome.len(), assigned.len()));
    }
    match outcome.iter().position(|y| !y.is_finite()) {
        Some(row) => range(format!("row {row} has the outcome {}", outcome[row])),
        None => Ok(()),
    }
}

/// The difference of means between the arms, and the chance of such a difference (or a greater one in either
/// direction) where the assignment does nothing; unknown where an arm is small. With `before`, as [`adjusted`].
pub(crate) fn assigned_effect(outcome: &[f64], assigned: &[bool], before: Option<&[f64]>) -> Result<(Verdict, f64)> {
    check(outcome, assigned)?;
    let less = match before {
        None => outcome.to_vec(),
        Some(before) => {
            check(before, assigned)?;
            without(outcome, before)
        }
    };
    let rows = || less.iter().zip(assigned);
    let arm = |wanted: bool| Arm::of(rows().filter(|(_, assigned)| **assigned == wanted).map(|(outcome, _)| *outcome));
    let (with, without) = (arm(true), arm(false));
    let (found, n) = (Difference::new(with, without), outcome.len() as u64);
    let few = format!("an arm has fewer than {LEAST_OF_ARM} rows");
    if found.error.is_nan() {
        return Ok((Verdict::cannot_tell(n, few), f64::NAN));
    }
    let why = match before {
        None => "intention to treat: difference of means",
        Some(_) => "intention to treat, adjusted for what was known before",
    };
    let verdict = Verdict::from_interval(found.value, found.interval(0.05), 0.0, n, why);
    match with.n.min(without.n) < LEAST_OF_ARM {
        true => Ok((Verdict { claim: Claim::CannotTell, why: few, ..verdict }, f64::NAN)),
        false => Ok((verdict, found.p_value())),
    }
}

/// Outcomes less what is explained by what was known before.
fn without(outcome: &[f64], before: &[f64]) -> Vec<f64> {
    let n = outcome.len() as f64;
    let (x, y) = (before.iter().sum::<f64>() / n, outcome.iter().sum::<f64>() / n);
    let covariance: f64 = before.iter().zip(outcome).map(|(b, o)| (b - x) * (o - y)).sum();
    let variance: f64 = before.iter().map(|b| (b - x) * (b - x)).sum();
    let theta = if variance > 0.0 { covariance / variance } else { 0.0 };
    outcome.iter().zip(before).map(|(o, b)| o - theta * (b - x)).collect()
}

/// The effect of being assigned to an arm, whatever was received: the difference of the mean outcomes, with an
/// interval of 95% that a small arm in which nothing happened does not make certain: of flags Agresti and Caffo's (2000),
/// of other numbers Student's with the larger of Welch's error and the pooled one. Right where arms were assigned at
/// random. Where an arm has fewer than 20 rows the figures stand, and it "cannot tell".
///
/// ```
/// use bactrian::models::evaluation::intention_to_treat;
///
/// let (outcome, assigned) = ([1.0, 1.0, 0.0, 1.0, 0.0, 0.0], [true, true, true, false, false, false]);
/// let few = intention_to_treat(&outcome, &assigned)?;
/// assert!((few.value - 1.0 / 3.0).abs() < 1e-12 && few.claim.to_string() == "cannot tell");
/// let more = intention_to_treat(&outcome.repeat(50), &assigned.repeat(50))?;
/// assert!((more.value - few.value).abs() < 1e-12 && more.claim.to_string() == "effect");
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange) where lengths differ or an outcome is not finite.
pub fn intention_to_treat(outcome: &[f64], assigned: &[bool]) -> Result<Verdict> {
    Ok(assigned_effect(outcome, assigned, None)?.0)
}

/// The same with less noise: outcomes less theta times what was known `before` the campaign (CUPED; Deng, Xu,
/// Kohavi, Walker 2013), theta being their covariance by its variance.
///
/// Errors as [`intention_to_treat`].
pub fn adjusted(outcome: &[f64], assigned: &[bool], before: &[f64]) -> Result<Verdict> {
    Ok(assigned_effect(outcome, assigned, Some(before))?.0)
}
