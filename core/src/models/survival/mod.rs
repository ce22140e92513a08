//! How long customers under contract stay: Kaplan-Meier's curve, the log-rank test, and the hazard of
//! each period given covariates; and the stages of a sale, with the chance to be won.
//!
//! A duration is observed in full where the customer left, and censored where the customer was still
//! there when the observation ended.

mod hazard;
mod kaplan_meier;
mod stages;

#[cfg(test)]
mod tests;

pub use hazard::{Baseline, DiscreteHazard, HazardFit};
pub use kaplan_meier::{KaplanMeier, LogRank, SurvivalTime, by_segment, log_rank};
pub(crate) use stages::Level;
pub use stages::{Forecast, Goal, Open, Spell, Stages};
