//! Files that a definition names: the models that others trained.
//!
//! `[score.NAME] model = "churn.txt"` names a file, and so does `challenger`. Its content is given with the
//! definition, since this floor makes no use of it, and its hash becomes the key `hash`, or
//! `challenger_hash`, of the score: so a definition means another thing when the file changes, and a journal
//! says which files were in force.

use std::path::Path;
use std::sync::Arc;

use super::model::{Column, Place, Word};
use super::node::{Node, NodeValue};
use super::{Definition, problem};
use crate::base::files::read_whole;
use crate::base::random::hash_bytes;
use crate::base::{Error, ErrorKind, Problem, Result};

/// The files of a definition, by the names that it gives them.
pub(super) type Files = Vec<(String, Arc<[u8]>)>;

/// The file that a score's model is in; `None` where its model is one of our own.
pub(crate) fn file_of(column: &Column) -> Option<&str> {
    column.table.text("model").filter(|model| column.section == "score" && model.contains('.'))
}

/// The keys of a score that name files, each with the one that states the file's hash.
const KEYS: [(&str, &str); 2] = [("model", "hash"), ("challenger", "challenger_hash")];

/// The files of a column: the key of each, that of its hash, and its name.
fn files_of(column: &Column) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
    let imported = file_of(column).is_some();
    KEYS.into_iter().filter(move |_| imported).filter_map(|(key, hash)| Some((key, hash, column.table.text(key)?)))
}

/// The hash of a file as a definition states it.
fn fingerprint(content: &[u8]) -> String {
    format!("{:016x}", hash_bytes(content))
}

