//! The leading singular vectors of a sparse matrix, by subspace iteration on X'X.
//!
//! Start and number of steps are fixed, so the result is too. Orthogonal bases by Gram-Schmidt,
//! applied twice (Giraud, Langou, Rozloznik 2005); the small eigenproblem by Jacobi rotations.

use super::csr::{Csr, gram};
use crate::base::numeric::{dot, sum_of_squares};
use crate::base::random::Random;

/// Directions beyond those wanted, which speed the others up (Halko, Martinsson, Tropp 2011).
const EXTRA: usize = 10;
const STEPS: usize = 100;
/// Relative change of every wanted singular value at which the iteration stops.
const CHANGE: f64 = 1e-9;

/// Singular values, falling, with vectors that belong to them.
pub(super) struct Svd {
    pub(super) values: Vec<f64>,
    /// Left vectors, each of as many numbers as the matrix has rows.
    pub(super) left: Vec<Vec<f64>>,
    /// Right vectors, each of as many numbers as the matrix has columns.
    pub(super) right: Vec<Vec<f64>>,
}

/// The `k` leading singular triplets; a direction that the matrix lacks has value 0 and zero vectors.
pub(super) fn truncated(x: &Csr<'_>, k: usize) -> Svd {
    let width = (k + EXTRA).min(x.rows()).min(x.columns());
    let mut random = Random::keyed(0, 0);
    let mut basis: Vec<f64> = (0..x.columns() * width).map(|_| random.normal()).collect();
    orthonormalise(&mut basis, width);
    let mut before = vec![0.0; k.min(width)];
    let (mut image, mut squares, mut turn) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STEPS {
        image = x.times(&basis, width);
        (squares, turn) = eigen(gram(&image, width), width);
        let settled = before.iter().zip(&squares).all(|(old, new)| (new - old).abs() <= CHANGE * new.abs());
        if settled {
            break;
        }
        before.iter_mut().zip(&squares).for_each(|(old, new)| *old = *new);
        basis = x.transposed_times(&image, width);
        orthonormalise(&mut basis, width);
    }
    collect(&image, &basis, &squares, &turn, width, k)
}

/// The triplets of the basis turned to the eigenvectors of the image.
fn collect(image: &[f64], basis: &[f64], squares: &[f64], turn: &[f64], width: usize, k: usize) -> Svd {
    let mut svd = Svd { values: Vec::new(), left: Vec::new(), right: Vec::new() };
    let floor = squares.first().copied().unwrap_or(0.0) * 1e-24;
    let turned = |dense: &[f64], axis: &[f64], scale: f64| -> Vec<f64> {
        dense.chunks(width).map(|row| dot(row, axis) * scale).collect()
    };
    for (square, axis) in squares.iter().zip(turn.chunks(width.max(1))).take(k) {
        let present = *square > floor;
        let value = if present { square.sqrt() } else { 0.0 };
        svd.values.push(value);
        svd.left.push(turned(image, axis, if present { 1.0 / value } else { 0.0 }));
        svd.right.push(turned(basis, axis, if present { 1.0 } else { 0.0 }));
    }
    svd
}

/// Makes the columns of `dense` orthonormal; a column that depends on earlier ones becomes zero.
fn orthonormalise(dense: &mut [f64], width: usize) {
    if width == 0 {
        return;
    }
    let rows = dense.len() / width;
    let mut columns: Vec<Vec<f64>> = (0..width).map(|j| (0..rows).map(|i| dense[i * width + j]).collect()).collect();
    for j in 0..width {
        let (done, rest) = columns.split_at_mut(j);
        let Some(column) = rest.first_mut() else { break };
        let size = sum_of_squares(column);
        for _ in 0..2 {
            for earlier in done.iter() {
                let along = dot(earlier, column);
                column.iter_mut().zip(earlier).for_each(|(x, e)| *x -= along * e);
            }
        }
        let left = sum_of_squares(column);
        let scale = if left > size * 1e-28 { 1.0 / left.sqrt() } else { 0.0 };
        column.iter_mut().for_each(|x| *x *= scale);
    }
    for (j, column) in columns.iter().enumerate() {
        for (i, value) in column.iter().enumerate() {
            dense[i * width + j] = *value;
        }
    }
}

/// Eigenvalues, falling, and eigenvectors (one after the other) of a symmetric matrix of `n` rows,
/// by cyclic Jacobi rotations (Golub and Van Loan, section 8.5).
pub(super) fn eigen(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut vectors = vec![0.0; n * n];
    (0..n).for_each(|i| vectors[i * n + i] = 1.0);
    let total = sum_of_squares(&a);
    for _ in 0..60 {
        let mut off = 0.0;
        for p in 0..n {
            for q in p + 1..n {
                off += a[p * n + q] * a[p * n + q];
                rotate(&mut a, &mut vectors, n, p, q);
            }
        }
        if off <= total * 1e-34 {
            break;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|i, j| a[j * n + j].total_cmp(&a[i * n + i]));
    let values = order.iter().map(|i| a[i * n + i]).collect();
    let vectors = order.iter().flat_map(|i| vectors[i * n..(i + 1) * n].to_vec()).collect();
    (values, vectors)
}

/// Zeroes the pair (p, q) of `a`; the rows of `vectors` turn along.
fn rotate(a: &mut [f64], vectors: &mut [f64], n: usize, p: usize, q: usize) {
    let apq = a[p * n + q];
    if apq == 0.0 {
        return;
    }
    let tau = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
    let t = tau.signum() / (tau.abs() + (1.0 + tau * tau).sqrt());
    let c = 1.0 / (1.0 + t * t).sqrt();
    let s = t * c;
    for i in 0..n {
        let (x, y) = (a[i * n + p], a[i * n + q]);
        (a[i * n + p], a[i * n + q]) = (c * x - s * y, s * x + c * y);
    }
    for i in 0..n {
        let (x, y) = (a[p * n + i], a[q * n + i]);
        (a[p * n + i], a[q * n + i]) = (c * x - s * y, s * x + c * y);
        let (x, y) = (vectors[p * n + i], vectors[q * n + i]);
        (vectors[p * n + i], vectors[q * n + i]) = (c * x - s * y, s * x + c * y);
    }
}
