//! What policies are worth, as tables for the faces that have no objects.

use super::{Backtest, Evaluated, Planned};
use crate::data::table::{Column, Table};
use crate::models::evaluation::{Estimate, OffPolicy};

/// An estimate, where there is one.
type Estimator = fn(&OffPolicy) -> Option<Estimate>;

/// A row a measure.
fn values(rows: &[(&str, &OffPolicy)]) -> Table {
    let number = |of: &dyn Fn(&OffPolicy) -> f64| Column::Number(rows.iter().map(|(_, value)| of(value)).collect());
    let text = |of: &dyn Fn(&OffPolicy) -> String| Column::text(rows.iter().map(|(_, value)| Some(of(value))));
    let mut table = Table::new();
    table.push("measure", Column::text(rows.iter().map(|(name, _)| Some((*name).to_owned()))));
    table.push("rows", Column::Integer(rows.iter().map(|(_, value)| value.n as i64).collect()));
    let estimates: [(&str, Estimator); 6] = [
        ("logged", |it| Some(it.logged)),
        ("ips", |it| Some(it.ips)),
        ("snips", |it| Some(it.snips)),
        ("dm", |it| it.dm),
        ("dr", |it| it.dr),
        ("switch_dr", |it| it.switch_dr),
    ];
    for (name, of) in estimates {
        table.push(name, number(&|value| of(value).map_or(f64::NAN, |it| it.value)));
        table.push(&format!("{name}.lower"), number(&|value| of(value).map_or(f64::NAN, |it| it.interval.0)));
        table.push(&format!("{name}.upper"), number(&|value| of(value).map_or(f64::NAN, |it| it.interval.1)));
    }
    table.push("effective_sample_size", number(&|value| value.weights.effective_sample_size));
    table.push("largest_weight", number(&|value| value.weights.largest));
    table.push("mean_weight", number(&|value| value.weights.mean));
    table.push("gain", number(&|value| value.gain.value));
    table.push("gain.lower", number(&|value| value.gain.interval.0));
    table.push("gain.upper", number(&|value| value.gain.interval.1));
    table.push("claim", text(&|value| value.gain.claim.to_string()));
    table.push("why", text(&|value| value.gain.why.clone()));
    table
}

impl Evaluated {
    /// A row for `value` (in money) and one for `success`: `measure`, `rows`, the estimates `logged`, `ips`, `snips`, `dm`, `dr` and
    /// `switch_dr` (unknown where there is none) with `.lower` and `.upper`, `effective_sample_size`, `largest_weight`, `mean_weight`, and the `gain` with its
    /// interval, `claim` and `why`.
    pub fn table(&self) -> Table {
        values(&[("value", &self.value), ("success", &self.success)])
    }
}

impl Backtest {
    /// The values as [`Evaluated::table`] has them; no rows where no decision is settled.
    pub fn values(&self) -> Table {
        let rows = [("value", &self.value), ("success", &self.success)];
        let known: Vec<(&str, &OffPolicy)> = rows.iter().filter_map(|(name, of)| Some((*name, of.as_ref()?))).collect();
        values(&known)
    }
}

impl Planned {
    /// A row a limit: `name`, `capacity`, `used`, `price` (what one more would be worth), and `missing`, by how much its
    /// use falls short of what was asked for at least.
    pub fn table_of_limits(&self) -> Table {
        let missing = |name: &str| {
            let unmet = self.unmet.iter().find(|(unmet, ..)| unmet == name);
            unmet.map_or(0.0, |(_, wanted, got)| wanted - got)
        };
        let number = |of: fn(&(String, f64, f64, f64)) -> f64| Column::Number(self.limits.iter().map(of).collect());
        let mut table = Table::new();
        table.push("name", Column::text(self.limits.iter().map(|limit| Some(limit.0.clone()))));
        table.push("capacity", number(|limit| limit.1));
        table.push("used", number(|limit| limit.2));
        table.push("price", number(|limit| limit.3));
        table.push("missing", Column::Number(self.limits.iter().map(|limit| missing(&limit.0)).collect()));
        table
    }
}
