//! The chance of leaving in each period, given that one is still there: a logit in time and covariates.

use crate::base::numeric::{exp, ln, ln_1p};
use crate::base::{Error, ErrorKind, Result};

/// How the hazard moves with time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// A level of its own for each period: with no covariates this is the life table.
    PerPeriod,
    /// An intercept and a slope in ln(period).
    LogTime,
}

/// A discrete-time hazard, P(leave in period t | still there) = logistic(baseline(t) + x' beta)
/// (Singer, Willett 1993).
///
/// ```
/// use bactrian::models::survival::{Baseline, DiscreteHazard};
///
/// // Ten contracts: who has x = 1 leaves sooner.
/// let duration = [1, 1, 2, 3, 2, 3, 3, 3, 3, 3];
/// let left = [true, true, true, false, true, false, true, false, false, false];
/// let x = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
/// let fitted = DiscreteHazard::fit(&duration, &left, &x, 1, Baseline::LogTime)?;
/// assert!(fitted.model.hazard(1, &[1.0])? > fitted.model.hazard(1, &[0.0])?);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DiscreteHazard {
    baseline: Baseline,
    /// Levels of the periods, or intercept and slope.
    time: Vec<f64>,
    beta: Vec<f64>,
}

/// A fitted hazard, and how far to trust it.
#[derive(Debug, Clone, PartialEq)]
pub struct HazardFit {
    /// The model.
    pub model: DiscreteHazard,
    /// Log-likelihood in nats.
    pub log_likelihood: f64,
    /// Standard errors of the baseline's coefficients and then of beta, from the information.
    pub standard_errors: Vec<f64>,
    /// Newton's steps.
    pub iterations: u32,
    /// Whether the climb ended at a top; where a period or covariate separates leavers from stayers
    /// there is none, and the coefficient is large and has a large standard error.
    pub converged: bool,
}

const MOST_STEPS: u32 = 100;
/// Coefficients are held this close to 0 by a penalty, lest separation send them to infinity.
const RIDGE: f64 = 1e-8;

impl DiscreteHazard {
    /// Fits by Newton's method on person-periods, without writing them out.
    ///
    /// `duration[i]` periods, from 1, were lived through, at the end of the last of which the customer
    /// left, or else was still there. `covariates` has `width` numbers for each customer, row by row.
    /// Errors: columns of different lengths, a duration of 0 or above 10,000, a covariate that is not
    /// finite, nobody who left or nobody who stayed a period. Cost: a step is person-periods x
    /// covariates^2, and takes a number for each period and covariate.
    pub fn fit(
        duration: &[u32],
        left: &[bool],
        covariates: &[f64],
        width: usize,
        baseline: Baseline,
    ) -> Result<HazardFit> {
        check(duration, left, covariates, width)?;
        let longest = duration.iter().copied().max().unwrap_or(0) as usize;
        let gone = left.iter().filter(|left| **left).count() as f64;
        let periods: f64 = duration.iter().map(|d| f64::from(*d)).sum();
        if gone == 0.0 || gone == periods {
            return Err(Error::new(ErrorKind::NotEnoughData, "nobody left, or nobody stayed a period"));
        }
        let levels = if baseline == Baseline::PerPeriod { longest } else { 2 };
        let start = ln(gone / (periods - gone));
        let mut theta = vec![0.0; levels + width];
        let level_count = if baseline == Baseline::PerPeriod { levels } else { 1 };
        theta[..level_count].fill(start);
        let rows = Rows { duration, left, covariates, width, baseline, levels };
        let mut here = rows.evaluate(&theta);
        let (mut iterations, mut converged) = (0, false);
        while iterations < MOST_STEPS && !converged {
            iterations += 1;
            let Some(step) = here.information.solve(&here.gradient) else { break };
            let expected: f64 = step.iter().zip(&here.gradient).map(|(s, g)| s * g).sum();
            converged = expected < 1e-12 * (1.0 + here.value.abs());
            let mut size = 1.0;
            while size > 1e-6 {
                let to: Vec<f64> = theta.iter().zip(&step).map(|(t, s)| t + size * s).collect();
                let there = rows.evaluate(&to);
                if there.value >= here.value {
                    (theta, here) = (to, there);
                    break;
                }
                size *= 0.5;
            }
        }
        let standard_errors = here.information.variances(theta.len()).into_iter().map(f64::sqrt).collect();
        let beta = theta.split_off(levels);
        let model = DiscreteHazard { baseline, time: theta, beta };
        Ok(HazardFit { model, log_likelihood: here.value, standard_errors, iterations, converged })
    }

