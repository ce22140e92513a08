//! A trial of something new, which may be looked at after every outcome.

use serde::{Deserialize, Serialize};

use super::range;
use crate::base::Result;
use crate::base::numeric::{exp, ln};

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
            return range(format!(
                "a trial of `good` {good} against `dull` {dull}, with `alpha` {alpha}, `beta` {beta} and `prior` {prior}: it \
                 needs 0 < dull < good < 1, errors in (0, 1/2) and a prior in (0, 1)"
            ));
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
