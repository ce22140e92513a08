use bactrian::models::survival::{KaplanMeier, by_segment, log_rank};

use crate::data::outside;

/// Telco churn by tenure; the figures are those of lifelines.
#[test]
fn telco_survival() {
    let rows = match outside("models/telco_churn/telco.csv.gz") {
        Ok(rows) => rows,
        Err(why) => return println!("skipped: {why}"),
    };
    let tenure: Vec<f64> = rows.iter().map(|row| row[5].parse().unwrap()).collect();
    let left: Vec<bool> = rows.iter().map(|row| row[20] == "Yes").collect();
    let curve = KaplanMeier::new(&tenure, &left, None).unwrap();
    for (time, expected) in [(12.0, 0.8431995538158302), (24.0, 0.7887363983705965), (72.0, 0.5927901520522275)] {
        assert!((curve.survival(time) - expected).abs() < 1e-12, "{time} {}", curve.survival(time));
    }
    let contracts = ["Month-to-month", "One year", "Two year"];
    let segment: Vec<u32> =
        rows.iter().map(|row| contracts.iter().position(|c| *c == row[15]).unwrap() as u32).collect();
    let curves = by_segment(&tenure, &left, &segment, 3).unwrap();
    let after = |place: usize| curves[place].as_ref().unwrap().survival(24.0);
    assert!(after(0) < after(1) && after(1) < after(2));
    assert!(log_rank(&tenure, &left, &segment, 3).unwrap().statistic > 1000.0);
}
