//! Edges of numeric axes: fitted as quantiles, crossed with hysteresis.

use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{Reader, Writer};
use crate::models::quantile::quantiles;
use crate::program::{AxisSpec, Cut, Population, Program};

/// Edges that the last fit found, by segment and axis.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Edges {
    found: Vec<((usize, usize), Vec<f64>)>,
}

impl Edges {
    /// The edges of an axis.
    pub fn get(&self, segment: usize, axis: usize) -> Option<&[f64]> {
        self.found.iter().find(|(place, _)| *place == (segment, axis)).map(|(_, edges)| edges.as_slice())
    }

    /// Takes the edges of one axis from a fit's parameters.
    ///
    /// # Errors
    /// `StoreCorrupt` where the bytes are not edges.
    pub fn set(&mut self, segment: usize, axis: usize, parameters: &[u8]) -> Result<()> {
        let mut reader = Reader::new(parameters);
        let count = reader.u32()?;
        let edges: Result<Vec<f64>> = (0..count).map(|_| reader.f64()).collect();
        self.found.retain(|(place, _)| *place != (segment, axis));
        self.found.push(((segment, axis), edges?));
        Ok(())
    }
}

/// Fits the edges of an axis that is cut at quantiles, with their encoding; `None` for any other axis.
///
/// # Errors
/// `NotEnoughData` where no customer has the column.
pub(crate) fn fit_edges(
    program: &Program,
    axis: &AxisSpec,
    population: &dyn Population,
) -> Result<Option<(Vec<f64>, Vec<u8>)>> {
    let Cut::Quantiles(probabilities) = &axis.cut else { return Ok(None) };
    let values = population.column(axis.of)?;
    let edges = quantiles(&values, probabilities);
    if edges.iter().any(|edge| edge.is_nan()) {
        let name = program.columns.get(axis.of).map_or("", |column| column.name.as_str());
        return Err(Error::new(ErrorKind::NotEnoughData, format!("no customer has a value of `{name}`")));
    }
    let mut writer = Writer::default();
    writer.u32(edges.len() as u32);
    edges.iter().for_each(|edge| writer.f64(*edge));
    Ok(Some((edges, writer.into_bytes())))
}

/// The edges in force: those declared, or those fitted.
pub(super) fn of_axis(axis: &AxisSpec, fitted: Option<&[f64]>) -> Option<Vec<f64>> {
    match &axis.cut {
        Cut::Edges(edges) => Some(edges.clone()),
        Cut::Quantiles(_) => fitted.map(<[f64]>::to_vec),
        Cut::Names { .. } => None,
    }
}

/// The value below which an edge is left downwards.
pub(super) fn leave(edge: f64, hysteresis: f64) -> f64 {
    edge - hysteresis * edge.abs()
}

/// The interval of `value` among rising `edges`: the number of edges at or below it. From a current
/// interval, an edge is left downwards only below `edge - hysteresis * |edge|`.
pub(super) fn interval(edges: &[f64], value: f64, current: Option<usize>, hysteresis: f64) -> usize {
    let entered = edges.iter().filter(|edge| value >= **edge).count();
    let mut interval = current.unwrap_or(entered).max(entered);
    while interval > entered && edges.get(interval - 1).is_none_or(|edge| value < leave(*edge, hysteresis)) {
        interval -= 1;
    }
    interval
}
