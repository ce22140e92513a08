//! What is put away comes back to the bit, and whatever else comes gives a typed error.

use proptest::prelude::*;

use super::*;
use crate::models::linear::{
    Ftrl, Isotonic, Linear, LinearRegression, Logistic, LogisticRegression, OnlineLogistic, Platt,
};
use crate::models::scorecard::{Binning, OptimalBinning, Scaling, Scorecard};
use crate::models::trees::{Link, MissingMode, Node, Parts, Precision, Test, Tree};
use crate::models::watch::{Drift, Histogram, Ranking, Reliability};
use crate::models::{Inputs, Named};

fn trees() -> Parts {
    let leaf = |value| Node::Leaf { value, cover: 1.0 };
    let split = |test, yes, no| Node::Split {
        feature: 0,
        test,
        mode: MissingMode::Nan,
        missing_yes: true,
        yes,
        no,
        cover: 2.0,
    };
    let nodes = vec![
        split(Test::AtMost(f64::INFINITY), 1, 4),
        split(Test::AtMost(-0.1), 2, 3),
        leaf(0.1 + 0.2),
        leaf(-0.0),
        split(Test::OneOf(vec![1, 7]), 5, 6),
        leaf(5e-324),
        leaf(f64::MAX),
    ];
    Parts {
        features: vec!["größe".to_owned()],
        categories: vec![vec!["a\"b".to_owned(), String::new()]],
        trees: vec![Tree { output: 0, nodes }],
        base: vec![1.0 / 3.0],
        divisor: 1.0,
        inputs: Precision::Double,
        sums: Precision::Single,
        link: Link::Sigmoid(0.7),
        best: None,
    }
}

fn binning() -> Binning {
    let x: Vec<f64> = (0..200).map(|i| f64::from(i % 100) / 7.0).collect();
    let y: Vec<bool> = (0..200).map(|i| i % 100 < 30 && i % 3 > 0 || i % 11 == 0).collect();
    OptimalBinning { specials: vec![-1.0], ..OptimalBinning::default() }.fit(&x, &y, None).unwrap()
}

fn ftrl() -> Named<Ftrl> {
    let mut model = Named::of(Ftrl::new(2, 0.1, 1.0, 0.01, 0.0, Some(1000)).unwrap(), &["a", "b"]).unwrap();
    (0..50).for_each(|i| {
        let row = [f64::from(i) / 3.0, f64::from(i % 7)];
        model.model.learn(&row, f64::from(i % 2), i64::from(i) * 37).unwrap();
    });
    model
}

fn again<M: Saved + PartialEq + std::fmt::Debug>(model: &M) {
    let bytes = save(model).unwrap();
    let taken: M = load(&bytes).unwrap();
    // The text has every bit, that of numbers that are none as null.
    assert_eq!(save(&taken).unwrap(), bytes);
    assert_eq!(saved_kind(&bytes).unwrap(), M::KIND);
}

#[test]
fn every_model_comes_back() {
    let x = [0.1, 0.2, 0.7, 0.3, 0.9, 0.5];
    let y = [0.0, 0.0, 1.0, 1.0, 1.0, 0.0];
    let inputs = Inputs::from_rows(&x, 1).unwrap();
    let fit = LogisticRegression { l1: 0.1, ..LogisticRegression::default() };
    let logistic = fit.fit(&inputs, &y, None, None).unwrap();
    assert!(logistic.standard_errors[0].is_nan());
    again(&Named::of(logistic, &["x"]).unwrap());
    again::<Named<Linear>>(&Named::of(LinearRegression::default().fit(&inputs, &y).unwrap(), &[]).unwrap());
    again(&fit);
    again(&LinearRegression { l2: 0.3 });
    again(&ftrl());
    again(&Named::untaught(OnlineLogistic::new(3, 0.1, 0.1, 0.0, None).unwrap()));
    again(&Platt::fit(&x, &y, None).unwrap());
    again(&Isotonic::fit(&x, &y, None).unwrap());
    again(&OptimalBinning::default());
    again(&binning());
    again(&Scorecard::new(vec![("x".into(), binning(), -1.0)], -1.0, Scaling::default()).unwrap());
    again(&trees());
    let mut reliability = Reliability::new(3).unwrap();
    reliability.add_all(&x, &y.map(|y| y == 1.0)).unwrap();
    again(&reliability);
    again(&Ranking::new(&x, &y.map(|y| y == 1.0)).unwrap().with_confidence(0.9).unwrap());
    again(&Ranking::new(&[0.1, 0.2], &[true, false]).unwrap());
    let mut drift = Drift::new(Histogram::of(&[0.2, 0.4], &x).unwrap(), 10).unwrap();
    drift.add_all(&[-5, 7, 8, 900], &x[..4]).unwrap();
    again(&drift);
}

