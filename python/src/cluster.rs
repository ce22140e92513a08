//! `bactrian.cluster`: k-means and Gaussian mixtures.

use bactrian::models::Inputs;
use bactrian::models::cluster::{
    self, Covariance, GaussianMixtureFit, GaussianMixtureParams, GaussianStart, KMeansFit, KMeansParams, Points,
};
use bactrian::{Error, ErrorKind};
use numpy::PyArray1;
use pyo3::intern;
use pyo3::prelude::*;

use crate::error::{call, raised};
use crate::input::{Count, maybe_whole, numbers, real, whole};
use crate::models::{Matrix, array};

/// All columns of a frame, in their order.
fn all(names: &[&str]) -> bactrian::Result<Vec<usize>> {
    Ok((0..names.len()).collect())
}

/// A call with rows of numbers.
fn with_rows<T: Send>(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    work: impl FnOnce(&Points<'_>) -> bactrian::Result<T> + Send,
) -> PyResult<T> {
    let matrix = Matrix::of(data, all)?;
    let slices = matrix.slices()?;
    call(py, || {
        let inputs = slices.inputs()?;
        work(&Points::new(&plain(&inputs), inputs.features())?)
    })
}

/// Row after row.
fn plain(inputs: &Inputs<'_>) -> Vec<f64> {
    let row = |row: usize| (0..inputs.features()).map(move |column| inputs.value(row, column));
    (0..inputs.rows()).flat_map(row).collect()
}

/// Numbers in an array of any shape, or flat.
fn flat(name: &str, given: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    match given.getattr_opt(intern!(given.py(), "ravel"))? {
        Some(ravel) => Ok(numbers(name, &ravel.call0()?)?.values),
        None => Ok(numbers(name, given)?.values),
    }
}

fn unfitted() -> PyErr {
    raised(&Error::new(ErrorKind::NotEnoughData, "the clusters are not fitted").hint("call `fit`"))
}

fn labels(py: Python<'_>, labels: Vec<u32>) -> Py<PyAny> {
    PyArray1::from_vec(py, labels).into_any().unbind()
}

/// k-means: rows go to the nearest centre, centres to the mean of their rows.
///
/// ``restarts`` starts by k-means++ compete on at most 20,000 rows, the best is refined on all of them.
/// ``tolerance`` is a share of the columns' mean variance; ``batch`` takes steps on so many random rows
/// instead of all. The same seed gives the same bits on any number of threads.
///
/// >>> model = bt.cluster.KMeans(2).fit([[0.0], [0.1], [9.0], [9.1]])
/// >>> round(model.inertia_, 12)
/// 0.01
/// >>> bool(model.labels_[0] == model.labels_[1] != model.predict([[8.0]])[0])
/// True
#[pyclass(module = "bactrian.cluster")]
pub(crate) struct KMeans {
    params: KMeansParams,
    fitted: Option<KMeansFit>,
}

impl KMeans {
    fn fitted(&self) -> PyResult<&KMeansFit> {
        self.fitted.as_ref().ok_or_else(unfitted)
    }
}

#[pymethods]
impl KMeans {
    #[new]
    #[pyo3(signature = (clusters, *, restarts=10, iterations=300, tolerance=1e-4, batch=None, seed=0))]
    fn new(
        clusters: Count<usize>,
        #[pyo3(from_py_with = whole)] restarts: u32,
        #[pyo3(from_py_with = whole)] iterations: u32,
        #[pyo3(from_py_with = real)] tolerance: f64,
        #[pyo3(from_py_with = maybe_whole)] batch: Option<usize>,
        #[pyo3(from_py_with = whole)] seed: u64,
    ) -> Self {
        let clusters = clusters.0;
        KMeans { params: KMeansParams { clusters, restarts, iterations, tolerance, batch, seed }, fitted: None }
    }

    /// Find the centres of the rows of a matrix or frame, and return the model itself. Unknown values
    /// raise ``SchemaError``.
    fn fit<'py>(slf: Bound<'py, Self>, rows: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        let params = slf.borrow().params.clone();
        let fitted = with_rows(slf.py(), rows, |points| cluster::KMeans::fit(points, &params))?;
        slf.borrow_mut().fitted = Some(fitted);
        Ok(slf)
    }

    /// The nearest centre of each row.
    fn predict(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let model = &self.fitted()?.model;
        with_rows(py, rows, |points| model.predict(points)).map(|found| labels(py, found))
    }

    /// Whether the clusters are the data's: how far ``runs`` bootstrap resamples label all rows as the clusters of
    /// all rows do, by the adjusted Rand index (Hennig 2007). The mean, and the index of each run; below about 0.6
    /// the clusters are the method's. Needs no ``fit`` before.
    #[pyo3(signature = (rows, runs=20))]
    fn stability(
        &self,
        py: Python<'_>,
        rows: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = whole)] runs: u32,
    ) -> PyResult<(f64, Py<PyAny>)> {
        let params = &self.params;
        let clusters = |rows: &Points<'_>, seed| {
            let model = cluster::KMeans::fit(rows, &KMeansParams { seed, ..params.clone() })?.model;
            Ok(move |all: &Points<'_>| model.predict(all))
        };
        let found = with_rows(py, rows, |points| cluster::stability(points, runs, params.seed, clusters))?;
        Ok((found.mean, array(py, found.runs, &[])?))
    }

    /// The centres, clusters by columns.
    #[getter]
    fn centres_(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let centres = self.fitted()?.model.centres().to_vec();
        let columns = centres.len() / self.params.clusters;
        array(py, centres, &[self.params.clusters, columns])
    }

    /// The cluster of each row of the fit.
    #[getter]
    fn labels_(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(labels(py, self.fitted()?.labels.clone()))
    }

    /// The sum of squared distances of rows to their centres.
    #[getter]
    fn inertia_(&self) -> PyResult<f64> {
        Ok(self.fitted()?.inertia)
    }

    /// Steps on all rows, or mini-batches.
    #[getter]
    fn iterations_(&self) -> PyResult<u32> {
        Ok(self.fitted()?.iterations)
    }

    /// Whether the steps ended before their limit.
    #[getter]
    fn converged_(&self) -> PyResult<bool> {
        Ok(self.fitted()?.converged)
    }
}

