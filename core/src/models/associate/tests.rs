use super::*;
use crate::base::random::Random;
use crate::base::{Claim, ErrorKind};
use crate::models::watch::{Ranking, Reliability};

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found} against {expected}");
}

/// scipy.stats.chi2_contingency([[12, 5, 9], [3, 11, 20]], correction=False), association(..., "cramer"),
/// sklearn's mutual_info_score; the correction by Bergsma's formula in Python.
#[test]
fn measures_of_a_table_are_scipys() {
    let counts = [[12, 5, 9], [3, 11, 20]];
    let pairs = (0..2).flat_map(|r| (0..3).flat_map(move |c| (0..counts[r][c]).map(move |_| (r as u32, c as u32))));
    let table = Crosstab::new(pairs);
    near(table.chi_squared(), 10.950421282571384);
    near(table.p_value(), 0.004189346007808639);
    near(table.cramers_v(), 0.4272084050860771);
    near(table.cramers_v_corrected(), 0.38880706724267267);
    near(table.mutual_information(), 0.09414291932265535);
}

/// A dense twin, with random labels and empty cells.
#[test]
fn sparse_counts_equal_a_dense_table() {
    let mut random = Random::keyed(4, 0);
    let pairs: Vec<(u32, u32)> = (0..300).map(|_| (random.below(9) as u32 * 3, random.below(30) as u32)).collect();
    let table = Crosstab::new(pairs.iter().copied());
    let rows: Vec<f64> = (0..27).map(|r| pairs.iter().filter(|pair| pair.0 == r).count() as f64).collect();
    let columns: Vec<f64> = (0..30).map(|c| pairs.iter().filter(|pair| pair.1 == c).count() as f64).collect();
    let (mut chi, mut information) = (0.0, 0.0);
    for (r, row) in rows.iter().enumerate().filter(|(_, row)| **row > 0.0) {
        for (c, column) in columns.iter().enumerate().filter(|(_, column)| **column > 0.0) {
            let count = pairs.iter().filter(|pair| **pair == (r as u32, c as u32)).count() as f64;
            assert_eq!(table.count(r as u32, c as u32) as f64, count);
            let expected = row * column / 300.0;
            chi += (count - expected) * (count - expected) / expected;
            information += if count > 0.0 { count / 300.0 * crate::base::numeric::ln(count / expected) } else { 0.0 };
        }
    }
    near(table.chi_squared(), chi);
    near(table.mutual_information(), information);
}

/// One label on a side, no row: unknown, never a panic.
#[test]
fn a_column_of_one_label_is_associated_with_nothing() {
    for table in [Crosstab::new([]), Crosstab::new([(1, 1), (1, 2), (1, 2)])] {
        assert!(table.cramers_v().is_nan() && table.cramers_v_corrected().is_nan() && table.p_value().is_nan());
    }
    assert!(Crosstab::new([]).mutual_information().is_nan());
    assert!(Lift::new(3, 2, 9, 10).lift.is_nan() && Lift::new(0, 0, 3, 9).lift.is_nan());
}

/// Labels that have nothing to do with each other: V lies above 0 by chance, the corrected one at 0 in the mean.
#[test]
fn the_correction_takes_the_bias_out() {
    let mut random = Random::keyed(7, 0);
    let (mut plain, mut corrected) = (0.0, 0.0);
    for _ in 0..200 {
        let table = Crosstab::new((0..200).map(|_| (random.below(6) as u32, random.below(6) as u32)));
        plain += table.cramers_v() / 200.0;
        corrected += table.cramers_v_corrected() / 200.0;
    }
    assert!(plain > 0.14 && corrected < 0.04, "{plain} {corrected}");
}