#[test]
fn what_was_learnt_goes_on_to_the_bit() {
    let mut model = ftrl();
    let mut taken: Named<Ftrl> = load(&save(&model).unwrap()).unwrap();
    assert_eq!(taken, model);
    for i in 0..50 {
        let row = [0.1 * f64::from(i), f64::NAN];
        let learn = |model: &mut Ftrl| model.learn(&row, 0.3, 1800 + i64::from(i)).unwrap().to_bits();
        assert_eq!(learn(&mut taken.model), learn(&mut model.model));
    }
    assert_eq!(taken, model);
}

/// Bytes with a right checksum around any JSON.
fn wrapped(kind: &str, json: &str) -> Vec<u8> {
    let body = [&[kind.len() as u8], kind.as_bytes(), json.as_bytes()].concat();
    [MARK.as_slice(), &[VERSION], &crc32fast::hash(&body).to_le_bytes(), &body].concat()
}

fn changed<M: Saved>(model: &M, from: &str, to: &str) -> ErrorKind {
    let bytes = save(model).unwrap();
    let text = String::from_utf8(bytes[10 + M::KIND.len()..].to_vec()).unwrap();
    assert!(text.contains(from), "{text}");
    load::<M>(&wrapped(M::KIND, &text.replacen(from, to, 1))).err().unwrap().kind()
}

#[test]
fn parts_that_do_not_fit_together_are_refused() {
    let range = ErrorKind::SchemaRange;
    let mut reliability = Reliability::new(1).unwrap();
    reliability.add(0.5, true).unwrap();
    assert_eq!(changed(&reliability, "\"events\":1", "\"events\":2"), range);
    assert_eq!(changed(&reliability, "{\"rows\":1,\"events\":1,\"probability\":0.5}", ""), range);
    let drift = Drift::new(Histogram::of(&[0.5], &[1.0]).unwrap(), 10).unwrap();
    assert_eq!(changed(&drift, "\"every\":10", "\"every\":0"), range);
    assert_eq!(changed(&drift, "[0.5]", "[0.5,0.5]"), range);
    assert_eq!(changed(&drift, "\"periods\":{}", "\"periods\":{\"1\":{\"cuts\":[0.5],\"counts\":[1]}}"), range);
    assert_eq!(changed(&ftrl(), "[\"a\",\"b\"]", "[\"a\"]"), range);
    assert_eq!(changed(&ftrl(), "[\"a\",\"b\"]", "[\"a\",\"a\"]"), range);
    assert_eq!(changed(&ftrl(), "\"alpha\":0.1", "\"alpha\":0.0"), range);
    assert_eq!(changed(&ftrl(), "\"alpha\":0.1", "\"alpha\":null"), ErrorKind::SchemaType);
    let isotonic = Isotonic::fit(&[1.0, 2.0], &[0.0, 1.0], None).unwrap();
    assert_eq!(changed(&isotonic, "[2.0,1.0]", "[0.5,1.0]"), range);
    assert_eq!(changed(&binning(), "\"specials\":[-1.0]", "\"specials\":[]"), range);
    assert_eq!(changed(&trees(), "\"yes\":1", "\"yes\":0"), range);
    assert_eq!(changed(&trees(), "\"feature\":0", "\"feature\":9"), range);
    let named = Named::untaught(Ftrl::new(1, 0.1, 1.0, 0.0, 0.0, None).unwrap());
    assert_eq!(changed(&named, "[{\"z\":0.0,\"n\":0.0,\"s\":0.0},{\"z\":0.0,\"n\":0.0,\"s\":0.0}]", "[]"), range);
}

