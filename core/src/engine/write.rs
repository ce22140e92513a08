//! Writing: events, traits, ties, and the movement of the clock.

use arrow_array::RecordBatch;

use super::Engine;
use super::react::{Cause, Reaction};
use super::report::IngestReport;
use super::world::World;
use crate::base::likeness::did_you_mean;
use crate::base::{Error, ErrorKind, Result};
use crate::data::ids::Id;
use crate::data::ingest::{self, Call, RowEvent, Value};
use crate::data::record::{Events, Record, Ties, Traits};
use crate::data::time::format_time;

impl Engine {
    /// Takes events from Arrow batches. Good rows go in, bad rows are reported one by one; rows are
    /// applied in the order of (time, row) over all batches. Returns once they are durable.
    ///
    /// Cost: O(1) a declared feature and row, plus one commit.
    ///
    /// # Errors
    /// `SchemaMissing`, `SchemaType`, `SchemaArrow` when the table as a whole can't be read, and
    /// `Store...` when it can't be recorded: then nothing is taken.
    pub fn observe(&self, batches: &[RecordBatch], call: &Call<'_>) -> Result<IngestReport> {
        let ceiling = self.ceiling();
        self.world_mut()?.write(|world, report| {
            let (ids, keys) = (&mut world.state.ids, &mut world.state.keys);
            let taken = ingest::read_events(batches, &world.program.plan, call, ceiling, ids, keys)?;
            report.accepted = taken.record.at.len() as u64;
            report.rejected = taken.rejects;
            world.take(taken.record, report)
        })
    }

    /// Takes one event. Returns once it is durable, or under [`super::Durability::Interval`] once it is folded.
    ///
    /// # Errors
    /// As [`Engine::observe`]; a bad row is not an error but is reported as rejected.
    pub fn observe_row(&self, event: &RowEvent<'_>) -> Result<IngestReport> {
        let ceiling = self.ceiling();
        self.world_mut()?.write_row(|world, report| {
            let plan = &world.program.plan;
            let taken = ingest::read_row(event, plan, ceiling, &mut world.state.ids, &mut world.state.keys)?;
            match taken {
                Ok(events) => {
                    // It is on its way while the event is made ready.
                    events.customer.iter().for_each(|customer| world.state.prefetch(*customer));
                    report.accepted = 1;
                    world.take(events, report)
                }
                Err(reject) => {
                    report.rejected.push(reject);
                    Ok(Vec::new())
                }
            }
        })
    }

    /// Takes traits from Arrow batches: the column of each trait's name, the customer, and `at`, by
    /// default the engine's clock, which a later one moves. An unknown value leaves the trait as it was.
    ///
    /// # Errors
    /// As [`Engine::observe`].
    pub fn identify(&self, batches: &[RecordBatch], call: &Call<'_>) -> Result<IngestReport> {
        let ceiling = self.ceiling();
        self.world_mut()?.write(|world, report| {
            let now = world.moment(None)?;
            let (ids, keys) = (&mut world.state.ids, &mut world.state.keys);
            let taken = ingest::read_traits(batches, &world.program.trait_plan, call, now, ceiling, ids, keys)?;
            report.accepted = taken.record.at.len() as u64;
            report.rejected = taken.rejects;
            let mut records = Vec::new();
            world.know(taken.record, report, &mut records)?;
            Ok(records)
        })
    }

