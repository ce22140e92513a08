mod damage;
mod failure;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::seal::CHUNK;
use super::*;

/// A folder of its own for one test, removed at its end.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("bactrian-store-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(super) fn file(&self) -> PathBuf {
        self.0.join("engine.bactrian")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

type Values = Vec<(u64, Vec<u8>)>;

/// All that a store holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Content {
    pub journal: Values,
    pub sections: Vec<(String, Vec<u8>)>,
}

pub(super) fn content(store: &Store) -> Result<Content> {
    let mut content = Content::default();
    store.read_journal(0, |sequence, value| {
        content.journal.push((sequence, value.to_vec()));
        Ok(())
    })?;
    for name in store.sections()? {
        let section = store.read_section(&name)?.unwrap();
        content.sections.push((name, section));
    }
    Ok(content)
}

/// `count` values of `bytes` bytes from sequence number `first` on, five apart.
pub(super) fn values(first: u64, count: u64, bytes: usize) -> Values {
    let value = |n: u64| (0..bytes as u64).map(|i| (n.wrapping_mul(31) ^ i.wrapping_mul(7) ^ (i >> 8)) as u8).collect();
    (0..count).map(|n| (first + 5 * n, value(first + n))).collect()
}

fn both() -> Vec<(Store, Option<Folder>)> {
    let folder = Folder::new();
    let file = Store::open(folder.file(), Mode::Create).unwrap();
    vec![(Store::memory(), None), (file, Some(folder))]
}

#[test]
fn what_was_committed_is_read() {
    for (mut store, folder) in both() {
        store.append(&values(0, 20, 100)).unwrap();
        store.append(&[]).unwrap();
        let long = vec![3; 3 * CHUNK + 7];
        let sections: [Section<'_>; 3] = [("state/spend", Some(&long)), ("a", Some(b"x")), ("empty", Some(b""))];
        store.commit(&values(1000, 3, 400_000), &sections).unwrap();
        store.append(&values(2000, 4, 3)).unwrap();
        let expected = Content {
            journal: [values(0, 20, 100), values(1000, 3, 400_000), values(2000, 4, 3)].concat(),
            sections: vec![("a".into(), b"x".into()), ("empty".into(), Vec::new()), ("state/spend".into(), long)],
        };
        assert_eq!(content(&store).unwrap(), expected);
        let stats = store.stats().unwrap();
        assert_eq!((stats.values, stats.last), (27, Some(2015)));
        assert!(stats.bytes > 1_200_000);
        assert_eq!(store.read_section("b").unwrap(), None);
        if let Some(folder) = folder {
            store.close().unwrap();
            for mode in [Mode::Create, Mode::ReadOnly] {
                let store = Store::open(folder.file(), mode).unwrap();
                assert_eq!(content(&store).unwrap(), expected);
                assert_eq!(store.stats().unwrap().values, 27);
            }
        }
    }
}

#[test]
fn the_journal_is_read_from_any_number() {
    for (mut store, _folder) in both() {
        store.append(&values(10, 100, 50)).unwrap();
        for from in [0, 10, 11, 15, 300, 505, 506, u64::MAX] {
            let mut read = Vec::new();
            store
                .read_journal(from, |sequence, _| {
                    read.push(sequence);
                    Ok(())
                })
                .unwrap();
            let expected: Vec<u64> = (0..100).map(|n| 10 + 5 * n).filter(|&n| n >= from).collect();
            assert_eq!(read, expected, "{from}");
        }
    }
}

#[test]
fn an_error_of_the_reader_comes_through() {
    for (mut store, _folder) in both() {
        store.append(&values(0, 3, 5)).unwrap();
        let stop = |_, _: &[u8]| Err(Error::new(ErrorKind::Interrupted, "stop"));
        assert_eq!(store.read_journal(0, stop).unwrap_err().kind(), ErrorKind::Interrupted);
    }
}

#[test]
fn sections_are_replaced_and_removed() {
    for (mut store, _folder) in both() {
        for length in [5 * CHUNK, CHUNK + 1, CHUNK, 10, 0, 2 * CHUNK] {
            let section: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            store.write_section("s", &section).unwrap();
            assert_eq!(store.read_section("s").unwrap(), Some(section));
        }
        store.write_section("r", b"1").unwrap();
        store.remove_section("s").unwrap();
        store.remove_section("never").unwrap();
        assert_eq!(store.sections().unwrap(), ["r"]);
    }
}

#[test]
fn values_out_of_order_are_refused() {
    for (mut store, _folder) in both() {
        store.append(&values(100, 3, 5)).unwrap();
        let before = content(&store).unwrap();
        for bad in [values(110, 1, 5), values(5, 1, 5), vec![(200, vec![]), (200, vec![])], vec![(u64::MAX, vec![])]] {
            assert_eq!(store.append(&bad).unwrap_err().kind(), ErrorKind::Internal);
        }
        assert_eq!(content(&store).unwrap(), before);
        store.append(&values(111, 1, 5)).unwrap();
    }
}

#[test]
fn a_file_written_anew_holds_nothing_of_the_old() {
    let secret = b"anna karenina, 12 rue de la paix";
    for (mut store, folder) in both() {
        for n in 0..200 {
            let mut value = values(n, 1, 3000).remove(0).1;
            if n % 3 == 0 {
                value.splice(1000..1000 + secret.len(), *secret);
            }
            store.append(&[(n, value)]).unwrap();
        }
        store.write_section("ids", secret).unwrap();
        assert!(store.count(&[secret.to_vec()]).unwrap() >= 68);
        store
            .renew(&[("ids", None), ("new", Some(b"yes"))], |sequence, value| {
                // One value in two pieces, one dropped, the others as they were.
                let blank = value.windows(secret.len()).any(|window| window == secret);
                Ok(match sequence {
                    1 => vec![(1, b"x".to_vec()), (2, b"y".to_vec())],
                    2 => Vec::new(),
                    _ if blank => vec![(sequence, b"erased".to_vec())],
                    _ => vec![(sequence, value.to_vec())],
                })
            })
            .unwrap();
        assert_eq!(store.count(&[secret.to_vec(), b"rue de la".to_vec()]).unwrap(), 0);
        let new = content(&store).unwrap();
        assert_eq!(new.journal.len(), 200);
        assert_eq!(new.journal[1..3], [(1, b"x".to_vec()), (2, b"y".to_vec())]);
        assert_eq!(new.journal[4], values(4, 1, 3000)[0]);
        assert_eq!(new.sections, [("new".to_string(), b"yes".to_vec())]);
        store.append(&values(1000, 1, 5)).unwrap();
        if let Some(folder) = folder {
            store.close().unwrap();
            let bytes = std::fs::read(folder.file()).unwrap();
            let found = bytes.windows(secret.len()).filter(|window| window == secret).count();
            assert_eq!(found, 0);
            let store = Store::open(folder.file(), Mode::Create).unwrap();
            assert_eq!(content(&store).unwrap().journal.len(), 201);
        }
    }
}

#[test]
fn a_rewrite_that_fails_changes_nothing() {
    for (mut store, _folder) in both() {
        store.append(&values(0, 9, 50)).unwrap();
        let before = content(&store).unwrap();
        let stop = |sequence, value: &[u8]| match sequence {
            30 => Err(Error::new(ErrorKind::Interrupted, "stop")),
            _ => Ok(vec![(sequence, value.to_vec())]),
        };
        assert_eq!(store.rewrite(&[("a", Some(b"x"))], stop).unwrap_err().kind(), ErrorKind::Interrupted);
        assert_eq!(store.renew(&[("a", Some(b"x"))], stop).unwrap_err().kind(), ErrorKind::Interrupted);
        assert_eq!(content(&store).unwrap(), before);
        store.append(&values(100, 1, 5)).unwrap();
    }
}

#[test]
fn one_writes_and_many_read() {
    let folder = Folder::new();
    let mut writer = Store::open(folder.file(), Mode::Create).unwrap();
    writer.append(&values(0, 5, 10)).unwrap();
    let error = Store::open(folder.file(), Mode::Create).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreLocked, "{error}");
    assert!(error.hint_text().unwrap().contains("read-only"));
    let mut reader = Store::open(folder.file(), Mode::ReadOnly).unwrap();
    let other = Store::open(folder.file(), Mode::ReadOnly).unwrap();
    assert_eq!(content(&reader).unwrap(), content(&writer).unwrap());
    writer.append(&values(100, 5, 100_000)).unwrap();
    assert_eq!(content(&reader).unwrap(), content(&writer).unwrap());
    assert_eq!(content(&other).unwrap(), content(&writer).unwrap());
    for refused in [reader.append(&values(200, 1, 5)), reader.write_section("a", b"")] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ReadOnly);
    }
    assert_eq!(reader.rewrite(&[], |_, _| Ok(vec![])).unwrap_err().kind(), ErrorKind::ReadOnly);
    assert_eq!(reader.renew(&[], |_, _| Ok(vec![])).unwrap_err().kind(), ErrorKind::ReadOnly);
    writer.close().unwrap();
    assert_eq!(content(&reader).unwrap().journal.len(), 10);
    let writer = Store::open(folder.file(), Mode::Create).unwrap();
    assert_eq!(content(&writer).unwrap(), content(&reader).unwrap());
}

