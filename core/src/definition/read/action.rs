//! `[action.NAME]`, `[decide]`, `[contact.NAME]`, `[context]`.

use crate::base::Problem;
use crate::base::likeness::{did_you_mean, quoted};
use crate::data::time::parse_time;

use super::super::model::{
    Action, Budget, Contact, CoolOff, Decide, FieldType, Learn, Pull, ResponseModel, Trait, Trial, Word,
};
use super::super::node::{Node, NodeValue};
use super::super::section::{Section, known, mismatch, text_of};
use super::super::span::quiet_hours;

const PROCESSES: [&str; 5] = ["marketing", "sales", "service", "operations", "finance"];
const FACTORS: [&str; 5] = ["response", "weight", "value", "lever", "cost"];
const CONTEXT_TYPES: [(&str, FieldType); 4] = [
    ("number", FieldType::Number),
    ("bool", FieldType::Bool),
    ("category", FieldType::Category),
    ("time", FieldType::Time),
];
/// What learns, with `prior`, `strength` and `explore` where they are not given: of a share few answer, and what is
/// known of the wider group is worth ten trials; of weights one.
const LEARNERS: [(&str, Learn, [f64; 3]); 5] = [
    ("beta", Learn::Beta, [0.1, 10.0, 0.0]),
    ("linucb", Learn::LinUcb, [0.0, 1.0, 1.0]),
    ("lints", Learn::LinTs, [0.0, 1.0, 1.0]),
    ("logistic", Learn::Logistic, [0.5, 1.0, 1.0]),
    ("squarecb", Learn::SquareCb, [0.5, 1.0, 10.0]),
];
/// Most features of a response.
const FEATURES: usize = 256;
/// The arm of those from whom an action is withheld.
const CONTROL: &str = "control";
const RELATIONSHIPS: [&str; 6] = ["personal", "dedicated", "self-service", "automated", "community", "co-creation"];

pub(super) fn action(name: &Word<String>, table: &Node, problems: &mut Vec<Problem>) -> Action {
    let mut section = Section::new(table, problems);
    section.exclude(
        &["response", "response_model"],
        "an action has `response`, an expression, or `response_model`, a table, never both",
    );
    let given = section.node("response_model");
    let learnt = match given {
        Some(node) if !matches!(node.value, NodeValue::Table(_)) => {
            section.report(mismatch(node, "a table; an expression is called `response`"));
            None
        }
        Some(_) => section.section("response_model").map(response_model),
        None => None,
    };
    let (response_model, inner) = learnt.map_or((None, None), |(model, inner)| (Some(model), Some(inner)));
    let (inner_outcome, inner_within) = inner.unwrap_or_default();
    for key in ["outcome", "within"] {
        let twice = match key {
            "outcome" => inner_outcome.is_some(),
            _ => inner_within.is_some(),
        };
        if twice && section.has(key) {
            section.report_here(format!("`{key}` stands in `response_model` and beside it; give it once"), None);
        }
    }
    let action = Action {
        name: name.clone(),
        channel: section.text("channel"),
        group: section.text("group"),
        process: section.one_of("process", &PROCESSES),
        relationship: section.one_of("relationship", &RELATIONSHIPS),
        eligible: section.text("eligible"),
        applicable: section.text("applicable"),
        suitable: section.text("suitable"),
        response: section.expression("response"),
        response_model,
        weight: section.expression("weight"),
        value: section.expression("value"),
        lever: section.expression("lever"),
        cost: section.expression("cost"),
        outcome: section.text("outcome").or(inner_outcome),
        within: section.duration("within").map(|span| span.value).or(inner_within),
        from: section.text("from"),
        until: section.text("until"),
        fallback: section.flag("fallback").is_some_and(|flag| flag.value),
        pull: section.section("pull").and_then(pull),
        arms: arms(&mut section),
        trial: section.section("trial").and_then(trial),
        by_contact: section.duration("by_contact").map(|span| span.value),
    };
    if let (Some(from), Some(until)) = (&action.from, &action.until)
        && let (Ok(first), Ok(end)) = (parse_time(&from.value), parse_time(&until.value))
        && first >= end
    {
        let message = format!("`until` must come after `from`, which is `{}`: it could never be chosen", from.value);
        section.report(until.problem(message, None));
    }
    section.finish();
    action
}

