//! Names of cells.

use super::{UNKNOWN, cell_labels, cell_name};

#[test]
fn a_cell_has_one_name_and_a_name_one_cell() {
    let parts = ["high", "a/b", "a", "b", "\"", "\"\"", "a\"/", "unknown", "unknown/x", "Müller & Sohn"];
    let mut seen = std::collections::BTreeMap::new();
    let all = parts.iter().flat_map(|first| {
        let pairs = parts.iter().map(move |second| vec![*first, *second]);
        pairs.chain([vec![*first]])
    });
    for labels in all {
        let name = cell_name(labels.iter().copied());
        assert_eq!(cell_labels(&name), labels, "{name}");
        assert_ne!(name, UNKNOWN);
        assert_eq!(seen.insert(name.clone(), labels), None, "{name}");
    }
    assert_eq!(cell_name(["high", "topic_3"].into_iter()), "high/topic_3");
    assert_eq!(cell_name(std::iter::empty()), UNKNOWN);
    assert!(cell_labels(UNKNOWN).is_empty());
}
