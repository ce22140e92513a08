//! Shifted beta-geometric: how long a contract is renewed.
//!
//! At the end of each period a customer leaves with probability theta ~ Beta(alpha, beta), fixed for
//! the customer (Fader, Hardie 2007, "How to project customer retention"):
//!
//! ```text
//! P(leave at the t-th renewal) = B(alpha + 1, beta + t - 1) / B(alpha, beta),
//! S(t) = B(alpha, beta + t) / B(alpha, beta).
//! ```
//!
//! Retention rises with t although nobody grows more loyal: those likely to leave have left.

mod fit;
mod params;
mod rows;

#[cfg(test)]
mod tests;

pub use params::{ShiftedBetaGeometric, ShiftedBetaGeometricParams};
pub use rows::{CheckedRenewals, Renewals, survivors};
