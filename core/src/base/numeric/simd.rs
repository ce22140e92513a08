//! One kernel on every lane: picks the widest vectors that the processor has.
//!
//! A kernel is a scalar function without branches. The three loops below differ only in the
//! instructions that the compiler may use for them; since it never contracts or reorders floating
//! point arithmetic, all three give the bits of the scalar function.

/// A function of one number, written without branches so that it fills vector lanes.
pub(super) trait Kernel {
    /// The function; implementations are `#[inline(always)]`.
    fn apply(x: f64) -> f64;
}

/// The instructions that a loop may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// What every processor of the target has.
    Baseline,
    /// 256-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 512-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// The levels that this processor has, the best one first.
#[cfg(target_arch = "x86_64")]
pub(super) fn levels() -> &'static [Level] {
    if std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512dq") {
        &[Level::Avx512, Level::Avx2, Level::Baseline]
    } else if std::arch::is_x86_feature_detected!("avx2") {
        &[Level::Avx2, Level::Baseline]
    } else {
        &[Level::Baseline]
    }
}

/// `K(scale * values[i])` of four values at once.
#[inline]
#[cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "a call into code compiled for AVX2 needs the processor to have it, which is asked here"
    )
)]
pub(super) fn map4<K: Kernel>(scale: f64, values: &[f64; 4]) -> [f64; 4] {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { four_avx2::<K>(scale, values) };
    }
    four::<K>(scale, values)
}

/// The levels that this processor has, the best one first.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn levels() -> &'static [Level] {
    &[Level::Baseline]
}

/// `out[i] = K(values[i])` for every index that both slices have, on the widest vectors.
#[inline]
pub(super) fn map<K: Kernel>(values: &[f64], out: &mut [f64]) {
    let best = levels().first().copied().unwrap_or(Level::Baseline);
    map_at::<K>(best, values, out);
}

/// [`map`] at a level of [`levels`].
#[cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "a call into a loop compiled for AVX needs the processor to have it, which `levels` saw"
    )
)]
pub(super) fn map_at<K: Kernel>(level: Level, values: &[f64], out: &mut [f64]) {
    match level {
        Level::Baseline => each::<K>(values, out),
        // SAFETY: callers take `level` from `levels`, which asked the processor.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { each_avx2::<K>(values, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { each_avx512::<K>(values, out) },
    }
}

#[inline(always)]
fn each<K: Kernel>(values: &[f64], out: &mut [f64]) {
    for (value, slot) in values.iter().zip(out) {
        *slot = K::apply(*value);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn each_avx2<K: Kernel>(values: &[f64], out: &mut [f64]) {
    each::<K>(values, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512dq")]
fn each_avx512<K: Kernel>(values: &[f64], out: &mut [f64]) {
    each::<K>(values, out);
}

#[inline(always)]
fn four<K: Kernel>(scale: f64, values: &[f64; 4]) -> [f64; 4] {
    let mut out = [0.0; 4];
    for (value, slot) in values.iter().zip(&mut out) {
        *slot = K::apply(scale * *value);
    }
    out
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn four_avx2<K: Kernel>(scale: f64, values: &[f64; 4]) -> [f64; 4] {
    four::<K>(scale, values)
}
