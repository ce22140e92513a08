//! What two partial states have of one cell, put together.
//!
//! Commutative and associative: windows, weights, sets and samples are unions, to the bit but for the
//! rounding of sums; of the latest n events those of one moment stand in the order of their values.
//! Nothing is forgotten here, since that goes by the clock: the next event does it.

use std::cmp::Ordering;

use super::{Cell, KeyBucket, Sequence, Weight, keys, list, sketch};
use crate::data::keys::Keys;
use crate::program::{Op, Shape};
use crate::state::partial;

/// What the values of a feature are.
#[derive(Clone, Copy)]
pub(crate) enum Values<'a> {
    /// Numbers, the same in every state.
    Numbers,
    /// Names, which two states number differently.
    Names {
        /// The names here.
        here: &'a Keys,
        /// How they are numbered.
        numbers: &'a Numbers,
    },
}

/// The numbers that names have here, by the numbers that they have in another state.
#[derive(Debug)]
pub(crate) struct Numbers {
    here: Vec<u32>,
    /// By number here, whether it was asked for.
    used: Vec<std::cell::Cell<bool>>,
}

impl Numbers {
    /// Numbers below `names`, by the number there.
    pub fn new(here: Vec<u32>, names: usize) -> Self {
        Numbers { here, used: vec![std::cell::Cell::new(false); names] }
    }

    /// The number here of a name there.
    pub fn get(&self, there: u32) -> Option<u32> {
        let here = *self.here.get(there as usize)?;
        self.note(here);
        Some(here)
    }

    /// Notes that what was absorbed uses a name here.
    pub fn note(&self, here: u32) {
        if let Some(used) = self.used.get(here as usize) {
            used.set(true);
        }
    }

    /// The names here that were asked for, rising.
    pub fn used(&self) -> Vec<u32> {
        (0..).zip(&self.used).filter(|(_, used)| used.get()).map(|(number, _)| number).collect()
    }
}

/// Why two sequences can't be merged: events of one lie before what the other has settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unordered;

impl Values<'_> {
    /// The number here of a name there.
    pub fn key(self, key: u32) -> u32 {
        match self {
            Values::Numbers => key,
            Values::Names { numbers, .. } => numbers.get(key).unwrap_or(key),
        }
    }

    /// The value here of a value there.
    pub fn of(self, x: f64) -> f64 {
        match self {
            Values::Numbers => x,
            Values::Names { .. } => f64::from(self.key(x as u32)),
        }
    }

    /// The order of two values here: numbers by size, names by text.
    pub fn order(self, a: f64, b: f64) -> Ordering {
        match self {
            Values::Numbers => a.total_cmp(&b),
            Values::Names { here, .. } => here.text(a as u32).cmp(here.text(b as u32)),
        }
    }
}

/// Adds the words of another state to an aggregate.
pub(crate) fn words(op: Op, kept: &mut [u64], other: &[u64], values: Values<'_>) {
    let mut more = [0; 3];
    let Some(more) = more.get_mut(..other.len()) else { return };
    more.copy_from_slice(other);
    if let (Op::First | Op::Last, [value, at]) = (op, &mut *more) {
        let renamed = if *at == 0 { 0.0 } else { values.of(f64::from_bits(*value)) };
        *value = renamed.to_bits();
        // Of equal times both take the greater value, of names the later one in the alphabet.
        if let [known, when] = kept
            && (*when == *at && values.order(f64::from_bits(*known), renamed).is_gt())
        {
            return;
        }
        if kept.get(1) == Some(&*at) {
            kept.copy_from_slice(more);
            return;
        }
    }
    partial::merge(op, kept, more);
}

impl Cell {
    /// Adds what another state holds in the cell of the same feature.
    ///
    /// # Errors
    /// [`Unordered`] for sessions and gaps of which both have settled more than the other can follow.
    pub fn absorb(
        place: &mut Option<Box<Cell>>,
        other: &Cell,
        shape: Shape,
        values: Values<'_>,
    ) -> Result<(), Unordered> {
        let cell = place.get_or_insert_with(|| Box::new(Cell::new(shape)));
        match (cell.as_mut(), other) {
            (Cell::Keys(weights), Cell::Keys(more)) => {
                let here = |weight: &Weight| Weight { key: values.key(weight.key), ..*weight };
                more.iter().for_each(|weight| keys::merge(weights, here(weight), shape.rate()));
            }
            (Cell::KeySpan(buckets), Cell::KeySpan(more)) => {
                let here = |bucket: &KeyBucket| KeyBucket { key: values.key(bucket.key), ..*bucket };
                more.iter().for_each(|bucket| keys::merge_hop(buckets, here(bucket)));
            }
            (Cell::Latest(latest), Cell::Latest(more)) => {
                more.iter().for_each(|seen| super::latest::merge(latest, *seen))
            }
            (Cell::Recent(events), Cell::Recent(more)) => join(events, more, values),
            (Cell::List(kept), Cell::List(more)) => list::absorb(kept, more, shape, values),
            (Cell::Sketches(hops), Cell::Sketches(more)) => {
                more.iter().for_each(|(start, sketch)| sketch::hop_of(hops, *start).merge(sketch));
            }
            (Cell::Sequence(sequence), Cell::Sequence(more)) => sequence.absorb(more, shape, values)?,
            (Cell::Sketch(sketch), Cell::Sketch(more)) => sketch.merge(more),
            _ => {}
        }
        Ok(())
    }
}

/// Joins events by time; at a moment that both lists have, in the order of their values.
fn join(events: &mut Vec<(i64, f64)>, more: &[(i64, f64)], values: Values<'_>) {
    let own = std::mem::take(events);
    let has = |list: &[(i64, f64)], at: i64| list.binary_search_by_key(&at, |(time, _)| *time).is_ok();
    events.extend(own.iter().copied().chain(more.iter().map(|(at, x)| (*at, values.of(*x)))));
    events.sort_by_key(|(at, _)| *at);
    for moment in events.chunk_by_mut(|a, b| a.0 == b.0) {
        if moment.first().is_some_and(|(at, _)| has(&own, *at) && has(more, *at)) {
            moment.sort_by(|a, b| values.order(a.1, b.1));
        }
    }
}

impl Sequence {
    /// Only one of the two may have settled anything, and the other may not lie before it.
    fn absorb(&mut self, other: &Sequence, shape: Shape, values: Values<'_>) -> Result<(), Unordered> {
        let first = |tail: &[(i64, f64)]| tail.first().map_or(i64::MAX, |(at, _)| *at);
        match (self.settled.last, other.settled.last) {
            (settled, i64::MIN) if first(&other.tail) >= settled => {}
            (i64::MIN, settled) if first(&self.tail) >= settled => {
                let theirs = &other.settled;
                self.settled.words = theirs.words;
                if let (Op::First | Op::Last, [value, at, _]) = (shape.op, &mut self.settled.words)
                    && *at != 0
                {
                    *value = values.of(f64::from_bits(*value)).to_bits();
                }
                self.settled.last = theirs.last;
                self.settled.cell = None;
                if let Some(cell) = &theirs.cell {
                    Cell::absorb(&mut self.settled.cell, cell, shape.lifetime(), values)?;
                }
            }
            _ => return Err(Unordered),
        }
        join(&mut self.tail, &other.tail, values);
        Ok(())
    }
}
