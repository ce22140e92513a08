//! Special functions: gamma and beta and their kin, the normal distribution, Gauss's hypergeometric
//! function and Tricomi's, and rules of quadrature.
//!
//! They stand on `numeric`'s exp and ln alone, so they too give the same bits on every machine.
//! Functions of a real argument answer NaN outside of their stated domain and never panic. Accuracy
//! is stated at each function and tested against values of 50 digits (`reference.csv`, made by
//! `reference.py` with mpmath).

mod gamma;
mod hypergeometric;
mod incomplete;
mod normal;
mod quadrature;

#[cfg(test)]
mod tests;

pub use gamma::{digamma, ln_beta, ln_gamma, ln_gamma_ratio, trigamma};
pub use hypergeometric::{hypergeometric, ln_tricomi_u};
pub use incomplete::{beta_inc, gamma_inc, gamma_inc_upper};
pub use normal::{normal_cdf, normal_ln_cdf, normal_quantile};
pub use quadrature::{GAUSS_LEGENDRE_16, beta_expectation};
