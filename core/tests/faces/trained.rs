//! Trees that others trained are columns like any other, and live in the engine's file.

use std::path::{Path, PathBuf};

use bactrian::{Column, Definition, Engine, Error, ErrorKind, Form, Id, Options, RowEvent, Value};

const DAY: i64 = 86_400_000_000;

/// Two trees: one asks how often, and where that is unknown of what tier; one how much.
const CHURN: &str = "tree
version=v4
num_class=1
num_tree_per_iteration=1
max_feature_idx=2
objective=binary sigmoid:1
feature_names=orders spend tier
feature_infos=[0:9] [0:99] 0:1:2

Tree=0
num_leaves=3
num_cat=1
split_feature=0 2
threshold=1.5 0
decision_type=10 1
left_child=1 -2
right_child=-1 -3
leaf_value=-1 2 0.5
leaf_count=30 10 20
internal_value=0 0
internal_count=60 30
cat_boundaries=0 1
cat_threshold=2

Tree=1
num_leaves=2
num_cat=0
split_feature=1
threshold=10.5
decision_type=2
left_child=-1
right_child=-2
leaf_value=0.25 -0.75
leaf_count=40 20
internal_value=0
internal_count=60

end of trees
";

const SHOP: &str = r#"
[event.purchase]
customer = "customer"
amount   = "amount"

[trait]
tier = "category"

[feature.orders]
count = "event"
on    = "purchase"

[feature.spend]
sum = "amount"
on  = "purchase"

[score.churn]
model           = "churn.txt"
categories.tier = ["bronze", "silver", "gold"]

[score.twice]
value = "churn.raw * 2.0"
"#;

/// A definition and its model in files of a folder of their own.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new(definition: &str, model: &str) -> Files {
        let files = Files { folder: tempfile::tempdir().unwrap() };
        std::fs::write(files.path("shop.toml"), definition).unwrap();
        std::fs::write(files.path("churn.txt"), model).unwrap();
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn definition(&self) -> bactrian::Result<Definition> {
        Definition::from_file(self.path("shop.toml"))
    }

    fn engine(&self) -> Engine {
        Engine::new(&self.definition().unwrap(), Options::default()).unwrap()
    }
}

fn buy(engine: &Engine, customer: u64, amount: f64, at: i64) {
    let fields = [("amount", Value::Number(amount))];
    let event = RowEvent { kind: "purchase", customer: Some(Id::Number(customer)), peer: None, at, fields: &fields };
    engine.observe_row(&event).unwrap();
}

fn know(engine: &Engine, customer: u64, tier: &str) {
    engine.identify_row(Id::Number(customer), None, &[("tier", Value::Text(tier))]).unwrap();
}

/// 700 customers: some buy once, some often, some are of a tier that the model has never met.
fn fill(engine: &Engine) {
    for customer in 0..700_u64 {
        for purchase in 0..1 + customer % 3 {
            buy(engine, customer, (customer % 20) as f64, purchase as i64 * DAY);
        }
        if !customer.is_multiple_of(5) {
            know(engine, customer, ["bronze", "silver", "gold", "lead"][customer as usize % 4]);
        }
    }
}

/// The raw score as the file says.
fn by_hand(customer: u64) -> f64 {
    let (orders, spend) = (1 + customer % 3, (1 + customer % 3) * (customer % 20));
    let silver = !customer.is_multiple_of(5) && customer % 4 == 1;
    let first = if orders > 1 {
        -1.0
    } else if silver {
        2.0
    } else {
        0.5
    };
    first + if spend > 10 { -0.75 } else { 0.25 }
}

fn column(engine: &Engine, name: &str) -> Vec<f64> {
    let table = engine.score(None, Some(&[name]), None, None).unwrap();
    match table.column(name) {
        Some(Column::Number(values)) => values.clone(),
        found => panic!("{name}: {found:?}"),
    }
}

#[test]
fn trees_are_a_column() {
    let engine = Files::new(SHOP, CHURN).engine();
    fill(&engine);
    let (raw, churn, twice) = (column(&engine, "churn.raw"), column(&engine, "churn"), column(&engine, "twice"));
    let expected: Vec<f64> = (0..700).map(by_hand).collect();
    assert_eq!(raw, expected);
    assert_eq!(twice, expected.iter().map(|raw| raw * 2.0).collect::<Vec<f64>>());
    for (row, (churn, raw)) in churn.iter().zip(&raw).enumerate() {
        assert!((churn - 1.0 / (1.0 + bactrian::base::numeric::exp(-raw))).abs() < 1e-15, "row {row}");
    }
    // One customer at a time: the same bits.
    let reader = engine.reader(&["churn", "churn.raw"]).unwrap();
    for customer in 0..700 {
        let mut values = [0.0; 2];
        reader.read(Id::Number(customer), None, None, &mut values).unwrap();
        let row = customer as usize;
        assert_eq!(values.map(f64::to_bits), [churn[row].to_bits(), raw[row].to_bits()]);
    }
}

