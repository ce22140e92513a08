//! Against definitions, simulations, and laws.

use super::*;
use crate::Claim;
use crate::base::random::Random;

#[test]
fn estimators_are_their_formulas() {
    let mut random = Random::keyed(41, 0);
    let n = 500;
    let column = |random: &mut Random| (0..n).map(|_| random.uniform()).collect::<Vec<f64>>();
    let (reward, target, expected, all) =
        (column(&mut random), column(&mut random), column(&mut random), column(&mut random));
    let behaviour: Vec<f64> = (0..n).map(|_| 0.2 + 0.8 * random.uniform()).collect();
    let logged = Logged { reward: &reward, behaviour: &behaviour, target: &target, model: Some((&expected, &all)) };
    let found = OffPolicy::new(&logged, 1.5).unwrap();
    let w: Vec<f64> = target.iter().zip(&behaviour).map(|(t, b)| t / b).collect();
    let mean = |f: &dyn Fn(usize) -> f64| (0..n).map(f).sum::<f64>() / n as f64;
    let ips = mean(&|i| w[i] * reward[i]);
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    close(found.ips.value, ips);
    close(found.snips.value, ips / mean(&|i| w[i]));
    close(found.dm.unwrap().value, mean(&|i| all[i]));
    close(found.dr.unwrap().value, mean(&|i| all[i] + w[i] * (reward[i] - expected[i])));
    let switched = |i: usize| all[i] + if w[i] <= 1.5 { w[i] * (reward[i] - expected[i]) } else { 0.0 };
    close(found.switch_dr.unwrap().value, mean(&switched));
    close(found.weights.effective_sample_size, mean(&|i| w[i]) * mean(&|i| w[i]) * n as f64 / mean(&|i| w[i] * w[i]));
    let variance = mean(&|i| (w[i] * reward[i] - ips) * (w[i] * reward[i] - ips)) * n as f64 / (n as f64 - 1.0);
    close(found.ips.standard_error, (variance / n as f64).sqrt());
    assert!(found.ips.bernstein.0 < found.ips.interval.0 && found.ips.interval.1 < found.ips.bernstein.1);
    let [ips, snips] = OffPolicy::bootstrap(&logged, 400, 1).unwrap();
    for (boot, normal) in [(ips, found.ips.interval), (snips, found.snips.interval)] {
        assert!((boot.0 - normal.0).abs() < 0.02 && (boot.1 - normal.1).abs() < 0.02, "{boot:?} {normal:?}");
    }
    // A policy against itself, and against the one that was logged.
    assert_eq!(OffPolicy::compare(&logged, &target).unwrap().value, 0.0);
    let same = OffPolicy::new(&Logged { target: &behaviour, ..logged }, 1.0).unwrap();
    assert!(same.gain.value == 0.0 && same.gain.claim == Claim::NoEvidence && same.ips.value == same.logged.value);
}

#[test]
fn intervals_of_a_known_policy_cover_it() {
    let truth = [0.1, 0.3, 0.2];
    let (mut covered, mut bernstein, mut claims) = (0, 0, 0);
    for world in 0..200 {
        let mut random = Random::keyed(42, world);
        let (mut reward, mut behaviour, mut target) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..600 {
            let arm = random.below(3) as usize;
            reward.push(f64::from(u8::from(random.uniform() < truth[arm])));
            behaviour.push(1.0 / 3.0);
            target.push([0.0, 1.0, 0.0][arm]);
        }
        let logged = Logged { reward: &reward, behaviour: &behaviour, target: &target, model: None };
        let found = OffPolicy::new(&logged, 1.0).unwrap();
        let inside = |ends: (f64, f64)| u32::from(ends.0 <= 0.3 && 0.3 <= ends.1);
        covered += inside(found.snips.interval);
        bernstein += inside(found.ips.bernstein);
        claims += u32::from(found.gain.claim == Claim::Effect);
    }
    assert!((180..=199).contains(&covered) && bernstein >= 198 && claims > 150, "{covered} {bernstein} {claims}");
}

/// A log in which an arm is tried with a propensity that each round has, and what it is told of a policy that always does.
fn tried(random: &mut Random, n: usize, of: impl Fn(&mut Random) -> (f64, f64, f64)) -> [Vec<f64>; 3] {
    let mut log = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..n {
        let (share, rate, rate_of_arm) = of(random);
        let taken = random.uniform() < share;
        let success = random.uniform() < if taken { rate_of_arm } else { rate };
        let round = [f64::from(u8::from(success)), if taken { share } else { 1.0 - share }, f64::from(u8::from(taken))];
        log.iter_mut().zip(round).for_each(|(column, x)| column.push(x));
    }
    log
}

