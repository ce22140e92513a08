//! Scores of A toward B: actor, partner and pair.
//!
//! Kenny's social relations model (Kenny and La Voie 1984): what A does toward B is the general
//! mean, plus what A does toward everybody (actor effect), plus what everybody does toward B
//! (partner effect), plus what is particular to the pair, plus noise. Each is shrunk by its evidence:
//!
//! - actor(A) = (c_a mean + sum of A's observations) / (c_a + their weight), partner(B) likewise;
//! - m = actor(A) + partner(B) - mean, what is expected before the two have met;
//! - s(A toward B) = (kappa m + sum of the pair's observations) / (kappa + their weight).
//!
//! The pseudo-counts c_a, c_p and kappa are found by [`Effects::fit`], or given. All that is kept of
//! a customer or a pair is a weight and a sum, so a score is a pure function of state and fit.
//! [`evaluate`] says whether the pair adds anything beyond A and B: [`Verdict`](crate::Verdict).

mod evaluate;
mod fit;

#[cfg(test)]
mod tests;

pub use evaluate::{Errors, Evaluation, Observation, Protocol, evaluate};
pub use fit::{Dyad, Shrinkage};

use serde::{Deserialize, Serialize};

/// The sum of weighted observations and the sum of their weights. Weights are at least 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Sum of the weights.
    pub weight: f64,
    /// Sum of weight x observation, in the unit of the observations.
    pub sum: f64,
}

impl Evidence {
    /// The mean of `count` observations of `prior` and of these; `prior` where both are nothing.
    #[inline]
    fn shrunk(self, prior: f64, count: f64) -> f64 {
        let total = count + self.weight;
        // Written as a step from the prior, so that no evidence leaves the prior to the bit.
        if total > 0.0 { prior + (self.sum - self.weight * prior) / total } else { prior }
    }

    /// One observation more.
    fn add(&mut self, value: f64) {
        self.weight += 1.0;
        self.sum += value;
    }
}

/// s = (kappa m + sum) / (kappa + weight): the prior `m` shrunk by the evidence of the pair.
///
/// Without evidence it is `m`; as the evidence grows it goes to the mean of the pair. NaN if a
/// number is NaN.
///
/// ```
/// use bactrian::models::dyads::{score, Evidence};
///
/// assert_eq!(score(5.0, 2.0, Evidence::default()), 5.0);
/// assert_eq!(score(5.0, 2.0, Evidence { weight: 3.0, sum: 30.0 }), 8.0);
/// ```
#[inline]
pub fn score(m: f64, kappa: f64, pair: Evidence) -> f64 {
    pair.shrunk(m, kappa)
}

/// Components of the variance of one observation, in its unit squared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Variances {
    /// Between actors.
    pub actor: f64,
    /// Between partners.
    pub partner: f64,
    /// Between pairs, beyond actor and partner.
    pub pair: f64,
    /// Within a pair.
    pub residual: f64,
}

/// A fit: the general mean and how strongly actors, partners and pairs are shrunk to it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Effects {
    /// Mean of all observations.
    pub mean: f64,
    /// Pseudo-observations of the mean in each actor effect.
    pub actor_count: f64,
    /// Pseudo-observations of the mean in each partner effect.
    pub partner_count: f64,
    /// Pseudo-observations of m in each score.
    pub kappa: f64,
    /// What the counts come from.
    pub variances: Variances,
    /// Pairs behind the fit.
    pub pairs: u64,
    /// Weight of the observations behind the fit.
    pub weight: f64,
}

/// The parts of a score; they sum to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts {
    /// The general mean.
    pub mean: f64,
    /// What A adds.
    pub actor: f64,
    /// What B adds.
    pub partner: f64,
    /// What the pair adds.
    pub pair: f64,
}

impl Effects {
    /// The actor effect of a customer, from all that it did toward anyone.
    pub fn actor(&self, as_actor: Evidence) -> f64 {
        as_actor.shrunk(self.mean, self.actor_count)
    }

    /// The partner effect of a customer, from all that anyone did toward it.
    pub fn partner(&self, as_partner: Evidence) -> f64 {
        as_partner.shrunk(self.mean, self.partner_count)
    }

    /// m: what is expected of A toward B without a look at the pair.
    pub fn prior(&self, as_actor: Evidence, as_partner: Evidence) -> f64 {
        self.actor(as_actor) + self.partner(as_partner) - self.mean
    }

    /// s(A toward B).
    ///
    /// ```
    /// use bactrian::models::dyads::{Dyad, Effects, Evidence, Shrinkage};
    ///
    /// let dyad = |actor, partner, mean: f64| Dyad::of_values(actor, partner, &[mean - 1.0, mean + 1.0]);
    /// let dyads = [dyad(0, 1, 4.0), dyad(0, 2, 8.0), dyad(1, 0, 6.0), dyad(2, 0, 6.0)];
    /// let effects = Effects::fit(&dyads, &Shrinkage { kappa: Some(2.0), ..Shrinkage::default() })?;
    /// let (a, b) = (Evidence { weight: 4.0, sum: 24.0 }, Evidence { weight: 2.0, sum: 8.0 });
    /// assert!(effects.score(a, b, Evidence { weight: 2.0, sum: 8.0 }) < effects.score(a, b, Evidence::default()));
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    pub fn score(&self, as_actor: Evidence, as_partner: Evidence, pair: Evidence) -> f64 {
        score(self.prior(as_actor, as_partner), self.kappa, pair)
    }

    /// The parts of [`Effects::score`].
    pub fn parts(&self, as_actor: Evidence, as_partner: Evidence, pair: Evidence) -> Parts {
        let (actor, partner) = (self.actor(as_actor) - self.mean, self.partner(as_partner) - self.mean);
        let prior = self.prior(as_actor, as_partner);
        Parts { mean: self.mean, actor, partner, pair: score(prior, self.kappa, pair) - prior }
    }

    /// The standard error of a score as a statement on the pair's own mean, m taken as known:
    /// sqrt(residual variance / (kappa + weight)), the posterior of the normal model.
    pub fn standard_error(&self, pair: Evidence) -> f64 {
        (self.variances.residual / (self.kappa + pair.weight)).sqrt()
    }
}
