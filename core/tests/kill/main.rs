//! Kill after kill over the whole write surface: what was acknowledged is in the file, what was under
//! way is there as a whole or not at all, and rows in groups are lost from the end only.
//!
//! The writer is this program again, killed at random moments. `BACTRIAN_KILL_ROUNDS` sets how often.

#![cfg(test)]

mod disk;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use arrow_array::{Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array};
use bactrian::base::random::{Random, hash_bytes, mix};
use bactrian::{Ask, Call, Column, Definition, Durability, Engine, Error, ErrorKind, Id, Options, RowEvent, Value};

const HOUR: i64 = 3_600_000_000;

/// Rounds on one file; the next one begins anew.
const ROUNDS_A_FILE: u64 = 25;

fn definition(wide: bool, keep: &str) -> Definition {
    let wider = "[feature.most]\nmax = \"amount\"\non = \"purchase\"\n";
    let text = format!(
        r#"
[time]
keep = "{keep}"

[event.purchase]
customer = "who"
at       = "at"
amount   = "amount"

[event.message]
customer = "who"
peer     = "whom"
at       = "at"

[trait]
city = "category"

[tie.talk]
on        = "message"
half_life = "30d"

[feature.orders]
count = "event"
on    = "purchase"

[feature.spend]
sum       = "amount"
on        = "purchase"
half_life = "3d"
{wider}
[feature.decisions]
count = "event"
on    = "decided"

[score.rfm]
model  = "rfm"
on     = "purchase"
amount = "amount"

[segment.tier]
axis.value = {{ of = "spend", edges = [10, 40], labels = ["low", "mid", "high"] }}
decide_on  = ["enter"]

[action.offer]
channel  = "email"
eligible = 'tier.value != "low"'
value    = "spend"
response_model = {{ learn = "beta", by = "tier", outcome = "redeem", within = "5d" }}

[contact.email]
at_most = 3
per     = "7d"
"#,
        wider = if wide { wider } else { "" }
    );
    Definition::from_toml(&text).unwrap()
}

fn purchase(engine: &Engine, number: u64) -> Result<(), Error> {
    let fields = [("amount", Value::Number((number * 31 % 17) as f64 + 0.25))];
    let customer = Some(Id::Number(number * 7919 % 23));
    let at = number as i64 * HOUR;
    engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at, fields: &fields }).map(drop)
}

fn batch(number: u64) -> RecordBatch {
    let rows = 0..200u64;
    RecordBatch::try_from_iter([
        ("who", Arc::new(UInt64Array::from_iter_values(rows.clone().map(|row| (number + row) % 29))) as _),
        ("at", Arc::new(TimestampMicrosecondArray::from_iter_values(rows.clone().map(|_| number as i64 * HOUR))) as _),
        ("amount", Arc::new(Float64Array::from_iter_values(rows.map(|row| row as f64 / 8.0))) as _),
    ])
    .unwrap()
}

/// Whom the calls decide for.
const DECIDED: u64 = 7919 % 23;

/// Ids of the last decisions for one customer, the latest first, from how many there were.
fn decisions(engine: &Engine) -> Vec<u64> {
    let table = engine.score(Some(&[Id::Number(DECIDED)]), Some(&["decisions"]), None, None);
    let count = match table.as_ref().ok().and_then(|table| table.column("decisions")) {
        Some(Column::Number(count)) => count[0] as u64,
        _ => 0,
    };
    let name = hash_bytes(DECIDED.to_string().as_bytes());
    (0..count).rev().take(4).map(|before| mix(0, name, before)).collect()
}

fn outcomes(engine: &Engine) -> RecordBatch {
    let ids = decisions(engine);
    let kinds = ids.iter().map(|id| if id % 2 == 0 { "redeem" } else { "opened" });
    let value = ids.iter().map(|id| (id % 8) as f64);
    RecordBatch::try_from_iter([
        ("decision", Arc::new(UInt64Array::from(ids.clone())) as _),
        ("outcome", Arc::new(StringArray::from_iter_values(kinds)) as _),
        ("value", Arc::new(Float64Array::from_iter_values(value)) as _),
    ])
    .unwrap()
}

fn ties(number: u64) -> RecordBatch {
    let rows = 0..50u64;
    RecordBatch::try_from_iter([
        ("customer", Arc::new(UInt64Array::from_iter_values(rows.clone().map(|row| (number + row) % 23))) as _),
        ("peer", Arc::new(UInt64Array::from_iter_values(rows.clone().map(|row| (number + 3 * row + 1) % 23))) as _),
        ("weight", Arc::new(Float64Array::from_iter_values(rows.map(|row| row as f64 / 4.0 + 0.25))) as _),
    ])
    .unwrap()
}

