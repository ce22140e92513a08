//! Leasts that can't be met: as little is missed as can be, then worth counts.

use super::*;

/// A plan of customers with calls, which are asked for, and other things, which are worth more.
struct Asked {
    value: Vec<f64>,
    cost: Vec<f64>,
    actions: usize,
    budget: f64,
    /// How many of each of the first two actions there are, and should be.
    counts: [(f64, f64); 2],
}

impl Asked {
    fn random(random: &mut Random, customers: usize, actions: usize) -> Asked {
        let mut draw = |low: f64, high: f64| low + random.uniform() * (high - low);
        let (mut value, mut cost) = (Vec::new(), Vec::new());
        for cell in 0..customers * actions {
            let asked = cell % actions < 2;
            value.push(if asked { draw(-0.5, 3.0) } else { draw(-1.0, 9.0) });
            cost.push(if asked { draw(0.5, 1.5) } else { draw(0.1, 2.5) });
        }
        let people = customers as f64;
        let counts = [0; 2].map(|_| {
            let least = (draw(0.1, 0.9) * people).round();
            (if draw(0.0, 1.0) < 0.5 { f64::INFINITY } else { least + 2.0 }, least)
        });
        Asked { value, cost, actions, budget: draw(0.1, 0.8) * people, counts }
    }

    fn flags(&self, action: usize) -> Vec<f64> {
        (0..self.actions).map(|other| f64::from(u8::from(other == action))).collect()
    }

    fn plan(&self, most: usize) -> Plan {
        let flags = [self.flags(0), self.flags(1)];
        let count = |place: usize| Limit {
            capacity: self.counts[place].0,
            least: self.counts[place].1,
            uses: Uses::PerAction(&flags[place]),
        };
        let budget = Limit { capacity: self.budget, least: 0.0, uses: Uses::PerCell(&self.cost) };
        let options = Options { value: &self.value, actions: self.actions, most, caps: &[] };
        allocate(options, &[budget, count(0), count(1)]).unwrap()
    }

    /// What is missed and what it is worth where cells are taken in an order, first those that are asked for.
    fn greedy(&self, most: usize, rank: impl Fn(usize) -> f64) -> (f64, f64) {
        let mut order: Vec<usize> = (0..self.value.len()).filter(|cell| self.value[*cell] > 0.0).collect();
        order.sort_by(|a, b| rank(*b).total_cmp(&rank(*a)));
        let (mut left, mut value) = (self.budget, 0.0);
        let mut counts = [0.0; 2];
        let mut own = vec![0; self.value.len() / self.actions];
        let mut taken = vec![false; self.value.len()];
        for first in [true, false] {
            for cell in &order {
                let (customer, action) = (cell / self.actions, cell % self.actions);
                let open =
                    action > 1 || counts[action] < if first { self.counts[action].1 } else { self.counts[action].0 };
                if taken[*cell] || (first && action > 1) || !open || own[customer] >= most || self.cost[*cell] > left {
                    continue;
                }
                taken[*cell] = true;
                own[customer] += 1;
                left -= self.cost[*cell];
                value += self.value[*cell];
                if action < 2 {
                    counts[action] += 1.0;
                }
            }
        }
        (counts.iter().zip(self.counts).map(|(count, (_, least))| (least - count).max(0.0)).sum(), value)
    }
}

#[test]
fn a_budget_that_pays_for_twelve_calls_gets_twelve() {
    for most in 1..=3 {
        for seed in 0..6 {
            let mut random = Random::keyed(70 + seed, 0);
            let (mut value, mut cost) = (Vec::new(), Vec::new());
            for _ in 0..12 {
                value.push(1.0 + 2.0 * random.uniform());
                cost.push(1.0);
                for _ in 0..3 {
                    value.push(3.0 + 6.0 * random.uniform());
                    cost.push([0.5, 1.0, 2.0][random.below(3) as usize]);
                }
            }
            let limits = [
                Limit { capacity: 12.0, least: 0.0, uses: Uses::PerCell(&cost) },
                Limit { capacity: 20.0, least: 14.0, uses: Uses::PerAction(&[1.0, 0.0, 0.0, 0.0]) },
            ];
            let plan = allocate(Options { value: &value, actions: 4, most, caps: &[] }, &limits).unwrap();
            assert_eq!((plan.used[0], plan.used[1], plan.short[1], plan.exact), (12.0, 12.0, 2.0, true));
            // Nothing is left for anything else: the calls are all there is to gain.
            let calls: f64 = value.chunks(4).map(|row| row[0]).sum();
            assert!((plan.value - calls).abs() < 1e-9 && plan.gap() == 0.0, "{} {calls}", plan.value);
            assert!(plan.prices.iter().all(|price| price.is_finite()), "{:?}", plan.prices);
        }
    }
}

