//! The graph of the engine: it is that of its records, whatever was written and however it came back.

use super::*;
use crate::base::{Claim, ErrorKind};
use crate::columns::dyad;
use crate::graph::{Csr, Dyads, LiveGraph, TieLayer};

/// What the layer `talk` must be, by the other structure that keeps ties under a stream.
fn twin(steps: &[Step]) -> LiveGraph {
    let layer = TieLayer { directed: true, half_life: Some(30 * DAY), signed: false };
    let mut twin = LiveGraph::new(layer).unwrap();
    twin.grow(12).unwrap();
    let (mut now, mut seen) = (None, 0);
    for step in steps {
        match step {
            Step::Message { who, whom, at } => {
                twin.upsert(*who as u32, *whom as u32, 1.0, *at).unwrap();
                now = now.max(Some(*at));
            }
            Step::Relate { who, whom, weight } if who != whom => {
                twin.upsert(*who as u32, *whom as u32, *weight, now.unwrap_or(0)).unwrap();
            }
            Step::Purchase { at, .. } => now = now.max(Some(*at)),
            Step::Advance { days } => now = Some(now.unwrap_or(0) + days * DAY),
            _ => {}
        }
        seen += 1;
    }
    assert_eq!(seen, steps.len());
    twin
}

/// Events first, so that ties given directly have a clock to stand at.
fn with_a_clock(mut steps: Vec<Step>) -> Vec<Step> {
    steps.insert(0, Step::Purchase { who: 0, at: 0, amount: 1.0, need: 0, basket: None, id: None });
    for (place, step) in steps.iter_mut().enumerate() {
        // Event ids would make duplicates, which the twin does not know.
        if let Step::Purchase { id, .. } = step {
            *id = None;
        }
        if let Step::Decide { .. } | Step::Fit = step
            && place % 2 == 0
        {
            *step = Step::Advance { days: 1 };
        }
    }
    steps
}