/// A mixture of Gaussians, fitted by EM.
///
/// ``covariance`` is ``"full"`` or ``"diagonal"``; ``tolerance`` ends the steps when the mean
/// log-likelihood of a row gains less; ``regularisation`` is added to every variance. The first
/// components come from k-means with ``restarts`` restarts, or are the ``weights``, ``means`` and
/// ``covariances`` of ``fit``.
///
/// >>> rows = [[i % 8 + 50 * (i >= 20)] for i in range(40)]
/// >>> model = bt.cluster.GaussianMixture(2).fit(rows)
/// >>> bool(model.labels_[0] != model.labels_[39])
/// True
#[pyclass(module = "bactrian.cluster")]
pub(crate) struct GaussianMixture {
    params: GaussianMixtureParams,
    columns: usize,
    fitted: Option<GaussianMixtureFit>,
}

impl GaussianMixture {
    fn fitted(&self) -> PyResult<&GaussianMixtureFit> {
        self.fitted.as_ref().ok_or_else(unfitted)
    }
}

#[pymethods]
impl GaussianMixture {
    #[new]
    #[pyo3(signature = (components, *, covariance="full", tolerance=1e-3, iterations=100, regularisation=1e-6, restarts=10, seed=0))]
    fn new(
        components: Count<usize>,
        covariance: &str,
        #[pyo3(from_py_with = real)] tolerance: f64,
        #[pyo3(from_py_with = whole)] iterations: u32,
        #[pyo3(from_py_with = real)] regularisation: f64,
        #[pyo3(from_py_with = whole)] restarts: u32,
        #[pyo3(from_py_with = whole)] seed: u64,
    ) -> PyResult<Self> {
        let components = components.0;
        let covariance = match covariance {
            "full" => Covariance::Full,
            "diagonal" => Covariance::Diagonal,
            other => {
                let message = format!("a covariance is `full` or `diagonal`, not `{other}`");
                return Err(raised(&Error::new(ErrorKind::SchemaRange, message)));
            }
        };
        let params = GaussianMixtureParams {
            components,
            covariance,
            tolerance,
            iterations,
            regularisation,
            restarts,
            start: None,
            seed,
        };
        Ok(GaussianMixture { params, columns: 0, fitted: None })
    }

    /// Find the components of the rows of a matrix or frame, and return the model itself; from the
    /// given ``weights``, ``means`` and ``covariances``, where all are given: arrays as ``means_`` and ``covariances_``
    /// are, or flat and component after component.
    #[pyo3(signature = (rows, *, weights=None, means=None, covariances=None))]
    fn fit<'py>(
        slf: Bound<'py, Self>,
        rows: &Bound<'py, PyAny>,
        weights: Option<&Bound<'py, PyAny>>,
        means: Option<&Bound<'py, PyAny>>,
        covariances: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Self>> {
        let start = match (weights, means, covariances) {
            (Some(weights), Some(means), Some(covariances)) => Some(GaussianStart {
                weights: numbers("weights", weights)?.values,
                means: flat("means", means)?,
                covariances: flat("covariances", covariances)?,
            }),
            (None, None, None) => None,
            _ => {
                let message = "a start needs `weights`, `means` and `covariances`";
                return Err(raised(&Error::new(ErrorKind::SchemaMissing, message)));
            }
        };
        let params = GaussianMixtureParams { start, ..slf.borrow().params.clone() };
        let (fitted, columns) =
            with_rows(slf.py(), rows, |points| Ok((cluster::GaussianMixture::fit(points, &params)?, points.dims())))?;
        let mut own = slf.borrow_mut();
        own.fitted = Some(fitted);
        own.columns = columns;
        drop(own);
        Ok(slf)
    }

