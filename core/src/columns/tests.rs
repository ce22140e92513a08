//! How columns move with time, as lowered definitions have them.

use super::{kinds, motions};
use crate::data::keys::Keys;
use crate::definition::Definition;
use crate::expr::Trend;
use crate::program::lower;

const DEFINITION: &str = r#"
[event.buy]
customer = "who"
at       = "at"
amount   = "amount"
need     = "need"

[trait]
household = "category"

[feature.spend]
sum       = "amount"
on        = "buy"
half_life = "90d"

[feature.mean]
mean      = "amount"
on        = "buy"
half_life = "90d"

[feature.recent]
sum    = "amount"
on     = "buy"
window = "30d"

[feature.latest]
last_time = "event"
on        = "buy"

[feature.together]
sum       = "amount"
on        = "buy"
half_life = "90d"
by        = "household"

[needs.basket]
on        = "buy"
topics    = 2
half_life = "180d"

[score.age]
value = "now - latest"

[score.idle]
value = "spend < 5.0 && age > 9.0"

[score.mixed]
value = "spend * age"

[score.both]
value = "recent + mean"

[score.worth]
model   = "pareto_nbd/gamma_gamma"
on      = "buy"
amount  = "amount"
horizon = "90d"

[score.late]
value = "worth.probability_alive < 0.3 || now - latest > 9.0"

[score.regular]
model   = "bg_cnbd_k"
on      = "buy"
horizon = "90d"

[score.rfm]
model  = "rfm"
on     = "buy"
amount = "amount"
"#;

#[test]
fn each_column_moves_as_it_is_declared() {
    let (program, problems) = lower(&Definition::from_toml(DEFINITION).unwrap(), &kinds(), &mut Keys::default());
    assert!(problems.is_empty(), "{problems:?}");
    let motions = motions(&program);
    let of = |name: &str| &motions[program.column(name).unwrap()];
    let trends = [
        ("spend", Trend::Fading),
        ("mean", Trend::Still),
        ("recent", Trend::Still),
        ("latest", Trend::Still),
        // Others of the household move it.
        ("together", Trend::Mixed),
        ("basket", Trend::Still),
        ("basket.evidence", Trend::Mixed),
        ("age", Trend::Rising),
        ("idle", Trend::Rising),
        ("mixed", Trend::Mixed),
        ("both", Trend::Still),
        ("worth", Trend::Falling),
        ("worth.probability_alive", Trend::Falling),
        ("worth.expected_purchases", Trend::Falling),
        ("worth.expected_spend", Trend::Still),
        ("worth.age", Trend::Rising),
        ("worth.monetary", Trend::Still),
        ("late", Trend::Rising),
        ("regular.probability_alive", Trend::Falling),
        // The next purchase comes nearer.
        ("regular", Trend::Mixed),
        ("rfm", Trend::Falling),
        ("rfm.recency", Trend::Rising),
        ("rfm.frequency", Trend::Still),
        ("rfm.r", Trend::Falling),
        ("rfm.m", Trend::Still),
    ];
    for (name, trend) in trends {
        assert_eq!(of(name).course.trend, trend, "{name}");
    }
    assert_eq!(of("spend").decay.map(|feature| program.features[feature].rate > 0.0), Some(true));
    assert!(of("recent").steps.len() == 1 && of("both").steps == of("recent").steps && of("spend").steps.is_empty());
    assert!(of("age").decay.is_none());
}
