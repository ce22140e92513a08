use std::collections::BTreeMap;

use bactrian::Claim;
use bactrian::models::humps::{CellRule, both_humps, both_humps_verdict, dip_test, shares, shuffled, two_humps};

use crate::data::outside;

/// Monthly charges of telco have two humps, as diptest and BIC say.
#[test]
fn telco_charges() {
    let rows = match outside("models/telco_churn/telco.csv.gz") {
        Ok(rows) => rows,
        Err(why) => return println!("skipped: {why}"),
    };
    let charges: Vec<f64> = rows.iter().map(|row| row[18].parse().unwrap()).collect();
    let found = two_humps(&charges).unwrap();
    assert!((found.dip - 0.07082787513093253).abs() < 1e-12 && found.p < 1e-4, "{found:?}");
    assert_eq!((found.verdict.claim, found.agree), (Claim::Effect, true));
}

/// Households of Complete Journey by category: who buys private labels here and national brands there.
#[test]
fn private_and_national_brands() {
    let tables = (
        outside("purchases/completejourney/transactions_sample.csv.gz"),
        outside("purchases/completejourney/products.csv.gz"),
    );
    let (Ok(lines), Ok(products)) = tables else { return println!("skipped: no Complete Journey") };
    let brand: BTreeMap<&str, (&str, &str)> =
        products.iter().map(|row| (row[0].as_str(), (row[3].as_str(), row[4].as_str()))).collect();
    let mut names = BTreeMap::new();
    let (mut customer, mut category, mut private) = (Vec::new(), Vec::new(), Vec::new());
    for line in &lines {
        // Products without a category have no cell.
        let Some((tier, kind)) = brand.get(line[3].as_str()).filter(|(_, kind)| !kind.is_empty()) else { continue };
        let next = names.len() as u32;
        customer.push(line[0].parse::<u32>().unwrap());
        category.push(*names.entry(*kind).or_insert(next));
        private.push(*tier == "Private");
    }
    let rule = CellRule::default();
    let found = both_humps(&customer, &category, &private, &rule).unwrap();
    assert_eq!((found.cells, found.customers, found.several, found.both), (5301, 1276, 913, 473));
    let (dip, p) = dip_test(&shares(&customer, &category, &private, &rule).unwrap()).unwrap();
    assert!((dip - 0.083003).abs() < 5e-7 && p < 1e-4, "{dip} {p}");
    let chance = shuffled(&customer, &category, &private, &rule, 20, 1).unwrap();
    // 379 +- 12 of 20 runs elsewhere.
    assert!((chance.mean - 379.0).abs() < 12.0 && chance.deviation < 25.0, "{chance:?}");
    assert_eq!(both_humps_verdict(&found, &chance).claim, Claim::Effect);
}
