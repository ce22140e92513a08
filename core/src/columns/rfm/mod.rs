//! Recency, frequency and monetary value (Hughes 1994): raw, and as scores from 1 to `bins`.
//!
//! `[score.NAME] model = "rfm"`, with `on`, `amount` and `bins` (default 5). Parts: `recency` in
//! whole days since the latest event, `frequency` in occasions, `monetary` as the sum of the amount,
//! and after a fit `r`, `f`, `m`. The column itself is 100 r + 10 f + m.
//!
//! Edges are the quantiles i / bins of the customers who have an event (linear interpolation). Of
//! equal values all get the same score: that of the highest edge that lies below them. Recency
//! counts downwards, so that 5 is best in all three.

use super::DAY;
use super::hidden::{Hidden, each, parts};
use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{Reader, Writer};
use crate::definition::Section;
use crate::definition::model::Column;
use crate::expr::{Course, Trend, Type};
use crate::models::quantile::quantiles;
use crate::program::{
    ColumnModel, Explained, FitOutcome, FittedModel, Input, Inputs, Kind, Lowered, Lowering, Op, Part, Population,
};

/// The kind of recency, frequency and monetary value.
pub(super) struct RfmKind;

struct Rfm {
    inputs: [Input; 3],
    parts: Vec<Part>,
    bins: u32,
}

/// Edges of recency, frequency and monetary value, or none before a fit.
struct Fitted {
    edges: Option<[Vec<f64>; 3]>,
}

impl Kind for RfmKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("rfm")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let on = section.words("on");
        let amount = section.expression("amount");
        let bins = section.integer("bins", 2).map_or(5, |word| word.value);
        section.require("on", "the event kinds that are purchases");
        section.require("amount", "the amount of a purchase, as in `amount = \"amount\"`");
        section.finish();
        let (amount, kinds) = (amount?, lowering.kinds_named(&on));
        if on.is_empty() || kinds.len() < on.len() {
            return None;
        }
        let hidden = Hidden { name: &column.name.value, kinds: &kinds, filter: None };
        let inputs = [
            hidden.column("last", Op::LastTime, None, lowering)?,
            hidden.column("count", Op::Count, None, lowering)?,
            hidden.column("sum", Op::Sum, Some(&amount), lowering)?,
        ];
        let names = ["", "recency", "frequency", "monetary", "r", "f", "m"];
        let parts = parts(names.map(|name| (name, Type::Number)));
        Some(Lowered::Model(Box::new(Rfm { inputs, parts, bins })))
    }
}

/// Recency in whole days, frequency and monetary value; unknown without an event.
fn raw(inputs: Inputs<'_>) -> [f64; 3] {
    let [last, count, sum] = [0, 1, 2].map(|place| inputs.values.get(place).copied().unwrap_or(f64::NAN));
    if last.is_nan() {
        return [f64::NAN; 3];
    }
    [((inputs.at as f64 - last) / DAY as f64).floor(), count, sum]
}

impl ColumnModel for Rfm {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    /// Recency rises by the day; what is scored by it falls.
    fn course(&self, part: usize) -> Course {
        let trend = match part {
            0 | 4 => Trend::Falling,
            1 => Trend::Rising,
            _ => Trend::Still,
        };
        Course::new(trend, part != 3)
    }

    fn fit(&self, population: &dyn Population, _previous: Option<&[u8]>) -> Result<FitOutcome> {
        let mut values: [Vec<f64>; 3] = Default::default();
        each(population, &self.inputs, |inputs| {
            let raw = raw(inputs);
            if !raw[0].is_nan() {
                values.iter_mut().zip(raw).for_each(|(column, value)| column.push(value));
            }
        })?;
        if values[0].len() < self.bins as usize {
            let message = format!(
                "rfm needs at least {} customers with a purchase, and there are {}",
                self.bins,
                values[0].len()
            );
            return Err(Error::new(ErrorKind::NotEnoughData, message));
        }
        let steps: Vec<f64> = (1..self.bins).map(|bin| f64::from(bin) / f64::from(self.bins)).collect();
        let mut writer = Writer::default();
        for column in &values {
            let edges = quantiles(column, &steps);
            writer.u32(edges.len() as u32);
            edges.iter().for_each(|edge| writer.f64(*edge));
        }
        let diagnostics = vec![("customers".to_owned(), values[0].len() as f64)];
        Ok(FitOutcome { parameters: writer.into_bytes(), diagnostics, ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let Some(bytes) = parameters else { return Ok(Box::new(Fitted { edges: None })) };
        let mut reader = Reader::new(bytes);
        let mut edges: [Vec<f64>; 3] = Default::default();
        for column in &mut edges {
            let count = reader.u32()?;
            for _ in 0..count {
                column.push(reader.f64()?);
            }
        }
        Ok(Box::new(Fitted { edges: Some(edges) }))
    }
}

impl Fitted {
    fn scores(&self, raw: [f64; 3]) -> [f64; 3] {
        let Some(edges) = &self.edges else { return [f64::NAN; 3] };
        let mut scores = [f64::NAN; 3];
        for (place, score) in scores.iter_mut().enumerate() {
            if !raw[place].is_nan() {
                let below = edges[place].iter().filter(|edge| **edge < raw[place]).count();
                let rank = if place == 0 { edges[place].len() - below } else { below };
                *score = (rank + 1) as f64;
            }
        }
        scores
    }
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let raw = raw(inputs);
        let [r, f, m] = self.scores(raw);
        let all = [100.0 * r + 10.0 * f + m, raw[0], raw[1], raw[2], r, f, m];
        out.iter_mut().zip(all).for_each(|(place, value)| *place = value);
    }

    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let raw = raw(inputs);
        let [r, f, m] = self.scores(raw);
        let names = ["recency", "frequency", "monetary"];
        let evidence = names.iter().map(|name| (*name).to_owned()).zip(raw).collect();
        let mut out = [f64::NAN; 7];
        self.read(inputs, &mut out);
        let value = out.get(part).copied().unwrap_or(f64::NAN);
        let parts = match part {
            0 => vec![("100 r".to_owned(), 100.0 * r), ("10 f".to_owned(), 10.0 * f), ("m".to_owned(), m)],
            _ => vec![("value".to_owned(), value)],
        };
        Explained { value, parts, evidence }
    }
}
