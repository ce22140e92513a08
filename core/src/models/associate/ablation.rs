//! What further characteristics add to those that are there.

use super::lookalike::{enough, unseen};
use super::{Characteristic, LookAlikeParams};
use crate::base::numeric::special::normal_quantile;
use crate::base::numeric::{exp, ln_1p, mean, variance};
use crate::base::{Claim, Error, ErrorKind, Result, Verdict};

/// The smallest gain that is worth further columns: of log loss in nats, and of the area under the ROC curve.
const WORTHWHILE: (f64, f64) = (0.001, 0.002);

/// What characteristics add to a prediction, rows being predicted by models that had not seen them.
#[derive(Debug, Clone, PartialEq)]
pub struct Gain {
    /// By how much the mean of -ln P(what happened) falls, in nats; above 0 is better.
    pub log_loss: Verdict,
    /// By how much the area under the ROC curve rises.
    pub auc: Verdict,
}

/// The gain of `extra` characteristics over `base` in telling who has an outcome, with 95% intervals.
///
/// Both models are logistic regressions, as [`super::LookAlike`] learns them, on the same parts of the rows. The
/// interval of the log loss is that of a paired mean, that of the area is DeLong's for paired curves (1988).
/// An "effect" is a gain of which the whole interval lies above 0 and that is worth it: at least 0.001 nats, or 0.002 of
/// the area, where the log loss falls too. Else there is "no evidence" that the characteristics help, be they idle or, as noise is, in the way;
/// "cannot tell" for less than 10 rows with or without the outcome. Errors with [`ErrorKind::SchemaRange`] as
/// [`super::LookAlike::fit`].
///
/// ```
/// use bactrian::models::associate::{Characteristic, LookAlikeParams, gain};
///
/// let told: Vec<f64> = (0..600).map(|row| f64::from(row * 31 % 97)).collect();
/// let noise: Vec<f64> = (0..600).map(|row| f64::from(row * 17 % 89)).collect();
/// let outcome: Vec<bool> = told.iter().enumerate().map(|(row, x)| *x > 60.0 || row % 11 == 0).collect();
/// let (told, noise) = (Characteristic::Number(&told), Characteristic::Number(&noise));
/// let params = LookAlikeParams::default();
/// assert_eq!(gain(&[noise], &[told], &outcome, &params)?.auc.claim.to_string(), "effect");
/// assert!(gain(&[told], &[noise], &outcome, &params)?.auc.value < 0.02);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn gain(
    base: &[Characteristic<'_>],
    extra: &[Characteristic<'_>],
    outcome: &[bool],
    params: &LookAlikeParams,
) -> Result<Gain> {
    let n = outcome.len() as u64;
    if let Err(error) = enough(outcome) {
        return match error.kind() {
            ErrorKind::NotEnoughData => {
                let verdict = Verdict::cannot_tell(n, error.message());
                Ok(Gain { log_loss: verdict.clone(), auc: verdict })
            }
            _ => Err(error),
        };
    }
    if base.is_empty() || extra.is_empty() {
        return Err(Error::new(ErrorKind::SchemaRange, "a gain needs characteristics, and further ones"));
    }
    let all: Vec<Characteristic<'_>> = base.iter().chain(extra).copied().collect();
    let (before, after) = (unseen(base, outcome, params)?, unseen(&all, outcome, params)?);
    let (log_loss, auc) = (loss(&before, &after, outcome), area(&before, &after, outcome));
    // Where what there was says nothing, noise shuffles the ranks by more than DeLong's error.
    let by_chance = auc.claim == Claim::Effect && (log_loss.value.is_nan() || log_loss.value <= 0.0);
    let auc = match by_chance {
        true => Verdict { claim: Claim::NoEvidence, why: format!("{}; the log loss does not fall", auc.why), ..auc },
        false => auc,
    };
    Ok(Gain { log_loss, auc })
}

fn verdict(value: f64, error: f64, worthwhile: f64, n: u64, why: &str) -> Verdict {
    let reach = normal_quantile(0.975) * error;
    let found = Verdict::from_interval(value, (value - reach, value + reach), 0.0, n, why);
    let nothing = |why: String| Verdict { claim: Claim::NoEvidence, why, ..found.clone() };
    match found.claim {
        Claim::Effect if value < 0.0 => nothing(format!("{why}; further columns that do not help are in the way")),
        Claim::Effect if value < worthwhile => nothing(format!("{why}; a gain below {worthwhile} is not worth them")),
        _ => found,
    }
}

fn loss(before: &[f64], after: &[f64], outcome: &[bool]) -> Verdict {
    // -ln P of log odds s: ln(1 + e^-s) if it happened, ln(1 + e^s) if not.
    let one = |score: f64, happened: bool| {
        let s = if happened { -score } else { score };
        s.max(0.0) + ln_1p(exp(-s.abs()))
    };
    let falls: Vec<f64> = before
        .iter()
        .zip(after)
        .zip(outcome)
        .map(|((b, a), happened)| one(*b, *happened) - one(*a, *happened))
        .collect();
    let error = (variance(&falls, 1) / falls.len() as f64).sqrt();
    verdict(mean(&falls), error, WORTHWHILE.0, outcome.len() as u64, "paired difference of log losses of unseen rows")
}

fn area(before: &[f64], after: &[f64], outcome: &[bool]) -> Verdict {
    let (b, a) = (placements(before, outcome), placements(after, outcome));
    let rises = |class: bool| -> Vec<f64> {
        let rows = (0..outcome.len()).filter(|row| outcome[*row] == class);
        rows.map(|row| a[row] - b[row]).collect()
    };
    let (with, without) = (rises(true), rises(false));
    let error = (variance(&with, 1) / with.len() as f64 + variance(&without, 1) / without.len() as f64).sqrt();
    verdict(mean(&with), error, WORTHWHILE.1, outcome.len() as u64, "difference of areas of unseen rows, by DeLong")
}

/// Of each row, the share of rows of the other class on whose right side it is, ties counting half.
fn placements(scores: &[f64], outcome: &[bool]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let all = outcome.iter().filter(|happened| **happened).count() as f64;
    let none = outcome.len() as f64 - all;
    let (mut with, mut without) = (0.0, 0.0);
    let mut out = vec![0.0; scores.len()];
    for tied in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let here = tied.iter().filter(|row| outcome[**row]).count() as f64;
        let others = tied.len() as f64 - here;
        for row in tied {
            out[*row] = if outcome[*row] { (without + 0.5 * others) / none } else { (all - with - 0.5 * here) / all };
        }
        with += here;
        without += others;
    }
    out
}
