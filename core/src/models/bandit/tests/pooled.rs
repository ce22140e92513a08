//! Regressions in groups against equations that are solved anew, the bandits of one group, and closed forms.

use super::super::pooled::best_above;
use super::super::*;
use super::bandits::{Textbook, solve};
use crate::base::numeric::special::normal_cdf;
use crate::base::numeric::{dot, exp2, rate_of_half_life};
use crate::base::random::Random;

const N: usize = 4;
const DAY: i64 = 86_400_000_000;

fn learner(logistic: bool, rate: f64) -> Learner {
    Learner { features: N, logistic, prior: if logistic { 0.5 } else { 0.0 }, strength: 1.5, rate, weights: Vec::new() }
}

/// Contexts, rewards and moments, some of which come late.
fn rounds(seed: u64, count: usize) -> Vec<([f64; N], f64, i64)> {
    let mut random = Random::keyed(seed, 5);
    let one = |round: usize, random: &mut Random| {
        let x: [f64; N] = std::array::from_fn(|_| random.normal());
        let reward = f64::from(u8::from(random.uniform() < if x[0] > 0.0 { 0.8 } else { 0.3 }));
        (x, reward, (round as i64 + random.below(6) as i64) * DAY)
    };
    (0..count).map(|round| one(round, &mut random)).collect()
}

fn learnt(learner: &Learner, rounds: &[([f64; N], f64, i64)]) -> Evidence {
    let mut evidence = learner.nothing();
    for (x, reward, at) in rounds {
        let (score, _) = learner.score([Some(&evidence)], x, *at);
        evidence.learn(learner, x, score, *reward, *at);
    }
    evidence
}

#[test]
fn one_group_is_the_bandit_of_one_arm() {
    for logistic in [false, true] {
        let kind = if logistic { Rewards::Logistic } else { Rewards::Linear };
        let bandit = Bandit::new(1, N, Policy::UpperBound(0.0), kind).unwrap();
        let mut bandit = bandit.with(1.5, 1.0, 0).unwrap();
        let learner = learner(logistic, 0.0);
        let rounds = rounds(3, 200);
        rounds.iter().for_each(|(x, reward, _)| bandit.learn(x, 0, *reward).unwrap());
        let evidence = learnt(&learner, &rounds);
        for (x, ..) in &rounds {
            let (mean, deviation) = learner.score([Some(&evidence)], x, 0);
            let ours = learner.reward(mean, deviation).0;
            let theirs = bandit.expectations(x).unwrap()[0];
            assert!((ours - theirs).abs() < 1e-10, "{ours} {theirs}");
        }
    }
}

#[test]
fn what_fades_counts_for_less_however_late_it_comes() {
    let half_life = 30 * DAY;
    let learner = learner(false, rate_of_half_life(half_life));
    let rounds = rounds(9, 120);
    let evidence = learnt(&learner, &rounds);
    let now = 150 * DAY;
    let mut book = Textbook::new(N, 1.5);
    for (x, reward, at) in &rounds {
        let weight = exp2((at - now) as f64 / half_life as f64);
        book.learn(x, weight * reward, weight);
    }
    for (x, ..) in &rounds {
        let (mean, deviation) = learner.score([Some(&evidence)], x, now);
        let (centre, bound) = (book.bound(x, 0.0), book.bound(x, 1.0));
        assert!((mean - centre).abs() < 1e-9 && (mean + deviation - bound).abs() < 1e-9);
    }
    // Long after, nothing is known any more.
    let (mean, deviation) = learner.score([Some(&evidence)], &rounds[0].0, 20_000 * DAY);
    let unknown = learner.score([None], &rounds[0].0, 0).1;
    assert!(mean.abs() < 1e-9 && (deviation - unknown).abs() < 1e-9);
}

#[test]
fn a_group_begins_from_the_wider_one() {
    let learner = learner(false, 0.0);
    let (wide, own) = (learnt(&learner, &rounds(1, 300)), learnt(&learner, &rounds(2, 3)));
    let (wide_book, own_book) = (book(&rounds(1, 300)), book(&rounds(2, 3)));
    let around = solve(&wide_book.a, &wide_book.b);
    // The posterior around the wider group's weights, solved anew.
    let right: Vec<f64> = own_book.b.iter().zip(&around).map(|(b, m)| b + 1.5 * m).collect();
    let weights = solve(&own_book.a, &right);
    for (x, ..) in rounds(4, 20) {
        let (mean, deviation) = learner.score([Some(&own), Some(&wide)], &x, 0);
        assert!((mean - dot(&weights, &x)).abs() < 1e-10);
        let (as_wide, sure) = learner.score([None, Some(&wide)], &x, 0);
        assert!((as_wide - dot(&around, &x)).abs() < 1e-10);
        assert!(sure < deviation || deviation < learner.score([None, None], &x, 0).1);
        // A group with rewards of its own is surer than one without, and the widest is the surest.
        let least = learner.score([Some(&wide)], &x, 0).1;
        assert!(least < deviation && deviation < sure, "{least} {deviation} {sure}");
    }
}

fn book(rounds: &[([f64; N], f64, i64)]) -> Textbook {
    let mut book = Textbook::new(N, 1.5);
    rounds.iter().for_each(|(x, reward, _)| book.learn(x, *reward, 1.0));
    book
}

#[test]
fn numbers_beyond_reason_count_as_unknown() {
    assert_eq!([f64::NAN, 1e10, f64::INFINITY, -3.0].map(Learner::known), [0.0, 0.0, 0.0, -3.0]);
}

#[test]
fn chances_above_a_floor() {
    // Of one belief, the tail; of two equal ones, halves of what is left.
    let (chances, none) = best_above(&[(1.0, 2.0)], 2.0);
    assert!((none - normal_cdf(0.5)).abs() < 1e-15 && (chances[0] + none - 1.0).abs() < 1e-15);
    let (chances, none) = best_above(&[(0.0, 1.0), (0.0, 1.0)], 0.0);
    assert!((none - 0.25).abs() < 1e-15 && (chances[0] - 0.375).abs() < 1e-12 && chances[0] == chances[1]);
    // Against drawing.
    let beliefs = [(0.3, 0.5), (0.1, 1.0), (-2.0, 0.3), (0.5, 1e-9)];
    let (chances, none) = best_above(&beliefs, 0.2);
    let mut counts = [0.0; 5];
    let mut random = Random::keyed(8, 8);
    for _ in 0..200_000 {
        let drawn = beliefs.map(|(mean, deviation)| mean + deviation * random.normal());
        let best = (0..4).max_by(|a, b| drawn[*a].total_cmp(&drawn[*b])).unwrap();
        counts[if drawn[best] > 0.2 { best } else { 4 }] += 1.0 / 200_000.0;
    }
    for (chance, count) in chances.iter().chain([&none]).zip(counts) {
        assert!((chance - count).abs() < 0.005, "{chances:?} {none} against {counts:?}");
    }
    assert_eq!(best_above(&[(-50.0, 1.0)], 0.0), (vec![0.0], 1.0));
    assert_eq!(best_above(&[], 0.0), (vec![], 1.0));
}
