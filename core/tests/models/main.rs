//! The floor `models` on real data, against other people's figures.

mod data;
mod topics;
