//! What others would recommend, and who can meet a need.

use super::*;
use std::collections::BTreeMap;

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

/// Need, score, peers, alike, because: over everyone, as it is defined.
fn over_everyone(engine: &Engine, customer: u64) -> Vec<(String, f64, usize, i64, String)> {
    let world = engine.world().unwrap();
    let feature = world.program.features.iter().position(|feature| feature.shape.op.is_of_keys()).unwrap();
    let own = world.asked(Id::Number(customer), None, None).unwrap();
    let dealt = |who: u32| -> BTreeMap<String, f64> {
        let mut found = Vec::new();
        world.state.histogram(&world.program, feature, who, own.at, &mut found);
        let known = found.into_iter().filter(|it| it.1 > 0.0);
        known.map(|(need, weight)| (world.state.keys.text(need).to_owned(), weight / (weight + 1.0))).collect()
    };
    let name = |who: u32| world.state.ids.name(who).unwrap().to_string();
    let peers = world.state.peers_in(&world.program, 0, own.customer, own.at);
    let tie = |who: u32| peers.iter().find(|peer| peer.peer == who).map_or(0.0, |peer| peer.forth);
    let strongest = peers.iter().map(|peer| peer.forth).fold(0.0, f64::max);
    let mine = dealt(own.customer);
    let length = |of: &BTreeMap<String, f64>| of.values().map(|x| x * x).sum::<f64>().sqrt();
    let others: Vec<u32> = world.live().filter(|who| *who != own.customer).collect();
    let weight = |who: u32| {
        let theirs = dealt(who);
        let shared: f64 = theirs.iter().filter_map(|(need, x)| mine.get(need).map(|y| x * y)).sum();
        let tie = if tie(who) > 0.0 { tie(who) / strongest } else { 0.0 };
        let likeness = if shared > 0.0 { shared / length(&mine) / length(&theirs) } else { 0.0 };
        likeness * (1.0 + 2.0 * tie) + 0.02 * tie
    };
    let all: f64 = others.iter().map(|who| weight(*who)).sum();
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for who in &others {
        for (need, skill) in dealt(*who).into_iter().filter(|(need, _)| !mine.contains_key(need)) {
            let sum = sums.entry(need).or_default();
            *sum = (sum.0 + weight(*who) * skill, sum.1 + skill);
        }
    }
    let mut found = Vec::new();
    for (need, (told, popular)) in sums {
        let popular = popular / others.len() as f64;
        let score = if all > 0.0 { 0.95 * told / all + 0.05 * popular } else { popular };
        let mut from: Vec<(f64, u32)> = others
            .iter()
            .filter(|who| tie(**who) > 0.0)
            .filter_map(|who| Some((weight(*who) * dealt(*who).get(&need)?, *who)))
            .collect();
        from.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let alike = others
            .iter()
            .filter(|who| tie(**who) <= 0.0 && weight(**who) > 0.0 && dealt(**who).contains_key(&need))
            .count();
        let names: Vec<String> = from.iter().take(3).map(|it| name(it.1)).collect();
        found.push((need, score, from.len(), alike as i64, names.join(", ")));
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found
}

/// Who has no voice is not asked, and what was looked up is used again until somebody writes: the answers are those of
/// asking everyone each time.
#[test]
fn advice_is_that_of_asking_everyone() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    let mut chance = crate::base::random::Random::keyed(8, 8);
    for round in 0..12i64 {
        for _ in 0..15 {
            let need = format!("need {}", chance.below(12));
            let fields = [("need", Value::Text(&need)), ("amount", Value::Number(1.0))];
            let customer = Some(Id::Number(chance.below(30)));
            let at = round * DAY + chance.below(1000) as i64;
            engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at, fields: &fields }).unwrap();
        }
        let (a, b) = (chance.below(30), chance.below(30));
        if a != b {
            engine.relate_row("talk", Id::Number(a), Id::Number(b), None, 1.0 + chance.below(3) as f64).unwrap();
        }
        if round == 6 {
            engine.erase(Id::Number(3)).map(|_| ()).unwrap_or_default();
        }
        for who in 0..30 {
            let Ok(found) = engine.recommend(Id::Number(who), 4, None, None) else { continue };
            let (
                Some(Column::Text(need)),
                Some(Column::Number(score)),
                Some(Column::Integer(peers)),
                Some(Column::Integer(alike)),
                Some(Column::Text(because)),
            ) = (
                found.column("need"),
                found.column("score"),
                found.column("peers"),
                found.column("alike"),
                found.column("because"),
            )
            else {
                panic!("{found:?}")
            };
            let expected = over_everyone(&engine, who);
            assert_eq!(need.len(), expected.len().min(4));
            for (row, told) in expected.iter().take(4).enumerate() {
                let (needed, why) = (need[row].clone().unwrap(), because[row].clone().unwrap());
                assert_eq!(
                    (needed, peers[row] as usize, alike[row], why),
                    (told.0.clone(), told.2, told.3, told.4.clone())
                );
                assert!((score[row] - told.1).abs() < 1e-12);
            }
        }
    }
}
