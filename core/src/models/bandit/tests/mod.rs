mod bandits;
mod pooled;

use super::*;

fn tally(successes: u64, failures: u64) -> Tally {
    Tally { successes, failures }
}

/// Gelman et al., section 2.4: placenta previa, 437 girls in 980 births, under Beta(9.7, 10.3) and Beta(97, 103).
#[test]
fn posteriors_are_those_of_the_textbook() {
    for (strength, mean) in [(20.0, 0.447), (200.0, 0.453)] {
        let share = Beta::nested([tally(437, 543)], 0.485, strength);
        assert!((share.mean() - mean).abs() < 5e-4, "{share:?}");
    }
    let flat = Beta::nested([tally(437, 543)], 0.5, 2.0);
    assert_eq!((flat.alpha, flat.beta), (438.0, 544.0));
    assert!((flat.standard_deviation() - 0.016).abs() < 5e-4);
}

#[test]
fn every_trial_counts_once() {
    // The only group of its parent has the posterior of the parent's own prior.
    let alone = Beta::nested([tally(3, 7), tally(3, 7), tally(3, 7)], 0.25, 8.0);
    assert_eq!(alone, Beta { alpha: 3.0 + 2.0, beta: 7.0 + 6.0 });
    assert_eq!(Beta::nested::<Tally>([], 0.25, 8.0).mean(), 0.25);
}

#[test]
fn a_small_group_borrows_and_a_large_one_speaks_for_itself() {
    let parent = tally(200, 800);
    let mean = |own: Tally| Beta::nested([parent.plus(own), own], 0.5, 10.0).mean();
    let around = mean(tally(0, 0));
    assert!((around - 0.2).abs() < 0.01);
    let mut last = around;
    for trials in [1, 10, 100, 1000] {
        let own = mean(tally(trials * 9 / 10, trials - trials * 9 / 10));
        assert!((0.0..=0.91).contains(&own));
        last = if trials == 1 {
            around
        } else {
            assert!(own > last);
            own
        };
    }
    assert!(last > 0.88);
}
