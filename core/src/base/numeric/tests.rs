#![expect(clippy::disallowed_methods, reason = "the standard library's functions are a peer here")]

use proptest::prelude::*;

use super::exp::Exp;
use super::ln::Ln;
use super::simd::{self, Kernel};
use super::*;

fn ulp(x: f64) -> f64 {
    let x = x.abs().max(f64::MIN_POSITIVE);
    f64::from_bits(x.to_bits() + 1) - x
}

/// Distance to the value high + low in ulps of the value.
fn error(got: f64, high: f64, low: f64) -> f64 {
    ((got - high) - low).abs() / ulp(high)
}

fn ulps_apart(a: f64, b: f64) -> f64 {
    if a == b || (a.is_nan() && b.is_nan()) { 0.0 } else { (a - b).abs() / ulp(b) }
}

#[test]
fn values_of_mpmath() {
    let mut worst = std::collections::BTreeMap::<&str, f64>::new();
    for line in include_str!("tests/high_precision.txt").lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let at = |i: usize| f64::from_bits(u64::from_str_radix(words[i], 16).unwrap());
        let got = match words[0] {
            "exp" => exp(at(1)),
            "exp2" => exp2(at(1)),
            "exp_m1" => exp_m1(at(1)),
            "ln" => ln(at(1)),
            "ln_1p" => ln_1p(at(1)),
            "cbrt" => cbrt(at(1)),
            "powf" => powf(at(1), at(2)),
            other => panic!("{other}"),
        };
        let n = words.len();
        let off = error(got, at(n - 2), at(n - 1));
        assert!(off <= 1.3, "{line}: {got:e}, {off} ulp");
        let seen = worst.entry(words[0]).or_default();
        *seen = seen.max(off);
    }
    assert_eq!(worst.len(), 7);
    assert!(worst["exp"] < 0.7 && worst["exp2"] < 0.7 && worst["ln"] < 0.8 && worst["cbrt"] < 0.7, "{worst:?}");
}

fn sweep(levels: &[simd::Level], values: &[f64]) {
    fn one<K: Kernel>(levels: &[simd::Level], values: &[f64]) {
        for level in levels {
            let mut out = vec![0.0; values.len()];
            simd::map_at::<K>(*level, values, &mut out);
            for (x, got) in values.iter().zip(out) {
                assert_eq!(K::apply(*x).to_bits(), got.to_bits(), "{level:?} at {x:e}");
            }
        }
    }
    one::<Exp>(levels, values);
    one::<Ln>(levels, values);
}

const EDGES: [f64; 24] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MIN_POSITIVE,
    -f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    f64::MAX,
    f64::MIN,
    f64::EPSILON,
    709.782712893384,
    709.7827128933841,
    710.0,
    -708.3964185322641,
    -745.1332191019411,
    -745.1332191019412,
    -746.0,
    0.7071067811865475,
    std::f64::consts::SQRT_2,
    0.34657359027997264,
];

#[test]
fn every_width_gives_the_scalar_bits() {
    sweep(simd::levels(), &EDGES);
    let mut random = crate::base::random::Random::keyed(1, 2);
    for n in [1, 2, 3, 7, 8, 9, 31, 64, 10_000] {
        let near: Vec<f64> = (0..n).map(|_| random.uniform() * 1500.0 - 750.0).collect();
        sweep(simd::levels(), &near);
        let any: Vec<f64> = (0..n).map(|_| f64::from_bits(random.next_u64())).collect();
        sweep(simd::levels(), &any);
    }
}