fn graph(engine: &Engine) -> Csr {
    let world = engine.world().unwrap();
    world.state.graph(&world.program, 0, world.moment(None).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_graph_after_any_updates_is_that_of_a_live_graph_and_that_of_the_journal(
        steps in proptest::collection::vec(step(), 1..90).prop_map(with_a_clock),
    ) {
        let engine = Engine::new(&definition(), Options { seed: 7, ..Options::default() }).unwrap();
        for step in &steps {
            run(&engine, step);
            if let Step::Message { who, .. } = step {
                // Reads in between catch up with the index of the other ends.
                engine.peers(Id::Number(*who), Some("talk")).unwrap();
            }
        }
        let before = graph(&engine);
        let twin = twin(&steps);
        let now = engine.now().unwrap().unwrap();
        let name = |engine: &Engine, node: u32| engine.id(node).unwrap().to_string().parse::<u32>().unwrap();
        let mut ties = 0;
        for from in 0..before.nodes() as u32 {
            for (to, strength) in before.ties(from) {
                let expected = twin.ties().strength(name(&engine, from), name(&engine, to), now).unwrap();
                prop_assert!((strength - expected).abs() <= 1e-9 * expected, "{strength} and {expected}");
                ties += 1;
            }
        }
        prop_assert_eq!(ties, twin.ties().edges());
        let dyads = Dyads::new(&before);
        {
            let world = engine.world().unwrap();
            for a in 0..before.nodes() as u32 {
                for b in (0..before.nodes() as u32).filter(|b| *b != a) {
                    let (live, frozen) = (dyad(world.view(), 0, a, b, now), dyads.pair(a, b));
                    prop_assert_eq!(format!("{live:?}"), format!("{frozen:?}"));
                }
            }
        }
        refolded(&engine);
        prop_assert!(graph(&engine) == before, "the journal folds to another graph");
    }
}

fn tied(engine: &Engine, ties: &[(u64, u64)]) {
    for (from, to) in ties {
        engine.relate_row("talk", Id::Number(*from), Id::Number(*to), Some(0), 1.0).unwrap();
    }
}

fn circle(engine: &Engine, who: u64) -> String {
    let table = engine.score(Some(&[Id::Number(who)]), Some(&["circle"]), None, None).unwrap();
    match table.column("circle") {
        Some(Column::Text(texts)) => texts[0].clone().unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

/// Everyone of a range tied to everyone.
fn clique(members: std::ops::Range<u64>) -> Vec<(u64, u64)> {
    members.clone().flat_map(|a| members.clone().filter(move |b| a < *b).map(move |b| (a, b))).collect()
}

fn notes(engine: &Engine) -> Vec<(String, String)> {
    let report = engine.fit(Some(&["circle"])).unwrap();
    report.columns.into_iter().find(|column| column.name == "circle").map(|column| column.notes).unwrap_or_default()
}

#[test]
fn communities_keep_their_names_and_tell_their_lives() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.bactrian");
    let engine = Engine::open(&path, Some(&definition()), Options::default()).unwrap();
    tied(&engine, &clique(0..5));
    tied(&engine, &clique(5..9));
    tied(&engine, &[(0, 5)]);
    assert_eq!(circle(&engine, 0), "", "before a fit");
    let born = notes(&engine);
    assert_eq!(born[0], ("circle_1".to_owned(), "birth: 5 members".to_owned()));
    assert_eq!(born[1], ("circle_2".to_owned(), "birth: 4 members".to_owned()));
    assert_eq!((circle(&engine, 0), circle(&engine, 8)), ("circle_1".to_owned(), "circle_2".to_owned()));
    let sizes = engine.score(Some(&[Id::Number(1), Id::Number(6)]), Some(&["circle.size"]), None, None).unwrap();
    assert_eq!(sizes.column("circle.size"), Some(&Column::Number(vec![5.0, 4.0])));
    // A segment stands on them, and the fit that moved its members triggered nothing.
    assert_eq!(engine.members("circles", "circle_2").unwrap().len(), 4);
    // Whoever came since is in none.
    tied(&engine, &clique(20..24));
    assert_eq!(circle(&engine, 21), "");
    let grown = notes(&engine);
    assert_eq!(grown, [("circle_3".to_owned(), "birth: 4 members".to_owned())]);
    // The smaller of two that become one loses its name.
    let bridges: Vec<(u64, u64)> = (0..5).flat_map(|a| (5..9).map(move |b| (a, b))).collect();
    tied(&engine, &bridges);
    let merged = notes(&engine);
    assert!(merged.contains(&("circle_2".to_owned(), "merge: 4 members into circle_1".to_owned())), "{merged:?}");
    assert_eq!(circle(&engine, 8), "circle_1");
    // The file gives the same, from the checkpoint and from the journal.
    let state = bytes(&engine);
    assert!(refolded(&engine) == state);
    engine.checkpoint().unwrap();
    engine.close().unwrap();
    drop(engine);
    let engine = Engine::open(&path, None, Options::default()).unwrap();
    assert!(bytes(&engine) == state);
    assert_eq!((circle(&engine, 8), circle(&engine, 21)), ("circle_1".to_owned(), "circle_3".to_owned()));
    // Erasing a customer takes the community of that customer, and nobody else's.
    let receipt = engine.erase(Id::Number(21)).unwrap();
    assert_eq!((receipt.values, receipt.found), (2, 0), "one value for each fit that knew the customer");
    assert_eq!(circle(&engine, 22), "circle_3");
    let sizes = engine.score(Some(&[Id::Number(22)]), Some(&["circle.size"]), None, None).unwrap();
    assert_eq!(sizes.column("circle.size"), Some(&Column::Number(vec![3.0])));
    let erased = bytes(&engine);
    assert!(refolded(&engine) == erased);
}

#[test]
fn communities_follow_needs_where_ties_are_silent() {
    let text = r#"
        [event.purchase]
        customer = "who"
        at = "at"
        need = "need"
        [tie.talk]
        [needs.basket]
        on = "purchase"
        topics = 2
        [community.both]
        layers = "talk"
        needs = "basket"
        share = 0.5
        nearest = 3
    "#;
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    for who in 0..8u64 {
        let need = if who < 4 { "tea" } else { "rope" };
        for at in 0..3 {
            let fields = [("need", Value::Text(need))];
            let customer = Some(Id::Number(who));
            engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at, fields: &fields }).unwrap();
        }
    }
    tied(&engine, &[(0, 1)]);
    let report = engine.fit(None).unwrap();
    let both = report.columns.iter().find(|column| column.name == "both").unwrap();
    let figure = |name: &str| both.diagnostics.iter().find(|(known, _)| known == name).unwrap().1;
    assert_eq!((figure("communities"), figure("members")), (2.0, 8.0));
    assert!((figure("share_talk") + figure("share_needs") - 1.0).abs() < 1e-12);
    let table = engine.score(None, Some(&["both"]), None, None).unwrap();
    let Some(Column::Text(texts)) = table.column("both") else { panic!() };
    assert!(texts[..4].iter().all(|text| text == &texts[0]) && texts[4..].iter().all(|text| text == &texts[4]));
    assert_ne!(texts[0], texts[4]);
}

