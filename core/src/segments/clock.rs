//! When time alone may move a customer to another cell.
//!
//! Three classes. A decaying sum or count that is an axis has a closed form. Columns that move in
//! one direction are searched by bisection, to the microsecond; windows tell when the next event
//! leaves them. All else is looked at again on the definition's grid (`[time] recheck`). Every moment
//! given is a function of the state alone, so that timers need not be kept: they are found again.

use super::Assigner;
use crate::columns::{Asked, Motion, Scratch, View, of_expr};
use crate::data::time::TIME_BOUND;
use crate::expr::Trend;
use crate::program::{AxisSpec, Cut, Program, SegmentSpec};

/// What never comes.
pub(crate) const NEVER: i64 = i64::MAX;

/// How the cells of a segment depend on time.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// Axes over one decaying sum or count: position, feature, rate per microsecond.
    decays: Vec<(usize, usize, f64)>,
    /// Whether a column moves in one direction without a closed form.
    search: bool,
    /// Whether a column may turn.
    recheck: bool,
    /// Windowed features.
    steps: Vec<usize>,
}

impl Clock {
    pub fn new(program: &Program, segment: &SegmentSpec, motions: &[Motion]) -> Self {
        let mut clock = Clock::default();
        for (axis, spec) in segment.axes.iter().enumerate().filter(|_| segment.rules.is_empty()) {
            for column in reads(spec) {
                let Some(motion) = motions.get(column) else { continue };
                let decay = motion.decay.and_then(|feature| Some((feature, program.features.get(feature)?.rate)));
                match decay {
                    Some((feature, rate)) => clock.decays.push((axis, feature, rate)),
                    None => clock.add(motion),
                }
            }
        }
        segment.rules.iter().for_each(|(_, rule)| clock.add(&of_expr(rule, motions)));
        clock.steps.sort_unstable();
        clock.steps.dedup();
        clock
    }

    fn add(&mut self, motion: &Motion) {
        self.steps.extend(&motion.steps);
        match motion.course.trend {
            Trend::Still => {}
            Trend::Mixed => self.recheck = true,
            _ => self.search = true,
        }
    }

    /// The axes over decaying values, if nothing else of the segment moves with time.
    pub fn only_decays(&self) -> Option<&[(usize, usize, f64)]> {
        let only = self.steps.is_empty() && !self.search && !self.recheck;
        (only && !self.decays.is_empty()).then_some(&self.decays)
    }

    /// Whether some of it is looked at on the grid.
    pub fn is_rechecked(&self) -> bool {
        self.recheck
    }

    /// Whether time alone can move anyone.
    pub fn is_still(&self) -> bool {
        self.decays.is_empty() && self.steps.is_empty() && !self.search && !self.recheck
    }
}

/// The columns that an axis reads.
fn reads(axis: &AxisSpec) -> impl Iterator<Item = usize> {
    let weights = match &axis.cut {
        Cut::Names { weights } => weights.as_slice(),
        _ => &[],
    };
    std::iter::once(axis.of).chain(weights.iter().map(|(_, column)| *column))
}

impl Assigner {
    /// Whether time alone can move anyone.
    pub fn is_still(&self) -> bool {
        self.clock.is_still()
    }

    /// Whether some of it is looked at on the grid.
    pub fn is_rechecked(&self) -> bool {
        self.clock.is_rechecked()
    }

    /// The first moment after `asked.at` at which time alone may move a customer who belongs where
    /// `current` says; [`NEVER`] if it can't. Cost: a logarithm for an axis in closed form, about
    /// fifty reads for a segment that is searched.
    pub fn next(
        &self,
        view: View<'_>,
        segment: &SegmentSpec,
        current: &[u32],
        asked: Asked,
        scratch: &mut Scratch,
    ) -> i64 {
        let Asked { customer, at, .. } = asked;
        let steps = self.clock.steps.iter().filter_map(|step| view.state.next_step(view.program, *step, customer, at));
        let mut next = steps.min().unwrap_or(NEVER);
        if self.clock.recheck {
            let grid = view.program.time.recheck.max(1);
            next = next.min((at.div_euclid(grid) + 1).saturating_mul(grid));
        }
        for (axis, feature, rate) in &self.clock.decays {
            let value = view.state.feature(view.program, *feature, customer, at);
            if let Some(ahead) = self.ahead(segment, *axis, current, value) {
                next = next.min(
                    ahead.reached(value, *rate, at, |at| view.state.feature(view.program, *feature, customer, at)),
                );
            }
        }
        if self.clock.search && !self.clock.recheck {
            next = next.min(self.searched(view, segment, current, asked, scratch, next));
        }
        next
    }

    /// When a label or a rule first differs from what it is at `asked.at`, before `end`.
    fn searched(
        &self,
        view: View<'_>,
        segment: &SegmentSpec,
        current: &[u32],
        asked: Asked,
        scratch: &mut Scratch,
        end: i64,
    ) -> i64 {
        let mut signature = |at: i64, out: &mut Vec<u32>| {
            let asked = Asked { at, ..asked };
            self.plan.compute(view, asked, scratch);
            if segment.rules.is_empty() {
                self.labels(segment, current, scratch, out);
            } else {
                let truth = |value: f64| if value.is_nan() { 2 } else { value as u32 };
                out.clear();
                out.extend(segment.rules.iter().map(|(_, rule)| truth(scratch.evaluate(rule))));
            }
        };
        let (mut before, mut after) = (Vec::new(), Vec::new());
        signature(asked.at, &mut before);
        let mut changed = |at: i64| {
            signature(at, &mut after);
            before != after
        };
        let end = end.min(TIME_BOUND - 1);
        if end <= asked.at || !changed(end) {
            return NEVER;
        }
        bisect(asked.at, end, changed)
    }
}

/// The first moment of `changed`, which is false at `low` and true at `high`.
pub(super) fn bisect(mut low: i64, mut high: i64, mut changed: impl FnMut(i64) -> bool) -> i64 {
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if changed(middle) { high = middle } else { low = middle }
    }
    high
}
