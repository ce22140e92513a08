//! Responses that are learnt from what came of earlier actions, and what to try next.
//!
//! [`Beta`] is a share of successes that borrows strength from wider groups; [`Bandit`] chooses among arms in a
//! context (LinUCB, LinTS, SquareCB over ridge or Bayesian logistic regression), [`BetaBernoulli`] without one.

mod arms;
mod beta;
mod choose;
mod contextual;
mod trials;

#[cfg(test)]
mod tests;

pub use beta::{Beta, Tally};
pub use choose::Choice;
pub use contextual::{Bandit, Policy, Rewards};
pub use trials::BetaBernoulli;
