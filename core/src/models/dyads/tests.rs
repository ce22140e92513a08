use proptest::prelude::*;

use super::*;
use crate::base::random::Random;
use crate::base::{Claim, ErrorKind};

/// Observations of 60 people with given standard deviations of actor, partner, pair and noise.
fn simulate(seed: u64, n: usize, [actor, partner, pair, noise]: [f64; 4]) -> Vec<Observation> {
    let mut random = Random::keyed(seed, 0);
    let people = 60;
    let mut effects = |n: usize, sd: f64| -> Vec<f64> { (0..n).map(|_| sd * random.normal()).collect() };
    let (actors, partners) = (effects(people, actor), effects(people, partner));
    let (pairs, noises) = (effects(people * people, pair), effects(n, noise));
    (0..n)
        .map(|i| {
            let a = random.below(people as u64) as usize;
            // Half of what one does is toward five others.
            let near = random.uniform() < 0.5;
            let b =
                if near { (a + 1 + random.below(5) as usize) % people } else { random.below(people as u64) as usize };
            let value = 4.0 + actors[a] + partners[b] + pairs[a * people + b] + noises[i];
            Observation { actor: a as u32, partner: b as u32, at: i as i64, value }
        })
        .collect()
}

fn dyads(observations: &[Observation]) -> Vec<Dyad> {
    let mut dyads = std::collections::BTreeMap::new();
    for o in observations {
        dyads.entry((o.actor, o.partner)).or_insert_with(|| Dyad::empty(o.actor, o.partner)).add(o.value);
    }
    dyads.into_values().collect()
}

#[test]
fn variances_of_a_simulation_come_back() {
    let mut means = [0.0; 4];
    for seed in 0..20 {
        let fit = Effects::fit(&dyads(&simulate(seed, 6000, [1.0, 0.6, 0.8, 1.5])), &Shrinkage::default()).unwrap();
        let v = fit.variances;
        for (slot, x) in means.iter_mut().zip([v.actor, v.partner, v.pair, v.residual]) {
            *slot += x / 20.0;
        }
    }
    for (got, want) in means.iter().zip([1.0, 0.36, 0.64, 2.25]) {
        assert!((got - want).abs() < 0.12 * want + 0.02, "{means:?}");
    }
}

#[test]
fn weights_are_not_counts() {
    // Every observation counting a quarter tells the same variances.
    let whole = dyads(&simulate(3, 3000, [1.0, 0.6, 0.8, 1.5]));
    let quarter: Vec<Dyad> = whole
        .iter()
        .map(|d| Dyad {
            weight: 0.25 * d.weight,
            squared_weight: 0.0625 * d.squared_weight,
            sum: 0.25 * d.sum,
            squares: 0.25 * d.squares,
            ..*d
        })
        .collect();
    let (a, b) =
        (Effects::fit(&whole, &Shrinkage::default()).unwrap(), Effects::fit(&quarter, &Shrinkage::default()).unwrap());
    assert!((a.kappa - b.kappa).abs() < 1e-9 * a.kappa && (a.mean - b.mean).abs() < 1e-12);
    assert!((a.actor_count - b.actor_count).abs() < 1e-9 * a.actor_count);
}

#[test]
fn what_cannot_be_seen_is_not_used() {
    let single = [Dyad::of_values(0, 1, &[3.0]), Dyad::of_values(2, 3, &[5.0])];
    let fit = Effects::fit(&single, &Shrinkage::default()).unwrap();
    assert_eq!((fit.actor_count, fit.partner_count, fit.kappa), (1e9, 1e9, 1e9));
    assert_eq!(fit.mean, 4.0);
    let constant = [Dyad::of_values(0, 1, &[3.0, 3.0]), Dyad::of_values(0, 2, &[3.0])];
    let fit = Effects::fit(&constant, &Shrinkage::default()).unwrap();
    assert_eq!((fit.kappa, fit.variances.residual), (1e9, 0.0));
    assert_eq!(fit.standard_error(Evidence::default()), 0.0);
}

#[test]
fn bad_input() {
    let none = Effects::fit(&[], &Shrinkage::default()).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NotEnoughData);
    let bad = Dyad { weight: -1.0, ..Dyad::of_values(0, 1, &[1.0]) };
    let worse = Dyad { sum: f64::NAN, ..Dyad::of_values(0, 1, &[1.0]) };
    assert!(Effects::fit(&[bad, worse], &Shrinkage::default()).is_err());
    for count in [-1.0, f64::NAN, f64::INFINITY] {
        let shrinkage = Shrinkage { kappa: Some(count), ..Shrinkage::default() };
        let error = Effects::fit(&[Dyad::of_values(0, 1, &[1.0])], &shrinkage).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaRange);
    }
    let evaluation = evaluate(&[], &Protocol { rounds: 0, block: 0, ..Protocol::default() }).unwrap();
    assert_eq!(evaluation.verdict.claim, Claim::CannotTell);
    assert!(score(f64::NAN, 2.0, Evidence::default()).is_nan());
    assert_eq!(score(1.0, 0.0, Evidence::default()), 1.0);
}

