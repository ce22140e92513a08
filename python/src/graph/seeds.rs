//! `bactrian.graph.SeedSet`.

use pyo3::prelude::*;

/// Whose ears to whisper in, and how far that is expected to go.
///
/// >>> ties = bt.graph.Graph.from_edges(["ann", "ann", "ann", "eve"], ["bob", "cid", "eve", "fay"], directed=True)
/// >>> ties.select_seeds(1).seeds
/// ['ann']
#[pyclass(module = "bactrian.graph", frozen)]
pub(crate) struct SeedSet {
    pub(crate) seeds: Vec<Py<PyAny>>,
    pub(crate) core: bactrian::graph::SeedSet,
}

#[pymethods]
impl SeedSet {
    /// The seeds, in the order of choice.
    #[getter]
    fn seeds(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        self.seeds.iter().map(|seed| seed.clone_ref(py)).collect()
    }

    /// What they are expected to reach, themselves included, beyond what is active already; unbiased.
    #[getter]
    fn spread(&self) -> f64 {
        self.core.spread
    }

    /// They reach at least this, with probability ``1 - delta``.
    #[getter]
    fn lower(&self) -> f64 {
        self.core.lower
    }

    /// No choice within the limits reaches more than this, with probability ``1 - delta``.
    #[getter]
    fn upper(&self) -> f64 {
        self.core.upper
    }

    /// What each seed adds to those before it, as the half of the sketch that chose them has it: runs high; 0 for those who
    /// were filled in.
    #[getter]
    fn gains(&self) -> Vec<f64> {
        self.core.gains.clone()
    }

    fn __repr__(&self) -> String {
        let bactrian::graph::SeedSet { seeds, spread, lower, upper, .. } = &self.core;
        format!("SeedSet({} seeds, spread={spread:.1}, lower={lower:.1}, upper={upper:.1})", seeds.len())
    }
}
