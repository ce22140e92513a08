//! The past membership in segments that a later definition added.
//!
//! Crossings are recorded as they happen, so a segment has none from before it was declared. Whoever
//! reads that past wants what the segment would have said: the records are folded as they came, and
//! before the segment's declaration everyone whom a record touches is looked at as a live engine looks,
//! timers and all. Nothing is decided, and nothing is written.

use super::ledger::Ledger;
use super::react::{Cause, Reaction};
use super::world::World;
use crate::base::Result;
use crate::data::record::{Batch, Events, NONE, Record};
use crate::definition::Definition;
use crate::program::Callbacks;
use crate::state::Member;

/// A world that follows the journal and finds the crossings that were not recorded.
pub(super) struct Backfill {
    world: World,
    /// Whose membership is to be looked at, once the engine's own rows behind an event are folded.
    touched: [u32; 2],
    caused: Reaction,
}

/// By segment of the world, whether a definition declares it.
pub(super) fn declared(world: &World, definition: &Definition) -> Vec<bool> {
    let known = &definition.model().segments;
    let has = |name: &str| known.iter().any(|segment| segment.name.value == name);
    world.program.segments.iter().map(|segment| has(&segment.name)).collect()
}

impl World {
    /// Whether a definition that was in force lacks a segment of today.
    pub fn lacks_segments(&self, definition: &Definition) -> bool {
        declared(self, definition).contains(&false)
    }
}

impl Backfill {
    /// Follows a journal from its beginning, at which `past` stands.
    pub fn new(mut past: World, callbacks: &Callbacks) -> Result<Self> {
        past.bind(callbacks.clone())?;
        let mut backfill = Backfill { world: past, touched: [NONE; 2], caused: Reaction::default() };
        backfill.declare();
        if backfill.world.state.now != i64::MIN {
            // What the base knows has everyone in a cell.
            let now = backfill.world.state.now;
            backfill.look_at_all(now, Cause::Redefine)?;
        }
        Ok(backfill)
    }

    /// Folds a batch; gives the crossings that it would have caused.
    pub fn follow(&mut self, batch: &Batch) -> Result<Events> {
        match &batch.record {
            Record::Events(events) => self.follow_events(batch, events)?,
            Record::Traits(traits) => {
                self.reach(&traits.at)?;
                self.apply(batch)?;
                let mut customers = traits.customer.clone();
                customers.sort_unstable();
                customers.dedup();
                let now = self.world.state.now;
                for customer in customers {
                    self.look(customer, now, Cause::Trait)?;
                }
            }
            Record::Ties(ties) => {
                self.reach(&ties.at)?;
                self.apply(batch)?;
            }
            Record::Advance(at) => {
                self.world.move_clock(*at, &mut self.caused)?;
                self.apply(batch)?;
            }
            Record::Fit(_) | Record::Partial { last: true, .. } => {
                self.apply(batch)?;
                let cause = if matches!(batch.record, Record::Fit(_)) { Cause::Fit } else { Cause::Absorb };
                self.look_at_all(self.world.state.now, cause)?;
            }
            Record::Define(_) => {
                self.apply(batch)?;
                self.declare();
            }
            Record::Partial { .. } | Record::Merge(..) | Record::Erase(_) => self.apply(batch)?,
        }
        Ok(std::mem::take(&mut self.caused).events)
    }

    /// Where everyone stands in a segment.
    pub fn member(&self, segment: usize, customer: u32) -> Member {
        self.world.state.member(segment, customer)
    }

    /// The names that are new since there were `known`.
    pub fn keys_since(&self, known: usize) -> &[String] {
        self.world.state.keys.since(known)
    }

    /// Takes note of the segments that the definition in force declares: their crossings are recorded.
    fn declare(&mut self) {
        let definition = self.world.in_force.as_ref().unwrap_or(&self.world.definition);
        self.world.recorded = declared(&self.world, definition);
        self.world.timers.clear();
    }

    /// Folds events one by one. Crossings and decisions stand behind the event that caused them, which a
    /// look must see.
    fn follow_events(&mut self, batch: &Batch, events: &Events) -> Result<()> {
        let own = [self.world.words.crossed, self.world.words.decided];
        let mut names = (batch.ids.clone(), batch.keys.clone());
        for (row, at) in events.at.iter().enumerate() {
            let caused = own.contains(&events.kind[row]);
            if !caused || *at > self.world.state.now {
                self.look_at_touched()?;
                self.world.pass_time(*at, &mut self.caused)?;
            }
            let (ids, keys) = std::mem::take(&mut names);
            let record = Record::Events(events.gather(&[row as u32]));
            let now = self.world.state.now.max(*at);
            self.apply(&Batch { sequence: batch.sequence + row as u64, now, ids, keys, record })?;
            if !caused {
                self.touched = self.touched_by(events.kind[row], [events.customer[row], events.peer[row]]);
            }
        }
        self.look_at_touched()?;
        if events.at.is_empty() {
            self.apply(batch)?;
        }
        Ok(())
    }

    /// Which of both ends an event may move.
    fn touched_by(&self, kind: u32, ends: [u32; 2]) -> [u32; 2] {
        let World { program, state, .. } = &self.world;
        let kind = program.kinds.iter().position(|known| known.key == kind);
        ends.map(|who| {
            let own = if who == NONE { NONE } else { state.resolve(who) };
            let moves = kind.is_some_and(|kind| own != NONE && self.world.may_move(kind, own));
            if moves { own } else { NONE }
        })
    }

    fn apply(&mut self, batch: &Batch) -> Result<()> {
        self.world.apply(batch)?;
        // What expired is in the journal.
        self.world.ledger = Ledger::default();
        Ok(())
    }

    fn reach(&mut self, at: &[i64]) -> Result<()> {
        let Some(latest) = at.iter().copied().max().filter(|latest| *latest > self.world.state.now) else {
            return Ok(());
        };
        self.world.pass_time(latest, &mut self.caused)?;
        self.world.state.now = latest;
        Ok(())
    }

    fn look_at_touched(&mut self) -> Result<()> {
        for customer in std::mem::replace(&mut self.touched, [NONE; 2]) {
            self.look(customer, self.world.state.now, Cause::Event)?;
        }
        Ok(())
    }

    fn look_at_all(&mut self, at: i64, cause: Cause) -> Result<()> {
        (0..self.world.state.customers()).try_for_each(|customer| self.look(customer, at, cause))
    }

    fn look(&mut self, customer: u32, at: i64, cause: Cause) -> Result<()> {
        if customer == NONE || !self.world.state.is_live(customer) {
            return Ok(());
        }
        self.world.look(customer, at, cause, &mut self.caused)
    }
}
