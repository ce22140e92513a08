//! Against every plan there is, a published optimum, and laws of limits.

mod leasts;

use super::*;
use crate::base::random::Random;

/// Generalised assignment c515-1 of the OR-Library (Beasley 1990; Martello, Toth): five agents, fifteen jobs; the
/// worth and the load of each job with each agent, and what agents can take.
const WORTH: [[f64; 15]; 5] = [
    [17., 21., 22., 18., 24., 15., 20., 18., 19., 18., 16., 22., 24., 24., 16.],
    [23., 16., 21., 16., 17., 16., 19., 25., 18., 21., 17., 15., 25., 17., 24.],
    [16., 20., 16., 25., 24., 16., 17., 19., 19., 18., 20., 16., 17., 21., 24.],
    [19., 19., 22., 22., 20., 16., 19., 17., 21., 19., 25., 23., 25., 25., 25.],
    [18., 19., 15., 15., 21., 25., 16., 16., 23., 15., 22., 17., 19., 22., 24.],
];
const LOAD: [[f64; 15]; 5] = [
    [8., 15., 14., 23., 8., 16., 8., 25., 9., 17., 25., 15., 10., 8., 24.],
    [15., 7., 23., 22., 11., 11., 12., 10., 17., 16., 7., 16., 10., 18., 22.],
    [21., 20., 6., 22., 24., 10., 24., 9., 21., 14., 11., 14., 11., 19., 16.],
    [20., 11., 8., 14., 9., 5., 6., 19., 19., 7., 6., 6., 13., 9., 18.],
    [8., 13., 13., 13., 10., 20., 25., 16., 16., 17., 10., 10., 5., 12., 23.],
];
const ROOM: [f64; 5] = [36., 34., 38., 27., 33.];

/// One action a customer at most.
fn just(value: &[f64], actions: usize) -> Options<'_> {
    Options { value, actions, most: 1, caps: &[] }
}

fn by_job(table: &[[f64; 15]; 5]) -> Vec<f64> {
    (0..15).flat_map(|job| table.iter().map(move |agent| agent[job])).collect()
}

#[test]
fn a_published_optimum() {
    let (value, load) = (by_job(&WORTH), by_job(&LOAD));
    let uses: Vec<Vec<f64>> = (0..5)
        .map(|agent| load.iter().enumerate().map(|(at, load)| if at % 5 == agent { *load } else { 0.0 }).collect())
        .collect();
    let limits: Vec<Limit<'_>> = uses
        .iter()
        .zip(ROOM)
        .map(|(uses, capacity)| Limit { capacity, least: 0.0, uses: Uses::PerCell(uses) })
        .collect();
    let plan = allocate(just(&value, 5), &limits).unwrap();
    assert_eq!((plan.value, plan.bound, plan.exact), (336.0, 336.0, true));
    assert!(plan.used.iter().zip(ROOM).all(|(used, room)| *used <= room));
    // The dual alone comes to the bound of linear programming, 343.5872.
    let at_prices =
        |job: usize| (0..5).map(|a| value[job * 5 + a] - plan.prices[a] * load[job * 5 + a]).fold(0.0, f64::max);
    let bound =
        (0..15).map(at_prices).sum::<f64>() + plan.prices.iter().zip(ROOM).map(|(p, room)| p * room).sum::<f64>();
    assert!((343.587..343.9).contains(&bound), "{bound}");
}

/// The best of all plans.
fn best(value: &[f64], actions: usize, limits: &[Limit<'_>], row: usize, left: &[f64]) -> f64 {
    if row * actions >= value.len() {
        return 0.0;
    }
    let mut most = best(value, actions, limits, row + 1, left);
    for action in 0..actions {
        let uses = |limit: &Limit<'_>| match limit.uses {
            Uses::PerAction(uses) => uses[action],
            Uses::PerCell(uses) => uses[row * actions + action],
        };
        let after: Vec<f64> = left.iter().zip(limits).map(|(left, limit)| left - uses(limit)).collect();
        let worth = value[row * actions + action];
        if worth > 0.0 && after.iter().all(|left| *left >= -1e-12) {
            most = most.max(worth + best(value, actions, limits, row + 1, &after));
        }
    }
    most
}

