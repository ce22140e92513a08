//! Texts handed to C: they end with a NUL, and stay where they are as long as their handle lives.

use std::ffi::c_char;

/// Bytes of a chunk; longer texts get a chunk of their own.
const CHUNK: usize = 1024;

/// The texts of one handle, in chunks that never grow, so that addresses stay.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    chunks: Vec<Vec<u8>>,
}

impl Texts {
    /// Keeps a text and gives its address. A reader in C sees it up to its first NUL.
    pub(crate) fn add(&mut self, text: &str) -> *const c_char {
        let need = text.len() + 1;
        let room = self.chunks.last().map_or(0, |chunk| chunk.capacity() - chunk.len());
        if room < need {
            self.chunks.push(Vec::with_capacity(need.max(CHUNK)));
        }
        let Some(chunk) = self.chunks.last_mut() else { return c"".as_ptr() };
        let start = chunk.len();
        chunk.extend_from_slice(text.as_bytes());
        chunk.push(0);
        chunk.as_ptr().wrapping_add(start).cast()
    }

    /// Keeps a text if there is one; NULL if not.
    pub(crate) fn add_if(&mut self, text: Option<&str>) -> *const c_char {
        text.map_or(std::ptr::null(), |text| self.add(text))
    }
}

#[cfg(test)]
mod tests;
