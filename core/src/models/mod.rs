//! Pure mathematics of customers: slices in, slices out.

pub mod clv;
pub mod quantile;
pub mod topics;