#[test]
fn parts_of_an_explanation_sum_to_the_score() {
    let engine = Files::new(SHOP, CHURN).engine();
    fill(&engine);
    for customer in 0..60 {
        for name in ["churn", "churn.raw"] {
            let why = engine.explain(Id::Number(customer), name, None, None).unwrap();
            let names: Vec<&str> = why.parts.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!((names, why.form), (vec!["base", "orders", "spend", "tier"], Form::Model));
            let sum: f64 = why.parts.iter().map(|(_, part)| part).sum();
            assert!((sum - why.value).abs() < 1e-12, "{why:?}");
        }
        // What a feature does has the same sign on both scales.
        let [score, raw] = ["churn", "churn.raw"].map(|name| {
            let why = engine.explain(Id::Number(customer), name, None, None).unwrap();
            why.parts[1..].iter().map(|(_, part)| *part).collect::<Vec<f64>>()
        });
        assert!(score.iter().zip(&raw).all(|(a, b)| a * b >= 0.0), "{score:?} {raw:?}");
    }
    // The second tree alone reads spend: its expectation is 0.25 * 40 / 60 - 0.75 * 20 / 60.
    let why = engine.explain(Id::Number(0), "churn.raw", None, None).unwrap();
    let spend = why.parts.iter().find(|(name, _)| name == "spend").unwrap().1;
    assert!((spend - (0.25 + 0.25 / 3.0)).abs() < 1e-12, "{why:?}");
}

#[test]
fn the_engines_file_moves_alone() {
    let files = Files::new(SHOP, CHURN);
    let (path, elsewhere) = (files.path("shop.bactrian"), tempfile::tempdir().unwrap());
    let engine = Engine::open(&path, Some(&files.definition().unwrap()), Options::default()).unwrap();
    fill(&engine);
    let before = column(&engine, "churn");
    engine.checkpoint().unwrap();
    engine.close().unwrap();
    let moved = elsewhere.path().join("moved.bactrian");
    std::fs::rename(&path, &moved).unwrap();
    drop(files);

    let engine = Engine::open(&moved, None, Options::default()).unwrap();
    assert_eq!(column(&engine, "churn"), before);
    let kept = engine.definition().unwrap();
    assert_eq!(kept.file("churn.txt"), Some(CHURN.as_bytes()));
    assert!(kept.to_toml().contains("hash = \""));
    // It is there after an erasure, which writes the file anew, and in the past.
    engine.erase(Id::Number(3)).unwrap();
    engine.close().unwrap();
    let engine = Engine::open(&moved, Some(&kept), Options::default()).unwrap();
    let left: Vec<f64> = before.iter().enumerate().filter(|(row, _)| *row != 3).map(|(_, value)| *value).collect();
    assert_eq!(column(&engine, "churn"), left);
    let past = engine.training_set(DAY, Some(&["churn.raw"]), Some(&[Id::Number(2)]), None).unwrap();
    let Some(Column::Number(values)) = past.column("churn.raw") else { panic!("{past:?}") };
    assert_eq!(values, &[0.75], "one purchase, of a customer who was not known yet");
}

#[test]
fn a_replaced_model_is_atomic_and_a_bad_one_leaves_the_old() {
    let files = Files::new(SHOP, CHURN);
    let path = files.path("shop.bactrian");
    let first = files.definition().unwrap();
    let engine = Engine::open(&path, Some(&first), Options::default()).unwrap();
    fill(&engine);
    let before = column(&engine, "churn.raw");

    // The text is the same, the file is not: another definition.
    std::fs::write(files.path("churn.txt"), CHURN.replace("leaf_value=0.25 -0.75", "leaf_value=1.25 0.25")).unwrap();
    let second = files.definition().unwrap();
    assert_ne!(second.hash(), first.hash());
    engine.redefine(&second).unwrap();
    let after: Vec<f64> = before.iter().map(|raw| raw + 1.0).collect();
    assert_eq!(column(&engine, "churn.raw"), after);

    for broken in [&CHURN[..CHURN.len() / 2], "tree", "", &CHURN.replace("orders spend", "ordres spend")] {
        std::fs::write(files.path("churn.txt"), broken).unwrap();
        let error = engine.redefine(&files.definition().unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DefinitionInvalid, "{error}");
        assert_eq!(error.problems()[0].path, "score.churn.model", "{error}");
        assert_eq!(column(&engine, "churn.raw"), after);
    }
    engine.close().unwrap();
    let kind = |opened: bactrian::Result<Engine>| opened.map(|_| ()).map_err(|error: Error| error.kind());
    assert_eq!(kind(Engine::open(&path, Some(&first), Options::default())), Err(ErrorKind::DefinitionMismatch));
    let engine = Engine::open(&path, Some(&second), Options::default()).unwrap();
    assert_eq!(column(&engine, "churn.raw"), after);
}

