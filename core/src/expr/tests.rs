mod rules;
mod trend;

use proptest::prelude::*;

use super::{Columns, Expr, Finding, Row, Scope, Scratch, Type};

const NAN: f64 = f64::NAN;

/// Names `x y z` (numbers), `p q r` (flags), `k l` (names), `tags` (several), `s t` (times),
/// `strategic.value` (a name); keys are interned as they come.
#[derive(Default)]
struct Names {
    keys: Vec<String>,
}

const VARIABLES: [(&str, Type); 12] = [
    ("x", Type::Number),
    ("y", Type::Number),
    ("z", Type::Number),
    ("p", Type::Bool),
    ("q", Type::Bool),
    ("r", Type::Bool),
    ("k", Type::Key),
    ("l", Type::Key),
    ("tags", Type::Keys),
    ("s", Type::Time),
    ("t", Type::Time),
    ("strategic.value", Type::Key),
];

impl Scope for Names {
    fn resolve(&mut self, path: &str) -> Option<(u32, Type)> {
        VARIABLES.iter().position(|(name, _)| *name == path).map(|i| (i as u32, VARIABLES[i].1))
    }

    fn names(&self) -> Vec<String> {
        VARIABLES.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    fn key(&mut self, text: &str) -> u32 {
        let found = self.keys.iter().position(|key| key == text);
        found.unwrap_or_else(|| {
            self.keys.push(text.to_owned());
            self.keys.len() - 1
        }) as u32
    }
}

/// A row in the order of [`VARIABLES`].
#[derive(Debug, Clone)]
struct Line {
    values: [f64; 12],
    tags: Vec<u32>,
}

impl Row for Line {
    fn value(&self, variable: u32) -> f64 {
        self.values[variable as usize]
    }

    fn keys(&self, _: u32) -> &[u32] {
        &self.tags
    }
}

struct Table {
    columns: Vec<Vec<f64>>,
    tags: Vec<Vec<u32>>,
}

impl Columns for Table {
    fn column(&self, variable: u32) -> &[f64] {
        &self.columns[variable as usize]
    }

