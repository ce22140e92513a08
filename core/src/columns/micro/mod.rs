//! `[micro.NAME]`: micro-segments, the product of several columns of names, rolled up so that no cell is small.
//!
//! `of` are the columns, their order the hierarchy: cells are parted by the first, then by the second, and the last is
//! given up first ([`crate::models::micro`]). The column is the id of a cell, `micro_1` to `micro_N` (`most`),
//! which stays over refits with the customers that its rule is for: a cell keeps the id of the one that holds most of the
//! same customers, and one that went and comes again has its old id. Every cell has a readable name and a rule.
//! Unknown before a fit, where one of the columns is unknown, and for a label that no cell has and that nothing was
//! pooled with. Put an axis of a segment over it to have members, crossings and decisions.
//!
//! Keys: `of`, `minimum` (default 50), `most` (default 100; the minimum is doubled until there are no more).

mod ids;
#[cfg(test)]
mod tests;

use ids::{Ask, Rule, keep_ids};

use super::text::labelled;
use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{Reader, Writer};
use crate::definition::Section;
use crate::definition::model::Column;
use crate::expr::Type;
use crate::models::micro::{MicroCell, Rollup, Slot};
use crate::program::{
    AskedNames, ColumnModel, Described, Explained, FitOutcome, FittedModel, Input, Inputs, Kind, Lowered, Lowering,
    Part, Population,
};

/// The kind of micro-segments.
pub(super) struct MicroKind;

/// One of the columns that are multiplied.
#[derive(Debug, Clone)]
struct Axis {
    name: String,
    flag: bool,
}

/// Most cells, each of which has a name from the first on.
const MOST_CELLS: u32 = 65_536;

struct Micro {
    inputs: Vec<Input>,
    axes: Vec<Axis>,
    parts: [Part; 1],
    minimum: u64,
    /// Interned ids of the cells; as many as there may be.
    names: Vec<u32>,
}

impl Kind for MicroKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "micro"
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        let given = section.node("of").is_some();
        let of = section.words("of");
        let minimum = section.integer("minimum", 1).map_or(50, |word| word.value);
        let most = section.integer_to("most", 1, MOST_CELLS).map_or(100, |word| word.value);
        section.require("of", "the columns whose names are multiplied, needs first");
        section.finish();
        let (mut axes, mut inputs) = (Vec::<Axis>::new(), Vec::new());
        for word in &of {
            if axes.iter().any(|axis| axis.name == word.value) {
                lowering.mistake(word, format!("`{}` is multiplied already", word.value), None);
                return None;
            }
            let found = lowering.read_column(word)?;
            let (kind, toward) = lowering.program.columns.get(found).map(|spec| (spec.kind, spec.toward))?;
            if toward || !matches!(kind, Type::Key | Type::Bool) {
                let hint = "an axis of a segment cuts a quantity into names";
                let message = format!("`{}` is no column of names that a customer has alone", word.value);
                lowering.mistake(word, message, Some(hint.to_owned()));
                return None;
            }
            axes.push(Axis { name: word.value.clone(), flag: kind == Type::Bool });
            inputs.push(Input::Column(found));
        }
        if of.is_empty() {
            if given {
                lowering.mistake(&column.name, "`of` names no column", Some("needs first, then traits".to_owned()));
            }
            return None;
        }
        let names = (1..=most).map(|id| lowering.key(&format!("micro_{id}"))).collect();
        let parts = [Part { name: String::new(), kind: Type::Key }];
        Some(Lowered::Model(Box::new(Micro { inputs, axes, parts, minimum: u64::from(minimum), names })))
    }
}

/// What a fit publishes: cells, each with the place of its id.
struct Parameters {
    width: usize,
    cells: Vec<(usize, MicroCell)>,
    /// One more than the greatest place ever given.
    given: usize,
    /// Rules that no cell has any more, each with the place that it had, the earliest first.
    gone: Vec<(usize, Rule)>,
}