#[test]
fn small_plans_are_the_best_there_are() {
    let mut random = Random::keyed(31, 0);
    for round in 0..60 {
        let (customers, actions) = (1 + round % 6, 1 + round % 3);
        let mut value: Vec<f64> = (0..customers * actions).map(|_| random.uniform() * 10.0 - 1.0).collect();
        if round % 7 == 0 {
            value[0] = f64::NAN;
        }
        let cells: Vec<f64> = value.iter().map(|_| random.below(4) as f64).collect();
        let flat: Vec<f64> = (0..actions).map(|action| action as f64).collect();
        let limits = [
            Limit { capacity: random.below(8) as f64, least: 0.0, uses: Uses::PerCell(&cells) },
            Limit { capacity: 2.0, least: 0.0, uses: Uses::PerAction(&flat) },
        ];
        let plan = allocate(just(&value, actions), &limits).unwrap();
        let capacity: Vec<f64> = limits.iter().map(|limit| limit.capacity).collect();
        let most = best(&value, actions, &limits, 0, &capacity);
        assert!((plan.value - most).abs() < 1e-9 && plan.exact && plan.gap() == 0.0, "{plan:?} {most}");
        assert!(plan.used.iter().zip(&capacity).all(|(used, capacity)| *used <= capacity + 1e-9));
    }
}

#[test]
fn large_plans_keep_limits_and_are_near_their_bound() {
    let (customers, actions) = (12_000, 8);
    let mut random = Random::keyed(32, 0);
    let value: Vec<f64> = (0..customers * actions).map(|_| random.exponential() - 0.2).collect();
    let cost: Vec<f64> = value.iter().map(|_| 0.2 + random.uniform()).collect();
    let calls: Vec<f64> = (0..actions).map(|action| f64::from(u8::from(action < 2))).collect();
    let mail: Vec<f64> = (0..actions).map(|action| f64::from(u8::from(action > 5))).collect();
    let limits = [
        Limit { capacity: 1800.0, least: 0.0, uses: Uses::PerCell(&cost) },
        Limit { capacity: 700.0, least: 0.0, uses: Uses::PerAction(&calls) },
        Limit { capacity: 900.0, least: 0.0, uses: Uses::PerAction(&mail) },
        Limit { capacity: 1e9, least: 0.0, uses: Uses::PerAction(&mail) },
    ];
    let plan = allocate(just(&value, actions), &limits).unwrap();
    assert!(plan.gap() < 1e-3, "{}", plan.gap());
    let chosen = || plan.choice.iter().enumerate().filter_map(|(row, action)| Some(row * actions + (*action)?));
    assert!((chosen().map(|at| value[at]).sum::<f64>() - plan.value).abs() < 1e-6 && !plan.exact);
    assert!((chosen().map(|at| cost[at]).sum::<f64>() - plan.used[0]).abs() < 1e-6);
    assert!(plan.used.iter().zip(&limits).all(|(used, limit)| *used <= limit.capacity + 1e-6), "{:?}", plan.used);
    assert_eq!(plan.prices[3], 0.0);
    // No limit at all: everyone gets what is best.
    let free = allocate(just(&value, actions), &[]).unwrap();
    let most: f64 = value.chunks(actions).map(|row| row.iter().copied().fold(0.0, f64::max)).sum();
    assert!((free.value - most).abs() < 1e-6 && free.exact);
    // A limit without capacity closes what uses it.
    let closed = [Limit { capacity: 0.0, least: 0.0, uses: Uses::PerCell(&cost) }];
    assert_eq!(allocate(just(&value, actions), &closed).unwrap().value, 0.0);
    assert!(allocate(just(&value, 7), &[]).is_err());
    assert!(
        allocate(just(&value, actions), &[Limit { capacity: -1.0, least: 0.0, uses: Uses::PerCell(&cost) }]).is_err()
    );
    assert!(
        allocate(just(&value, actions), &[Limit { capacity: 1.0, least: 0.0, uses: Uses::PerCell(&calls) }]).is_err()
    );
}

