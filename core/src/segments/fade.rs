//! Axes over decaying sums and counts: when such a value falls to an edge, in closed form.

use super::clock::{NEVER, bisect};
use super::{Assigner, edges};
use crate::base::numeric::ln;
use crate::columns::{Asked, Scratch, View};
use crate::data::time::TIME_BOUND;
use crate::program::{Program, SegmentSpec};

/// The edge that a decaying value comes to next.
pub(super) struct Ahead<'a> {
    level: f64,
    edges: &'a [f64],
    place: usize,
    hysteresis: f64,
}

impl Ahead<'_> {
    /// Microseconds until |v| 2^(-dt / half-life) meets the edge, by the logarithm alone: within
    /// [`SLACK`] of the truth. `None` if that is beyond all time.
    fn span(&self, value: f64, rate: f64) -> Option<i64> {
        let span = ln(value / self.level) / rate;
        (span.is_finite() && span <= TIME_BOUND as f64).then_some(span.max(0.0) as i64)
    }

    /// The first microsecond after `at` at which the value, as `read` gives it, has left its interval.
    pub fn reached(&self, value: f64, rate: f64, at: i64, read: impl Fn(i64) -> f64) -> i64 {
        let left = |at: i64| edges::interval(self.edges, read(at), Some(self.place), self.hysteresis) != self.place;
        self.span(value, rate).map_or(NEVER, |span| first_after(at, at.saturating_add(span), left))
    }
}

impl Assigner {
    /// The edge that a decaying value on an axis comes to next, from the cell where `current` says.
    pub(super) fn ahead(&self, segment: &SegmentSpec, axis: usize, current: &[u32], value: f64) -> Option<Ahead<'_>> {
        let label = current.get(axis)?;
        let place = segment.axes.get(axis)?.labels.iter().position(|known| known == label)?;
        let edges = self.edges.get(axis)?.as_deref()?;
        let level = if value > 0.0 {
            let below = place.checked_sub(1).and_then(|below| edges.get(below));
            below.map(|edge| edges::leave(*edge, segment.hysteresis)).filter(|edge| *edge > 0.0)
        } else {
            edges.get(place).copied().filter(|edge| *edge < 0.0)
        };
        Some(Ahead { level: level?, edges, place, hysteresis: segment.hysteresis })
    }
}

/// More microseconds than a logarithm and a read of the same fall can be apart: both err by less than
/// 1e-14 of the value, which decays by that much in less than a microsecond at any half-life below a year.
const SLACK: i64 = 64;

/// The segments that only decaying values move with time, all looked at together.
#[derive(Debug, Default)]
pub(crate) struct Fades {
    values: Vec<Fading>,
    rest: Vec<usize>,
}

/// A decaying feature, and the axes over it: position, segment, axis.
#[derive(Debug)]
struct Fading {
    column: usize,
    feature: usize,
    rate: f64,
    axes: Vec<(usize, usize)>,
}

/// About when a value comes to the nearest edge of all its axes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guess {
    at: i64,
    value: f64,
    fading: usize,
    axis: (usize, usize),
}

impl Fades {
    /// Those of a program.
    pub fn new(program: &Program, assigners: &[Assigner]) -> Self {
        let mut fades = Fades::default();
        for (index, (segment, assigner)) in program.segments.iter().zip(assigners).enumerate() {
            match assigner.clock.only_decays().filter(|_| segment.dwell == 0) {
                Some(decays) => decays.iter().for_each(|decay| fades.add(segment, index, *decay)),
                None if assigner.is_still() && segment.dwell == 0 => {}
                None => fades.rest.push(index),
            }
        }
        fades
    }

    fn add(&mut self, segment: &SegmentSpec, index: usize, (axis, feature, rate): (usize, usize, f64)) {
        // A weight that only tells names apart has no edge.
        let Some(column) = segment.axes.get(axis).map(|spec| spec.of) else { return };
        match self.values.iter_mut().find(|fading| fading.feature == feature && fading.column == column) {
            Some(fading) => fading.axes.push((index, axis)),
            None => self.values.push(Fading { column, feature, rate, axes: vec![(index, axis)] }),
        }
    }

    /// Segments that something else moves too: their moments are found one by one.
    pub fn rest(&self) -> &[usize] {
        &self.rest
    }

    /// The first moment after `asked.at` at which one of the values leaves its interval; [`NEVER`] if
    /// none can. `fresh` holds the columns of this customer at this moment, if they were just computed.
    /// Cost: a logarithm a value, and a few reads of the one that comes first.
    pub fn next(
        &self,
        view: View<'_>,
        assigners: &[Assigner],
        asked: Asked,
        fresh: Option<&Scratch>,
        guesses: &mut Vec<Guess>,
    ) -> i64 {
        guesses.clear();
        for (index, fading) in self.values.iter().enumerate() {
            let value = fresh.map_or_else(|| fading.read(view, asked), |scratch| scratch.value(fading.column));
            guesses.extend(fading.guess(view, assigners, asked, (index, value)));
        }
        let Some(first) = guesses.iter().map(|guess| guess.at).min() else { return NEVER };
        let near = guesses.iter().filter(|guess| guess.at <= first.saturating_add(SLACK));
        near.map(|guess| self.exactly(view, assigners, asked, guess)).min().unwrap_or(NEVER)
    }

    fn exactly(&self, view: View<'_>, assigners: &[Assigner], asked: Asked, guess: &Guess) -> i64 {
        let Some(fading) = self.values.get(guess.fading) else { return NEVER };
        let ahead = ahead(view, assigners, asked.customer, guess.axis, guess.value);
        let read = |at: i64| fading.read(view, Asked { at, ..asked });
        ahead.map_or(NEVER, |ahead| ahead.reached(guess.value, fading.rate, asked.at, read))
    }
}

impl Fading {
    fn read(&self, view: View<'_>, asked: Asked) -> f64 {
        view.state.feature(view.program, self.feature, asked.customer, asked.at)
    }

    /// All axes see the same fall, so the first edge is the one farthest from zero.
    fn guess(
        &self,
        view: View<'_>,
        assigners: &[Assigner],
        asked: Asked,
        (fading, value): (usize, f64),
    ) -> Option<Guess> {
        let ahead = |axis: &(usize, usize)| Some((*axis, ahead(view, assigners, asked.customer, *axis, value)?));
        let levels = self.axes.iter().filter_map(ahead);
        let (axis, nearest) = levels.max_by(|(_, one), (_, other)| one.level.abs().total_cmp(&other.level.abs()))?;
        let span = nearest.span(value, self.rate)?;
        Some(Guess { at: asked.at.saturating_add(span), value, fading, axis })
    }
}

fn ahead<'a>(
    view: View<'_>,
    assigners: &'a [Assigner],
    customer: u32,
    (segment, axis): (usize, usize),
    value: f64,
) -> Option<Ahead<'a>> {
    let spec = view.program.segments.get(segment)?;
    assigners.get(segment)?.ahead(spec, axis, view.state.labels(segment, customer), value)
}

/// The first moment of `changed`, near `guess`; it is false at `start` and never turns back.
fn first_after(start: i64, guess: i64, changed: impl Fn(i64) -> bool) -> i64 {
    let (mut low, mut high) = (start, guess.max(start + 1));
    let mut width = 1;
    while !changed(high) {
        if high >= TIME_BOUND {
            return NEVER;
        }
        (low, high) = (high, high.saturating_add(width));
        width *= 2;
    }
    width = 1;
    while high - width > low && changed(high - width) {
        high -= width;
        width *= 2;
    }
    bisect(low.max(high - width), high, changed)
}
