//! What is read live from the ties around a customer, and toward peers and communities.

use super::*;
use crate::data::ids::OwnedId;

#[test]
fn what_peers_have_and_how_alike_they_are_is_read_live() {
    let text = r#"
        [event.purchase]
        customer = "who"
        at = "at"
        need = "need"
        [tie.talk]
        [feature.bought]
        count = "event"
        on = "purchase"
        [needs.basket]
        on = "purchase"
        topics = 2
        [score.exposed]
        model = "exposure"
        layers = "talk"
        of = "bought"
        [score.alike]
        model = "similarity"
        needs = "basket"
        [score.weak]
        model = "overlap"
        layers = "talk"
    "#;
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    let buys = |who: u64, need: &str| {
        let fields = [("need", Value::Text(need))];
        let customer = Some(Id::Number(who));
        engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at: 0, fields: &fields }).unwrap();
    };
    (0..4).for_each(|who| (0..=who).for_each(|_| buys(who, if who < 2 { "tea" } else { "rope" })));
    engine.relate_row("talk", Id::Number(0), Id::Number(1), Some(0), 3.0).unwrap();
    engine.relate_row("talk", Id::Number(0), Id::Number(3), Some(0), 1.0).unwrap();
    engine.relate_row("talk", Id::Number(1), Id::Number(3), Some(0), 1.0).unwrap();
    engine.fit(None).unwrap();
    let exposed = numbers(&engine, "exposed");
    assert_eq!((exposed[0], exposed[1]), ((3.0 * 2.0 + 4.0) / 4.0, 4.0));
    assert!(exposed[2].is_nan(), "nobody to be exposed to");
    let toward = |column: &str, a: u64, b: u64| {
        let mut value = [0.0];
        engine.reader(&[column]).unwrap().read(Id::Number(a), Some(Id::Number(b)), None, &mut value).unwrap();
        value[0]
    };
    assert!((toward("alike", 0, 1) - 1.0).abs() < 1e-9 && toward("alike", 0, 3) < 0.01);
    assert_eq!(toward("weak", 0, 1), 1.0);
    // The next purchase counts at once.
    buys(1, "tea");
    assert_eq!(numbers(&engine, "exposed")[0], (3.0 * 3.0 + 4.0) / 4.0);
}

#[test]
fn a_score_toward_a_community_is_of_all_dealings_with_its_members() {
    let text = r#"
        [event.deal]
        customer = "who"
        peer = "whom"
        at = "at"
        number = { mood = "mood" }
        [tie.talk]
        [community.circle]
        layers = "talk"
        [score.near]
        mean = "mood"
        on = "deal"
        toward = "peer"
        shrink = 2.0
        [score.wide]
        mean = "mood"
        on = "deal"
        toward = "community"
        shrink = 2.0
    "#;
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    tied(&engine, &clique(0..4));
    tied(&engine, &clique(4..8));
    let mut chance = crate::base::random::Random::keyed(2, 2);
    let mut deals: Vec<(u64, u64, f64)> = Vec::new();
    for at in 0..400 {
        let (who, whom) = (chance.below(8), chance.below(9));
        let mood = if who < 4 && whom < 4 { 5.0 } else { chance.below(3) as f64 };
        let fields = [("mood", Value::Number(mood))];
        let (customer, peer) = (Some(Id::Number(who)), Some(Id::Number(whom)));
        engine.observe_row(&RowEvent { kind: "deal", customer, peer, at, fields: &fields }).unwrap();
        deals.push((who, whom, mood));
    }
    let report = engine.fit(None).unwrap();
    let wide = report.columns.iter().find(|column| column.name == "wide").unwrap();
    let figure = |name: &str| wide.diagnostics.iter().find(|(known, _)| known == name).unwrap().1;
    let (mean, count) = (figure("mean"), figure("partner_count"));
    let read = |column: &str, who: u64, whom: u64| {
        let mut value = [0.0];
        engine.reader(&[column]).unwrap().read(Id::Number(who), Some(Id::Number(whom)), None, &mut value).unwrap();
        value[0]
    };
    let inside = |whom: u64, of: u64| whom < 8 && (whom < 4) == (of < 4);
    for (who, whom) in [(0, 1), (0, 5), (6, 2), (7, 7)] {
        let own: Vec<f64> = deals
            .iter()
            .filter(|deal| deal.0 == who && deal.1 != who && inside(deal.1, whom))
            .map(|deal| deal.2)
            .collect();
        assert_eq!(read("wide.evidence", who, whom), own.len() as f64);
        let prior = read("wide.actor", who, whom) + read("wide.partner", who, whom) - mean;
        let expected = (2.0 * prior + own.iter().sum::<f64>()) / (2.0 + own.len() as f64);
        assert!((read("wide", who, whom) - expected).abs() < 1e-12);
        let to: Vec<f64> = deals.iter().filter(|deal| inside(deal.1, whom)).map(|deal| deal.2).collect();
        let partner = (count * mean + to.iter().sum::<f64>()) / (count + to.len() as f64);
        assert!((read("wide.partner", who, whom) - partner).abs() < 1e-12, "what everyone finds in the community");
    }
    assert_eq!(read("wide", 0, 1), read("wide", 0, 3), "whichever member names the community");
    assert_ne!(read("near", 0, 1), read("near", 0, 3));
    assert!(read("wide", 0, 1) > read("wide", 0, 5) + 1.0);
    assert!(read("wide", 0, 8).is_nan(), "a peer in no community");
    let state = bytes(&engine);
    assert!(refolded(&engine) == state);
    let two = text.replace("[score.near]", "[community.other]\nlayers = \"talk\"\n[score.near]");
    assert!(check_text(&two).iter().any(|problem| problem.message.contains("several communities")));
}