/// The best of all assignments: how many are served, and the sum.
fn every(score: &[f64], left: &[usize], row: usize) -> (usize, f64) {
    let agents = left.len();
    if row * agents >= score.len() {
        return (0, 0.0);
    }
    let mut most = every(score, left, row + 1);
    for agent in 0..agents {
        let value = score[row * agents + agent];
        if left[agent] > 0 && !value.is_nan() {
            let mut after = left.to_vec();
            after[agent] -= 1;
            let (served, sum) = every(score, &after, row + 1);
            let found = (served + 1, sum + value);
            if found.0 > most.0 || (found.0 == most.0 && found.1 > most.1) {
                most = found;
            }
        }
    }
    most
}

#[test]
fn assignments_are_the_best_there_are() {
    let mut random = Random::keyed(33, 0);
    for round in 0..120 {
        let (customers, agents) = (round % 7, 1 + round % 4);
        let mut score: Vec<f64> = (0..customers * agents).map(|_| (random.uniform() * 20.0).round() - 5.0).collect();
        for value in &mut score {
            if random.below(6) == 0 {
                *value = f64::NAN;
            }
        }
        let capacity: Vec<usize> = (0..agents).map(|_| random.below(4) as usize).collect();
        let found = assign(&score, &capacity).unwrap();
        let served = found.agent.iter().flatten().count();
        let (most, sum) = every(&score, &capacity, 0);
        assert_eq!(served, most, "{score:?} {capacity:?} {found:?}");
        assert!((found.score - sum).abs() < 1e-9, "{score:?} {capacity:?} {found:?} {sum}");
        for (agent, capacity) in capacity.iter().enumerate() {
            assert!(found.agent.iter().filter(|by| **by == Some(agent)).count() <= *capacity);
        }
    }
    assert!(assign(&[1.0, 2.0, 3.0], &[1, 1]).is_err() && assign(&[f64::INFINITY], &[1]).is_err());
    assert!(assign(&[], &[]).is_err());
}

#[test]
fn budgets_last_to_the_end_and_are_never_overdrawn() {
    let (rounds, actions) = (20_000, 4);
    let mut random = Random::keyed(34, 0);
    let (mut values, mut costs) = (Vec::new(), Vec::new());
    for _ in 0..rounds * actions {
        values.push(random.exponential());
        costs.push(0.2 + random.uniform());
    }
    let mut pacer = Pacer::new(&[3000.0, 900.0], rounds as u64, 0.003).unwrap();
    let (mut total, mut halfway) = (0.0, 0.0);
    let calls: Vec<f64> = values.iter().enumerate().map(|(at, _)| f64::from(u8::from(at % actions == 0))).collect();
    for round in 0..rounds {
        let at = round * actions..(round + 1) * actions;
        let uses: Vec<f64> = costs[at.clone()].iter().chain(&calls[at.clone()]).copied().collect();
        if let Some(action) = pacer.choose(&values[at.clone()], &uses).unwrap() {
            total += values[round * actions + action];
        }
        if round == rounds / 2 {
            halfway = pacer.left()[0];
        }
    }
    assert!(pacer.left().iter().all(|left| *left >= 0.0) && (1300.0..1700.0).contains(&halfway), "{halfway}");
    let limits = [
        Limit { capacity: 3000.0, least: 0.0, uses: Uses::PerCell(&costs) },
        Limit { capacity: 900.0, least: 0.0, uses: Uses::PerCell(&calls) },
    ];
    // In hindsight little more could have been had.
    let plan = allocate(just(&values, actions), &limits).unwrap();
    assert!(total > 0.95 * plan.bound, "{total} {}", plan.bound);
    assert!(pacer.choose(&[1.0], &[1.0]).is_err() && pacer.choose(&[1.0], &[1.0, -1.0]).is_err());
    assert!(Pacer::new(&[-1.0], 5, 0.1).is_err() && Pacer::new(&[1.0], 0, 0.1).is_err());
}

/// What a small plan is asked for.
struct Small {
    value: Vec<f64>,
    actions: usize,
    most: usize,
    /// Of each limit: what a cell takes, the capacity, the least.
    limits: Vec<(Vec<f64>, f64, f64)>,
    group: Vec<bool>,
    left: Vec<u32>,
    policy: Vec<bool>,
}