    fn keys(&self, _: u32, row: usize) -> &[u32] {
        &self.tags[row]
    }
}

fn table(lines: &[Line]) -> Table {
    let columns = (0..VARIABLES.len()).map(|v| lines.iter().map(|line| line.values[v]).collect()).collect();
    Table { columns, tags: lines.iter().map(|line| line.tags.clone()).collect() }
}

fn compile(source: &str) -> Expr {
    compile_with(source, &mut Names::default())
}

fn compile_with(source: &str, names: &mut Names) -> Expr {
    Expr::compile(source, names).unwrap_or_else(|findings| panic!("`{source}`: {findings:?}"))
}

fn findings(source: &str) -> Vec<Finding> {
    Expr::compile(source, &mut Names::default()).expect_err(source)
}

/// Messages with their places, as `3: message (hint)`.
fn messages(source: &str) -> Vec<String> {
    let text = |f: &Finding| match &f.hint {
        Some(hint) => format!("{}: {} ({hint})", f.start, f.message),
        None => format!("{}: {}", f.start, f.message),
    };
    findings(source).iter().map(text).collect()
}

/// The value of a constant expression.
fn constant(source: &str) -> f64 {
    compile(source).constant().unwrap_or_else(|| panic!("`{source}` is no constant"))
}

fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

#[test]
fn constants_fold_to_hand_computed_values() {
    let cases = [
        ("1 + 2 * 3", 7.0),
        ("5 / 2", 2.5),
        ("-7 % 3", -1.0),
        ("7.5 % 2", 1.5),
        ("-(2 + 3)", -5.0),
        ("2 < 3", 1.0),
        ("2 >= 3", 0.0),
        ("3 != 3", 0.0),
        ("true && !false", 1.0),
        ("1 > 2 ? 10 : 20", 20.0),
        ("min(3, 1, 2)", 1.0),
        ("max(3, 1, 2, 9)", 9.0),
        ("abs(-2.5)", 2.5),
        ("floor(-2.5)", -3.0),
        ("ceil(-2.5)", -2.0),
        ("round(-2.5)", -3.0),
        ("sqrt(16)", 4.0),
        ("exp(0)", 1.0),
        ("ln(1)", 0.0),
        ("pow(2, 10)", 1024.0),
        ("pow(2, -2)", 0.25),
        ("pow(-2, 3)", -8.0),
        ("pow(0, 0.5)", 0.0),
        ("pow(0, 0)", 1.0),
        ("clamp(5, 0, 3)", 3.0),
        ("clamp(-5, 0, 3)", 0.0),
        ("clamp(2, 0, 3)", 2.0),
        ("2 in [1, 2, 3]", 1.0),
        ("4 in [1, 2, -3]", 0.0),
        ("4 in []", 0.0),
        ("duration(\"30d\")", 2_592_000.0),
        ("duration(\"500ms\")", 0.5),
        ("timestamp(\"1970-01-02\") - timestamp(\"1970-01-01T00:00:00Z\")", 86_400.0),
        ("timestamp(\"1970-01-01\") + 1.5", 1.5e6),
        ("coalesce(1 / 0, 2)", 2.0),
        ("isnull(1 / 0)", 1.0),
        ("has(1 / 0)", 0.0),
        ("3u + 1", 4.0),
    ];
    for (source, expected) in cases {
        assert_eq!(constant(source), expected, "{source}");
    }
    assert!((constant("pow(2, 0.5)") - 2f64.sqrt()).abs() < 1e-15);
}

#[test]
fn results_that_are_not_finite_are_unknown() {
    let sources = [
        "1 / 0",
        "0 / 0",
        "1 % 0",
        "ln(0)",
        "ln(-1)",
        "sqrt(-1)",
        "exp(1000)",
        "pow(0, -1)",
        "pow(-2, 0.5)",
        "pow(10, 400)",
        "1e308 * 10",
        "clamp(1, 3, 2)",
        "1 / 0 > 2",
        "true ? 1 / 0 : 2",
        "min(1, 1 / 0)",
        "(1 / 0 > 2) ? 1 : 2",
        "1 / 0 == 1 / 0",
        "1 / 0 != 3",
        "1 / 0 in [1, 2]",
        "!(1 / 0 > 2)",
        "-(1 / 0)",
    ];
    for source in sources {
        assert!(constant(source).is_nan(), "{source}");
    }
}

#[test]
fn logic_is_kleenes() {
    // Introduction to Metamathematics, section 64, table of strong connectives: t, f, u.
    let (t, f, u) = (1.0, 0.0, NAN);
    let and = [[t, f, u], [f, f, f], [u, f, u]];
    let or = [[t, t, t], [t, f, u], [t, u, u]];
    let not = [f, t, u];
    for (i, a) in [t, f, u].into_iter().enumerate() {
        assert!(same(compile("!p").values(&[a]), not[i]));
        for (j, b) in [t, f, u].into_iter().enumerate() {
            assert!(same(compile("p && q").values(&[a, b]), and[i][j]), "{a} && {b}");
            assert!(same(compile("p || q").values(&[a, b]), or[i][j]), "{a} || {b}");
        }
    }
}

#[test]
fn only_tests_of_null_tell_the_unknown() {
    for source in [
        "x + 1",
        "x * 0",
        "x < 1",
        "x == x",
        "x != 1",
        "x in [1]",
        "-x",
        "abs(x)",
        "min(x, 1)",
        "pow(x, 0)",
        "clamp(x, 0, 1)",
        "x < 1 ? 1 : 1",
    ] {
        assert!(compile(source).values(&[NAN]).is_nan(), "{source}");
    }
    for (source, unknown, known) in [
        ("x == null", 1.0, 0.0),
        ("x != null", 0.0, 1.0),
        ("null == x", 1.0, 0.0),
        ("isnull(x)", 1.0, 0.0),
        ("has(x)", 0.0, 1.0),
        ("coalesce(x, 7)", 7.0, 3.0),
        ("coalesce(x, 1 / 0, 9)", 9.0, 3.0),
        ("x + 1 == null", 1.0, 0.0),
    ] {
        assert_eq!(compile(source).values(&[NAN]), unknown, "{source}");
        assert_eq!(compile(source).values(&[3.0]), known, "{source}");
    }
    let names = compile("strategic.value == null");
    assert_eq!((names.values(&[NAN]), names.values(&[0.0])), (1.0, 0.0));
    assert!(compile("has(strategic.value)").values(&[NAN]) == 0.0);
    let ratio = compile("y > 0 ? x / y : null");
    assert!(ratio.values(&[3.0, 0.0]).is_nan());
    assert_eq!(ratio.values(&[3.0, 2.0]), 1.5);
    assert_eq!(ratio.output(), Type::Number);
}

#[test]
fn texts_are_interned_and_compared_as_keys() {
    let mut names = Names::default();
    let expr = compile_with("strategic.value == \"high\" || k in [\"low\", \"äö\"] || \"x\" in tags", &mut names);
    assert_eq!(names.keys, ["high", "low", "äö", "x"]);
    assert_eq!(expr.inputs(), [6, 8, 11]);
    let mut line = Line { values: [NAN; 12], tags: vec![] };
    assert!(expr.row(&line).is_nan());
    line.values[6] = 2.0;
    assert_eq!(expr.row(&line), 1.0);
    line.values[6] = 3.0;
    line.values[11] = 1.0;
    assert_eq!(expr.row(&line), 0.0);
    line.tags = vec![9, 3];
    assert_eq!(expr.row(&line), 1.0);
    assert_eq!(compile("size(tags)").row(&line), 2.0);
    assert_eq!(compile("k in tags").row(&line), 1.0);
    line.values[6] = NAN;
    assert!(compile("k in tags").row(&line).is_nan());
    let chosen = compile_with("k == \"a\" ? \"b\" : l", &mut names);
    assert_eq!(chosen.output(), Type::Key);
    assert_eq!(compile("k == l").output(), Type::Bool);
}

#[test]
fn times_and_numbers_meet_in_seconds() {
    let expr = compile("t - s > duration(\"1d\")");
    assert_eq!(expr.values(&[0.0, 86_400e6]), 0.0);
    assert_eq!(expr.values(&[0.0, 86_401e6]), 1.0);
    assert_eq!(compile("s + 60").output(), Type::Time);
    assert_eq!(compile("60 + s").values(&[5e6]), 65e6);
    assert_eq!(compile("s - 1").values(&[5e6]), 4e6);
    assert_eq!(compile("s < t").output(), Type::Bool);
    assert_eq!(compile("s == timestamp(\"1970-01-01T01:00:00+01:00\")").values(&[0.0]), 1.0);
}

#[test]
fn every_mistake_of_type_and_name_is_found_at_once() {
    assert_eq!(
        messages("strategic.valu == \"high\" && spent > 3 || x + p > k"),
        [
            "0: unknown name `strategic.valu` (did you mean `strategic.value`?)",
            "28: unknown name `spent`",
            "45: `+` takes numbers, found true or false",
            "49: `>` takes numbers or times, found a name",
        ]
    );
    let one = [
        ("x && p", "0: `&&` takes true or false, found a number"),
        ("p ? x : k", "8: `?:` takes two of one type, found a number and a name"),
        ("x ? 1 : 2", "0: `?` takes true or false, found a number"),
        ("k == 3", "5: `==` takes two of one type, found a name and a number"),
        ("\"a\" == \"b\"", "0: a text is compared with a text, and with no name"),
        ("x == null + 1", "5: `+` takes numbers, found null"),
        ("null == null", "0: null is compared with null"),
        ("tags == \"a\"", "0: write `\"x\" in names`: several names are not equal to one, found several names"),
        ("tags == null", "0: write `size(x) == 0`: several names may be none, not null, found several names"),
        ("tags", "0: several names are no value; write `\"x\" in names` or `size(names)`"),
        ("\"a\"", "0: a text alone is no value; texts are compared with names"),
        ("null", "0: null alone has no type"),
        ("x in [\"a\"]", "6: `in` looks for a number in a list of such, found a text"),
        ("x in [y]", "6: a list holds constants only, found a number"),
        ("x in y", "5: `in` takes a list such as `[\"a\", \"b\"]`, or several names, found a number"),
        ("p in [true]", "6: `in` looks for true or false in a list of such, found true or false"),
        ("[1, 2]", "0: a list stands only to the right of `in`"),
        ("sqr(x)", "0: unknown function `sqr` (did you mean `sqrt`?)"),
        ("1 + min (x)", "4: `min` takes 2 to 32 arguments, found 1"),
        ("sqrt(x, y)", "0: `sqrt` takes one argument, found 2"),
        ("clamp(x)", "0: `clamp` takes 3 arguments, found 1"),
        ("size(x)", "5: `size` takes several names, found a number"),
        ("x.abs()", "5: a function is called as `abs(x)`"),
        ("x[0]", "1: `x[i]` is not part of the language"),
        ("{1: 2}", "0: maps are not part of the language"),
        ("b\"a\" == k", "0: bytes are not part of the language"),
        ("(x + y).z", "7: only a name has parts that are joined by dots"),
        (
            "duration(\"30 days\")",
            "9: expected a span such as `30d` (a whole number, then ms, s, m, h, d, w or y), found `30 days`",
        ),
        ("duration(x)", "0: `duration` takes a text in quotes"),
        ("timestamp(\"soon\")", "10: expected a time such as `2017-07-01T13:24:21Z`, found `soon`"),
        ("s * 2", "0: `*` takes numbers, found a time"),
        ("s + t", "4: a time takes seconds, or a time to subtract, found a time"),
        ("s < x", "4: `<` compares like with like: after a time it takes another, found a number"),
    ];
    for (source, expected) in one {
        let found = messages(source);
        assert!(found.contains(&expected.to_owned()), "{source}: {found:?}");
    }
}

#[test]
fn syntax_mistakes_have_their_place_and_a_hint() {
    let cases = [
        ("x and y", "2: unexpected `and` (write `&&`)"),
        ("x = y", "2: unexpected `=` (write `==`)"),
        ("p & q", "2: unexpected `&` (write `&&`)"),
        ("not p", "4: unexpected `p`"),
        ("x +", "3: the expression ends too early"),
        ("(x", "2: the expression ends too early"),
        ("", "0: the expression is empty"),
        ("  ", "2: the expression is empty"),
        ("k == \"high", "5: unexpected `\"` (close the quotes)"),
        ("\"äöü\" == k and p", "11: unexpected `and` (write `&&`)"),
        ("x >\n  y or p", "8: unexpected `or` (write `||`)"),
        ("x + #", "4: unexpected `#`"),
        ("1e999", "0: the number is out of range"),
        ("99999999999999999999", "0: the number is out of range"),
        ("if + 1", "0: `if` is a word of the expression language, and no name"),
    ];
    for (source, expected) in cases {
        assert_eq!(messages(source), [expected], "{source:?}");
    }
}

#[test]
fn hostile_texts_are_refused() {
    let nested = format!("{}1{}", "(".repeat(200), ")".repeat(200));
    assert!(messages(&nested)[0].contains("deeper than 32"), "{:?}", messages(&nested));
    let long = vec!["x"; 3000].join("+");
    assert_eq!(messages(&long), ["0: an expression has at most 4096 characters"]);
    let sum = vec!["x"; 2000].join("+");
    assert!(messages(&sum)[0].contains("operations deep"));
    assert_eq!(compile(&vec!["x"; 200].join("+")).values(&[1.0]), 200.0);
    assert_eq!(compile(&vec!["p"; 200].join("&&")).values(&[1.0]), 1.0);
    for source in [
        "[".repeat(3000),
        "a.".repeat(2000),
        "-".repeat(4000),
        "f(".repeat(2000),
        "\"".repeat(4001),
        "a?b:".repeat(900),
    ] {
        assert!(!findings(&source).is_empty());
    }
    // Thirty brackets, each of which holds a value on its left.
    let right = format!("{}x{}", "(x*x)+(".repeat(31), ")".repeat(31));
    assert_eq!(compile(&right).values(&[1.0]), 32.0);
    let three = format!("{}x{}", "clamp(x+0.5,x*x,".repeat(31), ")".repeat(31));
    assert!(messages(&three)[0].contains("values at once"));
}

#[test]
fn a_column_that_is_too_short_is_unknown() {
    struct Short;
    impl Columns for Short {
        fn column(&self, _: u32) -> &[f64] {
            &[1.0, 2.0]
        }
    }
    let mut out = [0.0; 5];
    compile("x + 1").columns(&Short, 4, &mut out, &mut Scratch::default());
    assert!(out[..4].iter().all(|v| v.is_nan()));
    assert_eq!(out[4], 0.0);
    compile("x + 1").columns(&Short, 2, &mut out, &mut Scratch::default());
    assert_eq!(out[..2], [2.0, 3.0]);
    compile("x + 1").columns(&Short, 9, &mut [], &mut Scratch::default());
}

/// Expressions of numbers and of flags, mutually recursive, as text.
fn source(unknowns: bool) -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just("x".to_owned()),
        Just("y".to_owned()),
        Just("z".to_owned()),
        (-40i32..40).prop_map(|n| format!("{:?}", f64::from(n) / 8.0)),
    ];
    let flag = prop_oneof![
        Just("p".to_owned()),
        Just("q".to_owned()),
        Just("k == \"a\"".to_owned()),
        Just("k != l".to_owned()),
        Just("\"b\" in tags".to_owned()),
        Just("k in [\"a\", \"c\"]".to_owned()),
    ];
    let leaf = (number, flag).boxed();
    let grown = leaf.prop_recursive(4, 48, 4, move |inner| {
        let number = (inner.clone(), inner.clone(), 0..if unknowns { 20 } else { 8 }).prop_map(
            |((a, c), (b, _), op)| match op {
                0 => format!("({a} + {b})"),
                1 => format!("({a} - {b})"),
                2 => format!("{a} * ({b})"),
                3 => format!("({a}) / 2.5"),
                4 => format!("({c} ? {a} : {b})"),
                5 => format!("-({a})"),
                6 | 7 => a,
                8 => format!("({a}) / ({b})"),
                9 => format!("({a}) % ({b})"),
                10 => format!("min({a}, {b}, 1.0)"),
                11 => format!("max({a}, {b})"),
                12 => format!("ln({a})"),
                13 => format!("exp({a})"),
                14 => format!("sqrt({a})"),
                15 => format!("pow({a}, {b})"),
                16 => format!("coalesce({a}, {b})"),
                17 => format!("clamp({a}, -1.0, {b})"),
                18 => format!("round({a}) + floor({b})"),
                _ => format!("({c} ? {a} : null)"),
            },
        );
        let flag = (inner.clone(), inner, 0..if unknowns { 12 } else { 9 }).prop_map(|((a, p), (b, q), op)| match op {
            0 => format!("({a} < {b})"),
            1 => format!("({a} >= {b})"),
            2 => format!("({a} == {b})"),
            3 => format!("({a} != {b})"),
            4 => format!("({p} && {q})"),
            5 => format!("({p} || {q})"),
            6 => format!("!({p})"),
            7 => format!("({a} in [0.5, 1.0, -2.0])"),
            8 => format!("(({p}) == ({q}))"),
            9 => format!("({a} == null)"),
            10 => format!("has({a})"),
            _ => format!("coalesce({p}, {q})"),
        });
        (number, flag).boxed()
    });
    (grown, any::<bool>()).prop_map(|((number, flag), which)| if which { number } else { flag })
}

