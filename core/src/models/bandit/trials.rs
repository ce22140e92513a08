//! A bandit whose arms succeed or fail, without a context.

use serde::{Deserialize, Serialize};

use super::Beta;
use super::choose::{Choice, check_mask, draw, thompson};
use crate::base::random::Random;
use crate::base::{Error, ErrorKind, Result};

/// Thompson's sampling of arms that succeed or fail, each under a Beta prior; with a `discount` below 1 each
/// reward lessens what its arm knew.
///
/// The probability of each arm is that of being the best (an integral), and the draw is from those. Cost: arms^2
/// x 80 incomplete beta functions.
///
/// ```
/// use bactrian::models::bandit::BetaBernoulli;
///
/// let mut bandit = BetaBernoulli::new(2, (1.0, 1.0), 1.0, 7)?;
/// for _ in 0..20 {
///     bandit.learn(0, 0.0)?;
///     bandit.learn(1, 1.0)?;
/// }
/// let choice = bandit.choose(None)?;
/// assert!(choice.arm == 1 && choice.propensity > 0.999);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BetaBernoulli {
    /// Successes and failures, without the prior's.
    arms: Vec<(f64, f64)>,
    prior: (f64, f64),
    discount: f64,
    seed: u64,
    choices: u64,
}

impl BetaBernoulli {
    /// Arms that were never tried, under a prior of so many successes and failures (positive).
    ///
    /// Errors with [`ErrorKind::SchemaRange`] for no arm, more than a million, or a number out of range.
    pub fn new(arms: usize, prior: (f64, f64), discount: f64, seed: u64) -> Result<Self> {
        BetaBernoulli { arms: vec![(0.0, 0.0); arms.min(1 << 20)], prior, discount, seed, choices: 0 }.checked(arms)
    }

    fn checked(self, arms: usize) -> Result<Self> {
        let positive = |x: f64| x > 0.0 && x.is_finite();
        let counts = self.arms.iter().all(|arm| [arm.0, arm.1].iter().all(|x| *x >= 0.0 && x.is_finite()));
        let fine = positive(self.prior.0) && positive(self.prior.1) && self.discount > 0.0 && self.discount <= 1.0;
        if arms > 0 && arms == self.arms.len() && fine && counts {
            return Ok(self);
        }
        let text = "a bandit has 1 to 2^20 arms, a positive prior, and a discount above 0 and at most 1";
        Err(Error::new(ErrorKind::SchemaRange, text))
    }

    /// What is known of every arm.
    pub fn beliefs(&self) -> Vec<Beta> {
        self.arms.iter().map(|arm| Beta { alpha: self.prior.0 + arm.0, beta: self.prior.1 + arm.1 }).collect()
    }

    /// The probability with which each arm is chosen, of those allowed.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where no arm is allowed or there is not a mark for each.
    pub fn probabilities(&self, allowed: Option<&[bool]>) -> Result<Vec<f64>> {
        check_mask(allowed, self.arms.len())?;
        Ok(thompson(&self.beliefs(), allowed))
    }

    /// Chooses an arm; as [`BetaBernoulli::probabilities`].
    pub fn choose(&mut self, allowed: Option<&[bool]>) -> Result<Choice> {
        let chances = self.probabilities(allowed)?;
        let uniform = Random::keyed(self.seed, self.choices).uniform();
        self.choices += 1;
        Ok(draw(&chances, uniform))
    }

    /// Learns a reward in [0, 1], which counts as so much of a success.
    ///
    /// Errors with [`ErrorKind::SchemaRange`], and learns nothing then.
    pub fn learn(&mut self, arm: usize, reward: f64) -> Result<()> {
        let arms = self.arms.len();
        let discount = self.discount;
        match self.arms.get_mut(arm) {
            Some(arm) if (0.0..=1.0).contains(&reward) => {
                *arm = (arm.0 * discount + reward, arm.1 * discount + (1.0 - reward));
                Ok(())
            }
            _ => Err(Error::new(ErrorKind::SchemaRange, format!("a reward of {reward} for arm {arm} of {arms}"))),
        }
    }

    /// The bandit as JSON, from which [`BetaBernoulli::from_json`] makes one that goes on with the same bits.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a bandit.
    ///
    /// Errors with [`ErrorKind::SchemaType`] where it is none, and as [`BetaBernoulli::new`].
    pub fn from_json(json: &str) -> Result<Self> {
        let wrong = |error| Error::new(ErrorKind::SchemaType, format!("not a bandit: {error}"));
        let bandit: BetaBernoulli = serde_json::from_str(json).map_err(wrong)?;
        let arms = bandit.arms.len();
        bandit.checked(arms)
    }
}
