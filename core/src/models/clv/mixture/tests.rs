use super::*;

#[test]
fn the_sum_of_two_powers() {
    // ln(e^(2x) + e^(800 - x)) near x = 266: both terms far beyond the range of numbers.
    let term = |value: f64, slope: f64| Evaluation { value, gradient: [slope], hessian: [[0.0]] };
    let at = |x: f64| {
        let mut sum = Mixture::new();
        sum.add(&term(f64::NEG_INFINITY, 7.0));
        sum.add(&term(2.0 * x, 2.0));
        sum.add(&term(800.0 - x, -1.0));
        sum.finish()
    };
    let middle = at(800.0 / 3.0);
    assert!((middle.value - 1600.0 / 3.0 - ln(2.0)).abs() < 1e-12);
    assert!((middle.gradient[0] - 0.5).abs() < 1e-12);
    assert!((middle.hessian[0][0] - 2.25).abs() < 1e-12);
    let slope = (at(266.0 + 1e-4).value - at(266.0 - 1e-4).value) / 2e-4;
    assert!((slope - at(266.0).gradient[0]).abs() < 1e-6);
    assert_eq!(Mixture::<1>::new().finish().value, f64::NEG_INFINITY);
}
