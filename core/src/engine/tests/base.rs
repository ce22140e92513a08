//! Records that are old fold into a base, which other definitions and merges take over.

use std::path::Path;

use super::made::{keeping, message, purchase};
use super::*;
use crate::engine::journal::Journal;
use crate::store::Store;
use crate::store::disk::Disk;

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

/// [`keeping`] with one feature more.
fn wider(keep: &str) -> Definition {
    let text = keeping(keep).to_toml();
    Definition::from_toml(&format!("{text}\n[feature.most]\nmax = \"amount\"\non = \"purchase\"\n")).unwrap()
}

/// Every column but the new one, of everyone, toward one of them.
fn old_columns(engine: &Engine) -> String {
    let names = engine.columns().unwrap();
    let names: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "most").collect();
    format!("{:?}", engine.score(None, Some(&names), None, Some(Id::Number(1))))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What the base knows goes over into another definition to the bit, and goes on so.
    #[test]
    fn a_base_is_taken_over_by_another_definition(steps in proptest::collection::vec(step(), 1..80)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.bactrian");
        let engine = Engine::open(&path, Some(&keeping("9d")), Options { seed: 7, ..Options::default() }).unwrap();
        let twin = Engine::new(&definition(), Options { seed: 7, ..Options::default() }).unwrap();
        for step in steps.iter().chain([&Step::Checkpoint]).chain(&steps) {
            run(&engine, step);
            run(&twin, step);
        }
        let wide = [engine.redefine(&wider("9d")).unwrap(), twin.redefine(&made::wider()).unwrap()];
        prop_assert_eq!((&wide[0].added, wide[0].moved), (&wide[1].added, wide[1].moved));
        let folded = engine.world().unwrap().journal.first() > 0;
        prop_assert_eq!(&wide[0].begun, if folded { &wide[0].added } else { &wide[1].begun });
        prop_assert_eq!(wide[0].since.is_some(), folded);
        prop_assert_eq!(old_columns(&engine), old_columns(&twin));
        for step in steps.iter().chain([&Step::Checkpoint]) {
            run(&engine, step);
            run(&twin, step);
        }
        prop_assert_eq!(old_columns(&engine), old_columns(&twin));
        let live = bytes(&engine);
        prop_assert!(live == refolded(&engine), "base and tail fold to another state");
        engine.close().unwrap();
        drop(engine);
        prop_assert!(live == bytes(&Engine::open(&path, None, Options::default()).unwrap()), "the file opens to another state");
    }
}

/// The report says which columns begin with the kept records, and from when they know all.
#[test]
fn a_column_that_the_base_does_not_tell_begins_with_the_records_that_are_kept() {
    let engine = Engine::new(&keeping("30d"), Options::default()).unwrap();
    let clock = |engine: &Engine| engine.now().unwrap().unwrap();
    let mut clocks = Vec::new();
    for number in 0..200 {
        purchase(&engine, number).unwrap();
        clocks.push(clock(&engine));
        if number == 100 {
            engine.fit(None).unwrap();
        }
    }
    engine.checkpoint().unwrap();
    let first = clocks.iter().position(|now| *now >= clock(&engine) - 30 * DAY).unwrap();
    let report = engine.redefine(&wider("30d")).unwrap();
    assert_eq!((report.begun, report.since), (vec!["most".to_owned()], Some(clocks[first - 1])));
    assert!(report.unfitted.is_empty(), "{:?}", report.unfitted);
    let most = engine.reader(&["most"]).unwrap();
    for who in 0..9 {
        let of = (first as u64..200).filter(|number| number * 31 % 9 == who);
        let expected = of.map(|number| (number * 7 % 23) as f64 + 0.5).fold(f64::NAN, f64::max);
        let mut value = [0.0];
        most.read(Id::Number(who), None, None, &mut value).unwrap();
        assert_eq!(value[0], expected);
    }
}