#[test]
fn a_missing_file_is_made_only_when_asked_for() {
    let folder = Folder::new();
    assert_eq!(Store::open(folder.file(), Mode::ReadOnly).unwrap_err().kind(), ErrorKind::StoreIo);
    assert!(!folder.file().exists());
    assert!(Store::open(folder.file(), Mode::Create).is_ok());
    assert_eq!(Store::open(&folder.0, Mode::Create).unwrap_err().kind(), ErrorKind::StoreIo);
    let nowhere = folder.0.join("no/such/folder");
    assert_eq!(Store::open(nowhere, Mode::Create).unwrap_err().kind(), ErrorKind::StoreIo);
}

#[test]
fn a_file_that_was_not_closed_is_read_and_left_alone() {
    let folder = Folder::new();
    let mut store = Store::open(folder.file(), Mode::Create).unwrap();
    store.append(&values(0, 9, 50)).unwrap();
    let whole = content(&store).unwrap();
    // As after a kill: the bytes of a file whose writer never said goodbye.
    let bytes = std::fs::read(folder.file()).unwrap();
    let copy = Folder::new();
    std::fs::write(copy.file(), &bytes).unwrap();
    let mut reader = Store::open(copy.file(), Mode::ReadOnly).unwrap();
    assert_eq!(content(&reader).unwrap(), whole);
    assert_eq!(reader.append(&values(900, 1, 1)).unwrap_err().kind(), ErrorKind::ReadOnly);
    drop(reader);
    assert!(std::fs::read(copy.file()).unwrap() == bytes, "a reader wrote to the file");
}
