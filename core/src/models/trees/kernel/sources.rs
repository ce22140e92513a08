//! What the splits of an ensemble look at: features read in a way that leaves one comparison.
//!
//! A *source* is a feature with its rule of what is missing. A number becomes itself, or a mark
//! that the value is missing; a category becomes its *class*, two categories being of one class
//! where no split tells them apart. A *column* is a source with the side that missing values take:
//! they become negative infinity, which every comparison sends to `yes`, or NaN, which every
//! comparison sends to `no`. For a category the missing class is in the set of a split or not.

use super::classes::{Classes, Sets};
use crate::models::trees::parts::{MissingMode, Node, Parts, Precision, Test, ZERO};

/// How a source reads its feature.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reading {
    Number(MissingMode),
    Category,
}

/// A feature, read in one way.
#[derive(Debug)]
pub(super) struct Source {
    pub feature: u32,
    pub reading: Reading,
    /// The classes of a category; empty for a number.
    pub classes: Classes,
}

/// A source, and the side of its missing values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Column {
    pub source: u32,
    pub missing_yes: bool,
}

/// A split over columns.
#[derive(Debug, Clone, Copy)]
pub(super) enum Question {
    /// Yes where the column's value is at most this.
    AtMost { column: u32, threshold: f64 },
    /// Yes where the column's class is in this set.
    OneOf { column: u32, set: u32 },
}

/// The sources and columns of an ensemble and the questions of its nodes.
#[derive(Debug)]
pub(super) struct Sources {
    pub sources: Vec<Source>,
    /// Rising; columns of one source stand together.
    pub columns: Vec<Column>,
    pub sets: Sets,
    single: bool,
}

/// A missing number, before it takes a side; any NaN does, since a known number is none.
const MISSING: f64 = f64::NAN;

impl Sources {
    /// The sources of `parts`, and the question of every split of every tree, in their order.
    pub(super) fn new(parts: &Parts) -> (Sources, Vec<Question>) {
        let splits = || parts.trees.iter().flat_map(|tree| &tree.nodes).filter_map(split);
        let mut keys: Vec<(u32, Reading)> = splits().map(|split| split.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        let place = |key: &(u32, Reading)| keys.binary_search(key).unwrap_or(0) as u32;
        let mut columns: Vec<Column> = splits().map(|split| split.column(place(&split.key()))).collect();
        columns.sort_unstable();
        columns.dedup();

        // The sets of each source, by the order of its splits.
        let mut members: Vec<Vec<(&[u32], bool)>> = vec![Vec::new(); keys.len()];
        let mut questions = Vec::new();
        for split in splits() {
            let source = place(&split.key());
            let column = columns.binary_search(&split.column(source)).unwrap_or(0) as u32;
            questions.push(match split.test {
                Test::AtMost(threshold) => Question::AtMost { column, threshold: *threshold },
                Test::OneOf(set) => {
                    let own = members.get_mut(source as usize);
                    let set = own.map_or(0, |own| {
                        own.push((set, split.missing_yes));
                        own.len() - 1
                    });
                    Question::OneOf { column, set: set as u32 }
                }
            });
        }
        let mut sets = Sets::default();
        let mut first_set = Vec::with_capacity(keys.len());
        let mut sources = Vec::with_capacity(keys.len());
        for ((feature, reading), members) in keys.iter().zip(members) {
            first_set.push(sets.len());
            let classes = sets.add(&members);
            sources.push(Source { feature: *feature, reading: reading.clone(), classes });
        }
        for question in &mut questions {
            if let Question::OneOf { column, set } = question {
                let source = columns.get(*column as usize).map_or(0, |column| column.source);
                *set += first_set.get(source as usize).copied().unwrap_or(0);
            }
        }
        (Sources { sources, columns, sets, single: parts.inputs == Precision::Single }, questions)
    }

    /// What `source` makes of a value: a number, missing as NaN; or a class.
    #[inline(always)]
    pub(super) fn read(&self, source: &Source, value: f64) -> f64 {
        let value = if self.single { f64::from(value as f32) } else { value };
        match source.reading {
            Reading::Number(MissingMode::Nan) => value,
            Reading::Number(MissingMode::None) if value.is_nan() => 0.0,
            Reading::Number(MissingMode::None) => value,
            Reading::Number(MissingMode::Zero) if value.abs() <= ZERO => MISSING,
            Reading::Number(MissingMode::Zero) => value,
            Reading::Category => f64::from(source.classes.class(value, self.single)),
        }
    }

    /// The value of every column for one row, whose values `feature` gives; `out` has a number a
    /// column.
    #[inline(always)]
    pub(super) fn expand(&self, row: impl Fn(u32) -> f64, out: &mut [f64]) {
        let mut columns = self.columns.iter().zip(out).peekable();
        for (index, source) in self.sources.iter().enumerate() {
            let value = self.read(source, row(source.feature));
            while let Some((column, slot)) = columns.next_if(|(column, _)| column.source as usize == index) {
                *slot = if value.is_nan() && column.missing_yes { f64::NEG_INFINITY } else { value };
            }
        }
    }
}

/// A split, taken apart.
struct Split<'a> {
    feature: u32,
    test: &'a Test,
    mode: MissingMode,
    missing_yes: bool,
}

fn split(node: &Node) -> Option<Split<'_>> {
    match node {
        Node::Leaf { .. } => None,
        Node::Split { feature, test, mode, missing_yes, .. } => {
            Some(Split { feature: *feature, test, mode: *mode, missing_yes: *missing_yes })
        }
    }
}

impl Split<'_> {
    fn key(&self) -> (u32, Reading) {
        let reading = match self.test {
            Test::AtMost(_) => Reading::Number(self.mode),
            Test::OneOf(_) => Reading::Category,
        };
        (self.feature, reading)
    }

    /// The column of `source` that it asks: one for all where no value is missing.
    fn column(&self, source: u32) -> Column {
        let sided = matches!(self.test, Test::AtMost(_)) && self.mode != MissingMode::None;
        Column { source, missing_yes: sided && self.missing_yes }
    }
}
