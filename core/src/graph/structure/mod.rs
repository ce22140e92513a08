//! The shape of the ties around a node, a pair and a whole graph.

mod assortativity;
mod burt;
mod components;
mod cores;
mod dyads;
mod roles;
#[cfg(test)]
mod tests;
mod triangles;

pub use assortativity::{categorical_assortativity, degree_assortativity, numeric_assortativity};
pub use burt::{Holes, structural_holes};
pub use components::{Components, strong_components, weak_components};
pub use cores::core_numbers;
pub use dyads::{Dyad, Dyads, rarity, reciprocity};
pub use roles::{Roles, roles};
pub use triangles::{clustering, transitivity, triangles};
