//! Segments, lowered: axes over columns, or ordered rules.

use std::sync::Arc;

use super::column::{ColumnSpec, Source};
use super::lower::Lowering;
use crate::base::Severity;
use crate::definition::model::{self, Word};
use crate::expr::{Expr, Type};

/// Label of an axis whose column is unknown.
pub(crate) const UNKNOWN: &str = "unknown";
/// Label of a segment by rules when no rule holds.
const OTHER: &str = "other";
/// Labels of an axis over true and false.
const FALSE: &str = "false";
const TRUE: &str = "true";
/// Stands between the labels of a cell's axes.
const SEPARATOR: char = '/';
/// Stands around a label that holds a separator or a quote, or that would read as the cell `unknown`.
const QUOTE: char = '"';

/// The name of a cell: the labels of its axes, as `high/topic_3`; without labels `unknown`.
///
/// Different labels have different names. A label that could be misread is quoted, its quotes doubled.
pub(crate) fn cell_name<'a>(labels: impl Iterator<Item = &'a str>) -> String {
    let written = labels.map(|label| match label == UNKNOWN || label.contains([SEPARATOR, QUOTE]) {
        true => format!("{QUOTE}{}{QUOTE}", label.replace(QUOTE, "\"\"")),
        false => label.to_owned(),
    });
    let name = written.collect::<Vec<_>>().join(&SEPARATOR.to_string());
    if name.is_empty() { UNKNOWN.to_owned() } else { name }
}

/// The labels behind the name of a cell; none behind `unknown`.
pub(crate) fn cell_labels(name: &str) -> Vec<String> {
    let mut labels = vec![String::new()];
    let mut quoted = false;
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, labels.last_mut()) {
            (QUOTE, Some(label)) if quoted && characters.next_if_eq(&QUOTE).is_some() => label.push(QUOTE),
            (QUOTE, _) => quoted = !quoted,
            (SEPARATOR, _) if !quoted => labels.push(String::new()),
            (other, Some(label)) => label.push(other),
            (_, None) => {}
        }
    }
    if name == UNKNOWN { Vec::new() } else { labels }
}

/// How an axis cuts its column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cut {
    /// At quantiles that a fit finds.
    Quantiles(Vec<f64>),
    /// At fixed edges.
    Edges(Vec<f64>),
    /// By the column's own names; the second column, if any, gives the lead of the winner.
    Names {
        /// Column that holds each topic's weight, by which a challenger must lead, if the column has them.
        weights: Vec<(u32, usize)>,
    },
}

/// One axis.
#[derive(Debug)]
pub(crate) struct AxisSpec {
    /// Its name.
    pub name: String,
    /// The column that it cuts.
    pub of: usize,
    /// How.
    pub cut: Cut,
    /// Labels of the intervals, as interned keys; empty for names.
    pub labels: Vec<u32>,
}

/// One segment.
#[derive(Debug)]
pub(crate) struct SegmentSpec {
    /// Its name.
    pub name: Arc<str>,
    /// The interned name.
    pub key: u32,
    /// Its axes; a segment by rules has one axis of the same name.
    pub axes: Vec<AxisSpec>,
    /// Ordered rules: label and condition.
    pub rules: Vec<(u32, Expr)>,
    /// Label of a segment by rules when no rule holds.
    pub other: Option<u32>,
    /// Share of an edge that a value must pass before it leaves.
    pub hysteresis: f64,
    /// Least stay in microseconds.
    pub dwell: i64,
    /// Whether entering a cell asks for a decision.
    pub decide_on_enter: bool,
    /// Columns that it reads.
    pub reads: Vec<usize>,
}