/// The same shares, one row against the sum of all tables with these margins.
#[test]
fn fishers_test_is_a_sum_over_tables() {
    let choose = |n: u64, k: u64| (0..k).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64);
    for (group, item, total) in [(7_u64, 9_u64, 20), (5, 5, 12), (12, 3, 15), (4, 18, 20)] {
        let (low, high) = ((group + item).saturating_sub(total), group.min(item));
        let chance = |x: u64| choose(item, x) * choose(total - item, group - x) / choose(total, group);
        for both in low..=high {
            let below: f64 = (low..=both).map(chance).sum();
            let above: f64 = (both..=high).map(chance).sum();
            near(Lift::new(both, group, item, total).p_value, (2.0 * below.min(above)).min(1.0));
        }
    }
}

/// Intervals of sampled lifts hold the true one as often as they say.
#[test]
fn intervals_of_lift_cover() {
    let mut random = Random::keyed(11, 0);
    let (runs, rows) = (2000, 500);
    let mut covered = 0;
    for _ in 0..runs {
        let (mut both, mut group, mut item) = (0, 0, 0);
        for _ in 0..rows {
            let inside = random.uniform() < 0.3;
            let has = random.uniform() < if inside { 0.4 } else { 0.15 };
            both += u64::from(inside && has);
            group += u64::from(inside);
            item += u64::from(has);
        }
        let (low, high) = Lift::new(both, group, item, rows).interval;
        covered += u32::from((low..=high).contains(&(0.4 / 0.225)));
    }
    let share = f64::from(covered) / f64::from(runs);
    assert!((0.935..0.965).contains(&share), "{share}");
}

/// Of tests without any effect, at most 5% of runs claim one; of mixed ones, at most 5% of claims are false.
#[test]
fn false_discoveries_are_held() {
    let mut random = Random::keyed(5, 0);
    let (mut share, runs) = (0.0, 400);
    for _ in 0..runs {
        let strong = |at: usize| at < 10;
        let p: Vec<f64> =
            (0..50).map(|at| if strong(at) { random.uniform() * 1e-4 } else { random.uniform() }).collect();
        let q = benjamini_hochberg(&p).unwrap();
        let kept: Vec<usize> = (0..50).filter(|at| q[*at] <= 0.05).collect();
        assert!((0..10).all(|at| q[at] <= 0.05));
        share += kept.iter().filter(|at| !strong(**at)).count() as f64 / kept.len() as f64 / f64::from(runs);
    }
    assert!(share < 0.05, "{share}");
    let q = benjamini_hochberg(&[0.5, f64::NAN, 0.01]).unwrap();
    assert!(q[1].is_nan() && q[2] == 0.02 && q[0] == 0.5);
    for wrong in [-1.0, 2.0, f64::INFINITY] {
        assert_eq!(benjamini_hochberg(&[0.5, wrong]).unwrap_err().kind(), ErrorKind::SchemaRange);
    }
}

fn experiment(effect_of: impl Fn(u32) -> f64) -> Effects {
    let mut random = Random::keyed(3, 0);
    let rows = 24_000;
    let segments: Vec<u32> = (0..rows).map(|row| row % 12).collect();
    let treated: Vec<bool> = (0..rows).map(|_| random.uniform() < 0.5).collect();
    let mut happens = |row: usize| {
        let p = 0.2 + if treated[row] { effect_of(segments[row]) } else { 0.0 };
        f64::from(u8::from(random.uniform() < p))
    };
    let outcome: Vec<f64> = (0..rows as usize).map(&mut happens).collect();
    effects(&segments, &treated, &outcome, true).unwrap()
}

#[test]
fn effects_are_claimed_where_they_are() {
    let found = experiment(|segment| if segment < 3 { 0.12 } else { 0.0 });
    for one in &found.segments {
        assert_eq!(one.verdict.claim == Claim::Effect, one.segment < 3, "{one:?}");
        assert_eq!(one.verdict.claim == Claim::Effect, one.q_value <= 0.05);
    }
    assert!(found.heterogeneity < 1e-6 && found.between > 0.03);
    let alike = experiment(|_| 0.05);
    assert!(alike.heterogeneity > 0.01 && (alike.overall - 0.05).abs() < 0.02);
    let spread =
        |of: &dyn Fn(&Effect) -> f64| alike.segments.iter().map(|one| (of(one) - 0.05) * (of(one) - 0.05)).sum::<f64>();
    assert!(spread(&|one| one.shrunk) < 0.5 * spread(&|one| one.means.0 - one.means.1));
}

