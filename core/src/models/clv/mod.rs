//! What a customer will be worth: purchase models, spend models, and the value that they make.
//!
//! | model | for | source |
//! |---|---|---|
//! | [`BetaGeo`] | repeat purchases without a contract: BG/NBD, MBG/NBD | Fader, Hardie, Lee 2005; Batislam, Denizel, Filiztekin 2007 |
//! | [`ParetoNbd`] | the same, with death at any moment | Schmittlein, Morrison, Colombo 1987 |
//! | [`RegularBetaGeo`] | the same, with regular gaps: (M)BG/CNBD-k | Reutterer, Platzer, Schroeder 2021 |
//! | [`GammaGamma`] | spend per purchase | Fader, Hardie 2013 |
//! | [`ShiftedBetaGeometric`] | renewals of a contract | Fader, Hardie 2007 |
//! | [`BetaGeoBetaBinomial`] | purchases at discrete opportunities: BG/BB | Fader, Hardie, Shang 2010 |
//!
//! [`summary()`] makes the models' inputs from transactions; [`lifetime_value`] joins purchases and
//! spend; [`engagement`] adds what a customer's referrals, influence and knowledge are worth.
//!
//! One layout for all: parameters are unchecked until `check()`, a fit reads checked and compressed
//! rows and answers a [`Fitted`] with [`Diagnostics`], predictions are pure functions of parameters
//! and histories. Likelihoods are exact and on the caller's unit of time. A prediction of one row
//! and of a batch give the same bits.

mod beta_geo;
mod contractual;
mod discrete;
mod engagement;
mod fitted;
mod gamma_gamma;
mod history;
mod mixture;
mod named;
mod optimise;
mod pareto;
mod regular;
mod summary;
mod value;

#[cfg(test)]
mod tests;

pub use beta_geo::{BetaGeo, BetaGeoParams, Dropout};
pub use contractual::{CheckedRenewals, Renewals, ShiftedBetaGeometric, ShiftedBetaGeometricParams, survivors};
pub use discrete::{BetaGeoBetaBinomial, BetaGeoBetaBinomialParams, CheckedOpportunities, Opportunities};
pub use engagement::{Contribution, Engagement, Influence, Referral, decayed_contributions, engagement};
pub use fitted::{Diagnostics, FitOptions, Fitted, Interval, Model};
pub use gamma_gamma::{CheckedSpend, CompressedSpend, GammaGamma, GammaGammaParams, Spend};
pub use history::{CheckedHistory, Compressed, History};
pub use named::{FittedPurchases, PurchaseKind};
pub use pareto::{ParetoNbd, ParetoNbdParams};
pub use regular::{RegularBetaGeo, RegularBetaGeoParams, Regularity, total_log_gaps, wheat_morrison};
pub use summary::{Summary, SummaryOptions, Transactions, summary};
pub use value::{Horizon, PurchaseModel, check_discount, discount_weights, lifetime_value};
