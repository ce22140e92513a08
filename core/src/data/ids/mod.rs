//! External ids, interned to a dense u32.
//!
//! A text that is the canonical decimal form of a u64 is the same id as that number, so that a
//! command line, a CSV file and an integer column mean the same customer. Dense numbers are given
//! in order of first sight and never change; an erased customer keeps the number and loses the
//! name. Looking up a number costs one cache miss, which [`Ids::intern_numbers`] overlaps with its
//! neighbours'; a text costs three.

mod numbers;

use std::fmt;

use hashbrown::HashTable;

use self::numbers::Numbers;
use super::hash_text;
use super::record::NONE;
use crate::base::random::{hash_bytes, mix};
use crate::base::{Error, ErrorKind, Result};

/// The longest text id, in bytes.
pub const MAX_ID_BYTES: usize = 1024;

/// An external id as the host gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Id<'a> {
    /// A number.
    Number(u64),
    /// A text.
    Text(&'a str),
}

/// An external id that owns its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnedId {
    /// A number.
    Number(u64),
    /// A text that is not the canonical form of a u64.
    Text(Box<str>),
    /// An erased customer: the dense number stays, the name is gone.
    Erased,
}

impl<'a> Id<'a> {
    /// The same id in its one form: a text that is the canonical decimal of a u64 is that number.
    ///
    /// ```
    /// use bactrian::data::Id;
    ///
    /// assert_eq!(Id::Text("17850").canonical(), Id::Number(17850));
    /// assert_eq!(Id::Text("017850").canonical(), Id::Text("017850"));
    /// ```
    pub fn canonical(self) -> Id<'a> {
        match self {
            Id::Text(text) => canonical_number(text).map_or(self, Id::Number),
            Id::Number(_) => self,
        }
    }
}

fn canonical_number(text: &str) -> Option<u64> {
    let first = *text.as_bytes().first()?;
    let plain = text.len() <= 20 && first.is_ascii_digit() && (first != b'0' || text.len() == 1);
    // `parse` also takes a leading `+`, which the first digit rules out.
    if plain { text.parse().ok() } else { None }
}

impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Id::Number(number) => number.fmt(f),
            Id::Text(text) => text.fmt(f),
        }
    }
}

impl OwnedId {
    /// The id borrowed; nothing for an erased customer.
    pub fn borrow(&self) -> Option<Id<'_>> {
        match self {
            OwnedId::Number(number) => Some(Id::Number(*number)),
            OwnedId::Text(text) => Some(Id::Text(text)),
            OwnedId::Erased => None,
        }
    }
}

impl From<Id<'_>> for OwnedId {
    fn from(id: Id<'_>) -> OwnedId {
        match id.canonical() {
            Id::Number(number) => OwnedId::Number(number),
            Id::Text(text) => OwnedId::Text(text.into()),
        }
    }
}

impl fmt::Display for OwnedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.borrow() {
            Some(id) => id.fmt(f),
            None => f.write_str("(erased)"),
        }
    }
}

/// The interner of ids.
///
/// ```
/// use bactrian::data::{Id, Ids};
///
/// let mut ids = Ids::default();
/// assert_eq!(ids.intern(Id::Text("17850"))?, 0);
/// assert_eq!(ids.intern(Id::Text("anna"))?, 1);
/// assert_eq!(ids.get(Id::Number(17850)), Some(0));
/// assert_eq!(ids.name(1).map(|id| id.to_string()).as_deref(), Some("anna"));
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Ids {
    names: Vec<OwnedId>,
    numbers: Numbers,
    texts: HashTable<u32>,
    limit: usize,
}

impl Default for Ids {
    fn default() -> Self {
        // The last number marks "nobody".
        Ids { names: Vec::new(), numbers: Numbers::default(), texts: HashTable::new(), limit: NONE as usize }
    }
}

impl Ids {
    /// Whether the dense number is that of a customer who was not erased.
    pub fn is_live(&self, dense: u32) -> bool {
        self.name(dense).is_some_and(|id| *id != OwnedId::Erased)
    }

