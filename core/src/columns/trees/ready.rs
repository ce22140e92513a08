//! Reading and explaining the models of files.

use std::sync::Arc;

use super::{Model, width};
use crate::program::{Explained, FittedModel, Inputs};

/// The champion, and the challenger behind it, ready to be read.
pub(super) struct Ready {
    pub models: Arc<Vec<Model>>,
}

impl Model {
    /// Every part of a row from its raw scores.
    fn finish(&self, raw: &[f64], out: &mut [f64]) {
        let mut predicted = raw.to_vec();
        self.scorer.finish(&mut predicted);
        let first = match predicted.as_slice() {
            [only] => {
                out.iter_mut().zip([*only].iter().chain(raw)).for_each(|(place, value)| *place = *value);
                return;
            }
            // The first of equals.
            classes => classes.iter().enumerate().rev().max_by(|a, b| a.1.total_cmp(b.1)).map(|(class, _)| class),
        };
        let first = first.map_or(f64::NAN, |class| class as f64);
        let all = std::iter::once(&first).chain(&predicted).chain(raw);
        out.iter_mut().zip(all).for_each(|(place, value)| *place = *value);
    }

    /// Parts of a row.
    fn width(&self) -> usize {
        width(self.scorer.outputs())
    }

    /// The parts of rows of this model's own columns.
    fn read(&self, values: &[f64], out: &mut [f64]) {
        let (outputs, width) = (self.scorer.outputs(), self.width());
        let mut raw = vec![f64::NAN; out.len() / width * outputs];
        self.scorer.raw(&self.binding.features(values), &mut raw);
        out.chunks_mut(width).zip(raw.chunks(outputs)).for_each(|(out, raw)| self.finish(raw, out));
    }

    fn explain(&self, values: &[f64], part: usize) -> Explained {
        let outputs = self.scorer.outputs();
        let mut all = vec![f64::NAN; self.width()];
        self.read(values, &mut all);
        let value = all.get(part).copied().unwrap_or(f64::NAN);
        let mut evidence: Vec<(String, f64)> = self.binding.names.iter().cloned().zip(values.iter().copied()).collect();
        let whole = |evidence| Explained { value, parts: vec![("value".to_owned(), value)], evidence };
        let raw = all.len() - outputs;
        // Of a class, and of the column that names the likeliest, the parts are of that class's raw score.
        let (output, stretched) = match (outputs, part.checked_sub(raw), part.checked_sub(1)) {
            (_, Some(output), _) => (output, false),
            (1, None, _) => (0, true),
            (_, None, Some(class)) => (class, false),
            (_, None, None) if value.is_nan() => return whole(evidence),
            (_, None, None) => (value as usize, false),
        };
        let score = all.get(raw + output).copied().unwrap_or(f64::NAN);
        let Some(mut told) = self.scorer.tell(&self.binding.features(values), output) else {
            return whole(evidence);
        };
        if outputs > 1 && part < raw {
            evidence.push((format!("raw_{output}"), score));
        }
        let reached = if stretched { value } else { score };
        if stretched {
            evidence.push(("raw".to_owned(), score));
            let total: f64 = told.shares.iter().sum();
            let mut expected = [told.base];
            self.scorer.finish(&mut expected);
            let [expected] = expected;
            let scale = if total == 0.0 { 0.0 } else { (value - expected) / total };
            told.shares.iter_mut().for_each(|share| *share *= scale);
            told.base = expected;
        }
        evidence.append(&mut told.evidence);
        // What rounding, of f32 margins above all, leaves over.
        let base = told.base + (reached - (told.base + told.shares.iter().sum::<f64>()));
        let parts =
            std::iter::once(("base".to_owned(), base)).chain(self.binding.names.iter().cloned().zip(told.shares));
        Explained { value, parts: parts.collect(), evidence }
    }
}

impl Ready {
    /// Every model with the places of its columns and of its parts in a row.
    fn places(&self) -> impl Iterator<Item = (&Model, std::ops::Range<usize>, std::ops::Range<usize>)> {
        let mut from = (0, 0);
        self.models.iter().map(move |model| {
            let (columns, parts) = (from.0..from.0 + model.binding.names.len(), from.1..from.1 + model.width());
            from = (columns.end, parts.end);
            (model, columns, parts)
        })
    }
}

impl FittedModel for Ready {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        self.read_rows(inputs.values, out);
    }

    fn read_rows(&self, values: &[f64], out: &mut [f64]) {
        if let [only] = self.models.as_slice() {
            return only.read(values, out);
        }
        let all: usize = self.places().map(|(_, _, parts)| parts.len()).sum();
        let width: usize = self.places().map(|(_, columns, _)| columns.len()).sum();
        for (model, columns, parts) in self.places() {
            let own: Vec<f64> =
                values.chunks(width).flat_map(|row| row.get(columns.clone()).unwrap_or(&[])).copied().collect();
            let mut found = vec![f64::NAN; out.len() / all * parts.len()];
            model.read(&own, &mut found);
            for (row, found) in out.chunks_mut(all).zip(found.chunks(parts.len())) {
                row.iter_mut().skip(parts.start).zip(found).for_each(|(place, value)| *place = *value);
            }
        }
    }

    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let found = self.places().find(|(_, _, parts)| parts.contains(&part));
        let Some((model, columns, parts)) = found else {
            return Explained { value: f64::NAN, parts: Vec::new(), evidence: Vec::new() };
        };
        model.explain(inputs.values.get(columns).unwrap_or(&[]), part - parts.start)
    }
}
