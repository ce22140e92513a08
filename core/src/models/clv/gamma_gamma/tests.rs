use super::*;
use crate::base::ErrorKind;
use crate::base::numeric::{exp, ln};
use crate::base::random::Random;
use crate::models::clv::tests::{by_differences, check};
use crate::models::clv::{FitOptions, Model};

/// Mean spends drawn from the model of CDNOW.
fn drawn(n: usize) -> (Vec<f64>, Vec<f64>) {
    let row = |customer: usize| {
        let mut random = Random::keyed(1, customer as u64);
        let rate = random.gamma(3.74) / 15.44;
        let x = random.below(6) as f64;
        let spent: f64 = (0..x as u32).map(|_| random.gamma(6.25) / rate).sum();
        (x, if x > 0.0 { spent / x } else { f64::NAN })
    };
    (0..n).map(row).unzip()
}

#[test]
fn likelihood_equals_high_precision() {
    check("gg_likelihood", 1.0, 1e-11, |v| {
        let model = GammaGammaParams { p: v[0], q: v[1], gamma: v[2] }.check().unwrap();
        let rows = Spend { frequency: &v[3..4], mean: &v[4..5], weights: None }.check().unwrap();
        model.log_likelihood(&rows.compress())
    });
}

#[test]
fn slopes_and_curvatures_are_those_of_the_likelihood() {
    let (x, mean) = drawn(300);
    let rows = Spend { frequency: &x, mean: &mean, weights: None }.check().unwrap().compress();
    let pieces = super::fit::pieces(&rows);
    let objective = |theta: &[f64; 3]| {
        let [p, q, gamma] = theta.map(exp);
        super::fit::evaluate(&GammaGammaParams { p, q, gamma }, &rows, &pieces)
    };
    let theta = [5.0, 3.0, 12.0].map(ln);
    let exact = objective(&theta);
    let differences = by_differences(&theta, |theta| {
        let slope = |i: usize, by: f64| {
            let mut moved = *theta;
            moved[i] += by;
            objective(&moved).value
        };
        (objective(theta).value, [0, 1, 2].map(|i| (slope(i, 1e-5) - slope(i, -1e-5)) / 2e-5))
    });
    for i in 0..3 {
        assert!((exact.gradient[i] - differences.gradient[i]).abs() < 1e-5 * (1.0 + exact.gradient[i].abs()));
        for j in 0..3 {
            assert!((exact.hessian[i][j] - differences.hessian[i][j]).abs() < 1e-3 * (1.0 + exact.hessian[i][j].abs()));
        }
    }
}

#[test]
fn a_fit_finds_the_parameters_that_drew_the_data() {
    let (x, mean) = drawn(20_000);
    let rows = Spend { frequency: &x, mean: &mean, weights: None }.check().unwrap();
    let fitted = GammaGamma::fit(&rows.compress(), &FitOptions::default()).unwrap();
    assert!(fitted.diagnostics.converged && fitted.diagnostics.notes.is_empty(), "{:?}", fitted.diagnostics);
    for ((found, error), truth) in
        fitted.model.parameters().iter().zip(&fitted.diagnostics.standard_errors).zip([6.25, 3.74, 15.44])
    {
        assert!((found - truth).abs() < 4.0 * error, "{fitted:?}");
    }
    let spend = fitted.model.expected_spend_all(&rows);
    assert!(spend.iter().all(|spend| spend.is_finite()), "customers without purchases get the population's mean");
    let interval = fitted.interval(0.9, GammaGamma::population_mean).unwrap();
    assert!(interval.low < 35.22 && 35.22 < interval.high, "{interval:?}");
}

#[test]
fn published_predictions() {
    let model = GammaGammaParams { p: 6.25, q: 3.74, gamma: 15.44 }.check().unwrap();
    for (x, mean, expected) in [(2.0, 22.35, 24.66371), (1.0, 11.77, 18.91685), (0.0, f64::NAN, 35.21898)] {
        assert!((model.expected_spend(x, mean) - expected).abs() < 5e-6);
    }
    let heavy = GammaGammaParams { p: 1.0, q: 0.5, gamma: 1.0 }.check().unwrap();
    assert_eq!(heavy.population_mean(), f64::INFINITY);
    assert!(heavy.expected_spend(1.0, 1.0).is_finite() && model.expected_spend(1.0, -2.0).is_nan());
}

#[test]
fn faults_are_named() {
    let fault = |frequency: &[f64], mean: &[f64]| {
        Spend { frequency, mean, weights: None }.check().unwrap_err().message().to_owned()
    };
    assert_eq!(fault(&[1.0], &[-3.0]), "`mean` is -3 in row 0, but must be finite and above 0");
    assert_eq!(fault(&[1.5], &[3.0]), "`frequency` is 1.5 in row 0, but must be a whole number of at least 0");
    assert_eq!(fault(&[1.0, 2.0], &[3.0]), "`mean` has 1 rows where `frequency` has 2");
    let none = Spend { frequency: &[0.0, 0.0], mean: &[0.0, 0.0], weights: None }.check().unwrap().compress();
    assert_eq!(GammaGamma::fit(&none, &FitOptions::default()).unwrap_err().kind(), ErrorKind::NotEnoughData);
    // All spend alike: there is a fit, and it says what it could not determine.
    let alike = Spend { frequency: &[3.0; 20], mean: &[7.0; 20], weights: None }.check().unwrap().compress();
    let fitted = GammaGamma::fit(&alike, &FitOptions::default()).unwrap();
    assert!(!fitted.diagnostics.notes.is_empty());
    assert!((fitted.model.expected_spend(3.0, 7.0) - 7.0).abs() < 0.1, "{fitted:?}");
}

#[test]
fn an_infinite_mean_is_told() {
    // Pareto's distribution with a tail of 1/2.
    let mean: Vec<f64> = (0..200).map(|i| 200.0 / (f64::from(i) + 0.5)).map(|x| x * x).collect();
    let rows = Spend { frequency: &[1.0; 200], mean: &mean, weights: None }.check().unwrap();
    let fitted = GammaGamma::fit(&rows.compress(), &FitOptions::default()).unwrap();
    assert!(fitted.model.params().q <= 1.0 && fitted.model.population_mean() == f64::INFINITY, "{fitted:?}");
    assert!(fitted.diagnostics.notes.iter().any(|note| note.contains("no finite mean")), "{fitted:?}");
}