/// Shares by name, of at most one together.
fn arms(section: &mut Section<'_, '_>) -> Vec<(Word<String>, f64)> {
    let mut arms: Vec<(Word<String>, f64)> = Vec::new();
    if section.node("arms").is_some_and(|node| matches!(node.value, NodeValue::Table(_)) && node.entries().is_empty()) {
        let hint = "`arms = { plain = 0.5 }` sends it to half of them; without `arms` to all".to_owned();
        section.report_here("`arms` has no arm, so that it would be sent to nobody", Some(hint));
    }
    for (name, node) in section.entries("arms") {
        let share = match node.value {
            NodeValue::Number(share) => Some(share),
            _ => None,
        };
        match share.filter(|share| *share > 0.0 && *share <= 1.0) {
            _ if name.value == CONTROL => {
                let hint = "leave it out: who is in none of the arms is the control".to_owned();
                section.report(name.problem("`control` is no arm", Some(hint)));
            }
            _ if name.value.is_empty() => section.report(name.problem("an arm needs a name", None)),
            Some(share) => arms.push((name.clone(), share)),
            None => section.report(match share {
                Some(share) => name.problem(format!("expected a share above 0 and at most 1, found {share}"), None),
                None => mismatch(node, "a share above 0 and at most 1"),
            }),
        }
    }
    arms.sort_by(|a, b| a.0.value.cmp(&b.0.value));
    let all: f64 = arms.iter().map(|(_, share)| share).sum();
    if all > 1.0 + 1e-9 {
        section.report_here(format!("the shares of the arms add up to {all}, which is above 1"), None);
    }
    arms
}

fn trial(mut section: Section<'_, '_>) -> Option<Trial> {
    let between = |x: f64| x > 0.0 && x < 1.0;
    let error = |x: f64| x > 0.0 && x < 0.5;
    section.require("dull", "a share of successes that is not worth it");
    section.require("good", "a share of successes that is worth it");
    let dull = section.number_where("dull", "a share between 0 and 1", between);
    let good = section.number_where("good", "a share between 0 and 1", between);
    let share = section.number_where("share", "a share above 0 and below 1", between);
    let alpha = section.number_where("alpha", "a chance above 0 and below 0.5", error);
    let beta = section.number_where("beta", "a chance above 0 and below 0.5", error);
    let prior = section.number_where("prior", "a probability between 0 and 1", between);
    if let (Some(dull), Some(good)) = (&dull, &good)
        && dull.value >= good.value
    {
        section.report_here(format!("`good` is above `dull`, and here {} and {}", good.value, dull.value), None);
    }
    section.finish();
    let or = |word: Option<Word<f64>>, default: f64| word.map_or(default, |word| word.value);
    Some(Trial {
        dull: dull?.value,
        good: good?.value,
        share: or(share, 0.1),
        alpha: or(alpha, 0.05),
        beta: or(beta, 0.2),
        prior: or(prior, 0.2),
    })
}

/// The model, and what it says of the action's outcome and window.
fn response_model(mut section: Section<'_, '_>) -> (ResponseModel, (Option<Word<String>>, Option<i64>)) {
    section.require("learn", "`beta`, `linucb`, `lints`, `logistic` or `squarecb`");
    let word = section.one_of("learn", &LEARNERS.map(|(word, ..)| word));
    let known = word.and_then(|word| LEARNERS.iter().find(|(known, ..)| *known == word.value));
    let (_, learn, [prior, strength, explore]) = *known.unwrap_or(&LEARNERS[0]);
    let features = section.words("features");
    if known.is_some() && (learn == Learn::Beta) != features.is_empty() {
        let message = match learn {
            Learn::Beta => "`beta` learns a share and reads no `features`; `by` tells customers apart",
            _ => "it needs `features`, a list of expressions over columns",
        };
        section.report_here(message, None);
    }
    if features.len() > FEATURES {
        section.report_here(format!("{} features: {FEATURES} are the most", features.len()), None);
    }
    let weights: Vec<f64> = section.numbers("weights").into_iter().flatten().map(|word| word.value).collect();
    if !weights.is_empty() && weights.len() != features.len() {
        section.report_here(format!("{} weights for {} features", weights.len(), features.len()), None);
    }
    let linear = matches!(learn, Learn::LinUcb | Learn::LinTs);
    let given = match linear {
        true => section.number("prior"),
        false => section.number_where("prior", "a share between 0 and 1", |x| x > 0.0 && x < 1.0),
    };
    let above = section.number_where("strength", "a number of trials above 0", |x| x > 0.0);
    let reach = section.number_where("explore", "a number of at least 0", |x| x >= 0.0);
    let model = ResponseModel {
        learn,
        features,
        weights,
        by: section.text("by"),
        prior: given.map_or(prior, |word| word.value),
        strength: above.map_or(strength, |word| word.value),
        explore: reach.map_or(explore, |word| word.value),
        half_life: section.duration("half_life").map(|span| span.value),
        share: section.flag("share").is_none_or(|flag| flag.value),
        delays: section.flag("delays").is_some_and(|flag| flag.value),
    };
    if model.delays && learn != Learn::Beta {
        section.report_here("`delays` goes with `beta`: a regression learns what has come", None);
    }
    let of_action = (section.text("outcome"), section.duration("within").map(|span| span.value));
    section.finish();
    (model, of_action)
}

