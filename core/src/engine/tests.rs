//! The engine as a whole: fold(journal) == state to the bit, reopening, what a failed call leaves.

use std::collections::BTreeSet;

use proptest::prelude::*;

mod base;
mod beliefs;
mod disks;
mod erased;
mod made;
mod moved;
mod needs_first;
mod parts;
mod past;
mod social;
mod threads;
mod timers;

use super::*;
use crate::data::ids::Id;
use crate::data::ingest::{Call, RowEvent, Value};
use crate::data::table::{Column, Table};
use crate::data::time::parse_time;
use crate::definition::Definition;

const DEFINITION: &str = r#"
[event.purchase]
customer = "who"
at       = "at"
id       = "id"
occasion = "basket"
amount   = "amount"
need     = "need"

[event.message]
customer = "who"
peer     = "whom"
at       = "at"

[trait]
city     = "category"
newsletter = "bool"

[tie.talk]
on        = "message"
half_life = "30d"

[feature.orders]
count = "occasion"
on    = "purchase"

[feature.spend]
sum       = "amount"
on        = "purchase"
half_life = "30d"

[feature.recent]
mean   = "amount"
on     = "purchase"
window = "7d"

[feature.gaps]
gap_variance = "event"
on           = "purchase"

[feature.variety]
entropy = "need"
on      = "purchase"

[needs.basket]
on     = "purchase"
topics = 2

[community.circle]
layers = "talk"

[score.rfm]
model  = "rfm"
on     = "purchase"
amount = "amount"

[score.warmth]
mean   = "-ln(reply_seconds + 1.0)"
on     = "message"
toward = "peer"

[segment.tier]
axis.value = { of = "spend", edges = [10, 40], labels = ["low", "mid", "high"] }
hysteresis = 0.1
decide_on  = ["enter"]

[segment.matrix]
axis.need  = { of = "basket" }
axis.value = { of = "spend", quantiles = [0.5], labels = ["low", "high"] }
dwell      = "1d"

[segment.circles]
axis.circle = { of = "circle" }

[action.offer]
channel  = "email"
eligible = 'tier.value == "high" || newsletter'
response = "0.1"
value    = "spend"
cost     = 0.2

[contact.email]
at_most = 2
per     = "7d"

[decide]
attention = 0.05
"#;

fn definition() -> Definition {
    Definition::from_toml(DEFINITION).unwrap()
}

const DAY: i64 = 86_400_000_000;

/// One call of the write surface.
#[derive(Debug, Clone)]
enum Step {
    Purchase { who: u64, at: i64, amount: f64, need: u8, basket: Option<u8>, id: Option<u8> },
    Message { who: u64, whom: u64, at: i64 },
    Trait { who: u64, city: u8, newsletter: bool },
    Relate { who: u64, whom: u64, weight: f64 },
    Advance { days: i64 },
    Fit,
    Decide { who: u64 },
    Checkpoint,
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..12u64;
    let at = 0..40 * DAY;
    prop_oneof![
        8 => (who.clone(), at.clone(), 0.0..30.0, 0..4u8, proptest::option::of(0..5u8), proptest::option::of(0..9u8))
            .prop_map(|(who, at, amount, need, basket, id)| Step::Purchase { who, at, amount, need, basket, id }),
        6 => (who.clone(), 0..12u64, at).prop_map(|(who, whom, at)| Step::Message { who, whom, at }),
        2 => (who.clone(), 0..3u8, any::<bool>()).prop_map(|(who, city, newsletter)| Step::Trait { who, city, newsletter }),
        1 => (who.clone(), 0..12u64, 0.5..3.0).prop_map(|(who, whom, weight)| Step::Relate { who, whom, weight }),
        1 => (0..3i64).prop_map(|days| Step::Advance { days }),
        1 => Just(Step::Fit),
        2 => who.prop_map(|who| Step::Decide { who }),
        1 => Just(Step::Checkpoint),
    ]
}

