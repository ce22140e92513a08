use super::*;
use crate::base::ErrorKind;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn brute(nodes: usize, edges: &[(u32, u32, f64)], directed: bool) -> Vec<BTreeMap<u32, f64>> {
    let mut rows = vec![BTreeMap::new(); nodes];
    for &(a, b, w) in edges.iter().filter(|e| e.0 != e.1) {
        *rows[a as usize].entry(b).or_insert(0.0) += w;
        if !directed {
            *rows[b as usize].entry(a).or_insert(0.0) += w;
        }
    }
    rows
}

proptest! {
    #[test]
    fn rows_equal_a_map(edges in prop::collection::vec((0u32..20, 0u32..20, -3i32..9), 0..200), directed: bool) {
        let edges: Vec<_> = edges.into_iter().map(|(a, b, w)| (a, b, f64::from(w))).collect();
        let source: Vec<u32> = edges.iter().map(|e| e.0).collect();
        let target: Vec<u32> = edges.iter().map(|e| e.1).collect();
        let weight: Vec<f64> = edges.iter().map(|e| e.2).collect();
        let graph = Csr::from_edges(20, &source, &target, Some(&weight), directed).unwrap();
        let twin = brute(20, &edges, directed);
        for node in 0..20u32 {
            let row: Vec<_> = graph.ties(node).collect();
            prop_assert_eq!(&row, &twin[node as usize].iter().map(|(&k, &v)| (k, v)).collect::<Vec<_>>());
            for other in 0..20u32 {
                prop_assert_eq!(graph.weight(node, other), twin[node as usize].get(&other).copied());
            }
        }
        prop_assert_eq!(graph.self_loops() + graph.merged() + graph.edges(), edges.len());
        prop_assert_eq!(&graph.transpose().transpose().targets, &graph.targets);
        let both: Vec<_> = edges.iter().map(|&(a, b, w)| (b, a, w)).collect();
        let turned = brute(20, &both, directed);
        let back = graph.transpose();
        let sum = graph.to_undirected();
        for node in 0..20u32 {
            let mut fused = twin[node as usize].clone();
            if directed {
                for (&to, &w) in &turned[node as usize] {
                    *fused.entry(to).or_insert(0.0) += w;
                }
            }
            prop_assert_eq!(back.ties(node).collect::<Vec<_>>(), turned[node as usize].clone().into_iter().collect::<Vec<_>>());
            prop_assert_eq!(sum.ties(node).collect::<Vec<_>>(), fused.into_iter().collect::<Vec<_>>());
        }
    }
}

#[test]
fn hostile_columns_are_errors() {
    let bad = [
        Csr::from_edges(2, &[0], &[2], None, true),
        Csr::from_edges(2, &[0], &[], None, true),
        Csr::from_edges(2, &[0], &[1], Some(&[]), true),
        Csr::from_edges(2, &[0], &[1], Some(&[f64::NAN]), true),
        Csr::from_edges(u32::MAX as usize, &[], &[], None, true),
    ];
    for graph in bad {
        assert_eq!(graph.unwrap_err().kind(), ErrorKind::SchemaRange);
    }
}

#[test]
fn an_empty_graph_answers() {
    let graph = Csr::from_edges(0, &[], &[], None, false).unwrap();
    assert_eq!((graph.nodes(), graph.edges(), graph.degree(3), graph.weight(0, 1)), (0, 0, 0, None));
    assert_eq!(graph.transpose(), graph);
}

#[test]
fn an_arc_takes_at_most_fourteen_bytes() {
    let source: Vec<u32> = (0..1000).flat_map(|a| [a, a, a, a]).collect();
    let target: Vec<u32> = (0..1000u32).flat_map(|a| (1..5).map(move |k| (a + k * k) % 1000)).collect();
    let graph = Csr::from_edges(1000, &source, &target, Some(&vec![1.0; 4000]), false).unwrap();
    assert!(graph.bytes() <= 14 * graph.arcs(), "{}", graph.bytes() as f64 / graph.arcs() as f64);
}

#[test]
fn layers_fuse_by_weighted_sum() {
    let a = Csr::from_edges(3, &[0], &[1], None, false).unwrap();
    let b = Csr::from_edges(3, &[1, 1], &[0, 2], Some(&[2.0, 4.0]), true).unwrap();
    let both = Csr::fuse(&[(&a, 0.5), (&b, 0.25)]).unwrap();
    assert!(!both.is_directed());
    assert_eq!((both.weight(0, 1), both.weight(2, 1)), (Some(1.0), Some(1.0)));
    assert!(Csr::fuse(&[]).is_err());
}
