use proptest::prelude::*;

use super::*;
use crate::base::random::Random;

/// A matrix that owns its parts.
struct Owned {
    columns: usize,
    ends: Vec<usize>,
    index: Vec<u32>,
    values: Vec<f64>,
}

impl Owned {
    fn new(columns: usize, rows: &[Vec<f64>]) -> Self {
        let mut owned = Owned { columns, ends: Vec::new(), index: Vec::new(), values: Vec::new() };
        for row in rows {
            for (column, value) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                owned.index.push(column as u32);
                owned.values.push(*value);
            }
            owned.ends.push(owned.index.len());
        }
        owned
    }

    fn csr(&self) -> Csr<'_> {
        Csr::new(self.columns, &self.ends, &self.index, &self.values).unwrap()
    }
}

/// Square roots of the counts of 300 rows over 40 terms with five planted topics.
fn planted() -> Owned {
    let mut state = 1_u64;
    let mut rows = vec![vec![0.0; 40]; 300];
    for (i, row) in rows.iter_mut().enumerate() {
        for _ in 0..30 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let u = (state >> 33) as usize;
            let topic = match u % 10 {
                0..6 => i % 5,
                6..9 => (i * 7 / 5) % 5,
                _ => (u >> 24) % 5,
            };
            row[topic * 8 + ((u >> 8) % 8).min((u >> 16) % 8)] += 1.0;
        }
    }
    rows.iter_mut().flatten().for_each(|x: &mut f64| *x = x.sqrt());
    Owned::new(40, &rows)
}

#[test]
fn as_good_as_scikit_learn() {
    let owned = planted();
    let x = owned.csr();
    assert_eq!(owned.values.len(), 3693);
    assert!((sum(&owned.values) - 5446.797425621042).abs() < 1e-8);
    // scikit-learn 1.9.1, NMF(init="nndsvd", tol=1e-4, max_iter=200): reconstruction_err_, n_iter_.
    for (topics, error, sweeps) in
        [(3, 61.920789528071936, 130), (5, 41.98348422089603, 13), (8, 39.31882421166195, 200)]
    {
        let fit = Nmf { topics, iterations: 200, ..Nmf::default() }.fit(&x).unwrap();
        assert!(fit.topics.objective <= error * 1.001, "{topics}: {} not {error}", fit.topics.objective);
        assert!(fit.topics.iterations.abs_diff(sweeps) <= 20, "{topics}: {} not {sweeps}", fit.topics.iterations);
    }
    let fit = Nmf { topics: 5, ..Nmf::default() }.fit(&x).unwrap();
    let row = fit.topics.row(0);
    assert_eq!(fit.topics.top_terms(0, 1), [8]);
    assert!((row[3] - 0.003635622003171368).abs() < 1e-6 && (row[5] - 0.005815186583213554).abs() < 1e-6, "{row:?}");
    let want = [[0.0, 13.77166525, 0.75032078, 0.94868282, 0.0], [14.10292633, 0.0, 0.0, 1.14153419, 0.0]];
    for (row, want) in want.iter().enumerate() {
        let (index, values) = x.row(row);
        for (got, want) in fit.topics.fold_in(index, values).unwrap().iter().zip(want) {
            assert!((got - want).abs() < 1e-4, "{row}: {got} {want}");
        }
    }
}

#[test]
fn objective_is_the_norm_of_the_difference() {
    let owned = planted();
    let fit = Nmf { topics: 5, ..Nmf::default() }.fit(&owned.csr()).unwrap();
    let mut square = 0.0;
    for (i, weights) in fit.weights.chunks(5).enumerate() {
        let (index, values) = owned.csr().row(i);
        let mut row = [0.0; 40];
        index.iter().zip(values).for_each(|(j, v)| row[*j as usize] = *v);
        for (j, value) in row.iter().enumerate() {
            let fitted: f64 = (0..5).map(|t| weights[t] * fit.topics.row(t)[j]).sum();
            square += (value - fitted) * (value - fitted);
        }
    }
    assert!((square.sqrt() - fit.topics.objective).abs() < 1e-10);
}

