//! Checked writing and reading of little-endian bytes, in columns of as few bytes as they need.
//!
//! The journal, checkpoints of state and fitted parameters all use these two. A column is written
//! without its length: the reader says how many entries it expects. Entries have a fixed width,
//! chosen for each column, so that both directions are straight copies.

use crate::base::{Error, ErrorKind, Result};

use super::super::record::NONE;

/// Entries that one reader gives at most, unless told otherwise. A column of equal entries takes
/// no bytes, so the length of the input alone would not bound what reading it allocates.
pub const MAX_ENTRIES: usize = 1 << 22;

/// Writes values behind one another.
///
/// ```
/// use bactrian::data::codec::{Reader, Writer};
///
/// let mut writer = Writer::default();
/// writer.text("spend");
/// writer.f64s(&[1.0, 2.5]);
/// let bytes = writer.into_bytes();
/// let mut reader = Reader::new(&bytes);
/// assert_eq!(reader.text()?, "spend");
/// assert_eq!(reader.f64s(2)?, [1.0, 2.5]);
/// reader.finish()?;
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

/// Reads what a [`Writer`] wrote; every method gives `StoreCorrupt` where the bytes don't hold it.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    entries: usize,
}

impl Writer {
    /// A writer with room for `bytes` bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Writer { bytes: Vec::with_capacity(bytes) }
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// Four bytes.
    pub fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Eight bytes, signed.
    pub fn i64(&mut self, value: i64) {
        self.u64(value as u64);
    }

    /// Eight bytes; every NaN keeps its bits.
    pub fn f64(&mut self, value: f64) {
        self.u64(value.to_bits());
    }

    /// A length of up to 2^32 - 1, as which every count is written.
    pub fn count(&mut self, count: usize) {
        // Columns are of u32 rows throughout; a longer one would fail to read, not misread.
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// Bytes with their count.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    /// Text with its count of bytes.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// A column of u32; [`NONE`] costs no more than any other value.
    pub fn u32s(&mut self, values: &[u32]) {
        // Shifted by one, so that NONE is 0 and does not widen the column.
        let shifted = values.iter().map(|&value| u64::from(value.wrapping_add(1)));
        self.packed(shifted);
    }

    /// A column of u64.
    pub fn u64s(&mut self, values: &[u64]) {
        self.packed(values.iter().copied());
    }

    /// A column of times or other i64 that lie near their neighbours.
    pub fn i64s(&mut self, values: &[i64]) {
        let first = values.first().copied().unwrap_or_default();
        self.i64(first);
        let before = std::iter::once(&first).chain(values);
        self.packed(values.iter().zip(before).map(|(&value, &before)| zigzag(value.wrapping_sub(before))));
    }

    /// A column of f64, bit for bit.
    pub fn f64s(&mut self, values: &[f64]) {
        if values.iter().all(|&value| whole(value).is_some()) {
            self.u8(WHOLE);
            // Flipping the sign bit keeps the order, so that small numbers of both signs stay narrow.
            self.packed(values.iter().map(|&value| u64::from(value as i32 as u32 ^ SIGN)));
        } else {
            self.u8(RAW);
            self.packed(values.iter().map(|value| value.to_bits()));
        }
    }

    /// A column of lists, given by the exclusive end of each.
    pub fn ends(&mut self, ends: &[u32]) {
        let before = std::iter::once(&0).chain(ends);
        self.packed(ends.iter().zip(before).map(|(&end, &before)| u64::from(end.wrapping_sub(before))));
    }

    /// The least value, the width of the differences to it, the differences.
    fn packed(&mut self, values: impl Iterator<Item = u64> + Clone) {
        let (least, most) = values.clone().fold((u64::MAX, 0), |(least, most), v| (least.min(v), most.max(v)));
        let (least, range) = if least > most { (0, 0) } else { (least, most - least) };
        self.u64(least);
        let above = values.map(move |value| value - least);
        match range {
            0 => self.u8(0),
            1..=0xff => self.pack::<1>(above),
            0x100..=0xffff => self.pack::<2>(above),
            0x1_0000..=0xffff_ffff => self.pack::<4>(above),
            _ => self.pack::<8>(above),
        }
    }

    fn pack<const WIDTH: usize>(&mut self, values: impl Iterator<Item = u64> + Clone) {
        self.u8(WIDTH as u8);
        let start = self.bytes.len();
        self.bytes.resize(start + values.clone().count() * WIDTH, 0);
        let (slots, _) = self.bytes.get_mut(start..).unwrap_or_default().as_chunks_mut::<WIDTH>();
        for (slot, value) in slots.iter_mut().zip(values) {
            for (to, from) in slot.iter_mut().zip(value.to_le_bytes()) {
                *to = from;
            }
        }
    }
}

const RAW: u8 = 0;
const WHOLE: u8 = 1;
const SIGN: u32 = 1 << 31;

/// The value as an i32 if that holds it to the bit (-0.0 and NaN it does not).
fn whole(value: f64) -> Option<i32> {
    let near = value as i32;
    if f64::from(near).to_bits() == value.to_bits() { Some(near) } else { None }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, giving at most [`MAX_ENTRIES`] entries of columns.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader::with_entries(bytes, MAX_ENTRIES)
    }

