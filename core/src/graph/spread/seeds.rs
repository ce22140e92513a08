//! Whom to whisper to: seed sets with bounds (OPIM-C: Tang, Tang, Xiao and Yuan 2018).

use super::greedy::{Limits, cover};
use super::judge::{MOST_SETS, Plan, judge};
use super::model::WordOfMouth;
use super::sketch::{Sets, Sketch};
use super::targets::Targets;
use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::unit_scale;
use std::sync::Arc;

/// Bytes of one half, beyond which no more sets are drawn.
const MOST_BYTES: usize = 1 << 29;
/// Sets of one half that are drawn whatever they take.
const FEW: usize = 16;
/// Sets after which a search ends if nobody who may be chosen is in any of them.
const IDLE: usize = 1 << 18;

/// What limits a choice of seeds.
#[derive(Debug, Clone, Copy)]
pub struct SeedOptions<'a> {
    /// Most seeds; more than there are candidates gives all of them.
    pub count: usize,
    /// Cost of each node, above zero; needs `budget`.
    pub cost: Option<&'a [f64]>,
    /// Most cost in all; needs `cost`.
    pub budget: Option<f64>,
    /// What reaching a node is worth, zero or more; 1 each by default.
    pub value: Option<&'a [f64]>,
    /// Nodes that must not be seeds; they still pass a whisper on.
    pub exclude: &'a [u32],
    /// Nodes that are active already: only what they would not reach counts, and they are no seeds. Whoever is in
    /// `exclude` too is active all the same.
    pub active: &'a [u32],
    /// The choice may fall short of (1 - 1/e) of the best by this share, 0 to 1.
    pub epsilon: f64,
    /// Chance that a bound fails, 0 to 1.
    pub delta: f64,
    /// Same seed, same choice.
    pub seed: u64,
}

impl Default for SeedOptions<'_> {
    fn default() -> Self {
        SeedOptions {
            count: 10,
            cost: None,
            budget: None,
            value: None,
            exclude: &[],
            active: &[],
            epsilon: 0.05,
            delta: 0.001,
            seed: 0,
        }
    }
}

/// Seeds, and what the half of the sketch that did not choose them says of them.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedSet {
    /// In order of choice.
    pub seeds: Vec<u32>,
    /// What they are expected to reach (in value), beyond what is active already: unbiased, but at most `upper`. Where
    /// nobody is active, their own value is in it exactly.
    pub spread: f64,
    /// They reach at least this, with probability 1 - delta.
    pub lower: f64,
    /// No choice within the limits reaches more than this, with probability 1 - delta.
    pub upper: f64,
    /// What each seed adds to those before it, on the half that chose: runs high. 0 for those who were filled in.
    pub gains: Vec<f64>,
    /// Sets drawn for each half.
    pub sets: usize,
}

/// Seeds whose spread is near the best within the limits.
///
/// Without costs the spread is at least (1 - 1/e - `epsilon`) of the best with probability 1 - `delta`;
/// in practice the two bounds lie far closer. Costs are met by gain per cost, or by a single dear node.
/// Sets are drawn until the bounds agree to that share, until the other half knows the spread with a standard error of
/// half of `epsilon`, and until the half that chose overrates its choice by at most `epsilon`, which in practice brings
/// the choice itself that near to full greedy. No half has more than 2^23 sets or takes more than 512 MiB: whatever
/// ended the search, `lower / upper` is the share of the best that is sure.
///
/// There are always `count` seeds, or as many as are candidates or the budget allows. Where the sets see no gain in
/// anybody who is left, the rest are filled in by their own value (per cost), then whoever is in the fewest sets, then
/// the smaller node.
///
/// ```
/// use bactrian::graph::{Csr, SeedOptions, SpreadModel, WordOfMouth, select_seeds};
///
/// let star = Csr::from_edges(5, &[0, 0, 0, 3], &[1, 2, 3, 4], None, true)?;
/// let graph = WordOfMouth::weighted(&star, SpreadModel::IndependentCascade)?;
/// let found = select_seeds(&graph, &SeedOptions { count: 1, ..SeedOptions::default() })?;
/// assert_eq!(found.seeds, [0]);
/// assert!(found.lower <= found.spread && found.spread <= 5.0 && found.upper >= 5.0);
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// # Errors
/// `NotEnoughData` where nobody may be chosen; `SchemaRange` for costs without budget or the reverse,
/// costs not above zero, unknown nodes, and precisions outside of (0, 1).
pub fn select_seeds(graph: &WordOfMouth, options: &SeedOptions<'_>) -> Result<SeedSet> {
    let targets = Targets::new(graph.nodes(), options.value, options.active)?;
    choose(graph, &targets, options, &mut Halves::new(options.seed))
}

