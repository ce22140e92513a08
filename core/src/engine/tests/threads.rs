//! Groups of rows, threads, interrupts, forks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::made::{message, purchase, wider};
use super::*;

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
    engine.set_interrupt(Some(Arc::new(|| STOP.load(Ordering::Relaxed)))).unwrap();
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

#[test]
fn deciders_of_many_threads_keep_every_cap() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    for who in 0..4u64 {
        let fields = [("amount", Value::Number(90.0))];
        let customer = Some(Id::Number(who));
        engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at: DAY, fields: &fields }).unwrap();
    }
    // The one who crossed into `high` was decided for once, and the cap is two in a week.
    let offers = std::thread::scope(|scope| {
        let decide = |thread: u64| {
            let engine = engine.clone();
            move || {
                let ids = (0..200u64).map(|number| Id::Number((thread + number) % 4));
                let decisions = ids.map(|id| engine.decide(id, Ask::default()).unwrap());
                decisions.filter(|decision| decision.action.is_some()).count()
            }
        };
        let threads: Vec<_> = (0..4).map(|thread| scope.spawn(decide(thread))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    let before = engine.crossings(Some("tier"), None).unwrap().len();
    assert_eq!(offers + before, 2 * 4);
    assert_eq!(bytes(&engine), refolded(&engine));
}

#[test]
fn a_decision_is_the_same_chosen_ahead_or_alone() {
    let [ahead, alone] = [0, 1].map(|_| Engine::new(&definition(), Options::default()).unwrap());
    for number in 0..300u64 {
        for engine in [&ahead, &alone] {
            purchase(engine, number).unwrap();
        }
        let who = Id::Number(number * 31 % 9);
        let decided = ahead.decide(who, Ask::default()).unwrap();
        // A batch is decided under the writers' lock.
        let table = alone.decide_batch(Some(&[who]), Ask::default()).unwrap();
        assert_eq!(table.column("decision"), Some(&Column::Id(vec![crate::data::ids::OwnedId::Number(decided.id)])));
        assert_eq!(table.column("action"), Some(&Column::Text(vec![decided.action.clone()])));
    }
    assert_eq!(ahead.digest().unwrap(), alone.digest().unwrap());
}

#[test]
fn a_fork_reads_and_does_not_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.bactrian");
    let mut engine = Engine::open(&path, Some(&definition()), Options::default()).unwrap();
    purchase(&engine, 1).unwrap();
    let digest = engine.digest().unwrap();
    // As the engine looks to another process.
    Arc::get_mut(&mut engine.shared).unwrap().process += 1;
    let refused =
        [purchase(&engine, 2), engine.fit(None).map(drop), engine.flush(), engine.close(), engine.checkpoint()];
    for error in refused.map(Result::unwrap_err) {
        assert_eq!(error.kind(), ErrorKind::Forked, "{error}");
    }
    assert_eq!(engine.digest().unwrap(), digest);
    assert_eq!(engine.score(None, None, None, None).unwrap().len(), 1);
}
