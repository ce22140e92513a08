//! Trends, against values sampled over time.

use proptest::prelude::*;

use crate::base::numeric::exp;
use crate::expr::{Course, Expr, Scope, Trend, Type};

/// Variables: fading from either side, fading from above, rising, still.
const NAMES: [&str; 5] = ["fading", "count", "clock", "still", "size"];

struct Names;

impl Scope for Names {
    fn resolve(&mut self, path: &str) -> Option<(u32, Type)> {
        NAMES.iter().position(|name| *name == path).map(|index| (index as u32, Type::Number))
    }

    fn names(&self) -> Vec<String> {
        NAMES.map(str::to_owned).to_vec()
    }

    fn key(&mut self, _: &str) -> u32 {
        0
    }
}

fn course(variable: u32) -> Course {
    match NAMES[variable as usize] {
        "fading" => Course::new(Trend::Fading, false),
        "count" => Course::new(Trend::Fading, true),
        "clock" => Course::new(Trend::Rising, false),
        "still" => Course::new(Trend::Still, false),
        _ => Course::new(Trend::Still, true),
    }
}

fn number() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => proptest::sample::select(&NAMES[..]).prop_map(str::to_owned),
        1 => (-5..6i32).prop_map(|value| format!("({value}.0)")),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone(), proptest::sample::select(vec!["+", "-", "*", "/"]))
                .prop_map(|(a, b, op)| format!("({a} {op} {b})")),
            (inner.clone(), proptest::sample::select(vec!["abs", "sqrt", "-", "floor", "ln"]))
                .prop_map(|(a, f)| format!("({f}({a}))")),
            (inner.clone(), inner.clone(), proptest::sample::select(vec!["min", "max", "coalesce"]))
                .prop_map(|(a, b, f)| format!("{f}({a}, {b})")),
            (inner.clone(), 0..4u8).prop_map(|(a, n)| format!("pow({a}, {n}.0)")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} < {b} ? {c} : {b})")),
            inner.clone().prop_map(|a| format!("clamp({a}, -1.0, 2.0)")),
        ]
    })
}

fn truth() -> impl Strategy<Value = String> {
    let leaf = (number(), number(), proptest::sample::select(vec!["<", "<=", ">", ">="]))
        .prop_map(|(a, b, op)| format!("({a} {op} {b})"));
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone(), proptest::sample::select(vec!["&&", "||"]))
                .prop_map(|(a, b, op)| format!("({a} {op} {b})")),
            inner.prop_map(|a| format!("!{a}")),
        ]
    })
}

/// Whether the known values keep what the trend says.
fn holds(course: Course, values: &[f64]) -> bool {
    let slack = |a: f64, b: f64| 1e-9 * (1.0 + a.abs().max(b.abs()));
    let rises = values.windows(2).all(|pair| pair[1] >= pair[0] - slack(pair[0], pair[1]));
    let falls = values.windows(2).all(|pair| pair[1] <= pair[0] + slack(pair[0], pair[1]));
    let nears =
        (values.iter().all(|value| *value >= -1e-9) && falls) || (values.iter().all(|value| *value <= 1e-9) && rises);
    let moves = match course.trend {
        Trend::Still => rises && falls,
        Trend::Rising => rises,
        Trend::Falling => falls,
        Trend::Fading => nears,
        Trend::Monotone => rises || falls,
        Trend::Mixed => true,
    };
    moves && (!course.positive || values.iter().all(|value| *value >= -1e-9))
}

fn check(source: &str, start: [f64; 5]) -> Result<(), TestCaseError> {
    let Ok(expr) = Expr::compile(source, &mut Names) else { return Ok(()) };
    let course = expr.course(course);
    let [fading, count, clock, still, size] = start;
    let at = |step: i32| {
        let time = f64::from(step) / 4.0;
        let left = exp(-time / 5.0);
        expr.values_by_name(&[fading * left, count.abs() * left, clock + time, still, size.abs()])
    };
    let values: Vec<f64> = (0..120).map(at).collect();
    // Where a division or a logarithm leaves its domain, the value turns unknown: no trend speaks of that.
    if values.iter().all(|value| value.is_finite()) {
        prop_assert!(holds(course, &values), "{source} is not {course:?} from {start:?}: {values:?}");
    }
    Ok(())
}

impl Expr {
    /// The value for all variables in order, whether the expression reads them or not.
    fn values_by_name(&self, all: &[f64]) -> f64 {
        let inputs: Vec<f64> = self.inputs().iter().map(|input| all[*input as usize]).collect();
        self.values(&inputs)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn numbers_move_as_their_trend_says(source in number(), start in proptest::array::uniform5(-6.0..6.0f64)) {
        check(&source, start)?;
    }

    #[test]
    fn truths_turn_as_their_trend_says(source in truth(), start in proptest::array::uniform5(-6.0..6.0f64)) {
        check(&source, start)?;
    }
}

#[test]
fn common_rules_are_searched_and_not_rechecked() {
    let trend = |source: &str| Expr::compile(source, &mut Names).unwrap().course(course).trend;
    assert_eq!(trend("fading > 100.0"), Trend::Falling);
    assert_eq!(trend("fading < -2.0"), Trend::Falling);
    assert_eq!(trend("clock - still > 5.0 && count < 2.0"), Trend::Rising);
    assert_eq!(trend("fading > 3.0 && clock < 9.0"), Trend::Falling);
    assert_eq!(trend("fading * 0.3"), Trend::Fading);
    assert_eq!(trend("fading > 3.0 && clock > 9.0"), Trend::Mixed);
    assert_eq!(trend("still + size"), Trend::Still);
}
