//! Deciding on demand, and the record of it.

use std::sync::{RwLockReadGuard, RwLockWriteGuard};

use super::Engine;
use super::draft::hexadecimal;
use super::react::Reaction;
use super::slates::Rows;
use super::world::World;
use crate::base::likeness::did_you_mean;
use crate::base::random::{self, Random};
use crate::base::{Error, ErrorKind, Result};
use crate::columns::{Asked, Scratch};
use crate::data::ids::Id;
use crate::data::ingest::Value;
use crate::data::record::{Events, NONE, Record};
use crate::data::table::Table;
use crate::data::time::{TIME_BOUND, format_time, is_valid_time};
use crate::decisions::{self, Decision, Room};
use crate::expr::Type;
use crate::program::ContextSpec;

/// The streams of a decision's random numbers.
const CONTROL: u64 = 0;
const DRAW: u64 = 1;

/// How a decision is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ask<'a> {
    /// The peer toward whom; columns toward a peer are unknown without one.
    pub toward: Option<Id<'a>>,
    /// The moment, at or after the engine's clock; `None` is the clock.
    pub at: Option<i64>,
    /// Looks without writing: nothing is recorded and no cap is used up.
    pub dry: bool,
    /// Most actions, at most one of a group; 0 is 1.
    pub n: usize,
    /// What is known of this moment: the columns of `[context]`, recorded with the decision. Those not
    /// told are unknown.
    pub context: &'a [(&'a str, Value<'a>)],
}

/// How many actions, and what the call tells by the place of its column.
#[derive(Debug, Default)]
pub(super) struct How {
    pub n: usize,
    pub context: Vec<f64>,
}

impl Engine {
    /// Decides what to do next for a customer, and records it unless `ask.dry`. A dry decision at a later
    /// moment than the clock reads columns as of then, but cells and open decisions as the clock has them.
    ///
    /// ```
    /// use bactrian::{Ask, Definition, Engine, Id, Options, Value};
    ///
    /// let definition = Definition::from_toml(r#"
    ///     [trait]
    ///     spend = "number"
    ///
    ///     [context]
    ///     weather = "category"
    ///
    ///     [action.umbrella]
    ///     channel  = "app"
    ///     eligible = 'weather == "rain"'
    ///     response = 0.1
    ///     value    = "spend"
    ///
    ///     [contact.app]
    ///     at_most = 1
    ///     per     = "7d"
    /// "#)?;
    /// let engine = Engine::new(&definition, Options::default())?;
    /// engine.identify_row(Id::Text("anna"), None, &[("spend", Value::Number(30.0))])?;
    ///
    /// let rain = Ask { context: &[("weather", Value::Text("rain"))], ..Ask::default() };
    /// let decision = engine.decide(Id::Text("anna"), rain)?;
    /// assert_eq!((decision.action.as_deref(), decision.priority), (Some("umbrella"), 3.0));
    /// let again = engine.decide(Id::Text("anna"), rain)?;
    /// assert_eq!(again.losers()[0].why, "1 contacts by `app` within 1w");
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    ///
    /// # Errors
    /// `UnknownCustomer`; `UnknownWord` or `SchemaType` for a context that the definition does not have;
    /// `TimePast` for a moment before the engine's clock, `TimeBeyondCeiling` for a recorded one beyond
    /// the ceiling and for one that no record can have (285 years from 1970); `Callback` from within a
    /// callback; `Store...` if it can't be recorded.
    pub fn decide(&self, customer: Id<'_>, ask: Ask<'_>) -> Result<Decision> {
        super::outside_callbacks()?;
        if ask.dry {
            let world = self.world()?;
            let asked = world.asked(customer, ask.toward, ask.at)?;
            world.ready()?;
            let how = world.how(&ask)?;
            return Ok(with_room(|room| {
                world.choose(asked, &how, room);
                world.decision(asked, &how, room)
            }));
        }
        with_room(|room| {
            // Chosen beside other readers and deciders; recorded alone, if nothing was recorded meanwhile.
            let ahead = {
                let world = self.world()?;
                world.choose_ahead(customer, &ask, room)?.map(|found| (self.turn(), found))
            };
            let mut world = self.world_mut()?;
            let undisturbed = |turn: u64| self.turn() == turn + 1;
            let asked = world.asked(customer, ask.toward, ask.at)?;
            world.ready()?;
            if asked.at > self.ceiling() {
                return Err(super::write::beyond(asked.at, self.ceiling()));
            }
            world.learn_words(&ask)?;
            let how = world.how(&ask)?;
            let ahead = ahead.filter(|(turn, _)| undisturbed(*turn));
            world.recorded(World::commit_row, |world, caused| {
                world.pass_time(asked.at, caused)?;
                let Some((_, decision)) = ahead else {
                    return world.decide_and_apply(asked, &how, &mut caused.events);
                };
                world.apply_decided(asked, &how, room, &mut caused.events)?;
                Ok(decision)
            })
        })
    }