/// Two customers of a base become one: their lines are those of one, as far as that needs no order.
#[test]
fn customers_of_a_base_are_merged() {
    let gaps = "[feature.gaps]\ngap_variance = \"event\"\non           = \"purchase\"\n";
    let plain = |text: &str| Definition::from_toml(&text.replace(gaps, "")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.bactrian");
    let kept = plain(&format!("[time]\nkeep = \"9d\"\n{DEFINITION}"));
    let engine = Engine::open(&path, Some(&kept), Options::default()).unwrap();
    let twin = Engine::new(&plain(DEFINITION), Options::default()).unwrap();
    let buy = |number: u64| {
        let fields = [
            ("amount", Value::Number((number * 7 % 23) as f64 - 4.0)),
            ("need", Value::Text(["a", "b"][number as usize % 2])),
        ];
        for engine in [&engine, &twin] {
            let (customer, at) = (Some(Id::Number(number % 5)), number as i64 * DAY / 3);
            engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at, fields: &fields }).unwrap();
        }
    };
    (0..90).for_each(buy);
    for engine in [&engine, &twin] {
        engine.identify_row(Id::Number(2), None, &[("city", Value::Text("Rouen"))]).unwrap();
        engine.fit(None).unwrap();
        engine.checkpoint().unwrap();
    }
    (90..120).for_each(buy);
    let agree = || {
        let columns = ["orders", "spend", "recent", "variety", "city", "rfm.recency", "rfm.monetary"];
        for who in [1, 2, 3] {
            let read = |engine: &Engine| {
                let mut values = [0.0; 7];
                engine.reader(&columns).unwrap().read(Id::Number(who), None, None, &mut values).unwrap();
                values
            };
            for (own, other) in read(&engine).into_iter().zip(read(&twin)) {
                assert!(
                    (own - other).abs() <= 1e-12 * 200.0 || (own.is_nan() && other.is_nan()),
                    "{who}: {own} {other}"
                );
            }
        }
    };
    agree();
    for engine in [&engine, &twin] {
        engine.merge(Id::Number(2), Id::Number(1)).unwrap();
        assert_eq!(engine.score(None, Some(&["orders"]), None, None).unwrap().len(), 4);
    }
    agree();
    (120..150).for_each(buy);
    engine.checkpoint().unwrap();
    engine.merge(Id::Number(3), Id::Number(2)).unwrap();
    twin.merge(Id::Number(3), Id::Number(2)).unwrap();
    agree();
    assert_eq!(bytes(&engine), refolded(&engine));
    let live = bytes(&engine);
    engine.close().unwrap();
    drop(engine);
    assert_eq!(bytes(&Engine::open(&path, None, Options::default()).unwrap()), live);
}

/// Gaps of both have been settled: nobody can say any more how they lie among each other.
#[test]
fn what_a_base_can_not_put_in_order_is_refused_and_changes_nothing() {
    let engine = Engine::new(&keeping("9d"), Options::default()).unwrap();
    (0..200).for_each(|number| purchase(&engine, number).unwrap());
    engine.checkpoint().unwrap();
    let digest = engine.digest().unwrap();
    let error = engine.merge(Id::Number(1), Id::Number(2)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotMergeable);
    assert!(error.message().contains("can't be merged") && error.hint_text().unwrap().contains("keep"), "{error}");
    assert_eq!(engine.digest().unwrap(), digest);
    assert_eq!(bytes(&engine), refolded(&engine));
    purchase(&engine, 201).unwrap();
}

