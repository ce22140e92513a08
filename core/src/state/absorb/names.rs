//! How the names of one state are numbered in another.

use super::super::State;
use super::super::cell::Numbers;
use crate::base::Result;
use crate::data::record::NONE;
use crate::program::Program;

/// Numbers and positions in the state that absorbs.
pub(super) struct Names {
    /// Customers by their number there; NONE for an erased one.
    pub customers: Vec<u32>,
    /// Names by their number there.
    pub keys: Numbers,
    /// By feature here, the feature there that means the same.
    pub features: Vec<Option<usize>>,
    /// By kind there.
    pub kinds: Vec<Option<usize>>,
    /// By slot here, the slot there.
    pub slots: Vec<Option<usize>>,
    /// By trait there.
    pub traits: Vec<Option<usize>>,
    /// By segment there.
    pub segments: Vec<Option<usize>>,
}

impl Names {
    /// Matches the names of `other`; those that are new here are numbered now.
    pub fn new(state: &mut State, program: &Program, other: &State, theirs: &Program) -> Result<Self> {
        let mut customers = Vec::with_capacity(other.ids.len());
        for number in 0..other.customers() {
            let name = other.ids.name(number).and_then(|id| id.borrow());
            let own = name.map(|id| state.ids.intern(id)).transpose()?;
            customers.push(own.map_or(NONE, |own| state.resolve(own)));
        }
        let keys = other.keys.since(0).iter().map(|text| state.keys.intern(text)).collect::<Result<_>>()?;
        let keys = Numbers::new(keys, state.keys.len());
        let meanings: Vec<String> = theirs.features.iter().map(|it| theirs.meaning_of(it, &other.keys)).collect();
        let alike = |meaning: String| meanings.iter().position(|known| *known == meaning);
        Ok(Names {
            customers,
            keys,
            features: program.features.iter().map(|it| alike(program.meaning_of(it, &state.keys))).collect(),
            kinds: matched(&theirs.kinds, &program.kinds, |a, b| a.name == b.name),
            slots: matched(&program.slots, &theirs.slots, |a, b| a.role == b.role && a.kind == b.kind),
            traits: matched(&theirs.traits, &program.traits, |a, b| a.name == b.name && a.kind == b.kind),
            segments: matched(&theirs.segments, &program.segments, |a, b| a.name == b.name),
        })
    }

    /// A customer, or NONE for an erased one and for nobody.
    pub fn customer(&self, number: u32) -> u32 {
        self.customers.get(number as usize).copied().unwrap_or(NONE)
    }

    /// A name as a value.
    pub fn value(&self, x: f64) -> f64 {
        let known = Some(x).filter(|x| !x.is_nan());
        known.and_then(|x| self.keys.get(x as u32)).map_or(f64::NAN, f64::from)
    }
}

/// By each of `of`, the position among `among` of the one that is alike.
fn matched<T>(of: &[T], among: &[T], alike: impl Fn(&T, &T) -> bool) -> Vec<Option<usize>> {
    of.iter().map(|one| among.iter().position(|other| alike(one, other))).collect()
}
