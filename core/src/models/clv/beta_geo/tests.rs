use proptest::prelude::*;

use super::*;
use crate::base::ErrorKind;
use crate::base::numeric::{exp, ln};
use crate::base::random::Random;
use crate::models::clv::tests::{Rows, by_differences, check};
use crate::models::clv::{FitOptions, History, Model};

fn model(p: &[f64]) -> BetaGeo {
    let dropout = if p[4] == 0.0 { Dropout::AfterRepeat } else { Dropout::AfterEvery };
    BetaGeoParams { r: p[0], alpha: p[1], a: p[2], b: p[3], dropout }.check().unwrap()
}

#[test]
fn likelihood_and_predictions_equal_high_precision() {
    check("bg_likelihood", 1.0, 1e-10, |v| model(v).log_likelihood(&Rows::one(&v[5..]).compress()));
    check("bg_alive", 0.0, 1e-10, |v| model(v).probability_alive(v[5], v[6], v[7]));
    check("bg_expected", 0.0, 1e-10, |v| model(v).expected_purchases(v[5], v[6], v[7], v[8]));
    check("bg_survival", 1e-20, 1e-10, |v| model(v).probability_alive_after(v[5], v[6], v[7], v[8]));
    check("bg_count", 0.0, 1e-10, |v| model(v).probability_of(v[5] as u32, v[6], v[7], v[8], v[9]));
}

/// Histories drawn from the model itself, ages between 10 and 40.
fn drawn(model: &BetaGeo, n: usize, seed: u64) -> Rows {
    let params = model.params();
    let mut rows = Rows::default();
    for customer in 0..n {
        let mut random = Random::keyed(seed, customer as u64);
        let rate = random.gamma(params.r) / params.alpha;
        let p = random.beta(params.a, params.b);
        let age = 10.0 + 30.0 * random.uniform();
        let (mut x, mut last) = (0.0, 0.0);
        let mut alive = params.dropout == Dropout::AfterRepeat || random.uniform() >= p;
        while alive {
            let next = last + random.exponential() / rate;
            if next > age {
                break;
            }
            (x, last) = (x + 1.0, next);
            alive = random.uniform() >= p;
        }
        rows.frequency.push(x);
        rows.recency.push(last);
        rows.age.push(age);
    }
    rows
}

const CDNOW: [f64; 4] = [0.243, 4.414, 0.793, 2.426];

fn cdnow(modified: f64) -> BetaGeo {
    model(&[CDNOW[0], CDNOW[1], CDNOW[2], CDNOW[3], modified])
}

#[test]
fn slopes_and_curvatures_are_those_of_the_likelihood() {
    for modified in [0.0, 1.0] {
        let model = cdnow(modified);
        let compressed = drawn(&model, 700, 1).compress();
        let objective = |theta: &[f64; 4]| {
            let moved = model.with_parameters(&theta.map(exp)).unwrap();
            super::fit::evaluate(&moved.params(), &compressed, &compressed.pieces(100))
        };
        let theta = CDNOW.map(ln);
        let exact = objective(&theta);
        let differences = by_differences(&theta, |theta| {
            let slope = |i: usize, by: f64| {
                let mut moved = *theta;
                moved[i] += by;
                objective(&moved).value
            };
            let gradient = [0, 1, 2, 3].map(|i| (slope(i, 1e-5) - slope(i, -1e-5)) / 2e-5);
            (objective(theta).value, gradient)
        });
        for i in 0..4 {
            assert!((exact.gradient[i] - differences.gradient[i]).abs() < 1e-5 * (1.0 + exact.gradient[i].abs()));
            for j in 0..4 {
                let error = (exact.hessian[i][j] - differences.hessian[i][j]).abs();
                assert!(error < 1e-3 * (1.0 + exact.hessian[i][j].abs()), "{modified} {i} {j} {error}");
            }
        }
    }
}

#[test]
fn a_fit_finds_the_parameters_that_drew_the_data() {
    for modified in [0.0, 1.0] {
        let truth = cdnow(modified);
        let compressed = drawn(&truth, 20_000, 2).compress();
        let fitted =
            if modified == 0.0 { BetaGeo::fit } else { BetaGeo::fit_modified }(&compressed, &FitOptions::default())
                .unwrap();
        let diagnostics = &fitted.diagnostics;
        assert!(diagnostics.converged && diagnostics.notes.is_empty(), "{diagnostics:?}");
        assert!(diagnostics.slope < 1e-6, "{diagnostics:?}");
        for ((found, error), truth) in fitted.model.parameters().iter().zip(&diagnostics.standard_errors).zip(CDNOW) {
            assert!((found - truth).abs() < 4.0 * error, "{fitted:?}");
        }
        let again = fitted.model.log_likelihood(&compressed);
        assert!((again - diagnostics.log_likelihood).abs() < 1e-9 * again.abs());
    }
}

