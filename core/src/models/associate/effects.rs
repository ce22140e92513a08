//! What an action changes, segment by segment.

use super::super::difference::{Arm, Difference};
use super::discovery::q_values;
use crate::base::numeric::special::gamma_inc_upper;
use crate::base::{Error, ErrorKind, Result, Verdict};

/// The share of false findings, and one less the coverage of intervals.
const ALPHA: f64 = 0.05;
/// Rows that each arm of a segment needs.
const LEAST: u64 = 20;

/// The effect in one segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The segment's label.
    pub segment: u32,
    /// Rows with the action, and without.
    pub arms: (u64, u64),
    /// Mean outcome with the action, and without.
    pub means: (f64, f64),
    /// Their difference, with an interval whose false coverage is 5% over all segments that are claimed (Benjamini,
    /// Yekutieli 2005): "effect" is claimed exactly where `q_value` is at most 5%.
    pub verdict: Verdict,
    /// Standard error of the difference: of flags with a success and a failure more in each arm (Agresti, Caffo 2000), as a
    /// small arm in which nothing happened says little; else the larger of Welch's and that of the pooled variance.
    pub error: f64,
    /// Two-sided: normal for flags, else by Student's distribution with Welch's degrees of freedom.
    pub p_value: f64,
    /// Of Benjamini and Hochberg over all segments.
    pub q_value: f64,
    /// The difference drawn to the mean over segments, as far as what lies between segments does not exceed their
    /// errors: the estimate of the segment that has the least squared error.
    pub shrunk: f64,
}

/// The effects in all segments.
#[derive(Debug, Clone, PartialEq)]
pub struct Effects {
    /// One a segment, rising by label.
    pub segments: Vec<Effect>,
    /// Mean over segments by the precision of each.
    pub overall: f64,
    /// Standard deviation of the true effects between segments (DerSimonian, Laird 1986); 0 where errors explain all.
    pub between: f64,
    /// The chance of such differences between segments, or greater ones, were the effect the same in all (Cochran's Q).
    pub heterogeneity: f64,
}

/// The effect of an action on an outcome in each segment, with false-discovery control over the segments.
///
/// A row whose outcome is NaN is left out. `randomised` says that chance alone chose who was treated; otherwise every
/// claim is "cannot tell", and the figures stand for what they are: differences. A segment with less than 20 rows
/// in an arm "cannot tell" either, and takes no part in the rest. Errors with [`ErrorKind::SchemaRange`] where lengths
/// differ. Cost: a sort of the rows.
///
/// ```
/// use bactrian::models::associate::effects;
///
/// let treated: Vec<bool> = (0..400).map(|row| row % 2 == 0).collect();
/// let segments: Vec<u32> = (0..400).map(|row| u32::from(row >= 200)).collect();
/// let moved = |row: u32| u8::from(row < 200 && row % 2 == 0) + u8::from(row % 7 == 0);
/// let outcome: Vec<f64> = (0..400).map(|row| f64::from(moved(row))).collect();
/// let found = effects(&segments, &treated, &outcome, true)?;
/// assert_eq!(found.segments[0].verdict.claim.to_string(), "effect");
/// assert_eq!(found.segments[1].verdict.claim.to_string(), "no evidence");
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn effects(segments: &[u32], treated: &[bool], outcome: &[f64], randomised: bool) -> Result<Effects> {
    if segments.len() != treated.len() || segments.len() != outcome.len() {
        let text = format!("{} segments, {} treatments and {} outcomes", segments.len(), treated.len(), outcome.len());
        return Err(Error::new(ErrorKind::SchemaRange, text));
    }
    let mut order: Vec<usize> = (0..segments.len()).filter(|row| !outcome[*row].is_nan()).collect();
    order.sort_by_key(|row| segments[*row]);
    let (mut found, mut differences): (Vec<Effect>, Vec<Difference>) = Default::default();
    for rows in order.chunk_by(|a, b| segments[*a] == segments[*b]) {
        let arm = |wanted: bool| Arm::of(rows.iter().filter(|row| treated[**row] == wanted).map(|row| outcome[*row]));
        let arms = (arm(true), arm(false));
        let difference = Difference::new(arms.0, arms.1);
        found.extend(rows.first().map(|row| effect(segments[*row], arms, difference)));
        differences.push(difference);
    }
    let pooled = pool(&mut found);
    judge(&mut found, &differences, randomised);
    let (overall, between, heterogeneity) = pooled;
    Ok(Effects { segments: found, overall, between, heterogeneity })
}

fn effect(segment: u32, (with, without): (Arm, Arm), found: Difference) -> Effect {
    let enough = with.n.min(without.n) >= LEAST;
    let known = |number: f64| if enough { number } else { f64::NAN };
    Effect {
        segment,
        arms: (with.n, without.n),
        means: (with.mean(), without.mean()),
        verdict: Verdict::cannot_tell(with.n + without.n, ""),
        error: known(found.error),
        p_value: known(found.p_value()),
        q_value: f64::NAN,
        shrunk: found.value,
    }
}

/// Draws each difference to the mean; overall, between, heterogeneity.
fn pool(found: &mut [Effect]) -> (f64, f64, f64) {
    let usable: Vec<(f64, f64)> = found
        .iter()
        .filter(|one| one.error > 0.0)
        .map(|one| (one.means.0 - one.means.1, one.error * one.error))
        .collect();
    let weighted = |extra: f64| {
        let weight: f64 = usable.iter().map(|(_, variance)| 1.0 / (variance + extra)).sum();
        usable.iter().map(|(value, variance)| value / (variance + extra)).sum::<f64>() / weight
    };
    let fixed = weighted(0.0);
    let q: f64 = usable.iter().map(|(value, variance)| (value - fixed) * (value - fixed) / variance).sum();
    let degrees = usable.len() as f64 - 1.0;
    if degrees < 1.0 {
        return (fixed, f64::NAN, f64::NAN);
    }
    let (first, second) = usable.iter().fold((0.0, 0.0), |(a, b), (_, v)| (a + 1.0 / v, b + 1.0 / (v * v)));
    let between = ((q - degrees) / (first - second / first)).max(0.0);
    let overall = weighted(between);
    for one in found.iter_mut().filter(|one| one.error > 0.0) {
        let variance = one.error * one.error;
        one.shrunk = overall + (one.means.0 - one.means.1 - overall) * between / (between + variance);
    }
    (overall, between.sqrt(), gamma_inc_upper(0.5 * degrees, 0.5 * q))
}

fn judge(found: &mut [Effect], differences: &[Difference], randomised: bool) {
    let q = q_values(&found.iter().map(|one| one.p_value).collect::<Vec<f64>>());
    let tested = q.iter().filter(|q| !q.is_nan()).count().max(1) as f64;
    let kept = q.iter().filter(|q| **q <= ALPHA).count().max(1) as f64;
    for ((one, difference), q) in found.iter_mut().zip(differences).zip(q) {
        let (value, n) = (one.means.0 - one.means.1, one.arms.0 + one.arms.1);
        one.q_value = q;
        one.verdict = match (q.is_nan(), randomised) {
            (true, _) => Verdict::cannot_tell(n, format!("an arm has less than {LEAST} rows")),
            (_, false) => Verdict::cannot_tell(n, "who was treated was not chosen by chance"),
            _ => {
                let interval = difference.interval(ALPHA * kept / tested);
                let why = format!("difference of means, q {q:.4} over {tested} segments, false coverage 5%");
                Verdict::from_interval(value, interval, 0.0, n, why)
            }
        };
    }
}
