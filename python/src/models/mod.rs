//! `bactrian.models`: tree ensembles that others trained, scorecards, and a logistic model that
//! learns row by row.

mod binning;
mod linear;
pub(crate) mod matrix;
mod scorecard;
mod trees;

pub(crate) use binning::{Binning, OptimalBinning};
pub(crate) use linear::OnlineLogistic;
pub(crate) use matrix::{Matrix, array};
pub(crate) use scorecard::Scorecard;
pub(crate) use trees::Trees;
