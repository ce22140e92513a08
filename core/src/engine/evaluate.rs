//! What a policy is worth by the decisions that were recorded, and the definitions that were in force.

use std::collections::BTreeMap;

use super::Engine;
use super::backtest::{Compared, Known, Sent};
use super::world::World;
use crate::base::likeness::did_you_mean;
use crate::base::{Error, ErrorKind, Result};
use crate::data::record::{NONE, Record};
use crate::definition::Definition;
use crate::models::evaluation::OffPolicy;
use crate::program::Arm;

/// A policy to be valued by recorded decisions.
#[derive(Debug, Clone, Copy)]
pub enum Policy<'a> {
    /// What a definition would have chosen, as in [`Engine::backtest`].
    Definition(&'a Definition),
    /// Always one action, in the arms that it has; `action.arm` is always one arm of it, and `None` silence.
    Always(Option<&'a str>),
    /// The probability with which the policy does what was done, by decision; those not named are left out.
    Propensities(&'a [(u64, f64)]),
}

/// What a policy is worth a decision.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// Recorded decisions that the policy was compared with.
    pub decisions: u64,
    /// Those among them that are older than the longest window of any of them, on which the values stand.
    pub settled: u64,
    /// In money: outcomes less cost. Its `gain` is a Verdict ([`OffPolicy::new`]), "cannot tell" below 50 effective
    /// decisions or where the policy does what the log never tried.
    pub value: OffPolicy,
    /// In successes.
    pub success: OffPolicy,
}

/// A definition that was in force.
#[derive(Debug, Clone)]
pub struct Version {
    /// The engine's clock when it came into force, in microseconds since 1970 UTC; `i64::MIN` before any event.
    pub at: i64,
    /// The definition.
    pub definition: Definition,
}

impl Engine {
    /// What a policy would have brought, by the decisions recorded at or after `since` (`None` is all), their
    /// propensities and what came of them: IPS, SNIPS, DM, DR and Switch-DR (up to the weight 10) with intervals, effective
    /// sample size, largest and mean weight ([`crate::models::evaluation::OffPolicy`]). What was withheld is silence, and what
    /// came after silence counts as what came after an action does: it is what customers do of themselves. Outcomes
    /// of silence are taken where `[decide]` has a `within`; else silence brings nothing, actions seem to bring all that was
    /// bought after them, and of a policy that is silent more or less often than the log no gain is claimed.
    ///
    /// Of a slate the first place counts.
    ///
    /// The rewards that DM and DR expect are those of a model of what was sent, fitted across five folds of customers
    /// ([`crate::models::evaluation::RewardModel`]), on what decisions read of a customer (columns, features, the engine's
    /// own responses) and the cells. What was never sent is expected to bring the mean. Where only propensities are told,
    /// what the policy does otherwise is unknown, and there is no DM or DR. Cost: a replay of the journal and a
    /// decision each, but for told propensities, which cost two passes.
    ///
    /// ```
    /// use bactrian::{Ask, Definition, Engine, Id, Options, Policy};
    ///
    /// let definition = Definition::from_toml("[time]\nlateness = \"0s\"\n[action.card]\nvalue = 1\nwithin = \"1d\"\n\
    ///     [decide]\ncontrol = 0.5\n")?;
    /// let engine = Engine::new(&definition, Options::default())?;
    /// for name in 0..40 {
    ///     engine.identify_row(Id::Number(name), Some(0), &[])?;
    ///     let decision = engine.decide(Id::Number(name), Ask::default())?;
    ///     if decision.action.is_some() {
    ///         engine.learn_row(decision.id, "buy", None, Some(3.0))?;
    ///     }
    /// }
    /// engine.advance_to(2 * 86_400_000_000)?;
    /// let found = engine.evaluate(Policy::Always(Some("card")), None)?;
    /// assert_eq!((found.settled, found.value.snips.value), (40, 3.0));
    /// assert_eq!(found.value.gain.claim.to_string(), "cannot tell"); // too few
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotEnoughData` where no decision is settled; `UnknownWord` for an action that the definition in force does not
    /// have; `UnknownDecision` for propensities of decisions that were not recorded; `SchemaRange` for a propensity
    /// outside [0, 1]; as [`Engine::backtest`].
    pub fn evaluate(&self, policy: Policy<'_>, since: Option<i64>) -> Result<Evaluated> {
        let world = self.world()?;
        let since = since.unwrap_or(i64::MIN);
        let mut known = Known::default();
        let compared = match policy {
            Policy::Definition(definition) => {
                world.compare(definition, since, |other, _, room| known.add(other, room))?
            }
            Policy::Always(action) => {
                let arms = world.always(action)?;
                let mut rows = world.compare(&world.definition, since, |other, _, room| known.add(other, room))?;
                let quiet: Vec<f64> = known.silence().collect();
                known.always(&arms);
                let chance = |key: Sent| arms.iter().find(|(known, _)| *known == key).map_or(0.0, |(_, share)| *share);
                for (row, quiet) in rows.iter_mut().zip(quiet) {
                    row.target = match row.withheld || row.action == NONE {
                        // Silence by several ways is one: each stands for as much of it as it is of what is not sent.
                        true if arms.is_empty() && row.target > 0.0 => (row.target / quiet).min(1.0),
                        true if arms.is_empty() => 1.0,
                        true => 0.0,
                        false => chance((row.action, row.arm)),
                    };
                }
                rows
            }
            Policy::Propensities(told) => {
                let told: BTreeMap<u64, f64> = told.iter().copied().collect();
                let rows = world.decisions_since(since)?;
                let known = |mut row: Compared| {
                    row.target = *told.get(&row.id)?;
                    Some(row)
                };
                let rows: Vec<Compared> = rows.into_iter().filter_map(known).collect();
                if rows.len() < told.len() {
                    let missing = told.keys().find(|id| !rows.iter().any(|row| row.id == **id));
                    let text = format!("no decision {} was recorded", missing.copied().unwrap_or(0));
                    return Err(Error::new(ErrorKind::UnknownDecision, text));
                }
                rows
            }
        };
        let settled = world.settled_together(&compared)?;
        if settled.rows.is_empty() {
            let text = format!("none of {} decisions has come to the end of its window", compared.len());
            return Err(Error::new(ErrorKind::NotEnoughData, text).hint("`within` of an action says how long it is"));
        }
        let known = (!matches!(policy, Policy::Propensities(_))).then_some(&known);
        let target: Vec<f64> = settled.rows.iter().map(|row| row.target).collect();
        Ok(Evaluated {
            decisions: compared.len() as u64,
            settled: settled.rows.len() as u64,
            value: settled.worth(&world, &settled.money, &target, known)?,
            success: settled.worth(&world, &settled.success, &target, known)?,
        })
    }

    /// The definitions that were in force, the first first: [`Engine::redefine`] to one of them rolls back. Those that
    /// `[time] keep` has folded into the base are gone but for the last. Cost: a pass over the journal.
    ///
    /// # Errors
    /// `Store...` if the journal can't be read.
    pub fn versions(&self) -> Result<Vec<Version>> {
        let world = self.world()?;
        let mut found = Vec::new();
        if world.journal.base()?.is_some() {
            let past = world.beginning()?;
            let definition = past.in_force.clone().unwrap_or(past.definition);
            found.push(Version { at: past.state.now, definition });
        }
        world.journal.replay(|batch| {
            if let Record::Define(text) = &batch.record {
                found.push(Version { at: batch.now, definition: Definition::from_toml(text)? });
            }
            Ok(())
        })?;
        if found.is_empty() {
            found.push(Version { at: i64::MIN, definition: world.definition.clone() });
        }
        Ok(found)
    }
}

impl World {
    /// What a policy sends that always takes one action, or one arm of it (`action.arm`), with the share of each arm.
    fn always(&self, name: Option<&str>) -> Result<Vec<(Sent, f64)>> {
        let Some(name) = name else { return Ok(Vec::new()) };
        let actions = &self.program.decisions.actions;
        if let Some(action) = actions.iter().find(|known| known.name == name) {
            let sent = action.arms(0.0).filter(|(arm, _)| *arm != Arm::Control);
            let sent: Vec<(Sent, f64)> =
                sent.map(|(arm, share)| ((action.key, action.arm_key(arm, NONE)), share)).collect();
            let all: f64 = sent.iter().map(|(_, share)| share).sum();
            return Ok(sent.into_iter().map(|(sent, share)| (sent, share / all)).collect());
        }
        let arms = actions.iter().flat_map(|action| action.arms.iter().map(move |arm| (action, arm)));
        let mut arms = arms.map(|(action, arm)| (format!("{}.{}", action.name, arm.name), (action.key, arm.key)));
        if let Some((_, sent)) = arms.clone().find(|(known, _)| known == name) {
            return Ok(vec![(sent, 1.0)]);
        }
        let names: Vec<String> =
            actions.iter().map(|known| known.name.clone()).chain(arms.by_ref().map(|it| it.0)).collect();
        let error = Error::new(ErrorKind::UnknownWord, format!("no action `{name}`"));
        let hint = did_you_mean(name, names.iter().map(String::as_str));
        Err(hint.map_or(error.clone(), |hint| error.hint(hint)))
    }
}
