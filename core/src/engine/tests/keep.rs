//! What is acknowledged stays: groups, disks that fail, are full or damaged, retention, threads.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::engine::journal::Journal;
use crate::store::Store;
use crate::store::disk::Disk;

fn purchase(engine: &Engine, number: u64) -> Result<()> {
    let need = format!("need {}", number % 4);
    let basket = format!("basket {}", number / 3);
    let fields = [
        ("amount", Value::Number((number * 7 % 23) as f64 + 0.5)),
        ("need", Value::Text(&need)),
        ("occasion", Value::Text(&basket)),
    ];
    let customer = Some(Id::Number(number * 31 % 9));
    let at = (number as i64 * 5 - number as i64 % 3) * DAY / 8;
    engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at, fields: &fields }).map(drop)
}

fn message(engine: &Engine, number: u64) -> Result<()> {
    let (customer, peer) = (Some(Id::Number(number % 5)), Some(Id::Text("anna")));
    let at = number as i64 * DAY / 2;
    engine.observe_row(&RowEvent { kind: "message", customer, peer, at, fields: &[] }).map(drop)
}

/// A call of every sort, row calls and others.
fn calls() -> Vec<fn(&Engine) -> Result<()>> {
    vec![
        |engine| purchase(engine, 1),
        |engine| (2..9).try_for_each(|number| purchase(engine, number)),
        |engine| message(engine, 3),
        |engine| engine.identify_row(Id::Number(4), None, &[("city", Value::Text("Rouen"))]).map(drop),
        |engine| engine.relate_row("talk", Id::Number(4), Id::Text("anna"), None, 2.0).map(drop),
        |engine| engine.advance_to(12 * DAY).map(drop),
        |engine| engine.fit(None).map(drop),
        |engine| engine.decide(Id::Number(4), Ask::default()).map(drop),
        |engine| engine.checkpoint(),
        |engine| engine.decide_batch(None, Ask::default()).map(drop),
        |engine| engine.merge(Id::Number(4), Id::Number(3)),
        |engine| (30..40).try_for_each(|number| purchase(engine, number)),
        |engine| engine.redefine(&wider()).map(drop),
        |engine| purchase(engine, 41),
        |engine| engine.erase(Id::Number(5)).map(drop),
        |engine| message(engine, 61),
    ]
}

/// The definition of these tests with one feature more.
fn wider() -> Definition {
    Definition::from_toml(&format!("{DEFINITION}\n[feature.most]\nmax = \"amount\"\non = \"purchase\"\n")).unwrap()
}

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
        assert_eq!(engine.decide(Id::Number(4), Ask { dry: true, ..Ask::default() }).is_ok(), true);
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

