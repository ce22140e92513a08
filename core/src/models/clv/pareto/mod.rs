//! Pareto/NBD: purchases at a gamma-distributed rate, death at a gamma-distributed rate at any moment.
//!
//! While alive a customer buys at rate lambda ~ Gamma(r, alpha) and dies at rate mu ~ Gamma(s, beta)
//! (Schmittlein, Morrison, Colombo 1987). The likelihood of (x, t_x, T) is (Fader, Hardie 2005, "A
//! note on deriving the Pareto/NBD model")
//!
//! ```text
//! L = Gamma(r + x) / Gamma(r) alpha^r beta^s [ (alpha + T)^-(r+x) (beta + T)^-s
//!         + s integral over y in (t_x, T) of (alpha + y)^-(r+x) (beta + y)^-(s+1) dy ].
//! ```
//!
//! The integral, usually written as a difference of two Gauss functions, is taken as it stands: its
//! integrand is positive, so nothing cancels and nothing overflows for any x; t_x = T is no
//! exception; and slopes and curvatures are its moments.

mod counts;
mod fit;
mod integral;
mod params;
mod predict;

#[cfg(test)]
mod tests;

pub use params::{ParetoNbd, ParetoNbdParams};
