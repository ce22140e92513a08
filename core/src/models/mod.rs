//! Pure mathematics of customers: slices in, slices out.

pub mod associate;
pub mod bandit;
pub mod cluster;
pub mod clv;
pub mod ctree;
pub mod dyads;
pub mod evaluation;
pub mod humps;
mod inputs;
pub mod linear;
pub mod loyalty;
pub mod markov;
pub mod micro;
pub mod planning;
pub mod pooling;
pub mod quantile;
pub mod scorecard;
pub mod survival;
pub mod topics;
pub mod trees;
pub mod watch;

pub use inputs::Inputs;
