//! Opening a file is long work, which its host may stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bactrian::{Definition, Durability, Engine, ErrorKind, Id, Interrupt, Options, RowEvent};

const SHOP: &str =
    "[event.purchase]\ncustomer = \"who\"\nat = \"at\"\n[feature.orders]\ncount = \"event\"\non = \"purchase\"\n";

/// A hook that stops after so many questions.
fn after(questions: u64) -> (Arc<AtomicU64>, Interrupt) {
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    (asked, Arc::new(move || count.fetch_add(1, Ordering::Relaxed) >= questions))
}

#[test]
fn opening_a_file_can_be_interrupted_and_leaves_it_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.bactrian");
    let grouped = Options { durability: Durability::Interval, ..Options::default() };
    let engine = Engine::open(&path, Some(&Definition::from_toml(SHOP).unwrap()), grouped).unwrap();
    for number in 0..5000 {
        let customer = Some(Id::Number(number % 40));
        let event = RowEvent { kind: "purchase", customer, peer: None, at: number as i64, fields: &[] };
        engine.observe_row(&event).unwrap();
    }
    let digest = engine.digest().unwrap();
    engine.close().unwrap();

    let (asked, never) = after(u64::MAX);
    let opened = Engine::open(&path, None, Options { interrupt: Some(never), ..Options::default() }).unwrap();
    assert_eq!(opened.digest().unwrap(), digest);
    opened.close().unwrap();
    let all = asked.load(Ordering::Relaxed);
    assert!(all > 1);
    for questions in [0, all / 2, all - 1] {
        let (_, stop) = after(questions);
        let error = Engine::open(&path, None, Options { interrupt: Some(stop), ..Options::default() }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted, "after {questions} of {all}");
    }
    let again = Engine::open(&path, None, Options::default()).unwrap();
    assert_eq!(again.digest().unwrap(), digest);
}
