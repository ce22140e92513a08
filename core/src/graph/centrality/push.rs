//! Personalised PageRank, kept up to date while ties change.
//!
//! Forward push (Andersen, Chung and Lang 2006). With p the estimate, r the residual, a the chance
//! of restart and e where restarts begin, p + a r = a e + (1 - a) p W holds at all times, W the row-normalised
//! ties; when a row changes, r is corrected so that it still holds (Zhang, Lofgren and Goel 2016) and only what
//! was disturbed is pushed again. An estimate alone is enough to go on from: the graph gives the residual.

use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::Csr;
use std::collections::VecDeque;

/// How near every node is to one source or some: personalised PageRank by forward push (Andersen, Chung and Lang
/// 2006), corrected where a row of the graph changes (Zhang, Lofgren and Goel 2016).
///
/// The error of a node is below `epsilon` * (its degree, at least 1) summed over what is left to push:
/// in practice about `epsilon` * degree. Memory 17 bytes a node.
///
/// ```
/// use bactrian::graph::{Csr, PersonalRank};
///
/// let graph = Csr::from_edges(3, &[0, 1], &[1, 2], None, false)?;
/// let rank = PersonalRank::new(&graph, 0, 0.15, 1e-9)?;
/// assert!(rank.estimate()[1] > rank.estimate()[2]);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PersonalRank {
    /// Where restarts begin, with chances that sum to 1.
    from: Vec<(u32, f64)>,
    restart: f64,
    epsilon: f64,
    estimate: Vec<f64>,
    residual: Vec<f64>,
    waiting: Vec<bool>,
    queue: VecDeque<u32>,
    pushes: u64,
}

