//! Places of customers in the graph, as a fit publishes them.

use super::*;

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

/// Ranks around some customers go on from fit to fit while ties come and decay: within the stated 1e-9 of the exact ones
/// of that moment's graph, and so is an engine that is fitted for the first time.
#[test]
fn ranks_around_some_customers_follow_every_change() {
    let text = "[trait]\nvip = \"bool\"\n[event.message]\ncustomer = \"a\"\npeer = \"b\"\nat = \"at\"\n\
        [tie.talk]\non = \"message\"\nhalf_life = \"3d\"\n\
        [score.near]\nmodel = \"pagerank\"\nlayers = \"talk\"\nfrom = \"vip\"\n";
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    let mut chance = crate::base::random::Random::keyed(4, 4);
    let vip = |who: u64, is: bool| {
        engine.identify_row(Id::Number(who), None, &[("vip", Value::Bool(is))]).unwrap();
    };
    tied(&engine, &[(0, 1)]);
    let skipped = engine.fit(None).unwrap().columns[0].skipped.clone().unwrap();
    assert!(skipped.contains("begin nowhere"), "{skipped}");
    vip(0, true);
    for round in 0..12u64 {
        for message in 0..10 {
            let (customer, peer) = (Some(Id::Number(chance.below(20 + round))), Some(Id::Number(chance.below(20))));
            let at = round as i64 * DAY + message;
            engine.observe_row(&RowEvent { kind: "message", customer, peer, at, fields: &[] }).unwrap();
        }
        if round % 4 == 3 {
            vip(chance.below(20), true);
        }
        if round == 9 {
            engine.erase(Id::Number(0)).unwrap();
        }
        engine.fit(None).unwrap();
        let world = engine.world().unwrap();
        let graph = world.state.graph(&world.program, 0, world.moment(None).unwrap());
        let from: Vec<f64> =
            world.number_column("vip").unwrap().iter().map(|vip| if *vip == 1.0 { 1.0 } else { 0.0 }).collect();
        let options = crate::graph::PageRankOptions { tolerance: 1e-14, ..Default::default() };
        let exact = crate::graph::pagerank(&graph, &options, Some(&from)).unwrap();
        let live: Vec<usize> = world.live().map(|customer| customer as usize).collect();
        drop(world);
        let ours = numbers(&engine, "near");
        let off: f64 = live.iter().zip(&ours).map(|(node, own)| (exact[*node] - own).abs()).sum();
        assert!(off < 1.1e-9, "{off} after {round}");
    }
    let wrong = check_text(
        &text.replace("\"vip\"\n[event", "\"category\"\n[event").replace("from = \"vip\"", "from = \"vop\""),
    );
    assert!(!wrong.is_empty());
}

#[test]
fn reach_is_of_customers_of_communities_and_of_other_regions() {
    let text = r#"
        [event.message]
        customer = "a"
        peer = "b"
        at = "at"
        [trait]
        country = "category"
        [tie.talk]
        on = "message"
        [community.circle]
        layers = "talk"
        [score.reach]
        model = "reach"
        layers = "talk"
        hops = 2
        community = "circle"
        [score.abroad]
        model = "reach"
        layers = "talk"
        hops = 2
        across = "country"
        [score.open]
        model = "across"
        layers = "talk"
        of = "country"
    "#;
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    let says = |a: u64, b: u64, at: i64| {
        let (customer, peer) = (Some(Id::Number(a)), Some(Id::Number(b)));
        engine.observe_row(&RowEvent { kind: "message", customer, peer, at, fields: &[] }).unwrap();
    };
    [(0, 1, 1), (1, 2, 2), (2, 3, 3), (1, 4, 0)].iter().for_each(|it| says(it.0, it.1, it.2 * DAY));
    for (who, country) in [(0, "fr"), (1, "fr"), (2, "de"), (3, "fr")] {
        engine.identify_row(Id::Number(who), None, &[("country", Value::Text(country))]).unwrap();
    }
    let first = engine.fit(None).unwrap();
    let near = |values: Vec<f64>, expected: &[f64]| {
        let same = |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan());
        assert!(values.len() == expected.len() && values.iter().zip(expected).all(same), "{values:?} {expected:?}");
    };
    let none = f64::NAN;
    near(numbers(&engine, "reach"), &[2.0, 3.0, 1.0, 0.0, 0.0]);
    near(numbers(&engine, "abroad"), &[1.0, 1.0, 1.0, 0.0, none]);
    // 4 is nowhere, and so no tie to it counts.
    near(numbers(&engine, "open"), &[0.0, 1.0, 1.0, none, none]);
    let open = first.columns.iter().find(|column| column.name == "open").unwrap();
    let figure = |name: &str| open.diagnostics.iter().find(|(known, _)| known == name).unwrap().1;
    assert_eq!((figure("names"), figure("ties")), (2.0, 4.0));
    near(numbers(&engine, "reach.growth"), &[none; 5]);
    // 0, 1 and 4 are one circle, which reaches 2 and 3; these reach nobody but each other.
    near(numbers(&engine, "reach.together"), &[2.0, 2.0, 0.0, 0.0, 2.0]);
    assert_eq!(numbers(&engine, "reach.together_rank"), [1.0, 1.0, 0.0, 0.0, 1.0]);
    // Two days later 0 and 1 have reached one more within two steps; customer 5 stays alone.
    engine.identify_row(Id::Number(5), None, &[("country", Value::Text("de"))]).unwrap();
    says(1, 6, 5 * DAY);
    engine.fit(None).unwrap();
    near(numbers(&engine, "reach.growth"), &[0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0]);
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
