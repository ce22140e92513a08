//! What triggers and features mean, in words that are the same in every program that has them.
//!
//! Positions and numbers of names differ from one program to the next; these texts do not, so that a
//! state can be carried from one to another.

use super::{Direction, FeatureSpec, Op, Per, Program, Trigger};
use crate::base::random::hash_bytes;
use crate::data::keys::Keys;
use crate::definition::model::FieldType;
use crate::expr::Expr;

impl Program {
    /// Gives every trigger its mark.
    pub(super) fn mark_triggers(&mut self) {
        let marks: Vec<u64> =
            self.triggers.iter().map(|trigger| hash_bytes(self.meaning_of_trigger(trigger).as_bytes())).collect();
        for (trigger, mark) in self.triggers.iter_mut().zip(marks) {
            trigger.mark = mark;
        }
    }

    /// What a trigger takes.
    fn meaning_of_trigger(&self, trigger: &Trigger) -> String {
        let kinds: Vec<&str> =
            trigger.kinds.iter().filter_map(|kind| self.kinds.get(*kind)).map(|kind| kind.name.as_str()).collect();
        let direction = match trigger.direction {
            Direction::Out => "out",
            Direction::In => "in",
            Direction::Both => "both",
        };
        let per = match trigger.per {
            Per::Customer => "customer",
            Per::Pair => "pair",
            Per::Group(item) => self.traits.get(item).map_or("", |item| item.name.as_str()),
        };
        let group = matches!(trigger.per, Per::Group(_));
        let read = trigger.filter.as_ref().map_or_else(String::new, |expr| self.roles_of(expr));
        let filter = trigger.filter_text.as_deref().unwrap_or_default();
        let (occasion, replies) = (trigger.occasion, trigger.replies);
        format!("{kinds:?} {filter:?} {read} {direction} {group} {per:?} {occasion} {replies}")
    }

    /// What a feature makes of which events; `keys` are the names of this program.
    pub fn meaning_of(&self, feature: &FeatureSpec, keys: &Keys) -> String {
        let trigger = self.triggers.get(feature.trigger).map_or_else(String::new, |it| self.meaning_of_trigger(it));
        let op = match feature.shape.op {
            Op::Share(key) if !self.is_flag(feature) => format!("share {:?}", keys.text(key)),
            op => format!("{op:?}"),
        };
        let by = feature.by.and_then(|slot| self.slots.get(slot)).map(|slot| (&slot.role, slot.kind));
        let read = feature.value.as_ref().map_or_else(String::new, |expr| self.roles_of(expr));
        format!("{trigger} {op} {:?} {:?} {read} {by:?}", feature.shape.window, feature.value_text)
    }

    /// Whether the keys of a feature are those of a flag, 0 and 1, which are no names.
    pub fn is_flag(&self, feature: &FeatureSpec) -> bool {
        let slot = feature.by.and_then(|slot| self.slots.get(slot));
        slot.is_some_and(|slot| slot.kind == FieldType::Bool)
    }

    fn roles_of(&self, expr: &Expr) -> String {
        let role = |slot: &u32| self.slots.get(*slot as usize).map(|slot| (&slot.role, slot.kind));
        format!("{:?}", expr.inputs().iter().filter_map(role).collect::<Vec<_>>())
    }
}
