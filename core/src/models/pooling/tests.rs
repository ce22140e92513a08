use super::*;
use crate::base::ErrorKind;
use crate::base::numeric::ln;
use crate::base::numeric::special::beta_inc;
use crate::base::random::Random;

struct World {
    segments: Vec<u32>,
    rates: Vec<f64>,
    successes: Vec<f64>,
    trials: Vec<f64>,
}

/// Segments about 0.3 with concentration `between`, persons about their segment with `within`.
fn world(seed: u64, persons: usize, between: f64, within: f64) -> World {
    let mut random = Random::keyed(seed, 0);
    let means: Vec<f64> = (0..60).map(|_| random.beta(0.3 * between, 0.7 * between)).collect();
    let mut world = World { segments: vec![], rates: vec![], successes: vec![], trials: vec![] };
    for person in 0..persons {
        let segment = person % 60;
        let rate = random.beta(within * means[segment], within * (1.0 - means[segment]));
        let trials = random.below(30);
        world.successes.push((0..trials).filter(|_| random.uniform() < rate).count() as f64);
        world.trials.push(trials as f64);
        world.segments.push(segment as u32);
        world.rates.push(rate);
    }
    world
}

#[test]
fn concentrations_are_recovered() {
    let world = world(1, 6000, 8.0, 12.0);
    let pooled = Pooled::fit(&world.segments, &world.successes, &world.trials).unwrap();
    assert!((pooled.rate - 0.3).abs() < 0.05);
    assert!((8.0 / pooled.between).max(pooled.between / 8.0) < 1.6, "{}", pooled.between);
    assert!((12.0 / pooled.within).max(pooled.within / 12.0) < 1.2, "{}", pooled.within);
}

