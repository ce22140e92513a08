//! "Toward a peer": a twin by brute force gives the oracle's digits, and the product's formula with
//! fitted shrinkage does as well or better.

use std::collections::BTreeMap;

use bactrian::Claim;
use bactrian::base::numeric::{ln, ln_1p};
use bactrian::models::dyads::{Effects, Evaluation, Observation, Protocol, evaluate};

use crate::data::{outside, shipped};

/// Sum and count, and their mean shrunk to `prior` by `k`.
#[derive(Clone, Copy, Default)]
struct Mean(f64, f64);

impl Mean {
    fn add(&mut self, y: f64) {
        *self = Mean(self.0 + y, self.1 + 1.0);
    }

    fn shrunk(self, prior: f64, k: f64) -> f64 {
        (self.0 + k * prior) / (self.1 + k)
    }
}

/// What the twin says of one observation before it sees it.
struct Told {
    y: f64,
    met: bool,
    mean: f64,
    /// By k: A alone, A + B - mean.
    actor: Vec<f64>,
    additive: Vec<f64>,
    /// By k: the pair shrunk to A alone and to A + B - mean, where A and B are shrunk by `own` or k.
    to_actor: Vec<f64>,
    to_additive: Vec<f64>,
}

/// Predicts from the past, one after the other, for each pseudo-count of `ks`; A and B take `own`
/// pseudo-counts of the mean, or k.
fn twin(observations: &[Observation], warm_up: usize, own: Option<f64>, ks: &[f64]) -> Vec<Told> {
    let mut all = Mean::default();
    let (mut actors, mut partners) = (BTreeMap::<u32, Mean>::new(), BTreeMap::<u32, Mean>::new());
    let mut pairs = BTreeMap::<(u32, u32), Mean>::new();
    let mut told = Vec::new();
    for (i, o) in observations.iter().enumerate() {
        let (a, b) = (actors.entry(o.actor).or_default(), partners.entry(o.partner).or_default());
        let pair = pairs.entry((o.actor, o.partner)).or_default();
        if i >= warm_up {
            let mean = all.0 / all.1;
            let effect = |m: Mean, k: f64| m.shrunk(mean, own.unwrap_or(k));
            let actor: Vec<f64> = ks.iter().map(|k| effect(*a, *k)).collect();
            let additive: Vec<f64> = ks.iter().map(|k| effect(*a, *k) + effect(*b, *k) - mean).collect();
            let shrunk = |to: &[f64]| to.iter().zip(ks).map(|(to, k)| pair.shrunk(*to, *k)).collect();
            let (to_actor, to_additive) = (shrunk(&actor), shrunk(&additive));
            told.push(Told { y: o.value, met: pair.1 > 0.0, mean, actor, additive, to_actor, to_additive });
        }
        all.add(o.value);
        [a, b, pair].into_iter().for_each(|m| m.add(o.value));
    }
    told
}

fn error<'a>(told: impl IntoIterator<Item = &'a Told>, by: impl Fn(&Told) -> f64) -> f64 {
    let squares: Vec<f64> = told.into_iter().map(|t| (t.y - by(t)) * (t.y - by(t))).collect();
    squares.iter().sum::<f64>() / squares.len() as f64
}

fn close(got: f64, want: f64) {
    assert!((got - want).abs() <= 0.0005, "{got} is not {want}");
}

/// ln(seconds + 1) from the first unanswered message of B to A's next; a reply opens a wait of its own.
fn replies() -> Result<Vec<Observation>, String> {
    let mut waiting = BTreeMap::<(u32, u32), i64>::new();
    let mut replies = Vec::new();
    for row in outside("streams/collegemsg/messages.csv.gz")? {
        let (from, to, at): (u32, u32, i64) =
            (row[0].parse().unwrap(), row[1].parse().unwrap(), row[2].parse().unwrap());
        if let Some(since) = waiting.remove(&(from, to)) {
            replies.push(Observation { actor: from, partner: to, at, value: ln((at - since) as f64 + 1.0) });
        }
        waiting.entry((to, from)).or_insert(at);
    }
    Ok(replies)
}

/// Seconds since 1970 of a time like 2018-03-12T17:00:45Z (days by Hinnant's civil algorithm).
fn seconds(text: &str) -> i64 {
    let number = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
    let (month, day) = (number(5..7), number(8..10));
    let year = number(0..4) - i64::from(month <= 2);
    let (era, month) = (year.div_euclid(400), (month + 9) % 12);
    let of_era = year.rem_euclid(400);
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day - 1;
    let days = era * 146_097 + day_of_era - 719_468;
    ((days * 24 + number(11..13)) * 60 + number(14..16)) * 60 + number(17..19)
}

