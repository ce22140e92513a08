use super::*;

const OFFERS: &str = r#"
[trait]
spend = "number"
fond  = "bool"

[context]
weather = "category"
people  = "number"
indoors = "bool"
opens   = "time"

[action.tea]
channel  = "app"
group    = "drinks"
response = "0.5"
weight   = "fond ? 2 : 1"
value    = 8
lever    = 1.5
cost     = 1

[action.ale]
channel  = "app"
group    = "drinks"
response = "0.25"
value    = 20
cost     = 2

[action.stew]
channel  = "mail"
group    = "meals"
response = "0.1"
value    = "spend"

[action.note]
channel  = "mail"
value    = 100
fallback = true
"#;

fn with(rest: &str) -> Engine {
    let engine = engine(&format!("{OFFERS}\n{rest}"));
    know(&engine, &[("spend", Value::Number(20.0)), ("fond", Value::Bool(false))]);
    engine
}

fn dry<'a>(ask: Ask<'a>) -> Ask<'a> {
    Ask { dry: true, ..ask }
}

#[test]
fn the_priority_is_a_product_less_cost() {
    let engine = with("");
    let decision = decide(&engine, 0);
    // tea 0.5 x 1 x 8 x 1.5 - 1 = 5; ale 0.25 x 20 - 2 = 3; stew 0.1 x 20 = 2.
    assert_eq!((decision.action.as_deref(), decision.priority), (Some("tea"), 5.0));
    let why = decision.why();
    assert_eq!(why, "`tea` has the highest priority: 0.5000 x 1.0000 x 8.0000 x 1.5000 - 1.0000 = 5.0000");
    let factors: Vec<String> = decision.factors().into_iter().map(|factor| factor.value).collect();
    assert_eq!(factors, ["0.5", "1", "8", "1.5", "1"]);
    let lost: Vec<(String, Reason)> = decision.losers().into_iter().map(|l| (l.action, l.reason)).collect();
    let wanted = [("ale", Reason::LowerPriority), ("stew", Reason::LowerPriority), ("note", Reason::NotNeeded)];
    assert_eq!(lost, wanted.map(|(action, reason)| (action.to_owned(), reason)));
}

