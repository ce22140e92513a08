//! Graphs with a planted truth, for tests and benchmarks.

use super::chance::Chance;
use super::csr::Csr;
use crate::base::numeric::{exp, ln};
use crate::base::{Error, ErrorKind, Result};

/// A benchmark of Lancichinetti, Fortunato and Radicchi (2008): power laws for degrees and sizes of
/// communities, and a share `mixing` of each node's ties that leave its community.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lfr {
    /// Number of nodes.
    pub nodes: usize,
    /// Mean degree.
    pub mean_degree: f64,
    /// Largest degree.
    pub max_degree: usize,
    /// Exponent of the degrees, above 1.
    pub degree_exponent: f64,
    /// Smallest and largest community.
    pub sizes: (usize, usize),
    /// Exponent of the sizes, above 1.
    pub size_exponent: f64,
    /// Share of a node's ties that leave its community, 0 to 1.
    pub mixing: f64,
    /// Same seed, same graph.
    pub seed: u64,
}

impl Default for Lfr {
    fn default() -> Self {
        Lfr {
            nodes: 1000,
            mean_degree: 20.0,
            max_degree: 50,
            degree_exponent: 2.5,
            sizes: (20, 100),
            size_exponent: 1.5,
            mixing: 0.3,
            seed: 0,
        }
    }
}

impl Lfr {
    /// The undirected graph, and the planted community of each node.
    ///
    /// Stubs are matched at random; the few loops and repeats that arise are dropped, so degrees
    /// run slightly low. O(nodes + ties).
    ///
    /// ```
    /// let (graph, planted) = bactrian::graph::Lfr::default().generate()?;
    /// assert_eq!((graph.nodes(), planted.len()), (1000, 1000));
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    ///
    /// # Errors
    /// `SchemaRange` for parameters that no graph can meet.
    pub fn generate(&self) -> Result<(Csr, Vec<u32>)> {
        self.check()?;
        let mut chance = Chance::new(self.seed, 0x1f2, 0);
        let degrees = self.degrees(&mut chance);
        let (planted, begins, members) = self.communities(&degrees, &mut chance);
        let (mut source, mut target) = (Vec::new(), Vec::new());
        let mut outside = Vec::new();
        for community in begins.windows(2) {
            let members: &[u32] = &members[community[0]..community[1]];
            let mut stubs = Vec::new();
            for &node in members {
                let inner = ((1.0 - self.mixing) * degrees[node as usize] + chance.uniform()) as usize;
                let inner = inner.min(members.len() - 1);
                stubs.extend(std::iter::repeat_n(node, inner));
                outside.extend(std::iter::repeat_n(node, (degrees[node as usize] as usize).saturating_sub(inner)));
            }
            chance.shuffle(&mut stubs);
            for pair in stubs.chunks_exact(2) {
                source.push(pair[0]);
                target.push(pair[1]);
            }
        }
        chance.shuffle(&mut outside);
        for pair in outside.chunks_exact(2).filter(|p| planted[p[0] as usize] != planted[p[1] as usize]) {
            source.push(pair[0]);
            target.push(pair[1]);
        }
        Ok((Csr::from_edges(self.nodes, &source, &target, None, false)?, planted))
    }

    fn check(&self) -> Result<()> {
        let fits = self.degree_exponent > 1.0
            && self.size_exponent > 1.0
            && (0.0..=1.0).contains(&self.mixing)
            && self.mean_degree >= 1.0
            && self.mean_degree <= self.max_degree as f64
            && self.max_degree < self.nodes
            && (2..=self.sizes.1).contains(&self.sizes.0)
            && self.sizes.1 <= self.nodes;
        if fits { Ok(()) } else { Err(Error::new(ErrorKind::SchemaRange, format!("no graph can meet {self:?}"))) }
    }

    fn degrees(&self, chance: &mut Chance) -> Vec<f64> {
        let max = self.max_degree as f64;
        let (mut low, mut high) = (0.5, max);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if mean(middle, max, self.degree_exponent) < self.mean_degree { low = middle } else { high = middle }
        }
        (0..self.nodes)
            .map(|_| (draw(low, max, self.degree_exponent, chance.uniform()) + 0.5).floor().max(1.0))
            .collect()
    }

    /// The community of each node, where each begins, and its members.
    fn communities(&self, degrees: &[f64], chance: &mut Chance) -> (Vec<u32>, Vec<usize>, Vec<u32>) {
        let (least, most) = (self.sizes.0 as f64, self.sizes.1 as f64);
        let mut begins = vec![0usize];
        let mut end = 0;
        while end < self.nodes {
            let size = draw(least, most + 1.0, self.size_exponent, chance.uniform()) as usize;
            end = if end + size + self.sizes.0 > self.nodes { self.nodes } else { end + size };
            begins.push(end);
        }
        let mut members: Vec<u32> = (0..degrees.len() as u32).collect();
        chance.shuffle(&mut members);
        let mut planted = vec![0u32; self.nodes];
        for (own, community) in begins.windows(2).enumerate() {
            members[community[0]..community[1]].iter().for_each(|&node| planted[node as usize] = own as u32);
        }
        (planted, begins, members)
    }
}

fn power(x: f64, exponent: f64) -> f64 {
    exp(exponent * ln(x))
}

/// The quantile `u` of a power law between two ends.
fn draw(low: f64, high: f64, exponent: f64, u: f64) -> f64 {
    let e = 1.0 - exponent;
    let (a, b) = (power(low, e), power(high, e));
    power(a + u * (b - a), 1.0 / e)
}

/// The mean of a power law between two ends.
fn mean(low: f64, high: f64, exponent: f64) -> f64 {
    (0..512).map(|i| draw(low, high, exponent, (f64::from(i) + 0.5) / 512.0)).sum::<f64>() / 512.0
}