impl Lowering<'_> {
    /// Lowers a segment unless that was done, and adds its columns: the cell and one for each axis.
    pub(super) fn segment(&mut self, index: usize) {
        let model = self.model;
        let Some(segment) = model.segments.get(index) else { return };
        if !self.open_segment(index) {
            return;
        }
        let before = self.problems.len();
        self.name_free(&segment.name);
        let axes: Vec<AxisSpec> = segment.axes.iter().filter_map(|axis| self.axis(axis)).collect();
        let rules = self.rules(segment);
        let sound = self.problems.iter().skip(before).all(|problem| problem.severity == Severity::Warning);
        let lowered = sound && axes.len() == segment.axes.len();
        if lowered {
            self.add_segment(segment, axes, rules);
        }
        self.close_segment(index, lowered);
    }

    fn add_segment(&mut self, segment: &model::Segment, axes: Vec<AxisSpec>, rules: Vec<(u32, Expr)>) {
        let position = self.program.segments.len();
        let name = &segment.name.value;
        self.add_column(ColumnSpec {
            name: name.clone(),
            kind: Type::Key,
            source: Source::Cell(position),
            toward: false,
        });
        for (axis, spec) in axes.iter().enumerate() {
            let source = Source::Axis { segment: position, axis };
            self.add_column(ColumnSpec {
                name: format!("{name}.{}", spec.name),
                kind: Type::Key,
                source,
                toward: false,
            });
        }
        let weights = axes.iter().flat_map(|axis| match &axis.cut {
            Cut::Names { weights } => weights.iter().map(|(_, column)| *column).collect(),
            _ => Vec::new(),
        });
        let conditions = rules.iter().flat_map(|(_, expr)| expr.inputs().iter().map(|column| *column as usize));
        let mut reads: Vec<usize> = axes.iter().map(|axis| axis.of).chain(weights).chain(conditions).collect();
        reads.sort_unstable();
        reads.dedup();
        let key = self.key(name);
        let other = (!rules.is_empty()).then(|| self.key(OTHER));
        self.program.segments.push(SegmentSpec {
            name: name.as_str().into(),
            key,
            axes,
            rules,
            other,
            hysteresis: segment.hysteresis,
            dwell: segment.dwell,
            decide_on_enter: segment.decide_on_enter,
            reads,
        });
    }

    fn axis(&mut self, axis: &model::Axis) -> Option<AxisSpec> {
        let of = self.read_column(&axis.of)?;
        let (kind, toward) = self.program.columns.get(of).map(|column| (column.kind, column.toward))?;
        if toward {
            self.mistake(&axis.of, format!("`{}` needs a peer, and a segment has none", axis.of.value), None);
        }
        let numeric = matches!(kind, Type::Number | Type::Time);
        let cut = match (axis.quantiles.is_empty(), axis.edges.is_empty()) {
            (false, _) if numeric => Cut::Quantiles(axis.quantiles.iter().map(|word| word.value).collect()),
            (_, false) if numeric => Cut::Edges(axis.edges.iter().map(|word| word.value).collect()),
            (true, true) if kind == Type::Bool => Cut::Edges(vec![1.0]),
            (true, true) if !numeric => Cut::Names { weights: self.topic_weights(of) },
            (true, true) => {
                self.mistake(&axis.of, "a numeric axis needs `quantiles` or `edges`", None);
                return None;
            }
            _ => {
                self.mistake(&axis.of, format!("`{}` has names, which need no edges", axis.of.value), None);
                return None;
            }
        };
        let labels = match kind {
            Type::Bool => [FALSE, TRUE].map(|label| self.key(label)).to_vec(),
            _ => axis.labels.iter().map(|label| self.label(label)).collect(),
        };
        Some(AxisSpec { name: axis.name.value.clone(), of, cut, labels })
    }

    /// Columns with the weight of each name of a need space, for its hysteresis.
    fn topic_weights(&mut self, of: usize) -> Vec<(u32, usize)> {
        let Some(name) = self.program.columns.get(of).map(|column| column.name.clone()) else { return Vec::new() };
        let prefix = format!("{name}.");
        let found: Vec<(String, usize)> = self
            .program
            .columns
            .iter()
            .enumerate()
            .filter_map(|(index, column)| column.name.strip_prefix(&prefix).map(|part| (part.to_owned(), index)))
            .filter(|(part, _)| part.starts_with("topic_"))
            .collect();
        found.into_iter().map(|(part, index)| (self.key(&part), index)).collect()
    }

    fn label(&mut self, label: &Word<String>) -> u32 {
        if label.value == UNKNOWN || label.value.contains(SEPARATOR) {
            let message = format!("a label may not be `{UNKNOWN}` or contain `{SEPARATOR}`");
            self.mistake(label, message, None);
        }
        self.key(&label.value)
    }

    fn rules(&mut self, segment: &model::Segment) -> Vec<(u32, Expr)> {
        let mut rules = Vec::new();
        for (label, condition) in &segment.rules {
            let key = self.label(label);
            let Some((expr, toward)) = self.over_columns(condition) else { continue };
            self.expect_type(condition, &expr, Type::Bool);
            if toward {
                self.mistake(condition, "the rule needs a peer, and a segment has none", None);
            }
            rules.push((key, expr));
        }
        rules
    }
}
