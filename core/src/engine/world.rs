//! Everything behind the engine's lock: program, state, fitted parameters, journal.

use super::draft::Draft;
use super::journal::Journal;
use super::ledger::{Ledger, Words};
use super::moved::Moved;
use super::timers::Timers;
use crate::base::{Error, ErrorKind, Result, Severity};
use crate::columns::{self, Scratch, View};
use crate::data::codec::Mark;
use crate::data::ids::Ids;
use crate::data::keys::Keys;
use crate::data::published::model_name;
use crate::data::record::{Batch, Events, Fitted, Record};
use crate::decisions::{Decider, Room};
use crate::definition::Definition;
use crate::program::{Callbacks, FittedModel, Program, lower};
use crate::segments::{Assigner, Edges, Fades, Shared};
use crate::state::State;

/// What one engine knows and how it learns.
pub(super) struct World {
    pub definition: Definition,
    pub program: Program,
    pub state: State,
    pub fitted: Vec<Box<dyn FittedModel>>,
    pub edges: Edges,
    pub assigners: Vec<Assigner>,
    pub shared: Shared,
    pub moved: Moved,
    pub fades: Fades,
    pub decider: Decider,
    pub journal: Journal,
    pub seed: u64,
    pub scratch: Scratch,
    pub timers: Timers,
    /// Whether time alone can move anyone to another cell.
    pub timed: bool,
    pub room: Room,
    pub draft: Draft,
    pub words: Words,
    /// Decisions whose outcomes may still come, and what came of the others.
    pub ledger: Ledger,
    pub read_only: bool,
    /// Whether a write has changed the state and is not committed yet.
    pub touched: bool,
    /// Ids and keys that the journal holds already.
    pub known: (usize, usize),
    /// The clock as the journal has it.
    pub committed: i64,
    /// The definition under which the records being folded were written.
    pub in_force: Option<Definition>,
    /// The parts of a partial state that have come so far.
    pub partial: Vec<u8>,
    /// Customers of whom a world of the past knows nothing yet.
    pub hidden: Vec<bool>,
    /// By segment, whether its crossings come from the journal and are not to be found; empty in a
    /// world that lives.
    pub recorded: Vec<bool>,
    /// Functions of the host.
    pub callbacks: Callbacks,
    /// Which of them segments and actions lack, if any.
    pub unready: Option<Error>,
    /// Why the engine stopped, if it did.
    pub stopped: Option<Error>,
}

impl World {
    /// The world of a definition before any record; `keys` are those that its file already numbers.
    ///
    /// # Errors
    /// `DefinitionInvalid` or `DefinitionNotYet` with every finding.
    pub fn new(definition: Definition, seed: u64, mut keys: Keys, journal: Journal, read_only: bool) -> Result<Self> {
        let program = program_of(&definition, &mut keys)?;
        let decider = Decider::new(&program, &keys)?;
        let state = State::new(&program, Ids::default(), keys);
        let words = Words::new(&state.keys);
        let (shared, moved) = (Shared::new(&program), Moved::new(&program));
        let mut world = World {
            definition,
            program,
            state,
            fitted: Vec::new(),
            edges: Edges::default(),
            assigners: Vec::new(),
            shared,
            moved,
            fades: Fades::default(),
            decider,
            journal,
            seed,
            scratch: Scratch::default(),
            timers: Timers::default(),
            timed: false,
            room: Room::default(),
            draft: Draft::default(),
            words,
            ledger: Ledger::default(),
            read_only,
            touched: false,
            known: (0, 0),
            committed: i64::MIN,
            in_force: None,
            partial: Vec::new(),
            hidden: Vec::new(),
            recorded: Vec::new(),
            callbacks: Callbacks::default(),
            unready: None,
            stopped: None,
        };
        world.install(&Fitted::default())?;
        Ok(world)
    }

