//! The records of the journal folded anew, aside: under another definition, or with customers merged.
//!
//! Where a base stands for the first records, its state is carried over as far as it tells: columns
//! that mean the same keep what they have, and those that the base does not know begin with the
//! records that are kept. The new base and the record of the change go into the file in one commit.

use super::backfill::{Backfill, declared};
use super::journal::Journal;
use super::ledger::Ledger;
use super::react::{Cause, Reaction};
use super::world::World;
use crate::base::Result;
use crate::columns::Asked;
use crate::data::record::{Batch, Fitted, NONE, Record};
use crate::definition::Definition;
use crate::program::{Input, Program, Social, Source};

/// A world that was folded aside.
pub(super) struct Shadow {
    pub world: World,
    /// What stands for the first records from now on, where they are gone.
    pub base: Option<Vec<u8>>,
    /// Where everyone would stand in segments that are new.
    backfill: Option<Backfill>,
    /// Columns that know nothing of the records behind the base.
    pub begun: Vec<String>,
    /// The engine's clock at the base.
    pub since: Option<i64>,
}

impl World {
    /// Folds the journal aside, and shows each batch to `each`. Cost: one replay of it, and a pass over the base.
    ///
    /// # Errors
    /// `DefinitionInvalid`, `DefinitionNotYet`; `NotMergeable` where states of merged customers, or
    /// partial states, can't be put together; `Interrupted`; `StoreCorrupt`.
    pub fn shadow(
        &self,
        definition: Definition,
        aliases: Vec<(u32, u32)>,
        mut each: impl FnMut(&Batch),
    ) -> Result<Shadow> {
        let mut shadow = self.begun(definition.clone(), aliases.clone())?;
        if shadow.world.lacks_segments(&self.definition) {
            shadow.backfill = Some(Backfill::new(self.begun(definition, aliases)?.world, &self.callbacks)?);
        }
        self.journal.replay(|batch| {
            each(&batch);
            if let Some(backfill) = &mut shadow.backfill {
                backfill.follow(&batch)?;
            }
            shadow.world.apply(&batch)
        })?;
        shadow.world.bind(self.callbacks.clone())?;
        Ok(shadow)
    }

    /// A shadow before the first record that the journal keeps.
    pub fn begun(&self, definition: Definition, aliases: Vec<(u32, u32)>) -> Result<Shadow> {
        let keys = self.state.keys.clone();
        let world = World::new(definition, self.seed, keys, Journal::memory(), self.read_only)?;
        let mut shadow = Shadow::new(world, aliases);
        if self.journal.base()?.is_some() {
            shadow.begin(&self.beginning()?)?;
        }
        Ok(shadow)
    }

    /// Writes records and the base of a shadow in one commit, and becomes it. Whatever fails leaves
    /// the engine as the journal has it.
    pub fn turn_into(&mut self, shadow: Shadow, records: Vec<Record>) -> Result<()> {
        let Shadow { mut world, base, .. } = shadow;
        world.journal = std::mem::replace(&mut self.journal, Journal::memory());
        world.journal.base_anew = base;
        world.journal.files = world.definition.files().to_vec();
        if let Err(error) = world.append(records) {
            self.journal = std::mem::replace(&mut world.journal, Journal::memory());
            self.reload();
            return Err(error);
        }
        *self = world;
        Ok(())
    }
}

impl Shadow {
    /// A world before its first record, with customers merged.
    pub fn new(mut world: World, aliases: Vec<(u32, u32)>) -> Self {
        world.state.set_aliases(aliases);
        Shadow { world, base: None, backfill: None, begun: Vec::new(), since: None }
    }

    /// Finds who moves under a definition that comes after `old`. In segments that are new everyone is
    /// put where they would stand by now, since when they would.
    pub fn look(&mut self, old: &Definition) -> Result<Reaction> {
        let world = &mut self.world;
        let at = world.moment(None)?;
        let mut caused = Reaction::default();
        if let Some(backfill) = self.backfill.take() {
            let known = declared(world, old);
            world.state.keys.extend(backfill.keys_since(world.state.keys.len()))?;
            for segment in (0..known.len()).filter(|segment| known.get(*segment) == Some(&false)) {
                for customer in 0..world.state.customers() {
                    let (from, to) = (world.state.member(segment, customer), backfill.member(segment, customer));
                    if to != from && to.cell != NONE && world.state.is_live(customer) {
                        let asked = Asked { customer, peer: NONE, at: to.since };
                        world.cross(segment, asked, (from.cell, to.cell), (Cause::Redefine, None), &mut caused)?;
                    }
                }
            }
            world.recorded = known.iter().map(|known| !known).collect();
        }
        let looked = world.look_into(0..world.state.customers(), at, Cause::Redefine, &mut caused);
        world.recorded.clear();
        looked?;
        Ok(caused)
    }

    /// Carries over what a base has, save of customers whose ids are erased there. Gives the words
    /// that it uses.
    ///
    /// # Errors
    /// As [`World::shadow`].
    pub fn begin(&mut self, base: &World) -> Result<Vec<u32>> {
        let world = &mut self.world;
        world.state.ids = base.state.ids.clone();
        let absorbed = world.state.absorb(&world.program, &base.state, &base.program)?;
        world.state.sequence = base.state.sequence;
        world.ledger = Ledger::decode(&base.ledger.encode(base.state.now))?;
        world.known = (world.state.ids.len(), base.known.1);
        world.committed = base.committed;
        world.in_force.clone_from(&base.in_force);
        for fit in &base.state.fits {
            let alike = |name: &str| {
                let head = name.split('.').next().unwrap_or(name);
                base.definition.meaning_of(head) == world.definition.meaning_of(head)
            };
            let parameters = fit.parameters.iter().filter(|(name, _)| alike(name)).cloned().collect();
            world.install(&Fitted { at: fit.at, parameters })?;
        }
        self.begun = columns_of(&world.program, &absorbed.missing);
        self.since = Some(world.state.now);
        self.base = Some(world.to_base());
        Ok(absorbed.words)
    }
}

/// The columns that read some features, directly or through others, hidden ones left out.
fn columns_of(program: &Program, features: &[usize]) -> Vec<String> {
    let mut reads: Vec<bool> = Vec::with_capacity(program.columns.len());
    for column in &program.columns {
        let of = |column: usize| reads.get(column).copied().unwrap_or(false);
        let found = match &column.source {
            Source::Feature { feature, .. } => features.contains(feature),
            Source::Social(social) => {
                let tie = match social {
                    Social::Strength { tie }
                    | Social::Dyad { tie, .. }
                    | Social::Exposure { tie, .. }
                    | Social::Membership { tie, .. }
                    | Social::Trust { tie, .. } => program.ties.get(*tie),
                    Social::Similarity { .. } | Social::Community { .. } => None,
                };
                let sum =
                    if let Social::Community { feature, .. } = social { features.contains(feature) } else { false };
                sum || tie.is_some_and(|tie| features.contains(&tie.feature))
                    || social.columns().iter().any(|it| of(*it))
            }
            Source::Formula(expr) => expr.inputs().iter().any(|input| of(*input as usize)),
            Source::Model { model, .. } => {
                let inputs = program.models.get(*model).map_or(&[][..], |(_, model)| model.inputs());
                inputs.iter().any(|input| match input {
                    Input::Column(column) => of(*column),
                    Input::Histogram(feature) => features.contains(feature),
                })
            }
            _ => false,
        };
        reads.push(found);
    }
    let shown = program.columns.iter().zip(&reads).filter(|(column, found)| **found && !column.name.starts_with('.'));
    shown.map(|(column, _)| column.name.clone()).collect()
}