#[test]
fn same_bits_on_any_number_of_threads() {
    let mut random = Random::keyed(1, 1);
    let rows: Vec<Vec<f64>> = (0..9000).map(|_| (0..7).map(|_| (random.below(4) as f64).sqrt()).collect()).collect();
    let owned = Owned::new(7, &rows);
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Nmf { topics: 3, tolerance: 1e-4, iterations: 20 }.fit(&owned.csr()).unwrap())
    };
    let (one, two, eight) = (on(1), on(2), on(8));
    let bits = |fit: &Fit| fit.topics.rows.iter().chain(&fit.weights).map(|x| x.to_bits()).collect::<Vec<_>>();
    assert!(bits(&one) == bits(&two) && bits(&one) == bits(&eight));
}

#[test]
fn singular_values_of_numpy() {
    // numpy.linalg.svd of the planted matrix (numpy 2.4.6).
    let svd = svd::truncated(&planted().csr(), 4);
    for (got, want) in svd.values.iter().zip(SINGULAR) {
        assert!((got - want).abs() < 1e-7, "{got} {want}");
    }
    for (i, a) in svd.right.iter().enumerate() {
        for (j, b) in svd.right.iter().enumerate() {
            assert!((dot(a, b) - if i == j { 1.0 } else { 0.0 }).abs() < 1e-10);
            assert!((dot(&svd.left[i], &svd.left[j]) - if i == j { 1.0 } else { 0.0 }).abs() < 1e-9);
        }
    }
}

const SINGULAR: [f64; 4] = [54.803555677704885, 33.35585377737993, 32.64621071844469, 32.20361597564482];

#[test]
fn fewer_directions_than_topics() {
    let owned = Owned::new(4, &[vec![1.0, 2.0, 0.0, 1.0], vec![2.0, 4.0, 0.0, 2.0], vec![0.0; 4], vec![0.0; 4]]);
    let fit = Nmf { topics: 2, ..Nmf::default() }.fit(&owned.csr()).unwrap();
    assert!(fit.topics.objective < 1e-6, "{}", fit.topics.objective);
    assert!(fit.topics.rows.iter().chain(&fit.weights).all(|x| x.is_finite()));
    assert!((sum(fit.topics.row(0)) - 1.0).abs() < 1e-12);
}

#[test]
fn folding_in() {
    let fit = Nmf { topics: 5, ..Nmf::default() }.fit(&planted().csr()).unwrap();
    let nothing = fit.topics.fold_in(&[], &[]).unwrap();
    assert_eq!(nothing, [0.0; 5]);
    assert!(shares(&nothing).iter().all(|x| x.is_nan()) && entropy(&nothing).is_nan() && dominant(&nothing).is_none());
    let known = fit.topics.fold_in(&[8], &[2.0]).unwrap();
    assert_eq!(dominant(&known), Some(0));
    let unknown = fit.topics.fold_in(&[8, 4000, 9, 10], &[2.0, 9.0, f64::NAN, -1.0]).unwrap();
    assert_eq!(unknown, known);
    let mut broken = fit.topics.clone();
    broken.terms = 41;
    assert_eq!(broken.fold_in(&[], &[]).unwrap_err().kind(), ErrorKind::SchemaRange);
    broken.terms = usize::MAX;
    assert!(broken.prepare().is_err() && broken.row(1).is_empty());
}