#[test]
fn each_factor_can_be_switched_off() {
    let wins = |factors: &str| {
        let decision = decide(&with(&format!("[decide]\nfactors = {factors}")), 0);
        (decision.action.unwrap_or_default(), decision.priority)
    };
    assert_eq!(wins(r#"["response", "value", "cost"]"#), ("tea".to_owned(), 3.0));
    assert_eq!(wins(r#"["value"]"#), ("ale".to_owned(), 20.0));
    assert_eq!(wins(r#"["value", "cost", "lever"]"#), ("stew".to_owned(), 20.0));
    assert_eq!(wins(r#"["weight", "lever"]"#), ("tea".to_owned(), 1.5));
    assert_eq!(wins(r#"["cost"]"#), ("stew".to_owned(), 1.0));
}

#[test]
fn a_free_formula_reads_factors_and_columns() {
    let engine = with("[decide]\npriority = \"value * response - cost * 2 + spend * 0.5\"");
    let decision = decide(&engine, 0);
    // tea 4 - 2 + 10, ale 5 - 4 + 10, stew 2 - 0 + 10.
    assert_eq!((decision.action.as_deref(), decision.priority), (Some("tea"), 12.0));
    assert!(decision.why().ends_with("`value * response - cost * 2 + spend * 0.5` = 12.0000"), "{}", decision.why());
    // An unknown column makes every priority unknown.
    let engine = engine_unknown();
    assert_eq!(decide(&engine, 0).losers()[0].reason, Reason::UnknownFactor);
}

fn engine_unknown() -> Engine {
    engine(&format!("{OFFERS}\n[decide]\npriority = \"value + spend\""))
}

#[test]
fn silence_costs_what_attention_is_worth() {
    let priced = |price: &str| decide(&with(&format!("[decide]\nattention = {price}")), 0);
    assert_eq!(priced("4.99").action.as_deref(), Some("tea"));
    assert_eq!(priced("5").action.as_deref(), Some("note"));
    let silent = priced("100");
    assert_eq!((silent.action.clone(), silent.priority, silent.slate.len()), (None, 100.0, 0));
    assert_eq!(silent.why(), "silence: no action is allowed and worth more than 100, the price of attention");
    assert!(silent.losers().iter().all(|loser| loser.reason == Reason::BelowAttention));
    assert_eq!(priced("\"spend / 4 - 0.5\"").action.as_deref(), Some("tea"));
    assert_eq!(priced("\"spend * 5\"").action, None);
    // An unknown price is not exceeded.
    let unknown = engine(&format!("{OFFERS}\n[decide]\nattention = \"spend\""));
    assert_eq!(decide(&unknown, 0).action, None);
}

#[test]
fn a_slate_takes_one_of_a_group_and_keeps_the_caps() {
    let slate = |policies: &str, n: usize| {
        let engine = with(policies);
        let names = |decision: &Decision| decision.slate.iter().map(|c| c.action.clone()).collect::<Vec<_>>();
        let seen = engine.decide(ANNA, dry(Ask { n, at: Some(0), ..Ask::default() })).unwrap();
        let taken = engine.decide(ANNA, Ask { n, at: Some(0), ..Ask::default() }).unwrap();
        assert_eq!((names(&seen), &seen.slate), (names(&taken), &taken.slate));
        let reasons: Vec<Reason> = taken.losers().into_iter().map(|loser| loser.reason).collect();
        (names(&taken), reasons, engine)
    };
    assert_eq!(slate("", 1).0, ["tea"]);
    let (names, reasons, _) = slate("", 3);
    assert_eq!(names, ["tea", "stew"]);
    assert_eq!(reasons, [Reason::GroupTaken, Reason::NotNeeded]);
    let (names, reasons, engine) = slate("[contact.all]\nat_most = 1\nper = \"1d\"", 3);
    assert_eq!(names, ["tea"]);
    assert_eq!(reasons, [Reason::GroupTaken, Reason::ContactCap, Reason::NotNeeded]);
    assert_eq!(action(&engine, HOUR), None);
    // Each action of a slate is a contact and a decision of its own.
    let (_, _, engine) = slate("[contact.all]\nat_most = 2\nper = \"1d\"", 3);
    assert_eq!(action(&engine, HOUR), None);
    assert_eq!(whole(&engine.ledger().unwrap(), "decisions"), [1, 1, 1]);
}

#[test]
fn a_fallback_stands_in_only_when_nothing_else_is_chosen() {
    let engine = with("[contact.app]\nat_most = 1\nper = \"1d\"\n[contact.stew]\nat_most = 1\nper = \"1d\"");
    assert_eq!(action(&engine, 0).as_deref(), Some("tea"));
    assert_eq!(action(&engine, 0).as_deref(), Some("stew"));
    let decision = decide(&engine, 0);
    assert_eq!(decision.action.as_deref(), Some("note"));
    assert!(decision.why().starts_with("`note` stands in, since no other action is chosen"), "{}", decision.why());
}

#[test]
fn ties_go_to_the_action_declared_first() {
    let tied = |names: [&str; 3]| {
        let text: String = names.iter().map(|name| format!("[action.{name}]\nvalue = 1\n")).collect();
        decide(&engine(&text), 0).action.unwrap()
    };
    assert_eq!(tied(["b", "a", "c"]), "b");
    assert_eq!(tied(["c", "b", "a"]), "c");
}

#[test]
fn context_is_told_at_the_call_and_recorded() {
    let engine = with(
        "[action.umbrella]\neligible = 'weather == \"rain\" && !indoors && people > 2 && opens <= timestamp(\"1970-01-02T00:00:00Z\")'\n\
         value = 50\n[feature.rainy]\ncount = \"event\"\non = \"decided\"\nwhere = 'weather == \"rain\"'\n\
         [feature.crowd]\nmax = \"people\"\non = \"decided\"",
    );
    let told = |weather: &str, people: f64| {
        let context = [
            ("weather", Value::Text(weather)),
            ("people", Value::Number(people)),
            ("indoors", Value::Bool(false)),
            ("opens", Value::Time(DAY)),
        ];
        engine.decide(ANNA, Ask { at: Some(DAY), context: &context, ..Ask::default() }).unwrap().action
    };
    assert_eq!(action(&engine, DAY).as_deref(), Some("tea"));
    assert_eq!(told("rain", 3.0).as_deref(), Some("umbrella"));
    assert_eq!(told("rain", 2.0).as_deref(), Some("tea"));
    assert_eq!(told("hail", 9.0).as_deref(), Some("tea"));
    let mut counts = [0.0; 2];
    engine.reader(&["rainy", "crowd"]).unwrap().read(ANNA, None, None, &mut counts).unwrap();
    assert_eq!(counts, [2.0, 9.0]);
    let wrong = |word: &str, value: Value<'_>| {
        let context = [(word, value)];
        engine.decide(ANNA, dry(Ask { context: &context, ..Ask::default() })).unwrap_err().to_string()
    };
    assert_eq!(wrong("wether", Value::Null), "`[context]` has no `wether` (did you mean `weather`?)");
    assert_eq!(wrong("people", Value::Text("two")), "the context `people` is a number");
    assert_eq!(wrong("people", Value::Number(f64::INFINITY)), "the context `people` is a number");
}

#[test]
fn a_decision_toward_a_peer_reads_the_pair() {
    let engine = engine(
        "[event.message]\ncustomer = \"from\"\npeer = \"to\"\n[tie.talk]\non = \"message\"\n\
         [action.introduce]\neligible = \"talk >= 2\"\nvalue = \"talk\"\n[action.wave]\nvalue = 1\n",
    );
    let message = |peer: &str, at: i64| {
        let peer = Some(Id::Text(peer));
        let event = bactrian::RowEvent { kind: "message", customer: Some(ANNA), peer, at, fields: &[] };
        engine.observe_row(&event).unwrap();
    };
    [("ben", 0), ("carl", 0), ("ben", 1), ("ben", 2)].into_iter().for_each(|(peer, at)| message(peer, at));
    let toward = |peer: Option<&'static str>| {
        let decision = engine.decide(ANNA, Ask { toward: peer.map(Id::Text), ..Ask::default() }).unwrap();
        (decision.action.unwrap(), decision.priority)
    };
    assert_eq!(toward(Some("ben")), ("introduce".to_owned(), 3.0));
    assert_eq!(toward(Some("carl")), ("wave".to_owned(), 1.0));
    assert_eq!(toward(None), ("wave".to_owned(), 1.0));
}
