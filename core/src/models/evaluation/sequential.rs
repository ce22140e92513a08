//! Tests that may be looked at after every outcome.

use serde::{Deserialize, Serialize};

use super::range;
use crate::base::numeric::{exp, ln};
use crate::base::{Result, Verdict};

/// Fewest outcomes of an arm before anything is claimed.
const LEAST: f64 = 30.0;

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Arm {
    n: f64,
    mean: f64,
    /// Sum of squared distances from the mean (Welford 1962).
    scatter: f64,
}

impl Arm {
    fn add(&mut self, outcome: f64) {
        self.n += 1.0;
        let off = outcome - self.mean;
        self.mean += off / self.n;
        self.scatter += off * (outcome - self.mean);
    }

    /// The variance of the mean.
    fn variance(&self) -> f64 {
        self.scatter / (self.n - 1.0) / self.n
    }
}

/// The difference of the means of two arms, with a p-value and an interval that hold at every moment at once: a
/// mixture sequential probability ratio test (Robbins 1970; Johari, Pekelis, Walsh 2017).
///
/// `tau` is the size of effect that it is tuned to. Until both arms have 30 outcomes it cannot tell.
///
/// ```
/// use bactrian::models::evaluation::AlwaysValid;
///
/// let mut test = AlwaysValid::new(0.1, 0.05)?;
/// for i in 0..2000 {
///     test.add(i % 2 == 0, if i % 2 == 0 && i % 3 > 0 { 1.0 } else { 0.0 })?;
/// }
/// assert!(test.p() < 0.001 && test.verdict().claim.to_string() == "effect");
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlwaysValid {
    tau: f64,
    alpha: f64,
    with: Arm,
    without: Arm,
    p: f64,
    low: f64,
    high: f64,
}

impl AlwaysValid {
    /// Before any outcome, for effects of the size `tau` (positive) and a chance of at most `alpha`, in (0, 1), of
    /// ever claiming one that is not there.
    ///
    /// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange).
    pub fn new(tau: f64, alpha: f64) -> Result<Self> {
        if !(tau > 0.0 && tau.is_finite() && alpha > 0.0 && alpha < 1.0) {
            return range(format!("an effect of {tau} at the level {alpha}"));
        }
        let (with, without) = (Arm::default(), Arm::default());
        Ok(AlwaysValid { tau, alpha, with, without, p: 1.0, low: f64::NEG_INFINITY, high: f64::INFINITY })
    }

    /// Takes an outcome of the treated or of the other arm.
    ///
    /// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange) where it is not finite.
    pub fn add(&mut self, treated: bool, outcome: f64) -> Result<()> {
        if !outcome.is_finite() {
            return range(format!("an outcome of {outcome}"));
        }
        if treated {
            self.with.add(outcome)
        } else {
            self.without.add(outcome)
        }
        let variance = self.with.variance() + self.without.variance();
        if self.with.n < LEAST || self.without.n < LEAST || variance <= 0.0 {
            return Ok(());
        }
        let (value, square) = (self.with.mean - self.without.mean, self.tau * self.tau);
        let total = variance + square;
        let ratio = (variance / total).sqrt() * exp(square * value * value / (2.0 * variance * total));
        self.p = self.p.min(1.0 / ratio);
        let reach = (variance * total / square * (ln(total / variance) - 2.0 * ln(self.alpha))).sqrt();
        self.low = self.low.max(value - reach);
        self.high = self.high.min(value + reach);
        Ok(())
    }

    /// The p-value, which never rises.
    pub fn p(&self) -> f64 {
        self.p
    }

    /// What may be claimed now; the interval is that of `1 - alpha`, and never widens.
    pub fn verdict(&self) -> Verdict {
        let n = (self.with.n + self.without.n) as u64;
        if !(self.low.is_finite() && self.high.is_finite()) {
            return Verdict::cannot_tell(n, format!("each arm needs {LEAST} outcomes that are not all alike"));
        }
        let why = format!("always valid at {}, p {:.4}", self.alpha, self.p);
        Verdict::from_interval(self.with.mean - self.without.mean, (self.low, self.high), 0.0, n, why)
    }
}

