//! What an engine keeps in memory, by part.

use std::ffi::c_char;
use std::ptr;

use crate::error::guard_or;
use crate::texts::Texts;

/// A part of an engine's memory.
#[repr(C)]
pub struct MemoryPart {
    /// What it holds, such as `features` or `ids`.
    pub name: *const c_char,
    /// Its bytes.
    pub bytes: u64,
    /// Its bytes a customer; what an engine has without customers counts as one's.
    pub bytes_per_customer: f64,
}

/// The parts of `bactrian_engine_memory`.
pub struct MemoryParts {
    parts: Vec<MemoryPart>,
    _texts: Texts,
}

impl MemoryParts {
    pub(crate) fn new(stats: &bactrian::Stats) -> Self {
        let mut texts = Texts::default();
        let view = |((name, bytes), (_, bytes_per_customer)): (&(&str, usize), (&str, f64))| MemoryPart {
            name: texts.add(name),
            bytes: *bytes as u64,
            bytes_per_customer,
        };
        let parts = stats.memory.iter().zip(stats.bytes_per_customer()).map(view).collect();
        MemoryParts { parts, _texts: texts }
    }
}

/// How many parts; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_memory_parts_count(parts: Option<&MemoryParts>) -> usize {
    parts.map_or(0, |parts| parts.parts.len())
}

/// One part; NULL from the end on. Valid as long as `parts`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_memory_parts_at(parts: Option<&MemoryParts>, index: usize) -> *const MemoryPart {
    parts.and_then(|parts| parts.parts.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// Gives parts back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_memory_parts_free(parts: Option<Box<MemoryParts>>) {
    guard_or((), || drop(parts));
}
