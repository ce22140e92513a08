use super::*;
use crate::base::ErrorKind;
use crate::base::random::Random;

/// 60 rows of two columns in three clouds that touch.
fn clouds() -> Vec<f64> {
    let row = |i: u32| {
        let cloud = f64::from(i % 3);
        [f64::from(i * 37 % 101) / 10.0 + cloud * 8.0, f64::from(i * 53 % 89) / 7.0 - cloud * 5.0]
    };
    (0..60).flat_map(row).collect()
}

/// Rows around `k` far centres.
fn far(n: usize, dims: usize, k: u64, seed: u64) -> Vec<f64> {
    let mut random = Random::keyed(seed, 0);
    let centres: Vec<f64> = (0..k as usize * dims).map(|_| 40.0 * random.uniform()).collect();
    let row = |_| {
        let centre = random.below(k) as usize * dims;
        (0..dims).map(|j| centres[centre + j] + random.normal()).collect::<Vec<f64>>()
    };
    (0..n).flat_map(row).collect()
}

#[test]
fn no_partition_is_better() {
    // All partitions of 9 rows into at most 3 clusters.
    let data = [0.0, 1.0, 4.0, 5.0, 5.5, 9.0, 13.0, 13.5, 20.0];
    let points = Points::new(&data, 1).unwrap();
    let mut best = f64::INFINITY;
    for code in 0..3u32.pow(9) {
        let labels: Vec<usize> = (0..9).map(|i| (code / 3u32.pow(i) % 3) as usize).collect();
        let inertia: f64 = (0..3)
            .map(|cluster| {
                let own: Vec<f64> = (0..9).filter(|i| labels[*i] == cluster).map(|i| data[i]).collect();
                let mean = own.iter().sum::<f64>() / own.len().max(1) as f64;
                own.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>()
            })
            .sum();
        best = best.min(inertia);
    }
    let fitted = KMeans::fit(&points, &KMeansParams::new(3)).unwrap();
    assert!((fitted.inertia / best - 1.0).abs() < 1e-12 && fitted.converged, "{fitted:?} {best}");
    assert_eq!(fitted.model.predict(&points).unwrap(), fitted.labels);
    let one = KMeans::fit(&points, &KMeansParams::new(1)).unwrap();
    assert!((one.model.centres()[0] - data.iter().sum::<f64>() / 9.0).abs() < 1e-12);
    let each = KMeans::fit(&points, &KMeansParams::new(9)).unwrap();
    assert!(each.inertia < 1e-20);
}

#[test]
fn scikit_learn_finds_no_better_centres() {
    let data = clouds();
    let points = Points::new(&data, 2).unwrap();
    // scikit-learn 1.9.1, the best of 20; one start in ten ends there, with either.
    let fitted = KMeans::fit(&points, &KMeansParams { restarts: 60, ..KMeansParams::new(3) }).unwrap();
    assert!(fitted.inertia <= 1193.3823660633084 * (1.0 + 1e-12), "{}", fitted.inertia);
    let same = silhouette(&points, &fitted.labels, 60, 0).unwrap();
    assert!((same - 0.3692289138558335).abs() < 1e-12, "{same}");
    let truth: Vec<u32> = (0..60).map(|i| i % 3).collect();
    assert!((silhouette(&points, &truth, 60, 0).unwrap() - 0.3166385751306133).abs() < 1e-12);
}

#[test]
fn bounds_give_the_steps_without_bounds() {
    let data = far(3000, 5, 12, 3);
    let points = Points::new(&data, 5).unwrap();
    let fitted = KMeans::fit(&points, &KMeansParams { tolerance: 0.0, ..KMeansParams::new(12) }).unwrap();
    // At the end each row is with its nearest centre, and each centre the mean of its rows.
    assert_eq!(fitted.model.predict(&points).unwrap(), fitted.labels);
    let centres = fitted.model.centres();
    for cluster in 0..12 {
        let own: Vec<usize> = (0..3000).filter(|row| fitted.labels[*row] as usize == cluster).collect();
        for j in 0..5 {
            let mean = own.iter().map(|row| data[row * 5 + j]).sum::<f64>() / own.len() as f64;
            assert!((mean - centres[cluster * 5 + j]).abs() < 1e-9);
        }
    }
    let batch = KMeansParams { batch: Some(256), iterations: 100, ..KMeansParams::new(12) };
    let rough = KMeans::fit(&points, &batch).unwrap();
    assert!(rough.inertia < 1.1 * fitted.inertia, "{} {}", rough.inertia, fitted.inertia);
}

