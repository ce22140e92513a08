use super::*;
use bactrian::{Call, ErrorKind};

const SHOP: &str = r#"
[time]
lateness = "1d"

[trait]
spend = "number"

[context]
weather = "category"

[action.card]
channel  = "email"
group    = "loyalty"
eligible = "spend > 5"
response = "spend * 0.125"
value    = 4
cost     = 0.25
outcome  = "redeem"
within   = "10d"

[action.call]
channel = "phone"
process = "service"
weight  = 'weather == "rain" ? 2 : 1'
value   = 1

[contact.email]
at_most = 2
per     = "5d"

[decide]
attention = "spend * 0.03125"
outcomes  = ["opened"]
"#;

fn shop(spend: f64) -> Engine {
    let engine = engine(SHOP);
    know(&engine, &[("spend", Value::Number(spend))]);
    engine
}

fn ledger(engine: &Engine, action: Option<&str>, column: &str) -> i64 {
    let table = engine.ledger().unwrap();
    let place = texts(&table, "action").iter().position(|found| found.as_deref() == action).unwrap();
    whole(&table, column)[place]
}

#[test]
fn a_record_tells_again_what_was_weighed() {
    let engine = shop(8.0);
    let rain = [("weather", Value::Text("rain"))];
    let taken = engine.decide(ANNA, Ask { at: Some(DAY), context: &rain, ..Ask::default() }).unwrap();
    let record = engine.recorded(taken.id).unwrap();
    assert_eq!((record.action.as_deref(), record.at, record.withheld), (Some("card"), DAY, false));
    assert_eq!((record.priority, record.attention, record.propensity), (3.75, 0.25, 1.0));
    assert_eq!(record.definition, engine.definition().unwrap().hash());
    assert_eq!(record.customer, ANNA.into());
    let card = &record.candidates[0];
    assert_eq!((card.factors, card.priority, card.reason), ([1.0, 1.0, 4.0, 1.0, 0.25], 3.75, None));
    let call = &record.candidates[1];
    assert_eq!((call.action.as_str(), call.factors, call.priority), ("call", [1.0, 2.0, 1.0, 1.0, 0.0], 2.0));
    // Silence is recorded with where each action fell.
    let poor = shop(1.0);
    know(&poor, &[("spend", Value::Number(100.0))]);
    action(&poor, HOUR);
    action(&poor, 2 * HOUR);
    let silent = decide(&poor, 3 * HOUR);
    let record = poor.recorded(silent.id).unwrap();
    assert_eq!((record.action, record.priority, silent.action), (None, 3.125, None));
    assert_eq!(record.candidates[0].reason, Some(Reason::ContactCap));
    assert!(record.candidates[0].priority.is_nan());
    assert_eq!(poor.recorded(7).unwrap_err().kind(), ErrorKind::UnknownDecision);
}

#[test]
fn a_record_is_read_under_the_definition_of_its_time() {
    let engine = shop(8.0);
    let taken = decide(&engine, DAY);
    let changed = SHOP.replace("[action.card]", "[action.poster]\nvalue = 9\n[action.card]").replace("0.25", "0.5");
    engine.redefine(&Definition::from_toml(&changed).unwrap()).unwrap();
    let record = engine.recorded(taken.id).unwrap();
    let names: Vec<&str> = record.candidates.iter().map(|candidate| candidate.action.as_str()).collect();
    assert_eq!((names, record.priority), (vec!["card", "call"], 3.75));
    assert_eq!((record.candidates[0].priority, record.definition), (3.75, taken.definition()));
}

