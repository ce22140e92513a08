//! What records say beyond features: traits, membership, decisions.

use std::cmp::Ordering;
use std::sync::PoisonError;

use super::super::cell::decayed;
use super::super::{Known, Member, State};
use super::EventRow;
use crate::base::numeric::ln;
use crate::data::record::{NONE, Traits, Values};
use crate::program::{Belief, KIND_CROSSED, KIND_DECIDED, Program, SLOT_SEGMENT, SLOT_TO, SOURCE};

impl State {
    /// Applies what a crossing or a decision says.
    pub(super) fn apply_membership(&mut self, program: &Program, row: &EventRow) {
        let key = |slot: usize| row.values.get(slot).filter(|value| !value.is_nan()).map(|value| *value as u32);
        match row.kind {
            _ if row.customer == NONE => {}
            // Whoever is folded into another leaves that one's cell as it is.
            KIND_CROSSED if row.folded => {}
            KIND_CROSSED => {
                let (Some(segment), Some(cell)) = (key(SLOT_SEGMENT), key(SLOT_TO)) else { return };
                if let Some(segment) = program.segments.iter().position(|spec| spec.key == segment) {
                    self.set_member(segment, row.customer, Member { cell, since: row.at });
                }
            }
            KIND_DECIDED => {
                let (shard, local) = self.shard_mut(row.customer);
                if shard.decided.len() <= local {
                    shard.decided.resize(local + 1, 0);
                }
                shard.decided[local] += 1;
            }
            _ => {}
        }
    }

    /// Applies a crossing that no feature counts.
    pub fn apply_crossing(&mut self, program: &Program, segment: usize, customer: u32, member: Member) {
        self.count_event(program, KIND_CROSSED, member.since);
        self.set_member(segment, customer, member);
    }

    pub(in crate::state) fn set_member(&mut self, segment: usize, customer: u32, member: Member) {
        let segments = self.segments;
        self.cells.learn(member.cell, &self.keys);
        let (shard, local) = self.shard_mut(customer);
        let nobody = Member { cell: NONE, since: i64::MIN };
        if shard.members.len() < (local + 1) * segments {
            shard.members.resize((local + 1) * segments, nobody);
        }
        let left = std::mem::replace(&mut shard.members[local * segments + segment], member).cell;
        let customers = self.ids.len();
        let rosters = self.rosters.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = rosters.get_mut(segment)
            && place.as_mut().is_some_and(|roster| !roster.note(customer, left, customers))
        {
            *place = None;
        }
    }

    /// Applies traits: of two values the one that is believed more stands, of equals the one learnt later.
    pub fn apply_traits(&mut self, program: &Program, traits: &Traits) {
        let source = self.keys.get(SOURCE);
        let source = traits.fields.iter().find(|field| Some(field.name) == source).map(|field| &field.values);
        for field in &traits.fields {
            let Some(item) = program.traits.iter().position(|known| known.key == field.name) else { continue };
            for (index, customer) in traits.customer.iter().enumerate() {
                let value = cell(&field.values, index);
                if !value.is_nan() {
                    let source = source.map_or(f64::NAN, |values| cell(values, index));
                    self.know(program, (item, self.resolve(*customer)), Known { value, at: traits.at[index] }, source);
                }
            }
        }
    }

    /// Weighs a statement about a trait against what is held.
    pub(in crate::state) fn know(
        &mut self,
        program: &Program,
        (item, customer): (usize, u32),
        learnt: Known,
        source: f64,
    ) {
        let Some(belief) = program.traits.get(item).map(|spec| &spec.belief) else { return };
        let count = self.traits;
        let (shard, local) = self.shard_mut(customer);
        if shard.traits.len() < (local + 1) * count {
            shard.traits.resize((local + 1) * count, Known { value: f64::NAN, at: i64::MIN });
        }
        let held = shard.traits[local * count + item];
        let from = belief.source.map_or(f64::NAN, |source| shard.traits[local * count + source].value);
        let more = |learnt: f64, held: f64| learnt.total_cmp(&held);
        let order = match held.value.is_nan() {
            true => Ordering::Greater,
            false => more(lead(belief, learnt, source), lead(belief, held, from)).then(learnt.at.cmp(&held.at)),
        };
        if order == Ordering::Less {
            return;
        }
        shard.traits[local * count + item] = learnt;
        if let Some(place) = belief.source {
            shard.traits[local * count + place] = Known { value: source, at: learnt.at };
        }
    }

    /// How far a customer's trait is believed at `at`, from 0 to 1; unknown as the trait is.
    pub fn confidence(&self, program: &Program, item: usize, customer: u32, at: i64) -> f64 {
        let (known, Some(spec)) = (self.known(item, customer), program.traits.get(item)) else { return f64::NAN };
        if known.value.is_nan() {
            return f64::NAN;
        }
        let source = spec.belief.source.map_or(f64::NAN, |source| self.known(source, customer).value);
        decayed(spec.belief.weight(source), spec.belief.rate, known.at, at)
    }
}

/// The value of a field in a row; NaN is unknown.
fn cell(values: &Values, index: usize) -> f64 {
    match values {
        Values::Number(numbers) => numbers[index],
        Values::Key(keys) if keys[index] != NONE => f64::from(keys[index]),
        _ => f64::NAN,
    }
}

/// What orders two beliefs at every moment: ln w + rate t, as both decay alike (forward decay). Without
/// decay the weight comes first, the time after it.
fn lead(belief: &Belief, known: Known, source: f64) -> f64 {
    if belief.rate == 0.0 && belief.weights.is_empty() {
        return 0.0;
    }
    ln(belief.weight(source)) + belief.rate * known.at as f64
}