    /// Decides for many customers at one moment, in order, and records all in one commit unless
    /// `ask.dry`: a table of `customer`, `action` (null is silence), `priority`, `propensity`, `why` and
    /// `decision`, the id by which outcomes are learnt. With `ask.n` above one a customer has a row for
    /// each action of the slate. `customers = None` is everyone, in order of first sight.
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
        let asked = world.get().all_asked(customers, &ask)?;
        match &mut world {
            Guard::Read(world) => {
                let how = world.how(&ask)?;
                let mut rows = Rows::new(world);
                with_room(|room| {
                    for (step, asked) in asked.iter().enumerate() {
                        world.journal.go_on_at(step)?;
                        world.choose(*asked, &how, room);
                        rows.push(world, *asked, room, world.state.decided(asked.customer));
                    }
                    Ok(())
                })?;
                Ok(rows.table())
            }
            Guard::Write(world) => {
                world.learn_words(&ask)?;
                let how = world.how(&ask)?;
                world.recorded(World::commit, |world, caused| {
                    world.pass_time(at, caused)?;
                    let mut rows = Rows::new(world);
                    for (step, asked) in asked.iter().enumerate() {
                        world.journal.go_on_at(step)?;
                        let first = world.state.decided(asked.customer);
                        world.choose_and_apply(*asked, &how, &mut caused.events)?;
                        rows.push(world, *asked, &world.room, first);
                    }
                    Ok(rows.table())
                })
            }
        }
    }
}

