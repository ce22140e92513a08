use super::*;
use crate::base::Claim;
use crate::graph::chance::Chance;
use crate::graph::csr::Csr;
use crate::graph::live::{LiveGraph, TieLayer};
use crate::graph::testdata::{self, assert_close};
use proptest::prelude::*;
use std::collections::BTreeSet;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

proptest! {
    #[test]
    fn arrivals_equal_a_search_over_paths(
        events in prop::collection::vec((0u32..6, 0u32..6, 0i64..8), 0..20), hops in 0usize..4,
    ) {
        let from: Vec<u32> = events.iter().map(|e| e.0).collect();
        let to: Vec<u32> = events.iter().map(|e| e.1).collect();
        let at: Vec<i64> = events.iter().map(|e| e.2).collect();
        let contacts = Contacts::new(6, &from, &to, &at).unwrap();
        fn walk(events: &[(u32, u32, i64)], node: u32, since: i64, hops: usize, first: &mut [Option<i64>]) {
            for &(_, to, at) in events.iter().filter(|e| hops > 0 && e.0 == node && e.2 > since) {
                let own = &mut first[to as usize];
                *own = Some(own.map_or(at, |old: i64| old.min(at)));
                walk(events, to, at, hops - 1, first);
            }
        }
        let reach = contacts.reach(hops);
        for source in 0..6 {
            let mut first = vec![None; 6];
            walk(&events, source, -1, hops, &mut first);
            first[source as usize] = None;
            prop_assert_eq!(&contacts.arrivals(source, hops, -1), &first);
            let exact = first.iter().flatten().count() as f64;
            prop_assert_eq!(reach[source as usize], exact, "small sets are exact");
        }
    }
}

#[test]
fn reach_is_exact_while_small_and_near_beyond() {
    let Some(rows) = testdata::numbers("streams/collegemsg/messages.csv.gz") else { return };
    let column = |i: usize| rows.iter().map(|r| r[i] as u32).collect::<Vec<_>>();
    let at: Vec<i64> = rows.iter().map(|r| r[2] as i64).collect();
    let nodes = rows.iter().map(|r| r[0].max(r[1]) as usize).max().unwrap() + 1;
    let contacts = Contacts::new(nodes, &column(0), &column(1), &at).unwrap();
    let reach = contacts.reach(3);
    let (mut off, mut count, mut small) = (0.0, 0.0, 0);
    for source in (1..nodes as u32).step_by(40) {
        let exact = contacts.arrivals(source, 3, i64::MIN).iter().flatten().count() as f64;
        if exact < 128.0 {
            assert_eq!(reach[source as usize], exact);
            small += 1;
        } else {
            off += ((reach[source as usize] - exact) / exact).abs();
            count += 1.0;
        }
    }
    assert!(small >= 10 && count >= 10.0, "{small} {count}");
    assert!(off / count < 0.15, "{}", off / count);
    let Some(friends) = testdata::pairs("social/lastfm2k/user_friends.csv.gz", 0, false) else { return };
    assert_eq!(reach_within(&friends, 1543, 1), 119);
    assert_eq!(reach_within(&friends, 1543, 99), 1842);
}

/// A star of 300 leaves, contacts that bring a part of it to others: exact up to 127 others and whole sets joined exactly,
/// whatever the order in which a set came together.
#[test]
fn reach_passes_from_lists_to_sketches() {
    let nodes = 304usize;
    let (mut from, mut to, mut at) = (Vec::new(), Vec::new(), Vec::new());
    let mut tell = |a: u32, b: std::ops::Range<u32>, when: i64| {
        b.for_each(|b| {
            from.push(a);
            to.push(b);
            at.push(when);
        });
    };
    tell(0, 4..131, 9);
    tell(1, 4..132, 9);
    tell(2, 100..304, 9);
    tell(3, 0..1, 8);
    tell(3, 0..1, 7);
    let contacts = Contacts::new(nodes, &from, &to, &at).unwrap();
    let reached = contacts.reached(2, |_| true);
    let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 0.4, "{a} {b}");
    assert_eq!(reached.together(&[0]), 127.0);
    // 3 hears of 0 and of all whom 0 tells: 128, and itself makes the list too long.
    near(reached.together(&[3]), 128.0);
    near(reached.together(&[1]), 128.0);
    near(reached.together(&[0, 2]), 300.0);
    // Once sketched, the order of joining does not show.
    assert_eq!(reached.together(&[0, 1, 2]).to_bits(), reached.together(&[2, 1, 0]).to_bits());
    let few = contacts.reached(2, |node| node >= 300);
    assert_eq!([few.together(&[0]), few.together(&[2]), few.together(&[0, 1, 2])], [0.0, 4.0, 4.0]);
    assert_eq!(few.together(&[999]), 0.0);
}

