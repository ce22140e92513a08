//! What to do next for one customer: gates, contact policies, arbitration, and why.
//!
//! A decision is a pure function of (what is read, the moment); the engine records it. Priority =
//! response x weight x value x lever - cost, in money, or the definition's own formula. Silence is
//! always a candidate and wins unless a priority exceeds the price of attention. Ties go to the
//! action declared first. Reasons are put into words when they are asked for, from what was read.

mod arbitrate;
mod decision;
mod flip;
mod judge;
mod reasons;
mod record;
#[cfg(test)]
mod tests;

pub use decision::{Choice, Decision, Factor, Loser, Reason};
pub use flip::Flip;
pub(crate) use record::{decode, decode_features, decode_hash};

use std::sync::Arc;

use crate::columns::{Asked, Plan, Scratch, View};
use crate::data::keys::Keys;
use crate::data::time::Zone;
use crate::expr::{Row, Type};
use crate::program::{Arm, ContactSpec, DecisionSpec, Program, PullSpec};
use arbitrate::Arbitrated;
use decision::Basis;
use judge::{Case, Judged};

/// A program's decisions, ready to be taken.
#[derive(Debug)]
pub(crate) struct Decider {
    plan: Plan,
    spec: Arc<DecisionSpec>,
    reads: Arc<Reads>,
    home: Zone,
}

/// The columns that decisions read.
#[derive(Debug)]
struct Reads {
    /// Columns, rising.
    columns: Vec<usize>,
    /// Position among them by column.
    places: Vec<u32>,
    names: Vec<String>,
    kinds: Vec<Type>,
    /// Of a column of names, those that the decisions compare it with, rising.
    compared: Vec<Vec<(u32, String)>>,
}

/// The values of the columns that one decision read.
struct Snapshot<'a> {
    reads: &'a Reads,
    values: &'a [f64],
}

impl Row for Snapshot<'_> {
    fn value(&self, variable: u32) -> f64 {
        let place = self.reads.places.get(variable as usize);
        place.and_then(|place| self.values.get(*place as usize)).copied().unwrap_or(f64::NAN)
    }
}

/// How a decision is taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct How<'a> {
    /// What the call tells, by the place of its column.
    pub context: &'a [f64],
    /// Most actions.
    pub n: usize,
    /// What draws the first place where responses are drawn, in [0, 1).
    pub uniform: f64,
}

/// Room for one decision; kept and reused. What the latest one found stands in it.
#[derive(Debug, Default)]
pub(crate) struct Room {
    scratch: Scratch,
    found: Arbitrated,
    minute: u32,
    /// What drew the first place.
    uniform: f64,
    /// Zones by the key of their name, under the decisions of `of`.
    zones: Vec<(u32, Option<Zone>)>,
    of: Option<Arc<DecisionSpec>>,
    /// What becomes of each action of the slate.
    arms: Vec<Arm>,
}

impl Room {
    /// The chosen actions, best first, as positions.
    pub fn slate(&self) -> &[usize] {
        &self.found.slate
    }

    /// Priority of an action; unknown where it fell at a gate, a policy or its trial.
    pub fn priority(&self, action: usize) -> f64 {
        let on_trial = |reason: Option<Reason>| matches!(reason, Some(Reason::OnTrial | Reason::TrialStopped));
        let judged = self.found.judged.get(action).filter(|judged| !on_trial(judged.reason));
        judged.map_or(f64::NAN, |judged| judged.priority)
    }

    /// Cost of an action.
    pub fn cost(&self, action: usize) -> f64 {
        self.found.judged.get(action).map_or(f64::NAN, Judged::cost)
    }

    /// How many contacts a policy leaves, where it counts them.
    pub fn contacts_left(&self, policy: &ContactSpec) -> Option<u32> {
        let cap = policy.cap.as_ref()?;
        Some((f64::from(cap.at_most) - self.scratch.value(cap.count)).max(0.0) as u32)
    }

    /// Price of attention.
    pub fn attention(&self) -> f64 {
        self.found.attention
    }

    /// P(an action comes first), `None` being silence, before the control arm.
    pub fn chance(&self, action: Option<usize>) -> f64 {
        self.found.chance_of(action)
    }

    /// The gate or policy at which an action fell, as a position.
    pub fn place(&self, action: usize) -> usize {
        self.found.judged.get(action).map_or(0, |judged| judged.place as usize)
    }

    /// Says what becomes of each action of the slate.
    pub fn set_arms(&mut self, arm: impl Fn(usize) -> Arm) {
        self.arms.clear();
        self.arms.extend(self.found.slate.iter().map(|action| arm(*action)));
    }

    /// What becomes of the action at a place of the slate.
    pub fn arm(&self, place: usize) -> Arm {
        self.arms.get(place).copied().unwrap_or(Arm::Sent)
    }

