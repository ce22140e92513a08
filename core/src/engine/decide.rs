//! Deciding on demand.

use super::Engine;
use crate::base::{Error, ErrorKind, Result};
use crate::columns::{Asked, Scratch};
use crate::data::ids::Id;
use crate::data::record::{Events, NONE, Record};
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
            let mut decision = world.decider.decide(world.view(), asked, &mut Scratch::default());
            decision.id = world.decision_id(asked.customer);
            return Ok(decision);
        }
        let mut world = self.world_mut()?;
        let asked = world.asked(customer, ask.toward, ask.at)?;
        if asked.at > self.ceiling() {
            return Err(super::write::beyond(asked.at, self.ceiling()));
        }
        let mut events = Events::default();
        let decision = world.decide_and_apply(asked, &mut events)?;
        world.commit(vec![Record::Events(events)])?;
        Ok(decision)
    }
}

impl super::world::World {
    /// Resolves whom and when a read is about.
    pub fn asked(&self, customer: Id<'_>, peer: Option<Id<'_>>, at: Option<i64>) -> Result<Asked> {
        let find = |id: Id<'_>| {
            self.state.ids.get(id).ok_or_else(|| Error::new(ErrorKind::UnknownCustomer, format!("no customer `{id}`")))
        };
        let customer = find(customer)?;
        let peer = peer.map(find).transpose()?.unwrap_or(NONE);
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
