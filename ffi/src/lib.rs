//! The C ABI of Bactrian: every call of `include/bactrian.h`, and nothing that is not in it.
//!
//! A call here is documentation, extraction, one call into the crate `bactrian`, and the mapping of
//! its error; nothing is computed. The conventions that callers rely on stand at the head of the
//! header (`cbindgen.toml`), which `tests/header.rs` writes from these files and compares.
//!
//! Soundness rests on what C callers promise there: a pointer is NULL or points to what its type
//! says, for the length of the call. Types that carry such a promise ([`pointer::Text`],
//! [`value::Id`], references behind `Option`) are made by C callers alone; NULL is always looked for.
#![expect(unsafe_code, reason = "a C ABI exports symbols and follows pointers")]
#![expect(clippy::missing_safety_doc, reason = "what callers promise stands once, at the head of the header")]

pub mod arrow;
pub mod definition;
pub mod engine;
pub mod error;
pub mod models;
pub mod pointer;
pub mod reader;
pub mod result;
pub mod status;
pub mod texts;
pub mod value;
