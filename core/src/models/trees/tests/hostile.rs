//! Files that are cut short, foreign or hostile give a typed error, soon and in little memory.

use proptest::prelude::*;

use super::*;
use crate::base::random::Random;

const LIGHTGBM: &str = include_str!("fixtures/lightgbm_categories.txt");
const XGBOOST: &str = include_str!("fixtures/xgboost_categories.json");

fn kind(file: &[u8]) -> ErrorKind {
    Trees::read(file).unwrap_err().kind()
}

#[test]
fn foreign_files() {
    assert_eq!(kind(b""), ErrorKind::SchemaType);
    assert_eq!(kind(b"PK\x03\x04"), ErrorKind::SchemaType);
    assert_eq!(kind(b"\xff\xfe\x00"), ErrorKind::InvalidUtf8);
    assert_eq!(kind(b"{}"), ErrorKind::SchemaType);
    assert_eq!(kind(b"{\"learner\": 3}"), ErrorKind::SchemaType);
    assert_eq!(kind("[".repeat(1_000_000).as_bytes()), ErrorKind::SchemaType);
    let nested = format!("{{\"learner\":{}", "{\"a\":".repeat(1_000_000));
    assert_eq!(kind(nested.as_bytes()), ErrorKind::SchemaMissing);
}

#[test]
fn files_cut_short() {
    for end in (0..LIGHTGBM.len()).step_by(7) {
        assert!(Trees::read(&LIGHTGBM.as_bytes()[..end]).is_err(), "{end}");
    }
    for end in (0..XGBOOST.trim_end().len()).step_by(7) {
        assert!(Trees::read(&XGBOOST.as_bytes()[..end]).is_err(), "{end}");
    }
}

/// The first line of the file that begins with `key=`, with another value.
fn with(key: &str, value: &str) -> String {
    let start = LIGHTGBM.find(&format!("\n{key}=")).unwrap() + key.len() + 2;
    let end = start + LIGHTGBM[start..].find('\n').unwrap();
    format!("{}{value}{}", &LIGHTGBM[..start], &LIGHTGBM[end..])
}

fn first(key: &str) -> Vec<String> {
    let start = LIGHTGBM.find(&format!("\n{key}=")).unwrap() + key.len() + 2;
    let end = start + LIGHTGBM[start..].find('\n').unwrap();
    LIGHTGBM[start..end].split(' ').map(str::to_owned).collect()
}

#[test]
fn wrong_values() {
    assert!(Trees::read(LIGHTGBM.as_bytes()).is_ok());
    let replaced = |key: &str, at: usize, value: &str| {
        let mut words = first(key);
        words[at] = value.to_owned();
        with(key, &words.join(" "))
    };
    for (file, expected) in [
        (with("max_feature_idx", "1"), ErrorKind::SchemaRange),
        (with("max_feature_idx", "99999999999"), ErrorKind::SchemaRange),
        (with("max_feature_idx", "18446744073709551615"), ErrorKind::SchemaRange),
        (with("num_tree_per_iteration", "0"), ErrorKind::SchemaRange),
        (with("num_tree_per_iteration", "3"), ErrorKind::SchemaRange),
        (with("num_tree_per_iteration", "99999999"), ErrorKind::SchemaRange),
        (with("objective", "dance"), ErrorKind::SchemaType),
        (with("objective", "binary sigmoid:x"), ErrorKind::SchemaRange),
        (with("num_leaves", "4000000000"), ErrorKind::SchemaRange),
        (with("num_leaves", "0"), ErrorKind::SchemaRange),
        (with("num_leaves", "many"), ErrorKind::SchemaType),
        (with("is_linear", "1"), ErrorKind::SchemaType),
        (with("threshold", "1"), ErrorKind::SchemaRange),
        (with("cat_boundaries", "0 99999999"), ErrorKind::SchemaRange),
        (replaced("split_feature", 0, "5"), ErrorKind::SchemaRange),
        (replaced("split_feature", 0, "-1"), ErrorKind::SchemaType),
        (replaced("left_child", 0, "0"), ErrorKind::SchemaRange),
        (replaced("left_child", 1, "0"), ErrorKind::SchemaRange),
        (replaced("left_child", 0, "-99"), ErrorKind::SchemaRange),
        (replaced("left_child", 0, "-9223372036854775808"), ErrorKind::SchemaRange),
        (replaced("leaf_value", 0, "nan"), ErrorKind::SchemaRange),
        (replaced("leaf_value", 0, "1e999"), ErrorKind::SchemaRange),
        (replaced("decision_type", 0, "12"), ErrorKind::SchemaRange),
        (LIGHTGBM.replace("Tree=1\n", "Tree=7\n"), ErrorKind::SchemaRange),
        (LIGHTGBM.replace("\nleaf_value=", "\nleaf_vale="), ErrorKind::SchemaMissing),
        (LIGHTGBM.replace("end of trees", "end of trees?"), ErrorKind::SchemaMissing),
    ] {
        let error = Trees::read(file.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), expected, "{error}");
    }
}

