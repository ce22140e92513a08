use super::dip::dip_of_sorted;
use super::*;
use crate::base::Claim;
use crate::base::random::Random;

#[test]
fn known_dips() {
    // Hartigan's definition by hand; the last one is example 2 of Maechler's manual page.
    for (values, expected) in [
        (vec![1.0, 1.0, 2.0, 2.0], 0.25),
        (vec![0.0, 2.0, 3.0, 5.0, 6.0], 0.13333333333333333),
        (vec![1.0, 1.0, 1.0], 0.0),
        (vec![3.0], 0.0),
        (vec![], 0.0),
    ] {
        assert!((dip_of_sorted(&values) - expected).abs() < 1e-15, "{values:?} {}", dip_of_sorted(&values));
    }
}

#[test]
fn dips_equal_diptest() {
    let mut rows = 0;
    for line in include_str!("reference.csv").lines() {
        let numbers: Vec<f64> = line.split(',').map(|x| x.parse().unwrap()).collect();
        let [expected, p, values @ ..] = numbers.as_slice() else { panic!("{line}") };
        rows += 1;
        let (found, found_p) = dip_test(values).unwrap();
        assert!((found - expected).abs() < 1e-12, "{found} {expected} of {} values", values.len());
        // The p-values stand on two simulated tables, each interpolated: of six values with a dip of 1/6 ours
        // says .0386 and diptest .0460, where 300,000 samples say .0343.
        if *p > 0.3 {
            continue; // There the least possible dip has much of the probability, shared out by convention.
        }
        assert!((found_p - p).abs() < 0.008, "{found_p} {p} of {} values, dip {found}", values.len());
    }
    assert_eq!(rows, 78);
}

/// Ratings of 63 statistics departments (Hartigan, Hartigan 1985, table 3).
const FACULTY: [f64; 63] = [
    30.0, 33.0, 35.0, 36.0, 37.0, 37.0, 39.0, 39.0, 39.0, 39.0, 39.0, 40.0, 40.0, 40.0, 40.0, 41.0, 42.0, 43.0, 43.0,
    43.0, 44.0, 44.0, 45.0, 45.0, 46.0, 46.0, 47.0, 47.0, 48.0, 48.0, 48.0, 49.0, 50.0, 50.0, 51.0, 52.0, 52.0, 53.0,
    53.0, 53.0, 53.0, 53.0, 54.0, 54.0, 57.0, 57.0, 59.0, 60.0, 60.0, 60.0, 61.0, 61.0, 61.0, 61.0, 62.0, 62.0, 62.0,
    62.0, 63.0, 66.0, 70.0, 72.0, 72.0,
];

#[test]
fn faculty_ratings() {
    let found = two_humps(&FACULTY).unwrap();
    // p is .0867 by the table of diptest and .0852 +- .0008 by 120,000 samples.
    assert!((found.dip - 0.0595238).abs() < 1e-7 && (found.p - 0.0852).abs() < 0.001, "{found:?}");
    let gaussians = found.gaussians.unwrap();
    // Two components of scikit-learn 1.9.1 stop at 484.561, by its tolerance short of the top.
    assert!((gaussians.bic_one - 477.676).abs() < 0.001, "{gaussians:?}");
    assert!(gaussians.bic_two <= 484.561 && gaussians.bic_two > 484.4, "{gaussians:?}");
    assert_eq!((found.verdict.claim, found.agree), (Claim::NoEvidence, true));
    let (dip, p) = dip_simulated(&FACULTY, 4000, 1).unwrap();
    assert!(dip == found.dip && (p - found.p).abs() < 0.015, "{p}");
}

