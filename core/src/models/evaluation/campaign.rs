//! What a campaign with randomised arms did.

use super::{Z95, mean_and_error, range};
use crate::base::numeric::special::normal_cdf;
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
fn difference(outcome: &[f64], assigned: &[bool], rows: impl Iterator<Item = usize> + Clone) -> Option<(f64, f64)> {
    let arm = |wanted: bool| rows.clone().filter(move |row| assigned[*row] == wanted).map(|row| outcome[row]);
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
    let found = difference(outcome, assigned, 0..outcome.len());
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
    let found = difference(&less, assigned, 0..outcome.len());
    Ok(verdict(found, outcome.len(), "intention to treat, adjusted for what was known before"))
}

/// The effect in every segment, numbered from 0, and which are discoveries: at a false discovery rate of `rate`
/// (Benjamini, Hochberg 1995) over the segments, the others being at most "no evidence".
///
/// Errors as [`intention_to_treat`], and where the segments have another length or the rate is not in (0, 1).
pub fn by_segment(outcome: &[f64], assigned: &[bool], segment: &[usize], rate: f64) -> Result<Vec<Verdict>> {
    check(outcome, assigned)?;
    let segments = segment.iter().max().map_or(0, |most| most.saturating_add(1));
    if segment.len() != outcome.len() || segments > outcome.len().saturating_mul(2) + 1024 {
        return range(format!("{} rows in {segments} segments, numbered from 0", outcome.len()));
    }
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); segments];
    segment.iter().enumerate().for_each(|(row, segment)| rows[*segment].push(row));
    let found: Vec<Option<(f64, f64)>> =
        rows.iter().map(|rows| difference(outcome, assigned, rows.iter().copied())).collect();
    let chance = |found: &Option<(f64, f64)>| match found {
        Some((value, error)) if *error > 0.0 => 2.0 * normal_cdf(-(value / error).abs()),
        Some((value, _)) if *value != 0.0 => 0.0,
        _ => 1.0,
    };
    let kept = discoveries(&found.iter().map(chance).collect::<Vec<f64>>(), rate)?;
    let told = |((found, rows), kept): ((Option<(f64, f64)>, &Vec<usize>), bool)| {
        let mut told = verdict(found, rows.len(), "difference of means, of several segments");
        if told.claim == crate::Claim::Effect && !kept {
            told.claim = crate::Claim::NoEvidence;
            told.why = format!("beyond its interval, but no discovery among {segments} segments");
        }
        told
    };
    Ok(found.into_iter().zip(&rows).zip(kept).map(told).collect())
}

/// Which p-values are discoveries at a false discovery rate (Benjamini, Hochberg 1995).
///
/// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange) for a rate out of (0, 1).
pub fn discoveries(p: &[f64], rate: f64) -> Result<Vec<bool>> {
    if !(rate > 0.0 && rate < 1.0) {
        return range(format!("a false discovery rate of {rate}"));
    }
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let passes = |(rank, place): (usize, &usize)| p[*place] <= rate * (rank + 1) as f64 / p.len() as f64;
    let kept = order.iter().enumerate().rposition(|(rank, place)| passes((rank, place))).map_or(0, |last| last + 1);
    let mut found = vec![false; p.len()];
    order.iter().take(kept).for_each(|place| found[*place] = true);
    Ok(found)
}
