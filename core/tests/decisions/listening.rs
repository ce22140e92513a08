//! To listen, not to shout: no more said than half of what was heard, a bucket that refills, fatigue; against a twin that remembers every message.

use super::*;
use bactrian::RowEvent;
use bactrian::base::numeric::{exp, exp2};
use bactrian::base::random::Random;

const SHOP: &str = r#"
[event.wrote]
customer = "who"
at = "at"

[trait]
need = "number"

[feature.heard]
count = "event"
on = "wrote"
window = "30d"
hop = "exact"

[feature.said]
count = "event"
on = "decided"
where = "action != null"
window = "30d"
hop = "exact"

[feature.bucket]
count = "event"
on = "decided"
where = "action != null"
half_life = "2d"

[feature.tired]
count = "event"
on = "decided"
where = "action != null"
half_life = "10d"

[action.speak]
channel = "email"
suitable = "said + 1.0 <= 0.5 * heard"
applicable = "bucket <= 2.0"
weight = "exp(-0.4 * tired)"
value = "need"
cost = 0.2
"#;

/// What one customer was told and has written.
#[derive(Default, Clone)]
struct Talk {
    heard: Vec<i64>,
    said: Vec<i64>,
}

impl Talk {
    fn within(times: &[i64], now: i64) -> f64 {
        times.iter().filter(|at| now - **at < 30 * DAY).count() as f64
    }

    fn faded(&self, now: i64, days: i64) -> f64 {
        self.said.iter().map(|at| exp2((at - now) as f64 / (days * DAY) as f64)).sum()
    }
}

#[test]
fn nobody_is_spoken_to_more_than_half_as_often_as_heard_nor_when_tired() {
    let engine = Engine::new(&Definition::from_toml(SHOP).unwrap(), Options::default()).unwrap();
    let (mut random, mut now) = (Random::keyed(6, 1), 0);
    let mut talks = vec![Talk::default(); 20];
    let needs: Vec<f64> = (0..20).map(|_| random.uniform()).collect();
    for (who, need) in needs.iter().enumerate() {
        engine.identify_row(Id::Number(who as u64), Some(0), &[("need", Value::Number(*need))]).unwrap();
    }
    let (mut spoken, mut tired) = (0, 0);
    for _ in 0..40_000 {
        now += random.below(3) as i64 * HOUR / 2 + 1;
        let who = random.below(20);
        let talk = &mut talks[who as usize];
        if random.below(4) == 0 {
            let row = RowEvent { kind: "wrote", customer: Some(Id::Number(who)), peer: None, at: now, fields: &[] };
            engine.observe_row(&row).unwrap();
            talk.heard.push(now);
            continue;
        }
        let decision = engine.decide(Id::Number(who), Ask { at: Some(now), ..Ask::default() }).unwrap();
        let (heard, said) = (Talk::within(&talk.heard, now), Talk::within(&talk.said, now));
        let may = said + 1.0 <= 0.5 * heard && talk.faded(now, 2) <= 2.0;
        let worth = needs[who as usize] * exp(-0.4 * talk.faded(now, 10)) - 0.2;
        assert_eq!(decision.action.is_some(), may && worth > 0.0, "{who} at {now}: {said} of {heard}, {worth}");
        if decision.action.is_some() {
            assert!((decision.priority - worth).abs() < 1e-9);
            talk.said.push(now);
            spoken += 1;
        }
        tired += i32::from(may && worth <= 0.0);
        talk.said.retain(|at| now - at < 600 * DAY);
    }
    assert!(spoken > 500 && tired > 500, "{spoken} {tired}");
}
