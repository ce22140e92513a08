use super::targets::Targets;
use super::*;
use crate::graph::chance::Chance;
use crate::graph::csr::Csr;
use crate::graph::testdata;
use std::collections::BTreeMap;

mod many;

fn arcs(graph: &Csr) -> Vec<(u32, u32, f64)> {
    (0..graph.nodes() as u32).flat_map(|a| graph.ties(a).map(move |(b, p)| (a, b, p))).collect()
}

fn reached(nodes: usize, arcs: &[(u32, u32)], seeds: &[u32]) -> usize {
    let mut on = vec![false; nodes];
    seeds.iter().for_each(|&s| on[s as usize] = true);
    for _ in 0..nodes {
        arcs.iter().for_each(|&(a, b)| on[b as usize] |= on[a as usize]);
    }
    on.iter().filter(|&&x| x).count()
}

/// Independent cascade: every arc is there or not, over all worlds.
fn exact_cascade(graph: &Csr, seeds: &[u32]) -> f64 {
    let arcs = arcs(graph);
    let worlds = (0..1u32 << arcs.len()).map(|world| {
        let there = |i: usize| world >> i & 1 == 1;
        let chance: f64 = arcs.iter().enumerate().map(|(i, a)| if there(i) { a.2 } else { 1.0 - a.2 }).product();
        let live: Vec<(u32, u32)> =
            arcs.iter().enumerate().filter(|(i, _)| there(*i)).map(|(_, a)| (a.0, a.1)).collect();
        chance * reached(graph.nodes(), &live, seeds) as f64
    });
    worlds.sum()
}

/// Linear threshold: every node has at most one live arc into it, over all worlds.
fn exact_threshold(graph: &Csr, seeds: &[u32]) -> f64 {
    fn go(node: u32, into: &Csr, live: &mut Vec<(u32, u32)>, chance: f64, seeds: &[u32]) -> f64 {
        if node as usize == into.nodes() {
            return chance * reached(into.nodes(), live, seeds) as f64;
        }
        let mut left = 1.0;
        let mut sum = 0.0;
        for (from, p) in into.ties(node) {
            live.push((from, node));
            sum += go(node + 1, into, live, chance * p, seeds);
            live.pop();
            left -= p;
        }
        sum + go(node + 1, into, live, chance * left, seeds)
    }
    go(0, &graph.transpose(), &mut Vec::new(), 1.0, seeds)
}

fn small(index: u64, even: bool) -> Csr {
    let mut chance = Chance::new(5, 5, index);
    let nodes = 6 + chance.below(7);
    let mut edges = BTreeMap::new();
    while edges.len() < 11 {
        let (a, b) = (chance.below(nodes) as u32, chance.below(nodes) as u32);
        if a != b {
            edges.insert((a, b), if even { 0.3 } else { 0.1 + 0.4 * chance.uniform() });
        }
    }
    let source: Vec<u32> = edges.keys().map(|e| e.0).collect();
    let target: Vec<u32> = edges.keys().map(|e| e.1).collect();
    let weight: Vec<f64> = edges.values().copied().collect();
    Csr::from_edges(nodes, &source, &target, Some(&weight), true).unwrap()
}

fn best_pair(graph: &Csr, spread: impl Fn(&[u32]) -> f64) -> f64 {
    let nodes = graph.nodes() as u32;
    let pairs = (0..nodes).flat_map(|a| (a + 1..nodes).map(move |b| [a, b]));
    pairs.map(|pair| spread(&pair)).fold(0.0, f64::max)
}

/// What exact greedy choice of two reaches.
fn greedy_pair(graph: &Csr, spread: impl Fn(&[u32]) -> f64) -> f64 {
    let nodes = graph.nodes() as u32;
    let first = (0..nodes).max_by(|&a, &b| spread(&[a]).total_cmp(&spread(&[b]))).unwrap();
    (0..nodes).filter(|&b| b != first).map(|b| spread(&[first, b])).fold(0.0, f64::max)
}

