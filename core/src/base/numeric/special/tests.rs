use super::*;

/// The worst error of one function over its rows of the reference, and where.
struct Worst {
    error: f64,
    at: String,
}

fn value(name: &str, x: &[f64]) -> f64 {
    match (name, x) {
        ("ln_gamma", &[x]) => ln_gamma(x),
        ("digamma", &[x]) => digamma(x),
        ("trigamma", &[x]) => trigamma(x),
        ("ln_gamma_ratio", &[x, d]) => ln_gamma_ratio(x, d),
        ("ln_beta", &[a, b]) => ln_beta(a, b),
        ("gamma_inc", &[a, x]) => gamma_inc(a, x),
        ("gamma_inc_upper", &[a, x]) => gamma_inc_upper(a, x),
        ("beta_inc", &[a, b, x]) => beta_inc(a, b, x),
        ("normal_cdf", &[z]) => normal_cdf(z),
        ("normal_ln_cdf", &[z]) => normal_ln_cdf(z),
        ("normal_quantile", &[p]) => normal_quantile(p),
        ("hypergeometric", &[a, b, c, z]) => hypergeometric(a, b, c, z),
        ("ln_tricomi_u", &[a, b, z]) => ln_tricomi_u(a, b, z),
        _ => panic!("no function `{name}` of {} arguments", x.len()),
    }
}

/// Errors relative to the larger of the value and `floor`.
fn worst(name: &str, floor: f64) -> Worst {
    let mut worst = Worst { error: -1.0, at: String::new() };
    for line in include_str!("reference.csv").lines() {
        let mut fields = line.split(',');
        if fields.next() != Some(name) {
            continue;
        }
        let mut numbers: Vec<f64> = fields.map(|x| x.parse().unwrap()).collect();
        let expected = numbers.pop().unwrap();
        let got = value(name, &numbers);
        let error = (got - expected).abs() / expected.abs().max(floor);
        if error > worst.error || error.is_nan() {
            worst = Worst { error, at: format!("{line} got {got:?}") };
        }
    }
    assert!(worst.error >= 0.0, "no reference for {name}, or NaN at {}", worst.at);
    worst
}

fn check(name: &str, floor: f64, limit: f64) {
    let found = worst(name, floor);
    assert!(found.error <= limit, "{name}: {:e} at {}", found.error, found.at);
}

#[test]
fn gamma_and_its_derivatives() {
    check("ln_gamma", 1e-8, 1e-15);
    check("digamma", 1.0, 1e-15);
    check("trigamma", 0.0, 2e-15);
    check("ln_gamma_ratio", 1.0, 2e-15);
    check("ln_beta", 1.0, 4e-15);
}

#[test]
fn incomplete_functions() {
    check("gamma_inc", 0.0, 1e-13);
    check("gamma_inc_upper", 1e-3, 1e-13);
    check("beta_inc", 0.0, 3e-13);
}

#[test]
fn normal_distribution() {
    check("normal_cdf", 0.0, 1e-14);
    check("normal_ln_cdf", 0.0, 1e-14);
    check("normal_quantile", 1.0, 1e-15);
}

#[test]
fn hypergeometric_functions() {
    check("hypergeometric", 0.0, 2e-13);
    check("ln_tricomi_u", 1.0, 1e-11);
}

#[test]
fn outside_of_the_domain_is_nan() {
    let values = [
        ln_gamma(-1.0),
        ln_gamma(f64::NAN),
        digamma(0.0),
        trigamma(-2.0),
        ln_beta(-1.0, 2.0),
        gamma_inc(0.0, 1.0),
        gamma_inc_upper(1.0, -1.0),
        beta_inc(1.0, 1.0, 1.5),
        beta_inc(1.0, f64::INFINITY, 0.5),
        normal_cdf(f64::NAN),
        normal_quantile(1.5),
        hypergeometric(1.0, 1.0, 2.0, 1.0),
        hypergeometric(1.0, 1.0, -2.0, 0.5),
        ln_tricomi_u(0.0, 1.0, 1.0),
        ln_tricomi_u(1.0, f64::NAN, 1.0),
        beta_expectation(0.0, 1.0, |p, _| p),
    ];
    assert!(values.iter().all(|x| x.is_nan()), "{values:?}");
    assert_eq!(ln_gamma(0.0), f64::INFINITY);
    assert_eq!((normal_quantile(0.0), normal_quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
    assert_eq!((gamma_inc(2.0, f64::INFINITY), gamma_inc_upper(2.0, 0.0)), (1.0, 1.0));
}

#[test]
fn quadrature_integrates_what_is_known() {
    let rule: f64 = GAUSS_LEGENDRE_16.iter().map(|(x, w)| 2.0 * w * (x * x) * (x * x)).sum();
    assert!((rule - 0.4).abs() < 1e-15);
    for (a, b) in [(0.01, 0.3), (0.7929, 2.4258), (3.0, 1e4), (500.0, 400.0), (1.0, 1.0)] {
        let mean = beta_expectation(a, b, |p, _| p);
        assert!((mean * (a + b) / a - 1.0).abs() < 1e-13, "{a} {b} {mean}");
        let product = beta_expectation(a, b, |p, q| p * q);
        assert!((product * (a + b) * (a + b + 1.0) / (a * b) - 1.0).abs() < 1e-13, "{a} {b}");
    }
}

#[test]
fn a_flat_density_takes_no_more_points() {
    use std::cell::Cell;
    for a in [1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-12, 1e-300] {
        for b in [1e-6, 0.3, 30.0, 1e3, 1e6] {
            let calls = Cell::new(0);
            let expect = |f: &dyn Fn(f64, f64) -> f64| {
                calls.set(0);
                let mean = beta_expectation(a, b, |p, q| {
                    calls.set(calls.get() + 1);
                    f(p, q)
                });
                assert!(calls.get() <= 700, "{a} {b}: {}", calls.get());
                mean
            };
            let mean = expect(&|p, _| p);
            assert!((mean * (a + b) / a - 1.0).abs() < 1e-12, "{a} {b} {mean}");
            let other = expect(&|_, q| q * q);
            let exact = b * (b + 1.0) / ((a + b) * (a + b + 1.0));
            assert!((other / exact - 1.0).abs() < 1e-12, "{a} {b} {other}");
            // Of which the power series is another way.
            if b > 3.0 {
                let direct = hypergeometric(3.0, a, a + b, -9.0);
                let found = expect(&|p, _| 1.0 / ((1.0 + 9.0 * p) * (1.0 + 9.0 * p) * (1.0 + 9.0 * p)));
                assert!((found / direct - 1.0).abs() < 1e-12, "{a} {b} {found} {direct}");
            }
        }
    }
}