/// The base and the record of a change go into the file together, or neither does.
#[test]
fn a_disk_that_fails_leaves_base_and_journal_in_step() {
    let open = |disk: &Disk| {
        let journal = Journal::on(Store::with_backend(disk.clone())?)?;
        let given = journal.definition()?.is_none().then(|| keeping("2d"));
        Engine::on(journal, Path::new("disk"), given.as_ref(), &Options::default())
    };
    let steps: [fn(&Engine) -> Result<()>; 5] = [
        |engine| engine.checkpoint(),
        |engine| engine.redefine(&wider("2d")).map(drop),
        |engine| engine.erase(Id::Number(4)).map(drop),
        |engine| engine.merge(Id::Number(8), Id::Text("nobody else")),
        |engine| engine.checkpoint(),
    ];
    let begin = |disk: &Disk| {
        let engine = open(disk)?;
        (0..9).try_for_each(|number| purchase(&engine, number))?;
        let fields = [("amount", Value::Number(3.0))];
        let customer = Some(Id::Text("nobody else"));
        engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at: 6 * DAY, fields: &fields })?;
        Ok::<Engine, Error>(engine)
    };
    let disk = Disk::default();
    let twin = begin(&disk).unwrap();
    let before = disk.calls();
    let mut after = vec![twin.digest().unwrap()];
    for step in steps {
        step(&twin).unwrap();
        after.push(twin.digest().unwrap());
    }
    assert!(twin.world().unwrap().journal.first() > 0);
    let all = disk.calls();
    for fail_at in before + 1..=all {
        let disk = Disk::default().copy(Some(fail_at));
        let engine = begin(&disk).unwrap();
        for (done, step) in steps.iter().enumerate() {
            let Err(error) = step(&engine) else { continue };
            let lost = open(&disk.after_power_loss()).unwrap().digest().unwrap();
            assert!([after[done], after[done + 1]].contains(&lost), "call {fail_at}: step {done}: {error}");
            if engine.digest().unwrap() == after[done] && after[done] != after[done + 1] {
                step(&engine).unwrap();
            }
            assert_eq!(engine.digest().unwrap(), after[done + 1], "call {fail_at}: step {done}: {error}");
        }
        let live = bytes(&engine);
        assert!(live == refolded(&engine), "call {fail_at}");
    }
    assert!(all - before > 30, "{before} {all}");
}

/// What is declared no more and holds records is named with their number.
#[test]
fn words_that_a_new_definition_lacks_are_reported_with_their_records() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    (0..12).for_each(|number| purchase(&engine, number).unwrap());
    (0..3).for_each(|number| message(&engine, number + 12).unwrap());
    engine.identify_row(Id::Number(4), None, &[("city", Value::Text("Rouen"))]).unwrap();
    engine.relate_row("talk", Id::Number(4), Id::Text("anna"), None, 2.0).unwrap();
    engine.identify_row(Id::Number(4), None, &[("newsletter", Value::Bool(true))]).unwrap();
    assert!(engine.decide(Id::Number(4), Ask::default()).unwrap().action.is_some());
    let crossed = engine.crossings(Some("tier"), None).unwrap().len() as u64;
    let decided = engine.stats().unwrap().events - 15 - engine.crossings(None, None).unwrap().len() as u64;
    let few = "[event.purchase]\ncustomer = \"who\"\nat = \"at\"\namount = \"amount\"\n[trait]\nnewsletter = \"bool\"\n[feature.spend]\nsum = \"amount\"\n";
    let report = engine.redefine(&Definition::from_toml(few).unwrap()).unwrap();
    let unread = |word: &str| report.unread.iter().find(|(known, _)| known == word).map(|(_, count)| *count);
    assert_eq!([unread("event.message"), unread("trait.city"), unread("tie.talk")], [Some(3), Some(1), Some(1)]);
    assert_eq!(
        [unread("event.purchase"), unread("trait.newsletter"), unread("segment.tier")],
        [None, None, Some(crossed)]
    );
    // An offer or silence: only offers are of an action.
    assert!(unread("action.offer").is_some_and(|count| count > 0 && count <= decided), "{report:?}");
    // They are there again for a definition that has them again.
    engine.redefine(&definition()).unwrap();
    let mut met = [0.0];
    engine.reader(&["orders"]).unwrap().read(Id::Number(4), None, None, &mut met).unwrap();
    assert!(met[0] > 0.0);
    assert_eq!(engine.export(Id::Text("anna")).unwrap().ties.len(), 1);
}
