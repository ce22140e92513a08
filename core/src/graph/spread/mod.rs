//! Word of mouth: how far a whisper spreads, and into whose ears to whisper.
//!
//! [`WordOfMouth`] is a graph whose ties carry chances, under the independent cascade or the linear
//! threshold model (Kempe, Kleinberg and Tardos 2003). [`WordOfMouth::simulate`] measures seeds;
//! [`select_seeds`] chooses them from reverse-reachable sets and bounds the choice from a second,
//! independent half (OPIM-C: Tang, Tang, Xiao and Yuan 2018). All is keyed by seed and index, so it is
//! the same on any number of threads, and a repaired [`Sketch`] or a kept [`SeedSketch`] equals one drawn anew, to the bit.

mod greedy;
mod judge;
mod model;
mod seeds;
mod simulate;
mod sketch;
mod targets;
#[cfg(test)]
mod tests;

pub use model::{SpreadModel, WordOfMouth};
pub use seeds::{SeedOptions, SeedSet, SeedSketch, select_seeds};
pub use simulate::Spread;
pub use sketch::{InfluenceValues, Sketch, influence_values};
