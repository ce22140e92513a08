//! Pure mathematics of ties: slices in, slices out, nothing known of customers or engine state.
//!
//! Nodes are dense numbers 0..n. A frozen [`Csr`] is what every algorithm reads; a [`LiveGraph`]
//! takes a stream of ties with decay and gives snapshots. Every algorithm is deterministic for its
//! seed on any number of threads.

#![allow(
    clippy::indexing_slicing,
    reason = "kernels index by node and arc numbers that the builders have checked once"
)]

mod chance;
mod csr;
mod leiden;
mod live;
mod synthetic;
#[cfg(test)]
mod testdata;

pub use csr::{Csr, Weights};
pub use leiden::{
    Change, Communities, LeidenOptions, Lifecycle, NOWHERE, Quality, Repair, blend, bond_shares, leiden, leiden_from,
    match_communities, modularity, potts_quality, repair, resolution_profile,
};
pub use live::{LiveGraph, TieLayer, Ties};
pub use synthetic::Lfr;
