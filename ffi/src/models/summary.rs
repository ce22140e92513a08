//! Histories made of transactions, from C.

use std::mem::MaybeUninit;

use bactrian::models::clv::{Summary as Found, SummaryOptions, Transactions, summary};

use crate::error::{guard, guard_or};
use crate::pointer::{Text, given, hand_out, moment, optional_slice, slice};
use crate::status::Status;

/// One history a customer, in columns.
pub struct Summary {
    found: Found,
}

/// Makes histories of transactions, one line each in any order: repeat purchases, the time of the last one and the
/// time observed, in units of `period` microseconds since the first purchase. Free it.
///
/// `amount` and `occasion` may be NULL: without them spend is unknown, and lines of one instant are one purchase.
/// The observation ends at `until`; `BACTRIAN_NOW` is the last line. With `calibration_until` before that the
/// histories end there, and what follows is the holdout; `BACTRIAN_NOW` is none.
///
/// Errors: `SCHEMA_RANGE` for an amount that is not finite, a period of 0 or less, and a calibration that ends after
/// the observation.
///
/// ```c
/// bactrian_summary *summary = NULL;
/// status = bactrian_summary_new(customer, at, NULL, NULL, n, week, BACTRIAN_NOW, BACTRIAN_NOW, &summary);
/// const double *frequency = bactrian_summary_column(summary, "frequency");
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_summary_new(
    customer: *const u64,
    at: *const i64,
    amount: *const f64,
    occasion: *const u64,
    length: usize,
    period: i64,
    until: i64,
    calibration_until: i64,
    summary: Option<&mut MaybeUninit<*mut Summary>>,
) -> Status {
    guard(|| {
        let place = given(summary, "summary")?;
        // SAFETY: the caller promises `length` numbers in each column that is there.
        let lines = unsafe {
            Transactions {
                customer: slice(customer, length, "customer")?,
                at: slice(at, length, "at")?,
                amount: optional_slice(amount, length, "amount")?,
                occasion: optional_slice(occasion, length, "occasion")?,
            }
        };
        let options = SummaryOptions { period, until: moment(until), calibration_until: moment(calibration_until) };
        hand_out(place, Summary { found: self::summary(&lines, &options)? });
        Ok(())
    })
}

/// The number of customers; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_summary_length(summary: Option<&Summary>) -> usize {
    summary.map_or(0, |summary| summary.found.customer.len())
}

/// The customers, rising; NULL for NULL. Valid as long as `summary`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_summary_customers(summary: Option<&Summary>) -> *const u64 {
    summary.map_or(std::ptr::null(), |summary| summary.found.customer.as_ptr())
}

/// A column: `frequency`, `recency`, `age`, `spend` (the mean of repeat purchases), `log_gaps` (the sum of the
/// logarithms of the gaps), `holdout_frequency`, `holdout_spend`. NULL for another name, for a holdout that is not
/// there, and for NULL. Valid as long as `summary`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_summary_column(summary: Option<&Summary>, name: Text<'_>) -> *const f64 {
    guard_or(std::ptr::null(), || {
        let (Some(Summary { found }), Ok(name)) = (summary, name.required("name")) else { return std::ptr::null() };
        let column = match name {
            "frequency" => &found.frequency,
            "recency" => &found.recency,
            "age" => &found.age,
            "spend" => &found.spend,
            "log_gaps" => &found.log_gaps,
            "holdout_frequency" => &found.holdout_frequency,
            "holdout_spend" => &found.holdout_spend,
            _ => return std::ptr::null(),
        };
        if column.len() == found.customer.len() { column.as_ptr() } else { std::ptr::null() }
    })
}

/// Gives histories back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_summary_free(summary: Option<Box<Summary>>) {
    guard_or((), || drop(summary));
}
