//! Our side of the rows of `make bench` that are measured in Rust. `tests/bench` calls this with a
//! row's name and reads one line of JSON: `{"seconds": S}`, S being the time of one operation.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "the harness reads the result from standard output")]

mod bandit;
mod checksum;
mod decide;
mod graph;
mod observe;
mod rules;
mod shop;

use std::time::Instant;

fn main() -> Result<(), String> {
    let name = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).unwrap_or_default();
    let seconds = match name.as_str() {
        "bandit" => bandit::seconds(),
        "checksum" => Ok(checksum::seconds()),
        "decide-p50" => decide::median(),
        "decide-batch" => decide::batch(),
        "graph-communities" => graph::communities(),
        "graph-repair" => graph::repaired(),
        "graph-upsert" => graph::upsert(),
        "observe" => observe::memory(),
        "observe-segments" => observe::segments(),
        "observe-durable" => observe::durable(),
        "row" => observe::row_memory(),
        "row-commit" => observe::row_commit(),
        "row-interval" => observe::row_interval(),
        "row-and-score-p50" => observe::and_score(0.5),
        "row-and-score-p99" => observe::and_score(0.99),
        "rules" => rules::batch(),
        "rules-row" => rules::row(),
        _ => return Err(format!("no row `{name}`")),
    };
    println!("{}", serde_json::json!({ "seconds": seconds.map_err(|error| error.to_string())? }));
    Ok(())
}

/// Seconds of the fastest of `rounds` runs of `work`, after one to warm up.
fn fastest(rounds: usize, mut work: impl FnMut()) -> f64 {
    work();
    let time = |_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    (0..rounds).map(time).fold(f64::INFINITY, f64::min)
}
