//! Files that something else has written to.

use std::fs;

use redb::{Database, TableDefinition};

use super::super::disk::Disk;
use super::*;

fn is_refusal(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::StoreCorrupt | ErrorKind::StoreVersion | ErrorKind::StoreIo)
}

fn filled(folder: &Folder) -> Content {
    let mut store = Store::open(folder.file(), Mode::Create).unwrap();
    for round in 0..8 {
        store.append(&values(round * 100, 5, 700)).unwrap();
        store.write_section("state", &vec![round as u8; 100_000]).unwrap();
    }
    store.commit(&values(900, 2, 200_000), &[("fit", Some(&[7; 900]))]).unwrap();
    let content = content(&store).unwrap();
    store.close().unwrap();
    content
}

/// What a damaged copy of a file gives: all of it or an error, never less and never other bytes.
fn check(store: Result<Store>, whole: &Content, what: &str) -> bool {
    match store.and_then(|store| content(&store)) {
        Ok(content) => assert!(content == *whole, "{what}: other content passed for good"),
        Err(error) => {
            assert!(is_refusal(&error), "{what}: {error}");
            return false;
        }
    }
    true
}

#[test]
fn flipped_bits_are_errors_or_harmless() {
    let folder = Folder::new();
    let whole = filled(&folder);
    let bytes = fs::read(folder.file()).unwrap();
    // Half of the flips anywhere, half in the first pages, where the structure is.
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut next = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize) % bound
    };
    let mut harmless = 0;
    let copy = Folder::new();
    for flip in 0..400 {
        let at = if flip % 2 == 0 { next(bytes.len()) } else { next(64 * 1024) };
        let bit = next(8);
        let mut bad = bytes.clone();
        bad[at] ^= 1 << bit;
        fs::write(copy.file(), &bad).unwrap();
        let what = format!("bit {bit} of byte {at}");
        let read = check(Store::open(copy.file(), Mode::ReadOnly), &whole, &format!("{what}, read"));
        // A writer repairs and commits as it opens; in memory that doesn't wait for a disk.
        let written = check(Store::with_backend(Disk::of(bad)), &whole, &format!("{what}, write"));
        harmless += u32::from(read && written);
    }
    assert!((1..400).contains(&harmless), "{harmless}");
}

#[test]
fn truncated_files_are_errors() {
    let folder = Folder::new();
    let whole = filled(&folder);
    let bytes = fs::read(folder.file()).unwrap();
    for length in [0, 1, 8, 100, 320, 4095, 4096, 5000, 65_536, bytes.len() / 2, bytes.len() - 4096, bytes.len() - 1] {
        for mode in [Mode::ReadOnly, Mode::Create] {
            let copy = Folder::new();
            fs::write(copy.file(), &bytes[..length]).unwrap();
            let what = format!("the first {length} bytes, {mode:?}");
            let opened = Store::open(copy.file(), mode);
            assert!(!check(opened, &whole, &what) || length > bytes.len() / 2, "{what}");
        }
    }
}

#[test]
fn foreign_files_are_refused_and_left_alone() {
    let noise: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for bytes in
        [b"customer,amount\n1,2\n".to_vec(), vec![0; 10_000], noise, b"redb".to_vec(), b"SQLite format 3\0".repeat(99)]
    {
        for mode in [Mode::Create, Mode::ReadOnly] {
            let folder = Folder::new();
            fs::write(folder.file(), &bytes).unwrap();
            let error = Store::open(folder.file(), mode).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::StoreCorrupt, "{error}");
            assert!(fs::read(folder.file()).unwrap() == bytes);
        }
    }
}

#[test]
fn a_database_of_another_program_is_refused() {
    let folder = Folder::new();
    let database = Database::create(folder.file()).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(TableDefinition::<u64, u64>::new("theirs")).unwrap().insert(1, 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    for mode in [Mode::Create, Mode::ReadOnly] {
        let error = Store::open(folder.file(), mode).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StoreCorrupt, "{error}");
    }
    let database = Database::open(folder.file()).unwrap();
    let tables = redb::ReadableDatabase::begin_read(&database).unwrap().list_tables().unwrap().count();
    assert_eq!(tables, 1);
}

#[test]
fn an_interrupted_creation_is_begun_again() {
    let folder = Folder::new();
    drop(Database::create(folder.file()).unwrap());
    assert_eq!(Store::open(folder.file(), Mode::ReadOnly).unwrap_err().kind(), ErrorKind::StoreCorrupt);
    let mut store = Store::open(folder.file(), Mode::Create).unwrap();
    store.append(&values(0, 1, 5)).unwrap();
}

#[test]
fn other_formats_are_refused_by_name() {
    for (format, kind) in [
        ("1.0", None),
        ("2.0", Some(ErrorKind::StoreVersion)),
        ("1.1", Some(ErrorKind::StoreVersion)),
        ("0.9", Some(ErrorKind::StoreVersion)),
        ("one", Some(ErrorKind::StoreCorrupt)),
        ("1.-1", Some(ErrorKind::StoreCorrupt)),
        ("", Some(ErrorKind::StoreCorrupt)),
    ] {
        let folder = Folder::new();
        let mut store = Store::open(folder.file(), Mode::Create).unwrap();
        store.write_section("format", format.as_bytes()).unwrap();
        store.close().unwrap();
        for mode in [Mode::Create, Mode::ReadOnly] {
            let opened = Store::open(folder.file(), mode).err().map(|error| error.kind());
            assert_eq!(opened, kind, "{format}");
        }
    }
}

/// A file whose writer lives and has not closed it: as a killed one would leave it.
fn unclean(folder: &Folder) -> Vec<u8> {
    let mut store = Store::open(folder.file(), Mode::Create).unwrap();
    for round in 0..8 {
        store.append(&values(round * 100, 5, 9000)).unwrap();
    }
    let bytes = fs::read(folder.file()).unwrap();
    store.close().unwrap();
    bytes
}

#[test]
fn a_file_overwritten_under_an_open_store_is_let_go() {
    let folder = Folder::new();
    let (unclean, whole) = (unclean(&folder), fs::read(folder.file()).unwrap());
    for (bytes, mode) in [(&whole, Mode::ReadOnly), (&unclean, Mode::ReadOnly), (&whole, Mode::Create)] {
        for from in [0, 4096] {
            for close in [false, true] {
                let copy = Folder::new();
                fs::write(copy.file(), bytes).unwrap();
                let mut store = Store::open(copy.file(), mode).unwrap();
                // In place, as another process would.
                let mut other = bytes.clone();
                other[from..].fill(0xff);
                let mut file = fs::OpenOptions::new().write(true).open(copy.file()).unwrap();
                std::io::Write::write_all(&mut file, &other).unwrap();
                match (mode, close) {
                    (Mode::ReadOnly, true) => store.close().unwrap(),
                    (Mode::ReadOnly, false) => drop(store),
                    (Mode::Create, true) => assert!(store.close().is_err_and(|error| is_refusal(&error))),
                    (Mode::Create, false) => {
                        assert!(store.append(&values(9000, 1, 50_000)).is_err_and(|error| is_refusal(&error)));
                        drop(store);
                    }
                }
            }
        }
    }
}
