use super::*;
use crate::base::ErrorKind;
use crate::base::numeric::{exp, ln, powf};
use crate::models::clv::tests::{Rows, by_differences, check};
use crate::models::clv::{FitOptions, Model, PurchaseKind, PurchaseModel};

fn model(p: &[f64]) -> BetaGeoBetaBinomial {
    BetaGeoBetaBinomialParams { alpha: p[0], beta: p[1], gamma: p[2], delta: p[3] }.check().unwrap()
}

const DONATIONS: [f64; 4] = [1.203522, 0.749716, 0.656718, 2.783443];

fn rows(row: &[f64]) -> CheckedOpportunities {
    Opportunities { frequency: &row[..1], recency: &row[1..2], opportunities: &row[2..3], weights: None }
        .check()
        .unwrap()
}

#[test]
fn likelihood_and_predictions_equal_high_precision() {
    check("bb_likelihood", 1.0, 1e-11, |v| model(v).log_likelihood(&rows(&v[4..])));
    check("bb_alive", 0.0, 1e-11, |v| model(v).probability_alive(v[4] as u32, v[5], v[6], v[7]));
    check("bb_expected", 0.0, 1e-11, |v| model(v).expected_purchases(v[4] as u32, v[5], v[6], v[7]));
    check("bb_count", 0.0, 1e-10, |v| model(v).probability_of(v[4] as u32, v[5] as u32, v[6], v[7], v[8]));
    check("bb_residual", 0.0, 1e-10, |v| model(v).discounted_residual(v[4], v[5], v[6], v[7]));
}

#[test]
fn slopes_and_curvatures_are_those_of_the_likelihood() {
    let frequency = [0.0, 1.0, 2.0, 2.0, 5.0, 6.0, 9.0];
    let recency = [0.0, 1.0, 4.0, 6.0, 5.0, 6.0, 11.0];
    let opportunities = [6.0, 6.0, 6.0, 6.0, 7.0, 6.0, 40.0];
    let rows = Opportunities { frequency: &frequency, recency: &recency, opportunities: &opportunities, weights: None }
        .check()
        .unwrap();
    let objective = |theta: &[f64; 4]| super::fit::evaluate(theta.map(exp), &rows);
    let theta = DONATIONS.map(ln);
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
        assert!((exact.gradient[i] - differences.gradient[i]).abs() < 1e-6);
        for j in 0..4 {
            assert!((exact.hessian[i][j] - differences.hessian[i][j]).abs() < 1e-3);
        }
    }
}

#[test]
fn counts_add_up_to_the_expectation() {
    let model = model(&DONATIONS);
    for row in [[0.0, 0.0, 0.0], [0.0, 0.0, 6.0], [3.0, 4.0, 6.0], [6.0, 6.0, 6.0]] {
        let [x, t_x, n] = row;
        let share = |count: u32| model.probability_of(count, 8, x, t_x, n);
        assert!(((0..=8).map(share).sum::<f64>() - 1.0).abs() < 1e-12);
        let mean: f64 = (0..=8).map(|count| f64::from(count) * share(count)).sum();
        assert!((mean - model.expected_purchases(8, x, t_x, n)).abs() < 1e-12);
        assert_eq!(share(9), 0.0);
        let step = |j: u32| {
            (model.expected_purchases(j, x, t_x, n) - model.expected_purchases(j - 1, x, t_x, n))
                * powf(1.1, -f64::from(j))
        };
        let sum: f64 = (1..600).map(step).sum();
        assert!((model.discounted_residual(0.1, x, t_x, n) / sum - 1.0).abs() < 1e-10);
    }
    assert!(model.probability_alive(0, 3.0, 2.0, 6.0).is_nan() && model.probability_of(1, 3, 0.5, 2.0, 6.0).is_nan());
    assert!(model.discounted_residual(0.0, 1.0, 2.0, 6.0).is_nan());
}