#[test]
fn borders() {
    for x in EDGES {
        assert!(ulps_apart(exp(x), x.exp()) <= 1.0, "exp {x:e}: {:e}", exp(x));
        assert!(ulps_apart(exp2(x), x.exp2()) <= 1.0, "exp2 {x:e}: {:e}", exp2(x));
        assert!(ulps_apart(exp_m1(x), x.exp_m1()) <= 1.0, "exp_m1 {x:e}: {:e}", exp_m1(x));
        assert!(ulps_apart(ln(x), x.ln()) <= 1.0, "ln {x:e}: {:e}", ln(x));
        assert!(ulps_apart(ln_1p(x), x.ln_1p()) <= 1.0, "ln_1p {x:e}: {:e}", ln_1p(x));
        assert!(ulps_apart(cbrt(x), x.cbrt()) <= 1.0, "cbrt {x:e}: {:e}", cbrt(x));
        for y in EDGES.into_iter().chain([2.0, 3.0, -3.0, 0.5, -2.5, 9007199254740993.0, 1e300]) {
            let (got, want) = (powf(x, y), x.powf(y));
            assert!(ulps_apart(got, want) <= 1.0, "{x:e}^{y:e}: {got:e} not {want:e}");
            assert!(got.is_nan() || got.is_sign_negative() == want.is_sign_negative(), "{x:e}^{y:e}");
        }
    }
    for x in [-0.0, 0.0] {
        for f in [exp_m1, ln_1p, cbrt] {
            assert_eq!(f(x).to_bits(), x.to_bits());
        }
    }
    for nan in [exp(f64::NAN), ln(-1.0), ln(f64::NAN), ln_1p(-2.0), ln_1p(f64::NAN), exp2(f64::NAN), powf(-1.0, 0.5)] {
        assert_eq!(nan.to_bits(), f64::NAN.to_bits());
    }
}

#[test]
fn within_two_ulps_of_the_standard_library() {
    let mut random = crate::base::random::Random::keyed(3, 4);
    for _ in 0..50_000 {
        let x = random.uniform() * 1480.0 - 740.0;
        assert!(ulps_apart(exp(x), x.exp()) <= 2.0, "exp {x:e}");
        let small = (random.uniform() * 2.0 - 1.0) * exp2(-40.0 * random.uniform());
        assert!(ulps_apart(exp_m1(small), small.exp_m1()) <= 2.0, "exp_m1 {small:e}");
        assert!(ulps_apart(ln_1p(small), small.ln_1p()) <= 2.0, "ln_1p {small:e}");
        let any = f64::from_bits(random.next_u64());
        assert!(ulps_apart(exp(any), any.exp()) <= 2.0, "exp {any:e}");
        assert!(ulps_apart(exp2(any), any.exp2()) <= 2.0, "exp2 {any:e}");
        assert!(ulps_apart(exp_m1(any), any.exp_m1()) <= 2.0, "exp_m1 {any:e}");
        assert!(ulps_apart(ln(any), any.ln()) <= 2.0, "ln {any:e}");
        assert!(ulps_apart(ln_1p(any), any.ln_1p()) <= 2.0, "ln_1p {any:e}");
        assert!(ulps_apart(cbrt(any), any.cbrt()) <= 2.0, "cbrt {any:e}");
        let y = random.uniform() * 20.0 - 10.0;
        assert!(ulps_apart(powf(any.abs(), y), any.abs().powf(y)) <= 2.0, "{any:e}^{y}");
        let positive = exp(small);
        assert!(ulps_apart(powf(positive, x), positive.powf(x)) <= 2.0, "{positive:e}^{x}");
    }
}

#[test]
fn roots_and_powers_that_are_exact() {
    for k in 1..=1000 {
        let x = f64::from(k);
        assert_eq!(cbrt(x * x * x), x);
        assert_eq!(powf(x, 2.0), x * x);
        assert_eq!(powf(x, 3.0), x * x * x);
        assert_eq!(powf(x, 1.0), x);
    }
    for k in -1074..1024 {
        assert_eq!(exp2(f64::from(k)), f64::from(k).exp2());
    }
}

#[test]
fn decay_in_every_form() {
    let spans: Vec<i64> = (-3..1000).map(|i| i * 97_003).collect();
    let rate = rate_of_half_life(5_000_000);
    let mut out = vec![0.0; spans.len()];
    decay_slice(&spans, rate, &mut out);
    for (dt, got) in spans.iter().zip(&out) {
        assert_eq!(decay(*dt, rate).to_bits(), got.to_bits());
        assert_eq!(decay4(*dt, &[rate, 0.0, 1.0, f64::INFINITY])[0].to_bits(), got.to_bits());
    }
    assert_eq!(decay(i64::MIN, 1.0), 1.0);
    assert_eq!(decay(i64::MAX, 1.0), 0.0);
    assert_eq!(decay(0, f64::INFINITY), 1.0);
    assert_eq!(decay(1, f64::INFINITY), 0.0);
    assert!(decay(1, f64::NAN).is_nan());
    assert_eq!(rate_of_half_life(0), f64::INFINITY);
}

