//! Responses that are learnt, and the ledger by segment, against a twin that recounts everything that was decided.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use bactrian::base::random::Random;

const SHOP: &str = r#"
[time]
lateness = "1d"

[trait]
band = "category"
size = "number"

[context]
no_card = "bool"

[segment.micro]
axis.band = { of = "band" }
axis.size = { of = "size", edges = [1, 2], labels = ["small", "mid", "large"] }

[segment.sizes]
axis.size = { of = "size", edges = [1.5], labels = ["below", "above"] }

[action.card]
channel        = "email"
eligible       = "(no_card == null || !no_card) && band != \"z\""
value          = 2
response_model = { learn = "beta", by = "micro", outcome = "redeem", within = "5d", prior = 0.3, strength = 4 }

[action.call]
channel        = "phone"
process        = "service"
value          = 2
lever          = "size > 1 ? 1.5 : 0.5"
response_model = { learn = "beta", outcome = "redeem", within = "3d" }

[action.post]
channel  = "post"
eligible = "size > 2"
value    = 0.4
outcome  = "redeem"

[decide]
control = 0.125
outcomes = ["opened"]
"#;

const BANDS: [&str; 4] = ["x", "y", "z", "w"];

/// A decision as the twin remembers it.
struct Taken {
    id: u64,
    action: Option<String>,
    cell: Vec<String>,
    withheld: bool,
    at: i64,
    redeemed: bool,
}

/// Engine and twin, living through the same days.
struct Life {
    engine: Engine,
    taken: Vec<Taken>,
    now: i64,
    chance: Random,
}

fn who(number: u64) -> Id<'static> {
    Id::Number(number)
}

impl Life {
    fn new(engine: Engine, seed: u64) -> Life {
        Life { engine, taken: Vec::new(), now: 0, chance: Random::keyed(seed, 0) }
    }

    fn cell(&self, customer: u64) -> Vec<String> {
        let table = self.engine.score(Some(&[who(customer)]), Some(&["micro"]), None, None).unwrap();
        let cell = texts(&table, "micro").remove(0);
        cell.map(|cell| cell.split('/').map(str::to_owned).collect()).unwrap_or_default()
    }

    fn decide(&mut self, customer: u64) {
        let cell = self.cell(customer);
        let decision = self.engine.decide(who(customer), Ask::default()).unwrap();
        let withheld = decision.withheld.is_some();
        let action = decision.withheld.clone().or(decision.action.clone());
        // A pass over the journal, so not of every decision.
        let recorded = self.taken.len().is_multiple_of(7).then(|| self.engine.recorded(decision.id).unwrap());
        for candidate in recorded.iter().flat_map(|found| &found.candidates).filter(|found| found.reason.is_none()) {
            let expected = self.response(&candidate.action, &cell);
            if let Some(expected) = expected {
                assert_eq!(candidate.factors[0].to_bits(), expected.to_bits(), "{} in {cell:?}", candidate.action);
            }
        }
        self.taken.push(Taken { id: decision.id, action, cell, withheld, at: self.now, redeemed: false });
    }

    fn step(&mut self) {
        let customer = self.chance.below(30);
        match self.chance.below(8) {
            0 => {
                self.now += (self.chance.below(20) as i64 + 1) * HOUR;
                self.engine.advance_to(self.now).unwrap();
            }
            1 => {
                let band = BANDS[self.chance.below(4) as usize];
                let size = self.chance.below(5) as f64 * 0.7;
                let traits = [("band", Value::Text(band)), ("size", Value::Number(size))];
                self.engine.identify_row(who(customer), Some(self.now), &traits).unwrap();
            }
            2 | 3 if !self.taken.is_empty() => {
                let place = self.chance.below(self.taken.len() as u64) as usize;
                let outcome = if self.chance.below(3) == 0 { "opened" } else { "redeem" };
                let taken = &mut self.taken[place];
                let report = self.engine.learn_row(taken.id, outcome, Some(self.now), Some(1.5)).unwrap();
                taken.redeemed |= outcome == "redeem" && report.accepted == 1;
            }
            _ if self.engine.score(Some(&[who(customer)]), Some(&["size"]), None, None).is_ok() => {
                self.decide(customer)
            }
            _ => {}
        }
    }

