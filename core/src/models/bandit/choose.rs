//! From what is believed of each arm to the probability of choosing it, and a draw.
//!
//! Every policy first writes the probability of each arm, and then draws from those: so the propensity that is
//! told is exactly the one that was used.

use crate::base::numeric::exp;
use crate::base::numeric::special::{beta_inc, ln_beta, normal_cdf};
use crate::base::{Error, ErrorKind, Result};

/// An arm that was chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// Its index.
    pub arm: usize,
    /// The probability with which it was chosen.
    pub propensity: f64,
}

/// What is believed of the worth of an arm.
pub(super) trait Belief {
    fn density(&self, x: f64) -> f64;
    /// The probability of at most x.
    fn below(&self, x: f64) -> f64;
    /// Places between which the density is smooth, rising.
    fn places(&self) -> [f64; PLACES];
}

const PLACES: usize = 11;
/// Gauss and Legendre's nodes and weights on [-1, 1], of order 8: the positive half.
const NODES: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

/// A normal distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Normal {
    pub mean: f64,
    pub deviation: f64,
}

impl Belief for Normal {
    fn density(&self, x: f64) -> f64 {
        let z = (x - self.mean) / self.deviation;
        exp(-0.5 * z * z) / (self.deviation * (2.0 * std::f64::consts::PI).sqrt())
    }

    fn below(&self, x: f64) -> f64 {
        normal_cdf((x - self.mean) / self.deviation)
    }

    fn places(&self) -> [f64; PLACES] {
        [-8.0, -6.0, -4.0, -2.5, -1.2, 0.0, 1.2, 2.5, 4.0, 6.0, 8.0].map(|z| self.mean + z * self.deviation)
    }
}

impl Belief for super::Beta {
    fn density(&self, x: f64) -> f64 {
        if x <= 0.0 || x >= 1.0 {
            return 0.0;
        }
        let log = |x: f64| crate::base::numeric::ln(x);
        exp((self.alpha - 1.0) * log(x) + (self.beta - 1.0) * log(1.0 - x) - ln_beta(self.alpha, self.beta))
    }

    fn below(&self, x: f64) -> f64 {
        beta_inc(self.alpha, self.beta, x.clamp(0.0, 1.0))
    }

    fn places(&self) -> [f64; PLACES] {
        let (mean, deviation) = (self.mean(), self.standard_deviation());
        [-10.0, -5.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 5.0, 10.0].map(|z| (mean + z * deviation).clamp(0.0, 1.0))
    }
}

fn is_allowed(allowed: Option<&[bool]>, arm: usize) -> bool {
    allowed.is_none_or(|allowed| allowed.get(arm).copied().unwrap_or(false))
}

/// Whether a mask fits, and leaves an arm.
pub(super) fn check_mask(allowed: Option<&[bool]>, arms: usize) -> Result<()> {
    let error = |text: String| Err(Error::new(ErrorKind::SchemaRange, text));
    match allowed {
        Some(allowed) if allowed.len() != arms => error(format!("{} marks for {arms} arms", allowed.len())),
        Some(allowed) if !allowed.contains(&true) => error("no arm is allowed".to_owned()),
        _ => Ok(()),
    }
}

/// The first of the best arms that are allowed.
pub(super) fn first_best(scores: &[f64], allowed: Option<&[bool]>) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (arm, score) in scores.iter().enumerate().filter(|(arm, _)| is_allowed(allowed, *arm)) {
        if best.is_none_or(|(_, most)| *score > most) {
            best = Some((arm, *score));
        }
    }
    best.map(|(arm, _)| arm)
}

/// The same with certainty.
pub(super) fn greedy(scores: &[f64], allowed: Option<&[bool]>) -> Vec<f64> {
    let best = first_best(scores, allowed);
    (0..scores.len()).map(|arm| f64::from(u8::from(best == Some(arm)))).collect()
}