/// Of so many such logs, in how many a gain is claimed, and of how many a claim would have been false by the plain error.
fn claimed(stream: u64, logs: u64, n: usize, of: impl Fn(&mut Random) -> (f64, f64, f64)) -> (u32, u32) {
    let (mut claims, mut plain) = (0, 0);
    for log in 0..logs {
        let [reward, behaviour, target] = tried(&mut Random::keyed(stream, log), n, &of);
        let logged = Logged { reward: &reward, behaviour: &behaviour, target: &target, model: None };
        let found = OffPolicy::new(&logged, 1.0).unwrap();
        let all = found.logged.value;
        claims += u32::from(found.gain.claim == Claim::Effect);
        let told = found.weights.effective_sample_size >= 50.0;
        plain += u32::from(told && !(found.snips.interval.0 <= all && all <= found.snips.interval.1));
        // A policy against silence about it: the same question asked of the log itself.
        let against = OffPolicy::compare(&logged, &behaviour).unwrap();
        assert!((against.value - found.gain.value).abs() < 1e-12 || found.gain.value.is_nan());
        assert_eq!(against.claim, found.gain.claim);
    }
    (claims, plain)
}

#[test]
fn no_gain_is_claimed_of_policies_that_change_nothing_however_rare_successes_are() {
    let (logs, mut plain) = (200, 0);
    let most = |logs: u64| (0.05 * logs as f64 + 3.0 * (0.05 * 0.95 * logs as f64).sqrt()) as u32;
    let mut all = 0;
    let worlds = [(600, 0.1), (2000, 0.05), (2000, 0.5), (300, 0.3), (5000, 0.02)];
    for (world, (n, share)) in worlds.into_iter().enumerate() {
        for (place, rate) in [0.005, 0.02, 0.05, 0.1, 0.5].into_iter().enumerate() {
            let stream = 4_800 + 10 * world as u64 + place as u64;
            let (claims, without) = claimed(stream, logs, n, |_| (share, rate, rate));
            assert!(claims <= most(logs), "{n} {share} {rate}: {claims} of {logs}");
            (all, plain) = (all + claims, plain + without);
        }
    }
    // Propensities of which a few weigh most, alone and together with the rate.
    let heavy = |random: &mut Random| (0.02 + 0.9 * random.uniform() * random.uniform() * random.uniform(), 0.02, 0.02);
    let together = |random: &mut Random| if random.uniform() < 0.2 { (0.1, 0.15, 0.15) } else { (0.4, 0.02, 0.02) };
    for (stream, found) in [claimed(4_900, logs, 800, heavy), claimed(4_901, logs, 800, together)].iter().enumerate() {
        assert!(found.0 <= most(logs), "{stream}: {found:?}");
        (all, plain) = (all + found.0, plain + found.1);
    }
    assert!(all <= most(logs * 27) && plain > 3 * all, "{all} {plain}");
}

#[test]
fn gains_of_ordinary_size_are_claimed() {
    for (n, share, rate, of_arm) in
        [(600, 0.5, 0.1, 0.25), (2000, 0.1, 0.1, 0.22), (5000, 0.1, 0.02, 0.06), (1000, 0.1, 0.3, 0.1)]
    {
        let (claims, _) = claimed(4_950, 100, n, |_| (share, rate, of_arm));
        assert!(claims >= 90, "{n} {share} {rate} {of_arm}: {claims}");
    }
}

#[test]
fn a_gain_of_equal_weights_has_the_interval_of_agresti_and_caffo() {
    // No success among the 60 rounds in which the arm was tried, and 11 among the others.
    let column = |of: &dyn Fn(usize) -> f64| (0..600).map(of).collect::<Vec<f64>>();
    let reward = column(&|i| f64::from(u8::from((60..71).contains(&i))));
    let (behaviour, target) = (column(&|i| if i < 60 { 0.1 } else { 0.9 }), column(&|i| f64::from(u8::from(i < 60))));
    let logged = Logged { reward: &reward, behaviour: &behaviour, target: &target, model: None };
    let found = OffPolicy::new(&logged, 1.0).unwrap().gain;
    let (a, b) = (1.0 / 62.0, 12.0 / 542.0);
    let error = |a: f64, b: f64| (a * (1.0 - a) / 62.0 + b * (1.0 - b) / 542.0).sqrt();
    let both = (1.0 - a) * a * 62.0 + (1.0 - b) * b * 542.0;
    let pooled = f64::sqrt(both / 604.0 * (1.0 / 62.0 + 1.0 / 542.0));
    let reach = 1.959_963_984_540_054 * error(a, b).max(pooled);
    let ends = (0.9 * (a - b - reach), 0.9 * (a - b + reach));
    assert!((found.interval.0 - ends.0).abs() < 1e-12 && (found.interval.1 - ends.1).abs() < 1e-12, "{found}");
    assert!(found.claim == Claim::NoEvidence && (found.value + 11.0 / 600.0).abs() < 1e-12);
}

