//! A small world of events with everything that is awkward about real ones, and engines fed with it.

use bactrian::base::random::Random;
use bactrian::{Definition, Engine, Id, Options, RowEvent, Value};

pub const HOUR: i64 = 3_600_000_000;
pub const DAY: i64 = 24 * HOUR;
pub const LATENESS: i64 = DAY;
pub const MEMBERS: [(u64, &str); 4] = [(0, "h1"), (1, "h1"), (2, "h2"), (3, "h2")];
pub const CUSTOMERS: u64 = 6;

/// The kinds, roles and traits that every test declares.
pub const HEAD: &str = r#"
[time]
lateness = "1d"

[event.line]
customer = "who"
peer     = "whom"
at       = "at"
occasion = "basket"
amount   = "amount"
need     = { column = "needs", split = ";" }
channel  = "channel"
flag     = { gift = "gift" }

[event.note]
customer = "who"
peer     = "whom"
at       = "at"
id       = "id"
reply_to = "answers"
amount   = "amount"

[trait]
household = "category"
size      = "number"
"#;

#[derive(Debug, Clone, Default)]
pub struct Event {
    pub kind: &'static str,
    pub who: Option<u64>,
    pub whom: Option<u64>,
    pub at: i64,
    pub amount: Option<f64>,
    pub needs: Vec<String>,
    pub channel: Option<&'static str>,
    pub gift: Option<bool>,
    pub basket: Option<String>,
    pub id: Option<String>,
    pub answers: Option<String>,
}

fn pick<'a, T>(random: &mut Random, of: &'a [T]) -> &'a T {
    &of[random.below(of.len() as u64) as usize]
}

/// Lines of baskets and single events over some forty days: ties in time, baskets that span
/// instants, moments on the edges of hops, unknown values, several needs, peers or none.
pub fn events(seed: u64, count: usize) -> Vec<Event> {
    let mut random = Random::keyed(seed, 0);
    let mut events = Vec::new();
    let mut basket = 0;
    while events.len() < count {
        // Ten-minute steps, so that moments tie and fall on the edges of hops.
        let at = random.below(40 * 144) as i64 * (HOUR / 6);
        let who = Some(random.below(CUSTOMERS - 1)).filter(|_| random.below(12) > 0);
        basket += 1;
        let named = random.below(3) > 0;
        for line in 0..1 + random.below(4) as i64 {
            let whom = Some(random.below(CUSTOMERS - 1)).filter(|_| who.is_none() || random.below(2) > 0);
            let needs = (0..random.below(4)).map(|_| (*pick(&mut random, &["a", "b", "c", "d"])).to_owned()).collect();
            let amounts = [-3.5, 0.0, -0.0, 1.25, 2.0, 7.0, 31.0, 0.1];
            let amount = *pick(&mut random, &amounts) + if random.below(3) == 0 { random.uniform() } else { 0.0 };
            // A few baskets span instants; the order of their lines is not that of time.
            let offset = if named { (line * 37 % 5) * (HOUR / 3) } else { 0 };
            events.push(Event {
                kind: "line",
                who,
                whom,
                at: at + offset * i64::from(random.below(3) == 0),
                amount: (random.below(9) > 0).then_some(amount),
                needs,
                channel: [Some("shop"), Some("web"), Some("phone"), None][random.below(4) as usize],
                gift: [Some(true), Some(false), None][random.below(3) as usize],
                basket: named.then(|| format!("basket {basket}")),
                ..Event::default()
            });
        }
    }
    events.sort_by_key(|event| event.at);
    events
}

/// The events in an order in which each comes within the lateness.
pub fn within_lateness(events: &[Event], seed: u64) -> Vec<Event> {
    let mut random = Random::keyed(seed, 1);
    let mut keyed: Vec<(i64, Event)> =
        events.iter().map(|event| (event.at + random.below(LATENESS as u64) as i64, event.clone())).collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, event)| event).collect()
}

/// The events in any order.
pub fn shuffled(events: &[Event], seed: u64) -> Vec<Event> {
    let mut events = events.to_vec();
    Random::keyed(seed, 2).shuffle(&mut events);
    events
}

/// An engine that knows who belongs to which household.
pub fn engine(features: &str) -> Engine {
    let definition = Definition::from_toml(&format!("{HEAD}\n{features}")).unwrap();
    let engine = Engine::new(&definition, Options::default()).unwrap();
    for (who, household) in MEMBERS {
        engine.identify_row(Id::Number(who), Some(-DAY), &[("household", Value::Text(household))]).unwrap();
    }
    // The others are known too, so that a pair can be asked for before it has met.
    for who in MEMBERS.len() as u64..CUSTOMERS {
        engine.identify_row(Id::Number(who), Some(-DAY), &[("size", Value::Number(1.0))]).unwrap();
    }
    engine
}

pub fn observe(engine: &Engine, event: &Event) {
    let texts: Vec<&str> = event.needs.iter().map(String::as_str).collect();
    let text = |text: Option<&'static str>| text.map_or(Value::Null, Value::Text);
    let label = |text: &'static str| text;
    let mut fields = vec![(label("amount"), event.amount.map_or(Value::Null, Value::Number))];
    if event.kind == "line" {
        fields.push(("need", Value::Texts(&texts)));
        fields.push(("channel", text(event.channel)));
        fields.push(("gift", event.gift.map_or(Value::Null, Value::Bool)));
        fields.push(("occasion", event.basket.as_deref().map_or(Value::Null, Value::Text)));
    } else {
        fields.push(("id", event.id.as_deref().map_or(Value::Null, Value::Text)));
        fields.push(("reply_to", event.answers.as_deref().map_or(Value::Null, Value::Text)));
    }
    let (customer, peer) = (event.who.map(Id::Number), event.whom.map(Id::Number));
    let row = RowEvent { kind: event.kind, customer, peer, at: event.at, fields: &fields };
    let report = engine.observe_row(&row).unwrap();
    assert_eq!((report.accepted, report.rejected.len()), (1, 0), "{event:?}: {report:?}");
}
