use super::*;
use crate::base::numeric::{exp, ln};
use crate::base::{ErrorKind, numeric};
use crate::models::clv::tests::by_differences;
use crate::models::clv::{FitOptions, Model};

const HIGH_END: [f64; 8] = [1000.0, 869.0, 743.0, 653.0, 593.0, 551.0, 517.0, 491.0];
const REGULAR: [f64; 8] = [1000.0, 631.0, 468.0, 382.0, 326.0, 289.0, 262.0, 241.0];

/// Fader and Hardie 2007, tables 1 and 2; parameters and likelihood from an independent optimum.
#[test]
fn published_segments() {
    let high_end = ([0.668088, 3.806096], -1611.158147, [86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1]);
    let regular = ([0.704077, 1.182043], -1680.265188, [63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1]);
    for (alive, (parameters, log_likelihood, percent)) in [(HIGH_END, high_end), (REGULAR, regular)] {
        let fitted = ShiftedBetaGeometric::fit(&survivors(&alive).unwrap(), &FitOptions::default()).unwrap();
        assert!(fitted.diagnostics.converged && fitted.diagnostics.notes.is_empty());
        for (found, expected) in fitted.model.parameters().iter().zip(parameters) {
            assert!((found / expected - 1.0).abs() < 1e-6, "{fitted:?}");
        }
        assert!((fitted.diagnostics.log_likelihood / log_likelihood - 1.0).abs() < 1e-9);
        for ((t, percent), alive) in percent.iter().enumerate().zip(&alive[1..]) {
            let survival = 100.0 * fitted.model.survival((t + 1) as f64, 0.0);
            // The printed figures are the observed shares, which the model follows within 2 points.
            assert!((percent - alive / 10.0).abs() < 0.051 && (survival - percent).abs() < 1.9, "{t} {survival}");
        }
    }
}

#[test]
fn slopes_and_curvatures_are_those_of_the_likelihood() {
    let rows = survivors(&REGULAR).unwrap();
    let objective = |theta: &[f64; 2]| super::fit::evaluate(theta.map(exp), &rows);
    let theta = [0.9, 2.0].map(ln);
    let exact = objective(&theta);
    let differences = by_differences(&theta, |theta| {
        let slope = |i: usize, by: f64| {
            let mut moved = *theta;
            moved[i] += by;
            objective(&moved).value
        };
        (objective(theta).value, [0, 1].map(|i| (slope(i, 1e-5) - slope(i, -1e-5)) / 2e-5))
    });
    for i in 0..2 {
        assert!((exact.gradient[i] - differences.gradient[i]).abs() < 1e-4);
        for j in 0..2 {
            assert!((exact.hessian[i][j] - differences.hessian[i][j]).abs() < 1e-2);
        }
    }
}

#[test]
fn probabilities_add_up() {
    let model = ShiftedBetaGeometricParams { alpha: 0.668, beta: 3.806 }.check().unwrap();
    let left: f64 = (1..=50).map(|t| model.probability_of_leaving(f64::from(t))).sum();
    assert!((left + model.survival(50.0, 0.0) - 1.0).abs() < 1e-13);
    let kept: f64 = (1..=9).map(|t| model.retention(f64::from(t))).product();
    assert!((kept - model.survival(9.0, 0.0)).abs() < 1e-14);
    assert!((model.survival(4.0, 3.0) * model.survival(3.0, 0.0) - model.survival(7.0, 0.0)).abs() < 1e-15);
    // The discounted residual is the sum of what it stands for.
    let terms = |t: i32| model.survival(f64::from(t), 2.0) * numeric::powf(1.1, 1.0 - f64::from(t));
    let sum: f64 = (1..=500).map(terms).sum();
    assert!((model.discounted_residual(0.1, 2.0) / sum - 1.0).abs() < 1e-12);
    assert!(
        model.discounted_residual(0.0, 2.0).is_nan()
            && model.retention(0.0).is_nan()
            && model.survival(-1.0, 0.0).is_nan()
    );
}

#[test]
fn faults_are_named() {
    let options = FitOptions::default();
    assert_eq!(survivors(&[5.0]).unwrap_err().kind(), ErrorKind::NotEnoughData);
    assert!(survivors(&[5.0, 6.0]).unwrap_err().message().starts_with("`alive` is 6 in row 1"));
    assert!(survivors(&[5.0, f64::NAN]).is_err() && survivors(&[5.0, -1.0]).is_err());
    for (alive, why) in [([9.0, 9.0], "nobody left"), ([9.0, 0.0], "nobody renewed")] {
        let error = ShiftedBetaGeometric::fit(&survivors(&alive).unwrap(), &options).unwrap_err();
        assert!(error.message().starts_with(why), "{error}");
    }
    let fractional = Renewals { due: &[1.5], left: &[true], weights: None };
    assert!(fractional.check().unwrap_err().message().starts_with("`due` is 1.5 in row 0"));
    // One renewal tells the mean alone.
    let fitted = ShiftedBetaGeometric::fit(&survivors(&[10.0, 7.0]).unwrap(), &options).unwrap();
    assert!((fitted.model.retention(1.0) - 0.7).abs() < 1e-6 && !fitted.diagnostics.notes.is_empty());
}

#[test]
fn what_has_no_answer_is_refused() {
    let model = ShiftedBetaGeometricParams { alpha: 0.668, beta: 3.806 }.check().unwrap();
    assert_eq!(model.retention_all(&[1.0, 8.0]).unwrap(), [model.retention(1.0), model.retention(8.0)]);
    let fault = model.retention_all(&[1.0, 0.0]).unwrap_err();
    assert_eq!(fault.message(), "`t` is 0 in row 1, but must be finite and at least 1");
    assert_eq!(model.discounted_residual_all(0.1, &[3.0]).unwrap(), [model.discounted_residual(0.1, 3.0)]);
    for (discount, renewed) in [(0.0, 3.0), (-0.1, 3.0), (f64::NAN, 3.0), (0.1, -1.0), (0.1, f64::NAN)] {
        assert!(model.discounted_residual_all(discount, &[renewed]).is_err());
    }
}
