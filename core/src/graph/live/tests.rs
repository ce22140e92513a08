use super::*;
use crate::base::numeric;
use proptest::prelude::*;
use std::collections::BTreeMap;

const DAY: i64 = 86_400_000_000;

#[derive(Debug, Clone)]
enum Step {
    Upsert(u32, u32, f64, i64),
    Batch(Vec<(u32, u32, f64, i64)>),
    Remove(u32, u32),
    Isolate(u32),
    Expire(i64),
    Compact,
    Grow(usize),
}

type Model = BTreeMap<(u32, u32), Vec<(f64, i64)>>;

fn read(parts: &[(f64, i64)], half_life: Option<i64>, at: i64) -> f64 {
    parts.iter().map(|&(a, t)| a * half_life.map_or(1.0, |h| numeric::exp2(-((at - t) as f64) / h as f64))).sum()
}

fn step() -> impl Strategy<Value = Step> {
    let tie = || (0u32..12, 0u32..12, 0.1f64..5.0, 0i64..400 * DAY);
    prop_oneof![
        6 => tie().prop_map(|(a, b, w, t)| Step::Upsert(a, b, w, t)),
        2 => prop::collection::vec(tie(), 0..60).prop_map(Step::Batch),
        2 => (0u32..12, 0u32..12).prop_map(|(a, b)| Step::Remove(a, b)),
        1 => (0u32..12).prop_map(Step::Isolate),
        1 => (0i64..400 * DAY).prop_map(Step::Expire),
        1 => Just(Step::Compact),
        1 => (0usize..2000).prop_map(Step::Grow),
    ]
}

fn apply(model: &mut Model, layer: TieLayer, step: &Step) {
    let key = |a: u32, b: u32| if layer.directed { (a, b) } else { (a.min(b), a.max(b)) };
    let mut add = |a: u32, b: u32, w, t| {
        if a != b {
            model.entry(key(a, b)).or_default().push((w, t));
        }
    };
    match step {
        Step::Upsert(a, b, w, t) => add(*a, *b, *w, *t),
        Step::Batch(rows) => rows.iter().for_each(|&(a, b, w, t)| add(a, b, w, t)),
        Step::Remove(a, b) => drop(model.remove(&key(*a, *b))),
        Step::Isolate(node) => model.retain(|k, _| k.0 != *node && k.1 != *node),
        Step::Expire(at) => model.retain(|_, parts| read(parts, layer.half_life, *at) >= 0.05),
        Step::Compact | Step::Grow(_) => {}
    }
}

fn play(live: &mut LiveGraph, step: &Step) {
    match step {
        Step::Upsert(a, b, w, t) => live.upsert(*a, *b, *w, *t).unwrap(),
        Step::Batch(rows) => {
            let a: Vec<u32> = rows.iter().map(|r| r.0).collect();
            let b: Vec<u32> = rows.iter().map(|r| r.1).collect();
            let w: Vec<f64> = rows.iter().map(|r| r.2).collect();
            let t: Vec<i64> = rows.iter().map(|r| r.3).collect();
            live.upsert_batch(&a, &b, &w, &t).unwrap();
        }
        Step::Remove(a, b) => drop(live.remove(*a, *b).unwrap()),
        Step::Isolate(node) => live.isolate(*node),
        Step::Expire(at) => drop(live.expire(*at, 0.05)),
        Step::Compact => live.compact(),
        Step::Grow(n) => live.grow(*n).unwrap(),
    }
}

proptest! {
    #[test]
    fn every_sequence_equals_a_rebuild(
        steps in prop::collection::vec(step(), 0..120),
        directed: bool,
        half_life in prop_oneof![Just(None), Just(Some(DAY)), Just(Some(30 * DAY))],
    ) {
        let layer = TieLayer { directed, half_life, signed: false };
        let mut live = LiveGraph::new(layer).unwrap();
        live.grow(12).unwrap();
        let mut model = Model::new();
        let mut held = None;
        for (i, step) in steps.iter().enumerate() {
            play(&mut live, step);
            apply(&mut model, layer, step);
            if i == steps.len() / 2 {
                held = Some((live.snapshot(), model.clone()));
            }
        }
        let at = 401 * DAY;
        for (ties, model) in held.into_iter().chain([(live.snapshot(), model)]) {
            prop_assert_eq!(ties.edges(), model.len());
            let csr = ties.to_csr(at, 0.0);
            prop_assert_eq!(csr.edges(), model.len());
            for (&(a, b), parts) in &model {
                let want = read(parts, half_life, at);
                let got = ties.strength(a, b, at).unwrap();
                prop_assert!((got - want).abs() <= 1e-12 * want.abs() + 1e-290, "{} {}", got, want);
                prop_assert_eq!(csr.weight(a, b), Some(got));
                if !directed {
                    prop_assert_eq!(ties.strength(b, a, at), Some(got));
                }
            }
        }
    }
}

