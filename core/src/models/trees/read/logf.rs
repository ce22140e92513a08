//! The logarithm that gave an XGBoost model its base margin.

/// 1/c and ln(c), as bits of f64, for c near the middle of each sixteenth of an octave.
///
/// These and the polynomial are the constants of glibc's `logf`, from ARM's optimized routines
/// (Copyright 2017-2018 Arm Limited, MIT licence): another logarithm rounds some results to another f32.
const TABLE: [(u64, u64); 16] = [
    (0x3ff6_61ec_79f8_f3be, 0xbfd5_7bf7_808c_aade),
    (0x3ff5_71ed_4aaf_883d, 0xbfd2_bef0_a7c0_6ddb),
    (0x3ff4_9539_f0f0_10b0, 0xbfd0_1eae_7f51_3a67),
    (0x3ff3_c995_b0b8_0385, 0xbfcb_31d8_a682_24e9),
    (0x3ff3_0d19_0c88_64a5, 0xbfc6_574f_0ac0_7758),
    (0x3ff2_5e22_7b0b_8ea0, 0xbfc1_aa2b_c79c_8100),
    (0x3ff1_bb4a_4a1a_343f, 0xbfba_4e76_ce8c_0e5e),
    (0x3ff1_2358_f08a_e5ba, 0xbfb1_973c_5a61_1ccc),
    (0x3ff0_953f_4199_00a7, 0xbfa2_52f4_38e1_0c1e),
    (0x3ff0_0000_0000_0000, 0x0000_0000_0000_0000),
    (0x3fee_608c_fd9a_47ac, 0x3faa_a5aa_5df2_5984),
    (0x3fec_a4b3_1f02_6aa0, 0x3fbc_5e53_aa36_2eb4),
    (0x3feb_2036_576a_fce6, 0x3fc5_26e5_7720_db08),
    (0x3fe9_c2d1_63a1_aa2d, 0x3fcb_c286_0d22_4770),
    (0x3fe8_86e6_0378_41ed, 0x3fd1_058b_c8a0_7ee1),
    (0x3fe7_67dc_f553_4862, 0x3fd4_0430_57b6_ee09),
];
/// Of ln(1 + r) - r, over r^2, from the highest power down.
const POLYNOMIAL: [u64; 3] = [0xbfd0_0ea3_48b8_8334, 0x3fd5_575b_0be0_0b6a, 0xbfdf_fffe_f20a_4123];
/// Where the octave begins that [`TABLE`] divides.
const BEGIN: u32 = 0x3f33_0000;

/// ln(x) in f32, with the bits of glibc's `logf`; a positive, normal x.
pub(super) fn logf(x: f32) -> f32 {
    let bits = x.to_bits();
    if !x.is_normal() || x < 0.0 {
        return crate::base::numeric::ln(f64::from(x)) as f32;
    }
    if x == 1.0 {
        return 0.0;
    }
    let above = bits.wrapping_sub(BEGIN);
    let (inverse, log) = TABLE[(above >> 19) as usize % TABLE.len()];
    let octave = above.cast_signed() >> 23;
    let z = f64::from(f32::from_bits(bits.wrapping_sub(above & 0xff80_0000)));
    let r = z * f64::from_bits(inverse) - 1.0;
    let start = f64::from_bits(log) + f64::from(octave) * std::f64::consts::LN_2;
    let [third, second, first] = POLYNOMIAL.map(f64::from_bits);
    let square = r * r;
    ((third * square + (second * r + first)) * square + (start + r)) as f32
}
