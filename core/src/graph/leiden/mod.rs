//! Communities by Leiden (Traag, Waltman and van Eck 2019): modularity or the constant Potts model.
//!
//! No community is ever disconnected. The result depends on graph, options and seed alone, never on
//! the number of threads. A directed graph is read as undirected (both directions add up). About
//! 5 ns an arc and iteration on one core; memory about 12 bytes a node and 12 an arc of the aggregate.

mod level;
mod lifecycle;
mod moves;
mod quality;
mod refine;
mod repair;
#[cfg(test)]
mod tests;

pub use lifecycle::{Change, Lifecycle, NOWHERE, match_communities};
pub use quality::{modularity, potts_quality};
pub use repair::{Repair, refresh, repair};

use super::chance::Chance;
use super::csr::{ArcWeights, Csr, UnitWeights, Weights};
use crate::base::{Error, ErrorKind, Result};
use level::{Aggregate, Arcs};
use moves::{Mover, Objective, Partition};
use std::borrow::Cow;

/// What a partition is to maximise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    /// Ties inside against what the strengths of the nodes would give by chance.
    Modularity,
    /// Ties inside against a density: the resolution is the density that a community must exceed.
    Potts,
}

/// How communities are sought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeidenOptions {
    /// What is maximised.
    pub quality: Quality,
    /// Larger gives more and smaller communities; 1 is Newman's modularity. Zero or more.
    pub resolution: f64,
    /// Passes over the whole graph, each beginning with the communities of the last; 0 goes on until
    /// nothing changes.
    pub iterations: u32,
    /// Same seed, same communities.
    pub seed: u64,
}

impl Default for LeidenOptions {
    fn default() -> Self {
        LeidenOptions { quality: Quality::Modularity, resolution: 1.0, iterations: 3, seed: 0 }
    }
}

/// Communities of a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Communities {
    /// The community of each node: 0..`count` by falling size.
    pub label: Vec<u32>,
    /// Number of communities.
    pub count: usize,
    /// Modularity or Potts quality of the partition, by the options.
    pub quality: f64,
    /// The refined communities of the last pass, fine to coarse: one label a node and level. Every
    /// level is a refinement of the next, and the last of `label`.
    pub levels: Vec<Vec<u32>>,
}

/// The communities of a graph.
///
/// ```
/// use bactrian::graph::{Csr, LeidenOptions, leiden};
///
/// // two triangles and a bridge
/// let graph = Csr::from_edges(6, &[0, 0, 1, 3, 3, 4, 2], &[1, 2, 2, 4, 5, 5, 3], None, false)?;
/// let found = leiden(&graph, &LeidenOptions::default())?;
/// assert_eq!(found.label, [0, 0, 0, 1, 1, 1]);
/// assert!((found.quality - 5.0 / 14.0).abs() < 1e-12);
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// # Errors
/// `SchemaRange` for a weight below zero or a resolution that is negative or not finite.
pub fn leiden(graph: &Csr, options: &LeidenOptions) -> Result<Communities> {
    leiden_from(graph, options, None)
}

/// As [`leiden`], beginning with the communities of `start`: any label a node.
///
/// # Errors
/// As [`leiden`], and where there is not one label a node.
pub fn leiden_from(graph: &Csr, options: &LeidenOptions, start: Option<&[u32]>) -> Result<Communities> {
    check(graph, options)?;
    if let Some(start) = start {
        quality::check_labels(graph, start)?;
    }
    if graph.is_directed() {
        return leiden_from(&graph.to_undirected(), options, start);
    }
    let (scaled, own) = in_range(graph, options);
    let (label, levels) = with_arcs(&scaled, Task { graph: &scaled, options: &own, start });
    finish(graph, options, label, levels)
}

/// The communities at each of several resolutions: how the picture changes from coarse to fine.
///
/// # Errors
/// As [`leiden`].
pub fn resolution_profile(graph: &Csr, options: &LeidenOptions, resolutions: &[f64]) -> Result<Vec<Communities>> {
    resolutions.iter().map(|&resolution| leiden(graph, &LeidenOptions { resolution, ..*options })).collect()
}

