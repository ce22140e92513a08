//! `bactrian.models`: tree ensembles that others trained, scorecards, regressions at once and row by row,
//! calibration and uplift.

mod binning;
mod calibration;
mod effects;
mod linear;
pub(crate) mod matrix;
mod regression;
mod saved;
mod scorecard;
mod trees;

pub(crate) use binning::{Binning, OptimalBinning};
pub(crate) use calibration::{Isotonic, Platt};
pub(crate) use effects::{_uplift, Uplift, uplift};
pub(crate) use linear::{Ftrl, OnlineLogistic};
pub(crate) use matrix::{Count, Matrix, Most, array, marks, numbers, optional, slice};
pub(crate) use regression::{Linear, LinearRegression, Logistic, LogisticRegression};
pub(crate) use saved::{_restore, Reduced, reduced};
pub(crate) use scorecard::Scorecard;
pub(crate) use trees::Trees;
