use super::*;

const TERMS: &str = r#"
[trait]
spend  = "number"
orders = "number"
fond   = "bool"

[action.card]
channel  = "email"
eligible = "spend >= 40 && fond"
value    = "orders"

[action.note]
value = 3

[contact.email]
at_most = 2
per     = "7d"
"#;

fn terms(spend: f64, orders: f64, fond: bool) -> Engine {
    let engine = engine(TERMS);
    know(&engine, &[("spend", Value::Number(spend)), ("orders", Value::Number(orders)), ("fond", Value::Bool(fond))]);
    engine
}

fn flip(engine: &Engine) -> Option<bactrian::Flip> {
    engine.decide(ANNA, Ask { dry: true, ..Ask::default() }).unwrap().flip()
}

#[test]
fn the_smallest_change_that_turns_a_decision() {
    // A gate: 38 must become 40.
    let found = flip(&terms(38.0, 9.0, true)).unwrap();
    assert_eq!((found.column.as_str(), found.from, found.to), ("spend", 38.0, 40.0));
    assert_eq!(found.action.as_deref(), Some("card"));
    assert_eq!(found.why, "`card` would win if `spend` were 40 instead of 38");
    // A gap between priorities: the card ties with the note from 3 orders on, and is declared first.
    let found = flip(&terms(60.0, 2.5, true)).unwrap();
    assert_eq!((found.column.as_str(), found.to, found.action.as_deref()), ("orders", 3.0, Some("card")));
    // A flag.
    let found = flip(&terms(60.0, 9.0, false)).unwrap();
    assert_eq!((found.column.as_str(), found.to), ("fond", 1.0));
    assert_eq!(found.why, "`card` would win if `fond` were true instead of false");
    // A cap: one contact less.
    let engine = terms(60.0, 9.0, true);
    action(&engine, HOUR);
    action(&engine, 2 * HOUR);
    let found = flip(&engine).unwrap();
    assert_eq!((found.column.as_str(), found.from, found.to), ("contacts by `email` within 1w", 2.0, 1.0));
    // Nothing alone turns it.
    assert_eq!(flip(&terms(1.0, 1.0, false)), None);
}

#[test]
fn a_flip_is_true_and_no_nearer_value_turns() {
    let mut random = bactrian::base::random::Random::keyed(5, 5);
    for _ in 0..40 {
        let (spend, orders) = (random.uniform() * 80.0, random.uniform() * 6.0);
        let winner = |spend: f64, orders: f64| decide(&terms(spend, orders, true), 0).action.unwrap();
        let now = winner(spend, orders);
        let Some(found) = flip(&terms(spend, orders, true)) else {
            // Both the gate and the gap stand in the way.
            assert!(spend < 40.0 && orders < 3.0, "{spend} {orders}");
            continue;
        };
        let with = |value: f64| if found.column == "spend" { winner(value, orders) } else { winner(spend, value) };
        if found.column == "fond" {
            continue;
        }
        assert_ne!(with(found.to), now, "{found:?}");
        assert_eq!(Some(with(found.to)), found.action);
        assert_eq!(with(found.from + (found.to - found.from) * 0.998), now, "{found:?}");
    }
}

#[test]
fn losers_show_the_values_that_were_read() {
    let engine = terms(38.0, 9.0, true);
    let loser = decide(&engine, 0).losers().remove(0);
    assert_eq!(loser.why, "eligible is false: `spend >= 40 && fond`");
    let read: Vec<(&str, &str)> = loser.read.iter().map(|f| (f.name.as_str(), f.value.as_str())).collect();
    assert_eq!(read, [("spend", "38"), ("fond", "true")]);
}