#[test]
fn verdicts() {
    let mut random = Random::keyed(1, 2);
    let normal: Vec<f64> = (0..400).map(|_| random.normal()).collect();
    let apart: Vec<f64> = (0..400).map(|i| random.normal() + if i % 2 == 0 { 0.0 } else { 5.0 }).collect();
    let skewed: Vec<f64> = (0..400).map(|_| random.exponential()).collect();
    assert_eq!(two_humps(&normal).unwrap().verdict.claim, Claim::NoEvidence);
    let two = two_humps(&apart).unwrap();
    assert_eq!((two.verdict.claim, two.agree), (Claim::Effect, true));
    assert!(two.verdict.interval.0 > 0.0 && two.verdict.why.contains("dip test says two humps"));
    let gaussians = two.gaussians.unwrap();
    assert!((gaussians.ashman_d - 5.0).abs() < 0.6 && (gaussians.antimode - 2.5).abs() < 0.6, "{gaussians:?}");
    // A skewed sample takes two Gaussians but has no valley, or the tests disagree; never "effect".
    assert_ne!(two_humps(&skewed).unwrap().verdict.claim, Claim::Effect);
    let few = two_humps(&[1.0, 2.0, f64::NAN]).unwrap();
    assert_eq!((few.verdict.claim, few.verdict.n), (Claim::CannotTell, 2));
    assert_eq!(two_humps(&[3.0; 50]).unwrap().verdict.claim, Claim::CannotTell);
    assert!(two_humps(&[1.0, f64::INFINITY]).is_err() && dip(&[f64::NEG_INFINITY]).is_err());
    assert!(dip_simulated(&[1.0, 2.0], 0, 0).is_err() && two_gaussians(&[1.0; 9]).is_err());
}

#[test]
fn neither_unit_nor_offset_matter() {
    let moved: Vec<f64> = FACULTY.iter().map(|x| 1e6 + 1e-3 * x).collect();
    let (plain, moved) = (two_gaussians(&FACULTY).unwrap(), two_gaussians(&moved).unwrap());
    assert!((plain.ashman_d - moved.ashman_d).abs() < 1e-4, "{plain:?} {moved:?}");
    let gain = |two: TwoGaussians| two.bic_two - two.bic_one;
    assert!((gain(plain) - gain(moved)).abs() < 1e-4);
}

#[test]
fn p_values_fall_with_the_dip() {
    for n in [4, 5, 11, 63, 150, 3000, 20_000, 1_000_000] {
        let steps: Vec<f64> = (0..=2000).map(|i| dip_p_value(f64::from(i) / 8000.0, n)).collect();
        assert!(steps.windows(2).all(|pair| pair[1] <= pair[0]), "{n}");
        assert!(steps[0] == 1.0 && steps[2000] < 0.6 && steps.iter().all(|p| (0.0..=1.0).contains(p)));
    }
    assert!(dip_p_value(0.3, 10).is_nan() && dip_p_value(f64::NAN, 10).is_nan());
}

/// The stated accuracy of the tables, against samples that did not make them.
#[test]
fn p_values_are_those_of_samples() {
    for n in [4, 5, 6, 7, 8, 11, 13, 14, 16, 18, 20, 24, 40, 75, 150] {
        let runs = if n > 20 { 20_000 } else { 40_000 };
        let mut dips: Vec<f64> = (0..runs)
            .map(|run| {
                let mut random = Random::keyed(77, (n * runs + run) as u64);
                let mut sample: Vec<f64> = (0..n).map(|_| random.uniform()).collect();
                sample.sort_unstable_by(f64::total_cmp);
                dip_of_sorted(&sample)
            })
            .collect();
        dips.sort_unstable_by(f64::total_cmp);
        for (before, dip) in dips.iter().enumerate().filter(|(_, dip)| **dip > 0.5 / n as f64 * (1.0 + 1e-9)) {
            let share = (runs - before) as f64 / runs as f64;
            let allowed = if n <= 20 || share < 0.2 { 0.004 } else { 0.01 };
            // The samples' own error: the largest of so many differences stays below 1.8 / sqrt(runs).
            let noise = 3.6 * (share * (1.0 - share) / runs as f64).sqrt() + 2.0 / runs as f64;
            let error = (dip_p_value(*dip, n) - share).abs();
            assert!(error < allowed + noise, "{error} of p {share} for {n} values");
        }
    }
}