    fn within(action: &str) -> i64 {
        match action {
            "card" => 5 * DAY,
            "call" => 3 * DAY,
            _ => 30 * DAY,
        }
    }

    /// Successes and failures so far of what was sent, for which `fits` holds.
    fn count(&self, fits: impl Fn(&Taken) -> bool) -> (u64, u64) {
        let closed = |taken: &&Taken| {
            let due = taken.at + Life::within(taken.action.as_deref().unwrap_or("")) + DAY;
            !taken.withheld && taken.action.is_some() && (taken.redeemed || due < self.now)
        };
        let counted = self.taken.iter().filter(closed).filter(|taken| fits(taken));
        counted.fold((0, 0), |(won, lost), taken| if taken.redeemed { (won + 1, lost) } else { (won, lost + 1) })
    }

    /// The response by a recount: around the cell, everything that is not in the next smaller group.
    fn response(&self, action: &str, cell: &[String]) -> Option<f64> {
        let (mut mean, strength, axes) = match action {
            "card" => (0.3, 4.0, cell.len()),
            "call" => (0.1, 10.0, 0),
            _ => return None,
        };
        let is_learnt = |taken: &Taken| matches!(taken.action.as_deref(), Some("card" | "call"));
        let inside = |taken: &Taken, axes: usize| {
            taken.action.as_deref() == Some(action) && taken.cell.get(..axes) == Some(&cell[..axes])
        };
        let (won, lost) = self.count(|taken| is_learnt(taken) && !inside(taken, 0));
        let mut next = |(won, lost): (u64, u64)| {
            let (alpha, beta) = (won as f64 + strength * mean, lost as f64 + strength * (1.0 - mean));
            mean = alpha / (alpha + beta);
        };
        next((won, lost));
        for depth in 0..=axes {
            next(self.count(|taken| inside(taken, depth) && (depth == axes || !inside(taken, depth + 1))));
        }
        Some(mean)
    }

    /// Compares everything that the engine has learnt with a recount.
    fn check(&self, engine: &Engine) {
        let table = engine.responses().unwrap();
        let (actions, cells) = (texts(&table, "action"), texts(&table, "cell"));
        let (won, lost) = (whole(&table, "successes"), whole(&table, "failures"));
        let response = numbers(&table, "response");
        for (row, action) in actions.iter().flatten().enumerate() {
            let labels: Vec<String> = cells[row].iter().flat_map(|cell| cell.split('/')).map(str::to_owned).collect();
            let counted = self.count(|taken| {
                taken.action.as_ref() == Some(action) && taken.cell.get(..labels.len()) == Some(&labels[..])
            });
            assert_eq!((won[row] as u64, lost[row] as u64), counted, "{action} in {labels:?}");
            assert_eq!(response[row].to_bits(), self.response(action, &labels).unwrap().to_bits(), "{action}");
        }
        let rows = actions.iter().flatten().filter(|action| *action == "card").count();
        assert!(rows > 8 && actions.iter().flatten().any(|action| action == "call"), "{rows}");
        self.check_ledger(engine);
    }

