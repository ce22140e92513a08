//! Bandits whose arms are judged in a context.

use serde::{Deserialize, Serialize};

use super::arms::{Arm, Logit, Ridge};
use super::choose::{Choice, Normal, check_mask, draw, first_best, greedy, inverse_gaps, thompson};
use crate::base::random::Random;
use crate::base::{Error, ErrorKind, Result};
use crate::models::Inputs;

/// Most numbers that the arms of a bandit keep.
const MOST: usize = 1 << 27;
/// The largest number of a context and the largest reward: sums of products of two stay finite.
const LARGEST: f64 = 1e100;

/// How a bandit explores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// LinUCB with disjoint arms (Li, Chu, Langford, Schapire 2010): the best upper bound, mean + alpha x
    /// deviation, with certainty; the first of equal ones. 0 is greedy.
    UpperBound(f64),
    /// LinTS (Agrawal and Goyal 2013): each arm with the probability that it is the best, under deviations times
    /// this scale.
    Thompson(f64),
    /// SquareCB (Foster and Rakhlin 2020): by inverse gaps times this gamma.
    InverseGaps(f64),
}

/// What the rewards are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rewards {
    /// Any numbers: ridge regression an arm, by exact updates.
    Linear,
    /// In [0, 1], mostly 0 and 1: Bayesian logistic regression an arm.
    Logistic,
}

/// A bandit whose arms each learn what they are worth in a context.
///
/// An arm's numbers change by its own rewards alone, so a mask of allowed arms never changes a score. An unknown
/// number of a context (NaN) counts as 0, one above 1e100 in size is refused; give an intercept as a feature of 1. With
/// a `discount` below 1 each reward lessens what its arm knew before. The stream of draws is keyed by the seed and the number of choices, so
/// a bandit that was saved and loaded chooses as the one that went on. Cost: arms x features^2 a choice,
/// features^2 a reward.
///
/// ```
/// use bactrian::models::bandit::{Bandit, Policy, Rewards};
///
/// let mut bandit = Bandit::new(2, 1, Policy::UpperBound(1.0), Rewards::Linear)?;
/// for _ in 0..50 {
///     let choice = bandit.choose(&[1.0], None)?;
///     bandit.learn(&[1.0], choice.arm, if choice.arm == 1 { 1.0 } else { 0.2 })?;
/// }
/// assert_eq!(bandit.choose(&[1.0], None)?.arm, 1);
/// assert_eq!(bandit.choose(&[1.0], Some(&[true, false]))?.arm, 0);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bandit {
    policy: Policy,
    arms: Arms,
    features: usize,
    discount: f64,
    seed: u64,
    choices: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Arms {
    Linear(Vec<Ridge>),
    Logistic(Vec<Logit>),
}

