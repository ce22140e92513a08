//! The floor `models` on real data, against other people's figures.

#![cfg(test)]

mod data;
mod topics;
mod toward;
