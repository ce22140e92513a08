//! Against a textbook that solves its equations anew each round, closed forms, and laws of all bandits.

use super::super::choose::{Normal, greedy, inverse_gaps, thompson};
use super::super::*;
use crate::base::numeric::special::normal_cdf;
use crate::base::random::Random;
use crate::models::Inputs;
use crate::models::linear::logistic;

/// Solves A x = b by elimination with pivots.
pub(super) fn solve(matrix: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let n = right.len();
    let mut rows: Vec<Vec<f64>> =
        matrix.iter().zip(right).map(|(row, b)| row.iter().copied().chain([*b]).collect()).collect();
    for at in 0..n {
        let pivot = (at..n).max_by(|a, b| rows[*a][at].abs().total_cmp(&rows[*b][at].abs())).unwrap();
        rows.swap(at, pivot);
        for other in (0..n).filter(|other| *other != at) {
            let by = rows[other][at] / rows[at][at];
            let pivot = rows[at].clone();
            rows[other].iter_mut().zip(&pivot).skip(at).for_each(|(cell, above)| *cell -= by * above);
        }
    }
    (0..n).map(|at| rows[at][n] / rows[at][at]).collect()
}

/// One arm of the textbook: A = ridge I + sum of x x', b = sum of r x.
#[derive(Clone)]
pub(super) struct Textbook {
    pub a: Vec<Vec<f64>>,
    pub b: Vec<f64>,
}

impl Textbook {
    pub fn new(n: usize, ridge: f64) -> Self {
        let unit = |row| (0..n).map(|column| if row == column { ridge } else { 0.0 }).collect();
        Textbook { a: (0..n).map(unit).collect(), b: vec![0.0; n] }
    }

    pub fn bound(&self, x: &[f64], alpha: f64) -> f64 {
        let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        inner(&solve(&self.a, &self.b), x) + alpha * inner(&solve(&self.a, x), x).sqrt()
    }

    pub fn learn(&mut self, x: &[f64], reward: f64, weight: f64) {
        for (row, left) in self.a.iter_mut().zip(x) {
            row.iter_mut().zip(x).for_each(|(cell, right)| *cell += weight * left * right);
        }
        self.b.iter_mut().zip(x).for_each(|(b, x)| *b += reward * x);
    }
}

const N: usize = 5;

fn world() -> (Vec<Vec<f64>>, Random) {
    let mut random = Random::keyed(21, 1);
    ((0..4).map(|_| (0..N).map(|_| 0.5 * random.normal()).collect()).collect(), random)
}

fn context(random: &mut Random) -> Vec<f64> {
    (0..N).map(|at| if at == 0 { 1.0 } else { random.normal() }).collect()
}

#[test]
fn regret_is_that_of_the_textbook() {
    let (truth, mut random) = world();
    let mut ours = Bandit::new(4, N, Policy::UpperBound(0.8), Rewards::Linear).unwrap().with(2.0, 1.0, 0).unwrap();
    let mut textbook = vec![Textbook::new(N, 2.0); 4];
    let (mut regret, mut theirs) = (0.0, 0.0);
    for _ in 0..600 {
        let x = context(&mut random);
        let worth: Vec<f64> = truth.iter().map(|w| w.iter().zip(&x).map(|(w, x)| w * x).sum()).collect();
        let best = worth.iter().copied().fold(f64::MIN, f64::max);
        let choice = ours.choose(&x, None).unwrap();
        let bounds: Vec<f64> = textbook.iter().map(|arm| arm.bound(&x, 0.8)).collect();
        let arm = bounds.iter().position(|b| *b == bounds.iter().copied().fold(f64::MIN, f64::max)).unwrap();
        assert_eq!((choice.arm, choice.propensity), (arm, 1.0));
        regret += best - worth[choice.arm];
        theirs += best - worth[arm];
        let reward = worth[arm] + 0.3 * random.normal();
        ours.learn(&x, arm, reward).unwrap();
        textbook[arm].learn(&x, reward, 1.0);
        let expected = ours.expectations(&x).unwrap();
        for (arm, expected) in textbook.iter().zip(&expected) {
            assert!((arm.bound(&x, 0.0) - expected).abs() < 1e-9);
        }
    }
    assert_eq!(regret, theirs);
    assert!(regret / 600.0 < 0.1, "{regret}");
}