impl Small {
    fn random(random: &mut Random, most: usize, leasts: [bool; 2]) -> Small {
        let (customers, actions) = (1 + random.below(5) as usize, 1 + random.below(4) as usize);
        let cells = customers * actions;
        let mut limit = |capacity: u64, least: bool| {
            let capacity = random.below(capacity) as f64;
            let least = if least { random.below(capacity as u64 + 1) as f64 } else { 0.0 };
            ((0..cells).map(|_| random.below(3) as f64).collect(), capacity, least)
        };
        let limits = vec![limit(8, leasts[0]), limit(7, leasts[1])];
        let mut flags = |chance: u64| (0..actions).map(|_| random.below(chance) == 0).collect();
        let (group, policy) = (flags(2), flags(2));
        let value = (0..cells).map(|_| (random.uniform() * 100.0).round() / 10.0 - 1.0).collect();
        let left = (0..customers).map(|_| random.below(4) as u32).collect();
        Small { value, actions, most, limits, group, left, policy }
    }

    /// Short of the leasts, and worth, of the best of all plans: every set of actions of every customer.
    fn best(&self, row: usize, left: &[f64]) -> (f64, f64) {
        if row * self.actions >= self.value.len() {
            let short =
                |((_, capacity, least), left): (&(Vec<f64>, f64, f64), &f64)| (least - (capacity - left)).max(0.0);
            return (self.limits.iter().zip(left).map(short).sum(), 0.0);
        }
        let mut most = (f64::INFINITY, 0.0);
        for set in 0..1_usize << self.actions {
            let own = || (0..self.actions).filter(|action| set >> action & 1 == 1);
            let count = |flags: &[bool]| own().filter(|action| flags[*action]).count();
            let fair = own().count() <= self.most
                && count(&self.group) <= 1
                && count(&self.policy) <= self.left[row] as usize
                && own().all(|action| self.value[row * self.actions + action] > 0.0);
            let after: Vec<f64> = left
                .iter()
                .zip(&self.limits)
                .map(|(left, (uses, ..))| left - own().map(|action| uses[row * self.actions + action]).sum::<f64>())
                .collect();
            if fair && after.iter().all(|left| *left >= 0.0) {
                let (short, rest) = self.best(row + 1, &after);
                let worth = rest + own().map(|action| self.value[row * self.actions + action]).sum::<f64>();
                if short < most.0 || (short == most.0 && worth > most.1) {
                    most = (short, worth);
                }
            }
        }
        most
    }

    fn plan(&self) -> Plan {
        let caps = [
            Cap { actions: &self.group, most: AtMost::Same(1) },
            Cap { actions: &self.policy, most: AtMost::PerCustomer(&self.left) },
        ];
        let limit = |(uses, capacity, least): &'_ (Vec<f64>, f64, f64)| (uses.clone(), *capacity, *least);
        let owned: Vec<(Vec<f64>, f64, f64)> = self.limits.iter().map(limit).collect();
        let limits: Vec<Limit<'_>> = owned
            .iter()
            .map(|(uses, capacity, least)| Limit { capacity: *capacity, least: *least, uses: Uses::PerCell(uses) })
            .collect();
        allocate(Options { value: &self.value, actions: self.actions, most: self.most, caps: &caps }, &limits).unwrap()
    }
}

#[test]
fn several_actions_a_customer_with_caps_and_leasts_are_the_best_there_are() {
    let mut random = Random::keyed(35, 0);
    let (mut several, mut unmet) = (0, 0);
    for round in 0..900 {
        let small = Small::random(&mut random, 1 + round % 4, [round % 3 == 0, round % 2 == 0]);
        let plan = small.plan();
        let capacity: Vec<f64> = small.limits.iter().map(|(_, capacity, _)| *capacity).collect();
        let (short, most) = small.best(0, &capacity);
        let missed: f64 = plan.short.iter().sum();
        assert!(plan.exact && (missed - short).abs() < 1e-9, "{round} {missed} {short} {plan:?}");
        assert!((plan.value - most).abs() < 1e-9 && plan.gap() == 0.0, "{round} {most} {plan:?}");
        assert!(plan.used.iter().zip(&capacity).all(|(used, capacity)| used <= capacity));
        for (row, own) in plan.choice.chunks(plan.most).enumerate() {
            let count = |flags: &[bool]| own.iter().flatten().filter(|action| flags[**action]).count();
            assert!(count(&small.group) <= 1 && count(&small.policy) <= small.left[row] as usize);
        }
        several += plan.choice.chunks(plan.most).filter(|own| own.iter().flatten().count() > 1).count();
        unmet += usize::from(missed > 0.0);
    }
    assert!(several > 50 && unmet > 100, "{several} {unmet}");
}

