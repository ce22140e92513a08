//! The table of all aggregates: each cell is equal to its twin, or refused by the checker with a reason.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bactrian::{Engine, Id, Severity, check_text};

use super::features::{AGGREGATES, Direction, Feature, Whose, Window};
use super::twin::{Answer, agrees, value};
use super::world::{self, CUSTOMERS, DAY, Event, HEAD, HOUR};

const WINDOWS: [(&str, Window); 6] = [
    ("lifetime", Window::Lifetime),
    ("half_life", Window::HalfLife(3 * DAY)),
    ("window", Window::Span(9 * DAY, DAY)),
    ("exact window", Window::Span(60 * HOUR, 0)),
    ("session", Window::Session(30 * HOUR)),
    ("last n", Window::Last(5)),
];

const OWNERS: [(&str, Whose); 4] = [
    ("customer", Whose::Customer),
    ("tie", Whose::Tie),
    ("household", Whose::Household),
    ("community", Whose::Community),
];

/// A cell, and the features that prove it.
struct Cell {
    row: usize,
    column: usize,
    features: Vec<Feature>,
    refusal: Option<String>,
}

/// Every variant of an aggregate over a window for an owner, with directions and a condition.
fn variants(row: usize, window: Window, whose: Whose) -> Vec<Feature> {
    let (word, overs) = AGGREGATES[row];
    let feature = |(over, rest), direction, filtered| Feature {
        word,
        over,
        rest,
        window,
        whose,
        direction,
        filtered,
        kind: "line",
    };
    let mut all: Vec<Feature> = overs.iter().map(|over| feature(*over, Direction::Out, false)).collect();
    all.push(feature(overs[0], Direction::In, false));
    all.push(feature(overs[0], Direction::Both, false));
    all.push(feature(overs[0], Direction::Out, true));
    all.push(feature(overs[overs.len() - 1], Direction::Both, true));
    all
}

/// Why the checker refuses a feature, in its words.
fn refusal(feature: &Feature) -> Option<String> {
    let problems = check_text(&format!("{HEAD}\n{}", feature.toml("f")));
    let refused = |severity| severity == Severity::Error || severity == Severity::NotYet;
    problems.into_iter().find(|problem| refused(problem.severity)).map(|problem| problem.message)
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for row in 0..AGGREGATES.len() {
        for column in 0..OWNERS.len() * WINDOWS.len() {
            let (owner, window) = (OWNERS[column / WINDOWS.len()].1, WINDOWS[column % WINDOWS.len()].1);
            let features = variants(row, window, owner);
            let refusals: Vec<Option<String>> = features.iter().map(refusal).collect();
            let first = refusals[0].clone();
            let one_answer = refusals.iter().all(|refusal| refusal.is_some() == first.is_some());
            assert!(one_answer, "some variants are refused: {:?} {refusals:?}", features[0]);
            cells.push(Cell { row, column, features, refusal: first });
        }
    }
    cells
}

/// One engine that keeps every feature of every cell that is not refused.
pub struct Bench {
    engine: Engine,
    features: Vec<(String, Feature)>,
}

impl Bench {
    pub fn new<'a>(features: impl Iterator<Item = &'a Feature>) -> Self {
        let features: Vec<(String, Feature)> =
            features.enumerate().map(|(index, feature)| (format!("f{index}"), feature.clone())).collect();
        let text: String = features.iter().map(|(name, feature)| feature.toml(name) + "\n").collect();
        Bench { engine: world::engine(&text), features }
    }

    pub fn observe(&self, events: &[Event]) {
        events.iter().for_each(|event| world::observe(&self.engine, event));
    }

    /// Compares every feature with its twin at some moments; gives the mistakes by feature.
    pub fn compare(&self, arrived: &[Event], moments: &[i64]) -> BTreeMap<usize, String> {
        let names: Vec<&str> = self.features.iter().map(|(name, _)| name.as_str()).collect();
        let reader = self.engine.reader(&names).unwrap();
        let mut values = vec![0.0; names.len()];
        let mut wrong = BTreeMap::new();
        for at in moments {
            for who in 0..CUSTOMERS {
                let whom = (who * 3 + 1) % CUSTOMERS;
                reader.read(Id::Number(who), Some(Id::Number(whom)), Some(*at), &mut values).unwrap();
                for (index, (_, feature)) in self.features.iter().enumerate() {
                    let expected = value(feature, arrived, who, whom, *at);
                    let found = match &expected {
                        Answer::Name(_) => Answer::Name(self.engine.key_text(values[index]).unwrap()),
                        Answer::Number(_) => Answer::Number(values[index]),
                    };
                    if !agrees(feature, &expected, &found) {
                        let text = format!(
                            "{who} toward {whom} at {at}: {expected:?} by brute force, {found:?} found:\n{}",
                            feature.toml("f")
                        );
                        wrong.entry(index).or_insert(text);
                    }
                }
            }
        }
        wrong
    }

    pub fn now(&self) -> i64 {
        self.engine.now().unwrap().unwrap()
    }
}