#[test]
fn rows_in_groups_are_the_rows_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.bactrian");
    let options = Options { durability: Durability::Interval, ..Options::default() };
    let engine = Engine::open(&path, Some(&definition()), options.clone()).unwrap();
    let twin = Engine::new(&definition(), Options::default()).unwrap();
    let mut prefixes = vec![twin.digest().unwrap()];
    for number in 0..700 {
        for engine in [&engine, &twin] {
            match number % 7 {
                3 => message(engine, number).unwrap(),
                5 => engine
                    .identify_row(Id::Number(number % 9), None, &[("city", Value::Text("Rouen"))])
                    .map(drop)
                    .unwrap(),
                6 => drop(engine.decide(Id::Text("anna"), Ask::default()).unwrap()),
                _ => purchase(engine, number).unwrap(),
            }
        }
        prefixes.push(twin.digest().unwrap());
        assert_eq!(engine.digest().unwrap(), prefixes[number as usize + 1]);
        if number % 97 == 50 {
            // A kill now finds what was flushed, and nothing out of order.
            let copy = folder.path().join("copy.bactrian");
            std::fs::copy(&path, &copy).unwrap();
            let found = Engine::open(&copy, None, options.clone()).unwrap().digest().unwrap();
            let place = prefixes.iter().position(|digest| *digest == found);
            assert_eq!(place, Some(number as usize / 97 * 97));
        }
        if number % 97 == 96 {
            engine.flush().unwrap();
        }
    }
    // What waits is part of the history that reads fold.
    let columns = ["orders", "spend", "recent", "tier"];
    for known_at in [None, Some(100 * DAY)] {
        let past = |engine: &Engine| engine.training_set(200 * DAY, Some(&columns), None, known_at).unwrap();
        assert_eq!(format!("{:?}", past(&engine)), format!("{:?}", past(&twin)));
    }
    assert_eq!(engine.crossings(None, None).unwrap(), twin.crossings(None, None).unwrap());
    let report = [engine.fit(None).unwrap(), twin.fit(None).unwrap()];
    assert_eq!(format!("{:?}", report[0]), format!("{:?}", report[1]));
    assert_eq!(refolded(&engine), bytes(&twin));
    purchase(&engine, 701).unwrap();
    purchase(&twin, 701).unwrap();
    engine.close().unwrap();
    drop(engine);
    let reopened = Engine::open(&path, None, options).unwrap();
    assert_eq!(bytes(&reopened), bytes(&twin));
    // Eight commits of hundreds of rows, not hundreds of commits.
    assert!(reopened.world().unwrap().journal.stats().unwrap().values < 300);
}

#[test]
fn readers_and_writers_of_many_threads_see_prefixes() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    let done = AtomicBool::new(false);
    purchase(&engine, 0).unwrap();
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                let engine = engine.clone();
                scope.spawn(move || {
                    for number in 1..400u64 {
                        // One customer a writer; amounts of 1, so that orders and spend say the same.
                        let fields = [("amount", Value::Number(1.0))];
                        let customer = Some(Id::Number(100 + writer));
                        let event = RowEvent { kind: "purchase", customer, peer: None, at: DAY, fields: &fields };
                        engine.observe_row(&event).unwrap();
                        if number % 10 == 0 {
                            engine.decide(Id::Number(100 + writer), Ask::default()).unwrap();
                        }
                    }
                })
            })
            .collect();
        for reader in 0..2u64 {
            let (engine, done) = (engine.clone(), &done);
            scope.spawn(move || {
                let columns = engine.reader(&["spend", "tier"]).unwrap();
                let (mut before, mut values, mut reads) = (0.0, [0.0; 2], 0);
                while reads < 50 || !done.load(Ordering::Relaxed) {
                    if columns.read(Id::Number(100 + reader), None, Some(DAY), &mut values).is_err() {
                        continue;
                    }
                    let tier = engine.key_text(values[1]).unwrap();
                    let right = if values[0] < 10.0 {
                        "low"
                    } else if values[0] < 40.0 {
                        "mid"
                    } else {
                        "high"
                    };
                    assert!(values[0] >= before && values[0].fract() == 0.0, "{values:?} after {before}");
                    assert_eq!(tier, right, "{values:?}");
                    before = values[0];
                    reads += 1;
                }
            });
        }
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(bytes(&engine), refolded(&engine));
    assert_eq!(
        engine.stats().unwrap().events,
        1 + 2 * 399 + 2 * 39 + engine.crossings(None, None).unwrap().len() as u64 + taken(&engine)
    );
}

/// Decisions that crossings asked for.
fn taken(engine: &Engine) -> u64 {
    let crossed = engine.crossings(Some("tier"), None).unwrap();
    crossed.len() as u64
}

static STOP: AtomicBool = AtomicBool::new(false);

