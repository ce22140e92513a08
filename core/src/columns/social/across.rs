//! `[score.NAME] model = "across", layers = "talk", of = "country"`: ties that leave a region.
//!
//! The share of the strength of the customer's ties that leads to customers elsewhere: of another name in the column
//! `of`, such as a country, a region or a time zone. Parts: `names` (how many other names the ties lead to) and `rank`
//! (among all, 0 to 1). Unknown for who has no name, or no tie to one who has. The report of the fit
//! tells the `assortativity` of the ties (Newman 2003: 1 where none leaves its region, 0 by chance). Published by a fit.
//!
//! Keys: `layers`, `weights`, `reverse`, `of`.

use super::layers::{Layers, Named};
use super::values::{Found, Survey, Surveyed, nothing_yet};
use crate::base::Result;
use crate::data::published::Published;
use crate::definition::Section;
use crate::definition::model::{Column, Word};
use crate::expr::Type;
use crate::graph::{categorical_assortativity, percentile_ranks};
use crate::program::{Kind, Lowered, Lowering, Population};

/// The kind of ties across regions.
pub(crate) struct AcrossKind;

struct Across {
    layers: Layers,
    reverse: bool,
    of: usize,
}

/// The column of names of a customer alone that a word stands for; reports any other.
pub(super) fn names(word: &Word<String>, lowering: &mut Lowering<'_>) -> Option<usize> {
    let column = lowering.read_column(word)?;
    let spec = lowering.program.columns.get(column)?;
    let fits = spec.kind == Type::Key && !spec.toward;
    if !fits {
        lowering.mistake(word, format!("`{}` has no name for a customer, such as that of a region", word.value), None);
    }
    fits.then_some(column)
}

impl Kind for AcrossKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("across")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let named = Named::read(&mut section);
        section.require("layers", "the layers of ties that may leave a region");
        let reverse = section.flag("reverse").is_some_and(|word| word.value);
        let of = section.required_text("of");
        section.finish();
        let (of, layers) = (names(&of?, lowering)?, named.find(lowering)?);
        if layers.each.is_empty() {
            return None;
        }
        Some(Surveyed::lowered(Across { layers, reverse, of }, &["", "names", "rank"]))
    }
}

impl Survey for Across {
    fn survey(&self, population: &dyn Population, before: Option<&Published>) -> Result<Found> {
        let graph = self.layers.graph(population)?;
        if graph.arcs() == 0 {
            nothing_yet(before, "nobody has a tie yet")?;
        }
        let graph = if self.reverse { graph.transpose() } else { graph };
        let names = population.column(self.of)?;
        let (mut share, mut others) = (vec![f64::NAN; names.len()], vec![f64::NAN; names.len()]);
        let mut met = Vec::new();
        for node in (0..graph.nodes()).filter(|node| !names[*node].is_nan()) {
            met.clear();
            let (mut away, mut all) = (0.0, 0.0);
            for (other, strength) in graph.ties(node as u32) {
                let name = names[other as usize];
                if name.is_nan() {
                    continue;
                }
                all += strength;
                if name != names[node] {
                    away += strength;
                    met.push(name as u32);
                }
            }
            if all > 0.0 {
                met.sort_unstable();
                met.dedup();
                (share[node], others[node]) = (away / all, met.len() as f64);
            }
        }
        let category: Vec<u32> = names.iter().map(|name| if name.is_nan() { u32::MAX } else { *name as u32 }).collect();
        let mut known: Vec<u32> = category.iter().copied().filter(|name| *name != u32::MAX).collect();
        known.sort_unstable();
        known.dedup();
        let diagnostics = vec![
            ("assortativity".to_owned(), categorical_assortativity(&graph, &category)?),
            ("names".to_owned(), known.len() as f64),
            ("ties".to_owned(), graph.edges() as f64),
        ];
        let ranks = percentile_ranks(&share);
        Ok(Found { columns: vec![share, others, ranks], diagnostics, ..Found::default() })
    }
}
