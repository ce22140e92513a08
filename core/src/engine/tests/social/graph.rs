//! The graph of the engine: it is that of its records, whatever was written and however it came back.
use super::*;
use crate::columns::dyad;
use crate::graph::{Dyads, LiveGraph, TieLayer};

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

/// Each layer decays at its own pace and lets go of what is below its own least strength, though nobody writes.
#[test]
fn layers_decay_each_at_their_own_pace_and_expire() {
    let text = "[tie.say]\nhalf_life = \"1d\"\nleast = 0.2\n[tie.work]\nhalf_life = \"10d\"\nleast = 0.05\n[tie.kin]\n";
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    let layers = [("say", 1.0, 0.2), ("work", 10.0, 0.05), ("kin", f64::INFINITY, 0.0)];
    for (layer, _, _) in layers {
        engine.relate_row(layer, Id::Number(1), Id::Number(2), Some(0), 1.0).unwrap();
    }
    let mut gone = 0;
    for day in 0..60 {
        engine.advance_to(i64::from(day) * DAY).unwrap();
        for (layer, half_life, least) in layers {
            let expected = crate::base::numeric::exp2(-f64::from(day) / half_life);
            let ties = engine.ties(Id::Number(1), Some(layer)).unwrap();
            let Some(Column::Number(forth)) = ties.column("forth") else { panic!("{ties:?}") };
            if expected >= least {
                assert!(forth.len() == 1 && (forth[0] - expected).abs() <= 1e-12, "{layer} {day}: {forth:?}");
            } else {
                assert!(forth.is_empty() && engine.peers(Id::Number(1), Some(layer)).unwrap().is_empty());
                gone += 1;
            }
        }
    }
    assert_eq!(gone, 57 + 16, "a day's tie is gone after 2 days, one of ten after 43");
}

/// Weights whose sum has no end are as strong as a tie can be, and stop nothing.
#[test]
fn ties_beyond_all_numbers_stay_numbers() {
    let text = "[tie.talk]\n[score.degree]\nmodel = \"degree\"\nlayers = \"talk\"\n[score.rank]\nmodel = \"pagerank\"\nlayers = \"talk\"";
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    for (from, to, weight) in [(1, 2, 1e308), (1, 2, 1e308), (2, 3, 1.0), (4, 5, -1e308), (4, 5, -1e308)] {
        engine.relate_row("talk", Id::Number(from), Id::Number(to), Some(0), weight).unwrap();
    }
    engine.relate_row("talk", Id::Number(4), Id::Number(5), Some(0), f64::NAN).unwrap();
    let report = engine.fit(None).unwrap();
    assert!(report.columns.iter().all(|column| column.skipped.is_none()), "{report:?}");
    assert!(numbers(&engine, "rank").iter().all(|rank| rank.is_finite() && *rank > 0.0));
}