/// Near full greedy, whose share of the best may be as little as 1 - 1/e.
#[test]
fn small_graphs_against_brute_force() {
    let mut near_best = 0;
    for index in 0..12 {
        let chances = small(index, index % 2 == 0);
        let graph = WordOfMouth::from_chances(&chances, SpreadModel::IndependentCascade).unwrap();
        let options = SeedOptions { count: 2, epsilon: 0.02, seed: index, ..Default::default() };
        let found = select_seeds(&graph, &options).unwrap();
        let exact = exact_cascade(&chances, &found.seeds);
        let best = best_pair(&chances, |pair| exact_cascade(&chances, pair));
        assert!(found.lower <= exact && best <= found.upper, "{index}: {found:?} {exact} {best}");
        let greedy = greedy_pair(&chances, |pair| exact_cascade(&chances, pair));
        assert!(exact >= 0.98 * greedy && exact >= 0.63 * best, "{index}: {exact} against {greedy} and {best}");
        near_best += usize::from(exact >= 0.98 * best);
        assert!((found.spread - exact).abs() < 0.1 * exact);
        let run = graph.simulate(&found.seeds, 20_000, 1, None).unwrap();
        assert!((run.mean - exact).abs() < 5.0 * run.error, "{run:?} {exact}");
    }
    assert!(near_best >= 11, "{near_best} of 12");
    for index in 0..8 {
        let thin = small(index, index % 2 == 0);
        let strength = thin.transpose().strengths();
        let most = strength.iter().fold(1.0f64, |a, &b| a.max(b));
        let thin = Csr::fuse(&[(&thin, 1.0 / most)]).unwrap();
        let graph = WordOfMouth::from_chances(&thin, SpreadModel::LinearThreshold).unwrap();
        let found = select_seeds(&graph, &SeedOptions { count: 2, epsilon: 0.02, ..Default::default() }).unwrap();
        let exact = exact_threshold(&thin, &found.seeds);
        let best = best_pair(&thin, |pair| exact_threshold(&thin, pair));
        let greedy = greedy_pair(&thin, |pair| exact_threshold(&thin, pair));
        assert!(found.lower <= exact && best <= found.upper && exact >= 0.98 * greedy, "{found:?} {exact} {best}");
        let run = graph.simulate(&found.seeds, 20_000, 1, None).unwrap();
        assert!((run.mean - exact).abs() < 5.0 * run.error, "{run:?} {exact}");
    }
}

/// At least 99% of the greedy figure, by independent simulation, whatever the seed.
fn check(graph: &Csr, count: usize, epsilon: f64, greedy: f64, runs: usize) {
    let graph = WordOfMouth::weighted(graph, SpreadModel::IndependentCascade).unwrap();
    for seed in 0..3 {
        let options = SeedOptions { count, epsilon, seed, ..Default::default() };
        let found = select_seeds(&graph, &options).unwrap();
        let run = graph.simulate(&found.seeds, runs, 77, None).unwrap();
        assert!(run.mean >= 0.99 * greedy, "{} against {greedy} ({found:?})", run.mean);
        assert!(found.lower <= run.mean + 4.0 * run.error && run.mean <= found.upper);
        assert!((found.spread - run.mean).abs() < 0.03 * run.mean, "{} {}", found.spread, run.mean);
    }
}

#[test]
fn real_graphs_reach_greedy() {
    if let Some(graph) = testdata::pairs("graph/NetHEPT_hep_nd7141.txt.gz", 1, false) {
        check(&graph, 50, 0.01, 966.5, 4000);
    }
    if let Some(graph) = testdata::pairs("social/lastfm2k/user_friends.csv.gz", 0, false) {
        check(&graph, 10, 0.02, 359.3, 4000);
    }
}

#[test]
fn directed_hept_reaches_greedy() {
    let Some(rows) = testdata::numbers("graph/NetHEPT_snowgy.txt.gz") else { return };
    let source: Vec<u32> = rows[1..].iter().map(|r| r[0] as u32).collect();
    let target: Vec<u32> = rows[1..].iter().map(|r| r[1] as u32).collect();
    let chance: Vec<f64> = rows[1..].iter().map(|r| r[2]).collect();
    let graph = Csr::from_edges(15_233, &source, &target, Some(&chance), true).unwrap();
    let graph = WordOfMouth::from_chances(&graph, SpreadModel::IndependentCascade).unwrap();
    let found = select_seeds(&graph, &SeedOptions { count: 50, epsilon: 0.02, ..Default::default() }).unwrap();
    let run = graph.simulate(&found.seeds, 4000, 5, None).unwrap();
    assert!(run.mean >= 0.99 * 1295.9, "{run:?}");
}