    /// What a read looks at.
    pub fn view(&self) -> View<'_> {
        View { program: &self.program, state: &self.state, fitted: &self.fitted }
    }

    pub fn usable(&self) -> Result<()> {
        self.stopped.clone().map_or(Ok(()), Err)
    }

    pub fn writable(&self) -> Result<()> {
        match (self.read_only, self.journal.refusal()) {
            (true, _) => Err(Error::new(ErrorKind::ReadOnly, "the engine is open for reading only")),
            (false, Some(refusal)) => Err(refusal.clone()),
            (false, None) => Ok(()),
        }
    }

    /// Writes records that are already folded, in one commit. If that fails, state goes back to what
    /// the journal holds.
    pub fn commit(&mut self, records: Vec<Record>) -> Result<()> {
        let written = self.append(records);
        self.or_reload(written)
    }

    /// As [`World::commit`], for a call of one row, whose records may be written with those of others.
    pub fn commit_row(&mut self, records: Vec<Record>) -> Result<()> {
        let written = self.record(records, Journal::group);
        self.or_reload(written)
    }

    /// Writes the records of row calls that wait.
    pub fn flush(&mut self) -> Result<()> {
        let written = self.journal.flush();
        self.or_reload(written)
    }

    /// Goes back to what the journal has if something failed halfway.
    pub fn or_reload<T>(&mut self, done: Result<T>) -> Result<T> {
        if done.is_err() {
            self.reload();
        }
        done
    }

    /// Writes records in one commit.
    pub fn append(&mut self, records: Vec<Record>) -> Result<()> {
        let seed = (self.state.sequence == 0).then_some(self.seed);
        self.record(records, |journal, batches, before| journal.append(batches, before, seed))
    }

    fn record(
        &mut self,
        records: Vec<Record>,
        write: impl FnOnce(&mut Journal, Vec<Batch>, Mark) -> Result<()>,
    ) -> Result<()> {
        let mut ids = self.state.ids.since(self.known.0).to_vec();
        let mut keys = self.state.keys.since(self.known.1).to_vec();
        let mut batches = Vec::with_capacity(records.len());
        let mut sequence = self.state.sequence;
        for record in records {
            let rows = record.rows();
            let (ids, keys) = (std::mem::take(&mut ids), std::mem::take(&mut keys));
            batches.push(Batch { sequence, now: self.state.now, ids, keys, record });
            sequence += rows;
        }
        let before = Mark { now: self.committed, ids: self.known.0, keys: self.known.1 };
        write(&mut self.journal, batches, before)?;
        self.state.sequence = sequence;
        self.known = (self.state.ids.len(), self.state.keys.len());
        self.committed = self.state.now;
        self.touched = false;
        self.ledger.purge(self.state.now);
        Ok(())
    }

    /// Folds the journal into a new state, after a write that failed halfway.
    pub fn reload(&mut self) {
        let mut journal = std::mem::replace(&mut self.journal, Journal::memory());
        // Going back is not long work of its own: it ends what was interrupted.
        let interrupt = journal.interrupt.take();
        // A change of definition may stand in the file though its commit was refused.
        let kept = journal.definition().ok().flatten();
        let definition = kept.unwrap_or_else(|| self.definition.clone());
        match World::restore(definition, self.seed, journal, self.read_only) {
            Ok(mut world) => {
                world.journal.interrupt = interrupt;
                let callbacks = std::mem::take(&mut self.callbacks);
                *self = world;
                if let Err(error) = self.bind(callbacks) {
                    self.stopped = Some(error);
                }
            }
            Err(error) => {
                let text = format!("the engine stopped after a failed write: {}", error.message());
                self.stopped = Some(Error::new(ErrorKind::Closed, text).hint("open the file again"));
            }
        }
    }

    /// The world that a journal folds to.
    pub fn restore(definition: Definition, seed: u64, journal: Journal, read_only: bool) -> Result<Self> {
        let mut keys = journal.first_keys()?;
        let first = keys.len();
        program_of(&definition, &mut keys)?;
        if keys.len() > first {
            // This version lowers to more names than the one that made the file: they come after all of the file's.
            keys = journal.all_keys()?;
        }
        let aliases = journal.aliases()?;
        let mut world = World::new(definition, seed, keys, journal, read_only)?;
        world.state.set_aliases(aliases);
        let checkpoint = world.journal.checkpoint()?;
        let taken = checkpoint.map_or(Ok(false), |bytes| world.take_checkpoint(&bytes))?;
        if !taken && let Some(base) = world.journal.base()? {
            world.take_base(&base)?;
        }
        world.fold()?;
        Ok(world)
    }

    /// Folds the records of the journal that the state does not hold yet.
    pub fn fold(&mut self) -> Result<()> {
        let journal = std::mem::replace(&mut self.journal, Journal::memory());
        let folded = journal.replay_from(self.state.sequence, |batch| self.apply(&batch));
        self.journal = journal;
        folded
    }

    /// Applies one batch of the journal: what it adds to the names, then its record.
    pub fn apply(&mut self, batch: &Batch) -> Result<()> {
        batch.validate(self.known.0 + batch.ids.len(), self.known.1 + batch.keys.len())?;
        self.state.ids.extend(&batch.ids)?;
        // Names that lowering interned, or that were read ahead, stand in the same order already.
        let ahead = self.state.keys.len() - self.known.1;
        if let Some(keys) = batch.keys.get(ahead.min(batch.keys.len())..) {
            self.state.keys.extend(keys)?;
        }
        self.apply_record(&batch.record)?;
        self.state.now = self.state.now.max(batch.now);
        self.state.sequence = batch.sequence + batch.record.rows();
        self.known = (self.state.ids.len(), self.known.1 + batch.keys.len());
        self.committed = batch.now;
        self.ledger.purge(self.state.now);
        Ok(())
    }

    /// Folds events into the state and the ledger.
    pub fn fold_events(&mut self, events: &Events) {
        self.state.apply_events(&self.program, events);
        self.ledger.apply(&self.program, &self.words, &self.state, events);
    }

    fn apply_record(&mut self, record: &Record) -> Result<()> {
        match record {
            Record::Define(text) => {
                self.in_force = Some(Definition::from_toml(text)?);
                Ok(())
            }
            // Aliases are in force from the first record on, so that both streams fold as one.
            // What an erasure removed is not there any more.
            Record::Advance(_) | Record::Merge(..) | Record::Erase(_) => Ok(()),
            Record::Events(events) => {
                self.fold_events(events);
                Ok(())
            }
            Record::Traits(traits) => {
                self.state.apply_traits(&self.program, traits);
                Ok(())
            }
            Record::Ties(ties) => {
                self.state.apply_ties(&self.program, ties);
                Ok(())
            }
            Record::Fit(fitted) => {
                let same = |name: &str| self.declared_alike(name);
                let parameters = fitted.parameters.iter().filter(|(name, _)| same(name)).cloned().collect();
                self.install(&Fitted { at: fitted.at, parameters })
            }
            Record::Partial { last, bytes, .. } => self.take_part(bytes, *last),
        }
    }

    /// Whether the definition that a record was written under declares a fitted column or axis as today's does.
    fn declared_alike(&self, name: &str) -> bool {
        let head = name.split('.').next().unwrap_or(name);
        let before =
            self.in_force.as_ref().map_or_else(|| self.definition.meaning_of(head), |old| old.meaning_of(head));
        before == self.definition.meaning_of(head)
    }

    /// Publishes a fit: models are prepared with its parameters, or with those they had.
    pub fn install(&mut self, fit: &Fitted) -> Result<()> {
        if !fit.parameters.is_empty() {
            self.state.fits.push(fit.clone());
        }
        let state = &self.state;
        let prepare =
            |(name, model): &(String, Box<dyn crate::program::ColumnModel>)| model.prepare(parameters(state, name));
        let fitted: Result<Vec<_>> = self.program.models.iter().map(prepare).collect();
        let mut edges = Edges::default();
        for (index, segment) in self.program.segments.iter().enumerate() {
            for (axis, spec) in segment.axes.iter().enumerate() {
                if let Some(bytes) = parameters(state, &axis_name(&segment.name, &spec.name)) {
                    edges.set(index, axis, bytes)?;
                }
            }
        }
        self.fitted = fitted?;
        self.edges = edges;
        self.assigners = Assigner::all(&self.program, &self.edges);
        self.fades = Fades::new(&self.program, &self.assigners);
        self.timers.clear();
        self.rebind();
        self.timed = self.has_timers();
        Ok(())
    }
}