/// A score of every shape over known traits.
fn scores() -> Engine {
    let many: Vec<String> = (0..14).map(|number| format!("m{number}")).collect();
    let traits: String = many.iter().map(|name| format!("{name} = \"number\"\n")).collect();
    let engine = engine(&format!(
        "[trait]\na = \"number\"\nb = \"number\"\nc = \"number\"\nflag = \"bool\"\n{traits}\
         [score.sum]\nvalue = \"2 * a + b - 3 * c + 5\"\n[score.product]\nvalue = \"0.5 * a * b / c\"\n\
         [score.mixed]\nvalue = \"flag ? a * b : c\"\n[score.unknown]\nvalue = \"a + b / (c - c)\"\n\
         [score.wide]\nvalue = \"{}\"\n[score.knot]\nvalue = \"max({}) * m0\"\n",
        many.iter().enumerate().map(|(i, name)| format!("{i} * {name}")).collect::<Vec<_>>().join(" + "),
        many.join(", "),
    ));
    let mut known = vec![("a", 4.0), ("b", 6.0), ("c", 3.0)];
    known.extend(many.iter().enumerate().map(|(i, name)| (name.as_str(), 1.5 + i as f64)));
    let mut known: Vec<(&str, Value<'_>)> = known.into_iter().map(|(name, x)| (name, Value::Number(x))).collect();
    known.push(("flag", Value::Bool(true)));
    know(&engine, &known);
    engine
}

#[test]
fn parts_sum_to_the_score_whatever_its_shape() {
    use bactrian::Form;
    let engine = scores();
    let explain = |column: &str| engine.explain(ANNA, column, None, None).unwrap();
    let part =
        |found: &bactrian::Explanation, name: &str| found.parts.iter().find(|(known, _)| known == name).unwrap().1;
    for (column, form) in [
        ("a", Form::Whole),
        ("sum", Form::Shapley),
        ("product", Form::Shapley),
        ("mixed", Form::Shapley),
        ("wide", Form::Sampled),
        ("knot", Form::Sampled),
    ] {
        let found = explain(column);
        let sum: f64 = found.parts.iter().map(|(_, part)| part).sum();
        assert!((sum - found.value).abs() <= 1e-9 * found.value.abs().max(1.0), "{column}: {found:?}");
        assert_eq!(found.form, form, "{column}");
    }
    // The terms of a sum, whether by every subset or by drawn orders.
    let sum = explain("sum");
    let terms = [("base", 5.0), ("a", 8.0), ("b", 6.0), ("c", -9.0)];
    assert!(terms.into_iter().all(|(name, term)| (part(&sum, name) - term).abs() < 1e-12), "{sum:?}");
    assert_eq!(sum.why, "`sum` is 10.0000: -9.0000 from `c`, 8.0000 from `a`, 6.0000 from `b`, 5.0000 from 1 others");
    let wide = explain("wide");
    assert!((0..14).all(|i| (part(&wide, &format!("m{i}")) - f64::from(i) * (1.5 + f64::from(i))).abs() < 1e-9));
    // a * b counts where the flag holds: of orders, a needs b and the flag before it.
    let mixed = explain("mixed");
    // Shapley of flag ? a b : c by hand: v(S) = 24 if all of a, b, flag; c if c and not flag.
    let [a, b, c, flag] = ["a", "b", "c", "flag"].map(|name| part(&mixed, name));
    assert!((a - 8.0).abs() < 1e-12 && (b - 8.0).abs() < 1e-12, "{mixed:?}");
    assert!((c - 1.5).abs() < 1e-12 && (flag - 6.5).abs() < 1e-12, "{mixed:?}");
    let unknown = explain("unknown");
    assert_eq!((unknown.value.is_nan(), unknown.why.as_str()), (true, "`unknown` is unknown"));
}

#[test]
fn a_product_is_told_in_logarithms_too() {
    let engine = scores();
    let product = engine.explain(ANNA, "product", None, None).unwrap();
    assert_eq!(product.value, 4.0);
    let names: Vec<&str> = product.logs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["constant", "a", "b", "c"]);
    let sum: f64 = product.logs.iter().map(|(_, part)| part).sum();
    assert!((sum - std::f64::consts::LN_2 * 2.0).abs() < 1e-12, "{product:?}");
    assert!(engine.explain(ANNA, "sum", None, None).unwrap().logs.is_empty());
    know(&engine, &[("a", Value::Number(-1.0))]);
    assert!(engine.explain(ANNA, "product", None, None).unwrap().logs.is_empty());
}

/// A name is tried as well as a number: a trait, and the cell of a segment.
#[test]
fn another_name_may_turn_a_decision() {
    let text = "[trait]\ntier = \"category\"\nspend = \"number\"\n\
                [segment.size]\naxis.spend = { of = \"spend\", edges = [1e6], labels = [\"low\", \"high\"] }\n\
                [action.card]\neligible = 'tier in [\"gold\", \"silver\"]'\nvalue = \"spend\"\n\
                [action.call]\neligible = 'size.spend == \"high\"'\nvalue = 500\n";
    let with = |tier: &str, spend: f64| {
        let engine = engine(text);
        know(&engine, &[("tier", Value::Text(tier)), ("spend", Value::Number(spend))]);
        flip(&engine).unwrap()
    };
    let cells = engine(&text.replace("value = \"spend\"", "value = 0"));
    know(&cells, &[("tier", Value::Text("tin")), ("spend", Value::Number(30.0))]);
    assert_eq!(flip(&cells).unwrap().why, "`call` would win if `size.spend` were high instead of low");
    let found = with("tin", 2e6);
    assert_eq!(found.action.as_deref(), Some("card"));
    assert_eq!(found.why, "`card` would win if `tier` were gold instead of tin");
    // What nobody knows of may turn out to be a name.
    let engine = engine(&text.replace("value = 500", "value = 0"));
    know(&engine, &[("spend", Value::Number(3.0))]);
    assert_eq!(flip(&engine).unwrap().why, "`card` would win if `tier` were gold instead of unknown");
}