#[test]
fn cells_and_their_null() {
    // Customers 0 to 9 are always high in category 0 and low in category 1; 10 to 19 always mixed.
    let (mut customer, mut category, mut high) = (Vec::new(), Vec::new(), Vec::new());
    for who in 0..20 {
        for kind in 0..2 {
            for line in 0..4 {
                customer.push(who);
                category.push(kind);
                high.push(if who < 10 { kind == 0 } else { line % 2 == 0 });
            }
        }
    }
    let rule = CellRule::default();
    let found = both_humps(&customer, &category, &high, &rule).unwrap();
    assert_eq!(found, BothHumps { cells: 40, customers: 20, several: 20, both: 10 });
    assert_eq!(shares(&customer, &category, &high, &rule).unwrap()[..2], [1.0, 0.0]);
    let chance = shuffled(&customer, &category, &high, &rule, 20, 1).unwrap();
    assert!(chance.mean < 5.0 && chance.runs.len() == 20);
    assert_eq!(chance, shuffled(&customer, &category, &high, &rule, 20, 1).unwrap());
    let verdict = both_humps_verdict(&found, &chance);
    assert_eq!((verdict.claim, verdict.value), (Claim::Effect, 10.0));
    let strict = CellRule { lines: 5, ..rule };
    assert_eq!(both_humps(&customer, &category, &high, &strict).unwrap().cells, 0);
    for wrong in [CellRule { lines: 0, ..rule }, CellRule { low: 0.9, ..rule }, CellRule { high: f64::NAN, ..rule }] {
        assert!(both_humps(&customer, &category, &high, &wrong).is_err());
    }
    assert!(both_humps(&customer, &category[1..], &high, &rule).is_err());
    assert!(shuffled(&customer, &category, &high, &rule, 0, 1).is_err());
}

#[test]
fn the_posterior_of_a_cell() {
    let mut random = Random::keyed(5, 5);
    let (mut high, mut lines, mut truth) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..3000 {
        let n = 3 + random.below(10);
        let upper = random.uniform() < 0.3;
        let p = if upper { 0.85 } else { 0.1 };
        high.push((0..n).filter(|_| random.uniform() < p).count() as f64);
        lines.push(n as f64);
        truth.push(upper);
    }
    let fitted = BinomialHumps::fit(&high, &lines).unwrap();
    let humps = fitted.humps;
    assert!(
        (humps.low - 0.1).abs() < 0.01 && (humps.high - 0.85).abs() < 0.02 && (humps.share - 0.3).abs() < 0.03,
        "{humps:?}"
    );
    assert!(fitted.bic_two < fitted.bic_one - 1000.0);
    // Calibrated: of cells called p, a share p is of the upper hump.
    let called: f64 = high.iter().zip(&lines).map(|(k, n)| humps.probability_high(*k, *n)).sum();
    let there = truth.iter().filter(|upper| **upper).count() as f64;
    assert!((called - there).abs() < 60.0, "{called} {there}");
    assert_eq!(humps.probability_high(0.0, 0.0), humps.share);
    assert!(humps.probability_high(3.0, 2.0).is_nan());
    assert!(humps.mixing(&[9.0, 0.0], &[9.0, 9.0]) > 0.99 && humps.mixing(&[9.0, 9.0], &[9.0, 9.0]) < 0.01);
    // From where an older fit ended: the same humps in a few steps; equal cells weigh as they count.
    let again = BinomialHumps::fit_from(&high, &lines, Some(humps)).unwrap();
    assert!(again.iterations < fitted.iterations / 4 && again.iterations < 5, "{again:?} {fitted:?}");
    let near = |a: f64, b: f64| (a - b).abs() < 1e-5;
    assert!(
        near(again.humps.low, humps.low) && near(again.humps.high, humps.high) && near(again.humps.share, humps.share)
    );
    let twice = BinomialHumps::fit(&[high.clone(), high.clone()].concat(), &[lines.clone(), lines.clone()].concat());
    let twice = twice.unwrap();
    assert!(near(twice.humps.high, humps.high) && (twice.log_likelihood / fitted.log_likelihood - 2.0).abs() < 1e-9);
    assert!(BinomialHumps::fit(&[1.0], &[2.0]).is_err() && BinomialHumps::fit(&[3.0, 1.0], &[2.0, 2.0]).is_err());
}