    /// Whether the first action of the slate is withheld.
    pub fn withheld(&self) -> bool {
        self.arm(0) == Arm::Control
    }

    /// Why an action was not chosen; `None` for one that was.
    pub fn reason(&self, spec: &DecisionSpec, action: usize) -> Option<Reason> {
        self.found.reason(spec, action)
    }
}

impl Decider {
    /// Prepares the plan of everything that the actions and policies read.
    ///
    /// # Errors
    /// `UnknownWord` where the definition's zone is not known.
    pub fn new(program: &Program, keys: &Keys) -> crate::base::Result<Self> {
        let spec = Arc::clone(&program.decisions);
        let columns = spec.reads();
        let mut places = vec![u32::MAX; program.columns.len()];
        for (place, column) in columns.iter().enumerate() {
            if let Some(found) = places.get_mut(*column) {
                *found = place as u32;
            }
        }
        let specs = || columns.iter().filter_map(|column| program.columns.get(*column));
        let names = specs().map(|spec| spec.name.clone()).collect();
        let kinds: Vec<Type> = specs().map(|spec| spec.kind).collect();
        let names_of = |column: usize| {
            let mut found: Vec<u32> =
                spec.formulas().flat_map(|expr| expr.compared(column as u32)).map(|key| key as u32).collect();
            found.sort_unstable();
            found.dedup();
            found.into_iter().map(|key| (key, keys.text(key).to_owned())).collect()
        };
        let compared = columns.iter().zip(&kinds);
        let compared = compared.map(|(column, kind)| if *kind == Type::Key { names_of(*column) } else { Vec::new() });
        let compared = compared.collect();
        let planned: Vec<usize> = columns.iter().copied().chain(spec.features()).collect();
        Ok(Decider {
            plan: Plan::new(program, &planned),
            spec,
            reads: Arc::new(Reads { columns, places, names, kinds, compared }),
            home: Zone::get(&program.time.zone.value)?,
        })
    }

    /// Whether everything that the actions and policies read is there.
    ///
    /// # Errors
    /// `Callback` for a column whose callback the host has not registered.
    pub fn ready(&self, view: View<'_>) -> crate::base::Result<()> {
        self.plan.ready(view)
    }