#[test]
fn seeds_keep_within_their_limits() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    // 0 reaches 1 to 8, 20 reaches 21 to 24, 30 reaches 31.
    let star = |hub: u64, leaves: std::ops::Range<u64>| leaves.map(|leaf| (hub, leaf)).collect::<Vec<_>>();
    [star(0, 1..9), star(20, 21..25), star(30, 31..32)].iter().for_each(|ties| tied(&engine, ties));
    let names = |seeds: &Seeds| seeds.customers.iter().map(ToString::to_string).collect::<Vec<_>>();
    let two = SeedAsk { count: Some(2), ..SeedAsk::default() };
    let seeds = engine.seeds(&two).unwrap();
    assert_eq!(names(&seeds), ["0", "20"]);
    assert!(seeds.found.lower <= 14.0 && 14.0 <= seeds.found.upper, "{:?}", seeds.found);
    let exclude = [Id::Number(0)];
    assert_eq!(names(&engine.seeds(&SeedAsk { exclude: &exclude, ..two }).unwrap()), ["20", "30"]);
    let active = [Id::Number(20), Id::Number(21), Id::Number(22), Id::Number(23), Id::Number(24)];
    assert_eq!(names(&engine.seeds(&SeedAsk { active: &active, ..two }).unwrap()), ["0", "30"]);
    // A whisper that runs against the ties begins at the leaves.
    let back = engine.seeds(&SeedAsk { count: Some(1), reverse: true, ..two }).unwrap();
    assert!(names(&back) != ["0"]);
    let budget = engine.seeds(&SeedAsk { count: None, budget: Some(1.0), ..two }).unwrap();
    assert_eq!(names(&budget), ["0"]);
    // Worth is a column: only those who spend count.
    let buys = |who: u64| {
        let fields = [("amount", Value::Number(50.0))];
        let customer = Some(Id::Number(who));
        engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at: 0, fields: &fields }).unwrap();
    };
    buys(31);
    let worth = SeedAsk { count: Some(1), value: Some("spend"), ..two };
    let valued = engine.seeds(&worth).unwrap();
    assert!(["30", "31"].contains(&names(&valued)[0].as_str()), "{valued:?}");
    for (ask, kind) in [
        (SeedAsk { count: None, ..two }, ErrorKind::SchemaRange),
        (SeedAsk { cost: Some("spend"), ..two }, ErrorKind::SchemaRange),
        (SeedAsk { layer: Some("tlak"), ..two }, ErrorKind::UnknownColumn),
        (SeedAsk { value: Some("warmth"), ..two }, ErrorKind::SchemaMissing),
        (SeedAsk { exclude: &[Id::Number(99)], ..two }, ErrorKind::UnknownCustomer),
    ] {
        assert_eq!(engine.seeds(&ask).unwrap_err().kind(), kind, "{ask:?}");
    }
    // An erased customer is neither seed nor target.
    engine.erase(Id::Number(0)).unwrap();
    let seeds = engine.seeds(&two).unwrap();
    assert_eq!(names(&seeds)[0], "20");
    assert!(seeds.found.upper <= engine.stats().unwrap().customers as f64);
}