fn lines(unknowns: bool) -> impl Strategy<Value = Vec<Line>> {
    let maybe = move |value: BoxedStrategy<f64>| {
        if unknowns { prop_oneof![4 => value, 1 => Just(NAN)].boxed() } else { value }
    };
    let number = maybe((-40i32..40).prop_map(|n| f64::from(n) / 8.0).boxed());
    let flag = maybe((0..2).prop_map(f64::from).boxed());
    let key = maybe((0..3).prop_map(f64::from).boxed());
    let line = (
        [number.clone(), number.clone(), number],
        [flag.clone(), flag],
        [key.clone(), key],
        prop::collection::vec(0u32..3, 0..3),
    );
    let line = line.prop_map(|([x, y, z], [p, q], [k, l], tags)| Line {
        values: [x, y, z, p, q, 0.0, k, l, 0.0, 0.0, 0.0, 0.0],
        tags,
    });
    prop::collection::vec(line, 1..40)
}

/// Interns `a b c` first, so that keys 0 to 2 are these.
fn abc() -> Names {
    Names { keys: ["a", "b", "c"].map(str::to_owned).to_vec() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Where everything is known, the values are those of the `cel` crate's own interpreter.
    #[test]
    fn known_values_are_those_of_cel(source in source(false), lines in lines(false)) {
        let expr = compile_with(&source, &mut abc());
        let program = cel::Program::compile(&source).unwrap();
        for line in lines.iter().take(4) {
            let mut context = cel::Context::default();
            for (i, name) in ["x", "y", "z"].iter().enumerate() {
                context.add_variable_from_value(*name, line.values[i]);
            }
            for (i, name) in ["p", "q"].iter().enumerate() {
                context.add_variable_from_value(*name, line.values[3 + i] == 1.0);
            }
            let text = |key: usize| ["a", "b", "c"][key].to_owned();
            for (i, name) in ["k", "l"].iter().enumerate() {
                context.add_variable_from_value(*name, text(line.values[6 + i] as usize));
            }
            let tags: Vec<String> = line.tags.iter().map(|key| text(*key as usize)).collect();
            context.add_variable_from_value("tags", tags);
            let expected = match program.execute(&context).unwrap() {
                cel::Value::Float(number) => number,
                cel::Value::Bool(flag) => f64::from(u8::from(flag)),
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(expr.row(line), expected, "{}", source);
        }
    }

    #[test]
    fn rows_and_columns_agree_to_the_bit(source in source(true), lines in lines(true), times in 1usize..20) {
        let expr = compile_with(&source, &mut abc());
        let lines: Vec<Line> = lines.iter().cycle().take(lines.len() * times).cloned().collect();
        let mut out = vec![7.0; lines.len()];
        expr.columns(&table(&lines), lines.len(), &mut out, &mut Scratch::default());
        for (line, value) in lines.iter().zip(&out) {
            prop_assert_eq!(expr.row(line).to_bits(), value.to_bits(), "{}", source);
            prop_assert!(value.is_nan() || value.is_finite());
            prop_assert!(expr.output() == Type::Number || value.is_nan() || *value == 0.0 || *value == 1.0);
        }
    }

    #[test]
    fn no_text_panics(source in "[ -~äß\\n]{0,60}") {
        let _ = Expr::compile(&source, &mut Names::default());
    }

    #[test]
    fn no_words_panic(words in prop::collection::vec(prop::sample::select(vec![
        "x", "p", "k", "tags", "s", "null", "1", "2.5", "\"a\"", "+", "-", "*", "/", "%", "<", "==", "!=", "&&", "||", "!", "?", ":",
        "(", ")", "[", "]", ",", "in", "min", "size", "has", "coalesce", "duration", ".", "{", "}", "true", "u", "'", "`",
    ]), 0..30)) {
        let source = words.join(" ");
        let mut names = Names::default();
        if let Ok(expr) = Expr::compile(&source, &mut names) {
            let value = expr.row(&Line { values: [1.0; 12], tags: vec![1] });
            prop_assert!(value.is_nan() || value.is_finite());
        } else if let Err(findings) = Expr::compile(&source, &mut names) {
            prop_assert!(!findings.is_empty());
            prop_assert!(findings.iter().all(|f| f.start <= source.chars().count()));
        }
    }
}
