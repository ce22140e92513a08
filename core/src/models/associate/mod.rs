//! Associations between what customers are, want and do, and what they are good for: finding new ones.
//!
//! [`Crosstab`] counts two labellings of the same rows, with chi-squared, Cramer's V and mutual information;
//! [`Lift`] says how much more often an item is met inside a group than everywhere, with an interval;
//! [`benjamini_hochberg`] controls what share of many findings is false; [`effects`] does so for the effect of
//! an action on each segment; [`LookAlike`] ranks those who are not in a segment by how like its members
//! they are, from zero evidence of their own; [`gain`] says whether further characteristics help.

mod ablation;
mod crosstab;
mod discovery;
mod effects;
mod features;
mod lift;
mod lookalike;
mod regression;

#[cfg(test)]
mod tests;

pub use ablation::{Gain, gain};
pub use crosstab::Crosstab;
pub use discovery::benjamini_hochberg;
pub(crate) use discovery::q_values;
pub use effects::{Effect, Effects, effects};
pub use features::{Characteristic, Characteristics};
pub use lift::{Lift, item_lifts};
pub use lookalike::{LookAlike, LookAlikeParams};