#[test]
fn influence_is_told_from_a_shared_taste() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    let mut chance = crate::base::random::Random::keyed(5, 5);
    let looks: Vec<(u64, u64)> = (0..60).flat_map(|a| [(a, (a + 1) % 60), (a, (a + 7) % 60)]).collect();
    tied(&engine, &looks);
    let buys = |who: u64, need: &str, at: i64| {
        let fields = [("need", Value::Text(need))];
        let customer = Some(Id::Number(who));
        engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at, fields: &fields }).unwrap();
    };
    let ask = InfluenceAsk { outcome: "purchase", ..InfluenceAsk::default() };
    assert_eq!(engine.influence(&ask).unwrap().claim, Claim::CannotTell);
    for item in 0..40 {
        let first = chance.below(60);
        buys(first, &format!("thing {item}"), item * DAY);
        // Who looks at the first one follows a while later; others come at any time.
        for who in [(first + 59) % 60, (first + 53) % 60] {
            buys(who, &format!("thing {item}"), item * DAY + 1000 + chance.below(1000) as i64);
        }
        buys(chance.below(60), &format!("thing {item}"), item * DAY + chance.below(2000) as i64);
    }
    let verdict = engine.influence(&ask).unwrap();
    assert_eq!(verdict.claim, Claim::Effect, "{verdict}");
    // Ties that run the other way show the same pairs with time reversed.
    let back = engine.influence(&InfluenceAsk { reverse: true, ..ask }).unwrap();
    assert_eq!((back.claim, back.value), (Claim::NoEvidence, -verdict.value));
    for (ask, kind) in [
        (InfluenceAsk { outcome: "purchas", ..ask }, ErrorKind::UnknownColumn),
        (InfluenceAsk { item: Some("amout"), ..ask }, ErrorKind::UnknownColumn),
        (InfluenceAsk { window: Some(0), ..ask }, ErrorKind::SchemaRange),
    ] {
        assert_eq!(engine.influence(&ask).unwrap_err().kind(), kind);
    }
}

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
    // rope: 3/4 of 1/2 (one dealing) and 1/4 of 2/3 (two); tea: 3/4 of 1/2; salt is known already.
    assert_eq!(column(&advice, "need"), "Text([Some(\"rope\"), Some(\"tea\")])");
    let Some(Column::Number(scores)) = advice.column("score") else { panic!() };
    assert!((scores[0] - (0.375 + 1.0 / 6.0)).abs() < 1e-12 && (scores[1] - 0.375).abs() < 1e-12);
    assert_eq!(column(&advice, "because"), "Text([Some(\"1, 2\"), Some(\"1\")])");
    assert_eq!(column(&advice, "peers"), "Integer([2, 1])");
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

#[test]
fn weak_ties_and_directions_are_read_as_declared() {
    let text = "[tie.friend]\ndirected = false\nleast = 0.5\n[tie.trust]\n[community.all]\nlayers = [\"friend\", \"trust\"]\nweights = [2.0, 1.0]\n";
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    let relate = |layer: &str, from: u64, to: u64, weight: f64| {
        engine.relate_row(layer, Id::Number(from), Id::Number(to), Some(0), weight).unwrap();
    };
    relate("friend", 0, 1, 0.3);
    relate("friend", 1, 0, 0.3);
    relate("friend", 0, 2, 0.4);
    relate("trust", 2, 0, 1.0);
    let peers = |who: u64, layer: &str| engine.peers(Id::Number(who), Some(layer)).unwrap();
    assert_eq!(format!("{:?}", peers(0, "friend")), "[Number(1)]", "0.6 in both directions counts, 0.4 does not");
    assert_eq!(format!("{:?}", peers(0, "trust")), "[Number(2)]");
    relate("trust", 0, 1, -1.0);
    let report = engine.fit(None).unwrap();
    assert!(report.columns[0].skipped.as_ref().unwrap().contains("below zero"), "{report:?}");
    assert_eq!(
        engine.seeds(&SeedAsk { count: Some(1), layer: Some("trust"), ..SeedAsk::default() }).unwrap_err().kind(),
        ErrorKind::SchemaRange
    );
    assert_eq!(engine.peers(Id::Number(0), None).unwrap().len(), 2);
}

