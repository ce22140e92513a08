//! Deciding on demand.

use std::sync::{RwLockReadGuard, RwLockWriteGuard};

use super::Engine;
use super::react::Reaction;
use super::world::World;
use crate::base::{Error, ErrorKind, Result};
use crate::columns::{Asked, Scratch};
use crate::data::ids::{Id, OwnedId};
use crate::data::record::{NONE, Record};
use crate::data::table::{Column, Table};
use crate::decisions::Decision;

/// How a decision is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ask<'a> {
    /// The peer toward whom; columns toward a peer are unknown without one.
    pub toward: Option<Id<'a>>,
    /// The moment, at or after the engine's clock; `None` is the clock.
    pub at: Option<i64>,
    /// Looks without writing: nothing is recorded and no cap is used up.
    pub dry: bool,
}

impl Engine {
    /// Decides what to do next for a customer, and records it unless `ask.dry`.
    ///
    /// # Errors
    /// `UnknownCustomer`; `TimePast` for a moment before the engine's clock, `TimeBeyondCeiling` for a
    /// recorded one beyond the ceiling; `Store...` if it can't be recorded.
    pub fn decide(&self, customer: Id<'_>, ask: Ask<'_>) -> Result<Decision> {
        if ask.dry {
            let world = self.world()?;
            let asked = world.asked(customer, ask.toward, ask.at)?;
            world.ready()?;
            let mut decision = world.decider.decide(world.view(), asked, &mut Scratch::default());
            decision.id = world.decision_id(asked.customer);
            return Ok(decision);
        }
        let mut world = self.world_mut()?;
        let asked = world.asked(customer, ask.toward, ask.at)?;
        world.ready()?;
        if asked.at > self.ceiling() {
            return Err(super::write::beyond(asked.at, self.ceiling()));
        }
        let mut caused = Reaction::default();
        let passed = world.pass_time(asked.at, &mut caused);
        let decided = passed.and_then(|()| world.decide_and_apply(asked, &mut caused.events));
        let decision = world.or_reload(decided)?;
        world.commit_row(vec![Record::Events(caused.events)])?;
        Ok(decision)
    }
}

impl Engine {
    /// Decides for many customers at one moment, in order, and records all in one commit unless
    /// `ask.dry`: a table of `customer`, `action` (null is silence), `priority`, `propensity`, `why`.
    /// `customers = None` is everyone, in order of first sight.
    ///
    /// # Errors
    /// As [`Engine::decide`]; then nothing is recorded.
    pub fn decide_batch(&self, customers: Option<&[Id<'_>]>, ask: Ask<'_>) -> Result<Table> {
        let mut world = if ask.dry { Guard::Read(self.world()?) } else { Guard::Write(self.world_mut()?) };
        let at = world.get().moment(ask.at)?;
        world.get().ready()?;
        if !ask.dry && at > self.ceiling() {
            return Err(super::write::beyond(at, self.ceiling()));
        }
        let asked: Vec<Asked> = match customers {
            Some(ids) => ids.iter().map(|id| world.get().asked(*id, ask.toward, ask.at)).collect::<Result<_>>()?,
            None => {
                let peer = ask.toward.map(|id| world.get().customer(id)).transpose()?.unwrap_or(NONE);
                world.get().live().map(|customer| Asked { customer, peer, at }).collect()
            }
        };
        let decisions = match &mut world {
            Guard::Read(world) => {
                let mut scratch = Scratch::default();
                let decide = |(step, asked): (usize, &Asked)| {
                    world.journal.go_on_at(step)?;
                    Ok(world.decider.decide(world.view(), *asked, &mut scratch))
                };
                asked.iter().enumerate().map(decide).collect::<Result<_>>()?
            }
            Guard::Write(world) => {
                let mut caused = Reaction::default();
                let passed = world.pass_time(at, &mut caused);
                world.or_reload(passed)?;
                let mut decisions = Vec::with_capacity(asked.len());
                for (step, asked) in asked.iter().enumerate() {
                    let going = world.journal.go_on_at(step);
                    let decided = going.and_then(|()| world.decide_and_apply(*asked, &mut caused.events));
                    decisions.push(world.or_reload(decided)?);
                }
                if !caused.events.at.is_empty() {
                    world.commit(vec![Record::Events(caused.events)])?;
                }
                decisions
            }
        };
        Ok(as_table(world.get(), &asked, decisions))
    }
}

/// The world, shared or alone.
enum Guard<'a> {
    Read(RwLockReadGuard<'a, World>),
    Write(RwLockWriteGuard<'a, World>),
}

impl Guard<'_> {
    fn get(&self) -> &World {
        match self {
            Guard::Read(world) => world,
            Guard::Write(world) => world,
        }
    }
}

fn as_table(world: &World, asked: &[Asked], decisions: Vec<Decision>) -> Table {
    let who = asked.iter().map(|asked| world.state.ids.name(asked.customer).cloned().unwrap_or(OwnedId::Erased));
    let mut table = Table::new();
    table.push("customer", Column::Id(who.collect()));
    table.push("action", Column::text(decisions.iter().map(|decision| decision.action.clone())));
    table.push("priority", Column::Number(decisions.iter().map(|decision| decision.priority).collect()));
    table.push("propensity", Column::Number(decisions.iter().map(|decision| decision.propensity).collect()));
    table.push("why", Column::text(decisions.into_iter().map(|decision| Some(decision.why))));
    table
}

impl World {
    fn customer(&self, id: Id<'_>) -> Result<u32> {
        let unknown = || Error::new(ErrorKind::UnknownCustomer, format!("no customer `{id}`"));
        self.state.ids.get(id).map(|found| self.state.resolve(found)).ok_or_else(unknown)
    }

    /// Resolves whom and when a read is about.
    pub fn asked(&self, customer: Id<'_>, peer: Option<Id<'_>>, at: Option<i64>) -> Result<Asked> {
        let customer = self.customer(customer)?;
        let peer = peer.map(|peer| self.customer(peer)).transpose()?.unwrap_or(NONE);
        Ok(Asked { customer, peer, at: self.moment(at)? })
    }

    /// The moment of a read: the clock, or a later one.
    pub fn moment(&self, at: Option<i64>) -> Result<i64> {
        let now = self.state.now;
        match at {
            None => Ok(now.max(-crate::data::time::TIME_BOUND + 1)),
            Some(at) if at >= now => Ok(at),
            Some(at) => {
                let show = crate::data::time::format_time;
                let message = format!("{} lies before the engine's clock {}", show(at), show(now));
                Err(Error::new(ErrorKind::TimePast, message).hint("`training_set` reads the past, without leaks"))
            }
        }
    }
}
