//! Responses that are learnt from what came of earlier actions, and what to try next.
//!
//! [`Beta`] is a share of successes that borrows strength from wider groups; [`Bandit`] chooses among arms in a
//! context (LinUCB, LinTS, SquareCB over ridge or Bayesian logistic regression), [`BetaBernoulli`] without one;
//! [`Learner`] and [`Evidence`] are regressions that borrow strength from wider groups.

mod arms;
mod beta;
mod choose;
mod contextual;
mod pooled;
mod trials;

#[cfg(test)]
mod tests;

pub use beta::{Beta, Tally, Trials};
pub use choose::Choice;
pub(crate) use choose::inverse_gaps;
pub use contextual::{Bandit, Policy, Rewards};
pub(crate) use pooled::best_above;
pub use pooled::{Evidence, Learner};
pub use trials::BetaBernoulli;
