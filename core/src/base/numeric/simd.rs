//! One kernel on every lane: picks the widest vectors that the processor has.
//!
//! A kernel is a scalar function without branches, and [`Work`] a piece of work of any shape. The
//! forms below differ only in the instructions that the compiler may use for them; since it never
//! contracts or reorders floating point arithmetic, all give the bits of the scalar form.

/// A function of one number, written without branches so that it fills vector lanes.
pub(super) trait Kernel {
    /// The function; implementations are `#[inline(always)]`.
    fn apply(x: f64) -> f64;
}

/// A piece of work written without regard to vectors, to be compiled once for each [`Level`].
pub(crate) trait Work {
    /// What it gives.
    type Output;

    /// Does it; implementations are `#[inline(always)]`, and so is all that they call in loops.
    fn run(self) -> Self::Output;
}

/// The instructions that a loop may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
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
pub(crate) fn levels() -> &'static [Level] {
    if wide() {
        &[Level::Avx512, Level::Avx2, Level::Baseline]
    } else if std::arch::is_x86_feature_detected!("avx2") {
        &[Level::Avx2, Level::Baseline]
    } else {
        &[Level::Baseline]
    }
}

/// Whether the processor has the 512-bit instructions used here, those on bytes and words included.
#[cfg(target_arch = "x86_64")]
fn wide() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512dq")
        && std::arch::is_x86_feature_detected!("avx512bw")
        && std::arch::is_x86_feature_detected!("avx512vl")
}

/// Does `work` on the widest vectors.
#[inline]
pub(crate) fn run<W: Work>(work: W) -> W::Output {
    run_at(levels().first().copied().unwrap_or(Level::Baseline), work)
}

/// [`run`] at a level of [`levels`].
#[cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "a call into work compiled for AVX needs the processor to have it, which `levels` saw"
    )
)]
pub(crate) fn run_at<W: Work>(level: Level, work: W) -> W::Output {
    match level {
        Level::Baseline => work.run(),
        // SAFETY: callers take `level` from `levels`, which asked the processor.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { run_avx2(work) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { run_avx512(work) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_avx2<W: Work>(work: W) -> W::Output {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512dq,avx512bw,avx512vl")]
fn run_avx512<W: Work>(work: W) -> W::Output {
    work.run()
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
pub(crate) fn levels() -> &'static [Level] {
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