impl PersonalRank {
    /// Ranks the nodes of `graph` from `source`; `restart` is 1 - damping, 0.15 as a rule.
    ///
    /// # Errors
    /// `SchemaRange` for an unknown source, a restart outside of (0, 1], an epsilon that is not above
    /// zero, or a graph with negative weights.
    pub fn new(graph: &Csr, source: u32, restart: f64, epsilon: f64) -> Result<Self> {
        if source as usize >= graph.nodes() {
            let text = format!("node `{source}` is not in a graph of {} nodes", graph.nodes());
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        PersonalRank::begin(graph, vec![(source, 1.0)], restart, epsilon, &[])
    }

    /// As [`PersonalRank::new`], with restarts in proportion to `from`, one weight of zero or more a node, going on
    /// from an estimate of an earlier graph: the nearer it is, the less is pushed. Entries that are missing or not
    /// finite count as zero. O(arcs), and what there is to push.
    ///
    /// ```
    /// use bactrian::graph::{Csr, PersonalRank};
    ///
    /// let before = Csr::from_edges(3, &[0, 1], &[1, 2], None, false)?;
    /// let rank = PersonalRank::resume(&before, &[1.0, 1.0, 0.0], 0.15, 1e-9, &[])?;
    /// let after = Csr::from_edges(4, &[0, 1, 2], &[1, 2, 3], None, false)?;
    /// let next = PersonalRank::resume(&after, &[1.0, 1.0, 0.0, 0.0], 0.15, 1e-9, rank.estimate())?;
    /// assert!(next.error() < 1e-8 && next.estimate()[3] > 0.0);
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`PersonalRank::new`], and `SchemaRange` for weights that are not one a node, finite and zero or more, with
    /// one above zero.
    pub fn resume(graph: &Csr, from: &[f64], restart: f64, epsilon: f64, estimate: &[f64]) -> Result<Self> {
        let total: f64 = from.iter().sum();
        let fit = from.len() == graph.nodes() && from.iter().all(|&weight| weight >= 0.0);
        if !(fit && total > 0.0 && total.is_finite()) {
            let text = "restart needs one weight of zero or more for each node, and one above zero";
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        let some = (0u32..).zip(from).filter(|(_, weight)| **weight > 0.0);
        PersonalRank::begin(
            graph,
            some.map(|(node, weight)| (node, weight / total)).collect(),
            restart,
            epsilon,
            estimate,
        )
    }

    fn begin(graph: &Csr, from: Vec<(u32, f64)>, restart: f64, epsilon: f64, estimate: &[f64]) -> Result<Self> {
        let range = |text: &str| Err(Error::new(ErrorKind::SchemaRange, text));
        if !(restart > 0.0 && restart <= 1.0 && epsilon > 0.0 && epsilon.is_finite()) {
            return range("restart must be above 0 and at most 1, and epsilon above 0");
        }
        if graph.least_weight() < 0.0 {
            return range("PageRank needs weights of zero or more");
        }
        let nodes = graph.nodes();
        let known = |node: usize| estimate.get(node).copied().filter(|value| value.is_finite()).unwrap_or(0.0);
        let mut rank = PersonalRank {
            from,
            restart,
            epsilon,
            estimate: (0..nodes).map(known).collect(),
            residual: vec![0.0; nodes],
            waiting: vec![false; nodes],
            queue: VecDeque::new(),
            pushes: 0,
        };
        rank.again(1.0);
        for node in 0..nodes as u32 {
            let held = rank.estimate[node as usize];
            if held != 0.0 {
                rank.add(node, -held / restart);
                rank.spread(graph, node, held * (1.0 - restart) / restart);
            }
        }
        rank.settle(graph);
        Ok(rank)
    }

    /// The estimate for every node.
    pub fn estimate(&self) -> &[f64] {
        &self.estimate
    }

    /// What the exact ranks may still differ by, in all (L1).
    pub fn error(&self) -> f64 {
        self.residual.iter().map(|r| r.abs()).sum()
    }

    /// Pushes made so far.
    pub fn pushes(&self) -> u64 {
        self.pushes
    }

    /// Brings the estimate up to date with `after`, which differs from `before` in the rows `changed`.
    ///
    /// An undirected tie changes two rows. Cost follows what the change disturbs.
    ///
    /// # Errors
    /// `SchemaRange` where the graphs differ in nodes or a changed node is unknown.
    pub fn update(&mut self, before: &Csr, after: &Csr, changed: &[u32]) -> Result<()> {
        let nodes = self.estimate.len();
        if [before.nodes(), after.nodes()] != [nodes; 2] || changed.iter().any(|&node| node as usize >= nodes) {
            return Err(Error::new(
                ErrorKind::SchemaRange,
                format!("a change beyond the {nodes} nodes that are ranked"),
            ));
        }
        let mut rows = changed.to_vec();
        rows.sort_unstable();
        rows.dedup();
        for node in rows {
            let held = self.estimate[node as usize] * (1.0 - self.restart) / self.restart;
            self.spread(before, node, -held);
            self.spread(after, node, held);
        }
        self.settle(after);
        Ok(())
    }

    /// Gives `mass` to where restarts begin.
    fn again(&mut self, mass: f64) {
        for place in 0..self.from.len() {
            let (node, share) = self.from[place];
            self.add(node, mass * share);
        }
    }

    /// Gives `mass` to the neighbours of a node; a node without ties gives it to where restarts begin.
    fn spread(&mut self, graph: &Csr, node: u32, mass: f64) {
        let (strength, scale) = graph.scaled_strength(node);
        if strength <= 0.0 {
            self.again(mass);
            return;
        }
        for (to, weight) in graph.ties(node) {
            self.add(to, mass * (weight * scale) / strength);
        }
    }

    fn add(&mut self, node: u32, mass: f64) {
        self.residual[node as usize] += mass;
        if !self.waiting[node as usize] {
            self.waiting[node as usize] = true;
            self.queue.push_back(node);
        }
    }

    fn settle(&mut self, graph: &Csr) {
        while let Some(node) = self.queue.pop_front() {
            let own = node as usize;
            self.waiting[own] = false;
            let mass = self.residual[own];
            if mass.abs() <= self.epsilon * graph.degree(node).max(1) as f64 {
                continue;
            }
            self.residual[own] = 0.0;
            self.pushes += 1;
            self.estimate[own] += self.restart * mass;
            self.spread(graph, node, (1.0 - self.restart) * mass);
        }
    }
}