#[test]
fn neither_order_nor_weights_nor_the_unit_of_time_matter() {
    let rows = drawn(&cdnow(0.0), 900, 3);
    let plain = BetaGeo::fit(&rows.compress(), &FitOptions::default()).unwrap();
    let reversed = Rows {
        frequency: rows.frequency.iter().rev().copied().collect(),
        recency: rows.recency.iter().rev().copied().collect(),
        age: rows.age.iter().rev().copied().collect(),
    };
    assert_eq!(plain, BetaGeo::fit(&reversed.compress(), &FitOptions::default()).unwrap());

    let weights = vec![3.0; rows.age.len()];
    let weighted =
        History { frequency: &rows.frequency, recency: &rows.recency, age: &rows.age, weights: Some(&weights) };
    let weighted = BetaGeo::fit(&weighted.check().unwrap().compress(), &FitOptions::default()).unwrap();
    assert!((weighted.diagnostics.log_likelihood / plain.diagnostics.log_likelihood - 3.0).abs() < 1e-9);

    let days: Vec<f64> = rows.recency.iter().map(|t| 7e4 * t).collect();
    let ages: Vec<f64> = rows.age.iter().map(|t| 7e4 * t).collect();
    let scaled = Rows { frequency: rows.frequency.clone(), recency: days, age: ages };
    let scaled = BetaGeo::fit(&scaled.compress(), &FitOptions::default()).unwrap();
    for (i, scale) in [1.0, 7e4, 1.0, 1.0].into_iter().enumerate() {
        let (p, q, w) = (plain.model.parameters()[i], scaled.model.parameters()[i], weighted.model.parameters()[i]);
        assert!((q / (p * scale) - 1.0).abs() < 1e-7 && (w / p - 1.0).abs() < 1e-7, "{i} {p} {q} {w}");
    }
    let bought: f64 = rows.frequency.iter().sum();
    let shift = -bought * ln(7e4);
    assert!((scaled.diagnostics.log_likelihood - plain.diagnostics.log_likelihood - shift).abs() < 1e-6);
}

#[test]
fn degenerate_data_fit_with_notes_or_fail_by_name() {
    let options = FitOptions::default();
    // Nobody ever leaves, all buy alike: dropout and heterogeneity run to the edge.
    let alike = Rows { frequency: vec![4.0; 30], recency: vec![10.0; 30], age: vec![10.0; 30] };
    let fitted = BetaGeo::fit(&alike.compress(), &options).unwrap();
    assert!(fitted.model.parameters().iter().all(|p| p.is_finite()));
    assert!(!fitted.diagnostics.notes.is_empty(), "{fitted:?}");
    let nobody = Rows { frequency: vec![0.0; 9], recency: vec![0.0; 9], age: vec![10.0; 9] };
    let error = BetaGeo::fit(&nobody.compress(), &options).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::NotEnoughData, "every `frequency` is 0: nobody bought again")
    );
    let one = Rows::one(&[3.0, 5.0, 9.0]);
    assert_eq!(BetaGeo::fit(&one.compress(), &options).unwrap_err().message(), "a fit needs at least two customers");
    assert_eq!(BetaGeo::fit(&Rows::default().compress(), &options).unwrap_err().kind(), ErrorKind::NotEnoughData);
    let start = FitOptions { start: vec![1.0, 2.0] };
    assert_eq!(BetaGeo::fit(&alike.compress(), &start).unwrap_err().kind(), ErrorKind::SchemaRange);
    let wrong = BetaGeoParams { r: f64::NAN, alpha: 1.0, a: 1.0, b: 1.0, dropout: Dropout::AfterEvery };
    assert_eq!(wrong.check().unwrap_err().message(), "`r` is NaN, but must be finite and above 0");
}

#[test]
fn many_rows_give_the_bits_of_one() {
    for modified in [0.0, 1.0] {
        let model = cdnow(modified);
        let mut rows = drawn(&model, 3000, 4);
        rows.frequency[17] = 10_000.0;
        rows.recency[17] = rows.age[17];
        let checked = rows.checked();
        let alive = model.probability_alive_all(0.0, &checked).unwrap();
        let later = model.probability_alive_all(8.0, &checked).unwrap();
        // 200 weeks from an age of 10 needs the long series, 1,000 the integral.
        for t in [0.0, 1.0, 39.0, 200.0, 1000.0] {
            let bought = model.expected_purchases_all(t, &checked).unwrap();
            for i in 0..rows.age.len() {
                let (x, t_x, age) = (rows.frequency[i], rows.recency[i], rows.age[i]);
                assert_eq!(bought[i], model.expected_purchases(t, x, t_x, age));
                assert_eq!(alive[i], model.probability_alive(x, t_x, age));
                assert_eq!(later[i], model.probability_alive_after(8.0, x, t_x, age));
                assert!(bought[i].is_finite() && (0.0..=1.0).contains(&alive[i]) && later[i] <= alive[i]);
            }
        }
        assert!(model.expected_purchases_all(-1.0, &checked).is_err());
        assert!(model.probability_alive_all(f64::NAN, &checked).is_err());
    }
}