#[test]
fn trees_with_closed_forms() {
    // A path of n has mean distance (n + 1) / 3; a star of n has 2 (n - 1) / n.
    let n = 20u32;
    let line: Vec<u32> = (0..n - 1).collect();
    let after: Vec<u32> = (1..n).collect();
    let at: Vec<i64> = (0..i64::from(n) - 1).collect();
    let path = cascades(n as usize, &line, &after, &at).unwrap();
    assert!((path.virality()[0] - 7.0).abs() < 1e-12);
    assert_eq!((path.longest(), path.intermediaries().len(), path.sizes()[0]), (19, 18, 20));
    assert!((path.reproduction() - 0.95).abs() < 1e-15);
    let star = cascades(n as usize, &[0; 19], &after, &at).unwrap();
    assert!((star.virality()[0] - 38.0 / 20.0).abs() < 1e-12);
    assert!(star.virality()[1].is_nan() && star.intermediaries().is_empty());
    let value: Vec<f64> = (0..20).map(f64::from).collect();
    for rule in [Credit::Equal, Credit::Decay(0.5), Credit::Nearest, Credit::Decay(0.0)] {
        for tree in [&path, &star] {
            let credit = tree.credit(&value, rule).unwrap();
            assert!((credit.iter().sum::<f64>() - 190.0).abs() < 1e-9);
        }
    }
    assert_close(&path.credit(&value, Credit::Nearest).unwrap()[..3], &[1.0, 2.0, 3.0], 1e-15);
    let two = cascades(3, &[0, 1], &[1, 2], &[0, 1]).unwrap();
    assert_close(&two.credit(&[0.0, 0.0, 6.0], Credit::Equal).unwrap(), &[3.0, 3.0, 0.0], 1e-15);
    assert_close(&two.credit(&[0.0, 0.0, 6.0], Credit::Decay(0.5)).unwrap(), &[2.0, 4.0, 0.0], 1e-15);
}

proptest! {
    #[test]
    fn cascades_are_forests(rows in prop::collection::vec((0u32..15, 0u32..15, 0i64..5), 0..60)) {
        let by: Vec<u32> = rows.iter().map(|r| r.0).collect();
        let of: Vec<u32> = rows.iter().map(|r| r.1).collect();
        let at: Vec<i64> = rows.iter().map(|r| r.2).collect();
        let found = cascades(15, &by, &of, &at).unwrap();
        let kept = found.parent.iter().filter(|&&p| p != ROOT).count();
        prop_assert_eq!(kept + found.ignored, rows.len());
        for node in 0..15usize {
            let mut steps = 0;
            let mut now = node as u32;
            while found.parent[now as usize] != ROOT {
                now = found.parent[now as usize];
                steps += 1;
                prop_assert!(steps < 15);
            }
            prop_assert_eq!((found.depth[node], found.root[node]), (steps, now));
        }
        // Structural virality by all pairs.
        let up = |node: u32| std::iter::successors(Some(node), |&n| Some(found.parent[n as usize]).filter(|&p| p != ROOT)).collect::<Vec<_>>();
        let distance = |a: u32, b: u32| {
            let (x, y) = (up(a), up(b));
            let meet = x.iter().position(|n| y.contains(n)).unwrap();
            meet + y.iter().position(|n| *n == x[meet]).unwrap()
        };
        let virality = found.virality();
        for root in (0..15u32).filter(|&n| found.parent[n as usize] == ROOT) {
            let tree: Vec<u32> = (0..15).filter(|&n| found.root[n as usize] == root).collect();
            let pairs: Vec<usize> = tree.iter().flat_map(|&a| tree.iter().filter(move |&&b| b > a).map(move |&b| (a, b))).map(|(a, b)| distance(a, b)).collect();
            let want = if pairs.is_empty() { 0.0 } else { pairs.iter().sum::<usize>() as f64 / pairs.len() as f64 };
            prop_assert!((virality[root as usize] - want).abs() < 1e-12);
        }
        let value: Vec<f64> = (0..15).map(|i| f64::from(i) - 3.0).collect();
        for rule in [Credit::Equal, Credit::Decay(0.7), Credit::Nearest] {
            prop_assert!((found.credit(&value, rule).unwrap().iter().sum::<f64>() - value.iter().sum::<f64>()).abs() < 1e-9);
        }
    }
}

