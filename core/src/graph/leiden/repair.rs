//! Communities after an update, without the whole run: only nodes whose ties changed are asked again,
//! and what their moves disturb (the dynamic frontier of Sahu 2024, over Leiden's local move).

use super::level::{Arcs, Tally, group};
use super::moves::{Mover, Objective, Partition};
use super::{Communities, LeidenOptions, WithArcs, finish, leiden_from, quality, with_arcs};
use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::{ArcWeights, Csr};

/// Above one changed node in this many, a pass over the whole graph is run from the old communities.
const WIDE: usize = 8;

/// What [`repair`] did.
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    /// The communities after the repair; `levels` is empty unless the whole graph was passed over.
    pub communities: Communities,
    /// Moves of nodes from one community to another; 0 where the whole graph was passed over.
    pub moves: usize,
    /// Communities that had come apart and were cut.
    pub cut: usize,
    /// Whether so much had changed that the whole graph was passed over.
    pub whole: bool,
}

/// Communities of `graph` after ties of the nodes `changed` changed, from those before.
///
/// `previous` holds any label a node; nodes beyond its end are new and count as changed. Cost follows
/// the changed nodes and the communities they touch, apart from O(nodes) for the sums and O(arcs) for
/// the quality of the answer. No community is disconnected. Apply [`super::match_communities`] to
/// keep ids stable.
///
/// # Errors
/// As [`super::leiden`]; `SchemaRange` for more labels than nodes or a changed node that is unknown.
pub fn repair(graph: &Csr, options: &LeidenOptions, previous: &[u32], changed: &[u32]) -> Result<Repair> {
    super::check(graph, options)?;
    let nodes = graph.nodes();
    if previous.len() > nodes || changed.iter().any(|&node| node as usize >= nodes) {
        return Err(Error::new(
            ErrorKind::SchemaRange,
            format!("labels or changed nodes lie beyond a graph of {nodes} nodes"),
        ));
    }
    if graph.is_directed() {
        return repair(&graph.to_undirected(), options, previous, changed);
    }
    let mut label = previous.to_vec();
    let mut next = quality::dense(&mut label) as u32;
    label.resize_with(nodes, || {
        next += 1;
        next - 1
    });
    let mut start: Vec<u32> = changed.to_vec();
    start.extend(previous.len() as u32..nodes as u32);
    start.sort_unstable();
    start.dedup();
    if start.len() * WIDE > nodes {
        let options = LeidenOptions { iterations: 1, ..*options };
        let communities = leiden_from(graph, &options, Some(&label))?;
        return Ok(Repair { communities, moves: 0, cut: 0, whole: true });
    }
    let (scaled, own) = super::in_range(graph, options);
    let (label, moves, cut) = with_arcs(&scaled, Frontier { graph: &scaled, options: &own, label, start });
    Ok(Repair { communities: finish(graph, options, label, Vec::new())?, moves, cut, whole: false })
}

/// Communities of `graph` from those before, where nobody kept what has changed: one pass over all levels, so that
/// nodes move, and communities merge or part as wholes. A whole run is made as well where more than one node in eight
/// left the others of its community, or new ones joined it, and the better of the two is given.
///
/// `previous` holds any label a node; nodes at [`super::NOWHERE`] and beyond its end begin alone. A function of the
/// arguments alone.
///
/// # Errors
/// As [`super::leiden`]; `SchemaRange` for more labels than nodes.
pub fn refresh(graph: &Csr, options: &LeidenOptions, previous: &[u32]) -> Result<Communities> {
    super::check(graph, options)?;
    if previous.len() > graph.nodes() {
        let message = format!("{} labels for {} nodes", previous.len(), graph.nodes());
        return Err(Error::new(ErrorKind::SchemaRange, message));
    }
    if graph.is_directed() {
        return refresh(&graph.to_undirected(), options, previous);
    }
    let mut known: Vec<u32> = previous.to_vec();
    known.retain(|label| *label != super::NOWHERE);
    known.sort_unstable();
    known.dedup();
    let mut next = known.len() as u32;
    let own = |node: usize| {
        let label = previous.get(node).filter(|label| **label != super::NOWHERE);
        label.map_or_else(
            || {
                next += 1;
                next - 1
            },
            |label| known.partition_point(|other| other < label) as u32,
        )
    };
    let mut label: Vec<u32> = (0..graph.nodes()).map(own).collect();
    quality::dense(&mut label);
    let settled = leiden_from(graph, &LeidenOptions { iterations: 1, ..*options }, Some(&label))?;
    if together(&label, &settled.label) * WIDE >= (WIDE - 1) * graph.nodes() {
        return Ok(settled);
    }
    let whole = super::leiden(graph, options)?;
    Ok(if whole.quality > settled.quality { whole } else { settled })
}

/// Nodes that stayed with the most of those they were with, or are with the most of those who were with them: the lesser.
fn together(before: &[u32], after: &[u32]) -> usize {
    let most = |of: &[u32], by: &[u32]| {
        let (begins, members) = group(of, of.iter().max().map_or(0, |&max| max as usize + 1));
        let mut tally = Tally::default();
        let mut sum = 0.0;
        for ends in begins.windows(2) {
            tally.start(16);
            members[ends[0]..ends[1]].iter().for_each(|&node| tally.add(by[node as usize], 1.0));
            sum += tally.entries().map(|entry| entry.1).fold(0.0, f64::max);
        }
        sum as usize
    };
    most(before, after).min(most(after, before))
}

struct Frontier<'a> {
    graph: &'a Csr,
    options: &'a LeidenOptions,
    label: Vec<u32>,
    start: Vec<u32>,
}

impl WithArcs for Frontier<'_> {
    type Output = (Vec<u32>, usize, usize);

    fn run<W: ArcWeights>(self, arcs: Arcs<'_, W>) -> Self::Output {
        let (mass, rate) = super::null_model(self.graph, self.options);
        let least = super::least_gain(self.graph, &mass, self.options);
        let before = self.label.clone();
        let mut touched = vec![false; arcs.nodes()];
        self.start.iter().for_each(|&node| touched[before[node as usize] as usize] = true);
        let mut partition = Partition::new(self.label, &mass);
        let mover = Mover { arcs, aim: Objective { mass: &mass, rate, least } };
        let moves = mover.run_from(&mut partition, self.start, |node| touched[before[node as usize] as usize] = true);
        let mut label = partition.label;
        let cut = cut_apart(arcs, &mut label, &touched);
        (label, moves, cut)
    }
}

/// Cuts the communities named in `touched` into connected parts; gives the number cut off.
///
/// A community can come apart only where it lost a node or a tie, so the others are not looked at.
fn cut_apart<W: ArcWeights>(arcs: Arcs<'_, W>, label: &mut [u32], touched: &[bool]) -> usize {
    let mut next = label.iter().max().map_or(0, |&max| max + 1);
    let mut first = vec![false; touched.len()];
    let mut seen = vec![false; label.len()];
    let (mut stack, mut cut) = (Vec::new(), 0);
    for start in 0..label.len() {
        let own = label[start];
        if seen[start] || !touched.get(own as usize).copied().unwrap_or(false) {
            continue;
        }
        let name = if std::mem::replace(&mut first[own as usize], true) { next } else { own };
        if name == next {
            next += 1;
            cut += 1;
        }
        seen[start] = true;
        stack.push(start as u32);
        while let Some(node) = stack.pop() {
            label[node as usize] = name;
            for (other, weight) in arcs.row(node) {
                if weight > 0.0 && !seen[other as usize] && label[other as usize] == own {
                    seen[other as usize] = true;
                    stack.push(other);
                }
            }
        }
    }
    cut
}
