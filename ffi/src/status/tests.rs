use super::*;

/// Every kind of the core, read from its source: the enum is not exhaustive outside of its crate.
fn kinds() -> Vec<(String, u32)> {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../core/src/base/error.rs")).unwrap();
    let body = source.split_once("pub enum ErrorKind {").unwrap().1.split_once('}').unwrap().0;
    let lines = body.lines().filter_map(|line| line.trim().strip_suffix(',')?.split_once(" = "));
    lines.map(|(name, number)| (name.to_owned(), number.parse().unwrap())).collect()
}

#[test]
fn every_kind_of_the_core_is_a_status_with_its_number_and_words() {
    let header = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/status.rs")).unwrap();
    assert!(kinds().len() > 25);
    for (name, number) in kinds() {
        assert!(header.contains(&format!("    {name} = {number},")), "status `{name}` = {number} is missing");
        let mapped = format!("ErrorKind::{name} => Status::{name},");
        assert!(header.contains(&mapped) || name == "Internal", "`{name}` is not mapped");
        assert_ne!(words(number), c"unknown status", "{number}");
    }
}

#[test]
fn numbers_are_those_of_the_core() {
    assert_eq!(Status::from(ErrorKind::UnknownColumn) as u32, ErrorKind::UnknownColumn.code());
    assert_eq!(Status::from(ErrorKind::Internal) as u32, ErrorKind::Internal.code());
    assert_eq!(words(1), c"unknown status");
}
