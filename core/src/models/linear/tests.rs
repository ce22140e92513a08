//! By the conditions that define each optimum, against plain twins, and against scikit-learn.

use super::uplift::{s_learner, t_learner, x_learner};
use super::*;
use crate::base::random::Random;
use crate::base::{ErrorKind, Result};
use crate::models::Inputs;

/// 300 rows of 4 features, outcomes, weights and offsets.
fn data() -> (Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>) {
    let mut random = Random::keyed(3, 1);
    let x: Vec<f64> = (0..1200).map(|_| random.normal()).collect();
    let score = |row: &[f64]| 0.5 + row[0] - 0.8 * row[1] + 0.1 * row[2];
    let y = x.chunks(4).map(|row| f64::from(u8::from(random.uniform() < logistic(score(row))))).collect();
    let weights = (0..300).map(|_| random.uniform() + 0.5).collect();
    let offsets = (0..300).map(|_| 0.3 * random.normal()).collect();
    (x, y, weights, offsets)
}

/// The gradient of the log likelihood, the intercept's last.
fn gradient(model: &Logistic, x: &[f64], y: &[f64], weights: &[f64], offsets: &[f64]) -> Vec<f64> {
    let width = model.coefficients.len();
    let mut gradient = vec![0.0; width + 1];
    for (index, row) in x.chunks(width).enumerate() {
        let error = weights[index] * (y[index] - logistic(model.raw_row(row).unwrap() + offsets[index]));
        for (slot, x) in gradient.iter_mut().zip(row.iter().chain([&1.0])) {
            *slot += error * x;
        }
    }
    gradient
}

#[test]
fn at_the_optimum_penalty_and_data_balance() {
    let (x, y, weights, offsets) = data();
    let inputs = Inputs::from_rows(&x, 4).unwrap();
    for (l1, l2) in [(0.0, 0.0), (0.0, 3.0), (4.0, 0.0), (6.0, 2.0), (500.0, 0.0)] {
        let model = LogisticRegression { l1, l2, ..LogisticRegression::default() }
            .fit(&inputs, &y, Some(&weights), Some(&offsets))
            .unwrap();
        assert!(model.converged && model.steps < 20, "{l1} {l2}: {model:?}");
        let slopes = gradient(&model, &x, &y, &weights, &offsets);
        assert!(slopes[4].abs() < 1e-7, "{slopes:?}");
        for (slope, b) in slopes.iter().zip(&model.coefficients) {
            let off = if *b == 0.0 { (slope.abs() - l1).max(0.0) } else { slope - l1 * b.signum() - l2 * b };
            assert!(off.abs() < 1e-7, "{l1} {l2}: {slope} {b}");
        }
        assert_eq!(model.coefficients.iter().all(|b| *b == 0.0), l1 == 500.0);
    }
}

#[test]
fn standard_errors_are_those_of_the_curvature() {
    let (x, y, weights, offsets) = data();
    let inputs = Inputs::from_rows(&x, 4).unwrap();
    let fit = LogisticRegression::default();
    let model = fit.fit(&inputs, &y, Some(&weights), Some(&offsets)).unwrap();
    // The profile likelihood of a coefficient falls by (h / error)^2 / 2 at distance h.
    for index in 0..4 {
        let h = 1e-3;
        let moved: Vec<f64> =
            x.chunks(4).zip(&offsets).map(|(row, o)| o + (model.coefficients[index] + h) * row[index]).collect();
        let mut rest = x.clone();
        rest.iter_mut().skip(index).step_by(4).for_each(|x| *x = 0.0);
        let profile = LogisticRegression { l2: 1e-12, ..fit.clone() };
        let other = profile.fit(&Inputs::from_rows(&rest, 4).unwrap(), &y, Some(&weights), Some(&moved)).unwrap();
        let error = (h * h / 2.0 / (model.log_likelihood - other.log_likelihood)).sqrt();
        assert!((error / model.standard_errors[index] - 1.0).abs() < 0.01, "{error} {:?}", model.standard_errors);
    }
    assert_eq!(model.standard_errors.len(), 5);
}

