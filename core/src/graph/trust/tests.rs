use super::*;
use crate::graph::testdata;

#[test]
fn reputation_is_the_mean_of_a_beta() {
    let day = 86_400_000_000i64;
    let found =
        reputations(3, &[0, 1, 0, 2], &[2, 2, 2, 2], &[1.0, 1.0, -1.0, 5.0], &[0, day, day, day], day, Some(day));
    let own = found.unwrap()[2];
    assert_eq!((own.praise, own.blame), (1.5, 1.0));
    assert!((own.expectation() - 2.5 / 4.5).abs() < 1e-15);
    assert!((own.deviation() - (2.5f64 * 2.0 / (4.5 * 4.5 * 5.5)).sqrt()).abs() < 1e-15);
    assert!(reputations(1, &[0], &[1], &[1.0], &[0], 0, None).is_err());
    assert!(reputations(2, &[0], &[1], &[f64::NAN], &[0], 0, None).is_err());
    assert!(reputations(2, &[0], &[1], &[1.0], &[0], 0, Some(0)).is_err());
}

#[test]
fn reputation_foresees_bitcoin_ratings() {
    let Some(rows) = testdata::numbers("streams/bitcoin_otc/ratings.csv.gz") else { return };
    let nodes = rows.iter().map(|r| r[0].max(r[1]) as usize).max().unwrap() + 1;
    let (early, late) = rows.split_at(rows.len() / 2);
    let column = |i: usize| early.iter().map(|r| r[i] as u32).collect::<Vec<_>>();
    let at: Vec<i64> = early.iter().map(|r| r[3] as i64 * 1_000_000).collect();
    let rating: Vec<f64> = early.iter().map(|r| r[2] / 10.0).collect();
    let known = reputations(nodes, &column(0), &column(1), &rating, &at, *at.last().unwrap(), None).unwrap();
    let seen = late.iter().filter(|r| known[r[1] as usize] != Reputation::default());
    let (good, bad): (Vec<_>, Vec<_>) =
        seen.map(|r| (known[r[1] as usize].expectation(), r[2])).partition(|x| x.1 > 0.0);
    let mut wins = 0.0;
    for (g, _) in &good {
        wins += bad
            .iter()
            .map(|(b, _)| {
                if g > b {
                    1.0
                } else if g == b {
                    0.5
                } else {
                    0.0
                }
            })
            .sum::<f64>();
    }
    let auc = wins / (good.len() * bad.len()) as f64;
    // Who cheats gathers praise first, so the past alone foresees little: 0.569.
    assert!(auc > 0.55, "{auc}");
}

#[test]
fn trust_travels_along_the_strongest_chains() {
    let graph =
        Csr::from_edges(6, &[0, 0, 1, 2, 3, 4], &[1, 2, 3, 4, 5, 5], Some(&[0.9, 0.8, 0.7, 0.7, 0.5, 0.1]), true)
            .unwrap();
    // Both chains carry 0.7; 0 weighs what 1 and 2 pass on by 0.9 and 0.8.
    let want = (0.9 * 0.5 + 0.8 * 0.1) / 1.7;
    assert!((propagated_trust(&graph, 0, 5, 9) - want).abs() < 1e-15);
    assert!(propagated_trust(&graph, 0, 5, 2).is_nan());
    assert_eq!(propagated_trust(&graph, 0, 1, 1), 0.9);
    assert!(propagated_trust(&graph, 5, 0, 9).is_nan());
    assert!(propagated_trust(&graph, 0, 99, 9).is_nan());
}
