//! `[score.NAME] model = "mass", of = "clv", community = "circle"`: what the community of a customer weighs.
//!
//! The sum of a column over the members of the customer's community, which adds up over all communities.
//! Parts: `effective` (as many equals would weigh as much), `share` (the customer's own part of it) and
//! `rank` (where the community's mass stands among all customers', 0 to 1). Published by a fit.

use super::values::{Fitted, published};
use crate::base::{Error, ErrorKind, Result};
use crate::data::published::Published;
use crate::definition::Section;
use crate::definition::model::Column;
use crate::expr::Type;
use crate::graph::{community_mass, percentile_ranks};
use crate::program::{ColumnModel, FitOutcome, FittedModel, Input, Kind, Lowered, Lowering, Part, Population};

/// The kind of masses of communities.
pub(crate) struct MassKind;

struct Mass {
    of: usize,
    community: usize,
    parts: [Part; 4],
}

impl Kind for MassKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("mass")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let (of, community) = (section.required_text("of"), section.required_text("community"));
        section.finish();
        let (of, community) = (lowering.number_column(&of?)?, lowering.community_named(&community?)?);
        let parts = ["", "effective", "share", "rank"];
        let parts = parts.map(|name| Part { name: name.to_owned(), kind: Type::Number });
        Some(Lowered::Model(Box::new(Mass { of, community, parts })))
    }
}

impl ColumnModel for Mass {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &[]
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn publishes(&self) -> bool {
        true
    }

    fn is_steady(&self, _part: usize) -> bool {
        true
    }

    fn fit(&self, population: &dyn Population, _previous: Option<&[u8]>) -> Result<FitOutcome> {
        let (weights, words) = (population.column(self.of)?, population.column(self.community)?);
        let inside: Vec<usize> = (0..words.len()).filter(|row| !words[*row].is_nan()).collect();
        if inside.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "nobody is in a community yet"));
        }
        let mut names: Vec<u32> = inside.iter().map(|row| words[*row] as u32).collect();
        names.sort_unstable();
        names.dedup();
        let label = |row: &usize| names.partition_point(|name| *name < words[*row] as u32) as u32;
        let labels: Vec<u32> = inside.iter().map(label).collect();
        let masses = community_mass(&labels, &inside.iter().map(|row| weights[*row]).collect::<Vec<_>>())?;
        let mut columns = [const { Vec::new() }; 3];
        columns.iter_mut().for_each(|column| column.resize(words.len(), f64::NAN));
        for (row, label) in inside.iter().zip(&labels) {
            let mass = masses[*label as usize];
            let values = [mass.total, mass.effective, weights[*row] / mass.total];
            columns.iter_mut().zip(values).for_each(|(column, value)| column[*row] = value);
        }
        let [total, effective, share] = columns;
        let ranks = percentile_ranks(&total);
        let sum = masses.iter().map(|mass| mass.total).sum();
        let diagnostics = vec![("communities".to_owned(), masses.len() as f64), ("mass".to_owned(), sum)];
        let parameters = published(&[&total, &effective, &share, &ranks]).encode();
        Ok(FitOutcome { parameters, diagnostics, ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        Ok(Box::new(Fitted { published: parameters.map(Published::decode).transpose()?.unwrap_or_default() }))
    }
}