#[test]
fn places_in_common_tie_customers() {
    let text = "[tie.visits]\n[tie.met]\nthrough = \"visits\"\nmost = 4\n[tie.least]\nthrough = \"visits\"\nleast = 0.6\n\
        [community.crowd]\nlayers = \"met\"\n[score.common]\nmodel = \"common\"\nlayers = \"met\"\n";
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    let place = |name: &str, visitors: &[u64]| {
        for who in visitors {
            engine.relate_row("visits", Id::Number(*who), Id::Text(name), Some(0), 2.0).unwrap();
        }
    };
    place("bar", &[0, 1]);
    place("club", &[0, 1, 2]);
    place("fair", &[0, 1, 2, 3, 4]);
    place("home", &[3]);
    let toward = |column: &str, a: u64, b: u64| {
        let mut value = [0.0];
        engine.reader(&[column]).unwrap().read(Id::Number(a), Some(Id::Number(b)), None, &mut value).unwrap();
        value[0]
    };
    // Newman: 1 for the bar and 1/2 for the club; five visitors are too many to have met.
    assert_eq!(
        (toward("met", 0, 1), toward("met", 1, 0), toward("met", 0, 2), toward("met", 3, 4)),
        (1.5, 1.5, 0.5, 0.0)
    );
    assert_eq!((toward("least", 0, 1), toward("common", 0, 1)), (1.5 + 0.25, 1.0));
    assert_eq!(format!("{:?}", engine.peers(Id::Number(2), Some("met")).unwrap()), "[Number(0), Number(1)]");
    assert_eq!(format!("{:?}", engine.peers(Id::Number(2), Some("least")).unwrap()), "[Number(0), Number(1)]");
    // The graph that a fit sees is what is read live.
    let world = engine.world().unwrap();
    for layer in 0..world.program.ties.len() {
        let graph = world.state.graph(&world.program, layer, 0);
        for node in 0..graph.nodes() as u32 {
            let live = world.state.peers_in(&world.program, layer, node, 0);
            let live: Vec<(u32, f64)> = live.iter().filter(|it| it.forth > 0.0).map(|it| (it.peer, it.forth)).collect();
            assert_eq!(live, graph.ties(node).collect::<Vec<_>>(), "{layer} {node}");
        }
    }
    drop(world);
    engine.fit(None).unwrap();
    let crowds = engine.score(None, Some(&["crowd"]), None, None).unwrap();
    assert!(matches!(crowds.column("crowd"), Some(Column::Text(names)) if names.iter().flatten().count() == 3));
    // Nobody whispers to whoever was in the same place, and nobody is told to have met.
    let ask = SeedAsk { count: Some(1), layer: Some("met"), ..SeedAsk::default() };
    assert_eq!(engine.seeds(&ask).unwrap_err().kind(), ErrorKind::SchemaRange);
    let told = engine.relate_row("met", Id::Number(0), Id::Number(4), Some(0), 1.0).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::UnknownWord);
    let state = bytes(&engine);
    assert!(refolded(&engine) == state);
    let wrong = |section: &str| {
        let text = format!("[event.visit]\ncustomer = \"c\"\npeer = \"p\"\nat = \"t\"\n[tie.visits]\n{section}\n");
        check_text(&text).iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(wrong("[tie.met]\nthrough = \"visits\""), "");
    assert!(wrong("[tie.met]\nthrough = \"visit\"").contains("no layer of ties `visit`"));
    assert!(wrong("[tie.met]\nthrough = \"visits\"\non = \"visit\"").contains("has the events"));
    assert!(wrong("[tie.met]\nmost = 3").contains("belongs to `through`"));
    let twice = wrong("[tie.met]\nthrough = \"visits\"\n[tie.more]\nthrough = \"met\"");
    assert!(twice.contains("do not lead from customers to places"), "{twice}");
    let spread = "[tie.met]\nthrough = \"visits\"\n[score.x]\nmodel = \"influence\"\nlayers = \"met\"";
    assert!(wrong(spread).contains("carry no word of mouth"));
}

