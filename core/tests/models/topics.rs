use bactrian::models::topics::{Csr, Nmf};

use crate::data::shipped;

/// Square roots of line counts, household by category, before 2017-07-01.
#[test]
fn complete_journey_as_good_as_scikit_learn() {
    let lines = shipped("python/bactrian/data/complete_journey_lines.csv.gz");
    let lines: Vec<(u32, &str)> = lines
        .iter()
        .filter(|row| row[1].as_str() < "2017-07-01" && !row[3].is_empty() && row[3] != "COUPON/MISC ITEMS")
        .map(|row| (row[0].parse().unwrap(), row[3].as_str()))
        .collect();
    let mut names: Vec<&str> = lines.iter().map(|line| line.1).collect();
    names.sort_unstable();
    names.dedup();
    let mut counts = std::collections::BTreeMap::<u32, std::collections::BTreeMap<u32, f64>>::new();
    for (household, category) in lines {
        let column = names.binary_search(&category).unwrap() as u32;
        *counts.entry(household).or_default().entry(column).or_default() += 1.0;
    }
    let (mut ends, mut index, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for row in counts.values() {
        index.extend(row.keys());
        values.extend(row.values().map(|count| count.sqrt()));
        ends.push(index.len());
    }
    assert_eq!((ends.len(), names.len(), values.len()), (2208, 275, 28276));

    let x = Csr::new(names.len(), &ends, &index, &values).unwrap();
    // scikit-learn 1.9.1: NMF(6, init="nndsvd", max_iter=2000) ends at 158.02745304102632, and at
    // 158.02976680849844 with its default of 200 sweeps.
    let fit = Nmf::default().fit(&x).unwrap();
    let topics = &fit.topics;
    assert!(topics.converged && topics.objective < 158.02745 * 1.0001, "{} {}", topics.objective, topics.iterations);
    let tops: Vec<&str> = (0..6).map(|topic| names[topics.top_terms(topic, 1)[0]]).collect();
    let want = ["CHEESE", "SOFT DRINKS", "FLUID MILK PRODUCTS", "BAG SNACKS", "BAKED BREAD/BUNS/ROLLS", "YOGURT"];
    assert_eq!(tops, want);

    // Folding a household in finds the weights of the fit, to the tolerance of its sweeps.
    let prepared = topics.prepare().unwrap();
    let mut start = 0;
    for (row, end) in ends.iter().enumerate() {
        let folded = prepared.fold_in(&index[start..*end], &values[start..*end]);
        let scale = 1.0 + folded.iter().sum::<f64>();
        for (folded, fitted) in folded.iter().zip(&fit.weights[row * 6..]) {
            assert!((folded - fitted).abs() < 0.02 * scale, "row {row}: {folded} {fitted}");
        }
        start = *end;
    }
}
