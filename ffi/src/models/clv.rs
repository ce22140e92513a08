//! Models of lifetime value on their own, from C: purchases, spend, contracts.

use std::mem::MaybeUninit;

use bactrian::models::clv::{
    CheckedHistory, FitOptions, Fitted, GammaGamma, GammaGammaParams, History, Horizon, Model, PurchaseKind,
    PurchaseModel, Renewals, ShiftedBetaGeometric, ShiftedBetaGeometricParams, Spend, lifetime_value,
};
use bactrian::{Error, ErrorKind, Result};

use super::{answer, exactly, place};
use crate::error::{guard, guard_or};
use crate::pointer::{Text, given, hand_out, optional_slice, slice};
use crate::status::Status;

/// A model of purchases, of spend or of contracts, with its parameters; it belongs to no engine.
pub struct Clv {
    model: What,
    parameters: Vec<f64>,
    fit: Option<Fit>,
}

enum What {
    Purchases(Box<dyn PurchaseModel>),
    Spend(GammaGamma),
    Contract(ShiftedBetaGeometric),
}

/// How a fit went.
struct Fit {
    log_likelihood: f64,
    standard_errors: Vec<f64>,
    converged: bool,
}

impl Clv {
    fn fitted<M: Model>(fitted: Fitted<M>, wrap: impl Fn(M) -> What) -> Clv {
        let Fitted { model, diagnostics } = fitted;
        let (log_likelihood, converged) = (diagnostics.log_likelihood, diagnostics.converged);
        let fit = Some(Fit { log_likelihood, standard_errors: diagnostics.standard_errors, converged });
        Clv { parameters: model.parameters(), model: wrap(model), fit }
    }

    /// The error of a question that the model does not answer.
    fn other(&self, wanted: &str) -> Error {
        let name = match self.model {
            What::Purchases(_) => "a model of purchases",
            What::Spend(_) => "`gamma_gamma`",
            What::Contract(_) => "`sbg`",
        };
        Error::new(ErrorKind::SchemaRange, format!("{name} does not tell {wanted}"))
    }

    fn purchases(&self) -> Result<&dyn PurchaseModel> {
        match &self.model {
            What::Purchases(model) => Ok(model.as_ref()),
            _ => Err(self.other("purchases").hint("take `bg_nbd`, `mbg_nbd`, `pareto_nbd` or `bg_bb`")),
        }
    }

    fn contract(&self) -> Result<&ShiftedBetaGeometric> {
        match &self.model {
            What::Contract(model) => Ok(model),
            _ => Err(self.other("renewals").hint("take `sbg`")),
        }
    }
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

/// A prediction of each history by a model of purchases, into the place of a name.
///
/// # Safety
/// Each column points to `length` numbers, and `out` to room for as many.
unsafe fn each(
    clv: Option<&Clv>,
    [frequency, recency, age]: [*const f64; 3],
    length: usize,
    (out, name): (*mut f64, &str),
    predict: impl FnOnce(&dyn PurchaseModel, &CheckedHistory<'_>) -> Result<Vec<f64>>,
) -> Status {
    guard(|| {
        let (model, out) = (given(clv, "clv")?.purchases()?, place(out, name)?);
        // SAFETY: the caller promises the columns and the room.
        unsafe { answer(&predict(model, &histories(frequency, recency, age, std::ptr::null(), length)?)?, out) };
        Ok(())
    })
}

/// Fits a model of purchases: `model` is `bg_nbd`, `mbg_nbd`, `pareto_nbd` or `bg_bb`. Free it.
///
/// A customer's history is `frequency` (repeat purchases), `recency` (time of the last one, 0 without) and
/// `age` (time observed), all from the first purchase and in one unit of time; of `bg_bb` times are whole
/// numbers of opportunities. `weights`, how many customers each row stands for, may be NULL.
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
        let told = fitted.diagnostics;
        let (log_likelihood, converged) = (told.log_likelihood, told.converged);
        let fit = Some(Fit { log_likelihood, standard_errors: told.standard_errors, converged });
        hand_out(place, Clv { model: What::Purchases(fitted.model), parameters: fitted.parameters, fit });
        Ok(())
    })
}