#[test]
fn work_that_is_interrupted_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.bactrian");
    let options = Options { durability: Durability::Interval, ..Options::default() };
    let engine = Engine::open(&path, Some(&definition()), options).unwrap();
    for who in 0..3000u64 {
        let fields = [("amount", Value::Number((who % 50) as f64))];
        let customer = Some(Id::Number(who));
        engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at: DAY, fields: &fields }).unwrap();
    }
    let digest = engine.digest().unwrap();
    engine.set_interrupt(Some(|| STOP.load(Ordering::Relaxed))).unwrap();
    STOP.store(true, Ordering::Relaxed);
    let stopped = [
        engine.fit(None).map(drop),
        engine.score(None, None, None, None).map(drop),
        engine.decide_batch(None, Ask::default()).map(drop),
        engine.training_set(2 * DAY, None, None, None).map(drop),
        engine.redefine(&wider()).map(drop),
    ];
    for stopped in stopped {
        assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Interrupted);
        assert_eq!(engine.digest().unwrap(), digest);
    }
    STOP.store(false, Ordering::Relaxed);
    engine.fit(None).unwrap();
    engine.decide_batch(None, Ask::default()).unwrap();
    assert_eq!(bytes(&engine), refolded(&engine));
}

/// The definition of these tests with a journal that keeps `keep`.
fn keeping(keep: &str) -> Definition {
    Definition::from_toml(&format!("[time]\nkeep = \"{keep}\"\n{DEFINITION}")).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_base_and_its_tail_fold_to_the_state(steps in proptest::collection::vec(step(), 1..100)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.bactrian");
        let engine = Engine::open(&path, Some(&keeping("9d")), Options { seed: 7, ..Options::default() }).unwrap();
        let twin = Engine::new(&definition(), Options { seed: 7, ..Options::default() }).unwrap();
        for step in steps.iter().chain([&Step::Checkpoint]).chain(&steps) {
            run(&engine, step);
            run(&twin, step);
            if matches!(step, Step::Checkpoint) {
                prop_assert!(refolded(&engine) == bytes(&twin), "base and tail fold to another state");
            }
        }
        prop_assert!(bytes(&engine) == bytes(&twin));
        engine.close().unwrap();
        drop(engine);
        let engine = Engine::open(&path, None, Options::default()).unwrap();
        prop_assert!(bytes(&engine) == bytes(&twin), "the file opens to another state");
    }
}

#[test]
fn records_leave_the_journal_once_they_are_old() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.bactrian");
    let engine = Engine::open(&path, Some(&keeping("30d")), Options::default()).unwrap();
    let twin = Engine::new(&definition(), Options::default()).unwrap();
    for engine in [&engine, &twin] {
        (0..200).for_each(|number| purchase(engine, number).unwrap());
        engine.fit(None).unwrap();
    }
    let values = || engine.world().unwrap().journal.stats().unwrap().values;
    let all = values();
    engine.checkpoint().unwrap();
    let kept = values();
    assert!(kept < all / 3 && kept > all / 10, "{kept} of {all}");
    // A checkpoint soon after has nothing to fold.
    engine.checkpoint().unwrap();
    assert_eq!(values(), kept);
    let now = engine.now().unwrap().unwrap();
    let columns = ["orders", "spend", "recent", "gaps", "tier", "rfm"];
    let past = |engine: &Engine, at| engine.training_set(at, Some(&columns), None, None);
    for days in [1, 7, 29] {
        let at = now - days * DAY;
        assert_eq!(format!("{:?}", past(&engine, at).unwrap()), format!("{:?}", past(&twin, at).unwrap()));
    }
    let gone = [
        past(&engine, now - 40 * DAY).map(drop),
        engine.training_set(now, Some(&columns), None, Some(now - 40 * DAY)).map(drop),
        engine.redefine(&definition()).map(drop),
        engine.merge(Id::Number(1), Id::Number(2)),
        engine.erase(Id::Number(1)).map(drop),
    ];
    for error in gone.map(Result::unwrap_err) {
        assert_eq!(error.kind(), ErrorKind::TimePast, "{error}");
        assert!(error.hint_text().unwrap().contains("keep"), "{error}");
    }
    assert_eq!(engine.digest().unwrap(), twin.digest().unwrap());
    for engine in [&engine, &twin] {
        (200..300).for_each(|number| purchase(engine, number).unwrap());
        // Of someone who came after the base.
        purchase(engine, 9000).unwrap();
        message(engine, 702).unwrap();
    }
    let receipt = engine.erase(Id::Text("anna")).unwrap();
    assert_eq!((receipt.ids, receipt.unnamed, receipt.found), (1, 1, 0));
    twin.erase(Id::Text("anna")).unwrap();
    assert_eq!(engine.digest().unwrap(), twin.digest().unwrap());
    engine.checkpoint().unwrap();
    assert_eq!(refolded(&engine), bytes(&twin));
    engine.close().unwrap();
    drop(engine);
    assert_eq!(bytes(&Engine::open(&path, Some(&keeping("30d")), Options::default()).unwrap()), bytes(&twin));
}

