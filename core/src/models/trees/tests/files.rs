//! Models trained by the libraries, and what these predict (`fixtures/make.py`).

use serde::Deserialize;

use super::*;
use crate::models::watch::InputKind;

#[derive(Deserialize)]
struct Expected {
    rows: Vec<Vec<Option<f64>>>,
    raw: Vec<Vec<f64>>,
    prediction: Vec<Vec<f64>>,
    contributions: Vec<Vec<f64>>,
}

struct Case {
    name: String,
    trees: Trees,
    rows: Vec<Vec<f64>>,
    expected: Expected,
}

fn cases(prefix: &str) -> Vec<Case> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/models/trees/tests/fixtures");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".expected.json").map(str::to_owned))
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort();
    let end = if prefix.starts_with("lightgbm") { "txt" } else { "json" };
    let case = |name: String| {
        let trees = Trees::read(&std::fs::read(folder.join(format!("{name}.{end}"))).unwrap()).unwrap();
        let text = std::fs::read(folder.join(format!("{name}.expected.json"))).unwrap();
        let expected: Expected = serde_json::from_slice(&text).unwrap();
        let rows = expected.rows.iter().map(|row| row.iter().map(|x| x.unwrap_or(f64::NAN)).collect()).collect();
        Case { name, trees, rows, expected }
    };
    names.into_iter().map(case).collect()
}

fn assert_predictions(case: &Case, tolerance: f64) {
    for (row, expected) in case.rows.iter().zip(&case.expected.prediction) {
        let mut out = vec![0.0; case.trees.outputs()];
        case.trees.predict_row(row, &mut out).unwrap();
        for (ours, theirs) in out.iter().zip(expected) {
            assert!((ours - theirs).abs() <= tolerance * theirs.abs().max(1.0), "{}: {ours} {theirs}", case.name);
        }
    }
}

fn assert_contributions(case: &Case, tolerance: f64) {
    let flat: Vec<f64> = case.rows.iter().flatten().copied().collect();
    let inputs = Inputs::from_rows(&flat, case.trees.features()).unwrap();
    let width = case.trees.outputs() * (case.trees.features() + 1);
    let mut out = vec![0.0; case.rows.len() * width];
    case.trees.contributions(&inputs, 1, &mut out).unwrap();
    for (row, (ours, theirs)) in out.chunks(width).zip(&case.expected.contributions).enumerate() {
        let scale = theirs.iter().fold(1.0_f64, |most, x| most.max(x.abs()));
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert!((ours - theirs).abs() <= tolerance * scale, "{} row {row}: {ours} {theirs}", case.name);
        }
        for (part, raw) in ours.chunks(case.trees.features() + 1).zip(&case.expected.raw[row]) {
            let sum: f64 = part.iter().sum();
            assert!((sum - raw).abs() <= tolerance * scale, "{} row {row}: {sum} {raw}", case.name);
        }
    }
}

#[test]
fn lightgbm_scores_have_the_same_bits() {
    let cases = cases("lightgbm");
    assert_eq!(cases.len(), 13);
    for case in &cases {
        assert_bits(&case.trees, &case.rows, &case.expected.raw, &case.name);
        assert_predictions(case, 1e-14);
    }
}

#[test]
fn xgboost_margins_have_the_same_bits() {
    let cases = cases("xgboost");
    assert_eq!(cases.len(), 10);
    for case in &cases {
        assert_bits(&case.trees, &case.rows, &case.expected.raw, &case.name);
        assert_predictions(case, 1e-6);
    }
}

#[test]
fn contributions_are_those_of_the_libraries() {
    for case in &cases("lightgbm") {
        assert_contributions(case, 1e-9);
    }
    // XGBoost computes them in f32.
    for case in cases("xgboost").iter().filter(|case| !case.name.ends_with("dart")) {
        assert_contributions(case, 1e-5);
    }
}

#[test]
fn shapes_of_the_cases() {
    let by_name = |name: &str| cases(name).remove(0).trees;
    let deepest = |trees: &Trees| {
        let tree = &trees.parts().trees[0];
        let mut depths = vec![0; tree.nodes.len()];
        for (at, node) in tree.nodes.iter().enumerate() {
            if let Node::Split { yes, no, .. } = node {
                (depths[*yes as usize], depths[*no as usize]) = (depths[at] + 1, depths[at] + 1);
            }
        }
        depths.into_iter().max().unwrap()
    };
    assert!(deepest(&by_name("lightgbm_deep")) >= 20);
    assert_eq!(deepest(&by_name("lightgbm_leaf")), 0);
    assert_eq!(by_name("lightgbm_classes").outputs(), 3);
    assert_eq!(by_name("xgboost_targets").outputs(), 2);
    let kinds = |trees: &Trees| trees.signature().inputs.iter().filter(|i| i.kind == InputKind::Category).count();
    assert_eq!(kinds(&by_name("lightgbm_categories")), 2);
    assert_eq!(kinds(&by_name("xgboost_categories")), 2);
}