#[test]
fn the_middle_melts_away() {
    let (mut period, mut value) = (Vec::new(), Vec::new());
    for week in 0..40u32 {
        for i in 0..200 {
            // From week 20 on the middle's 80 of 200 lose two a week.
            let middle = if week < 20 { 80 } else { 80 - 2 * (week - 20) };
            period.push(week);
            value.push(if i < middle {
                0.5
            } else if i % 2 == 0 {
                0.1
            } else {
                0.9
            });
        }
    }
    let trend = middle_trend(&period, &value, 1.0 / 3.0, 2.0 / 3.0, 10).unwrap();
    assert_eq!(trend.shares[0], [0.3, 0.4, 0.3]);
    assert!(trend.psi[39] > 0.15 && trend.psi[5] < 1e-3);
    assert!(trend.alarm.is_some_and(|week| (20..35).contains(&week)), "{:?}", trend.alarm);
    let calm = middle_trend(&period[..4000], &value[..4000], 1.0 / 3.0, 2.0 / 3.0, 10).unwrap();
    assert_eq!(calm.alarm, None);
    let spread = dispersion_by_period(&period, &value).unwrap();
    assert_eq!((spread.len(), spread[0].1), (40, 200));
    assert!(spread[39].2 > spread[0].2, "{spread:?}");
    assert!(
        middle_trend(&period, &value, 0.7, 0.3, 10).is_err() && middle_trend(&period, &value, 0.3, 0.7, 0).is_err()
    );
    assert!(middle_trend(&period, &value[1..], 0.3, 0.7, 1).is_err() && dispersion_by_period(&[1], &[]).is_err());
}

#[test]
fn tiers_of_prices() {
    let tiers = price_tiers(&[1, 1, 2, 1], &[5.0, 5.0, 1.0, f64::NAN], &[1.0, 3.0, 2.0, 1.0]).unwrap();
    assert_eq!(tiers[..3], [0.5, 0.5, 0.5]);
    assert!(tiers[3].is_nan());
    assert!(price_tiers(&[1], &[-1.0], &[1.0]).is_err() && price_tiers(&[1], &[1.0], &[]).is_err());
}

#[test]
fn intimacy_goes_where_it_pays() {
    let (efficient, intimate) = (Service { margin: [0.1, 0.1], cost: 1.0 }, Service { margin: [0.1, 0.5], cost: 21.0 });
    let upper = [0.9, 0.9, 0.2, f64::NAN, 0.9];
    let plan = service_plan(&upper, &[100.0, 300.0, 100.0, 100.0, 10.0], efficient, intimate, 1).unwrap();
    assert_eq!(plan.intimate, [false, true, false, false, false]);
    assert!((plan.gain[1] - (300.0 * 0.9 * 0.4 - 20.0)).abs() < 1e-9 && plan.gain[3].is_nan());
    assert!((plan.cap[0] - 10.0).abs() < 1e-9 && (plan.cap[1] - 300.0 * 0.46).abs() < 1e-9);
    // All that pays, and no more: the fifth costs more than it brings.
    let all = service_plan(&upper, &[100.0, 300.0, 100.0, 100.0, 10.0], efficient, intimate, 5).unwrap();
    assert_eq!(all.intimate, [true, true, false, false, false]);
    assert!(service_plan(&[0.5], &[], efficient, intimate, 1).is_err());
    assert!(service_plan(&[1.1], &[1.0], efficient, intimate, 1).is_err());
    assert!(service_plan(&[0.5], &[f64::INFINITY], efficient, intimate, 1).is_err());
    assert!(service_plan(&[0.5], &[1.0], Service { cost: f64::NAN, ..efficient }, intimate, 1).is_err());
}
