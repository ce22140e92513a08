//! Which columns moved where a customer went from one cell to another.
//!
//! A cell may be made of other columns: of micro-segments, of the leaves of a tree, of rules, of the cells of another
//! segment. Told are the columns behind: quantities, traits, need spaces, communities, whatever is not names or flags
//! made of named columns alone. Which of them moved is seen by their values just before what happened, which are kept
//! for as long as that takes; a crossing is recorded with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::world::World;
use crate::columns::{Asked, Plan, Scratch};
use crate::data::record::NONE;
use crate::expr::{Expr, Type};
use crate::program::{Input, Program, SegmentSpec, Source};

/// The role under which a recorded crossing holds what moved; no role of a user's begins so.
pub(super) const MOVED: &str = ".moved";
/// Axes of a segment, all combinations of which have their text ready.
const FEW: usize = 6;

/// Of each segment, what can move in it.
#[derive(Debug, Default)]
pub(super) struct Moved {
    segments: Vec<Segment>,
    /// What each column is made of, if it is looked behind.
    behind: Vec<Vec<usize>>,
    /// What each column is called.
    names: Vec<String>,
    /// All columns of segments that are made of others, rising; nothing if there is none.
    traced: Option<Plan>,
    /// By customer, their values before what is happening now.
    before: BTreeMap<u32, Vec<f64>>,
}

#[derive(Debug)]
struct Segment {
    /// The column under each axis.
    axes: Vec<usize>,
    /// The text of each combination of axes, where they are few.
    few: Vec<Arc<str>>,
    /// Label and columns of each condition, in order.
    rules: Vec<(u32, Vec<usize>)>,
    /// Whether one of the columns is made of others, or a condition of several.
    traced: bool,
}

impl Moved {
    pub fn new(program: &Program) -> Self {
        let behind: Vec<Vec<usize>> = (0..program.columns.len()).map(|column| behind(program, column)).collect();
        let names = (0..program.columns.len()).map(|column| name_of(program, column)).collect();
        let segments: Vec<Segment> = program.segments.iter().map(|spec| Segment::new(spec, &behind)).collect();
        let mut moved = Moved { segments, behind, names, traced: None, before: BTreeMap::new() };
        let mut columns = BTreeSet::new();
        for segment in moved.segments.iter().filter(|segment| segment.traced) {
            moved.leaves(&segment.everything(), |column| {
                columns.insert(column);
                true
            });
        }
        let columns: Vec<usize> = columns.into_iter().collect();
        moved.traced = (!columns.is_empty()).then(|| Plan::new(program, &columns));
        for segment in 0..moved.segments.len() {
            moved.prepare(segment);
        }
        moved
    }

    /// Makes the texts of the combinations of a segment's axes.
    fn prepare(&mut self, segment: usize) {
        let Some(axes) = self.segments.get(segment).map(|own| own.axes.clone()) else { return };
        if axes.len() > FEW {
            return;
        }
        let of = |mask: usize| -> Vec<usize> {
            axes.iter().enumerate().filter(|(axis, _)| mask >> axis & 1 == 1).map(|(_, column)| *column).collect()
        };
        let few = (0..1_usize << axes.len()).map(|mask| self.text(&of(mask), |_| true)).collect();
        if let Some(own) = self.segments.get_mut(segment) {
            own.few = few;
        }
    }

    /// The columns that may have taken a customer from the labels of one cell to those of another, with commas between
    /// them: those behind the axes whose labels differ, or behind the condition that began or ceased to hold. All of
    /// them from or to the cell `unknown`, which may have come of any, and from a cell of an older definition.
    pub fn of(&self, segment: usize, from: &[u32], to: &[u32]) -> Arc<str> {
        let Some(own) = self.segments.get(segment) else { return Arc::from("") };
        match own.combination(from, to).and_then(|mask| own.few.get(mask)) {
            Some(text) => Arc::clone(text),
            None => self.text(&own.suspects(from, to), |_| true),
        }
    }

    /// As [`Moved::of`], those of them alone whose values are others `now` than they were before what happens; nothing
    /// where that is not known, or none is another: a stay that ended, edges that a fit moved.
    pub fn since(&self, segment: usize, customer: u32, cells: (&[u32], &[u32]), now: &Scratch) -> Option<Arc<str>> {
        let own = self.segments.get(segment).filter(|own| own.traced)?;
        let (plan, before) = (self.traced.as_ref()?, self.before.get(&customer)?);
        let changed = |column: usize| {
            let before = plan.outputs().binary_search(&column).ok().and_then(|place| before.get(place));
            let now = now.value(column);
            before.is_some_and(|before| *before != now && !(before.is_nan() && now.is_nan()))
        };
        Some(self.text(&own.suspects(cells.0, cells.1), changed)).filter(|text| !text.is_empty())
    }

    /// Forgets what was before: all of it has happened.
    pub fn forget(&mut self) {
        self.before.clear();
    }

    /// Names of the columns behind some, of those for which `shown` holds, each once.
    fn text(&self, columns: &[usize], shown: impl FnMut(usize) -> bool) -> Arc<str> {
        let mut told: Vec<&str> = Vec::new();
        for name in self.leaves(columns, shown).into_iter().filter_map(|column| self.names.get(column)) {
            if !told.contains(&name.as_str()) {
                told.push(name);
            }
        }
        told.join(", ").into()
    }

