//! Reading the past: rows as they would have been read at a moment, without leaks.

use super::Engine;
use super::backfill::Backfill;
use super::world::World;
use crate::base::{Error, ErrorKind, Result};
use crate::data::ids::Id;
use crate::data::record::{Batch, Events, Record, Traits, Values};
use crate::data::table::Table;
use crate::data::time::{format_time, is_valid_time};
use crate::definition::Definition;

impl Engine {
    /// Point-in-time rows: what [`Engine::score`] would have given just before `at`.
    ///
    /// Everything is read at `at` - 1 microsecond, so an event at `at` (the label) never sees itself.
    /// Events, traits, crossings and decisions up to then are folded anew, corrections that came late
    /// included; with `known_at` only what the engine had been given by then (by its own clock, row by
    /// row: a batch is its rows sent singly). Fits are those dated before `at`. Of a segment that
    /// [`Engine::redefine`] added later, membership is what it would have been: found anew from the
    /// records, as if the segment had been declared all along (from the base on, where there is one).
    /// `customers = None` is everyone known by then. Cost: one replay of the journal, two where a
    /// segment came later than the first record.
    ///
    /// # Errors
    /// As [`Engine::score`]; `TimeBeyondCeiling` for a moment after the engine's clock that it can't
    /// speak of; `TimePast` for one before the base into which `[time] keep` has folded the journal;
    /// `Interrupted`; `Store...` if the journal can't be read.
    pub fn training_set(
        &self,
        at: i64,
        columns: Option<&[&str]>,
        customers: Option<&[Id<'_>]>,
        known_at: Option<i64>,
    ) -> Result<Table> {
        let past = self.world_before(at, known_at.unwrap_or(i64::MAX))?;
        past.table(customers, columns, Some(at - 1), None)
    }

    /// The world as it stood just before a moment, by what had been given by another.
    pub(super) fn world_before(&self, at: i64, known_at: i64) -> Result<World> {
        let world = self.world()?;
        if !is_valid_time(at) || !is_valid_time(at - 1) {
            return Err(super::write::beyond(at, self.ceiling()));
        }
        world.as_of(at - 1, known_at)
    }
}

impl World {
    /// The world as it stood at a moment: the same definition, only records up to then.
    fn as_of(&self, at: i64, known_at: i64) -> Result<World> {
        // Only a journal of several definitions pays for a world that finds crossings.
        match self.fold_past(at, known_at, None)? {
            Some(past) => Ok(past),
            None => {
                let past = self.fold_past(at, known_at, Some(Backfill::new(self.beginning()?, &self.callbacks)?))?;
                past.ok_or_else(|| Error::new(ErrorKind::Internal, "the past of a segment was not found"))
            }
        }
    }