#[test]
fn equal_rows_leave_no_cluster_empty_of_sense() {
    let points = Points::new(&[3.0; 10], 1).unwrap();
    let fitted = KMeans::fit(&points, &KMeansParams::new(3)).unwrap();
    assert!(fitted.inertia == 0.0 && fitted.model.centres().iter().all(|c| *c == 3.0), "{fitted:?}");
}

/// The start that scikit-learn was given too.
fn start(covariance: Covariance) -> GaussianMixtureParams {
    let (weights, means) = (vec![0.3, 0.3, 0.4], vec![4.0, 6.0, 12.0, 1.0, 20.0, -4.0]);
    let covariances = match covariance {
        Covariance::Diagonal => vec![9.0; 6],
        Covariance::Full => [9.0, 0.0, 0.0, 9.0].repeat(3),
    };
    let start = Some(GaussianStart { weights, means, covariances });
    GaussianMixtureParams { covariance, start, ..GaussianMixtureParams::new(3) }
}

#[test]
fn mixtures_equal_scikit_learn() {
    let data = clouds();
    let points = Points::new(&data, 2).unwrap();
    // scikit-learn 1.9.1 from the same start: lower bound, steps, means, first covariance, AIC, BIC, score.
    let full = GaussianMixture::fit(&points, &start(Covariance::Full)).unwrap();
    assert_eq!((full.iterations, full.converged), (4, true));
    assert!((full.lower_bound + 6.085833777192595).abs() < 1e-9, "{}", full.lower_bound);
    assert!((full.aic - 764.2728758066751).abs() < 1e-6 && (full.bic - 799.8767333644507).abs() < 1e-6);
    let means = [
        4.970384282670676,
        6.4739180780144485,
        12.519188317135459,
        1.7307787831183037,
        20.153356400604487,
        -3.3149315251560965,
    ];
    full.model
        .means()
        .iter()
        .zip(means)
        .for_each(|(found, mean)| assert!((found - mean).abs() < 1e-8, "{found} {mean}"));
    let covariance = [9.350315829476648, 3.098571133468714, 3.0985711334687136, 13.20595232590787];
    full.model.covariances()[..4].iter().zip(covariance).for_each(|(found, c)| assert!((found - c).abs() < 1e-8));
    assert!((full.model.score(&points).unwrap() + 6.085607298388959).abs() < 1e-9);
    let sizes = |labels: &[u32]| [0, 1, 2].map(|k| labels.iter().filter(|label| **label == k).count());
    assert_eq!(sizes(&full.labels), [19, 19, 22]);

    let diagonal = GaussianMixture::fit(&points, &start(Covariance::Diagonal)).unwrap();
    assert_eq!((diagonal.iterations, sizes(&diagonal.labels)), (5, [22, 14, 24]));
    assert!((diagonal.lower_bound + 6.093123892276181).abs() < 1e-9);
    assert!((diagonal.aic - 759.1301741879112).abs() < 1e-6 && (diagonal.bic - 788.4509980590205).abs() < 1e-6);
    assert!((diagonal.model.covariances()[0] - 10.244091469913565).abs() < 1e-8);
    for fitted in [full, diagonal] {
        assert!((fitted.model.weights().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let shares = fitted.model.probabilities(&points).unwrap();
        assert_eq!(shares.len(), 180);
        for (row, label) in shares.chunks(3).zip(&fitted.labels) {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!(row.iter().all(|share| *share <= row[*label as usize]));
        }
    }
}

#[test]
fn bic_finds_the_number_of_components() {
    let data = far(600, 2, 3, 11);
    let points = Points::new(&data, 2).unwrap();
    let bic = |k: usize| GaussianMixture::fit(&points, &GaussianMixtureParams::new(k)).unwrap().bic;
    let all = [1, 2, 3, 4].map(bic);
    assert!(all[2] < all[0] && all[2] < all[1] && all[2] < all[3], "{all:?}");
}

#[test]
fn the_seed_decides_and_threads_do_not() {
    let data = far(5000, 3, 6, 5);
    let points = Points::new(&data, 3).unwrap();
    let fit = || KMeans::fit(&points, &KMeansParams { seed: 9, restarts: 3, ..KMeansParams::new(6) }).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(pool.install(fit), fit());
    let mixture = || {
        GaussianMixture::fit(&points, &GaussianMixtureParams { restarts: 2, ..GaussianMixtureParams::new(6) }).unwrap()
    };
    assert_eq!(pool.install(mixture), mixture());
}

#[test]
fn agreement_is_adjusted_for_chance() {
    // scikit-learn's adjusted_rand_score.
    assert!((adjusted_rand(&[0, 0, 1, 1], &[0, 0, 1, 2]).unwrap() - 0.5714285714285714).abs() < 1e-15);
    let (left, right) = ([0, 0, 1, 2, 2, 1, 0], [1, 1, 0, 0, 2, 2, 1]);
    assert!((adjusted_rand(&left, &right).unwrap() - 0.475).abs() < 1e-15);
    assert_eq!(adjusted_rand(&[4, 4], &[1, 1]).unwrap(), 1.0);
    assert!(adjusted_rand(&[1], &[]).is_err() && adjusted_rand(&[], &[]).is_err());
    // One cloud cut in four is the method's doing.
    let mut random = Random::keyed(2, 2);
    let data: Vec<f64> = (0..800).map(|_| random.normal()).collect();
    let points = Points::new(&data, 2).unwrap();
    let clusters = |rows: &Points, seed: u64| {
        let model = KMeans::fit(rows, &KMeansParams { seed, restarts: 1, ..KMeansParams::new(7) })?.model;
        Ok(move |all: &Points| model.predict(all))
    };
    let found = stability(&points, 8, 1, clusters).unwrap();
    assert!(found.mean < 0.9 && found.runs.len() == 8, "{found:?}");
    assert!(stability(&points, 0, 1, clusters).is_err());
}

#[test]
fn faults_are_named() {
    assert_eq!(Points::new(&[1.0, 2.0, 3.0], 2).unwrap_err().to_string(), "3 numbers are no rows of 2");
    let error = Points::new(&[1.0, 2.0, 3.0, f64::NAN], 2).unwrap_err();
    assert_eq!(error.message(), "column 1 is NaN in row 1");
    let points = Points::new(&[1.0, 2.0, 3.0, 4.0], 2).unwrap();
    let few = KMeans::fit(&points, &KMeansParams::new(3)).unwrap_err();
    assert_eq!((few.kind(), few.message()), (ErrorKind::NotEnoughData, "2 rows are fewer than 3 clusters"));
    assert!(KMeans::fit(&points, &KMeansParams { tolerance: f64::NAN, ..KMeansParams::new(1) }).is_err());
    assert!(KMeans::fit(&points, &KMeansParams { batch: Some(0), ..KMeansParams::new(1) }).is_err());
    let model = KMeans::fit(&points, &KMeansParams::new(1)).unwrap().model;
    assert!(model.predict(&Points::new(&[1.0], 1).unwrap()).is_err());
    assert!(silhouette(&points, &[0, 0], 9, 0).is_err() && silhouette(&points, &[0], 9, 0).is_err());
    let wrong = GaussianMixtureParams { start: start(Covariance::Full).start, ..GaussianMixtureParams::new(2) };
    assert!(GaussianMixture::fit(&points, &wrong).unwrap_err().message().starts_with("a start of 2 weights"));
    let flat = GaussianMixtureParams { regularisation: 0.0, ..GaussianMixtureParams::new(1) };
    let line = Points::new(&[1.0, 1.0, 2.0, 2.0, 3.0, 3.0], 2).unwrap();
    assert!(GaussianMixture::fit(&line, &flat).unwrap_err().message().contains("singular"));
}
