//! What a partial state carries, and what stays with the engine that made it.

use super::made::purchase;
use super::*;

#[test]
fn ledger_and_fits_stay_where_they_were_made_and_caps_hold_over_all() {
    let [part, whole] = [0, 1].map(|_| Engine::new(&definition(), Options::default()).unwrap());
    (0..40).for_each(|number| purchase(&part, number).unwrap());
    part.identify_row(Id::Number(4), None, &[("newsletter", Value::Bool(true))]).unwrap();
    part.fit(None).unwrap();
    let ask = || Ask::default();
    let taken = part.decide(Id::Number(4), ask()).unwrap();
    assert_eq!(taken.action.as_deref(), Some("offer"));
    // The contact policy allows two in a week; those taken elsewhere count.
    while part.decide(Id::Number(4), ask()).unwrap().action.is_some() {}
    whole.absorb(&part.partial().unwrap()).unwrap();
    assert_eq!(whole.decide(Id::Number(4), Ask { dry: true, ..ask() }).unwrap().action, None);
    let later = whole.now().unwrap().unwrap() + 8 * DAY;
    assert!(whole.decide(Id::Number(4), Ask { dry: true, at: Some(later), ..ask() }).unwrap().action.is_some());
    // What came of a decision is told to the engine that took it.
    assert!(!part.ledger().unwrap().is_empty() && whole.ledger().unwrap().is_empty());
    let memberships =
        |engine: &Engine| format!("{:?}", engine.score(None, Some(&["tier", "spend"]), None, None).unwrap());
    assert_eq!(memberships(&part), memberships(&whole));
    // A population is fitted by the engine that has all of it: a part's fit does not come along,
    // and one of the whole stays.
    let fitted = |engine: &Engine| {
        let mut value = [0.0];
        engine.reader(&["rfm.r"]).unwrap().read(Id::Number(4), None, None, &mut value).map(|()| value[0])
    };
    assert!(fitted(&part).is_ok_and(|bin| !bin.is_nan()));
    assert!(fitted(&whole).map_or(true, f64::is_nan));
    let stranger = Engine::new(&definition(), Options::default()).unwrap();
    let customer = Some(Id::Text("dolly"));
    stranger.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at: DAY, fields: &[] }).unwrap();
    let before = fitted(&part).unwrap();
    part.absorb(&stranger.partial().unwrap()).unwrap();
    assert_eq!(fitted(&part).unwrap(), before);
    assert_eq!(bytes(&part), refolded(&part));
}