#[test]
fn wrong_values_in_json() {
    assert!(Trees::read(XGBOOST.as_bytes()).is_ok());
    for (from, to) in [
        ("\"num_feature\":\"5\"", "\"num_feature\":\"4000000000\""),
        ("\"num_feature\":\"5\"", "\"num_feature\":\"1\""),
        ("\"num_class\":\"0\"", "\"num_class\":\"4000000000\""),
        ("\"num_class\":\"0\"", "\"num_class\":\"-1\""),
        ("\"num_target\":\"1\"", "\"num_target\":\"9\""),
        ("\"base_score\":\"[", "\"base_score\":\"[1,"),
        ("\"base_score\":\"[", "\"base_score\":\"[x"),
        ("\"name\":\"binary:logistic\"", "\"name\":\"dance\""),
        ("\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"3\""),
        ("\"left_children\":[1,", "\"left_children\":[0,"),
        ("\"left_children\":[1,", "\"left_children\":[2,"),
        ("\"left_children\":[1,", "\"left_children\":[-7,"),
        ("\"left_children\":[1,", "\"left_children\":["),
        ("\"split_indices\":[", "\"split_indices\":[99,"),
        ("\"categories_sizes\":[", "\"categories_sizes\":[18446744073709551615,"),
        ("\"categories_segments\":[0", "\"categories_segments\":[18446744073709551615"),
        ("\"tree_info\":[0", "\"tree_info\":[5"),
        ("\"gradient_booster\":{\"model\"", "\"gradient_booster\":{\"models\""),
    ] {
        let file = XGBOOST.replace(from, to);
        assert_ne!(file, XGBOOST, "{from}");
        assert!(Trees::read(file.as_bytes()).is_err(), "{from} -> {to}");
    }
}