/// One graph for Leiden from several layers, each with its weight: a layer's ties are divided by
/// their sum first, so that the weights are shares and not units.
///
/// # Errors
/// `SchemaRange` for no layer, layers of different nodes, or a weight below zero.
pub fn blend(layers: &[(&Csr, f64)]) -> Result<Csr> {
    let mut scaled = Vec::with_capacity(layers.len());
    for &(layer, weight) in layers {
        if !(weight >= 0.0 && weight.is_finite()) || layer.least_weight() < 0.0 {
            return Err(Error::new(ErrorKind::SchemaRange, "layers and their ties must have weights of zero or more"));
        }
        let both = if layer.is_directed() { 1.0 } else { 0.5 };
        let (layer, _) = layer.in_range();
        let sum = layer.strengths().iter().sum::<f64>() * both;
        let factor = if sum > 0.0 { weight * layer.nodes() as f64 / sum } else { 0.0 };
        scaled.push((layer, factor));
    }
    Csr::fuse(&scaled.iter().map(|(layer, factor)| (layer.as_ref(), *factor)).collect::<Vec<_>>())
}

/// The share of the modularity of a partition that each layer of a [`blend`] explains; sums to 1
/// where the blended modularity is not 0, and is NaN otherwise.
///
/// # Errors
/// As [`blend`], and where there is not one label a node.
pub fn bond_shares(layers: &[(&Csr, f64)], label: &[u32], resolution: f64) -> Result<Vec<f64>> {
    let parts: Result<Vec<f64>> =
        layers.iter().map(|&(layer, weight)| Ok(weight * modularity(layer, label, resolution)?)).collect();
    let parts = parts?;
    let sum: f64 = parts.iter().sum();
    Ok(parts.iter().map(|part| if sum == 0.0 { f64::NAN } else { part / sum }).collect())
}

/// A density that no community exceeds, once weights are in range.
const LARGEST: f64 = 1e200;

fn check(graph: &Csr, options: &LeidenOptions) -> Result<()> {
    quality::check_resolution(options.resolution)?;
    if graph.least_weight() < 0.0 {
        return Err(Error::new(ErrorKind::SchemaRange, "communities need weights of zero or more")
            .hint("keep negative ties in a layer of their own"));
    }
    Ok(())
}

/// The graph with weights that can be multiplied and summed, and what is sought in it.
fn in_range<'a>(graph: &'a Csr, options: &LeidenOptions) -> (Cow<'a, Csr>, LeidenOptions) {
    let (graph, scale) = graph.in_range();
    let resolution = match options.quality {
        Quality::Modularity => options.resolution,
        Quality::Potts => (options.resolution * scale).min(LARGEST),
    };
    (graph, LeidenOptions { resolution, ..*options })
}

fn finish(graph: &Csr, options: &LeidenOptions, mut label: Vec<u32>, levels: Vec<Vec<u32>>) -> Result<Communities> {
    let count = quality::by_size(&mut label);
    let quality = match options.quality {
        Quality::Modularity => modularity(graph, &label, options.resolution)?,
        Quality::Potts => potts_quality(graph, &label, options.resolution)?,
    };
    Ok(Communities { label, count, quality, levels })
}

/// Work that reads the arcs of a graph, whatever their weights.
trait WithArcs {
    type Output;
    fn run<W: ArcWeights>(self, arcs: Arcs<'_, W>) -> Self::Output;
}

fn with_arcs<T: WithArcs>(graph: &Csr, work: T) -> T::Output {
    let (offsets, targets) = (graph.offsets(), graph.targets());
    match graph.weights() {
        Weights::Unit => work.run(Arcs { offsets, targets, weights: UnitWeights }),
        Weights::Single(w) => work.run(Arcs { offsets, targets, weights: w.as_slice() }),
        Weights::Double(w) => work.run(Arcs { offsets, targets, weights: w.as_slice() }),
    }
}

/// The masses of the nodes of a graph and the rate at which their products count.
fn null_model(graph: &Csr, options: &LeidenOptions) -> (Vec<f64>, f64) {
    match options.quality {
        Quality::Potts => (vec![1.0; graph.nodes()], options.resolution),
        Quality::Modularity => {
            let mass = graph.strengths();
            let sum: f64 = mass.iter().sum();
            (mass, if sum > 0.0 { options.resolution / sum } else { 0.0 })
        }
    }
}

/// A move must gain more than this: far below any real gain, above rounding.
fn least_gain(graph: &Csr, mass: &[f64], options: &LeidenOptions) -> f64 {
    let scale: f64 = match options.quality {
        Quality::Modularity => mass.iter().sum(),
        Quality::Potts => graph.strengths().iter().sum(),
    };
    1e-10 * scale / graph.nodes().max(1) as f64
}

struct Task<'a> {
    graph: &'a Csr,
    options: &'a LeidenOptions,
    start: Option<&'a [u32]>,
}

