//! Rows of numbers, checked, and their distances to centres.

use crate::base::{Error, ErrorKind, Result};

/// Rows of finite numbers, row after row.
///
/// ```
/// use bactrian::models::cluster::Points;
///
/// let points = Points::new(&[1.0, 2.0, 3.0, 4.0], 2)?;
/// assert_eq!((points.len(), points.row(1)), (2, &[3.0, 4.0][..]));
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Points<'a> {
    data: &'a [f64],
    dims: usize,
}

impl<'a> Points<'a> {
    /// Rows of `dims` numbers each. Errors: no dimension, a length that is no multiple of it, a number
    /// that is unknown or infinite (fill or leave out such rows first).
    pub fn new(data: &'a [f64], dims: usize) -> Result<Points<'a>> {
        if dims == 0 || !data.len().is_multiple_of(dims) {
            let error = format!("{} numbers are no rows of {dims}", data.len());
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        if let Some(at) = data.iter().position(|x| !x.is_finite()) {
            let error = format!("column {} is {} in row {}", at % dims, data[at], at / dims);
            return Err(
                Error::new(ErrorKind::SchemaRange, error).hint("leave out rows with unknown values, or fill them")
            );
        }
        Ok(Points { data, dims })
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.data.len() / self.dims
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Numbers in a row.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// A row.
    pub fn row(&self, row: usize) -> &'a [f64] {
        &self.data[row * self.dims..(row + 1) * self.dims]
    }

    /// All rows.
    pub fn rows(&self) -> std::slice::ChunksExact<'a, f64> {
        self.data.chunks_exact(self.dims)
    }

    pub(super) fn data(&self) -> &'a [f64] {
        self.data
    }

    /// The rows at these places.
    pub(super) fn pick(&self, rows: &[usize]) -> Vec<f64> {
        rows.iter().flat_map(|&row| self.row(row)).copied().collect()
    }

    /// Mean over the columns of their variance.
    pub(super) fn mean_variance(&self) -> f64 {
        let n = self.len() as f64;
        let mut mean = vec![0.0; self.dims];
        for row in self.rows() {
            for (sum, x) in mean.iter_mut().zip(row) {
                *sum += x;
            }
        }
        mean.iter_mut().for_each(|sum| *sum /= n);
        let squares: f64 = self.rows().map(|row| squared_distance(row, &mean)).sum();
        squares / (n * self.dims as f64)
    }
}

/// The squared distance of two rows.
pub(super) fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

/// Columns of `k` numbers, padded to lanes, so that all centres are compared at once.
#[derive(Debug, Clone)]
pub(super) struct Lanes {
    pub(super) k: usize,
    padded: usize,
    /// dims x padded.
    columns: Vec<f64>,
}

/// Centres are padded to a multiple of this.
pub(super) const LANES: usize = 8;

impl Lanes {
    /// From `k` rows of `dims` numbers; the padding holds `fill`.
    pub(super) fn new(rows: &[f64], dims: usize, fill: f64) -> Lanes {
        let k = rows.len() / dims;
        let padded = k.next_multiple_of(LANES);
        let mut columns = vec![fill; dims * padded];
        for (i, row) in rows.chunks_exact(dims).enumerate() {
            for (j, x) in row.iter().enumerate() {
                columns[j * padded + i] = *x;
            }
        }
        Lanes { k, padded, columns }
    }

    pub(super) fn padded(&self) -> usize {
        self.padded
    }

    pub(super) fn columns(&self) -> std::slice::ChunksExact<'_, f64> {
        self.columns.chunks_exact(self.padded)
    }

    /// Squared distances of a row to all centres, and to the padding.
    pub(super) fn squared_distances(&self, row: &[f64], out: &mut [f64]) {
        for (block, out) in out.chunks_exact_mut(LANES).enumerate() {
            let mut sums = [0.0; LANES];
            for (x, column) in row.iter().zip(self.columns()) {
                let centres = &column[block * LANES..block * LANES + LANES];
                for (sum, c) in sums.iter_mut().zip(centres) {
                    let d = x - c;
                    *sum += d * d;
                }
            }
            out.copy_from_slice(&sums);
        }
    }
}
