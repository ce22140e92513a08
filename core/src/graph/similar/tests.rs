use super::*;

#[test]
fn neighbours_by_need_equal_brute_force() {
    let mut chance = crate::graph::chance::Chance::new(1, 1, 1);
    let (rows, width, k) = (60, 4, 5);
    let mut vectors: Vec<f64> = (0..rows * width).map(|_| chance.uniform() - 0.2).collect();
    vectors[..4].fill(0.0);
    vectors[5] = f64::NAN;
    let graph = nearest_by_need(&vectors, width, k).unwrap();
    let cosine = |a: usize, b: usize| {
        let (a, b) = (&vectors[a * width..(a + 1) * width], &vectors[b * width..(b + 1) * width]);
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(p, q)| p * q).sum::<f64>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    let near = |a: usize| {
        let mut all: Vec<usize> = (0..rows).filter(|&b| b != a && cosine(a, b) > 0.0).collect();
        all.sort_by(|&x, &y| cosine(a, y).total_cmp(&cosine(a, x)));
        all.truncate(k);
        all
    };
    let near: Vec<Vec<usize>> = (0..rows).map(near).collect();
    for a in 0..rows {
        for b in 0..rows {
            let want = a != b && (near[a].contains(&b) || near[b].contains(&a));
            let got = graph.weight(a as u32, b as u32);
            assert_eq!(got.is_some(), want, "{a} {b}");
            assert!(got.is_none_or(|w| (w - cosine(a, b)).abs() < 1e-12));
        }
    }
    assert_eq!(graph.degree(0) + graph.degree(1), 0);
    assert!(nearest_by_need(&[1.0], 2, 1).is_err());
    assert!(nearest_by_need(&[], 0, 1).is_err());
}

#[test]
fn places_tie_their_people() {
    let graph = project(4, &[0, 1, 2, 0, 1, 1, 3], &[0, 0, 0, 1, 1, 1, 2], 10).unwrap();
    assert_eq!((graph.weight(0, 1), graph.weight(0, 2), graph.degree(3)), (Some(1.5), Some(0.5), 0));
    assert_eq!(project(4, &[0, 1, 2], &[0, 0, 0], 2).unwrap().edges(), 0);
    assert!(project(1, &[1], &[0], 2).is_err());
}
