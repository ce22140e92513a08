use super::*;
use crate::graph::chance::Chance;
use crate::graph::testdata::{assert_close, karate, pairs, twelve};
use proptest::prelude::*;

const SOME: [usize; 5] = [0, 1, 2, 9, 33];

fn some(values: &[f64]) -> Vec<f64> {
    SOME.iter().map(|&i| values[i]).collect()
}

fn rank(graph: &Csr, restart: Option<&[f64]>) -> Vec<f64> {
    let options = PageRankOptions { tolerance: 1e-14, ..Default::default() };
    pagerank(graph, &options, restart).unwrap()
}

#[test]
fn karate_as_igraph_and_networkx() {
    let graph = karate();
    let igraph =
        [0.09699728538829475, 0.05287692406114573, 0.057078509488462034, 0.014309397129032916, 0.1009191823326258];
    assert_close(&some(&rank(&graph, None)), &igraph, 1e-12);
    let mut restart = vec![0.0; 34];
    restart[0] = 3.0;
    let igraph =
        [0.2663736031484309, 0.06488790798684516, 0.05494775351279095, 0.0072305585087460615, 0.05119998920317659];
    assert_close(&some(&rank(&graph, Some(&restart))), &igraph, 1e-12);
    let igraph = [231.0714285714286, 28.478571428571424, 75.85079365079366, 0.44761904761904764, 160.5515873015873];
    assert_close(&some(&betweenness(&graph, None)), &igraph, 1e-12);
    let networkx = [23.16666666666666, 19.16666666666667, 21.0, 15.583333333333334, 23.25];
    assert_close(&some(&harmonic(&graph, None)), &networkx, 1e-12);
    let networkx =
        [0.2580805284171524, 0.20548908441800126, 0.21770268016629038, 0.14811847714713158, 0.2639601844216139];
    assert_close(&some(&katz(&graph, 0.05).unwrap()), &networkx, 1e-10);
    let networkx =
        [0.071412728808252, 0.053427231235530004, 0.0637190645563748, 0.020625667749388645, 0.07500294215657549];
    assert_close(&some(&hits(&graph, 1e-14).unwrap().hub), &networkx, 1e-10);
}

#[test]
fn twelve_as_igraph_and_networkx() {
    let graph = twelve();
    let igraph = [
        0.10291386272500483,
        0.10512167237531643,
        0.03646825669523122,
        0.12353598837385238,
        0.04125932604335812,
        0.0763774449524401,
        0.12405983783409386,
        0.06306444673032031,
        0.08514466896515528,
        0.07953777823325142,
        0.07985665752029442,
        0.0826600595516815,
    ];
    assert_close(&rank(&graph, None), &igraph, 1e-12);
    let igraph = [
        11.083333333333334,
        18.116666666666667,
        1.7333333333333334,
        22.0,
        5.783333333333333,
        13.133333333333333,
        28.466666666666665,
        4.7,
        3.8666666666666667,
        7.0,
        5.416666666666666,
        12.700000000000001,
    ];
    assert_close(&betweenness(&graph, None), &igraph, 1e-12);
    let networkx = [
        5.833333333333334,
        7.333333333333333,
        5.366666666666666,
        8.0,
        5.249999999999999,
        6.749999999999999,
        8.333333333333332,
        6.249999999999999,
        5.749999999999999,
        7.166666666666667,
        6.833333333333333,
        6.5,
    ];
    assert_close(&harmonic(&graph, None), &networkx, 1e-12);
    let networkx = [
        0.2617187991621945,
        0.2974358136455222,
        0.2748249441635723,
        0.32271035875519877,
        0.26331026181823675,
        0.2898837104658055,
        0.3173975562254102,
        0.27807773784701634,
        0.28730474433567726,
        0.2893479298553948,
        0.29163580300936076,
        0.28392517070737444,
    ];
    assert_close(&katz(&graph, 0.01).unwrap(), &networkx, 1e-10);
    let both = hits(&graph, 1e-14).unwrap();
    assert_close(&both.hub[..3], &[0.13497325495456658, 0.06066260084505102, 0.09418408032763341], 1e-10);
    assert_close(&both.authority[..3], &[0.0013776499344125071, 0.08991986430314891, 0.09010958887180144], 1e-10);
}

#[test]
fn real_graphs_as_igraph() {
    if let Some(graph) = pairs("social/ciao/trust.csv.gz", 0, true) {
        let rank = rank(&graph, None);
        let top = (0..rank.len()).max_by(|&a, &b| rank[a].total_cmp(&rank[b])).unwrap();
        assert_eq!(top, 260);
        let igraph = [0.0015094317627991388, 0.001069235057652023, 0.0010492230984199306];
        assert_close(&[rank[260], rank[5957], rank[536]], &igraph, 1e-12);
    }
    if let Some(graph) = pairs("social/lastfm2k/user_friends.csv.gz", 0, false) {
        let rank = rank(&graph, None);
        let igraph = [0.005141885191078046, 0.005124232813632119, 0.004642075137708026];
        assert_close(&[rank[1543], rank[78], rank[1281]], &igraph, 1e-12);
    }
}

