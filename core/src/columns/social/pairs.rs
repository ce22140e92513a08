//! `[score.NAME] model = "overlap", layers = "talk"`: what the ties around two customers say of them, read
//! live.
//!
//! Toward a peer: `reciprocity`, `common` (neighbours of both), `overlap` (low for a weak tie, a bridge),
//! `adamic_adar` ([`crate::graph::Dyad`]), of one layer; `similarity`, the cosine of the topic shares of the
//! two in the space `needs`. Of a customer alone: `exposure`, the mean of a column `of` over the customers
//! whom the ties of one layer lead to, weighed by their strength. Fold class, as ties are.

use super::layers::Named;
use crate::definition::Section;
use crate::definition::model::Column;
use crate::program::{DyadPart, Kind, Lowered, Lowering, Social};

/// The kind of columns that are read from live ties.
pub(crate) struct PairKind;

/// The words of what ties two customers.
const DYADS: [(&str, DyadPart); 4] = [
    ("reciprocity", DyadPart::Reciprocity),
    ("common", DyadPart::Common),
    ("overlap", DyadPart::Overlap),
    ("adamic_adar", DyadPart::AdamicAdar),
];

impl Kind for PairKind {
    fn owns(&self, column: &Column) -> bool {
        let known =
            |model: &str| ["exposure", "similarity"].contains(&model) || DYADS.iter().any(|(name, _)| *name == model);
        column.section == "score" && column.table.text("model").is_some_and(known)
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let model = column.table.text("model")?;
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        if model == "similarity" {
            let needs = section.required_text("needs");
            section.finish();
            return Some(Lowered::Social(Social::Similarity { topics: lowering.topics_of(&needs?)? }));
        }
        let named = Named::read(&mut section);
        section.require("layers", "the layer of ties");
        let of = if model == "exposure" { section.required_text("of") } else { None };
        section.finish();
        let layers = named.find(lowering)?;
        let [(_, tie, _)] = layers.each.as_slice() else {
            if layers.each.len() > 1 {
                lowering.mistake(&column.name, format!("`{model}` is of one layer"), None);
            }
            return None;
        };
        let tie = *tie;
        match DYADS.iter().find(|(name, _)| *name == model) {
            Some((_, part)) => Some(Lowered::Social(Social::Dyad { tie, part: *part })),
            None => Some(Lowered::Social(Social::Exposure { tie, of: lowering.number_column(&of?)? })),
        }
    }
}
