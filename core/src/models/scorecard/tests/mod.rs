//! Against optbinning's figures, against all binnings of a few prebins, and by laws.

use proptest::prelude::*;

use super::levels::{FEW, Row, sorted};
use super::optimal::{Rules, optimal};
use super::*;
use crate::base::numeric::{exp, ln};
use crate::base::random::Random;

/// Wisconsin breast cancer (UCI, CC BY 4.0; Street, Wolberg, Mangasarian 1993): mean radius, and
/// whether the tumour is benign.
fn mean_radius() -> (Vec<f64>, Vec<bool>) {
    let rows = include_str!("mean_radius.csv").lines().skip(1).map(|line| line.split_once(',').unwrap());
    // optbinning's trees read f32.
    rows.map(|(x, y)| (f64::from(x.parse::<f32>().unwrap()), y == "1")).unzip()
}

#[test]
fn breast_cancer_as_optbinning() {
    let (x, y) = mean_radius();
    let binning = OptimalBinning::default().fit(&x, &y, None).unwrap();
    let Bins::Cuts(cuts) = &binning.bins else { panic!("{:?}", binning.bins) };
    let printed: Vec<String> = cuts.iter().map(|cut| format!("{cut:.8}")).collect();
    let want = ["11.42500019", "12.32999992", "13.09499979", "13.70499992", "15.04500008", "16.92500019"];
    assert_eq!(printed, want);
    assert_eq!(format!("{:.8}", binning.information_value()), "5.04392547");
    assert_eq!(format!("{:.8}", binning.kolmogorov_smirnov()), "0.72862164");
}