/// The probability that an arm is the best under independent beliefs: the integral of its density times what the
/// others are below, which is what Thompson's sampling chooses with (Thompson 1933). Cost: arms^2 x 80 densities.
pub(super) fn thompson<B: Belief>(beliefs: &[B], allowed: Option<&[bool]>) -> Vec<f64> {
    let open: Vec<(usize, &B)> = beliefs.iter().enumerate().filter(|(arm, _)| is_allowed(allowed, *arm)).collect();
    let mut chances = vec![0.0; beliefs.len()];
    if let [(only, _)] = open.as_slice() {
        chances[*only] = 1.0;
        return chances;
    }
    let beliefs: Vec<&B> = open.iter().map(|(_, belief)| *belief).collect();
    let shares = integrate(&beliefs, f64::NEG_INFINITY);
    let total: f64 = shares.iter().sum();
    for ((arm, _), share) in open.iter().zip(shares) {
        chances[*arm] = share / total;
    }
    chances
}

/// The probability that each belief is the best of all and above `floor`, and that none is above it.
pub(super) fn above<B: Belief>(beliefs: &[B], floor: f64) -> (Vec<f64>, f64) {
    let none: f64 = beliefs.iter().map(|belief| belief.below(floor)).product();
    let all: Vec<&B> = beliefs.iter().collect();
    let mut chances = integrate(&all, floor);
    let total: f64 = chances.iter().sum();
    // Where nothing is left above the floor but the error of the integral, none is.
    if total <= 0.0 || none >= 1.0 {
        return (vec![0.0; beliefs.len()], 1.0);
    }
    chances.iter_mut().for_each(|chance| *chance *= (1.0 - none) / total);
    (chances, none)
}

/// Of each belief the integral above `floor` of its density times what the others are below.
fn integrate<B: Belief>(open: &[&B], floor: f64) -> Vec<f64> {
    let mut chances = vec![0.0; open.len()];
    let mut places: Vec<f64> = open.iter().flat_map(|belief| belief.places()).filter(|place| *place > floor).collect();
    places.extend(Some(floor).filter(|floor| floor.is_finite()));
    places.sort_by(f64::total_cmp);
    places.dedup();
    let (mut densities, mut below) = (vec![0.0; open.len()], vec![0.0; open.len()]);
    for ends in places.windows(2) {
        let (middle, half) = (0.5 * (ends[0] + ends[1]), 0.5 * (ends[1] - ends[0]));
        for (node, weight) in NODES.iter().flat_map(|(node, weight)| [(*node, *weight), (-node, *weight)]) {
            let x = middle + half * node;
            for (at, belief) in open.iter().enumerate() {
                densities[at] = belief.density(x);
                below[at] = belief.below(x);
            }
            for (at, chance) in chances.iter_mut().enumerate() {
                if densities[at] > 0.0 {
                    let others = below.iter().enumerate().filter(|(other, _)| *other != at);
                    *chance += weight * half * densities[at] * others.map(|(_, below)| below).product::<f64>();
                }
            }
        }
    }
    chances
}

/// Inverse gaps (Abe and Long 1999; SquareCB, Foster and Rakhlin 2020): an arm that is `gap` below the best has
/// 1 / (arms + gamma x gap), the best has the rest.
pub(crate) fn inverse_gaps(scores: &[f64], gamma: f64, allowed: Option<&[bool]>) -> Vec<f64> {
    let best = first_best(scores, allowed).unwrap_or(0);
    let most = scores.get(best).copied().unwrap_or(0.0);
    let arms = (0..scores.len()).filter(|arm| is_allowed(allowed, *arm)).count() as f64;
    let chance = |(arm, score): (usize, &f64)| match is_allowed(allowed, arm) && arm != best {
        true => 1.0 / (arms + gamma * (most - score)),
        false => 0.0,
    };
    let mut chances: Vec<f64> = scores.iter().enumerate().map(chance).collect();
    let rest = 1.0 - chances.iter().sum::<f64>();
    if let Some(place) = chances.get_mut(best) {
        *place = rest;
    }
    chances
}

/// The arm of a uniform number in [0, 1).
pub(super) fn draw(chances: &[f64], uniform: f64) -> Choice {
    let mut sum = 0.0;
    let mut last = 0;
    for (arm, chance) in chances.iter().enumerate().filter(|(_, chance)| **chance > 0.0) {
        sum += chance;
        last = arm;
        if uniform < sum {
            break;
        }
    }
    Choice { arm: last, propensity: chances.get(last).copied().unwrap_or(0.0) }
}
