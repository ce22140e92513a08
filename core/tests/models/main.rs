//! The floor `models` on real data, against other people's figures.

#![cfg(test)]

mod clv;
mod data;
mod scorecard;
mod topics;
mod toward;