#[test]
fn no_greedy_misses_less_or_gains_more_where_as_little_is_missed() {
    let mut random = Random::keyed(71, 0);
    let mut unmet = 0;
    for round in 0..60 {
        let most = 1 + round % 3;
        let asked = Asked::random(&mut random, 20 + round * 6, 3 + round % 4);
        let plan = asked.plan(most);
        let missed: f64 = plan.short.iter().sum();
        assert!(plan.used[0] <= asked.budget + 1e-9);
        assert!((0..2).all(|place| plan.used[place + 1] <= asked.counts[place].0));
        for own in plan.choice.chunks(plan.most) {
            let mut own: Vec<usize> = own.iter().flatten().copied().collect();
            own.sort_unstable();
            assert!(own.len() <= most && own.windows(2).all(|pair| pair[0] < pair[1]));
        }
        let ranks: [&dyn Fn(usize) -> f64; 3] =
            [&|cell| asked.value[cell], &|cell| -asked.cost[cell], &|cell| asked.value[cell] / asked.cost[cell]];
        for (name, rank) in ["value", "cost", "share"].iter().zip(ranks) {
            let (short, value) = asked.greedy(most, rank);
            assert!(missed <= short + 1e-9, "{round} {name} {missed} {short}");
            assert!(missed < short - 1e-9 || plan.value >= value - 1e-9, "{round} {name} {} {value}", plan.value);
            assert!(missed < short - 1e-9 || plan.bound >= value - 1e-9, "{round} {name} {} {value}", plan.bound);
        }
        assert!(plan.bound >= plan.value - 1e-9 && plan.prices.iter().all(|price| price.is_finite()), "{round}");
        unmet += usize::from(missed > 0.0);
    }
    assert!(unmet > 15, "{unmet}");
}

#[test]
fn a_large_plan_that_misses_its_leasts_is_near_its_bound() {
    let mut random = Random::keyed(72, 0);
    for most in [1, 2] {
        let mut asked = Asked::random(&mut random, 9000, 6);
        (asked.budget, asked.counts) = (3000.0, [(f64::INFINITY, 4000.0), (2500.0, 1500.0)]);
        let plan = asked.plan(most);
        let (short, value) = asked.greedy(most, |cell| -asked.cost[cell]);
        let missed: f64 = plan.short.iter().sum();
        assert!(missed > 0.0 && missed <= short, "{missed} {short}");
        assert!(missed < short || plan.value >= 0.99 * value, "{} {value}", plan.value);
        // One contact more that may be missed is worth hundreds of others, and the bound knows no whole contacts.
        assert!(plan.gap() < 0.1 && plan.used[0] <= 3000.0 + 1e-6, "{}", plan.gap());
    }
}

#[test]
fn leasts_that_are_no_whole_numbers_are_missed_by_as_little_as_can_be() {
    // Two of three thirds come nearest to a least of .8, and what is worth most of those.
    let value = [3.0, 2.0, 1.0];
    let limits = [
        Limit { capacity: 0.7, least: 0.0, uses: Uses::PerAction(&[1.0 / 3.0]) },
        Limit { capacity: 0.9, least: 0.8, uses: Uses::PerAction(&[1.0 / 3.0]) },
    ];
    let plan = allocate(just(&value, 1), &limits).unwrap();
    assert_eq!((plan.choice, plan.value, plan.exact), (vec![Some(0), Some(0), None], 5.0, true));
    assert!((plan.short[1] - (0.8 - 2.0 / 3.0)).abs() < 1e-12);
}

#[test]
fn a_capacity_that_nobody_can_use_up_changes_nothing() {
    let mut random = Random::keyed(21, 3);
    let mut asked = Asked::random(&mut random, 300, 2);
    asked.counts = [(f64::INFINITY, 60.0), (f64::INFINITY, 0.0)];
    let free = asked.plan(1);
    for capacity in [300.0, 1e5, 1e9, f64::MAX] {
        asked.counts[0].0 = capacity;
        let plan = asked.plan(1);
        assert_eq!((&plan.choice, plan.value), (&free.choice, free.value), "{capacity}");
    }
}
