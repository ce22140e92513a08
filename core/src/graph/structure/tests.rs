use super::*;
use crate::graph::csr::Csr;
use crate::graph::testdata::{assert_close, karate, pairs, twelve};
use proptest::prelude::*;

const FASTGREEDY: [u32; 34] =
    [0, 1, 1, 1, 0, 0, 0, 1, 2, 1, 0, 0, 1, 1, 2, 2, 0, 1, 2, 0, 2, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2];

fn some(values: &[f64]) -> Vec<f64> {
    [0, 1, 2, 9, 33].iter().map(|&i| values[i]).collect()
}

#[test]
fn karate_as_igraph_and_networkx() {
    let graph = karate();
    let holes = structural_holes(&graph).unwrap();
    let igraph = [0.15542329764660498, 0.27953510802469134, 0.18517663966049386, 0.5, 0.1564186851211073];
    assert_close(&some(&holes.constraint), &igraph, 1e-12);
    let networkx = [13.75, 6.333333333333334, 7.800000000000001, 2.0, 15.235294117647062];
    assert_close(&some(&holes.effective_size), &networkx, 1e-12);
    assert_close(&some(&clustering(&graph)), &[0.15, 1.0 / 3.0, 11.0 / 45.0, 0.0, 0.11029411764705882], 1e-12);
    assert_eq!(core_numbers(&graph).iter().sum::<u32>(), 99);
    assert!((transitivity(&graph) - 0.2556818181818182).abs() < 1e-15);
    assert!((degree_assortativity(&graph) + 0.47561309768461435).abs() < 1e-12);
    let pairs = Dyads::new(&graph);
    assert!((pairs.pair(0, 33).adamic_adar - 2.7110197222973085).abs() < 1e-12);
    assert!((pairs.pair(0, 1).adamic_adar - 6.130716871863356).abs() < 1e-12);
    assert_eq!(pairs.pair(99, 0).common, 0);
}

#[test]
fn twelve_as_igraph_and_networkx() {
    let graph = twelve();
    let holes = structural_holes(&graph).unwrap();
    let igraph = [
        0.4460527819943404,
        0.46104691997370967,
        0.37874332146287665,
        0.27987765509950896,
        0.3126119778507018,
        0.4212424132403826,
        0.3899205755302572,
        0.5036651107189124,
        0.5589114316181867,
        0.3308128544423441,
        0.5200620105180943,
        0.3372793635297375,
    ];
    assert_close(&holes.constraint, &igraph, 1e-12);
    // networkx node by node, as its definition has it; its matrix form differs on directed weights.
    let networkx = [
        2.4761904761904763,
        4.007142857142857,
        3.5390476190476186,
        6.441233766233767,
        4.7067226890756295,
        4.876190476190477,
        6.351773049645391,
        3.0734126984126986,
        3.1676767676767676,
        4.0,
        2.5164285714285715,
        4.5343685300207035,
    ];
    assert_close(&holes.effective_size, &networkx, 1e-12);
    assert!((degree_assortativity(&graph) - 0.02716334335501013).abs() < 1e-12);
    let number: Vec<f64> = (0..12).map(f64::from).collect();
    assert!((numeric_assortativity(&graph, &number).unwrap() + 0.17879377258381818).abs() < 1e-12);
    let thirds: Vec<u32> = (0..12).map(|i| i % 3).collect();
    assert!((categorical_assortativity(&graph, &thirds).unwrap() + 0.06432748538011696).abs() < 1e-12);
    assert_eq!(strong_components(&graph).count, 1);
    assert!((reciprocity(&graph) - 0.2564102564102564).abs() < 1e-15);
}

