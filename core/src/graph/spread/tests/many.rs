//! As many seeds as are asked for, at any scale of costs, values and weights, with bounds that say what is sure.

use super::super::*;
use crate::graph::csr::Csr;
use crate::graph::testdata;

const GREEDY: f64 = 1.0 - 1.0 / std::f64::consts::E;

/// Nodes 2 i and 2 i + 1 are tied, and each surely moves the other.
fn pairs(nodes: u32) -> WordOfMouth {
    let (even, odd): (Vec<u32>, Vec<u32>) = (0..nodes / 2).map(|i| (2 * i, 2 * i + 1)).unzip();
    let graph = Csr::from_edges(nodes as usize, &even, &odd, None, false).unwrap();
    WordOfMouth::weighted(&graph, SpreadModel::IndependentCascade).unwrap()
}

/// 2 to a power, subnormal ones too.
fn power(exponent: i64) -> f64 {
    f64::from_bits(if exponent < -1022 { 1 << (exponent + 1074) } else { ((exponent + 1023) as u64) << 52 })
}

/// What seeds reach in a graph of pairs.
fn reached(seeds: &[u32]) -> f64 {
    let mut of: Vec<u32> = seeds.iter().map(|seed| seed / 2).collect();
    of.sort_unstable();
    of.dedup();
    2.0 * of.len() as f64
}

fn assert_honest(found: &SeedSet, exact: f64, best: f64, epsilon: f64) {
    let slack = 1e-9 * best;
    assert!(found.lower <= exact + slack && best <= found.upper + slack, "{exact} and {best}: {}", found.lower);
    assert!(found.lower <= found.spread + slack && found.spread <= found.upper + slack, "{}", found.spread);
    assert!(found.lower >= (GREEDY - epsilon) * found.upper, "{} of {}", found.lower, found.upper);
    let mut seeds = found.seeds.clone();
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!((seeds.len(), found.gains.len()), (found.seeds.len(), found.seeds.len()));
}

#[test]
fn there_are_as_many_seeds_as_asked_for() {
    let graph = pairs(20_000);
    for (count, expected) in [(3000, 3000), (10_000, 10_000), (15_000, 15_000), (20_000, 20_000), (40_000, 20_000)] {
        let options = SeedOptions { count, epsilon: 0.1, ..Default::default() };
        let found = select_seeds(&graph, &options).unwrap();
        assert_eq!(found.seeds.len(), expected);
        assert_honest(&found, reached(&found.seeds), 20_000f64.min(2.0 * count as f64), 0.1);
        assert!(reached(&found.seeds) >= 0.91 * 20_000f64.min(2.0 * count as f64), "{}", reached(&found.seeds));
    }
    let alone = Csr::from_edges(50_000, &[], &[], None, false).unwrap();
    let alone = WordOfMouth::weighted(&alone, SpreadModel::LinearThreshold).unwrap();
    let found = select_seeds(&alone, &SeedOptions { count: 50_000, ..Default::default() }).unwrap();
    assert_eq!(found.seeds.len(), 50_000);
    assert_eq!((found.spread, found.lower, found.upper), (50_000.0, 50_000.0, 50_000.0));
    let found = select_seeds(&alone, &SeedOptions { count: 40_000, epsilon: 0.2, ..Default::default() }).unwrap();
    assert_eq!(found.seeds.len(), 40_000);
    assert_honest(&found, 40_000.0, 40_000.0, 0.2);
    assert!((found.spread - 40_000.0).abs() < 1e-6 && (found.lower - 40_000.0).abs() < 1e-6);
}

/// Those who are filled in come by value per cost, then the least drawn, then the smaller node; nothing that a budget could
/// still buy is left.
#[test]
fn what_is_left_is_filled_in_by_value_per_cost() {
    let nodes = 400;
    let graph = pairs(nodes);
    let cost: Vec<f64> = (0..nodes).map(|i| 1.0 + f64::from(i % 7)).collect();
    let value: Vec<f64> = (0..nodes).map(|i| f64::from(i % 3)).collect();
    for budget in [0.5, 3.0, 500.0, 1300.0, 1599.0, 1e9, f64::INFINITY] {
        let base = SeedOptions { count: 400, cost: Some(&cost), budget: Some(budget), ..Default::default() };
        for options in [base, SeedOptions { value: Some(&value), ..base }] {
            let found = select_seeds(&graph, &options).unwrap();
            let spent: f64 = found.seeds.iter().map(|&s| cost[s as usize]).sum();
            let left = |node: &u32| !found.seeds.contains(node) && cost[*node as usize] <= budget - spent;
            assert!(spent <= budget && !(0..nodes).any(|node| left(&node)), "{budget}: {spent}");
            assert!(found.lower <= found.spread && found.spread <= found.upper);
            let filled: Vec<u32> =
                found.seeds.iter().zip(&found.gains).filter(|(_, gain)| **gain == 0.0).map(|(node, _)| *node).collect();
            let worth = |node: u32| options.value.map_or(1.0, |value| value[node as usize]) / cost[node as usize];
            assert!(filled.is_sorted_by(|a, b| worth(*a) >= worth(*b)), "{filled:?}");
        }
    }
}

