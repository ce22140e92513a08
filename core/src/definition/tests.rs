use super::Definition;
use super::model::{Aggregate, FieldType, Place, Window};
use super::section::Section;
use super::span;
use crate::base::likeness::nearest;
use crate::base::{ErrorKind, Problem, Severity};
use proptest::prelude::*;

const DESIGN: &str = include_str!("../../../tests/golden/design.toml");
const GROCERY: &str = include_str!("../../../tests/golden/grocery.toml");
const DAY: i64 = 86_400_000_000;

fn problems(text: &str) -> Vec<Problem> {
    Definition::parse(text).1
}

/// The problems of a text as they are printed.
fn printed(text: &str) -> Vec<String> {
    problems(text).iter().map(ToString::to_string).collect()
}

/// The only problem of a text as it is printed.
#[track_caller]
fn only(text: &str) -> String {
    let mut all = printed(text);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

fn read(text: &str) -> Definition {
    Definition::from_toml(text).unwrap_or_else(|error| panic!("{error}"))
}

fn window(keys: &str) -> Window {
    read(&format!("[feature.f]\ncount = \"event\"\n{keys}")).model().features[0].window
}

#[test]
fn golden_definitions_have_no_problems() {
    for text in [DESIGN, GROCERY] {
        assert_eq!(problems(text), []);
    }
}

#[test]
fn the_example_of_the_design_reads_as_written() {
    let definition = read(DESIGN);
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
    assert_eq!(model.decide.attention.as_ref().unwrap().value, "0.05");
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
    let expected = [
        "line 2, column 12: `event.purchase.customer`: expected their column, as a text or as `{ column = \"...\", split = \";\" }`, found a number",
        "line 3, column 1: `event.purchase.amonut`: unknown role `amonut`; known are `customer`, `peer`, `at`, `id`, `occasion`, `reply_to`, `amount`, `quantity`, `price`, `sentiment`, `weight`, `need`, `supplier`, `tier`, `channel`, `product`, `place`, `campaign`, `action`, `agent`, `direction`, `visibility`, `number`, `category`, `flag` (did you mean `amount`?)",
        "line 4, column 2: `fetaure`: unknown section `fetaure` (did you mean `feature`?)",
        "line 7, column 1: `feature.spend.count`: a feature has one aggregate, and this one has `sum` already (give it a feature of its own)",
        "line 8, column 14: `feature.spend.half_life`: expected a span such as `30d` (a whole number, then ms, s, m, h, d, w or y), found `90 days`",
        "line 9, column 1: `feature.spend.windw`: unknown key `windw` (did you mean `window`?)",
        "line 11, column 48: `segment.s.axis.value.quantiles[1]`: expected rising numbers, found 0.5 after 0.9",
        "line 11, column 53: `segment.s.axis.value.quantiles[2]`: expected a probability between 0 and 1, found 1",
        "line 11, column 68: `segment.s.axis.value.labels`: expected 4 labels for 3 edges, found 2",
        "line 13, column 11: `contact.email.at_most`: expected a whole number of at least 0, found -1",
        "line 15, column 10: `contact.email.quiet`: expected quiet hours such as `21:00-08:00`, found `9-17`",
    ];
    assert_eq!(printed(text), expected);
    let error = Definition::from_toml(text).unwrap_err();
    assert_eq!((error.kind(), error.problems().len()), (ErrorKind::DefinitionInvalid, 11));
    assert_eq!(error.message(), "the definition has 11 mistakes");
}

#[test]
fn mistakes_of_syntax_are_collected_with_the_rest() {
    let text = "[event.purchase]\ncustomer = \n[feature.\"äü\"]\ncount = \"evnt\"\nsum == 3\n[feature.b]\ncount = \"event\"\ncount = \"occasion\"\n";
    let found = problems(text);
    let places: Vec<(u32, &str)> = found.iter().map(|p| (p.line, p.message.as_str())).collect();
    assert_eq!(places[0].0, 2);
    assert!(places[0].1.starts_with("this is not toml: "), "{places:?}");
    assert!(
        places.iter().any(|(line, message)| *line == 4 && message.contains("expected one of `event`")),
        "{places:?}"
    );
    assert!(places.iter().any(|(line, message)| *line == 8 && message.contains("duplicate key")), "{places:?}");
    assert!(places.iter().any(|(line, message)| *line == 3 && message.contains("can't be read by expressions")));
    // One finding a broken line, not one more for what the line seems to say.
    assert_eq!(places.iter().filter(|(line, _)| *line == 2).count(), 1, "{places:?}");
}

#[test]
fn columns_count_characters_and_point_inside_quotes() {
    assert_eq!(
        only("[contact.\"äöü\"]\nquiet = 'ß'"),
        "line 2, column 10: `contact.\"äöü\".quiet`: expected quiet hours such as `21:00-08:00`, found `ß`"
    );
    let definition =
        read("[action.a]\nvalue = '''\nspend\n + orders'''\ncost = \"\"\"x\"\"\"\n\"weight\" = \"y\" # ä\nlever = 2");
    let action = &definition.model().actions[0];
    let value = action.value.as_ref().unwrap();
    assert_eq!(value.place, Place { line: 3, column: 1 });
    assert_eq!(value.place.advance(&value.value, 9), Place { line: 4, column: 4 });
    assert_eq!(action.cost.as_ref().unwrap().place, Place { line: 5, column: 11 });
    assert_eq!(action.weight.as_ref().unwrap().place, Place { line: 6, column: 13 });
    assert_eq!(action.lever.as_ref().unwrap().place, Place { line: 7, column: 9 });
    let problem = value.problem_inside(9, "unknown name `orders`", None);
    assert_eq!((problem.line, problem.column), (4, 4));
    assert_eq!(Place::default().advance("abc", 2), Place::default());
}

#[test]
fn roles_are_checked_across_events() {
    let text = "[event.a]\nneed = \"x\"\nnumber = { clicks = \"n\", need = \"m\" }\n[event.b]\nneed = { column = \"tags\", split = \";\" }\ncategory = { clicks = \"n\" }\namount = { column = \"z\", split = \";\" }\n";
    assert_eq!(
        printed(text),
        [
            "line 3, column 26: `event.a.number.need`: `need` is a known role, which stands directly in the event",
            "line 5, column 1: `event.b.need`: `need` is several names here, and one name in `event.a` (a role has one type in every event)",
            "line 6, column 14: `event.b.category.clicks`: `clicks` is one name here, and a number in `event.a` (a role has one type in every event)",
            "line 7, column 35: `event.b.amount.split`: `amount` holds one value; only a category can be split",
        ]
    );
    let definition = read(
        "[event.a]\nneed = { column = \"tags\", split = \"ä\" }\nflag = { open = \"o\" }\nproduct = { column = \"p\" }",
    );
    let fields = &definition.model().events[0].fields;
    assert_eq!((fields[0].kind, fields[0].split), (FieldType::Categories, Some('ä')));
    assert_eq!((fields[1].kind, fields[1].role.value.as_str()), (FieldType::Bool, "open"));
    assert_eq!((fields[2].kind, fields[2].column.value.as_str()), (FieldType::Category, "p"));
    for (text, expected) in [
        ("[event.crossed]", "the engine itself writes events of the kind `crossed`"),
        ("[event.a]\nnumber = { kind = \"x\" }", "every event has `kind` from the engine"),
        (
            "[event.a]\nneed = { column = \"tags\", split = \", \" }",
            "expected one character such as `\";\"`, found a text",
        ),
        ("[event.a]\nneed = { colum = \"tags\", column = \"tags\" }", "unknown key `colum` (did you mean `column`?)"),
        ("[event.a]\nnumber = { x = \"c\" }\ncategory = { x = \"d\" }", "the role `x` is given twice"),
        ("[event.a]\nnumber = \"x\"", "expected a table such as"),
        (
            "[event.a]\nclicks = \"n\"",
            "roles of your own stand in a table by type, as in `number = { clicks = \"their column\" }`",
        ),
        ("[event.a]\ncustomer = \" \"", "expected a text, found an empty one"),
    ] {
        assert!(only(text).contains(expected), "{}", only(text));
    }
}

#[test]
fn each_section_names_its_mistakes() {
    let cases = [
        ("x = 3", "`x`: unknown section `x` (the sections are `time`, `event`"),
        ("time = 3", "`time`: expected a table, found a number"),
        ("[event]\npurchase = \"x\"", "expected a table `[event.purchase]`, found a text"),
        ("[time]\nzone = \"Europe/Berln\"", "did you mean `Europe/Berlin`?"),
        ("[time]\nrecheck = \"0d\"", "expected a span above zero"),
        ("[time]\nlateness = 5", "expected a span such as `30d`"),
        ("[trait]\na = \"categry\"", "found `categry` (did you mean `category`?)"),
        ("[trait]\na = 3", "expected a type in quotes or a table, found a number"),
        ("[trait]\na = { half_life = \"9d\" }", "the key `type` is missing: expected one of `number`"),
        ("[trait]\n\"a b\" = \"bool\"", "the name `a b` can't be read by expressions"),
        ("[trait]\nin = \"bool\"", "`in` is a word of the expression language"),
        ("[tie.t]\nweight = 2", "no `on` names any"),
        ("[feature.f]\non = \"x\"", "a feature needs one aggregate: one of `count`, `sum`"),
        ("[feature.f]\ncount = \"evnt\"", "expected one of `event`, `occasion`, found `evnt` (did you mean `event`?)"),
        ("[feature.f]\nsum = 3", "expected a text, found a number"),
        (
            "[feature.f]\nsum = \"x\"\nwindow = \"3d\"\nlast = 3",
            "a feature has one window, and this one has `window` already",
        ),
        ("[feature.f]\nsum = \"x\"\nlast = 2.5", "expected a whole number from 1 to 65536, found 2.5"),
        ("[feature.f]\nsum = \"x\"\nhalf_life = \"0s\"", "expected a span above zero"),
        ("[feature.f]\nsum = \"x\"\nhop = \"1h\"", "`hop` belongs to a `window`"),
        ("[feature.f]\nsum = \"x\"\nwindow = \"1d\"\nhop = \"2d\"", "expected a hop of at most the window"),
        ("[feature.f]\nsum = \"x\"\nq = 0.5", "unknown key `q`"),
        ("[feature.f]\nsum = \"x\"\ndirection = \"inn\"", "did you mean `in`?"),
        ("[feature.f]\nsum = \"x\"\non = [\"a\", 3]", "`feature.f.on[1]`: expected a text, found a number"),
        ("[feature.f]\nsum = \"x\"\non = 3", "expected a text or a list of texts, found a number"),
        ("[segment.s]\ndwell = \"7d\"", "a segment needs at least one axis or one rule"),
        ("[segment.s]\nrules = []", "a segment needs at least one axis or one rule"),
        (
            "[segment.s]\naxis.a = { of = \"x\" }\nrules = [{ label = \"a\", when = \"b\" }]",
            "a segment has axes or rules, never both",
        ),
        ("[segment.s]\nrules = [{ label = \"a\" }]", "the key `when` is missing"),
        ("[segment.s]\nrules = [{ label = \"unknown\", when = \"x\" }]", "`unknown` is the cell of those of whom"),
        (
            "[segment.s]\naxis.a = { of = \"x\", edges = [1], quantiles = [0.5], labels = [\"a\", \"b\"] }",
            "quantiles or edges, never both",
        ),
        (
            "[segment.s]\naxis.a = { of = \"x\", edges = [1, 1], labels = [\"a\", \"b\", \"c\"] }",
            "expected rising numbers, found 1 after 1",
        ),
        (
            "[segment.s]\naxis.a = { of = \"x\", edges = [1] }",
            "the key `labels` is missing: expected a list of 2 names",
        ),
        ("[segment.s]\naxis.a = { of = \"x\", labels = [\"a\"] }", "over numbers, give `quantiles` or `edges`"),
        ("[segment.s]\naxis.a = { of = \"x\", edges = [1], labels = [\"a\", \"a\"] }", "the label `a` is given twice"),
        ("[segment.s]\naxis.a = { edges = [1], labels = [\"a\", \"b\"] }", "the key `of` is missing"),
        (
            "[segment.s]\naxis.a = { of = \"x\" }\nhysteresis = -1",
            "expected a share of at least 0 and below 1, found -1",
        ),
        ("[segment.s]\naxis.a = { of = \"x\" }\ndecide_on = [\"entr\"]", "did you mean `enter`?"),
        ("[action.a]\nresponse = \"1\"\nresponse_model = { learn = \"beta\" }", "never both"),
        ("[action.a]\nresponse_model = \"0.04\"", "an expression is called `response`"),
        ("[action.a]\ncost = true", "expected an expression in quotes or a number, found true or false"),
        ("[action.a]\nprocess = \"market\"", "did you mean `marketing`?"),
        ("[action.a]\nfallback = \"yes\"", "expected true or false, found a text"),
        ("[decide]\nattention = true", "expected an expression in quotes or a number, found true or false"),
        ("[decide]\nattention = nan", "expected a finite number"),
        ("[contact.a]", "a contact policy needs"),
        ("[contact.a]\nat_most = 2", "`at_most` needs `per` beside it"),
        ("[contact.a]\nquiet = \"08:00-08:00\"", "expected quiet hours"),
        ("[contact.a]\ncool_off = { after = 0, outcome = \"x\", for = \"3d\" }", "at least 1, found 0"),
        ("[contact.a]\ncool_off = { outcome = \"x\", for = \"3d\" }", "the key `after` is missing"),
        (
            "[feature.a]\ncount = \"event\"\n[score.a]\nmodel = \"rfm\"",
            "line 3, column 8: `score.a`: `a` is the name of `feature.a` already",
        ),
    ];
    for (text, expected) in cases {
        let found = only(text);
        assert!(found.contains(expected), "{text}\n  {found}");
        assert!(found.contains("line "), "{found}");
    }
}

#[test]
fn windows_are_of_five_sorts() {
    assert_eq!(window(""), Window::Lifetime);
    assert_eq!(window("half_life = \"12h\""), Window::HalfLife(DAY / 2));
    assert_eq!(window("session = \"30m\""), Window::Session(DAY / 48));
    assert_eq!(window("last = 20"), Window::Last(20));
    let hops = [("30d", DAY), ("7d", DAY), ("6d", DAY / 24), ("1d", DAY / 24), ("1h", DAY / 1440), ("1m", 1_000_000)];
    for (length, hop) in hops {
        let length_in_microseconds = span::microseconds(length).unwrap();
        assert_eq!(window(&format!("window = {length:?}")), Window::Span { length: length_in_microseconds, hop });
    }
    assert_eq!(window("window = \"30d\"\nhop = \"exact\""), Window::Span { length: 30 * DAY, hop: 0 });
    assert_eq!(window("window = \"30d\"\nhop = \"6h\""), Window::Span { length: 30 * DAY, hop: DAY / 4 });
    let last = read("[feature.f]\nlast = \"amount\"\nwindow = \"1d\"");
    assert!(matches!(&last.model().features[0].aggregate, Aggregate::Of(of, _) if of == "last"));
    let quantile = read("[feature.f]\nquantile = \"amount\"\nq = 0.5");
    assert_eq!(quantile.model().features[0].rest[0].0.value, "q");
}

#[test]
fn spans_have_seven_units() {
    let spans = [
        ("500ms", 500_000),
        ("45s", 45_000_000),
        ("90m", 5_400_000_000),
        ("12h", 43_200_000_000),
        ("30d", 30 * DAY),
        ("2w", 14 * DAY),
        ("1y", 365 * DAY),
        ("0s", 0),
        ("1000y", 365_000 * DAY),
    ];
    for (text, expected) in spans {
        assert_eq!(span::microseconds(text), Some(expected), "{text}");
        assert_eq!(span::microseconds(&span::text(expected)), Some(expected), "{text}");
    }
    for text in [
        "",
        "d",
        "3",
        "3 d",
        "-3d",
        "+3d",
        "1.5h",
        "3mo",
        "1001y",
        "99999999999999999999d",
        "9223372036854775807ms",
        "３d",
        "3d ",
    ] {
        assert_eq!(span::microseconds(text), None, "{text}");
    }
}

#[test]
fn labels_of_rules_given_twice_are_warned_of() {
    let rule = |label: &str| format!("{{ label = \"{label}\", when = \"spend > 1.0\" }}");
    let text = |labels: [&str; 3]| format!("[segment.s]\nrules = [{}]\n", labels.map(rule).join(", "));
    let warned = Definition::from_toml(&text(["a", "b", "a"])).unwrap().warnings();
    assert_eq!((warned.len(), warned[0].severity, warned[0].line), (1, Severity::Warning, 2));
    assert!(warned[0].message.contains("`a`"));
    assert_eq!(Definition::from_toml(&text(["a", "b", "c"])).unwrap().warnings(), []);
}

#[test]
fn the_nearest_name_is_found() {
    let names = ["clv", "spend", "orders", "strategic.value", "strategic.need"];
    let near = |word: &str| nearest(word, names);
    assert_eq!(near("clvv"), Some("clv"));
    assert_eq!(near("cvl"), Some("clv")); // a swap of neighbours is one edit
    assert_eq!(near("Spend"), Some("spend"));
    assert_eq!(near("spent"), Some("spend"));
    assert_eq!(near("order"), Some("orders"));
    assert_eq!(near("strategic.vale"), Some("strategic.value"));
    assert_eq!(near("purchases"), None);
    assert_eq!(near("x"), None);
    assert_eq!(near(""), None);
    assert_eq!(near(&"s".repeat(100_000)), None);
    // Damerau's own examples of one edit: a letter wrong, missing, extra, or two transposed.
    for (a, b) in [("naem", "name"), ("nme", "name"), ("namee", "name"), ("nbme", "name")] {
        assert_eq!(nearest(a, [b]), Some(b));
    }
    assert_eq!(nearest("abc", ["abd", "abe"]), Some("abd"));
}

#[test]
fn the_hash_is_of_the_meaning() {
    let base = read(DESIGN).hash();
    let comments: String = DESIGN.lines().map(|line| format!("{line}   # ä\n\n")).collect();
    let same = [
        comments,
        DESIGN.replace("\"7d\"", "\"168h\""),
        DESIGN.replace("half_life = \"30d\"", "half_life = \"2592000s\""),
        DESIGN.replace("topics    = 6", "topics    = 6.0"),
        DESIGN.replace("at_most = 2\nper     = \"7d\"", "per     = \"7d\"\nat_most = 2"),
        DESIGN.replace("on        = \"message\"", "on        = [\"message\"]"),
        DESIGN.replace("peer     = \"dst\"", "peer     = { column = \"dst\" }"),
        DESIGN.replace("consent_email  = \"bool\"", "consent_email  = { type = \"bool\" }"),
        format!("{}\n[time]\n", DESIGN.replace("\n", "\r\n")),
    ];
    for text in same {
        assert_eq!(read(&text).hash(), base, "{text}");
    }
    let other = [
        DESIGN.replace("\"7d\"", "\"8d\""),
        DESIGN.replace("topics    = 6", "topics    = 7"),
        DESIGN.replace("[\"low\", \"mid\", \"high\"]", "[\"mid\", \"low\", \"high\"]"),
        DESIGN.replace("axis.value", "axis.z").replace("axis.need", "axis.value").replace("axis.z", "axis.need"),
        DESIGN.replace("half_life = \"90d\"", ""),
        DESIGN.replace("\"email\"", "\"mail\""),
        GROCERY.to_owned(),
    ];
    for text in other {
        assert_ne!(read(&text).hash(), base, "{text}");
    }
    let axes = |a: &str, b: &str| read(&format!("[segment.s]\n{a}\n{b}")).hash();
    let (a, b) = ("axis.a = { of = \"x\" }", "axis.b = { of = \"y\" }");
    assert_ne!(axes(a, b), axes(b, a));
    // Equal priorities go to the action declared first.
    let actions = |names: [&str; 2]| read(&names.map(|name| format!("[action.{name}]\nvalue = 1\n")).join("")).hash();
    assert_ne!(actions(["a", "b"]), actions(["b", "a"]));
    // A label that looks like a span is a label.
    let labels = |label: &str| {
        read(&format!("[segment.s]\naxis.a = {{ of = \"x\", edges = [1], labels = [{label:?}, \"b\"] }}"))
    };
    assert_ne!(labels("24h").hash(), labels("1d").hash());
    assert_eq!(read(DESIGN).fingerprint(), format!("{base:016x}"));
}

#[test]
fn hashes_are_frozen() {
    // Engine files hold them: a change here orphans every file.
    assert_eq!(read("").fingerprint(), "cbf29ce484222325");
    assert_eq!(read(DESIGN).fingerprint(), "36d18d0080f1604c");
}

#[test]
fn toml_and_json_round_trip() {
    let odd = "[event.\"add to cart\"]\ncustomer = \"a\\\"b\\\\c\\n\\t\\u0001ä\"\nneed = { column = \"it's\", split = \";\" }\n\
        [segment.s]\nrules = [{ label = \"a\", when = 'x == \"y\"' }]\n[score.v]\nvalue = 1e-7\nlist = [1, -0.5, [], {}]\nbig = 1e300\n\
        [contact.all]\nquiet = \"21:00-24:00\"\n[needs.n]\na.b.c = 3\n";
    for text in [DESIGN, GROCERY, odd, ""] {
        let definition = read(text);
        let (toml, json) = (definition.to_toml(), definition.to_json());
        let again = read(&toml);
        let (from_json, findings) = Definition::parse_json(&json);
        assert_eq!(findings, []);
        assert_eq!(again.to_json(), json, "{toml}");
        assert_eq!(from_json.to_json(), json);
        assert_eq!(from_json.to_toml(), toml);
        assert_eq!([again.hash(), from_json.hash()], [definition.hash(); 2]);
    }
    assert!(read(DESIGN).to_toml().contains("axis.need = { of = \"basket\" }"));
}

#[test]
fn json_has_the_same_findings_without_places() {
    let text = r#"{"feature": {"spend": {"sum": "amount", "half_life": "x", "windw": 3, "sum": "y"}}, "fetaure": {}, "decide": {"attention": null}}"#;
    let found: Vec<String> = Definition::parse_json(text).1.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "`decide.attention`: null is no value; leave the key out",
            "`feature.spend.half_life`: expected a span such as `30d` (a whole number, then ms, s, m, h, d, w or y), found `x`",
            "`feature.spend.sum`: this key is given twice",
            "`feature.spend.windw`: unknown key `windw` (did you mean `window`?)",
            "`fetaure`: unknown section `fetaure` (did you mean `feature`?)",
        ]
    );
    let broken = |text: &str| Definition::parse_json(text).1.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(broken("{\"ä\": 3,\n \"ö\" 4}"), ["line 2, column 6: this is not json: expected `:`"]);
    assert_eq!(broken("[1]"), ["expected a table, found a list"]);
    assert_eq!(broken("{} x"), ["line 1, column 4: this is not json: trailing characters"]);
    assert!(broken("{\"decide\": {\"attention\": 1e999}}")[0].contains("number out of range"));
    let (definition, _) = Definition::parse_json("{\"decide\": {\"attention\": 0.1}}");
    assert_eq!(definition.model().decide.attention.as_ref().unwrap().value, "0.1");
}

