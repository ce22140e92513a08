//! When time alone may move a customer to another cell.
//!
//! Three classes. A decaying sum or count that is an axis has a closed form. Columns that move in
//! one direction are searched by bisection, to the microsecond, a span of time ahead; windows tell when the next event
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
    /// `current` says, or at which that must be asked again; [`NEVER`] if it can't. Cost: a logarithm for an axis
    /// in closed form; for a segment that is searched a read or two, and about forty more once the moment is near.
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

    /// When a label or a rule first differs from what it is at `asked.at`, before `end`; where that is far
    /// ahead, a moment before at which to search on.
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
        // By axes everyone is where they belong, once looked at.
        let (mut before, mut after) = (current.to_vec(), Vec::new());
        if !segment.rules.is_empty() {
            signature(asked.at, &mut before);
        }
        first_change(asked.at, end, |at| {
            signature(at, &mut after);
            before != after
        })
    }
}

/// Spans of a search, in powers of two microseconds: 19 hours, 13 days, 204 days, 9 years, all time.
const SPANS: [u32; 5] = [36, 40, 44, 48, 53];

/// The first moment after `at` and before `end` of `changed`, which is false at `at` and never turns back.
///
/// The search looks no further than the end of a span, and gives that end where nothing has changed by then:
/// who comes back sooner costs one look, and who stays away for long few. Spans lie on a grid of their own, and
/// are halved on it, so that rounding finds the same microsecond wherever the search began.
pub(super) fn first_change(at: i64, end: i64, mut changed: impl FnMut(i64) -> bool) -> i64 {
    let bits = SPANS.into_iter().find(|bits| at.trailing_zeros() < *bits).unwrap_or(SPANS[4]);
    let start = at >> bits << bits;
    let reach = start + (1 << bits);
    let end = end.min(TIME_BOUND);
    let last = reach.min(end) - 1;
    if last <= at || !changed(last) {
        return if reach < end { reach } else { NEVER };
    }
    bisect(start, reach, |middle| middle > at && (middle >= last || changed(middle)))
}

/// The first moment of `changed`, which is false at `low` and true at `high`.
pub(super) fn bisect(mut low: i64, mut high: i64, mut changed: impl FnMut(i64) -> bool) -> i64 {
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if changed(middle) { high = middle } else { low = middle }
    }
    high
}