/// The findings about a definition file beside which there is `churn.txt`.
fn findings(definition: &str) -> String {
    let files = Files::new(definition, CHURN);
    let found = bactrian::check_file(files.path("shop.toml")).unwrap();
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn mistakes_are_named() {
    assert_eq!(findings(SHOP), "");
    let changed = |from: &str, to: &str| findings(&SHOP.replace(from, to));
    assert!(changed("\"churn.txt\"", "\"chrun.txt\"").contains("`chrun.txt` can't be read"));
    assert_eq!(changed("\"churn.txt\"", "\"chrun.txt\"").lines().count(), 1, "one mistake is one finding");
    assert!(changed("\"churn.txt\"", "\"churn.txt\"\nhash = \"0123456789abcdef\"").contains("another is stated"));
    assert!(changed("feature.spend", "feature.spent").contains("the model reads `spend`: no such column"));
    assert!(changed("feature.spend", "feature.spent").contains("did you mean `spent`"));
    assert!(changed("feature.orders", "feature.order").contains("the model reads `orders`: no such column"));
    assert!(changed("\"churn.txt\"", "\"churn.txt\"\ninputs = [\"spend\"]").contains("has 3 features, and 1 inputs"));
    let swapped = changed("\"churn.txt\"", "\"churn.txt\"\ninputs = [\"orders\", \"tier\", \"spend\"]");
    assert!(swapped.contains("`tier` is") && swapped.contains("trained on a number"), "{swapped}");
    assert!(changed("categories.tier", "categories.teir").contains("did you mean `tier`"));
    assert!(changed("categories.tier", "categories.orders").contains("trained on a number `orders`"));
    assert!(changed("categories.tier", "# categories.tier").contains("names no categories of it"));
    assert!(changed("categories.tier = [", "categories.tier = [1, ").contains("expected a list of texts"));
    assert!(changed("\"churn.txt\"", "\"churn.txt\"\nbins = 3").contains("unknown key `bins`"));
    assert!(changed("\"churn.txt\"", "\"/dev/zero.txt\"").contains("can't be read"));
    assert!(changed("\"churn.txt\"", "\".\"").contains("it is no file"));
    assert!(changed("value = \"churn.raw * 2.0\"", "value = \"churn.rwa\"").contains("did you mean `churn.raw`"));
    // A text has no files; they are given with it.
    let text = Definition::from_toml(SHOP).unwrap();
    let error = Engine::new(&text, Options::default()).unwrap_err();
    assert!(error.problems()[0].message.contains("has not been read"), "{error}");
    Engine::new(&text.clone().with_file("churn.txt", CHURN.as_bytes()).unwrap(), Options::default()).unwrap();
    assert_eq!(text.with_file("other.txt", CHURN.as_bytes()).unwrap_err().kind(), ErrorKind::UnknownColumn);
    assert_eq!(Definition::from_file(Path::new("none.toml")).unwrap_err().kind(), ErrorKind::StoreIo);
}

#[test]
fn inputs_are_bound_in_order_or_by_name() {
    // The model knows other names, and its file those of no category.
    let model = CHURN.replace("orders spend tier", "f0 f1 f2");
    let definition = SHOP
        .replace("categories.tier = [\"bronze\", \"silver\", \"gold\"]", "inputs = [\"orders\", \"spend\", \"tier\"]");
    let nameless = Files::new(&definition, &model);
    let error = Engine::new(&nameless.definition().unwrap(), Options::default()).unwrap_err();
    assert!(error.problems()[0].message.contains("names no categories"), "{error}");
    assert!(error.problems()[0].hint.as_deref().unwrap().contains("`categories.f2 = "), "{error}");
    let definition = definition.replace("inputs =", "categories.f2 = [\"0\", \"1\", \"2\"]\ninputs =");
    let engine = Files::new(&definition, &model).engine();
    for (customer, tier) in [(1, "0"), (2, "1"), (3, "2"), (4, "silver")] {
        buy(&engine, customer, 1.0, 0);
        know(&engine, customer, tier);
    }
    assert_eq!(column(&engine, "churn.raw"), [0.75, 2.25, 0.75, 0.75]);
}