#[test]
fn a_pushed_rank_follows_every_change() {
    let mut chance = Chance::new(3, 0, 0);
    let mut edges: Vec<(u32, u32, f64)> =
        (0..300).map(|_| (chance.below(60) as u32, chance.below(60) as u32, 1.0 + chance.below(5) as f64)).collect();
    let build = |edges: &[(u32, u32, f64)]| {
        let source: Vec<u32> = edges.iter().map(|e| e.0).collect();
        let target: Vec<u32> = edges.iter().map(|e| e.1).collect();
        let weight: Vec<f64> = edges.iter().map(|e| e.2).collect();
        Csr::from_edges(60, &source, &target, Some(&weight), true).unwrap()
    };
    let mut graph = build(&edges);
    let mut near = PersonalRank::new(&graph, 7, 0.15, 1e-10).unwrap();
    for step in 0..40 {
        let gone = edges.swap_remove(chance.below(edges.len()));
        let mut changed = vec![gone.0];
        if step % 2 == 0 {
            let new = (chance.below(60) as u32, chance.below(60) as u32, 2.0);
            edges.push(new);
            changed.push(new.0);
        }
        let after = build(&edges);
        near.update(&graph, &after, &changed).unwrap();
        graph = after;
        let mut restart = vec![0.0; 60];
        restart[7] = 1.0;
        assert_close(near.estimate(), &rank(&graph, Some(&restart)), 1e-7);
        assert!(near.error() < 1e-6);
    }
}

proptest! {
    /// Ties change at will, nodes come, restarts move: an estimate that goes on from the last one is as near the exact
    /// ranks as one that begins anew, and is there sooner.
    #[test]
    fn a_resumed_rank_is_as_near_as_a_new_one(
        steps in prop::collection::vec(prop::collection::vec((0u32..40, 0u32..40, 0u8..4), 1..12), 1..8),
        extra in 0usize..5, damping in 0.05f64..0.95,
    ) {
        let mut ties: std::collections::BTreeMap<(u32, u32), f64> =
            (0..40u32).flat_map(|a| [((a, (a * 7 + 1) % 40), 1.0), ((a, (a * 3 + 2) % 40), 2.0)]).collect();
        let mut estimate: Vec<f64> = Vec::new();
        for (step, changes) in steps.iter().enumerate() {
            for &(a, b, weight) in changes {
                match weight {
                    0 => ties.remove(&(a, b)),
                    weight => ties.insert((a, b), f64::from(weight)),
                };
            }
            let nodes = 40 + extra * step;
            let source: Vec<u32> = ties.keys().map(|tie| tie.0).collect();
            let target: Vec<u32> = ties.keys().map(|tie| tie.1).collect();
            let weight: Vec<f64> = ties.values().copied().collect();
            let graph = Csr::from_edges(nodes, &source, &target, Some(&weight), true).unwrap();
            let mut from = vec![0.0; nodes];
            (from[3], from[step % 40]) = (2.0, 1.0);
            let epsilon = 1e-9 / (graph.arcs() + nodes) as f64;
            let next = PersonalRank::resume(&graph, &from, 1.0 - damping, epsilon, &estimate).unwrap();
            let new = PersonalRank::resume(&graph, &from, 1.0 - damping, epsilon, &[]).unwrap();
            let options = PageRankOptions { damping, tolerance: 1e-14, ..Default::default() };
            let exact = pagerank(&graph, &options, Some(&from)).unwrap();
            let off = |rank: &PersonalRank| rank.estimate().iter().zip(&exact).map(|(a, b)| (a - b).abs()).sum::<f64>();
            prop_assert!(off(&next) < 1.1e-9 && off(&new) < 1.1e-9, "{} {}", off(&next), off(&new));
            prop_assert!(next.error() <= 1e-9);
            let again = PersonalRank::resume(&graph, &from, 1.0 - damping, epsilon, next.estimate()).unwrap();
            prop_assert!(again.pushes() * 4 <= new.pushes(), "{} {}", again.pushes(), new.pushes());
            estimate = next.estimate().to_vec();
        }
    }
}

#[test]
fn samples_are_unbiased_and_threads_change_nothing() {
    let graph = karate();
    let exact = betweenness(&graph, None);
    let mut mean = vec![0.0; 34];
    for seed in 0..400 {
        let sampled = betweenness(&graph, Some((8, seed)));
        mean.iter_mut().zip(sampled).for_each(|(m, x)| *m += x / 400.0);
    }
    assert!((mean[0] - exact[0]).abs() < 0.05 * exact[0]);
    assert_eq!(betweenness(&graph, Some((99, 0))), exact);
    let (graph, _) = crate::graph::Lfr { nodes: 9000, ..Default::default() }.generate().unwrap();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| (rank(&graph, None), betweenness(&graph, Some((20, 1))), harmonic(&graph, Some((20, 1)))))
    };
    assert_eq!(run(1), run(8));
}

