//! `[score.NAME] model = "influence", layers = "talk", value = "clv"`: the customer influence value, what a
//! whisper in this one ear sets in motion (weighted cascade), in units of the column `value`.
//!
//! The column is the value of those whom the customer alone would reach beyond itself, by `sets`
//! reverse-reachable sets ([`crate::graph::influence_values`]). Parts: `rank` among all customers, 0 to 1, and
//! `credit`: what falls to the customer, beyond its own value, where the value of everyone is shared alike
//! among all who would have moved them. Credits sum to zero: added to lifetime values they count nothing twice,
//! while the column itself counts whoever two customers reach for both. Published by a fit.
//!
//! Keys: `layers`, `weights`, `reverse`, `value`, `sets`.

use super::layers::{Layers, Named};
use super::values::{Found, Survey, Surveyed, nothing_yet};
use crate::base::Result;
use crate::data::published::Published;
use crate::definition::Section;
use crate::definition::model::Column;
use crate::graph::{InfluenceValues, SpreadModel, WordOfMouth, influence_values, percentile_ranks};
use crate::program::{Kind, Lowered, Lowering, Population};

/// The kind of influence values.
pub(crate) struct InfluenceKind;

/// Sets that an estimate draws: a standard error of a third of a percent of all value.
const SETS: usize = 100_000;

struct Influence {
    layers: Layers,
    reverse: bool,
    value: Option<usize>,
    sets: usize,
}

impl Kind for InfluenceKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("influence")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let named = Named::read(&mut section);
        section.require("layers", "the layers of ties that a whisper goes over");
        let reverse = section.flag("reverse").is_some_and(|word| word.value);
        let (value, sets) = (section.text("value"), section.integer("sets", 1));
        section.finish();
        let layers = named.channels(lowering)?;
        let value = match value {
            Some(word) => Some(lowering.number_column(&word)?),
            None => None,
        };
        let sets = sets.map_or(SETS, |word| word.value as usize);
        Some(Surveyed::lowered(Influence { layers, reverse, value, sets }, &["", "rank", "credit"]))
    }
}

impl Survey for Influence {
    fn survey(&self, population: &dyn Population, before: Option<&Published>) -> Result<Found> {
        let graph = self.layers.graph(population)?;
        if graph.arcs() == 0 {
            nothing_yet(before, "nobody has a tie yet")?;
        }
        let graph = if self.reverse { graph.transpose() } else { graph };
        let mut value = match self.value {
            Some(column) => population.column(column)?,
            None => vec![1.0; graph.nodes()],
        };
        for (node, value) in (0u32..).zip(&mut value) {
            *value = if *value > 0.0 && value.is_finite() && population.is_live(node) { *value } else { 0.0 };
        }
        let mut found = if value.iter().all(|value| *value == 0.0) {
            nothing_yet(before, "nobody is worth reaching yet")?;
            InfluenceValues { spread: vec![0.0; graph.nodes()], credit: vec![0.0; graph.nodes()] }
        } else {
            let chances = WordOfMouth::weighted(&graph, SpreadModel::IndependentCascade)?;
            influence_values(&chances, &value, self.sets, population.seed())?
        };
        let gone = |node: &u32| !population.is_live(*node);
        (0..graph.nodes() as u32).filter(gone).for_each(|node| found.spread[node as usize] = f64::NAN);
        let ranks = percentile_ranks(&found.spread);
        let diagnostics = vec![
            ("ties".to_owned(), graph.edges() as f64),
            ("value".to_owned(), value.iter().sum()),
            ("largest".to_owned(), found.spread.iter().copied().fold(f64::NAN, f64::max)),
        ];
        Ok(Found { columns: vec![found.spread, ranks, found.credit], diagnostics, ..Found::default() })
    }
}
