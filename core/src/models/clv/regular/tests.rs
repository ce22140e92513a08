use super::*;
use crate::base::ErrorKind;
use crate::base::numeric::{exp, ln};
use crate::base::random::Random;
use crate::models::clv::tests::{Rows, by_differences};
use crate::models::clv::{BetaGeoParams, Dropout, FitOptions, Model};

fn model(k: u32, dropout: Dropout) -> RegularBetaGeo {
    RegularBetaGeoParams { r: 0.9, alpha: 4.0, a: 0.7, b: 2.5, k, dropout }.check().unwrap()
}

/// One customer's purchase times until `end`, from the first at 0, and whether it is alive then.
fn life(model: &RegularBetaGeo, random: &mut Random, end: f64) -> (Vec<f64>, bool) {
    let RegularBetaGeoParams { r, alpha, a, b, k, dropout } = model.params();
    let (rate, p) = (random.gamma(r) / alpha, random.beta(a, b));
    let mut times = vec![0.0];
    if dropout == Dropout::AfterEvery && random.uniform() < p {
        return (times, false);
    }
    loop {
        let gap: f64 = (0..k).map(|_| random.exponential()).sum::<f64>() / rate;
        let next = times[times.len() - 1] + gap;
        if next > end {
            return (times, true);
        }
        times.push(next);
        if random.uniform() < p {
            return (times, false);
        }
    }
}

/// Histories until 20 + 20 u, with their log gaps.
fn drawn(model: &RegularBetaGeo, n: usize) -> (Rows, f64) {
    let (mut rows, mut log_gaps) = (Rows::default(), 0.0);
    for customer in 0..n {
        let mut random = Random::keyed(9, customer as u64);
        let age = 20.0 + 20.0 * random.uniform();
        let (times, _) = life(model, &mut random, age);
        rows.frequency.push((times.len() - 1) as f64);
        rows.recency.push(times[times.len() - 1]);
        rows.age.push(age);
        log_gaps += times.windows(2).map(|pair| ln(pair[1] - pair[0])).sum::<f64>();
    }
    (rows, log_gaps)
}

#[test]
fn one_event_per_purchase_is_beta_geo() {
    for dropout in [Dropout::AfterRepeat, Dropout::AfterEvery] {
        let regular = model(1, dropout);
        let plain = BetaGeoParams { r: 0.9, alpha: 4.0, a: 0.7, b: 2.5, dropout }.check().unwrap();
        for [x, t_x, age] in
            [[0.0, 0.0, 0.0], [0.0, 0.0, 30.0], [1.0, 2.0, 30.0], [9.0, 30.0, 30.0], [40.0, 22.0, 30.0]]
        {
            let close =
                |left: f64, right: f64| assert!((left - right).abs() < 1e-11 * right.abs().max(1e-3), "{left} {right}");
            close(regular.probability_alive(x, t_x, age), plain.probability_alive(x, t_x, age));
            for n in [0, 1, 6] {
                close(regular.probability_of(n, 13.0, x, t_x, age), plain.probability_of(n, 13.0, x, t_x, age));
            }
            close(regular.expected_purchases(13.0, x, t_x, age), plain.expected_purchases(13.0, x, t_x, age));
            let rows = Rows::one(&[x, t_x, age]).compress();
            close(regular.log_likelihood(&rows, 5.0), plain.log_likelihood(&rows));
        }
    }
}

#[test]
fn slopes_and_curvatures_are_those_of_the_likelihood() {
    for (k, dropout) in [(1, Dropout::AfterEvery), (3, Dropout::AfterRepeat)] {
        let model = model(k, dropout);
        let rows = drawn(&model, 200).0.compress();
        let objective = |theta: &[f64; 4]| {
            let moved = model.with_parameters(&theta.map(exp)).unwrap();
            super::fit::evaluate(&moved.params(), &rows, &rows.pieces(64))
        };
        let theta = [0.7, 3.0, 0.9, 2.0].map(ln);
        let exact = objective(&theta);
        let differences = by_differences(&theta, |theta| {
            let slope = |i: usize, by: f64| {
                let mut moved = *theta;
                moved[i] += by;
                objective(&moved).value
            };
            (objective(theta).value, [0, 1, 2, 3].map(|i| (slope(i, 1e-5) - slope(i, -1e-5)) / 2e-5))
        });
        for i in 0..4 {
            assert!((exact.gradient[i] - differences.gradient[i]).abs() < 1e-5 * (1.0 + exact.gradient[i].abs()));
            for j in 0..4 {
                assert!(
                    (exact.hessian[i][j] - differences.hessian[i][j]).abs() < 1e-3 * (1.0 + exact.hessian[i][j].abs())
                );
            }
        }
    }
}

