//! BG/NBD and MBG/NBD: purchases at a gamma-distributed rate, dropout with a beta-distributed
//! probability after purchases.
//!
//! While alive a customer buys at rate lambda ~ Gamma(r, alpha). After each repeat purchase (BG/NBD:
//! Fader, Hardie, Lee 2005) or after every purchase, the first one too (MBG/NBD: Batislam, Denizel,
//! Filiztekin 2007; Hoppe, Wagner 2007), the customer drops out with probability p ~ Beta(a, b).
//!
//! With d = 0 for BG and 1 for MBG, b' = b + x + d, m = r + x, the likelihood of (x, t_x, T) is
//!
//! ```text
//! L = Gamma(m) / Gamma(r) alpha^r [ B(a, b') / B(a, b) (alpha + T)^-m
//!                                 + B(a + 1, b' - 1) / B(a, b) (alpha + t_x)^-m ],
//! ```
//!
//! the second term only where x + d > 0 (Fader, Hardie, Lee 2005, eq. 6). Given that the customer is
//! alive, lambda ~ Gamma(m, alpha + T) and p ~ Beta(a, b') independently, from which every
//! prediction follows.

mod alive;
mod counts;
mod fit;
mod params;
mod predict;

#[cfg(test)]
mod tests;

pub use params::{BetaGeo, BetaGeoParams, Dropout};
