//! The p-value of a dip, from a table of simulated uniform samples.
//!
//! The uniform distribution is the unimodal one that is hardest to tell from two modes, and sqrt(n)
//! dip of its samples has a limit (Hartigan, Hartigan 1985). The table holds quantiles of sqrt(n) dip
//! for sizes from 4 up, from 2 million samples of the small sizes to 100,000 of the largest, simulated
//! by `cargo run --release --example table_of_dips`, with the generator and seeds that stand there. Sizes between
//! are interpolated in 1 / sqrt(n), larger ones take the last row.

use super::small::{LAST, SMALL, STEPS};
use crate::base::numeric::{exp, ln};

/// Probabilities of a dip at least as large, falling.
const TAILS: [f64; 24] = [
    0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.075, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002,
    0.001, 0.0005, 0.0002, 0.0001,
];

/// Sizes of samples, rising.
const SIZES: [usize; 18] = [4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000];

/// Quantiles of sqrt(n) dip, a row for each size.
#[rustfmt::skip]
const QUANTILES: [[f64; TAILS.len()]; SIZES.len()] = [
    [0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.26509, 0.28912, 0.31478, 0.34284, 0.37508, 0.39349, 0.41449, 0.43501, 0.44744, 0.4635, 0.47452, 0.48406, 0.48878, 0.49202, 0.49493, 0.49621],
    [0.22361, 0.22361, 0.22361, 0.22361, 0.22361, 0.24335, 0.27208, 0.30053, 0.32958, 0.34466, 0.36037, 0.37709, 0.39548, 0.40566, 0.41693, 0.42713, 0.43298, 0.43956, 0.44321, 0.44557, 0.44638, 0.44679, 0.44706, 0.44713],
    [0.20412, 0.20412, 0.20412, 0.22628, 0.25444, 0.279, 0.30157, 0.32305, 0.34419, 0.35491, 0.36593, 0.37749, 0.38976, 0.39645, 0.40354, 0.41691, 0.43882, 0.47044, 0.49563, 0.52111, 0.53676, 0.54988, 0.56422, 0.57268],
    [0.18898, 0.19253, 0.21665, 0.24905, 0.27324, 0.29358, 0.31178, 0.32869, 0.34505, 0.35326, 0.36152, 0.37007, 0.38207, 0.4005, 0.4235, 0.44768, 0.46407, 0.48727, 0.50546, 0.52409, 0.5347, 0.54308, 0.55088, 0.55503],
    [0.17678, 0.20907, 0.23194, 0.2611, 0.28187, 0.299, 0.31397, 0.32774, 0.34097, 0.34749, 0.355, 0.37585, 0.40112, 0.41657, 0.43569, 0.45607, 0.46969, 0.48962, 0.50607, 0.52749, 0.54912, 0.56821, 0.58941, 0.60244],
    [0.18392, 0.21995, 0.2411, 0.26701, 0.28514, 0.29979, 0.31247, 0.32405, 0.3377, 0.35259, 0.36881, 0.38717, 0.4093, 0.42282, 0.43958, 0.45818, 0.47125, 0.49273, 0.51835, 0.54686, 0.56515, 0.58123, 0.59865, 0.61021],
    [0.19264, 0.22719, 0.24658, 0.26966, 0.28558, 0.29823, 0.30915, 0.32311, 0.3476, 0.36108, 0.37581, 0.39247, 0.41274, 0.42544, 0.44149, 0.46049, 0.47692, 0.5047, 0.52783, 0.55433, 0.57088, 0.58604, 0.60521, 0.61965],
    [0.20422, 0.23463, 0.25075, 0.2694, 0.28196, 0.29563, 0.31546, 0.3354, 0.3566, 0.3683, 0.38125, 0.3963, 0.41591, 0.4298, 0.45012, 0.47298, 0.48934, 0.51441, 0.5366, 0.56472, 0.58508, 0.603, 0.62635, 0.64282],
    [0.21165, 0.23623, 0.24886, 0.26811, 0.28856, 0.30652, 0.32368, 0.34115, 0.36051, 0.37189, 0.38574, 0.40359, 0.42613, 0.44065, 0.45965, 0.48182, 0.49882, 0.52624, 0.55148, 0.58098, 0.60163, 0.6214, 0.64534, 0.66293],
    [0.21213, 0.23581, 0.25401, 0.27739, 0.29521, 0.31133, 0.32795, 0.34719, 0.3688, 0.38112, 0.39518, 0.41212, 0.43474, 0.44997, 0.47024, 0.49365, 0.51134, 0.53986, 0.56593, 0.59698, 0.61976, 0.6414, 0.66627, 0.68539],
    [0.2168, 0.24364, 0.25978, 0.28307, 0.30195, 0.31927, 0.33676, 0.35579, 0.37779, 0.3905, 0.40521, 0.42306, 0.44676, 0.46254, 0.48337, 0.50794, 0.52624, 0.55623, 0.58415, 0.61807, 0.64149, 0.66387, 0.69125, 0.71096],
    [0.22207, 0.24963, 0.26676, 0.29044, 0.30949, 0.32741, 0.34561, 0.36511, 0.38746, 0.40064, 0.41587, 0.43433, 0.45861, 0.47491, 0.49678, 0.52267, 0.54231, 0.57327, 0.6021, 0.63781, 0.66412, 0.68767, 0.71604, 0.73804],
    [0.22838, 0.25654, 0.27418, 0.29838, 0.31795, 0.33628, 0.35481, 0.3749, 0.39798, 0.41151, 0.42723, 0.44633, 0.47145, 0.48832, 0.51079, 0.53768, 0.5579, 0.59035, 0.62106, 0.65908, 0.68625, 0.71151, 0.74352, 0.76823],
    [0.23328, 0.2618, 0.27965, 0.30416, 0.32403, 0.34269, 0.36166, 0.38202, 0.40542, 0.41923, 0.43527, 0.4547, 0.48052, 0.49774, 0.52086, 0.54817, 0.56901, 0.60203, 0.63477, 0.67348, 0.702, 0.72851, 0.7637, 0.78738],
    [0.23786, 0.26692, 0.28501, 0.30984, 0.32989, 0.34867, 0.36794, 0.38868, 0.41248, 0.42649, 0.44273, 0.46281, 0.48903, 0.50687, 0.53109, 0.5592, 0.58028, 0.615, 0.64781, 0.68793, 0.71771, 0.74397, 0.7775, 0.80828],
    [0.24085, 0.26987, 0.28813, 0.31284, 0.33303, 0.35206, 0.37152, 0.39234, 0.41662, 0.43061, 0.447, 0.46684, 0.49308, 0.51072, 0.53456, 0.56272, 0.58484, 0.61944, 0.65259, 0.69734, 0.72657, 0.75658, 0.79315, 0.82044],
    [0.24282, 0.27163, 0.28985, 0.31457, 0.33486, 0.35425, 0.37368, 0.39489, 0.41875, 0.43302, 0.44993, 0.46977, 0.49598, 0.51379, 0.53759, 0.56654, 0.58885, 0.62354, 0.65819, 0.70067, 0.73237, 0.76011, 0.79799, 0.83471],
    [0.2434, 0.27324, 0.29134, 0.31665, 0.33698, 0.35618, 0.3758, 0.39678, 0.42108, 0.43538, 0.45177, 0.47162, 0.498, 0.51614, 0.54002, 0.56924, 0.58868, 0.62452, 0.65844, 0.69918, 0.72423, 0.75674, 0.79383, 0.81525],
];