pub(super) fn decide(node: &Node, problems: &mut Vec<Problem>) -> Decide {
    let mut section = Section::new(node, problems);
    let factors = section.texts("factors");
    for word in factors.iter().flatten().filter(|word| !FACTORS.contains(&word.value.as_str())) {
        let message = format!("expected one of {}, found `{}`", quoted(FACTORS), word.value);
        section.report(word.problem(message, did_you_mean(&word.value, FACTORS)));
    }
    let control = section.number_where("control", "a share of at least 0 and below 1", |x| (0.0..1.0).contains(&x));
    let decide = Decide {
        attention: section.expression("attention"),
        priority: section.expression("priority"),
        factors,
        zone: section.text("zone"),
        control: control.map_or(0.0, |word| word.value),
        within: section.duration("within").map(|span| span.value),
        outcomes: section.words("outcomes"),
    };
    section.finish();
    decide
}

/// One column that a call to decide may tell.
pub(super) fn context(name: &Word<String>, node: &Node, problems: &mut Vec<Problem>) -> Trait {
    let words = CONTEXT_TYPES.map(|(word, _)| word);
    let word = text_of(node, problems).and_then(|word| known(word, &words, problems));
    let kind = word.and_then(|word| CONTEXT_TYPES.iter().find(|(known, _)| *known == word.value));
    Trait {
        name: name.clone(),
        kind: kind.map_or(FieldType::Category, |(_, kind)| *kind),
        half_life: None,
        sources: Vec::new(),
    }
}

pub(super) fn contact(name: &Word<String>, table: &Node, problems: &mut Vec<Problem>) -> Contact {
    let mut section = Section::new(table, problems);
    let at_most = section.integer("at_most", 0).map(|word| word.with(f64::from(word.value)));
    let per = section.duration("per").map(|span| span.value);
    for (key, other) in [("at_most", "per"), ("per", "at_most")] {
        if section.has(key) && !section.has(other) {
            section.report_here(
                format!("`{key}` needs `{other}` beside it, as in `at_most = 2` and `per = \"7d\"`"),
                None,
            );
        }
    }
    let contact = Contact {
        name: name.clone(),
        at_most,
        per,
        quiet: quiet(&mut section),
        consent: section.text("consent"),
        only: section.words("only"),
        cool_off: section.section("cool_off").and_then(cool_off),
        budget: section.section("budget").and_then(budget),
    };
    if table.entries().is_empty() {
        section.report_here(
            "a contact policy needs `at_most` and `per`, `quiet`, `consent`, `cool_off` or `budget`",
            None,
        );
    }
    section.finish();
    contact
}

fn budget(mut section: Section<'_, '_>) -> Option<Budget> {
    section.require("amount", "how much may be spent, as in `amount = 500`");
    let amount = section.number_where("amount", "a number above 0", |x| x > 0.0);
    section.require("per", "a span such as `7d`");
    let per = section.duration("per");
    let of = section.one_of("of", &["cost", "contacts"]);
    section.require("price", "what a unit costs where nothing is left, as in `price = 4.0`");
    let price = section.number_where("price", "a number of at least 0", |x| x >= 0.0);
    let burst = section.number_where("burst", "a share above 0 and below 1", |x| x > 0.0 && x < 1.0);
    section.finish();
    Some(Budget {
        amount: amount?.value,
        per: per?.value,
        contacts: of.is_some_and(|word| word.value == "contacts"),
        price: price?.value,
        burst: burst.map_or(0.1, |word| word.value),
    })
}

fn pull(mut section: Section<'_, '_>) -> Option<Pull> {
    let need = section.required_text("need");
    let above = section.number_where("above", "a score of at least 0 and below 1", |x| (0.0..1.0).contains(&x));
    let (needs, layer) = (section.text("needs"), section.text("layer"));
    section.finish();
    Some(Pull { need: need?, above: above.map_or(0.0, |word| word.value), needs, layer })
}

fn quiet(section: &mut Section<'_, '_>) -> Option<(Word<String>, u32, u32)> {
    let word = section.text("quiet")?;
    let hours = quiet_hours(&word.value);
    if hours.is_none() {
        let message = format!("expected quiet hours such as `21:00-08:00`, found `{}`", word.value);
        section.report(word.problem(message, None));
    }
    let (start, end) = hours?;
    Some((word, start, end))
}

fn cool_off(mut section: Section<'_, '_>) -> Option<CoolOff> {
    section.require("after", "a whole number of at least 1");
    let after = section.integer("after", 1);
    let outcome = section.required_text("outcome");
    section.require("for", "a span such as `30d`");
    let span = section.duration("for");
    section.finish();
    Some(CoolOff { after: after?.value, outcome: outcome?, span: span?.value })
}
