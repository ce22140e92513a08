//! Purchase models on their own, from C: fit, P(alive), expected purchases.

use std::mem::MaybeUninit;

use bactrian::Result;
use bactrian::models::clv::{CheckedHistory, FitOptions, History, PurchaseKind, PurchaseModel};

use crate::error::{guard, guard_or};
use crate::pointer::{Text, given, hand_out, null, optional_slice, slice};
use crate::status::Status;

/// A model of purchases without a contract, with its parameters; it belongs to no engine.
pub struct Clv {
    model: Box<dyn PurchaseModel>,
    parameters: Vec<f64>,
    log_likelihood: f64,
    converged: bool,
}

/// Histories from C, one value a customer in each column.
///
/// # Safety
/// Each pointer points to `length` numbers; `weights` may be NULL.
unsafe fn histories<'a>(
    frequency: *const f64,
    recency: *const f64,
    age: *const f64,
    weights: *const f64,
    length: usize,
) -> Result<CheckedHistory<'a>> {
    // SAFETY: the caller's promise is that of `slice`.
    let (frequency, recency, age, weights) = unsafe {
        let weights = optional_slice(weights, length, "weights")?;
        (
            slice(frequency, length, "frequency")?,
            slice(recency, length, "recency")?,
            slice(age, length, "age")?,
            weights,
        )
    };
    History { frequency, recency, age, weights }.check()
}

/// Writes one value a customer.
///
/// # Safety
/// `out` points to room for as many numbers as there are values.
unsafe fn answer(values: &[f64], out: *mut f64) {
    // SAFETY: the caller promises the room; the values are the library's own.
    unsafe { out.copy_from_nonoverlapping(values.as_ptr(), values.len()) };
}

/// Fits a model of purchases: `model` is `bg_nbd`, `mbg_nbd` or `pareto_nbd`. Free it.
///
/// A customer's history is `frequency` (repeat purchases), `recency` (time of the last one, 0 without) and
/// `age` (time observed), all from the first purchase and in one unit of time; `weights`, how many customers
/// each row stands for, may be NULL.
///
/// Errors: `SCHEMA_RANGE` for another model and for histories that can't be, with the row; `NOT_ENOUGH_DATA`
/// where nobody bought again.
///
/// ```c
/// bactrian_clv *clv = NULL;
/// status = bactrian_clv_fit("bg_nbd", frequency, recency, age, NULL, n, &clv);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_clv_fit(
    model: Text<'_>,
    frequency: *const f64,
    recency: *const f64,
    age: *const f64,
    weights: *const f64,
    length: usize,
    clv: Option<&mut MaybeUninit<*mut Clv>>,
) -> Status {
    guard(|| {
        let (kind, place) = (PurchaseKind::named(model.required("model")?)?, given(clv, "clv")?);
        // SAFETY: the caller promises `length` numbers in each column.
        let rows = unsafe { histories(frequency, recency, age, weights, length) }?;
        let fitted = kind.fit(&rows.compress(), &FitOptions::default())?;
        let (log_likelihood, converged) = (fitted.diagnostics.log_likelihood, fitted.diagnostics.converged);
        hand_out(place, Clv { model: fitted.model, parameters: fitted.parameters, log_likelihood, converged });
        Ok(())
    })
}

/// The model with known parameters: r, alpha, a, b of `bg_nbd` and `mbg_nbd`; r, alpha, s, beta of
/// `pareto_nbd`. Free it.
///
/// Errors: `SCHEMA_RANGE` for another model, another number of parameters, or one that is not above 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_clv_new(
    model: Text<'_>,
    parameters: *const f64,
    length: usize,
    clv: Option<&mut MaybeUninit<*mut Clv>>,
) -> Status {
    guard(|| {
        let (kind, place) = (PurchaseKind::named(model.required("model")?)?, given(clv, "clv")?);
        // SAFETY: the caller promises `length` numbers.
        let parameters = unsafe { slice(parameters, length, "parameters") }?.to_vec();
        let model = kind.model(&parameters)?;
        hand_out(place, Clv { model, parameters, log_likelihood: f64::NAN, converged: false });
        Ok(())
    })
}

/// One parameter, in the order of `bactrian_clv_new`; NaN beyond the last, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_clv_parameter(clv: Option<&Clv>, index: usize) -> f64 {
    clv.and_then(|clv| clv.parameters.get(index)).copied().unwrap_or(f64::NAN)
}

/// The log-likelihood of the fit, in nats; NaN without one, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_clv_log_likelihood(clv: Option<&Clv>) -> f64 {
    clv.map_or(f64::NAN, |clv| clv.log_likelihood)
}

/// 1 if the fit ended at a maximum, else 0.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_clv_converged(clv: Option<&Clv>) -> i32 {
    clv.map_or(0, |clv| i32::from(clv.converged))
}

/// P(alive at `age` + `after`) of each customer, into `alive`, which has room for `length` numbers.
///
/// Errors: `SCHEMA_RANGE` for histories that can't be, with the row, and for a negative `after`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_clv_alive(
    clv: Option<&Clv>,
    after: f64,
    frequency: *const f64,
    recency: *const f64,
    age: *const f64,
    length: usize,
    alive: *mut f64,
) -> Status {
    guard(|| {
        let clv = given(clv, "clv")?;
        if alive.is_null() {
            return Err(null("alive"));
        }
        // SAFETY: the caller promises `length` numbers in each column, and room for as many.
        unsafe {
            let rows = histories(frequency, recency, age, std::ptr::null(), length)?;
            answer(&clv.model.probability_alive_all(after, &rows)?, alive);
        }
        Ok(())
    })
}

/// Expected purchases of each customer within `horizon` after `age`, into `expected`, which has room for
/// `length` numbers.
///
/// Errors: `SCHEMA_RANGE` for histories that can't be, with the row, and for a negative `horizon`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_clv_expected(
    clv: Option<&Clv>,
    horizon: f64,
    frequency: *const f64,
    recency: *const f64,
    age: *const f64,
    length: usize,
    expected: *mut f64,
) -> Status {
    guard(|| {
        let clv = given(clv, "clv")?;
        if expected.is_null() {
            return Err(null("expected"));
        }
        // SAFETY: the caller promises `length` numbers in each column, and room for as many.
        unsafe {
            let rows = histories(frequency, recency, age, std::ptr::null(), length)?;
            answer(&clv.model.expected_purchases_all(horizon, &rows)?, expected);
        }
        Ok(())
    })
}

/// Gives a model back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_clv_free(clv: Option<Box<Clv>>) {
    guard_or((), || drop(clv));
}
