//! The golden stream, run by Rust. `tests/golden/stream.toml` says how it is made and what it must come to.

use bactrian::expr::Type;
use bactrian::{Definition, Engine, Id, Options, RowEvent, Value};
use toml::{Table, Value as Toml};

const SECOND: i64 = 1_000_000;
/// 2024-01-01 UTC.
const START: i64 = 1_704_067_200 * SECOND;
const UNKNOWN: u64 = 0x7ff8_0000_0000_0000;
const BASIS: u64 = 14_695_981_039_346_656_037;
const PRIME: u64 = 1_099_511_628_211;

struct Draw(u32);

impl Draw {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % bound
    }
}

fn observe(engine: &Engine, draw: &mut Draw, clock: &mut i64, people: u32) {
    *clock += i64::from(draw.below(600)) * SECOND;
    let delay = if draw.below(8) == 0 { draw.below(259_200) } else { 0 };
    let at = *clock - i64::from(delay) * SECOND;
    let place = draw.below(people);
    let who = format!("c{place}");
    if draw.below(4) == 0 {
        let whom = format!("c{}", (place + people - 1 + 2 * draw.below(2)) % people);
        let sentiment = (f64::from(draw.below(2001)) - 1000.0) / 64.0;
        let (customer, peer) = (Some(Id::Text(&who)), Some(Id::Text(&whom)));
        let fields = [("sentiment", Value::Number(sentiment))];
        engine.observe_row(&RowEvent { kind: "message", customer, peer, at, fields: &fields }).unwrap();
        return;
    }
    let amount = f64::from(draw.below(20_000)) / 64.0;
    let channel = format!("channel {}", draw.below(5));
    let uneven = draw.below(24);
    let need = format!("need {}", (place + uneven * uneven / 96) % 9);
    let basket = format!("basket {}", (*clock - START) / (3_600 * SECOND));
    let id = format!("id {}", draw.below(5_000));
    let text = |text| Value::Text(text);
    let fields = [
        ("amount", Value::Number(amount)),
        ("channel", text(channel.as_str())),
        ("need", text(&need)),
        ("occasion", text(&basket)),
        ("id", text(&id)),
    ];
    let customer = Some(Id::Text(&who));
    engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at, fields: &fields }).unwrap();
}

fn name_hash(text: &str) -> u64 {
    text.bytes().fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// Folds some columns of everyone into a digest.
fn fold(engine: &Engine, hash: &mut u64, columns: &Toml, people: u32, toward: bool) {
    let columns: Vec<&str> = columns.as_array().unwrap().iter().map(|column| column.as_str().unwrap()).collect();
    let reader = engine.reader(&columns).unwrap();
    let kinds = reader.kinds().unwrap();
    let mut values = vec![f64::NAN; reader.len()];
    for who in 0..people {
        let (customer, peer) = (format!("c{who}"), format!("c{}", (who + 1) % people));
        reader.read(Id::Text(&customer), toward.then_some(Id::Text(&peer)), None, &mut values).unwrap();
        for (value, kind) in values.iter().zip(&kinds) {
            let word = match kind {
                _ if value.is_nan() => UNKNOWN,
                Type::Key => name_hash(&engine.key_text(*value).unwrap()),
                _ => value.to_bits(),
            };
            *hash = (*hash ^ word).rotate_left(23).wrapping_mul(PRIME);
        }
    }
}

#[test]
fn the_stream_comes_to_its_digests() {
    let golden: Table = include_str!("../../../tests/golden/stream.toml").parse().unwrap();
    let number = |word: &str| golden[word].as_integer().unwrap();
    let definition = Definition::from_toml(golden["definition"].as_str().unwrap()).unwrap();
    let engine = Engine::new(&definition, Options::default()).unwrap();
    let (mut draw, mut clock, people) = (Draw(number("seed") as u32), START, number("people") as u32);
    let fits: Vec<i64> = golden["fits"].as_array().unwrap().iter().map(|at| at.as_integer().unwrap()).collect();
    for event in 1..=number("events") {
        observe(&engine, &mut draw, &mut clock, people);
        if fits.contains(&event) {
            engine.fit(None).unwrap();
        }
    }
    engine.advance_to(clock + 86_400 * SECOND).unwrap();
    let mut scores = BASIS;
    fold(&engine, &mut scores, &golden["columns"], people, false);
    fold(&engine, &mut scores, &golden["toward"], people, true);
    let found = [engine.digest().unwrap(), scores].map(|digest| format!("{digest:016x}"));
    let wanted = ["state", "scores"].map(|word| golden[word].as_str().unwrap().to_owned());
    assert_eq!(found, wanted, "state and scores");
}
