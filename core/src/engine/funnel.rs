//! Where actions fall: how many customers pass each stage.

use super::Engine;
use super::decide::Ask;
use crate::base::Result;
use crate::data::ids::Id;
use crate::data::table::{Column, Table};
use crate::decisions::{Reason, Room};

/// The stages in their order, and the reasons for which an action falls there.
const STAGES: [(&str, &[Reason]); 8] = [
    ("not_eligible", &[Reason::NotEligible]),
    ("not_applicable", &[Reason::NotApplicable]),
    ("not_suitable", &[Reason::NotSuitable]),
    (
        "contact_policy",
        &[
            Reason::NoConsent,
            Reason::QuietHours,
            Reason::CoolOff,
            Reason::ContactCap,
            Reason::BudgetSpent,
            Reason::PeerFirst,
        ],
    ),
    ("unknown_factor", &[Reason::UnknownFactor]),
    ("trial", &[Reason::OnTrial, Reason::TrialStopped]),
    ("below_attention", &[Reason::BelowAttention]),
    ("lower_priority", &[Reason::LowerPriority, Reason::GroupTaken, Reason::NotNeeded, Reason::NotDrawn]),
];

impl Engine {
    /// Where each action falls for some customers (`None` is everyone), without recording anything: a row
    /// an action with `action`, `customers`, how many fell at each stage (`not_eligible`, `not_applicable`,
    /// `not_suitable`, `contact_policy`, `unknown_factor`, `trial`, `below_attention`, `lower_priority`) and `chosen`; the
    /// stages and `chosen` add up to `customers`. The last row, without an action, is silence. Cost: a
    /// decision a customer.
    ///
    /// # Errors
    /// As [`Engine::decide`].
    pub fn funnel(&self, customers: Option<&[Id<'_>]>, ask: Ask<'_>) -> Result<Table> {
        let world = self.world()?;
        world.ready()?;
        let (asked, how) = (world.all_asked(customers, &ask)?, world.how(&ask)?);
        let spec = &world.program.decisions;
        let mut fell = vec![[0i64; STAGES.len()]; spec.actions.len()];
        let mut chosen = vec![0i64; spec.actions.len()];
        let mut silent = 0;
        let mut room = Room::default();
        for asked in &asked {
            world.weigh(*asked, &how, &mut room);
            silent += i64::from(room.slate().is_empty());
            for (index, (fell, chosen)) in fell.iter_mut().zip(&mut chosen).enumerate() {
                let Some(reason) = room.reason(spec, index) else {
                    *chosen += 1;
                    continue;
                };
                let stages = STAGES.iter().zip(fell).filter(|((_, reasons), _)| reasons.contains(&reason));
                stages.for_each(|(_, count)| *count += 1);
            }
        }
        let mut table = Table::new();
        let names = spec.actions.iter().map(|action| Some(action.name.clone()));
        table.push("action", Column::text(names.chain([None])));
        table.push("customers", Column::Integer(vec![asked.len() as i64; spec.actions.len() + 1]));
        for (stage, (name, _)) in STAGES.iter().enumerate() {
            let counts = fell.iter().map(|fell| fell.get(stage).copied().unwrap_or(0));
            table.push(name, Column::Integer(counts.chain([0]).collect()));
        }
        chosen.push(silent);
        table.push("chosen", Column::Integer(chosen));
        Ok(table)
    }
}
