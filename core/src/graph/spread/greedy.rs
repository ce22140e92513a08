//! Greedy cover of reverse-reachable sets, with a bound on the best cover there is.

use super::sketch::Sets;
use crate::graph::csr::unit_scale;
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
    /// What costs are multiplied by before anything is divided by them.
    pub(super) unit: f64,
    /// Most cost.
    pub(super) budget: f64,
    /// Nodes that must not be chosen.
    pub(super) barred: &'a [bool],
    /// What reaching each node is worth; `None` is 1 each.
    pub(super) value: Option<&'a [f64]>,
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

    /// Those who may be chosen, as many as all can be at once: by cost within the budget, without costs by falling value.
    pub(super) fn affordable(&self) -> impl Iterator<Item = u32> + '_ {
        let open = |node: &u32| !self.barred[*node as usize] && self.cost(*node) <= self.budget;
        let mut nodes: Vec<u32> = (0..self.barred.len() as u32).filter(open).collect();
        match (self.cost, self.value) {
            (Some(_), _) => nodes.sort_by(|a, b| self.cost(*a).total_cmp(&self.cost(*b))),
            (None, Some(_)) => nodes.sort_by(|a, b| self.value(*b).total_cmp(&self.value(*a))),
            (None, None) => {}
        }
        let mut left = self.budget;
        nodes.into_iter().take_while(move |node| {
            let fits = self.cost(*node) <= left;
            left -= self.cost(*node);
            fits
        })
    }

    /// The share of `total` that the most affordable are worth: the best choice is worth no less.
    pub(super) fn worth(&self, total: f64) -> f64 {
        self.affordable().take(self.count).map(|node| self.value(node) / total).sum()
    }

    /// What reaching a node is worth.
    pub(super) fn value(&self, node: u32) -> f64 {
        self.value.map_or(1.0, |value| value[node as usize])
    }
}

/// Seeds by largest gain (per cost, where costs are given); ties go to the smaller node. Where nobody gains any more,
/// the rest are filled in.
pub(super) fn cover(sketch: Sets<'_>, nodes: usize, limits: &Limits<'_>) -> Cover {
    let mut state = State::new(sketch, nodes);
    let single = limits.cost.and_then(|_| state.dearest(limits));
    let mut out = state.greedy(sketch, limits, None);
    if let Some((node, _)) = single.filter(|&(_, gain)| gain > out.gains.iter().sum()) {
        // A single dear node can beat every cheap handful (Khuller, Moss and Naor 1999).
        let most = out.most;
        state = State::new(sketch, nodes);
        out = state.greedy(sketch, limits, Some(node));
        out.most = out.most.min(most);
    }
    state.fill(&mut out, limits);
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

    /// Takes nodes while one of them gains, beginning with `first` if there is one.
    fn greedy(&mut self, sketch: Sets<'_>, limits: &Limits<'_>, mut first: Option<u32>) -> Cover {
        let mut out = Cover { seeds: Vec::new(), gains: Vec::new(), most: f64::INFINITY };
        let (mut hit, mut left) = (0usize, limits.budget);
        let mut chosen = limits.barred.to_vec();
        let stride = (limits.count / LOOKS).max(1);
        let mut queue = self.queue(limits);
        loop {
            let full = out.seeds.len() == limits.count;
            let next = if full { None } else { first.take().or_else(|| self.best(&mut queue, limits, left)) };
            if out.seeds.len().is_multiple_of(stride) || next.is_none() {
                out.most = out.most.min(hit as f64 + self.bound(&chosen, limits));
            }
            let Some(node) = next else { return out };
            let gain = self.take(sketch, node);
            chosen[node as usize] = true;
            out.seeds.push(node);
            out.gains.push(gain);
            hit += gain;
            left -= limits.cost(node);
        }
    }

    /// Seeds beyond those who gain, as far as limits allow: by own value per cost, then whoever is in the fewest sets
    /// (of whom the sets know least), then the smaller node.
    fn fill(&self, out: &mut Cover, limits: &Limits<'_>) {
        if out.seeds.len() == limits.count {
            return;
        }
        let mut taken = limits.barred.to_vec();
        let mut left = limits.budget;
        for &seed in &out.seeds {
            taken[seed as usize] = true;
            left -= limits.cost(seed);
        }
        let unit = unit_scale(limits.value.map_or(1.0, |value| value.iter().copied().fold(0.0, f64::max)));
        let worth = |node: u32| limits.value(node) * unit / (limits.cost(node) * limits.unit);
        let sets = |node: u32| self.begins[node as usize + 1] - self.begins[node as usize];
        let open = (0..self.gain.len() as u32).filter(|&node| !taken[node as usize] && limits.cost(node) <= left);
        let mut rest: Vec<(f64, usize, u32)> = open.map(|node| (worth(node), sets(node), node)).collect();
        rest.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));
        for (_, _, node) in rest {
            if out.seeds.len() == limits.count {
                return;
            }
            if limits.cost(node) <= left {
                left -= limits.cost(node);
                out.seeds.push(node);
                out.gains.push(0);
            }
        }
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
        Worth { value: f64::from(self.gain[node as usize]) / (limits.cost(node) * limits.unit), node: Reverse(node) }
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
        // Costs as shares of the budget: neither products nor sums of them leave the range of numbers.
        let affordable = open.filter(|&(node, _)| limits.cost(node) <= limits.budget);
        let mut parts: Vec<(f64, f64)> =
            affordable.map(|(node, &gain)| (f64::from(gain), limits.cost(node) / limits.budget)).collect();
        parts.sort_by(|a, b| (b.0 / b.1).total_cmp(&(a.0 / a.1)));
        let (mut left, mut sum) = (1.0, 0.0);
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
