use super::profit::{mean_ranks, spearman};
use super::*;
use crate::base::numeric::{exp, ln};
use crate::base::random::Random;
use crate::base::{Claim, ErrorKind};

/// Toothpaste in the United States (Goodhardt, Ehrenberg, Chatfield 1984).
fn toothpaste() -> NbdDirichletFit {
    let shares = [0.25, 0.19, 0.10, 0.10, 0.09, 0.08, 0.03, 0.02];
    let penetrations = [0.20, 0.17, 0.09, 0.08, 0.08, 0.07, 0.03, 0.02];
    NbdDirichlet::fit(0.56, 2.6, &shares, &penetrations).unwrap()
}

#[test]
fn toothpaste_as_published() {
    let fitted = toothpaste();
    let params = fitted.model.params();
    assert!((params.m - 1.456).abs() < 1e-12);
    // scipy's root of the equation for K. The reference, R's NBDdirichlet, stops its search at .7788027,
    // where the penetration is .5599977, and S follows.
    assert!((params.k - 0.7788158827707692).abs() < 1e-12, "{params:?}");
    assert!((params.k / 0.7788027 - 1.0).abs() < 3e-5 && (params.s / 1.2952796 - 1.0).abs() < 3e-5);
    assert!((fitted.model.penetration() - 0.56).abs() < 1e-14);
    let reference = NbdDirichletParams { k: 0.7788027, s: 1.2952796, ..params.clone() }.check().unwrap();
    for (n, expected) in (0..).zip([0.4400024, 0.2232568, 0.1293673, 0.0780698, 0.0480507]) {
        assert!((reference.probability_of(n) - expected).abs() < 1e-7, "{n}");
    }
    let brands = [
        (0, 0.1999467, 1.8204855, 3.1614492),
        (1, 0.1568106, 1.7641663, 3.2163817),
        (2, 0.0865889, 1.6815085, 3.3017870),
    ];
    for (brand, penetration, frequency, category) in brands {
        let found = reference.brand(brand).unwrap();
        assert!((found.penetration / penetration - 1.0).abs() < 1e-6, "{found:?}");
        assert!((found.frequency / frequency - 1.0).abs() < 1e-6);
        assert!((found.category_frequency / category - 1.0).abs() < 1e-6);
        assert!((found.share_of_requirements - found.frequency / found.category_frequency).abs() < 1e-12);
        assert!(found.sole > 0.0 && found.sole < found.share_of_requirements);
    }
    // Twice as long: twice the purchases, by more people.
    let year = fitted.model.over(2.0).unwrap();
    assert!(year.penetration() > 0.56 && year.params().m == 2.0 * params.m);
}

