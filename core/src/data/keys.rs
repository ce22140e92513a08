//! Interned words: kinds, roles, layers, categories.
//!
//! A word is hashed when it is first met in a table, never per row of a column that was read; all
//! comparisons downstream are of the u32.

use hashbrown::HashTable;

use super::hash_text;
use crate::base::{Error, ErrorKind, Result};

/// The most words of one engine: categories with more values than this are ids, not categories.
pub const MAX_KEYS: usize = 1 << 24;

/// The longest word, in bytes.
pub const MAX_KEY_BYTES: usize = 1024;

/// Stands between the names of a set that is told as one word.
const BETWEEN: char = ';';

/// The word of a set of names: each once, by the alphabet (the bytes of their texts), with `;` between them. A name
/// that holds `;` is several. Empty for no name.
pub fn word_of_set<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.flat_map(names_of_set).collect();
    names.sort_unstable();
    names.dedup();
    names.join(&BETWEEN.to_string())
}

/// The names of a set, by its word.
pub fn names_of_set(word: &str) -> impl Iterator<Item = &str> {
    word.split(BETWEEN).map(str::trim).filter(|name| !name.is_empty())
}

/// The interner of words.
///
/// ```
/// use bactrian::data::Keys;
///
/// let mut keys = Keys::default();
/// let email = keys.intern("email")?;
/// assert_eq!(keys.get("email"), Some(email));
/// assert_eq!(keys.text(email), "email");
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Keys {
    texts: Vec<String>,
    table: HashTable<u32>,
}

impl Keys {
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let texts = self.texts.iter().map(String::len).sum::<usize>();
        texts + self.texts.capacity() * size_of::<String>() + self.table.allocation_size()
    }

    /// Words seen so far.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether no word was seen yet.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The number of a word that was seen before.
    pub fn get(&self, text: &str) -> Option<u32> {
        self.find(hash_text(text), text)
    }

    /// The number of a word, given now if it is new.
    ///
    /// # Errors
    ///
    /// `SchemaRange` for a text above [`MAX_KEY_BYTES`] or a word after [`MAX_KEYS`].
    pub fn intern(&mut self, text: &str) -> Result<u32> {
        let hash = hash_text(text);
        if let Some(key) = self.find(hash, text) {
            return Ok(key);
        }
        if text.len() > MAX_KEY_BYTES {
            let message = format!("a category has {} bytes, and at most {MAX_KEY_BYTES} are taken", text.len());
            return Err(Error::new(ErrorKind::SchemaRange, message));
        }
        if self.texts.len() >= MAX_KEYS {
            let message = format!("the engine holds {MAX_KEYS} categories, and can't take `{text}`");
            return Err(Error::new(ErrorKind::SchemaRange, message)
                .hint("a role with a value for each event, such as a basket or a message id, is no category"));
        }
        let key = self.texts.len() as u32;
        self.texts.push(text.to_owned());
        let texts = &self.texts;
        self.table.insert_unique(hash, key, |&other| hash_text(texts.get(other as usize).map_or("", String::as_str)));
        Ok(key)
    }

    /// The word behind a number; empty for a number that was never given.
    pub fn text(&self, key: u32) -> &str {
        self.texts.get(key as usize).map_or("", String::as_str)
    }

    /// All words from number `first` on, for the journal.
    pub fn since(&self, first: usize) -> &[String] {
        self.texts.get(first..).unwrap_or_default()
    }

    /// Appends words that the journal gives back, with the numbers that they had.
    ///
    /// # Errors
    ///
    /// `StoreCorrupt` if one of them is known already or breaks a bound.
    pub fn extend<T: AsRef<str>>(&mut self, texts: &[T]) -> Result<()> {
        for text in texts.iter().map(AsRef::as_ref) {
            let key = self.texts.len();
            if self.intern(text).ok() != Some(key as u32) {
                let message = format!("the journal gives the word `{text}` out of place");
                return Err(Error::new(ErrorKind::StoreCorrupt, message));
            }
        }
        Ok(())
    }

    /// Takes back every number from `len` on, as if those words were never seen.
    pub fn truncate(&mut self, len: usize) {
        while self.texts.len() > len {
            let Some(text) = self.texts.pop() else { return };
            let key = self.texts.len() as u32;
            if let Ok(entry) = self.table.find_entry(hash_text(&text), |&other| other == key) {
                entry.remove();
            }
        }
    }

    fn find(&self, hash: u64, text: &str) -> Option<u32> {
        self.table.find(hash, |&key| self.texts.get(key as usize).is_some_and(|known| known == text)).copied()
    }
}

#[cfg(test)]
mod tests;
