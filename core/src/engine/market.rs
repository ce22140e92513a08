//! Market segments: aggregates alone, of customers who stay unknown.

use std::collections::BTreeMap;

use super::Engine;
use super::labels::Labels;
use crate::base::{Error, ErrorKind, Result};
use crate::data::record::NONE;
use crate::data::table::{Column, Table};
use crate::expr::Type;
use crate::program::UNKNOWN;

impl Engine {
    /// The market by some columns, as against the segments of customers: aggregates alone, each of at least `k`
    /// customers, and no way from a row to who is in it.
    ///
    /// A row is a combination of the labels of the columns `of` (names, flags, quantities cut at their quintiles;
    /// an unknown one is `unknown`), with `customers`, and of each of `measures` (numbers or flags that need no
    /// peer) the mean over who has it, unknown where less than `k` have. Combinations of less than `k` customers
    /// stand together in one last row, without labels; where these are less than `k` too, the smallest other
    /// combinations join them, so that no row can be found by subtracting the others. There is no row where there
    /// are less than `k` customers. Read at the engine's clock. Cost: a read of the columns.
    ///
    /// # Errors
    /// `UnknownColumn` with the nearest name; `SchemaMissing` without a column, or for one toward a peer;
    /// `SchemaType` for a measure that has names; `SchemaRange` for a `k` below 2; `Interrupted`.
    pub fn market(&self, of: &[&str], measures: &[&str], k: u64) -> Result<Table> {
        if k < 2 {
            return Err(Error::new(ErrorKind::SchemaRange, "who is alone in a row is not unknown: k is 2 at least"));
        }
        if of.is_empty() {
            return Err(Error::new(ErrorKind::SchemaMissing, "a market needs columns to be parted by"));
        }
        let world = self.world()?;
        let who: Vec<u32> = world.live().collect();
        let labels = of.iter().map(|name| world.labels(name, &who)).collect::<Result<Vec<Labels>>>()?;
        let mut columns = Vec::new();
        for name in measures {
            let (column, kind) = world.column_alone(name)?;
            if !matches!(kind, Type::Number | Type::Bool) {
                return Err(Error::new(ErrorKind::SchemaType, format!("`{name}` has no mean")));
            }
            columns.push(column);
        }
        let values = world.values(&who, NONE, &columns, world.moment(None)?)?;
        let mut cells: BTreeMap<Vec<u32>, Vec<usize>> = BTreeMap::new();
        for row in 0..who.len() {
            cells.entry(labels.iter().map(|labels| labels.of[row]).collect()).or_default().push(row);
        }
        let (told, pooled) = suppressed(cells, k);
        let rows = || told.iter().map(|(_, rows)| rows).chain(pooled.as_ref());
        let mut table = Table::new();
        for (place, (name, labels)) in of.iter().zip(&labels).enumerate() {
            let text = |label: u32| if label == NONE { UNKNOWN } else { labels.text(label) }.to_owned();
            let own = told.iter().map(|(cell, _)| cell.get(place).map(|label| text(*label)));
            table.push(name, Column::text(own.chain(pooled.iter().map(|_| None))));
        }
        table.push("customers", Column::Integer(rows().map(|rows| rows.len() as i64).collect()));
        for (name, values) in measures.iter().zip(&values) {
            table.push(name, Column::Number(rows().map(|rows| mean(values, rows, k)).collect()));
        }
        Ok(table)
    }
}

/// A combination of labels, and its rows.
type Cell = (Vec<u32>, Vec<usize>);

/// The combinations that may be told, and the rows of all others together.
fn suppressed(cells: BTreeMap<Vec<u32>, Vec<usize>>, k: u64) -> (Vec<Cell>, Option<Vec<usize>>) {
    let (mut told, small): (Vec<Cell>, Vec<Cell>) = cells.into_iter().partition(|(_, rows)| rows.len() as u64 >= k);
    let mut pooled: Vec<usize> = small.into_iter().flat_map(|(_, rows)| rows).collect();
    while !pooled.is_empty() && (pooled.len() as u64) < k {
        let Some(least) = (0..told.len()).min_by_key(|at| told[*at].1.len()) else { return (told, None) };
        pooled.extend(told.remove(least).1);
    }
    pooled.sort_unstable();
    (told, Some(pooled).filter(|pooled| !pooled.is_empty()))
}

/// The mean of those that are known, if there are enough.
fn mean(values: &[f64], rows: &[usize], k: u64) -> f64 {
    let known = rows.iter().map(|row| values[*row]).filter(|value| !value.is_nan());
    let (count, sum) = known.fold((0_u64, 0.0), |(count, sum), value| (count + 1, sum + value));
    if count >= k { sum / count as f64 } else { f64::NAN }
}
