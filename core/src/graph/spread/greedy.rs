//! Greedy cover of reverse-reachable sets, with a bound on the best cover there is.

use super::sketch::Sets;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

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

/// What a node is worth as the next seed.
struct Worth {
    value: f64,
    node: Reverse<u32>,
}

impl Ord for Worth {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.total_cmp(&other.value).then(self.node.cmp(&other.node))
    }
}

impl PartialOrd for Worth {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Worth {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Worth {}

impl Limits<'_> {
    fn cost(&self, node: u32) -> f64 {
        self.cost.map_or(1.0, |cost| cost[node as usize])
    }
}

/// Seeds by largest gain (per cost, where costs are given); ties go to the smaller node.
pub(super) fn cover(sketch: Sets<'_>, nodes: usize, limits: &Limits<'_>) -> Cover {
    let mut state = State::new(sketch, nodes);
    let mut out = Cover { seeds: Vec::new(), gains: Vec::new(), most: f64::INFINITY };
    let (mut hit, mut left) = (0usize, limits.budget);
    let mut chosen = limits.barred.to_vec();
    let stride = (limits.count / LOOKS).max(1);
    let single = limits.cost.and_then(|_| state.dearest(limits));
    let mut queue = state.queue(limits);
    loop {
        if out.seeds.len().is_multiple_of(stride) || out.seeds.len() == limits.count {
            out.most = out.most.min(hit as f64 + state.bound(&chosen, limits));
        }
        if out.seeds.len() == limits.count {
            break;
        }
        let Some(node) = state.best(&mut queue, limits, left) else { break };
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
    fn new(sketch: Sets<'_>, nodes: usize) -> Self {
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

    /// The node that alone hits most within the budget, and how many; ties go to the smaller node.
    fn dearest(&self, limits: &Limits<'_>) -> Option<(u32, usize)> {
        let open = |node: &u32| !limits.barred[*node as usize] && limits.cost(*node) <= limits.budget;
        let nodes = (0..self.gain.len() as u32).filter(open).map(|node| (self.gain[node as usize], Reverse(node)));
        nodes.max().filter(|(gain, _)| *gain > 0).map(|(gain, Reverse(node))| (node, gain as usize))
    }

    /// Everyone who may be chosen, by gain per cost; ties go to the smaller node.
    fn queue(&self, limits: &Limits<'_>) -> BinaryHeap<Worth> {
        let open = |node: &u32| !limits.barred[*node as usize] && self.gain[*node as usize] > 0;
        (0..self.gain.len() as u32).filter(open).map(|node| self.worth(limits, node)).collect::<Vec<_>>().into()
    }

    fn worth(&self, limits: &Limits<'_>, node: u32) -> Worth {
        Worth { value: f64::from(self.gain[node as usize]) / limits.cost(node), node: Reverse(node) }
    }

    /// The best of those who are affordable still. Gains only fall, so that whoever leads with what is still true leads
    /// (Minoux 1978).
    fn best(&self, queue: &mut BinaryHeap<Worth>, limits: &Limits<'_>, left: f64) -> Option<u32> {
        loop {
            let Worth { value, node: Reverse(node) } = queue.pop()?;
            let now = self.worth(limits, node);
            if self.gain[node as usize] == 0 || limits.cost(node) > left {
                continue;
            }
            if now.value == value {
                return Some(node);
            }
            queue.push(now);
        }
    }

    /// Hits all sets of a node; gives how many were not hit before.
    fn take(&mut self, sketch: Sets<'_>, node: u32) -> usize {
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