    /// Reads `bytes`, giving at most `entries` entries of columns.
    pub fn with_entries(bytes: &'a [u8], entries: usize) -> Self {
        Reader { rest: bytes, entries }
    }

    /// Bytes not read yet.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Ends the reading.
    ///
    /// # Errors
    ///
    /// `StoreCorrupt` if bytes are left.
    pub fn finish(self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(damaged("it goes on after its end")) }
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| damaged("it ends early"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(|| damaged("it ends early"))?;
        self.rest = rest;
        Ok(*taken)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8> {
        self.array().map(u8::from_le_bytes)
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// Eight bytes, signed.
    pub fn i64(&mut self) -> Result<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// Eight bytes.
    pub fn f64(&mut self) -> Result<f64> {
        self.array().map(f64::from_le_bytes)
    }

    /// A count of entries to come, which is charged to what this reader may still give.
    pub fn count(&mut self) -> Result<usize> {
        let count = self.u32()? as usize;
        self.charge(count)?;
        Ok(count)
    }

    /// Bytes with their count.
    pub fn bytes(&mut self) -> Result<&'a [u8]> {
        let count = self.u32()? as usize;
        self.take(count)
    }

    /// Text with its count of bytes.
    pub fn text(&mut self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| damaged("a text is not UTF-8"))
    }

    /// A column of `count` u32.
    pub fn u32s(&mut self, count: usize) -> Result<Vec<u32>> {
        self.packed(count, |value| (value as u32).wrapping_sub(1))
    }

    /// A column of `count` u64.
    pub fn u64s(&mut self, count: usize) -> Result<Vec<u64>> {
        self.packed(count, |value| value)
    }

    /// A column of `count` i64.
    pub fn i64s(&mut self, count: usize) -> Result<Vec<i64>> {
        let mut value = self.i64()?;
        self.packed(count, |delta| {
            value = value.wrapping_add(unzigzag(delta));
            value
        })
    }

    /// A column of `count` f64.
    pub fn f64s(&mut self, count: usize) -> Result<Vec<f64>> {
        match self.u8()? {
            RAW => self.packed(count, f64::from_bits),
            WHOLE => self.packed(count, |value| f64::from((value as u32 ^ SIGN) as i32)),
            _ => Err(damaged("a column has an unknown form")),
        }
    }

    /// A column of `count` lists, as the exclusive end of each; they rise, and the last is at most `u32::MAX - 1`.
    pub fn ends(&mut self, count: usize) -> Result<Vec<u32>> {
        let mut end = 0u64;
        let ends = self.packed(count, |length| {
            end = end.saturating_add(length);
            end as u32
        })?;
        if end < u64::from(NONE) { Ok(ends) } else { Err(damaged("a list is too long")) }
    }

    fn packed<T>(&mut self, count: usize, mut give: impl FnMut(u64) -> T) -> Result<Vec<T>> {
        self.charge(count)?;
        let least = self.u64()?;
        match self.u8()? {
            0 => Ok((0..count).map(|_| give(least)).collect()),
            1 => self.unpack::<1, T>(count, least, give),
            2 => self.unpack::<2, T>(count, least, give),
            4 => self.unpack::<4, T>(count, least, give),
            8 => self.unpack::<8, T>(count, least, give),
            _ => Err(damaged("a column has an unknown width")),
        }
    }

    fn unpack<const WIDTH: usize, T>(
        &mut self,
        count: usize,
        least: u64,
        mut give: impl FnMut(u64) -> T,
    ) -> Result<Vec<T>> {
        let bytes = count.checked_mul(WIDTH).ok_or_else(|| damaged("it ends early"))?;
        let (slots, _) = self.take(bytes)?.as_chunks::<WIDTH>();
        let widen = |slot: &[u8; WIDTH]| {
            let mut wide = [0; 8];
            for (to, from) in wide.iter_mut().zip(slot) {
                *to = *from;
            }
            u64::from_le_bytes(wide)
        };
        Ok(slots.iter().map(|slot| give(least.wrapping_add(widen(slot)))).collect())
    }

    fn charge(&mut self, entries: usize) -> Result<()> {
        self.entries = self.entries.checked_sub(entries).ok_or_else(|| damaged("it claims too many entries"))?;
        Ok(())
    }
}

pub(super) fn damaged(why: &str) -> Error {
    Error::new(ErrorKind::StoreCorrupt, format!("a stored value is damaged: {why}"))
}
