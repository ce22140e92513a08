use super::*;
use crate::base::random::Random;

const DAY: i64 = 86_400_000_000;

fn days(customer: &[u64], day: &[i64], amount: &[f64], occasion: Option<&[u64]>, options: SummaryOptions) -> Summary {
    let at: Vec<i64> = day.iter().map(|day| day * DAY).collect();
    summary(&Transactions { customer, at: &at, amount: Some(amount), occasion }, &options).unwrap()
}

fn until(day: i64, calibration: Option<i64>) -> SummaryOptions {
    SummaryOptions { period: DAY, until: Some(day * DAY), calibration_until: calibration.map(|day| day * DAY) }
}

#[test]
fn calibration_and_holdout_are_apart() {
    let customer = [1, 1, 1, 2, 1, 1, 3, 2];
    let day = [0, 4, 4, 5, 10, 12, 12, 30];
    let amount = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];
    let all = days(&customer, &day, &amount, None, until(20, Some(10)));
    assert_eq!(all.customer, [1, 2], "customer 3 came later");
    assert_eq!((all.frequency, all.recency, all.age), (vec![2.0, 0.0], vec![10.0, 0.0], vec![10.0, 5.0]));
    assert_eq!(all.spend[0], 11.0);
    assert!(all.spend[1].is_nan() && all.holdout_spend[1].is_nan());
    assert_eq!((all.holdout_frequency, all.holdout_spend[0], all.holdout), (vec![1.0, 0.0], 32.0, 10.0));
    assert!((all.log_gaps[0] - ln(24.0)).abs() < 1e-15);
}

#[test]
fn an_occasion_with_an_id_spans_instants() {
    // Occasion 5 has lines on both sides of another one, and on both sides of the calibration's end.
    let all = days(&[1, 1, 1, 1], &[0, 5, 6, 12], &[1.0, 2.0, 4.0, 8.0], Some(&[4, 5, 6, 5]), until(20, Some(10)));
    assert_eq!((all.frequency, all.recency, all.spend), (vec![2.0], vec![6.0], vec![7.0]));
    assert_eq!(all.holdout_frequency, [0.0]);
    // Two occasions of one instant are two purchases.
    let all = days(&[1, 1], &[0, 0], &[1.0, 2.0], Some(&[4, 5]), until(20, None));
    assert_eq!((all.frequency, all.recency), (vec![1.0], vec![0.0]));
    assert!(all.log_gaps[0].is_finite() && all.holdout_frequency.is_empty());
}

#[test]
fn the_order_of_lines_does_not_matter() {
    let n = 500;
    let mut random = Random::keyed(1, 1);
    let mut lines: Vec<(u64, i64, f64)> =
        (0..n).map(|_| (random.below(40), random.below(60) as i64, random.below(100) as f64)).collect();
    let columns = |lines: &[(u64, i64, f64)]| {
        let customer: Vec<u64> = lines.iter().map(|line| line.0).collect();
        let day: Vec<i64> = lines.iter().map(|line| line.1).collect();
        let amount: Vec<f64> = lines.iter().map(|line| line.2).collect();
        days(&customer, &day, &amount, None, until(50, Some(30)))
    };
    let shuffled = columns(&lines);
    lines.sort_by_key(|line| line.1);
    let sorted = columns(&lines);
    assert_eq!(format!("{shuffled:?}"), format!("{sorted:?}"));
    assert!(sorted.history().check().is_ok());
}

#[test]
fn faults_are_named() {
    let fault = |lines: Transactions, options: SummaryOptions| summary(&lines, &options).unwrap_err().to_string();
    let lines = Transactions { customer: &[1, 2], at: &[0, 1], amount: Some(&[1.0, f64::NAN]), occasion: None };
    assert_eq!(fault(lines, until(2, None)), "`amount` is not finite in row 1");
    let short = Transactions { amount: None, at: &[0], ..lines };
    assert_eq!(fault(short, until(2, None)), "`at` has 1 rows where `customer` has 2");
    let sound = Transactions { amount: None, ..lines };
    assert_eq!(fault(sound, SummaryOptions { period: 0, ..until(2, None) }), "`period` is 0, but must be above 0");
    assert!(fault(sound, until(2, Some(3))).starts_with("the calibration ends after the observation"));
    let none = Transactions { customer: &[], at: &[], amount: None, occasion: None };
    assert_eq!(summary(&none, &SummaryOptions { until: None, ..until(0, None) }).unwrap(), Summary::default());
}

#[test]
fn shards_change_nothing() {
    let mut random = crate::base::random::Random::keyed(4, 4);
    let n = super::BLOCK + 5000;
    let customer: Vec<u64> = (0..n).map(|_| random.below(4000) * 1_000_003).collect();
    let at: Vec<i64> = (0..n).map(|_| random.below(900) as i64 * 86_400_000_000).collect();
    let amount: Vec<f64> = (0..n).map(|_| random.uniform()).collect();
    let occasion: Vec<u64> = at.iter().map(|at| (*at as u64) / 7).collect();
    for named in [false, true] {
        let of = |rows: &[usize]| {
            let pick = |column: &[u64]| rows.iter().map(|row| column[*row]).collect::<Vec<u64>>();
            let (customer, occasion) = (pick(&customer), pick(&occasion));
            let at: Vec<i64> = rows.iter().map(|row| at[*row]).collect();
            let amount: Vec<f64> = rows.iter().map(|row| amount[*row]).collect();
            let lines = Transactions {
                customer: &customer,
                at: &at,
                amount: Some(&amount),
                occasion: named.then_some(&occasion),
            };
            summary(&lines, &until(800, Some(500))).unwrap()
        };
        let whole = of(&(0..n).collect::<Vec<_>>());
        // Less than a block each: one shard, and no customer in two of them.
        let mut parts = (0..4u64)
            .map(|part| of(&(0..n).filter(|row| customer[*row] / 1_000_003 / 1000 == part).collect::<Vec<_>>()));
        let first = parts.next().unwrap();
        let all = parts.fold(first, |mut all, part| {
            all.customer.extend(part.customer);
            all.frequency.extend(part.frequency);
            all.recency.extend(part.recency);
            all.age.extend(part.age);
            all.spend.extend(part.spend);
            all.log_gaps.extend(part.log_gaps);
            all.holdout_frequency.extend(part.holdout_frequency);
            all.holdout_spend.extend(part.holdout_spend);
            all
        });
        assert_eq!(format!("{whole:?}"), format!("{all:?}"));
    }
}
