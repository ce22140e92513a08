//! Ties and communities without an engine.

use super::fastest;
use bactrian::Result;
use bactrian::graph::{Csr, LeidenOptions, Lfr, LiveGraph, TieLayer, leiden, repair};

const DAY: i64 = 86_400_000_000;
const NODES: u32 = 1_000_000;
const BATCH: usize = 100_000;
const BATCHES: usize = 20;
/// Ties that a batch of a thousandth of the graph of [`society`] replaces.
const REPLACED: usize = 10_000;

/// Seconds of one upsert: undirected ties with decay among a million nodes, in batches, a tenth of them new.
pub fn upsert() -> Result<f64> {
    let rows: Vec<(u32, u32, i64)> = (0..BATCH * BATCHES)
        .map(|row| {
            let mixed = row as u64 * 0x9E37_79B9_7F4A_7C15;
            let from = (mixed >> 40) as u32 % NODES;
            (from, (from + 1 + (mixed >> 16) as u32 % 10) % NODES, row as i64 * 1000)
        })
        .collect();
    let source: Vec<u32> = rows.iter().map(|row| row.0).collect();
    let target: Vec<u32> = rows.iter().map(|row| row.1).collect();
    let at: Vec<i64> = rows.iter().map(|row| row.2).collect();
    let amount = vec![1.0; rows.len()];

    let mut ties = LiveGraph::new(TieLayer { directed: false, half_life: Some(30 * DAY), signed: false })?;
    ties.grow(NODES as usize)?;
    let mut done = Ok(());
    let seconds = fastest(3, || {
        for batch in 0..BATCHES {
            let part = batch * BATCH..(batch + 1) * BATCH;
            let upserted =
                ties.upsert_batch(&source[part.clone()], &target[part.clone()], &amount[part.clone()], &at[part]);
            done = std::mem::replace(&mut done, Ok(())).and(upserted);
        }
    });
    done?;
    Ok(seconds / rows.len() as f64)
}

/// The benchmark graph: a million nodes, ten million ties, planted communities.
fn society() -> Result<Csr> {
    let lfr = Lfr { nodes: NODES as usize, max_degree: 200, sizes: (50, 1000), mixing: 0.4, seed: 7, ..Lfr::default() };
    Ok(lfr.generate()?.0)
}

/// Seconds of a whole run of Leiden on the benchmark graph.
pub fn communities() -> Result<f64> {
    let graph = society()?;
    let mut done = Ok(());
    let seconds = fastest(1, || done = leiden(&graph, &LeidenOptions::default()).map(|_| ()));
    done?;
    Ok(seconds)
}

/// Seconds of a repair of the communities of the benchmark graph after a thousandth of its ties were replaced.
pub fn repaired() -> Result<f64> {
    let graph = society()?;
    let options = LeidenOptions::default();
    let before = leiden(&graph, &options)?;
    let (changed, after) = replaced(&graph)?;
    let mut done = Ok(());
    let seconds = fastest(3, || done = repair(&after, &options, &before.label, &changed).map(|_| ()));
    done?;
    Ok(seconds)
}

/// Every so-manieth tie goes, and one between two of its neighbourhoods comes; the nodes touched.
fn replaced(graph: &Csr) -> Result<(Vec<u32>, Csr)> {
    let every = graph.edges() / REPLACED;
    let (mut source, mut target, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    let edges = (0..graph.nodes() as u32).flat_map(|a| graph.neighbors(a).iter().map(move |&b| (a, b)));
    for (number, (a, b)) in edges.filter(|(a, b)| a < b).enumerate() {
        let other = graph.neighbors(b).iter().copied().find(|&c| c != a);
        match other.filter(|_| number % every == 0) {
            Some(c) => {
                let c = graph.neighbors(c).last().copied().unwrap_or(c);
                changed.extend([a, b, c]);
                source.push(a);
                target.push(c);
            }
            None => {
                source.push(a);
                target.push(b);
            }
        }
    }
    changed.sort_unstable();
    changed.dedup();
    Ok((changed, Csr::from_edges(graph.nodes(), &source, &target, None, false)?))
}