#[test]
fn weights_are_repetitions_and_unknown_rows_are_left_out() {
    let (mut x, y, _, _) = data();
    let twice: Vec<f64> = (0..300).map(|i| (i % 3) as f64).collect();
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for (index, row) in x.chunks(4).enumerate() {
        for _ in 0..index % 3 {
            xs.extend_from_slice(row);
            ys.push(y[index]);
        }
    }
    let fit = LogisticRegression::default();
    let a = fit.fit(&Inputs::from_rows(&x, 4).unwrap(), &y, Some(&twice), None).unwrap();
    let b = fit.fit(&Inputs::from_rows(&xs, 4).unwrap(), &ys, None, None).unwrap();
    assert!(a.coefficients.iter().zip(&b.coefficients).all(|(a, b)| (a - b).abs() < 1e-9));
    assert_eq!((a.rows, b.rows), (200, 300));
    x[5] = f64::NAN;
    assert_eq!(fit.fit(&Inputs::from_rows(&x, 4).unwrap(), &y, None, None).unwrap().rows, 299);
    assert!(a.predict_row(&[f64::NAN; 4]).unwrap().is_nan());
}

#[test]
fn hard_cases_end() {
    let fit = LogisticRegression::default();
    let rows = [0.0, 1.0, 2.0, 3.0];
    let inputs = Inputs::from_rows(&rows, 1).unwrap();
    // Classes that can be separated have no finite optimum.
    let model = fit.fit(&inputs, &[0.0, 0.0, 1.0, 1.0], None, None).unwrap();
    assert!(model.coefficients[0] > 5.0 && model.log_likelihood > -1e-3);
    // Two equal columns share what one would have.
    let twins = [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0];
    let both = fit.fit(&Inputs::from_rows(&twins, 2).unwrap(), &[0.0, 1.0, 0.0, 1.0], None, None).unwrap();
    let one = fit.fit(&inputs, &[0.0, 1.0, 0.0, 1.0], None, None).unwrap();
    assert!((both.coefficients[0] + both.coefficients[1] - one.coefficients[0]).abs() < 1e-4);
    let kind = |result: Result<Logistic>| result.unwrap_err().kind();
    assert_eq!(kind(fit.fit(&inputs, &[0.0, 1.0], None, None)), ErrorKind::SchemaRange);
    assert_eq!(kind(fit.fit(&inputs, &[0.0, 1.0, 2.0, 0.0], None, None)), ErrorKind::SchemaRange);
    assert_eq!(kind(fit.fit(&inputs, &[f64::NAN; 4], None, None)), ErrorKind::NotEnoughData);
    let wrong = LogisticRegression { l1: -1.0, ..fit };
    assert_eq!(kind(wrong.fit(&inputs, &[0.0; 4], None, None)), ErrorKind::SchemaRange);
}

#[test]
fn descent_is_the_plain_rule() {
    let (x, y, _, _) = data();
    let mut model = OnlineLogistic::new(4, 0.05, 0.02, 0.001, None).unwrap();
    let (mut w, mut b) = ([0.0; 4], 0.0);
    for (row, y) in x.chunks(4).zip(&y) {
        let p = logistic(b + row.iter().zip(&w).map(|(x, w)| x * w).sum::<f64>());
        assert!((model.learn(row, *y, 0).unwrap() - p).abs() < 1e-12);
        for (w, x) in w.iter_mut().zip(row) {
            *w += 0.05 * ((y - p) * x - 0.001 * *w);
        }
        b += 0.02 * (y - p);
    }
    assert!(model.weights().iter().zip(&w).all(|(a, b)| (a - b).abs() < 1e-12));
}

#[test]
fn leader_is_the_published_rule() {
    let (x, y, _, _) = data();
    let (alpha, beta, l1, l2) = (0.3, 1.0, 12.0, 0.5);
    let mut model = Ftrl::new(4, alpha, beta, l1, l2, None).unwrap();
    let (mut z, mut n) = ([0.0_f64; 5], [0.0_f64; 5]);
    for (row, y) in x.chunks(4).zip(&y) {
        let weight = |i: usize| {
            let l1 = if i == 4 { 0.0 } else { l1 };
            if z[i].abs() <= l1 { 0.0 } else { -(z[i] - z[i].signum() * l1) / ((beta + n[i].sqrt()) / alpha + l2) }
        };
        let w: Vec<f64> = (0..5).map(weight).collect();
        let longer: Vec<f64> = row.iter().copied().chain([1.0]).collect();
        let p = logistic(longer.iter().zip(&w).map(|(x, w)| x * w).sum::<f64>());
        assert!((model.learn(row, *y, 0).unwrap() - p).abs() < 1e-10);
        for i in 0..5 {
            let g = (p - y) * longer[i];
            z[i] += g - ((n[i] + g * g).sqrt() - n[i].sqrt()) / alpha * w[i];
            n[i] += g * g;
        }
    }
    assert!(model.weights().contains(&0.0) && model.weights()[0] > 0.2);
}