#[test]
fn faults_are_named() {
    let fault = |x: f64, t_x: f64, n: f64| {
        let rows = Opportunities { frequency: &[x], recency: &[t_x], opportunities: &[n], weights: None };
        rows.check().unwrap_err().message().to_owned()
    };
    assert_eq!(fault(1.0, 7.0, 6.0), "`recency` is 7 in row 0, above `opportunities` 6");
    assert_eq!(
        fault(0.0, 2.0, 6.0),
        "`recency` is 2 in row 0, but `frequency` is 0: nothing was bought after the first time"
    );
    assert!(fault(1.0, 1.5, 6.0).starts_with("`recency` is 1.5 in row 0"));
    let zeros = Opportunities { frequency: &[0.0; 3], recency: &[0.0; 3], opportunities: &[6.0; 3], weights: None };
    let error = BetaGeoBetaBinomial::fit(&zeros.check().unwrap(), &FitOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotEnoughData);
    let always = Opportunities { frequency: &[6.0; 3], recency: &[6.0; 3], opportunities: &[6.0; 3], weights: None };
    let fitted = BetaGeoBetaBinomial::fit(&always.check().unwrap(), &FitOptions::default()).unwrap();
    assert!(!fitted.diagnostics.notes.is_empty() && fitted.model.parameters().iter().all(|p| p.is_finite()));
}

#[test]
fn it_is_a_model_of_purchases() {
    let model = model(&DONATIONS);
    let rows = Rows { frequency: vec![0.0, 3.0, 6.0], recency: vec![0.0, 4.0, 6.0], age: vec![6.0; 3] };
    let checked = rows.checked();
    let each = |value: &dyn Fn(f64, f64, f64) -> f64| -> Vec<f64> {
        (0..3).map(|row| value(rows.frequency[row], rows.recency[row], rows.age[row])).collect()
    };
    let purchases: &dyn PurchaseModel = &model;
    assert_eq!(
        purchases.probability_alive_all(2.0, &checked).unwrap(),
        each(&|x, t, n| model.probability_alive(2, x, t, n))
    );
    assert_eq!(
        purchases.expected_purchases_all(5.0, &checked).unwrap(),
        each(&|x, t, n| model.expected_purchases(5, x, t, n))
    );
    assert_eq!(
        purchases.probability_of_all(1, 5.0, &checked).unwrap(),
        each(&|x, t, n| model.probability_of(1, 5, x, t, n))
    );
    let weighed = purchases.weighted_purchases_all(&[1.0, 2.0], &[0.5, 2.0], &checked).unwrap();
    let both = each(&|x, t, n| 0.5 * model.expected_purchases(1, x, t, n) + 2.0 * model.expected_purchases(2, x, t, n));
    assert!(weighed.iter().zip(both).all(|(found, expected)| (found - expected).abs() < 1e-15));
    assert!(purchases.expected_purchases(1.5, 0.0, 0.0, 6.0).is_nan());
    let error = purchases.expected_purchases_all(1.5, &checked).unwrap_err();
    assert_eq!(error.message(), "time 1.5, but must be a whole number of opportunities");
    let half = Rows { frequency: vec![1.0], recency: vec![1.5], age: vec![6.0] };
    assert_eq!(purchases.probability_alive_all(0.0, &half.checked()).unwrap_err().kind(), ErrorKind::SchemaRange);

    let kind = PurchaseKind::named("bg_bb").unwrap();
    let drawn = Rows {
        frequency: vec![0.0, 1.0, 2.0, 2.0, 5.0, 6.0],
        recency: vec![0.0, 1.0, 4.0, 6.0, 5.0, 6.0],
        age: vec![6.0; 6],
    };
    let fitted = kind.fit(&drawn.compress(), &FitOptions::default()).unwrap();
    let rows = Opportunities {
        frequency: &drawn.frequency,
        recency: &drawn.recency,
        opportunities: &drawn.age,
        weights: None,
    };
    let own = BetaGeoBetaBinomial::fit(&rows.check().unwrap(), &FitOptions::default()).unwrap();
    assert_eq!(fitted.parameters, own.model.parameters());
    assert_eq!(fitted.diagnostics.log_likelihood, own.diagnostics.log_likelihood);
    let expected = |model: &dyn PurchaseModel| model.expected_purchases(3.0, 2.0, 4.0, 6.0);
    assert!(fitted.model.interval(&fitted.diagnostics, 0.9, &expected).unwrap().value > 0.0);
    assert!(kind.model(&[1.0, 1.0, 1.0]).is_err() && kind.model(&DONATIONS).is_ok());
}
