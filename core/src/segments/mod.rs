//! Membership of customers in cells: edges, hysteresis, dwell, crossings, and when time alone moves.
//!
//! This floor only says in which cell a customer belongs now; the engine records the crossing.

mod clock;
mod edges;
mod fade;
#[cfg(test)]
mod tests;

pub(crate) use clock::NEVER;
pub(crate) use edges::{Edges, fit_edges};
pub(crate) use fade::{Fades, Guess};

use crate::base::Result;
use crate::columns::{Asked, Plan, Scratch, View, motions};
use crate::program::{AxisSpec, Cut, Program, SegmentSpec};

/// A segment ready to assign customers.
#[derive(Debug)]
pub(crate) struct Assigner {
    plan: Plan,
    /// Edges of each axis; `None` where a fit must find them first.
    edges: Vec<Option<Vec<f64>>>,
    clock: clock::Clock,
}

/// What all segments read, computed once for all of them.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    plan: Plan,
    /// Whether a crossing or a decision may change what a segment reads.
    moves: bool,
    /// By kind of event: whether one may change what a segment reads.
    moved_by: Vec<bool>,
}

impl Shared {
    /// The columns that the segments of a program read.
    pub fn new(program: &Program) -> Self {
        let mut reads: Vec<usize> = program.segments.iter().flat_map(|segment| segment.reads.clone()).collect();
        reads.sort_unstable();
        reads.dedup();
        let plan = Plan::new(program, &reads);
        let moves = plan.columns().iter().any(|column| program.follows_decisions(*column));
        let motions = motions(program);
        let turns = program.segments.iter().any(|segment| clock::Clock::new(program, segment, &motions).is_rechecked());
        let moved = |kind| plan.columns().iter().any(|column| program.is_moved_by(*column, kind));
        let moved_by = (0..program.kinds.len()).map(|kind| turns || moved(kind)).collect();
        Shared { plan, moves, moved_by }
    }

    /// Whether an event of a kind may move its customer, rather than time alone: a segment that is looked at
    /// on the grid is looked at with every event too.
    pub fn is_moved_by(&self, kind: usize) -> bool {
        self.moved_by.get(kind).copied().unwrap_or(true)
    }

    /// Computes what the segments read of a customer.
    pub fn compute(&self, view: View<'_>, asked: Asked, scratch: &mut Scratch) {
        self.plan.compute(view, asked, scratch);
    }

    /// Whether a crossing or a decision may change what a segment reads.
    pub fn moves(&self) -> bool {
        self.moves
    }
}

impl Assigner {
    /// An assigner for each segment, with the edges of the last fit.
    pub fn all(program: &Program, fitted: &Edges) -> Vec<Assigner> {
        let motions = motions(program);
        let one = |(index, segment): (usize, &SegmentSpec)| Assigner {
            plan: Plan::new(program, &segment.reads),
            edges: segment
                .axes
                .iter()
                .enumerate()
                .map(|(axis, spec)| edges::of_axis(spec, fitted.get(index, axis)))
                .collect(),
            clock: clock::Clock::new(program, segment, &motions),
        };
        program.segments.iter().enumerate().map(one).collect()
    }

    /// Whether everything that the segment reads is there.
    ///
    /// # Errors
    /// `Callback` for a column whose callback the host has not registered.
    pub fn ready(&self, view: View<'_>) -> Result<()> {
        self.plan.ready(view)
    }

    /// Computes what the segment reads of a customer.
    pub fn compute(&self, view: View<'_>, asked: Asked, scratch: &mut Scratch) {
        self.plan.compute(view, asked, scratch);
    }

    /// The labels of the cell in which the customer belongs by the computed columns, written to
    /// `labels`; none means the cell `unknown`. Hysteresis holds a customer where `current` says.
    pub fn labels(&self, segment: &SegmentSpec, current: &[u32], scratch: &Scratch, labels: &mut Vec<u32>) {
        labels.clear();
        if !segment.rules.is_empty() {
            let held = segment.rules.iter().find(|(_, rule)| scratch.evaluate(rule) == 1.0);
            labels.extend(held.map(|(label, _)| *label).or(segment.other));
            return;
        }
        for (axis, (spec, edges)) in segment.axes.iter().zip(&self.edges).enumerate() {
            let current = current.get(axis).copied();
            match label(spec, edges.as_deref(), current, segment.hysteresis, scratch) {
                Some(label) => labels.push(label),
                None => {
                    labels.clear();
                    return;
                }
            }
        }
    }
}

/// The label on one axis; `None` while the column or the edges are unknown.
fn label(
    spec: &AxisSpec,
    edges: Option<&[f64]>,
    current: Option<u32>,
    hysteresis: f64,
    scratch: &Scratch,
) -> Option<u32> {
    let value = scratch.value(spec.of);
    if value.is_nan() {
        return None;
    }
    if let Cut::Names { weights } = &spec.cut {
        return Some(name(value as u32, current, weights, hysteresis, scratch));
    }
    let position = current.and_then(|label| spec.labels.iter().position(|known| *known == label));
    spec.labels.get(edges::interval(edges?, value, position, hysteresis)).copied()
}

/// A name gives way only to one whose weight leads by more than the hysteresis.
fn name(winner: u32, current: Option<u32>, weights: &[(u32, usize)], hysteresis: f64, scratch: &Scratch) -> u32 {
    let weight = |key: u32| weights.iter().find(|(name, _)| *name == key).map(|(_, column)| scratch.value(*column));
    match current.filter(|current| *current != winner) {
        Some(current) => match (weight(winner), weight(current)) {
            (Some(lead), Some(held)) if lead - held <= hysteresis => current,
            _ => winner,
        },
        None => winner,
    }
}
