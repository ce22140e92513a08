//! What stands around the content of a stored value, so that damage shows.
//!
//! A journal value is `crc, link, content`; `link` is the CRC of the value before it, 0 for the
//! first. Under the highest key stands the head: `crc, values, last, link`. A chunk of a section is
//! `crc, whole, length, content`, where `whole` and `length` are the CRC and the bytes of the whole
//! section. Every CRC covers the key and all that follows it in the value; all numbers are
//! little-endian.

use crc32fast::Hasher;

/// Bytes of the content of one chunk, just under 64 KiB with what surrounds it.
pub(super) const CHUNK: usize = 65_000;

/// Bytes before the content of a journal value.
pub(super) const VALUE_HEAD: usize = 8;

/// Bytes before the content of a chunk.
pub(super) const CHUNK_HEAD: usize = 16;

/// The last entry of the journal: how many values there are, and the last of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub values: u64,
    pub last: u64,
    pub link: u32,
}

impl Head {
    pub(super) const KEY: u64 = u64::MAX;

    pub(super) fn last(&self) -> Option<u64> {
        if self.values > 0 { Some(self.last) } else { None }
    }

    /// Writes the next value into `to`, which is [`VALUE_HEAD`] longer than `content`.
    pub(super) fn seal_value(&mut self, sequence: u64, content: &[u8], to: &mut [u8]) {
        let link = self.link;
        let crc = crc(&[b"journal", &sequence.to_le_bytes(), &link.to_le_bytes(), content]);
        fill(to, &[&crc.to_le_bytes(), &link.to_le_bytes(), content]);
        *self = Head { values: self.values + 1, last: sequence, link: crc };
    }

    pub(super) fn seal(&self) -> Vec<u8> {
        let mut to = vec![0; 24];
        let (values, last, link) = (self.values.to_le_bytes(), self.last.to_le_bytes(), self.link.to_le_bytes());
        let crc = crc(&[b"head", &values, &last, &link]);
        fill(&mut to, &[&crc.to_le_bytes(), &values, &last, &link]);
        to
    }

    pub(super) fn open(bytes: &[u8]) -> Option<Head> {
        let (sealed, rest) = bytes.split_first_chunk()?;
        let (values, rest) = rest.split_first_chunk()?;
        let (last, rest) = rest.split_first_chunk()?;
        let link = <&[u8; 4]>::try_from(rest).ok()?;
        let whole = u32::from_le_bytes(*sealed) == crc(&[b"head", values, last, link]);
        let head = Head {
            values: u64::from_le_bytes(*values),
            last: u64::from_le_bytes(*last),
            link: u32::from_le_bytes(*link),
        };
        if whole { Some(head) } else { None }
    }
}

/// A journal value that was opened: its own CRC, that of the value before it, and its content.
pub(super) struct Opened<'a> {
    pub crc: u32,
    pub link: u32,
    pub content: &'a [u8],
}

pub(super) fn open_value(sequence: u64, bytes: &[u8]) -> Option<Opened<'_>> {
    let (sealed, rest) = bytes.split_first_chunk()?;
    let (link, content) = rest.split_first_chunk()?;
    let own = crc(&[b"journal", &sequence.to_le_bytes(), link, content]);
    let opened = Opened { crc: own, link: u32::from_le_bytes(*link), content };
    if u32::from_le_bytes(*sealed) == own { Some(opened) } else { None }
}

/// What every chunk of a section says about the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole {
    crc: u32,
    length: u64,
}

impl Whole {
    pub(super) fn of(content: &[u8]) -> Whole {
        Whole { crc: crc(&[b"section", content]), length: content.len() as u64 }
    }

    /// Chunks that the section has; an empty one has one too.
    pub(super) fn chunks(&self) -> u64 {
        self.length.div_ceil(CHUNK as u64).max(1)
    }

    pub(super) fn seal_chunk(&self, name: &str, number: u32, content: &[u8], to: &mut [u8]) {
        let (whole, length) = (self.crc.to_le_bytes(), self.length.to_le_bytes());
        let crc = crc(&[b"chunk", name.as_bytes(), &number.to_le_bytes(), &whole, &length, content]);
        fill(to, &[&crc.to_le_bytes(), &whole, &length, content]);
    }
}

pub(super) fn open_chunk<'a>(name: &str, number: u32, bytes: &'a [u8]) -> Option<(Whole, &'a [u8])> {
    let (sealed, rest) = bytes.split_first_chunk()?;
    let (whole, rest) = rest.split_first_chunk()?;
    let (length, content) = rest.split_first_chunk()?;
    let own = crc(&[b"chunk", name.as_bytes(), &number.to_le_bytes(), whole, length, content]);
    let whole = Whole { crc: u32::from_le_bytes(*whole), length: u64::from_le_bytes(*length) };
    if u32::from_le_bytes(*sealed) == own { Some((whole, content)) } else { None }
}

fn crc(parts: &[&[u8]]) -> u32 {
    let mut hasher = Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

/// Lays `parts` behind one another into `to`, which is as long as they are together.
fn fill(to: &mut [u8], parts: &[&[u8]]) {
    let mut rest = to;
    for part in parts {
        let Some((slot, after)) = rest.split_at_mut_checked(part.len()) else { return };
        slot.copy_from_slice(part);
        rest = after;
    }
}