    /// The model with the coefficients of an older fit: a level a period, or intercept and slope; and a log
    /// odds ratio a covariate.
    ///
    /// Errors: a coefficient that is not finite, or a baseline of [`Baseline::LogTime`] without its two.
    pub fn from_coefficients(baseline: Baseline, time: Vec<f64>, beta: Vec<f64>) -> Result<DiscreteHazard> {
        let sound = time.iter().chain(&beta).all(|value| value.is_finite());
        if !sound || (baseline == Baseline::LogTime && time.len() != 2) {
            let error = format!("{} coefficients of time and {} of covariates make no hazard", time.len(), beta.len());
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        Ok(DiscreteHazard { baseline, time, beta })
    }

    /// The baseline's coefficients: a level for each period, or intercept and slope.
    pub fn baseline(&self) -> &[f64] {
        &self.time
    }

    /// The covariates' coefficients: log odds ratios.
    pub fn beta(&self) -> &[f64] {
        &self.beta
    }

    /// P(leave in period `t` | still there), t from 1, by a customer with these covariates. Beyond the
    /// longest duration a level per period has no value: NaN. An error where t is 0 or the covariates
    /// are not as many as in the fit.
    pub fn hazard(&self, t: u32, covariates: &[f64]) -> Result<f64> {
        if t == 0 || covariates.len() != self.beta.len() {
            let error =
                format!("period {t} with {} covariates of {}; periods count from 1", covariates.len(), self.beta.len());
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        let time = match self.baseline {
            Baseline::PerPeriod => self.time.get(t as usize - 1).copied().unwrap_or(f64::NAN),
            Baseline::LogTime => self.time[0] + self.time[1] * ln(f64::from(t)),
        };
        Ok(logistic(time + self.beta.iter().zip(covariates).map(|(b, x)| b * x).sum::<f64>()))
    }

    /// P(still there after period `t`), by a customer with these covariates; 1 for t = 0.
    pub fn survival(&self, t: u32, covariates: &[f64]) -> Result<f64> {
        let mut stay = 1.0;
        for period in 1..=t {
            stay *= 1.0 - self.hazard(period, covariates)?;
        }
        Ok(stay)
    }
}

fn check(duration: &[u32], left: &[bool], covariates: &[f64], width: usize) -> Result<()> {
    let n = duration.len();
    if left.len() != n || covariates.len() != n * width {
        let error = format!("{n} durations, {} flags and {} covariates of {width} each", left.len(), covariates.len());
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    if let Some(row) = duration.iter().position(|d| !(1..=10_000).contains(d)) {
        let error = format!("`duration` is {} in row {row}, but must be 1 to 10,000", duration[row]);
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    if covariates.iter().any(|x| !x.is_finite()) {
        return Err(Error::new(ErrorKind::SchemaRange, "a covariate is not finite"));
    }
    Ok(())
}

fn logistic(x: f64) -> f64 {
    let small = exp(-x.abs());
    if x >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) }
}

struct Rows<'a> {
    duration: &'a [u32],
    left: &'a [bool],
    covariates: &'a [f64],
    width: usize,
    baseline: Baseline,
    levels: usize,
}

struct Evaluation {
    value: f64,
    gradient: Vec<f64>,
    information: Information,
}

/// The matrix of coefficients of which the first are tied to none of each other: levels of periods. It is
/// factored in the others alone.
struct Information {
    /// The block of the first ones.
    diagonal: Vec<f64>,
    /// For each of them, its row in the columns of the others.
    cross: Vec<Vec<f64>>,
    /// The block of the others.
    dense: Vec<Vec<f64>>,
}

impl Information {
    fn new(levels: usize, others: usize) -> Self {
        let (cross, dense) = (vec![vec![0.0; others]; levels], vec![vec![0.0; others]; others]);
        Information { diagonal: vec![0.0; levels], cross, dense }
    }

    /// Adds weight x x' of a sparse row x, its places rising.
    fn add(&mut self, weight: f64, row: &[(usize, f64)]) {
        let levels = self.diagonal.len();
        for (i, x) in row {
            for (j, y) in row.iter().filter(|(j, _)| *j >= levels || j == i) {
                let part = weight * x * y;
                match (*i < levels, *j < levels) {
                    (true, true) => self.diagonal[*i] += part,
                    (true, false) => self.cross[*i][j - levels] += part,
                    _ => self.dense[i - levels][j - levels] += part,
                }
            }
        }
    }

    fn add_ridge(&mut self, ridge: f64) {
        self.diagonal.iter_mut().for_each(|own| *own += ridge);
        self.dense.iter_mut().enumerate().for_each(|(i, row)| row[i] += ridge);
    }

    /// Cholesky's factor of the others' block, less what the first ones explain.
    fn factor(&self) -> Option<Vec<Vec<f64>>> {
        let mut rest = self.dense.clone();
        for (own, cross) in self.diagonal.iter().zip(&self.cross) {
            for (row, x) in rest.iter_mut().zip(cross).filter(|(_, x)| **x != 0.0) {
                row.iter_mut().zip(cross).for_each(|(to, y)| *to -= x * y / own);
            }
        }
        cholesky(rest)
    }