impl Parameters {
    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.count(self.width);
        out.count(self.given);
        out.count(self.cells.len());
        for (place, cell) in &self.cells {
            out.count(*place);
            out.u64(cell.size);
            for slot in &cell.slots {
                let (kind, label) = match slot {
                    Slot::Label(label) => (0, *label),
                    Slot::Others => (1, 0),
                    Slot::Any => (2, 0),
                };
                out.u8(kind);
                out.u32(label);
            }
        }
        out.count(self.gone.len());
        for (place, rule) in &self.gone {
            out.count(*place);
            rule.iter().for_each(|ask| ask.encode(&mut out));
        }
        out.into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let (width, given, count) = (from.count()?, from.count()?, from.count()?);
        let mut cells = Vec::new();
        for _ in 0..count {
            let (place, size) = (from.count()?, from.u64()?);
            let mut slots = Vec::new();
            for _ in 0..width {
                slots.push(match (from.u8()?, from.u32()?) {
                    (0, label) => Slot::Label(label),
                    (1, _) => Slot::Others,
                    (2, _) => Slot::Any,
                    _ => return Err(Error::new(ErrorKind::StoreCorrupt, "a micro-segment asks what none can")),
                });
            }
            cells.push((place, MicroCell { slots, size }));
        }
        let mut gone = Vec::new();
        for _ in 0..from.count()? {
            let place = from.count()?;
            gone.push((place, (0..width).map(|_| Ask::decode(&mut from)).collect::<Result<Rule>>()?));
        }
        from.finish()?;
        Ok(Parameters { width, cells, given, gone })
    }
}

/// Cells with the names of what they ask.
struct Fitted {
    rollup: Option<Rollup>,
    /// The interned id of each cell, in the order of the cells.
    ids: Vec<u32>,
    axes: Vec<Axis>,
}

impl Fitted {
    fn cell(&self, inputs: Inputs<'_>) -> Option<usize> {
        if inputs.values.iter().any(|value| value.is_nan()) {
            return None;
        }
        let labels: Vec<u32> = inputs.values.iter().map(|value| *value as u32).collect();
        self.rollup.as_ref()?.cell(&labels)
    }

    fn described(&self, cell: usize, say: &dyn Fn(u32) -> String) -> Option<Described> {
        let rollup = self.rollup.as_ref()?;
        let slots = &rollup.cells().get(cell)?.slots;
        let label = |axis: &Axis, label: u32| if axis.flag { (label == 1).to_string() } else { say(label) };
        let (mut words, mut rules) = (Vec::new(), Vec::new());
        for (place, (slot, axis)) in slots.iter().zip(&self.axes).enumerate() {
            match slot {
                Slot::Any => {}
                Slot::Label(own) => {
                    let own = label(axis, *own);
                    words.push(if axis.flag { format!("{} {own}", axis.name) } else { own.clone() });
                    rules.push(labelled(&axis.name, &[own], axis.flag, true));
                }
                Slot::Others => {
                    let alone: Vec<String> =
                        rollup.alone_beside(cell, place).into_iter().map(|other| label(axis, other)).collect();
                    words.push(format!("other {}", axis.name));
                    rules.push(labelled(&axis.name, &alone, axis.flag, false));
                }
            }
        }
        let known = |axis: &Axis| format!("{} != null", axis.name);
        let unasked = slots.iter().zip(&self.axes).filter(|(slot, _)| **slot == Slot::Any).map(|(_, axis)| known(axis));
        let rule: Vec<String> = rules.into_iter().chain(unasked).collect();
        let title = if words.is_empty() { "everyone".to_owned() } else { words.join(" / ") };
        Some(Described { title, rule: rule.join(" && ") })
    }
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let id = self.cell(inputs).and_then(|cell| self.ids.get(cell));
        if let (Some(id), Some(place)) = (id, out.first_mut()) {
            *place = f64::from(*id);
        }
    }

    fn explain(&self, inputs: Inputs<'_>, _part: usize) -> Explained {
        let cell = self.cell(inputs);
        let value = cell.and_then(|cell| self.ids.get(cell)).map_or(f64::NAN, |id| f64::from(*id));
        let size = cell.and_then(|cell| self.rollup.as_ref()?.cells().get(cell)).map(|cell| cell.size as f64);
        let evidence = size.map(|size| ("size".to_owned(), size)).into_iter().collect();
        Explained { value, parts: vec![("value".to_owned(), value)], evidence }
    }

    fn describe(&self, name: u32, say: &dyn Fn(u32) -> String) -> Option<Described> {
        self.described(self.ids.iter().position(|id| *id == name)?, say)
    }

    fn asks(&self, name: u32) -> Vec<Option<AskedNames>> {
        let Some(rollup) = &self.rollup else { return Vec::new() };
        let cell = self.ids.iter().position(|id| *id == name);
        let Some((cell, own)) = cell.and_then(|cell| Some((cell, rollup.cells().get(cell)?))) else {
            return Vec::new();
        };
        let ask = |(place, slot): (usize, &Slot)| match slot {
            Slot::Any => None,
            Slot::Label(label) => Some(AskedNames { names: vec![*label], others: false }),
            Slot::Others => Some(AskedNames { names: rollup.alone_beside(cell, place), others: true }),
        };
        own.slots.iter().enumerate().map(ask).collect()
    }
}