/// Where a sequential test stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// More outcomes are needed.
    GoOn,
    /// It is good.
    Launch,
    /// It is not.
    Stop,
}

impl std::fmt::Display for Stand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stand::GoOn => "go on",
            Stand::Launch => "launch",
            Stand::Stop => "stop",
        })
    }
}

/// A trial of something new that succeeds or fails: Wald's sequential probability ratio test (1945) of the share
/// `good` against `dull`, under a sceptical prior that it is good.
///
/// The bounds are Wald's: a dull one is launched with a chance of at most about `alpha`, a good one stopped with one
/// of `beta`. The prior only moves what is believed, not the bounds.
///
/// ```
/// use bactrian::models::evaluation::{SequentialRatio, Stand};
///
/// let mut trial = SequentialRatio::new(0.02, 0.04, 0.05, 0.2, 0.2)?;
/// assert_eq!((trial.stand(), trial.belief()), (Stand::GoOn, 0.2));
/// (0..40).for_each(|i| trial.add(i % 8 == 0));
/// assert_eq!(trial.stand(), Stand::Launch);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SequentialRatio {
    /// What a success and a failure add to the log likelihood ratio.
    steps: (f64, f64),
    bounds: (f64, f64),
    prior: f64,
    log: f64,
    ended: Option<bool>,
}

impl SequentialRatio {
    /// Before any outcome: shares `dull < good` in (0, 1), errors `alpha` and `beta` in (0, 1/2), a prior in (0, 1).
    ///
    /// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange).
    pub fn new(dull: f64, good: f64, alpha: f64, beta: f64, prior: f64) -> Result<Self> {
        let shares = 0.0 < dull && dull < good && good < 1.0 && 0.0 < prior && prior < 1.0;
        if !(shares && [alpha, beta].iter().all(|error| *error > 0.0 && *error < 0.5)) {
            return range(format!("a trial of {good} against {dull}, with errors {alpha} and {beta}, under {prior}"));
        }
        let steps = (ln(good / dull), ln((1.0 - good) / (1.0 - dull)));
        let bounds = (ln(beta / (1.0 - alpha)), ln((1.0 - beta) / alpha));
        Ok(SequentialRatio { steps, bounds, prior, log: 0.0, ended: None })
    }

    /// Takes an outcome; none counts once the trial has ended.
    pub fn add(&mut self, success: bool) {
        if self.ended.is_some() {
            return;
        }
        self.log += if success { self.steps.0 } else { self.steps.1 };
        if self.log >= self.bounds.1 {
            self.ended = Some(true);
        } else if self.log <= self.bounds.0 {
            self.ended = Some(false);
        }
    }

    /// The test after more outcomes, in whatever order they came: it ends where the ratio of likelihoods of all of them
    /// lies beyond a bound, which by Ville's inequality (1939) is ever the case with the chances of the bounds alone.
    pub fn after(&self, successes: u64, failures: u64) -> Self {
        let log = self.log + successes as f64 * self.steps.0 + failures as f64 * self.steps.1;
        let ended = if log >= self.bounds.1 { Some(true) } else { (log <= self.bounds.0).then_some(false) };
        SequentialRatio { log, ended, ..self.clone() }
    }

    /// Where it stands.
    pub fn stand(&self) -> Stand {
        self.ended.map_or(Stand::GoOn, |good| if good { Stand::Launch } else { Stand::Stop })
    }

    /// The probability that it is good.
    pub fn belief(&self) -> f64 {
        let odds = self.prior / (1.0 - self.prior) * exp(self.log);
        if odds.is_infinite() { 1.0 } else { odds / (1.0 + odds) }
    }
}