#[test]
fn the_fit_finds_k_and_the_parameters() {
    for dropout in [Dropout::AfterRepeat, Dropout::AfterEvery] {
        let truth = model(2, dropout);
        let (rows, log_gaps) = drawn(&truth, 6000);
        let fitted = RegularBetaGeo::fit_regularity(6, dropout, &rows.compress(), log_gaps).unwrap();
        assert_eq!(fitted.model.params().k, 2);
        assert!(fitted.diagnostics.converged, "{:?}", fitted.diagnostics);
        for ((found, error), truth) in
            fitted.model.parameters().iter().zip(&fitted.diagnostics.standard_errors).zip(truth.parameters())
        {
            assert!((found - truth).abs() < 4.0 * error, "{fitted:?}");
        }
    }
}

#[test]
fn simulated_futures_agree() {
    // Of all lives until 30 those with two repeat purchases, the last between 9 and 11.
    let model = model(3, Dropout::AfterEvery);
    let (mut alive, mut later, mut none, mut n) = (0.0, 0.0, 0.0, 0f64);
    let (mut alive_model, mut later_model, mut none_model) = (0.0, 0.0, 0.0);
    let mut new = 0.0;
    let lives = 300_000;
    for customer in 0..lives {
        let mut random = Random::keyed(11, customer);
        let (times, _) = life(&model, &mut random, 42.0);
        new += times.iter().filter(|t| **t > 0.0 && **t <= 12.0).count() as f64;
        let past: Vec<f64> = times.iter().copied().filter(|t| *t <= 30.0).collect();
        if past.len() != 3 || !(9.0..11.0).contains(&past[2]) {
            continue;
        }
        n += 1.0;
        let bought = (times.len() - past.len()) as f64;
        later += bought;
        none += f64::from(u8::from(bought == 0.0));
        alive += f64::from(u8::from(bought > 0.0));
        alive_model += 1.0 - model.probability_of(0, 12.0, 2.0, past[2], 30.0);
        later_model += model.expected_purchases(12.0, 2.0, past[2], 30.0);
        none_model += model.probability_of(0, 12.0, 2.0, past[2], 30.0);
        assert!(model.probability_alive(2.0, past[2], 30.0) >= 1.0 - model.probability_of(0, 12.0, 2.0, past[2], 30.0));
    }
    assert!(n > 1000.0);
    let sd = n.sqrt();
    assert!(
        (alive - alive_model).abs() < 3.0 * 0.5 * sd && (none - none_model).abs() < 3.0 * 0.5 * sd,
        "{alive} {alive_model}"
    );
    assert!((later - later_model).abs() < 3.0 * 2.0 * sd, "{later} {later_model}");
    assert!((new / lives as f64 - model.expected_purchases_new(12.0)).abs() < 0.01);
}

#[test]
fn wheat_and_morrison_see_the_clock() {
    for k in [1, 2, 5] {
        let (first, second): (Vec<f64>, Vec<f64>) = (0..20_000)
            .map(|customer| {
                let mut random = Random::keyed(3, customer);
                let rate = random.gamma(0.8);
                let mut gap = || (0..k).map(|_| random.exponential()).sum::<f64>() / rate;
                (gap(), gap())
            })
            .unzip();
        let found = wheat_morrison(&first, &second).unwrap();
        assert!((found.k - f64::from(k)).abs() < 4.0 * found.standard_error && found.standard_error < 0.1, "{found:?}");
    }
    let left_out = wheat_morrison(&[1.0, f64::NAN, 0.0, 2.0, 3.0], &[1.5, 1.0, 1.0, 2.0, 2.0]).unwrap();
    assert_eq!(left_out.customers, 3);
    assert_eq!(wheat_morrison(&[1.0], &[1.0]).unwrap_err().kind(), ErrorKind::NotEnoughData);
    assert_eq!(wheat_morrison(&[1.0], &[]).unwrap_err().kind(), ErrorKind::SchemaRange);
}

#[test]
fn faults_are_named() {
    let rows = Rows { frequency: vec![1.0, 2.0], recency: vec![1.0, 2.0], age: vec![3.0, 3.0] }.compress();
    let options = FitOptions::default();
    let error = RegularBetaGeo::fit(0, Dropout::AfterEvery, &rows, 0.0, &options).unwrap_err();
    assert_eq!(error.message(), "`k` is 0, but must be 1 to 100");
    assert!(RegularBetaGeo::fit(2, Dropout::AfterEvery, &rows, f64::NAN, &options).is_err());
    assert!(model(2, Dropout::AfterEvery).expected_purchases(1.0, 1.0, 3.0, 2.0).is_nan());
    assert!(model(2, Dropout::AfterEvery).probability_of(1, f64::INFINITY, 1.0, 1.0, 2.0).is_nan());
}
