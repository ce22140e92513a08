//! Rows of two states put together, trigger by trigger.

use super::super::arena::Arena;
use super::super::cell::list::{self, Listed};
use super::super::cell::{Cell, Numbers, Unordered, Values, decayed, each_count, words};
use super::super::name_hash;
use super::super::partial::{self, clock, clock_word};
use super::super::rows::{Row, RowMut};
use super::Source;
use crate::data::keys::Keys;
use crate::expr::Type;
use crate::program::{FeatureSpec, Op, Per, Program, Trigger};

/// Why what two states know of somebody can't be put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Torn {
    Event,
    Occasion,
    Order,
    Replies,
}

/// How rows of each kind are merged.
pub(super) struct Plans<'a> {
    pub customer: Plan<'a>,
    pub pair: Plan<'a>,
    /// By trait.
    groups: Vec<Plan<'a>>,
    none: Plan<'a>,
}

/// How rows of one kind are merged.
#[derive(Default)]
pub(super) struct Plan<'a> {
    triggers: Vec<Pulled<'a>>,
    numbers: Option<&'a Numbers>,
}

/// One trigger here, with the one there that takes the same events.
struct Pulled<'a> {
    clock: Option<usize>,
    their_clock: Option<usize>,
    replies: bool,
    features: Vec<Merged<'a>>,
}

struct Merged<'a> {
    own: &'a FeatureSpec,
    theirs: Option<&'a FeatureSpec>,
    named: bool,
    /// Whether distinct names are kept here, and there how often each of them came.
    counted: bool,
}

impl<'a> Plans<'a> {
    pub fn new(program: &'a Program, source: &Source<'a>) -> Self {
        let plan = |per: Per| Plan {
            triggers: program
                .triggers
                .iter()
                .filter(|trigger| trigger.per == per)
                .map(|trigger| Pulled::new(program, trigger, source))
                .collect(),
            numbers: Some(&source.names.keys),
        };
        Plans {
            customer: plan(Per::Customer),
            pair: plan(Per::Pair),
            groups: (0..program.traits.len()).map(|item| plan(Per::Group(item))).collect(),
            none: Plan::default(),
        }
    }

    /// How rows of groups by a trait are merged.
    pub fn group(&self, item: usize) -> &Plan<'a> {
        self.groups.get(item).unwrap_or(&self.none)
    }
}

impl<'a> Pulled<'a> {
    fn new(program: &'a Program, trigger: &'a Trigger, source: &Source<'a>) -> Self {
        let theirs = source.program;
        let merged = |index: &usize| {
            let own = program.features.get(*index)?;
            let found = source.names.features.get(*index).copied().flatten();
            let found = found.and_then(|found| theirs.features.get(found));
            let counted = own.shape.op == Op::Distinct && found.is_some_and(|found| found.shares.is_some());
            Some(Merged { own, theirs: found, named: named(program, own), counted })
        };
        let features: Vec<Merged<'_>> = trigger.features.iter().filter_map(merged).collect();
        let first = features.iter().find_map(|feature| feature.theirs);
        let their_clock = first.and_then(|feature| theirs.triggers.get(feature.trigger)?.clock);
        Pulled { clock: trigger.clock, their_clock, replies: trigger.replies, features }
    }

