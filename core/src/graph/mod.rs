//! Pure mathematics of ties: slices in, slices out, nothing known of customers or engine state.
//!
//! Nodes are dense numbers 0..n. A frozen [`Csr`] is what every algorithm reads; a [`LiveGraph`]
//! takes a stream of ties with decay and gives snapshots. Every algorithm is deterministic for its
//! seed on any number of threads.

mod centrality;
mod chance;
mod csr;
mod leiden;
mod live;
mod mass;
mod similar;
mod spread;
mod structure;
mod synthetic;
#[cfg(test)]
mod testdata;
mod time;
mod trust;

pub use centrality::{Hits, PageRankOptions, PersonalRank, betweenness, harmonic, hits, katz, pagerank};
pub use csr::{Csr, Weights};
pub use leiden::{
    Change, Communities, LeidenOptions, Lifecycle, NOWHERE, Quality, Repair, blend, bond_shares, leiden, leiden_from,
    match_communities, modularity, potts_quality, refresh, repair, resolution_profile,
};
pub use live::{LiveGraph, TieLayer, Ties};
pub use mass::{Mass, community_mass, percentile_ranks};
pub use similar::{nearest_by_need, project};
pub use spread::{
    InfluenceValues, SeedOptions, SeedSet, SeedSketch, Sketch, Spread, SpreadModel, WordOfMouth, influence_values,
    select_seeds,
};
pub use structure::{
    Components, Dyad, Dyads, Holes, Roles, categorical_assortativity, clustering, core_numbers, degree_assortativity,
    numeric_assortativity, rarity, reciprocity, roles, strong_components, structural_holes, transitivity, triangles,
    weak_components,
};
pub use synthetic::Lfr;
pub use time::{
    Adoptions, Bass, Cascades, Contacts, Credit, FlashChange, FlashLife, FlashOptions, FlashSet, FlashTracker, Flow,
    ROOT, Reached, adoption_hazard, adoption_thresholds, cascades, exposure, fit_bass, flash_sets, influence,
    knowledge_flow, reach_within,
};
pub use trust::{Reputation, propagated_trust, reputations};