#[test]
fn epinions_reaches_greedy() {
    if let Some(graph) = testdata::pairs("graph/soc-Epinions1_undirected.txt.gz", 0, false) {
        check(&graph, 50, 0.02, 16_737.0, 300);
    }
}

#[test]
fn a_repaired_sketch_equals_a_new_one() {
    let mut chance = Chance::new(2, 2, 2);
    let mut edges: Vec<(u32, u32)> = (0..400).map(|_| (chance.below(80) as u32, chance.below(80) as u32)).collect();
    let build = |edges: &[(u32, u32)], model| {
        let (source, target): (Vec<u32>, Vec<u32>) = edges.iter().copied().unzip();
        WordOfMouth::weighted(&Csr::from_edges(80, &source, &target, None, true).unwrap(), model).unwrap()
    };
    for model in [SpreadModel::IndependentCascade, SpreadModel::LinearThreshold] {
        let mut sketch = Sketch::draw(&build(&edges, model), 2000, 4).unwrap();
        for _ in 0..10 {
            let gone = edges.swap_remove(chance.below(edges.len()));
            let new = (chance.below(80) as u32, chance.below(80) as u32);
            edges.push(new);
            let graph = build(&edges, model);
            let drawn = sketch.repair(&graph, &[gone.1, new.1]);
            assert!(drawn < 1500, "{drawn}");
            assert_eq!(sketch, Sketch::draw(&graph, 2000, 4).unwrap());
        }
        assert_eq!(sketch.set(9999), &[] as &[u32]);
        assert!(sketch.spread(&build(&edges, model), &[0, 1]) >= 2.0 * 0.5);
    }
}

#[test]
fn targets_are_drawn_by_value_and_move_no_more_than_they_must() {
    let keys = 0..200_000u64;
    let counts = |targets: &Targets, nodes: usize| {
        let mut counts = vec![0.0; nodes];
        keys.clone().for_each(|key| counts[targets.of(key) as usize] += 1.0);
        counts
    };
    let even = Targets::new(50, None, &[]).unwrap();
    // Pearson's statistic; 85.4 is the 999th thousandth of 49 degrees of freedom, 58.3 of 29.
    let chi = |counts: &[f64], share: f64| counts.iter().map(|n| (n - share) * (n - share) / share).sum::<f64>();
    assert!(chi(&counts(&even, 50), 4000.0) < 85.4);
    let more = Targets::new(55, None, &[]).unwrap();
    let moved = keys.clone().filter(|&key| more.of(key) != even.of(key)).count() as f64;
    assert!(more.draws_otherwise(&even) && (moved - 200_000.0 * 5.0 / 55.0).abs() < 600.0, "{moved}");
    assert!(keys.clone().all(|key| more.of(key) == even.of(key) || more.of(key) >= 50));
    let mut worth = [3.0; 50];
    worth[..20].fill(0.0);
    let some = Targets::new(50, Some(&worth), &[]).unwrap();
    let drawn = counts(&some, 50);
    assert!(some.total() == 90.0 && drawn[..20].iter().all(|&n| n == 0.0));
    assert!(chi(&drawn[20..], 200_000.0 / 30.0) < 58.3);
    worth[49] = 9.0;
    let share = counts(&Targets::new(50, Some(&worth), &[]).unwrap(), 50)[49] / 200_000.0;
    assert!((share - 9.0 / 96.0).abs() < 0.003, "{share}");
    assert!(Targets::new(2, Some(&[f64::MAX, f64::MAX]), &[]).is_err());
    assert!(Targets::new(0, Some(&[]), &[]).is_err());
}

