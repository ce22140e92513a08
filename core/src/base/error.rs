//! One error type for the whole house, with frozen numbers shared by Rust, C and Python.
//!
//! Texts are lower case, without a full stop, with the user's words in backticks and, where one
//! helps, a hint. A number is never reused: bands leave room (1xx definition, 2xx schema,
//! 3xx names, 4xx state, 5xx store, 9xx internal).

use std::fmt;

/// The result of every fallible call of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, as a frozen number; the hundreds name the Python exception class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The definition has mistakes; [`Error::problems`] lists all of them.
    DefinitionInvalid = 100,
    /// The definition asks for parts that this version does not have yet.
    DefinitionNotYet = 101,
    /// The file was written under another definition than the one given.
    DefinitionMismatch = 102,
    /// A value or column has the wrong type.
    SchemaType = 200,
    /// A required column or value is missing.
    SchemaMissing = 201,
    /// An Arrow array or stream is malformed or of an unsupported layout.
    SchemaArrow = 202,
    /// A value is outside of its range (non-finite number, time out of range).
    SchemaRange = 203,
    /// The one row of a call was refused; calls with many rows report them instead.
    RowRejected = 204,
    /// A pointer that must not be NULL is NULL.
    NullPointer = 210,
    /// Text is not valid UTF-8.
    InvalidUtf8 = 211,
    /// An option struct has a size that this version does not know.
    StructSize = 212,
    /// No column has this name.
    UnknownColumn = 300,
    /// No customer has this id.
    UnknownCustomer = 301,
    /// No segment, or no such cell of it, has this name.
    UnknownSegment = 302,
    /// No event kind, role, trait or tie has this name.
    UnknownWord = 303,
    /// No decision has this id.
    UnknownDecision = 304,
    /// The moment asked for lies before the engine's clock.
    TimePast = 400,
    /// The moment given lies beyond the ceiling that the host allows.
    TimeBeyondCeiling = 401,
    /// The engine was opened read-only.
    ReadOnly = 402,
    /// The engine was closed.
    Closed = 403,
    /// The population gives too little to fit from.
    NotEnoughData = 404,
    /// The engine was carried over a fork of the process.
    Forked = 405,
    /// The call was interrupted by its host.
    Interrupted = 406,
    /// Two partial states have events that can't be put together.
    NotMergeable = 407,
    /// The operating system refused a read or a write.
    StoreIo = 500,
    /// The file is damaged, truncated or not an engine file.
    StoreCorrupt = 501,
    /// Another process or handle has the file open for writing.
    StoreLocked = 502,
    /// The file was written by a version that this one does not read.
    StoreVersion = 503,
    /// A mistake of this library; please report it.
    Internal = 900,
}

/// How much a [`Problem`] weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The definition cannot be used.
    Error,
    /// The definition is right, but this version does not have the part yet.
    NotYet,
    /// The definition runs; the reader may want to know.
    Warning,
}

/// One finding of `check`, with the place of the word that caused it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How much it weighs.
    pub severity: Severity,
    /// Line, from 1; 0 where the definition has no text (a dict).
    pub line: u32,
    /// Column in characters, from 1; 0 where the definition has no text.
    pub column: u32,
    /// The path of the word, as in `segment.strategic.axis.value`.
    pub path: String,
    /// What is wrong and what was expected.
    pub message: String,
    /// What to do about it, such as the nearest name.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}, column {}: ", self.line, self.column)?;
        }
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// An error of any floor: a frozen kind, a message and, where one helps, a hint.
///
/// ```
/// use bactrian::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::UnknownColumn, "no column `clvv`").hint("did you mean `clv`?");
/// assert_eq!(error.kind().code(), 300);
/// assert_eq!(error.to_string(), "no column `clvv` (did you mean `clv`?)");
/// ```
#[derive(Debug, Clone, thiserror::Error)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    problems: Vec<Problem>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, " ({hint})")?;
        }
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl ErrorKind {
    /// The frozen number, equal to `bactrian_status` in C and `.code` in Python.
    pub const fn code(self) -> u32 {
        self as u32
    }
}

impl Error {
    /// An error of `kind` that says `message`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), hint: None, problems: Vec::new() }
    }

    /// The same error with a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error with the findings that caused it.
    pub fn with_problems(mut self, problems: Vec<Problem>) -> Self {
        self.problems = problems;
        self
    }

    /// What went wrong, as a frozen number.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What went wrong, in words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, if something helps.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// All findings of a definition error; empty for other kinds.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}