impl Definition {
    /// Reads a definition file, which is TOML, or JSON if its name ends so, and the files that it names:
    /// their paths are relative to its own. Cost: that of reading them.
    ///
    /// # Errors
    ///
    /// [`StoreIo`](ErrorKind::StoreIo) and [`InvalidUtf8`](ErrorKind::InvalidUtf8) for the definition
    /// itself; [`DefinitionInvalid`](ErrorKind::DefinitionInvalid) with every mistake, among them files
    /// that can't be read or have another hash than the definition says.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let (definition, problems) = Self::parse_file(path)?;
        problem::refuse(problems).map(|()| definition)
    }

    /// As [`Definition::from_file`], and never stops once the file is read: what is wrong is left out, and
    /// reported.
    ///
    /// # Errors
    ///
    /// `StoreIo`, `InvalidUtf8`.
    pub fn parse_file(path: impl AsRef<Path>) -> Result<(Self, Vec<Problem>)> {
        let path = path.as_ref();
        let bytes = std::fs::read(path)
            .map_err(|error| Error::new(ErrorKind::StoreIo, format!("`{}` can't be read: {error}", path.display())))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            Error::new(ErrorKind::InvalidUtf8, format!("`{}` is no UTF-8 from byte {valid} on", path.display()))
        })?;
        let (mut definition, mut problems) = match path.extension().is_some_and(|extension| extension == "json") {
            true => Definition::parse_json(&text),
            false => Definition::parse(&text),
        };
        definition.read_files(path.parent().unwrap_or(Path::new("")), &mut problems);
        problem::sort(&mut problems);
        Ok((definition, problems))
    }

    /// The definition with the content of a file that it names.
    ///
    /// ```
    /// use bactrian::Definition;
    ///
    /// let definition = Definition::from_toml("[score.churn]\nmodel = \"churn.txt\"")?;
    /// let given = definition.clone().with_file("churn.txt", b"tree".as_slice())?;
    /// assert_ne!(given.hash(), definition.hash());
    /// assert!(given.clone().with_file("churn.txt", b"trees".as_slice()).is_err());
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnknownColumn`](ErrorKind::UnknownColumn) where it names no such file;
    /// [`DefinitionInvalid`](ErrorKind::DefinitionInvalid) where it states another hash.
    pub fn with_file(mut self, name: &str, content: impl Into<Arc<[u8]>>) -> Result<Self> {
        let content = content.into();
        if !self.named_files().iter().any(|word| word.value == name) {
            return Err(Error::new(ErrorKind::UnknownColumn, format!("the definition names no file `{name}`")));
        }
        let mut problems = Vec::new();
        self.pin(name, &fingerprint(&content), &mut problems);
        problem::refuse(problems)?;
        self.keep(name, content);
        Ok(self)
    }

    /// The content of a file that the definition names, once it was given.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.iter().find(|(known, _)| known == name).map(|(_, content)| &**content)
    }

    /// The files that were given, rising by name.
    pub(crate) fn files(&self) -> &[(String, Arc<[u8]>)] {
        &self.files
    }

    /// The definition with files that were kept with it.
    pub(crate) fn with_files(self, files: Files) -> Result<Self> {
        files.into_iter().try_fold(self, |definition, (name, content)| definition.with_file(&name, content))
    }

    /// Reads the files that it names.
    fn read_files(&mut self, directory: &Path, problems: &mut Vec<Problem>) {
        for word in self.named_files() {
            match read_whole(&directory.join(&word.value)) {
                Ok(content) => {
                    self.pin(&word.value, &fingerprint(&content), problems);
                    self.keep(&word.value, content.into());
                }
                Err(error) => problems.push(word.problem(format!("`{}` can't be read: {error}", word.value), None)),
            }
        }
    }

    /// Every file named, once each, where it is named first.
    fn named_files(&self) -> Vec<Word<String>> {
        let mut words: Vec<Word<String>> = Vec::new();
        for (column, (key, _, name)) in self.model.columns.iter().flat_map(|c| files_of(c).map(move |file| (c, file))) {
            if let Some(node) = column.table.get(key).filter(|_| !words.iter().any(|word| word.value == name)) {
                words.push(Word { value: name.to_owned(), place: node.place, path: node.path.clone() });
            }
        }
        words
    }

    fn keep(&mut self, name: &str, content: Arc<[u8]>) {
        self.files.retain(|(known, _)| known != name);
        let place = self.files.partition_point(|(known, _)| known.as_str() < name);
        self.files.insert(place, (name.to_owned(), content));
    }

    /// States the hash of a file wherever the definition names it.
    fn pin(&mut self, name: &str, hash: &str, problems: &mut Vec<Problem>) {
        let named: Vec<(usize, &str)> = (0..)
            .zip(&self.model.columns)
            .flat_map(|(place, column)| {
                files_of(column).filter(|(_, _, file)| *file == name).map(move |(_, key, _)| (place, key))
            })
            .collect();
        for (place, key) in named {
            let Some(column) = self.model.columns.get_mut(place) else { continue };
            if let Some(node) = column.table.get(key) {
                if node.as_text() != Some(hash) {
                    let message = format!("the bytes of `{name}` have the hash `{hash}`, and another is stated");
                    let hint = format!(
                        "leave `{key}` out to take the file as it is; a model's `signature()` hashes its meaning instead"
                    );
                    problems.push(problem::error_at(node.place, &node.path, message, Some(hint)));
                }
                continue;
            }
            let path = format!("{}.{key}", column.table.path);
            let node = Node { place: Place::default(), path: path.clone(), value: NodeValue::Text(hash.to_owned()) };
            let word = Word { value: key.to_owned(), place: Place::default(), path };
            let tables = [Some(&mut column.table), table(&mut self.root, &column.name.value)];
            for table in tables.into_iter().flatten() {
                if let NodeValue::Table(entries) = &mut table.value {
                    entries.push((word.clone(), node.clone()));
                }
            }
        }
    }
}

/// The table of a score in the tree of words.
fn table<'a>(root: &'a mut Node, score: &str) -> Option<&'a mut Node> {
    ["score", score].into_iter().try_fold(root, |node, name| match &mut node.value {
        NodeValue::Table(entries) => entries.iter_mut().find(|(word, _)| word.value == name).map(|(_, node)| node),
        _ => None,
    })
}