    /// Decides for one customer, toward a peer where `asked` names one: up to `n` actions, at most one
    /// of a group. Records nothing; what was found stands in `room`. `tell` sets the responses that are learnt,
    /// once everything else is read; `uniform`, in [0, 1), draws where a choice is drawn.
    pub fn choose(&self, view: View<'_>, asked: Asked, how: How<'_>, tell: impl FnOnce(&mut Scratch), room: &mut Room) {
        if !room.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, &self.spec)) {
            room.zones.clear();
            room.of = Some(Arc::clone(&self.spec));
        }
        room.scratch.tell(how.context);
        self.plan.compute(view, asked, &mut room.scratch);
        tell(&mut room.scratch);
        room.minute = self.minute(view, asked.at, room);
        room.uniform = how.uniform;
        let case = Case { spec: &self.spec, row: &room.scratch, at: asked.at, minute: room.minute };
        room.found.arbitrate(&case, how.n.max(1), how.uniform);
    }

    /// The wall clock of the customer's own zone, in minutes after midnight; of the definition's zone
    /// where the customer has none that is known.
    fn minute(&self, view: View<'_>, at: i64, room: &mut Room) -> u32 {
        if self.spec.contacts.iter().all(|policy| policy.quiet.is_none()) {
            return 0;
        }
        let key = self.spec.zone.map_or(f64::NAN, |column| room.scratch.value(column));
        if key.is_nan() {
            return self.home.minutes_of_day(at);
        }
        let key = key as u32;
        let place = room.zones.binary_search_by_key(&key, |(known, _)| *known).unwrap_or_else(|place| {
            room.zones.insert(place, (key, Zone::get(view.state.keys.text(key)).ok()));
            place
        });
        let zone = room.zones.get(place).and_then(|(_, zone)| zone.as_ref());
        zone.unwrap_or(&self.home).minutes_of_day(at)
    }

    /// The decision that stands in `room`. `id` gives the id of each chosen action, by its place in the
    /// slate.
    pub fn decision(&self, view: View<'_>, asked: Asked, room: &Room, id: impl Fn(u32) -> u64, n: usize) -> Decision {
        let withheld = room.withheld();
        let choice = |(place, action): (usize, &usize)| Choice {
            id: id(place as u32),
            action: self.spec.actions.get(*action).map_or_else(String::new, |action| action.name.clone()),
            priority: room.priority(*action),
            propensity: self.propensity(room, place),
            withheld: room.arm(place) == Arm::Control,
            arm: self.arm_name(room, place).map(str::to_owned),
        };
        let slate: Vec<Choice> = room.slate().iter().enumerate().map(choice).collect();
        let first = slate.first();
        let name = first.map(|choice| choice.action.clone());
        Decision {
            id: id(0),
            action: name.clone().filter(|_| !withheld),
            withheld: name.filter(|_| withheld),
            arm: first.and_then(|choice| choice.arm.clone()),
            propensity: self.propensity(room, 0),
            priority: first.map_or(room.attention(), |choice| choice.priority),
            basis: Arc::new(self.basis(view, asked, room, n)),
            slate,
        }
    }

    /// P(chosen): the chance that the action at a place of the slate stands there, and that of its arm.
    pub fn propensity(&self, room: &Room, place: usize) -> f64 {
        let action = room.slate().get(place).and_then(|action| self.spec.actions.get(*action));
        room.found.chance_at(place) * action.map_or(1.0, |action| self.spec.share(action, room.arm(place)))
    }

    /// The arm as which an action of the slate is sent, if it has arms.
    fn arm_name(&self, room: &Room, place: usize) -> Option<&str> {
        let (action, Arm::As(arm)) = (room.slate().get(place)?, room.arm(place)) else { return None };
        Some(self.spec.actions.get(*action)?.arms.get(arm)?.name.as_str())
    }

    /// What was known of the customer before the decision that stands in `room`: the numbers that decisions and learnt
    /// responses read, and of each name whether it is one that decisions compare with.
    pub fn known(&self, room: &Room) -> Vec<f64> {
        let columns = self.reads.columns.iter().zip(self.reads.kinds.iter().zip(&self.reads.compared));
        let mut known = Vec::with_capacity(self.reads.columns.len());
        for (column, (kind, compared)) in columns {
            let value = room.scratch.value(*column);
            match kind {
                Type::Key => {
                    known.extend(compared.iter().map(|(key, _)| f64::from(u8::from(value == f64::from(*key)))))
                }
                _ => known.push(value),
            }
        }
        let features = self.spec.learnt().filter_map(|learnt| learnt.regression.as_ref()).flat_map(|it| &it.features);
        known.extend(features.map(|feature| room.scratch.evaluate(feature)));
        known
    }

    /// The features by which the response to an action was told, as the journal keeps them; nothing for an
    /// action that has none.
    pub fn features(&self, room: &Room, action: usize, out: &mut Vec<u8>) {
        let learnt = self.spec.actions.get(action).and_then(|action| action.learnt.as_ref());
        if let Some(regression) = learnt.and_then(|learnt| learnt.regression.as_ref()) {
            let values = regression.features.iter().map(|feature| room.scratch.evaluate(feature));
            record::encode_features(regression.hash, values, out);
        }
    }

    /// The number of the contact that an action is, and of times that it was chosen, where contacts are counted.
    pub fn contacts(&self, room: &Room, action: usize) -> Option<[f64; 2]> {
        let counted = self.spec.actions.get(action)?.by_contact.as_ref()?;
        Some([counted.sent, counted.chosen].map(|column| room.scratch.value(column) + 1.0))
    }

    fn basis(&self, view: View<'_>, asked: Asked, room: &Room, n: usize) -> Basis {
        let values: Vec<f64> = self.reads.columns.iter().map(|column| room.scratch.value(*column)).collect();
        let named = self.reads.kinds.iter().zip(&values).filter(|(kind, value)| **kind == Type::Key && !value.is_nan());
        let mut names: Vec<(u32, String)> =
            named.map(|(_, value)| (*value as u32, view.state.keys.text(*value as u32).to_owned())).collect();
        names.sort_unstable();
        names.dedup();
        let (spec, reads) = (Arc::clone(&self.spec), Arc::clone(&self.reads));
        let (uniform, withheld) = (room.uniform, room.withheld());
        let peer = |pull: &PullSpec| match room.scratch.value(pull.peer) {
            peer if peer.is_nan() => String::new(),
            peer => view.state.ids.name(peer as u32).map(ToString::to_string).unwrap_or_default(),
        };
        let peers = spec.pulls().map(peer).collect();
        Basis { spec, reads, values, names, peers, at: asked.at, minute: room.minute, n: n.max(1), uniform, withheld }
    }

    /// One short sentence on the decision that stands in `room`.
    pub fn short(&self, room: &Room) -> String {
        reasons::short(&self.spec, &room.found, room.withheld())
    }

    /// The candidates of the decision that stands in `room`, with their factors, as the journal keeps them.
    pub fn record(&self, room: &Room, out: &mut Vec<u8>) {
        record::encode(&self.spec, &room.found, out);
    }
}
