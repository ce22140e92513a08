//! How well a score finds those whom an action moves, by a randomised test.

use super::super::difference::{Arm, Difference};
use super::range;
use crate::base::{Result, Verdict};

/// A curve over everyone in order of falling score: how many were taken, and what was gained by then.
pub type Curve = Vec<(f64, f64)>;

/// The rows of a test.
struct Test<'a> {
    outcome: &'a [f64],
    treated: &'a [bool],
}

/// Sums over the first rows.
#[derive(Clone, Copy, Default)]
struct Sums {
    rows: f64,
    treated: f64,
    /// Outcomes of the treated, and of the others.
    with: f64,
    without: f64,
}

impl Test<'_> {
    fn new<'a>(outcome: &'a [f64], score: &[f64], treated: &'a [bool]) -> Result<Test<'a>> {
        let n = outcome.len();
        if n != score.len() || n != treated.len() {
            return range(format!("{n} outcomes, {} scores and {} marks of treatment", score.len(), treated.len()));
        }
        if outcome.iter().chain(score).any(|x| !x.is_finite()) {
            return range("outcomes and scores must be finite");
        }
        if !(treated.contains(&true) && treated.contains(&false)) {
            return range("a test has treated rows and others");
        }
        Ok(Test { outcome, treated })
    }

    /// A curve with a point after each group of rows of one score, from the highest score down.
    fn curve(&self, score: &[f64], gain: impl Fn(Sums) -> f64) -> Curve {
        let mut order: Vec<usize> = (0..score.len()).collect();
        order.sort_by(|a, b| score[*b].total_cmp(&score[*a]));
        let mut sums = Sums::default();
        let mut curve = vec![(0.0, 0.0)];
        for tied in order.chunk_by(|a, b| score[*a] == score[*b]) {
            for row in tied {
                sums.rows += 1.0;
                if self.treated[*row] {
                    sums.treated += 1.0;
                    sums.with += self.outcome[*row];
                } else {
                    sums.without += self.outcome[*row];
                }
            }
            curve.push((sums.rows, gain(sums)));
        }
        curve
    }
}

/// Outcomes of the treated beyond what as many untreated had (Radcliffe 2007).
fn incremental(sums: Sums) -> f64 {
    let others = sums.rows - sums.treated;
    sums.with - if others > 0.0 { sums.without * sums.treated / others } else { 0.0 }
}

/// The difference of the means, for as many as were taken.
fn cumulative(sums: Sums) -> f64 {
    let (others, treated) = (sums.rows - sums.treated, sums.treated);
    let mean = |sum: f64, n: f64| if n > 0.0 { sum / n } else { 0.0 };
    (mean(sums.with, treated) - mean(sums.without, others)) * sums.rows
}

fn area(curve: &[(f64, f64)]) -> f64 {
    curve.windows(2).map(|ends| 0.5 * (ends[1].0 - ends[0].0) * (ends[0].1 + ends[1].1)).sum()
}

/// The area between a curve and the straight line to its end, as a share of that of the best curve.
fn normalised(actual: &[(f64, f64)], best: &[(f64, f64)]) -> f64 {
    let (x, y) = best.last().copied().unwrap_or_default();
    (area(actual) - 0.5 * x * y) / (area(best) - 0.5 * x * y)
}

/// The Qini curve: extra outcomes among the first rows by falling score, beyond those of as many untreated. Rows of
/// one score are one point, so their order does not matter. Cost: a sort.
///
/// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange) where lengths differ, a number is not finite, or there
/// is one arm only.
pub fn qini_curve(outcome: &[f64], score: &[f64], treated: &[bool]) -> Result<Curve> {
    Ok(Test::new(outcome, score, treated)?.curve(score, incremental))
}

/// The uplift curve: the difference of the mean outcomes among the first rows, times their number. As [`qini_curve`].
pub fn uplift_curve(outcome: &[f64], score: &[f64], treated: &[bool]) -> Result<Curve> {
    Ok(Test::new(outcome, score, treated)?.curve(score, cumulative))
}

/// The Qini coefficient: the area between the Qini curve and random targeting, as a share of that of a perfect
/// score for outcomes of 0 and 1 (which knows that the treated with an outcome come first, then those without one, then
/// the untreated with one). Equal to scikit-uplift's `qini_auc_score`.
///
/// ```
/// use bactrian::models::evaluation::qini;
///
/// let (bought, treated) = ([1.0, 0.0, 0.0, 1.0], [true, false, true, false]);
/// assert_eq!(qini(&bought, &[0.9, 0.8, 0.2, 0.1], &treated)?, 1.0);
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// Errors as [`qini_curve`], and where an outcome is neither 0 nor 1.
pub fn qini(outcome: &[f64], score: &[f64], treated: &[bool]) -> Result<f64> {
    let actual = qini_curve(outcome, score, treated)?;
    let best: Vec<f64> = outcome.iter().zip(treated).map(|(y, treated)| if *treated { *y } else { -y }).collect();
    zero_or_one(outcome)?;
    Ok(normalised(&actual, &qini_curve(outcome, &best, treated)?))
}

/// The area under the uplift curve, normalised as [`qini`] is. Equal to scikit-uplift's `uplift_auc_score`.
///
/// Errors as [`qini`].
pub fn auuc(outcome: &[f64], score: &[f64], treated: &[bool]) -> Result<f64> {
    let actual = uplift_curve(outcome, score, treated)?;
    zero_or_one(outcome)?;
    let count = |y: f64, mark: bool| outcome.iter().zip(treated).filter(|row| (*row.0, *row.1) == (y, mark)).count();
    // Which of the undecided rows come first: those with an outcome, or the treated.
    let by_outcome = count(1.0, false) > count(0.0, true);
    let mark = |treated: bool| f64::from(u8::from(treated));
    let best: Vec<f64> = outcome
        .iter()
        .zip(treated)
        .map(|(y, treated)| 2.0 * mark((*y == 1.0) == *treated) + if by_outcome { *y } else { mark(*treated) })
        .collect();
    Ok(normalised(&actual, &uplift_curve(outcome, &best, treated)?))
}

fn zero_or_one(outcome: &[f64]) -> Result<()> {
    match outcome.iter().position(|y| *y != 0.0 && *y != 1.0) {
        Some(row) => range(format!("row {row}: an outcome of 0 or 1, not {}", outcome[row])),
        None => Ok(()),
    }
}

/// The difference of the mean outcomes among the share `k` in (0, 1) of the rows with the highest scores; of rows of
/// one score the last come first, as scikit-uplift's `uplift_at_k(strategy="overall")` has it.
///
/// Errors as [`qini_curve`], and for a share that is out of range.
pub fn uplift_at(outcome: &[f64], score: &[f64], treated: &[bool], k: f64) -> Result<Verdict> {
    let test = Test::new(outcome, score, treated)?;
    if !(k > 0.0 && k < 1.0) {
        return range(format!("a share of {k}, which must be between 0 and 1"));
    }
    let mut order: Vec<usize> = (0..score.len()).collect();
    order.sort_by(|a, b| score[*b].total_cmp(&score[*a]).then(b.cmp(a)));
    order.truncate((score.len() as f64 * k) as usize);
    let arm = |wanted: bool| {
        let rows = order.iter().filter(move |row| test.treated[**row] == wanted);
        rows.map(|row| test.outcome[*row])
    };
    let found = Difference::new(Arm::of(arm(true)), Arm::of(arm(false)));
    let why = format!("difference of means among the first {}", order.len());
    Ok(Verdict::from_interval(found.value, found.interval(0.05), 0.0, order.len() as u64, why))
}