    fn touched(
        &self,
        words: &[u64],
        cells: &[Option<Box<Cell>>],
        of: impl Fn(&Merged<'a>) -> Option<&'a FeatureSpec>,
    ) -> bool {
        self.features.iter().filter_map(of).any(|spec| match spec.cell {
            Some(cell) => cells.get(cell).is_some_and(Option::is_some),
            None => words
                .get(spec.word..spec.word + spec.shape.op.words())
                .is_some_and(|words| words.iter().any(|word| *word != 0)),
        })
    }
}

/// Whether the values that a feature keeps are numbers of names.
fn named(program: &Program, feature: &FeatureSpec) -> bool {
    // Distinct names are kept as hashes of their texts, and flags have no names.
    let of_keys = feature.by.is_some() && !program.is_flag(feature);
    let of_value = feature.value.as_ref().is_some_and(|value| value.output() == Type::Key);
    feature.shape.op != Op::Distinct && (of_keys || of_value)
}

impl Plan<'_> {
    /// Adds what a row of the other state holds.
    pub fn merge(&self, kept: RowMut<'_>, other: Row<'_>, here: &Keys) -> Result<(), Torn> {
        let RowMut { words, cells, lists } = kept;
        let time = |words: &[u64], place: Option<usize>| {
            place.and_then(|place| words.get(place)).map_or(i64::MIN, |word| clock(*word))
        };
        for trigger in &self.triggers {
            let both = trigger.replies
                && trigger.touched(words, cells, |it| Some(it.own))
                && trigger.touched(other.words, other.cells, |it| it.theirs);
            if both {
                return Err(Torn::Replies);
            }
            let (own, their) = (time(words, trigger.clock), time(other.words, trigger.their_clock));
            let at = own.max(their);
            for feature in &trigger.features {
                let values = match self.numbers {
                    Some(numbers) if feature.named => Values::Names { here, numbers },
                    _ => Values::Numbers,
                };
                if let (true, Some(numbers)) = (feature.counted, self.numbers) {
                    feature.merge_counted(words, lists, other, (here, numbers));
                } else if feature.own.listed {
                    feature.merge_list(words, lists, other, values);
                } else {
                    feature.merge(words, cells, other, (own, their, at), values)?;
                }
            }
            if let Some(word) = trigger.clock.and_then(|place| words.get_mut(place)).filter(|_| at != i64::MIN) {
                *word = clock_word(at);
            }
        }
        Ok(())
    }
}

impl Merged<'_> {
    /// Takes the names out of counts by name.
    fn merge_counted(&self, kept: &mut [u64], arena: &mut Arena, other: Row<'_>, (here, numbers): (&Keys, &Numbers)) {
        let theirs = self.theirs.and_then(|spec| other.words.get(spec.word));
        let (Some(theirs), Some(list)) = (theirs, kept.get_mut(self.own.word)) else { return };
        let mut list = Listed { arena, list };
        for key in each_count(other.lists.get(*theirs)).filter_map(|(key, _)| numbers.get(key)) {
            list::add_distinct(&mut list, name_hash(here, key));
        }
    }

    fn merge_list(&self, kept: &mut [u64], arena: &mut Arena, other: Row<'_>, values: Values<'_>) {
        let theirs = self.theirs.and_then(|spec| other.words.get(spec.word));
        if let (Some(theirs), Some(list)) = (theirs, kept.get_mut(self.own.word)) {
            list::absorb(&mut Listed { arena, list }, other.lists.get(*theirs), self.own.shape, values);
        }
    }

    fn merge(
        &self,
        kept: &mut [u64],
        cells: &mut [Option<Box<Cell>>],
        other: Row<'_>,
        (own, their, at): (i64, i64, i64),
        values: Values<'_>,
    ) -> Result<(), Torn> {
        let shape = self.own.shape;
        if let Some(cell) = self.own.cell.and_then(|cell| cells.get_mut(cell)) {
            let theirs = self.theirs.and_then(|spec| other.cells.get(spec.cell?)?.as_deref());
            let merged = theirs.map_or(Ok(()), |theirs| Cell::absorb(cell, theirs, shape, values));
            return merged.map_err(|Unordered| Torn::Order);
        }
        let width = shape.op.words();
        let Some(kept) = kept.get_mut(self.own.word..self.own.word + width) else { return Ok(()) };
        // All features of a trigger stand at one clock, which moves to the later of the two.
        let scale = |words: &mut [u64], from: i64| {
            if self.own.rate > 0.0 && from != i64::MIN {
                partial::scale(shape.op, words, decayed(1.0, self.own.rate, from, at));
            }
        };
        scale(kept, own);
        let theirs = self.theirs.and_then(|spec| other.words.get(spec.word..spec.word + width));
        if let Some(theirs) = theirs {
            let mut more = [0; 3];
            let Some(more) = more.get_mut(..width) else { return Ok(()) };
            more.copy_from_slice(theirs);
            scale(more, their);
            words(shape.op, kept, more, values);
        }
        Ok(())
    }
}
