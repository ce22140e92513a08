//! A warning where customers are cut by what they are before by what they want done.
//!
//! Looked at is what stands behind a column, however far: expressions, rules, flags of sets, cells of other segments,
//! micro-segments and trees over traits are traits, unless a need is behind them too. A score that a model gives is
//! neither. Of micro-segments the order of `of` counts, and is warned of where they are declared.

use std::collections::BTreeMap;

use crate::base::{Problem, Severity};
use crate::definition::model::{Column, Model, Segment, Word};
use crate::definition::node::NodeValue;
use crate::expr::Expr;
use crate::program::{Input, Program, Source};

/// What is behind a column that matters here.
#[derive(Debug, Clone, Copy)]
enum Behind<'a> {
    Need,
    Trait(&'a str),
}

/// Warnings of all segments and micro-segments that are cut by traits before needs.
pub(super) fn needs_first(model: &Model, program: &Program) -> Vec<Problem> {
    let sections: BTreeMap<&str, &str> =
        model.columns.iter().map(|column| (column.name.value.as_str(), column.section.as_str())).collect();
    let behind = behind_all(program, &sections);
    let at = |column: usize| behind.get(column).copied().flatten();
    let mut problems = Vec::new();
    for segment in &model.segments {
        let first = first_of(segment, program, &at);
        if let Some((word, Behind::Trait(name))) = first {
            problems.push(warning(&segment.name.value, &word, name));
        }
    }
    for micro in model.columns.iter().filter(|column| column.section == "micro") {
        let own = program.models.iter().find(|(name, _)| *name == micro.name.value);
        let mut inputs = own.map_or(&[][..], |(_, model)| model.inputs()).iter().enumerate();
        let first = inputs.find_map(|(place, input)| match input {
            Input::Column(column) => Some((place, at(*column)?)),
            Input::Histogram(_) => None,
        });
        if let Some((place, Behind::Trait(name))) = first {
            problems.push(warning(&micro.name.value, &nth(micro, place), name));
        }
    }
    problems
}

/// The first axis or rule of a segment that has to do with needs or traits.
fn first_of<'a>(
    segment: &Segment,
    program: &Program,
    at: &impl Fn(usize) -> Option<Behind<'a>>,
) -> Option<(Word<String>, Behind<'a>)> {
    let axes = segment.axes.iter().map(|axis| (axis.of.clone(), program.column(&axis.of.value).and_then(at)));
    let lowered = program.segments.iter().find(|known| *known.name == *segment.name.value);
    let rules = lowered.map_or(&[][..], |known| known.rules.as_slice());
    let rules = segment.rules.iter().zip(rules).map(|((_, when), (_, rule))| (when.clone(), any(asked(rule), at)));
    axes.chain(rules).find_map(|(word, behind)| Some((word, behind?)))
}

/// Of every column; each depends on columns before it alone.
fn behind_all<'a>(program: &'a Program, sections: &BTreeMap<&str, &str>) -> Vec<Option<Behind<'a>>> {
    let mut found: Vec<Option<Behind<'a>>> = Vec::with_capacity(program.columns.len());
    for spec in &program.columns {
        let at = |column: usize| found.get(column).copied().flatten();
        let trait_of = |item: usize| program.traits.get(item).map(|item| Behind::Trait(&item.name));
        let one = match &spec.source {
            Source::Trait(item) | Source::Learnt(item) | Source::Confidence(item) => trait_of(*item),
            Source::Set { item, .. } => trait_of(*item),
            Source::Formula(expr) => any(asked(expr), &at),
            Source::Axis { segment, axis } => {
                program.segments.get(*segment).and_then(|own| match own.axes.get(*axis) {
                    Some(axis) => at(axis.of),
                    None => any(own.rules.iter().flat_map(|(_, rule)| asked(rule)), &at),
                })
            }
            Source::Cell(segment) => program.segments.get(*segment).and_then(|own| {
                let axes = own.axes.iter().map(|axis| at(axis.of));
                let mut all = axes.chain(own.rules.iter().map(|(_, rule)| any(asked(rule), &at)));
                all.find_map(|behind| behind)
            }),
            Source::Model { model, .. } => program.models.get(*model).and_then(|(name, model)| {
                let inputs = model.inputs().iter().filter_map(|input| match input {
                    Input::Column(column) => Some(*column),
                    Input::Histogram(_) => None,
                });
                match sections.get(name.as_str()).copied().unwrap_or_default() {
                    "needs" => Some(Behind::Need),
                    "tree" => any(inputs, &at),
                    // Without a need they are warned of themselves.
                    "micro" => any(inputs, &at).filter(|behind| matches!(behind, Behind::Need)),
                    _ => None,
                }
            }),
            _ => None,
        };
        found.push(one);
    }
    found
}

/// A need, if one of some columns has to do with needs; else the first trait.
fn any<'a>(columns: impl Iterator<Item = usize>, at: &impl Fn(usize) -> Option<Behind<'a>>) -> Option<Behind<'a>> {
    let mut first = None;
    for behind in columns.filter_map(at) {
        match behind {
            Behind::Need => return Some(Behind::Need),
            Behind::Trait(_) => first = first.or(Some(behind)),
        }
    }
    first
}

fn asked(expr: &Expr) -> impl Iterator<Item = usize> + '_ {
    expr.inputs().iter().map(|column| *column as usize)
}

/// The word of one of the columns of micro-segments.
fn nth(micro: &Column, place: usize) -> Word<String> {
    let of = micro.table.get("of");
    let node = match of.map(|node| &node.value) {
        Some(NodeValue::List(items)) => items.get(place),
        _ => of,
    };
    node.and_then(|node| Some(Word { value: node.as_text()?.to_owned(), place: node.place, path: node.path.clone() }))
        .unwrap_or_else(|| micro.name.clone())
}

fn warning(what: &str, word: &Word<String>, name: &str) -> Problem {
    let through = if word.value == name { String::new() } else { format!(" (behind `{}`)", word.value) };
    let message = format!(
        "`{what}` is cut by the trait `{name}`{through} before needs: customers who want the same thing done differ in \
         their traits, and a trait does not say what is wanted"
    );
    let hint = Some("put a need space before it".to_owned());
    Problem { severity: Severity::Warning, ..word.problem(message, hint) }
}