/// Fits what customers spend a purchase, `gamma_gamma`. Free it.
///
/// `mean` is the mean amount of a customer's `frequency` purchases, above 0; it is not read where
/// `frequency` is 0. `weights` may be NULL.
///
/// Errors: `SCHEMA_RANGE` for spend that can't be, with the row; `NOT_ENOUGH_DATA` for fewer than two buyers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_clv_fit_spend(
    frequency: *const f64,
    mean: *const f64,
    weights: *const f64,
    length: usize,
    clv: Option<&mut MaybeUninit<*mut Clv>>,
) -> Status {
    guard(|| {
        let place = given(clv, "clv")?;
        // SAFETY: the caller promises `length` numbers in each column.
        let (frequency, mean, weights) = unsafe {
            let weights = optional_slice(weights, length, "weights")?;
            (slice(frequency, length, "frequency")?, slice(mean, length, "mean")?, weights)
        };
        let rows = Spend { frequency, mean, weights }.check()?.compress();
        hand_out(place, Clv::fitted(GammaGamma::fit(&rows, &FitOptions::default())?, What::Spend));
        Ok(())
    })
}

/// Fits how long contracts are renewed, `sbg`. Free it.
///
/// `due` counts the renewals that fell due for each customer, and `left` is 1 where the last of them failed,
/// else 0. `weights` may be NULL.
///
/// Errors: `SCHEMA_RANGE` for contracts that can't be, with the row; `NOT_ENOUGH_DATA` where nobody left or
/// nobody renewed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_clv_fit_contract(
    due: *const f64,
    left: *const u8,
    weights: *const f64,
    length: usize,
    clv: Option<&mut MaybeUninit<*mut Clv>>,
) -> Status {
    guard(|| {
        let place = given(clv, "clv")?;
        // SAFETY: the caller promises `length` values in each column.
        let (due, left, weights) = unsafe {
            let weights = optional_slice(weights, length, "weights")?;
            (slice(due, length, "due")?, slice(left, length, "left")?, weights)
        };
        let left: Vec<bool> = left.iter().map(|left| *left != 0).collect();
        let rows = Renewals { due, left: &left, weights }.check()?;
        hand_out(place, Clv::fitted(ShiftedBetaGeometric::fit(&rows, &FitOptions::default())?, What::Contract));
        Ok(())
    })
}

/// The model with known parameters: r, alpha, a, b of `bg_nbd` and `mbg_nbd`; r, alpha, s, beta of
/// `pareto_nbd`; alpha, beta, gamma, delta of `bg_bb`; p, q, gamma of `gamma_gamma`; alpha, beta of `sbg`.
/// Free it.
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
        let (name, place) = (model.required("model")?, given(clv, "clv")?);
        // SAFETY: the caller promises `length` numbers.
        let parameters = unsafe { slice(parameters, length, "parameters") }?.to_vec();
        let model = match name {
            "gamma_gamma" => {
                let [p, q, gamma] = exactly(&parameters)?;
                What::Spend(GammaGammaParams { p, q, gamma }.check()?)
            }
            "sbg" => {
                let [alpha, beta] = exactly(&parameters)?;
                What::Contract(ShiftedBetaGeometricParams { alpha, beta }.check()?)
            }
            name => What::Purchases(PurchaseKind::named(name)?.model(&parameters)?),
        };
        hand_out(place, Clv { model, parameters, fit: None });
        Ok(())
    })
}

/// One parameter, in the order of `bactrian_clv_new`; NaN beyond the last, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_clv_parameter(clv: Option<&Clv>, index: usize) -> f64 {
    clv.and_then(|clv| clv.parameters.get(index)).copied().unwrap_or(f64::NAN)
}

/// The standard error of one parameter; NaN where the fit has none, without a fit, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_clv_standard_error(clv: Option<&Clv>, index: usize) -> f64 {
    let fit = clv.and_then(|clv| clv.fit.as_ref());
    fit.and_then(|fit| fit.standard_errors.get(index)).copied().unwrap_or(f64::NAN)
}

/// The log-likelihood of the fit, in nats; NaN without one, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_clv_log_likelihood(clv: Option<&Clv>) -> f64 {
    clv.and_then(|clv| clv.fit.as_ref()).map_or(f64::NAN, |fit| fit.log_likelihood)
}

/// 1 if the fit ended at a maximum, else 0.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_clv_converged(clv: Option<&Clv>) -> i32 {
    clv.and_then(|clv| clv.fit.as_ref()).map_or(0, |fit| i32::from(fit.converged))
}

/// P(alive at `age` + `after`) of each customer, into `alive`, which has room for `length` numbers.
///
/// Errors: `SCHEMA_RANGE` for histories that can't be, with the row, for a negative `after`, and for a model of
/// something else than purchases.
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
    let predict = |model: &dyn PurchaseModel, rows: &CheckedHistory<'_>| model.probability_alive_all(after, rows);
    // SAFETY: the caller promises `length` numbers in each column, and room for as many.
    unsafe { each(clv, [frequency, recency, age], length, (alive, "alive"), predict) }
}

