//! Every kind of column: how it is declared, what it keeps, how it is fitted, read and explained.
//!
//! One folder a kind. A kind declares its inputs and gets slices; [`plan`] knows the state.

mod clv;
mod dyads;
mod engagement;
mod explain;
mod formula;
mod grown;
mod hidden;
mod host;
mod humps;
mod knowledge;
mod loyalty;
mod micro;
mod motion;
mod needs;
mod next;
mod opportunities;
mod order;
mod pipeline;
mod plan;
mod pooled;
mod price;
mod rfm;
mod social;
mod survival;
#[cfg(test)]
mod tests;
mod text;
mod toward;
mod trees;

pub(crate) use dyads::dyad;
pub use explain::Form;
pub(crate) use explain::explain;
pub(crate) use motion::{Motion, motions, of_expr};
pub(crate) use order::orders;
pub(crate) use plan::{Asked, Plan, Scratch, View, column_named};
pub(crate) use text::{between, labelled};

use crate::base::Result;
use crate::program::{Input, Kind, Population};

/// Microseconds in a day.
const DAY: i64 = 86_400_000_000;

/// The kinds of column that this version has.
pub(crate) fn kinds() -> [&'static dyn Kind; 30] {
    [
        &formula::FormulaKind,
        &host::HostKind,
        &rfm::RfmKind,
        &needs::NeedsKind,
        &micro::MicroKind,
        &grown::TreeKind,
        &toward::TowardKind,
        &clv::ClvKind,
        &opportunities::OpportunitiesKind,
        &pipeline::PipelineKind,
        &loyalty::LoyaltyKind,
        &humps::HumpsKind,
        &price::PriceKind,
        &survival::SurvivalKind,
        &engagement::EngagementKind,
        &next::NextKind,
        &knowledge::KnowledgeKind,
        &pooled::PooledKind,
        &trees::TreesKind,
        &social::CommunityKind,
        &social::CentralityKind,
        &social::MassKind,
        &social::FlashKind,
        &social::PairKind,
        &social::ReachKind,
        &social::InfluenceKind,
        &social::ReferralKind,
        &social::AdoptionKind,
        &social::FlowKind,
        &social::AcrossKind,
    ]
}

/// The columns among a model's inputs, over all customers.
fn values_of(population: &dyn Population, inputs: &[Input]) -> Result<Vec<Vec<f64>>> {
    let columns =
        inputs.iter().filter_map(|input| if let Input::Column(column) = input { Some(*column) } else { None });
    columns.map(|column| population.column(column)).collect()
}
