//! Watching models: what they take, whether their inputs and scores drift, how well they rank and
//! how honest their probabilities are.

mod signature;

pub use signature::{Input, InputKind, Signature};