#[test]
fn what_is_forgotten_fades() {
    let mut leader = Ftrl::new(1, 0.5, 1.0, 0.0, 0.1, Some(1000)).unwrap();
    let mut descent = OnlineLogistic::new(1, 0.5, 0.5, 0.0, Some(1000)).unwrap();
    for at in 0..200 {
        leader.learn(&[1.0], 1.0, at).unwrap();
        descent.learn(&[1.0], 1.0, at).unwrap();
    }
    let before = (leader.clone(), descent.clone());
    // A late row decays nothing, and an unknown feature teaches nothing about its weight.
    leader.learn(&[f64::NAN], 1.0, 50).unwrap();
    assert_eq!(leader.weights(), before.0.weights());
    let strong = descent.weights()[0];
    descent.learn(&[0.0], 0.5, 1199).unwrap();
    assert!((descent.weights()[0] / strong - 0.5).abs() < 1e-12);
    // After ten half-lives the other outcome wins quickly.
    for at in 10_000..10_020 {
        leader.learn(&[1.0], 0.0, at).unwrap();
    }
    assert!(leader.predict(&[1.0]).unwrap() < 0.2);
    assert!(leader.learn(&[1.0], 1.5, 0).is_err() && leader.learn(&[], 1.0, 0).is_err());
    assert!(Ftrl::new(1, 0.0, 1.0, 0.0, 0.0, None).is_err() && Ftrl::new(1, 1.0, 1.0, 0.0, 0.0, Some(0)).is_err());
}

#[test]
fn a_stored_model_learns_on_with_the_same_bits() {
    let (x, y, _, _) = data();
    let mut whole = Ftrl::new(4, 0.3, 1.0, 0.5, 0.1, Some(100)).unwrap();
    let mut part = whole.clone();
    for (at, (row, y)) in x.chunks(4).zip(&y).enumerate() {
        whole.learn(row, *y, at as i64).unwrap();
        if at == 150 {
            part = serde_json::from_str(&serde_json::to_string(&part).unwrap()).unwrap();
        }
        part.learn(row, *y, at as i64).unwrap();
    }
    assert_eq!(whole, part);
}

#[test]
fn many_rows_are_one_by_one() {
    let (mut x, y, _, _) = data();
    x[7] = f64::NAN;
    let inputs = Inputs::from_rows(&x, 4).unwrap();
    let times: Vec<i64> = (0..300).map(|i| i * 37 % 400).collect();
    let mut alone = OnlineLogistic::new(4, 0.05, 0.02, 0.001, Some(150)).unwrap();
    let mut leader = Ftrl::new(4, 0.3, 1.0, 0.5, 0.1, Some(150)).unwrap();
    let (mut together, mut leader_together) = (alone.clone(), leader.clone());
    let rows = || x.chunks(4).zip(&y).zip(&times);
    let expected: Vec<f64> = rows().map(|((row, y), at)| alone.learn(row, *y, *at).unwrap()).collect();
    let leads: Vec<f64> = rows().map(|((row, y), at)| leader.learn(row, *y, *at).unwrap()).collect();
    // In two parts, the second by columns.
    let columns: Vec<Vec<f64>> = (0..4).map(|f| x[400..].iter().skip(f).step_by(4).copied().collect()).collect();
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let head = Inputs::from_rows(&x[..400], 4).unwrap();
    let tail = Inputs::from_columns(&columns).unwrap();
    let mut got = together.learn_rows(&head, &y[..100], Some(&times[..100])).unwrap();
    got.extend(together.learn_rows(&tail, &y[100..], Some(&times[100..])).unwrap());
    assert_eq!((got, &together), (expected, &alone));
    assert_eq!(leader_together.learn_rows(&inputs, &y, Some(&times)).unwrap(), leads);
    assert_eq!(leader_together, leader);
    let predicted: Vec<f64> = x.chunks(4).map(|row| alone.predict(row).unwrap()).collect();
    assert_eq!(alone.predict_rows(&inputs).unwrap(), predicted);
    // A call with one bad outcome teaches nothing.
    let mut spoilt = y.clone();
    spoilt[299] = 2.0;
    assert!(
        together.learn_rows(&inputs, &spoilt, None).is_err() && together.learn_rows(&inputs, &y[1..], None).is_err()
    );
    assert_eq!(together, alone);
}

