//! Definitions, and what is wrong with them.

use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;

use bactrian::Severity;

use crate::error::{guard, guard_or};
use crate::pointer::{Text, given, hand_out};
use crate::status::Status;
use crate::texts::Texts;

/// What a user declares: events, features, scores, segments, actions. It never changes.
pub struct Definition {
    pub(crate) definition: bactrian::Definition,
    toml: OnceLock<CString>,
    json: OnceLock<CString>,
    fingerprint: OnceLock<CString>,
}

impl Definition {
    pub(crate) fn new(definition: bactrian::Definition) -> Self {
        Definition { definition, toml: OnceLock::new(), json: OnceLock::new(), fingerprint: OnceLock::new() }
    }
}

/// Reads a definition from TOML.
///
/// Errors: `DEFINITION_INVALID`, and `bactrian_error_problem` gives every mistake with its place.
///
/// ```c
/// bactrian_definition *definition = NULL;
/// status = bactrian_definition_from_toml("[event.visit]\ncustomer = \"who\"\nat = \"when\"\n", &definition);
/// ```
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_definition_from_toml(
    text: Text<'_>,
    definition: Option<&mut MaybeUninit<*mut Definition>>,
) -> Status {
    guard(|| {
        let place = given(definition, "definition")?;
        hand_out(place, Definition::new(bactrian::Definition::from_toml(text.required("text")?)?));
        Ok(())
    })
}

/// Reads a definition from JSON of the same shape.
///
/// Errors: `DEFINITION_INVALID`; the findings name paths, their lines and columns are 0.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_definition_from_json(
    text: Text<'_>,
    definition: Option<&mut MaybeUninit<*mut Definition>>,
) -> Status {
    guard(|| {
        let place = given(definition, "definition")?;
        hand_out(place, Definition::new(bactrian::Definition::from_json(text.required("text")?)?));
        Ok(())
    })
}

/// Reads a definition from a file of TOML, or of JSON if its name ends so, and the model files that it
/// names; their paths are relative to its own.
///
/// Errors: `STORE_IO` if it can't be read, `INVALID_UTF8`, `DEFINITION_INVALID`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_definition_from_file(
    path: Text<'_>,
    definition: Option<&mut MaybeUninit<*mut Definition>>,
) -> Status {
    guard(|| {
        let place = given(definition, "definition")?;
        hand_out(place, Definition::new(bactrian::Definition::from_file(path.required("path")?)?));
        Ok(())
    })
}

/// The definition as TOML, without comments; it reads back to the same meaning. Valid as long as the
/// definition; NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_definition_toml(definition: Option<&Definition>) -> *const c_char {
    guard_or(ptr::null(), || {
        definition.map_or(ptr::null(), |handle| kept(&handle.toml, || handle.definition.to_toml()))
    })
}

/// The definition as JSON; it reads back to the same meaning. Valid as long as the definition; NULL
/// for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_definition_json(definition: Option<&Definition>) -> *const c_char {
    guard_or(ptr::null(), || {
        definition.map_or(ptr::null(), |handle| kept(&handle.json, || handle.definition.to_json()))
    })
}

/// 16 hexadecimal digits for the meaning of the definition: comments, white space and the order of
/// named tables leave them as they are. Valid as long as the definition; NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_definition_fingerprint(definition: Option<&Definition>) -> *const c_char {
    guard_or(ptr::null(), || {
        definition.map_or(ptr::null(), |handle| kept(&handle.fingerprint, || handle.definition.fingerprint()))
    })
}

fn kept(cell: &OnceLock<CString>, text: impl FnOnce() -> String) -> *const c_char {
    cell.get_or_init(|| CString::new(text()).unwrap_or_default()).as_ptr()
}

/// Gives a definition back; NULL is fine. Engines that were opened with it keep their own.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_definition_free(definition: Option<Box<Definition>>) {
    guard_or((), || drop(definition));
}

/// How much a finding weighs.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The definition cannot be used.
    Error = 1,
    /// The definition is right, but this version does not have the part yet.
    NotYet = 2,
    /// The definition runs; the reader may want to know.
    Warning = 3,
}

/// One finding about a definition.
#[repr(C)]
pub struct Problem {
    /// How much it weighs.
    pub severity: Weight,
    /// Line, from 1; 0 where the definition has no lines (JSON).
    pub line: u32,
    /// Column in characters, from 1; 0 where the definition has no lines.
    pub column: u32,
    /// The path of the word, as in `segment.strategic.axis.value`.
    pub path: *const c_char,
    /// What is wrong, and what was expected.
    pub message: *const c_char,
    /// What to do about it, such as the nearest name; NULL if nothing helps.
    pub hint: *const c_char,
}

/// Findings for C, their texts kept in `texts`.
pub(crate) fn views(problems: &[bactrian::Problem], texts: &mut Texts) -> Vec<Problem> {
    let view = |problem: &bactrian::Problem| Problem {
        severity: match problem.severity {
            Severity::Error => Weight::Error,
            Severity::NotYet => Weight::NotYet,
            Severity::Warning => Weight::Warning,
        },
        line: problem.line,
        column: problem.column,
        path: texts.add(&problem.path),
        message: texts.add(&problem.message),
        hint: texts.add_if(problem.hint.as_deref()),
    };
    problems.iter().map(view).collect()
}

/// The findings of `bactrian_check`.
pub struct Problems {
    views: Vec<Problem>,
    _texts: Texts,
}

/// Finds everything that is to be said about a definition in TOML: all mistakes at once, parts that
/// this version does not have yet, warnings; sorted by place. A definition with findings is no error
/// of this call.
///
/// Errors: those of the pointers alone.
///
/// ```c
/// bactrian_problems *problems = NULL;
/// if (bactrian_check(text, &problems) == BACTRIAN_STATUS_OK) {
///     for (size_t i = 0; i < bactrian_problems_count(problems); i++) {
///         const bactrian_problem *problem = bactrian_problems_at(problems, i);
///         printf("%u:%u %s\n", problem->line, problem->column, problem->message);
///     }
///     bactrian_problems_free(problems);
/// }
/// ```
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_check(text: Text<'_>, problems: Option<&mut MaybeUninit<*mut Problems>>) -> Status {
    guard(|| {
        let place = given(problems, "problems")?;
        let found = bactrian::check_text(text.required("text")?);
        let mut texts = Texts::default();
        hand_out(place, Problems { views: views(&found, &mut texts), _texts: texts });
        Ok(())
    })
}

/// How many findings; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_problems_count(problems: Option<&Problems>) -> usize {
    problems.map_or(0, |problems| problems.views.len())
}

/// One finding; NULL from the end on. Valid as long as `problems`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_problems_at(problems: Option<&Problems>, index: usize) -> *const Problem {
    problems.and_then(|problems| problems.views.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// Gives findings back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_problems_free(problems: Option<Box<Problems>>) {
    guard_or((), || drop(problems));
}
