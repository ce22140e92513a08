//! Columns of customers as labels, whatever their type.

use super::world::World;
use crate::base::{Error, ErrorKind, Result};
use crate::columns::column_named;
use crate::data::record::NONE;
use crate::expr::Type;
use crate::models::quantile::quantiles;

/// Where a quantity is cut, so that it has labels: at its quintiles.
const CUTS: [f64; 4] = [0.2, 0.4, 0.6, 0.8];

/// A column of labels.
pub(super) struct Labels {
    /// The label of each customer; NONE where it is unknown.
    pub of: Vec<u32>,
    /// What each label says, rising.
    pub texts: Vec<String>,
}

impl Labels {
    /// Both labels of the rows that have them.
    pub fn pairs<'a>(&'a self, other: &'a Labels, rows: &'a [usize]) -> impl Iterator<Item = (u32, u32)> + 'a {
        let label = |labels: &Labels, row: usize| labels.of.get(row).copied().filter(|label| *label != NONE);
        rows.iter().filter_map(move |row| Some((label(self, *row)?, label(other, *row)?)))
    }

    /// The label that says `text`.
    pub fn named(&self, text: &str) -> Option<u32> {
        self.texts.iter().position(|known| known == text).map(|place| place as u32)
    }

    pub fn text(&self, label: u32) -> &str {
        self.texts.get(label as usize).map_or("", String::as_str)
    }

    /// From keys of any kind and what they say.
    fn new(keys: &[f64], say: impl Fn(f64) -> String) -> Self {
        let mut known: Vec<f64> = keys.iter().copied().filter(|key| !key.is_nan()).collect();
        known.sort_by(f64::total_cmp);
        known.dedup();
        let mut said: Vec<(String, f64)> = known.iter().map(|key| (say(*key), *key)).collect();
        said.sort_by(|a, b| a.0.cmp(&b.0));
        let mut place = vec![NONE; known.len()];
        for (label, (_, key)) in said.iter().enumerate() {
            if let Some(slot) =
                known.binary_search_by(|other| other.total_cmp(key)).ok().and_then(|at| place.get_mut(at))
            {
                *slot = label as u32;
            }
        }
        let label = |key: &f64| known.binary_search_by(|other| other.total_cmp(key)).map_or(NONE, |at| place[at]);
        Labels { of: keys.iter().map(label).collect(), texts: said.into_iter().map(|(text, _)| text).collect() }
    }

    /// Of quantities: those between two cuts have one label.
    fn cut(values: &[f64]) -> Self {
        let mut cuts = quantiles(values, &CUTS);
        cuts.retain(|cut| !cut.is_nan());
        cuts.dedup();
        let bin = |value: &f64| match value.is_nan() {
            true => NONE,
            false => cuts.partition_point(|cut| cut <= value) as u32,
        };
        let say = |bin: usize| match (bin.checked_sub(1).and_then(|below| cuts.get(below)), cuts.get(bin)) {
            (None, None) => "known".to_owned(),
            (None, Some(high)) => format!("below {high}"),
            (Some(low), Some(high)) => format!("{low} to below {high}"),
            (Some(low), None) => format!("from {low}"),
        };
        Labels { of: values.iter().map(bin).collect(), texts: (0..=cuts.len()).map(say).collect() }
    }
}

impl World {
    /// The place and type of a column that needs no peer.
    ///
    /// # Errors
    /// `UnknownColumn`; `SchemaMissing` for a column toward a peer.
    pub fn column_alone(&self, name: &str) -> Result<(usize, Type)> {
        let (column, _) = self.typed_column(name)?;
        let spec = self.program.columns.get(column);
        match spec.filter(|spec| !spec.toward) {
            Some(spec) => Ok((column, spec.kind)),
            None => Err(Error::new(ErrorKind::SchemaMissing, format!("column `{name}` needs a peer"))),
        }
    }

    /// A column with its type, toward a peer or not.
    ///
    /// # Errors
    /// `UnknownColumn`.
    pub fn typed_column(&self, name: &str) -> Result<(usize, Type)> {
        let column = column_named(&self.program, name)?;
        Ok((column, self.program.columns.get(column).map_or(Type::Number, |spec| spec.kind)))
    }

    /// The labels of some customers by a column: its names, true and false, or the fifths of a quantity.
    ///
    /// # Errors
    /// As [`World::column_alone`].
    pub fn labels(&self, name: &str, who: &[u32]) -> Result<Labels> {
        let (column, kind) = self.column_alone(name)?;
        let values = self.values(who, NONE, &[column], self.moment(None)?)?.pop().unwrap_or_default();
        Ok(match kind {
            Type::Key => Labels::new(&values, |key| self.state.keys.text(key as u32).to_owned()),
            Type::Bool => Labels::new(&values, |flag| (flag == 1.0).to_string()),
            _ => Labels::cut(&values),
        })
    }
}
