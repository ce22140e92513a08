//! Does it help? What further columns add to a prediction.

use super::Engine;
use super::associations::characteristics;
use super::world::World;
use crate::base::{Error, ErrorKind, Result, Verdict};
use crate::data::record::NONE;
use crate::data::table::{Column, Table};
use crate::expr::Type;
use crate::models::associate::{Gain, LookAlikeParams, gain};

/// A group of columns, and what it adds.
#[derive(Debug, Clone, PartialEq)]
pub struct Ablation {
    /// Its name.
    pub group: String,
    /// What it adds to the first group: in log loss, and in the area under the ROC curve.
    pub gain: Gain,
}

impl Ablation {
    /// Ablations as a table, two rows each: `group`, `measure` (`log_loss` or `auc`), `value` with its interval from
    /// `lower` to `upper`, `n`, `claim` and `why`.
    pub fn table(found: &[Ablation]) -> Table {
        let rows = || found.iter().flat_map(|one| [("log_loss", one, &one.gain.log_loss), ("auc", one, &one.gain.auc)]);
        let number = |of: &dyn Fn(&Verdict) -> f64| Column::Number(rows().map(|(.., verdict)| of(verdict)).collect());
        let mut table = Table::new();
        table.push("group", Column::text(rows().map(|(_, one, _)| Some(one.group.clone()))));
        table.push("measure", Column::text(rows().map(|(measure, ..)| Some(measure.to_owned()))));
        table.push("value", number(&|verdict| verdict.value));
        table.push("lower", number(&|verdict| verdict.interval.0));
        table.push("upper", number(&|verdict| verdict.interval.1));
        table.push("n", Column::Integer(rows().map(|(.., verdict)| verdict.n as i64).collect()));
        table.push("claim", Column::text(rows().map(|(.., verdict)| Some(verdict.claim.to_string()))));
        table.push("why", Column::text(rows().map(|(.., verdict)| Some(verdict.why.clone()))));
        table
    }
}

impl Engine {
    /// What each further group of columns adds to the first one, in telling who has an outcome: by how much the
    /// log loss of rows that no model had seen falls, and by how much the area under the ROC curve rises, each as
    /// a [`crate::Verdict`] that claims an effect where the gain is sure and worth the columns ([`gain`] says when).
    ///
    /// `outcome` is a flag that needs no peer, read at the engine's clock; who has none takes no part. `groups`
    /// are names with their columns, as transactions, needs, ties, conversation; they are read as of `at`, as
    /// [`Engine::training_set`] reads them, so that the outcome is no part of its own prediction; or for `None`
    /// at the engine's clock, for an outcome that no column is made of. Models are logistic regressions
    /// ([`gain`]); unknown values are no obstacle. Cost: two replays at most, and ten regressions a group.
    ///
    /// # Errors
    /// `UnknownColumn` with the nearest name; `SchemaType` for an outcome that is no flag; `SchemaMissing` for
    /// less than two groups, or one without columns; as [`Engine::training_set`].
    pub fn ablate(&self, outcome: &str, groups: &[(&str, &[&str])], at: Option<i64>) -> Result<Vec<Ablation>> {
        let [(_, base), further @ ..] = groups else { return Err(too_few()) };
        if further.is_empty() || groups.iter().any(|(_, columns)| columns.is_empty()) {
            return Err(too_few());
        }
        let past = at.map(|at| self.world_before(at, i64::MAX)).transpose()?;
        let world = self.world()?;
        let (column, kind) = world.column_alone(outcome)?;
        if kind != Type::Bool {
            return Err(Error::new(ErrorKind::SchemaType, format!("the outcome `{outcome}` is no flag")));
        }
        let then: &World = past.as_ref().unwrap_or(&world);
        let moment = at.map_or_else(|| world.moment(None), |at| Ok(at - 1))?;
        let live: Vec<u32> = then.live().filter(|customer| world.state.is_live(*customer)).collect();
        let came = world.values(&live, NONE, &[column], world.moment(None)?)?.pop().unwrap_or_default();
        let who: Vec<u32> = live.iter().zip(&came).filter(|(_, came)| !came.is_nan()).map(|(who, _)| *who).collect();
        let outcome: Vec<bool> = came.iter().filter(|came| !came.is_nan()).map(|came| *came == 1.0).collect();
        let read = |columns: &[&str]| {
            let found = columns.iter().map(|name| then.column_alone(name)).collect::<Result<Vec<(usize, Type)>>>()?;
            let places: Vec<usize> = found.iter().map(|(column, _)| *column).collect();
            let values = then.values(&who, NONE, &places, moment)?;
            Ok::<_, Error>((found, values))
        };
        let params = LookAlikeParams { seed: world.seed, ..LookAlikeParams::default() };
        let (base, values) = read(base)?;
        let base = characteristics(&base, &values);
        let one = |(group, columns): &(&str, &[&str])| {
            let (extra, values) = read(columns)?;
            let gain = gain(&base, &characteristics(&extra, &values), &outcome, &params)?;
            Ok(Ablation { group: (*group).to_owned(), gain })
        };
        further.iter().map(one).collect()
    }
}

fn too_few() -> Error {
    Error::new(ErrorKind::SchemaMissing, "an ablation needs a group of columns to begin with, and one to add")
}