fn run(engine: &Engine, step: &Step) {
    match step {
        Step::Purchase { who, at, amount, need, basket, id } => {
            let need = format!("need {need}");
            let basket = basket.map(|basket| format!("basket {basket}"));
            let id = id.map(|id| format!("id {id}"));
            let mut fields = vec![("amount", Value::Number(*amount)), ("need", Value::Text(&need))];
            fields.extend(basket.as_deref().map(|basket| ("occasion", Value::Text(basket))));
            fields.extend(id.as_deref().map(|id| ("id", Value::Text(id))));
            let customer = Some(Id::Number(*who));
            let event = RowEvent { kind: "purchase", customer, peer: None, at: *at, fields: &fields };
            engine.observe_row(&event).unwrap();
        }
        Step::Message { who, whom, at } => {
            let (customer, peer) = (Some(Id::Number(*who)), Some(Id::Number(*whom)));
            engine.observe_row(&RowEvent { kind: "message", customer, peer, at: *at, fields: &[] }).unwrap();
        }
        Step::Trait { who, city, newsletter } => {
            let city = format!("city {city}");
            let traits = [("city", Value::Text(&city)), ("newsletter", Value::Bool(*newsletter))];
            engine.identify_row(Id::Number(*who), None, &traits).unwrap();
        }
        Step::Relate { who, whom, weight } => {
            engine.relate_row("talk", Id::Number(*who), Id::Number(*whom), None, *weight).unwrap();
        }
        Step::Advance { days } => {
            let now = engine.now().unwrap().unwrap_or(0);
            engine.advance_to(now + days * DAY).unwrap();
        }
        Step::Fit => {
            engine.fit(None).unwrap();
        }
        Step::Checkpoint => engine.checkpoint().unwrap(),
        Step::Decide { who } => {
            // A customer never seen is an error, and leaves everything as it was.
            let _ = engine.decide(Id::Number(*who), Ask::default());
        }
    }
}

fn bytes(engine: &Engine) -> Vec<u8> {
    engine.world().unwrap().state.encode()
}

fn refolded(engine: &Engine) -> Vec<u8> {
    let mut world = engine.shared.world.write().unwrap();
    world.reload();
    world.usable().unwrap();
    world.state.encode()
}

