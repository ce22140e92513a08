//! Checkpoints and the base: the state written beside the journal.
//!
//! A checkpoint is a shortcut and never the truth: one that was made under another definition, other
//! merges or another version's names is passed over, and the whole journal is folded. The base is
//! the truth about the records before it, which are gone: `[time] keep` says how long they stay.

use super::Engine;
use super::journal::Journal;
use super::ledger::Ledger;
use super::world::World;
use crate::base::random::mix;
use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{Reader, Writer};
use crate::data::ids::{Ids, OwnedId};
use crate::data::keys::Keys;
use crate::data::record::Fitted;
use crate::definition::Definition;
use crate::state::{State, VERSION as STATE_VERSION};

/// Kinds of id in a checkpoint.
const NUMBER: u8 = 0;
const TEXT: u8 = 1;
const ERASED: u8 = 2;

impl Engine {
    /// Writes the state beside the journal in one commit: the next opening loads it and folds only
    /// the records that came after. Where the definition says `[time] keep = "365d"`, records that
    /// were taken longer ago than that by the engine's clock are folded into a base and leave the
    /// journal: columns stay to the bit, and what would read those records one by one has them no
    /// more (`training_set` before the base, `crossings`, `export`, columns that [`Engine::redefine`]
    /// adds). Waits for the disk. Cost: a pass over the state, and over the journal where records leave it.
    ///
    /// # Errors
    /// `ReadOnly`; `Store...` if it can't be written; `Interrupted`.
    pub fn checkpoint(&self) -> Result<()> {
        self.world_mut()?.write_down()
    }
}

impl World {
    fn write_down(&mut self) -> Result<()> {
        self.flush()?;
        let mut out = Writer::default();
        self.write_state(self.state.keys.len(), &mut out);
        let checkpoint = out.into_bytes();
        match self.first_to_keep()? {
            None => self.journal.write_checkpoint(&checkpoint),
            Some(first) => {
                let base = self.base_before(first)?;
                self.journal.fold_before(first, &base, &checkpoint)
            }
        }
    }

    /// Sequence number of the first record that is young enough to stay, if there are older ones.
    fn first_to_keep(&self) -> Result<Option<u64>> {
        let Some(keep) = self.program.time.keep else { return Ok(None) };
        let edge = self.state.now.saturating_sub(keep);
        let young = self.journal.find(|batch| batch.now >= edge)?;
        let first = young.map_or(self.state.sequence, |batch| batch.sequence);
        Ok(Some(first).filter(|first| *first > self.journal.first()))
    }

    /// The state as the records before `first` have it.
    fn base_before(&self, first: u64) -> Result<Vec<u8>> {
        let mut past = self.beginning()?;
        self.journal.replay(|batch| if batch.sequence < first { past.apply(&batch) } else { Ok(()) })?;
        Ok(past.to_base())
    }

    /// The bytes of a base that stands for all records folded so far.
    pub fn to_base(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.u64(self.state.sequence);
        out.text(&self.in_force.as_ref().unwrap_or(&self.definition).to_toml());
        self.write_state(self.known.1, &mut out);
        out.into_bytes()
    }

    /// A world of the same definition and names at the first record that the journal keeps.
    pub fn beginning(&self) -> Result<World> {
        let keys = self.state.keys.clone();
        let mut world = World::new(self.definition.clone(), self.seed, keys, Journal::memory(), true)?;
        world.state.set_aliases(self.state.aliases());
        if let Some(base) = self.journal.base()? {
            world.take_base(&base)?;
        }
        Ok(world)
    }

    fn write_state(&self, keys: usize, out: &mut Writer) {
        out.u64(self.mark());
        out.count(self.state.aliases().len());
        write_names(&self.state, keys, out);
        out.bytes(&self.state.encode());
        out.bytes(&self.ledger.encode(self.state.now));
    }

    /// Tells a state of this definition and of this version.
    fn mark(&self) -> u64 {
        mix(self.definition.hash(), u64::from(STATE_VERSION), 0)
    }

