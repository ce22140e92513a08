//! (M)BG/CNBD-k: purchases at more regular gaps than chance.
//!
//! As BG/NBD or MBG/NBD, but the gaps between a customer's purchases are Erlang-k: a purchase comes
//! with every k-th event of a Poisson process of rate lambda ~ Gamma(r, alpha) (Platzer, Reutterer
//! 2016; Reutterer, Platzer, Schroeder 2021). With g = T - t_x, b' as in BG/NBD and m = r + k x,
//!
//! ```text
//! L = Gamma(m) / Gamma(r) alpha^r B(a, b') / B(a, b) [ sum over j < k of
//!         Gamma(m + j) / (Gamma(m) j!) g^j (alpha + T)^-(m+j) + a / (b' - 1) (alpha + t_x)^-m ],
//! ```
//!
//! times the product of gap^(k-1) / (k-1)!, which matters only where k is chosen. k = 1 is BG/NBD. Of
//! the customers alive, j is the number of hidden events since the last purchase; given j, everything
//! follows exactly, where the papers approximate.

mod batch;
mod fit;
mod gaps;
mod params;
mod predict;

#[cfg(test)]
mod tests;

pub use gaps::{Regularity, total_log_gaps, wheat_morrison};
pub use params::{RegularBetaGeo, RegularBetaGeoParams};
