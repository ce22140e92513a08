//! Every call to the disk fails once.

use super::super::disk::Disk;
use super::*;

/// Commits of every sort, each giving what the store holds after it.
fn steps() -> Vec<fn(&mut Store) -> Result<()>> {
    vec![
        |store| store.append(&values(0, 4, 300)),
        |store| store.commit(&values(100, 2, 90_000), &[("a", Some(&[1; 70_000])), ("b", Some(&[2; 10]))]),
        |store| store.commit(&values(200, 9, 20), &[("a", None)]),
        |store| store.rewrite(&[("b", Some(&[3; 20]))], |sequence, value| Ok(vec![(sequence, value[..5].to_vec())])),
        |store| store.append(&values(300, 1, 8)),
    ]
}

fn typed(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::StoreIo | ErrorKind::StoreCorrupt)
}

#[test]
fn a_failure_of_the_disk_loses_nothing_acknowledged() {
    let empty = Disk::default();
    drop(Store::with_backend(empty.clone()).unwrap());
    // What the store holds after each step, and how many calls all of them make.
    let good = empty.copy(None);
    let mut store = Store::with_backend(good.clone()).unwrap();
    let mut after = vec![content(&store).unwrap()];
    for step in steps() {
        step(&mut store).unwrap();
        after.push(content(&store).unwrap());
    }
    drop(store);
    let calls = good.calls();
    assert!(calls > 50, "{calls}");
    for fail_at in 1..=calls {
        let disk = empty.copy(Some(fail_at));
        let mut done = 0;
        match Store::with_backend(disk.clone()) {
            Err(error) => assert!(typed(&error), "{error}"),
            Ok(mut store) => {
                for step in steps() {
                    if let Err(error) = step(&mut store) {
                        assert!(typed(&error), "call {fail_at}: {error}");
                        // The engine goes on reading, or says why not; it writes no more.
                        match content(&store) {
                            Ok(content) => assert!(content == after[done] || content == after[done + 1]),
                            Err(error) => assert!(typed(&error), "call {fail_at}: {error}"),
                        }
                        let again = store.append(&values(400, 1, 1));
                        assert!(again.is_ok() || again.is_err_and(|error| typed(&error)));
                        break;
                    }
                    done += 1;
                }
            }
        }
        for disk in [disk.copy(None), disk.after_power_loss()] {
            let store = Store::with_backend(disk).unwrap_or_else(|error| panic!("call {fail_at}: {error}"));
            let mut found = content(&store).unwrap();
            if found.journal.last().is_some_and(|(sequence, _)| *sequence == 400) {
                found.journal.pop();
            }
            // The step under way is there as a whole or not at all.
            let next = after.get(done + 1).is_some_and(|next| *next == found);
            assert!(next || found == after[done], "call {fail_at}: neither before nor after step {done}");
        }
    }
}