#[test]
fn simulated_buyers_agree() {
    let model = toothpaste().model;
    let NbdDirichletParams { m, k, s, shares } = model.params().clone();
    let mut random = Random::keyed(4, 4);
    let n = 60_000;
    let (mut bought, mut both, mut sole, mut first) = (0.0, 0.0, 0.0, 0.0);
    let (mut all, mut own, mut people) = (0.0, 0.0, 0.0);
    for _ in 0..n {
        let rate = random.gamma(k) * m / k;
        let mut count = 0u32;
        let mut time = random.exponential();
        while time < rate {
            count += 1;
            time += random.exponential();
        }
        let mut parts: Vec<f64> = shares.iter().map(|share| random.gamma(s * share)).collect();
        parts.push(random.gamma(s * (1.0 - shares.iter().sum::<f64>())));
        let total: f64 = parts.iter().sum();
        let mut counts = vec![0u32; parts.len()];
        for _ in 0..count {
            let mut left = random.uniform() * total;
            let chosen = parts.iter().position(|part| {
                left -= part;
                left < 0.0
            });
            counts[chosen.unwrap_or(parts.len() - 1)] += 1;
        }
        bought += f64::from(u8::from(counts[0] > 0));
        both += f64::from(u8::from(counts[0] > 0 && counts[1] > 0));
        sole += f64::from(u8::from(counts[0] > 0 && counts[0] == count));
        if counts[0] == 2 {
            first += 1.0;
            all += f64::from(count);
            own += parts[0] / total;
            people += 1.0;
        }
    }
    let brand = model.brand(0).unwrap();
    let close =
        |found: f64, expected: f64, errors: f64| assert!((found - expected).abs() < errors, "{found} {expected}");
    close(bought / f64::from(n), brand.penetration, 0.008);
    close(sole / bought, brand.sole, 0.02);
    close(both / bought, model.duplication(0, 1).unwrap(), 0.02);
    let wallet = model.wallet(0, 2).unwrap();
    assert!(first > 2000.0);
    close(all / people, wallet.total, 0.12);
    close(own / people, wallet.share, 0.02);
    assert_eq!(model.duplication(3, 3).unwrap(), 1.0);
    // Duplication follows penetration, and either brand's buyers see the same overlap.
    let (ab, ba) = (model.duplication(0, 1).unwrap(), model.duplication(1, 0).unwrap());
    let other = model.brand(1).unwrap();
    assert!((ab * brand.penetration - ba * other.penetration).abs() < 1e-12);
}

