use super::*;
use crate::base::ErrorKind;
use crate::base::random::Random;

struct World {
    age: Vec<f64>,
    kind: Vec<f64>,
    noise: Vec<f64>,
    target: Vec<f64>,
    treated: Vec<bool>,
}

/// Response rises from age 40 on for kinds 1 and 3; the treatment works on kind 2 alone.
fn world(seed: u64, rows: usize, uplift: f64) -> World {
    let mut random = Random::keyed(seed, 0);
    let mut world = World { age: vec![], kind: vec![], noise: vec![], target: vec![], treated: vec![] };
    for row in 0..rows {
        let (age, kind) = ((20.0 + 60.0 * random.uniform()).floor(), random.below(5) as f64);
        let treated = random.uniform() < 0.5;
        let lifted = if treated && kind == 2.0 { uplift } else { 0.0 };
        let p = 0.1 + if age >= 40.0 && (kind == 1.0 || kind == 3.0) { 0.5 } else { 0.0 } + lifted;
        world.age.push(if row % 20 == 0 { f64::NAN } else { age });
        world.kind.push(kind);
        world.noise.push(random.uniform());
        world.target.push(f64::from(u8::from(random.uniform() < p)));
        world.treated.push(treated);
    }
    world
}

impl World {
    fn columns(&self) -> [Characteristic<'_>; 3] {
        [Characteristic::Number(&self.noise), Characteristic::Number(&self.age), Characteristic::Label(&self.kind)]
    }

    fn row(&self, row: usize) -> [f64; 3] {
        [self.noise[row], self.age[row], self.kind[row]]
    }
}

/// Whether a row fulfils the conditions of a leaf.
fn holds(conditions: &[Condition], row: &[f64]) -> bool {
    conditions.iter().all(|one| {
        let value = row[one.of];
        if value.is_nan() {
            return one.unknown;
        }
        one.from.is_none_or(|from| value >= from)
            && one.below.is_none_or(|below| value < below)
            && (one.among.is_empty() || one.among.contains(&value))
            && !one.without.contains(&value)
    })
}

#[test]
fn the_planted_segments_are_found() {
    let world = world(1, 4000, 0.0);
    let tree = ConditionalTree::fit(&world.columns(), &world.target, None, &ConditionalTreeParams::default()).unwrap();
    let Node::Split { of: 2, question: Question::Among(labels), .. } = &tree.nodes()[0] else { panic!("{tree:?}") };
    assert!(labels == &[0.0, 2.0, 4.0] || labels == &[1.0, 3.0], "{labels:?}");
    let ages: Vec<f64> = tree
        .nodes()
        .iter()
        .filter_map(|node| {
            if let Node::Split { of: 1, question: Question::Below(age), .. } = node { Some(*age) } else { None }
        })
        .collect();
    assert_eq!(ages, [39.5]);
    let highest = tree.leaves().into_iter().map(|(_, leaf)| leaf.mean).fold(0.0, f64::max);
    assert!((highest - 0.6).abs() < 0.05);
}

/// The conditions of exactly one leaf hold for a row: the one in which it is.
#[test]
fn rules_reproduce_the_assignment() {
    for seed in 0..10 {
        let world = world(seed, 1500, 0.3);
        let params = ConditionalTreeParams { alpha: 0.9, minimum: 10, depth: 6 };
        let tree = ConditionalTree::fit(&world.columns(), &world.target, None, &params).unwrap();
        let leaves = tree.leaves();
        assert!(leaves.len() > 5);
        let rules: Vec<(usize, Vec<Condition>)> =
            leaves.iter().map(|(place, _)| (*place, tree.conditions(*place))).collect();
        let mut sizes = std::collections::BTreeMap::new();
        for row in 0..1500 {
            let row = world.row(row);
            let held: Vec<usize> =
                rules.iter().filter(|(_, rule)| holds(rule, &row)).map(|(place, _)| *place).collect();
            assert_eq!(held, [tree.leaf(&row)]);
            *sizes.entry(held[0]).or_insert(0) += 1;
        }
        assert!(leaves.iter().all(|(place, leaf)| sizes[place] == leaf.size && leaf.size >= 10));
        assert_eq!(ConditionalTree::from_nodes(3, tree.nodes().to_vec()).unwrap(), tree);
    }
}

/// Where nothing has to do with anything, a tree is one leaf, in all but alpha of the runs; and a quantity of
/// many values is chosen no more often than its share.
#[test]
fn nothing_is_found_in_noise() {
    let (mut grown, mut by) = (0, [0; 3]);
    for seed in 0..400 {
        let mut world = world(seed, 300, 0.0);
        let mut random = Random::keyed(seed, 1);
        world.target.iter_mut().for_each(|y| *y = random.normal());
        let tree =
            ConditionalTree::fit(&world.columns(), &world.target, None, &ConditionalTreeParams::default()).unwrap();
        if let Node::Split { of, .. } = &tree.nodes()[0] {
            grown += 1;
            by[*of] += 1;
        }
    }
    assert!(grown < 35 && by.iter().all(|count| *count < 20), "{grown} {by:?}");
}