/// Costs, budgets and values mean the same at any scale, and extremes of them are no reason to fail.
#[test]
fn scales_do_not_matter() {
    let graph = WordOfMouth::weighted(&testdata::karate(), SpreadModel::IndependentCascade).unwrap();
    let scaled = |values: &[f64], scale: f64| values.iter().map(|x| x * scale).collect::<Vec<f64>>();
    let cost: Vec<f64> = (0..34).map(|i| 1.0 + f64::from(i % 4)).collect();
    let value: Vec<f64> = (0..34).map(|i| 1.0 + f64::from(i % 5)).collect();
    let ask = |scale: f64, worth: f64| {
        let (cost, value) = (scaled(&cost, scale), scaled(&value, worth));
        let options = SeedOptions {
            count: 34,
            cost: Some(&cost),
            budget: Some(9.0 * scale),
            value: Some(&value),
            epsilon: 0.2,
            ..Default::default()
        };
        select_seeds(&graph, &options).unwrap()
    };
    let usual = ask(1.0, 1.0);
    assert!(usual.seeds.len() > 2 && usual.lower > 0.0);
    for (scale, worth) in [(power(-1060), power(-1040)), (power(1010), power(1000))] {
        let found = ask(scale, worth);
        assert_eq!(found.seeds, usual.seeds);
        assert!((found.spread / worth - usual.spread).abs() < 1e-9, "{} {}", found.spread / worth, usual.spread);
        assert!((found.upper / worth - usual.upper).abs() < 1e-9 && (found.lower / worth - usual.lower).abs() < 1e-9);
    }
    let mixed: Vec<f64> = (0..34).map(|i| [1e-310, 1.0, 1e308, 5e-324][i % 4]).collect();
    for budget in [0.0, 1e-323, 1e-310, 1.0, 1e308, f64::MAX, f64::INFINITY] {
        for value in [None, Some(mixed.iter().rev().map(|x| x * 0.01).collect::<Vec<f64>>())] {
            let options = SeedOptions {
                count: usize::MAX,
                cost: Some(&mixed),
                budget: Some(budget),
                value: value.as_deref(),
                epsilon: 0.3,
                ..Default::default()
            };
            let found = select_seeds(&graph, &options).unwrap();
            assert_eq!(found.seeds.is_empty(), budget == 0.0);
            assert!(found.lower <= found.upper && found.spread.is_finite() && found.upper.is_finite(), "{found:?}");
        }
    }
    let usual = graph.simulate(&[0, 5], 200, 3, Some(&value)).unwrap();
    for scale in [power(-1040), power(1010)] {
        let run = graph.simulate(&[0, 5], 200, 3, Some(&scaled(&value, scale))).unwrap();
        assert!(
            (run.mean / scale - usual.mean).abs() < 1e-9 && (run.error / scale - usual.error).abs() < 1e-6,
            "{run:?}"
        );
    }
    for delta in [5e-324, 1e-300, 0.999_999] {
        let found = select_seeds(&graph, &SeedOptions { count: 3, epsilon: 0.5, delta, ..Default::default() }).unwrap();
        assert!(found.seeds.len() == 3 && found.lower <= found.spread, "{found:?}");
    }
}

#[test]
fn whoever_is_active_leaves_less_to_win() {
    let graph = WordOfMouth::weighted(&testdata::karate(), SpreadModel::IndependentCascade).unwrap();
    let base = SeedOptions { count: 2, epsilon: 0.2, ..Default::default() };
    for left in 1..34u32 {
        let active: Vec<u32> = (left..34).collect();
        let found = select_seeds(&graph, &SeedOptions { active: &active, exclude: &active[..1], ..base }).unwrap();
        assert_eq!(found.seeds.len(), 2.min(left as usize));
        assert!(found.lower <= found.spread && found.upper <= f64::from(left) + 1e-9, "{left}: {found:?}");
    }
    let worthless: Vec<f64> = (0..34).map(|i| if i < 4 { 1.0 } else { 0.0 }).collect();
    let options = SeedOptions { active: &[0, 1, 2, 3], value: Some(&worthless), ..base };
    let found = select_seeds(&graph, &options).unwrap();
    assert_eq!((found.seeds.len(), found.spread, found.lower, found.upper), (2, 0.0, 0.0, 0.0));
}