#[test]
fn what_a_section_of_communities_gets_wrong_is_said_at_its_place() {
    let check = |section: &str| {
        let text = format!(
            "[event.buy]\ncustomer = \"c\"\nat = \"t\"\nneed = \"n\"\n[tie.talk]\n[needs.basket]\ntopics = 2\n[community.x]\n{section}\n"
        );
        let problems = check_text(&text);
        problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(check("layers = \"talk\""), "");
    assert_eq!(check("needs = \"basket\"\nshare = 0.3"), "");
    assert!(check("layers = \"tlak\"").contains("no layer of ties `tlak`"));
    assert!(check("layers = \"talk\"\nweights = [1, 2]").contains("1 layers have 2 weights"));
    assert!(check("layers = \"talk\"\nneeds = \"baskets\"").contains("no need space `baskets`"));
    assert!(check("layers = \"talk\"\nshare = 0.5").contains("belong to `needs`"));
    assert!(check("").contains("neither is given"));
}

/// The numbers of one column for everyone.
fn numbers(engine: &Engine, column: &str) -> Vec<f64> {
    match engine.score(None, Some(&[column]), None, None).unwrap().column(column) {
        Some(Column::Number(values)) => values.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn places_in_the_graph_are_those_of_the_graph() {
    let models = ["degree", "in_strength", "pagerank", "core", "triangles", "constraint", "betweenness", "authority"];
    let mut text = "[tie.talk]\n".to_owned();
    for model in models {
        text.push_str(&format!("[score.{model}]\nmodel = \"{model}\"\nlayers = \"talk\"\n"));
    }
    text.push_str("[score.back]\nmodel = \"pagerank\"\nlayers = \"talk\"\nreverse = true\n");
    text.push_str("[score.ear]\nmodel = \"influence\"\nlayers = \"talk\"\nsets = 20000\n");
    text.push_str("[score.katz]\nmodel = \"katz\"\nlayers = \"talk\"\nalpha = 9.0\n");
    let engine = Engine::new(&Definition::from_toml(&text).unwrap(), Options::default()).unwrap();
    let ties = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 0), (4, 3), (2, 0)];
    tied(&engine, &ties);
    assert!(numbers(&engine, "pagerank").iter().all(|value| value.is_nan()), "before a fit");
    let report = engine.fit(None).unwrap();
    let katz = report.columns.iter().find(|column| column.name == "katz").unwrap();
    assert!(katz.skipped.as_ref().unwrap().contains("diverges"), "what can't be computed fails no other column");
    let (from, to): (Vec<u32>, Vec<u32>) = ties.iter().map(|tie| (tie.0 as u32, tie.1 as u32)).unzip();
    let graph = Csr::from_edges(5, &from, &to, Some(&[1.0; 7]), true).unwrap();
    let near = |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-10);
    let options = crate::graph::PageRankOptions { tolerance: 1e-12, ..Default::default() };
    assert!(near(&numbers(&engine, "pagerank"), &crate::graph::pagerank(&graph, &options, None).unwrap()));
    assert!(near(&numbers(&engine, "back"), &crate::graph::pagerank(&graph.transpose(), &options, None).unwrap()));
    assert!(near(&numbers(&engine, "constraint"), &crate::graph::structural_holes(&graph).unwrap().constraint));
    assert!(near(&numbers(&engine, "betweenness"), &crate::graph::betweenness(&graph, None)));
    assert!(near(&numbers(&engine, "authority"), &crate::graph::hits(&graph, 1e-12).unwrap().authority));
    assert_eq!(numbers(&engine, "degree"), [2.0, 1.0, 2.0, 1.0, 1.0]);
    assert_eq!(numbers(&engine, "in_strength"), [2.0, 1.0, 2.0, 2.0, 0.0]);
    assert_eq!(numbers(&engine, "core"), [2.0, 2.0, 2.0, 2.0, 1.0]);
    assert_eq!(numbers(&engine, "triangles"), [2.0, 1.0, 2.0, 1.0, 0.0]);
    assert_eq!(numbers(&engine, "degree.rank"), [0.875, 0.25, 0.875, 0.25, 0.25]);
    // One ear alone, against simulation of the same cascade.
    let chances = crate::graph::WordOfMouth::weighted(&graph, crate::graph::SpreadModel::IndependentCascade).unwrap();
    for (who, ear) in (0u32..).zip(numbers(&engine, "ear")) {
        let simulated = chances.simulate(&[who], 20_000, 3, None).unwrap().mean - 1.0;
        assert!((ear - simulated).abs() < 0.08, "{who}: {ear} and {simulated}");
    }
}

#[test]
fn a_community_weighs_what_its_members_do() {
    let text = "[trait]\nworth = \"number\"\n[tie.talk]\n[community.circle]\nlayers = \"talk\"\n[score.mass]\nmodel = \"mass\"\nof = \"worth\"\ncommunity = \"circle\"\n";
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    tied(&engine, &clique(0..3));
    tied(&engine, &clique(3..7));
    for who in 0..7u64 {
        engine.identify_row(Id::Number(who), None, &[("worth", Value::Number(who as f64 + 1.0))]).unwrap();
    }
    let report = engine.fit(None).unwrap();
    let figures = &report.columns.iter().find(|column| column.name == "mass").unwrap().diagnostics;
    assert_eq!(figures[1], ("mass".to_owned(), 28.0), "masses add up to everything");
    assert_eq!(numbers(&engine, "mass"), [6.0, 6.0, 6.0, 22.0, 22.0, 22.0, 22.0]);
    assert!((numbers(&engine, "mass.effective")[0] - 36.0 / 14.0).abs() < 1e-12);
    assert_eq!(numbers(&engine, "mass.share")[3], 4.0 / 22.0);
}