#[test]
fn a_column_is_read_by_its_kind() {
    let definition = read(
        "[score.a]\nmodel = \"rfm\"\nbins = 5\nwithout = [\"x\"]\nwidth = 2.5\nflags = true\nedge = [1, 2]\nperiod = \"7d\"\nwithin = { x = 3 }\ntypo = 1",
    );
    let mut problems = Vec::new();
    let mut section = Section::new(&definition.model().columns[0].table, &mut problems);
    assert_eq!(section.required_text("model").unwrap().value, "rfm");
    assert_eq!(section.integer("bins", 2).unwrap().value, 5);
    assert_eq!(section.words("without")[0].value, "x");
    assert_eq!(section.number("width").unwrap().value, 2.5);
    assert!(section.flag("flags").unwrap().value);
    assert_eq!(section.numbers("edge").unwrap().len(), 2);
    assert_eq!(section.duration("period").unwrap().value, 7 * DAY);
    let mut inner = section.section("within").unwrap();
    assert_eq!(inner.integer("x", 0).unwrap().value, 3);
    inner.finish();
    assert!(section.text("type").is_none() && !section.has("type"));
    section.require("horizon", "a span");
    section.finish();
    let found: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "line 1, column 8: `score.a`: the key `horizon` is missing: expected a span",
            "line 10, column 1: `score.a.typo`: unknown key `typo` (did you mean `type`?)"
        ]
    );
}

