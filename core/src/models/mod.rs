//! Pure mathematics of customers: slices in, slices out.

pub mod dyads;
pub mod clv;
pub mod quantile;
pub mod topics;
