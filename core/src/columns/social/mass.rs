//! `[score.NAME] model = "mass", of = "clv", community = "circle"`: what the community of a customer weighs.
//!
//! The sum of a column over the members of the customer's community, which adds up over all communities.
//! Parts: `effective` (as many equals would weigh as much), `share` (the customer's own part of it), `rank`
//! (where the community's mass stands among all communities', 0 to 1) and `mean` (over the members of whom it is
//! known: the speed of a community, where the column is that of its members). Published by a fit.

use super::values::{Found, Survey, Surveyed, nothing_yet};
use crate::base::Result;
use crate::data::published::Published;
use crate::definition::Section;
use crate::definition::model::Column;
use crate::graph::{community_mass, percentile_ranks};
use crate::program::{Kind, Lowered, Lowering, Population};

/// The kind of masses of communities.
pub(crate) struct MassKind;

struct Mass {
    of: usize,
    community: usize,
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
        Some(Surveyed::lowered(Mass { of, community }, &["", "effective", "share", "rank", "mean"]))
    }
}

impl Survey for Mass {
    fn survey(&self, population: &dyn Population, before: Option<&Published>) -> Result<Found> {
        let (weights, words) = (population.column(self.of)?, population.column(self.community)?);
        let groups = Groups::new(&words);
        if groups.inside.is_empty() {
            nothing_yet(before, "nobody is in a community yet")?;
        }
        let inside: Vec<f64> = groups.inside.iter().map(|row| weights[*row]).collect();
        let masses = community_mass(&groups.label, &inside)?;
        let ranks = percentile_ranks(&masses.iter().map(|mass| mass.total).collect::<Vec<_>>());
        let mut known = vec![0.0; masses.len()];
        groups
            .label
            .iter()
            .zip(&inside)
            .for_each(|(label, x)| known[*label as usize] += f64::from(u8::from(!x.is_nan())));
        let mut columns = vec![vec![f64::NAN; words.len()]; 5];
        for (row, label) in groups.inside.iter().zip(&groups.label) {
            let at = *label as usize;
            let mass = masses[at];
            let values = [mass.total, mass.effective, weights[*row] / mass.total, ranks[at], mass.total / known[at]];
            columns.iter_mut().zip(values).for_each(|(column, value)| column[*row] = value);
        }
        let sum = masses.iter().map(|mass| mass.total).sum();
        let diagnostics = vec![("communities".to_owned(), masses.len() as f64), ("mass".to_owned(), sum)];
        Ok(Found { columns, diagnostics, ..Found::default() })
    }
}

/// Customers by the community that they are in.
pub(super) struct Groups {
    /// Who is in one.
    pub inside: Vec<usize>,
    /// The number of the community of each of those.
    pub label: Vec<u32>,
}

impl Groups {
    /// From the word of each customer's community; NaN is in none.
    pub fn new(words: &[f64]) -> Groups {
        let inside: Vec<usize> = (0..words.len()).filter(|row| !words[*row].is_nan()).collect();
        let mut names: Vec<u32> = inside.iter().map(|row| words[*row] as u32).collect();
        names.sort_unstable();
        names.dedup();
        let label = |row: &usize| names.partition_point(|name| *name < words[*row] as u32) as u32;
        let label = inside.iter().map(label).collect();
        Groups { inside, label }
    }
}
