//! Going on under another definition.

use super::Engine;
use super::journal::Journal;
use super::react::Cause;
use super::world::{World, program_of};
use crate::base::{Error, ErrorKind, Result};
use crate::data::record::Record;
use crate::definition::Definition;
use crate::program::Program;

/// What a new definition changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RedefineReport {
    /// Columns that were not there before, back-filled from the journal.
    pub added: Vec<String>,
    /// Columns that are gone.
    pub removed: Vec<String>,
    /// Fitted columns and axes whose declaration changed: unknown until the next fit.
    pub unfitted: Vec<String>,
    /// Customers whose cell in some segment moved; this triggers nothing.
    pub moved: u64,
}

impl Engine {
    /// Goes on under another definition: folds the journal under it aside, and swaps in one commit.
    /// Added columns are back-filled; recorded crossings, decisions and fits stand as they were, save
    /// fits of columns whose declaration changed. A definition that fails leaves the old one running.
    /// Cost: one replay of the journal.
    ///
    /// # Errors
    /// `DefinitionInvalid`, `DefinitionNotYet`; `Store...` if it can't be recorded.
    pub fn redefine(&self, definition: &Definition) -> Result<RedefineReport> {
        self.world_mut()?.redefine(definition)
    }
}

impl World {
    fn redefine(&mut self, definition: &Definition) -> Result<RedefineReport> {
        if definition.hash() == self.definition.hash() {
            return Ok(RedefineReport::default());
        }
        self.whole()?;
        self.flush()?;
        let mut keys = self.state.keys.clone();
        program_of(definition, &mut keys)?;
        let keys = self.state.keys.clone();
        let journal = std::mem::replace(&mut self.journal, Journal::memory());
        let made = World::new(definition.clone(), self.seed, keys, Journal::memory(), self.read_only);
        let aliases = self.state.aliases();
        let folded = made.and_then(|mut world| {
            world.state.set_aliases(aliases);
            journal.replay(|batch| world.apply(&batch))?;
            world.bind(self.callbacks.clone())?;
            Ok(world)
        });
        let mut world = match folded {
            Ok(world) => world,
            Err(error) => {
                self.journal = journal;
                return Err(error);
            }
        };
        let mut report = compare(&self.program, &world.program);
        report.unfitted = world.dropped_fits(self);
        world.journal = journal;
        world.journal.files = definition.files().to_vec();
        let at = world.moment(None)?;
        let caused = world.look_at_all(at, Cause::Redefine);
        let done = caused.and_then(|caused| {
            report.moved = caused.crossings.len() as u64;
            let mut records = vec![Record::Define(definition.to_toml())];
            records.extend((!caused.events.at.is_empty()).then_some(Record::Events(caused.events)));
            let sequence = world.state.sequence;
            world.append(records)?;
            debug_assert!(sequence < world.state.sequence);
            Ok(())
        });
        if let Err(error) = done {
            self.journal = std::mem::replace(&mut world.journal, Journal::memory());
            self.reload();
            return Err(error);
        }
        *self = world;
        Ok(report)
    }

    /// Fitted columns that had parameters under `old` and have none now.
    fn dropped_fits(&self, old: &World) -> Vec<String> {
        let names = old.fitted_names();
        let had = |name: &String| super::world::parameters(&old.state, name).is_some();
        let lost = |name: &String| super::world::parameters(&self.state, name).is_none();
        names.into_iter().filter(|name| had(name) && lost(name)).collect()
    }
}

fn compare(old: &Program, new: &Program) -> RedefineReport {
    let names = |program: &Program| -> Vec<String> {
        let columns = program.columns.iter().map(|column| column.name.clone());
        columns.filter(|name| !name.starts_with('.')).collect()
    };
    let (before, after) = (names(old), names(new));
    RedefineReport {
        added: after.iter().filter(|name| !before.contains(name)).cloned().collect(),
        removed: before.iter().filter(|name| !after.contains(name)).cloned().collect(),
        ..RedefineReport::default()
    }
}

impl Engine {
    /// Folds one customer into another: from now on both ids are one customer, `kept`, and everything
    /// recorded of either is refolded as one stream. Cost: one replay of the journal.
    ///
    /// # Errors
    /// `UnknownCustomer`; `SchemaRange` for a customer with itself; `Store...` if it can't be recorded.
    pub fn merge(&self, kept: crate::data::ids::Id<'_>, folded: crate::data::ids::Id<'_>) -> Result<()> {
        let mut world = self.world_mut()?;
        world.whole()?;
        world.flush()?;
        let kept = world.asked(kept, None, None)?.customer;
        let folded = world.asked(folded, None, None)?.customer;
        if kept == folded {
            return Err(Error::new(ErrorKind::SchemaRange, "the two ids are one customer already"));
        }
        world.commit(vec![Record::Merge(kept, folded)])?;
        world.reload();
        world.usable()
    }
}
