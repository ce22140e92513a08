//! What the user declares, with the place of every word.

pub mod model;
pub mod node;
