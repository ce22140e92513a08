//! Lowering: an order in which everything comes after what it reads, and nothing kept twice. Names of cells.

use super::{UNKNOWN, cell_labels, cell_name, lower};
use crate::data::keys::Keys;
use crate::definition::Definition;

const HEAD: &str = "[event.buy]\ncustomer = \"who\"\nat = \"at\"\namount = \"amount\"\n";

fn lowered(text: &str) -> super::Program {
    let (program, problems) = lower(&Definition::from_toml(text).unwrap(), &[], &mut Keys::default());
    assert!(problems.is_empty(), "{problems:?}");
    program
}

#[test]
fn segments_come_after_what_they_read_wherever_it_is_declared() {
    let segment = |name: &str, of: &str| {
        format!(
            "[segment.{name}]\nrules = [{{ label = \"yes\", when = '{of}' }}, {{ label = \"no\", when = 'a > 0.0' }}]\n"
        )
    };
    let text = format!(
        "{HEAD}{}{}[feature.a]\ncount = \"event\"\non = \"buy\"\n",
        segment("last", "first == \"yes\""),
        segment("first", "a > 2.0")
    );
    let program = lowered(&text);
    let place = |name: &str| program.column(name).unwrap();
    assert!(place("a") < place("first") && place("first") < place("last"));
    let order: Vec<&str> = program.segments.iter().map(|segment| segment.name.as_ref()).collect();
    assert_eq!(order, ["first", "last"]);
}

#[test]
fn features_that_ask_for_the_same_share_a_trigger_and_its_clock() {
    let decayed =
        |name: &str, aggregate: &str| format!("[feature.{name}]\n{aggregate}\non = \"buy\"\nhalf_life = \"9d\"\n");
    let text = format!("{HEAD}{}{}", decayed("a", "sum = \"amount\""), decayed("b", "count = \"event\""));
    let program = lowered(&text);
    let declared: Vec<_> = program.features.iter().filter(|feature| feature.rate > 0.0).collect();
    assert_eq!(declared.len(), 2);
    assert_eq!(declared[0].trigger, declared[1].trigger);
    assert!(program.triggers[declared[0].trigger].clock.is_some());
}

#[test]
fn lowering_is_a_function_of_the_definition_and_the_keys() {
    let text = format!("{HEAD}[feature.a]\nsum = \"amount\"\non = \"buy\"\nwhere = 'amount > 3.0'\n");
    let (mut once, mut twice) = (Keys::default(), Keys::default());
    let definition = Definition::from_toml(&text).unwrap();
    lower(&definition, &[], &mut once);
    lower(&definition, &[], &mut twice);
    let names = once.since(0).len();
    assert_eq!(once.since(0), twice.since(0));
    lower(&definition, &[], &mut once);
    assert_eq!(once.since(0).len(), names);
}

#[test]
fn a_cell_has_one_name_and_a_name_one_cell() {
    let parts = ["high", "a/b", "a", "b", "\"", "\"\"", "a\"/", "unknown", "unknown/x", "Müller & Sohn"];
    let mut seen = std::collections::BTreeMap::new();
    let all = parts.iter().flat_map(|first| {
        let pairs = parts.iter().map(move |second| vec![*first, *second]);
        pairs.chain([vec![*first]])
    });
    for labels in all {
        let name = cell_name(labels.iter().copied());
        assert_eq!(cell_labels(&name), labels, "{name}");
        assert_ne!(name, UNKNOWN);
        assert_eq!(seen.insert(name.clone(), labels), None, "{name}");
    }
    assert_eq!(cell_name(["high", "topic_3"].into_iter()), "high/topic_3");
    assert_eq!(cell_name(std::iter::empty()), UNKNOWN);
    assert!(cell_labels(UNKNOWN).is_empty());
}