/// The parameters that the latest fit of a column published.
pub(super) fn parameters<'a>(state: &'a State, name: &str) -> Option<&'a [u8]> {
    let of = |fit: &'a Fitted| {
        fit.parameters.iter().find(|(column, _)| model_name(column) == name).map(|(_, bytes)| bytes.as_slice())
    };
    state.fits.iter().rev().find_map(of)
}

/// The name under which the edges of an axis are published.
pub(super) fn axis_name(segment: &str, axis: &str) -> String {
    format!("{segment}.{axis}")
}

/// Lowers a definition, or gives every finding that keeps it from running.
///
/// # Errors
/// `DefinitionInvalid` if there are mistakes, else `DefinitionNotYet` if parts are missing here.
pub(super) fn program_of(definition: &Definition, keys: &mut Keys) -> Result<Program> {
    let (program, problems) = lower(definition, &columns::kinds(), keys);
    let of = |severity: Severity| -> Vec<_> {
        problems.iter().filter(|problem| problem.severity == severity).cloned().collect()
    };
    let (mistakes, not_yet) = (of(Severity::Error), of(Severity::NotYet));
    if !mistakes.is_empty() {
        let message =
            format!("the definition has {} mistake{}", mistakes.len(), if mistakes.len() == 1 { "" } else { "s" });
        return Err(Error::new(ErrorKind::DefinitionInvalid, message).with_problems(mistakes));
    }
    if !not_yet.is_empty() {
        let message = format!(
            "the definition uses {} part{} that this version does not have",
            not_yet.len(),
            if not_yet.len() == 1 { "" } else { "s" }
        );
        return Err(Error::new(ErrorKind::DefinitionNotYet, message).with_problems(not_yet));
    }
    Ok(program)
}