    /// Takes the state of a checkpoint, if it fits; true if it did. Only before the first record.
    ///
    /// # Errors
    /// `StoreCorrupt` for bytes that are no checkpoint.
    pub fn take_checkpoint(&mut self, bytes: &[u8]) -> Result<bool> {
        let mut from = reader(bytes);
        let (mark, aliases) = (from.u64()?, from.count()?);
        let (ids, keys) = read_names(&mut from)?;
        let lowered = self.state.keys.since(0);
        let names_agree = keys.since(0).get(..lowered.len()) == Some(lowered);
        if mark != self.mark() || aliases != self.state.aliases().len() || !names_agree {
            return Ok(false);
        }
        let known = keys.len();
        self.take_state(ids, keys, known, &mut from)?;
        self.in_force = Some(self.definition.clone());
        self.install(&Fitted::default())?;
        Ok(true)
    }

    /// Takes the state of the base. Only before the first record.
    ///
    /// # Errors
    /// `StoreCorrupt` for bytes that are no base, or one that does not fit the rest of the file.
    pub fn take_base(&mut self, bytes: &[u8]) -> Result<()> {
        let mut from = reader(bytes);
        let (first, in_force) = (from.u64()?, Definition::from_toml(from.text()?)?);
        let (mark, aliases) = (from.u64()?, from.count()?);
        let (ids, keys) = read_names(&mut from)?;
        // Names read ahead stand behind those of the base.
        let names_agree = self.state.keys.since(0).get(..keys.len()) == Some(keys.since(0));
        if mark != self.mark() || aliases != self.state.aliases().len() || !names_agree {
            return Err(Error::new(
                ErrorKind::StoreCorrupt,
                "the base of the journal does not fit the rest of the file",
            ));
        }
        self.take_state(ids, self.state.keys.clone(), keys.len(), &mut from)?;
        if self.state.sequence != first {
            return Err(Error::new(ErrorKind::StoreCorrupt, "the base of the journal ends elsewhere than it says"));
        }
        self.in_force = Some(in_force);
        self.install(&Fitted::default())
    }

    fn take_state(&mut self, ids: Ids, keys: Keys, known: usize, from: &mut Reader<'_>) -> Result<()> {
        let merged = self.state.aliases();
        let mut state = State::decode(&self.program, ids, keys, from.bytes()?)?;
        self.ledger = Ledger::decode(from.bytes()?)?;
        state.set_aliases(merged);
        self.known = (state.ids.len(), known);
        self.committed = state.now;
        self.state = state;
        Ok(())
    }
}

fn reader(bytes: &[u8]) -> Reader<'_> {
    Reader::with_entries(bytes, bytes.len().saturating_mul(16))
}

/// The names that a base has.
///
/// # Errors
/// `StoreCorrupt` for bytes that are no base.
pub(super) fn base_keys(base: &[u8]) -> Result<Keys> {
    let mut from = reader(base);
    from.u64()?;
    from.text()?;
    from.u64()?;
    from.count()?;
    Ok(read_names(&mut from)?.1)
}

/// Ids and the first `keys` keys, by number.
pub(super) fn write_names(state: &State, keys: usize, out: &mut Writer) {
    let ids = state.ids.since(0);
    out.count(ids.len());
    for id in ids {
        match id {
            OwnedId::Number(number) => {
                out.u8(NUMBER);
                out.u64(*number);
            }
            OwnedId::Text(text) => {
                out.u8(TEXT);
                out.text(text);
            }
            OwnedId::Erased => out.u8(ERASED),
        }
    }
    out.count(keys);
    state.keys.since(0).iter().take(keys).for_each(|key| out.text(key));
}

/// What [`write_names`] wrote.
pub(super) fn read_names(from: &mut Reader<'_>) -> Result<(Ids, Keys)> {
    Ok((read_ids(from)?, read_keys(from)?))
}

fn read_ids(from: &mut Reader<'_>) -> Result<Ids> {
    let mut ids = Ids::default();
    for _ in 0..from.count()? {
        let id = match from.u8()? {
            NUMBER => OwnedId::Number(from.u64()?),
            TEXT => OwnedId::Text(from.text()?.into()),
            ERASED => OwnedId::Erased,
            _ => return Err(Error::new(ErrorKind::StoreCorrupt, "the checkpoint holds an unknown kind of id")),
        };
        ids.extend(&[id])?;
    }
    Ok(ids)
}

fn read_keys(from: &mut Reader<'_>) -> Result<Keys> {
    let mut keys = Keys::default();
    for _ in 0..from.count()? {
        keys.extend(&[from.text()?])?;
    }
    Ok(keys)
}