#[test]
fn a_flash_community_is_born_peaks_and_dissolves() {
    let text = r#"
        [event.message]
        customer = "a"
        peer = "b"
        at = "at"
        [flash.storm]
        on = "message"
        fast = "6h"
        slow = "10d"
        persistence = 2
        [segment.storms]
        axis.storm = { of = "storm" }
    "#;
    const HOUR: i64 = 3_600_000_000;
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    let says = |a: u64, b: u64, at: i64| {
        let (customer, peer) = (Some(Id::Number(a)), Some(Id::Number(b)));
        engine.observe_row(&RowEvent { kind: "message", customer, peer, at, fields: &[] }).unwrap();
    };
    let look = |at: i64| {
        engine.advance_to(at).unwrap();
        let report = engine.fit(None).unwrap();
        report.columns.into_iter().find(|column| column.name == "storm").unwrap()
    };
    // A steady murmur, in which five suddenly talk all at once.
    for day in 0..30 {
        (0..20u64).for_each(|a| says(a, (a + 1) % 20, day * DAY + a as i64));
    }
    let quiet = look(30 * DAY);
    assert!(quiet.notes.is_empty() && quiet.diagnostics[0].1 == 0.0, "{quiet:?}");
    let burst = |members: std::ops::Range<u64>, at: i64| {
        for _ in 0..6 {
            clique(members.clone()).into_iter().for_each(|(a, b)| says(a, b, at));
        }
    };
    burst(3..9, 30 * DAY + HOUR);
    assert!(look(30 * DAY + HOUR).notes.is_empty(), "one look is no community yet");
    let born = look(30 * DAY + 2 * HOUR);
    assert_eq!(born.notes.len(), 1, "{born:?}");
    assert!(born.notes[0].0 == "storm_1" && born.notes[0].1.starts_with("birth"), "{born:?}");
    assert_eq!(engine.members("storms", "storm_1").unwrap().len(), 6);
    let sizes: Vec<f64> = numbers(&engine, "storm.size").into_iter().filter(|size| !size.is_nan()).collect();
    assert_eq!(sizes, [6.0; 6]);
    burst(4..9, 30 * DAY + 20 * HOUR);
    let past = look(30 * DAY + 20 * HOUR);
    assert!(past.notes.iter().any(|(_, note)| note.starts_with("peak: 6 members")), "{past:?}");
    let state = bytes(&engine);
    assert!(refolded(&engine) == state, "what is followed is in the journal");
    let gone = look(40 * DAY);
    assert!(gone.notes.iter().any(|(name, note)| name == "storm_1" && note.starts_with("dissolved")), "{gone:?}");
    assert!(engine.members("storms", "storm_1").unwrap().is_empty());
}

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
        let own: Vec<f64> =
            deals.iter().filter(|deal| deal.0 == who && inside(deal.1, whom)).map(|deal| deal.2).collect();
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
fn values_by_customer_are_found_and_forgotten() {
    use crate::data::published::Published;
    let unknown = f64::NAN;
    let mut published = Published::new(true, 2, &[4.0, 0.5, unknown, unknown, 9.0, unknown, 4.0, 1.0], vec![7]);
    let dense = |published: &Published| (0..5).map(|who| published.of(who).to_vec()).collect::<Vec<_>>();
    let expected = [vec![4.0, 0.5], vec![], vec![9.0, unknown], vec![4.0, 1.0], vec![]];
    assert_eq!(format!("{:?}", dense(&published)), format!("{expected:?}"));
    assert_eq!(published.used().collect::<Vec<_>>(), [4, 9, 4]);
    let bytes = published.encode();
    assert_eq!(format!("{:?}", Published::decode(&bytes).unwrap()), format!("{published:?}"));
    for cut in 0..bytes.len() {
        assert_eq!(Published::decode(&bytes[..cut]).unwrap_err().kind(), ErrorKind::StoreCorrupt);
    }
    assert_eq!((published.forget(&[0, 1, 99]), published.rows().count()), (1, 2));
}
