//! How long customers under contract stay: Kaplan-Meier's curve, the log-rank test, and the hazard of
//! each period given covariates.
//!
//! A duration is observed in full where the customer left, and censored where the customer was still
//! there when the observation ended.

mod hazard;
mod kaplan_meier;

#[cfg(test)]
mod tests;

pub use hazard::{Baseline, DiscreteHazard, HazardFit};
pub use kaplan_meier::{KaplanMeier, LogRank, SurvivalTime, by_segment, log_rank};
