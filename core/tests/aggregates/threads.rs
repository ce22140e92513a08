//! The same bits on any number of threads.

use bactrian::base::random::Random;
use bactrian::data::Id;
use bactrian::data::table::{Column, Table};
use bactrian::{Definition, Engine, Options, RowEvent, Value};
use rayon::ThreadPoolBuilder;

use super::world::{DAY, HEAD};

const FEATURES: &str = r#"
[feature.spend]
sum       = "amount"
on        = "line"
half_life = "9d"

[feature.recent]
mean   = "amount"
on     = "line"
window = "7d"

[feature.best]
top = "channel"
on  = "line"

[feature.met]
count  = "event"
on     = "line"
toward = "peer"

[needs.wants]
on     = "line"
topics = 2

[score.value]
model  = "rfm"
on     = "line"
amount = "amount"

[segment.tier]
axis.value = { of = "spend", quantiles = [0.5, 0.9], labels = ["low", "mid", "high"] }
"#;

fn fed() -> Engine {
    let definition = Definition::from_toml(&format!("{HEAD}\n{FEATURES}")).unwrap();
    let engine = Engine::new(&definition, Options { seed: 9, ..Options::default() }).unwrap();
    let mut random = Random::keyed(4, 4);
    for number in 0..9_000 {
        let (who, whom) = (random.below(5_000), random.below(5_000));
        let fields = [
            ("amount", Value::Number(random.uniform() * 60.0)),
            ("channel", Value::Text(["web", "shop", "phone"][random.below(3) as usize])),
            ("need", Value::Texts(&[["a", "b", "c", "d"][random.below(4) as usize]])),
        ];
        let (customer, peer) = (Some(Id::Number(who)), Some(Id::Number(whom)));
        let event = RowEvent { kind: "line", customer, peer, at: number * DAY / 300, fields: &fields };
        engine.observe_row(&event).unwrap();
    }
    engine.fit(None).unwrap();
    engine
}

fn bits(engine: &Engine, table: &Table) -> Vec<String> {
    let column = |(name, _): (String, bool)| match table.column(&name) {
        Some(Column::Number(values)) => {
            format!("{name} {:?}", values.iter().map(|value| value.to_bits()).collect::<Vec<_>>())
        }
        other => format!("{name} {other:?}"),
    };
    engine.columns().unwrap().into_iter().map(column).collect()
}

#[test]
fn folds_fits_and_reads_give_the_same_bits_on_one_two_and_eight_threads() {
    let run = |threads: usize| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let engine = fed();
            let at = engine.now().unwrap().map(|now| now + DAY);
            let all = engine.score(None, None, at, None).unwrap();
            let toward = engine.score(None, None, at, Some(Id::Number(3))).unwrap();
            assert!(all.len() > 4_000);
            (engine.digest().unwrap(), bits(&engine, &all), bits(&engine, &toward))
        })
    };
    let one = run(1);
    for threads in [2, 8] {
        assert!(one == run(threads), "{threads} threads");
    }
}
