//! Cells: what one value that outweighs all before it must not lose.

use super::*;

const SECOND: i64 = 1_000_000;

/// Three gaps of a user of ciao; the last one weighs 5e8 times as much as both others. The variance by
/// arithmetic in 60 digits.
#[test]
fn a_variance_survives_a_weight_that_dwarfs_the_others() {
    let shape = Shape { op: Op::GapVariance, window: Window::HalfLife(30 * 86_400 * SECOND) };
    let mut cell = None;
    for seconds in [0, 345_600, 432_000, 78_105_600] {
        let at = seconds * SECOND;
        Cell::add(&mut cell, shape, 1.0, Moment { at, now: at, lateness: 0, movable: false });
    }
    let variance = cell.unwrap().value(shape, 78_105_600 * SECOND);
    let exact = 11_306_347.958_880_728;
    assert!((variance - exact).abs() <= 1e-12 * exact, "{variance}");
}
