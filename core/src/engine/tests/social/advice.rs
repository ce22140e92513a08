//! What others would recommend, and who can meet a need.

use super::*;

#[test]
fn peers_recommend_and_meet_needs() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    let buys = |who: u64, need: &str| {
        let fields = [("need", Value::Text(need)), ("amount", Value::Number(1.0))];
        let customer = Some(Id::Number(who));
        engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at: 0, fields: &fields }).unwrap();
    };
    [(1, "tea"), (1, "rope"), (2, "rope"), (2, "rope"), (2, "salt"), (0, "salt")]
        .iter()
        .for_each(|it| buys(it.0, it.1));
    engine.relate_row("talk", Id::Number(0), Id::Number(1), Some(0), 3.0).unwrap();
    engine.relate_row("talk", Id::Number(0), Id::Number(2), Some(0), 1.0).unwrap();
    engine.relate_row("talk", Id::Number(3), Id::Number(0), Some(0), 1.0).unwrap();
    let advice = engine.recommend(Id::Number(0), 5, None, None).unwrap();
    let column = |table: &Table, name: &str| format!("{:?}", table.column(name).unwrap());
    // 1 shares nothing with 0 and has the strongest tie; 2 has salt in common, and a third of that tie. Salt is known.
    let likeness = 0.25 / (0.5 * (4.0f64 / 9.0 + 0.25).sqrt());
    let weight = [0.02, likeness * (1.0 + 2.0 / 3.0) + 0.02 / 3.0];
    let told = |one: f64, two: f64| (weight[0] * one + weight[1] * two) / (weight[0] + weight[1]);
    let expected =
        [0.95 * told(0.5, 2.0 / 3.0) + 0.05 * (0.5 + 2.0 / 3.0) / 3.0, 0.95 * told(0.5, 0.0) + 0.05 * 0.5 / 3.0];
    assert_eq!(column(&advice, "need"), "Text([Some(\"rope\"), Some(\"tea\")])");
    let Some(Column::Number(scores)) = advice.column("score") else { panic!() };
    assert!(scores.iter().zip(expected).all(|(score, expected)| (score - expected).abs() < 1e-12), "{scores:?}");
    assert_eq!(column(&advice, "because"), "Text([Some(\"2, 1\"), Some(\"1\")])");
    assert_eq!(
        (column(&advice, "peers"), column(&advice, "alike")),
        ("Integer([2, 1])".into(), "Integer([0, 0])".into())
    );
    // Whoever deals in nothing and knows nobody is told what is popular; likeness alone counts too.
    let popular = engine.recommend(Id::Number(2), 1, None, None).unwrap();
    assert_eq!(
        (column(&popular, "need"), column(&popular, "alike")),
        ("Text([Some(\"tea\")])".into(), "Integer([1])".into())
    );
    engine.relate_row("talk", Id::Number(9), Id::Number(8), Some(0), 1.0).unwrap();
    let first = engine.recommend(Id::Number(8), 2, None, None).unwrap();
    let Some(Column::Number(scores)) = first.column("score") else { panic!() };
    assert_eq!(column(&first, "need"), "Text([Some(\"rope\"), Some(\"salt\")])");
    assert!((scores[0] - (0.5 + 2.0 / 3.0) / 5.0).abs() < 1e-12, "five others");
    let route = engine.route("rope", Id::Number(0), None, None).unwrap();
    assert_eq!(column(&route, "peer"), "Id([Number(1), Number(2)])");
    let Some(Column::Number(scores)) = route.column("score") else { panic!() };
    assert!((scores[0] - 3.0 / 5.0 * 0.5).abs() < 1e-12 && (scores[1] - 1.0 / 5.0 * (2.0 / 3.0)).abs() < 1e-12);
    assert_eq!(column(&engine.route("gold", Id::Number(0), None, None).unwrap(), "peer"), "Id([])");
    let ties = engine.ties(Id::Number(0), None).unwrap();
    assert_eq!(column(&ties, "peer"), "Id([Number(1), Number(2), Number(3)])");
    assert_eq!(column(&ties, "forth"), "Number([3.0, 1.0, 0.0])");
    assert_eq!(column(&ties, "back"), "Number([0.0, 0.0, 1.0])");
    assert_eq!(engine.peers(Id::Number(3), Some("talk")).unwrap().len(), 1);
    assert_eq!(engine.ties(Id::Number(0), Some("tlak")).unwrap_err().kind(), ErrorKind::UnknownColumn);
    assert_eq!(engine.recommend(Id::Number(0), 5, Some("baskets"), None).unwrap_err().kind(), ErrorKind::UnknownColumn);
}