#[test]
fn real_graphs_as_igraph_and_snap() {
    let sets = [
        ("graph/facebook_combined.txt.gz", 1_612_010, 115),
        ("graph/soc-Epinions1_undirected.txt.gz", 1_624_481, 67),
        ("graph/wiki-Vote.txt.gz", 608_389, 53),
        ("social/lastfm2k/user_friends.csv.gz", 19_690, 21),
        ("graph/ca-GrQc.txt", 47_779, 43),
    ];
    for (path, count, core) in sets {
        let Some(graph) = pairs(path, 0, false) else { continue };
        assert_eq!(triangles(&graph).iter().sum::<u64>(), 3 * count, "{path}");
        assert_eq!(core_numbers(&graph).into_iter().max(), Some(core), "{path}");
    }
    if let Some(graph) = pairs("social/lastfm2k/user_friends.csv.gz", 0, false) {
        assert!((transitivity(&graph) - 0.13375631759143525).abs() < 1e-15);
        let constraint = structural_holes(&graph).unwrap().constraint;
        assert_close(
            &constraint[1..5],
            &[f64::NAN, 0.10597460459758445, 0.21379935445152187, 0.1328980986218065],
            1e-12,
        );
        let sum: f64 = constraint.iter().filter(|c| !c.is_nan()).sum();
        assert!((sum - 564.0869646098748).abs() < 1e-9);
    }
    if let Some(graph) = pairs("social/ciao/trust.csv.gz", 0, true) {
        assert_eq!(strong_components(&graph).sizes().into_iter().max(), Some(6535));
        assert_eq!(weak_components(&graph).sizes().into_iter().max(), Some(7305));
        assert_eq!(core_numbers(&graph).into_iter().max(), Some(46));
        assert!((reciprocity(&graph) - 0.4755012032456321).abs() < 1e-12);
    }
    if let Some(graph) = pairs("streams/collegemsg/messages.csv.gz", 0, true) {
        assert!((reciprocity(&graph) - 0.63638).abs() < 5e-6);
    }
}

#[test]
fn roles_follow_their_definition() {
    let graph = karate();
    let found = roles(&graph, &FASTGREEDY).unwrap();
    let inside =
        |node: u32, own: u32| graph.neighbors(node).iter().filter(|&&v| FASTGREEDY[v as usize] == own).count() as f64;
    for node in 0..34u32 {
        let k = graph.degree(node) as f64;
        let p = 1.0 - (0..3).map(|s| (inside(node, s) / k) * (inside(node, s) / k)).sum::<f64>();
        let own = FASTGREEDY[node as usize];
        let peers: Vec<f64> = (0..34u32).filter(|&v| FASTGREEDY[v as usize] == own).map(|v| inside(v, own)).collect();
        let mean = peers.iter().sum::<f64>() / peers.len() as f64;
        let variance = peers.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / peers.len() as f64;
        assert_close(&[found.participation[node as usize]], &[p], 1e-12);
        assert_close(&[found.within[node as usize]], &[(inside(node, own) - mean) / variance.sqrt()], 1e-12);
    }
    assert!(roles(&graph, &[0]).is_err());
}

fn brute_reach(nodes: usize, edges: &[(u32, u32)]) -> Vec<Vec<bool>> {
    let mut reach = vec![vec![false; nodes]; nodes];
    (0..nodes).for_each(|i| reach[i][i] = true);
    edges.iter().for_each(|&(a, b)| reach[a as usize][b as usize] = true);
    for k in 0..nodes {
        for i in 0..nodes {
            for j in 0..nodes {
                reach[i][j] |= reach[i][k] && reach[k][j];
            }
        }
    }
    reach
}