#[test]
fn bass_as_scipy() {
    let med = [11.0, 9.0, 9.0, 11.0, 11.0, 11.0, 13.0, 7.0, 4.0, 1.0, 5.0, 3.0, 3.0, 4.0, 4.0, 2.0, 1.0];
    let fit = fit_bass(&med).unwrap();
    assert_close(&[fit.p, fit.q], &[8.12342535e-02, 2.06662291e-01], 1e-6);
    assert!((fit.market - 109.537117).abs() < 1e-3 && (fit.squares - 62.45102788655961).abs() < 1e-7);
    let farmers =
        [6.0, 2.0, 4.0, 6.0, 32.0, 3.0, 3.0, 14.0, 3.0, 90.0, 6.0, 42.0, 17.0, 41.0, 64.0, 55.0, 64.0, 45.0, 43.0];
    let fit = fit_bass(&farmers).unwrap();
    assert_close(&[fit.p, fit.q], &[3.85335502e-03, 2.55683159e-01], 1e-5);
    assert!((fit.squares - 6876.142534165414).abs() < 1e-5);
    let true_one = Bass { p: 0.01, q: 0.4, market: 1000.0, squares: 0.0 };
    let curve: Vec<f64> = (1..21).map(|t| true_one.adopters(t)).collect();
    let fit = fit_bass(&curve).unwrap();
    assert_close(&[fit.p, fit.q, fit.market / 1000.0], &[0.01, 0.4, 1.0], 1e-7);
    assert!(fit_bass(&[1.0, 2.0, 3.0]).is_err());
    assert!(fit_bass(&[0.0; 9]).is_err());
    assert!(fit_bass(&[1.0, f64::NAN, 1.0, 1.0]).is_err());
}

#[test]
fn thresholds_and_hazard() {
    let graph = Csr::from_edges(4, &[0, 0, 0, 1], &[1, 2, 3, 2], Some(&[1.0, 1.0, 2.0, 1.0]), true).unwrap();
    let adopted = [3.0, 1.0, 2.0, f64::NAN];
    assert_close(&exposure(&graph, &adopted, 1.0).unwrap(), &[0.25, 0.0, f64::NAN, f64::NAN], 1e-15);
    assert_close(&adoption_thresholds(&graph, &adopted, 0.0).unwrap(), &[0.5, 0.0, f64::NAN, f64::NAN], 1e-15);
    assert_close(&adoption_thresholds(&graph, &adopted, 1.5).unwrap()[..1], &[0.25], 1e-15);
    assert_close(&adoption_hazard(10.0, &[5.0, 1.0, 4.0, 1.0]), &[0.5, 0.2, 1.0, f64::NAN], 1e-15);
    assert!(exposure(&graph, &[1.0], 0.0).is_err());
}

#[test]
fn no_evidence_of_influence_on_ciao() {
    let Some(rows) = testdata::numbers("social/ciao/reviews.csv.gz") else { return };
    let Some(trust) = testdata::pairs("social/ciao/trust.csv.gz", 0, true) else { return };
    let column = |i: usize| rows.iter().map(|r| r[i] as u32).collect::<Vec<_>>();
    let at: Vec<i64> = rows.iter().map(|r| r[5] as i64).collect();
    let adoptions = Adoptions { node: &column(0), item: &column(1), at: &at };
    let verdict = influence(&trust, &adoptions, 365 * 86_400, 1).unwrap();
    assert_eq!(verdict.claim, Claim::NoEvidence, "{verdict}");
    let expected = (72_954.0 - 85_269.0) / (72_954.0 + 85_269.0);
    assert!((verdict.value - expected).abs() < 5e-3, "{verdict}");
    assert!(verdict.why.contains("ties predict adoption"), "{verdict}");
}

#[test]
fn planted_influence_is_found_and_homophily_is_not() {
    let mut chance = Chance::new(8, 8, 8);
    let nodes = 400;
    let source: Vec<u32> = (0..3000).map(|_| chance.below(nodes) as u32).collect();
    let near = |s: u32, chance: &mut Chance| (s / 40 * 40 + chance.below(40) as u32) % 400;
    let target: Vec<u32> = source.iter().map(|&s| near(s, &mut chance)).collect();
    let graph = Csr::from_edges(nodes, &source, &target, None, true).unwrap();
    let mut rows: Vec<(u32, u32, i64)> = Vec::new();
    for item in 0..300u32 {
        for node in 0..400u32 {
            // Groups like the same items, at random times.
            if node / 40 == item % 10 && chance.uniform() < 0.3 {
                rows.push((node, item, chance.below(1000) as i64));
            }
        }
    }
    let verdict = |rows: &[(u32, u32, i64)]| {
        let node: Vec<u32> = rows.iter().map(|r| r.0).collect();
        let item: Vec<u32> = rows.iter().map(|r| r.1).collect();
        let at: Vec<i64> = rows.iter().map(|r| r.2).collect();
        influence(&graph, &Adoptions { node: &node, item: &item, at: &at }, 300, 1).unwrap()
    };
    assert_eq!(verdict(&rows).claim, Claim::NoEvidence, "{}", verdict(&rows));
    let mut moved = rows.clone();
    for &(node, item, at) in &rows {
        let back: Vec<u32> = (0..400u32).filter(|&u| graph.weight(u, node).is_some()).collect();
        moved.extend(back.into_iter().filter(|_| chance.uniform() < 0.2).map(|u| (u, item, at + 5)));
    }
    let found = verdict(&moved);
    assert_eq!(found.claim, Claim::Effect, "{found}");
    assert!(found.value > found.null);
    let few = verdict(&rows[..3]);
    assert_eq!(few.claim, Claim::CannotTell);
    let undirected = graph.to_undirected();
    let adoptions = Adoptions { node: &[0], item: &[0], at: &[0] };
    assert_eq!(influence(&undirected, &adoptions, 1, 0).unwrap().claim, Claim::CannotTell);
    assert!(influence(&graph, &adoptions, 0, 0).is_err());
    assert!(influence(&graph, &Adoptions { node: &[999], ..adoptions }, 1, 0).is_err());
}

