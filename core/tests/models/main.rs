//! The floor `models` on real data, against other people's figures.

mod clv;
mod data;
mod topics;
