//! `[segment.NAME]`: axes over columns, or ordered rules.

use crate::base::Problem;

use super::super::model::{Axis, Segment, Word};
use super::super::node::{Node, NodeValue};
use super::super::section::{Section, mismatch};
use crate::base::likeness::did_you_mean;

/// The cell of customers of whom an axis is not known.
const UNKNOWN: &str = "unknown";

pub(super) fn segment(name: &Word<String>, table: &Node, problems: &mut Vec<Problem>) -> Segment {
    let mut section = Section::new(table, problems);
    section.exclude(&["axis", "rules"], "a segment has axes or rules, never both");
    let axes = section.entries("axis");
    let rules = section.node("rules");
    let hysteresis =
        section.number_where("hysteresis", "a share of at least 0 and below 1", |n| (0.0..1.0).contains(&n));
    let dwell = section.duration_or_zero("dwell");
    let decide_on = section.texts("decide_on").unwrap_or_default();
    for word in &decide_on {
        if word.value != "enter" {
            let message = format!("expected `enter`, found `{}`", word.value);
            section.report(word.problem(message, did_you_mean(&word.value, ["enter"])));
        }
    }
    let empty_rules = matches!(rules.map(|node| &node.value), Some(NodeValue::List(list)) if list.is_empty());
    if (axes.is_empty() && rules.is_none()) || empty_rules {
        let hint = "as in `axis.value = { of = \"spend\", quantiles = [0.5], labels = [\"low\", \"high\"] }`";
        section.report_here("a segment needs at least one axis or one rule", Some(hint.to_owned()));
    }
    section.finish();
    Segment {
        name: name.clone(),
        axes: axes.iter().filter_map(|(name, node)| axis(name, node, problems)).collect(),
        rules: rules.map(|node| read_rules(node, problems)).unwrap_or_default(),
        hysteresis: hysteresis.map_or(0.0, |word| word.value),
        dwell: dwell.map_or(0, |word| word.value),
        decide_on_enter: decide_on.iter().any(|word| word.value == "enter"),
    }
}

fn axis(name: &Word<String>, node: &Node, problems: &mut Vec<Problem>) -> Option<Axis> {
    let mut section = Section::new(node, problems);
    let of = section.required_text("of");
    section.exclude(&["quantiles", "edges"], "an axis has quantiles or edges, never both");
    let quantiles = section.numbers("quantiles");
    let edges = section.numbers("edges");
    for word in quantiles.iter().flatten() {
        if !(word.value > 0.0 && word.value < 1.0) {
            let message = format!("expected a probability between 0 and 1, found {}", word.value);
            section.report(word.problem(message, None));
        }
    }
    rising(&mut section, quantiles.as_deref().unwrap_or_default());
    rising(&mut section, edges.as_deref().unwrap_or_default());
    let labels = labels(&mut section, quantiles.as_ref().or(edges.as_ref()).map(Vec::len));
    section.finish();
    Some(Axis {
        name: name.clone(),
        of: of?,
        quantiles: quantiles.unwrap_or_default(),
        edges: edges.unwrap_or_default(),
        labels,
    })
}

fn rising(section: &mut Section<'_, '_>, numbers: &[Word<f64>]) {
    for (before, after) in numbers.iter().zip(numbers.iter().skip(1)) {
        if after.value <= before.value {
            let message = format!("expected rising numbers, found {} after {}", after.value, before.value);
            section.report(after.problem(message, None));
        }
    }
}

/// Labels, checked against the number of edges; `None` if there are no edges or they are wrong.
fn labels(section: &mut Section<'_, '_>, edges: Option<usize>) -> Vec<Word<String>> {
    let cut = section.has("quantiles") || section.has("edges");
    if let Some(0) = edges {
        section.report_here("an axis needs at least one edge", None);
    }
    let Some(node) = section.node("labels") else {
        if let Some(edges) = edges {
            section.report_here(format!("the key `labels` is missing: expected a list of {} names", edges + 1), None);
        }
        return Vec::new();
    };
    if !cut {
        let problem = mismatch(node, "no labels, since an axis over names is labelled by them");
        section.report(Problem { hint: Some("over numbers, give `quantiles` or `edges`".to_owned()), ..problem });
        return Vec::new();
    }
    let Some(labels) = section.texts("labels") else { return Vec::new() };
    if let Some(edges) = edges.filter(|edges| edges + 1 != labels.len()) {
        let message = format!("expected {} labels for {edges} edges, found {}", edges + 1, labels.len());
        section.report(super::super::problem::error_at(node.place, &node.path, message, None));
    }
    distinct(section, &labels);
    labels
}

fn distinct(section: &mut Section<'_, '_>, labels: &[Word<String>]) {
    let mut seen = std::collections::BTreeSet::new();
    for label in labels {
        if label.value == UNKNOWN {
            let message = format!("`{UNKNOWN}` is the cell of those of whom nothing is known");
            section.report(label.problem(message, None));
        } else if !seen.insert(label.value.as_str()) {
            section.report(label.problem(format!("the label `{}` is given twice", label.value), None));
        }
    }
}

fn read_rules(node: &Node, problems: &mut Vec<Problem>) -> Vec<(Word<String>, Word<String>)> {
    let NodeValue::List(items) = &node.value else {
        problems.push(mismatch(node, "a list of `{ label = \"...\", when = \"...\" }`"));
        return Vec::new();
    };
    let mut rules: Vec<(Word<String>, Word<String>)> = Vec::new();
    for item in items {
        let mut section = Section::new(item, problems);
        let label = section.required_text("label");
        let when = section.required_text("when");
        if let Some(label) = label.as_ref().filter(|label| label.value == UNKNOWN) {
            distinct(&mut section, std::slice::from_ref(label));
        }
        section.finish();
        rules.extend(label.zip(when));
    }
    rules
}
