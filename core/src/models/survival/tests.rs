use super::*;
use crate::base::ErrorKind;
use crate::base::numeric::ln;

/// Weeks of remission under 6-MP and placebo, and who relapsed (Freireich et al. 1963).
const TREATED: [f64; 21] = [
    6.0, 6.0, 6.0, 6.0, 7.0, 9.0, 10.0, 10.0, 11.0, 13.0, 16.0, 17.0, 19.0, 20.0, 22.0, 23.0, 25.0, 32.0, 32.0, 34.0,
    35.0,
];
const RELAPSED: [bool; 21] = [
    true, true, true, false, true, false, true, false, false, true, true, false, false, false, true, true, false,
    false, false, false, false,
];
const PLACEBO: [f64; 21] =
    [1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 5.0, 5.0, 8.0, 8.0, 8.0, 8.0, 11.0, 11.0, 12.0, 12.0, 15.0, 17.0, 22.0, 23.0];

#[test]
fn remissions_as_published() {
    let curve = KaplanMeier::new(&TREATED, &RELAPSED, None).unwrap();
    // Kalbfleisch and Prentice 2002; the standard errors are Greenwood's.
    let expected = [
        (6.0, 0.8571, 0.0764),
        (7.0, 0.8067, 0.0869),
        (10.0, 0.7529, 0.0963),
        (13.0, 0.6902, 0.1068),
        (16.0, 0.6275, 0.1141),
        (22.0, 0.5378, 0.1282),
        (23.0, 0.4482, 0.1346),
    ];
    assert_eq!(curve.times().len(), expected.len());
    for (found, (time, survival, error)) in curve.times().iter().zip(expected) {
        assert_eq!(found.time, time);
        assert!((found.survival - survival).abs() < 5e-5 && (found.standard_error - error).abs() < 5e-5, "{found:?}");
        let (low, high) = curve.interval(time, 0.95);
        assert!(0.0 < low && low < found.survival && found.survival < high && high < 1.0);
    }
    assert_eq!((curve.survival(5.9), curve.survival(34.9), curve.median()), (1.0, curve.times()[6].survival, 23.0));
    assert!(curve.survival(35.1).is_nan() && curve.survival(-1.0).is_nan() && curve.mean_until(36.0).is_nan());
    assert!((curve.mean_until(6.5) - (6.0 + 0.5 * 6.0 / 7.0)).abs() < 1e-12);
    let all = KaplanMeier::new(&PLACEBO, &[true; 21], None).unwrap();
    assert_eq!((all.median(), all.survival(23.0), all.survival(99.0)), (8.0, 0.0, 0.0));
    assert!((all.survival(8.0) - 8.0 / 21.0).abs() < 1e-15 && all.times().last().unwrap().standard_error.is_nan());
}

#[test]
fn weights_are_customers() {
    let weighted = KaplanMeier::new(&[1.0, 2.0, 3.0], &[true, false, true], Some(&[2.0, 1.0, 3.0])).unwrap();
    let rows = [(1.0, true), (1.0, true), (2.0, false), (3.0, true), (3.0, true), (3.0, true)];
    let (duration, left): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
    // As texts, since the last standard error is unknown.
    assert_eq!(format!("{weighted:?}"), format!("{:?}", KaplanMeier::new(&duration, &left, None).unwrap()));
}

#[test]
fn log_rank_as_published() {
    let duration: Vec<f64> = TREATED.into_iter().chain(PLACEBO).collect();
    let left: Vec<bool> = RELAPSED.into_iter().chain([true; 21]).collect();
    let segment: Vec<u32> = [0; 21].into_iter().chain([2; 21]).collect();
    let found = log_rank(&duration, &left, &segment, 3).unwrap();
    // 16.793 on one degree of freedom, p 4.17e-5 (R's survdiff).
    assert!((found.statistic - 16.793).abs() < 5e-4 && found.degrees == 1, "{found:?}");
    assert!((found.p / 4.17e-5 - 1.0).abs() < 2e-3);
    let curves = by_segment(&duration, &left, &segment, 3).unwrap();
    assert_eq!(curves[0].as_ref().unwrap().median(), 23.0);
    assert!(curves[1].is_none() && curves[2].as_ref().unwrap().median() == 8.0);
    assert_eq!(log_rank(&duration, &left, &[0; 42], 1).unwrap_err().kind(), ErrorKind::NotEnoughData);
    assert!(by_segment(&duration, &left, &segment, 2).is_err());
}

#[test]
fn a_level_per_period_is_the_life_table() {
    let duration: Vec<u32> = TREATED.iter().map(|t| *t as u32).collect();
    let fitted = DiscreteHazard::fit(&duration, &RELAPSED, &[], 0, Baseline::PerPeriod).unwrap();
    for (t, expected) in [(6, 3.0 / 21.0), (7, 1.0 / 17.0), (10, 1.0 / 15.0), (23, 1.0 / 6.0), (8, 0.0), (35, 0.0)] {
        let found = fitted.model.hazard(t, &[]).unwrap();
        assert!((found - expected).abs() < 1e-6, "{t} {found}");
    }
    let curve = KaplanMeier::new(&TREATED, &RELAPSED, None).unwrap();
    assert!((fitted.model.survival(23, &[]).unwrap() - curve.survival(23.0)).abs() < 1e-5);
    assert!(fitted.model.hazard(36, &[]).unwrap().is_nan() && fitted.model.hazard(0, &[]).is_err());
}

