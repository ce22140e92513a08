//! Greedy cover of reverse-reachable sets, with a bound on the best cover there is.

use super::sketch::Sketch;

/// Steps at which the bound on the best cover is looked at, at most; any subset of the steps is a bound.
const LOOKS: usize = 16;

/// Who may be chosen, and at what cost.
pub(super) struct Limits<'a> {
    /// Most seeds.
    pub(super) count: usize,
    /// Cost of each node; `None` is 1 each.
    pub(super) cost: Option<&'a [f64]>,
    /// Most cost.
    pub(super) budget: f64,
    /// Nodes that must not be chosen.
    pub(super) barred: &'a [bool],
}

/// A choice of seeds on one sketch.
pub(super) struct Cover {
    pub(super) seeds: Vec<u32>,
    /// Sets that each seed was the first to hit.
    pub(super) gains: Vec<usize>,
    /// No choice within the limits can hit more sets than this.
    pub(super) most: f64,
}

struct State {
    /// Sets of each node, by node.
    begins: Vec<usize>,
    sets: Vec<u32>,
    gain: Vec<u32>,
    covered: Vec<bool>,
}

impl Limits<'_> {
    fn cost(&self, node: u32) -> f64 {
        self.cost.map_or(1.0, |cost| cost[node as usize])
    }
}

/// Seeds by largest gain (per cost, where costs are given); ties go to the smaller node.
pub(super) fn cover(sketch: &Sketch, nodes: usize, limits: &Limits<'_>) -> Cover {
    let mut state = State::new(sketch, nodes);
    let mut out = Cover { seeds: Vec::new(), gains: Vec::new(), most: f64::INFINITY };
    let (mut hit, mut left) = (0usize, limits.budget);
    let mut chosen = limits.barred.to_vec();
    let stride = (limits.count / LOOKS).max(1);
    let single = limits.cost.and_then(|_| state.best(&chosen, limits, left, |_| 1.0));
    let single = single.map(|node| (node, state.gain[node as usize] as usize));
    loop {
        if out.seeds.len().is_multiple_of(stride) || out.seeds.len() == limits.count {
            out.most = out.most.min(hit as f64 + state.bound(&chosen, limits));
        }
        if out.seeds.len() == limits.count {
            break;
        }
        let Some(node) = state.best(&chosen, limits, left, |node| limits.cost(node)) else { break };
        let gain = state.take(sketch, node);
        chosen[node as usize] = true;
        out.seeds.push(node);
        out.gains.push(gain);
        hit += gain;
        left -= limits.cost(node);
    }
    if let Some((node, gain)) = single.filter(|&(_, gain)| gain > hit) {
        // A single dear node can beat every cheap handful (Khuller, Moss and Naor 1999).
        (out.seeds, out.gains) = (vec![node], vec![gain]);
    }
    out
}

impl State {
    fn new(sketch: &Sketch, nodes: usize) -> Self {
        let mut begins = vec![0usize; nodes + 1];
        for i in 0..sketch.len() {
            sketch.set(i).iter().for_each(|&node| begins[node as usize + 1] += 1);
        }
        let gain = begins[1..].iter().map(|&n| n as u32).collect();
        for node in 0..nodes {
            begins[node + 1] += begins[node];
        }
        let mut next = begins.clone();
        let mut sets = vec![0u32; begins[nodes]];
        for i in 0..sketch.len() {
            for &node in sketch.set(i) {
                sets[next[node as usize]] = i as u32;
                next[node as usize] += 1;
            }
        }
        State { begins, sets, gain, covered: vec![false; sketch.len()] }
    }

    fn best(&self, chosen: &[bool], limits: &Limits<'_>, left: f64, cost: impl Fn(u32) -> f64) -> Option<u32> {
        let mut best: Option<(u32, f64)> = None;
        for (node, &gain) in (0u32..).zip(&self.gain) {
            if gain == 0 || chosen[node as usize] || limits.cost(node) > left {
                continue;
            }
            let value = f64::from(gain) / cost(node);
            if best.is_none_or(|(_, most)| value > most) {
                best = Some((node, value));
            }
        }
        best.map(|(node, _)| node)
    }

    /// Hits all sets of a node; gives how many were not hit before.
    fn take(&mut self, sketch: &Sketch, node: u32) -> usize {
        let mut gain = 0;
        for at in self.begins[node as usize]..self.begins[node as usize + 1] {
            let set = self.sets[at] as usize;
            if !std::mem::replace(&mut self.covered[set], true) {
                gain += 1;
                sketch.set(set).iter().for_each(|&other| self.gain[other as usize] -= 1);
            }
        }
        gain
    }

    /// No further choice within the limits can hit more: the best gains, as if they did not overlap.
    fn bound(&self, chosen: &[bool], limits: &Limits<'_>) -> f64 {
        let open = (0u32..).zip(&self.gain).filter(|&(node, &gain)| gain > 0 && !chosen[node as usize]);
        if limits.cost.is_none() {
            let mut gains: Vec<u32> = open.map(|(_, &gain)| gain).collect();
            let count = limits.count.min(gains.len());
            if count == 0 {
                return 0.0;
            }
            gains.select_nth_unstable_by(count - 1, |a, b| b.cmp(a));
            return gains[..count].iter().map(|&gain| f64::from(gain)).sum();
        }
        let mut parts: Vec<(f64, f64)> = open.map(|(node, &gain)| (f64::from(gain), limits.cost(node))).collect();
        parts.sort_by(|a, b| (b.0 * a.1).total_cmp(&(a.0 * b.1)));
        let (mut left, mut sum) = (limits.budget, 0.0);
        for (gain, cost) in parts {
            if cost >= left {
                return sum + if cost > 0.0 { gain * left / cost } else { gain };
            }
            left -= cost;
            sum += gain;
        }
        sum
    }
}