#[test]
fn what_cannot_be_told_is_said() {
    let reward = vec![1.0; 100];
    let half = vec![0.5; 100];
    let value = |behaviour: &[f64], target: &[f64]| {
        OffPolicy::new(&Logged { reward: &reward, behaviour, target, model: None }, 1.0).map(|found| found.gain)
    };
    // Ten rounds agree: too few. All have a low weight: the rest was never tried.
    let few: Vec<f64> = (0..100).map(|i| f64::from(u8::from(i < 10))).collect();
    assert_eq!(value(&half, &few).unwrap().claim, Claim::CannotTell);
    assert_eq!(value(&half, &[0.2; 100]).unwrap().claim, Claim::CannotTell);
    for (row, wrong) in [(0, 0.0), (7, 1.5), (99, -0.1), (3, f64::NAN)] {
        let mut behaviour = half.clone();
        behaviour[row] = wrong;
        let error = value(&behaviour, &half).unwrap_err();
        assert!(error.message().contains(&format!("round {row} ")), "{}", error.message());
    }
    assert!(value(&half, &[1.1; 100]).is_err() && value(&half[1..], &half).is_err());
    let model = Some((&half[..], &[f64::NAN; 100][..]));
    assert!(OffPolicy::new(&Logged { reward: &reward, behaviour: &half, target: &half, model }, 1.0).is_err());
    assert!(
        OffPolicy::bootstrap(&Logged { reward: &reward, behaviour: &half, target: &half, model: None }, 3, 0).is_err()
    );
}

#[test]
fn uplift_of_a_perfect_and_of_a_useless_score() {
    let mut random = Random::keyed(43, 0);
    let (mut outcome, mut effect, mut treated, mut noise) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..6000 {
        let (moved, given) = (random.below(2) as f64, random.below(2) == 1);
        outcome.push(f64::from(u8::from(random.uniform() < 0.1 + if given { 0.4 * moved } else { 0.0 })));
        effect.push(moved);
        treated.push(given);
        noise.push(random.uniform());
    }
    let (good, useless) = (qini(&outcome, &effect, &treated).unwrap(), qini(&outcome, &noise, &treated).unwrap());
    assert!(good > 0.15 && useless.abs() < 0.03, "{good} {useless}");
    assert!(auuc(&outcome, &effect, &treated).unwrap() > auuc(&outcome, &noise, &treated).unwrap() + 0.05);
    let top = uplift_at(&outcome, &effect, &treated, 0.4).unwrap();
    assert!(top.claim == Claim::Effect && (top.value - 0.4).abs() < 0.06);
    // The curve ends at the effect among all, whatever the score.
    let ends = [&effect, &noise].map(|score| qini_curve(&outcome, score, &treated).unwrap().last().copied().unwrap());
    assert_eq!(ends[0], ends[1]);
    // Rows of one score are one point: their order does not matter.
    let turned = |values: &[f64]| values.iter().rev().copied().collect::<Vec<f64>>();
    let back: Vec<bool> = treated.iter().rev().copied().collect();
    assert_eq!(qini(&turned(&outcome), &turned(&effect), &back).unwrap(), good);
    assert!(qini(&[2.0, 0.0], &[1.0, 2.0], &[true, false]).is_err());
    assert!(qini(&[1.0, 0.0], &[1.0, 2.0], &[true, true]).is_err());
    assert!(uplift_at(&outcome, &effect, &treated, 1.0).is_err());
}

