//! Reading a file that can't be written: what the repair of an unclean file would write to it stays
//! in memory, and the file is left as it is.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Mutex, MutexGuard};

use redb::StorageBackend;

/// Bytes that are kept together once one of them has changed.
const BLOCK: u64 = 4096;

/// Storage over another that is only read.
#[derive(Debug)]
pub(super) struct Aside<B> {
    below: B,
    changed: Mutex<Changed>,
}

#[derive(Debug)]
struct Changed {
    length: u64,
    /// What is still to be seen of the storage below.
    below: u64,
    /// Changed blocks by number.
    blocks: BTreeMap<u64, Vec<u8>>,
}

impl<B: StorageBackend> Aside<B> {
    pub(super) fn new(below: B) -> io::Result<Self> {
        let length = below.len()?;
        Ok(Aside { below, changed: Mutex::new(Changed { length, below: length, blocks: BTreeMap::new() }) })
    }

    fn changed(&self) -> io::Result<MutexGuard<'_, Changed>> {
        self.changed.lock().map_err(|_| io::Error::other("an earlier call ended in the middle of a write"))
    }

    /// Fills `out` from the storage below; what lies beyond it is zero.
    fn read_below(&self, changed: &Changed, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let there = changed.below.saturating_sub(offset).min(out.len() as u64) as usize;
        let Some((from_below, beyond)) = out.split_at_mut_checked(there) else { return Ok(()) };
        beyond.fill(0);
        if from_below.is_empty() { Ok(()) } else { self.below.read(offset, from_below) }
    }
}

/// The numbers of the blocks that some bytes touch.
fn blocks(offset: u64, length: usize) -> std::ops::Range<u64> {
    offset / BLOCK..(offset + length as u64).div_ceil(BLOCK)
}

/// Copies what `from`, at `from_offset`, and `to`, at `to_offset`, have in common.
fn copy_common(from: &[u8], from_offset: u64, to: &mut [u8], to_offset: u64) {
    let start = from_offset.max(to_offset);
    let end = (from_offset + from.len() as u64).min(to_offset + to.len() as u64);
    let within = |offset: u64| start.saturating_sub(offset) as usize..end.saturating_sub(offset) as usize;
    if let (Some(from), Some(to)) = (from.get(within(from_offset)), to.get_mut(within(to_offset))) {
        to.copy_from_slice(from);
    }
}

impl<B: StorageBackend> StorageBackend for Aside<B> {
    fn len(&self) -> io::Result<u64> {
        Ok(self.changed()?.length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let changed = self.changed()?;
        self.read_below(&changed, offset, out)?;
        for (number, block) in changed.blocks.range(blocks(offset, out.len())) {
            copy_common(block, number * BLOCK, out, offset);
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut changed = self.changed()?;
        changed.length = length;
        changed.below = changed.below.min(length);
        changed.blocks.retain(|number, _| number * BLOCK < length);
        if let Some(block) = changed.blocks.get_mut(&(length / BLOCK)) {
            block.iter_mut().skip((length % BLOCK) as usize).for_each(|byte| *byte = 0);
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut changed = self.changed()?;
        for number in blocks(offset, data.len()) {
            let mut block = vec![0; BLOCK as usize];
            match changed.blocks.remove(&number) {
                Some(known) => block = known,
                None => self.read_below(&changed, number * BLOCK, &mut block)?,
            }
            copy_common(data, offset, &mut block, number * BLOCK);
            changed.blocks.insert(number, block);
        }
        Ok(())
    }
}

/// A file that is only read.
#[derive(Debug)]
pub(super) struct ReadFile(Mutex<std::fs::File>);

impl ReadFile {
    pub(super) fn new(file: std::fs::File) -> Self {
        ReadFile(Mutex::new(file))
    }

    fn file(&self) -> io::Result<MutexGuard<'_, std::fs::File>> {
        self.0.lock().map_err(|_| io::Error::other("an earlier call ended in the middle of a read"))
    }
}

impl StorageBackend for ReadFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file()?.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut file = self.file()?;
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(out)
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn sync_data(&self) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn write(&self, _: u64, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}