#[test]
fn outside_of_the_domain_is_nan() {
    let model = cdnow(0.0);
    assert!(model.probability_alive(2.0, 9.0, 8.0).is_nan());
    assert!(model.expected_purchases(-1.0, 2.0, 7.0, 8.0).is_nan());
    assert!(model.expected_purchases(f64::INFINITY, 2.0, 7.0, 8.0).is_nan());
    assert!(model.probability_of(3, f64::NAN, 2.0, 7.0, 8.0).is_nan());
}

#[test]
fn simulated_futures_agree() {
    let model = cdnow(1.0);
    let customers = 200_000;
    let mut counts = [0.0; 4];
    let mut total = 0.0;
    for customer in 0..customers {
        let params = model.params();
        let mut random = Random::keyed(6, customer);
        let (rate, p) = (random.gamma(params.r) / params.alpha, random.beta(params.a, params.b));
        let (mut n, mut time) = (0, 0.0);
        while random.uniform() >= p {
            time += random.exponential() / rate;
            if time > 10.0 {
                break;
            }
            n += 1;
        }
        total += f64::from(n);
        if let Some(count) = counts.get_mut(n as usize) {
            *count += 1.0;
        }
    }
    let n = customers as f64;
    assert!((total / n - model.expected_purchases_new(10.0)).abs() < 0.01);
    for (count, k) in counts.iter().zip(0..) {
        assert!((count / n - model.probability_of_new(k, 10.0)).abs() < 4.0 * (0.25 / n).sqrt());
    }
}

proptest! {
    #[test]
    fn predictions_stay_in_range(
        logs in prop::array::uniform4(-4.0..4.0f64), modified: bool, x in 0u32..10_000, share in 0.0..1.0f64, age in 0.0..1e4f64, t in 0.0..1e4f64,
    ) {
        let [r, alpha, a, b] = logs.map(exp);
        let dropout = if modified { Dropout::AfterEvery } else { Dropout::AfterRepeat };
        let model = BetaGeoParams { r, alpha, a, b, dropout }.check().unwrap();
        let x = f64::from(x);
        let t_x = if x == 0.0 { 0.0 } else { share * age };
        let alive = model.probability_alive(x, t_x, age);
        let bought = model.expected_purchases(t, x, t_x, age);
        let later = model.probability_alive_after(t, x, t_x, age);
        prop_assert!((0.0..=1.0).contains(&alive) && (0.0..=1.0).contains(&later), "{alive} {later}");
        prop_assert!(later <= alive * (1.0 + 1e-12));
        // While alive at the rate that the past suggests.
        prop_assert!(bought >= 0.0 && bought <= alive * (r + x) / (alpha + age) * t * (1.0 + 1e-9), "{bought}");
        let value = model.log_likelihood(&Rows::one(&[x, t_x, age]).compress());
        prop_assert!(value.is_finite(), "{value}");
    }
}

/// Against sums of Gauss's series to 60 digits: those who hardly ever drop out.
#[test]
fn next_to_no_dropout_is_exact() {
    let expected = [
        (0.1, 1e3, [52.0, 1.0, 5.0, 40.0], [1.6503713258303426, 1.6503721378498369]),
        (0.1, 1e3, [2600.0, 30.0, 35.0, 40.0], [771.8544605947883, 771.8743525615849]),
        (0.1, 1e6, [2600.0, 30.0, 35.0, 40.0], [797.2180496664372, 797.2180496995612]),
        (0.001, 1e5, [52.0, 1.0, 5.0, 40.0], [1.6511847527048544, 1.6511847527056686]),
        (0.001, 1e5, [2600.0, 30.0, 35.0, 40.0], [797.247880402063, 797.2478804350054]),
        (1e-6, 1e3, [52.0, 1.0, 5.0, 40.0], [1.6511848259846696, 1.6511848259927967]),
        (1e-6, 1e5, [52.0, 1.0, 5.0, 40.0], [1.6511848340418044, 1.6511848340418052]),
        (1e-6, 1e6, [2600.0, 30.0, 35.0, 40.0], [797.251184502762, 797.2511845027624]),
    ];
    for (a, b, [t, x, t_x, age], exact) in expected {
        for (dropout, exact) in [0.0, 1.0].into_iter().zip(exact) {
            let found = model(&[2.35, 65.5, a, b, dropout]).expected_purchases(t, x, t_x, age);
            assert!((found / exact - 1.0).abs() < 1e-12, "{a} {b} {t}: {found} is not {exact}");
        }
    }
}
