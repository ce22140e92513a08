use proptest::prelude::*;

use super::*;
use crate::base::ErrorKind;
use crate::base::numeric::{exp, ln};
use crate::base::random::Random;
use crate::models::clv::tests::{Rows, by_differences, check};
use crate::models::clv::{FitOptions, Model};

const CDNOW: [f64; 4] = [0.5532755, 10.577612, 0.6062136, 11.6679125];

fn model(p: &[f64]) -> ParetoNbd {
    ParetoNbdParams { r: p[0], alpha: p[1], s: p[2], beta: p[3] }.check().unwrap()
}

/// Histories drawn from the model of CDNOW, ages between 10 and 40.
fn drawn(n: usize, seed: u64) -> Rows {
    let mut rows = Rows::default();
    for customer in 0..n {
        let mut random = Random::keyed(seed, customer as u64);
        let rate = random.gamma(CDNOW[0]) / CDNOW[1];
        let life = random.exponential() * CDNOW[3] / random.gamma(CDNOW[2]);
        let age = 10.0 + 30.0 * random.uniform();
        let (mut x, mut last) = (0.0, 0.0);
        loop {
            let next = last + random.exponential() / rate;
            if next > life.min(age) {
                break;
            }
            (x, last) = (x + 1.0, next);
        }
        rows.frequency.push(x);
        rows.recency.push(last);
        rows.age.push(age);
    }
    rows
}

#[test]
fn likelihood_and_predictions_equal_high_precision() {
    check("pareto_likelihood", 1.0, 1e-11, |v| model(v).log_likelihood(&Rows::one(&v[4..]).compress()));
    check("pareto_alive", 0.0, 1e-10, |v| model(v).probability_alive(v[4], v[5], v[6]));
    check("pareto_expected", 0.0, 1e-10, |v| model(v).expected_purchases(v[4], v[5], v[6], v[7]));
    check("pareto_residual", 0.0, 1e-10, |v| model(v).discounted_residual(v[4], v[5], v[6], v[7]));
    check("pareto_count", 0.0, 1e-10, |v| model(v).probability_of(v[4] as u32, v[5], v[6], v[7], v[8]));
}

#[test]
fn published_predictions() {
    let model = model(&[0.5534, 10.5802, 0.6061, 11.6562]);
    for ([x, t_x, age], expected) in [
        ([26.0, 30.86, 31.0], 0.997917766552),
        ([0.0, 0.0, 38.86], 0.294961486437),
        ([170.0, 77.0, 77.86], 0.985094121344),
        ([1.0, 0.1, 700.0], 4.57560891584e-4),
    ] {
        assert!((model.probability_alive(x, t_x, age) / expected - 1.0).abs() < 2e-12);
    }
}

#[test]
fn slopes_and_curvatures_are_those_of_the_likelihood() {
    let compressed = drawn(500, 1).compress();
    // Either scale may be the shorter one, and s may be 1.
    for start in [CDNOW, [1.5, 4.0, 1.0, 40.0], [0.3, 50.0, 2.5, 3.0]] {
        let objective = |theta: &[f64; 4]| {
            let [r, alpha, s, beta] = theta.map(exp);
            super::fit::evaluate(&ParetoNbdParams { r, alpha, s, beta }, &compressed, &compressed.pieces(100))
        };
        let theta = start.map(ln);
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
            let error = (exact.gradient[i] - differences.gradient[i]).abs();
            assert!(error < 1e-5 * (1.0 + exact.gradient[i].abs()), "{start:?} {i} {error}");
            for j in 0..4 {
                let error = (exact.hessian[i][j] - differences.hessian[i][j]).abs();
                assert!(error < 1e-3 * (1.0 + exact.hessian[i][j].abs()), "{start:?} {i} {j} {error}");
            }
        }
    }
}

#[test]
fn a_fit_finds_the_parameters_that_drew_the_data() {
    let compressed = drawn(20_000, 2).compress();
    let fitted = ParetoNbd::fit(&compressed, &FitOptions::default()).unwrap();
    let diagnostics = &fitted.diagnostics;
    assert!(diagnostics.converged && diagnostics.notes.is_empty() && diagnostics.slope < 1e-6, "{diagnostics:?}");
    for ((found, error), truth) in fitted.model.parameters().iter().zip(&diagnostics.standard_errors).zip(CDNOW) {
        assert!((found - truth).abs() < 4.0 * error, "{fitted:?}");
    }
    let warm = FitOptions { start: fitted.model.parameters() };
    let again = ParetoNbd::fit(&compressed, &warm).unwrap();
    assert!(again.diagnostics.iterations <= 2);
}

#[test]
fn degenerate_data_fit_with_notes_or_fail_by_name() {
    let options = FitOptions::default();
    let alike = Rows { frequency: vec![4.0; 30], recency: vec![10.0; 30], age: vec![10.0; 30] };
    let fitted = ParetoNbd::fit(&alike.compress(), &options).unwrap();
    assert!(fitted.model.parameters().iter().all(|p| p.is_finite()) && !fitted.diagnostics.notes.is_empty());
    let nobody = Rows { frequency: vec![0.0; 9], recency: vec![0.0; 9], age: vec![10.0; 9] };
    assert_eq!(ParetoNbd::fit(&nobody.compress(), &options).unwrap_err().kind(), ErrorKind::NotEnoughData);
    let wrong = ParetoNbdParams { r: 1.0, alpha: 1.0, s: 0.0, beta: 1.0 };
    assert_eq!(wrong.check().unwrap_err().message(), "`s` is 0, but must be finite and above 0");
}

#[test]
fn many_rows_give_the_bits_of_one() {
    let model = model(&CDNOW);
    let rows = drawn(3000, 4);
    let checked = rows.checked();
    let bought = model.expected_purchases_all(39.0, &checked).unwrap();
    let later = model.probability_alive_all(8.0, &checked).unwrap();
    let residual = model.discounted_residual_all(0.003, &checked).unwrap();
    for i in 0..rows.age.len() {
        let (x, t_x, age) = (rows.frequency[i], rows.recency[i], rows.age[i]);
        assert_eq!(bought[i], model.expected_purchases(39.0, x, t_x, age));
        assert_eq!(later[i], model.probability_alive_after(8.0, x, t_x, age));
        assert_eq!(residual[i], model.discounted_residual(0.003, x, t_x, age));
    }
    assert!(model.discounted_residual_all(0.0, &checked).is_err());
    assert!(model.discounted_residual(-0.1, 1.0, 1.0, 2.0).is_nan() && model.probability_alive(1.0, 3.0, 2.0).is_nan());
}

proptest! {
    #[test]
    fn predictions_stay_in_range(
        logs in prop::array::uniform4(-4.0..4.0f64), x in 0u32..10_000, share in 0.0..1.0f64, age in 0.0..1e4f64, t in 0.0..1e4f64,
    ) {
        let [r, alpha, s, beta] = logs.map(exp);
        let model = model(&[r, alpha, s, beta]);
        let x = f64::from(x);
        let t_x = if x == 0.0 { 0.0 } else { share * age };
        let alive = model.probability_alive(x, t_x, age);
        let bought = model.expected_purchases(t, x, t_x, age);
        prop_assert!((0.0..=1.0).contains(&alive), "{alive}");
        prop_assert!(bought >= 0.0 && bought <= alive * (r + x) / (alpha + age) * t * (1.0 + 1e-9), "{bought}");
        let value = model.log_likelihood(&Rows::one(&[x, t_x, age]).compress());
        prop_assert!(value.is_finite(), "{value}");
    }
}