#[test]
fn spans_to_keep_are_words_or_spans() {
    let bad = Definition::from_toml("[time]\nkeep = \"some\"\n[event.a]\ncustomer = \"c\"\n").unwrap_err();
    assert!(bad.to_string().contains("expected `all` or a span"), "{bad}");
    let [all, none, days, hours] =
        ["[time]\nkeep = \"all\"\n", "", "[time]\nkeep = \"2d\"\n", "[time]\nkeep = \"48h\"\n"]
            .map(|time| Definition::from_toml(&format!("{time}[event.a]\ncustomer = \"c\"\n")).unwrap());
    assert_eq!((all.model().time.keep, none.model().time.keep), (None, None));
    assert_eq!(days.model().time.keep, Some(2 * DAY));
    assert_eq!(days.hash(), hours.hash());
}

const NAME: &str = "anna arkadyevna karenina";

/// An engine in a file in which [`NAME`] has done everything, also as `alias`, and what it would be without her.
fn with_anna(engine: &Engine, anna: bool) {
    let her = |text| anna.then_some(Id::Text(text));
    (0..60).for_each(|number| purchase(engine, number).unwrap());
    for (day, id) in [(3, NAME), (4, "the other karenina"), (5, NAME)] {
        let fields = [
            ("amount", Value::Number(30.0)),
            ("need", Value::Text("a ticket to petersburg")),
            ("occasion", Value::Text("karenina 1")),
        ];
        let at = day * DAY;
        if let Some(customer) = her(id) {
            let customer = Some(customer);
            engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at, fields: &fields }).unwrap();
        }
        for (customer, peer) in [(her(id), Some(Id::Number(4))), (Some(Id::Number(4)), her(id))] {
            engine.observe_row(&RowEvent { kind: "message", customer, peer, at, fields: &[] }).unwrap();
        }
    }
    if anna {
        engine.identify_row(Id::Text(NAME), None, &[("city", Value::Text("a house in petersburg"))]).unwrap();
        engine.relate_row("talk", Id::Text(NAME), Id::Number(4), None, 3.0).unwrap();
        engine.decide(Id::Text(NAME), Ask::default()).unwrap();
        engine.merge(Id::Text(NAME), Id::Text("the other karenina")).unwrap();
        engine.checkpoint().unwrap();
    }
    engine.advance_to(50 * DAY).unwrap();
}