#[test]
fn hostile_input_is_an_error() {
    let graph = karate();
    assert!(pagerank(&graph, &PageRankOptions { damping: 1.0, ..Default::default() }, None).is_err());
    assert!(pagerank(&graph, &PageRankOptions::default(), Some(&[1.0])).is_err());
    assert!(pagerank(&graph, &PageRankOptions::default(), Some(&[0.0; 34])).is_err());
    assert!(katz(&graph, 0.5).is_err());
    assert!(katz(&graph, f64::NAN).is_err());
    assert!(hits(&graph, 0.0).is_err());
    assert!(PersonalRank::new(&graph, 34, 0.15, 1e-6).is_err());
    for from in [&[1.0][..], &[0.0; 34], &[-1.0; 34], &[f64::NAN; 34], &[f64::MAX; 34]] {
        assert!(PersonalRank::resume(&graph, from, 0.15, 1e-6, &[]).is_err());
    }
    let home = PersonalRank::resume(&graph, &[1.0; 34], 1.0, 1e-12, &[]).unwrap();
    assert_close(home.estimate(), &[1.0 / 34.0; 34], 1e-12);
    assert!(PersonalRank::resume(&graph, &[1.0; 34], 1.01, 1e-12, &[]).is_err());
    let odd = PersonalRank::resume(&graph, &[1.0; 34], 0.15, 1e-9, &[f64::NAN, f64::INFINITY, 7.0, -3.0]).unwrap();
    assert_close(odd.estimate(), &rank(&graph, None), 1e-6);
    let negative = Csr::from_edges(2, &[0], &[1], Some(&[-1.0]), true).unwrap();
    assert!(pagerank(&negative, &PageRankOptions::default(), None).is_err());
    let empty = Csr::from_edges(0, &[], &[], None, true).unwrap();
    assert_eq!(pagerank(&empty, &PageRankOptions::default(), None).unwrap(), Vec::<f64>::new());
    assert_eq!(betweenness(&empty, Some((3, 0))), Vec::<f64>::new());
}

/// Weights of any size, and of sizes that differ from node to node.
#[test]
fn scales_do_not_matter() {
    let twelve = twelve();
    let scaled = |scale: &dyn Fn(u32) -> f64| {
        let rows =
            (0..12u32).flat_map(|node| twelve.ties(node).map(move |(to, weight)| (node, to, weight * scale(node))));
        let rows: Vec<(u32, u32, f64)> = rows.collect();
        let source: Vec<u32> = rows.iter().map(|row| row.0).collect();
        let target: Vec<u32> = rows.iter().map(|row| row.1).collect();
        let weight: Vec<f64> = rows.iter().map(|row| row.2).collect();
        Csr::from_edges(12, &source, &target, Some(&weight), true).unwrap()
    };
    let (tiny, huge) = (f64::from_bits(1 << 40), f64::from_bits(2035 << 52));
    let (usual, both) = (rank(&twelve, None), hits(&twelve, 1e-14).unwrap());
    let near = |graph: &Csr| PersonalRank::new(graph, 3, 0.15, 1e-12).unwrap().estimate().to_vec();
    let mixed = |node: u32| [tiny, 1.0, huge, 1e-200][node as usize % 4];
    for graph in [scaled(&|_| tiny), scaled(&|_| huge), scaled(&mixed), scaled(&|_| 1e-310)] {
        assert_close(&rank(&graph, None), &usual, 1e-9);
        assert_close(&near(&graph), &near(&twelve), 1e-9);
        assert!(hits(&graph, 1e-12).unwrap().hub.iter().all(|x| x.is_finite()));
    }
    for graph in [scaled(&|_| tiny), scaled(&|_| huge)] {
        assert_close(&hits(&graph, 1e-14).unwrap().hub, &both.hub, 1e-12);
    }
    let karate = karate();
    let (source, target): (Vec<u32>, Vec<u32>) = crate::graph::testdata::KARATE.iter().copied().unzip();
    for weight in [1e-310, 5e-324, 1e305] {
        let graph = Csr::from_edges(34, &source, &target, Some(&[weight; 78]), false).unwrap();
        assert_close(&rank(&graph, None), &rank(&karate, None), 1e-12);
    }
    let nothing = scaled(&|_| 0.0);
    assert_close(&rank(&nothing, None), &[1.0 / 12.0; 12], 1e-12);
    assert_eq!(hits(&nothing, 1e-9).unwrap().hub, [0.0; 12]);
    let chain = Csr::from_edges(3, &[0, 1], &[1, 2], Some(&[1e200, 1e90]), true).unwrap();
    let found = katz(&chain, 1.0).unwrap();
    assert!(found[2] == 1.0 && found[1] > 0.0, "{found:?}");
    assert!(katz(&scaled(&|_| huge), 0.1).is_err());
    assert_close(&katz(&scaled(&|_| tiny), 0.1).unwrap(), &[1.0 / 12f64.sqrt(); 12], 1e-12);
}