#[test]
fn isotonic_is_the_best_monotone_function() {
    let mut random = Random::keyed(4, 1);
    for _ in 0..50 {
        let scores: Vec<f64> = (0..12).map(|_| random.below(8) as f64).collect();
        let outcomes: Vec<f64> = (0..12).map(|_| random.below(2) as f64).collect();
        let weights: Vec<f64> = (0..12).map(|_| 1.0 + random.below(3) as f64).collect();
        let fitted = Isotonic::fit(&scores, &outcomes, Some(&weights)).unwrap();
        // The value at a score is max over a <= score of min over b >= score of the mean of [a, b].
        for score in &scores {
            let mean = |a: f64, b: f64| {
                let inside = (0..12).filter(|i| scores[*i] >= a && scores[*i] <= b);
                let sums = inside.fold((0.0, 0.0), |s, i| (s.0 + weights[i] * outcomes[i], s.1 + weights[i]));
                sums.0 / sums.1
            };
            let best = |a: &f64| scores.iter().filter(|b| *b >= score).map(|b| mean(*a, *b)).fold(f64::MAX, f64::min);
            let expected = scores.iter().filter(|a| *a <= score).map(best).fold(f64::MIN, f64::max);
            assert!((fitted.probability(*score) - expected).abs() < 1e-12);
        }
        assert_eq!(fitted.probability(-5.0), fitted.knots()[0].1);
        assert_eq!(fitted.probability(99.0), fitted.knots()[fitted.knots().len() - 1].1);
        assert!(fitted.probability(f64::NAN).is_nan());
    }
    assert!(Isotonic::fit(&[1.0], &[2.0], None).is_err() && Isotonic::fit(&[f64::NAN], &[1.0], None).is_err());
}

#[test]
fn platt_finds_the_scale() {
    let mut random = Random::keyed(5, 1);
    let scores: Vec<f64> = (0..20_000).map(|_| 3.0 * random.normal()).collect();
    let outcomes: Vec<f64> =
        scores.iter().map(|s| f64::from(u8::from(random.uniform() < logistic(0.5 * s - 1.0)))).collect();
    let platt = Platt::fit(&scores, &outcomes, None).unwrap();
    assert!((platt.slope - 0.5).abs() < 0.03 && (platt.intercept + 1.0).abs() < 0.06, "{platt:?}");
    // A perfect ranking does not become certainty.
    let platt = Platt::fit(&[1.0, 2.0, 3.0, 4.0], &[0.0, 0.0, 1.0, 1.0], None).unwrap();
    assert!((0.7..0.9).contains(&platt.probability(4.0)), "{platt:?}");
}

#[test]
fn least_squares_balances_residuals() {
    let (x, _, _, _) = data();
    let mut random = Random::keyed(8, 1);
    let mut y: Vec<f64> = x.chunks(4).map(|row| 2.0 - row[0] + 0.5 * row[3] + random.normal()).collect();
    let inputs = Inputs::from_rows(&x, 4).unwrap();
    for l2 in [0.0, 25.0] {
        let model = LinearRegression { l2 }.fit(&inputs, &y).unwrap();
        let off: Vec<f64> = model.predict_rows(&inputs).unwrap().iter().zip(&y).map(|(a, b)| b - a).collect();
        assert!(off.iter().sum::<f64>().abs() < 1e-9);
        for (feature, b) in model.coefficients.iter().enumerate() {
            let slope: f64 = off.iter().enumerate().map(|(row, off)| off * inputs.value(row, feature)).sum();
            assert!((slope - l2 * b).abs() < 1e-8, "{slope} {b}");
        }
    }
    // A feature twice over, an unknown number, and no rows at all.
    y[3] = f64::NAN;
    let twice: Vec<f64> = x.chunks(4).flat_map(|row| [row[0], row[0]]).collect();
    let model = LinearRegression::default().fit(&Inputs::from_rows(&twice, 2).unwrap(), &y).unwrap();
    assert!((model.coefficients[0] - model.coefficients[1]).abs() < 1e-3 && model.coefficients[0] < -0.4);
    let none = LinearRegression::default().fit(&Inputs::from_rows(&[f64::NAN], 1).unwrap(), &[1.0]);
    assert_eq!(none.unwrap_err().kind(), ErrorKind::NotEnoughData);
    assert!(LinearRegression { l2: -1.0 }.fit(&inputs, &y).is_err());
    assert!(LinearRegression::default().fit(&inputs, &y[1..]).is_err());
}

