//! `bactrian.graph`: ties without an engine.

mod face;
mod nodes;
mod seeds;

pub(crate) use face::{Graph, spread_model};
pub(crate) use seeds::SeedSet;