    /// Takes the traits of one customer.
    ///
    /// # Errors
    /// `UnknownWord` for a trait that the definition does not have, `SchemaType` for a value of the
    /// wrong type, and as [`Engine::observe`].
    pub fn identify_row(
        &self,
        customer: Id<'_>,
        at: Option<i64>,
        traits: &[(&str, Value<'_>)],
    ) -> Result<IngestReport> {
        let ceiling = self.ceiling();
        self.world_mut()?.write_row(|world, report| {
            let at = at.map_or_else(|| world.moment(None), Ok)?;
            let (ids, keys) = (&mut world.state.ids, &mut world.state.keys);
            let mut records = Vec::new();
            match ingest::read_trait_row(customer, at, traits, &world.program.trait_plan, ceiling, ids, keys)? {
                Ok(taken) => {
                    report.accepted = 1;
                    world.know(taken, report, &mut records)?;
                }
                Err(reject) => report.rejected.push(reject),
            }
            Ok(records)
        })
    }

    /// Takes ties from Arrow batches: customer, peer, layer (the argument `kind`, or a column), weight
    /// (default 1; adds to the tie), and `at`, by default the engine's clock. Where a flag `remove` is set the tie goes.
    ///
    /// # Errors
    /// As [`Engine::observe`].
    pub fn relate(&self, batches: &[RecordBatch], call: &Call<'_>) -> Result<IngestReport> {
        let ceiling = self.ceiling();
        self.world_mut()?.write(|world, report| {
            let now = world.moment(None)?;
            let (ids, keys) = (&mut world.state.ids, &mut world.state.keys);
            let taken = ingest::read_ties(batches, &world.program.tie_plan, call, now, ceiling, ids, keys)?;
            report.accepted = taken.record.at.len() as u64;
            report.rejected = taken.rejects;
            let ties = taken.record;
            let mut records = Vec::new();
            world.reach(&ties.at, report, &mut records)?;
            world.state.apply_ties(&world.program, &ties);
            records.extend((!ties.at.is_empty()).then_some(Record::Ties(ties)));
            Ok(records)
        })
    }

    /// Adds `weight` to the tie of one pair; NaN removes it.
    ///
    /// # Errors
    /// `UnknownWord` for a layer that the definition does not have; `SchemaRange` for an infinite
    /// weight or a time out of range; `TimeBeyondCeiling`; `Store...`.
    pub fn relate_row(
        &self,
        layer: &str,
        customer: Id<'_>,
        peer: Id<'_>,
        at: Option<i64>,
        weight: f64,
    ) -> Result<IngestReport> {
        let ceiling = self.ceiling();
        self.world_mut()?.write_row(|world, report| {
            let at = at.map_or_else(|| world.moment(None), Ok)?;
            if at > ceiling {
                return Err(beyond(at, ceiling));
            }
            let mut fed = world.program.ties.iter().filter(|tie| tie.through.is_none());
            let Some(tie) = fed.clone().find(|tie| tie.name == layer) else {
                let error = Error::new(ErrorKind::UnknownWord, format!("no tie `{layer}`"));
                let names = fed.by_ref().map(|tie| tie.name.as_str());
                return Err(did_you_mean(layer, names).into_iter().fold(error, Error::hint));
            };
            if weight.is_infinite() || !crate::data::time::is_valid_time(at) {
                return Err(Error::new(ErrorKind::SchemaRange, "the weight or the time of a tie is out of range"));
            }
            let layer = vec![tie.key];
            let (customer, peer) = (world.state.ids.intern(customer)?, world.state.ids.intern(peer)?);
            let ties = Ties { layer, customer: vec![customer], peer: vec![peer], at: vec![at], weight: vec![weight] };
            let mut records = Vec::new();
            world.reach(&[at], report, &mut records)?;
            world.state.apply_ties(&world.program, &ties);
            report.accepted = 1;
            records.push(Record::Ties(ties));
            Ok(records)
        })
    }

    /// Moves the clock, and reports the crossings that time alone has brought, each at its own moment,
    /// with the decisions that they ask for. Columns without a closed form that may turn are looked at
    /// on the grid `[time] recheck`, and at `at`.
    ///
    /// # Errors
    /// `TimePast` for a moment before the clock, `TimeBeyondCeiling`, `Store...`.
    pub fn advance_to(&self, at: i64) -> Result<IngestReport> {
        let ceiling = self.ceiling();
        self.world_mut()?.write(|world, report| {
            let at = world.moment(Some(at))?;
            if at > ceiling || !crate::data::time::is_valid_time(at) {
                return Err(beyond(at, ceiling));
            }
            world.touched = true;
            let mut caused = Reaction::default();
            world.move_clock(at, &mut caused)?;
            let events = caused.into_report(report);
            let mut records = Vec::new();
            records.extend((!events.at.is_empty()).then_some(Record::Events(events)));
            records.push(Record::Advance(at));
            Ok(records)
        })
    }
}

/// The error of a moment beyond the ceiling.
pub(super) fn beyond(at: i64, ceiling: i64) -> Error {
    let message = format!("{} lies beyond the ceiling {}", format_time(at), format_time(ceiling));
    Error::new(ErrorKind::TimeBeyondCeiling, message).hint("one wrong date would decay everything known")
}

impl Reaction {
    /// Moves what was caused into the report, and gives the events to record.
    pub fn into_report(self, report: &mut IngestReport) -> Events {
        report.duplicates += self.duplicates;
        report.accepted -= self.duplicates;
        match report.crossings.is_empty() {
            true => report.crossings = self.crossings,
            false => report.crossings.extend(self.crossings),
        }
        report.decisions.extend(self.decisions);
        self.events
    }
}

impl World {
    /// Runs a write and commits its records. Whatever fails leaves the state as it was.
    pub fn write(
        &mut self,
        write: impl FnOnce(&mut World, &mut IngestReport) -> Result<Vec<Record>>,
    ) -> Result<IngestReport> {
        self.write_as(World::commit, write)
    }

    /// As [`World::write`], for a call of one row.
    pub fn write_row(
        &mut self,
        write: impl FnOnce(&mut World, &mut IngestReport) -> Result<Vec<Record>>,
    ) -> Result<IngestReport> {
        self.write_as(World::commit_row, write)
    }

    fn write_as(
        &mut self,
        commit: impl FnOnce(&mut World, Vec<Record>) -> Result<()>,
        write: impl FnOnce(&mut World, &mut IngestReport) -> Result<Vec<Record>>,
    ) -> Result<IngestReport> {
        self.ready()?;
        let mut report = IngestReport::default();
        let late = self.state.late;
        let (sequence, names) = (self.state.sequence, (self.state.ids.len(), self.state.keys.len()));
        match write(self, &mut report) {
            // Names that came with what changes nothing leave no trace, or a checkpoint would know them twice.
            Ok(records) if records.is_empty() => {
                self.state.ids.truncate(names.0);
                self.state.keys.truncate(names.1);
            }
            Ok(records) => commit(self, records)?,
            Err(error) => {
                // Reading a table touches names only; a failure after that is rare, and folds anew.
                if self.touched {
                    self.reload();
                } else {
                    debug_assert_eq!(sequence, self.state.sequence);
                    self.state.ids.truncate(names.0);
                    self.state.keys.truncate(names.1);
                }
                return Err(error);
            }
        }
        self.touched = false;
        report.late = self.state.late - late;
        Ok(report)
    }

    fn take(&mut self, events: Events, report: &mut IngestReport) -> Result<Vec<Record>> {
        self.touched = true;
        let caused = self.react(events)?;
        let events = caused.into_report(report);
        Ok(if events.at.is_empty() { Vec::new() } else { vec![Record::Events(events)] })
    }

    /// Moves the clock to the latest of some moments, as events do: a read never sees what is still to come.
    fn reach(&mut self, at: &[i64], report: &mut IngestReport, records: &mut Vec<Record>) -> Result<()> {
        self.touched = true;
        let Some(latest) = at.iter().copied().max().filter(|latest| *latest > self.state.now) else { return Ok(()) };
        let mut caused = Reaction::default();
        self.pass_time(latest, &mut caused)?;
        let events = caused.into_report(report);
        records.extend((!events.at.is_empty()).then_some(Record::Events(events)));
        self.state.now = latest;
        Ok(())
    }

    /// Folds traits, then looks at the membership of everyone they are about.
    fn know(&mut self, traits: Traits, report: &mut IngestReport, records: &mut Vec<Record>) -> Result<()> {
        self.reach(&traits.at, report, records)?;
        let mut customers = traits.customer.clone();
        customers.sort_unstable();
        customers.dedup();
        let at = self.moment(None)?;
        customers.iter().for_each(|customer| self.remember(*customer, at));
        self.state.apply_traits(&self.program, &traits);
        let events = self.look_at(customers.into_iter(), at, Cause::Trait)?.into_report(report);
        self.moved.forget();
        if !traits.at.is_empty() {
            records.push(Record::Traits(traits));
        }
        records.extend((!events.at.is_empty()).then_some(Record::Events(events)));
        Ok(())
    }
}