#[test]
fn hubs_and_batches_keep_rows_sorted() {
    let layer = TieLayer { directed: false, half_life: Some(DAY), signed: true };
    let (mut one, mut many) = (LiveGraph::new(layer).unwrap(), LiveGraph::new(layer).unwrap());
    one.grow(20_000).unwrap();
    many.grow(20_000).unwrap();
    let a: Vec<u32> = (0..40_000u32).map(|i| if i % 2 == 0 { 0 } else { i.wrapping_mul(7919) % 20_000 }).collect();
    let b: Vec<u32> = (0..40_000u32).map(|i| i.wrapping_mul(104_729) % 20_000).collect();
    let w: Vec<f64> = (0..40_000).map(|i| f64::from(i % 13) - 4.0).collect();
    let t: Vec<i64> = (0..40_000).map(|i| i64::from(i % 977) * DAY / 10).collect();
    many.upsert_batch(&a, &b, &w, &t).unwrap();
    many.compact();
    for i in 0..a.len() {
        one.upsert(a[i], b[i], w[i], t[i]).unwrap();
    }
    let (x, y) = (one.ties().to_csr(98 * DAY, 0.0), many.ties().to_csr(98 * DAY, 0.0));
    assert_eq!(x.targets(), y.targets());
    for node in 0..20_000u32 {
        for ((_, p), (_, q)) in x.ties(node).zip(y.ties(node)) {
            assert!((p - q).abs() <= 1e-12 * (p.abs() + 1.0));
        }
    }
    let per_arc = (many.ties().bytes() - 20_000 * 16) as f64 / x.arcs() as f64;
    assert!(per_arc < 12.5, "{per_arc}");
    one.isolate(0);
    assert_eq!(one.ties().degree(0), 0);
    assert_eq!(many.snapshot().degree(0), many.ties().degree(0));
}

#[test]
fn many_rows_equal_a_graph_from_columns() {
    let mut chance = crate::graph::chance::Chance::new(7, 0, 0);
    let mut live = LiveGraph::new(TieLayer { directed: false, half_life: None, signed: false }).unwrap();
    live.grow(3000).unwrap();
    let a: Vec<u32> = (0..60_000).map(|_| chance.below(3000) as u32).collect();
    let b: Vec<u32> = (0..60_000).map(|_| (chance.below(50) * chance.below(60)) as u32).collect();
    let w: Vec<f64> = (0..60_000).map(|_| chance.below(9) as f64).collect();
    for batch in [0..300, 300..9000, 9000..60_000] {
        let at = vec![0; batch.len()];
        live.upsert_batch(&a[batch.clone()], &b[batch.clone()], &w[batch], &at).unwrap();
    }
    let want = Csr::from_edges(3000, &a, &b, Some(&w), false).unwrap();
    let got = live.ties().to_csr(0, 0.0);
    assert_eq!((got.offsets(), got.targets(), got.weights()), (want.offsets(), want.targets(), want.weights()));
    for row in 0..9000 {
        let (there, before) = (live.ties().strength(a[row], b[row], 0).is_some(), live.ties().edges());
        assert_eq!(live.remove(a[row], b[row]).unwrap(), there);
        assert_eq!(live.ties().edges(), before - usize::from(there));
    }
    let gone: std::collections::BTreeSet<_> = (0..9000).flat_map(|r| [(a[r], b[r]), (b[r], a[r])]).collect();
    let want = want.filter(|x, y, _| !gone.contains(&(x, y)));
    assert_eq!(live.ties().to_csr(0, 0.0).targets(), want.targets());
}

#[test]
fn hostile_ties_are_errors() {
    assert!(LiveGraph::new(TieLayer { directed: true, half_life: Some(0), signed: false }).is_err());
    let mut live = LiveGraph::new(TieLayer { directed: true, half_life: None, signed: false }).unwrap();
    live.grow(2).unwrap();
    assert!(live.upsert(0, 2, 1.0, 0).is_err());
    assert!(live.upsert(0, 1, -1.0, 0).is_err());
    assert!(live.upsert(0, 1, f64::INFINITY, 0).is_err());
    assert!(live.upsert_batch(&[0, 0], &[1, 9], &[1.0, 1.0], &[0, 0]).is_err());
    assert!(live.upsert_batch(&[0], &[], &[], &[]).is_err());
    assert_eq!(live.ties().edges(), 0);
    assert_eq!(live.ties().strength(7, 7, 0), None);
    assert!(live.grow(usize::MAX).is_err());
    live.upsert(0, 0, 1.0, 0).unwrap();
    assert_eq!(live.ties().edges(), 0);
}

#[test]
fn times_far_apart_neither_overflow_nor_lose_the_young() {
    let mut live = LiveGraph::new(TieLayer { directed: true, half_life: Some(1), signed: false }).unwrap();
    live.grow(3).unwrap();
    live.upsert(0, 1, 1.0, 0).unwrap();
    live.upsert(0, 2, 1.0, i64::MAX / 2).unwrap();
    live.upsert(0, 1, 1.0, i64::MIN / 2).unwrap();
    assert_eq!(live.ties().strength(0, 2, i64::MAX / 2), Some(1.0));
    assert_eq!(live.ties().strength(0, 1, i64::MAX / 2), Some(0.0));
}
