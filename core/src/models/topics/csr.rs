//! A sparse matrix by rows, borrowed.

use rayon::prelude::*;

use crate::base::{Error, ErrorKind, Result};

/// Rows that one task takes; part of the shape of every sum over rows, so never changed by threads.
const CHUNK: usize = 4096;

/// A sparse matrix by rows: row i holds the pairs of `index` and `values` from the end of row i - 1
/// to `ends[i]`. All values are finite and at least 0.
#[derive(Debug, Clone, Copy)]
pub struct Csr<'a> {
    columns: usize,
    ends: &'a [usize],
    index: &'a [u32],
    values: &'a [f64],
}

impl<'a> Csr<'a> {
    /// A matrix of `ends.len()` rows and `columns` columns.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] unless `ends` rises to the length of `index` and of
    /// `values`, indices rise within each row and are below `columns`, and values are finite and at
    /// least 0. Cost: one pass.
    ///
    /// ```
    /// use bactrian::models::topics::Csr;
    ///
    /// let matrix = Csr::new(3, &[2, 2, 3], &[0, 2, 1], &[1.0, 2.0, 5.0])?;
    /// assert_eq!((matrix.rows(), matrix.columns()), (3, 3));
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    pub fn new(columns: usize, ends: &'a [usize], index: &'a [u32], values: &'a [f64]) -> Result<Self> {
        let refuse = |message: String| Err(Error::new(ErrorKind::SchemaRange, message));
        if index.len() != values.len() || ends.last().copied().unwrap_or(0) != index.len() {
            return refuse(format!("{} indices, {} values and the last end do not agree", index.len(), values.len()));
        }
        let mut start = 0;
        for (row, end) in ends.iter().enumerate() {
            let Some(indices) = index.get(start..*end) else {
                return refuse(format!("row {row} ends before it begins or beyond the matrix"));
            };
            let rising = indices.windows(2).all(|pair| pair[0] < pair[1]);
            if !rising || indices.last().is_some_and(|last| *last as usize >= columns) {
                return refuse(format!("the indices of row {row} do not rise within {columns} columns"));
            }
            start = *end;
        }
        match values.iter().position(|x| !(x.is_finite() && *x >= 0.0)) {
            Some(at) => refuse(format!("value {at} is `{}`, not a finite number of at least 0", values[at])),
            None => Ok(Csr { columns, ends, index, values }),
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.ends.len()
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All stored values.
    pub(super) fn values(&self) -> &'a [f64] {
        self.values
    }

    /// The indices and values of row `i`, which the matrix has.
    pub(super) fn row(&self, i: usize) -> (&'a [u32], &'a [f64]) {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        (&self.index[start..self.ends[i]], &self.values[start..self.ends[i]])
    }

    /// X D for a dense D of `columns` rows and `width` columns: `rows * width` numbers.
    pub(super) fn times(&self, dense: &[f64], width: usize) -> Vec<f64> {
        let mut out = vec![0.0; self.rows() * width];
        out.par_chunks_mut(CHUNK * width.max(1)).enumerate().for_each(|(chunk, out)| {
            for (i, out) in out.chunks_mut(width.max(1)).enumerate() {
                let (index, values) = self.row(chunk * CHUNK + i);
                for (column, value) in index.iter().zip(values) {
                    let start = *column as usize * width;
                    add_scaled(out, *value, &dense[start..start + width]);
                }
            }
        });
        out
    }

    /// X' D for a dense D of `rows` rows and `width` columns: `columns * width` numbers.
    pub(super) fn transposed_times(&self, dense: &[f64], width: usize) -> Vec<f64> {
        chunked(self.rows(), self.columns * width, |range, out| {
            for i in range {
                let (index, values) = self.row(i);
                for (column, value) in index.iter().zip(values) {
                    let start = *column as usize * width;
                    add_scaled(&mut out[start..start + width], *value, &dense[i * width..(i + 1) * width]);
                }
            }
        })
    }
}

/// D' D for a dense D of `width` columns: `width * width` numbers.
pub(super) fn gram(dense: &[f64], width: usize) -> Vec<f64> {
    let rows = dense.len() / width.max(1);
    chunked(rows, width * width, |range, out| {
        for row in dense[range.start * width..range.end * width].chunks(width.max(1)) {
            for (out, value) in out.chunks_mut(width.max(1)).zip(row) {
                add_scaled(out, *value, row);
            }
        }
    })
}

/// `out[i] += scale * values[i]`.
#[inline]
fn add_scaled(out: &mut [f64], scale: f64, values: &[f64]) {
    for (slot, value) in out.iter_mut().zip(values) {
        *slot += scale * value;
    }
}

/// The sum over all rows of what `add` puts into a buffer of `size`: chunk by chunk in parallel,
/// the chunks added in their order.
fn chunked(rows: usize, size: usize, add: impl Fn(std::ops::Range<usize>, &mut [f64]) + Sync) -> Vec<f64> {
    let parts: Vec<Vec<f64>> = (0..rows.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let mut out = vec![0.0; size];
            add(chunk * CHUNK..rows.min((chunk + 1) * CHUNK), &mut out);
            out
        })
        .collect();
    let mut parts = parts.into_iter();
    let mut total = parts.next().unwrap_or_else(|| vec![0.0; size]);
    for part in parts {
        add_scaled(&mut total, 1.0, &part);
    }
    total
}

/// Applies `work` to every row of `dense` (of `width` columns), rows in parallel, and returns the
/// sum of its results, added in chunks of fixed size.
pub(super) fn each_row(dense: &mut [f64], width: usize, work: impl Fn(usize, &mut [f64]) -> f64 + Sync) -> f64 {
    let width = width.max(1);
    let parts: Vec<f64> = dense
        .par_chunks_mut(CHUNK * width)
        .enumerate()
        .map(|(chunk, rows)| rows.chunks_mut(width).enumerate().map(|(i, row)| work(chunk * CHUNK + i, row)).sum())
        .collect();
    parts.iter().sum()
}