/// The sets of a question that is asked again and again while ties change: [`select_seeds`], to the bit, for less.
///
/// Before it answers it draws again the sets that hold a node into which ties have changed, that have another target, or
/// in which somebody else is active; the others are as a new sketch would have them. Ties that all decay alike change
/// nothing. Keeps the graph and at most `room` bytes of sets; sets beyond them are drawn each time.
///
/// ```
/// use bactrian::graph::{Csr, SeedOptions, SeedSketch, SpreadModel, WordOfMouth, select_seeds};
/// use std::sync::Arc;
///
/// let graph = |target: &[u32]| {
///     let ties = Csr::from_edges(6, &[0, 0, 0, 3], target, None, true)?;
///     WordOfMouth::weighted(&ties, SpreadModel::IndependentCascade).map(Arc::new)
/// };
/// let mut kept = SeedSketch::new(1 << 20);
/// let options = SeedOptions { count: 1, ..SeedOptions::default() };
/// assert_eq!(kept.select(&graph(&[1, 2, 3, 4])?, &options)?.seeds, [0]);
/// let after = graph(&[1, 2, 3, 5])?;
/// assert_eq!(kept.select(&after, &options)?, select_seeds(&after, &options)?);
/// assert!(kept.drawn() < kept.sets());
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SeedSketch {
    room: usize,
    kept: Option<Kept>,
    drawn: usize,
}

/// Two halves and what they were drawn from.
#[derive(Debug, Clone)]
struct Kept {
    graph: Arc<WordOfMouth>,
    targets: Targets,
    halves: Halves,
}

impl SeedSketch {
    /// No sets yet, and room for so many bytes of them.
    pub fn new(room: usize) -> Self {
        SeedSketch { room, kept: None, drawn: 0 }
    }

    /// What [`select_seeds`] gives. O(arcs + bytes of the sets) where ties have changed, beside the sets drawn again.
    ///
    /// # Errors
    /// As [`select_seeds`]; what is kept then stays.
    pub fn select(&mut self, graph: &Arc<WordOfMouth>, options: &SeedOptions<'_>) -> Result<SeedSet> {
        let targets = Targets::new(graph.nodes(), options.value, options.active)?;
        let same = |kept: &Kept| kept.halves.seed == options.seed && kept.graph.model() == graph.model();
        let mut halves = Halves::new(options.seed);
        if let Some(kept) = self.kept.take_if(|kept| same(kept)) {
            halves = kept.halves;
            halves.mend(&kept.graph, graph, &kept.targets, &targets);
        }
        let found = choose(graph, &targets, options, &mut halves);
        self.drawn = std::mem::take(&mut halves.drawn);
        [&mut halves.choosing, &mut halves.judging].into_iter().for_each(|half| half.keep_within(self.room / 2));
        self.kept = Some(Kept { graph: Arc::clone(graph), targets, halves });
        found
    }

    /// Sets that are kept.
    pub fn sets(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.halves.choosing.len() + kept.halves.judging.len())
    }

    /// Sets that the last answer had to draw.
    pub fn drawn(&self) -> usize {
        self.drawn
    }

    /// Bytes that the kept sets take.
    pub fn bytes(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.halves.choosing.bytes() + kept.halves.judging.bytes())
    }
}

/// The sets that choose seeds and those that judge them.
#[derive(Debug, Clone)]
struct Halves {
    seed: u64,
    choosing: Sketch,
    judging: Sketch,
    /// Sets drawn so far.
    drawn: usize,
}

impl Halves {
    fn new(seed: u64) -> Self {
        Halves { seed, choosing: Sketch::empty(seed, 0xc00), judging: Sketch::empty(seed, 0x1d6), drawn: 0 }
    }

    /// At least so many sets in each half, as far as memory goes; their first so many.
    fn first(&mut self, graph: &WordOfMouth, targets: &Targets, sets: usize) -> [Sets<'_>; 2] {
        for half in [&mut self.choosing, &mut self.judging] {
            while half.len() < sets && (half.len() < FEW || half.bytes() < MOST_BYTES) {
                // As many as are likely to fit.
                let room = MOST_BYTES.saturating_sub(half.bytes()) / (half.bytes() / half.len().max(1) + 1) + 1;
                let step = (sets - half.len()).min(half.len().max(FEW)).min(room.max(FEW));
                half.extend(graph, targets, step);
                self.drawn += step;
            }
        }
        [&self.choosing, &self.judging].map(|half| half.first(sets.min(half.within(MOST_BYTES).max(FEW))))
    }