/// Whether the sets of members are what the membership of each customer says.
fn cells_agree(engine: &Engine) -> bool {
    let world = engine.world().unwrap();
    (0..world.program.segments.len()).all(|segment| {
        let mut expected = std::collections::BTreeMap::<String, Vec<u32>>::new();
        for customer in world.live() {
            let cell = world.cell_text(world.state.member(segment, customer).cell);
            expected.entry(cell).or_default().push(customer);
        }
        let sizes = world.sizes(segment);
        sizes.len() == expected.len()
            && expected.iter().zip(&sizes).all(|((cell, members), (known, size))| {
                cell == known && members.len() as i64 == *size && world.members(segment, cell) == *members
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn fold_of_the_journal_is_the_state(steps in proptest::collection::vec(step(), 1..120)) {
        let engine = Engine::new(&definition(), Options { seed: 7, ..Options::default() }).unwrap();
        for (place, step) in steps.iter().enumerate() {
            run(&engine, step);
            if place % 7 == 0 {
                prop_assert!(cells_agree(&engine), "the members of a cell are others than those who are in it");
            }
        }
        let live = bytes(&engine);
        prop_assert!(live == refolded(&engine), "the journal folds to another state");
        prop_assert!(cells_agree(&engine), "the members of a cell are others after folding anew");
    }

    #[test]
    fn a_file_reopens_to_the_same_bits(steps in proptest::collection::vec(step(), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.bactrian");
        let engine = Engine::open(&path, Some(&definition()), Options { seed: 7, ..Options::default() }).unwrap();
        for step in &steps {
            run(&engine, step);
        }
        let live = bytes(&engine);
        engine.close().unwrap();
        drop(engine);
        let engine = Engine::open(&path, None, Options::default()).unwrap();
        prop_assert!(live == bytes(&engine), "the file opens to another state");
        // It goes on as if it had never been closed.
        let twin = Engine::new(&definition(), Options { seed: 7, ..Options::default() }).unwrap();
        for step in &steps {
            run(&twin, step);
        }
        for step in &steps {
            run(&engine, step);
            run(&twin, step);
        }
        prop_assert!(bytes(&engine) == bytes(&twin), "a reopened engine goes on differently");
    }
}

/// The step as far as it lies before `cut` (events by their own time, all else by the clock), if it does.
fn before(step: &Step, now: i64, cut: i64) -> Option<Step> {
    let happens = match step {
        Step::Purchase { at, .. } | Step::Message { at, .. } => *at < cut,
        Step::Advance { days } => now + days * DAY < cut,
        _ => now < cut,
    };
    happens.then(|| step.clone())
}

/// A purchase that is its own occasion and no duplicate: both depend on what came first.
fn plain(step: Step) -> Step {
    match step {
        Step::Purchase { who, at, amount, need, .. } => {
            Step::Purchase { who, at, amount, need, basket: None, id: None }
        }
        step => step,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_training_set_is_what_an_engine_fed_only_the_past_reads(
        steps in proptest::collection::vec(step().prop_map(plain), 1..120), cut in 1..40 * DAY
    ) {
        let [engine, past] = [0, 1].map(|_| Engine::new(&definition(), Options::default()).unwrap());
        for step in &steps {
            let now = engine.now().unwrap().unwrap_or(0);
            run(&engine, step);
            before(step, now, cut).iter().for_each(|step| run(&past, step));
        }
        let columns = ["orders", "spend", "recent", "rfm", "rfm.recency", "rfm.monetary", "city"];
        let at = Some(cut - 1);
        let known = |table: &Table| match table.column("customer") {
            Some(Column::Id(ids)) => BTreeSet::from_iter(ids.iter().map(|id| id.borrow().unwrap().to_string())),
            _ => BTreeSet::new(),
        };
        let everyone = known(&past.score(None, Some(&columns), at, None).unwrap());
        prop_assert_eq!(known(&engine.training_set(cut, Some(&columns), None, None).unwrap()), everyone.clone());
        // Named, since who was seen first in the future stands elsewhere.
        let ids: Vec<Id<'_>> = everyone.iter().map(|id| Id::Text(id)).collect();
        let told = engine.training_set(cut, Some(&columns), Some(&ids), None).unwrap();
        prop_assert_eq!(format!("{told:?}"), format!("{:?}", past.score(Some(&ids), Some(&columns), at, None).unwrap()));
    }
}

#[test]
fn a_batch_equals_its_rows_sent_singly() {
    use arrow_array::{Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array};
    let at: Vec<i64> = (0..200).map(|i| (i * 7919) % 97 * DAY / 4).collect();
    let who: Vec<u64> = (0..200).map(|i| i * 31 % 13).collect();
    let amount: Vec<f64> = (0..200).map(|i| f64::from(i % 17) + 0.25).collect();
    let need: Vec<String> = (0..200).map(|i| format!("need {}", i % 3)).collect();
    let batch = RecordBatch::try_from_iter([
        ("who", std::sync::Arc::new(UInt64Array::from(who.clone())) as _),
        ("at", std::sync::Arc::new(TimestampMicrosecondArray::from(at.clone())) as _),
        ("amount", std::sync::Arc::new(Float64Array::from(amount.clone())) as _),
        ("need", std::sync::Arc::new(StringArray::from(need.clone())) as _),
        ("id", std::sync::Arc::new(StringArray::new_null(200)) as _),
        ("basket", std::sync::Arc::new(StringArray::new_null(200)) as _),
    ])
    .unwrap();
    let together = Engine::new(&definition(), Options::default()).unwrap();
    together.observe(&[batch], &Call { kind: Some("purchase"), roles: &[] }).unwrap();
    let singly = Engine::new(&definition(), Options::default()).unwrap();
    let mut rows: Vec<usize> = (0..200).collect();
    rows.sort_by_key(|row| at[*row]);
    for row in rows {
        let fields = [("amount", Value::Number(amount[row])), ("need", Value::Text(&need[row]))];
        let customer = Some(Id::Number(who[row]));
        singly.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at: at[row], fields: &fields }).unwrap();
    }
    let columns = ["orders", "spend", "recent", "gaps", "variety", "tier"];
    let ids: Vec<Id<'_>> = (0..13).map(Id::Number).collect();
    let read = |engine: &Engine| engine.score(Some(&ids), Some(&columns), None, None).unwrap();
    assert_eq!(format!("{:?}", read(&together)), format!("{:?}", read(&singly)));
    assert_eq!(together.digest().unwrap(), singly.digest().unwrap());
    assert_ne!(bytes(&together), bytes(&singly), "they number their customers in one order");
    let crossings = |engine: &Engine| engine.crossings(None, None).unwrap();
    assert_eq!(format!("{:?}", crossings(&together)), format!("{:?}", crossings(&singly)));
}

#[test]
fn events_beyond_the_ceiling_are_rejected_and_the_clock_stays() {
    let engine = Engine::new(&definition(), Options { ceiling: 10 * DAY, ..Options::default() }).unwrap();
    let event = |at| RowEvent { kind: "purchase", customer: Some(Id::Number(1)), peer: None, at, fields: &[] };
    assert_eq!(engine.observe_row(&event(5 * DAY)).unwrap().accepted, 1);
    let report = engine.observe_row(&event(11 * DAY)).unwrap();
    assert_eq!((report.accepted, report.rejected.len()), (0, 1));
    assert_eq!(engine.now().unwrap(), Some(5 * DAY));
    assert_eq!(engine.advance_to(11 * DAY).unwrap_err().kind(), ErrorKind::TimeBeyondCeiling);
    assert_eq!(engine.advance_to(DAY).unwrap_err().kind(), ErrorKind::TimePast);
}

#[test]
fn a_definition_with_parts_that_are_not_in_yet_is_refused_by_name() {
    let text = include_str!("../../../tests/golden/design.toml");
    Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    let beyond = text.replace("toward = \"peer\"", "toward = \"supplier\"");
    assert_ne!(text, beyond);
    let error = Engine::new(&Definition::from_toml(&beyond).unwrap(), Options::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DefinitionNotYet, "{error}");
    let paths: Vec<&str> = error.problems().iter().map(|problem| problem.path.as_str()).collect();
    assert!(paths.iter().any(|path| path.contains("warmth")), "{paths:?}");
}

#[test]
fn reading_before_the_clock_points_to_training_sets() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    let at = parse_time("2017-07-01").unwrap();
    engine
        .observe_row(&RowEvent { kind: "purchase", customer: Some(Id::Number(1)), peer: None, at, fields: &[] })
        .unwrap();
    let error = engine.score(None, Some(&["spend"]), Some(at - DAY), None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimePast);
    assert!(error.hint_text().unwrap().contains("training_set"));
}

#[test]
fn redefining_back_fills_and_keeps_what_is_declared_alike() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.bactrian");
    let old = Definition::from_toml("[event.purchase]\ncustomer = \"who\"\namount = \"amount\"\n[feature.orders]\ncount = \"event\"\non = \"purchase\"\n").unwrap();
    let new = Definition::from_toml(&format!("{}\n[feature.spend]\nsum = \"amount\"\non = \"purchase\"\n[segment.size]\naxis.spend = {{ of = \"spend\", edges = [10], labels = [\"small\", \"large\"] }}\n", old.to_toml())).unwrap();
    let engine = Engine::open(&path, Some(&old), Options::default()).unwrap();
    for (who, amount) in [(1, 4.0), (1, 8.0), (2, 3.0)] {
        let fields = [("amount", Value::Number(amount))];
        let customer = Some(Id::Number(who));
        engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at: DAY, fields: &fields }).unwrap();
    }
    let broken =
        Definition::from_toml("[event.purchase]\ncustomer = \"who\"\n[feature.x]\nsum = \"nothing\"\n").unwrap();
    assert_eq!(engine.redefine(&broken).unwrap_err().kind(), ErrorKind::DefinitionInvalid);
    let report = engine.redefine(&new).unwrap();
    assert_eq!(report.added, ["spend", "size", "size.spend"]);
    assert_eq!(report.moved, 2);
    let digest = engine.digest().unwrap();
    let read = |engine: &Engine| {
        let mut values = [0.0; 2];
        engine.reader(&["orders", "spend"]).unwrap().read(Id::Number(1), None, None, &mut values).unwrap();
        values
    };
    assert_eq!(read(&engine), [2.0, 12.0]);
    assert_eq!(engine.members("size", "large").unwrap().len(), 1);
    engine.close().unwrap();
    drop(engine);
    assert_eq!(Engine::open(&path, Some(&old), Options::default()).unwrap_err().kind(), ErrorKind::DefinitionMismatch);
    let engine = Engine::open(&path, Some(&new), Options::default()).unwrap();
    assert_eq!(engine.digest().unwrap(), digest);
    assert_eq!(read(&engine), [2.0, 12.0]);
}