impl WithArcs for Task<'_> {
    type Output = (Vec<u32>, Vec<Vec<u32>>);

    fn run<W: ArcWeights>(self, arcs: Arcs<'_, W>) -> Self::Output {
        let (mass, rate) = null_model(self.graph, self.options);
        let least = least_gain(self.graph, &mass, self.options);
        let mut label: Vec<u32> = match self.start {
            Some(start) => start.to_vec(),
            None => (0..arcs.nodes() as u32).collect(),
        };
        let mut levels = Vec::new();
        for iteration in 0.. {
            if self.options.iterations > 0 && iteration >= self.options.iterations {
                break;
            }
            let aim = Objective { mass: &mass, rate, least };
            let changed = pass(arcs, aim, &mut label, &mut levels, self.options.seed, u64::from(iteration));
            if !changed {
                break;
            }
        }
        (label, levels)
    }
}

/// One pass of Leiden over all levels. True where the partition changed.
fn pass<W: ArcWeights>(
    arcs: Arcs<'_, W>,
    aim: Objective<'_>,
    label: &mut Vec<u32>,
    levels: &mut Vec<Vec<u32>>,
    seed: u64,
    iteration: u64,
) -> bool {
    quality::dense(label);
    let before = label.clone();
    let mut chance = Chance::new(seed, 0x1e1d, iteration);
    let mut partition = Partition::new(before.clone(), aim.mass);
    let moves = Mover { arcs, aim }.run(&mut partition, &mut chance);
    if moves == 0 && iteration > 0 && arcs.nodes() >= moves::LARGE {
        return false;
    }
    levels.clear();
    let mut step = step(arcs, aim, partition.label, &mut chance);
    let mut node_of: Option<Vec<u32>> = None;
    while let Step::Up { above, label: coarse, of } = step {
        node_of = Some(match node_of {
            None => of,
            Some(below) => below.iter().map(|&node| of[node as usize]).collect(),
        });
        levels.extend(node_of.clone());
        let aim = Objective { mass: &above.mass, ..aim };
        let mut partition = Partition::new(coarse, aim.mass);
        Mover { arcs: above.arcs(), aim }.run(&mut partition, &mut chance);
        step = self::step(above.arcs(), aim, partition.label, &mut chance);
    }
    let Step::Top(top) = step else { return false };
    *label = match node_of {
        None => top,
        Some(below) => below.iter().map(|&node| top[node as usize]).collect(),
    };
    quality::dense(label);
    *label != before
}

enum Step {
    /// The aggregate, the communities of its nodes, and the node of it that each node went to.
    Up { above: Aggregate, label: Vec<u32>, of: Vec<u32> },
    /// Nothing left to merge: connected communities of this level's nodes.
    Top(Vec<u32>),
}

/// Refines one level after its moves. Every node of a level is a connected set, so parts of a community
/// that are not connected are seen (and cut) at the top, where it costs least.
fn step<W: ArcWeights>(arcs: Arcs<'_, W>, aim: Objective<'_>, mut label: Vec<u32>, chance: &mut Chance) -> Step {
    let nodes = arcs.nodes();
    let count = quality::dense(&mut label);
    let keyed = Chance::new(chance.bits(), 0x4ef1, nodes as u64);
    if count < nodes {
        let (of, groups) = refine::refine(arcs, aim, &label, count, &keyed);
        if groups < nodes {
            let above = Aggregate::new(arcs, aim.mass, &of, groups);
            let mut coarse = vec![0u32; groups];
            of.iter().zip(&label).for_each(|(&group, &own)| coarse[group as usize] = own);
            return Step::Up { above, label: coarse, of };
        }
    }
    quality::connect(arcs, &mut label);
    Step::Top(label)
}
