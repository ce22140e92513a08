//! Making, opening and closing engines.

use std::path::Path;

use super::journal::Journal;
use super::world::World;
use super::{Durability, Engine, Interrupt, Options};
use crate::base::{Error, ErrorKind, Result};
use crate::data::keys::Keys;
use crate::data::record::Record;
use crate::definition::Definition;

impl Engine {
    /// An engine in memory. It keeps a journal all the same, so it is the same engine as one with a file.
    ///
    /// # Errors
    /// `DefinitionInvalid` or `DefinitionNotYet`, with every finding.
    pub fn new(definition: &Definition, options: Options) -> Result<Self> {
        let mut journal = Journal::memory();
        journal.interrupt.clone_from(&options.interrupt);
        let world = fresh(definition, &options, journal)?;
        Ok(Engine::with(world, &options, None))
    }

    /// Opens the engine in a file, or makes it there. `definition = None` takes the one in the file.
    /// Cost: folding the journal.
    ///
    /// # Errors
    /// `DefinitionMismatch` if the file runs under another definition; `SchemaMissing` if a new file is
    /// given none; `StoreLocked`, `StoreCorrupt`, `StoreVersion`, `StoreIo`; `Interrupted`, which leaves the file as it was.
    pub fn open(path: &Path, definition: Option<&Definition>, options: Options) -> Result<Self> {
        let journal = Journal::open(path, options.read_only, definition.is_some())?;
        Engine::on(journal, path, definition, &options)
    }

    /// The engine of an open journal.
    pub(super) fn on(
        mut journal: Journal,
        path: &Path,
        definition: Option<&Definition>,
        options: &Options,
    ) -> Result<Self> {
        journal.grouped = options.durability == Durability::Interval;
        journal.interrupt.clone_from(&options.interrupt);
        let world = match journal.definition()? {
            None => {
                let Some(definition) = definition else {
                    let message = format!("`{}` holds no engine yet", path.display());
                    return Err(Error::new(ErrorKind::SchemaMissing, message).hint("give a definition to make one"));
                };
                fresh(definition, options, journal)?
            }
            Some(kept) => {
                if let Some(given) = definition.filter(|given| given.hash() != kept.hash()) {
                    let message = format!(
                        "`{}` runs under definition {}, and {} was given",
                        path.display(),
                        kept.fingerprint(),
                        given.fingerprint()
                    );
                    return Err(Error::new(ErrorKind::DefinitionMismatch, message)
                        .hint("open it without a definition to go on under its own"));
                }
                let seed = journal.seed()?;
                World::restore(kept, seed, journal, options.read_only)?
            }
        };
        Ok(Engine::with(world, options, Some(path.to_owned())))
    }

    /// Closes the engine: what row calls recorded is durable and the file is free for others once this
    /// returns, and every later call of any handle is an error.
    ///
    /// # Errors
    /// `Closed` if it was closed before; `Store...` if what row calls recorded can't be written: it is
    /// lost, and the engine is closed.
    pub fn close(&self) -> Result<()> {
        self.own()?;
        let mut world = self.shared.world.write().map_err(|_| super::poisoned())?;
        world.usable()?;
        let mut journal = std::mem::replace(&mut world.journal, Journal::memory());
        world.stopped = Some(Error::new(ErrorKind::Closed, "the engine is closed").hint("open it again"));
        let flushed = journal.flush();
        flushed.and(journal.close())
    }

    /// Makes durable what row calls have recorded. Under [`Durability::Interval`] a host calls it on
    /// its own tick; under `Commit` there is nothing to do.
    ///
    /// # Errors
    /// `Store...` if it can't be written: the rows that waited are lost, the error counts them, and the
    /// engine is as the file has it.
    pub fn flush(&self) -> Result<()> {
        self.world_mut()?.flush()
    }

    /// Sets the hook that long work asks from time to time whether to stop: a fit, a replay of the
    /// journal, a table, a batch of decisions. Work that is stopped gives `Interrupted` and changes nothing.
    /// It is asked under the engine's lock, perhaps by several threads at once, and must not call the engine.
    ///
    /// # Errors
    /// `Closed` once the engine was closed.
    pub fn set_interrupt(&self, stop: Option<Interrupt>) -> Result<()> {
        self.own()?;
        let mut world = self.shared.world.write().map_err(|_| super::poisoned())?;
        world.usable()?;
        world.journal.interrupt = stop;
        Ok(())
    }

    /// The definition in force.
    ///
    /// # Errors
    /// `Closed` once the engine was closed.
    pub fn definition(&self) -> Result<Definition> {
        Ok(self.world()?.definition.clone())
    }

    /// The engine's clock in microseconds since 1970 UTC: the latest accepted event or
    /// [`Engine::advance_to`]; `None` before the first.
    ///
    /// # Errors
    /// `Closed` once the engine was closed.
    pub fn now(&self) -> Result<Option<i64>> {
        Ok(Some(self.world()?.state.now).filter(|now| *now != i64::MIN))
    }
}

/// A world whose journal begins with its definition.
fn fresh(definition: &Definition, options: &Options, journal: Journal) -> Result<World> {
    let mut world = World::new(definition.clone(), options.seed, Keys::default(), journal, options.read_only)?;
    world.writable()?;
    world.journal.files = definition.files().to_vec();
    world.commit(vec![Record::Define(definition.to_toml())])?;
    Ok(world)
}