/// Toward uplift the tree parts who is moved from who is not, though others respond more.
#[test]
fn uplift_is_what_is_grown_toward() {
    let world = world(5, 12_000, 0.3);
    let params = ConditionalTreeParams { minimum: 200, ..ConditionalTreeParams::default() };
    let tree = ConditionalTree::fit(&world.columns(), &world.target, Some(&world.treated), &params).unwrap();
    let Node::Split { of: 2, question: Question::Among(labels), .. } = &tree.nodes()[0] else { panic!("{tree:?}") };
    assert!(labels == &[2.0] || labels == &[0.0, 1.0, 3.0, 4.0], "{labels:?}");
    let moved = tree.nodes()[tree.leaf(&[0.5, 50.0, 2.0])].clone();
    let Node::Leaf(leaf) = moved else { panic!("{moved:?}") };
    assert!(leaf.interval.0 < 0.3 && 0.3 < leaf.interval.1 && leaf.interval.0 > 0.1, "{leaf:?}");
}

#[test]
fn bad_input_has_rules() {
    let x = [1.0, 2.0, f64::NAN, 4.0];
    let one = [Characteristic::Number(&x)];
    let fit = |target: &[f64], treated: Option<&[bool]>| {
        ConditionalTree::fit(&one, target, treated, &ConditionalTreeParams::default()).map_err(|error| error.kind())
    };
    assert_eq!(fit(&[1.0], None), Err(ErrorKind::SchemaRange));
    assert_eq!(fit(&[f64::NAN; 4], None), Err(ErrorKind::NotEnoughData));
    assert_eq!(fit(&[0.0; 4], Some(&[true; 4])), Err(ErrorKind::NotEnoughData));
    let single = fit(&[1.0, 0.0, 1.0, f64::NAN], None).unwrap();
    assert_eq!(single.leaves().len(), 1);
    assert_eq!((single.leaf(&[]), single.conditions(0)), (0, vec![]));
    let params = ConditionalTreeParams { depth: 13, ..ConditionalTreeParams::default() };
    assert!(ConditionalTree::fit(&one, &[0.0; 4], None, &params).is_err());
    let split = Node::Split { of: 0, question: Question::Below(1.0), unknown: true, yes: 0, no: 0, p_value: 0.0 };
    assert!(ConditionalTree::from_nodes(1, vec![split]).is_err() && ConditionalTree::from_nodes(1, vec![]).is_err());
}

#[test]
fn rows_are_assigned_to_the_leaves_that_they_end_in() {
    let world = world(3, 2_000, 0.0);
    let tree = ConditionalTree::fit(&world.columns(), &world.target, None, &ConditionalTreeParams::default()).unwrap();
    let leaves = tree.leaves();
    let assigned = tree.assign(&world.columns()).unwrap();
    assert!(leaves.len() > 2 && assigned.len() == 2_000);
    assert!((0..2_000).all(|row| leaves[assigned[row] as usize].0 == tree.leaf(&world.row(row))));
    assert_eq!(tree.assign(&world.columns()[..2]).unwrap_err().kind(), ErrorKind::SchemaRange);
}

/// What never happened in a leaf may yet: no interval is a point, of flags or of numbers.
#[test]
fn leaves_are_never_certain() {
    let x: Vec<f64> = (0..300).map(f64::from).collect();
    let fit = |target: &[f64]| {
        let columns = [Characteristic::Number(&x)];
        let tree = ConditionalTree::fit(&columns, target, None, &ConditionalTreeParams::default()).unwrap();
        tree.leaves().into_iter().map(|(_, leaf)| leaf).collect::<Vec<Leaf>>()
    };
    let flags: Vec<f64> = x.iter().map(|x| f64::from(u8::from(*x < 100.0))).collect();
    let leaves = fit(&flags);
    assert_eq!(leaves.iter().map(|leaf| leaf.mean).collect::<Vec<f64>>(), [1.0, 0.0]);
    // scipy, beta.ppf([0.025, 0.975], 100.5, 0.5) and beta.ppf([0.025, 0.975], 0.5, 200.5).
    let ends = [(0.975_254_7, 1.0), (0.0, 0.012_465_6)];
    for (leaf, (low, high)) in leaves.iter().zip(ends) {
        assert!((leaf.interval.0 - low).abs() < 2e-5 && (leaf.interval.1 - high).abs() < 2e-5, "{leaf:?}");
        assert!(leaf.interval.0 <= leaf.mean && leaf.mean <= leaf.interval.1);
    }
    let numbers: Vec<f64> = x.iter().map(|x| if *x < 100.0 { 7.0 } else { 0.0 }).collect();
    assert!(fit(&numbers).iter().all(|leaf| leaf.interval.0 < leaf.mean && leaf.mean < leaf.interval.1));
    assert!(fit(&[3.0; 300]).iter().all(|leaf| leaf.interval.0.is_nan()));
    assert!(fit(&[0.0; 300]).iter().all(|leaf| leaf.interval.1 > 0.0));
}
