//! One number for everything known, however its names came to be numbered.
//!
//! Dense numbers are given in the order of first sight, which a batch and its rows sent singly need not
//! share. So the state is taken over into one whose names stand in an order that everyone finds: those
//! of the definition first, then by text; ids by number and text.

use super::Engine;
use super::world::{World, program_of};
use crate::base::Result;
use crate::base::random::hash_bytes;
use crate::data::ids::{Ids, OwnedId};
use crate::data::keys::Keys;
use crate::data::record::NONE;
use crate::state::State;

impl Engine {
    /// One number for everything known: engines that know the same have the same digest, to the bit, on
    /// any machine, after reopening, and for a batch as for its rows sent singly. The parameters of fits
    /// count as they were published. Cost: a copy of the state.
    ///
    /// # Errors
    /// `Closed` once the engine was closed.
    pub fn digest(&self) -> Result<u64> {
        self.world()?.digest()
    }
}

impl World {
    fn digest(&self) -> Result<u64> {
        let mut keys = Keys::default();
        let program = program_of(&self.definition, &mut keys)?;
        let mut texts: Vec<&String> = self.state.keys.since(0).iter().collect();
        texts.sort_unstable();
        texts.into_iter().try_for_each(|text| keys.intern(text).map(drop))?;
        let mut names: Vec<&OwnedId> = self.state.ids.since(0).iter().filter(|id| **id != OwnedId::Erased).collect();
        names.sort_unstable();
        let mut ids = Ids::default();
        names.into_iter().filter_map(OwnedId::borrow).try_for_each(|id| ids.intern(id).map(drop))?;
        let mut state = State::new(&program, ids, keys);
        state.absorb(&program, &self.state, &self.program)?;
        state.sequence = self.state.sequence;
        state.fits.clone_from(&self.state.fits);
        let customer = |old: u32| {
            let id = self.state.ids.name(old).and_then(OwnedId::borrow);
            id.and_then(|id| state.ids.get(id)).unwrap_or(NONE)
        };
        let key = |old: u32| if old == NONE { NONE } else { state.keys.get(self.state.keys.text(old)).unwrap_or(NONE) };
        let ledger = self.ledger.renumbered(customer, key);
        let mut bytes = state.encode();
        bytes.extend(ledger.encode(self.state.now));
        Ok(hash_bytes(&bytes))
    }
}
