//! The floor `models` on real data, against other people's figures.

#![cfg(test)]

mod clv;
mod clv_live;
mod data;
mod humps;
mod loyalty;
mod scorecard;
mod survival;
mod topics;
mod toward;