    fn check_ledger(&self, engine: &Engine) {
        let all = engine.ledger().unwrap();
        let cells = engine.ledger_by("micro").unwrap();
        let key = |action: &Option<String>, cell: &str| format!("{action:?} {cell}");
        let mut counted: BTreeMap<String, i64> = BTreeMap::new();
        for taken in &self.taken {
            let action = taken.action.clone();
            *counted.entry(key(&action, &taken.cell.join("/"))).or_default() += 1;
        }
        let of = |table: &Table, column: &str| texts(table, column);
        let decisions = whole(&cells, "decisions");
        for (row, (action, cell)) in of(&cells, "action").iter().zip(of(&cells, "cell")).enumerate() {
            let cell = cell.filter(|cell| cell != "unknown").unwrap_or_default();
            let found = counted.get_mut(&key(action, &cell));
            *found.unwrap_or_else(|| panic!("{action:?} {cell}")) -= decisions[row];
        }
        assert!(counted.values().all(|left| *left == 0), "{counted:?}");
        for by in ["micro", "sizes"] {
            let cells = engine.ledger_by(by).unwrap();
            for (row, action) in of(&all, "action").iter().enumerate() {
                let rows: Vec<usize> = (0..cells.len()).filter(|row| of(&cells, "action")[*row] == *action).collect();
                for column in ["decisions", "withheld", "answered", "open", "expired", "outcome.redeem"] {
                    let sum: i64 = rows.iter().map(|row| whole(&cells, column)[*row]).sum();
                    assert_eq!(sum, whole(&all, column)[row], "{action:?} {column} by {by}");
                }
                for column in ["expected", "cost", "realised"] {
                    let sum: f64 = rows.iter().map(|row| numbers(&cells, column)[*row]).sum();
                    assert!((sum - numbers(&all, column)[row]).abs() < 1e-9, "{action:?} {column} by {by}");
                }
            }
        }
    }
}

#[test]
fn responses_and_ledger_are_a_recount_of_what_was_decided() {
    for seed in 0..3 {
        let mut life = Life::new(engine(SHOP), seed);
        for step in 0..1500 {
            life.step();
            if step % 500 == 499 {
                life.check(&life.engine);
            }
        }
    }
}

#[test]
fn what_was_learnt_outlives_reopening_checkpoints_and_redefining() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.bactrian");
    let grouped = Options { durability: bactrian::Durability::Interval, ..Options::default() };
    let definition = Definition::from_toml(SHOP).unwrap();
    let mut life = Life::new(Engine::open(&path, Some(&definition), grouped.clone()).unwrap(), 9);
    for round in 0..6 {
        (0..300).for_each(|_| life.step());
        if round % 2 == 1 {
            life.engine.checkpoint().unwrap();
        }
        let before =
            (life.engine.digest().unwrap(), life.engine.responses().unwrap(), life.engine.ledger_by("sizes").unwrap());
        life.engine.close().unwrap();
        life.engine = Engine::open(&path, None, grouped.clone()).unwrap();
        let engine = &life.engine;
        assert_eq!((engine.digest().unwrap(), engine.responses().unwrap(), engine.ledger_by("sizes").unwrap()), before);
    }
    life.check(&life.engine);
    // A definition that expects something else of the cells finds all that was decided before.
    let other = SHOP.replace("[segment.sizes]", "[segment.bands]\naxis.band = { of = \"band\" }\n[segment.sizes]");
    life.engine.redefine(&Definition::from_toml(&other).unwrap()).unwrap();
    life.check(&life.engine);
    // Nobody was in a cell of a segment that was not there.
    let bands = life.engine.ledger_by("bands").unwrap();
    assert!(texts(&bands, "cell").iter().all(Option::is_none));
    (0..300).for_each(|_| life.step());
    life.check(&life.engine);
    assert!(texts(&life.engine.ledger_by("bands").unwrap(), "cell").iter().any(Option::is_some));
    life.engine.close().unwrap();
    assert_eq!(open_error(&path).kind(), bactrian::ErrorKind::DefinitionMismatch);
}

fn open_error(path: &Path) -> bactrian::Error {
    Engine::open(path, Some(&Definition::from_toml(SHOP).unwrap()), Options::default()).unwrap_err()
}

