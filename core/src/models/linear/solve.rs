//! Small dense systems: the Cholesky factor of a symmetric positive definite matrix.

/// A lower triangular factor L with A = L L^T, row by row.
#[derive(Debug)]
pub(in crate::models) struct Cholesky {
    n: usize,
    lower: Vec<f64>,
}

impl Cholesky {
    /// The factor of an n x n matrix, of which the lower triangle is read; `None` where it is not
    /// positive definite to the precision of f64.
    pub(in crate::models) fn new(matrix: &[f64], n: usize) -> Option<Self> {
        let mut lower = vec![0.0; n * n];
        for row in 0..n {
            for column in 0..=row {
                let (own, other) = (&lower[row * n..row * n + column], &lower[column * n..column * n + column]);
                let inner: f64 = own.iter().zip(other).map(|(a, b)| a * b).sum();
                let rest = matrix[row * n + column] - inner;
                lower[row * n + column] = if row == column {
                    if rest.is_nan() || rest <= matrix[row * n + row].abs() * 1e-13 {
                        return None;
                    }
                    rest.sqrt()
                } else {
                    rest / lower[column * n + column]
                };
            }
        }
        Some(Cholesky { n, lower })
    }

    /// Solves A x = b in place.
    pub(in crate::models) fn solve(&self, x: &mut [f64]) {
        let n = self.n;
        for row in 0..n {
            let inner: f64 = self.lower[row * n..row * n + row].iter().zip(&*x).map(|(a, b)| a * b).sum();
            x[row] = (x[row] - inner) / self.lower[row * n + row];
        }
        for row in (0..n).rev() {
            let inner: f64 = (row + 1..n).map(|below| self.lower[below * n + row] * x[below]).sum();
            x[row] = (x[row] - inner) / self.lower[row * n + row];
        }
    }

    /// The diagonal of the inverse of A.
    pub(super) fn inverse_diagonal(&self) -> Vec<f64> {
        let one = |index: usize| {
            let mut column = vec![0.0; self.n];
            column[index] = 1.0;
            self.solve(&mut column);
            column[index]
        };
        (0..self.n).map(one).collect()
    }
}
