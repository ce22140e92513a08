//! Against Kaplan-Meier's curve, closed forms, simulated sales, and every path of a small sale.

use super::*;
use crate::models::survival::KaplanMeier;

/// Sales in three stages with constant hazards: of moving on (out of the last, of being won), and of being lost.
const ON: [f64; 3] = [0.25, 0.30, 0.40];
const OFF: [f64; 3] = [0.10, 0.08, 0.12];

/// The spells of sales that were begun `ago` periods before now, at most; and where each stands.
fn sales(count: u64, ago: u64, stream: u64) -> (Vec<Spell>, Vec<(u32, u32)>) {
    let mut random = Random::keyed(17, stream);
    let (mut spells, mut standing) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let (mut stage, mut age, mut left) = (0_usize, 0, 1 + random.below(ago));
        while left > 0 {
            (left, age) = (left - 1, age + 1);
            let draw = random.uniform();
            let to = match () {
                () if draw < OFF[stage] => Goal::Lost,
                () if draw >= OFF[stage] + ON[stage] => continue,
                () if stage == 2 => Goal::Won,
                () => Goal::Stage(stage as u32 + 1),
            };
            spells.push(Spell { stage: stage as u32, periods: age, to: Some(to) });
            (stage, age) = (stage + 1, 0);
            if !matches!(to, Goal::Stage(_)) {
                break;
            }
        }
        if stage < 3 && left == 0 && !(age == 0 && spells.last().is_some_and(|last| last.to == Some(Goal::Lost))) {
            spells.push(Spell { stage: stage as u32, periods: age, to: None });
            standing.push((stage as u32, age));
        }
    }
    (spells, standing)
}

#[test]
fn stages_survive_as_by_kaplan_meier() {
    let (spells, _) = sales(4000, 12, 0);
    let stages = Stages::fit(&spells, 3, None).unwrap();
    for stage in 0..3 {
        let own: Vec<&Spell> = spells.iter().filter(|spell| spell.stage == stage).collect();
        let duration: Vec<f64> = own.iter().map(|spell| f64::from(spell.periods)).collect();
        let left: Vec<bool> = own.iter().map(|spell| spell.to.is_some()).collect();
        let curve = KaplanMeier::new(&duration, &left, None).unwrap();
        // Where each period has a hazard of its own.
        for periods in 0..stages.levels()[stage as usize].len() as u32 {
            let (found, wanted) = (stages.survival(stage, periods), curve.survival(f64::from(periods)));
            assert!((found - wanted).abs() < 1e-12, "{stage} {periods} {found} {wanted}");
        }
    }
}

#[test]
fn chances_are_those_of_constant_hazards() {
    let (spells, _) = sales(60_000, 40, 1);
    let ever = Stages::fit(&spells, 3, None).unwrap();
    let soon = Stages::fit(&spells, 3, Some(4)).unwrap();
    let onward = |stage: usize| ON[stage] / (ON[stage] + OFF[stage]);
    // By every path: from each stage one period further.
    let mut within = [0.0, 0.0, 0.0, 1.0];
    for _ in 0..4 {
        within = std::array::from_fn(|at| match at {
            3 => 1.0,
            at => ON[at] * within[at + 1] + (1.0 - ON[at] - OFF[at]) * within[at],
        });
    }
    for (stage, within) in within.iter().enumerate().take(3) {
        let truth: f64 = (stage..3).map(onward).product();
        for age in [0, 2] {
            let (found, (lower, upper)) = (ever.chance(stage as u32, age), ever.interval(stage as u32, age));
            assert!((found - truth).abs() < 0.015 && lower < found && found < upper, "{stage} {age} {found} {truth}");
            assert!((soon.chance(stage as u32, age) - within).abs() < 0.015);
        }
    }
    // A horizon without end is none.
    let long = Stages::fit(&spells, 3, Some(120)).unwrap();
    assert!((0..3).all(|stage| (long.chance(stage, 1) - ever.chance(stage, 1)).abs() < 1e-9));
}

#[test]
fn what_is_forecast_comes_within_its_interval() {
    let (spells, standing) = sales(3000, 10, 2);
    let stages = Stages::fit(&spells, 3, None).unwrap();
    let mut random = Random::keyed(18, 0);
    let mut open = Vec::new();
    for (stage, age) in &standing {
        open.push(Open { stage: *stage, age: *age, value: 50.0 + 100.0 * random.uniform() });
    }
    let all = stages.forecast(&open);
    let sum: f64 = open.iter().map(|one| one.value * stages.chance(one.stage, one.age)).sum();
    assert!((all.value - sum).abs() < 1e-9 * sum && all.opportunities == open.len());
    // What came, over and over.
    let mut inside = 0;
    for _ in 0..200 {
        let onward = |stage: u32| ON[stage as usize] / (ON[stage as usize] + OFF[stage as usize]);
        let mut come = 0.0;
        for one in &open {
            if (one.stage..3).all(|stage| random.uniform() < onward(stage)) {
                come += one.value;
            }
        }
        inside += u32::from(all.lower <= come && come <= all.upper);
    }
    assert!(inside >= 150, "{inside} of 200 within {all:?}");
}

#[test]
fn odd_sales() {
    let spell = |stage, periods, to| Spell { stage, periods, to };
    // Back and forth: 1 leads to 0 half of the time, 0 always to 1, so that all are won in the end.
    let round = [
        [spell(0, 1, Some(Goal::Stage(1)))].repeat(50),
        [spell(1, 1, Some(Goal::Stage(0)))].repeat(25),
        [spell(1, 1, Some(Goal::Won))].repeat(25),
    ];
    let round = Stages::fit(&round.concat(), 2, None).unwrap();
    assert!((round.chance(0, 0) - 1.0).abs() < 1e-12 && (round.chance(1, 0) - 1.0).abs() < 1e-12);
    // Round for ever: nobody is won. A stage that none was in is unknown, and what leads there brings nothing.
    let ring = [[spell(0, 1, Some(Goal::Stage(0)))].repeat(9), [spell(1, 3, Some(Goal::Stage(2)))].repeat(9)];
    let ring = Stages::fit(&ring.concat(), 3, None).unwrap();
    assert_eq!((ring.chance(0, 5), ring.chance(1, 0)), (0.0, 0.0));
    assert!(ring.chance(2, 0).is_nan() && ring.chance(7, 0).is_nan() && ring.interval(2, 0).0.is_nan());
    // Nobody moved yet: nothing comes of it.
    let still = Stages::fit(&[spell(0, 4, None)].repeat(30), 1, Some(3)).unwrap();
    assert_eq!((still.chance(0, 0), still.chance(0, 9)), (0.0, 0.0));
    let nothing = still.forecast(&[Open { stage: 3, age: 0, value: 1.0 }, Open { stage: 0, age: 0, value: f64::NAN }]);
    assert_eq!((nothing.opportunities, nothing.value, nothing.upper), (0, 0.0, 0.0));
    assert!(Stages::fit(&[], 1, None).is_err() && Stages::fit(&[spell(0, 0, Some(Goal::Won))], 1, None).is_err());
    assert!(
        Stages::fit(&[spell(1, 1, None)], 1, None).is_err() && Stages::fit(&[spell(0, 1, None)], 33, None).is_err()
    );
    assert!(Stages::fit(&[spell(0, 1, Some(Goal::Stage(1)))], 1, None).is_err());
    assert!(Stages::fit(&[spell(0, 1, None)], 1, Some(0)).is_err());
    assert!(Stages::fit(&[spell(0, 1, None)], 1, Some(121)).is_err());
}
