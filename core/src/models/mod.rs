//! Pure mathematics of customers: slices in, slices out.

mod inputs;
pub mod quantile;
pub mod topics;
pub mod trees;
pub mod watch;

pub use inputs::Inputs;