/// Expected purchases of each customer within `horizon` after `age`, into `expected`, which has room for
/// `length` numbers.
///
/// Errors: as those of `bactrian_clv_alive`.
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
    let predict = |model: &dyn PurchaseModel, rows: &CheckedHistory<'_>| model.expected_purchases_all(horizon, rows);
    // SAFETY: the caller promises `length` numbers in each column, and room for as many.
    unsafe { each(clv, [frequency, recency, age], length, (expected, "expected"), predict) }
}

/// P(exactly `count` purchases within `horizon` after `age`) of each customer, into `probability`, which has
/// room for `length` numbers.
///
/// Errors: as those of `bactrian_clv_alive`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_clv_probability_of(
    clv: Option<&Clv>,
    count: u32,
    horizon: f64,
    frequency: *const f64,
    recency: *const f64,
    age: *const f64,
    length: usize,
    probability: *mut f64,
) -> Status {
    let predict = |model: &dyn PurchaseModel, rows: &CheckedHistory<'_>| model.probability_of_all(count, horizon, rows);
    // SAFETY: the caller promises `length` numbers in each column, and room for as many.
    unsafe { each(clv, [frequency, recency, age], length, (probability, "probability"), predict) }
}

/// The value of each customer's purchases over `periods` periods of `period` units of time, purchases of a
/// period discounted by `discount` a period as of its end; `spend` is what a purchase of each customer is
/// worth. Into `value`, which has room for `length` numbers.
///
/// Errors: as those of `bactrian_clv_alive`, and `SCHEMA_RANGE` for a horizon that can't be.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_clv_value(
    clv: Option<&Clv>,
    periods: u32,
    period: f64,
    discount: f64,
    frequency: *const f64,
    recency: *const f64,
    age: *const f64,
    spend: *const f64,
    length: usize,
    value: *mut f64,
) -> Status {
    let predict = |model: &dyn PurchaseModel, rows: &CheckedHistory<'_>| {
        // SAFETY: the caller promises `length` numbers.
        let spend = unsafe { slice(spend, length, "spend") }?;
        lifetime_value(model, rows, spend, &Horizon { periods, length: period, discount })
    };
    // SAFETY: the caller promises `length` numbers in each column, and room for as many.
    unsafe { each(clv, [frequency, recency, age], length, (value, "value"), predict) }
}

/// The expected spend a purchase of each customer, by `gamma_gamma`, into `spend`, which has room for
/// `length` numbers; of a customer with a `frequency` of 0 that of the population.
///
/// Errors: `SCHEMA_RANGE` for spend that can't be, with the row, and for another model.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_clv_spend(
    clv: Option<&Clv>,
    frequency: *const f64,
    mean: *const f64,
    length: usize,
    spend: *mut f64,
) -> Status {
    guard(|| {
        let (clv, spend) = (given(clv, "clv")?, place(spend, "spend")?);
        let What::Spend(model) = &clv.model else {
            return Err(clv.other("spend").hint("take `gamma_gamma`"));
        };
        // SAFETY: the caller promises `length` numbers in each column, and room for as many.
        unsafe {
            let (frequency, mean) = (slice(frequency, length, "frequency")?, slice(mean, length, "mean")?);
            let rows = Spend { frequency, mean, weights: None }.check()?;
            answer(&model.expected_spend_all(&rows), spend);
        }
        Ok(())
    })
}

/// P(the next `renewals` are made) by one who made `renewed` so far, by `sbg`.
///
/// Errors: `SCHEMA_RANGE` for another model.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_clv_survival(
    clv: Option<&Clv>,
    renewals: f64,
    renewed: f64,
    survival: Option<&mut MaybeUninit<f64>>,
) -> Status {
    guard(|| {
        let (model, survival) = (given(clv, "clv")?.contract()?, given(survival, "survival")?);
        survival.write(model.survival(renewals, renewed));
        Ok(())
    })
}

/// The discounted number of renewals to come from one who made `renewed`, just before the next falls due, by
/// `sbg`; NaN unless `discount` a period is above 0.
///
/// Errors: `SCHEMA_RANGE` for another model.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_clv_residual(
    clv: Option<&Clv>,
    discount: f64,
    renewed: f64,
    residual: Option<&mut MaybeUninit<f64>>,
) -> Status {
    guard(|| {
        let (model, residual) = (given(clv, "clv")?.contract()?, given(residual, "residual")?);
        residual.write(model.discounted_residual(discount, renewed));
        Ok(())
    })
}

/// Gives a model back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_clv_free(clv: Option<Box<Clv>>) {
    guard_or((), || drop(clv));
}