impl Micro {
    fn fitted(&self, parameters: Option<Parameters>) -> Result<Fitted> {
        let axes = self.axes.clone();
        let Some(Parameters { width, cells, .. }) = parameters else {
            return Ok(Fitted { rollup: None, ids: Vec::new(), axes });
        };
        let ids = cells.iter().map(|(place, _)| self.names.get(*place).copied().unwrap_or(u32::MAX)).collect();
        let rollup = Rollup::from_cells(width, cells.into_iter().map(|(_, cell)| cell).collect())?;
        Ok(Fitted { rollup: Some(rollup), ids, axes })
    }
}

impl ColumnModel for Micro {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    /// A cell is read from names alone.
    fn is_steady(&self, _part: usize) -> bool {
        true
    }

    fn fit(&self, population: &dyn Population, previous: Option<&[u8]>) -> Result<FitOutcome> {
        let columns = super::values_of(population, &self.inputs)?;
        let mut labels = Vec::new();
        for row in 0..population.customers() {
            let values: Vec<f64> = columns.iter().filter_map(|column| column.get(row).copied()).collect();
            if values.iter().all(|value| !value.is_nan()) {
                labels.extend(values.iter().map(|value| *value as u32));
            }
        }
        let mut minimum = self.minimum;
        let mut rollup = Rollup::fit(&labels, self.axes.len(), minimum)?;
        while rollup.cells().len() > self.names.len() {
            minimum *= 2;
            rollup = Rollup::fit(&labels, self.axes.len(), minimum)?;
        }
        let previous = previous.map(Parameters::decode).transpose()?;
        let parameters = keep_ids(&rollup, &labels, previous, self.names.len())?;
        let sizes = rollup.cells().iter().map(|cell| cell.size);
        let diagnostics = vec![
            ("customers".to_owned(), sizes.clone().sum::<u64>() as f64),
            ("cells".to_owned(), rollup.cells().len() as f64),
            ("minimum".to_owned(), minimum as f64),
            ("smallest".to_owned(), sizes.min().unwrap_or(0) as f64),
        ];
        let bytes = parameters.encode();
        let fitted = self.fitted(Some(parameters))?;
        let say = |key: u32| population.key(key).to_owned();
        let notes = (0..fitted.ids.len()).filter_map(|cell| {
            Some((population.key(*fitted.ids.get(cell)?).to_owned(), fitted.described(cell, &say)?.title))
        });
        Ok(FitOutcome { parameters: bytes, diagnostics, notes: notes.collect(), ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let parameters = parameters.map(Parameters::decode).transpose()?;
        let sound = parameters.as_ref().is_none_or(|found| found.width == self.axes.len());
        if !sound {
            return Err(Error::new(ErrorKind::StoreCorrupt, "micro-segments over another number of columns"));
        }
        Ok(Box::new(self.fitted(parameters)?))
    }
}
