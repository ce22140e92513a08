//! Kill after kill over the whole write surface: what was acknowledged is in the file, what was under
//! way is there as a whole or not at all, and rows in groups are lost from the end only.
//!
//! The writer is this program again, killed at random moments. `BACTRIAN_KILL_ROUNDS` sets how often.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use arrow_array::{Float64Array, RecordBatch, TimestampMicrosecondArray, UInt64Array};
use bactrian::base::random::Random;
use bactrian::{Ask, Call, Definition, Durability, Engine, Error, Id, Options, RowEvent, Value};

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
response = "0.1"
value    = "spend"

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
        6 => engine.decide(Id::Number(7919 % 23), Ask::default()).map(drop),
        8 => engine.advance_to(number as i64 * HOUR + HOUR / 2).map(drop),
        9 => engine.fit(None).map(drop),
        11 => message(Id::Text(&name), Id::Number(4)),
        12 => message(Id::Number(4), Id::Text("another")),
        13 => engine.merge(Id::Text(&name), Id::Text("another")),
        14 => engine.decide_batch(None, Ask::default()).map(drop),
        15 => engine.redefine(&definition(number % 40 == 15, keep)).map(drop),
        16 => engine.erase(Id::Text(&name)).map(drop),
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
        if round % ROUNDS_A_FILE == 0 {
            twin = Twin::new(if file % 2 == 0 { "all" } else { "2d" }, 0);
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