#[test]
fn hash_is_of_the_meaning() {
    let text = |value: &str| {
        format!(
            "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\nobjective=regression\n\
             feature_names=a b\n\nTree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=1\nthreshold=0.5\ndecision_type=2\n\
             left_child=-1\nright_child=-2\nleaf_value=1 {value}\nshrinkage=1\n\nend of trees\n"
        )
    };
    let read = |text: &str| Trees::read(text.as_bytes()).unwrap();
    let first = read(&text("2"));
    assert_eq!(first.signature(), read(&text("2.0").replace("shrinkage=1", "shrinkage=0.1")).signature());
    assert_ne!(first.signature().hash, read(&text("2.5")).signature().hash);
    assert_eq!(first.signature().bind(&["b", "a"]).unwrap(), [1, 0]);
    first.signature().check_replacement(read(&text("3")).signature()).unwrap();
    let renamed = read(&text("3").replace("a b", "a c"));
    assert!(first.signature().check_replacement(renamed.signature()).is_err());
}

/// XGBoost's file of categories, whose first categorical feature has these bytes as names, cut at the offsets.
fn with_names(bytes: &[u8], offsets: &[usize]) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/models/trees/tests/fixtures");
    let text = std::fs::read(folder.join("xgboost_categories.json")).unwrap();
    let mut file: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let features = Trees::read(&text).unwrap().features();
    let values: Vec<i8> = bytes.iter().map(|byte| *byte as i8).collect();
    let mut enc = vec![serde_json::json!({ "type": 8, "values": [] }); features];
    enc[0] = serde_json::json!({ "offsets": offsets, "type": 12, "values": values });
    file["learner"]["gradient_booster"]["model"]["cats"] = serde_json::json!({ "enc": enc });
    serde_json::to_vec(&file).unwrap()
}

#[test]
fn names_beyond_ascii_are_lost() {
    let names = |file: &[u8]| Trees::read(file).unwrap().parts().categories[0].clone();
    assert_eq!(names(&with_names(b"lomid", &[0, 2, 5])), ["lo", "mid"]);
    // XGBoost 3.2 counts characters: the offsets cut "да", "ну", "ох" into texts that are none of them.
    let word = "дануох".as_bytes();
    assert!(names(&with_names(&word[..6], &[0, 2, 4, 6])).is_empty());
    let word = "midünterlo".as_bytes();
    assert!(names(&with_names(&word[..10], &[0, 3, 8, 10])).is_empty());
}

#[test]
fn a_device_is_no_model_and_a_saved_model_is() {
    let folder = tempfile::tempdir().unwrap();
    let kind = |path: &str| Trees::from_file(path).unwrap_err().kind();
    assert_eq!(kind("/dev/zero"), ErrorKind::StoreIo);
    assert_eq!(kind("/no/such/file"), ErrorKind::StoreIo);
    assert_eq!(Trees::from_file(folder.path()).unwrap_err().kind(), ErrorKind::StoreIo);
    for case in cases("lightgbm").iter().chain(&cases("xgboost")) {
        let path = folder.path().join("m.bmdl");
        case.trees.save(&path).unwrap();
        let again = Trees::from_file(&path).unwrap();
        assert_eq!((again.parts(), again.signature()), (case.trees.parts(), case.trees.signature()), "{}", case.name);
    }
    let other = crate::models::linear::Ftrl::new(1, 0.1, 1.0, 0.0, 0.0, None).unwrap();
    assert_eq!(Trees::read(&save(&other).unwrap()).unwrap_err().kind(), ErrorKind::SchemaType);
}

#[test]
fn the_best_round_is_the_trainers() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/models/trees/tests/fixtures");
    let text = std::fs::read(folder.join("xgboost_classes.json")).unwrap();
    let at = |round: &str| {
        let mut file: serde_json::Value = serde_json::from_slice(&text).unwrap();
        file["learner"]["attributes"]["best_iteration"] = round.into();
        Trees::read(&serde_json::to_vec(&file).unwrap()).unwrap()
    };
    let (whole, cut) = (at("1"), at("1").at_best().unwrap());
    assert_eq!(whole.parts().best.unwrap().iteration, 1);
    assert_eq!(whole.parts().trees.len(), Trees::read(&text).unwrap().parts().trees.len());
    assert_eq!(cut.parts().trees[..], whole.parts().trees[..2 * whole.outputs()]);
    // A model that was cut shorter than its best round, and words that are no round.
    assert_eq!(at("9999").at_best().unwrap().parts().trees, whole.parts().trees);
    assert_eq!(at("soon").parts().best, None);
}