#[test]
fn who_was_not_drawn_by_lot_proves_nothing() {
    let treated = [true, false].repeat(40);
    let outcome: Vec<f64> = treated.iter().map(|treated| f64::from(u8::from(*treated))).collect();
    let found = effects(&[0; 80], &treated, &outcome, false).unwrap();
    assert_eq!(found.segments[0].verdict.claim, Claim::CannotTell);
    let few = effects(&[0; 4], &treated[..4], &outcome[..4], true).unwrap();
    assert_eq!(few.segments[0].verdict.claim, Claim::CannotTell);
    assert_eq!(effects(&[0], &[], &[], true).unwrap_err().kind(), ErrorKind::SchemaRange);
}

/// On a second sample of a known world: ranking near the best possible, probabilities honest.
#[test]
fn look_alikes_are_ranked_and_calibrated() {
    let world = |seed: u64| {
        let mut random = Random::keyed(seed, 0);
        let (mut x, mut kind, mut member, mut truth) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for row in 0..6000 {
            let (value, label) = (random.normal(), random.below(4) as f64);
            let p = crate::models::linear::logistic(0.8 * value + [-1.5, -0.5, 0.5, -2.5][label as usize]);
            x.push(if row % 10 == 0 { f64::NAN } else { 40.0 + 12.0 * value });
            kind.push(label);
            member.push(random.uniform() < p);
            truth.push(p);
        }
        (x, kind, member, truth)
    };
    let (x, kind, member, _) = world(1);
    let columns = [Characteristic::Number(&x), Characteristic::Label(&kind)];
    let model = LookAlike::fit(&columns, &member, &LookAlikeParams::default()).unwrap();
    let (x, kind, member, truth) = world(2);
    let p = model.predict(&[Characteristic::Number(&x), Characteristic::Label(&kind)]).unwrap();
    let auc = |scores: &[f64]| Ranking::new(scores, &member).unwrap().auc;
    assert!(auc(&p) > auc(&truth) - 0.02, "{} {}", auc(&p), auc(&truth));
    let mut reliability = Reliability::new(10).unwrap();
    p.iter().zip(&member).for_each(|(p, member)| reliability.add(*p, *member).unwrap());
    assert!(reliability.calibration_error() < 0.02, "{}", reliability.calibration_error());
}

#[test]
fn look_alikes_need_rows_and_the_same_columns() {
    let x = [1.0; 30];
    let one = [Characteristic::Number(&x)];
    let fit = |member: &[bool]| LookAlike::fit(&one, member, &LookAlikeParams::default());
    assert_eq!(fit(&[true; 30]).unwrap_err().kind(), ErrorKind::NotEnoughData);
    assert_eq!(fit(&[true; 3]).unwrap_err().kind(), ErrorKind::SchemaRange);
    let model = fit(&[true, false, false].repeat(10)).unwrap();
    assert!(model.predict(&[Characteristic::Label(&x)]).is_err());
    // A characteristic with one value tells nothing.
    assert!((model.predict(&one).unwrap()[0] - 1.0 / 3.0).abs() < 0.03);
}