#[test]
fn merged_customers_fold_as_one_stream() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    let twin = Engine::new(&definition(), Options::default()).unwrap();
    for (number, (who, at)) in [(1, 0), (2, DAY), (1, 3 * DAY), (2, 5 * DAY)].into_iter().enumerate() {
        let fields = [("amount", Value::Number(1.5 + number as f64))];
        let event =
            |who| RowEvent { kind: "purchase", customer: Some(Id::Number(who)), peer: None, at, fields: &fields };
        engine.observe_row(&event(who)).unwrap();
        twin.observe_row(&event(1)).unwrap();
    }
    engine.merge(Id::Number(1), Id::Number(2)).unwrap();
    let columns = ["orders", "spend", "recent", "gaps"];
    let read = |engine: &Engine, who| {
        let mut values = [0.0; 4];
        engine.reader(&columns).unwrap().read(Id::Number(who), None, None, &mut values).unwrap();
        values
    };
    assert_eq!(read(&engine, 1), read(&twin, 1));
    assert_eq!(read(&engine, 2), read(&twin, 1));
    assert_eq!(engine.score(None, Some(&["spend"]), None, None).unwrap().len(), 1);
    assert_eq!(bytes(&engine), refolded(&engine));
    assert_eq!(engine.merge(Id::Number(1), Id::Number(2)).unwrap_err().kind(), ErrorKind::SchemaRange);
}

