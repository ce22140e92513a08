//! A disk for tests, which fails on demand.

use std::io;
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

/// A disk in memory that outlives its users and refuses one call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    bytes: Vec<u8>,
    /// What the last `sync_data` left.
    synced: Vec<u8>,
    calls: u32,
    fail_at: Option<u32>,
    full: bool,
}

impl Disk {
    /// A disk with these bytes on it.
    pub(crate) fn of(bytes: Vec<u8>) -> Disk {
        Disk(Arc::new(Mutex::new(Inner { synced: bytes.clone(), bytes, ..Inner::default() })))
    }

    fn call<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> io::Result<T> {
        let mut inner = self.0.lock().unwrap();
        inner.calls += 1;
        if inner.fail_at == Some(inner.calls) {
            return Err(io::Error::other("the disk is broken"));
        }
        Ok(work(&mut inner))
    }

    fn change(&self, work: impl FnOnce(&mut Inner)) -> io::Result<()> {
        let full = self.0.lock().unwrap().full;
        if full { Err(io::ErrorKind::StorageFull.into()) } else { self.call(work) }
    }

    /// Another disk with the same bytes, which fails at the given call.
    pub(crate) fn copy(&self, fail_at: Option<u32>) -> Disk {
        let inner = self.0.lock().unwrap();
        Disk(Arc::new(Mutex::new(Inner {
            bytes: inner.bytes.clone(),
            synced: inner.synced.clone(),
            fail_at,
            ..Inner::default()
        })))
    }

    /// Makes the disk full: every write fails from now on, and reads go on.
    pub(crate) fn fill(&self) {
        self.0.lock().unwrap().full = true;
    }

    /// What is on the disk.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().bytes.clone()
    }

    /// The disk as it is after the power went: only what was synced.
    pub(crate) fn after_power_loss(&self) -> Disk {
        Disk::of(self.0.lock().unwrap().synced.clone())
    }

    pub(crate) fn calls(&self) -> u32 {
        self.0.lock().unwrap().calls
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.call(|inner| inner.bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.call(|inner| {
            let start = offset as usize;
            out.copy_from_slice(&inner.bytes[start..start + out.len()]);
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(|inner| inner.bytes.resize(len as usize, 0))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.call(|inner| inner.synced = inner.bytes.clone())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(|inner| inner.bytes[offset as usize..][..data.len()].copy_from_slice(data))
    }
}