#[test]
fn a_customers_own_share() {
    let model = toothpaste().model;
    let none = model.posterior_shares(&[0.0; 8], 0.0).unwrap();
    none.iter().zip(&model.params().shares).for_each(|(found, share)| assert!((found - share).abs() < 1e-15));
    let devoted = model.posterior_shares(&[30.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 0.0).unwrap();
    let s = model.params().s;
    assert!((devoted[0] - (0.25 * s + 30.0) / (s + 30.0)).abs() < 1e-15);
    assert!(model.posterior_shares(&[1.0; 8], 5.0).unwrap().iter().sum::<f64>() < 0.7);
    assert!(model.posterior_shares(&[1.0], 0.0).is_err() && model.posterior_shares(&[-1.0; 8], 0.0).is_err());
}

#[test]
fn faults_of_a_category_are_named() {
    let fault = |b: f64, w: f64, shares: &[f64], penetrations: &[f64]| {
        NbdDirichlet::fit(b, w, shares, penetrations).unwrap_err().message().to_owned()
    };
    assert_eq!(fault(1.5, 2.0, &[0.5], &[0.3]), "`penetration` is 1.5, but must be between 0 and 1");
    assert_eq!(fault(0.5, 0.5, &[0.5], &[0.3]), "`frequency` is 0.5 per buyer, but must be at least 1");
    assert!(fault(0.5, 2.0, &[0.7, 0.5], &[0.3, 0.3]).starts_with("the shares sum to 1.2"));
    assert!(fault(0.5, 2.0, &[0.7], &[0.6]).starts_with("the penetration of brand 0 is 0.6"));
    assert!(fault(0.5, 1.2, &[0.7], &[0.4]).starts_with("buyers buy so evenly"));
    let wrong = NbdDirichletParams { m: 1.0, k: f64::NAN, s: 1.0, shares: vec![0.5] };
    assert_eq!(wrong.check().unwrap_err().kind(), ErrorKind::SchemaRange);
    assert!(toothpaste().model.brand(8).is_err() && toothpaste().model.wallet(9, 1).is_err());
}

#[test]
fn a_panel_counted_by_hand() {
    // 1 buys A A B, 2 buys A, 3 buys B C, 4 buys C.
    let (customer, brand) = ([1, 2, 1, 3, 1, 3, 4], [0, 0, 0, 1, 1, 2, 2]);
    let panel = Panel::new(&customer, &brand, 4).unwrap();
    assert_eq!((panel.customers(), panel.frequency()), (&[1, 2, 3, 4][..], 7.0 / 4.0));
    assert_eq!((panel.repertoire(), panel.multi_brand_share()), (vec![2, 1, 2, 1], 0.5));
    let [a, b, c, nobody] = panel.brands().try_into().unwrap();
    let expected = Brand { share: 3.0 / 7.0, penetration: 0.5, frequency: 1.5, share_of_requirements: 0.75, sole: 0.5 };
    assert_eq!(a, expected);
    assert_eq!((b.share_of_requirements, b.sole, c.sole), (0.4, 0.0, 0.5));
    assert!(nobody.penetration == 0.0 && nobody.frequency.is_nan() && nobody.sole.is_nan());
    assert_eq!(share_of_requirements(&customer, &brand, 4).unwrap()[..2], [0.75, 0.4]);
    let found = panel.duplication();
    assert_eq!((found.shared[0][1], found.shared[1][0], found.shared[1][2], found.shared[2][0]), (0.5, 0.5, 0.5, 0.0));
    assert!(found.shared[3].iter().all(|share| share.is_nan()));
    assert!((found.d - 2.0 / 3.0).abs() < 1e-15, "{}", found.d);
    assert_eq!(duplication(&customer, &brand, 4).unwrap().d, found.d);
    assert!(
        Panel::new(&[1], &[4], 4).is_err() && Panel::new(&[], &[], 4).is_err() && Panel::new(&[1], &[], 4).is_err()
    );
}

#[test]
fn switching_settles() {
    let switching = Switching::new(&[1, 2, 1, 2, 1, 1, 1, 3], &[0, 1, 0, 0, 1, 0, 0, 1], 2).unwrap();
    assert_eq!(switching.counts(), [[2.0, 1.0], [2.0, 0.0]]);
    let stay = 2.0 / 3.0;
    let lives = switching.half_lives();
    assert!((exp(ln(stay) * lives[0]) - 0.5).abs() < 1e-15 && lives[1] == 0.0);
    let steady = switching.steady_shares();
    assert!((steady[0] - 0.75).abs() < 1e-12 && (steady[1] - 0.25).abs() < 1e-12, "{steady:?}");
    let loyal = Switching::new(&[1, 1, 2, 2], &[0, 0, 1, 1], 3).unwrap();
    assert_eq!(loyal.half_lives()[0], f64::INFINITY);
    assert!(loyal.half_lives()[2].is_nan());
    loyal.steady_shares().iter().for_each(|share| assert!((share - 1.0 / 3.0).abs() < 1e-12));
    assert!(Switching::new(&[1], &[], 1).is_err() && Switching::new(&[1], &[1], 1).is_err());
}

#[test]
fn forecasts_fall_back_and_sum_to_one() {
    let model = NextCategory::fit(&[1, 1, 1, 1, 2, 2, 2], &[0, 1, 0, 1, 1, 0, 1], 3).unwrap();
    let popularity = model.forecast(&[]).unwrap();
    assert_eq!(popularity.probabilities, model.popularity());
    for history in [&[][..], &[2], &[2, 2, 2], &[0, 1, 0, 1, 0], &[1]] {
        let forecast = model.forecast(history).unwrap();
        assert!((forecast.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-14);
        let brier: f64 = forecast.probabilities.iter().enumerate().map(|(c, p)| p * forecast.brier(c)).sum();
        assert!((0.0..=1.0).contains(&brier));
        assert_eq!(forecast.within(0.5)[1], 0.5 * forecast.probabilities[1]);
    }
    // After 0 came 1 every time (three of three): one level, then the pair, then the own history.
    let popular = 4.0 / 7.0;
    let one = (5.0 * popular + 3.0) / 8.0;
    let own = (5.0 * one) / 6.0;
    assert!((model.forecast(&[0]).unwrap().probabilities[1] - own).abs() < 1e-15);
    let trusting = model.clone().with_backoff([1e-9, 1e-9, 1e9]).unwrap();
    assert!(trusting.forecast(&[1, 0]).unwrap().probabilities[1] > 0.999);
    assert!(model.forecast(&[3]).is_err() && model.with_backoff([0.0, 1.0, 1.0]).is_err());
    assert!(NextCategory::fit(&[], &[], 3).is_err() && NextCategory::fit(&[1], &[3], 3).is_err());
}

#[test]
fn ranks_and_their_correlation() {
    assert_eq!(mean_ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
    // scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]).
    assert!((spearman(&[1.0, 2.0, 3.0, 4.0, 5.0], &[5.0, 6.0, 7.0, 8.0, 7.0]) - 0.8207826816681233).abs() < 1e-15);
    assert!(spearman(&[1.0, 1.0], &[1.0, 2.0]).is_nan());
}

#[test]
fn loyalty_is_measured_against_profit() {
    let drawn = |seed: u64| -> (Vec<f64>, Vec<f64>) {
        let mut random = Random::keyed(seed, 7);
        (0..500).map(|_| (random.uniform(), random.normal())).unzip()
    };
    // Of a hundred samples without a relation about five seem to have one.
    let nothing = |seed: &u64| {
        let (loyalty, noise) = drawn(*seed);
        loyalty_and_profit(&loyalty, &noise).unwrap().verdict.claim == Claim::Effect
    };
    assert!((0..100).filter(nothing).count() <= 11);
    let (loyalty, noise) = drawn(7);
    let gain: Vec<f64> = loyalty.iter().zip(&noise).map(|(l, e)| 2.0 * l + 0.5 * e).collect();
    let found = loyalty_and_profit(&loyalty, &gain).unwrap();
    assert_eq!(found.verdict.claim, Claim::Effect);
    assert!(found.true_friends > 2 * found.barnacles && found.strangers > 2 * found.butterflies);
    assert_eq!(found.strangers + found.butterflies + found.barnacles + found.true_friends, 500);
    assert!(found.mean_profit[3] > found.mean_profit[2]);
    let few = loyalty_and_profit(&[1.0, f64::NAN], &[1.0, 2.0]).unwrap();
    assert_eq!((few.verdict.claim, few.verdict.n), (Claim::CannotTell, 1));
    assert!(loyalty_and_profit(&[1.0], &[]).is_err());
}

#[test]
fn what_was_learnt_of_what_follows_what_is_all_of_it() {
    let mut random = Random::keyed(9, 9);
    let rows: Vec<(u64, u32)> = (0..400).map(|row| (row / 13, random.below(5) as u32)).collect();
    let (customer, category): (Vec<u64>, Vec<u32>) = rows.into_iter().unzip();
    let model = NextCategory::fit(&customer, &category, 5).unwrap();
    let again = NextCategory::from_followed(model.popularity().to_vec(), &model.followed()).unwrap();
    for history in [&[][..], &[3], &[3, 1], &[0, 0, 4, 2, 1]] {
        assert_eq!(model.forecast(history).unwrap(), again.forecast(history).unwrap(), "{history:?}");
    }
    assert_eq!(model.followed(), again.followed());
    // In a chain what follows what is all.
    let chain: Vec<u32> = (0..400).map(|row| row % 3).collect();
    let chained = NextCategory::fit_backoff(&customer, &chain, 3).unwrap();
    assert!(chained.backoff()[1] < 5.0 && chained.forecast(&[1, 2]).unwrap().best(1) == [0]);
    let entry = |after: [u32; 2], category, count| Followed { after, category, count };
    for wrong in [entry([7, 1], 1, 1.0), entry([u32::MAX, 9], 1, 1.0), entry([0, 1], 9, 1.0), entry([0, 1], 1, -1.0)] {
        assert!(NextCategory::from_followed(vec![0.2; 5], &[wrong]).is_err(), "{wrong:?}");
    }
    assert!(
        NextCategory::from_followed(vec![], &[]).is_err() && NextCategory::from_followed(vec![f64::NAN], &[]).is_err()
    );
}

#[test]
fn seasons_weigh_time() {
    const DAY: i64 = 86_400_000_000;
    // A year of days, twice as many purchases on Saturdays; 1970-01-03 was one.
    let at: Vec<i64> = (0..364).flat_map(|day| vec![day * DAY; if day % 7 == 2 { 40 } else { 20 }]).collect();
    let week = Season::fit(Cycle::Week, &at).unwrap();
    let [saturday, monday] = [5, 0].map(|day| week.indices()[day]);
    assert!((saturday / monday - 2.0).abs() < 0.05, "{:?}", week.indices());
    assert!((week.indices().iter().sum::<f64>() - 7.0).abs() < 1e-12);
    // Brute force by the hour, over spans that begin and end anywhere.
    let hour = DAY / 24;
    for (from, to) in [(0, 5 * hour), (-30 * hour, 400 * hour), (3 * DAY, 3 * DAY), (9 * DAY + hour, 17 * DAY - hour)] {
        let mut sum = 0.0;
        let mut at = from;
        while at < to {
            let day = (at - 4 * DAY).rem_euclid(7 * DAY) / DAY;
            sum += week.indices()[day as usize] * hour as f64;
            at += hour;
        }
        assert!((week.exposure(from, to) - sum).abs() <= 1e-9 * sum.max(1.0), "{from} {to}");
    }
    assert_eq!(week.exposure(5, 4), 0.0);
    let again = Season::from_indices(Cycle::Week, week.indices().to_vec()).unwrap();
    assert!((again.exposure(0, 10 * DAY) - week.exposure(0, 10 * DAY)).abs() < 1.0);
    let year = Season::fit(Cycle::Year, &at).unwrap();
    assert!(year.indices().len() == 12 && year.indices().iter().all(|index| (index - 1.0).abs() < 0.1), "{year:?}");
    assert!(Season::fit(Cycle::Week, &[]).is_err() && Season::from_indices(Cycle::Year, vec![1.0; 7]).is_err());
    assert!(Season::from_indices(Cycle::Week, vec![0.0; 7]).is_err());
}

/// Against 6000 terms in 40 digits: the tail is that of those who bought so often, not of all.
#[test]
fn heavy_buyers_have_a_wallet() {
    let params = NbdDirichletParams { m: 1.456, k: 0.7788158827707689, s: 1.3, shares: vec![0.25] };
    let model = params.check().unwrap();
    let expected = [
        (0, 1.02931843723, 0.18566873845),
        (3, 4.45839018806, 0.62603311045),
        (80, 81.7909909217, 0.967387471151),
        (85, 86.7927440533, 0.969186742933),
        (1000, 1001.82005724, 0.997218782995),
    ];
    for (own, total, share) in expected {
        let found = model.wallet(0, own).unwrap();
        assert!((found.total / total - 1.0).abs() < 1e-11 && (found.share / share - 1.0).abs() < 1e-11, "{found:?}");
    }
    // Sums that pass every number on the way; and one of too many terms.
    let busy = NbdDirichletParams { m: 4000.0, k: 2.0, s: 3.0, shares: vec![0.5] }.check().unwrap();
    let found = busy.wallet(0, 3000).unwrap();
    assert!(found.total > 3000.0 && found.total < 20_000.0 && found.share > 0.1 && found.share < 1.0, "{found:?}");
    let alone = NbdDirichletParams { m: 2.0, k: 1.0, s: 1.0, shares: vec![1.0] }.check().unwrap();
    assert_eq!(alone.wallet(0, 7).unwrap(), Wallet { total: 7.0, share: 1.0 });
    let vast = NbdDirichletParams { m: 1e9, k: 1.0, s: 1.0, shares: vec![0.5] }.check().unwrap();
    assert!(vast.wallet(0, 7).unwrap_err().to_string().contains("more than 1000000 terms"));
}