/// Ties come, go and change, nodes come, and what is asked changes too: what was kept answers as if drawn anew.
#[test]
fn a_kept_sketch_answers_as_a_new_one() {
    for (index, model) in [SpreadModel::IndependentCascade, SpreadModel::LinearThreshold].into_iter().enumerate() {
        let mut chance = Chance::new(9, 9, index as u64);
        let mut nodes = 60;
        let mut edges: Vec<(u32, u32, f64)> =
            (0..240).map(|_| (chance.below(nodes) as u32, chance.below(nodes) as u32, 1.0)).collect();
        let mut kept = SeedSketch::new(1 << 20);
        let mut worth: Option<Vec<f64>> = None;
        let mut active: Vec<u32> = Vec::new();
        let (mut drawn, mut all) = (0, 0);
        for step in 0..60 {
            match step % 6 {
                0 | 3 => edges[chance.below(240)] = (chance.below(nodes) as u32, chance.below(nodes) as u32, 1.0),
                1 => edges[chance.below(240)].2 *= 1.0 + chance.uniform(),
                2 => nodes += 1,
                4 => active = (0..chance.below(3)).map(|_| chance.below(nodes) as u32).collect(),
                _ => worth = Some((0..nodes).map(|_| chance.uniform()).collect()).filter(|_| step % 4 == 1),
            }
            if worth.as_ref().is_some_and(|worth| worth.len() < nodes) {
                worth = None;
            }
            let source: Vec<u32> = edges.iter().map(|edge| edge.0).collect();
            let target: Vec<u32> = edges.iter().map(|edge| edge.1).collect();
            let weight: Vec<f64> = edges.iter().map(|edge| edge.2).collect();
            let graph = Csr::from_edges(nodes, &source, &target, Some(&weight), true).unwrap();
            let graph = std::sync::Arc::new(WordOfMouth::weighted(&graph, model).unwrap());
            let options = SeedOptions {
                count: 1 + chance.below(4),
                value: worth.as_deref(),
                active: &active,
                epsilon: 0.2,
                seed: u64::from(step > 50),
                ..Default::default()
            };
            assert_eq!(kept.select(&graph, &options).unwrap(), select_seeds(&graph, &options).unwrap(), "{step}");
            let once = kept.drawn();
            kept.select(&graph, &options).unwrap();
            assert_eq!(kept.drawn(), 0, "nothing has changed");
            if step % 6 < 2 && step > 0 && step != 51 {
                (drawn, all) = (drawn + once, all + kept.sets());
            }
        }
        assert!(drawn > 0 && drawn < all / 2, "{drawn} of {all} drawn again after a change of one tie");
        let graph = WordOfMouth::weighted(&testdata::karate(), model).unwrap();
        let options = SeedOptions { count: 3, epsilon: 0.1, ..Default::default() };
        let mut thin = SeedSketch::new(4000);
        let graph = std::sync::Arc::new(graph);
        for _ in 0..2 {
            assert_eq!(thin.select(&graph, &options).unwrap(), select_seeds(&graph, &options).unwrap());
            assert!(thin.bytes() <= 4000 && thin.drawn() > 0, "what does not fit is drawn each time");
        }
    }
}

/// Ties that decay alike keep their shares, whatever their strengths round to.
#[test]
fn decay_alone_draws_nothing_again() {
    let mut chance = Chance::new(3, 3, 3);
    let edges: Vec<(u32, u32, f64)> =
        (0..400).map(|_| (chance.below(80) as u32, chance.below(80) as u32, 1.0 + chance.below(5) as f64)).collect();
    let at = |decay: f64| {
        let source: Vec<u32> = edges.iter().map(|edge| edge.0).collect();
        let target: Vec<u32> = edges.iter().map(|edge| edge.1).collect();
        let weight: Vec<f64> = edges.iter().map(|edge| edge.2 * decay).collect();
        let graph = Csr::from_edges(80, &source, &target, Some(&weight), true).unwrap();
        std::sync::Arc::new(WordOfMouth::weighted(&graph, SpreadModel::IndependentCascade).unwrap())
    };
    let mut kept = SeedSketch::new(1 << 20);
    let options = SeedOptions { epsilon: 0.2, ..Default::default() };
    let first = kept.select(&at(1.0), &options).unwrap();
    for decay in [0.9, 0.123_456_7, 1e-9] {
        assert_eq!(kept.select(&at(decay), &options).unwrap(), first);
        assert_eq!(kept.drawn(), 0);
    }
}

