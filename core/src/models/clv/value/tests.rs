use super::*;
use crate::models::clv::{BetaGeoParams, Dropout, History, ParetoNbdParams};

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
