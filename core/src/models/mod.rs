//! Pure mathematics of customers: slices in, slices out.

pub mod clv;
pub mod dyads;
pub mod quantile;
pub mod topics;