#[test]
fn outcomes_join_their_decision_within_its_window() {
    let engine = shop(8.0);
    let taken = decide(&engine, DAY);
    let learn =
        |outcome: &str, at: i64, value: f64| engine.learn_row(taken.id, outcome, Some(at), Some(value)).unwrap();
    let refused = |outcome: &str, at: i64| learn(outcome, at, 1.0).rejected[0].reason.clone();
    assert_eq!(refused("redeem", HOUR), "1970-01-01T01:00:00Z lies before the decision at 1970-01-02T00:00:00Z");
    assert_eq!(refused("redeem", 11 * DAY + 1), "1970-01-12T00:00:00.000001Z lies after the window of 10d");
    assert_eq!(refused("expired", 2 * DAY), "the engine itself records `expired`");
    let unnamed = "the definition names no outcome `reedem`, and `card` goes by another one: did you mean `redeem`?";
    assert_eq!(refused("reedem", 2 * DAY), unnamed);
    assert!(refused("complaint", 2 * DAY).ends_with("`outcomes` of `[decide]` names what else is learnt"));
    assert_eq!(learn("opened", 2 * DAY, 0.0).accepted, 1);
    assert_eq!((ledger(&engine, Some("card"), "answered"), ledger(&engine, Some("card"), "open")), (0, 1));
    assert_eq!(learn("redeem", 3 * DAY, 12.0).accepted, 1);
    assert_eq!((ledger(&engine, Some("card"), "answered"), ledger(&engine, Some("card"), "open")), (1, 0));
    // The same again changes nothing; an earlier one neither; a later one corrects.
    let before = engine.digest().unwrap();
    assert_eq!(learn("redeem", 3 * DAY, 12.0).duplicates, 1);
    assert_eq!(learn("redeem", 2 * DAY, 50.0).duplicates, 1);
    assert_eq!(engine.digest().unwrap(), before);
    assert_eq!(learn("redeem", 3 * DAY, 10.0).accepted, 1);
    assert_eq!(learn("redeem", 4 * DAY, 7.5).accepted, 1);
    let table = engine.ledger().unwrap();
    assert_eq!((numbers(&table, "realised")[0], numbers(&table, "expected")[0]), (7.5, 3.75));
    assert_eq!((numbers(&table, "cost")[0], whole(&table, "outcome.redeem")[0]), (0.25, 1));
    assert_eq!(whole(&table, "outcome.opened")[0], 1);
    // An outcome of its time is taken for the lateness longer.
    engine.advance_to(12 * DAY).unwrap();
    assert_eq!(learn("redeem", 11 * DAY, 8.0).accepted, 1);
    engine.advance_to(12 * DAY + 1).unwrap();
    let reason = refused("redeem", 11 * DAY);
    assert_eq!(
        reason,
        format!(
            "no decision {} is open: it is unknown or expired, or silence, of which `within` of `[decide]` would take outcomes",
            taken.id
        )
    );
    assert_eq!(numbers(&engine.ledger().unwrap(), "realised")[0], 8.0);
}

#[test]
fn what_no_outcome_came_of_expires() {
    let mut text = SHOP.to_owned();
    text.push_str("[feature.expired]\ncount = \"event\"\non = \"outcome\"\nwhere = 'outcome == \"expired\"'\n");
    let engine = engine(&text);
    know(&engine, &[("spend", Value::Number(8.0))]);
    let [first, second] = [1, 2].map(|day| decide(&engine, day * DAY));
    engine.learn_row(second.id, "opened", None, None).unwrap();
    // Read before anything is recorded: the ledger knows what is due.
    let state = |engine: &Engine| {
        ["decisions", "answered", "open", "expired"].map(|column| ledger(engine, Some("card"), column))
    };
    assert_eq!(state(&engine), [2, 0, 2, 0]);
    engine.advance_to(12 * DAY).unwrap();
    assert_eq!(state(&engine), [2, 0, 2, 0]);
    engine.advance_to(12 * DAY + 1).unwrap();
    assert_eq!(state(&engine), [2, 0, 1, 1]);
    // An observed event moves the clock too; what is due is recorded by the next decision.
    engine.identify_row(ANNA, Some(14 * DAY), &[("spend", Value::Number(8.0))]).unwrap();
    decide(&engine, 14 * DAY);
    assert_eq!(state(&engine), [3, 0, 1, 2]);
    let mut expired = [0.0];
    engine.reader(&["expired"]).unwrap().read(ANNA, None, None, &mut expired).unwrap();
    assert_eq!((expired, engine.stats().unwrap().late), ([2.0], 0));
    assert_eq!(engine.learn_row(first.id, "redeem", Some(3 * DAY), None).unwrap().rejected.len(), 1);
}

