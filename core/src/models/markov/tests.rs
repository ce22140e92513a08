use super::*;
use crate::base::random::Random;

fn random_moves(seed: u64, states: usize) -> Transitions {
    let mut random = Random::keyed(seed, 0);
    let mut one = || random.below(states as u64) as usize;
    Transitions::new(states, (0..200).map(|_| (one(), one(), 1)).filter(|(from, ..)| *from != 1).collect::<Vec<_>>())
        .unwrap()
}

#[test]
fn rows_sum_to_one_after_any_number_of_moves() {
    let moves = random_moves(1, 7);
    for steps in [0, 1, 2, 5, 64, u32::MAX] {
        for row in moves.after(steps).chunks(7) {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{steps}: {row:?}");
        }
    }
    assert_eq!(moves.probabilities()[8], 1.0, "who comes to a state of which nothing is known stays");
}

#[test]
fn the_power_is_the_sum_over_paths() {
    let moves = random_moves(2, 4);
    let p = moves.probabilities();
    let three = moves.after(3);
    for from in 0..4 {
        for to in 0..4 {
            let mut sum = 0.0;
            for a in 0..4 {
                for b in 0..4 {
                    sum += p[from * 4 + a] * p[a * 4 + b] * p[b * 4 + to];
                }
            }
            assert!((three[from * 4 + to] - sum).abs() < 1e-14);
        }
    }
}

#[test]
fn entropy_of_certain_and_of_even_moves() {
    let certain = Transitions::new(3, [(0, 1, 2), (1, 2, 1), (2, 0, 1)]).unwrap();
    assert_eq!((certain.entropy(), certain.stayed()), (0.0, 0.0));
    let even = Transitions::new(2, [(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1)]).unwrap();
    assert!((even.entropy() - std::f64::consts::LN_2).abs() < 1e-15);
    assert!(Transitions::new(0, []).unwrap().entropy().is_nan());
    assert!(Transitions::new(2, [(0, 2, 1)]).is_err() && Transitions::new(5000, []).is_err());
    assert_eq!(Transitions::new(0, []).unwrap().after(3), [0.0; 0]);
}
