//! CRC-32 of one value of the engine's file.

use std::hint::black_box;

pub(crate) fn seconds() -> f64 {
    let value: Vec<u8> = (0..65_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let calls = 1_000;
    let hash = |_| {
        black_box(crc32fast::hash(black_box(&value)));
    };
    super::fastest(20, || (0..calls).for_each(hash)) / f64::from(calls)
}
