//! One event and the features of one trigger.

use super::super::arena::Arena;
use super::super::cell::list::{self, Listed};
use super::super::cell::{Cell, Moment, decayed};
use super::super::event::EventRow;
use super::super::partial::{self, clock, clock_word};
use super::super::rows::RowMut;
use super::Fold;
use crate::base::numeric::{decay, decay4};
use crate::base::random::hash_bytes;
use crate::data::keys::Keys;
use crate::expr::Type;
use crate::program::{FeatureSpec, Op, Trigger};

/// An event as a fold takes it: from a row, or from columns that were computed for a batch.
pub(super) trait Taken {
    /// Event time.
    fn at(&self) -> i64;
    /// Position of the kind.
    fn kind(&self) -> usize;
    /// Hash of the occasion, where given.
    fn occasion(&self) -> Option<u64>;
    /// Whether it meets a trigger's condition.
    fn passes(&self, index: usize, trigger: &Trigger) -> bool;
    /// The value that a feature takes; unknown is NaN.
    fn value(&self, index: usize, feature: &FeatureSpec) -> f64;
    /// Every name in a slot.
    fn names(&self, slot: usize, each: impl FnMut(u32));
}

impl Taken for EventRow {
    fn at(&self) -> i64 {
        self.at
    }

    fn kind(&self) -> usize {
        self.kind
    }

    fn occasion(&self) -> Option<u64> {
        self.occasion
    }

    fn passes(&self, _index: usize, trigger: &Trigger) -> bool {
        trigger.filter.as_ref().is_none_or(|filter| filter.row(self) == 1.0)
    }

    fn value(&self, _index: usize, feature: &FeatureSpec) -> f64 {
        feature.value.as_ref().map_or(1.0, |value| value.row(self))
    }

    fn names(&self, slot: usize, each: impl FnMut(u32)) {
        EventRow::names(self, slot, each);
    }
}

/// One event at a trigger's clock: what was known decays to it, or it decays to what is known.
///
/// Forward decay (Cormode, Shkapenyuk, Srivastava and Xu 2009): the order of arrival changes the
/// result by rounding only. All features of a trigger share its clock.
pub(super) struct Decay {
    place: Option<usize>,
    clock: i64,
    at: i64,
    /// What is left over the time between them, by the first of the trigger's rates.
    left: [f64; RATES],
}

/// Rates of a trigger of which the decay is computed at once.
const RATES: usize = 8;

impl Decay {
    pub fn begin(trigger: &Trigger, words: &[u64], at: i64) -> Self {
        let kept = trigger.clock.and_then(|place| words.get(place)).map_or(i64::MIN, |word| clock(*word));
        let clock = if kept == i64::MIN { at } else { kept };
        let mut left = [1.0; RATES];
        let (fours, _) = left.as_chunks_mut::<4>();
        for (left, rates) in fours.iter_mut().zip(&trigger.rates) {
            *left = decay4(at.saturating_sub(clock).saturating_abs(), rates);
        }
        Decay { place: trigger.clock, clock, at, left }
    }

    /// What is left of the weight of the earlier of both times at the later one.
    #[inline]
    fn left(&self, feature: &FeatureSpec) -> f64 {
        let span = || decay(self.at.saturating_sub(self.clock).saturating_abs(), feature.rate);
        self.left.get(feature.rate_place).copied().unwrap_or_else(span)
    }

    /// Adds (value, count) to a feature in words, or only moves it to the new clock.
    pub fn add(&self, feature: &FeatureSpec, words: &mut [u64], value: Option<(f64, f64)>) {
        let Decay { clock, at, .. } = *self;
        let op = feature.shape.op;
        let Some(words) = words.get_mut(feature.word..feature.word + op.words()) else { return };
        let left = if feature.rate > 0.0 { self.left(feature) } else { 1.0 };
        if feature.rate > 0.0 && at > clock {
            partial::scale(op, words, left);
        }
        if let Some((x, count)) = value {
            let weight = if at > clock { 1.0 } else { left };
            let weight = if op == Op::Count { weight * count } else { weight };
            partial::add(op, words, x, weight, at);
        }
    }

