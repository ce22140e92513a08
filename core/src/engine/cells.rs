//! Reading segments: cells with their sizes, members, crossings.

use super::Engine;
use super::moved::MOVED;
use super::world::World;
use crate::base::{Error, ErrorKind, Result};
use crate::data::ids::OwnedId;
use crate::data::record::{Events, NONE, Record, Values};
use crate::data::table::{Column, Table};
use crate::definition::did_you_mean;
use crate::program::{AxisSpec, Described, UNKNOWN, cell_labels};

/// Cells that a hint names.
const SHOWN: usize = 10;

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
        Ok(world.cells(world.segment(name)?))
    }

    /// The members of one cell of a segment, in order of first sight. Cost: that of the members, by bitmaps that follow
    /// the crossings; of the first question about a segment a pass over the customers.
    ///
    /// # Errors
    /// `UnknownSegment`, also for a cell that the segment can't have; one that it can, and that nobody is in, has no
    /// members, which is no error.
    pub fn members(&self, name: &str, cell: &str) -> Result<Vec<OwnedId>> {
        let world = self.world()?;
        let segment = world.segment(name)?;
        let members = world.members(segment, cell);
        if members.is_empty() {
            world.cell_known(segment, cell)?;
        }
        let name = |customer: u32| world.state.ids.name(customer).cloned();
        Ok(members.into_iter().filter_map(name).collect())
    }

    /// The recorded crossings, of one segment or of all, from a moment on: `customer`, `segment`,
    /// `from`, `to`, `at`, `cause`, and the columns that `moved`, in order of record. Cost: a pass over the journal.
    ///
    /// `moved` are the columns behind the axes whose labels differ, or behind the rule that began or ceased to hold. What
    /// a micro-segment, a leaf of a tree, a rule, a flag or a cell of another segment is made of is looked at: told are
    /// the scores, traits and needs whose values differ from what they were just before the event, the trait, or the
    /// microsecond at which time alone brought the crossing. Where none does (a stay that ended, a fit, a new
    /// definition, two customers merged) it is all that stand behind those axes; all that the segment goes by where the
    /// customer came from no cell, or where a segment of plain axes tells from `unknown`; unknown of a segment that is no
    /// longer declared.
    ///
    /// # Errors
    /// `UnknownSegment`; `Store...` if the journal can't be read.
    pub fn crossings(&self, name: Option<&str>, since: Option<i64>) -> Result<Table> {
        let world = self.world()?;
        let wanted =
            name.map(|name| world.segment(name)).transpose()?.map(|segment| world.program.segments[segment].key);
        let (mut who, mut at, mut moved) = (Vec::new(), Vec::new(), Vec::new());
        let mut texts: [Vec<Option<String>>; 4] = Default::default();
        world.each_crossing(wanted, |crossing| {
            if since.is_some_and(|since| crossing.at < since) {
                return;
            }
            who.push(world.state.ids.name(crossing.customer).cloned().unwrap_or(OwnedId::Erased));
            at.push(Some(crossing.at));
            let segment = world.program.segments.iter().position(|segment| Some(segment.key) == crossing.segment);
            let [from, to] = [crossing.from, crossing.to].map(|cell| world.labels_of_cell(cell));
            let guess = || segment.map(|segment| world.moved.of(segment, &from, &to).to_string());
            moved.push(crossing.moved.map(|seen| world.state.keys.text(seen).to_owned()).or_else(guess));
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
        table.push("moved", Column::text(moved.into_iter()));
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
    /// The columns that were seen to move, where they were looked for.
    pub moved: Option<u32>,
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
                    let (from, to, cause, moved) = (field("from"), field("to"), field("cause"), field(MOVED));
                    visit(Crossed {
                        customer: events.customer[row],
                        at: events.at[row],
                        segment,
                        from,
                        to,
                        cause,
                        moved,
                    });
                }
            }
            Ok(())
        })
    }

    /// The cells of a segment that have members, as a table.
    pub fn cells(&self, segment: usize) -> Table {
        let cells = self.sizes(segment);
        let mut table = Table::new();
        table.push("cell", Column::text(cells.iter().map(|(cell, _)| Some(cell.clone()))));
        for (axis, spec) in self.program.segments.get(segment).iter().flat_map(|spec| spec.axes.iter().enumerate()) {
            let labels = cells.iter().map(|(cell, _)| cell_labels(cell).get(axis).cloned());
            table.push(&spec.name, Column::text(labels));
        }
        table.push("size", Column::Integer(cells.iter().map(|(_, size)| *size).collect()));
        let told: Vec<Described> = cells.iter().map(|(cell, _)| self.describe(segment, cell)).collect();
        table.push("title", Column::text(told.iter().map(|told| Some(told.title.clone()))));
        table.push("rule", Column::text(told.iter().map(|told| Some(told.rule.clone()))));
        table
    }

    /// The members of a cell, rising.
    pub fn members(&self, segment: usize, cell: &str) -> Vec<u32> {
        if cell == UNKNOWN {
            let inside = |customer: &u32| self.cell_text(self.state.member(segment, *customer).cell) == cell;
            return self.live().filter(inside).collect();
        }
        let Some(cell) = self.state.keys.get(cell) else { return Vec::new() };
        let found = self.state.roster(segment, |roster| {
            roster.members(cell).map_or_else(Vec::new, |members| members.iter().collect::<Vec<u32>>())
        });
        found.into_iter().filter(|customer| self.is_shown(*customer)).collect()
    }

    /// The cells of a segment that have members, by name, with how many.
    pub fn sizes(&self, segment: usize) -> Vec<(String, i64)> {
        let known = self.state.roster(segment, |roster| roster.sizes().collect::<Vec<(u32, usize)>>());
        let named = |(cell, size): &(u32, usize)| (self.cell_text(*cell), *size as i64);
        let mut cells: Vec<(String, i64)> = known.iter().map(named).filter(|(cell, _)| cell != UNKNOWN).collect();
        // Whoever is in no other cell.
        let unknown = self.live().count() as i64 - cells.iter().map(|(_, size)| size).sum::<i64>();
        cells.push((UNKNOWN.to_owned(), unknown));
        cells.retain(|(_, size)| *size > 0);
        cells.sort();
        cells
    }

    /// Whether a segment may have a cell: a label of each axis, of a rule, or a name that was met, where a column of names
    /// is the axis.
    ///
    /// # Errors
    /// `UnknownSegment` with the nearest cell, or those that there are.
    pub fn cell_known(&self, segment: usize, cell: &str) -> Result<()> {
        let Some(spec) = self.program.segments.get(segment) else { return Ok(()) };
        let keys: Option<Vec<u32>> = cell_labels(cell).iter().map(|label| self.state.keys.get(label)).collect();
        let fits = |keys: Vec<u32>| match spec.rules.is_empty() {
            true => {
                let on_axis = |(axis, key): (&AxisSpec, &u32)| axis.labels.is_empty() || axis.labels.contains(key);
                keys.len() == spec.axes.len() && spec.axes.iter().zip(&keys).all(on_axis)
            }
            false => {
                matches!(keys.as_slice(), [key] if spec.other == Some(*key) || spec.rules.iter().any(|(label, _)| label == key))
            }
        };
        if cell == UNKNOWN || keys.is_some_and(fits) {
            return Ok(());
        }
        let known: Vec<String> = self.sizes(segment).into_iter().map(|(name, _)| name).collect();
        let error = Error::new(ErrorKind::UnknownSegment, format!("`{}` has no cell `{cell}`", spec.name));
        let some = known.iter().take(SHOWN).map(String::as_str).collect::<Vec<&str>>().join(", ");
        let rest = if known.len() > SHOWN { ", ..." } else { "" };
        Err(error.hint(
            did_you_mean(cell, known.iter().map(String::as_str))
                .unwrap_or_else(|| format!("cells with members are {some}{rest}")),
        ))
    }

    /// Customers that were not erased.
    pub fn live(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.state.customers()).filter(|customer| self.is_shown(*customer))
    }

    fn is_shown(&self, customer: u32) -> bool {
        self.state.is_live(customer) && !self.hidden.get(customer as usize).copied().unwrap_or(false)
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

    /// The labels of a cell, also of one that nobody has been in since the last checkpoint.
    fn labels_of_cell(&self, cell: Option<u32>) -> Vec<u32> {
        let name = cell.map(|cell| self.cell_text(cell)).unwrap_or_default();
        let labels = cell_labels(&name);
        labels.iter().filter_map(|label| self.state.keys.get(label)).collect()
    }

    /// The name of a cell.
    pub fn cell_text(&self, cell: u32) -> String {
        if cell == NONE { UNKNOWN.to_owned() } else { self.state.keys.text(cell).to_owned() }
    }
}
