//! The only floor that reacts: it orders writers, folds records, finds crossings, decides.
//!
//! Every write ends as records in one journal, and what they change is their fold; reopening folds
//! the same records into the same bits. A write returns when its records are durable, save row calls
//! under [`Durability::Interval`]. A write that the disk refuses leaves the engine as the journal has
//! it. Readers share a lock that writers take alone for the length of one call.

mod ablate;
mod agenda;
mod assign;
mod associations;
mod backfill;
mod backtest;
mod belonging;
mod callback;
mod campaign;
mod cells;
mod check;
mod checkpoint;
mod decide;
mod describe;
mod digest;
mod draft;
mod erase;
mod evaluate;
mod export;
mod fit;
mod forecast;
mod funnel;
mod journal;
mod labels;
mod learn;
mod ledger;
mod lots;
mod market;
mod moved;
mod moves;
mod needs_first;
mod open;
mod partial;
mod past;
mod plan;
mod population;
mod profile;
mod react;
mod read;
mod recorded;
mod redefine;
mod report;
mod shadow;
mod slates;
mod social;
#[cfg(test)]
mod tests;
mod timers;
mod valued;
mod world;
mod write;

pub use ablate::Ablation;
pub use assign::Assigned;
pub use backtest::Backtest;
pub use check::{check, check_file, check_text};
pub use decide::Ask;
pub use erase::ErasureReceipt;
pub use evaluate::{Evaluated, Policy, Version};
pub use export::Export;
pub use plan::{Means, Planned};
pub use read::{Explanation, Reader};
pub use recorded::{RecordedAction, RecordedDecision};
pub use redefine::RedefineReport;
pub use report::{Crossing, FitReport, FittedColumn, IngestReport, Stats, TakenDecision};
pub use social::{InfluenceAsk, SeedAsk, Seeds};

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::base::{Error, ErrorKind, Result};
use world::World;

/// When the records of row calls (`observe_row`, `identify_row`, `relate_row`, `learn_row`, `decide`) are durable.
/// Every other write waits for the disk, and so does what row calls before it recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// When the call returns: a commit for each.
    #[default]
    Commit,
    /// In groups of 8,192 records or a MiB, or when [`Engine::flush`] or any call that waits for the
    /// disk is made; a host calls `flush` on its own tick. A kill loses at most what was not flushed:
    /// the last rows, never one before another that is kept.
    Interval,
}

/// How an engine is opened.
#[derive(Clone)]
pub struct Options {
    /// Seed of everything random. A file keeps the seed that it was made with.
    pub seed: u64,
    /// Latest event time accepted, in microseconds since 1970 UTC. The core reads no clock: a host
    /// that has one passes its time plus a day, so that one wrong date can't decay the world to
    /// nothing. The default accepts every time.
    pub ceiling: i64,
    /// Opens a file for reading only: no lock is taken and every write is refused.
    pub read_only: bool,
    /// When the records of row calls are durable.
    pub durability: Durability,
    /// The hook of [`Engine::set_interrupt`], in force from the first record of the file on.
    pub interrupt: Option<Interrupt>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Options { seed, ceiling, read_only, durability, interrupt: _ } = self;
        let mut out = f.debug_struct("Options");
        out.field("seed", seed).field("ceiling", ceiling).field("read_only", read_only);
        out.field("durability", durability).finish_non_exhaustive()
    }
}

/// Asked from time to time by long work whether to stop; it must not call the engine.
pub type Interrupt = Arc<dyn Fn() -> bool + Send + Sync>;

impl Default for Options {
    fn default() -> Self {
        Options { seed: 0, ceiling: i64::MAX, read_only: false, durability: Durability::Commit, interrupt: None }
    }
}