    pub fn end(&self, words: &mut [u64]) {
        if let Some(word) = self.place.and_then(|place| words.get_mut(place)) {
            *word = clock_word(self.clock.max(self.at));
        }
    }
}

/// Feeds one event to the features of a trigger, and moves the trigger's clock.
pub(super) fn feed<T: Taken>(fold: Fold<'_>, trigger: &Trigger, kept: RowMut<'_>, taken: &T, moment: Moment) {
    let RowMut { words, cells, lists } = kept;
    let decay = Decay::begin(trigger, words, moment.at);
    for index in &trigger.features {
        let Some(feature) = fold.program.features.get(*index) else { continue };
        if let Some(slot) = feature.by {
            let distinct = feature.shape.op == Op::Distinct;
            taken.names(slot, |key| {
                let x = if distinct { name_hash(fold.keys, key) } else { f64::from(key) };
                if let Some(mut list) = listed(feature, words, lists) {
                    list::add(&mut list, feature.shape, x, moment);
                } else if let Some(cell) = feature.cell.and_then(|cell| cells.get_mut(cell)) {
                    Cell::add(cell, feature.shape, x, moment);
                }
            });
            continue;
        }
        // Adding zero makes -0.0 equal to 0.0.
        let x = taken.value(*index, feature) + 0.0;
        if let Some(mut list) = listed(feature, words, lists) {
            if !x.is_nan() {
                list::add(&mut list, feature.shape, distinct_name(fold.keys, feature, x), moment);
            }
            continue;
        }
        match feature.cell.and_then(|cell| cells.get_mut(cell)) {
            None => decay.add(feature, words, (!x.is_nan()).then_some((x, 1.0))),
            Some(_) if x.is_nan() => {}
            Some(cell) => Cell::add(cell, feature.shape, distinct_name(fold.keys, feature, x), moment),
        }
    }
    decay.end(words);
}

/// Moves an occasion that was fed at `from` to the earlier time of `moment`.
///
/// Only counts, gaps and the first and last time of the last n go by occasions, so this is exact.
pub(super) fn advance(fold: Fold<'_>, trigger: &Trigger, kept: RowMut<'_>, from: i64, moment: Moment) {
    let RowMut { words, cells, lists } = kept;
    let clock = Decay::begin(trigger, words, moment.at).clock;
    for index in &trigger.features {
        let Some(feature) = fold.program.features.get(*index) else { continue };
        if let Some(mut list) = listed(feature, words, lists) {
            list::advance(&mut list, feature.shape, from, moment);
            continue;
        }
        match feature.cell.and_then(|cell| cells.get_mut(cell)) {
            Some(Some(cell)) => cell.advance(feature.shape, from, moment),
            Some(None) => {}
            None if feature.shape.op == Op::Count && feature.rate > 0.0 => {
                let weight = |at: i64| decayed(1.0, feature.rate, at, clock);
                if let Some(word) = words.get_mut(feature.word) {
                    *word = (f64::from_bits(*word) + (weight(moment.at) - weight(from))).to_bits();
                }
            }
            None => {}
        }
    }
}

/// The list of a feature that has one.
#[inline]
fn listed<'a>(feature: &FeatureSpec, words: &'a mut [u64], arena: &'a mut Arena) -> Option<Listed<'a>> {
    if !feature.listed {
        return None;
    }
    words.get_mut(feature.word).map(|list| Listed { arena, list })
}

/// A name among distinct ones, by its text, so that states which number their names differently agree.
pub(in crate::state) fn name_hash(keys: &Keys, key: u32) -> f64 {
    // An f64 holds 52 bits exactly.
    (hash_bytes(keys.text(key).as_bytes()) >> 12) as f64
}

fn distinct_name(keys: &Keys, feature: &FeatureSpec, x: f64) -> f64 {
    let named = feature.value.as_ref().is_some_and(|value| value.output() == Type::Key);
    if named && feature.shape.op == Op::Distinct { name_hash(keys, x as u32) } else { x }
}
