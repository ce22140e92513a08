//! Pure mathematics of customers: slices in, slices out.

pub mod quantile;
