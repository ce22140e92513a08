//! The layers of ties that a section names, and their graph.

use crate::base::{Error, ErrorKind, Result};
use crate::definition::Section;
use crate::definition::model::Word;
use crate::graph::Csr;
use crate::program::{Lowering, Population};

/// Layers and what each of them weighs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layers {
    /// Name, position and weight of each.
    pub each: Vec<(String, usize, f64)>,
}

/// What a section says about layers.
pub(super) struct Named {
    layers: Vec<Word<String>>,
    weights: Option<Vec<Word<f64>>>,
}

impl Named {
    /// Reads `layers` and `weights`.
    pub fn read(section: &mut Section<'_, '_>) -> Self {
        Named { layers: section.words("layers"), weights: section.numbers("weights") }
    }

    /// Whether no layer is named.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Finds the one layer that a column follows, through which word of mouth goes; `None` where there were findings.
    pub fn channel(self, model: &str, name: &Word<String>, lowering: &mut Lowering<'_>) -> Option<usize> {
        match self.layers.as_slice() {
            [only] => lowering.channel_named(only),
            [] => None,
            _ => {
                lowering.mistake(name, format!("`{model}` follows one layer"), None);
                None
            }
        }
    }

    /// Finds the layers, through which word of mouth must go, and at least one; `None` where there were findings.
    pub fn channels(self, lowering: &mut Lowering<'_>) -> Option<Layers> {
        let bad = self.layers.iter().filter(|word| lowering.channel_named(word).is_none()).count();
        if bad > 0 || self.layers.is_empty() { None } else { self.find(lowering) }
    }

    /// Finds the layers; `None` where there were findings.
    pub fn find(self, lowering: &mut Lowering<'_>) -> Option<Layers> {
        let weights = self.weights.unwrap_or_default();
        if let (Some(word), false) = (self.layers.first(), weights.is_empty() || weights.len() == self.layers.len()) {
            let message = format!("{} layers have {} weights", self.layers.len(), weights.len());
            lowering.mistake(word, message, Some("give one weight for each layer, in order".to_owned()));
            return None;
        }
        if let Some(word) = weights.iter().find(|word| word.value <= 0.0) {
            lowering.mistake(word, "the weight of a layer must be above 0", None);
            return None;
        }
        let again = |(place, word): &(usize, &Word<String>)| {
            self.layers.iter().take(*place).any(|before| before.value == word.value)
        };
        if let Some((_, word)) = self.layers.iter().enumerate().find(again) {
            lowering.mistake(word, format!("the layer `{}` is named twice", word.value), None);
            return None;
        }
        let find = |(place, word): (usize, &Word<String>)| {
            let tie = lowering.tie_named(word)?;
            Some((word.value.clone(), tie, weights.get(place).map_or(1.0, |weight| weight.value)))
        };
        let each: Vec<_> = self.layers.iter().enumerate().map(find).collect::<Option<_>>()?;
        Some(Layers { each })
    }
}

impl Layers {
    /// The graph of each layer.
    ///
    /// # Errors
    /// `NotEnoughData` where a tie is below zero, which communities and centralities do not take.
    pub fn graphs(&self, population: &dyn Population) -> Result<Vec<Csr>> {
        let graph = |(name, tie, _): &(String, usize, f64)| {
            let graph = population.ties(*tie);
            if graph.least_weight() < 0.0 {
                let message = format!("the layer `{name}` has ties below zero");
                return Err(
                    Error::new(ErrorKind::NotEnoughData, message).hint("keep signed ties in a layer of their own")
                );
            }
            Ok(graph)
        };
        self.each.iter().map(graph).collect()
    }

    /// One graph: the weighted sum of the layers, undirected as soon as one of them is.
    ///
    /// # Errors
    /// As [`Layers::graphs`].
    pub fn graph(&self, population: &dyn Population) -> Result<Csr> {
        let graphs = self.graphs(population)?;
        let weighted: Vec<(&Csr, f64)> = graphs.iter().zip(&self.each).map(|(graph, each)| (graph, each.2)).collect();
        Csr::fuse(&weighted)
    }
}
