//! What a campaign with randomised arms did.

use super::{Z95, mean_and_error, range};
use crate::base::{Result, Verdict};

fn check(outcome: &[f64], assigned: &[bool]) -> Result<()> {
    if outcome.len() != assigned.len() {
        return range(format!("{} outcomes, and {} marks of the arm", outcome.len(), assigned.len()));
    }
    match outcome.iter().position(|y| !y.is_finite()) {
        Some(row) => range(format!("row {row} has the outcome {}", outcome[row])),
        None => Ok(()),
    }
}

/// The difference of means between the arms, with its standard error, if each has two rows.
fn difference(outcome: &[f64], assigned: &[bool]) -> Option<(f64, f64)> {
    let arm = |wanted: bool| (0..outcome.len()).filter(move |row| assigned[*row] == wanted).map(|row| outcome[row]);
    let ((with, left), (without, right)) = (mean_and_error(arm(true)), mean_and_error(arm(false)));
    let error = (left * left + right * right).sqrt();
    (!error.is_nan()).then_some((with - without, error))
}

fn verdict(found: Option<(f64, f64)>, n: usize, why: &str) -> Verdict {
    let Some((value, error)) = found else {
        return Verdict::cannot_tell(n as u64, "an arm has fewer than two rows");
    };
    Verdict::from_interval(value, (value - Z95 * error, value + Z95 * error), 0.0, n as u64, why)
}

/// The effect of being assigned to an arm, whatever was received: the difference of the mean outcomes (Welch's
/// interval by the normal distribution). Right where arms were assigned at random.
///
/// ```
/// use bactrian::models::evaluation::intention_to_treat;
///
/// let found = intention_to_treat(&[1.0, 1.0, 0.0, 1.0, 0.0, 0.0], &[true, true, true, false, false, false])?;
/// assert!((found.value - 1.0 / 3.0).abs() < 1e-12);
/// assert_eq!(found.claim.to_string(), "no evidence");
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange) where lengths differ or an outcome is not finite.
pub fn intention_to_treat(outcome: &[f64], assigned: &[bool]) -> Result<Verdict> {
    check(outcome, assigned)?;
    let found = difference(outcome, assigned);
    Ok(verdict(found, outcome.len(), "intention to treat: difference of means"))
}

/// The same with less noise: outcomes less theta times what was known `before` the campaign (CUPED; Deng, Xu,
/// Kohavi, Walker 2013), theta being their covariance by its variance.
///
/// Errors as [`intention_to_treat`].
pub fn adjusted(outcome: &[f64], assigned: &[bool], before: &[f64]) -> Result<Verdict> {
    check(outcome, assigned)?;
    check(before, assigned)?;
    let n = outcome.len() as f64;
    let (x, y) = (before.iter().sum::<f64>() / n, outcome.iter().sum::<f64>() / n);
    let covariance: f64 = before.iter().zip(outcome).map(|(b, o)| (b - x) * (o - y)).sum();
    let variance: f64 = before.iter().map(|b| (b - x) * (b - x)).sum();
    let theta = if variance > 0.0 { covariance / variance } else { 0.0 };
    let less: Vec<f64> = outcome.iter().zip(before).map(|(o, b)| o - theta * (b - x)).collect();
    let found = difference(&less, assigned);
    Ok(verdict(found, outcome.len(), "intention to treat, adjusted for what was known before"))
}
