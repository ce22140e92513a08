//! The model of a file: trees that others trained, or a scorecard.

use crate::base::Result;
use crate::models;
use crate::models::scorecard::Scorecard;
use crate::models::trees::{Node, Trees};
use crate::models::watch::Input;

/// A model that scores rows of features.
pub(super) enum Scorer {
    Trees(Box<Trees>),
    Card(Scorecard, Vec<Input>),
}

/// The parts of one value of a scorer: the share of each feature, what is there without any, and further figures.
pub(super) struct Told {
    pub shares: Vec<f64>,
    pub base: f64,
    pub evidence: Vec<(String, f64)>,
}

impl Scorer {
    /// # Errors
    /// As [`Trees::read`] and [`Scorecard::from_json`].
    pub fn read(file: &[u8]) -> Result<Scorer> {
        if !Scorecard::is_json(file) {
            return Trees::read(file).map(|trees| Scorer::Trees(Box::new(trees)));
        }
        let card = Scorecard::from_json(file)?;
        let inputs = card.signature().inputs;
        Ok(Scorer::Card(card, inputs))
    }

    /// The features, in the order of a row.
    pub fn features(&self) -> &[Input] {
        match self {
            Scorer::Trees(trees) => &trees.signature().inputs,
            Scorer::Card(_, inputs) => inputs,
        }
    }

    /// Raw numbers that a row gives.
    pub fn outputs(&self) -> usize {
        match self {
            Scorer::Trees(trees) => trees.outputs(),
            Scorer::Card(..) => 1,
        }
    }

    /// Whether it asks anything of each feature.
    pub fn used(&self) -> Vec<bool> {
        let Scorer::Trees(trees) = self else { return vec![true; self.features().len()] };
        let mut used = vec![false; trees.features()];
        for node in trees.parts().trees.iter().flat_map(|tree| &tree.nodes) {
            if let Node::Split { feature, .. } = node {
                used.iter_mut().skip(*feature as usize).take(1).for_each(|used| *used = true);
            }
        }
        used
    }

    /// The raw numbers of many rows, with the bits of one after another; unknown where a row has other features.
    pub fn raw(&self, features: &[f64], raw: &mut [f64]) {
        raw.fill(f64::NAN);
        let (width, one) = (self.features().len(), raw.len() == self.outputs());
        let rows = models::Inputs::from_rows(features, width);
        let scored = match (self, rows) {
            (Scorer::Trees(trees), _) if one => trees.raw_row(features, raw),
            (Scorer::Trees(trees), Ok(rows)) => trees.raw(&rows, 1, raw),
            (Scorer::Card(card, _), _) if one => card.score(features).map(|score| raw.fill(score)),
            (Scorer::Card(card, _), Ok(rows)) => card.score_rows(&rows, raw),
            (_, Err(_)) => return,
        };
        if scored.is_err() {
            raw.fill(f64::NAN);
        }
    }

    /// From the raw numbers of a row to its predictions, in place: a scorecard's is the probability of the event.
    pub fn finish(&self, raw: &mut [f64]) {
        match self {
            Scorer::Trees(trees) => trees.finish(raw),
            Scorer::Card(card, _) => raw.iter_mut().for_each(|score| *score = card.event_probability(*score)),
        }
    }

    /// The shares of the features in a raw number; what a card's feature gives less than its best bin is evidence.
    pub fn tell(&self, features: &[f64], output: usize) -> Option<Told> {
        match self {
            Scorer::Trees(trees) => {
                let mut all = vec![0.0; trees.outputs() * (features.len() + 1)];
                let rows = models::Inputs::from_rows(features, features.len()).ok()?;
                trees.contributions(&rows, 1, &mut all).ok()?;
                let of = all.chunks(features.len() + 1).nth(output)?;
                let (base, shares) = of.split_last()?;
                Some(Told { shares: shares.to_vec(), base: *base, evidence: Vec::new() })
            }
            Scorer::Card(card, inputs) => {
                let reasons = card.reasons(features, inputs.len()).ok()?;
                let short = |reason: &models::scorecard::Reason| {
                    Some((format!("{} short", inputs.get(reason.feature)?.name), reason.short))
                };
                let evidence = reasons.iter().filter_map(short).collect();
                Some(Told { shares: card.points(features).ok()?, base: 0.0, evidence })
            }
        }
    }
}
