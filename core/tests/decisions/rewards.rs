//! Models of rewards across folds, and responses told from what was withheld.

use bactrian::Claim;
use bactrian::base::random::Random;
use bactrian::models::evaluation::{ByContact, ResponseByContact, RewardModel, Rounds};

#[test]
fn what_a_round_brought_is_no_part_of_what_is_expected_of_it() {
    let mut random = Random::keyed(61, 0);
    let n = 300;
    let context: Vec<Vec<f64>> =
        (0..n).map(|row| vec![random.normal(), if row % 7 == 0 { f64::NAN } else { random.normal() }, 4.0]).collect();
    let arm: Vec<usize> = (0..n).map(|_| random.below(3) as usize).collect();
    let fold: Vec<usize> = (0..n).map(|row| row / 3 % 5).collect();
    let mut reward: Vec<f64> = (0..n).map(|row| context[row][0] * arm[row] as f64 + random.normal()).collect();
    let model =
        |reward: &[f64]| RewardModel::new(&Rounds { context: &context, arm: &arm, reward, fold: &fold }).unwrap();
    let before = model(&reward);
    reward[17] += 1e6;
    let after = model(&reward);
    let bits = |model: &RewardModel, row: usize, arm: usize| model.expect(row, arm).to_bits();
    for row in 0..n {
        let same = (0..3).all(|arm| bits(&before, row, arm) == bits(&after, row, arm));
        assert_eq!(same, fold[row] == fold[17], "round {row}");
    }
    // An arm that was never taken has the mean of the other folds.
    let others: Vec<usize> = (0..n).filter(|row| fold[*row] != fold[0]).collect();
    let mean = others.iter().map(|row| reward[*row]).sum::<f64>() / others.len() as f64;
    assert!((after.expect(0, 7) - mean).abs() < 1e-6);
    assert!(after.expect(n, 0).is_nan());
    let short = Rounds { context: &context[1..], arm: &arm, reward: &reward, fold: &fold };
    assert!(RewardModel::new(&short).is_err());
    reward[3] = f64::INFINITY;
    assert!(RewardModel::new(&Rounds { context: &context, arm: &arm, reward: &reward, fold: &fold }).is_err());
}

#[test]
fn contacts_are_compared_among_those_chosen_as_often() {
    let cell = |chosen: u32, sent: u32, rows: u64, successes: u64| ByContact { chosen, sent, rows, successes };
    // Who is chosen again buys more; one more contact costs a tenth.
    let cells = [cell(1, 1, 1000, 300), cell(2, 1, 1000, 500), cell(2, 2, 1000, 400), cell(3, 1, 1000, 600)];
    let cells = [&cells[..], &[cell(3, 2, 1000, 500), cell(3, 3, 1000, 400)]].concat();
    let found = ResponseByContact::of_withheld(&cells);
    assert_eq!((found.contact.as_slice(), found.rows.as_slice()), (&[1, 2, 3][..], &[3000, 2000, 1000][..]));
    let fall = |nth: usize| found.rate[nth] - found.rate[0];
    assert!((fall(1) + 0.1).abs() < 1e-3 && (fall(2) + 0.2).abs() < 1e-3, "{:?}", found.rate);
    assert!(found.verdict.claim == Claim::Effect && (found.verdict.value + 0.1).abs() < 1e-9);
    assert!(found.share(1.0) == 1.0 && found.share(2.0) < 1.0 && found.share(9.0) == found.share(3.0));
    // Without those who were passed over by chance the same rates rise, and nothing can be told.
    let seen: Vec<ByContact> = cells.iter().copied().filter(|cell| cell.chosen == cell.sent).collect();
    let found = ResponseByContact::of_withheld(&seen);
    assert!(found.verdict.claim == Claim::CannotTell && found.share(2.0).is_nan());
    assert!(ResponseByContact::of_withheld(&[]).share(1.0).is_nan());
    // It rises: no share is taken off.
    let rises = [cell(2, 1, 2000, 200), cell(2, 2, 2000, 500)];
    assert_eq!(ResponseByContact::of_withheld(&rises).share(2.0), 1.0);
}