/// The call of this number; the same on any engine.
fn step(engine: &Engine, keep: &str, number: u64) -> Result<(), Error> {
    let name = format!("customer {}", number / 20);
    let message = |customer, peer| {
        let at = number as i64 * HOUR;
        let event = RowEvent { kind: "message", customer: Some(customer), peer: Some(peer), at, fields: &[] };
        engine.observe_row(&event).map(drop)
    };
    match number % 20 {
        2 => engine.observe(&[batch(number)], &Call { kind: Some("purchase"), roles: &[] }).map(drop),
        4 => engine.identify_row(Id::Text(&name), None, &[("city", Value::Text(&format!("city {number}")))]).map(drop),
        5 => engine.relate_row("talk", Id::Text(&name), Id::Number(3), None, 1.5).map(drop),
        6 | 16 => engine.decide(Id::Number(DECIDED), Ask::default()).map(drop),
        7 => match decisions(engine).first() {
            Some(latest) => engine.learn_row(*latest, "redeem", None, Some(number as f64)).map(drop),
            None => purchase(engine, number),
        },
        8 => engine.advance_to(number as i64 * HOUR + HOUR / 2).map(drop),
        9 => engine.fit(None).map(drop),
        10 => engine.relate(&[ties(number)], &Call { kind: Some("talk"), roles: &[] }).map(drop),
        11 => message(Id::Text(&name), Id::Number(4)),
        12 => message(Id::Number(4), Id::Text("another")),
        13 => engine.merge(Id::Text(&name), Id::Text("another")),
        14 => engine.decide_batch(None, Ask::default()).map(drop),
        // A column that begins with the records kept has those of whole commits, and a kill moves where a
        // group of rows ends: under `keep` nothing is added.
        15 => engine.redefine(&definition(keep == "all" && number % 40 == 15, keep)).map(drop),
        17 if number % 40 == 17 => engine.erase(Id::Text(&name)).map(drop),
        17 => engine.learn(&[outcomes(engine)], &Call::default()).map(drop),
        18 => engine.checkpoint(),
        19 => engine.flush(),
        _ => purchase(engine, number),
    }
}

/// What a call gave and left, in a word each.
fn told(engine: &Engine, done: Result<(), Error>) -> String {
    format!("{} {:016x}", done.map_or_else(|error| error.kind().code(), |()| 0), engine.digest().unwrap())
}

/// Runs only as the process that is killed.
#[test]
fn writer() {
    let (Ok(path), Ok(from)) = (std::env::var("BACTRIAN_KILL_FILE"), std::env::var("BACTRIAN_KILL_FROM")) else {
        return;
    };
    let keep = std::env::var("BACTRIAN_KILL_KEEP").unwrap();
    let durability = match std::env::var("BACTRIAN_KILL_INTERVAL") {
        Ok(_) => Durability::Interval,
        Err(_) => Durability::Commit,
    };
    let kept = Path::new(&path).exists();
    let given = definition(false, &keep);
    let options = Options { durability, ..Options::default() };
    let engine = Engine::open(Path::new(&path), (!kept).then_some(&given), options).unwrap();
    let mut out = std::io::stdout().lock();
    for number in from.parse::<u64>().unwrap().. {
        let done = step(&engine, &keep, number);
        writeln!(out, "did {number} {}", told(&engine, done)).unwrap();
        out.flush().unwrap();
    }
}

/// An engine in memory that has made the first calls, and what it told after each.
struct Twin {
    engine: Engine,
    keep: &'static str,
    told: Vec<String>,
}

impl Twin {
    fn new(keep: &'static str, calls: u64) -> Twin {
        let engine = Engine::new(&definition(false, keep), Options::default()).unwrap();
        let mut twin = Twin { engine, keep, told: Vec::new() };
        (0..calls).for_each(|_| twin.go_on());
        twin
    }

    fn done(&self) -> u64 {
        self.told.len() as u64
    }

    fn go_on(&mut self) {
        let done = step(&self.engine, self.keep, self.done());
        self.told.push(told(&self.engine, done));
    }

    fn digest(&self) -> u64 {
        self.engine.digest().unwrap()
    }
}

/// Starts a writer, kills it, and gives the calls that it acknowledged.
fn killed(path: &Path, twin: &Twin, interval: bool, chance: &mut Random) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "writer", "--nocapture", "--test-threads=1"]);
    command.env("BACTRIAN_KILL_FILE", path).env("BACTRIAN_KILL_FROM", twin.done().to_string());
    command.env("BACTRIAN_KILL_KEEP", twin.keep).stdout(Stdio::piped()).stderr(Stdio::null());
    if interval {
        command.env("BACTRIAN_KILL_INTERVAL", "1");
    }
    let mut writer = command.spawn().unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let wanted = 1 + chance.below(50);
    let mut acknowledged: Vec<String> = Vec::new();
    let mut take = |line: Option<std::io::Result<String>>| {
        let Some(Ok(line)) = line else { return false };
        // The harness may print before the first of ours, on the same line.
        acknowledged.extend(line.find("did ").map(|at| line[at..].to_owned()));
        acknowledged.len() < wanted as usize
    };
    while take(lines.next()) {}
    std::thread::sleep(std::time::Duration::from_micros(chance.below(3000)));
    writer.kill().unwrap();
    // What it could still say before it died; a line that the kill has cut acknowledges nothing.
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    writer.wait().unwrap();
    acknowledged.extend(rest.into_iter().filter(|line| line.starts_with("did ")));
    acknowledged
}

