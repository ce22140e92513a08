//! Pure mathematics of customers: slices in, slices out.

pub mod cluster;
pub mod clv;
pub mod dyads;
pub mod humps;
pub mod loyalty;
pub mod quantile;
pub mod survival;
pub mod topics;