#[test]
fn limits_hold() {
    let graph = WordOfMouth::weighted(&testdata::karate(), SpreadModel::IndependentCascade).unwrap();
    let base = SeedOptions { count: 3, epsilon: 0.1, ..Default::default() };
    let free = select_seeds(&graph, &base).unwrap();
    let barred = select_seeds(&graph, &SeedOptions { exclude: &free.seeds, ..base }).unwrap();
    assert!(barred.seeds.iter().all(|s| !free.seeds.contains(s)));
    let active = [free.seeds[0]];
    let more = select_seeds(&graph, &SeedOptions { active: &active, ..base }).unwrap();
    let both: Vec<u32> = more.seeds.iter().chain(&active).copied().collect();
    let gain =
        graph.simulate(&both, 40_000, 1, None).unwrap().mean - graph.simulate(&active, 40_000, 2, None).unwrap().mean;
    assert!((more.spread - gain).abs() < 0.1 * gain + 0.1, "{} {gain}", more.spread);
    let cost: Vec<f64> = (0..34).map(|i| 1.0 + f64::from(i % 5)).collect();
    for budget in [0.5, 1.0, 2.5, 7.0, 20.0] {
        let options = SeedOptions { count: 34, cost: Some(&cost), budget: Some(budget), ..base };
        let found = select_seeds(&graph, &options).unwrap();
        let spent: f64 = found.seeds.iter().map(|&s| cost[s as usize]).sum();
        assert!(spent <= budget && found.lower <= found.upper, "{found:?}");
    }
    let mut value = vec![0.0; 34];
    value[16] = 7.0;
    let found = select_seeds(&graph, &SeedOptions { count: 1, value: Some(&value), ..base }).unwrap();
    assert_eq!(found.seeds, [16]);
    assert!((found.spread - 7.0).abs() < 1e-9);
    let all = select_seeds(&graph, &SeedOptions { count: 99, ..base }).unwrap();
    assert!(all.seeds.len() <= 34 && all.spread > 33.0, "{all:?}");
    assert_eq!(select_seeds(&graph, &SeedOptions { count: 0, ..base }).unwrap().seeds, &[] as &[u32]);
}

#[test]
fn threads_do_not_change_a_bit() {
    let (graph, _) = crate::graph::Lfr { nodes: 3000, ..Default::default() }.generate().unwrap();
    let graph = WordOfMouth::weighted(&graph, SpreadModel::IndependentCascade).unwrap();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let found = select_seeds(&graph, &SeedOptions { count: 5, epsilon: 0.2, ..Default::default() }).unwrap();
            let run = graph.simulate(&found.seeds, 500, 3, None).unwrap();
            (found, run)
        })
    };
    assert_eq!(run(1), run(8));
}

#[test]
fn hostile_input_is_an_error() {
    let karate = testdata::karate();
    let graph = WordOfMouth::weighted(&karate, SpreadModel::LinearThreshold).unwrap();
    let all: Vec<u32> = (0..34).collect();
    let base = SeedOptions::default();
    let ones = [1.0; 34];
    let zeros = [0.0; 34];
    let bad = [
        SeedOptions { exclude: &all, ..base },
        SeedOptions { exclude: &[34], ..base },
        SeedOptions { active: &[99], ..base },
        SeedOptions { cost: Some(&ones), ..base },
        SeedOptions { budget: Some(1.0), ..base },
        SeedOptions { cost: Some(&zeros), budget: Some(1.0), ..base },
        SeedOptions { cost: Some(&ones), budget: Some(f64::NAN), ..base },
        SeedOptions { value: Some(&zeros), ..base },
        SeedOptions { value: Some(&[1.0]), ..base },
        SeedOptions { epsilon: 0.0, ..base },
        SeedOptions { delta: 1.0, ..base },
    ];
    for options in bad {
        assert!(select_seeds(&graph, &options).is_err(), "{options:?}");
    }
    assert!(WordOfMouth::uniform(&karate, 1.5, SpreadModel::IndependentCascade).is_err());
    assert!(WordOfMouth::uniform(&karate, 0.5, SpreadModel::LinearThreshold).is_err());
    assert!(graph.simulate(&[34], 1, 0, None).is_err());
    assert!(graph.simulate(&[0], 0, 0, None).is_err());
    let empty = Csr::from_edges(0, &[], &[], None, true).unwrap();
    let empty = WordOfMouth::weighted(&empty, SpreadModel::IndependentCascade).unwrap();
    assert!(select_seeds(&empty, &base).is_err());
    assert!(Sketch::draw(&empty, 1, 0).is_err());
}
