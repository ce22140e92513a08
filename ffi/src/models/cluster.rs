//! Clusters of rows of numbers, from C.

use std::mem::MaybeUninit;

use bactrian::Result;
use bactrian::models::cluster::{
    Covariance, GaussianMixture, GaussianMixtureFit, GaussianMixtureParams, KMeans, KMeansFit, KMeansParams, Points,
    silhouette,
};

use super::{answer, place};
use crate::error::{guard, guard_or};
use crate::pointer::{given, hand_out, slice};
use crate::status::Status;

/// Centres of k-means.
pub struct Kmeans {
    fit: KMeansFit,
}

/// Components of a Gaussian mixture.
pub struct Mixture {
    fit: GaussianMixtureFit,
}

/// Rows from C, `columns` numbers each.
///
/// # Safety
/// `rows` points to `length` times `columns` numbers.
unsafe fn points<'a>(rows: *const f64, length: usize, columns: usize) -> Result<Points<'a>> {
    // SAFETY: the caller's promise is that of `slice`.
    Points::new(unsafe { slice(rows, length.saturating_mul(columns), "rows") }?, columns)
}

/// What a model says of each row, into the place of a name.
///
/// # Safety
/// `rows` is as for [`points`], and `out` points to room for the answer.
unsafe fn each<T: Copy>(
    (rows, length, columns): (*const f64, usize, usize),
    (out, name): (*mut T, &str),
    say: impl FnOnce(&Points<'_>) -> Result<Vec<T>>,
) -> Result<()> {
    let out = place(out, name)?;
    // SAFETY: the caller promises the rows and the room.
    unsafe { answer(&say(&points(rows, length, columns)?)?, out) };
    Ok(())
}

/// Fits k-means: `length` rows of `columns` finite numbers each, row after row; k-means++, ten restarts. Free it.
///
/// Errors: `SCHEMA_RANGE` for a number that is not finite, with its row and column, and for no cluster;
/// `NOT_ENOUGH_DATA` for fewer rows than clusters.
///
/// ```c
/// bactrian_kmeans *kmeans = NULL;
/// status = bactrian_kmeans_fit(rows, n, 3, 5, 0, &kmeans);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_kmeans_fit(
    rows: *const f64,
    length: usize,
    columns: usize,
    clusters: usize,
    seed: u64,
    kmeans: Option<&mut MaybeUninit<*mut Kmeans>>,
) -> Status {
    guard(|| {
        let place = given(kmeans, "kmeans")?;
        // SAFETY: the caller promises the rows.
        let points = unsafe { points(rows, length, columns) }?;
        let params = KMeansParams { seed, ..KMeansParams::new(clusters) };
        hand_out(place, Kmeans { fit: KMeans::fit(&points, &params)? });
        Ok(())
    })
}

/// The centres, one after the other; NULL for NULL. Valid as long as `kmeans`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_kmeans_centres(kmeans: Option<&Kmeans>) -> *const f64 {
    kmeans.map_or(std::ptr::null(), |kmeans| kmeans.fit.model.centres().as_ptr())
}

/// The sum of squared distances of the rows to their centre; NaN for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_kmeans_inertia(kmeans: Option<&Kmeans>) -> f64 {
    kmeans.map_or(f64::NAN, |kmeans| kmeans.fit.inertia)
}

/// The cluster of each row, into `labels`, which has room for `length` numbers.
///
/// Errors: `SCHEMA_RANGE` for another number of columns than the fit's, and for numbers that are not finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_kmeans_predict(
    kmeans: Option<&Kmeans>,
    rows: *const f64,
    length: usize,
    columns: usize,
    labels: *mut u32,
) -> Status {
    guard(|| {
        let model = &given(kmeans, "kmeans")?.fit.model;
        // SAFETY: the caller promises the rows, and room for a label each.
        unsafe { each((rows, length, columns), (labels, "labels"), |points| model.predict(points)) }
    })
}

/// Gives centres back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_kmeans_free(kmeans: Option<Box<Kmeans>>) {
    guard_or((), || drop(kmeans));
}

