//! One hump or two, from C.

use std::mem::MaybeUninit;

use bactrian::Result;
use bactrian::models::humps::{dip_test, two_humps};

use crate::error::{guard, guard_or};
use crate::pointer::{given, hand_out, slice};
use crate::result::fit::{Verdict, verdicts};
use crate::status::Status;
use crate::texts::Texts;

/// The answer of both tests of two humps.
pub struct Humps {
    verdicts: Vec<Verdict>,
    p: f64,
    _texts: Texts,
}

/// Hartigan's dip of numbers and its p-value against one mode; NaN takes no part.
///
/// Errors: `SCHEMA_RANGE` for an infinite number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_humps_dip(
    numbers: *const f64,
    length: usize,
    dip: Option<&mut MaybeUninit<f64>>,
    p: Option<&mut MaybeUninit<f64>>,
) -> Status {
    guard(|| {
        let (dip, p) = (given(dip, "dip")?, given(p, "p")?);
        // SAFETY: the caller promises `length` numbers.
        let found = dip_test(unsafe { slice(numbers, length, "numbers") }?)?;
        dip.write(found.0);
        p.write(found.1);
        Ok(())
    })
}

/// Whether numbers have two humps, by the dip test at 5% and by BIC of two Gaussian components: an effect
/// needs both, and where they disagree nobody can tell. Free it.
///
/// Errors: `SCHEMA_RANGE` for an infinite number.
///
/// ```c
/// bactrian_humps *humps = NULL;
/// status = bactrian_humps_test(prices, n, &humps);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_humps_test(
    numbers: *const f64,
    length: usize,
    humps: Option<&mut MaybeUninit<*mut Humps>>,
) -> Status {
    guard(|| {
        let place = given(humps, "humps")?;
        // SAFETY: the caller promises `length` numbers.
        let numbers = unsafe { slice(numbers, length, "numbers") }?;
        hand_out(place, tested(numbers)?);
        Ok(())
    })
}

fn tested(numbers: &[f64]) -> Result<Humps> {
    let found = two_humps(numbers)?;
    let mut texts = Texts::default();
    let verdicts = verdicts(&[("humps".to_owned(), found.verdict)], &mut texts);
    Ok(Humps { verdicts, p: found.p, _texts: texts })
}

/// The verdict, whose value is the dip and whose reason has the figures of both tests; NULL for NULL. Valid as
/// long as `humps`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_humps_verdict(humps: Option<&Humps>) -> *const Verdict {
    humps.and_then(|humps| humps.verdicts.first()).map_or(std::ptr::null(), std::ptr::from_ref)
}

/// The p-value of the dip test; NaN for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_humps_p(humps: Option<&Humps>) -> f64 {
    humps.map_or(f64::NAN, |humps| humps.p)
}

/// Gives an answer back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_humps_free(humps: Option<Box<Humps>>) {
    guard_or((), || drop(humps));
}
