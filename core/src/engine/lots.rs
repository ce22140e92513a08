//! The lots of customers: the arm of an action that each is in, and whether each may get an action on trial.
//!
//! A lot is a number in [0, 1) keyed by the engine's seed, the customer and the action: the same at every decision,
//! in every face and after every reopening, and independent of every other action's.

use super::Engine;
use super::world::World;
use crate::base::likeness::did_you_mean;
use crate::base::random::{Random, hash_bytes, mix};
use crate::base::{Error, ErrorKind, Result};
use crate::columns::{Asked, Scratch};
use crate::data::table::{Column, Table};
use crate::decisions::Room;
use crate::models::evaluation::{ResponseByContact, SequentialRatio, Stand};
use crate::program::{ActionSpec, Arm, Standing, TrialSpec};

/// The streams of a lot's random numbers.
const ARM: u64 = 0;
const TRIAL: u64 = 1;

impl Engine {
    /// Where the trials of new actions stand: a row an action with `trial` of `action`, `successes` and `failures` of
    /// those sent whose window is over, `stand` (`go on`, `launch` or `stop`), `belief` (the probability that it is
    /// good), `share` (of customers who may get it now: while it goes on that of the trial, then 1 or 0). Cost:
    /// O(actions + decisions that are due).
    ///
    /// A stand may change back as more comes: what is launched is watched on. A dull action is ever launched with a chance
    /// of about `alpha`, a good one ever stopped with one of `beta` (Wald 1945; Ville 1939), however often it is
    /// looked at.
    ///
    /// # Errors
    /// `Closed` once the engine was closed.
    pub fn trials(&self) -> Result<Table> {
        let world = self.world()?;
        let tried = world.program.decisions.actions.iter().filter_map(|action| Some((action, action.trial.as_ref()?)));
        let found: Vec<_> = tried
            .map(|(action, trial)| {
                let tally = world.ledger.closed_tally(action.key, world.state.now);
                (action, trial, tally, trial.test.after(tally.successes, tally.failures))
            })
            .collect();
        let mut table = Table::new();
        table.push("action", Column::text(found.iter().map(|(action, ..)| Some(action.name.clone()))));
        table.push("successes", Column::Integer(found.iter().map(|(.., tally, _)| tally.successes as i64).collect()));
        table.push("failures", Column::Integer(found.iter().map(|(.., tally, _)| tally.failures as i64).collect()));
        table.push("stand", Column::text(found.iter().map(|(.., test)| Some(test.stand().to_string()))));
        table.push("belief", Column::Number(found.iter().map(|(.., test)| test.belief()).collect()));
        let share = |(_, trial, _, test): &(_, &TrialSpec, _, SequentialRatio)| match test.stand() {
            Stand::GoOn => trial.share,
            Stand::Launch => 1.0,
            Stand::Stop => 0.0,
        };
        table.push("share", Column::Number(found.iter().map(share).collect()));
        Ok(table)
    }

    /// How the response to an action with `by_contact` falls from one contact to the next, by what came of those whose
    /// window is over: [`ResponseByContact::share`] of it is the factor of its response. "Cannot tell" where none was
    /// withheld at random; the factor is 1 then. Cost: O(numbers of contacts^3).
    ///
    /// # Errors
    /// `UnknownWord` for an action that there is not, or whose contacts are not counted.
    pub fn response_by_contact(&self, action: &str) -> Result<ResponseByContact> {
        let world = self.world()?;
        let actions = &world.program.decisions.actions;
        let Some(found) = actions.iter().find(|known| known.name == action) else {
            let error = Error::new(ErrorKind::UnknownWord, format!("no action `{action}`"));
            let hint = did_you_mean(action, actions.iter().map(|known| known.name.as_str()));
            return Err(hint.map_or(error.clone(), |hint| error.hint(hint)));
        };
        if found.by_contact.is_none() {
            let error = Error::new(ErrorKind::UnknownWord, format!("the contacts of `{action}` are not counted"));
            return Err(error.hint("`by_contact = \"90d\"` counts those within that span"));
        }
        Ok(world.ledger.by_contact(found.key, world.state.now))
    }
}

impl World {
    fn lot(&self, customer: u32, action: &ActionSpec, stream: u64) -> f64 {
        let name = self.state.ids.name(customer).map(|id| hash_bytes(id.to_string().as_bytes()));
        Random::keyed(mix(self.seed, name.unwrap_or(0), hash_bytes(action.name.as_bytes())), stream).uniform()
    }

    /// Says what becomes of each action of the slate in `room`; `withheld` is what the control arm of all says.
    pub fn draw_arms(&self, customer: u32, withheld: bool, room: &mut Room) {
        let actions = &self.program.decisions.actions;
        let arm = |action: usize| match actions.get(action).filter(|action| !action.arms.is_empty()) {
            Some(action) => action.arm_at(self.lot(customer, action, ARM)),
            None if withheld => Arm::Control,
            None => Arm::Sent,
        };
        room.set_arms(arm);
    }

    /// Tells where the trial of each new action stands for a customer.
    pub fn tell_trials(&self, asked: Asked, scratch: &mut Scratch) {
        for action in &self.program.decisions.actions {
            let Some(trial) = &action.trial else { continue };
            let standing = match self.ledger.trial(action.key, asked.at, trial).stand() {
                Stand::Launch => Standing::Launched,
                Stand::Stop => Standing::Stopped,
                Stand::GoOn if self.lot(asked.customer, action, TRIAL) < trial.share => Standing::Among,
                Stand::GoOn => Standing::Elsewhere,
            };
            scratch.set(trial.standing, standing.number());
        }
    }
}