    /// The columns behind some, in order: looked behind is a column for which `shown` holds.
    fn leaves(&self, columns: &[usize], mut shown: impl FnMut(usize) -> bool) -> Vec<usize> {
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        let mut left: Vec<usize> = columns.iter().rev().copied().collect();
        while let Some(column) = left.pop() {
            if !seen.insert(column) || !shown(column) {
                continue;
            }
            match self.behind.get(column).filter(|of| !of.is_empty()) {
                Some(of) => left.extend(of.iter().rev()),
                None => found.push(column),
            }
        }
        found
    }
}

impl Segment {
    fn new(spec: &SegmentSpec, behind: &[Vec<usize>]) -> Self {
        let axes = if spec.rules.is_empty() { spec.axes.iter().map(|axis| axis.of).collect() } else { Vec::new() };
        let rules: Vec<(u32, Vec<usize>)> = spec.rules.iter().map(|(label, rule)| (*label, asked(rule))).collect();
        let deep = |column: &usize| behind.get(*column).is_some_and(|of| !of.is_empty());
        let traced = axes.iter().any(deep) || rules.iter().any(|(_, of)| of.len() > 1 || of.iter().any(deep));
        Segment { axes, few: Vec::new(), rules, traced }
    }

    /// Everything that the segment goes by.
    fn everything(&self) -> Vec<usize> {
        self.axes.iter().chain(self.rules.iter().flat_map(|(_, of)| of)).copied().collect()
    }

    /// The axes whose labels differ, a bit each, where these are known of both cells.
    fn combination(&self, from: &[u32], to: &[u32]) -> Option<usize> {
        let known = !self.few.is_empty() && from.len() == self.axes.len() && to.len() == from.len();
        let differ = from.iter().zip(to).enumerate().filter(|(_, (from, to))| from != to);
        (known && self.rules.is_empty()).then(|| differ.fold(0, |mask, (axis, _)| mask | 1 << axis))
    }

    /// The columns under the axes whose labels differ; or those of the first condition of either cell, and of all
    /// others with its label: one of them began to hold, or ceased to.
    fn suspects(&self, from: &[u32], to: &[u32]) -> Vec<usize> {
        if let (false, [from], [to]) = (self.rules.is_empty(), from, to) {
            let first = self.rules.iter().find(|(label, _)| label == from || label == to).map(|(label, _)| *label);
            let own = self.rules.iter().filter(|(label, _)| Some(*label) == first).flat_map(|(_, of)| of);
            return if first.is_some() { own.copied().collect() } else { self.everything() };
        }
        if from.len() != self.axes.len() || to.len() != from.len() {
            return self.everything();
        }
        let differ = self.axes.iter().zip(from.iter().zip(to)).filter(|(_, (from, to))| from != to);
        differ.map(|(column, _)| *column).collect()
    }
}

impl World {
    /// Keeps what is behind a customer's cells, before something happens at `at`.
    pub fn remember(&mut self, customer: u32, at: i64) {
        let Some(plan) = &self.moved.traced else { return };
        // Who comes from no cell comes from everything.
        let mut traced = self.moved.segments.iter().enumerate().filter(|(_, segment)| segment.traced);
        if traced.all(|(segment, _)| self.state.member(segment, customer).cell == NONE) {
            return;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut values = vec![f64::NAN; plan.outputs().len()];
        plan.read(self.view(), Asked { customer, peer: NONE, at }, &mut scratch, &mut values);
        self.scratch = scratch;
        self.moved.before.insert(customer, values);
    }
}

fn asked(expr: &Expr) -> Vec<usize> {
    expr.inputs().iter().map(|column| *column as usize).collect()
}

/// What a column of names or of true and false is made of, where that is named columns alone.
fn behind(program: &Program, column: usize) -> Vec<usize> {
    let Some(spec) = program.columns.get(column).filter(|spec| matches!(spec.kind, Type::Key | Type::Bool)) else {
        return Vec::new();
    };
    match &spec.source {
        Source::Formula(expr) => asked(expr),
        Source::Axis { segment, axis } => {
            let own = program.segments.get(*segment);
            own.map_or_else(Vec::new, |own| match own.rules.is_empty() {
                true => own.axes.get(*axis).map(|axis| axis.of).into_iter().collect(),
                false => own.rules.iter().flat_map(|(_, rule)| asked(rule)).collect(),
            })
        }
        Source::Cell(segment) => program.segments.get(*segment).map_or_else(Vec::new, |own| {
            let axes = own.axes.iter().map(|axis| axis.of);
            axes.chain(own.rules.iter().flat_map(|(_, rule)| asked(rule))).collect()
        }),
        Source::Model { model, part: 0 } => {
            let inputs = program.models.get(*model).map_or(&[][..], |(_, model)| model.inputs());
            let named = |input: &Input| match input {
                Input::Column(column) => {
                    program.columns.get(*column).filter(|spec| !spec.name.starts_with('.')).map(|_| *column)
                }
                Input::Histogram(_) => None,
            };
            inputs.iter().map(named).collect::<Option<Vec<usize>>>().unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn name_of(program: &Program, column: usize) -> String {
    let Some(spec) = program.columns.get(column) else { return String::new() };
    match spec.source {
        Source::Set { item, .. } => program.traits.get(item).map_or_else(String::new, |item| item.name.clone()),
        _ => spec.name.trim_start_matches('.').to_owned(),
    }
}
