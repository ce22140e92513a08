//! `[score.NAME] model = "overlap", layers = "talk"`: what the ties around two customers say of them, read
//! live.
//!
//! Toward a peer: `reciprocity`, `common` (neighbours of both), `overlap` (low for a weak tie, a bridge),
//! `adamic_adar` ([`crate::graph::Dyad`]), of one layer; `similarity`, the cosine of the topic shares of the
//! two in the space `needs`; `trust`, the tie to the peer, or where there is none what those say whom the
//! customer trusts most, along chains of at most `hops` ties ([`crate::graph::propagated_trust`]).
//!
//! `membership` is the share of the customer's ties, in both directions, that are with members of the community
//! (`community`) of the peer: over all communities they sum to 1. `mixing`, of a customer alone, is the
//! entropy of these shares in nats, 0 where all ties are with one community.
//!
//! `exposure` is the mean of a column `of` over the customers whom the ties of one layer lead to, weighed by
//! their strength: of the customer alone, or, where `of` is toward a peer, what they have of that peer, such
//! as their experience of an item. Fold class, as ties are.

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

/// Longest chain of trust.
const HOPS: usize = 3;

impl Kind for PairKind {
    fn owns(&self, column: &Column) -> bool {
        let known = |model: &str| {
            ["exposure", "similarity", "trust", "membership", "mixing"].contains(&model)
                || DYADS.iter().any(|(name, _)| *name == model)
        };
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
        let belongs = ["membership", "mixing"].contains(&model);
        let community = if belongs { section.text("community") } else { None };
        let hops = if model == "trust" { section.integer("hops", 1) } else { None };
        section.finish();
        let layers = named.find(lowering)?;
        let [(_, tie, _)] = layers.each.as_slice() else {
            if layers.each.len() > 1 {
                lowering.mistake(&column.name, format!("`{model}` is of one layer"), None);
            }
            return None;
        };
        let tie = *tie;
        Some(Lowered::Social(match (model, DYADS.iter().find(|(name, _)| *name == model)) {
            (_, Some((_, part))) => Social::Dyad { tie, part: *part },
            ("trust", _) => Social::Trust { tie, hops: hops.map_or(HOPS, |word| word.value as usize) },
            ("membership" | "mixing", _) => {
                let community = lowering.community_of(community.as_ref(), &column.name)?;
                Social::Membership { tie, community, toward: model == "membership" }
            }
            _ => {
                let (of, toward) = lowering.numbers_named(&of?)?;
                Social::Exposure { tie, of, toward }
            }
        }))
    }
}