#[test]
fn reductions_of_nothing_and_of_nan() {
    assert_eq!(sum(&[]), 0.0);
    assert!(mean(&[]).is_nan() && variance(&[1.0], 1).is_nan());
    assert_eq!(variance(&[1.0], 0), 0.0);
    assert!(sum(&[1.0, f64::NAN]).is_nan() && log_sum_exp(&[1.0, f64::NAN]).is_nan());
    assert!(log_sum_exp(&[f64::NAN]).is_nan() && log_sum_exp(&[f64::INFINITY, f64::NAN]).is_nan());
    assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
    assert_eq!(log_sum_exp(&[f64::INFINITY, 1.0]), f64::INFINITY);
    assert_eq!(log_add_exp(f64::NEG_INFINITY, f64::NEG_INFINITY), f64::NEG_INFINITY);
    assert!(log_add_exp(f64::NAN, f64::INFINITY).is_nan() && log_add_exp(0.0, f64::NAN).is_nan());
    assert!((log_add_exp(-2000.0, -2001.0) - (-2000.0 + 0.31326168751822286)).abs() < 1e-12);
}

#[test]
fn long_sums_keep_their_digits() {
    let values = vec![0.1; 1_000_003];
    assert!((sum(&values) - 100_000.3).abs() < 1e-9);
    let shifted: Vec<f64> = (0..100_000).map(|i| 1e9 + f64::from(i % 2)).collect();
    assert!((variance(&shifted, 0) - 0.25).abs() < 1e-9);
}

proptest! {
    #[test]
    fn reductions_equal_plain_ones(values in prop::collection::vec(-1e3f64..1e3, 0..5000)) {
        let n = values.len() as f64;
        let scale = values.iter().map(|x| x.abs()).sum::<f64>() + 1.0;
        prop_assert!((sum(&values) - values.iter().sum::<f64>()).abs() <= 1e-13 * scale);
        prop_assert_eq!(sum_of_squares(&values).to_bits(), dot(&values, &values).to_bits());
        if values.len() > 1 {
            let centre = values.iter().sum::<f64>() / n;
            let plain = values.iter().map(|x| (x - centre).powi(2)).sum::<f64>() / (n - 1.0);
            prop_assert!((variance(&values, 1) - plain).abs() <= 1e-9 * plain.max(1.0));
        }
    }

    #[test]
    fn log_sum_exp_equals_pairs(values in prop::collection::vec(-700f64..700.0, 1..40)) {
        let folded = values.iter().copied().fold(f64::NEG_INFINITY, log_add_exp);
        prop_assert!((log_sum_exp(&values) - folded).abs() <= 1e-12 * folded.abs().max(1.0));
    }

    #[test]
    fn decay_is_additive(a in 0i64..1_000_000_000_000, b in 0i64..1_000_000_000_000, days in 1i64..400) {
        let rate = rate_of_half_life(days * 86_400_000_000);
        let (whole, parts) = (decay(a + b, rate), decay(a, rate) * decay(b, rate));
        prop_assert!((whole - parts).abs() <= 1e-13 * whole);
    }

    #[test]
    fn monotone_where_it_matters(x in -700f64..700.0, step in 0f64..1e-3) {
        prop_assert!(exp(x + step) >= exp(x) * (1.0 - 3e-16));
    }
}

#[test]
fn bits_are_frozen() {
    // One number over many results: what changes a bit on any machine or in any build changes it.
    let mut random = crate::base::random::Random::keyed(17, 4);
    let mut hash = 0_u64;
    let mut note = |x: f64| hash = crate::base::random::mix(0, hash, x.to_bits());
    for _ in 0..4000 {
        let (x, y) = (random.uniform() * 80.0 - 40.0, random.uniform() * 8.0);
        [exp(x), exp2(x), exp_m1(x), ln(y), ln_1p(y - 0.5), cbrt(x), powf(y, x), decay(1000, y)]
            .into_iter()
            .for_each(&mut note);
        [random.normal(), random.gamma(y), random.beta(y, 0.3), random.exponential()].into_iter().for_each(&mut note);
    }
    let values: Vec<f64> = (0..5000).map(|_| random.normal()).collect();
    [sum(&values), dot(&values, &values), variance(&values, 1), log_sum_exp(&values)].into_iter().for_each(&mut note);
    assert_eq!(hash, 7820637768606761870);
}