    /// The likeliest component of each row.
    fn predict(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let model = &self.fitted()?.model;
        with_rows(py, rows, |points| model.predict(points)).map(|found| labels(py, found))
    }

    /// The probability of each component for each row, rows by components.
    fn predict_proba(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let model = &self.fitted()?.model;
        let (found, rows) = with_rows(py, rows, |points| Ok((model.probabilities(points)?, points.len())))?;
        array(py, found, &[rows, self.params.components])
    }

    /// The mean log-likelihood of a row, in nats.
    fn score(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<f64> {
        let model = &self.fitted()?.model;
        with_rows(py, rows, |points| model.score(points))
    }

    /// Whether the clusters are the data's: how far ``runs`` bootstrap resamples label all rows as the clusters of
    /// all rows do, by the adjusted Rand index (Hennig 2007). The mean, and the index of each run; below about 0.6
    /// the clusters are the method's. Needs no ``fit`` before.
    #[pyo3(signature = (rows, runs=20))]
    fn stability(
        &self,
        py: Python<'_>,
        rows: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = whole)] runs: u32,
    ) -> PyResult<(f64, Py<PyAny>)> {
        let params = &self.params;
        let clusters = |rows: &Points<'_>, seed| {
            let model = cluster::GaussianMixture::fit(rows, &GaussianMixtureParams { seed, ..params.clone() })?.model;
            Ok(move |all: &Points<'_>| model.predict(all))
        };
        let found = with_rows(py, rows, |points| cluster::stability(points, runs, params.seed, clusters))?;
        Ok((found.mean, array(py, found.runs, &[])?))
    }

    /// The components' weights.
    #[getter]
    fn weights_(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        array(py, self.fitted()?.model.weights().to_vec(), &[])
    }

    /// The means, components by columns.
    #[getter]
    fn means_(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        array(py, self.fitted()?.model.means().to_vec(), &[self.params.components, self.columns])
    }

    /// The covariances, components by columns by columns; the variances, components by columns, where
    /// they are diagonal.
    #[getter]
    fn covariances_(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let shape = [self.params.components, self.columns, self.columns];
        let used = if self.params.covariance == Covariance::Full { 3 } else { 2 };
        array(py, self.fitted()?.model.covariances().to_vec(), &shape[..used])
    }

    /// The likeliest component of each row of the fit.
    #[getter]
    fn labels_(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(labels(py, self.fitted()?.labels.clone()))
    }

    /// The mean log-likelihood of a row at the last step, in nats.
    #[getter]
    fn lower_bound_(&self) -> PyResult<f64> {
        Ok(self.fitted()?.lower_bound)
    }

    /// Schwarz's criterion: compare numbers of components by it, the smallest wins.
    #[getter]
    fn bic_(&self) -> PyResult<f64> {
        Ok(self.fitted()?.bic)
    }

    /// Akaike's criterion.
    #[getter]
    fn aic_(&self) -> PyResult<f64> {
        Ok(self.fitted()?.aic)
    }

    /// Steps.
    #[getter]
    fn iterations_(&self) -> PyResult<u32> {
        Ok(self.fitted()?.iterations)
    }

    /// Whether the steps ended before their limit.
    #[getter]
    fn converged_(&self) -> PyResult<bool> {
        Ok(self.fitted()?.converged)
    }
}

/// How well rows sit in their clusters (Rousseeuw 1987): the mean over rows, near 1 where they do, below 0 where they
/// are nearer to another. ``labels`` are whole numbers, one a row; of more than ``sample`` rows so many are drawn.
///
/// >>> rows = [[0.0], [1.0], [10.0], [11.0]]
/// >>> round(bt.cluster.silhouette(rows, bt.cluster.KMeans(2).fit(rows).labels_), 4)
/// 0.8997
#[pyfunction]
#[pyo3(signature = (rows, labels, *, sample=10_000, seed=0))]
pub(crate) fn silhouette(
    py: Python<'_>,
    rows: &Bound<'_, PyAny>,
    labels: &Bound<'_, PyAny>,
    #[pyo3(from_py_with = whole)] sample: usize,
    #[pyo3(from_py_with = whole)] seed: u64,
) -> PyResult<f64> {
    let given = numbers("labels", labels)?.values;
    let label = |(row, value): (usize, &f64)| {
        let found = (*value as u32 as f64 == *value).then_some(*value as u32);
        found.ok_or_else(|| {
            let message = format!("`labels` is {value} in row {row}");
            raised(&Error::new(ErrorKind::SchemaRange, message).hint("labels are whole numbers of at least 0"))
        })
    };
    let labels = given.iter().enumerate().map(label).collect::<PyResult<Vec<u32>>>()?;
    with_rows(py, rows, |points| cluster::silhouette(points, &labels, sample, seed))
}