#[test]
fn a_training_set_reads_as_it_was_read_live() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    let columns = ["orders", "spend", "recent", "gaps", "variety", "tier", "rfm"];
    let mut live = Vec::new();
    for day in 0..30 {
        let at = day * DAY;
        if day > 0 {
            engine.advance_to(at - 1).unwrap();
            live.push((at, format!("{:?}", engine.score(None, Some(&columns), None, None).unwrap())));
        }
        if day == 12 {
            engine.fit(None).unwrap();
        }
        for who in 0..3 {
            let need = format!("need {}", (day + who) % 4);
            let fields = [("amount", Value::Number((day * 7 + who * 3) as f64 % 11.0)), ("need", Value::Text(&need))];
            let customer = Some(Id::Number(who as u64 % (1 + day as u64 / 5)));
            engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at, fields: &fields }).unwrap();
        }
    }
    for (at, seen) in live {
        let past = engine.training_set(at, Some(&columns), None, None).unwrap();
        assert_eq!(format!("{past:?}"), seen, "at {at}");
    }
}

#[test]
fn the_catalog_says_which_order_each_column_honours() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    let catalog = engine.catalog().unwrap();
    let (Some(Column::Text(names)), Some(Column::Text(orders))) = (catalog.column("column"), catalog.column("order"))
    else {
        panic!("two columns of text")
    };
    let order = |name: &str| {
        let place = names.iter().position(|known| known.as_deref() == Some(name)).unwrap();
        orders[place].as_deref().unwrap()
    };
    let classes = [
        ("city", "fold"),
        ("spend", "fold"),
        ("variety", "fold"),
        ("basket", "fold"),
        ("recent", "ordered"),
        ("gaps", "ordered"),
        // Occasions are remembered within the lateness.
        ("orders", "ordered"),
        ("warmth", "ordered"),
        ("tier", "trail"),
        ("matrix.need", "trail"),
    ];
    classes.into_iter().for_each(|(name, class)| assert_eq!(order(name), class, "{name}"));
    assert_eq!(catalog.column("fitted").map(Column::len), Some(names.len()));
}