#[test]
fn bad_matrices_and_options() {
    let refused = |columns, ends: &[usize], index: &[u32], values: &[f64]| {
        Csr::new(columns, ends, index, values).unwrap_err().kind() == ErrorKind::SchemaRange
    };
    assert!(refused(3, &[1], &[0, 1], &[1.0, 1.0]));
    assert!(refused(3, &[2], &[1, 0], &[1.0, 1.0]));
    assert!(refused(3, &[2], &[0, 3], &[1.0, 1.0]));
    assert!(refused(3, &[2, 1, 2], &[0, 1], &[1.0, 1.0]));
    assert!(refused(3, &[9, 2], &[0, 1], &[1.0, 1.0]));
    assert!(refused(3, &[1], &[0], &[f64::NAN]) && refused(3, &[1], &[0], &[-1.0]));
    assert!(refused(3, &[], &[0], &[1.0]));
    let owned = planted();
    for nmf in [
        Nmf { topics: 0, ..Nmf::default() },
        Nmf { iterations: 0, ..Nmf::default() },
        Nmf { tolerance: f64::NAN, ..Nmf::default() },
    ] {
        assert_eq!(nmf.fit(&owned.csr()).unwrap_err().kind(), ErrorKind::SchemaRange);
    }
    let few = Nmf { topics: 41, ..Nmf::default() }.fit(&owned.csr()).unwrap_err();
    assert_eq!(few.kind(), ErrorKind::NotEnoughData);
    let zero = Owned::new(2, &[vec![0.0; 2], vec![0.0; 2]]);
    assert_eq!(Nmf { topics: 1, ..Nmf::default() }.fit(&zero.csr()).unwrap_err().kind(), ErrorKind::NotEnoughData);
}

#[test]
fn ids_survive_a_refit() {
    let owned = planted();
    let old = Nmf { topics: 5, ..Nmf::default() }.fit(&owned.csr()).unwrap().topics;
    // The same people, a few terms louder: topics come in another order.
    let louder: Vec<f64> =
        owned.values.iter().zip(&owned.index).map(|(x, j)| x * (1.0 + 0.2 * f64::from(*j / 8))).collect();
    let matrix = Csr::new(40, &owned.ends, &owned.index, &louder).unwrap();
    let new = Nmf { topics: 5, ..Nmf::default() }.fit(&matrix).unwrap().topics;
    let matched = match_topics(&old, &new, 0.5);
    for (ours, theirs) in matched.iter().enumerate() {
        assert_eq!(new.top_terms(ours, 1)[0] / 8, old.top_terms(theirs.unwrap(), 1)[0] / 8);
    }
    assert_ne!(matched, [Some(0), Some(1), Some(2), Some(3), Some(4)]);
    let more = Nmf { topics: 6, ..Nmf::default() }.fit(&owned.csr()).unwrap().topics;
    assert_eq!(match_topics(&old, &more, 0.5).iter().flatten().count(), 5);
    assert_eq!(match_topics(&more, &old, 2.0), [None; 5]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn weights_meet_the_conditions_of_optimality(seed: u64, n in 0usize..12) {
        let fit = Nmf { topics: 4, ..Nmf::default() }.fit(&planted().csr()).unwrap().topics;
        let mut random = Random::keyed(seed, 0);
        let terms: Vec<u32> = (0..n).map(|_| random.below(40) as u32).collect();
        let values: Vec<f64> = (0..n).map(|_| random.exponential()).collect();
        let weights = fit.fold_in(&terms, &values).unwrap();
        let mut rest = [0.0; 40];
        terms.iter().zip(&values).for_each(|(t, v)| rest[*t as usize] += v);
        for (j, slot) in rest.iter_mut().enumerate() {
            *slot -= (0..4).map(|t| weights[t] * fit.row(t)[j]).sum::<f64>();
        }
        for (topic, weight) in weights.iter().enumerate() {
            let slope = dot(fit.row(topic), &rest);
            prop_assert!(*weight >= 0.0 && slope <= 1e-9 && (*weight == 0.0 || slope.abs() <= 1e-9));
        }
    }

    #[test]
    fn eigenvectors_rebuild_the_matrix(seed: u64, n in 1usize..9) {
        let mut random = Random::keyed(seed, 1);
        let root: Vec<f64> = (0..n * n).map(|_| random.normal()).collect();
        let matrix = csr::gram(&root, n);
        let (values, vectors) = svd::eigen(matrix.clone(), n);
        prop_assert!(values.windows(2).all(|pair| pair[0] >= pair[1]));
        for i in 0..n {
            for j in 0..n {
                let got: f64 = (0..n).map(|e| values[e] * vectors[e * n + i] * vectors[e * n + j]).sum();
                prop_assert!((got - matrix[i * n + j]).abs() < 1e-10 * values[0].max(1.0));
            }
        }
    }
}