#[test]
fn cycles_and_depth() {
    let split = |yes, no| Node::Split {
        feature: 0,
        test: Test::AtMost(0.0),
        mode: MissingMode::Nan,
        missing_yes: true,
        yes,
        no,
        cover: 1.0,
    };
    let leaf = || Node::Leaf { value: 0.0, cover: 1.0 };
    let read = |nodes: Vec<Node>| {
        Trees::new(Parts {
            features: vec!["a".into()],
            categories: vec![],
            trees: vec![Tree { output: 0, nodes }],
            base: vec![0.0],
            divisor: 1.0,
            inputs: Precision::Double,
            sums: Precision::Double,
            link: Link::Identity,
            best: None,
        })
    };
    assert!(read(vec![]).is_err());
    assert!(read(vec![split(0, 1), leaf()]).is_err());
    assert!(read(vec![split(1, 1), leaf()]).is_err());
    assert!(read(vec![split(1, 2), split(2, 0), leaf()]).is_err());
    assert!(read(vec![split(1, 9), leaf()]).is_err());
    assert_eq!(read(vec![split(1, 2), leaf(), leaf(), split(0, 0)]).unwrap().parts().trees[0].nodes.len(), 3);
    let chain = |depth: u32| {
        let mut nodes: Vec<Node> = (0..depth).flat_map(|i| [split(2 * i + 1, 2 * i + 2), leaf()]).collect();
        nodes.push(leaf());
        nodes
    };
    assert!(read(chain(1024)).is_ok());
    assert!(read(chain(1025)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Damage anywhere gives a model or an error, never a panic.
    #[test]
    fn damaged_files(place in any::<prop::sample::Index>(), patch in "[-0-9\\[\\]{}:, \"e.=\n]{0,6}", json in any::<bool>()) {
        let text = if json { XGBOOST } else { LIGHTGBM };
        let at = place.index(text.len());
        let file = format!("{}{patch}{}", &text[..at], &text[(at + patch.len()).min(text.len())..]);
        if let Ok(trees) = Trees::read(file.as_bytes()) {
            let row = vec![0.5; trees.features()];
            trees.raw_row(&row, &mut vec![0.0; trees.outputs()]).unwrap();
        }
    }
}

/// What stands in for a number of a file.
const NUMBERS: [&str; 12] = [
    "-1",
    "0",
    "1",
    "7",
    "4294967295",
    "4294967296",
    "99999999999999999999",
    "-9223372036854775808",
    "1e400",
    "nan",
    "",
    "x",
];

/// A real file with some damage: a stretch cut out, repeated or moved, a bit flipped, a number replaced.
fn damaged(file: &[u8], random: &mut Random) -> Vec<u8> {
    let mut file = file.to_vec();
    for _ in 0..1 + random.below(3) {
        let place = |random: &mut Random, length: usize| random.below(length.max(1) as u64) as usize;
        let from = place(random, file.len());
        let until = (from + place(random, 400)).min(file.len());
        match random.below(5) {
            0 => drop(file.drain(from..until)),
            1 => {
                let part = file[from..until].to_vec();
                file.splice(from..from, part);
            }
            2 => {
                let part: Vec<u8> = file.drain(from..until).collect();
                let to = place(random, file.len());
                file.splice(to..to, part);
            }
            3 if from < file.len() => file[from] ^= 1 << random.below(8),
            _ => {
                let digit = |byte: &u8| byte.is_ascii_digit() || b"-+.e".contains(byte);
                let begin = (from..file.len()).find(|at| file[*at].is_ascii_digit()).unwrap_or(from);
                let end = (begin..file.len()).find(|at| !digit(&file[*at])).unwrap_or(begin);
                file.splice(begin..end, NUMBERS[place(random, NUMBERS.len())].bytes());
            }
        }
    }
    file
}

/// Every file of the trainers, damaged 400 times: a model that scores and is no larger than its file, or an error.
#[test]
fn real_files_damaged() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/models/trees/tests/fixtures");
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "txt" || end == "json"));
    paths.retain(|path| !path.to_string_lossy().ends_with(".expected.json"));
    paths.sort();
    assert_eq!(paths.len(), 23);
    let (mut read, mut refused) = (0, 0);
    for (number, path) in paths.iter().enumerate() {
        let file = std::fs::read(path).unwrap();
        let mut random = Random::keyed(17, number as u64);
        for _ in 0..400 {
            let file = damaged(&file, &mut random);
            let Ok(trees) = Trees::read(&file) else {
                refused += 1;
                continue;
            };
            read += 1;
            let nodes = trees.parts().trees.iter().map(|tree| tree.nodes.len()).sum::<usize>();
            assert!(
                nodes <= file.len() && trees.features() <= 1 << 20 && trees.outputs() <= 1 << 16,
                "{}",
                path.display()
            );
            if trees.features() < 1 << 12 {
                let row = vec![f64::NAN; trees.features()];
                trees.raw_row(&row, &mut vec![0.0; trees.outputs()]).unwrap();
            }
        }
    }
    assert!(read > 500 && refused > 3000, "{read} {refused}");
}