/// Where every set is the whole graph, memory ends the search and not the other way round.
#[test]
fn sure_ties_need_few_sets() {
    let nodes = 3000u32;
    let next: Vec<u32> = (0..nodes).map(|i| (i + 1) % nodes).collect();
    let ring = Csr::from_edges(nodes as usize, &(0..nodes).collect::<Vec<_>>(), &next, None, true).unwrap();
    let ring = WordOfMouth::uniform(&ring, 1.0, SpreadModel::IndependentCascade).unwrap();
    let found = select_seeds(&ring, &SeedOptions { count: 5, epsilon: 0.3, ..Default::default() }).unwrap();
    assert_eq!((found.seeds.len(), found.spread), (5, 3000.0));
    assert!(found.lower > 0.7 * found.upper && found.gains[1..].iter().all(|&gain| gain == 0.0), "{found:?}");
}

/// Ties are followed by their share, whatever their scale is, and scales may differ from node to node.
#[test]
fn chances_are_shares_at_any_scale() {
    let (source, target) = ([0u32, 1, 0, 1, 3, 4, 5], [2u32, 2, 3, 3, 5, 5, 0]);
    let chances = |weight: &[f64]| {
        let graph = Csr::from_edges(6, &source, &target, Some(weight), true).unwrap();
        let graph = WordOfMouth::weighted(&graph, SpreadModel::LinearThreshold).unwrap();
        (0..6).map(|node| graph.reverse().ties(node).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let usual = chances(&[1.0, 3.0, 1.0, 1.0, 2.0, 6.0, 1.0]);
    assert_eq!(usual[2], [(0, 0.25), (1, 0.75)]);
    let (tiny, huge) = (power(-1070), power(1018));
    assert_eq!(chances(&[tiny, 3.0 * tiny, huge, huge, 2.0, 6.0, tiny]), usual);
}

/// Where somebody is active already, a seed may be reached by them: nothing is sure of it. Every tie is sure here, so that
/// the truth is who can be reached.
#[test]
fn bounds_beyond_those_who_are_active_are_true() {
    let mut random = crate::base::random::Random::keyed(9, 4);
    let nodes = 7u32;
    for round in 0..150 {
        let ties: Vec<(u32, u32)> =
            (0..8).map(|_| (random.below(7) as u32, random.below(7) as u32)).filter(|(a, b)| a != b).collect();
        let (from, to): (Vec<u32>, Vec<u32>) = ties.iter().copied().unzip();
        let graph = Csr::from_edges(nodes as usize, &from, &to, None, true).unwrap();
        let graph = WordOfMouth::uniform(&graph, 1.0, SpreadModel::IndependentCascade).unwrap();
        let active = [random.below(7) as u32];
        let reach = |begin: &[u32]| {
            let mut met: Vec<u32> = begin.iter().chain(&active).copied().collect();
            let mut at = 0;
            while let Some(node) = met.get(at).copied() {
                let next = ties.iter().filter(|(a, _)| *a == node).map(|(_, b)| *b);
                let new: Vec<u32> = next.filter(|b| !met.contains(b)).collect();
                met.extend(new);
                met.sort_unstable();
                met.dedup();
                at = if met.get(at) == Some(&node) { at + 1 } else { 0 };
            }
            met.len() as f64
        };
        let beyond = |seeds: &[u32]| reach(seeds) - reach(&[]);
        let options = SeedOptions { count: 2, epsilon: 0.2, delta: 1e-6, active: &active, ..Default::default() };
        let found = select_seeds(&graph, &options).unwrap();
        let pairs = (0..nodes).flat_map(|a| (0..nodes).map(move |b| [a, b]));
        let best = pairs.map(|pair| beyond(&pair)).fold(0.0, f64::max);
        let truth = beyond(&found.seeds);
        assert!(found.lower <= truth + 1e-9 && best <= found.upper + 1e-9, "{round}: {truth} {best} {found:?}");
        assert!(found.lower <= found.spread && found.spread <= found.upper + 1e-9, "{round}: {found:?}");
        assert!((found.spread - truth).abs() < 0.8, "{round}: {truth} {found:?}");
    }
}

#[test]
fn next_to_no_chance_is_none() {
    let (hub, leaves): (Vec<u32>, Vec<u32>) = (1..1000).map(|leaf| (0u32, leaf)).unzip();
    let star = Csr::from_edges(1000, &hub, &leaves, None, true).unwrap();
    for chance in [6e-17, 5e-17, 1e-300, 5e-324] {
        let graph = WordOfMouth::uniform(&star, chance, SpreadModel::IndependentCascade).unwrap();
        let found = select_seeds(&graph, &SeedOptions { count: 1, epsilon: 0.3, ..Default::default() }).unwrap();
        assert!((found.spread - 1.0).abs() < 1e-9 && found.lower <= 1.0 + 1e-9, "{chance}: {found:?}");
    }
}
