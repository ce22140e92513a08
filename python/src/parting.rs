//! `bactrian.segments`: topics of counts, and trees that grow segments.

use bactrian::models::ctree::{self, ConditionalTreeParams};
use bactrian::models::topics::{self, Csr, Nmf};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::error::call;
use crate::input::Count;
use crate::segments::{Columns, slices};

/// Topics over the columns of a sparse matrix; a matrix is its columns, the ends of rows, places and values.
#[pyclass(module = "bactrian.segments", frozen)]
pub(crate) struct _Topics {
    core: topics::Prepared,
    weights: Vec<f64>,
}

type Numbers<'py> = PyReadonlyArray1<'py, f64>;

/// Columns, ends of rows, places, values.
type Sparse<'py> = (usize, PyReadonlyArray1<'py, u64>, PyReadonlyArray1<'py, u32>, Numbers<'py>);

fn ends_of(matrix: &Sparse<'_>) -> PyResult<Vec<usize>> {
    Ok(matrix.1.as_slice()?.iter().map(|end| *end as usize).collect())
}

#[pymethods]
impl _Topics {
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        matrix: Sparse<'_>,
        topics: Count<usize>,
        tolerance: f64,
        iterations: Count<usize>,
    ) -> PyResult<Self> {
        let (Count(topics), Count(iterations)) = (topics, iterations);
        let (ends, places, values) = (ends_of(&matrix)?, matrix.2.as_slice()?, matrix.3.as_slice()?);
        let columns = matrix.0;
        let fit = call(py, || {
            let found = Nmf { topics, tolerance, iterations }.fit(&Csr::new(columns, &ends, places, values)?)?;
            Ok((found.topics.prepare()?, found.weights))
        })?;
        Ok(_Topics { core: fit.0, weights: fit.1 })
    }

    /// The weights of other rows, row by row.
    fn transform<'py>(&self, py: Python<'py>, matrix: Sparse<'py>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let (ends, places, values) = (ends_of(&matrix)?, matrix.2.as_slice()?, matrix.3.as_slice()?);
        let columns = matrix.0;
        let weights = call(py, || self.core.fold_in_rows(&Csr::new(columns, &ends, places, values)?))?;
        Ok(weights.into_pyarray(py))
    }

    /// Topic by topic, the share of each column.
    #[getter]
    fn rows<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.core.topics().rows.clone().into_pyarray(py)
    }

    #[getter]
    fn weights<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.weights.clone().into_pyarray(py)
    }

    /// Norm of what is left unexplained, sweeps, whether they came to rest.
    #[getter]
    fn fitted(&self) -> (f64, usize, bool) {
        let topics = self.core.topics();
        (topics.objective, topics.iterations, topics.converged)
    }
}

/// A conditional inference tree over columns of numbers and numbered labels.
#[pyclass(module = "bactrian.segments", frozen)]
pub(crate) struct _Tree(ctree::ConditionalTree);

#[pymethods]
impl _Tree {
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        columns: Columns<'_>,
        target: Numbers<'_>,
        treated: Option<PyReadonlyArray1<'_, bool>>,
        params: (f64, Count<u64>, Count<u32>),
    ) -> PyResult<Self> {
        let (columns, target) = (slices(&columns)?, target.as_slice()?);
        let (alpha, Count(minimum), Count(depth)) = params;
        let treated = treated.as_ref().map(PyReadonlyArray1::as_slice).transpose()?;
        let params = ConditionalTreeParams { alpha, minimum, depth };
        call(py, || ctree::ConditionalTree::fit(&columns, target, treated, &params)).map(_Tree)
    }

    /// The leaf of each row, by its place among [`_Tree::leaves`].
    fn assign<'py>(&self, py: Python<'py>, columns: Columns<'py>) -> PyResult<Bound<'py, PyArray1<u32>>> {
        let columns = slices(&columns)?;
        Ok(call(py, || self.0.assign(&columns))?.into_pyarray(py))
    }

    /// Size, mean response or uplift, and its 95% interval of each leaf.
    #[getter]
    fn leaves(&self) -> Vec<(u64, f64, f64, f64)> {
        self.0.leaves().into_iter().map(|(_, leaf)| (leaf.size, leaf.mean, leaf.interval.0, leaf.interval.1)).collect()
    }
}