#[test]
fn hostile_texts_are_refused_without_harm() {
    let large = "#".repeat((1 << 20) + 1);
    assert!(only(&large).contains("at most 1048576 are read"));
    assert_eq!(problems(&large[1..]), []);
    let deep = format!("x = {}1{}", "[".repeat(60), "]".repeat(60));
    assert!(printed(&deep).iter().any(|p| p.contains("nested deeper than 32 levels")), "{:?}", printed(&deep));
    for text in [
        format!("x = {}", "[".repeat(500_000)),
        format!("x = {}", "{a=".repeat(300_000)),
        format!("{} = 1", vec!["a"; 500_000].join(".")),
        format!("[{}]", vec!["a"; 500_000].join(".")),
        format!("[a.{}]\nx = 1", "b".repeat(200)),
        "%\n".repeat(500_000),
        "\"".repeat(1 << 20),
        "ä=".repeat(300_000),
        "[x]\n".repeat(200_000),
        "[[x]]\n".repeat(170_000),
        "x=[\n".repeat(200_000),
        "\u{0}".repeat(1000),
    ] {
        assert!(!problems(&text).is_empty());
    }
    let wide: String = (0..28).map(|i| format!("{}{i}.", "k".repeat(100))).collect();
    let wide = format!("[{wide}z]\nx = [{}]", "1,".repeat(400_000));
    assert!(problems(&wide).iter().any(|p| p.message.contains("too many entries")));
    let nested = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    assert!(!Definition::parse_json(&nested).1.is_empty());
    for text in ["[".repeat(1 << 20), "{\"a\":".repeat(200_000), "\"".repeat(1 << 20), "null".to_owned(), String::new()]
    {
        assert!(!Definition::parse_json(&text).1.is_empty());
    }
}

