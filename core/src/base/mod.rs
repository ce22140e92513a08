//! What every floor may use: errors, verdicts, random numbers, numeric functions.
//!
//! Nothing here knows of customers. Floors above never define an error, a generator or a
//! transcendental function of their own, so that results are the same bits everywhere.

pub mod error;
pub(crate) mod files;
pub mod likeness;
pub mod numeric;
pub(crate) mod prefetch;
pub mod random;
pub mod verdict;

pub use error::{Error, ErrorKind, Problem, Result, Severity};
pub use verdict::{Claim, Verdict};
