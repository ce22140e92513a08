//! Where a trait's value came from, and how far it is believed.

use super::*;

const BELIEVED: &str = r#"
[trait]
plain = "number"
city  = { type = "category", half_life = "100d", sources = { form = 1.0, guess = 0.25 } }
size  = { type = "number", sources = { survey = 0.5 } }
"#;

fn told(engine: &Engine, at: i64, source: Option<&str>, traits: &[(&str, Value<'_>)]) {
    let source = source.map(|source| ("source", Value::Text(source)));
    let row: Vec<(&str, Value<'_>)> = traits.iter().copied().chain(source).collect();
    let report = engine.identify_row(Id::Number(1), Some(at), &row).unwrap();
    assert_eq!((report.accepted, report.rejected.len()), (1, 0), "{:?}", report.rejected);
}

fn read(engine: &Engine, column: &str, at: i64) -> f64 {
    let mut value = [f64::NAN];
    engine.reader(&[column]).unwrap().read(Id::Number(1), None, Some(at), &mut value).unwrap();
    value[0]
}

fn text(engine: &Engine, column: &str, at: i64) -> String {
    engine.key_text(read(engine, column, at)).unwrap()
}

#[test]
fn a_guess_gives_way_to_a_form_and_waits_until_the_form_is_old() {
    let engine = Engine::new(&Definition::from_toml(BELIEVED).unwrap(), Options::default()).unwrap();
    told(&engine, 0, Some("guess"), &[("city", Value::Text("Rome"))]);
    told(&engine, DAY, Some("form"), &[("city", Value::Text("Oslo"))]);
    assert!((read(&engine, "city.confidence", 101 * DAY) - 0.5).abs() < 1e-15);
    told(&engine, 150 * DAY, Some("guess"), &[("city", Value::Text("Bonn"))]);
    assert_eq!(
        (text(&engine, "city", 200 * DAY), text(&engine, "city.source", 200 * DAY)),
        ("Oslo".into(), "form".into())
    );
    assert_eq!(read(&engine, "city.learnt", 200 * DAY), DAY as f64);
    // A form of day 1 is worth a quarter, as a fresh guess is, on day 201.
    told(&engine, 202 * DAY, Some("guess"), &[("city", Value::Text("Bonn"))]);
    assert_eq!((text(&engine, "city", 202 * DAY), read(&engine, "city.confidence", 202 * DAY)), ("Bonn".into(), 0.25));
}

#[test]
fn without_decay_the_better_source_stands_and_an_unnamed_one_counts_fully() {
    let engine = Engine::new(&Definition::from_toml(BELIEVED).unwrap(), Options::default()).unwrap();
    told(&engine, 0, None, &[("size", Value::Number(3.0)), ("plain", Value::Number(1.0))]);
    told(&engine, DAY, Some("survey"), &[("size", Value::Number(4.0)), ("plain", Value::Number(2.0))]);
    assert_eq!((read(&engine, "size", DAY), read(&engine, "size.confidence", 99 * DAY)), (3.0, 1.0));
    assert!(read(&engine, "size.source", DAY).is_nan());
    assert_eq!(read(&engine, "plain", DAY), 2.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_arrival_does_not_matter(
        mut told_at in proptest::collection::btree_map(0..400i64, (0..3usize, 0..5u8), 1..12),
        seed in any::<u64>(),
    ) {
        let definition = Definition::from_toml(BELIEVED).unwrap();
        let (sorted, mixed) = (Engine::new(&definition, Options::default()).unwrap(), Engine::new(&definition, Options::default()).unwrap());
        let one = |engine: &Engine, (day, (source, city)): (i64, (usize, u8))| {
            let source = [None, Some("guess"), Some("form")][source];
            told(engine, day * DAY, source, &[("city", Value::Text(&format!("c{city}")))]);
        };
        told_at.iter().for_each(|(day, statement)| one(&sorted, (*day, *statement)));
        let mut rest: Vec<_> = std::mem::take(&mut told_at).into_iter().collect();
        rest.sort_by_key(|(day, _)| crate::base::random::mix(seed, *day as u64, 0));
        rest.into_iter().for_each(|statement| one(&mixed, statement));
        for column in ["city", "city.source"] {
            prop_assert_eq!(text(&sorted, column, 500 * DAY), text(&mixed, column, 500 * DAY));
        }
        prop_assert_eq!(read(&sorted, "city.confidence", 500 * DAY), read(&mixed, "city.confidence", 500 * DAY));
    }
}

#[test]
fn a_weight_beyond_one_is_a_mistake_with_its_place() {
    let error = Definition::from_toml("[trait]\ncity = { type = \"category\", sources = { form = 2.0 } }").unwrap_err();
    assert!(
        error.to_string().contains("above 0 and at most 1")
            || format!("{:?}", error.problems()).contains("above 0 and at most 1"),
        "{error:?}"
    );
}

#[test]
fn a_statement_of_a_later_moment_moves_the_clock_and_what_time_moves() {
    let definition = Definition::from_toml(&format!(
        "{BELIEVED}[segment.sure]\naxis.city = {{ of = \"city.confidence\", edges = [0.5], labels = [\"no\", \"yes\"] }}\n"
    ))
    .unwrap();
    let engine = Engine::new(&definition, Options::default()).unwrap();
    told(&engine, 0, None, &[("city", Value::Text("Oslo"))]);
    let row = [("plain", Value::Number(1.0))];
    let report = engine.identify_row(Id::Number(2), Some(120 * DAY), &row).unwrap();
    assert_eq!(engine.now().unwrap(), Some(120 * DAY));
    let crossed: Vec<_> = report.crossings.iter().map(|crossing| (crossing.to.as_ref(), crossing.cause)).collect();
    assert_eq!(crossed, [("no", "time")]);
    assert!((100 * DAY..100 * DAY + 2).contains(&report.crossings[0].at), "{}", report.crossings[0].at);
}