    /// A hash of the id behind a dense number, the same wherever the id is met; 0 where there is none.
    pub fn mark(&self, dense: u32) -> u64 {
        match self.name(dense) {
            Some(OwnedId::Number(number)) => mix(1, *number, 0),
            Some(OwnedId::Text(text)) => hash_bytes(text.as_bytes()),
            _ => 0,
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let text = |id: &OwnedId| if let OwnedId::Text(text) = id { text.len() } else { 0 };
        let names = self.names.capacity() * size_of::<OwnedId>() + self.names.iter().map(text).sum::<usize>();
        names + self.numbers.bytes() + self.texts.allocation_size()
    }

    /// Dense numbers given so far, those of erased customers included.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether no id was seen yet.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The dense number of an id that was seen before.
    pub fn get(&self, id: Id<'_>) -> Option<u32> {
        match id.canonical() {
            Id::Number(number) => self.numbers.get(number),
            Id::Text(text) => self.texts.find(hash_text(text), |&dense| self.is_text(dense, text)).copied(),
        }
    }

    /// The dense number of an id, given now if it is new.
    ///
    /// # Errors
    ///
    /// `SchemaRange` for an empty text, one above [`MAX_ID_BYTES`], or the id after 4,294,967,295.
    pub fn intern(&mut self, id: Id<'_>) -> Result<u32> {
        match id.canonical() {
            Id::Number(number) => self.intern_number(number),
            Id::Text(text) => self.intern_text(text),
        }
    }

    /// Interns a column of numbers, appending one dense number a row to `out`.
    ///
    /// # Errors
    ///
    /// `SchemaRange` where there is no dense number left; `out` and the ids seen so far stay.
    pub fn intern_numbers(&mut self, numbers: &[u64], out: &mut Vec<u32>) -> Result<()> {
        // Hits on the home slot of a whole block first: the loads don't depend on each other, so
        // their cache misses overlap. What is left is near by then.
        const BLOCK: usize = 32;
        out.reserve(numbers.len());
        let mut found = [NONE; BLOCK];
        for block in numbers.chunks(BLOCK) {
            self.numbers.first_probe(block, &mut found);
            for (&number, &dense) in block.iter().zip(&found) {
                out.push(if dense == NONE { self.intern_number(number)? } else { dense });
            }
        }
        Ok(())
    }

    /// The id behind a dense number.
    pub fn name(&self, dense: u32) -> Option<&OwnedId> {
        self.names.get(dense as usize)
    }

    /// All ids from dense number `first` on, for the journal.
    pub fn since(&self, first: usize) -> &[OwnedId] {
        self.names.get(first..).unwrap_or_default()
    }

    /// Appends ids that the journal gives back, with the dense numbers that they had.
    ///
    /// # Errors
    ///
    /// `StoreCorrupt` if one of them is known already, is not canonical or is too long.
    pub fn extend(&mut self, ids: &[OwnedId]) -> Result<()> {
        for id in ids {
            let dense = self.names.len();
            match id.borrow() {
                Some(Id::Text(text)) if canonical_number(text).is_some() => return Err(damaged(id)),
                Some(borrowed) if self.intern(borrowed).ok() != Some(dense as u32) => return Err(damaged(id)),
                Some(_) => (),
                None => {
                    self.next()?;
                    self.names.push(OwnedId::Erased);
                }
            }
        }
        Ok(())
    }

    /// Forgets the name behind a dense number; the number is never given again.
    pub fn erase(&mut self, dense: u32) {
        self.unlink(dense);
        if let Some(name) = self.names.get_mut(dense as usize) {
            *name = OwnedId::Erased;
        }
    }

    /// Takes back every dense number from `len` on, as if those ids were never seen.
    pub fn truncate(&mut self, len: usize) {
        while self.names.len() > len {
            self.unlink((self.names.len() - 1) as u32);
            self.names.pop();
        }
    }

    fn unlink(&mut self, dense: u32) {
        match self.names.get(dense as usize) {
            Some(OwnedId::Number(number)) => self.numbers.remove(*number),
            Some(OwnedId::Text(text)) => {
                if let Ok(entry) = self.texts.find_entry(hash_text(text), |&other| other == dense) {
                    entry.remove();
                }
            }
            _ => (),
        }
    }

    fn intern_number(&mut self, number: u64) -> Result<u32> {
        if let Some(dense) = self.numbers.get(number) {
            return Ok(dense);
        }
        let dense = self.next()?;
        self.numbers.insert(number, dense);
        self.names.push(OwnedId::Number(number));
        Ok(dense)
    }

    fn intern_text(&mut self, text: &str) -> Result<u32> {
        let hash = hash_text(text);
        if let Some(&dense) = self.texts.find(hash, |&dense| self.is_text(dense, text)) {
            return Ok(dense);
        }
        if text.is_empty() {
            return Err(Error::new(ErrorKind::SchemaRange, "an id is empty"));
        }
        if text.len() > MAX_ID_BYTES {
            let message = format!("an id has {} bytes, and at most {MAX_ID_BYTES} are taken", text.len());
            return Err(Error::new(ErrorKind::SchemaRange, message));
        }
        let dense = self.next()?;
        self.names.push(OwnedId::Text(text.into()));
        let names = &self.names;
        self.texts.insert_unique(hash, dense, |&other| match names.get(other as usize) {
            Some(OwnedId::Text(text)) => hash_text(text),
            _ => 0,
        });
        Ok(dense)
    }

    fn is_text(&self, dense: u32, text: &str) -> bool {
        matches!(self.names.get(dense as usize), Some(OwnedId::Text(known)) if **known == *text)
    }

    fn next(&self) -> Result<u32> {
        match u32::try_from(self.names.len()) {
            Ok(dense) if (dense as usize) < self.limit => Ok(dense),
            _ => Err(Error::new(ErrorKind::SchemaRange, "the engine holds 4,294,967,295 ids, and can't take more")
                .hint("split the customers over several engines")),
        }
    }
}

fn damaged(id: &OwnedId) -> Error {
    Error::new(ErrorKind::StoreCorrupt, format!("the journal gives the id `{id}` out of place"))
}

#[cfg(test)]
mod tests;
