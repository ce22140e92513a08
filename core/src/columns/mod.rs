//! Every kind of column: how it is declared, what it keeps, how it is fitted, read and explained.
//!
//! One folder a kind. A kind declares its inputs and gets slices; [`plan`] knows the state.

mod clv;
mod dyads;
mod explain;
mod formula;
mod host;
mod motion;
mod needs;
mod order;
mod plan;
mod rfm;
mod social;
#[cfg(test)]
mod tests;
mod toward;
mod trees;

pub(crate) use dyads::dyad;
pub use explain::Form;
pub(crate) use explain::explain;
pub(crate) use motion::{Motion, motions, of_expr};
pub(crate) use order::orders;
pub(crate) use plan::{Asked, Plan, Scratch, View, column_named};

use crate::program::Kind;

/// The kinds of column that this version has.
pub(crate) fn kinds() -> [&'static dyn Kind; 12] {
    [
        &formula::FormulaKind,
        &host::HostKind,
        &rfm::RfmKind,
        &needs::NeedsKind,
        &toward::TowardKind,
        &clv::ClvKind,
        &trees::TreesKind,
        &social::CommunityKind,
        &social::CentralityKind,
        &social::MassKind,
        &social::FlashKind,
        &social::PairKind,
    ]
}
