//! Decisions in columns.

use super::world::World;
use crate::columns::Asked;
use crate::data::ids::OwnedId;
use crate::data::table::{Column, Table};
use crate::decisions::Room;
use crate::program::Arm;

/// Decisions in columns.
#[derive(Default)]
pub(super) struct Rows {
    customer: Vec<OwnedId>,
    action: Vec<Option<String>>,
    /// The arm that is sent, where actions have arms.
    arm: Option<Vec<Option<String>>>,
    priority: Vec<f64>,
    propensity: Vec<f64>,
    why: Vec<Option<String>>,
    decision: Vec<OwnedId>,
}

impl Rows {
    pub fn new(world: &World) -> Self {
        let armed = world.program.decisions.actions.iter().any(|action| !action.arms.is_empty());
        Rows { arm: armed.then(Vec::new), ..Rows::default() }
    }

    /// Adds the decision that stands in `room`: a row an action, or one of silence. `first` is how many
    /// decisions the customer had before.
    pub fn push(&mut self, world: &World, asked: Asked, room: &Room, first: u32) {
        let why = world.decider.short(room);
        let chosen = |place: usize| room.slate().get(place).copied();
        for place in 0..room.slate().len().max(1) {
            let action = chosen(place).and_then(|action| world.program.decisions.actions.get(action));
            self.customer.push(world.state.ids.name(asked.customer).cloned().unwrap_or(OwnedId::Erased));
            let arm = room.arm(place);
            if let Some(arms) = &mut self.arm {
                let named = |arm: usize| action.and_then(|action| Some(action.arms.get(arm)?.name.clone()));
                arms.push(if let Arm::As(arm) = arm { named(arm) } else { None });
            }
            self.action.push(action.filter(|_| arm != Arm::Control).map(|action| action.name.clone()));
            self.priority.push(chosen(place).map_or(room.attention(), |action| room.priority(action)));
            self.propensity.push(world.decider.propensity(room, place));
            self.why.push(Some(why.clone()));
            self.decision.push(OwnedId::Number(world.decision_id(asked.customer, first + place as u32)));
        }
    }

    pub fn table(self) -> Table {
        let mut table = Table::new();
        table.push("customer", Column::Id(self.customer));
        table.push("action", Column::Text(self.action));
        if let Some(arm) = self.arm {
            table.push("arm", Column::Text(arm));
        }
        table.push("priority", Column::Number(self.priority));
        table.push("propensity", Column::Number(self.propensity));
        table.push("why", Column::Text(self.why));
        table.push("decision", Column::Id(self.decision));
        table
    }
}
