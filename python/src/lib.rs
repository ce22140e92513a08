//! The Python face of bactrian: documentation, extraction, one call into core, its error mapped.
//!
//! Every call that does work releases the lock on Python. Nothing is computed here.

mod arrow;
mod customer;
mod definition;
mod engine;
mod error;
mod input;
mod output;

use pyo3::prelude::*;

/// The compiled half of `bactrian`.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::customer::CustomerView;
    #[pymodule_export]
    use crate::definition::{Definition, check_text};
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::output::{Decision, Explanation, FitReport, FittedColumn, IngestReport, Loser, Stats, Table, Verdict};
}
