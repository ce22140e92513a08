use super::Definition;
use super::model::{Aggregate, FieldType, Place, Window};
use super::problem::nearest;
use crate::base::{Problem, Severity};
use proptest::prelude::*;

const DESIGN: &str = include_str!("../../../tests/golden/design.toml");
const GROCERY: &str = include_str!("../../../tests/golden/grocery.toml");
const DAY: i64 = 86_400_000_000;

fn problems(text: &str) -> Vec<Problem> {
    Definition::parse(text).1
}

/// The only problem of a text: line, column, path, message, hint.
fn only(text: &str) -> (u32, u32, String, String, Option<String>) {
    let mut all = problems(text);
    assert_eq!(all.len(), 1, "{all:#?}");
    let one = all.remove(0);
    (one.line, one.column, one.path, one.message, one.hint)
}

#[test]
fn golden_definitions_have_no_problems() {
    for text in [DESIGN, GROCERY] {
        assert_eq!(problems(text), []);
    }
}

#[test]
fn the_example_of_the_design_reads_as_written() {
    let definition = Definition::from_toml(DESIGN).unwrap();
    let model = definition.model();
    let kinds: Vec<&str> = model.events.iter().map(|e| e.name.value.as_str()).collect();
    assert_eq!(kinds, ["purchase", "message", "redeem"]);
    let purchase = &model.events[0];
    assert_eq!(purchase.customer.as_ref().unwrap().value, "household_id");
    assert_eq!(purchase.at.as_ref().unwrap().value, "transaction_timestamp");
    let roles: Vec<(&str, FieldType)> = purchase.fields.iter().map(|f| (f.role.value.as_str(), f.kind)).collect();
    assert_eq!(
        roles,
        [
            ("occasion", FieldType::Label),
            ("amount", FieldType::Number),
            ("need", FieldType::Category),
            ("supplier", FieldType::Category),
            ("tier", FieldType::Category)
        ]
    );
    assert_eq!(model.traits.iter().map(|t| t.kind).collect::<Vec<_>>(), [FieldType::Category, FieldType::Bool]);
    assert_eq!(model.ties[0].half_life, Some(30 * DAY));
    assert!(matches!(&model.features[0].aggregate, Aggregate::Count(word) if word.value == "occasion"));
    assert!(matches!(&model.features[1].aggregate, Aggregate::Of(of, word) if of == "sum" && word.value == "amount"));
    assert_eq!(model.features[1].window, Window::HalfLife(90 * DAY));
    let columns: Vec<&str> = model.columns.iter().map(|c| c.name.value.as_str()).collect();
    assert_eq!(columns, ["basket", "clv", "warmth"]);
    let segment = &model.segments[0];
    let axes: Vec<(&str, &str)> = segment.axes.iter().map(|a| (&*a.name.value, &*a.of.value)).collect();
    assert_eq!(axes, [("value", "clv"), ("need", "basket")]);
    assert_eq!(segment.axes[0].labels.len(), 3);
    assert_eq!((segment.hysteresis, segment.dwell, segment.decide_on_enter), (0.1, 7 * DAY, true));
    let action = &model.actions[0];
    assert_eq!(action.cost.as_ref().unwrap().value, "0.4");
    assert!(action.response.is_none() && action.response_model.is_some());
    assert_eq!(model.decide.attention, 0.05);
    let quiet = model.contacts[0].quiet.as_ref().unwrap();
    assert_eq!((quiet.1, quiet.2), (21 * 60, 8 * 60));
    let place = action.eligible.as_ref().unwrap().place;
    let line = DESIGN.lines().nth(place.line as usize - 1).unwrap();
    assert!(line.starts_with("eligible"), "{line}");
    assert!(line[place.column as usize - 1..].starts_with("strategic.value"), "{line}");
}

#[test]
fn every_mistake_is_found_at_once_and_in_order() {
    let text = r#"[event.purchase]
customer = 3
amonut = "sales"
[fetaure.x]
[feature.spend]
sum = "amount"
count = "event"
half_life = "90 days"
windw = "3d"
[segment.s]
axis.value = { of = "spend", quantiles = [0.9, 0.5, 1.0], labels = ["a", "b"] }
[contact.email]
at_most = -1
per = "7d"
quiet = "9-17"
"#;
    let found: Vec<String> = problems(text).iter().map(ToString::to_string).collect();
    let expected = [
        "line 2, column 12: `event.purchase.customer`: expected their column, as a text or as `{ column = \"...\", split = \";\" }`, found a number",
        "line 3, column 1: `event.purchase.amonut`: unknown role `amonut`; known are `customer`, `peer`, `at`, `id`, `occasion`, `reply_to`, `amount`, `quantity`, `price`, `sentiment`, `weight`, `need`, `supplier`, `tier`, `channel`, `product`, `place`, `campaign`, `action`, `agent`, `direction`, `visibility`, `number`, `category`, `flag` (did you mean `amount`?)",
        "line 4, column 2: `fetaure`: unknown section `fetaure` (did you mean `feature`?)",
        "line 7, column 1: `feature.spend.count`: a feature has one aggregate, and this one has `sum` already (give it a name of its own)",
        "line 8, column 14: `feature.spend.half_life`: expected a span such as `30d` (a whole number, then ms, s, m, h, d, w or y), found `90 days`",
        "line 9, column 1: `feature.spend.windw`: unknown key `windw` (did you mean `window`?)",
        "line 11, column 48: `segment.s.axis.value.quantiles[1]`: expected rising numbers, found 0.5 after 0.9",
        "line 11, column 53: `segment.s.axis.value.quantiles[2]`: expected a probability between 0 and 1, found 1",
        "line 11, column 68: `segment.s.axis.value.labels`: expected 4 labels for 3 edges, found 2",
        "line 13, column 11: `contact.email.at_most`: expected a whole number of at least 0, found -1",
        "line 15, column 10: `contact.email.quiet`: expected quiet hours such as `21:00-08:00`, found `9-17`",
    ];
    assert_eq!(found, expected);
}
