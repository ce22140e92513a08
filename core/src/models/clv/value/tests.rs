use proptest::prelude::*;

use super::*;
use crate::base::numeric::exp;
use crate::models::clv::{BetaGeoParams, Dropout, History, ParetoNbdParams, RegularBetaGeoParams};

/// The models with parameters around 1, of time in units of `alpha`.
fn models([r, alpha, a, b]: [f64; 4], k: u32) -> Vec<(Box<dyn PurchaseModel>, bool)> {
    let mut all: Vec<(Box<dyn PurchaseModel>, bool)> = Vec::new();
    for dropout in [Dropout::AfterRepeat, Dropout::AfterEvery] {
        all.push((Box::new(BetaGeoParams { r, alpha, a, b, dropout }.check().unwrap()), true));
        all.push((Box::new(RegularBetaGeoParams { r, alpha, a, b, k, dropout }.check().unwrap()), false));
    }
    all.push((Box::new(ParetoNbdParams { r, alpha, s: a, beta: b * alpha }.check().unwrap()), true));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// What the columns say of their motion, and crossings by time rely on.
    #[test]
    fn while_nothing_is_bought_nothing_rises(
        logs in proptest::array::uniform4(-2.5..2.5f64),
        k in 2..5_u32,
        x in 0..40_u32,
        t_x in 0.0..50.0f64,
        t in 0.1..100.0f64,
    ) {
        let x = f64::from(x);
        let t_x = if x > 0.0 { t_x } else { 0.0 };
        for (model, chance) in models(logs.map(exp), k) {
            let (mut alive, mut expected) = (1.0_f64, f64::INFINITY);
            for step in 0..60 {
                let age = t_x + 0.002 * (exp(0.25 * f64::from(step)) - 1.0);
                let now = model.probability_alive(x, t_x, age);
                prop_assert!(now <= alive * (1.0 + 1e-11), "{now} after {alive} at {age}");
                alive = now;
                if chance {
                    let now = model.expected_purchases(t, x, t_x, age);
                    prop_assert!(now <= expected * (1.0 + 1e-10), "{now} after {expected} at {age}");
                    expected = now;
                }
            }
        }
    }
}

/// Regular gaps of k = 1 are chance, of one customer and of many, and a column gives the bits of a row.
#[test]
fn regular_gaps_of_one_event_are_chance() {
    let (x, t_x, age) = ([2.0, 0.0, 26.0, 3.0], [30.43, 0.0, 30.86, 9.0], [38.86, 38.86, 31.0, 9.0]);
    let rows = History { frequency: &x, recency: &t_x, age: &age, weights: None }.check().unwrap();
    for dropout in [Dropout::AfterRepeat, Dropout::AfterEvery] {
        let (r, alpha, a, b) = (0.243, 4.414, 0.793, 2.426);
        let plain: &dyn PurchaseModel = &BetaGeoParams { r, alpha, a, b, dropout }.check().unwrap();
        let one: &dyn PurchaseModel = &RegularBetaGeoParams { r, alpha, a, b, k: 1, dropout }.check().unwrap();
        let two: &dyn PurchaseModel = &RegularBetaGeoParams { r, alpha, a, b, k: 2, dropout }.check().unwrap();
        let all = |model: &dyn PurchaseModel| {
            vec![
                model.probability_alive_all(0.0, &rows).unwrap(),
                model.probability_alive_all(20.0, &rows).unwrap(),
                model.expected_purchases_all(39.0, &rows).unwrap(),
                model.probability_of_all(2, 39.0, &rows).unwrap(),
                model.weighted_purchases_all(&[10.0, 39.0], &[0.5, 0.25], &rows).unwrap(),
            ]
        };
        for (one, plain) in all(one).concat().iter().zip(all(plain).concat()) {
            assert!((one / plain - 1.0).abs() < 1e-10, "{one} {plain}");
        }
        // Alive after t, and how many purchases until then: dropout follows purchases only.
        let later = two.probability_alive_all(20.0, &rows).unwrap();
        let (now, expected) = (&all(two)[0], two.expected_purchases_all(20.0, &rows).unwrap());
        for (row, later) in later.iter().enumerate() {
            let none = two.probability_of_all(0, 20.0, &rows).unwrap()[row] - (1.0 - now[row]);
            assert!(*later <= now[row] && *later >= none && expected[row] >= now[row] - none - 1e-12);
        }
        assert!(two.probability_alive_all(-1.0, &rows).is_err());
        assert!(two.weighted_purchases_all(&[1.0], &[], &rows).is_err());
    }
}

/// `customer_lifetime_value` of lifetimes 0.11.3, freq "W", 12 periods, 1%.
#[test]
fn lifetimes_agrees() {
    let (x, t_x, age, spend) = ([2.0, 0.0, 26.0], [30.43, 0.0, 30.86], [38.86, 38.86, 31.0], [24.66, 35.22, 18.0]);
    let rows = History { frequency: &x, recency: &t_x, age: &age, weights: None }.check().unwrap();
    let horizon = Horizon { periods: 12, length: 4.345, discount: 0.01 };
    let bg =
        BetaGeoParams { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426, dropout: Dropout::AfterRepeat }.check().unwrap();
    let pareto = ParetoNbdParams { r: 0.5534, alpha: 10.5802, s: 0.6061, beta: 11.6562 }.check().unwrap();
    let by_bg = lifetime_value(&bg, &rows, &spend, &horizon).unwrap();
    let by_pareto = lifetime_value(&pareto, &rows, &spend, &horizon).unwrap();
    let expected = [
        [36.28374662450285, 8.369247190134745, 438.63836299260157],
        [43.08195044357999, 4.5258711065746295, 432.71295314557847],
    ];
    for (found, expected) in [by_bg, by_pareto].iter().zip(expected) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
        }
    }
    // Without discount the value is that of the purchases, and more periods are worth more.
    let plain = lifetime_value(&bg, &rows, &[1.0; 3], &Horizon { discount: 0.0, ..horizon }).unwrap();
    for (i, value) in plain.iter().enumerate() {
        let purchases = bg.expected_purchases(12.0 * 4.345, x[i], t_x[i], age[i]);
        assert!((value / purchases - 1.0).abs() < 1e-13);
    }
    assert!(lifetime_value(&bg, &rows, &[1.0, f64::NAN, 1.0], &horizon).unwrap()[1].is_nan());
}

#[test]
fn faults_are_named() {
    let rows = History { frequency: &[1.0], recency: &[1.0], age: &[2.0], weights: None }.check().unwrap();
    let model = ParetoNbdParams { r: 1.0, alpha: 1.0, s: 1.0, beta: 1.0 }.check().unwrap();
    let horizon = Horizon { periods: 12, length: 1.0, discount: 0.01 };
    let fault =
        |spend: &[f64], horizon: Horizon| lifetime_value(&model, &rows, spend, &horizon).unwrap_err().to_string();
    assert_eq!(fault(&[], horizon), "`spend` has 0 rows where `frequency` has 1");
    assert_eq!(fault(&[1.0], Horizon { periods: 0, ..horizon }), "`periods` is 0, but must be 1 to 10,000");
    assert!(fault(&[1.0], Horizon { length: 0.0, ..horizon }).starts_with("`length` is 0"));
    assert!(fault(&[1.0], Horizon { discount: -0.1, ..horizon }).starts_with("`discount` is -0.1"));
}
