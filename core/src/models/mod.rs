//! Pure mathematics of customers: slices in, slices out.

pub mod associate;
pub mod bandit;
pub mod cluster;
pub mod clv;
pub mod ctree;
mod difference;
pub mod dyads;
pub mod evaluation;
pub mod humps;
mod inputs;
pub mod linear;
pub mod loyalty;
pub mod markov;
pub mod micro;
mod named;
pub mod planning;
pub mod pooling;
pub mod quantile;
mod saved;
pub mod scorecard;
pub mod survival;
pub mod topics;
pub mod trees;
pub mod watch;

pub use inputs::Inputs;
pub use named::{Named, Reads};
pub use saved::{Saved, load, save, saved_kind};