#[test]
fn logistic_weights_take_newton_steps() {
    let (truth, mut random) = world();
    let mut ours = Bandit::new(1, N, Policy::Thompson(1.0), Rewards::Logistic).unwrap().with(3.0, 1.0, 0).unwrap();
    let (mut precision, mut weights) = (Textbook::new(N, 3.0), vec![0.0; N]);
    for _ in 0..4000 {
        let x = context(&mut random);
        let inner = |w: &[f64]| w.iter().zip(&x).map(|(w, x)| w * x).sum::<f64>();
        let reward = f64::from(u8::from(random.uniform() < logistic(inner(&truth[0]))));
        let expected = logistic(inner(&weights));
        precision.learn(&x, 0.0, expected * (1.0 - expected));
        let step = solve(&precision.a, &x);
        weights.iter_mut().zip(&step).for_each(|(w, step)| *w += step * (reward - expected));
        ours.learn(&x, 0, reward).unwrap();
    }
    for (feature, (weight, truth)) in weights.iter().zip(&truth[0]).enumerate() {
        let unit: Vec<f64> = (0..N).map(|at| if at == feature { 1.0 } else { 0.0 }).collect();
        let variance = solve(&precision.a, &unit)[feature];
        let mean = logistic(weight / (1.0 + std::f64::consts::PI / 8.0 * variance).sqrt());
        assert!((ours.expectations(&unit).unwrap()[0] - mean).abs() < 1e-9);
        assert!((weight - truth).abs() < 5.0 * variance.sqrt());
    }
}

#[test]
fn thompsons_probabilities_are_those_of_being_best() {
    let normal = |mean: f64, deviation: f64| Normal { mean, deviation };
    for (a, b) in [
        (normal(0.1, 0.3), normal(0.0, 0.2)),
        (normal(1.0, 5.0), normal(0.9, 1e-4)),
        (normal(0.0, 1.0), normal(9.0, 1.0)),
    ] {
        let expected = normal_cdf((a.mean - b.mean) / (a.deviation * a.deviation + b.deviation * b.deviation).sqrt());
        let found = thompson(&[a, b], None);
        assert!(
            (found[0] - expected).abs() < 1e-7 && (found[0] + found[1] - 1.0).abs() < 1e-12,
            "{found:?} {expected}"
        );
    }
    // Alike, and with a mask.
    let alike = thompson(&[normal(0.3, 0.5); 4], None);
    assert!(alike.iter().all(|chance| (chance - 0.25).abs() < 1e-9));
    assert_eq!(thompson(&[normal(0.3, 0.5); 3], Some(&[false, true, false])), [0.0, 1.0, 0.0]);
    // P(a > b) of Betas of whole numbers: a sum (Miller 2015).
    let (a, b) = (Beta { alpha: 8.0, beta: 4.0 }, Beta { alpha: 5.0, beta: 6.0 });
    let ln_beta = crate::base::numeric::special::ln_beta;
    let term = |i: f64| {
        let log =
            ln_beta(b.alpha + i, b.beta + a.beta) - crate::base::numeric::ln(a.beta + i) - ln_beta(1.0 + i, a.beta);
        crate::base::numeric::exp(log - ln_beta(b.alpha, b.beta))
    };
    // The sum over i below a's successes gives P(a > b) with the roles as written there.
    let expected: f64 = (0..8).map(|i| term(f64::from(i))).sum();
    let found = thompson(&[a, b], None);
    assert!((found[0] - expected).abs() < 1e-6, "{found:?} {expected}");
    // Against draws.
    let betas = [Beta { alpha: 1.0, beta: 1.0 }, Beta { alpha: 3.0, beta: 9.0 }, Beta { alpha: 40.0, beta: 60.0 }];
    let (found, mut wins, mut random) = (thompson(&betas, None), [0.0; 3], Random::keyed(3, 3));
    for _ in 0..40_000 {
        let drawn: Vec<f64> = betas.iter().map(|b| random.beta(b.alpha, b.beta)).collect();
        wins[greedy(&drawn, None).iter().position(|chance| *chance == 1.0).unwrap()] += 1.0 / 40_000.0;
    }
    assert!(found.iter().zip(&wins).all(|(p, share)| (p - share).abs() < 0.012), "{found:?} {wins:?}");
}

#[test]
fn inverse_gaps_are_by_the_formula() {
    let found = inverse_gaps(&[0.5, 0.9, 0.1, 0.7], 10.0, Some(&[true, true, false, true]));
    let (first, last) = (1.0 / (3.0 + 4.0), 1.0 / (3.0 + 10.0 * (0.9 - 0.7)));
    assert_eq!(found, [first, 1.0 - (first + last), 0.0, last]);
    assert_eq!(inverse_gaps(&[0.5, 0.5], 0.0, None), [0.5, 0.5]);
}

fn policies() -> Vec<Bandit> {
    let every = [Policy::UpperBound(0.5), Policy::Thompson(0.7), Policy::InverseGaps(20.0)];
    let kinds = [Rewards::Linear, Rewards::Logistic];
    every
        .iter()
        .flat_map(|policy| kinds.map(|kind| Bandit::new(3, N, *policy, kind).unwrap().with(1.0, 0.99, 5).unwrap()))
        .collect()
}