/// Noise, of one column or of ten that are in the way, adds nothing in at least 95 of 100 runs; a cause adds in all.
#[test]
fn gains_are_those_of_what_tells() {
    let (mut false_claims, params) = ([0, 0], LookAlikeParams::default());
    for seed in 0..100 {
        let mut random = Random::keyed(seed, 0);
        let [x, z] = [0; 2].map(|_| (0..400).map(|_| random.normal()).collect::<Vec<f64>>());
        let noise: Vec<Vec<f64>> = (0..10).map(|_| (0..400).map(|_| random.normal()).collect()).collect();
        let outcome: Vec<bool> = (0..400).map(|row| x[row] + 1.5 * z[row] + random.normal() > 0.3).collect();
        let noise: Vec<Characteristic<'_>> = noise.iter().map(|values| Characteristic::Number(values)).collect();
        let [x, z] = [&x, &z].map(|values| Characteristic::Number(values));
        for (claims, count) in false_claims.iter_mut().zip([1, 10]) {
            let idle = gain(&[x, z], &noise[..count], &outcome, &params).unwrap();
            *claims += u32::from([&idle.auc, &idle.log_loss].iter().any(|found| found.claim == Claim::Effect));
        }
        if seed % 5 == 0 {
            let helps = gain(&[x], &[z], &outcome, &params).unwrap();
            assert_eq!((helps.log_loss.claim, helps.auc.claim), (Claim::Effect, Claim::Effect));
            assert!(helps.log_loss.value > 0.05 && helps.auc.value > 0.05);
        }
    }
    assert!(false_claims.iter().all(|claims| *claims <= 5), "{false_claims:?}");
    let few = gain(&[Characteristic::Number(&[1.0])], &[Characteristic::Number(&[1.0])], &[true], &params).unwrap();
    assert_eq!(few.auc.claim, Claim::CannotTell);
}

/// A gain that is sure and tiny is told as such, with its interval, and claims nothing.
#[test]
fn a_gain_must_be_worth_it() {
    let mut random = Random::keyed(3, 0);
    let [x, z] = [0; 2].map(|_| (0..60_000).map(|_| random.normal()).collect::<Vec<f64>>());
    let outcome: Vec<bool> = (0..60_000).map(|row| x[row] + 0.05 * z[row] + random.normal() > 0.0).collect();
    let [x, z] = [&x, &z].map(|values| Characteristic::Number(values));
    let found = gain(&[x], &[z], &outcome, &LookAlikeParams::default()).unwrap().log_loss;
    assert!(found.interval.0 > 0.0 && found.value < 0.001, "{found}");
    assert!(found.claim == Claim::NoEvidence && found.why.contains("not worth"), "{found}");
}

/// The coefficients are those of the regression over the same numbers written out.
#[test]
fn the_regression_is_the_dense_one() {
    use super::features::Coded;
    use super::regression::Regression;
    use crate::models::Inputs;
    use crate::models::linear::LogisticRegression;

    let mut random = Random::keyed(9, 0);
    let number = |random: &mut Random| if random.below(9) == 0 { f64::NAN } else { random.normal() };
    let x: Vec<f64> = (0..700).map(|_| number(&mut random)).collect();
    let kind: Vec<f64> = (0..700).map(|_| random.below(5) as f64).collect();
    let member: Vec<bool> = (0..700).map(|row| random.uniform() < 0.2 + 0.1 * kind[row]).collect();
    let columns = [Characteristic::Number(&x), Characteristic::Label(&kind)];
    let coded: Coded = Characteristics::new(&columns).unwrap().code(&columns).unwrap();
    let ours = Regression { rows: &coded, member: &member, l2: 1.0 }.fit(|row| row % 7 != 3, None).unwrap();
    let mut dense = vec![0.0; 700 * coded.width];
    for row in 0..700 {
        coded.row(row).iter().for_each(|(slot, value)| dense[row * coded.width + *slot as usize] = *value);
    }
    let y: Vec<f64> = member.iter().map(|member| f64::from(u8::from(*member))).collect();
    let weights: Vec<f64> = (0..700).map(|row| f64::from(u8::from(row % 7 != 3))).collect();
    let inputs = Inputs::from_rows(&dense, coded.width).unwrap();
    let model =
        LogisticRegression { l2: 1.0, ..LogisticRegression::default() }.fit(&inputs, &y, Some(&weights), None).unwrap();
    let theirs = model.coefficients.iter().chain([&model.intercept]);
    assert!(ours.iter().zip(theirs).all(|(ours, theirs)| (ours - theirs).abs() < 1e-7), "{ours:?} {model:?}");
    assert!(Regression { rows: &coded, member: &member, l2: -1.0 }.fit(|_| true, None).is_err());
}
