//! Transcendental functions, reductions and decay with the same bits on every machine.
//!
//! The C library's functions differ between platforms in their last bits, and reductions differ
//! with the width of a vector; a journal folded elsewhere would then give other scores. So the
//! whole house takes `exp`, `ln` and their kin from here. Invariants:
//!
//! - only additions, multiplications, divisions, square roots and bit operations, each rounded once
//!   by IEEE 754, and no fused multiply-add; so one source gives one result everywhere;
//! - the slice forms run that same source on as many lanes as the processor has (AVX-512, AVX2 or
//!   the baseline), and equal the scalar forms to the bit;
//! - a sum has a shape that depends on its length alone.
//!
//! A NaN gives a NaN, always the one of [`f64::NAN`]; nothing here panics. Accuracy is stated at
//! each function and tested against values of 50 digits. `f64::sqrt`, `abs`, `floor` and the other
//! exact functions of the standard library need no twin here.

mod decay;
mod exp;
mod ln;
mod power;
mod reduce;
pub(crate) mod simd;
pub mod special;

#[cfg(test)]
mod tests;

pub use decay::{decay, decay_slice, decay4, rate_of_half_life};
pub use exp::{exp, exp_m1, exp_slice, exp2};
pub use ln::{ln, ln_1p, ln_slice};
pub use power::{cbrt, powf};
pub use reduce::{dot, log_add_exp, log_sum_exp, mean, sum, sum_of_squares, variance};