#[test]
fn planted_bursts_are_found_live_and_dissolve() {
    let mut chance = Chance::new(6, 6, 6);
    let nodes = 300usize;
    let layer = |half_life| TieLayer { directed: false, half_life: Some(half_life), signed: false };
    let (mut fast, mut slow) = (LiveGraph::new(layer(DAY)).unwrap(), LiveGraph::new(layer(10 * DAY)).unwrap());
    fast.grow(nodes).unwrap();
    slow.grow(nodes).unwrap();
    // Steady contact of fixed pairs; days 30 to 33 one set of twelve talks at once.
    let friends: Vec<(u32, u32)> = (0..900).map(|_| (chance.below(nodes) as u32, chance.below(nodes) as u32)).collect();
    let planted: Vec<u32> = (0..12).map(|i| i * 25).collect();
    let mut tracker = FlashTracker::new(2);
    let (mut born, mut dissolved, mut peaks) = (Vec::new(), Vec::new(), 0);
    for day in 0..60i64 {
        let mut talk = |a: u32, b: u32, at: i64| {
            fast.upsert(a, b, 1.0, at).unwrap();
            slow.upsert(a, b, 1.0, at).unwrap();
        };
        for &(a, b) in &friends {
            if chance.uniform() < 0.5 {
                talk(a, b, day * DAY + chance.below(24) as i64 * HOUR);
            }
        }
        if (30..33).contains(&day) {
            for (i, &a) in planted.iter().enumerate() {
                for &b in &planted[i + 1..] {
                    for _ in 0..6 {
                        talk(a, b, day * DAY + chance.below(24) as i64 * HOUR);
                    }
                }
            }
        }
        let now = (day + 1) * DAY;
        let sets =
            flash_sets(&fast.ties().to_csr(now, 0.0), &slow.ties().to_csr(now, 0.0), &FlashOptions::default()).unwrap();
        for change in tracker.look(now, &sets) {
            match change {
                FlashChange::Birth { id, since } => born.push((id, since / DAY)),
                FlashChange::Dissolved { id, last } => dissolved.push((id, last / DAY)),
                FlashChange::Peak { .. } => peaks += 1,
            }
        }
        if day == 32 {
            let (_, members) = tracker.communities().next().unwrap();
            let (found, truth): (BTreeSet<_>, BTreeSet<_>) = (members.iter().collect(), planted.iter().collect());
            assert_eq!(found, truth);
        }
    }
    assert_eq!((born.len(), dissolved.len()), (1, 1), "{born:?} {dissolved:?}");
    assert_eq!(born[0], (0, 31));
    assert!((33..40).contains(&dissolved[0].1) && peaks <= 1, "{dissolved:?}");
    let one = Csr::from_edges(1, &[], &[], None, false).unwrap();
    let two = Csr::from_edges(2, &[], &[], None, false).unwrap();
    assert!(flash_sets(&one, &two, &FlashOptions::default()).is_err());
    assert!(flash_sets(&one, &one, &FlashOptions { ratio: 1.0, ..Default::default() }).is_err());
}

#[test]
fn hostile_columns_are_errors() {
    assert!(Contacts::new(1, &[0], &[1], &[0]).is_err());
    assert!(Contacts::new(1, &[0], &[], &[0]).is_err());
    let none = Contacts::new(0, &[], &[], &[]).unwrap();
    assert_eq!((none.reach(2).len(), none.arrivals(4, 2, 0).len()), (0, 0));
    assert!(cascades(1, &[0], &[1], &[0]).is_err());
    let own = cascades(2, &[0, 1], &[0, 0], &[0, 1]).unwrap();
    assert_eq!((own.ignored, own.parent[0]), (1, 1));
    assert!(own.credit(&[1.0], Credit::Equal).is_err());
    assert!(own.credit(&[1.0, 1.0], Credit::Decay(2.0)).is_err());
    assert_eq!(cascades(0, &[], &[], &[]).unwrap().longest(), 0);
}
