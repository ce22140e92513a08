//! The quality of a partition, its connected parts, and dense names for its communities.

use super::level::Arcs;
use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::{ArcWeights, Csr};
use rayon::prelude::*;

/// Labels 0..k in order of first appearance, and k.
pub(super) fn dense(label: &mut [u32]) -> usize {
    let mut names = vec![u32::MAX; label.iter().max().map_or(0, |&max| max as usize + 1)];
    let mut count = 0u32;
    for own in label {
        let name = &mut names[*own as usize];
        if *name == u32::MAX {
            *name = count;
            count += 1;
        }
        *own = *name;
    }
    count as usize
}

/// Labels 0..k by falling size (then by the least node), and k.
pub(super) fn by_size(label: &mut [u32]) -> usize {
    let count = dense(label);
    let mut size = vec![0usize; count];
    label.iter().for_each(|&own| size[own as usize] += 1);
    let mut order: Vec<u32> = (0..count as u32).collect();
    order.sort_by_key(|&own| std::cmp::Reverse(size[own as usize]));
    let mut name = vec![0u32; count];
    (0u32..).zip(&order).for_each(|(new, &old)| name[old as usize] = new);
    label.iter_mut().for_each(|own| *own = name[*own as usize]);
    count
}

/// Cuts every community into its connected parts; gives the number of communities cut off.
///
/// The parts of a community that is not connected have no ties between them, so cutting never lowers
/// modularity or the Potts quality. Ties of weight zero do not connect.
pub(super) fn connect<W: ArcWeights>(arcs: Arcs<'_, W>, label: &mut [u32]) -> usize {
    let old = label.to_vec();
    let (mut stack, mut count) = (Vec::new(), 0u32);
    let parts = dense(&mut old.clone());
    let mut seen = vec![false; label.len()];
    for start in 0..label.len() {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        stack.push(start as u32);
        while let Some(node) = stack.pop() {
            label[node as usize] = count;
            for (other, weight) in arcs.row(node) {
                if weight > 0.0 && !seen[other as usize] && old[other as usize] == old[start] {
                    seen[other as usize] = true;
                    stack.push(other);
                }
            }
        }
        count += 1;
    }
    count as usize - parts
}

pub(super) fn check_labels(graph: &Csr, label: &[u32]) -> Result<()> {
    if label.len() != graph.nodes() {
        return Err(Error::new(
            ErrorKind::SchemaRange,
            format!("{} labels for a graph of {} nodes", label.len(), graph.nodes()),
        ));
    }
    Ok(())
}

/// Modularity of a partition (Newman and Girvan 2004; with resolution, Reichardt and Bornholdt 2006):
/// Q = sum over communities of w_in / 2m - resolution (K / 2m)^2, both ends of a tie counted.
///
/// The two directions of a directed graph add up first. 0 in a graph without ties. O(nodes + arcs).
///
/// # Errors
/// `SchemaRange` where there is not one label a node, a weight is below zero, or the resolution is negative or not finite.
pub fn modularity(graph: &Csr, label: &[u32], resolution: f64) -> Result<f64> {
    check_labels(graph, label)?;
    check_resolution(resolution)?;
    if graph.least_weight() < 0.0 {
        return Err(Error::new(ErrorKind::SchemaRange, "modularity needs weights of zero or more")
            .hint("keep negative ties in a layer of their own"));
    }
    let (graph, _) = graph.in_range();
    let (inside, total, sum) = sums(&graph, label);
    if sum == 0.0 {
        return Ok(0.0);
    }
    let null: f64 = total.iter().map(|k| (k / sum) * (k / sum)).sum();
    Ok(inside / sum - resolution * null)
}

/// Quality of the constant Potts model (Traag, Van Dooren and Nesterov 2011):
/// the sum over communities of w_in - resolution n (n - 1) / 2, each tie counted once.
///
/// # Errors
/// `SchemaRange` where there is not one label a node, or the resolution is negative or not finite.
pub fn potts_quality(graph: &Csr, label: &[u32], resolution: f64) -> Result<f64> {
    check_labels(graph, label)?;
    check_resolution(resolution)?;
    let mut names = label.to_vec();
    let mut size = vec![0f64; dense(&mut names)];
    names.iter().for_each(|&own| size[own as usize] += 1.0);
    let pairs: f64 = size.iter().map(|n| n * (n - 1.0) / 2.0).sum();
    let (graph, scale) = graph.in_range();
    Ok(sums(&graph, label).0 * 0.5 / scale - resolution * pairs)
}

pub(super) fn check_resolution(resolution: f64) -> Result<()> {
    if resolution >= 0.0 && resolution.is_finite() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::SchemaRange, format!("the resolution `{resolution}` must be zero or more")))
}

/// Weight of arcs inside communities, mass of each community, weight of all arcs (both directions).
fn sums(graph: &Csr, label: &[u32]) -> (f64, Vec<f64>, f64) {
    let mut names = label.to_vec();
    let count = dense(&mut names);
    let mut total = vec![0f64; count];
    if graph.is_directed() {
        let mut inside = 0.0;
        for node in 0..graph.nodes() as u32 {
            for (to, weight) in graph.ties(node) {
                let (a, b) = (names[node as usize] as usize, names[to as usize] as usize);
                total[a] += weight;
                total[b] += weight;
                inside += if a == b { 2.0 * weight } else { 0.0 };
            }
        }
        let sum = total.iter().sum();
        return (inside, total, sum);
    }
    let rows = super::with_arcs(graph, Rows { label: &names });
    let mut inside = 0.0;
    for (node, row) in rows.iter().enumerate() {
        total[names[node] as usize] += row.0;
        inside += row.1;
    }
    let sum = total.iter().sum();
    (inside, total, sum)
}

/// Weight of each row, and of its part inside the own community.
struct Rows<'a> {
    label: &'a [u32],
}

impl super::WithArcs for Rows<'_> {
    type Output = Vec<(f64, f64)>;

    fn run<W: ArcWeights>(self, arcs: Arcs<'_, W>) -> Self::Output {
        let row = |node: u32| {
            let own = self.label[node as usize];
            arcs.row(node).fold((0.0, 0.0), |(all, inside), (to, weight)| {
                (all + weight, inside + if self.label[to as usize] == own { weight } else { 0.0 })
            })
        };
        (0..arcs.nodes() as u32).into_par_iter().with_min_len(4096).map(row).collect()
    }
}
