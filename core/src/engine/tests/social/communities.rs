//! Communities, lasting and flaring up, and what they weigh.

use super::*;

fn circle(engine: &Engine, who: u64) -> String {
    let table = engine.score(Some(&[Id::Number(who)]), Some(&["circle"]), None, None).unwrap();
    match table.column("circle") {
        Some(Column::Text(texts)) => texts[0].clone().unwrap_or_default(),
        other => panic!("{other:?}"),
    }
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
fn what_a_section_of_communities_gets_wrong_is_said_at_its_place() {
    let check = |section: &str| {
        let text = format!(
            "[event.buy]\ncustomer = \"c\"\nat = \"t\"\nneed = \"n\"\n[tie.talk]\n[needs.basket]\ntopics = 2\n[community.x]\n{section}\n"
        );
        let problems = check_text(&text);
        problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(check("layers = \"talk\""), "");
    assert_eq!(check("needs = \"basket\"\nnearest = 3"), "");
    assert_eq!(check("layers = \"talk\"\nneeds = \"basket\"\nshare = 0.3"), "");
    assert!(check("layers = \"tlak\"").contains("no layer of ties `tlak`"));
    assert!(check("layers = \"talk\"\nweights = [1, 2]").contains("1 layers have 2 weights"));
    assert!(check("layers = \"talk\"\nneeds = \"baskets\"").contains("no need space `baskets`"));
    assert!(check("layers = \"talk\"\nshare = 0.5").contains("belong to `needs`"));
    assert!(check("layers = [\"talk\", \"talk\"]").contains("the layer `talk` is named twice"));
    assert!(check("needs = \"basket\"\nshare = 0.3").contains("needs are all there is"));
    assert!(check("").contains("neither is given"));
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
    assert_eq!((numbers(&engine, "mass.mean")[0], numbers(&engine, "mass.mean")[3]), (2.0, 5.5));
    assert_eq!((numbers(&engine, "mass.rank")[0], numbers(&engine, "mass.rank")[3]), (0.0, 1.0));
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
fn communities_are_repaired_between_whole_fits() {
    let text = "[tie.talk]\n[community.circle]\nlayers = \"talk\"\nrepairs = 2\n[score.part]\nmodel = \"membership\"\n\
        layers = \"talk\"\n[score.mix]\nmodel = \"mixing\"\nlayers = \"talk\"\ncommunity = \"circle\"\n";
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    tied(&engine, &clique(0..5));
    tied(&engine, &clique(5..9));
    let repaired = || {
        let report = engine.fit(Some(&["circle"])).unwrap();
        let figure = |name: &str| report.columns[0].diagnostics.iter().find(|(known, _)| known == name).unwrap().1;
        (figure("repaired"), figure("communities"), report.columns[0].notes.clone())
    };
    assert_eq!((repaired().0, circle(&engine, 0)), (0.0, "circle_1".to_owned()));
    // Someone comes, and someone goes over.
    tied(&engine, &[(9, 5), (9, 6), (9, 7)]);
    (5..9).for_each(|peer| drop(engine.relate_row("talk", Id::Number(4), Id::Number(peer), Some(0), 9.0).unwrap()));
    let (was, count, told) = repaired();
    assert_eq!((was, count), (1.0, 2.0), "{told:?}");
    assert_eq!((circle(&engine, 9), circle(&engine, 4)), ("circle_2".to_owned(), "circle_2".to_owned()));
    // What comes apart is cut, though nobody would rather be elsewhere.
    for (a, b) in [(0, 1), (0, 3), (1, 2), (2, 3)] {
        engine.relate_row("talk", Id::Number(a), Id::Number(b), Some(0), f64::NAN).unwrap();
    }
    for member in 0..4 {
        engine.relate_row("talk", Id::Number(member), Id::Number(4), Some(0), f64::NAN).unwrap();
    }
    assert_eq!((repaired().0, circle(&engine, 0) == circle(&engine, 1)), (1.0, false));
    assert_eq!(circle(&engine, 0), circle(&engine, 2));
    let state = bytes(&engine);
    assert!(refolded(&engine) == state);
    assert_eq!((repaired().0, repaired().0), (0.0, 1.0), "the third is whole again");
    // Membership by ties sums to one over the communities; whose ties are with one is not mixed.
    let toward = |who: u64, of: u64| {
        let mut value = [0.0];
        engine.reader(&["part"]).unwrap().read(Id::Number(who), Some(Id::Number(of)), None, &mut value).unwrap();
        value[0]
    };
    engine.relate_row("talk", Id::Number(0), Id::Number(5), Some(0), 1.0).unwrap();
    assert_eq!((toward(0, 2), toward(0, 5), toward(0, 1)), (0.5, 0.5, 0.0));
    let mixed = numbers(&engine, "mix");
    assert!((mixed[0] - crate::base::numeric::ln(2.0)).abs() < 1e-12 && mixed[9] == 0.0, "{mixed:?}");
}
