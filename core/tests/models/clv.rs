use bactrian::models::clv::{
    BetaGeo, BetaGeoBetaBinomial, Dropout, FitOptions, Fitted, GammaGamma, History, Model, Opportunities, ParetoNbd,
    RegularBetaGeo, Spend, Summary, SummaryOptions, Transactions, summary,
};

use crate::data::{plain, shipped};

const DAY: i64 = 86_400_000_000;

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

/// Columns 1 to 4 of the sample: x, t_x, T, mean spend.
fn sample() -> [Vec<f64>; 4] {
    let rows = plain("tests/data/cdnow/sample_2357.csv");
    [1, 2, 3, 4].map(|column| rows.iter().map(|row| number(&row[column])).collect())
}

/// Days since 1997-01-01 of a date like 19970131.
fn day(date: &str) -> i64 {
    let (year, month, day) = (&date[..4], number(&date[4..6]) as usize, number(&date[6..]) as i64);
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1];
    before + day - 1 + if year == "1998" { 365 } else { 0 }
}

/// All of CDNOW in weeks, calibrated until 1997-09-30, held out until 1998-06-30.
fn full() -> Summary {
    let rows = shipped("tests/data/cdnow/cdnow_master.csv.gz");
    let customer: Vec<u64> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    let at: Vec<i64> = rows.iter().map(|row| day(&row[1]) * DAY).collect();
    let amount: Vec<f64> = rows.iter().map(|row| number(&row[3])).collect();
    let lines = Transactions { customer: &customer, at: &at, amount: Some(&amount), occasion: None };
    let options = SummaryOptions { period: 7 * DAY, until: None, calibration_until: Some(day("19970930") * DAY) };
    summary(&lines, &options).unwrap()
}

#[track_caller]
fn assert_close(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{found} is not {expected}");
}

#[track_caller]
fn assert_fit<M: Model>(fitted: &Fitted<M>, parameters: &[f64], log_likelihood: f64) {
    assert!(fitted.diagnostics.converged, "{:?}", fitted.diagnostics);
    assert_close(fitted.diagnostics.log_likelihood, log_likelihood, 1e-8);
    for (found, expected) in fitted.model.parameters().iter().zip(parameters) {
        assert_close(*found, *expected, 1e-4);
    }
}

#[test]
fn cdnow_sample_purchases() {
    let [x, t_x, age, _] = sample();
    let rows = History { frequency: &x, recency: &t_x, age: &age, weights: None }.check().unwrap();
    let compressed = rows.compress();
    let bg = BetaGeo::fit(&compressed, &FitOptions::default()).unwrap();
    assert_fit(&bg, &[0.2425929, 4.4135318, 0.7928861, 2.4257534], -9582.4255606);
    let modified = BetaGeo::fit_modified(&compressed, &FitOptions::default()).unwrap();
    assert_fit(&modified, &[0.5248380, 6.1829927, 0.8913560, 1.6139991], -9582.1326849);
    let pareto = ParetoNbd::fit(&compressed, &FitOptions::default()).unwrap();
    assert_fit(&pareto, &[0.5532755, 10.5776120, 0.6062136, 11.6679125], -9594.9739298);
    let expected: f64 = bg.model.expected_purchases_all(39.0, &rows).unwrap().iter().sum();
    assert!((expected - 1653.42).abs() < 0.005, "{expected}");
}

#[test]
fn cdnow_sample_gamma_gamma() {
    let [x, _, _, mean] = sample();
    let rows = Spend { frequency: &x, mean: &mean, weights: None }.check().unwrap().compress();
    let fitted = GammaGamma::fit(&rows, &FitOptions::default()).unwrap();
    assert_eq!(fitted.diagnostics.customers, 946.0);
    assert_fit(&fitted, &[6.2488019, 3.7445884, 15.4477501], -4055.9232435);
}

#[test]
fn donations() {
    let rows = plain("tests/data/cdnow/donations.csv");
    let column = |i: usize| -> Vec<f64> { rows.iter().map(|row| number(&row[i])).collect() };
    let (frequency, recency, opportunities, weights) = (column(0), column(1), column(2), column(3));
    let rows = Opportunities {
        frequency: &frequency,
        recency: &recency,
        opportunities: &opportunities,
        weights: Some(&weights),
    };
    let rows = rows.check().unwrap();
    assert_eq!(rows.customers(), 11_104.0);
    let fitted = BetaGeoBetaBinomial::fit(&rows, &FitOptions::default()).unwrap();
    assert_fit(&fitted, &[1.203522, 0.749716, 0.656718, 2.783443], -33225.581274);
}

