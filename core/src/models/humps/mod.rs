//! One hump or two: is the middle of the market gone, and who stands in both humps?
//!
//! [`dip_test`] is Hartigan's test of one mode; [`two_gaussians`] asks by BIC whether two components
//! describe the values better than one, how far apart they are, and where the valley lies;
//! [`two_humps`] joins both in a [`Verdict`](crate::Verdict) that says when they disagree. Of cells
//! (customer x category), [`both_humps`] counts who stands in both humps, [`shuffled`] what chance
//! would give, [`BinomialHumps`] the posterior of each cell. [`price_tiers`], [`middle_trend`] and
//! [`dispersion_by_period`] watch the price tiers and their middle over time, and
//! [`service_plan`] says whom to serve with intimacy.

mod cells;
mod dip;
mod gaussians;
mod posterior;
mod service;
mod small;
mod table;
mod trend;
mod verdict;

#[cfg(test)]
mod tests;

pub use cells::{BothHumps, CellRule, Shuffled, both_humps, both_humps_verdict, shares, shuffled};
pub use dip::{dip, dip_simulated, dip_test};
pub use gaussians::{TwoGaussians, two_gaussians};
pub use posterior::{BinomialHumps, BinomialHumpsFit};
pub use service::{Service, ServicePlan, service_plan};
pub use table::dip_p_value;
pub use trend::{MiddleTrend, dispersion_by_period, middle_trend, price_tiers};
pub use verdict::{TwoHumps, two_humps};
