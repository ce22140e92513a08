//! Disks that fail, are full or damaged: what is acknowledged stays.

use std::path::Path;

use super::made::{calls, purchase};
use super::*;
use crate::engine::journal::Journal;
use crate::store::Store;
use crate::store::disk::Disk;

fn on(disk: &Disk, durability: Durability) -> Result<Engine> {
    let journal = Journal::on(Store::with_backend(disk.clone())?)?;
    let kept = journal.definition()?;
    let given = definition();
    Engine::on(
        journal,
        Path::new("disk"),
        kept.is_none().then_some(&given),
        &Options { durability, ..Options::default() },
    )
}

/// The digest after no call, after the first, and so on.
fn digests() -> Vec<u64> {
    let twin = Engine::new(&definition(), Options::default()).unwrap();
    let mut digests = vec![twin.digest().unwrap()];
    for call in calls() {
        call(&twin).unwrap();
        digests.push(twin.digest().unwrap());
    }
    digests
}

fn is_of_the_store(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::StoreIo | ErrorKind::StoreCorrupt)
}

/// How many calls to the disk the calls of [`calls`] make, from an empty disk.
fn disk_calls(durability: Durability) -> u32 {
    let disk = Disk::default();
    let engine = on(&disk, durability).unwrap();
    calls().iter().for_each(|call| call(&engine).unwrap());
    engine.close().unwrap();
    disk.calls()
}

#[test]
fn a_disk_that_fails_once_leaves_the_engine_as_its_journal_has_it() {
    let after = digests();
    let all = disk_calls(Durability::Commit);
    let mut landed = 0;
    for fail_at in 1..=all {
        let disk = Disk::default().copy(Some(fail_at));
        let engine = match on(&disk, Durability::Commit) {
            Ok(engine) => engine,
            Err(error) => {
                assert!(is_of_the_store(&error), "call {fail_at}: {error}");
                continue;
            }
        };
        for (done, call) in calls().iter().enumerate() {
            // The second call is of many rows, each a commit of its own; the twin is before or after all.
            let stepwise = [1, 11].contains(&done);
            let Err(error) = call(&engine) else {
                assert!(stepwise || engine.digest().unwrap() == after[done + 1], "call {fail_at}: step {done}");
                continue;
            };
            assert!(is_of_the_store(&error), "call {fail_at}: {error}");
            let found = engine.digest().unwrap();
            let lost = on(&disk.after_power_loss(), Durability::Commit).unwrap().digest().unwrap();
            if stepwise {
                assert_eq!(found, lost, "call {fail_at}: step {done}");
                break;
            }
            assert!([after[done], after[done + 1]].contains(&lost), "call {fail_at}: step {done}");
            if found == after[done] {
                // It goes on as if nothing had been.
                call(&engine).unwrap();
            }
            landed += u32::from(found == after[done + 1]);
            assert_eq!(engine.digest().unwrap(), after[done + 1], "call {fail_at}: step {done}: {error}");
        }
    }
    assert!(all > 200 && landed < all / 2, "{all} {landed}");
}

#[test]
fn a_group_that_fails_is_lost_by_count_and_nothing_else_is() {
    let all = disk_calls(Durability::Interval);
    let mut counted = 0;
    for fail_at in 1..=all {
        let disk = Disk::default().copy(Some(fail_at));
        let Ok(engine) = on(&disk, Durability::Interval) else { continue };
        // What the disk has is what some earlier moment had, and after a failure the engine is that.
        let mut moments = vec![engine.digest().unwrap()];
        for call in calls() {
            let called = call(&engine);
            let now = engine.digest().unwrap();
            if let Err(error) = called {
                assert!(is_of_the_store(&error), "call {fail_at}: {error}");
                counted += u32::from(error.message().contains("are lost"));
                let whole = error.message().contains("in the file all the same");
                assert!(whole || moments.contains(&now), "call {fail_at}: {error}");
                break;
            }
            moments.push(now);
        }
        let reopened = on(&disk.after_power_loss(), Durability::Interval).unwrap().digest().unwrap();
        assert!(moments.contains(&reopened) || engine.flush().is_ok(), "call {fail_at}");
    }
    assert!(counted > 5, "{counted} of {all}");
}

#[test]
fn a_full_disk_leaves_the_engine_readable() {
    for durability in [Durability::Commit, Durability::Interval] {
        let disk = Disk::default();
        let engine = on(&disk, durability).unwrap();
        calls().iter().for_each(|call| call(&engine).unwrap());
        engine.flush().unwrap();
        let rows = |engine: &Engine| format!("{:?}", engine.score(None, None, None, None).unwrap());
        let past = |engine: &Engine| format!("{:?}", engine.training_set(12 * DAY, None, None, None).unwrap());
        let (digest, before) = (engine.digest().unwrap(), (rows(&engine), past(&engine)));
        disk.fill();
        let error = purchase(&engine, 50).and_then(|()| engine.flush()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StoreIo, "{error}");
        assert_eq!(engine.digest().unwrap(), digest);
        assert_eq!((rows(&engine), past(&engine)), before);
        assert!(!engine.crossings(None, None).unwrap().is_empty());
        // It is not tried again on every write, and says why.
        assert_eq!(purchase(&engine, 51).unwrap_err().message(), engine.fit(None).unwrap_err().message());
        assert!(engine.decide(Id::Number(4), Ask { dry: true, ..Ask::default() }).is_ok());
        let later = Disk::of(disk.bytes());
        assert_eq!(on(&later, durability).unwrap().digest().unwrap(), digest);
    }
}

#[test]
fn flipped_bits_and_torn_files_are_errors_and_never_a_shorter_history() {
    let disk = Disk::default();
    let engine = on(&disk, Durability::Commit).unwrap();
    calls().iter().for_each(|call| call(&engine).unwrap());
    let digest = engine.digest().unwrap();
    engine.close().unwrap();
    let bytes = disk.bytes();
    let (mut errors, mut harmless, mut state) = (0, 0, 0x9e37_79b9_7f4a_7c15u64);
    for round in 0..300 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut bad = bytes.clone();
        match round % 10 {
            0 => bad.truncate((state >> 20) as usize % bytes.len()),
            _ => bad[(state >> 20) as usize % bytes.len()] ^= 1 << (state >> 9 & 7),
        }
        match on(&Disk::of(bad), Durability::Commit).and_then(|engine| engine.digest()) {
            Ok(found) => {
                assert_eq!(found, digest, "round {round}: another history passed for good");
                harmless += 1;
            }
            Err(error) => {
                let torn = matches!(error.kind(), ErrorKind::StoreVersion | ErrorKind::SchemaMissing);
                assert!(torn || is_of_the_store(&error), "round {round}: {error}");
                errors += 1;
            }
        }
    }
    assert!(errors > 20 && harmless > 20, "{errors} {harmless}");
}