#[test]
fn trust_goes_along_the_strongest_chains() {
    let text = "[tie.trust]\n[score.believed]\nmodel = \"trust\"\nlayers = \"trust\"\nhops = 3\n";
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    let mut chance = crate::base::random::Random::keyed(6, 6);
    let mut ties = Vec::new();
    for _ in 0..60 {
        let (a, b, weight) = (chance.below(20), chance.below(20), chance.below(9) as f64 / 8.0);
        if a != b && weight > 0.0 && !ties.iter().any(|(x, y, _)| (*x, *y) == (a, b)) {
            engine.relate_row("trust", Id::Number(a), Id::Number(b), Some(0), weight).unwrap();
            ties.push((a, b, weight));
        }
    }
    let graph = {
        let world = engine.world().unwrap();
        world.state.graph(&world.program, 0, 0)
    };
    let reader = engine.reader(&["believed"]).unwrap();
    for a in 0..graph.nodes() as u32 {
        for b in (0..graph.nodes() as u32).filter(|b| *b != a) {
            let expected = crate::graph::propagated_trust(&graph, a, b, 3);
            let (own, other) = (engine.id(a).unwrap(), engine.id(b).unwrap());
            let mut value = [0.0];
            reader.read(own.borrow().unwrap(), other.borrow(), None, &mut value).unwrap();
            assert!(
                (value[0] - expected).abs() < 1e-12 || (value[0].is_nan() && expected.is_nan()),
                "{a} {b}: {value:?} {expected}"
            );
        }
    }
}

#[test]
fn what_peers_have_of_an_item_is_read_toward_it() {
    let text = r#"
        [event.review]
        customer = "who"
        peer = "item"
        at = "at"
        amount = "stars"
        [tie.trust]
        [feature.rating]
        mean = "amount"
        on = "review"
        toward = "peer"
        [score.heard]
        model = "exposure"
        layers = "trust"
        of = "rating"
    "#;
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    let review = |who: u64, item: &str, stars: f64| {
        let (customer, peer) = (Some(Id::Number(who)), Some(Id::Text(item)));
        let fields = [("amount", Value::Number(stars))];
        engine.observe_row(&RowEvent { kind: "review", customer, peer, at: 0, fields: &fields }).unwrap();
    };
    [(1, 5.0), (1, 3.0), (2, 1.0), (4, 1.0)].iter().for_each(|(who, stars)| review(*who, "tea", *stars));
    review(3, "rope", 2.0);
    [(1, 3.0), (2, 1.0), (3, 5.0)].iter().for_each(|(who, weight)| {
        engine.relate_row("trust", Id::Number(0), Id::Number(*who), Some(0), *weight).unwrap();
    });
    let toward = |item: &str| {
        let mut value = [0.0];
        engine.reader(&["heard"]).unwrap().read(Id::Number(0), Some(Id::Text(item)), None, &mut value).unwrap();
        value[0]
    };
    assert_eq!((toward("tea"), toward("rope")), ((3.0 * 4.0 + 1.0) / 4.0, 2.0));
}

#[test]
fn nobody_is_a_peer_of_their_own() {
    let text = r#"
        [event.message]
        customer = "a"
        peer = "b"
        at = "at"
        amount = "x"
        [tie.talk]
        on = "message"
        [community.circle]
        layers = "talk"
        [feature.said]
        count = "event"
        on = "message"
        toward = "peer"
        [feature.all]
        count = "event"
        on = "message"
        [score.warmth]
        mean = "amount"
        on = "message"
        toward = "peer"
        shrink = 1
        [score.common]
        model = "common"
        layers = "talk"
        [score.trust]
        model = "trust"
        layers = "talk"
        [score.part]
        model = "membership"
        layers = "talk"
        [score.home]
        mean = "amount"
        on = "message"
        toward = "community"
        shrink = 1
    "#;
    let made = |loops: bool| {
        let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
        for (a, b, x) in [(0, 1, 1.0), (1, 2, 2.0), (0, 0, 9.0), (2, 0, 3.0), (1, 1, 9.0)] {
            if a != b || loops {
                let (customer, peer) = (Some(Id::Number(a)), Some(Id::Number(b)));
                let fields = [("amount", Value::Number(x))];
                engine.observe_row(&RowEvent { kind: "message", customer, peer, at: 0, fields: &fields }).unwrap();
            }
        }
        if loops {
            engine.relate_row("talk", Id::Number(0), Id::Number(0), Some(0), 5.0).unwrap();
        }
        engine.fit(None).unwrap();
        engine
    };
    let (engine, plain) = (made(true), made(false));
    for layer in [None, Some("talk")] {
        let peers = engine.peers(Id::Number(0), layer).unwrap();
        assert_eq!(peers, [OwnedId::Number(1), OwnedId::Number(2)]);
    }
    let toward = |engine: &Engine, column: &str, a: u64, b: u64| {
        let mut value = [0.0];
        engine.reader(&[column]).unwrap().read(Id::Number(a), Some(Id::Number(b)), None, &mut value).unwrap();
        value[0]
    };
    for column in ["said", "warmth", "common", "trust", "talk"] {
        assert!(toward(&engine, column, 0, 0).is_nan(), "{column}");
        assert!(!toward(&engine, column, 0, 1).is_nan(), "{column}");
    }
    // One's own community is one that one can ask about.
    assert_eq!(toward(&engine, "part", 0, 0), 1.0);
    assert!(!toward(&engine, "home", 0, 0).is_nan());
    assert_eq!((numbers(&engine, "all")[0], numbers(&plain, "all")[0]), (2.0, 1.0), "what happened counts");
}