#[test]
fn foreign_bytes_are_refused() {
    let bytes = save(&ftrl()).unwrap();
    let kind = |bytes: &[u8]| load::<Named<Ftrl>>(bytes).unwrap_err().kind();
    for end in 0..bytes.len() {
        assert_eq!(kind(&bytes[..end]), ErrorKind::SchemaType);
    }
    let mut newer = bytes.clone();
    newer[4] = 2;
    assert_eq!(load::<Named<Ftrl>>(&newer).unwrap_err().message(), "the model was saved in version 2, and 1 is read");
    assert_eq!(load::<Platt>(&bytes).unwrap_err().message(), "the bytes hold a model of the kind `ftrl`, not `platt`");
    for json in ["", "{}", "null", "[[[[", &"[".repeat(100_000), "{\"names\":[],\"model\":{\"coordinates\":[]}}"] {
        assert_eq!(kind(&wrapped("ftrl", json)), ErrorKind::SchemaType, "{}", &json[..json.len().min(20)]);
    }
    assert!(
        saved_kind(&[b"bmdl\x01".as_slice(), &crc32fast::hash(&[9, 65]).to_le_bytes(), &[9, 65]].concat()).is_err()
    );
}

proptest! {
    #[test]
    fn a_changed_byte_is_found(at in any::<proptest::sample::Index>(), to in 1_u8..) {
        let mut bytes = save(&binning()).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= to;
        prop_assert!(load::<Binning>(&bytes).is_err());
    }

    #[test]
    fn any_bytes_give_an_answer(body in proptest::collection::vec(any::<u8>(), 0..60), kind in 0..4_usize) {
        let text = String::from_utf8_lossy(&body);
        let kind = ["ftrl", "trees", "drift", "logistic"][kind];
        let bytes = wrapped(kind, &text);
        prop_assert!(load::<Named<Ftrl>>(&bytes).is_err() && load::<Parts>(&bytes).is_err());
        prop_assert!(load::<Drift>(&bytes).is_err() && load::<Named<Logistic>>(&bytes).is_err());
    }
}

#[test]
fn columns_are_found_by_name() {
    let mut model = Named::untaught(OnlineLogistic::new(2, 0.1, 0.1, 0.0, None).unwrap());
    assert_eq!(model.places_to_learn(&["b", "a"]).unwrap(), [0, 1]);
    assert!(model.places_to_learn(&["b", "b"]).is_err());
    let refused =
        model.learn(&["b", "a"], |model| model.learn(&[1.0, f64::MAX], 1.0, 0).and(model.learn(&[1.0], 0.0, 0)));
    assert!(refused.is_err() && model.names().is_empty());
    model.learn(&["b", "a"], |model| model.learn(&[1.0, 2.0], 1.0, 0)).unwrap();
    assert_eq!(model.names(), ["b", "a"]);
    assert_eq!(model.places_to_learn(&["a", "c", "b"]).unwrap(), [2, 0]);
    let error = model.places(&["a", "bb"]).unwrap_err();
    assert_eq!(error.to_string(), "no column for the model's input `b` (columns are found by their names)");
    assert!(model.learn(&["a", "b"], |_| Ok(())).is_err());
    assert!(model.places(&["a", "b", "b"]).is_err());
    let unnamed = Named::of((), &[]).unwrap();
    assert_eq!(unnamed.places(&["a"]).unwrap_err().kind(), ErrorKind::UnknownColumn);
    assert_eq!(unnamed.places_to_learn(&["a"]).unwrap_err().kind(), ErrorKind::UnknownColumn);
}
