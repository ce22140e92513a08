//! Rules as text: expressions that can be read, and evaluated.

/// A name as an expression writes a text: in double quotes, with what would end it escaped.
pub(crate) fn quoted(name: &str) -> String {
    let mut out = String::from("\"");
    for character in name.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// That a column has one of some labels, or none of them; `flag` if it is one, whose labels are 1 and 0.
pub(crate) fn labelled(column: &str, labels: &[String], flag: bool, are: bool) -> String {
    let one = |label: &String| match (flag, (label == "true") == are) {
        (true, true) => column.to_owned(),
        (true, false) => format!("!{column}"),
        (false, _) => format!("{column} {} {}", if are { "==" } else { "!=" }, quoted(label)),
    };
    let all: Vec<String> = labels.iter().map(one).collect();
    match (all.as_slice(), are) {
        ([], _) => "true".to_owned(),
        ([single], _) => single.clone(),
        (several, true) => format!("({})", several.join(" || ")),
        (several, false) => several.join(" && "),
    }
}

/// That a column lies between two numbers, of which either may be missing.
pub(crate) fn between(column: &str, from: Option<f64>, below: Option<f64>) -> String {
    let from = from.map(|edge| format!("{column} >= {edge:?}"));
    let below = below.map(|edge| format!("{column} < {edge:?}"));
    let both: Vec<String> = from.into_iter().chain(below).collect();
    if both.is_empty() { "true".to_owned() } else { both.join(" && ") }
}