/// Calls `f` with room that the thread keeps.
fn with_room<T>(f: impl FnOnce(&mut Room) -> T) -> T {
    thread_local! {
        static ROOM: std::cell::RefCell<Room> = std::cell::RefCell::default();
    }
    ROOM.with_borrow_mut(f)
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

    /// Resolves many customers, or everyone.
    pub fn all_asked(&self, customers: Option<&[Id<'_>]>, ask: &Ask<'_>) -> Result<Vec<Asked>> {
        let at = self.moment(ask.at)?;
        let peer = ask.toward.map(|id| self.customer(id)).transpose()?.unwrap_or(NONE);
        let asked = |customer: u32| Asked { customer, peer, at };
        match customers {
            Some(ids) => ids.iter().map(|id| self.customer(*id).map(asked)).collect(),
            None => Ok(self.live().map(asked).collect()),
        }
    }

    /// The moment of a read: the clock, or a later one.
    pub fn moment(&self, at: Option<i64>) -> Result<i64> {
        let now = self.state.now;
        match at {
            None => Ok(now.max(1 - TIME_BOUND)),
            Some(at) if !is_valid_time(at) => Err(super::write::beyond(at, TIME_BOUND - 1)),
            Some(at) if at >= now => Ok(at),
            Some(at) => {
                let message = format!("{} lies before the engine's clock {}", format_time(at), format_time(now));
                Err(Error::new(ErrorKind::TimePast, message).hint("`training_set` reads the past, without leaks"))
            }
        }
    }

    /// Chooses without writing, unless words or the passing of time would have to be recorded first: the decision, of
    /// which more stands in `room`.
    fn choose_ahead(&self, customer: Id<'_>, ask: &Ask<'_>, room: &mut Room) -> Result<Option<Decision>> {
        let asked = self.asked(customer, ask.toward, ask.at)?;
        let new = |value: &Value<'_>| matches!(value, Value::Text(text) if self.state.keys.get(text).is_none());
        if !self.is_settled(asked.at) || ask.context.iter().any(|(_, value)| new(value)) {
            return Ok(None);
        }
        let how = self.how(ask)?;
        self.choose(asked, &how, room);
        Ok(Some(self.decision(asked, &how, room)))
    }

    /// Gives the names that a call tells their numbers, once it is known that the call is right.
    fn learn_words(&mut self, ask: &Ask<'_>) -> Result<()> {
        self.how(ask)?;
        for (_, value) in ask.context {
            if let Value::Text(text) = value {
                self.state.keys.intern(text)?;
            }
        }
        Ok(())
    }

    /// What a call tells.
    ///
    /// # Errors
    /// `UnknownWord` for a word that `[context]` does not have; `SchemaType` for a value of another type.
    pub fn how(&self, ask: &Ask<'_>) -> Result<How> {
        let contexts = &self.program.decisions.contexts;
        let mut context = vec![f64::NAN; contexts.len()];
        for (word, value) in ask.context {
            let Some(place) = contexts.iter().position(|known| known.name == *word) else {
                let error = Error::new(ErrorKind::UnknownWord, format!("`[context]` has no `{word}`"));
                let hint = did_you_mean(word, contexts.iter().map(|known| known.name.as_str()));
                return Err(error.hint(hint.unwrap_or_else(|| "declare it in the definition".to_owned())));
            };
            context[place] = self.told(&contexts[place], value)?;
        }
        Ok(How { n: ask.n.max(1), context })
    }

    fn told(&self, spec: &ContextSpec, value: &Value<'_>) -> Result<f64> {
        match (spec.kind, value) {
            (_, Value::Null) | (Type::Key, Value::Text("")) => Ok(f64::NAN),
            (Type::Number, Value::Number(number)) if number.is_finite() => Ok(*number),
            (Type::Bool, Value::Bool(flag)) => Ok(f64::from(u8::from(*flag))),
            (Type::Time, Value::Time(at)) if crate::data::time::is_valid_time(*at) => Ok(*at as f64),
            // A name that was never seen equals none.
            (Type::Key, Value::Text(text)) => Ok(f64::from(self.state.keys.get(text).unwrap_or(NONE))),
            (kind, _) => {
                let message = format!("the context `{}` is {}", spec.name, kind.noun());
                Err(Error::new(ErrorKind::SchemaType, message))
            }
        }
    }

    /// Runs a write of events and commits them. Whatever fails leaves the state as it was.
    fn recorded<T>(
        &mut self,
        commit: impl FnOnce(&mut World, Vec<Record>) -> Result<()>,
        write: impl FnOnce(&mut World, &mut Reaction) -> Result<T>,
    ) -> Result<T> {
        let mut caused = Reaction::default();
        let written = write(self, &mut caused);
        let found = self.or_reload(written)?;
        if !caused.events.at.is_empty() {
            commit(self, vec![Record::Events(caused.events)])?;
        }
        Ok(found)
    }

    /// Weighs every action into `room`, without regard to the control arm.
    pub fn weigh(&self, asked: Asked, how: &How, room: &mut Room) {
        let drawn = self.program.decisions.is_drawn();
        let uniform = if drawn { self.random(asked.customer, DRAW).uniform() } else { 0.0 };
        let how = decisions::How { context: &how.context, n: how.n, uniform };
        let tell = |scratch: &mut Scratch| {
            self.ledger.tell(&self.program, &self.state, asked, scratch);
            self.ledger.tell_budgets(&self.program, asked.at, scratch);
            self.tell_peers(asked, scratch);
            self.tell_trials(asked, scratch);
        };
        self.decider.choose(self.view(), asked, how, tell, room);
    }

    /// Random numbers of the customer's next decision: keyed by its id alone, so that any face and any order of
    /// calls draws the same.
    fn random(&self, customer: u32, stream: u64) -> Random {
        Random::keyed(self.decision_id(customer, self.state.decided(customer)), stream)
    }

    /// Decides into `room`, with what becomes of each action of the slate.
    fn choose(&self, asked: Asked, how: &How, room: &mut Room) {
        self.weigh(asked, how, room);
        let control = self.program.decisions.control;
        let withheld =
            control > 0.0 && !room.slate().is_empty() && self.random(asked.customer, CONTROL).uniform() < control;
        self.draw_arms(asked.customer, withheld, room);
    }

    fn decision(&self, asked: Asked, how: &How, room: &Room) -> Decision {
        let first = self.state.decided(asked.customer);
        let id = |place: u32| self.decision_id(asked.customer, first + place);
        self.decider.decision(self.view(), asked, room, id, how.n)
    }

    /// Decides, records the decision among `events`, and folds it.
    pub fn decide_and_apply(&mut self, asked: Asked, how: &How, events: &mut Events) -> Result<Decision> {
        let mut room = std::mem::take(&mut self.room);
        self.choose(asked, how, &mut room);
        let decision = self.decision(asked, how, &room);
        let applied = self.apply_decided(asked, how, &room, events);
        self.room = room;
        applied.map(|()| decision)
    }

    /// The same without the reasons; what was found stands in the world's room.
    fn choose_and_apply(&mut self, asked: Asked, how: &How, events: &mut Events) -> Result<()> {
        let mut room = std::mem::take(&mut self.room);
        self.choose(asked, how, &mut room);
        let applied = self.apply_decided(asked, how, &room, events);
        self.room = room;
        applied
    }

    /// Records one `decided` an action of the slate, or one of silence.
    fn apply_decided(&mut self, asked: Asked, how: &How, room: &Room, events: &mut Events) -> Result<()> {
        let first = self.state.decided(asked.customer);
        let spec = std::sync::Arc::clone(&self.program.decisions);
        let mut draft = std::mem::take(&mut self.draft);
        for place in 0..room.slate().len().max(1) {
            let index = room.slate().get(place).copied();
            let action = index.and_then(|index| spec.actions.get(index));
            let id = self.decision_id(asked.customer, first + place as u32);
            let words = &self.words;
            draft.begin(words.decided, asked);
            draft.label(words.decision, |bytes| hexadecimal(id, bytes));
            draft.label(words.candidates, |bytes| self.decider.record(room, bytes));
            draft.keys(words.cells, self.cells_of(asked.customer));
            if spec.learnt().any(|learnt| learnt.regression.is_some()) {
                let features = |bytes: &mut Vec<u8>| self.decider.features(room, index.unwrap_or(usize::MAX), bytes);
                draft.label(words.features, features);
            }
            draft.key(words.action, action.map(|action| action.key));
            draft.key(words.channel, action.and_then(|action| action.channel));
            draft.key(words.group, action.and_then(|action| action.group));
            draft.key(words.process, action.map(|action| action.process));
            draft.number(words.propensity, self.decider.propensity(room, place));
            draft.number(words.priority, index.map_or(room.attention(), |index| room.priority(index)));
            draft.number(words.cost, index.map_or(f64::NAN, |index| room.cost(index)));
            if spec.has_arms() {
                let key = action.map(|action| action.arm_key(room.arm(place), spec.withheld));
                draft.key(words.arm, key.filter(|key| *key != NONE));
            }
            if let Some([nth, chosen]) = index.and_then(|index| self.decider.contacts(room, index)) {
                draft.number(words.contact, nth);
                draft.number(words.chosen, chosen);
            }
            // A decision that a crossing asked for was told nothing, and says so.
            for (place, context) in spec.contexts.iter().enumerate() {
                let value = how.context.get(place).copied().unwrap_or(f64::NAN);
                match context.kind {
                    Type::Key => draft.key(context.key, (!value.is_nan()).then_some(value as u32)),
                    _ => draft.number(context.key, value),
                }
            }
            self.apply_own(draft.event(), events);
        }
        self.draft = draft;
        Ok(())
    }

    /// The cells in which a customer is now: segment and cell in turn.
    fn cells_of(&self, customer: u32) -> impl Iterator<Item = u32> {
        let segments = self.program.segments.iter().enumerate();
        let pairs = segments.map(move |(place, spec)| [spec.key, self.state.member(place, customer).cell]);
        pairs.filter(|[_, cell]| *cell != NONE).flatten()
    }

    /// The id of a customer's decision that comes after `before` others.
    pub fn decision_id(&self, customer: u32, before: u32) -> u64 {
        let name = self.state.ids.name(customer).map(|id| random::hash_bytes(id.to_string().as_bytes()));
        random::mix(self.seed, name.unwrap_or(0), u64::from(before))
    }
}