/// All ways to join neighbouring prebins, tried.
fn tried(prebins: &[Counts], all: &Counts, trend: Trend, rules: &Rules) -> f64 {
    let n = prebins.len();
    let mut best = f64::NEG_INFINITY;
    for joined in 0_u32..1 << (n - 1) {
        let mut bins = vec![prebins[0]];
        for (index, prebin) in prebins.iter().enumerate().skip(1) {
            if joined >> (index - 1) & 1 == 1 {
                let last = bins.last_mut().unwrap();
                *last = last.plus(*prebin);
            } else {
                bins.push(*prebin);
            }
        }
        let rates: Vec<f64> = bins.iter().map(Counts::event_rate).collect();
        let up = |rates: &[f64]| rates.windows(2).all(|pair| pair[0] <= pair[1]);
        let down = |rates: &[f64]| rates.windows(2).all(|pair| pair[0] >= pair[1]);
        let fits = match trend {
            Trend::Free => true,
            Trend::Ascending => up(&rates),
            Trend::Descending => down(&rates),
            Trend::Auto => up(&rates) || down(&rates),
            Trend::Peak => (0..rates.len()).any(|top| up(&rates[..=top]) && down(&rates[top..])),
            Trend::Valley => (0..rates.len()).any(|low| down(&rates[..=low]) && up(&rates[low..])),
        };
        let stepped = rates.windows(2).all(|pair| (pair[0] - pair[1]).abs() >= rules.rate_step);
        let sized = bins.iter().all(|bin| bin.mixed() && bin.total() >= rules.least);
        if fits && stepped && sized && rules.most_bins.is_none_or(|most| bins.len() <= most) {
            best = best.max(bins.iter().map(|bin| bin.information(all)).sum());
        }
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_binning_is_better(
        pairs in prop::collection::vec((0_u32..30, 0_u32..60), 1..9), trend in 0_usize..6,
        most_bins in prop::option::of(1_usize..6), least in 0_u32..60, rate_step in prop_oneof![Just(0.0), 0.0..0.2],
    ) {
        let prebins: Vec<Counts> =
            pairs.iter().map(|p| Counts { events: f64::from(p.0), non_events: f64::from(p.1) }).collect();
        let all = prebins.iter().fold(Counts { events: 3.0, non_events: 5.0 }, |sum, bin| sum.plus(*bin));
        let trends = [Trend::Auto, Trend::Ascending, Trend::Descending, Trend::Peak, Trend::Valley, Trend::Free];
        let rules = Rules { least: f64::from(least), most_bins, rate_step };
        let (ends, value) = optimal(&prebins, &all, trends[trend], &rules);
        let best = tried(&prebins, &all, trends[trend], &rules);
        if ends.is_empty() {
            prop_assert_eq!(best, f64::NEG_INFINITY);
        } else {
            prop_assert!((value - best).abs() < 1e-12, "{:?}: {} {}", trends[trend], value, best);
            prop_assert_eq!(*ends.last().unwrap(), prebins.len() - 1);
        }
    }
}

#[test]
fn specials_missing_and_unseen_have_bins() {
    let mut random = Random::keyed(1, 1);
    let mut values = Vec::new();
    let mut events = Vec::new();
    for _ in 0..2000 {
        let x = random.below(30) as f64;
        let (x, risk) = match random.below(10) {
            0 => (f64::NAN, 0.5),
            1 => (-1.0, 0.05),
            _ => (x, 0.1 + x / 50.0),
        };
        values.push(x);
        events.push(random.uniform() < risk);
    }
    let params = OptimalBinning { specials: vec![-1.0], bins: Some(4), bin_share: 0.1, ..OptimalBinning::default() };
    let binning = params.fit(&values, &events, None).unwrap();
    let ordinary = binning.counts.len() - 3;
    assert!((2..=4).contains(&ordinary));
    assert_eq!((binning.bin(-1.0), binning.bin(f64::NAN)), (ordinary, ordinary + 1));
    assert_eq!((binning.label(ordinary), binning.label(ordinary + 1)), ("special -1".to_owned(), "missing".to_owned()));
    assert!(binning.weight_of_evidence(-1.0) > 0.0 && binning.weight_of_evidence(f64::NAN) < 0.0);
    assert_eq!(binning.all().total(), 2000.0);
    let mut evidence = vec![0.0; values.len()];
    binning.weigh(&values, &mut evidence).unwrap();
    assert!(values.iter().zip(&evidence).all(|(x, e)| binning.weight_of_evidence(*x) == *e));
    assert!(binning.weigh(&values, &mut evidence[1..]).is_err());
    let rates: Vec<f64> = binning.counts[..ordinary].iter().map(Counts::event_rate).collect();
    assert!(rates.is_sorted());

    let grouped = OptimalBinning { category_share: 0.01, ..params }.fit_categories(&values, &events, None).unwrap();
    assert_eq!(grouped.weight_of_evidence(77.0), grouped.weights_of_evidence()[grouped.counts.len() - 1]);
    assert_eq!(grouped.label(grouped.bin(77.0)), "unseen");
    assert_eq!(grouped.bin(-1.0), grouped.counts.len() - 3);
    assert_eq!(grouped.all().total(), 2000.0);
}

#[test]
fn weights_are_repetitions() {
    let (x, y) = mean_radius();
    let weights: Vec<f64> = (0..x.len()).map(|i| (i % 3) as f64).collect();
    let order = (0..x.len()).flat_map(|i| std::iter::repeat_n(i, i % 3));
    let (xs, ys): (Vec<f64>, Vec<bool>) = order.map(|i| (x[i], y[i])).unzip();
    let params = OptimalBinning::default();
    let (a, b) = (params.fit(&x, &y, Some(&weights)).unwrap(), params.fit(&xs, &ys, None).unwrap());
    assert_eq!(a, b);
}

#[test]
fn bad_input() {
    let params = OptimalBinning::default();
    let kind = |result: Result<Binning>| result.unwrap_err().kind();
    assert_eq!(kind(params.fit(&[1.0], &[true, false], None)), ErrorKind::SchemaRange);
    assert_eq!(kind(params.fit(&[1.0, f64::INFINITY], &[true, false], None)), ErrorKind::SchemaRange);
    assert_eq!(kind(params.fit(&[1.0, 2.0], &[true, false], Some(&[1.0, -1.0]))), ErrorKind::SchemaRange);
    assert_eq!(kind(params.fit(&[1.0, 2.0], &[true, true], None)), ErrorKind::NotEnoughData);
    assert_eq!(kind(params.fit(&[], &[], None)), ErrorKind::NotEnoughData);
    for wrong in [
        OptimalBinning { prebins: 1, ..params.clone() },
        OptimalBinning { prebins: 1_000_000, ..params.clone() },
        OptimalBinning { bins: Some(0), ..params.clone() },
        OptimalBinning { bin_share: f64::NAN, ..params.clone() },
    ] {
        assert_eq!(kind(wrong.fit(&[1.0, 2.0], &[true, false], None)), ErrorKind::SchemaRange);
    }
    let all_unknown = params.fit(&[f64::NAN, f64::NAN], &[true, false], None).unwrap();
    assert_eq!((all_unknown.bin(3.0), all_unknown.bin(f64::NAN)), (0, 1));
}

/// Three features of which two tell something.
fn card() -> (Scorecard, Vec<f64>, Vec<bool>) {
    let mut random = Random::keyed(2, 1);
    let (mut rows, mut events) = (Vec::new(), Vec::new());
    for _ in 0..3000 {
        let (a, b, c) = (random.normal(), random.below(6) as f64, random.normal());
        let risk = crate::models::linear::logistic(-1.0 - a + if b >= 3.0 { 1.0 } else { 0.0 });
        rows.extend([if random.below(20) == 0 { f64::NAN } else { a }, b, c]);
        events.push(random.uniform() < risk);
    }
    let features = [("income", Holds::Numbers), ("job", Holds::Categories), ("noise", Holds::Numbers)];
    let inputs = Inputs::from_rows(&rows, 3).unwrap();
    let card = ScorecardFit::default().fit(&inputs, &features, &events, None).unwrap();
    (card, rows, events)
}

#[test]
fn points_follow_the_log_odds() {
    let (card, rows, events) = card();
    let exact: Vec<(String, Binning, f64)> =
        card.features().iter().map(|f| (f.name.clone(), f.binning.clone(), f.coefficient)).collect();
    let exact = Scorecard::new(exact, card.intercept(), Scaling { rounded: false, ..*card.scaling() }).unwrap();
    let mut expected = 0.0;
    for row in rows.chunks(3) {
        let evidence = card.features().iter().zip(row).map(|(f, x)| f.coefficient * f.binning.weight_of_evidence(*x));
        let log_odds = card.intercept() + evidence.sum::<f64>();
        let score = exact.score(row).unwrap();
        assert!((score - (600.0 - 20.0 / ln(2.0) * (log_odds + ln(50.0)))).abs() < 1e-9);
        let p = exact.event_probability(score);
        assert!((p - 1.0 / (1.0 + exp(-log_odds))).abs() < 1e-12);
        expected += p;
        assert!((card.score(row).unwrap() - score).abs() <= 1.5);
        assert_eq!(card.score(row).unwrap().fract(), 0.0);
        assert_eq!(card.points(row).unwrap().iter().sum::<f64>(), card.score(row).unwrap());
    }
    // A logistic regression with an intercept expects what happened.
    let happened = events.iter().filter(|event| **event).count() as f64;
    assert!((expected - happened).abs() < 1e-6 * happened, "{expected} {happened}");
    // Bins of a feature that predicts weigh as they did alone.
    assert!(card.features()[..2].iter().all(|f| (-1.3..-0.7).contains(&f.coefficient)), "{:?}", card.features());
}

#[test]
fn rows_together_score_as_alone() {
    let (card, rows, _) = card();
    let mut out = vec![0.0; rows.len() / 3];
    card.score_rows(&Inputs::from_rows(&rows, 3).unwrap(), &mut out).unwrap();
    for (row, score) in rows.chunks(3).zip(&out) {
        assert_eq!(card.score(row).unwrap(), *score);
    }
    assert!(card.score_rows(&Inputs::from_rows(&rows, 3).unwrap(), &mut out[1..]).is_err());
    assert!(card.score(&[1.0]).is_err());
}

#[test]
fn reasons_and_changes() {
    let (card, rows, _) = card();
    let best: f64 = card.features().iter().map(|f| f.points.iter().copied().fold(f64::MIN, f64::max)).sum();
    for row in rows.chunks(3).take(300) {
        let score = card.score(row).unwrap();
        let reasons = card.reasons(row, 3).unwrap();
        assert!(reasons.is_sorted_by(|a, b| a.short >= b.short));
        assert_eq!(best - score, reasons.iter().map(|reason| reason.short).sum::<f64>());
        for target in [score - 1.0, score + 15.0, score + 40.0, best + 1.0] {
            let Some(changes) = card.to_reach(row, target, &[2]).unwrap() else {
                let free: f64 = card.features()[..2]
                    .iter()
                    .zip(row)
                    .map(|(f, x)| aim(f) - f.points[f.binning.bin(*x)])
                    .map(|g| g.max(0.0))
                    .sum();
                assert!(score + free < target);
                continue;
            };
            let gained: f64 = changes.iter().map(|change| change.gain).sum();
            assert!(score + gained >= target && changes.iter().all(|change| change.feature != 2));
            assert!(changes.is_empty() == (score >= target));
            // One change less does not suffice.
            if let [first, _] = changes.as_slice() {
                let f = &card.features()[first.feature];
                assert!(score + aim(f) - f.points[first.from] < target);
            }
        }
    }
}

/// The most points of a bin of ordinary values.
fn aim(feature: &CardFeature) -> f64 {
    feature.points[..feature.points.len() - 2].iter().copied().fold(f64::MIN, f64::max)
}

#[test]
fn a_card_survives_storage() {
    let (card, _, _) = card();
    let text = serde_json::to_string(&card).unwrap();
    assert_eq!(serde_json::from_str::<Scorecard>(&text).unwrap(), card);
}

#[test]
fn counting_sorts_as_comparing_does() {
    let mut random = Random::keyed(11, 1);
    let values: Vec<f64> = (0..2 * FEW)
        .map(|at| match at % 5 {
            0 => random.normal() * 1e300,
            1 => -(random.below(9) as f64) / 3.0,
            2 => f64::from(random.normal() as f32),
            3 => f64::from_bits(random.below(1 << 52)),
            _ => [0.0, -0.0, f64::MAX, f64::MIN, 1.0][at / 5 % 5],
        })
        .collect();
    let rows: Vec<Row> = values.iter().enumerate().map(|(at, x)| Row::new(*x, at % 3 == 0, at as f64)).collect();
    let mut compared: Vec<(f64, f64)> = rows.iter().zip(&values).map(|(row, x)| (x + 0.0, row.weight)).collect();
    compared.sort_by(|a, b| a.0.total_cmp(&b.0));
    let counted: Vec<(f64, f64)> = sorted(rows).iter().map(|row| (row.value(), row.weight)).collect();
    assert_eq!(counted, compared);
}
