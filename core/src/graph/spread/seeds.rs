//! Whom to whisper to: seed sets with bounds (OPIM-C: Tang, Tang, Xiao and Yuan 2018).

use super::greedy::{Cover, Limits, cover};
use super::model::WordOfMouth;
use super::sketch::{Sketch, Targets};
use crate::base::numeric::ln;
use crate::base::{Error, ErrorKind, Result};

/// Sets of one half, at most, whatever precision is asked for: bounds then stay wider, and say so.
const MOST_SETS: usize = 1 << 23;

/// What limits a choice of seeds.
#[derive(Debug, Clone, Copy)]
pub struct SeedOptions<'a> {
    /// Most seeds; more than there are candidates gives all that help.
    pub count: usize,
    /// Cost of each node, above zero; needs `budget`.
    pub cost: Option<&'a [f64]>,
    /// Most cost in all; needs `cost`.
    pub budget: Option<f64>,
    /// What reaching a node is worth, zero or more; 1 each by default.
    pub value: Option<&'a [f64]>,
    /// Nodes that must not be seeds; they still pass a whisper on.
    pub exclude: &'a [u32],
    /// Nodes that are active already: only what they would not reach counts, and they are no seeds.
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
    /// What they are expected to reach (in value), beyond what is active already; unbiased.
    pub spread: f64,
    /// They reach at least this, with probability 1 - delta.
    pub lower: f64,
    /// No choice within the limits reaches more than this, with probability 1 - delta.
    pub upper: f64,
    /// What each seed adds to those before it, on the half that chose: runs high.
    pub gains: Vec<f64>,
    /// Sets drawn for each half.
    pub sets: usize,
}

/// Seeds whose spread is near the best within the limits.
///
/// Without costs the spread is at least (1 - 1/e - `epsilon`) of the best with probability 1 - `delta`;
/// in practice the two bounds lie far closer. Costs are met by gain per cost, or by a single dear node.
/// Sets are drawn until the bounds agree to that share, and until the half that chose overrates its choice
/// by at most `epsilon`, which in practice brings the choice itself that near to full greedy.
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
    let nodes = graph.nodes();
    let barred = barred(nodes, options)?;
    let targets = Targets::new(nodes, options.value, options.active)?;
    let limits = limits(nodes, options, &barred)?;
    let plan = Plan::new(nodes, limits.count, options);
    let (mut choosing, mut judging) = (Sketch::empty(options.seed, 0xc00), Sketch::empty(options.seed, 0x1d6));
    let mut sets = plan.first;
    loop {
        choosing.extend(graph, &targets, sets - choosing.len());
        judging.extend(graph, &targets, sets - judging.len());
        let chosen = cover(&choosing, nodes, &limits);
        let found = judge(chosen, &judging, targets.total(), nodes, plan.log_delta);
        // The half that chose sees its choice too rosy; what is left of that is what a better choice could gain.
        let settled = found.gains.iter().sum::<f64>() <= found.spread * (1.0 + options.epsilon);
        if settled && found.lower >= found.upper * plan.share || sets >= plan.most {
            return Ok(found);
        }
        sets = (sets * 2).min(plan.most);
    }
}

/// How many sets to draw, and when to stop.
struct Plan {
    first: usize,
    most: usize,
    /// ln(1 / the chance that one bound of one round fails).
    log_delta: f64,
    share: f64,
}

impl Plan {
    /// Theorem 3.1 and section 3.2 of OPIM-C.
    fn new(nodes: usize, count: usize, options: &SeedOptions<'_>) -> Plan {
        let (n, k) = (nodes as f64, count.max(1) as f64);
        let greedy = 1.0 - 1.0 / std::f64::consts::E;
        let log_delta = ln(6.0 / options.delta);
        let choose: f64 = (0..count).map(|i| ln((n - i as f64) / (i as f64 + 1.0))).sum();
        let root = greedy * log_delta.sqrt() + (greedy * (choose + log_delta)).sqrt();
        let most = 2.0 * n * root * root / (options.epsilon * options.epsilon * k);
        let first = (most * options.epsilon * options.epsilon * k / n).max(256.0);
        let most = most.min(MOST_SETS as f64).max(first);
        let rounds = (1..64).find(|&i| first * f64::from(1u32 << i.min(31)) >= most).unwrap_or(64);
        Plan {
            first: first as usize,
            most: most as usize,
            log_delta: ln(3.0 * f64::from(rounds) / options.delta),
            share: greedy - options.epsilon,
        }
    }
}

/// Bounds of a choice from the half that did not make it (OPIM-C, equations 5 and 8).
fn judge(chosen: Cover, judging: &Sketch, total: f64, nodes: usize, log_delta: f64) -> SeedSet {
    let sets = judging.len() as f64;
    let mut is_seed = vec![false; nodes];
    chosen.seeds.iter().for_each(|&node| is_seed[node as usize] = true);
    let hit = (0..judging.len()).filter(|&i| judging.set(i).iter().any(|&node| is_seed[node as usize])).count() as f64;
    let low = (hit + 2.0 * log_delta / 9.0).sqrt() - (log_delta / 2.0).sqrt();
    let low = if low > 0.0 { (low * low - log_delta / 18.0).max(0.0) } else { 0.0 };
    let high = (chosen.most + log_delta / 2.0).sqrt() + (log_delta / 2.0).sqrt();
    let unit = total / sets;
    SeedSet {
        spread: hit * unit,
        lower: low * unit,
        upper: (high * high * unit).min(total),
        gains: chosen.gains.iter().map(|&gain| gain as f64 * unit).collect(),
        seeds: chosen.seeds,
        sets: judging.len(),
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
    let candidates = barred.iter().filter(|&&flag| !flag).count();
    let count = options.count.min(candidates);
    Ok(Limits { count, cost: options.cost, budget: options.budget.unwrap_or(f64::INFINITY), barred })
}