#[test]
fn draws_follow_what_is_told_and_a_saved_bandit_goes_on() {
    for mut bandit in policies() {
        let mut random = Random::keyed(8, 2);
        let (mut told, mut chosen) = ([0.0; 3], [0.0; 3]);
        let mut other = bandit.clone();
        for round in 0..1500 {
            let x = context(&mut random);
            let chances = bandit.probabilities(&x, None).unwrap();
            let choice = bandit.choose(&x, None).unwrap();
            assert_eq!(choice.propensity, chances[choice.arm]);
            told.iter_mut().zip(&chances).for_each(|(sum, chance)| *sum += chance);
            chosen[choice.arm] += 1.0;
            let reward = random.uniform() * f64::from(choice.arm as u8) * 0.5;
            assert_eq!(other.choose(&x, None).unwrap(), choice);
            bandit.learn(&x, choice.arm, reward).unwrap();
            other.learn(&x, choice.arm, reward).unwrap();
            if round == 700 {
                other = Bandit::from_json(&other.to_json()).unwrap();
            }
        }
        assert_eq!(other, bandit);
        assert!(told.iter().zip(&chosen).all(|(told, chosen)| (told - chosen).abs() < 90.0), "{told:?} {chosen:?}");
    }
    let mut bandit = BetaBernoulli::new(3, (1.0, 2.0), 0.99, 4).unwrap();
    (0..9).for_each(|i| bandit.learn(i % 3, f64::from(u8::from(i % 4 == 0))).unwrap());
    let mut other = BetaBernoulli::from_json(&bandit.to_json()).unwrap();
    assert_eq!(
        (0..9).map(|_| bandit.choose(None).unwrap()).collect::<Vec<_>>(),
        (0..9).map(|_| other.choose(None).unwrap()).collect::<Vec<_>>()
    );
}

#[test]
fn a_mask_changes_no_score_and_a_log_is_learnt_as_one_by_one() {
    for mut bandit in policies() {
        let mut random = Random::keyed(9, 2);
        let contexts: Vec<f64> = (0..60).flat_map(|_| context(&mut random)).collect();
        let arms: Vec<usize> = (0..60).map(|i| i % 3).collect();
        let rewards: Vec<f64> = (0..60).map(|_| random.uniform()).collect();
        let mut single = bandit.clone();
        bandit.learn_rows(&Inputs::from_rows(&contexts, N).unwrap(), &arms, &rewards).unwrap();
        for (index, x) in contexts.chunks(N).enumerate() {
            single.learn(x, arms[index], rewards[index]).unwrap();
        }
        assert_eq!(single, bandit);
        let before = bandit.expectations(&contexts[..N]).unwrap();
        let choice = bandit.choose(&contexts[..N], Some(&[false, true, true])).unwrap();
        assert_ne!(choice.arm, 0);
        assert_eq!(bandit.expectations(&contexts[..N]).unwrap(), before);
        // A call with one bad row teaches nothing.
        assert!(bandit.learn_rows(&Inputs::from_rows(&contexts, N).unwrap(), &arms, &[f64::NAN; 60]).is_err());
        assert!(bandit.learn(&contexts[..N], 3, 0.5).is_err() && bandit.learn(&[1.0], 0, 0.5).is_err());
        assert!(bandit.choose(&contexts[..N], Some(&[false; 3])).is_err());
        assert!(bandit.choose(&contexts[..N], Some(&[true])).is_err() && bandit.choose(&[], None).is_err());
        assert_eq!(bandit.expectations(&contexts[..N]).unwrap(), before);
        let spoilt = bandit.to_json().replace("\"features\":5", "\"features\":4");
        assert!(Bandit::from_json(&spoilt).is_err() && Bandit::from_json("{}").is_err());
    }
    assert!(Bandit::new(0, 1, Policy::Thompson(1.0), Rewards::Linear).is_err());
    assert!(Bandit::new(1, 1 << 20, Policy::Thompson(1.0), Rewards::Linear).is_err());
    assert!(Bandit::new(2, 2, Policy::Thompson(0.0), Rewards::Linear).is_err());
    assert!(policies().remove(0).with(0.0, 1.0, 0).is_err() && policies().remove(0).with(1.0, 1.5, 0).is_err());
    assert!(BetaBernoulli::new(2, (0.0, 1.0), 1.0, 0).is_err());
    assert!(BetaBernoulli::new(2, (1.0, 1.0), 1.0, 0).unwrap().learn(2, 1.0).is_err());
}

#[test]
fn what_is_forgotten_is_tried_again() {
    let mut forgets = Bandit::new(2, 1, Policy::UpperBound(1.0), Rewards::Linear).unwrap().with(1.0, 0.9, 0).unwrap();
    let mut keeps = Bandit::new(2, 1, Policy::UpperBound(1.0), Rewards::Linear).unwrap();
    for round in 0..400 {
        for bandit in [&mut forgets, &mut keeps] {
            // The better arm changes half way.
            bandit.learn(&[1.0], 0, if round < 200 { 1.0 } else { 0.0 }).unwrap();
        }
    }
    assert!(forgets.expectations(&[1.0]).unwrap()[0] < 0.01);
    assert!(keeps.expectations(&[1.0]).unwrap()[0] > 0.45);
}