#[test]
fn what_is_erased_is_in_no_byte_of_file_or_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.bactrian");
    let engine = Engine::open(&path, Some(&definition()), Options::default()).unwrap();
    with_anna(&engine, true);
    engine.fit(None).unwrap();
    let texts = [NAME, "the other karenina", "a ticket to petersburg", "a house in petersburg", "karenina 1"];
    let count = |text: &str| {
        let bytes = std::fs::read(&path).unwrap();
        bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
    };
    assert!(texts.iter().all(|text| count(text) > 0));
    let receipt = engine.erase(Id::Text("the other karenina")).unwrap();
    assert_eq!(
        (receipt.ids, receipt.unnamed, receipt.traits, receipt.ties, receipt.found),
        (2, 6, 1, 1, 0),
        "{receipt:?}"
    );
    assert!(receipt.words >= 2 && receipt.events >= 5 && receipt.searched > 4096, "{receipt:?}");
    assert!(receipt.fits.contains(&"basket".to_owned()) && receipt.fits.contains(&"rfm".to_owned()), "{receipt:?}");
    for text in texts {
        assert_eq!(count(text), 0, "{text}");
    }
    {
        let world = engine.world().unwrap();
        let dump = format!("{:?}{:?}{:?}", world.state.ids, world.state.keys, world.state);
        assert!(texts.iter().all(|text| !dump.contains(text)));
    }
    for id in [NAME, "the other karenina"] {
        assert_eq!(engine.decide(Id::Text(id), Ask::default()).unwrap_err().kind(), ErrorKind::UnknownCustomer);
    }
    // What remains is what the others did, refolded; no group keeps a part of her.
    let twin = Engine::new(&definition(), Options::default()).unwrap();
    with_anna(&twin, false);
    let ids: Vec<Id<'_>> = (0..9).map(Id::Number).collect();
    let columns = ["orders", "spend", "recent", "gaps", "variety", "city"];
    let read = |engine: &Engine| format!("{:?}", engine.score(Some(&ids), Some(&columns), None, None).unwrap());
    assert_eq!(read(&engine), read(&twin));
    assert_eq!(bytes(&engine), refolded(&engine));
    assert_eq!(engine.score(None, Some(&["orders"]), None, None).unwrap().len(), 9);
    assert_eq!(engine.now().unwrap(), Some(50 * DAY));
    // It goes on: others, and the same name as someone new.
    purchase(&engine, 99).unwrap();
    engine.identify_row(Id::Text(NAME), None, &[("city", Value::Text("a house in petersburg"))]).unwrap();
    engine.fit(None).unwrap();
    engine.checkpoint().unwrap();
    let live = bytes(&engine);
    engine.close().unwrap();
    drop(engine);
    let engine = Engine::open(&path, None, Options::default()).unwrap();
    assert_eq!(bytes(&engine), live);
    engine.erase(Id::Text(NAME)).unwrap();
    assert_eq!((count(NAME), count("a house in petersburg")), (0, 0));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_export_gives_everything_held() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    with_anna(&engine, true);
    let export = engine.export(Id::Text("the other karenina")).unwrap();
    assert_eq!(export.ids.iter().map(ToString::to_string).collect::<Vec<_>>(), [NAME, "the other karenina"]);
    assert_eq!((export.events.len(), export.traits.len(), export.ties.len()), (9, 1, 1));
    assert_eq!((export.columns.len(), export.memberships.len(), export.toward.len()), (1, 2, 1));
    assert!(!export.crossings.is_empty() && !export.decisions.is_empty());
    let json: serde_json::Value = serde_json::from_str(&export.to_json()).unwrap();
    assert_eq!(json["ids"][0], NAME);
    assert_eq!(json["traits"][0]["value"], "a house in petersburg");
    assert_eq!(json["events"][0]["need"], "a ticket to petersburg");
    assert_eq!(json["events"][0]["at"], "1970-01-04T00:00:00Z");
    assert_eq!(json["ties"][0]["weight"], 3.0);
    assert_eq!(json["columns"][0]["orders"], 3.0);
    assert_eq!(json["toward"][0]["peer"], 4);
    // After an erasure there is nobody to give anything to.
    engine.erase(Id::Text(NAME)).unwrap();
    assert_eq!(engine.export(Id::Text(NAME)).unwrap_err().kind(), ErrorKind::UnknownCustomer);
    assert!(!engine.export(Id::Number(4)).unwrap().to_json().contains("karenina"));
}