#[test]
fn a_single_period_is_a_table_of_odds() {
    // Of 8 with x = 1 three leave, of 12 with x = 0 two.
    let x: Vec<f64> = (0..20).map(|i| f64::from(u8::from(i < 8))).collect();
    let left: Vec<bool> = (0..20).map(|i| i < 3 || (8..10).contains(&i)).collect();
    let fitted = DiscreteHazard::fit(&[1; 20], &left, &x, 1, Baseline::LogTime).unwrap();
    let (odds, base) = (ln(3.0 / 5.0), ln(2.0 / 10.0));
    assert!(fitted.converged && (fitted.model.beta()[0] - (odds - base)).abs() < 1e-6, "{fitted:?}");
    assert!((fitted.model.baseline()[0] - base).abs() < 1e-6);
    let error = (1.0 / 3.0 + 1.0 / 5.0 + 1.0 / 2.0 + 1.0 / 10.0f64).sqrt();
    assert!((fitted.standard_errors[2] - error).abs() < 1e-6);
    let value = 3.0 * ln(3.0 / 8.0) + 5.0 * ln(5.0 / 8.0) + 2.0 * ln(2.0 / 12.0) + 10.0 * ln(10.0 / 12.0);
    assert!((fitted.log_likelihood - value).abs() < 1e-6);
}

#[test]
fn faults_are_named() {
    let fault = |duration: &[f64], left: &[bool]| KaplanMeier::new(duration, left, None).unwrap_err().to_string();
    assert_eq!(fault(&[1.0, -2.0], &[true, true]), "`duration` is -2 in row 1, but must be finite and at least 0");
    assert_eq!(fault(&[1.0], &[true, true]), "1 durations, 2 flags and 1 weights");
    assert_eq!(fault(&[], &[]), "survival needs at least one customer");
    assert!(KaplanMeier::new(&[1.0], &[true], Some(&[f64::NAN])).is_err());
    let hazard = |duration: &[u32], left: &[bool], x: &[f64], width: usize| {
        DiscreteHazard::fit(duration, left, x, width, Baseline::LogTime).unwrap_err().to_string()
    };
    assert_eq!(hazard(&[0], &[true], &[], 0), "`duration` is 0 in row 0, but must be 1 to 10,000");
    assert_eq!(hazard(&[2], &[true], &[f64::NAN], 1), "a covariate is not finite");
    assert_eq!(hazard(&[2, 3], &[false, false], &[], 0), "nobody left, or nobody stayed a period");
    assert!(hazard(&[2], &[true], &[1.0], 2).starts_with("1 durations, 1 flags and 1 covariates"));
}

#[test]
fn coefficients_make_the_hazard_again() {
    let duration = [1, 1, 2, 3, 2, 3, 3, 3, 3, 3];
    let left = [true, true, true, false, true, false, true, false, false, false];
    let x = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    for baseline in [Baseline::LogTime, Baseline::PerPeriod] {
        let model = DiscreteHazard::fit(&duration, &left, &x, 1, baseline).unwrap().model;
        let again = DiscreteHazard::from_coefficients(baseline, model.baseline().to_vec(), model.beta().to_vec());
        assert_eq!(again.unwrap(), model);
    }
    assert!(DiscreteHazard::from_coefficients(Baseline::LogTime, vec![1.0], vec![]).is_err());
    assert!(DiscreteHazard::from_coefficients(Baseline::PerPeriod, vec![f64::NAN], vec![]).is_err());
}

/// The arrow of levels and covariates is the whole matrix: its inverse, brute force, and a single level's odds.
#[test]
fn standard_errors_are_those_of_the_whole_matrix() {
    let duration: Vec<u32> = (0..120).map(|i| 1 + i * 7 % 5).collect();
    let left: Vec<bool> = (0..120).map(|i| i % 3 != 1).collect();
    let x: Vec<f64> = (0..240).map(|i| f64::from(i * 37 % 11) / 11.0).collect();
    let fitted = DiscreteHazard::fit(&duration, &left, &x, 2, Baseline::PerPeriod).unwrap();
    assert!(fitted.converged && fitted.standard_errors.len() == 7);
    let mut whole = vec![vec![0.0; 7]; 7];
    for (row, x) in x.chunks(2).enumerate() {
        for t in 1..=duration[row] {
            let p = fitted.model.hazard(t, x).unwrap();
            let mut design = [0.0; 7];
            design[t as usize - 1] = 1.0;
            design[5..].copy_from_slice(x);
            for (i, j) in (0..49).map(|place| (place / 7, place % 7)) {
                whole[i][j] += p * (1.0 - p) * design[i] * design[j];
            }
        }
    }
    for (i, error) in fitted.standard_errors.iter().enumerate() {
        let mut unit = vec![0.0; 7];
        unit[i] = 1.0;
        let expected = hazard::solve(whole.clone(), unit).unwrap()[i].sqrt();
        assert!((error / expected - 1.0).abs() < 1e-6, "{i}: {error} is not {expected}");
    }
}

/// A level for each of thousands of periods, most of them without an event.
#[test]
fn a_long_tenure_has_its_levels() {
    let duration = [3, 10, 40, 700, 5000, 10_000];
    let left = [true, false, true, true, false, false];
    let x = [0.1, -0.3, 0.2, 0.4, -0.1, 0.3];
    let fitted = DiscreteHazard::fit(&duration, &left, &x, 1, Baseline::PerPeriod).unwrap();
    assert_eq!(fitted.standard_errors.len(), 10_001);
    assert!(fitted.model.hazard(4, &[0.0]).unwrap() < 1e-4 && fitted.model.hazard(700, &[0.3]).unwrap() > 0.1);
}