/// The mean loss of later trials: the person's estimate is better than the segment's, and that than everyone's;
/// intervals cover.
#[test]
fn each_level_is_better_than_the_one_above() {
    let world = world(2, 3000, 8.0, 12.0);
    let pooled = Pooled::fit(&world.segments, &world.successes, &world.trials).unwrap();
    let loss = |rate: f64, truth: f64| -(truth * ln(rate) + (1.0 - truth) * ln(1.0 - rate));
    let (mut sums, mut covered) = ([0.0; 3], 0);
    for row in 0..3000 {
        let truth = world.rates[row];
        let found = pooled.estimate(world.segments[row], world.successes[row], world.trials[row]).unwrap();
        let levels = [pooled.rate, pooled.segment(world.segments[row]).0, found.value];
        sums.iter_mut().zip(levels).for_each(|(sum, rate)| *sum += loss(rate, truth));
        covered += u32::from((found.interval.0..=found.interval.1).contains(&truth));
        assert!((found.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
    assert!(sums[2] < sums[1] && sums[1] < sums[0], "{sums:?}");
    assert!((0.93..0.97).contains(&(f64::from(covered) / 3000.0)), "{covered}");
}

/// Where persons do not differ, the average answers; where they do, they answer for themselves.
#[test]
fn the_level_that_answers_is_the_one_that_knows() {
    let alike = world(3, 3000, 8.0, 1e5);
    let pooled = Pooled::fit(&alike.segments, &alike.successes, &alike.trials).unwrap();
    assert_eq!(pooled.estimate(5, 3.0, 10.0).unwrap().level, Level::Segment);
    let apart = world(4, 3000, 8.0, 1.0);
    let pooled = Pooled::fit(&apart.segments, &apart.successes, &apart.trials).unwrap();
    assert_eq!(pooled.estimate(5, 3.0, 10.0).unwrap().level, Level::Person);
    assert_eq!(pooled.estimate(5, 0.0, 0.0).unwrap().level, Level::Segment);
    assert_eq!(pooled.estimate(99, 0.0, 0.0).unwrap().level, Level::Everyone);
}

#[test]
fn bad_input_has_rules() {
    let kind = |s: &[f64], n: &[f64]| Pooled::fit(&[1], s, n).map_err(|error| error.kind()).err();
    assert_eq!(kind(&[2.0], &[1.0]), Some(ErrorKind::SchemaRange));
    assert_eq!(kind(&[f64::NAN], &[1.0]), Some(ErrorKind::SchemaRange));
    assert_eq!(kind(&[], &[1.0]), Some(ErrorKind::SchemaRange));
    assert_eq!(kind(&[0.0], &[0.0]), Some(ErrorKind::NotEnoughData));
    let one = Pooled::fit(&[1], &[3.0], &[3.0]).unwrap();
    for (s, n) in [(5.0, 2.0), (-1.0, 3.0), (f64::NAN, 3.0), (1.0, f64::NAN), (1.0, f64::INFINITY)] {
        assert_eq!(one.estimate(1, s, n).unwrap_err().kind(), ErrorKind::SchemaRange, "{s} of {n}");
    }
    let one = one.estimate(1, 3.0, 3.0).unwrap();
    assert!(one.value > 0.8 && one.value < 1.0 && one.interval.0 >= 0.0);
}

#[test]
fn quantiles_turn_the_distribution_round() {
    for (a, b) in [(0.3, 0.2), (1.0, 1.0), (2.0, 30.0), (400.0, 3.0), (1e5, 2e5), (0.01, 5.0)] {
        for p in [1e-4, 0.025, 0.3, 0.5, 0.9, 0.975] {
            let x = beta_quantile(p, a, b);
            let slack = 1e-9 + 4.0 * (beta_inc(a, b, x * (1.0 + 1e-13)) - beta_inc(a, b, x)).abs();
            assert!(x < 1e-15 || (beta_inc(a, b, x) - p).abs() < slack, "{a} {b} {p} {x}");
        }
    }
    // scipy, beta.ppf(0.025, 2, 30).
    assert!((beta_quantile(0.025, 2.0, 30.0) - 0.007_910_983_461_854_705).abs() < 1e-9);
    assert!(beta_quantile(0.5, 0.0, 1.0).is_nan() && beta_quantile(1.5, 1.0, 1.0).is_nan());
}

#[test]
fn the_concentration_of_shares_is_found_again() {
    let mut random = Random::keyed(5, 0);
    let prior = [0.4, 0.3, 0.2, 0.1];
    let mut rows = Vec::new();
    for _ in 0..2_000 {
        // Polya's urn: what was drawn is drawn again the more, as from a Dirichlet distribution.
        let (mut counts, k) = ([0.0; 4], 6.0);
        for drawn in 0..random.below(40) {
            let mut left = random.uniform() * (k + drawn as f64);
            let found = (0..4).find(|category| {
                left -= counts[*category] + k * prior[*category];
                left < 0.0
            });
            counts[found.unwrap_or(3)] += 1.0;
        }
        rows.push((0..4).map(|category| (category as u32, counts[category])).filter(|(_, n)| *n > 0.0).collect());
    }
    let shares = Shares::fit(&rows, 4).unwrap();
    assert!((shares.concentration() - 6.0).abs() < 0.6, "{}", shares.concentration());
    assert!(shares.prior().iter().zip(prior).all(|(found, known)| (found - known).abs() < 0.02));
    assert!(shares.bits(&[]).abs() < 1e-12 && shares.bits(&[(0, 1e6)]) > 1.8);
    let total: f64 = (0..4).map(|category| shares.chance(category, &[(1, 3.0), (2, 1.0)])).sum();
    assert!((total - 1.0).abs() < 1e-12 && shares.chance(9, &[]).is_nan());
    assert_eq!(Shares::fit(&[vec![(4, 1.0)]], 4).unwrap_err().kind(), ErrorKind::SchemaRange);
    assert_eq!(Shares::fit(&[vec![], vec![(0, 0.0)]], 4).unwrap_err().kind(), ErrorKind::NotEnoughData);
    assert!(Shares::from_parts(vec![0.5, 0.0], 1.0).is_err() && Pooled::from_parts(1.0, 1.0, 1.0, vec![]).is_err());
}

/// Nobody ever did it: nobody differs, and a person of one trial is no surer than that. Nor where each has one trial alone,
/// which can't show whether persons differ; where all always or never do it, persons answer for themselves.
#[test]
fn rates_of_nothing_and_of_all_are_uncertain() {
    let segments: Vec<u32> = (0..200).map(|row| row % 4).collect();
    for (outcome, top) in [(0.0, 0.01), (1.0, 0.01)] {
        let all = Pooled::fit(&segments, &[outcome * 5.0; 200], &[5.0; 200]).unwrap();
        assert!(all.between > 500.0 && all.within > 500.0, "{all:?}");
        let newcomer = all.estimate(1, 0.0, 0.0).unwrap();
        let (low, high) = newcomer.interval;
        assert!(newcomer.level == Level::Everyone && high - low > 1e-4 && high - low < top, "{newcomer:?}");
        assert!(low < newcomer.value && newcomer.value < high, "{newcomer:?}");
    }
    let once: Vec<f64> = (0..200).map(|row| f64::from(u8::from(row % 10 < 3))).collect();
    let one = Pooled::fit(&segments, &once, &[1.0; 200]).unwrap();
    assert!((one.within / 10.0 - 1.0).abs() < 1e-3, "{}", one.within);
    let failed = one.estimate(0, 0.0, 1.0).unwrap();
    assert!(failed.level != Level::Person && failed.interval.1 > 0.4 && failed.interval.0 < 0.15, "{failed:?}");
    let split: Vec<f64> = (0..200).map(|row| f64::from(row / 4 % 2 * 10)).collect();
    let apart = Pooled::fit(&segments, &split, &[10.0; 200]).unwrap();
    assert!(apart.within < 0.1 && apart.estimate(0, 0.0, 10.0).unwrap().level == Level::Person);
}

/// scipy, beta.ppf([0.025, 0.975], 0.5, 20.5).
#[test]
fn one_interval_of_shares() {
    let (mean, variance) = jeffreys(0.0, 20.0);
    let (low, high) = share_interval(mean, variance, 0.95);
    assert!((beta_inc(0.5, 20.5, low) - 0.025).abs() < 1e-9 && (beta_inc(0.5, 20.5, high) - 0.975).abs() < 1e-9);
    assert_eq!(share_interval(0.3, 0.0, 0.95), (0.3, 0.3));
    assert_eq!(share_interval(0.5, 0.25, 0.95), (0.0, 1.0));
    assert!(share_interval(f64::NAN, 0.1, 0.9).0.is_nan() && share_interval(0.5, f64::NAN, 0.9).1.is_nan());
}
