//! How strongly to shrink: the variance components by empirical Bayes, method of moments.
//!
//! With r the deviations from the mean: two observations that share the actor alone have the
//! expected product v(actor); that share the partner alone, v(partner) (symmetric products, Koch
//! 1967). The spread within pairs gives the residual, and the total the rest: the pair. Products are
//! weighted by 1 / (weight of the actor), so that the busiest do not decide alone.

use serde::{Deserialize, Serialize};

use super::{Effects, Variances};
use crate::base::numeric::sum;
use crate::base::{Error, ErrorKind, Result};

/// The largest pseudo-count: a variance of nothing, or of too little to be seen.
const LARGEST: f64 = 1e9;

/// What A did toward B: sums over their observations y, each of a weight w of at least 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dyad {
    /// Who acts.
    pub actor: u32,
    /// Toward whom.
    pub partner: u32,
    /// Sum of w.
    pub weight: f64,
    /// Sum of w^2; equal to `weight` where every observation counts 1.
    pub squared_weight: f64,
    /// Sum of w y.
    pub sum: f64,
    /// Sum of w y^2.
    pub squares: f64,
}

/// Pseudo-counts that are given; `None` lets the data find them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Shrinkage {
    /// Of the mean in an actor effect.
    pub actor_count: Option<f64>,
    /// Of the mean in a partner effect.
    pub partner_count: Option<f64>,
    /// Of m in a score.
    pub kappa: Option<f64>,
}

impl Dyad {
    /// The sums of observations that count 1 each.
    pub fn of_values(actor: u32, partner: u32, values: &[f64]) -> Self {
        let mut dyad = Dyad::empty(actor, partner);
        values.iter().for_each(|value| dyad.add(*value));
        dyad
    }

    pub(super) fn empty(actor: u32, partner: u32) -> Self {
        Dyad { actor, partner, weight: 0.0, squared_weight: 0.0, sum: 0.0, squares: 0.0 }
    }

    pub(super) fn add(&mut self, value: f64) {
        self.weight += 1.0;
        self.squared_weight += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn usable(&self) -> bool {
        let sound = [self.squared_weight, self.sum, self.squares].iter().all(|x| x.is_finite());
        sound && self.weight > 0.0 && self.weight < f64::INFINITY
    }
}

impl Effects {
    /// Fits mean and shrinkage to sums of pairs, in any order; pairs without weight or with a number
    /// that is not finite are left out.
    ///
    /// - c_a = (v - v(actor)) / v(actor), with v the variance of all observations; c_p likewise;
    /// - kappa = v(residual) / v(pair).
    ///
    /// A component that is not above 0, or that the data can't show (no pair met twice, no actor with
    /// two partners), gives the largest pseudo-count, 1e9: that effect is not used. Cost: two sorts.
    ///
    /// Errors with [`ErrorKind::NotEnoughData`] where no pair is left, and with
    /// [`ErrorKind::SchemaRange`] where a given count is negative or not finite.
    pub fn fit(dyads: &[Dyad], shrinkage: &Shrinkage) -> Result<Effects> {
        let given = [shrinkage.actor_count, shrinkage.partner_count, shrinkage.kappa];
        if let Some(bad) = given.into_iter().flatten().find(|count| !count.is_finite() || *count < 0.0) {
            return Err(Error::new(ErrorKind::SchemaRange, format!("`{bad}` pseudo-observations can't be shrunk by")));
        }
        let mut dyads: Vec<Dyad> = dyads.iter().copied().filter(Dyad::usable).collect();
        if dyads.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "no pair has an observation to fit from"));
        }
        let by_partner = sorted(&dyads, |d| (d.partner, d.actor));
        dyads = sorted(&dyads, |d| (d.actor, d.partner));

        let weight = total(&dyads, |d| d.weight);
        let mean = total(&dyads, |d| d.sum) / weight;
        let all = total(&dyads, |d| (d.squares - 2.0 * mean * d.sum + mean * mean * d.weight).max(0.0)) / weight;
        let actor = between(&dyads, mean, |d| d.actor);
        let partner = between(&by_partner, mean, |d| d.partner);
        let rest = (all - actor - partner).max(0.0);
        let residual = within(&dyads).unwrap_or(rest);
        let pair = (rest - residual).max(0.0);

        let count = |left: f64, component: f64| match left.max(0.0) / component {
            count if component > 0.0 && count < LARGEST => count,
            _ => LARGEST,
        };
        Ok(Effects {
            mean,
            actor_count: shrinkage.actor_count.unwrap_or_else(|| count(all - actor, actor)),
            partner_count: shrinkage.partner_count.unwrap_or_else(|| count(all - partner, partner)),
            kappa: shrinkage.kappa.unwrap_or_else(|| count(residual, pair)),
            variances: Variances { actor, partner, pair, residual },
            pairs: dyads.len() as u64,
            weight,
        })
    }
}

fn sorted(dyads: &[Dyad], key: impl Fn(&Dyad) -> (u32, u32)) -> Vec<Dyad> {
    let mut dyads = dyads.to_vec();
    dyads.sort_by_key(key);
    dyads
}

fn total(dyads: &[Dyad], term: impl Fn(&Dyad) -> f64) -> f64 {
    sum(&dyads.iter().map(term).collect::<Vec<f64>>())
}

/// The variance between groups of dyads, which stand together: products of deviations across the
/// dyads of a group over products of their weights. 0 where it can't be told or is negative.
fn between(dyads: &[Dyad], mean: f64, group: impl Fn(&Dyad) -> u32) -> f64 {
    let (mut products, mut weights) = (Vec::new(), Vec::new());
    for members in dyads.chunk_by(|a, b| group(a) == group(b)) {
        let deviation = |d: &Dyad| d.sum - mean * d.weight;
        let (r, w) = (total(members, deviation), total(members, |d| d.weight));
        let own = total(members, |d| deviation(d) * deviation(d));
        if members.len() > 1 {
            products.push((r * r - own) / w);
            weights.push((w * w - total(members, |d| d.weight * d.weight)) / w);
        }
    }
    let weight = sum(&weights);
    if weight > 0.0 { (sum(&products) / weight).max(0.0) } else { 0.0 }
}

/// The variance within dyads, pooled; `None` where none met twice.
fn within(dyads: &[Dyad]) -> Option<f64> {
    let freedom = |d: &Dyad| d.weight - d.squared_weight / d.weight;
    let repeated: Vec<Dyad> = dyads.iter().copied().filter(|d| freedom(d) > 1e-9 * d.weight).collect();
    let spread = total(&repeated, |d| (d.squares - d.sum * d.sum / d.weight).max(0.0));
    (!repeated.is_empty()).then(|| spread / total(&repeated, freedom))
}
