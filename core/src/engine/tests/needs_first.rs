//! Traits before needs are warned of, whatever stands between them and the segment.

use crate::base::Severity;
use crate::check_text;

const HEAD: &str = "[event.buy]\ncustomer = \"who\"\nat = \"at\"\nneed = \"need\"\n[trait]\nage = \"category\"\n\
                    [feature.deeds]\ncount = \"event\"\n[needs.basket]\ntopics = 2\n";

/// Line, column and severity of each finding.
fn found(text: &str) -> Vec<(u32, u32, Severity)> {
    let problems = check_text(&format!("{HEAD}{text}"));
    problems.iter().map(|problem| (problem.line, problem.column, problem.severity)).collect()
}

#[test]
fn traits_before_needs_are_warned_of() {
    let (age, need) = ("axis.age = { of = \"age\" }\n", "axis.need = { of = \"basket\" }\n");
    let warned = |line, column| vec![(line, column, Severity::Warning)];
    assert_eq!(found(&format!("[segment.s]\n{age}{need}")), warned(12, 20));
    assert_eq!(found(&format!("[segment.s]\n{need}{age}")), []);
    assert_eq!(found(&format!("[segment.s]\n{age}")), warned(12, 20));
    assert_eq!(found("[micro.m]\nof = [\"age\", \"basket\"]\n"), warned(12, 8));
    assert_eq!(found("[micro.m]\nof = [\"basket\", \"age\"]\n[segment.s]\naxis.m = { of = \"m\" }\n"), []);
    let old = "[score.old]\nvalue = 'age == \"old\"'\n[score.often]\nvalue = \"old && deeds > 2.0\"\n";
    assert_eq!(found(&format!("{old}[segment.s]\naxis.a = {{ of = \"often\" }}\n")), warned(16, 18));
    let rules = |first: &str| format!("[segment.s]\nrules = [{{ label = \"a\", when = '{first}' }}]\n");
    assert_eq!(found(&rules("age == \"old\" && deeds > 1.0")).len(), 1);
    assert_eq!(found(&rules("age == \"old\" && basket == \"topic_1\"")), []);
    assert_eq!(found(&rules("deeds > 1.0")), []);
}
