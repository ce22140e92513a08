//! Which columns moved where a customer went from one cell to another.

use std::sync::Arc;

use crate::expr::Expr;
use crate::program::{Program, SegmentSpec, Source};

/// Axes of a segment, all combinations of which have their text ready.
const FEW: usize = 6;

/// Of each segment, what can move in it.
#[derive(Debug, Default)]
pub(super) struct Moved {
    segments: Vec<Segment>,
}

#[derive(Debug)]
struct Segment {
    /// The column under each axis.
    axes: Vec<String>,
    /// The text of each combination of axes, where they are few.
    few: Vec<Arc<str>>,
    /// Label and columns of each condition, in order.
    rules: Vec<(u32, Arc<str>)>,
    /// Everything that the segment goes by.
    all: Arc<str>,
}

impl Moved {
    pub fn new(program: &Program) -> Self {
        Moved { segments: program.segments.iter().map(|segment| Segment::new(program, segment)).collect() }
    }

    /// The columns that took a customer from the labels of one cell to those of another, with commas between them:
    /// those under the axes whose labels differ, or those of the condition that began or ceased to hold. All of them
    /// from or to the cell `unknown`, which may have come of any, and from a cell of an older definition.
    pub fn of(&self, segment: usize, from: &[u32], to: &[u32]) -> Arc<str> {
        let Some(segment) = self.segments.get(segment) else { return Arc::from("") };
        if !segment.rules.is_empty() {
            return segment.condition(from, to);
        }
        if from.len() != segment.axes.len() || to.len() != from.len() {
            return Arc::clone(&segment.all);
        }
        let differ = |axis: &usize| from.get(*axis) != to.get(*axis);
        let mask = (0..from.len().min(FEW)).filter(differ).fold(0_usize, |mask, axis| mask | 1 << axis);
        match segment.few.get(mask) {
            Some(text) => Arc::clone(text),
            None => names((0..from.len()).filter(differ).filter_map(|axis| segment.axes.get(axis))),
        }
    }
}

impl Segment {
    fn new(program: &Program, spec: &SegmentSpec) -> Self {
        let named = |column: &usize| {
            program.columns.get(*column).map(|column| match column.source {
                Source::Set { item, .. } => program.traits.get(item).map_or("", |item| item.name.as_str()),
                _ => column.name.trim_start_matches('.'),
            })
        };
        let axes: Vec<String> = spec.axes.iter().filter_map(|axis| named(&axis.of)).map(str::to_owned).collect();
        let few = if axes.len() <= FEW { 1_usize << axes.len() } else { 0 };
        let few = (0..few)
            .map(|mask| names(axes.iter().enumerate().filter(|(axis, _)| mask >> axis & 1 == 1).map(|(_, name)| name)));
        let asked = |expr: &Expr| expr.inputs().iter().map(|column| *column as usize).collect::<Vec<usize>>();
        let rule = |(label, expr): &(u32, Expr)| (*label, names(asked(expr).iter().filter_map(named)));
        let everything: Vec<usize> = match spec.rules.is_empty() {
            true => spec.axes.iter().map(|axis| axis.of).collect(),
            false => spec.rules.iter().flat_map(|(_, expr)| asked(expr)).collect(),
        };
        Segment {
            few: few.collect(),
            rules: spec.rules.iter().map(rule).collect(),
            all: names(everything.iter().filter_map(named)),
            axes,
        }
    }

    /// The columns of the first condition of either cell: that one began to hold, or ceased to. Where a cell has
    /// several conditions, the first.
    fn condition(&self, from: &[u32], to: &[u32]) -> Arc<str> {
        let ([from], [to]) = (from, to) else { return Arc::clone(&self.all) };
        let first = self.rules.iter().find(|(label, _)| label == from || label == to);
        first.map_or_else(|| Arc::clone(&self.all), |(_, columns)| Arc::clone(columns))
    }
}

/// Names as one text, each once.
fn names(found: impl Iterator<Item = impl AsRef<str>>) -> Arc<str> {
    let mut text = String::new();
    let mut known: Vec<String> = Vec::new();
    for name in found {
        let name = name.as_ref();
        if !known.iter().any(|known| known == name) {
            text.push_str(if known.is_empty() { "" } else { ", " });
            text.push_str(name);
            known.push(name.to_owned());
        }
    }
    text.into()
}
