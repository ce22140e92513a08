use super::*;

fn referral(from: u32, to: u32, came_anyway: bool) -> Referral {
    Referral { from, to, came_anyway, margin: 40.0, saved: 5.0 }
}

#[test]
fn components_add_exactly_and_nothing_is_credited_twice() {
    let lifetime = [100.0, 60.0, 50.0, 0.1];
    // 1 is referred twice, 2 came anyway; 0's influence on 1 is the referral again.
    let referrals = [referral(0, 1, false), referral(3, 1, false), referral(0, 2, true)];
    let influences = [
        Influence { from: 0, to: 1, value: 9.0 },
        Influence { from: 1, to: 0, value: 7.0 },
        Influence { from: 1, to: 0, value: 7.0 },
    ];
    let contributions = [Contribution { customer: 3, value: 10.0, helpfulness: 0.3 }];
    let value = engagement(&lifetime, &referrals, &influences, &contributions).unwrap();
    assert_eq!(value.referral, [50.0, 0.0, 0.0, 0.0]);
    assert_eq!(value.influence, [0.0, 7.0, 0.0, 0.0]);
    assert_eq!(value.knowledge, [0.0, 0.0, 0.0, 3.0]);
    for i in 0..4 {
        assert_eq!(value.total[i], value.lifetime[i] + value.referral[i] + value.influence[i] + value.knowledge[i]);
        assert_eq!(value.net[i], value.total[i] - value.debited[i]);
    }
    // What all are worth together: their own purchases, what was saved, and what was told.
    let net: f64 = value.net.iter().sum();
    assert!((net - (lifetime.iter().sum::<f64>() + 10.0 + 3.0)).abs() < 1e-12);
}

#[test]
fn faults_are_named() {
    let fault = |referrals: &[Referral], influences: &[Influence], contributions: &[Contribution]| {
        engagement(&[1.0, 2.0], referrals, influences, contributions).unwrap_err().to_string()
    };
    assert_eq!(fault(&[referral(0, 2, false)], &[], &[]), "`referral` 0 names a customer beyond the 2 given");
    assert_eq!(fault(&[], &[Influence { from: 1, to: 1, value: 1.0 }], &[]), "`influence` 0 ties customer 1 to itself");
    assert_eq!(
        fault(&[], &[Influence { from: 1, to: 0, value: f64::NAN }], &[]),
        "a value of `influence` is not finite"
    );
    let told = Contribution { customer: 0, value: 1.0, helpfulness: 1.5 };
    assert!(fault(&[], &[], &[told]).contains("helpfulness"));
    assert!(fault(&[], &[], &[Contribution { customer: 9, helpfulness: 1.0, ..told }]).contains("beyond"));
    assert!(engagement(&[f64::INFINITY], &[], &[], &[]).is_err());
    assert!(decayed_contributions(&[1], &[1.0], &[1.0], &[-1.0], 3.0).is_err());
    assert!(decayed_contributions(&[1], &[1.0], &[1.0], &[1.0], 0.0).is_err());
    assert!(decayed_contributions(&[1], &[1.0], &[], &[1.0], 1.0).is_err());
}
