//! `tests/capabilities.toml` is honest: 90 rows, each with proofs that exist or with the issue that owes them.

use super::source::{files, read, repository};

const ISSUES: [&str; 8] = [
    "The spine, 1 of 3: the whole height of the house, thin, on real data",
    "The spine, 2 of 3: time, order and every feature",
    "The spine, 3 of 3: decide, keep, forget; all faces complete",
    "The social customer: a living graph of ties, its communities, and whose ear to whisper in",
    "What a customer is worth: lifetime value, split loyalty, two humps, engagement value",
    "Micro-segments that follow needs, move with every interaction, and can be trusted",
    "Decisions that learn, spend scarce attention well, and prove their worth",
    "Models that others trained, and models that learn: trees, scorecards, online; explained and watched",
];

#[derive(serde::Deserialize)]
struct Capabilities {
    row: Vec<Row>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    number: usize,
    phrase: String,
    /// Floors or folders of `core/src`, or paths from the root.
    #[serde(rename = "where")]
    place: Vec<String>,
    #[serde(default)]
    proof: Vec<String>,
    open: Option<String>,
}

fn rows() -> Vec<Row> {
    toml::from_str::<Capabilities>(&read("tests/capabilities.toml")).unwrap().row
}

/// What is wrong with one row.
fn faults(row: &Row) -> Vec<String> {
    let mut faults = Vec::new();
    if row.phrase.is_empty() || row.place.is_empty() {
        faults.push("no phrase or no place".to_owned());
    }
    match &row.open {
        Some(_) if !row.proof.is_empty() => faults.push("both proof and open".to_owned()),
        None if row.proof.is_empty() => faults.push("neither proof nor open".to_owned()),
        Some(title) if !ISSUES.contains(&title.as_str()) => faults.push(format!("no issue `{title}`")),
        Some(_) => {}
        None => {
            faults.extend(row.proof.iter().filter_map(|proof| missing(proof)));
            let absent =
                |place: &&String| !["core/src/", ""].iter().any(|root| repository().join(root).join(place).exists());
            faults.extend(row.place.iter().filter(absent).map(|place| format!("nothing at `{place}`")));
        }
    }
    faults.into_iter().map(|fault| format!("row {}: {fault}", row.number)).collect()
}

/// Why a proof is none: `path::test` of Rust, Python, C or C++, `path::case` of a golden file, or `bench: row`.
fn missing(proof: &str) -> Option<String> {
    if let Some(row) = proof.strip_prefix("bench: ") {
        let named = format!("\"{row}\"");
        let found = files("tests/bench", "py").iter().any(|path| read(path).contains(&named));
        return (!found).then(|| format!("no bench row `{row}`"));
    }
    let Some((path, name)) = proof.rsplit_once("::") else { return Some(format!("`{proof}` names no test")) };
    let Ok(text) = std::fs::read_to_string(repository().join(path)) else { return Some(format!("no file `{path}`")) };
    let found = match path.rsplit('.').next() {
        Some("rs") => text.contains(&format!("fn {name}(")),
        Some("py") => text.contains(&format!("def {name}(")),
        Some("toml") => text.contains(&format!("\"{name}\"")),
        _ => text.contains(&format!("{name}(")),
    };
    (!found).then(|| format!("no `{name}` in {path}"))
}

#[test]
fn every_row_has_a_proof_or_an_owner() {
    let rows = rows();
    assert!(rows.iter().map(|row| row.number).eq(1..=90), "not the rows 1 to 90 in order");
    let faults: Vec<String> = rows.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let proven = rows.iter().filter(|row| row.open.is_none()).count();
    println!("capabilities: {proven} of 90 proven");
}

#[test]
fn false_claims_are_found() {
    let row = |proof: &[&str], open: Option<&str>, place: &str| Row {
        number: 1,
        phrase: "x".to_owned(),
        place: vec![place.to_owned()],
        proof: proof.iter().map(|proof| (*proof).to_owned()).collect(),
        open: open.map(str::to_owned),
    };
    let here = "core/tests/house/capabilities.rs::false_claims_are_found";
    assert!(faults(&row(&[here], None, "data")).is_empty());
    assert!(faults(&row(&[], Some(ISSUES[0]), "not/yet")).is_empty());
    for wrong in [
        row(&[], None, "data"),
        row(&[here], Some(ISSUES[0]), "data"),
        row(&[], Some("some day"), "data"),
        row(&[here], None, "no/such/folder"),
        row(&["core/tests/house/capabilities.rs::no_such_test"], None, "data"),
        row(&["core/tests/house/absent.rs::false_claims_are_found"], None, "data"),
        row(&["false_claims_are_found"], None, "data"),
        row(&["bench: no such row, ever"], None, "data"),
    ] {
        assert_eq!(faults(&wrong).len(), 1, "{:?} {:?}", wrong.proof, wrong.open);
    }
}