proptest! {
    #[test]
    fn small_graphs_equal_brute_force(edges in prop::collection::vec((0u32..14, 0u32..14), 0..60)) {
        let (source, target): (Vec<u32>, Vec<u32>) = edges.iter().copied().unzip();
        let directed = Csr::from_edges(14, &source, &target, None, true).unwrap();
        let graph = Csr::from_edges(14, &source, &target, None, false).unwrap();
        let reach = brute_reach(14, &edges);
        let strong = strong_components(&directed);
        for (a, row) in reach.iter().enumerate() {
            for (b, &there) in row.iter().enumerate() {
                prop_assert_eq!(strong.label[a] == strong.label[b], there && reach[b][a]);
                if there && !reach[b][a] {
                    prop_assert!(strong.label[a] > strong.label[b]);
                }
            }
        }
        let tied = |a: u32, b: u32| graph.weight(a, b).is_some();
        let count = triangles(&graph);
        for a in 0..14u32 {
            let twin = (0..14).flat_map(|b| (b + 1..14).map(move |c| (b, c))).filter(|&(b, c)| tied(a, b) && tied(b, c) && tied(a, c));
            prop_assert_eq!(count[a as usize], twin.count() as u64);
        }
        let core = core_numbers(&graph);
        for k in 1..8u32 {
            let mut alive = [true; 14];
            loop {
                let weak: Vec<u32> = (0..14u32)
                    .filter(|&a| alive[a as usize] && (graph.neighbors(a).iter().filter(|&&b| alive[b as usize]).count() as u32) < k)
                    .collect();
                if weak.is_empty() { break; }
                weak.iter().for_each(|&a| alive[a as usize] = false);
            }
            for a in 0..14 {
                prop_assert_eq!(alive[a], core[a] >= k);
            }
        }
        let pairs = Dyads::new(&graph);
        for a in 0..14u32 {
            for b in 0..14u32 {
                let n = (0..14).filter(|&c| tied(a, c) && tied(b, c)).count();
                prop_assert_eq!(pairs.pair(a, b).common as usize, n);
                if tied(a, b) {
                    let all = graph.degree(a) + graph.degree(b) - 2 - n;
                    let overlap = pairs.pair(a, b).overlap;
                    let fits = if all == 0 { overlap.is_nan() } else { overlap == n as f64 / all as f64 };
                    prop_assert!(fits);
                }
            }
        }
    }
}

#[test]
fn nothing_panics_on_nothing() {
    let empty = Csr::from_edges(0, &[], &[], None, true).unwrap();
    assert_eq!(core_numbers(&empty), Vec::<u32>::new());
    assert_eq!(triangles(&empty), Vec::<u64>::new());
    assert!(transitivity(&empty).is_nan() && reciprocity(&empty).is_nan() && degree_assortativity(&empty).is_nan());
    assert_eq!((strong_components(&empty).count, weak_components(&empty).count), (0, 0));
    assert!(categorical_assortativity(&empty, &[1]).is_err());
    let lone = Csr::from_edges(2, &[], &[], None, false).unwrap();
    assert!(structural_holes(&lone).unwrap().constraint[0].is_nan());
    assert!(roles(&lone, &[0, 0]).unwrap().participation[0].is_nan());
    let negative = Csr::from_edges(2, &[0], &[1], Some(&[-1.0]), true).unwrap();
    assert!(structural_holes(&negative).is_err());
}

/// Shares of strengths, whatever their size.
#[test]
fn scales_do_not_matter() {
    let scaled = |scale: f64| {
        let twelve = crate::graph::testdata::TWELVE;
        let source: Vec<u32> = twelve.iter().map(|edge| edge.0).collect();
        let target: Vec<u32> = twelve.iter().map(|edge| edge.1).collect();
        let weight: Vec<f64> = twelve.iter().map(|edge| edge.2 * scale).collect();
        Csr::from_edges(12, &source, &target, Some(&weight), true).unwrap()
    };
    let label: Vec<u32> = (0..12).map(|node| node % 3).collect();
    let (usual, holes) = (roles(&scaled(1.0), &label).unwrap(), structural_holes(&scaled(1.0)).unwrap());
    for scale in [f64::from_bits(1 << 30), 1e-310, f64::from_bits(2035 << 52)] {
        let tolerance = if scale == 1e-310 { 1e-9 } else { 1e-12 };
        let found = roles(&scaled(scale), &label).unwrap();
        assert_close(&found.participation, &usual.participation, tolerance);
        assert_close(&found.within, &usual.within, tolerance);
        let found = structural_holes(&scaled(scale)).unwrap();
        assert_close(&found.constraint, &holes.constraint, tolerance);
        assert_close(&found.effective_size, &holes.effective_size, tolerance);
    }
    let value: Vec<f64> = (0..12).map(f64::from).collect();
    let large: Vec<f64> = value.iter().map(|x| x * 1e300).collect();
    let usual = numeric_assortativity(&scaled(1.0), &value).unwrap();
    assert!((numeric_assortativity(&scaled(1.0), &large).unwrap() - usual).abs() < 1e-12);
}