/// Fits a Gaussian mixture to rows as of `bactrian_kmeans_fit`, with diagonal covariances, or full ones where
/// `full` is not 0. Free it.
///
/// Errors: `SCHEMA_RANGE` for a number that is not finite, with its row and column, for no component, and for a
/// component that collapses; `NOT_ENOUGH_DATA` for fewer rows than components.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_mixture_fit(
    rows: *const f64,
    length: usize,
    columns: usize,
    components: usize,
    full: i32,
    seed: u64,
    mixture: Option<&mut MaybeUninit<*mut Mixture>>,
) -> Status {
    guard(|| {
        let place = given(mixture, "mixture")?;
        // SAFETY: the caller promises the rows.
        let points = unsafe { points(rows, length, columns) }?;
        let covariance = if full == 0 { Covariance::Diagonal } else { Covariance::Full };
        let params = GaussianMixtureParams { covariance, seed, ..GaussianMixtureParams::new(components) };
        hand_out(place, Mixture { fit: GaussianMixture::fit(&points, &params)? });
        Ok(())
    })
}

/// One weight a component; NULL for NULL. Valid as long as `mixture`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_mixture_weights(mixture: Option<&Mixture>) -> *const f64 {
    mixture.map_or(std::ptr::null(), |mixture| mixture.fit.model.weights().as_ptr())
}

/// The means, component after component; NULL for NULL. Valid as long as `mixture`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_mixture_means(mixture: Option<&Mixture>) -> *const f64 {
    mixture.map_or(std::ptr::null(), |mixture| mixture.fit.model.means().as_ptr())
}

/// The variances of each component, or its covariances row after row; NULL for NULL. Valid as long as `mixture`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_mixture_covariances(mixture: Option<&Mixture>) -> *const f64 {
    mixture.map_or(std::ptr::null(), |mixture| mixture.fit.model.covariances().as_ptr())
}

/// Schwarz's criterion, by which numbers of components are compared: the smallest wins; NaN for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_mixture_bic(mixture: Option<&Mixture>) -> f64 {
    mixture.map_or(f64::NAN, |mixture| mixture.fit.bic)
}

/// The mean log-likelihood of a row at the last step, in nats; NaN for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_mixture_lower_bound(mixture: Option<&Mixture>) -> f64 {
    mixture.map_or(f64::NAN, |mixture| mixture.fit.lower_bound)
}

/// The likeliest component of each row, into `labels`, which has room for `length` numbers.
///
/// Errors: as those of `bactrian_kmeans_predict`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_mixture_predict(
    mixture: Option<&Mixture>,
    rows: *const f64,
    length: usize,
    columns: usize,
    labels: *mut u32,
) -> Status {
    guard(|| {
        let model = &given(mixture, "mixture")?.fit.model;
        // SAFETY: the caller promises the rows, and room for a label each.
        unsafe { each((rows, length, columns), (labels, "labels"), |points| model.predict(points)) }
    })
}

/// The probability of each component for each row, row after row, into `probabilities`, which has room for
/// `length` times the number of components.
///
/// Errors: as those of `bactrian_kmeans_predict`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_mixture_probabilities(
    mixture: Option<&Mixture>,
    rows: *const f64,
    length: usize,
    columns: usize,
    probabilities: *mut f64,
) -> Status {
    guard(|| {
        let model = &given(mixture, "mixture")?.fit.model;
        // SAFETY: the caller promises the rows, and the room.
        unsafe { each((rows, length, columns), (probabilities, "probabilities"), |points| model.probabilities(points)) }
    })
}

/// Gives components back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_mixture_free(mixture: Option<Box<Mixture>>) {
    guard_or((), || drop(mixture));
}

/// The mean silhouette of labelled rows, of at most `sample` of them drawn by `seed`: near 1 they sit well in
/// their clusters, below 0 they do not.
///
/// Errors: `NOT_ENOUGH_DATA` for fewer than two clusters; `SCHEMA_RANGE` for numbers that are not finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_cluster_silhouette(
    rows: *const f64,
    length: usize,
    columns: usize,
    labels: *const u32,
    sample: usize,
    seed: u64,
    value: Option<&mut MaybeUninit<f64>>,
) -> Status {
    guard(|| {
        let value = given(value, "value")?;
        // SAFETY: the caller promises the rows and a label each.
        let (points, labels) = unsafe { (points(rows, length, columns)?, slice(labels, length, "labels")?) };
        value.write(silhouette(&points, labels, sample, seed)?);
        Ok(())
    })
}