    fn solve(&self, b: &[f64]) -> Option<Vec<f64>> {
        let factor = self.factor()?;
        let (first, others) = b.split_at(self.diagonal.len());
        let mut rest = others.to_vec();
        for ((own, cross), b) in self.diagonal.iter().zip(&self.cross).zip(first) {
            rest.iter_mut().zip(cross).for_each(|(to, x)| *to -= x * b / own);
        }
        forward(&factor, &mut rest);
        backward(&factor, &mut rest);
        let tied = |cross: &[f64]| cross.iter().zip(&rest).map(|(x, to)| x * to).sum::<f64>();
        let levels = self.diagonal.iter().zip(&self.cross).zip(first);
        let mut all: Vec<f64> = levels.map(|((own, cross), b)| (b - tied(cross)) / own).collect();
        all.append(&mut rest);
        Some(all)
    }

    /// The diagonal of the inverse of this matrix of `n` coefficients; NaN where there is none.
    fn variances(&self, n: usize) -> Vec<f64> {
        let Some(factor) = self.factor() else { return vec![f64::NAN; n] };
        let square = |mut of: Vec<f64>| {
            forward(&factor, &mut of);
            of.iter().map(|x| x * x).sum::<f64>()
        };
        let levels = self.diagonal.iter().zip(&self.cross);
        let mut all: Vec<f64> = levels.map(|(own, x)| (1.0 + square(x.clone()) / own) / own).collect();
        all.extend((0..self.dense.len()).map(|i| {
            let mut unit = vec![0.0; self.dense.len()];
            unit[i] = 1.0;
            square(unit)
        }));
        all
    }
}

impl Rows<'_> {
    /// Penalised log-likelihood with gradient and information.
    fn evaluate(&self, theta: &[f64]) -> Evaluation {
        let alone = if self.baseline == Baseline::PerPeriod { self.levels } else { 0 };
        let mut at = Evaluation {
            value: -0.5 * RIDGE * theta.iter().map(|t| t * t).sum::<f64>(),
            gradient: theta.iter().map(|t| -RIDGE * t).collect(),
            information: Information::new(alone, theta.len() - alone),
        };
        let mut design: Vec<(usize, f64)> = Vec::with_capacity(2 + self.width);
        for (row, (&duration, &left)) in self.duration.iter().zip(self.left).enumerate() {
            let x = &self.covariates[row * self.width..(row + 1) * self.width];
            for t in 1..=duration {
                design.clear();
                match self.baseline {
                    Baseline::PerPeriod => design.push((t as usize - 1, 1.0)),
                    Baseline::LogTime => design.extend([(0, 1.0), (1, ln(f64::from(t)))]),
                }
                design.extend(x.iter().enumerate().map(|(j, x)| (self.levels + j, *x)));
                let score: f64 = design.iter().map(|(i, x)| theta[*i] * x).sum();
                let event = f64::from(u8::from(left && t == duration));
                // ln(1 + e^score), without overflow.
                at.value += event * score - score.max(0.0) - ln_1p(exp(-score.abs()));
                let p = logistic(score);
                design.iter().for_each(|(i, x)| at.gradient[*i] += (event - p) * x);
                at.information.add(p * (1.0 - p), &design);
            }
        }
        at.information.add_ridge(RIDGE);
        at
    }
}

/// The solution of a symmetric positive definite system by Cholesky's factors; `None` where it is not one.
pub(super) fn solve(a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let factor = cholesky(a)?;
    forward(&factor, &mut b);
    backward(&factor, &mut b);
    Some(b)
}

/// The lower factor, with what was above it left there; `None` of a matrix that is not positive definite.
fn cholesky(mut a: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    for j in 0..a.len() {
        for k in 0..j {
            let factor = a[j][k];
            for row in a.iter_mut().skip(j) {
                row[j] -= factor * row[k];
            }
        }
        let pivot = a[j][j];
        if pivot.is_nan() || pivot <= 1e-300 {
            return None;
        }
        let root = pivot.sqrt();
        for row in a.iter_mut().skip(j) {
            row[j] /= root;
        }
    }
    Some(a)
}

fn forward(factor: &[Vec<f64>], b: &mut [f64]) {
    for i in 0..b.len() {
        let known: f64 = factor[i][..i].iter().zip(&*b).map(|(l, x)| l * x).sum();
        b[i] = (b[i] - known) / factor[i][i];
    }
}

fn backward(factor: &[Vec<f64>], b: &mut [f64]) {
    for i in (0..b.len()).rev() {
        let known: f64 = (i + 1..b.len()).map(|j| factor[j][i] * b[j]).sum();
        b[i] = (b[i] - known) / factor[i][i];
    }
}
