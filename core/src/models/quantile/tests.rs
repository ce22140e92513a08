use proptest::prelude::*;

use super::*;

#[test]
fn figures_of_numpy() {
    // numpy 2: np.quantile([3.1, -2.0, 8.4, 0.7, 5.5, 5.5, 1e-3], [.1, .25, .5, .77, .9])
    let values = [3.1, -2.0, 8.4, f64::NAN, 0.7, 5.5, 5.5, 1e-3];
    let got = quantiles(&values, &[0.1, 0.25, 0.5, 0.77, 0.9]);
    for (got, want) in got.iter().zip([-0.7994, 0.3505, 3.1, 5.5, 6.66]) {
        assert!((got - want).abs() < 1e-12, "{got} {want}");
    }
}

#[test]
fn digits_sort_as_comparisons_do() {
    let mut random = crate::base::random::Random::keyed(1, 1);
    let special = [f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, f64::MIN_POSITIVE, -5e-324, f64::MAX, f64::MIN];
    for n in [4095, 4096, 20_000] {
        let mut values: Vec<f64> =
            (0..n).map(|_| random.normal() * crate::base::numeric::exp(random.normal() * 20.0)).collect();
        values.extend(special);
        values.push(f64::NAN);
        let mut expected: Vec<f64> = values[..n + special.len()].to_vec();
        expected.sort_unstable_by(f64::total_cmp);
        let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<u64>>();
        assert_eq!(bits(&sorted(&values)), bits(&expected));
    }
    assert_eq!(sorted(&[2.5; 5000]), [2.5; 5000]);
}

#[test]
fn borders() {
    assert!(of_sorted(&[], 0.5).is_nan() && of_sorted(&[1.0], -0.1).is_nan() && of_sorted(&[1.0], f64::NAN).is_nan());
    assert_eq!(quantiles(&[5.0], &[0.0, 0.3, 1.0]), [5.0; 3]);
    assert_eq!(of_sorted(&[f64::NEG_INFINITY, f64::INFINITY], 1.0), f64::INFINITY);
    assert_eq!(of_sorted(&[1.0, f64::INFINITY, f64::INFINITY], 0.75), f64::INFINITY);
    assert!(ordinal_ranks(&[f64::NAN])[0].is_nan());
    assert_eq!(ordinal_ranks(&[0.0, -0.0]), [1.0, 2.0]);
    assert!(tiles(&[1.0], 0)[0].is_nan());
    assert_eq!(tiles(&[1.0], 5), [1.0]);
    assert_eq!(tiles(&[1.0, 2.0], 5), [1.0, 5.0]);
}

#[test]
fn tiles_of_pandas() {
    // pandas: qcut(rank(method="first"), 5, labels=[1, 2, 3, 4, 5]) of 13 values.
    let values: Vec<f64> = (0..13).map(|i| f64::from(i * 7 % 13)).collect();
    let by_rank = [1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 5];
    let want: Vec<f64> = (0..13).map(|i| f64::from(by_rank[i * 7 % 13])).collect();
    assert_eq!(tiles(&values, 5), want);
}

proptest! {
    #[test]
    fn quantiles_rise_and_stay_inside(mut values in prop::collection::vec(-1e6f64..1e6, 1..50), mut at in prop::collection::vec(0f64..=1.0, 2..9)) {
        at.sort_unstable_by(f64::total_cmp);
        let got = quantiles(&values, &at);
        prop_assert!(got.windows(2).all(|pair| pair[0] <= pair[1]));
        values.push(f64::NAN);
        values.reverse();
        prop_assert_eq!(&quantiles(&values, &at), &got);
        let sorted = sorted(&values);
        prop_assert!(got.iter().all(|x| sorted[0] <= *x && *x <= sorted[sorted.len() - 1]));
    }

    #[test]
    fn ranks_are_a_permutation(values in prop::collection::vec(-3i32..3, 0..40)) {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let ranks = ordinal_ranks(&values);
        let want: Vec<f64> = (1..=values.len()).map(|i| i as f64).collect();
        prop_assert_eq!(sorted(&ranks), want);
        for (a, b) in ranks.iter().zip(&values).flat_map(|a| ranks.iter().zip(&values).map(move |b| (a, b))) {
            prop_assert!(a.1 >= b.1 || a.0 < b.0);
        }
    }
}