    /// Draws again what the step from one graph and its targets to another changes.
    fn mend(&mut self, before: &Arc<WordOfMouth>, after: &Arc<WordOfMouth>, old: &Targets, new: &Targets) {
        if Arc::ptr_eq(before, after) && old == new {
            return;
        }
        let other = |node: u32| !after.same_into(before, node) || old.is_active(node) != new.is_active(node);
        let stale: Vec<bool> = (0..after.nodes() as u32).map(other).collect();
        let moved = new.draws_otherwise(old);
        for half in [&mut self.choosing, &mut self.judging] {
            self.drawn += half.mend(after, new, moved, &stale);
        }
    }
}

fn choose(graph: &WordOfMouth, targets: &Targets, options: &SeedOptions<'_>, halves: &mut Halves) -> Result<SeedSet> {
    let nodes = graph.nodes();
    let barred = barred(nodes, options)?;
    let limits = limits(nodes, options, &barred)?;
    if limits.count == 0 {
        return Ok(SeedSet { seeds: Vec::new(), spread: 0.0, lower: 0.0, upper: 0.0, gains: Vec::new(), sets: 0 });
    }
    let plan = Plan::new(&limits, targets.total(), options.epsilon, options.delta);
    let mut sets = plan.first;
    loop {
        let [choosing, judging] = halves.first(graph, targets, sets);
        let chosen = cover(choosing, nodes, &limits);
        let found = judge(&chosen, [choosing, judging], targets, &limits, plan.log_delta);
        // With costs no share is promised, so that the bounds need not come to it.
        let passed = limits.cost.is_some() || found.lower >= found.upper * plan.share;
        // The half that chose sees its choice too rosy; what is left of that is what a better choice could gain.
        // That comparison must not be luck: the judges know the spread to half of epsilon.
        let known = found.spread * judging.len() as f64 * options.epsilon * options.epsilon >= 4.0;
        let settled = known && found.rated <= found.spread * (1.0 + options.epsilon);
        let enough = sets >= plan.most && passed;
        let idle = found.upper <= 0.0 || sets >= IDLE && chosen.most <= 0.0;
        let full = sets >= MOST_SETS || choosing.len().min(judging.len()) < sets;
        if settled && passed || enough || idle || full {
            let (total, unit) = (targets.total(), targets.total() / choosing.len() as f64);
            return Ok(SeedSet {
                spread: found.spread * total,
                lower: found.lower * total,
                upper: found.upper * total,
                gains: chosen.gains.iter().map(|&gain| gain as f64 * unit).collect(),
                seeds: chosen.seeds,
                sets: judging.len(),
            });
        }
        sets = (sets * 2).min(if sets < plan.most { plan.most } else { MOST_SETS });
    }
}

fn barred(nodes: usize, options: &SeedOptions<'_>) -> Result<Vec<bool>> {
    let mut barred = vec![false; nodes];
    for &node in options.exclude.iter().chain(options.active) {
        match barred.get_mut(node as usize) {
            Some(flag) => *flag = true,
            None => {
                return Err(Error::new(
                    ErrorKind::SchemaRange,
                    format!("node `{node}` is not in a graph of {nodes} nodes"),
                ));
            }
        }
    }
    if barred.iter().all(|&flag| flag) {
        return Err(Error::new(ErrorKind::NotEnoughData, "nobody is left to choose as a seed")
            .hint("every node is excluded or active already"));
    }
    Ok(barred)
}

fn limits<'a>(nodes: usize, options: &SeedOptions<'a>, barred: &'a [bool]) -> Result<Limits<'a>> {
    let range = |text: &str| Err(Error::new(ErrorKind::SchemaRange, text));
    let inside = |x: f64| x > 0.0 && x < 1.0;
    if !inside(options.epsilon) || !inside(options.delta) {
        return range("epsilon and delta of seeds must lie between 0 and 1");
    }
    if options.cost.is_some() != options.budget.is_some() {
        return range("costs of seeds need a budget, and a budget needs costs");
    }
    if options.cost.is_some_and(|c| c.len() != nodes || c.iter().any(|&x| !(x > 0.0 && x.is_finite()))) {
        return range("seeds need one cost above zero for each node");
    }
    if options.budget.is_some_and(|b| b.is_nan() || b < 0.0) {
        return range("the budget of seeds must be zero or more");
    }
    let budget = options.budget.unwrap_or(f64::INFINITY);
    let unit = unit_scale(options.cost.map_or(1.0, |cost| cost.iter().copied().fold(0.0, f64::max)));
    let mut limits = Limits { count: 0, cost: options.cost, unit, budget, barred, value: options.value };
    limits.count = limits.affordable().take(options.count).count();
    Ok(limits)
}
