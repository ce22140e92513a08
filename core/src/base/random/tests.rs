use proptest::prelude::*;

use super::*;
use crate::base::numeric::{mean, variance};

#[test]
fn published_vectors() {
    // Known answers of the authors' Random123, philox4x32 with 10 rounds.
    let all = u32::MAX;
    assert_eq!(philox([0; 4], [0; 2]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    assert_eq!(philox([all; 4], [all; 2]), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
    assert_eq!(
        philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
        [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
    );
}

#[test]
fn streams_are_frozen() {
    let mut random = Random::keyed(0, 0);
    assert_eq!(random.next_u64(), 0xe169c58d_6627e8d5);
    assert_eq!(random.next_u64(), 0x9b00dbd8_bc57ac4c);
    assert_ne!(mix(0, 0, 0), 0xe169c58d_6627e8d5);
}

/// Mean and variance of 200,000 draws are within 5 standard errors of those given.
fn moments(name: &str, centre: f64, spread: f64, fourth: f64, mut draw: impl FnMut(&mut Random) -> f64) {
    let mut random = Random::keyed(11, 5);
    let n = 200_000;
    let values: Vec<f64> = (0..n).map(|_| draw(&mut random)).collect();
    let n = f64::from(n);
    let (m, v) = (mean(&values), variance(&values, 1));
    assert!((m - centre).abs() < 5.0 * (spread / n).sqrt(), "{name}: mean {m} not {centre}");
    assert!((v - spread).abs() < 5.0 * ((fourth - spread * spread) / n).sqrt(), "{name}: variance {v} not {spread}");
}

#[test]
fn distributions_have_their_moments() {
    moments("uniform", 0.5, 1.0 / 12.0, 1.0 / 80.0, |r| r.uniform());
    moments("normal", 0.0, 1.0, 3.0, |r| r.normal());
    moments("exponential", 1.0, 1.0, 9.0, |r| r.exponential());
    for shape in [0.05, 0.7, 1.0, 3.5, 400.0] {
        moments("gamma", shape, shape, 3.0 * shape * shape + 6.0 * shape, |r| r.gamma(shape));
    }
    for (a, b) in [(0.5, 0.5), (2.0, 3.0), (1.0, 9.0), (30.0, 0.2)] {
        let s: f64 = a + b;
        let v = a * b / (s * s * (s + 1.0));
        let kurtosis =
            3.0 + 6.0 * ((a - b) * (a - b) * (s + 1.0) - a * b * (s + 2.0)) / (a * b * (s + 2.0) * (s + 3.0));
        moments("beta", a / s, v, kurtosis * v * v, |r| r.beta(a, b));
    }
}

#[test]
fn the_normal_has_its_tails() {
    let mut random = Random::keyed(1, 1);
    let n = 400_000;
    let beyond = (0..n).filter(|_| random.normal().abs() > 1.959963984540054).count() as f64;
    let sd = (0.05 * 0.95 * f64::from(n)).sqrt();
    assert!((beyond - 0.05 * f64::from(n)).abs() < 5.0 * sd, "{beyond}");
}

#[test]
fn below_is_even() {
    let mut random = Random::keyed(2, 3);
    let mut counts = [0u32; 7];
    for _ in 0..70_000 {
        counts[random.below(7) as usize] += 1;
    }
    let chi: f64 = counts.iter().map(|c| (f64::from(*c) - 1e4) * (f64::from(*c) - 1e4) / 1e4).sum();
    assert!(chi < 30.0, "{counts:?}");
    assert_eq!((random.below(0), random.below(1)), (0, 0));
    let half = (0..1000).filter(|_| random.below(3 << 62) >= 3 << 61).count();
    assert!((400..600).contains(&half));
}

#[test]
fn orders_are_equally_likely() {
    let mut counts = std::collections::BTreeMap::<[u8; 3], u32>::new();
    let mut random = Random::keyed(4, 9);
    for _ in 0..60_000 {
        let mut items = [0, 1, 2];
        random.shuffle(&mut items);
        *counts.entry(items).or_default() += 1;
    }
    assert!(counts.len() == 6 && counts.values().all(|c| c.abs_diff(10_000) < 500), "{counts:?}");
}

#[test]
fn hostile_shapes() {
    let mut random = Random::keyed(0, 1);
    for shape in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(random.gamma(shape).is_nan() && random.beta(shape, 1.0).is_nan() && random.beta(1.0, shape).is_nan());
    }
    for _ in 0..1000 {
        let x = random.beta(1e-9, 1e-9);
        assert!(x == 0.0 || x == 1.0 || (0.0..1.0).contains(&x));
        assert!(random.gamma(1e12).is_finite() && random.gamma(1e-300) >= 0.0);
    }
    random.shuffle::<u8>(&mut []);
}

proptest! {
    #[test]
    fn a_stream_is_a_function_of_its_key(seed: u64, stream: u64, skip in 0usize..20) {
        let mut one = Random::keyed(seed, stream);
        let words: Vec<u64> = (0..=skip).map(|_| one.next_u64()).collect();
        let mut other = Random::keyed(seed, stream);
        for word in words {
            prop_assert_eq!(word, other.next_u64());
        }
        let word = mix(seed, stream, skip as u64);
        prop_assert_ne!(word, mix(seed, stream, skip as u64 + 1));
        prop_assert_ne!(word, mix(seed.wrapping_add(1), stream, skip as u64));
    }
}
