use super::*;
use crate::models::clv::{BetaGeoParams, GammaGammaParams, RegularBetaGeoParams};
use crate::program::Inputs;

const WEEK: f64 = 7.0 * 86_400e6;

fn fitted(spend: Option<GammaGammaParams>, horizon: f64, discount: f64) -> Fitted {
    let params = BetaGeoParams { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426, dropout: Dropout::AfterRepeat };
    let average = Average { frequency: 1.0, silence: 20.0, age: 30.0, monetary: 35.0 };
    let spend = spend.map(|spend| spend.check().unwrap());
    let parameters = Parameters { purchases: Purchases::BetaGeo(params.check().unwrap()), spend, average };
    let (ends, weights) = discount_weights(horizon, discount).unwrap();
    let parameters = Some(Parameters::decode(&parameters.encode()).unwrap());
    Fitted { parameters, spend: true, outlook: Outlook { period: WEEK, horizon, ends, weights } }
}

/// First and last purchase, occasions, and the sums of all and of the first.
fn inputs(values: &[f64]) -> Inputs<'_> {
    Inputs { values, histograms: &[], at: (38.86 * WEEK) as i64, customer: 0 }
}

const HISTORY: [f64; 5] = [0.0, 30.43 * WEEK, 3.0, 80.0, 30.0];
const SPEND: GammaGammaParams = GammaGammaParams { p: 6.25, q: 3.74, gamma: 15.44 };

#[test]
fn a_part_alone_has_the_bits_of_all() {
    for discount in [0.0, 0.002] {
        let model = fitted(Some(SPEND), 52.0, discount);
        let mut all = [f64::NAN; 8];
        model.read(inputs(&HISTORY), &mut all);
        assert!(all.iter().all(|value| value.is_finite()), "{all:?}");
        for part in 0..3 {
            let mut wanted = [false; 8];
            wanted[part] = true;
            let mut found = [f64::NAN; 8];
            model.read_wanted(inputs(&HISTORY), &wanted, &mut found);
            assert_eq!(found[part].to_bits(), all[part].to_bits());
            assert_eq!(found[3..], all[3..]);
            // P(alive) has a closed form: no expectation over the horizon is computed for it.
            assert!(part != 1 || (found[0].is_nan() && found[2].is_nan()), "{found:?}");
        }
    }
}

#[test]
fn without_a_spend_model_the_purchases_are_known() {
    let model = fitted(None, 52.0, 0.0);
    let mut found = [f64::NAN; 8];
    model.read(inputs(&HISTORY), &mut found);
    assert!(found[0].is_nan() && found[3].is_nan(), "{found:?}");
    assert!(found[1] > 0.0 && found[1] < 1.0 && found[2] > 0.0, "{found:?}");
    let why = model.explain(inputs(&HISTORY), 1);
    assert_eq!(why.value.to_bits(), found[1].to_bits());
}

#[test]
fn an_infinite_mean_is_unknown_everywhere() {
    let model = fitted(Some(GammaGammaParams { q: 0.5, ..SPEND }), 52.0, 0.0);
    let newcomer = [0.0, 0.0, 1.0, 30.0, 30.0];
    let mut found = [0.0; 8];
    model.read(inputs(&newcomer), &mut found);
    assert!(found[0].is_nan() && found[3].is_nan() && found[2] > 0.0, "{found:?}");
    let why = model.explain(inputs(&newcomer), 0);
    assert!(why.value.is_nan() && why.evidence.iter().all(|(_, value)| !value.is_infinite()), "{why:?}");
    model.read(inputs(&HISTORY), &mut found);
    assert!(found.iter().all(|value| value.is_finite()), "{found:?}");
}

#[test]
fn gaps_by_chance_have_the_closed_forms() {
    for (dropout, word) in [(Dropout::AfterRepeat, 0), (Dropout::AfterEvery, 1)] {
        let regular = |k| RegularBetaGeoParams { r: 0.5, alpha: 6.0, a: 0.9, b: 1.6, k, dropout }.check().unwrap();
        let chance = Purchases::regular(&regular(1)).unwrap();
        let Purchases::BetaGeo(model) = chance else { panic!("{chance:?}") };
        assert_eq!(model.params().dropout, dropout);
        let (one, other) = (chance.expected_purchases(52.0, 3.0, 20.0, 30.0), regular(1));
        assert!((one / other.expected_purchases(52.0, 3.0, 20.0, 30.0) - 1.0).abs() < 1e-9);
        let average = Average { frequency: 1.0, silence: 20.0, age: 30.0, monetary: f64::NAN };
        let bytes = Parameters { purchases: chance, spend: None, average }.encode();
        assert!(bytes[0] == word && Parameters::decode(&bytes).unwrap().purchases == chance);
        assert!(matches!(Purchases::regular(&regular(2)).unwrap(), Purchases::Regular(_)));
    }
}
