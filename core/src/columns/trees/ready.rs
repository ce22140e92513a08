//! Reading and explaining imported trees.

use std::sync::Arc;

use super::{Model, names};
use crate::models;
use crate::program::{Explained, FittedModel, Inputs};

/// The model, ready to be read.
pub(super) struct Ready {
    pub model: Arc<Model>,
}

impl Ready {
    /// Every part of a row from its raw scores.
    fn finish(&self, raw: &[f64], out: &mut [f64]) {
        let mut predicted = raw.to_vec();
        self.model.trees.finish(&mut predicted);
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

    /// What each feature adds to a raw score, and what is expected where nothing is known.
    fn contributions(&self, features: &[f64], output: usize) -> Option<(Vec<f64>, f64)> {
        let trees = &self.model.trees;
        let mut all = vec![0.0; trees.outputs() * (features.len() + 1)];
        let rows = models::Inputs::from_rows(features, features.len()).ok()?;
        trees.contributions(&rows, 1, &mut all).ok()?;
        let of = all.chunks(features.len() + 1).nth(output)?;
        of.split_last().map(|(expected, shares)| (shares.to_vec(), *expected))
    }
}

impl FittedModel for Ready {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        self.read_rows(inputs.values, out);
    }

    fn read_rows(&self, values: &[f64], out: &mut [f64]) {
        let Model { trees, binding } = &*self.model;
        let (features, outputs) = (binding.features(values), trees.outputs());
        let width = if outputs == 1 { 2 } else { 1 + 2 * outputs };
        let mut raw = vec![f64::NAN; out.len() / width * outputs];
        let scored = match raw.len() == outputs {
            true => trees.raw_row(&features, &mut raw),
            false => {
                models::Inputs::from_rows(&features, trees.features()).and_then(|rows| trees.raw(&rows, 1, &mut raw))
            }
        };
        if scored.is_ok() {
            out.chunks_mut(width).zip(raw.chunks(outputs)).for_each(|(out, raw)| self.finish(raw, out));
        }
    }

    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let Model { trees, binding } = &*self.model;
        let named: Vec<String> = names(trees.outputs()).collect();
        let mut all = vec![f64::NAN; named.len()];
        self.read(inputs, &mut all);
        let value = all.get(part).copied().unwrap_or(f64::NAN);
        let mut evidence: Vec<(String, f64)> =
            binding.names.iter().cloned().zip(inputs.values.iter().copied()).collect();
        let whole = |evidence| Explained { value, parts: vec![("value".to_owned(), value)], evidence };
        let raw = named.len() - trees.outputs();
        let (output, stretched) = match (trees.outputs(), part.checked_sub(raw)) {
            (_, Some(output)) => (output, false),
            (1, None) => (0, true),
            _ => return whole(evidence),
        };
        let Some((mut shares, mut base)) = self.contributions(&binding.features(inputs.values), output) else {
            return whole(evidence);
        };
        if stretched {
            evidence.extend(all.get(raw).map(|raw| ("raw".to_owned(), *raw)));
            let total: f64 = shares.iter().sum();
            let mut expected = [base];
            trees.finish(&mut expected);
            let [expected] = expected;
            let scale = if total == 0.0 { 0.0 } else { (value - expected) / total };
            shares.iter_mut().for_each(|share| *share *= scale);
            base = expected;
        }
        // What rounding, of f32 margins above all, leaves over.
        base += value - (base + shares.iter().sum::<f64>());
        let parts = std::iter::once(("base".to_owned(), base)).chain(binding.names.iter().cloned().zip(shares));
        Explained { value, parts: parts.collect(), evidence }
    }
}