#[test]
fn a_test_that_is_watched_all_the_time_is_seldom_wrong() {
    let (mut false_claims, mut found, mut covered) = (0, 0, 0);
    for world in 0..400 {
        let mut random = Random::keyed(44, world);
        let mut nothing = AlwaysValid::new(0.1, 0.05).unwrap();
        let mut effect = nothing.clone();
        for round in 0..3000 {
            let treated = round % 2 == 0;
            nothing.add(treated, f64::from(u8::from(random.uniform() < 0.2))).unwrap();
            let share = if treated { 0.28 } else { 0.2 };
            effect.add(treated, f64::from(u8::from(random.uniform() < share))).unwrap();
        }
        assert_eq!(nothing.p() < 0.05, nothing.verdict().claim == Claim::Effect);
        false_claims += u32::from(nothing.p() < 0.05);
        found += u32::from(effect.p() < 0.05);
        let (low, high) = effect.verdict().interval;
        covered += u32::from(low <= 0.08 && 0.08 <= high);
    }
    assert!(false_claims <= 28 && found >= 320 && covered >= 372, "{false_claims} {found} {covered}");
    assert_eq!(AlwaysValid::new(0.1, 0.05).unwrap().verdict().claim, Claim::CannotTell);
    assert!(AlwaysValid::new(0.0, 0.05).is_err() && AlwaysValid::new(0.1, 0.05).unwrap().add(true, f64::NAN).is_err());
}

/// In how many tests that are looked at after every outcome an effect is claimed at some time.
fn watched(stream: u64, tests: u64, n: usize, treated: f64, outcome: impl Fn(&mut Random, bool) -> f64) -> u32 {
    let ever = |test: u64| {
        let mut random = Random::keyed(stream, test);
        let mut found = AlwaysValid::new(0.02, 0.05).unwrap();
        for _ in 0..n {
            let arm = random.uniform() < treated;
            let outcome = outcome(&mut random, arm);
            found.add(arm, outcome).unwrap();
        }
        assert_eq!(found.p() < 0.05, found.verdict().claim == Claim::Effect);
        u32::from(found.p() < 0.05)
    };
    (0..tests).map(ever).sum()
}

#[test]
fn tests_of_unequal_arms_and_rare_outcomes_are_seldom_wrong() {
    let flag = |random: &mut Random, rate: f64| f64::from(u8::from(random.uniform() < rate));
    // 5% of 150 are 7.5, and three standard errors more 15.5.
    for (place, (treated, n)) in [(0.9, 3000), (0.99, 4000), (0.5, 1500)].into_iter().enumerate() {
        for (rate, stream) in [(0.005, 0), (0.02, 1), (0.1, 2), (0.5, 3)] {
            let claims = watched(5_000 + 10 * place as u64 + stream, 150, n, treated, |random, _| flag(random, rate));
            assert!(claims <= 15, "{treated} {rate}: {claims}");
        }
        // What few buy, of very unequal worth; and numbers that vary around ten.
        let money =
            |random: &mut Random, _: bool| flag(random, 0.05) * crate::base::numeric::exp(3.0 + random.normal());
        let around = |random: &mut Random, _: bool| 10.0 + random.normal();
        let claims = [watched(5_100, 150, n, treated, money), watched(5_101, 150, n, treated, around)];
        assert!(claims.iter().all(|claims| *claims <= 15), "{treated}: {claims:?}");
    }
    let better = |random: &mut Random, arm: bool| flag(random, if arm { 0.16 } else { 0.1 });
    assert!(watched(5_200, 40, 8000, 0.9, better) >= 32);
    let greater = |random: &mut Random, arm: bool| 10.0 + random.normal() + if arm { 0.4 } else { 0.0 };
    assert!(watched(5_201, 40, 4000, 0.9, greater) >= 32);
}

#[test]
fn trials_launch_what_is_good_and_seldom_what_is_dull() {
    let outcome = |share: f64, stream: u64| {
        let mut random = Random::keyed(45, stream);
        let mut trial = SequentialRatio::new(0.05, 0.1, 0.05, 0.2, 0.2).unwrap();
        let mut rounds = 0;
        while trial.stand() == Stand::GoOn && rounds < 100_000 {
            trial.add(random.uniform() < share);
            rounds += 1;
        }
        trial
    };
    let launched = |share: f64| (0..1000).filter(|i| outcome(share, *i).stand() == Stand::Launch).count();
    assert!(launched(0.05) <= 50 + 14 && launched(0.1) >= 800 - 25, "{} {}", launched(0.05), launched(0.1));
    // The sceptic believes after the launch what the bounds allow: odds of 1/4 times at least 16.
    let trial = (0..50).map(|i| outcome(0.1, i)).find(|trial| trial.stand() == Stand::Launch).unwrap();
    assert!((0.8..0.9).contains(&trial.belief()), "{}", trial.belief());
    assert!(SequentialRatio::new(0.1, 0.05, 0.05, 0.2, 0.2).is_err());
}

