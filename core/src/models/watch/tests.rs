//! Against definitions computed over all pairs, and by laws of merging.

use proptest::prelude::*;

use super::*;
use crate::base::ErrorKind;
use crate::base::numeric::ln;

/// Area, its standard error and the statistic of Kolmogorov and Smirnov, by their definitions.
fn by_pairs(scores: &[f64], events: &[bool]) -> (f64, f64, f64) {
    let of = |wanted: bool| -> Vec<f64> {
        scores.iter().zip(events).filter(|row| *row.1 == wanted).map(|row| *row.0).collect()
    };
    let (positive, negative) = (of(true), of(false));
    let wins = |a: f64, b: f64| {
        if a > b {
            1.0
        } else if a == b {
            0.5
        } else {
            0.0
        }
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let variance = |values: &[f64]| {
        let centre = mean(values);
        values.iter().map(|x| (x - centre) * (x - centre)).sum::<f64>() / (values.len() as f64 - 1.0)
    };
    let rows: Vec<f64> =
        positive.iter().map(|a| mean(&negative.iter().map(|b| wins(*a, *b)).collect::<Vec<_>>())).collect();
    let columns: Vec<f64> =
        negative.iter().map(|b| mean(&positive.iter().map(|a| wins(*a, *b)).collect::<Vec<_>>())).collect();
    let error = (variance(&rows) / rows.len() as f64 + variance(&columns) / columns.len() as f64).sqrt();
    let below = |values: &[f64], at: f64| values.iter().filter(|x| **x <= at).count() as f64 / values.len() as f64;
    let gap = scores.iter().map(|at| (below(&positive, *at) - below(&negative, *at)).abs()).fold(0.0, f64::max);
    (mean(&rows), error, gap)
}

proptest! {
    #[test]
    fn ranking_is_by_definition(rows in prop::collection::vec((0_u32..12, any::<bool>()), 2..40)) {
        let (scores, events): (Vec<f64>, Vec<bool>) = rows.iter().map(|row| (f64::from(row.0), row.1)).unzip();
        match Ranking::new(&scores, &events) {
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::NotEnoughData);
                prop_assert!(events.iter().all(|event| *event == events[0]));
            }
            Ok(ranking) => {
                let (auc, error, ks) = by_pairs(&scores, &events);
                prop_assert!((ranking.auc - auc).abs() < 1e-12);
                prop_assert!((ranking.ks - ks).abs() < 1e-12);
                prop_assert!(ranking.auc_error.is_nan() == error.is_nan());
                prop_assert!(error.is_nan() || (ranking.auc_error - error).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn parts_merge_to_the_whole(values in prop::collection::vec(prop_oneof![-5.0..5.0, Just(f64::NAN)], 0..60), cut in 0_usize..60) {
        let mut whole = Histogram::new(&[-1.0, 0.0, 2.0]).unwrap();
        let (mut left, mut right) = (whole.emptied(), whole.emptied());
        for (index, value) in values.iter().enumerate() {
            whole.add(*value);
            if index < cut { left.add(*value) } else { right.add(*value) }
        }
        right.merge(&left).unwrap();
        prop_assert_eq!(&right, &whole);
        prop_assert_eq!(whole.counts().iter().sum::<u64>(), values.len() as u64);
        let mut drift = Drift::new(whole.clone(), 7).unwrap();
        let mut parts = [drift.clone(), drift.clone()];
        for (index, value) in values.iter().enumerate() {
            drift.add(index as i64 - 30, *value).unwrap();
            parts[usize::from(index < cut)].add(index as i64 - 30, *value).unwrap();
        }
        let [mut first, second] = parts;
        first.merge(&second).unwrap();
        prop_assert_eq!(&first, &drift);
        for period in drift.series() {
            let mut counted = whole.emptied();
            let inside = values.iter().enumerate().filter(|(i, _)| (period.from..period.from + 7).contains(&(*i as i64 - 30)));
            inside.for_each(|(_, value)| counted.add(*value));
            prop_assert_eq!(period.rows, counted.counts().iter().sum::<u64>());
            prop_assert!((period.index - counted.stability_index(&whole).unwrap()).abs() < 1e-15);
        }
        prop_assert!(Drift::new(whole.clone(), 0).is_err());
        prop_assert!(first.merge(&Drift::new(whole.clone(), 8).unwrap()).is_err());
        // Against other counts in the same bins.
        let mut other = whole.clone();
        other.add(0.5);
        let counted = first.clone();
        prop_assert!(first.merge(&Drift::new(other, 7).unwrap()).is_err());
        prop_assert_eq!(&first, &counted);
    }
}

#[test]
fn intervals_cover_and_narrow() {
    let scores: Vec<f64> = (0..2000).map(|i| f64::from(i * 7919 % 2000)).collect();
    let events: Vec<bool> = scores.iter().enumerate().map(|(i, s)| (*s as usize + i * 31) % 2000 > 900).collect();
    let ranking = Ranking::new(&scores, &events).unwrap();
    let (low, high) = ranking.auc_interval();
    assert!(low < ranking.auc && ranking.auc < high && high - low < 0.06);
    assert!((ranking.gini_interval().0 - (2.0 * low - 1.0)).abs() < 1e-15);
    let (low, high) = ranking.ks_interval();
    assert!(low <= ranking.ks && ranking.ks <= high);
    let unknown = Ranking::new(&[1.0, 2.0, f64::NAN], &[false, true, false]).unwrap();
    assert_eq!((unknown.auc, unknown.events, unknown.non_events), (1.0, 1, 1));
    assert!(Ranking::new(&[1.0], &[]).is_err());
}

#[test]
fn stability() {
    // Counts large enough that half a row does not show: 0.1 ln(0.6/0.5) + ...
    let index = stability_index(&[600_000, 400_000], &[500_000, 500_000]).unwrap();
    assert!((index - (0.1 * ln(1.2) - 0.1 * ln(0.8))).abs() < 1e-6);
    assert!((index - stability_index(&[500_000, 500_000], &[600_000, 400_000]).unwrap()).abs() < 1e-15);
    let empty = stability_index(&[100, 0], &[50, 50]).unwrap();
    assert!(empty.is_finite() && empty > 1.0);
    assert_eq!(stability_index(&[1], &[1, 2]).unwrap_err().kind(), ErrorKind::SchemaRange);
    assert_eq!(stability_index(&[0], &[1]).unwrap_err().kind(), ErrorKind::NotEnoughData);
    let mut a = Histogram::new(&[0.0]).unwrap();
    a.add(1.0);
    assert!(a.stability_index(&Histogram::new(&[1.0]).unwrap()).is_err());
    assert!(Histogram::new(&[1.0, 1.0]).is_err() && Histogram::new(&[f64::NAN]).is_err());
}

#[test]
fn reliability() {
    let mut all = Reliability::new(5).unwrap();
    let mut other = all.clone();
    for i in 0..100 {
        let target = if i % 2 == 0 { &mut all } else { &mut other };
        target.add(f64::from(i) / 100.0, i % 3 == 0).unwrap();
    }
    let counted = all.clone();
    all.add(f64::NAN, true).unwrap();
    assert_eq!(all.add_all(&[0.5, 1.5], &[true, true]).unwrap_err().message(), "row 1: `1.5` is no probability");
    assert_eq!(all, counted);
    all.merge(&other).unwrap();
    assert_eq!((all.rows(), all.curve().len()), (100, 5));
    let off = |i: i32| f64::from(i) / 100.0 - f64::from(u8::from(i % 3 == 0));
    let brier: f64 = (0..100).map(|i| off(i) * off(i)).sum::<f64>() / 100.0;
    assert!((all.brier() - brier).abs() < 1e-12);
    assert!(all.calibration_error() > 0.2);
    assert!(all.merge(&Reliability::new(4).unwrap()).is_err() && Reliability::new(0).is_err());
    assert!(Reliability::new(3).unwrap().calibration_error().is_nan());
}

#[test]
fn a_replacement_takes_the_same() {
    let input = |name: &str, unit: &str| Input {
        name: name.into(),
        kind: InputKind::Number,
        unit: unit.into(),
        categories: vec![],
    };
    let model = |inputs: Vec<Input>| Signature { inputs, outputs: 1, hash: 0 };
    let old = model(vec![input("age", "years"), input("income", "")]);
    old.check_replacement(&model(vec![input("age", "years"), input("income", "EUR")])).unwrap();
    let error = old.check_replacement(&model(vec![input("age", "days"), input("income", "")])).unwrap_err();
    assert_eq!(error.message(), "input 0 of the model is the number `age` in `days`, not the number `age` in `years`");
    assert!(old.check_replacement(&model(vec![input("age", "years")])).is_err());
    assert!(old.check_same(&old).is_ok() && old.check_same(&Signature { hash: 1, ..old.clone() }).is_err());
    let named = old.clone().with_units([("income", "EUR")]).unwrap();
    assert!(named.inputs[1].unit == "EUR" && old.clone().with_units([("incom", "EUR")]).is_err());
    let renamed = Input { categories: vec!["a".into()], ..input("age", "years") };
    assert!(old.check_replacement(&model(vec![renamed, input("income", "")])).is_err());
    assert!(old.check_replacement(&Signature { outputs: 3, ..old.clone() }).is_err());
    assert_eq!(old.bind(&["age", "age", "income"]).unwrap_err().kind(), ErrorKind::UnknownColumn);
}