#[test]
fn large_plans_of_several_actions_keep_all_limits_and_meet_their_leasts() {
    let (customers, actions, most) = (9000, 10, 3);
    let mut random = Random::keyed(36, 0);
    let value: Vec<f64> = (0..customers * actions).map(|_| random.exponential() - 0.2).collect();
    let cost: Vec<f64> = value.iter().map(|_| 0.2 + random.uniform()).collect();
    let flag = |from: usize, to: usize| (0..actions).map(|action| (from..to).contains(&action)).collect::<Vec<bool>>();
    let (group, policy) = (flag(0, 4), flag(3, 8));
    let left: Vec<u32> = (0..customers).map(|_| random.below(3) as u32).collect();
    let caps =
        [Cap { actions: &group, most: AtMost::Same(1) }, Cap { actions: &policy, most: AtMost::PerCustomer(&left) }];
    let calls: Vec<f64> = (0..actions).map(|action| f64::from(u8::from(action < 2))).collect();
    let mail: Vec<f64> = (0..actions).map(|action| f64::from(u8::from(action > 7))).collect();
    let limits = [
        Limit { capacity: 4000.0, least: 0.0, uses: Uses::PerCell(&cost) },
        Limit { capacity: 900.0, least: 700.0, uses: Uses::PerAction(&calls) },
        Limit { capacity: f64::INFINITY, least: 2500.0, uses: Uses::PerAction(&mail) },
    ];
    let options = Options { value: &value, actions, most, caps: &caps };
    let plan = allocate(options, &limits).unwrap();
    // Action 3 stands in both caps, of which the dual minds one: its bound is above the best plan.
    assert!(plan.short == [0.0; 3] && plan.gap() < 0.015, "{} {:?} {:?}", plan.gap(), plan.short, plan.used);
    assert!(plan.used.iter().zip(&limits).all(|(used, limit)| *used <= limit.capacity + 1e-9), "{:?}", plan.used);
    assert!(plan.prices[0] > 0.0 && plan.prices[2] <= 0.0, "{:?}", plan.prices);
    for (row, own) in plan.choice.chunks(most).enumerate() {
        let count = |flags: &[bool]| own.iter().flatten().filter(|action| flags[**action]).count();
        assert!(count(&group) <= 1 && count(&policy) <= left[row] as usize);
        let mut own: Vec<usize> = own.iter().flatten().copied().collect();
        own.sort_unstable();
        assert!(own.windows(2).all(|pair| pair[0] < pair[1]));
    }
    // More than anyone could take: as much as there is, and told.
    let few = [Limit { capacity: 1e9, least: 1e8, uses: Uses::PerAction(&calls) }];
    let short = allocate(options, &few).unwrap();
    assert!(short.short[0] > 9e7 && short.bound >= short.value && !short.exact);
    let wrong = |limit: Limit<'_>| allocate(options, &[limit]).is_err();
    assert!(wrong(Limit { capacity: 1.0, least: 2.0, uses: Uses::PerAction(&calls) }));
    assert!(wrong(Limit { capacity: 1.0, least: f64::NAN, uses: Uses::PerAction(&calls) }));
    assert!(wrong(Limit { capacity: f64::NAN, least: 0.0, uses: Uses::PerAction(&calls) }));
    assert!(allocate(Options { most: 0, ..options }, &[]).is_err());
    assert!(
        allocate(Options { caps: &[Cap { actions: &group[1..], most: AtMost::Same(1) }], ..options }, &[]).is_err()
    );
    let nobody = Options { value: &[], caps: &caps[..1], ..options };
    assert!(allocate(nobody, &limits[1..]).unwrap().choice.is_empty());
    assert!(allocate(Options { value: &[], ..options }, &limits).is_err());
}
