//! Our side of the rows of `make bench` that are measured in Rust. `tests/bench` calls this with a
//! row's name and reads one line of JSON: `{"seconds": S}`, S being the time of one operation.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "the harness reads the result from standard output")]

mod checksum;

use std::time::Instant;

/// Row and the function that returns seconds per operation.
const ROWS: &[(&str, fn() -> f64)] = &[("checksum", checksum::seconds)];

fn main() -> Result<(), String> {
    let name = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).unwrap_or_default();
    let known: Vec<&str> = ROWS.iter().map(|row| row.0).collect();
    let row = ROWS.iter().find(|row| row.0 == name).ok_or_else(|| format!("no row `{name}`, only {known:?}"))?;
    println!("{}", serde_json::json!({ "seconds": row.1() }));
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
