//! BG/BB: purchases at discrete opportunities (yearly donations, weekly shows) without a contract.
//!
//! While alive a customer buys at each opportunity with probability p ~ Beta(alpha, beta), and dies
//! before each with probability theta ~ Beta(gamma, delta) (Fader, Hardie, Shang 2010, eq. 5):
//!
//! ```text
//! L(x, t_x, n) = B(alpha+x, beta+n-x) / B(alpha, beta) B(gamma, delta+n) / B(gamma, delta)
//!   + sum over i < n - t_x of B(alpha+x, beta+t_x-x+i) / B(alpha, beta)
//!                           B(gamma+1, delta+t_x+i) / B(gamma, delta).
//! ```

mod fit;
mod params;
mod predict;
mod purchases;
mod rows;

#[cfg(test)]
mod tests;

pub use params::{BetaGeoBetaBinomial, BetaGeoBetaBinomialParams};
pub use rows::{CheckedOpportunities, Opportunities};
