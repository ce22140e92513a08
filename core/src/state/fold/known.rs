//! What records say beyond features: traits, ties given directly, membership, decisions.

use super::super::rows::RowMut;
use super::super::{Known, Member, State};
use super::EventRow;
use super::feed::Decay;
use crate::data::record::{NONE, Ties, Traits, Values};
use crate::program::{KIND_CROSSED, KIND_DECIDED, Program, SLOT_SEGMENT, SLOT_TO};

impl State {
    /// Applies what a crossing or a decision says.
    pub(super) fn apply_membership(&mut self, program: &Program, row: &EventRow) {
        let key = |slot: usize| row.values.get(slot).filter(|value| !value.is_nan()).map(|value| *value as u32);
        match row.kind {
            _ if row.customer == NONE => {}
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
        self.count_event(program, member.since);
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
        shard.members[local * segments + segment] = member;
    }

    /// Applies traits: of two values the one learnt later stands.
    pub fn apply_traits(&mut self, program: &Program, traits: &Traits) {
        for field in &traits.fields {
            let Some(item) = program.traits.iter().position(|known| known.key == field.name) else { continue };
            for (index, customer) in traits.customer.iter().enumerate() {
                let value = match &field.values {
                    Values::Number(numbers) => numbers[index],
                    Values::Key(keys) if keys[index] != NONE => f64::from(keys[index]),
                    _ => f64::NAN,
                };
                if !value.is_nan() {
                    self.know(item, self.resolve(*customer), Known { value, at: traits.at[index] });
                }
            }
        }
    }

    pub(in crate::state) fn know(&mut self, item: usize, customer: u32, learnt: Known) {
        let count = self.traits;
        let (shard, local) = self.shard_mut(customer);
        if shard.traits.len() < (local + 1) * count {
            shard.traits.resize((local + 1) * count, Known { value: f64::NAN, at: i64::MIN });
        }
        let known = &mut shard.traits[local * count + item];
        if learnt.at >= known.at {
            *known = learnt;
        }
    }

    /// Applies ties given directly.
    pub fn apply_ties(&mut self, program: &Program, ties: &Ties) {
        for (index, layer) in ties.layer.iter().enumerate() {
            let Some(tie) = program.ties.iter().find(|tie| tie.key == *layer) else { continue };
            let Some(feature) = program.features.get(tie.feature) else { continue };
            let Some(trigger) = program.triggers.get(feature.trigger) else { continue };
            let (customer, peer) = (self.resolve(ties.customer[index]), self.resolve(ties.peer[index]));
            let (at, weight) = (ties.at[index], ties.weight[index]);
            let (shard, local) = self.shard_mut(customer);
            let RowMut { words, .. } = shard.pairs.row(local, customer, peer);
            if weight.is_nan() {
                words[feature.word..feature.word + feature.shape.op.words()].fill(0);
                continue;
            }
            let decay = Decay::begin(trigger, words, at);
            for other in &trigger.features {
                // The features of a trigger share its clock, so that all of them move with it.
                let Some(spec) = program.features.get(*other).filter(|spec| spec.cell.is_none() && !spec.listed) else {
                    continue;
                };
                decay.add(spec, words, (*other == tie.feature).then_some((weight, weight)));
            }
            decay.end(words);
        }
    }
}