impl Bandit {
    /// A bandit that knows nothing, with ridge 1, no forgetting and seed 0.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] for no arm, no feature, more than 2^27 numbers to keep, or a number of
    /// the policy that is negative or not finite.
    pub fn new(arms: usize, features: usize, policy: Policy, rewards: Rewards) -> Result<Self> {
        let bandit = Bandit { policy, arms: Arms::Linear(Vec::new()), features, discount: 1.0, seed: 0, choices: 0 };
        bandit.check_policy()?;
        let kept = features.checked_mul(features).and_then(|cells| cells.checked_mul(arms));
        if arms == 0 || features == 0 || kept.is_none_or(|kept| kept > MOST) {
            let text =
                format!("{arms} arms of {features} features: there must be one of each, and 2^27 numbers are the most");
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        let arms = match rewards {
            Rewards::Linear => Arms::Linear(vec![Ridge::new(features, 1.0); arms]),
            Rewards::Logistic => Arms::Logistic(vec![Logit::new(features, 1.0); arms]),
        };
        Ok(Bandit { arms, ..bandit })
    }

    /// The same with another ridge (positive: the precision of weights before any reward), what of an arm's
    /// knowledge is left when it learns a reward (above 0, at most 1), and seed; nothing is learnt.
    ///
    /// Errors with [`ErrorKind::SchemaRange`].
    pub fn with(self, ridge: f64, discount: f64, seed: u64) -> Result<Self> {
        if !(ridge > 0.0 && ridge.is_finite() && discount > 0.0 && discount <= 1.0) {
            let text = format!("the ridge is {ridge}, and the discount {discount}: positive, and at most 1");
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        let features = self.features;
        let arms = match self.arms {
            Arms::Linear(arms) => Arms::Linear(arms.iter().map(|_| Ridge::new(features, ridge)).collect()),
            Arms::Logistic(arms) => Arms::Logistic(arms.iter().map(|_| Logit::new(features, ridge)).collect()),
        };
        Ok(Bandit { arms, discount, seed, choices: 0, ..self })
    }

    fn check_policy(&self) -> Result<()> {
        let (Policy::UpperBound(number) | Policy::Thompson(number) | Policy::InverseGaps(number)) = self.policy;
        let positive = matches!(self.policy, Policy::Thompson(scale) if scale <= 0.0);
        if number >= 0.0 && number.is_finite() && !positive {
            return Ok(());
        }
        Err(Error::new(ErrorKind::SchemaRange, format!("a policy can't have the number {number}")))
    }

    /// Number of arms.
    pub fn arms(&self) -> usize {
        match &self.arms {
            Arms::Linear(arms) => arms.len(),
            Arms::Logistic(arms) => arms.len(),
        }
    }

    /// Numbers of a context.
    pub fn features(&self) -> usize {
        self.features
    }

    /// The reward to expect of each arm.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where the context has not a number for every feature, or one above
    /// 1e100 in size.
    pub fn expectations(&self, context: &[f64]) -> Result<Vec<f64>> {
        let x = self.known(context)?;
        Ok(match &self.arms {
            Arms::Linear(arms) => arms.iter().map(|arm| arm.expect(&x)).collect(),
            Arms::Logistic(arms) => arms.iter().map(|arm| arm.expect(&x)).collect(),
        })
    }

    /// The probability with which each arm is chosen, of those allowed (all, by default): others have 0.
    ///
    /// Errors as [`Bandit::expectations`], and where no arm is allowed or there is not a mark for each.
    pub fn probabilities(&self, context: &[f64], allowed: Option<&[bool]>) -> Result<Vec<f64>> {
        check_mask(allowed, self.arms())?;
        let x = self.known(context)?;
        Ok(match self.policy {
            Policy::UpperBound(alpha) => greedy(&self.bounds(&x, alpha), allowed),
            Policy::Thompson(scale) => {
                // A deviation of 0, of a context of zeros, leaves the mean.
                let scaled = |belief: Normal| Normal { deviation: (scale * belief.deviation).max(1e-12), ..belief };
                let beliefs: Vec<Normal> = self.beliefs(&x).into_iter().map(scaled).collect();
                thompson(&beliefs, allowed)
            }
            Policy::InverseGaps(gamma) => inverse_gaps(&self.expectations(&x)?, gamma, allowed),
        })
    }

    /// Chooses an arm; as [`Bandit::probabilities`].
    pub fn choose(&mut self, context: &[f64], allowed: Option<&[bool]>) -> Result<Choice> {
        if let Policy::UpperBound(alpha) = self.policy {
            check_mask(allowed, self.arms())?;
            let scores = self.bounds(&self.known(context)?, alpha);
            self.choices += 1;
            return Ok(Choice { arm: first_best(&scores, allowed).unwrap_or(0), propensity: 1.0 });
        }
        let chances = self.probabilities(context, allowed)?;
        let uniform = Random::keyed(self.seed, self.choices).uniform();
        self.choices += 1;
        Ok(draw(&chances, uniform))
    }

    /// Learns the reward of an arm in a context.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] for an arm that is none, a context of another length, a number of it or a
    /// reward above 1e100 in size, a reward that is NaN and, of logistic rewards, one that is not in [0, 1]; nothing is
    /// learnt then.
    pub fn learn(&mut self, context: &[f64], arm: usize, reward: f64) -> Result<()> {
        self.check(arm, reward)?;
        let x = self.known(context)?;
        self.take(&x, arm, reward);
        Ok(())
    }

    /// Learns rewards in their order, as [`Bandit::learn`] one by one, to the bit: a warm start from a log.
    ///
    /// Errors as [`Bandit::learn`], and where lengths differ; nothing is learnt then.
    pub fn learn_rows(&mut self, contexts: &Inputs<'_>, arms: &[usize], rewards: &[f64]) -> Result<()> {
        if arms.len() != contexts.rows() || rewards.len() != contexts.rows() || contexts.features() != self.features {
            let text =
                format!("{} contexts of {} numbers need as many arms and rewards", contexts.rows(), self.features);
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        arms.iter().zip(rewards).try_for_each(|(arm, reward)| self.check(*arm, *reward))?;
        let rows = contexts.rows();
        (0..self.features).try_for_each(|at| (0..rows).try_for_each(|row| known(contexts.value(row, at)).map(drop)))?;
        let mut row = vec![0.0; self.features];
        for (index, (arm, reward)) in arms.iter().zip(rewards).enumerate() {
            row.iter_mut()
                .enumerate()
                .for_each(|(feature, slot)| *slot = known(contexts.value(index, feature)).unwrap_or(0.0));
            self.take(&row, *arm, *reward);
        }
        Ok(())
    }

    /// The bandit as JSON, from which [`Bandit::from_json`] makes one that goes on with the same bits.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a bandit.
    ///
    /// Errors with [`ErrorKind::SchemaType`] where it is none, with [`ErrorKind::SchemaRange`] where its numbers do
    /// not fit together.
    pub fn from_json(json: &str) -> Result<Self> {
        let wrong = |error| Error::new(ErrorKind::SchemaType, format!("not a bandit: {error}"));
        let bandit: Bandit = serde_json::from_str(json).map_err(wrong)?;
        bandit.check_policy()?;
        let sound = match &bandit.arms {
            Arms::Linear(arms) => arms.iter().all(|arm| arm.is_sound(bandit.features)),
            Arms::Logistic(arms) => arms.iter().all(|arm| arm.is_sound(bandit.features)),
        };
        let discount = bandit.discount > 0.0 && bandit.discount <= 1.0;
        if sound && discount && bandit.arms() > 0 && bandit.features > 0 {
            return Ok(bandit);
        }
        Err(Error::new(ErrorKind::SchemaRange, "the numbers of the bandit do not fit together"))
    }

    /// The upper bound of every arm.
    fn bounds(&self, x: &[f64], alpha: f64) -> Vec<f64> {
        self.beliefs(x).iter().map(|belief| belief.mean + alpha * belief.deviation).collect()
    }

    fn beliefs(&self, x: &[f64]) -> Vec<Normal> {
        match &self.arms {
            Arms::Linear(arms) => arms.iter().map(|arm| arm.score(x)).collect(),
            Arms::Logistic(arms) => arms.iter().map(|arm| arm.score(x)).collect(),
        }
    }

    fn take(&mut self, x: &[f64], arm: usize, reward: f64) {
        match &mut self.arms {
            Arms::Linear(arms) => arms.get_mut(arm).into_iter().for_each(|arm| arm.learn(x, reward, self.discount)),
            Arms::Logistic(arms) => arms.get_mut(arm).into_iter().for_each(|arm| arm.learn(x, reward, self.discount)),
        }
    }

    fn check(&self, arm: usize, reward: f64) -> Result<()> {
        let error = |text: String| Err(Error::new(ErrorKind::SchemaRange, text));
        if arm >= self.arms() {
            return error(format!("arm {arm} of {}", self.arms()));
        }
        match &self.arms {
            Arms::Logistic(_) if !(0.0..=1.0).contains(&reward) => error(format!("a reward in [0, 1], not {reward}")),
            _ if reward.is_nan() || reward.abs() > LARGEST => error(format!("a reward of {reward}")),
            _ => Ok(()),
        }
    }

    fn known(&self, context: &[f64]) -> Result<Vec<f64>> {
        if context.len() == self.features {
            return context.iter().map(|x| known(*x)).collect();
        }
        let text = format!("a context has {} numbers, not {}", self.features, context.len());
        Err(Error::new(ErrorKind::SchemaRange, text))
    }
}

/// An unknown number says nothing.
fn known(x: f64) -> Result<f64> {
    if x.abs() > LARGEST {
        return Err(Error::new(ErrorKind::SchemaRange, format!("a context can't hold the number {x}")));
    }
    Ok(if x.is_nan() { 0.0 } else { x })
}