/// ln(1 + hours) from a question to each answer by someone else.
fn answers() -> Vec<Observation> {
    let rows = shipped("tests/data/quantum_community/interactions.csv.gz");
    let questions: BTreeMap<&str, i64> =
        rows.iter().filter(|row| row[2] == "question").map(|row| (row[8].as_str(), seconds(&row[1]))).collect();
    let between = rows.iter().filter(|row| row[2] == "answer" && !row[3].is_empty() && !row[4].is_empty());
    between
        .filter_map(|row| {
            let at = seconds(&row[1]);
            let since = questions.get(row[9].as_str())?;
            let (actor, partner) = (row[3].parse().unwrap(), row[4].parse().unwrap());
            Some(Observation { actor, partner, at, value: ln_1p((at - since) as f64 / 3600.0) })
        })
        .collect()
}

#[test]
fn the_twin_gives_the_digits_on_collegemsg() {
    let replies = match replies() {
        Ok(replies) => replies,
        Err(absent) => return eprintln!("skipped the_twin_gives_the_digits_on_collegemsg: {absent}"),
    };
    let told = twin(&replies, 1000, Some(5.0), &[2.0]);
    let met: Vec<&Told> = told.iter().filter(|t| t.met).collect();
    assert_eq!(met.len(), 18_890);
    let of = |by: fn(&Told) -> f64| error(met.iter().copied(), by);
    close(of(|t| t.mean), 9.485);
    close(of(|t| t.actor[0]), 7.952);
    close(of(|t| t.additive[0]), 7.639);
    close(of(|t| t.to_actor[0]), 6.911);
    close(of(|t| t.to_additive[0]), 6.922);
}

#[test]
fn the_product_reaches_seven_on_collegemsg() {
    let replies = match replies() {
        Ok(replies) => replies,
        Err(absent) => return eprintln!("skipped the_product_reaches_seven_on_collegemsg: {absent}"),
    };
    let protocol = Protocol { warm_up: 1000, ..Protocol::default() };
    let Evaluation { met, placebo, verdict, .. } = evaluate(&replies, &protocol).unwrap();
    // Two replies of one second can't know each other here; the twin lets the first be known.
    assert!(met.n.abs_diff(18_890) <= 20, "{}", met.n);
    assert!(met.pair <= 6.93 && met.additive < met.actor && met.actor < met.mean, "{met:?}");
    assert_eq!(verdict.claim, Claim::Effect, "{verdict}");
    assert!(placebo.0 > 0.2 && verdict.interval.0 > placebo.0 + 3.0 * placebo.1, "{verdict} {placebo:?}");

    // The fit on all of it: shrinkage in the neighbourhood of what predicts best.
    let mut dyads = BTreeMap::<(u32, u32), Vec<f64>>::new();
    replies.iter().for_each(|o| dyads.entry((o.actor, o.partner)).or_default().push(o.value));
    let dyads: Vec<_> =
        dyads.iter().map(|((a, b), values)| bactrian::models::dyads::Dyad::of_values(*a, *b, values)).collect();
    let fit = Effects::fit(&dyads, &Default::default()).unwrap();
    assert!((1.5..4.0).contains(&fit.kappa) && (3.0..20.0).contains(&fit.actor_count), "{fit:?}");
}

#[test]
fn the_twin_gives_the_digits_on_the_quantum_community() {
    let answers = answers();
    assert_eq!(answers.len(), 1013);
    let ks = [2.0, 5.0, 10.0, 20.0, 50.0];
    let told = twin(&answers, 50, None, &ks);
    let (choose, test) = told.split_at(told.len() / 2);
    assert_eq!(test.len(), 482);
    let best = |by: fn(&Told) -> &Vec<f64>| {
        let errors: Vec<f64> = (0..ks.len()).map(|k| error(choose, |t| by(t)[k])).collect();
        let k = (0..ks.len()).min_by(|a, b| errors[*a].total_cmp(&errors[*b])).unwrap();
        error(test, |t| by(t)[k])
    };
    close(error(test, |t| t.mean), 3.212);
    close(best(|t| &t.actor), 3.026);
    close(best(|t| &t.to_actor), 2.963);
    close(best(|t| &t.additive), 2.960);
    close(best(|t| &t.to_additive) - best(|t| &t.additive), -0.0015);
}

#[test]
fn no_evidence_of_pairs_on_the_quantum_community() {
    let evaluation = evaluate(&answers(), &Protocol::default()).unwrap();
    assert_eq!(evaluation.verdict.claim, Claim::NoEvidence, "{}", evaluation.verdict);
    assert!(evaluation.all.n == 963 && evaluation.all.additive < evaluation.all.mean, "{evaluation:?}");
}
