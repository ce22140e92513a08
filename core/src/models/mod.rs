//! Pure mathematics of customers: slices in, slices out.

pub mod clv;
pub mod dyads;
mod inputs;
pub mod linear;
pub mod quantile;
pub mod scorecard;
pub mod topics;
pub mod trees;
pub mod watch;

pub use inputs::Inputs;
