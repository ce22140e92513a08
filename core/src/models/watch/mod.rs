//! Watching models: what they take, whether their inputs and scores drift, how well they rank and
//! how honest their probabilities are.
//!
//! What is counted over time is a sum of counts ([`Histogram`], [`Reliability`]), so that days, shards and machines
//! merge exactly; what needs the order of all scores ([`Ranking`]) takes them at once.

mod drift;
mod ranking;
mod reliability;
mod signature;

#[cfg(test)]
mod tests;

pub use drift::{Drift, Drifted, Histogram, stability_index};
pub use ranking::Ranking;
pub use reliability::Reliability;
pub use signature::{Codes, Input, InputKind, Signature, codes_of_texts};