    /// As [`World::as_of`]; `None` if a definition in force by then lacks a segment of today, and there
    /// is no `backfill`.
    fn fold_past(&self, at: i64, known_at: i64, mut backfill: Option<Backfill>) -> Result<Option<World>> {
        let mut past = self.beginning()?;
        if past.state.now > at.min(known_at) {
            let begins = format_time(past.state.now);
            let message = format!("what happened before {begins} was folded into the base of the journal");
            return Err(Error::new(ErrorKind::TimePast, message).hint("`[time] keep` says how long records are kept"));
        }
        let mut seen = vec![false; self.state.ids.len()];
        seen.iter_mut().take(past.state.ids.len()).for_each(|seen| *seen = true);
        past.hidden = vec![true; self.state.ids.len()];
        let mut clock = past.state.now;
        let mut lacks = past.in_force.as_ref().is_some_and(|definition| self.lacks_segments(definition));
        let folded = self.journal.replay(|batch| {
            if let Record::Define(text) = &batch.record {
                lacks |= self.lacks_segments(&Definition::from_toml(text)?);
            }
            if lacks && backfill.is_none() {
                return Err(Error::new(ErrorKind::Internal, "a segment has a past to be found"));
            }
            let found = backfill.as_mut().map(|backfill| backfill.follow(&batch)).transpose()?;
            let Batch { sequence, now, ids, keys, record } = batch;
            if let Record::Partial { at: to, .. } = record
                && to > at
                && now <= known_at
            {
                return Err(super::partial::closed(to, at));
            }
            let record = match record {
                Record::Events(events) => known(events, &mut clock, known_at),
                _ if now > known_at => Record::Advance(at),
                record => record,
            };
            clock = now;
            past.apply(&Batch { sequence, now: now.min(at), ids, keys, record: until(record, at, &mut seen) })?;
            if let (Some(mut found), Some(backfill)) = (found, &backfill) {
                past.state.keys.extend(backfill.keys_since(past.state.keys.len()))?;
                // A crossing is of the moment at which the clock stood.
                let end = at.min(known_at);
                let rows: Vec<u32> = (0..found.at.len() as u32).filter(|row| found.at[*row as usize] <= end).collect();
                found = found.gather(&rows);
                past.fold_events(&found);
            }
            Ok(())
        });
        if lacks && backfill.is_none() {
            return Ok(None);
        }
        folded?;
        past.bind(self.callbacks.clone())?;
        past.hidden.iter_mut().zip(&seen).for_each(|(hidden, seen)| *hidden &= !seen);
        Ok(Some(past))
    }
}

/// The events that had been given by the time when the clock, which stood at `clock`, reached `known_at`.
fn known(events: Events, clock: &mut i64, known_at: i64) -> Record {
    let given = |at: &&i64| {
        *clock = (*clock).max(**at);
        *clock <= known_at
    };
    let rows = events.at.iter().take_while(given).count();
    if rows == events.at.len() {
        return Record::Events(events);
    }
    Record::Events(events.gather(&(0..rows as u32).collect::<Vec<_>>()))
}

/// The part of a record that lies at or before `at`; notes whom it is about.
fn until(record: Record, at: i64, seen: &mut [bool]) -> Record {
    let mut note = |customer: u32| {
        if let Some(seen) = seen.get_mut(customer as usize) {
            *seen = true;
        }
    };
    match record {
        Record::Events(events) => {
            let rows: Vec<u32> = (0..events.at.len() as u32).filter(|row| events.at[*row as usize] <= at).collect();
            let events = if rows.len() == events.at.len() { events } else { events.gather(&rows) };
            events.customer.iter().chain(&events.peer).for_each(|customer| note(*customer));
            Record::Events(events)
        }
        Record::Traits(mut traits) => {
            hide_later(&mut traits, at);
            traits.customer.iter().zip(&traits.at).filter(|(_, time)| **time <= at).for_each(|(who, _)| note(*who));
            Record::Traits(traits)
        }
        Record::Ties(mut ties) => {
            let keep: Vec<bool> = ties.at.iter().map(|time| *time <= at).collect();
            let mut kept = keep.iter();
            ties.layer.retain(|_| kept.next().copied().unwrap_or(false));
            for column in [&mut ties.customer, &mut ties.peer] {
                let mut kept = keep.iter();
                column.retain(|_| kept.next().copied().unwrap_or(false));
            }
            let mut kept = keep.iter();
            ties.weight.retain(|_| kept.next().copied().unwrap_or(false));
            ties.at.retain(|time| *time <= at);
            ties.customer.iter().chain(&ties.peer).for_each(|customer| note(*customer));
            Record::Ties(ties)
        }
        Record::Fit(fit) if fit.at > at => Record::Advance(at),
        record => record,
    }
}

/// Makes the values learnt after `at` unknown, which leaves the traits as they were.
fn hide_later(traits: &mut Traits, at: i64) {
    for (row, _) in traits.at.iter().enumerate().filter(|(_, time)| **time > at) {
        for field in &mut traits.fields {
            match &mut field.values {
                Values::Number(values) => values[row] = f64::NAN,
                Values::Key(keys) => keys[row] = crate::data::record::NONE,
                _ => {}
            }
        }
    }
}