#[test]
fn nothing_acknowledged_is_lost() {
    let rounds: u64 = std::env::var("BACTRIAN_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(50);
    let folder = tempfile::tempdir().unwrap();
    let mut chance = Random::keyed(2017, 0);
    let (mut twin, mut calls, mut lost) = (Twin::new("all", 0), 0, 0);
    for round in 0..rounds {
        let file = round / ROUNDS_A_FILE;
        let path = folder.path().join(format!("{file}.bactrian"));
        if round.is_multiple_of(ROUNDS_A_FILE) {
            twin = Twin::new(if file.is_multiple_of(2) { "all" } else { "2d" }, 0);
        }
        let interval = round % 3 == 2;
        // Calls that waited for the disk, or came before one that did.
        let (mut durable, start) = (twin.done(), twin.done());
        for line in killed(&path, &twin, interval, &mut chance) {
            let Some((number, said)) = line["did ".len()..].split_once(' ') else { continue };
            if said.len() < "0 0123456789abcdef".len() {
                continue;
            }
            assert_eq!(number.parse(), Ok(twin.done()), "round {round}");
            twin.go_on();
            assert_eq!(Some(said), twin.told.last().map(String::as_str), "round {round}: call {number}");
            let waits = [2, 8, 18, 19].contains(&((twin.done() - 1) % 20)) && said.starts_with("0 ");
            if !interval || waits {
                durable = twin.done();
            }
        }
        calls += twin.done() - start;
        if !path.exists() {
            // Killed before it was made.
            assert_eq!(twin.done(), 0);
            continue;
        }
        let found = Engine::open(&path, None, Options::default()).unwrap().digest().unwrap();
        let said = twin.done();
        twin.go_on();
        while twin.digest() != found {
            assert!(twin.done() > durable, "round {round}: of {said} calls {durable} were durable and are not there");
            twin = Twin::new(twin.keep, twin.done() - 1);
        }
        lost += said.saturating_sub(twin.done());
        assert!(interval || twin.done() >= said, "round {round}: {} of {said} calls are there", twin.done());
    }
    assert!(calls > 10 * rounds && (rounds < 20 || lost > 0), "{calls} {lost}");
    assert!(std::fs::read_dir(folder.path()).unwrap().count() as u64 <= 2 * rounds.div_ceil(ROUNDS_A_FILE));
}

/// Runs only as the process whose files may not grow beyond a size.
#[test]
fn bounded_writer() {
    let Ok(path) = std::env::var("BACTRIAN_BOUNDED_FILE") else { return };
    let engine = Engine::open(Path::new(&path), Some(&definition(false, "all")), Options::default()).unwrap();
    let everyone = |engine: &Engine| format!("{:?}", engine.score(None, None, None, None).unwrap());
    for number in 0.. {
        let before = (engine.digest().unwrap(), everyone(&engine));
        let Err(error) = engine.observe(&[batch(number)], &Call { kind: Some("purchase"), roles: &[] }) else {
            continue;
        };
        // What can't be written is not there, and all else can be read.
        assert_eq!(error.kind(), ErrorKind::StoreIo, "{error}");
        assert_eq!((engine.digest().unwrap(), everyone(&engine)), before);
        assert!(number > 3 && !engine.crossings(None, None).unwrap().is_empty());
        engine.training_set(number as i64 * HOUR, None, None, None).unwrap();
        let again = engine.observe(&[batch(number)], &Call { kind: Some("purchase"), roles: &[] });
        assert!(again.is_err_and(|error| error.kind() == ErrorKind::StoreIo));
        println!("full {:016x}", before.0);
        return;
    }
}

#[test]
#[cfg(unix)]
fn a_file_that_can_not_grow_leaves_the_engine_readable() {
    let folder = tempfile::tempdir().unwrap();
    for blocks in [600, 2500, 6000] {
        let path = folder.path().join(format!("{blocks}.bactrian"));
        let mut command = Command::new("sh");
        // The system gives an error for a write beyond the bound where it may not kill for it.
        command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"]);
        command.arg(std::env::current_exe().unwrap());
        command.args(["--exact", "bounded_writer", "--nocapture", "--test-threads=1"]);
        let output = command.env("BACTRIAN_BOUNDED_FILE", &path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let Some(at) = said.find("full ").filter(|_| output.status.success()) else {
            assert!(!path.exists(), "{blocks}: {said}{}", String::from_utf8_lossy(&output.stderr));
            continue;
        };
        let engine = Engine::open(&path, None, Options::default()).unwrap();
        assert_eq!(format!("{:016x}", engine.digest().unwrap()), said[at + 5..at + 21], "{blocks}");
        engine.observe(&[batch(9000)], &Call { kind: Some("purchase"), roles: &[] }).unwrap();
    }
}
