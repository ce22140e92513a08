//! Gamma-Gamma: what a customer spends per purchase.
//!
//! A customer's purchases are Gamma(p, nu), and nu ~ Gamma(q, gamma) over customers, independent of
//! how often they buy (Fader, Hardie 2013, "The Gamma-Gamma model of monetary value"). The mean m of
//! x purchases then has
//!
//! ```text
//! L = Gamma(p x + q) / (Gamma(p x) Gamma(q)) gamma^q m^(p x - 1) x^(p x) / (gamma + x m)^(p x + q).
//! ```

mod fit;
mod params;
mod rows;

#[cfg(test)]
mod tests;

pub use params::{GammaGamma, GammaGammaParams};
pub use rows::{CheckedSpend, CompressedSpend, Spend};
