//! Purchase models by name, for callers that choose one at run time.

use super::beta_geo::{BetaGeo, BetaGeoParams, Dropout};
use super::discrete::{BetaGeoBetaBinomial, BetaGeoBetaBinomialParams, Opportunities};
use super::fitted::{Diagnostics, FitOptions, Fitted, Model, exactly};
use super::history::Compressed;
use super::pareto::{ParetoNbd, ParetoNbdParams};
use super::value::PurchaseModel;
use crate::base::likeness::did_you_mean;
use crate::base::{Error, ErrorKind, Result};

/// Which model of purchases without a contract.
///
/// ```
/// use bactrian::models::clv::PurchaseKind;
///
/// let model = PurchaseKind::named("bg_nbd")?.model(&[0.243, 4.414, 0.793, 2.426])?;
/// assert!((model.probability_alive(2.0, 30.43, 38.86) - 0.7266).abs() < 1e-4);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurchaseKind {
    /// BG/NBD, `bg_nbd`: r, alpha, a, b.
    BetaGeo,
    /// MBG/NBD, `mbg_nbd`: r, alpha, a, b.
    ModifiedBetaGeo,
    /// Pareto/NBD, `pareto_nbd`: r, alpha, s, beta.
    Pareto,
    /// BG/BB, `bg_bb`: alpha, beta, gamma, delta; ages and spans of time are numbers of opportunities.
    Discrete,
}

/// A fitted model of purchases, whichever it is.
pub struct FittedPurchases {
    /// The model.
    pub model: Box<dyn PurchaseModel>,
    /// Its parameters, named by `diagnostics.names`.
    pub parameters: Vec<f64>,
    /// How the fit went.
    pub diagnostics: Diagnostics,
}

const NAMES: [&str; 4] = ["bg_nbd", "mbg_nbd", "pareto_nbd", "bg_bb"];

fn boxed<M: PurchaseModel + Model + 'static>(fitted: Fitted<M>) -> FittedPurchases {
    let Fitted { model, diagnostics } = fitted;
    FittedPurchases { parameters: model.parameters(), model: Box::new(model), diagnostics }
}

impl PurchaseKind {
    /// The kind of a name: `bg_nbd`, `mbg_nbd`, `pareto_nbd` or `bg_bb`; an error with the nearest otherwise.
    pub fn named(name: &str) -> Result<PurchaseKind> {
        match name {
            "bg_nbd" => Ok(PurchaseKind::BetaGeo),
            "mbg_nbd" => Ok(PurchaseKind::ModifiedBetaGeo),
            "pareto_nbd" => Ok(PurchaseKind::Pareto),
            "bg_bb" => Ok(PurchaseKind::Discrete),
            _ => {
                let error = Error::new(ErrorKind::SchemaRange, format!("no purchase model `{name}`"));
                let hint = did_you_mean(name, NAMES);
                Err(error.hint(hint.unwrap_or_else(|| format!("the models are {}", NAMES.join(", ")))))
            }
        }
    }

    /// The model with these parameters, in the order of the kind; an error where they are more or fewer, or
    /// one is not finite and above 0.
    pub fn model(self, parameters: &[f64]) -> Result<Box<dyn PurchaseModel>> {
        let [r, alpha, a, b] = exactly(parameters)?;
        let beta_geo = |dropout| BetaGeoParams { r, alpha, a, b, dropout }.check();
        Ok(match self {
            PurchaseKind::BetaGeo => Box::new(beta_geo(Dropout::AfterRepeat)?),
            PurchaseKind::ModifiedBetaGeo => Box::new(beta_geo(Dropout::AfterEvery)?),
            PurchaseKind::Pareto => Box::new(ParetoNbdParams { r, alpha, s: a, beta: b }.check()?),
            PurchaseKind::Discrete => {
                Box::new(BetaGeoBetaBinomialParams { alpha: r, beta: alpha, gamma: a, delta: b }.check()?)
            }
        })
    }

    /// The model of the largest likelihood; errors and cost are those of the model's own fit.
    pub fn fit(self, rows: &Compressed, options: &FitOptions) -> Result<FittedPurchases> {
        Ok(match self {
            PurchaseKind::BetaGeo => boxed(BetaGeo::fit(rows, options)?),
            PurchaseKind::ModifiedBetaGeo => boxed(BetaGeo::fit_modified(rows, options)?),
            PurchaseKind::Pareto => boxed(ParetoNbd::fit(rows, options)?),
            PurchaseKind::Discrete => {
                let [x, t_x, n, weights] = rows.unpacked();
                let rows = Opportunities { frequency: &x, recency: &t_x, opportunities: &n, weights: Some(&weights) }
                    .check()?;
                boxed(BetaGeoBetaBinomial::fit(&rows, options)?)
            }
        })
    }
}