#[test]
fn cdnow_full() {
    let all = full();
    assert_eq!(all.customer.len(), 23_570);
    let mean = all.frequency.iter().sum::<f64>() / 23_570.0;
    assert_close(mean, 1.0325413661434026, 1e-15);
    assert_eq!(all.frequency.iter().filter(|x| **x == 0.0).count(), 14_119);
    let rows = all.history().check().unwrap();
    let compressed = rows.compress();
    let options = FitOptions::default();
    let bg = BetaGeo::fit(&compressed, &options).unwrap();
    assert_fit(&bg, &[0.251624, 4.788945, 0.723433, 2.161087], -95368.443933);
    let modified = BetaGeo::fit_modified(&compressed, &options).unwrap();
    assert_fit(&modified, &[0.637140, 7.310290, 0.807474, 1.228394], -95336.958320);

    let pareto = ParetoNbd::fit(&compressed, &options).unwrap();
    // Elsewhere the search stopped at .597444 11.586179 .522131 8.825981, with -95415.118620: 2e-6 short
    // of this top (both likelihoods confirmed with 25 digits).
    assert_fit(&pareto, &[0.59741997, 11.58565775, 0.52218561, 8.82775915], -95415.11861747);
    assert!(pareto.diagnostics.log_likelihood > -95415.118620);

    // Those whose repeat purchases were free say nothing of spend.
    let spent = |i: &usize| all.spend[*i] > 0.0;
    let (x, mean): (Vec<f64>, Vec<f64>) =
        (0..all.customer.len()).filter(spent).map(|i| (all.frequency[i], all.spend[i])).unzip();
    let rows = Spend { frequency: &x, mean: &mean, weights: None }.check().unwrap().compress();
    let spend = GammaGamma::fit(&rows, &options).unwrap();
    assert_eq!(spend.diagnostics.customers, 9450.0);
    assert_fit(&spend, &[6.275359, 3.624450, 14.983689], -40763.476261);
}

/// Root mean squared and mean absolute error of weeks 40 to 78, of lifetimes 0.11.3 with its own fits.
#[test]
fn cdnow_holdout_no_worse_than_lifetimes() {
    let all = full();
    assert_eq!((all.holdout, all.holdout_frequency.iter().sum::<f64>()), (39.0, 19_684.0));
    let rows = all.history().check().unwrap();
    let compressed = rows.compress();
    let options = FitOptions::default();
    let error = |expected: &[f64]| {
        let differences: Vec<f64> = expected.iter().zip(&all.holdout_frequency).map(|(e, x)| e - x).collect();
        let n = differences.len() as f64;
        let square = differences.iter().map(|d| d * d).sum::<f64>() / n;
        (square.sqrt(), differences.iter().map(|d| d.abs()).sum::<f64>() / n)
    };
    let bg = BetaGeo::fit(&compressed, &options).unwrap().model;
    let modified = BetaGeo::fit_modified(&compressed, &options).unwrap().model;
    let pareto = ParetoNbd::fit(&compressed, &options).unwrap().model;
    let found = [
        (bg.expected_purchases_all(39.0, &rows).unwrap(), (1.7329112330178682, 0.8187422923395584)),
        (modified.expected_purchases_all(39.0, &rows).unwrap(), (1.7396179669293033, 0.7945357284467277)),
        (pareto.expected_purchases_all(39.0, &rows).unwrap(), (1.7261557188019792, 0.7937583205443777)),
    ];
    // lifetimes' Pareto/NBD stops short of the top (see `cdnow_full`): there its squared error is 2e-6 above ours
    // and its absolute error 1.01e-5 below.
    for (expected, (root, absolute)) in found {
        let (found_root, found_absolute) = error(&expected);
        assert!(
            found_root <= root * (1.0 + 2e-5) && found_absolute <= absolute * (1.0 + 2e-5),
            "{found_root} {found_absolute}"
        );
    }
}

/// CDNOW's gaps are no more regular than chance.
#[test]
fn cdnow_is_not_regular() {
    let all = full();
    let compressed = all.history().check().unwrap().compress();
    let fitted =
        RegularBetaGeo::fit_regularity(4, Dropout::AfterEvery, &compressed, all.log_gaps.iter().sum()).unwrap();
    assert_eq!(fitted.model.params().k, 1);
    assert_fit(&fitted, &[0.637140, 7.310290, 0.807474, 1.228394], -95336.958320);
}
