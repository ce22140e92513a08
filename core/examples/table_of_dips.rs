//! Prints the rows of `core/src/models/humps/table.rs`, quantiles of sqrt(n) dip of uniform samples, and of
//! `core/src/models/humps/small.rs`, probabilities between the ends of that table for small samples. Takes
//! minutes: `cargo run --release --example table_of_dips`, with `-- small` for the second alone.

#![expect(clippy::print_stdout, reason = "what it writes is its result")]

use bactrian::base::random::Random;
use bactrian::models::humps::dip;
use bactrian::models::quantile::quantiles;

/// Probabilities of a dip at least as large, and sizes of samples, as the table has them.
const TAILS: [f64; 24] = [
    0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.075, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002,
    0.001, 0.0005, 0.0002, 0.0001,
];
const SIZES: [usize; 18] = [4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000];

/// Partial sums of exponentials: a sorted uniform sample, but for its scale, which a dip does not see.
fn uniform(n: usize, run: u64) -> Vec<f64> {
    let mut random = Random::keyed(n as u64, run);
    let mut sum = 0.0;
    let next = |_| {
        sum += random.exponential();
        sum
    };
    (0..n).map(next).collect()
}

/// Sizes with probabilities of their own, and how many each has.
const SMALL: std::ops::RangeInclusive<usize> = 4..=20;
const STEPS: usize = 48;
/// The share of samples beyond the last of them.
const LAST: f64 = 0.0005;

/// P(a larger dip) at equal steps of dip, from the least one to that which `LAST` of the samples exceed.
fn small() -> Result<(), bactrian::Error> {
    const RUNS: u64 = 2_000_000;
    for n in SMALL {
        let dips = (0..RUNS).map(|run| dip(&uniform(n, run)));
        let mut dips: Vec<f64> = dips.collect::<Result<_, bactrian::Error>>()?;
        dips.sort_unstable_by(f64::total_cmp);
        let (least, most) = (0.5 / n as f64, quantiles(&dips, &[1.0 - LAST])[0]);
        let at = |step: usize| {
            let bound = (least + (most - least) * step as f64 / STEPS as f64) * (1.0 + 1e-9);
            let beyond = dips.len() - dips.partition_point(|dip| *dip <= bound);
            format!("{:.5}", beyond as f64 / RUNS as f64)
        };
        let row: Vec<String> = (0..STEPS).map(at).collect();
        println!("    ({most:.6}, [{}]),", row.join(", "));
    }
    Ok(())
}

fn main() -> Result<(), bactrian::Error> {
    if std::env::args().any(|word| word == "small") {
        return small();
    }
    let levels: Vec<f64> = TAILS.iter().map(|tail| 1.0 - tail).collect();
    for n in SIZES {
        let runs = (200_000_000 / n as u64).clamp(100_000, 2_000_000);
        let scaled = (0..runs).map(|run| Ok(dip(&uniform(n, run))? * (n as f64).sqrt()));
        let scaled: Result<Vec<f64>, bactrian::Error> = scaled.collect();
        let row: Vec<String> = quantiles(&scaled?, &levels).iter().map(|value| format!("{value:.5}")).collect();
        println!("    [{}], // {n}, {runs}", row.join(", "));
    }
    small()
}