#[test]
fn campaigns() {
    let mut random = Random::keyed(46, 0);
    let (mut outcome, mut assigned, mut before) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..4000 {
        let (past, given) = (random.normal(), random.below(2) == 1);
        before.push(past);
        assigned.push(given);
        outcome.push(2.0 * past + random.normal() + if given && row % 10 == 3 { 1.0 } else { 0.0 });
    }
    let (plain, less) =
        (intention_to_treat(&outcome, &assigned).unwrap(), adjusted(&outcome, &assigned, &before).unwrap());
    let width = |verdict: &crate::Verdict| verdict.interval.1 - verdict.interval.0;
    assert!(plain.interval.0 < 0.1 && 0.1 < plain.interval.1);
    // Four fifths of the variance was known before.
    assert!((width(&less) / width(&plain) - 0.2_f64.sqrt()).abs() < 0.03, "{} {}", width(&less), width(&plain));
    assert!(less.interval.0 < 0.1 && 0.1 < less.interval.1);
    // Two controls, or nineteen, are no arm: the figures stand, and nothing is claimed.
    for (controls, claim) in [(2, Claim::CannotTell), (19, Claim::CannotTell), (20, Claim::Effect)] {
        let assigned: Vec<bool> = (0..220).map(|row| row >= controls).collect();
        let outcome: Vec<f64> = assigned.iter().map(|given| f64::from(u8::from(*given))).collect();
        let found = intention_to_treat(&outcome, &assigned).unwrap();
        assert!(found.claim == claim && found.value == 1.0 && found.interval.0 < 1.0, "{controls}: {found}");
    }
    assert!(intention_to_treat(&[f64::NAN], &[true]).is_err() && adjusted(&outcome, &assigned, &before[1..]).is_err());
}

#[test]
fn the_response_by_contact() {
    let mut random = Random::keyed(47, 0);
    let (mut contact, mut success) = (Vec::new(), Vec::new());
    for row in 0..8000 {
        let n = 1 + row % 4;
        contact.push(n);
        success.push(random.uniform() < [0.2, 0.14, 0.15, 0.05][n as usize - 1]);
    }
    let found = ResponseByContact::new(&contact, &success, true).unwrap();
    assert!(found.verdict.claim == Claim::Effect && found.verdict.interval.1 < 0.0);
    assert!((found.verdict.value + 0.044).abs() < 0.01, "{}", found.verdict.value);
    assert!(found.fitted.is_sorted_by(|a, b| a >= b) && found.fitted[1] == found.fitted[2]);
    assert_eq!((found.worth(10.0, 1.0), found.worth(10.0, 0.01), found.worth(10.0, 9.0)), (3, 4, 0));
    // The same figures, but who was contacted often was nobody's random choice.
    let seen = ResponseByContact::new(&contact, &success, false).unwrap();
    assert!(seen.verdict.claim == Claim::CannotTell && seen.verdict.value == found.verdict.value);
    let even: Vec<bool> = (0..8000).map(|_| random.uniform() < 0.1).collect();
    assert_eq!(ResponseByContact::new(&contact, &even, true).unwrap().verdict.claim, Claim::NoEvidence);
    assert_eq!(ResponseByContact::new(&[2, 2], &[true, false], true).unwrap().verdict.claim, Claim::CannotTell);
    assert!(ResponseByContact::new(&[0], &[true], true).is_err() && ResponseByContact::new(&[], &[], true).is_err());
    assert!(ResponseByContact::new(&[1], &[], true).is_err());
}

/// Where nothing came of anything, nobody knows how much what is rare may bring.
#[test]
fn rewards_that_are_all_alike_prove_nothing_equal() {
    for reward in [0.0, 1.0, -3.5] {
        let (reward, behaviour) = ([reward; 400], [0.5; 400]);
        let target: Vec<f64> = (0..400).map(|round| f64::from(round % 2)).collect();
        let logged = Logged { reward: &reward, behaviour: &behaviour, target: &target, model: None };
        let other: Vec<f64> = target.iter().map(|chance| 1.0 - chance).collect();
        for gain in [OffPolicy::new(&logged, 10.0).unwrap().gain, OffPolicy::compare(&logged, &other).unwrap()] {
            assert_eq!(gain.claim, Claim::CannotTell, "{gain:?}");
        }
    }
    let logged = Logged { reward: &[1.0, 0.0], behaviour: &[1e-300; 2], target: &[1.0; 2], model: None };
    assert_eq!(OffPolicy::new(&logged, 10.0).unwrap_err().kind(), ErrorKind::SchemaRange);
}
