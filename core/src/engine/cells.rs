//! Reading segments: cells with their sizes, members, crossings.

use super::Engine;
use super::world::World;
use crate::base::{Error, ErrorKind, Result};
use crate::data::ids::OwnedId;
use crate::data::record::{Events, NONE, Record, Values};
use crate::data::table::{Column, Table};
use crate::definition::did_you_mean;
use crate::program::{Described, UNKNOWN, cell_labels};

impl Engine {
    /// The cells of a segment that have members: `cell`, the label on each axis, `size`, and for people `title`, a
    /// readable name, and `rule`, the expression over columns that leads into the cell (hysteresis and dwell aside;
    /// of ordered rules the first that holds). Customers who were never assigned, or have an unknown axis, are
    /// in the cell `unknown`.
    ///
    /// # Errors
    /// `UnknownSegment` with the nearest name.
    pub fn segment(&self, name: &str) -> Result<Table> {
        let world = self.world()?;
        let segment = world.segment(name)?;
        let spec = &world.program.segments[segment];
        let cells = world.sizes(segment);
        let mut table = Table::new();
        table.push("cell", Column::text(cells.iter().map(|(cell, _)| Some(cell.clone()))));
        for (axis, spec) in spec.axes.iter().enumerate() {
            let labels = cells.iter().map(|(cell, _)| cell_labels(cell).get(axis).cloned());
            table.push(&spec.name, Column::text(labels));
        }
        table.push("size", Column::Integer(cells.iter().map(|(_, size)| *size).collect()));
        let told: Vec<Described> = cells.iter().map(|(cell, _)| world.describe(segment, cell)).collect();
        table.push("title", Column::text(told.iter().map(|told| Some(told.title.clone()))));
        table.push("rule", Column::text(told.iter().map(|told| Some(told.rule.clone()))));
        Ok(table)
    }

    /// The members of one cell of a segment, in order of first sight.
    ///
    /// # Errors
    /// `UnknownSegment`; a cell that nobody is in has no members, which is not an error.
    pub fn members(&self, name: &str, cell: &str) -> Result<Vec<OwnedId>> {
        let world = self.world()?;
        let segment = world.segment(name)?;
        let inside = |customer: &u32| world.cell_text(world.state.member(segment, *customer).cell) == cell;
        Ok(world.live().filter(inside).filter_map(|customer| world.state.ids.name(customer).cloned()).collect())
    }

    /// The recorded crossings, of one segment or of all, from a moment on: `customer`, `segment`,
    /// `from`, `to`, `at`, `cause`, in order of record. Cost: a pass over the journal.
    ///
    /// # Errors
    /// `UnknownSegment`; `Store...` if the journal can't be read.
    pub fn crossings(&self, name: Option<&str>, since: Option<i64>) -> Result<Table> {
        let world = self.world()?;
        let wanted =
            name.map(|name| world.segment(name)).transpose()?.map(|segment| world.program.segments[segment].key);
        let (mut who, mut at) = (Vec::new(), Vec::new());
        let mut texts: [Vec<Option<String>>; 4] = Default::default();
        world.each_crossing(wanted, |crossing| {
            if since.is_some_and(|since| crossing.at < since) {
                return;
            }
            who.push(world.state.ids.name(crossing.customer).cloned().unwrap_or(OwnedId::Erased));
            at.push(Some(crossing.at));
            let fields = [crossing.segment, crossing.from, crossing.to, crossing.cause];
            for (column, key) in texts.iter_mut().zip(fields) {
                column.push(key.map(|key| world.state.keys.text(key).to_owned()));
            }
        })?;
        let mut table = Table::new();
        table.push("customer", Column::Id(who));
        for (name, column) in ["segment", "from", "to"].into_iter().zip(&texts) {
            table.push(name, Column::text(column.iter().cloned()));
        }
        table.push("at", Column::Time(at));
        table.push("cause", Column::text(texts[3].iter().cloned()));
        Ok(table)
    }
}

fn key_of(world: &World, events: &Events, role: &str, row: usize) -> Option<u32> {
    let name = world.state.keys.get(role)?;
    match &events.fields.iter().find(|field| field.name == name)?.values {
        Values::Key(keys) => keys.get(row).copied().filter(|key| *key != NONE),
        _ => None,
    }
}

/// A crossing as it was recorded; names by their keys.
pub(super) struct Crossed {
    pub customer: u32,
    pub at: i64,
    pub segment: Option<u32>,
    pub from: Option<u32>,
    pub to: Option<u32>,
    pub cause: Option<u32>,
}

impl World {
    /// Visits the recorded crossings, of one segment or of all, in order of record.
    pub fn each_crossing(&self, wanted: Option<u32>, mut visit: impl FnMut(Crossed)) -> Result<()> {
        let crossed = self.state.keys.get("crossed").unwrap_or(NONE);
        self.journal.replay(|batch| {
            let Record::Events(events) = &batch.record else { return Ok(()) };
            for row in (0..events.at.len()).filter(|row| events.kind[*row] == crossed) {
                let field = |role: &str| key_of(self, events, role, row);
                let segment = field("segment");
                if wanted.is_none_or(|wanted| segment == Some(wanted)) {
                    let (from, to, cause) = (field("from"), field("to"), field("cause"));
                    visit(Crossed { customer: events.customer[row], at: events.at[row], segment, from, to, cause });
                }
            }
            Ok(())
        })
    }

    /// The cells of a segment that have members, by name, with how many.
    pub fn sizes(&self, segment: usize) -> Vec<(String, i64)> {
        let mut sizes: Vec<(u32, i64)> = Vec::new();
        for customer in self.live() {
            let cell = self.state.member(segment, customer).cell;
            match sizes.binary_search_by_key(&cell, |(cell, _)| *cell) {
                Ok(found) => sizes[found].1 += 1,
                Err(place) => sizes.insert(place, (cell, 1)),
            }
        }
        let mut cells: Vec<(String, i64)> = Vec::new();
        for (cell, size) in sizes {
            let cell = self.cell_text(cell);
            match cells.iter_mut().find(|(known, _)| *known == cell) {
                Some((_, total)) => *total += size,
                None => cells.push((cell, size)),
            }
        }
        cells.sort();
        cells
    }

    /// Customers that were not erased.
    pub fn live(&self) -> impl Iterator<Item = u32> + '_ {
        let shown = |customer: &u32| !self.hidden.get(*customer as usize).copied().unwrap_or(false);
        (0..self.state.customers()).filter(|customer| self.state.is_live(*customer)).filter(shown)
    }

    pub fn segment(&self, name: &str) -> Result<usize> {
        self.program.segment(name).ok_or_else(|| {
            let error = Error::new(ErrorKind::UnknownSegment, format!("no segment `{name}`"));
            match did_you_mean(name, self.program.segments.iter().map(|segment| segment.name.as_ref())) {
                Some(hint) => error.hint(hint),
                None => error,
            }
        })
    }

    /// The name of a cell.
    pub fn cell_text(&self, cell: u32) -> String {
        if cell == NONE { UNKNOWN.to_owned() } else { self.state.keys.text(cell).to_owned() }
    }
}
