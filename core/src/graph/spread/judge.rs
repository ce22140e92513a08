//! How many sets to draw, and what they say of a choice of seeds (OPIM-C: Tang, Tang, Xiao and Yuan 2018).

use super::greedy::{Cover, Limits};
use super::sketch::Sets;
use super::targets::Targets;
use crate::base::numeric::ln;

/// Sets of one half, at most, whatever precision is asked for: bounds then stay wider, and say so.
pub(super) const MOST_SETS: usize = 1 << 23;
/// Sets of one half, at least.
const LEAST_SETS: f64 = 256.0;

/// How many sets to draw, and when to stop.
pub(super) struct Plan {
    pub(super) first: usize,
    /// As many sets as keep the promise whatever the bounds say.
    pub(super) most: usize,
    /// ln(1 / the chance that one bound of one round fails).
    pub(super) log_delta: f64,
    /// The share of the best that is promised.
    pub(super) share: f64,
}

impl Plan {
    /// Theorem 3.1 and section 3.2 of OPIM-C. The best choice is worth at least what the cheapest (without costs: the
    /// most valued) who may be chosen are worth themselves.
    pub(super) fn new(limits: &Limits<'_>, total: f64, epsilon: f64, delta: f64) -> Plan {
        let greedy = 1.0 - 1.0 / std::f64::consts::E;
        let log_delta = ln(6.0) - ln(delta);
        let candidates = limits.barred.iter().filter(|&&flag| !flag).count();
        let few = limits.count.min(candidates - limits.count);
        let choose: f64 = (0..few).map(|i| ln((candidates - i) as f64 / (i as f64 + 1.0))).sum();
        let root = greedy * log_delta.sqrt() + (greedy * (choose + log_delta)).sqrt();
        let least = MOST_SETS as f64;
        let first = (2.0 * root * root).clamp(LEAST_SETS, least);
        let most = (2.0 * root * root / (epsilon * epsilon * limits.worth(total))).clamp(first, least);
        let rounds = 2.0 + (0..64).take_while(|&i| first * f64::from(1u32 << i.min(31)) < least).count() as f64;
        Plan {
            first: first as usize,
            most: most as usize,
            log_delta: ln(3.0 * rounds) - ln(delta),
            share: greedy - epsilon,
        }
    }
}

/// What a choice reaches, as shares of the value of all targets.
pub(super) struct Judged {
    pub(super) spread: f64,
    pub(super) lower: f64,
    pub(super) upper: f64,
    /// What the half that chose makes of it.
    pub(super) rated: f64,
}

/// Bounds of a choice from the half that did not make it (OPIM-C, equations 5 and 8). Where nobody is active yet, what
/// seeds are worth themselves is known; only the sets of other targets are counted, and stand for the value of those.
/// Else a seed may be reached without being chosen, and all sets are counted.
pub(super) fn judge(
    chosen: &Cover,
    [choosing, judging]: [Sets<'_>; 2],
    targets: &Targets,
    limits: &Limits<'_>,
    log_delta: f64,
) -> Judged {
    let mut is_seed = vec![false; limits.barred.len()];
    chosen.seeds.iter().for_each(|&node| is_seed[node as usize] = true);
    let is_own = targets.is_untouched();
    let worth = chosen.seeds.iter().filter(|_| is_own).map(|&node| limits.value(node) / targets.total());
    let own = worth.fold(0.0, |all, worth| all + worth).min(targets.open());
    let (mut others, mut hit) = (0.0, 0.0);
    for index in 0..judging.len() {
        let other = |&target: &u32| !(is_own && is_seed[target as usize]);
        if judging.target(index).filter(other).is_some() {
            others += 1.0;
            hit += f64::from(u8::from(judging.set(index).iter().any(|&node| is_seed[node as usize])));
        }
    }
    let low = (hit + 2.0 * log_delta / 9.0).sqrt() - (log_delta / 2.0).sqrt();
    let low = if low > 0.0 { (low * low - log_delta / 18.0).clamp(0.0, hit) } else { 0.0 };
    let high = (chosen.most + log_delta / 2.0).sqrt() + (log_delta / 2.0).sqrt();
    let unit = match () {
        () if others == 0.0 => 0.0,
        () if is_own => (targets.open() - own) / others,
        () => 1.0 / others,
    };
    let lower = own + low * unit;
    let upper = (high * high / choosing.len() as f64).min(targets.open()).max(lower);
    Judged {
        spread: (own + hit * unit).min(upper),
        lower,
        upper,
        rated: chosen.gains.iter().sum::<usize>() as f64 / choosing.len() as f64,
    }
}