/// The quantiles of sqrt(n) dip for samples of `n`, at least 4.
fn quantiles(n: usize) -> [f64; TAILS.len()] {
    let above = SIZES.partition_point(|size| *size < n).clamp(1, SIZES.len() - 1);
    let place = |size: usize| 1.0 / (size as f64).sqrt();
    let (left, right) = (place(SIZES[above - 1]), place(SIZES[above]));
    let share = ((left - place(n)) / (left - right)).clamp(0.0, 1.0);
    let mut row = QUANTILES[above - 1];
    for (low, high) in row.iter_mut().zip(QUANTILES[above]) {
        *low += share * (high - *low);
    }
    row
}

/// P(dip at least as large) of a sample of `n` from one hump, the uniform distribution.
///
/// Within 0.004 of the truth for up to 20 values, whose dips come in lumps and which have a table of their own;
/// beyond, within 0.004 where p is below 0.2 and within 0.01 elsewhere ([`dip_simulated`] has no such error).
/// The logarithm of p is interpolated, and below 0.0001 extrapolated in the square of the dip. 1 for fewer than
/// four values or the least possible dip, NaN for a dip that is none.
///
/// [`dip_simulated`]: super::dip_simulated
///
/// ```
/// use bactrian::models::humps::dip_p_value;
///
/// assert!((dip_p_value(0.0595238, 63) - 0.087).abs() < 0.002);
/// ```
pub fn dip_p_value(dip: f64, n: usize) -> f64 {
    if !(0.0..=0.25).contains(&dip) {
        return f64::NAN;
    }
    let scaled = dip * (n as f64).sqrt();
    // No sample has less than half a step.
    if n < 4 || dip <= 0.5 / n as f64 * (1.0 + 1e-9) {
        return 1.0;
    }
    if let Some((most, row)) = n.checked_sub(4).and_then(|place| SMALL.get(place))
        && dip < *most
    {
        let least = 0.5 / n as f64;
        let step = (dip - least) / (most - least) * STEPS as f64;
        let before = (step.floor() as usize).min(STEPS - 1);
        let (left, right) = (row[before], row.get(before + 1).copied().unwrap_or(LAST));
        return exp(ln(left) + (step - before as f64) * (ln(right) - ln(left)));
    }
    let row = quantiles(n);
    let next = row.partition_point(|quantile| *quantile < scaled);
    if next == 0 {
        // Between certainty at half a step and the first quantile.
        let least = 0.5 / (n as f64).sqrt();
        let share = (scaled - least) / (row[0] - least);
        return 1.0 - share * (1.0 - TAILS[0]);
    }
    let last = TAILS.len() - 1;
    if next > last {
        let (before, end) = (row[last - 1], row[last]);
        let slope = (ln(TAILS[last]) - ln(TAILS[last - 1])) / (end * end - before * before);
        return TAILS[last] * exp(slope * (scaled * scaled - end * end));
    }
    let (low, high) = (row[next - 1], row[next]);
    let share = (scaled - low) / (high - low);
    exp(ln(TAILS[next - 1]) + share * (ln(TAILS[next]) - ln(TAILS[next - 1])))
}

/// The dip that a sample of `n` from the uniform distribution exceeds with probability `level`, one of
/// those tabulated; else that of the next smaller one.
pub(super) fn dip_critical(level: f64, n: usize) -> f64 {
    let column = TAILS.partition_point(|tail| *tail > level).min(TAILS.len() - 1);
    quantiles(n.max(4))[column] / (n.max(4) as f64).sqrt()
}