#[test]
fn a_table_of_outcomes_is_learnt_row_by_row() {
    let engine = shop(8.0);
    let [a, b] = [1, 2].map(|day| decide(&engine, day * DAY).id);
    let mut table = Table::new();
    table.push("decision", Column::Id([b, 5, a, b].map(bactrian::OwnedId::Number).to_vec()));
    table.push("what", Column::text(["redeem", "redeem", "", "opened"].map(|kind| Some(kind.to_owned())).into_iter()));
    table.push("at", Column::Time(vec![Some(4 * DAY), None, None, None]));
    table.push("value", Column::Number(vec![3.0, 1.0, 1.0, f64::NAN]));
    let call = Call { kind: None, roles: &[("outcome", "what")] };
    let report = engine.learn(&[table.to_arrow().unwrap()], &call).unwrap();
    assert_eq!(report.accepted, 2);
    let rejected: Vec<(u64, &str)> = report.rejected.iter().map(|r| (r.row, r.reason.as_str())).collect();
    let unknown = "no decision 5 is open: it is unknown or expired, or silence, of which `within` of `[decide]` would take outcomes";
    assert_eq!(rejected, [(1, unknown), (2, "`outcome` is missing")]);
    let kind = Call { kind: Some("redeem"), roles: &[] };
    let mut one = Table::new();
    one.push("decision", Column::Id(vec![bactrian::OwnedId::Number(a)]));
    assert_eq!(engine.learn(&[one.to_arrow().unwrap()], &kind).unwrap().accepted, 1);
    assert_eq!(
        engine.learn(&[one.to_arrow().unwrap()], &Call::default()).unwrap_err().kind(),
        ErrorKind::SchemaMissing
    );
    assert_eq!(ledger(&engine, Some("card"), "answered"), 2);
}

#[test]
fn a_reopened_engine_has_the_same_ledger_and_decides_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.bactrian");
    let open = || Engine::open(&path, Some(&Definition::from_toml(SHOP).unwrap()), Options::default()).unwrap();
    let memory = engine(SHOP);
    let mut file = open();
    file.identify_row(ANNA, Some(0), &[]).unwrap();
    let mut ids = Vec::new();
    for step in 1..60i64 {
        for engine in [&memory, &file] {
            know(engine, &[("spend", Value::Number((step * 7 % 11) as f64))]);
        }
        let [a, b] = [&memory, &file].map(|engine| decide(engine, step * DAY / 2));
        assert_eq!(a, b);
        ids.push(a.id);
        let of = ids[(step * step) as usize % ids.len()];
        let kind = ["redeem", "opened"][step as usize % 2];
        let value = Some((step % 5) as f64);
        let [a, b] = [&memory, &file].map(|engine| engine.learn_row(of, kind, None, value).unwrap());
        assert_eq!(a, b);
        match step % 13 {
            5 => file.checkpoint().unwrap(),
            7 => {
                file.close().unwrap();
                file = open();
            }
            _ => {}
        }
        assert_eq!(memory.digest().unwrap(), file.digest().unwrap(), "{step}");
        assert_eq!(format!("{:?}", memory.ledger().unwrap()), format!("{:?}", file.ledger().unwrap()));
    }
    assert!(whole(&memory.ledger().unwrap(), "expired").iter().sum::<i64>() > 5);
}

#[test]
fn an_observed_event_that_passes_the_end_of_a_window_expires_it_on_the_way() {
    let mut text = SHOP.to_owned();
    text.push_str(
        "[event.visit]\ncustomer = \"who\"\nat = \"at\"\n\
         [feature.misses]\ncount = \"event\"\non = \"outcome\"\nwhere = 'outcome == \"expired\"'\n\
         [segment.missed]\naxis.n = { of = \"misses\", edges = [1], labels = [\"no\", \"yes\"] }\n",
    );
    let engine = engine(&text);
    know(&engine, &[("spend", Value::Number(8.0))]);
    decide(&engine, DAY);
    let visit = |at: i64| {
        let customer = Some(Id::Text("ben"));
        engine.observe_row(&bactrian::RowEvent { kind: "visit", customer, peer: None, at, fields: &[] }).unwrap()
    };
    let moved = |at: i64| {
        let crossings = visit(at).crossings.into_iter().map(|crossing| (crossing.customer, crossing.to, crossing.at));
        crossings.collect::<Vec<_>>()
    };
    assert_eq!(moved(12 * DAY), [(1, "no".into(), 12 * DAY)]);
    assert_eq!(moved(20 * DAY), [(0, "yes".into(), 12 * DAY)]);
    assert_eq!((ledger(&engine, Some("card"), "expired"), engine.stats().unwrap().late), (1, 0));
    let before = engine.digest().unwrap();
    assert_eq!(moved(21 * DAY), []);
    assert_ne!(engine.digest().unwrap(), before);
}
