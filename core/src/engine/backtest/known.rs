//! What was known before each decision and what a policy would do with it: from which a model expects its rewards.

use std::collections::BTreeMap;

use super::super::world::World;
use super::{Compared, Settled};
use crate::base::Result;
use crate::base::random::{hash_bytes, mix};
use crate::data::record::NONE;
use crate::decisions::Room;
use crate::models::evaluation::{RewardModel, Rounds};
use crate::program::Arm;

/// Parts of the customers, each valued by a model of the others.
const FOLDS: u64 = 5;
/// Most numbers of a context: the first that decisions read, and whether the customer was in the commonest cells.
const NUMBERS: usize = 96;
const CELLS: usize = 32;

/// An action and the arm of it that is sent; silence, and what is withheld, is neither.
pub(in super::super) type Sent = (u32, u32);

/// What is known of each decision that was compared, in their order.
#[derive(Debug, Default)]
pub(in super::super) struct Known {
    context: Vec<Vec<f64>>,
    policy: Vec<Vec<(Sent, f64)>>,
}

const SILENCE: Sent = (NONE, NONE);

/// What a decision sent.
fn sent(row: &Compared) -> Sent {
    if row.withheld || row.action == NONE { SILENCE } else { (row.action, row.arm) }
}

impl Known {
    /// Takes the decision that stands in `room`, as the other world takes it.
    pub fn add(&mut self, other: &World, room: &Room) {
        let mut context = other.decider.known(room);
        context.truncate(NUMBERS);
        self.context.push(context);
        let spec = &other.program.decisions;
        let mut policy: Vec<(Sent, f64)> = Vec::new();
        for (index, action) in spec.actions.iter().enumerate() {
            let chance = room.chance(Some(index));
            if chance > 0.0 {
                let arms = action.arms(spec.control).filter(|(arm, _)| *arm != Arm::Control);
                policy.extend(arms.map(|(arm, share)| ((action.key, action.arm_key(arm, NONE)), chance * share)));
            }
        }
        self.policy.push(policy);
    }

    /// The probability with which nothing is sent in each decision.
    pub fn silence(&self) -> impl Iterator<Item = f64> {
        self.policy.iter().map(|policy| 1.0 - policy.iter().map(|(_, chance)| chance).sum::<f64>())
    }

    /// The same for a policy that always does the same.
    pub fn always(&mut self, arms: &[(Sent, f64)]) {
        self.policy.iter_mut().for_each(|policy| *policy = arms.to_vec());
    }

    /// What a model expects of what was done and of the policy, in the decisions that are settled. The model is fitted
    /// across folds of customers to the rewards; its arms are what was sent.
    pub fn expected(&self, world: &World, settled: &Settled, reward: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
        let mut arms: BTreeMap<Sent, usize> = BTreeMap::new();
        for row in &settled.rows {
            let next = arms.len();
            arms.entry(sent(row)).or_insert(next);
        }
        let common = common_cells(settled);
        let context = |(row, place): (&Compared, &usize)| {
            let own = self.context.get(*place).cloned().unwrap_or_default();
            let cells = common.iter().map(|(segment, cell)| f64::from(u8::from(row.cells.get(*segment) == Some(cell))));
            own.into_iter().chain(cells).collect::<Vec<f64>>()
        };
        let context: Vec<Vec<f64>> = settled.rows.iter().zip(&settled.places).map(context).collect();
        let arm: Vec<usize> = settled.rows.iter().map(|row| arms[&sent(row)]).collect();
        let fold = |row: &Compared| {
            let name = world.state.ids.name(row.customer).map(|id| hash_bytes(id.to_string().as_bytes()));
            (mix(name.unwrap_or(0), 0, 0) % FOLDS) as usize
        };
        let fold: Vec<usize> = settled.rows.iter().map(fold).collect();
        let model = RewardModel::new(&Rounds { context: &context, arm: &arm, reward, fold: &fold })?;
        let place = |sent: &Sent| arms.get(sent).copied().unwrap_or(usize::MAX);
        let own = arm.iter().enumerate().map(|(round, arm)| model.expect(round, *arm)).collect();
        let of_policy = |(round, known): (usize, &usize)| {
            let policy = self.policy.get(*known).map_or(&[][..], Vec::as_slice);
            let sent: f64 = policy.iter().map(|(sent, chance)| chance * model.expect(round, place(sent))).sum();
            let silent = 1.0 - policy.iter().map(|(_, chance)| chance).sum::<f64>();
            if silent > 1e-12 { sent + silent * model.expect(round, place(&SILENCE)) } else { sent }
        };
        Ok((own, settled.places.iter().enumerate().map(of_policy).collect()))
    }
}

/// The commonest cells of customers when they were decided for, as segment and cell.
fn common_cells(settled: &Settled) -> Vec<(usize, u32)> {
    let mut counts: BTreeMap<(usize, u32), usize> = BTreeMap::new();
    for row in &settled.rows {
        for (segment, cell) in row.cells.iter().enumerate().filter(|(_, cell)| **cell != NONE) {
            *counts.entry((segment, *cell)).or_default() += 1;
        }
    }
    let mut cells: Vec<((usize, u32), usize)> = counts.into_iter().collect();
    cells.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    cells.into_iter().take(CELLS).map(|(cell, _)| cell).collect()
}