#[test]
fn a_pair_effect_is_found() {
    let evaluation = evaluate(&simulate(1, 6000, [0.7, 0.5, 1.2, 1.0]), &Protocol::default()).unwrap();
    assert_eq!(evaluation.verdict.claim, Claim::Effect, "{evaluation:?}");
    assert!(evaluation.met.pair < evaluation.met.additive && evaluation.met.additive < evaluation.met.actor);
    assert!(evaluation.all.n == 5950 && evaluation.met.n == evaluation.verdict.n);
}

#[test]
fn no_pair_effect_is_claimed_where_none_is() {
    let claims = (0..20).filter(|seed| {
        let evaluation = evaluate(&simulate(*seed, 3000, [1.0, 0.6, 0.0, 1.5]), &Protocol::default()).unwrap();
        evaluation.verdict.claim == Claim::Effect
    });
    assert!(claims.count() <= 1);
}

#[test]
fn a_drift_of_actors_is_not_taken_for_a_pair() {
    // Each actor changes its pace every 400 observations and meets few partners in between: the
    // pair's recent past predicts, and so does that of any other partner.
    let mut random = Random::keyed(5, 5);
    let observations: Vec<Observation> = (0..8000)
        .map(|i| {
            let (actor, epoch) = (random.below(20), i / 400);
            let partner = (20 + (actor * 3 + epoch * 5 + random.below(4)) % 40) as u32;
            let pace = Random::keyed(actor, epoch).normal();
            Observation { actor: actor as u32, partner, at: i as i64, value: 2.0 * pace + random.normal() }
        })
        .collect();
    let evaluation = evaluate(&observations, &Protocol::default()).unwrap();
    assert!(evaluation.verdict.value > 0.1 && evaluation.placebo.0 > 0.1, "{evaluation:?}");
    assert_eq!(evaluation.verdict.claim, Claim::NoEvidence, "{evaluation:?}");
}

#[test]
fn order_and_threads_do_not_matter() {
    let mut observations = simulate(9, 2000, [1.0, 0.5, 0.7, 1.0]);
    observations.iter_mut().for_each(|o| o.at /= 3);
    let protocol = Protocol { rounds: 5, ..Protocol::default() };
    let first = evaluate(&observations, &protocol).unwrap();
    Random::keyed(1, 1).shuffle(&mut observations);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    assert_eq!(first, pool.install(|| evaluate(&observations, &protocol).unwrap()));
}

#[test]
fn the_present_does_not_predict_itself() {
    // All at one moment after the warm-up: nobody has a past within it.
    let mut observations = simulate(2, 300, [1.0, 1.0, 1.0, 1.0]);
    observations.iter_mut().skip(50).for_each(|o| o.at = 1000);
    let evaluation = evaluate(&observations, &Protocol::default()).unwrap();
    let known: std::collections::BTreeSet<_> = observations[..50].iter().map(|o| (o.actor, o.partner)).collect();
    let met = observations[50..].iter().filter(|o| known.contains(&(o.actor, o.partner))).count();
    assert_eq!((evaluation.all.n, evaluation.met.n), (250, met as u64));
}

proptest! {
    #[test]
    fn fits_do_not_depend_on_order(seed: u64, n in 1usize..200) {
        let mut dyads = dyads(&simulate(seed, n, [1.0, 0.5, 0.5, 1.0]));
        let first = Effects::fit(&dyads, &Shrinkage::default()).unwrap();
        Random::keyed(seed, 1).shuffle(&mut dyads);
        prop_assert_eq!(first, Effects::fit(&dyads, &Shrinkage::default()).unwrap());
    }

    #[test]
    fn shrinkage_has_its_limits(m in -10f64..10.0, kappa in 0f64..50.0, centre in -10f64..10.0, weight in 1e-3f64..50.0) {
        prop_assert_eq!(score(m, kappa, Evidence::default()), m);
        let of = |weight: f64| score(m, kappa, Evidence { weight, sum: weight * centre });
        prop_assert!((of(1e14) - centre).abs() < 1e-10);
        let (low, high) = (m.min(centre), m.max(centre));
        prop_assert!((low - 1e-9..=high + 1e-9).contains(&of(weight)));
        // More evidence never moves the score away from the mean of the pair.
        prop_assert!((of(2.0 * weight) - centre).abs() <= (of(weight) - centre).abs() + 1e-9);
    }

    #[test]
    fn parts_sum_to_the_score(sums in prop::array::uniform3((0f64..30.0, -9f64..9.0)), counts in prop::array::uniform3(0.1f64..20.0)) {
        let [a, b, pair] = sums.map(|(weight, mean)| Evidence { weight, sum: weight * mean });
        let shrinkage = Shrinkage { actor_count: Some(counts[0]), partner_count: Some(counts[1]), kappa: Some(counts[2]) };
        let effects = Effects::fit(&[Dyad::of_values(1, 2, &[1.0, 2.0])], &shrinkage).unwrap();
        let parts = effects.parts(a, b, pair);
        let total = parts.mean + parts.actor + parts.partner + parts.pair;
        prop_assert!((total - effects.score(a, b, pair)).abs() < 1e-12);
    }
}