/// Words of definitions, thrown together.
fn salad() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        ".",
        ",",
        "\n",
        "\"",
        "'",
        "\"\"\"",
        "'''",
        "#",
        "event",
        "purchase",
        "feature",
        "count",
        "\"event\"",
        "last",
        "axis",
        "rules",
        "\"30d\"",
        "0.5",
        "1e400",
        "-1",
        "nan",
        "inf",
        "true",
        "1979-05-27",
        "segment",
        "trait",
        "time",
        "zone",
        "\"UTC\"",
        "of",
        "labels",
        "quantiles",
        "[0.5]",
        "[\"a\", \"b\"]",
        "score",
        "ä",
        "action",
        "contact",
        "decide",
        "needs",
        "number",
        "split",
        "column",
        "=\n",
        "[feature.a]\n",
        "[segment.b]\n",
    ]);
    prop::collection::vec(words, 0..60).prop_map(|words| words.join(" "))
}

/// A golden definition with a few bytes cut out or put in.
fn mutated() -> impl Strategy<Value = String> {
    let place = 0..GROCERY.len();
    prop::collection::vec((place, 0usize..6, "[ -~\n]{0,4}"), 1..4).prop_map(|edits| {
        let mut text: Vec<char> = GROCERY.chars().collect();
        for (at, cut, put) in edits {
            let at = at.min(text.len());
            text.splice(at..(at + cut).min(text.len()), put.chars());
        }
        text.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics_and_what_is_read_round_trips(text in prop_oneof![salad(), mutated(), any::<String>()]) {
        let (definition, found) = Definition::parse(&text);
        let places: Vec<(u32, u32)> = found.iter().map(|p| (p.line, p.column)).collect();
        prop_assert!(places.is_sorted());
        let lines = text.split('\n').count() as u32;
        prop_assert!(found.iter().all(|p| p.line >= 1 && p.line <= lines && p.column >= 1), "{found:?}");
        if found.is_empty() {
            let again = Definition::parse(&definition.to_toml());
            prop_assert_eq!(&again.1, &[]);
            prop_assert_eq!(again.0.to_json(), definition.to_json());
            prop_assert_eq!(again.0.hash(), definition.hash());
        }
        let _ = Definition::parse_json(&text);
        let _ = Definition::parse_json(&definition.to_json());
    }

    #[test]
    fn nearness_is_symmetric_and_exact_for_itself(a in "[a-d]{1,8}", b in "[a-d]{1,8}") {
        prop_assert_eq!(nearest(&a, [&b]).is_some(), nearest(&b, [&a]).is_some());
        if a.len() > 2 {
            prop_assert_eq!(nearest(&a, [&b, &a]), Some(&a));
        }
    }
}
