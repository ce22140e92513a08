//! Spread by simulation.

use super::model::{SpreadModel, WordOfMouth};
use crate::base::{Error, ErrorKind, Result};
use crate::graph::chance::Chance;
use crate::graph::csr::unit_scale;
use rayon::prelude::*;

/// Runs that one task makes; fixed, since it is the shape of the sums.
const GRAIN: usize = 64;

/// The mean over simulations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Mean number (or value) of active nodes, seeds included.
    pub mean: f64,
    /// Standard error of the mean.
    pub error: f64,
}

impl WordOfMouth {
    /// What `seeds` set in motion, over `runs` simulations; `value` is what a node counts, 1 by default.
    ///
    /// # Errors
    /// `SchemaRange` for an unknown seed, no run, or values that are not one finite number a node.
    pub fn simulate(&self, seeds: &[u32], runs: usize, seed: u64, value: Option<&[f64]>) -> Result<Spread> {
        let nodes = self.nodes();
        if let Some(node) = seeds.iter().find(|&&node| node as usize >= nodes) {
            return Err(Error::new(
                ErrorKind::SchemaRange,
                format!("seed `{node}` is not in a graph of {nodes} nodes"),
            ));
        }
        if runs == 0 || value.is_some_and(|v| v.len() != nodes || v.iter().any(|x| !x.is_finite())) {
            return Err(Error::new(ErrorKind::SchemaRange, "a spread needs a run, and one finite value a node"));
        }
        let scale = unit_scale(value.map_or(1.0, |value| value.iter().map(|x| x.abs()).fold(0.0, f64::max)));
        let parts: Vec<(f64, f64)> = (0..runs.div_ceil(GRAIN))
            .into_par_iter()
            .map_init(
                || Run::new(nodes),
                |run, part| {
                    let (mut sum, mut squares) = (0.0, 0.0);
                    for index in part * GRAIN..((part + 1) * GRAIN).min(runs) {
                        run.go(self, seeds, Chance::new(seed, 0x51e, index as u64));
                        let x = match value {
                            None => run.active.len() as f64,
                            Some(value) => run.active.iter().map(|&node| value[node as usize] * scale).sum(),
                        };
                        sum += x;
                        squares += x * x;
                    }
                    (sum, squares)
                },
            )
            .collect();
        let n = runs as f64;
        let mean = parts.iter().map(|p| p.0).sum::<f64>() / n;
        let square = parts.iter().map(|p| p.1).sum::<f64>() / n;
        Ok(Spread { mean: mean / scale, error: ((square - mean * mean).max(0.0) / n).sqrt() / scale })
    }
}

/// One run after another, in the same memory.
struct Run {
    active: Vec<u32>,
    is_active: Vec<bool>,
    /// Linear threshold: what is left of each touched node's threshold.
    left: Vec<f64>,
    touched: Vec<u32>,
}

impl Run {
    fn new(nodes: usize) -> Self {
        Run { active: Vec::new(), is_active: vec![false; nodes], left: vec![f64::NAN; nodes], touched: Vec::new() }
    }

    fn go(&mut self, graph: &WordOfMouth, seeds: &[u32], mut chance: Chance) {
        self.active.drain(..).for_each(|node| self.is_active[node as usize] = false);
        self.touched.drain(..).for_each(|node| self.left[node as usize] = f64::NAN);
        for &seed in seeds {
            self.activate(seed);
        }
        let mut next = 0;
        while let Some(&node) = self.active.get(next) {
            next += 1;
            for (to, p) in graph.forward().ties(node) {
                if self.is_active[to as usize] {
                    continue;
                }
                let on = match graph.model() {
                    SpreadModel::IndependentCascade => chance.uniform() < p,
                    SpreadModel::LinearThreshold => self.lower(to, p, &mut chance),
                };
                if on {
                    self.activate(to);
                }
            }
        }
    }

    fn activate(&mut self, node: u32) {
        if !std::mem::replace(&mut self.is_active[node as usize], true) {
            self.active.push(node);
        }
    }

    fn lower(&mut self, node: u32, p: f64, chance: &mut Chance) -> bool {
        let left = &mut self.left[node as usize];
        if left.is_nan() {
            *left = chance.uniform();
            self.touched.push(node);
        }
        *left -= p;
        *left < 0.0
    }
}
