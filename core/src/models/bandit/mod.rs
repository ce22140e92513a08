//! Responses that are learnt from what came of earlier actions.

mod beta;

#[cfg(test)]
mod tests;

pub use beta::{Beta, Tally};