#[test]
fn a_merged_customer_stands_where_the_one_stream_says() {
    let text = r#"
[event.purchase]
customer = "who"
at       = "at"
amount   = "amount"

[event.message]
customer = "who"
at       = "at"

[feature.spend]
sum = "amount"
on  = "purchase"

[segment.tier]
axis.value = { of = "spend", edges = [50], labels = ["low", "high"] }
dwell      = "30d"
"#;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("merged.bactrian");
    let engine = Engine::open(&path, Some(&Definition::from_toml(text).unwrap()), Options::default()).unwrap();
    let event = |kind, who, at, amount| {
        let fields = [("amount", Value::Number(amount))];
        let fields = if kind == "purchase" { &fields[..] } else { &fields[..0] };
        engine.observe_row(&RowEvent { kind, customer: Some(Id::Text(who)), peer: None, at, fields }).unwrap();
    };
    event("purchase", "anna", DAY, 40.0);
    event("purchase", "anna", 2 * DAY, 30.0);
    event("message", "anna2", 60 * DAY, 0.0);
    event("purchase", "bert", 61 * DAY, 30.0);
    event("purchase", "bert2", 62 * DAY, 30.0);
    let cell = |who: &str| {
        let value = engine.reader(&["tier"]).unwrap();
        let mut out = [0.0];
        value.read(Id::Text(who), None, None, &mut out).unwrap();
        engine.key_text(out[0]).unwrap()
    };
    engine.merge(Id::Text("anna"), Id::Text("anna2")).unwrap();
    engine.merge(Id::Text("bert"), Id::Text("bert2")).unwrap();
    assert_eq!((cell("anna"), cell("bert")), ("high".to_owned(), "high".to_owned()));
    assert_eq!(engine.stats().unwrap().customers, 2);
    let crossings = engine.crossings(None, None).unwrap();
    let Some(Column::Text(causes)) = crossings.column("cause") else { panic!("causes") };
    // Anna was high before, whatever the one folded into her was; Bert was not.
    assert_eq!(causes.iter().flatten().filter(|cause| *cause == "merge").count(), 1);
    let digest = engine.digest().unwrap();
    engine.close().unwrap();
    assert_eq!(Engine::open(&path, None, Options::default()).unwrap().digest().unwrap(), digest);
}

#[test]
fn rules_say_which_condition_moved_a_customer() {
    let text = r#"
[event.purchase]
customer = "who"
at = "at"
amount = "amount"
[feature.spend]
sum = "amount"
[feature.orders]
count = "event"
[trait]
vip = "bool"
[segment.care]
rules = [
    { label = "vip", when = "vip" },
    { label = "big", when = "spend > 100.0" },
    { label = "loyal", when = "orders >= 3 && spend > 10.0" },
]
"#;
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    let buy = |day: i64, amount: f64| {
        let fields = [("amount", Value::Number(amount))];
        let customer = Some(Id::Text("anna"));
        let row = RowEvent { kind: "purchase", customer, peer: None, at: day * DAY, fields: &fields };
        let report = engine.observe_row(&row).unwrap();
        report
            .crossings
            .iter()
            .map(|crossing| (crossing.to.to_string(), crossing.moved.to_string()))
            .collect::<Vec<_>>()
    };
    let one = |to: &str, moved: &str| vec![(to.to_owned(), moved.to_owned())];
    assert_eq!(buy(1, 5.0), one("other", "vip, spend, orders"));
    assert_eq!(buy(2, 6.0), []);
    assert_eq!(buy(3, 6.0), one("loyal", "spend, orders"));
    assert_eq!(buy(4, 100.0), one("big", "spend"));
    let report = engine.identify_row(Id::Text("anna"), None, &[("vip", Value::Bool(true))]).unwrap();
    assert_eq!(report.crossings[0].moved.as_ref(), "vip");
    let report = engine.identify_row(Id::Text("anna"), None, &[("vip", Value::Bool(false))]).unwrap();
    assert_eq!((report.crossings[0].to.as_ref(), report.crossings[0].moved.as_ref()), ("big", "vip"));
    let Some(Column::Text(moved)) = engine.crossings(None, None).unwrap().column("moved").cloned() else { panic!() };
    let told: Vec<&str> = moved.iter().flatten().map(String::as_str).collect();
    assert_eq!(told, ["vip, spend, orders", "spend, orders", "spend", "vip", "vip"]);
}