#[test]
fn uplift_is_found() {
    let mut random = Random::keyed(6, 1);
    let (mut rows, mut treated, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..4000 {
        let (x, t) = (random.below(2) as f64, random.below(2) == 1);
        rows.push(x);
        treated.push(t);
        outcomes.push(0.2 + 0.1 * x + if t { 0.3 * x } else { 0.0 } + 0.1 * random.normal());
    }
    let inputs = Inputs::from_rows(&rows, 1).unwrap();
    // A learner of means: of each combination of features of 0 or 1.
    let means = |inputs: &Inputs<'_>, target: &[f64]| {
        let cell = |row: &[f64]| row.iter().fold(0, |cell, x| 2 * cell + usize::from(*x > 0.5));
        let mut sums = [(0.0, 0.0); 8];
        for (index, y) in target.iter().enumerate() {
            let row: Vec<f64> = (0..inputs.features()).map(|f| inputs.value(index, f)).collect();
            let sum = &mut sums[cell(&row)];
            *sum = (sum.0 + y, sum.1 + 1.0);
        }
        Ok(move |rows: &Inputs<'_>| {
            let row = |index| (0..rows.features()).map(|f| rows.value(index, f)).collect::<Vec<f64>>();
            Ok((0..rows.rows()).map(|index| sums[cell(&row(index))]).map(|(sum, n)| sum / n).collect())
        })
    };
    for uplift in [
        s_learner(&means, &inputs, &treated, &outcomes).unwrap(),
        t_learner(&means, &inputs, &treated, &outcomes).unwrap(),
        x_learner(&means, &means, 0.5, &inputs, &treated, &outcomes).unwrap(),
    ] {
        let found = uplift.predict(&Inputs::from_rows(&[0.0, 1.0], 1).unwrap()).unwrap();
        assert!(found[0].abs() < 0.02 && (found[1] - 0.3).abs() < 0.02);
    }
    assert!(t_learner(&means, &inputs, &vec![true; 4000], &outcomes).is_err());
    assert!(s_learner(&means, &inputs, &[true], &outcomes).is_err());
    assert!(x_learner(&means, &means, 1.0, &inputs, &treated, &outcomes).is_err());
}

#[test]
fn a_row_too_large_is_refused_and_teaches_nothing() {
    let huge = [f64::MAX, -f64::MAX];
    let mut online = OnlineLogistic::new(2, 3.0, 0.1, 0.0, None).unwrap();
    let mut ftrl = Ftrl::new(2, 0.1, 1.0, 0.0, 0.0, Some(1000)).unwrap();
    online.learn(&[0.5, -0.2], 1.0, 0).unwrap();
    ftrl.learn(&[0.5, -0.2], 1.0, 0).unwrap();
    let before = (online.clone(), ftrl.clone());
    assert_eq!(online.learn(&huge, 0.0, 50).unwrap_err().kind(), ErrorKind::SchemaRange);
    assert_eq!(ftrl.learn(&huge, 0.0, 50).unwrap_err().kind(), ErrorKind::SchemaRange);
    assert_eq!((&online, &ftrl), (&before.0, &before.1));
    let rows = [1.0, 2.0, f64::MAX, -f64::MAX];
    let inputs = Inputs::from_rows(&rows, 2).unwrap();
    assert!(online.learn_rows(&inputs, &[1.0, 0.0], Some(&[5, 50])).is_err());
    assert!(ftrl.learn_rows(&inputs, &[1.0, 0.0], Some(&[5, 50])).is_err());
    assert_eq!((online, ftrl), before);
}