/// An engine: one definition, one journal, one state.
///
/// Cloning is cheap and gives another handle to the same engine; all calls are thread-safe.
///
/// ```
/// use bactrian::{Definition, Engine, Id, Options, RowEvent, Value};
///
/// let definition = Definition::from_toml(r#"
///     [event.purchase]
///     customer = "customer"
///     at       = "at"
///     amount   = "amount"
///
///     [feature.spend]
///     sum       = "amount"
///     on        = "purchase"
///     half_life = "90d"
/// "#)?;
/// let engine = Engine::new(&definition, Options::default())?;
/// let day = 86_400_000_000;
/// let event = RowEvent { kind: "purchase", customer: Some(Id::Number(7)), peer: None, at: 0, fields: &[("amount", Value::Number(8.0))] };
/// engine.observe_row(&event)?;
/// let spend = engine.reader(&["spend"])?;
/// let mut value = [0.0];
/// spend.read(Id::Number(7), None, Some(90 * day), &mut value)?;
/// assert_eq!(value, [4.0]);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    world: RwLock<World>,
    ceiling: AtomicI64,
    path: Option<PathBuf>,
    /// The process that opened the engine.
    process: u32,
    /// How often a writer has had the world alone.
    turn: AtomicU64,
    /// What makes the next answer about ties cheap.
    kept: Mutex<social::Kept>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

impl Engine {
    fn with(world: World, options: &Options, path: Option<PathBuf>) -> Self {
        let (ceiling, process) = (AtomicI64::new(options.ceiling), std::process::id());
        Engine {
            shared: Arc::new(Shared {
                world: RwLock::new(world),
                ceiling,
                path,
                process,
                turn: AtomicU64::new(0),
                kept: Mutex::default(),
            }),
        }
    }

    /// Moves the ceiling: the latest event time accepted from now on.
    pub fn set_ceiling(&self, ceiling: i64) {
        self.shared.ceiling.store(ceiling, Ordering::Relaxed);
    }

    fn ceiling(&self) -> i64 {
        self.shared.ceiling.load(Ordering::Relaxed)
    }

    fn world(&self) -> Result<RwLockReadGuard<'_, World>> {
        outside_callbacks()?;
        let world = match self.shared.world.try_read() {
            Ok(world) => world,
            // In a fork the writer that holds the lock may not exist.
            Err(_) => {
                self.own()?;
                self.shared.world.read().map_err(|_| poisoned())?
            }
        };
        world.usable()?;
        Ok(world)
    }

    fn world_mut(&self) -> Result<RwLockWriteGuard<'_, World>> {
        let world = self.world_to_bind()?;
        world.writable()?;
        Ok(world)
    }

    /// The world alone, for what is no write to the journal.
    fn world_to_bind(&self) -> Result<RwLockWriteGuard<'_, World>> {
        outside_callbacks()?;
        self.own()?;
        let world = self.shared.world.write().map_err(|_| poisoned())?;
        // The lock orders this with what readers see.
        self.shared.turn.fetch_add(1, Ordering::Relaxed);
        world.usable()?;
        Ok(world)
    }

    /// A number that every writer moves on: while it stands, so does everything known.
    fn turn(&self) -> u64 {
        self.shared.turn.load(Ordering::Relaxed)
    }

    /// Whether this is the process that opened the file, if there is one.
    fn own(&self) -> Result<()> {
        match &self.shared.path {
            Some(_) if self.shared.process != std::process::id() => Err(forked()),
            _ => Ok(()),
        }
    }
}

fn forked() -> Error {
    Error::new(ErrorKind::Forked, "the engine's file belongs to the process that forked this one")
        .hint("open the file here, read-only beside the other process")
}

/// A callback runs under the lock that it would wait for.
fn outside_callbacks() -> Result<()> {
    match crate::program::is_running() {
        true => Err(Error::new(ErrorKind::Callback, "a callback can't call an engine")),
        false => Ok(()),
    }
}

fn poisoned() -> Error {
    Error::new(ErrorKind::Internal, "an earlier call ended in the middle of a write").hint("open the engine again")
}
