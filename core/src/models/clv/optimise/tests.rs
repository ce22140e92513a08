use super::*;
use crate::models::clv::tests::by_differences;

#[test]
fn eigen_rebuilds_the_matrix() {
    let a = [[4.0, 1.0, -2.0], [1.0, 3.0, 0.5], [-2.0, 0.5, 5.0]];
    let (values, vectors) = eigen(a);
    let inverse = inverse(a).unwrap();
    for i in 0..3 {
        for j in 0..3 {
            let rebuilt: f64 = (0..3).map(|k| values[k] * vectors[k][i] * vectors[k][j]).sum();
            assert!((rebuilt - a[i][j]).abs() < 1e-14);
            let unit: f64 = (0..3).map(|k| a[i][k] * inverse[k][j]).sum();
            assert!((unit - f64::from(u8::from(i == j))).abs() < 1e-14);
        }
    }
    assert!(super::inverse([[1.0, 1.0], [1.0, 1.0]]).is_none());
}

/// -(1 - x)^2 - 100 (y - x^2)^2, with its top at (1, 1).
fn valley(theta: &[f64; 2]) -> Evaluation<2> {
    by_differences(theta, |&[x, y]| {
        let bend = y - x * x;
        let value = -(1.0 - x) * (1.0 - x) - 100.0 * bend * bend;
        (value, [2.0 * (1.0 - x) + 400.0 * x * bend, -200.0 * bend])
    })
}

#[test]
fn a_bent_valley_is_climbed() {
    let top = maximise(valley, &[[-1.2, 1.0]], [-9.0; 2], [9.0; 2]).unwrap();
    assert!(top.converged && top.bound == [false; 2]);
    assert!((top.theta[0] - 1.0).abs() < 1e-9 && (top.theta[1] - 1.0).abs() < 1e-9, "{top:?}");
}

#[test]
fn an_edge_is_reported() {
    let top = maximise(valley, &[[-1.2, 0.2]], [-9.0; 2], [9.0, 0.5]).unwrap();
    assert_eq!(top.bound, [false, true]);
    assert!(top.converged && top.theta[1] == 0.5, "{top:?}");
}

#[test]
fn nothing_finite_is_none() {
    let nan = Evaluation { value: f64::NAN, gradient: [0.0], hessian: [[0.0]] };
    assert!(maximise(|_| nan, &[[0.0]], [-1.0], [1.0]).is_none());
}
