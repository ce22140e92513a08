//! From purchases in any table to what the models need.

use bactrian::data::ingest::{Call, EventPlan, FieldKind, FieldPlan, KindPlan, read_events};
use bactrian::data::record::{Events, NONE, Values};
use bactrian::data::time::DAY;
use bactrian::data::{Ids, Keys};
use bactrian::models::clv::{self, SummaryOptions, Transactions};
use bactrian::{Column, Error, ErrorKind, OwnedId};
use pyo3::prelude::*;

use crate::error::{call, raised};
use crate::input::{Moment, batches, span};
use crate::output::Table;

/// One row a customer from purchases, one row a line: repeat purchases (``frequency``), the time of the
/// last one (``recency``), the time until the end (``T``), in units of ``period`` (``"1d"``) since the first
/// purchase, and the mean amount of the repeat purchases (``monetary``).
///
/// ``purchases`` is a data frame, a list of dicts or a dict of columns; ``customer``, ``at``, ``amount``
/// and ``occasion`` name its columns. Lines of one occasion, by default of one instant, are one purchase.
/// ``until`` ends the observation, by default the last line. With ``calibration_until`` the columns end
/// there, and ``holdout_frequency`` and ``holdout_monetary`` tell what followed until ``until``. A row
/// that can't be read raises ``SchemaError`` with its number. With ``gaps`` there is ``log_gaps`` too, the sum of the
/// logarithms of the gaps between purchases, for ``RegularBetaGeo``.
///
/// >>> lines = {"customer": ["ann", "ann", "ben"], "at": ["2024-01-01", "2024-01-15", "2024-01-08"]}
/// >>> table = bt.clv.summary(lines, period="7d", until="2024-01-22")
/// >>> table["customer"], table["frequency"], table["recency"], table["T"]
/// (['ann', 'ben'], [1.0, 0.0], [2.0, 0.0], [3.0, 2.0])
#[pyfunction]
#[pyo3(signature = (
    purchases, *, period=DAY, customer="customer", at="at", amount=None, occasion=None, until=None, calibration_until=None,
    gaps=false
))]
#[expect(clippy::too_many_arguments, reason = "a table's columns by name, and three moments")]
pub(crate) fn summary(
    py: Python<'_>,
    purchases: &Bound<'_, PyAny>,
    #[pyo3(from_py_with = span)] period: i64,
    customer: &str,
    at: &str,
    amount: Option<&str>,
    occasion: Option<&str>,
    until: Option<Moment>,
    calibration_until: Option<Moment>,
    gaps: bool,
) -> PyResult<Table> {
    let batches = batches(purchases, &[])?;
    let field = |role: u32, word: &str, kind, column: &str| FieldPlan {
        role,
        word: word.to_owned(),
        kind,
        column: column.to_owned(),
        split: None,
    };
    let fields = [
        amount.map(|column| field(AMOUNT, "amount", FieldKind::Number, column)),
        occasion.map(|column| field(OCCASION, "occasion", FieldKind::Category, column)),
    ];
    let kind = KindPlan {
        name: 0,
        word: "purchase".to_owned(),
        customer: Some(customer.to_owned()),
        peer: None,
        at: Some(at.to_owned()),
        fields: fields.into_iter().flatten().collect(),
    };
    let plan = EventPlan { kinds: vec![kind] };
    let (mut ids, mut keys) = (Ids::default(), Keys::default());
    let how = Call { kind: Some("purchase"), roles: &[] };
    let taken = call(py, || read_events(&batches, &plan, &how, i64::MAX, &mut ids, &mut keys))?;
    if let Some(reject) = taken.rejects.first() {
        let message = format!("row {}: {}", reject.row, reject.reason);
        return Err(raised(&Error::new(ErrorKind::SchemaRange, message)));
    }
    let lines = Lines::of(taken.record, amount.is_some());
    let options = SummaryOptions {
        period,
        until: until.map(|until| until.0),
        calibration_until: calibration_until.map(|until| until.0),
    };
    let found = call(py, || {
        let transactions = Transactions {
            customer: &lines.customer,
            at: &lines.at,
            amount: lines.amount.as_deref(),
            occasion: lines.occasion.as_deref(),
        };
        clv::summary(&transactions, &options)
    })?;
    Ok(Table(table(found, &ids, amount.is_some(), gaps)))
}

const AMOUNT: u32 = 0;
const OCCASION: u32 = 1;

/// Lines in columns, as core takes them.
struct Lines {
    customer: Vec<u64>,
    at: Vec<i64>,
    amount: Option<Vec<f64>>,
    occasion: Option<Vec<u64>>,
}

impl Lines {
    fn of(events: Events, amounts: bool) -> Lines {
        let customer = events.customer.iter().map(|dense| u64::from(*dense)).collect();
        let mut lines = Lines { customer, at: events.at, amount: None, occasion: None };
        for field in events.fields {
            match field.values {
                Values::Number(values) if field.name == AMOUNT => lines.amount = Some(values),
                Values::Key(names) => {
                    // A line that names no occasion is one with the others of its instant.
                    let name = |(name, at): (&u32, &i64)| if *name == NONE { !(*at as u64) } else { u64::from(*name) };
                    lines.occasion = Some(names.iter().zip(&lines.at).map(name).collect());
                }
                _ => {}
            }
        }
        if amounts && lines.amount.is_none() {
            lines.amount = Some(vec![f64::NAN; lines.at.len()]);
        }
        lines
    }
}

fn table(found: clv::Summary, ids: &Ids, amounts: bool, gaps: bool) -> bactrian::Table {
    let id = |dense: &u64| ids.name(*dense as u32).cloned().unwrap_or(OwnedId::Erased);
    let mut table = bactrian::Table::new();
    table.push("customer", Column::Id(found.customer.iter().map(id).collect()));
    table.push("frequency", Column::Number(found.frequency));
    table.push("recency", Column::Number(found.recency));
    table.push("T", Column::Number(found.age));
    let holdout = !found.holdout_frequency.is_empty();
    if amounts {
        table.push("monetary", Column::Number(found.spend));
    }
    if gaps {
        table.push("log_gaps", Column::Number(found.log_gaps));
    }
    if holdout {
        table.push("holdout_frequency", Column::Number(found.holdout_frequency));
    }
    if holdout && amounts {
        table.push("holdout_monetary", Column::Number(found.holdout_spend));
    }
    table
}