/// Moments from now on: at once, and after hops, windows and sessions have passed.
fn moments(now: i64) -> [i64; 4] {
    [now, now + 5 * HOUR, now + 3 * DAY, now + 8 * DAY]
}

#[test]
fn every_aggregate_equals_its_twin_or_is_refused() {
    let cells = cells();
    let accepted: Vec<&Feature> =
        cells.iter().filter(|cell| cell.refusal.is_none()).flat_map(|cell| &cell.features).collect();
    let mut wrong: BTreeMap<usize, String> = BTreeMap::new();
    for seed in 0..2 {
        let events = world::events(seed, 220);
        for arrival in [events.clone(), world::within_lateness(&events, seed)] {
            let bench = Bench::new(accepted.iter().copied());
            let (early, late) = arrival.split_at(90);
            bench.observe(early);
            wrong.extend(bench.compare(early, &moments(bench.now())[..2]));
            bench.observe(late);
            wrong.extend(bench.compare(&arrival, &moments(bench.now())));
        }
    }
    let mut index = 0;
    let mut texts = BTreeMap::new();
    let mut mistakes = Vec::new();
    let mut reasons: Vec<String> = Vec::new();
    for cell in &cells {
        let text = match &cell.refusal {
            Some(reason) => {
                let known = reasons.iter().position(|known| known == reason);
                let number = known.unwrap_or_else(|| {
                    reasons.push(reason.clone());
                    reasons.len() - 1
                });
                format!("refused: ({})", number + 1)
            }
            None => {
                let own = index..index + cell.features.len();
                index = own.end;
                let found: Vec<&String> = wrong.range(own).map(|(_, text)| text).collect();
                mistakes.extend(found.iter().map(|text| (*text).clone()));
                (if found.is_empty() { "equal to twin" } else { "WRONG" }).to_owned()
            }
        };
        texts.insert((cell.row, cell.column), text);
    }
    let table = written(&texts, &reasons);
    write(&table);
    assert!(
        mistakes.is_empty(),
        "{} features are wrong:\n{}",
        mistakes.len(),
        mistakes[..mistakes.len().min(12)].join("\n")
    );
    let blank = texts.values().any(|text| text != "equal to twin" && !text.starts_with("refused: ("));
    assert!(!blank && texts.len() == AGGREGATES.len() * OWNERS.len() * WINDOWS.len());
}

fn written(texts: &BTreeMap<(usize, usize), String>, reasons: &[String]) -> String {
    let mut table = String::from("Every aggregate over every window; (n) is the reason below.\n");
    for (owner, (name, _)) in OWNERS.iter().enumerate() {
        write!(table, "\n{name:<14}").unwrap();
        WINDOWS.iter().for_each(|(window, _)| write!(table, "{window:<16}").unwrap());
        table.push('\n');
        for (row, (word, _)) in AGGREGATES.iter().enumerate() {
            write!(table, "{word:<14}").unwrap();
            for window in 0..WINDOWS.len() {
                let text = &texts[&(row, owner * WINDOWS.len() + window)];
                write!(table, "{text:<16}").unwrap();
            }
            table.push('\n');
        }
    }
    table.push('\n');
    for (number, reason) in reasons.iter().enumerate() {
        writeln!(table, "({}) refused: {reason}", number + 1).unwrap();
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Writes the table where `make test` finds it.
fn write(table: &str) {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| format!("{root}/target"));
    std::fs::create_dir_all(&target).unwrap();
    std::fs::write(format!("{target}/aggregates.txt"), table).unwrap();
}
