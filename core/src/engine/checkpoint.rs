//! Checkpoints: the state written beside the journal, so that opening folds only what came after.
//!
//! A checkpoint is a shortcut and never the truth: one that was made under another definition, other
//! merges or another version's names is passed over, and the whole journal is folded.

use super::Engine;
use super::world::World;
use crate::base::random::mix;
use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{Reader, Writer};
use crate::data::ids::{Ids, OwnedId};
use crate::data::keys::Keys;
use crate::data::record::Fitted;
use crate::state::{State, VERSION as STATE_VERSION};

/// Kinds of id in a checkpoint.
const NUMBER: u8 = 0;
const TEXT: u8 = 1;
const ERASED: u8 = 2;

impl Engine {
    /// Writes the state beside the journal in one commit: the next opening loads it and folds only
    /// the records that came after. In memory it does nothing. Cost: a pass over the state.
    ///
    /// # Errors
    /// `ReadOnly`; `Store...` if it can't be written.
    pub fn checkpoint(&self) -> Result<()> {
        let mut world = self.world_mut()?;
        let bytes = world.to_checkpoint();
        world.journal.write_checkpoint(&bytes)
    }
}

impl World {
    fn to_checkpoint(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.u64(self.checkpoint_mark());
        out.count(self.state.aliases().len());
        write_names(&self.state, &mut out);
        out.bytes(&self.state.encode());
        out.into_bytes()
    }

    /// Tells a checkpoint of this definition and of this version's state.
    fn checkpoint_mark(&self) -> u64 {
        mix(self.definition.hash(), u64::from(STATE_VERSION), 0)
    }

    /// Takes the state of a checkpoint, if it fits; true if it did. Only before the first record.
    ///
    /// # Errors
    /// `StoreCorrupt` for bytes that are no checkpoint.
    pub fn take_checkpoint(&mut self, bytes: &[u8]) -> Result<bool> {
        let mut from = Reader::with_entries(bytes, bytes.len().saturating_mul(16));
        let (definition, aliases) = (from.u64()?, from.count()?);
        let (ids, keys) = read_names(&mut from)?;
        let lowered = self.state.keys.since(0);
        let names_agree = keys.since(0).get(..lowered.len()) == Some(lowered);
        if definition != self.checkpoint_mark() || aliases != self.state.aliases().len() || !names_agree {
            return Ok(false);
        }
        let merged = self.state.aliases();
        let mut state = State::decode(&self.program, ids, keys, from.bytes()?)?;
        state.set_aliases(merged);
        self.known = (state.ids.len(), state.keys.len());
        self.committed = state.now;
        self.in_force = Some(self.definition.clone());
        self.state = state;
        self.install(&Fitted::default())?;
        Ok(true)
    }
}

/// Ids and keys, by number.
pub(super) fn write_names(state: &State, out: &mut Writer) {
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
    let keys = state.keys.since(0);
    out.count(keys.len());
    keys.iter().for_each(|key| out.text(key));
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
