//! Cells of segments as people read them: a name, and the rule that leads there.

use super::world::World;
use crate::columns::{between, labelled};
use crate::program::{AxisSpec, Cut, Described, SegmentSpec, Source, UNKNOWN, cell_labels};

impl World {
    /// What a cell of a segment means.
    pub fn describe(&self, segment: usize, cell: &str) -> Described {
        let plain = |title: &str, rule: &str| Described { title: title.to_owned(), rule: rule.to_owned() };
        let Some(spec) = self.program.segments.get(segment) else { return plain(cell, "") };
        if cell == UNKNOWN {
            return plain(UNKNOWN, "");
        }
        let labels = cell_labels(cell);
        if !spec.rules.is_empty() {
            return plain(cell, &self.condition(spec, &labels));
        }
        let parts: Vec<Described> = spec
            .axes
            .iter()
            .enumerate()
            .zip(&labels)
            .map(|((axis, of), label)| self.describe_label((segment, axis), of, label))
            .collect();
        let join = |of: &dyn Fn(&Described) -> &str, by: &str| parts.iter().map(of).collect::<Vec<&str>>().join(by);
        Described { title: join(&|part| &part.title, " / "), rule: join(&|part| &part.rule, " && ") }
    }

    /// The condition under a label of a segment by rules, as it was declared.
    fn condition(&self, spec: &SegmentSpec, labels: &[String]) -> String {
        let declared = self.definition.model().segments.iter().find(|segment| segment.name.value == *spec.name);
        let rules = declared.into_iter().flat_map(|segment| &segment.rules);
        let found =
            rules.filter(|(label, _)| labels.first() == Some(&label.value)).map(|(_, when)| when.value.as_str());
        let conditions: Vec<&str> = found.collect();
        match conditions.as_slice() {
            [one] => (*one).to_owned(),
            several => several.iter().map(|when| format!("({when})")).collect::<Vec<String>>().join(" || "),
        }
    }

    fn describe_label(&self, place: (usize, usize), axis: &AxisSpec, label: &str) -> Described {
        let column = self.program.columns.get(axis.of);
        let name = column.map_or("", |column| column.name.as_str());
        let position = axis.labels.iter().position(|known| self.state.keys.text(*known) == label);
        let edges = match &axis.cut {
            Cut::Names { .. } => {
                let source = column.map(|column| &column.source);
                let said = if let Some(Source::Model { model, part: 0 }) = source {
                    self.model_says(*model, label)
                } else {
                    None
                };
                return said.unwrap_or_else(|| Described {
                    title: label.to_owned(),
                    rule: labelled(name, &[label.to_owned()], false, true),
                });
            }
            Cut::Edges(edges) => edges.as_slice(),
            Cut::Quantiles(_) => self.edges.get(place.0, place.1).unwrap_or(&[]),
        };
        let is_flag = column.is_some_and(|column| column.kind == crate::expr::Type::Bool);
        let rule = match position {
            _ if is_flag => labelled(name, &[label.to_owned()], true, true),
            Some(at) => {
                between(name, at.checked_sub(1).and_then(|below| edges.get(below)).copied(), edges.get(at).copied())
            }
            None => String::new(),
        };
        Described { title: if is_flag { format!("{name} {label}") } else { label.to_owned() }, rule }
    }

    /// What a fitted model says of one of its names.
    fn model_says(&self, model: usize, label: &str) -> Option<Described> {
        let key = self.state.keys.get(label)?;
        self.fitted.get(model)?.describe(key, &|key| self.state.keys.text(key).to_owned())
    }
}
