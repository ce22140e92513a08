use bactrian::models::loyalty::{NextCategory, Panel, Switching};

use crate::data::outside;

/// Households and brands of a panel, the brands by their order in `names`.
fn panel(file: &str, customer: usize, choice: usize, names: [&str; 4]) -> Result<(Vec<u64>, Vec<u32>), String> {
    let rows = outside(&format!("loyalty/brand_panels/{file}.csv.gz"))?;
    let household = |row: &Vec<String>| row[customer].parse::<f64>().unwrap() as u64;
    let brand = |row: &Vec<String>| names.iter().position(|name| *name == row[choice]).unwrap() as u32;
    Ok((rows.iter().map(household).collect(), rows.iter().map(brand).collect()))
}

const CATSUP: [&str; 4] = ["heinz41", "heinz32", "heinz28", "hunts32"];
const CRACKER: [&str; 4] = ["sunshine", "kleebler", "nabisco", "private"];

/// The figures are those of pandas.
#[test]
fn scanner_panels() {
    let panels = (
        panel("catsup", 0, 13, CATSUP),
        panel("ketchup", 0, 2, ["heinz", "hunts", "delmonte", "stb"]),
        panel("cracker", 0, 13, CRACKER),
    );
    let (Ok(catsup), Ok(ketchup), Ok(cracker)) = panels else { return println!("skipped: no brand panels") };
    let near =
        |found: f64, expected: f64, digits: f64| assert!((found - expected).abs() < digits, "{found} {expected}");
    let [catsup, ketchup, cracker] = [catsup, ketchup, cracker].map(|(who, what)| Panel::new(&who, &what, 4).unwrap());
    assert_eq!((catsup.customers().len(), ketchup.customers().len(), cracker.customers().len()), (300, 1956, 136));
    near(catsup.multi_brand_share(), 0.92, 1e-12);
    near(ketchup.multi_brand_share(), 0.3225971370143149, 1e-12);
    near(cracker.multi_brand_share(), 0.7867647058823529, 1e-12);
    near(catsup.duplication().d, 0.9605065927621147, 1e-12);
    near(ketchup.duplication().d, 0.8023713270612558, 1e-12);
    near(cracker.duplication().d, 1.0458026895311183, 1e-12);
    near(catsup.frequency(), 9.326666666666666, 1e-12);
    let heinz = catsup.brands()[1];
    near(heinz.share, 0.521086, 1e-6);
    near(heinz.penetration, 0.846667, 1e-6);
    near(heinz.frequency, 5.740157, 1e-6);
    near(heinz.share_of_requirements, 0.591721, 1e-6);
    near(heinz.sole, 0.062992, 1e-6);
    near(cracker.brands()[2].share_of_requirements, 0.609731, 1e-6);
}

/// Transitions against a count row by row, and forecasts against popularity on the later half.
#[test]
fn crackers_one_after_the_other() {
    let (who, what) = match panel("cracker", 0, 13, CRACKER) {
        Ok(panel) => panel,
        Err(why) => return println!("skipped: {why}"),
    };
    let mut counts = vec![vec![0.0; 4]; 4];
    for row in 1..who.len() {
        if who[row] == who[row - 1] {
            counts[what[row - 1] as usize][what[row] as usize] += 1.0;
        }
    }
    assert_eq!(Switching::new(&who, &what, 4).unwrap().counts(), counts);

    // Each household's first half teaches; then every purchase is foretold from those before it.
    let (mut early, mut later) = ((Vec::new(), Vec::new()), Vec::new());
    let rows: Vec<usize> = (0..who.len()).collect();
    for own in rows.chunk_by(|a, b| who[*a] == who[*b]) {
        let half = own.len() / 2;
        for (place, &row) in own.iter().enumerate() {
            if place < half {
                early.0.push(who[row]);
                early.1.push(what[row]);
            } else {
                later.push((own[..place].iter().map(|row| what[*row]).collect::<Vec<u32>>(), what[row] as usize));
            }
        }
    }
    let model = NextCategory::fit(&early.0, &early.1, 4).unwrap();
    let popular = model.forecast(&[]).unwrap();
    let (mut hits, mut brier, mut plain_hits, mut plain_brier) = (0, 0.0, 0, 0.0);
    for (history, came) in &later {
        let forecast = model.forecast(history).unwrap();
        hits += usize::from(forecast.best(1) == [*came]);
        plain_hits += usize::from(popular.best(1) == [*came]);
        brier += forecast.brier(*came);
        plain_brier += popular.brier(*came);
    }
    assert!(hits > plain_hits && brier < 0.8 * plain_brier, "{hits} {plain_hits} {brier} {plain_brier}");
}