/// Which other actions may take part changes no response, and looking changes nothing.
#[test]
fn the_mask_of_candidates_never_changes_a_score() {
    let mut life = Life::new(engine(SHOP), 3);
    (0..800).for_each(|_| life.step());
    let digest = life.engine.digest().unwrap();
    let response = |customer: u64, masked: bool| {
        let context = [("no_card", Value::Bool(masked))];
        let ask = Ask { dry: true, n: 3, context: &context, ..Ask::default() };
        let decision = life.engine.decide(who(customer), ask).unwrap();
        let call = decision.slate.iter().find(|choice| choice.action == "call").map(|choice| choice.priority.to_bits());
        (decision.slate.iter().any(|choice| choice.action == "card"), call, decision.propensity)
    };
    let mut both = 0;
    let known: Vec<u64> =
        (0..30).filter(|number| life.engine.score(Some(&[who(*number)]), None, None, None).is_ok()).collect();
    for customer in known {
        let (with, without) = (response(customer, false), response(customer, true));
        both += u64::from(with.0);
        assert!(!without.0);
        assert_eq!((with.1, with.1.is_some()), (without.1, true));
        assert!([0.125, 0.875].contains(&with.2));
    }
    assert!(both > 10);
    assert_eq!(life.engine.digest().unwrap(), digest);
}

/// A new cell has the response of what is around it; many outcomes of its own move it away.
#[test]
fn a_tiny_cell_borrows_strength() {
    let engine = engine(SHOP);
    let know = |customer: u64, band: &str| {
        let traits = [("band", Value::Text(band)), ("size", Value::Number(0.5))];
        engine.identify_row(who(customer), Some(0), &traits).unwrap();
    };
    let mut at = 0;
    let mut send = |customer: u64, redeemed: bool| {
        at += HOUR;
        let decision = engine.decide(who(customer), Ask { at: Some(at), ..Ask::default() }).unwrap();
        if redeemed {
            engine.learn_row(decision.id, "redeem", None, None).unwrap();
        }
    };
    know(1, "x");
    know(2, "y");
    (0..200).for_each(|number| send(1, number % 2 == 0));
    engine.advance_to(at + 10 * DAY).unwrap();
    let response = |customer: u64| {
        let decision = engine.decide(who(customer), Ask { dry: true, n: 3, ..Ask::default() }).unwrap();
        decision.slate.iter().find(|choice| choice.action == "card").unwrap().priority / 2.0
    };
    let (known, new) = (response(1), response(2));
    assert!((known - 0.5).abs() < 0.05 && (new - 0.5).abs() < 0.15, "{known} {new}");
    let flip = engine.decide(who(2), Ask { dry: true, ..Ask::default() }).unwrap().flip().unwrap();
    assert!(flip.why.contains("response") || flip.why.contains("`"), "{}", flip.why);
}

#[test]
fn mistakes_of_a_response_model_are_told() {
    let problems = |change: &str| {
        let text = SHOP.replace("learn = \"beta\", by = \"micro\"", change);
        let found = bactrian::check_text(&text);
        found.iter().map(|problem| problem.to_string()).collect::<Vec<_>>().join("\n")
    };
    assert!(problems("learn = \"beta\", by = \"mikro\"").contains("did you mean `micro`?"));
    assert!(problems("learn = \"linear\", by = \"micro\"").contains("expected one of `beta`"));
    assert!(problems("by = \"micro\"").contains("`learn` is missing"));
    assert!(problems("learn = \"beta\", prir = 0.5").contains("did you mean `prior`?"));
    let twice = SHOP.replace("value          = 2\nresponse_model", "value = 2\noutcome = \"redeem\"\nresponse_model");
    let found = bactrian::check_text(&twice);
    assert!(found.iter().any(|problem| problem.message.contains("give it once")), "{found:?}");
    let unknown = engine(SHOP).ledger_by("mikro").unwrap_err();
    assert_eq!(
        (unknown.kind(), unknown.hint_text()),
        (bactrian::ErrorKind::UnknownSegment, Some("did you mean `micro`?"))
    );
}
