//! `bactrian.clv`: the models of lifetime value, each one call into `bactrian::models::clv`.

mod contracts;
mod histories;
mod model;
mod purchases;
mod regular;
mod spend;

pub(crate) use self::contracts::{BetaGeoBetaBinomial, ShiftedBetaGeometric};
pub(crate) use self::histories::summary;
pub(crate) use self::model::Model;
pub(crate) use self::purchases::{BetaGeo, ModifiedBetaGeo, ParetoNBD, PurchaseModel};
pub(crate) use self::regular::{RegularBetaGeo, wheat_morrison};
pub(crate) use self::spend::{GammaGamma, lifetime_value};

use pyo3::prelude::*;

use crate::input::numbers;

/// A column of weights, where there is one.
fn weights(given: Option<&Bound<'_, PyAny>>, rows: usize) -> PyResult<Option<Vec<f64>>> {
    let Some(value) = given else { return Ok(None) };
    let found = numbers("weights", value)?;
    Ok(Some(match (found.single, found.values.as_slice()) {
        (true, [weight]) => vec![*weight; rows],
        _ => found.values,
    }))
}
