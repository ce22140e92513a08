//! Loyalty that is split: which share of a customer's needs each supplier meets.
//!
//! [`Panel`] counts who bought what and answers penetration, frequency, share of requirements, sole
//! buyers, repertoire and duplication of purchase. [`NbdDirichlet`] is the model behind these
//! regularities, with a posterior share for each customer and the wallet that a rival holds unseen.
//! [`Switching`] follows purchases one by one; [`NextCategory`] predicts the next one, with backoff, [`Season`] when in the week or the year.
//! [`loyalty_and_profit`] measures whether the loyal are the profitable, instead of assuming it.

mod dirichlet;
mod next;
mod panel;
mod profit;
mod season;
mod switching;

#[cfg(test)]
mod tests;

pub use dirichlet::{BrandForecast, NbdDirichlet, NbdDirichletFit, NbdDirichletParams, Wallet};
pub use next::{Followed, Forecast, NextCategory};
pub use panel::{Brand, Duplication, Panel, duplication, share_of_requirements};
pub use profit::{LoyaltyProfit, loyalty_and_profit};
pub use season::{Cycle, Season};
pub use switching::Switching;
