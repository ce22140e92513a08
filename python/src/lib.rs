//! The Python face of bactrian: documentation, extraction, one call into core, its error mapped.
//!
//! Every call that does work releases the lock on Python. Nothing is computed here.

mod arrow;
mod bandits;
mod callback;
mod cluster;
mod clv;
mod customer;
mod definition;
mod engine;
mod error;
mod evaluation;
mod graph;
mod host;
mod humps;
mod input;
mod loyalty;
mod models;
mod output;
mod parting;
mod policies;
mod rules;
mod segments;

/// The compiled half of `bactrian`.
#[pyo3::pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::bandits::{BetaBernoulli, ContextualBandit, LinTS, LinUCB, SquareCB};
    #[pymodule_export]
    use crate::cluster::{GaussianMixture, KMeans, silhouette};
    #[pymodule_export]
    use crate::clv::{
        BetaGeo, BetaGeoBetaBinomial, GammaGamma, Model, ModifiedBetaGeo, ParetoNBD, PurchaseModel, RegularBetaGeo,
        ShiftedBetaGeometric, lifetime_value, summary, wheat_morrison,
    };
    #[pymodule_export]
    use crate::customer::CustomerView;
    #[pymodule_export]
    use crate::definition::{Definition, check_file};
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::evaluation::{Calibration, Drift, Ranking, psi, ranking};
    #[pymodule_export]
    use crate::graph::{Graph, SeedSet};
    #[pymodule_export]
    use crate::humps::{dip_test, service_plan, two_humps};
    #[pymodule_export]
    use crate::loyalty::{_duplication, _share_of_requirements, NBDDirichlet};
    #[pymodule_export]
    use crate::models::{
        _restore, _uplift, Binning, Ftrl, Isotonic, Linear, LinearRegression, Logistic, LogisticRegression,
        OnlineLogistic, OptimalBinning, Platt, Scorecard, Trees, Uplift, uplift,
    };
    #[pymodule_export]
    use crate::output::{
        Backtest, CallbackReport, Choice, Decision, ErasureReceipt, Evaluated, Explanation, FitReport, FittedColumn,
        Flip, IngestReport, Loser, Plan, RecordedAction, RecordedDecision, RedefineReport, Stats, Table, Verdict,
    };
    #[pymodule_export]
    use crate::parting::{_Topics, _Tree};
    #[pymodule_export]
    use crate::policies::{
        Allocation, AlwaysValid, OffPolicy, Pacer, ResponseByContact, SequentialRatio, Value, allocate, assign, auuc,
        bootstrap, compare, intention_to_treat, off_policy, qini, qini_curve, uplift_at,
    };

    #[pymodule_export]
    use crate::rules::Rules;
    #[pymodule_export]
    use crate::segments::{_Crosstab, _Effect, _LookAlike, _Pooled, _effects, _item_lifts, benjamini_hochberg};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
