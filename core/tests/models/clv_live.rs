//! The live column of lifetime value is the batch model on the same purchases.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array};
use bactrian::base::numeric::powf;
use bactrian::data::parse_time;
use bactrian::models::clv::{
    BetaGeo, BetaGeoBetaBinomialParams, FitOptions, GammaGamma, Horizon, ParetoNbd, PurchaseModel, Spend, Summary,
    SummaryOptions, Transactions, lifetime_value, summary,
};
use bactrian::{Call, Column, Definition, Engine, Id, Options, RowEvent, Value};

use crate::data::{outside, plain, shipped};

const DAY: i64 = 86_400_000_000;

/// Purchases in columns.
struct Lines {
    customer: Vec<u64>,
    at: Vec<i64>,
    amount: Vec<f64>,
    basket: Vec<String>,
}

impl Lines {
    fn observe(&self, engine: &Engine) {
        let batch = RecordBatch::try_from_iter([
            ("customer", Arc::new(UInt64Array::from(self.customer.clone())) as ArrayRef),
            ("at", Arc::new(TimestampMicrosecondArray::from(self.at.clone())) as ArrayRef),
            ("amount", Arc::new(Float64Array::from(self.amount.clone())) as ArrayRef),
            ("occasion", Arc::new(StringArray::from(self.basket.clone())) as ArrayRef),
        ]);
        let report = engine.observe(&[batch.unwrap()], &Call::default()).unwrap();
        assert_eq!((report.accepted, report.rejected.len()), (self.at.len() as u64, 0));
    }

    /// The summary until `until`, by baskets or by instants.
    fn summary(&self, until: i64, baskets: bool) -> Summary {
        let mut names: Vec<&String> = self.basket.iter().collect();
        names.sort_unstable();
        let name = |basket: &String| names.partition_point(|name| *name < basket) as u64;
        let occasions: Vec<u64> = self.basket.iter().map(name).collect();
        let lines = Transactions {
            customer: &self.customer,
            at: &self.at,
            amount: Some(&self.amount),
            occasion: baskets.then_some(&occasions),
        };
        summary(&lines, &SummaryOptions { period: 7 * DAY, until: Some(until), calibration_until: None }).unwrap()
    }
}

/// A definition of purchases with one score.
fn definition(occasion: &str, score: &str) -> Definition {
    let events = "[event.purchase]\ncustomer = \"customer\"\namount = \"amount\"\n";
    let score = format!("[score.clv]\non = \"purchase\"\nperiod = \"7d\"\n{score}\n");
    Definition::from_toml(&format!("{events}{occasion}{score}")).unwrap()
}

/// All customers' values of the columns, in the order of the summary.
fn read(engine: &Engine, of: &Summary, columns: &[&str], at: Option<i64>) -> Vec<Vec<f64>> {
    let ids: Vec<Id<'_>> = of.customer.iter().map(|id| Id::Number(*id)).collect();
    let table = engine.score(Some(&ids), Some(columns), at, None).unwrap();
    let column = |name: &&str| match table.column(name) {
        Some(Column::Number(values)) => values.clone(),
        found => panic!("{name}: {found:?}"),
    };
    columns.iter().map(column).collect()
}

#[track_caller]
fn same(found: &[f64], expected: &[f64], relative: f64) {
    assert_eq!(found.len(), expected.len());
    for (row, (found, expected)) in found.iter().zip(expected).enumerate() {
        let close = (found - expected).abs() <= relative * expected.abs();
        assert!(close || (found.is_nan() && expected.is_nan()), "row {row}: {found} is not {expected}");
    }
}

/// What the batch models say of a summary: P(alive), purchases, spend and value over a year.
fn batch(of: &Summary, model: &impl PurchaseModel, spend: &GammaGamma) -> [Vec<f64>; 4] {
    let rows: Vec<usize> = (0..of.customer.len()).collect();
    let history = |row: &usize| (of.frequency[*row], of.recency[*row], of.age[*row]);
    let each = |value: &dyn Fn(f64, f64, f64) -> f64| -> Vec<f64> {
        rows.iter().map(history).map(|(x, t_x, age)| value(x, t_x, age)).collect()
    };
    let alive = each(&|x, t_x, age| model.probability_alive(x, t_x, age));
    let bought = each(&|x, t_x, age| model.expected_purchases(52.0, x, t_x, age));
    let spend: Vec<f64> = of.frequency.iter().zip(&of.spend).map(|(x, m)| spend.expected_spend(*x, *m)).collect();
    let value = bought.iter().zip(&spend).map(|(bought, spend)| bought * spend).collect();
    [alive, bought, spend, value]
}

fn fit_spend(of: &Summary) -> GammaGamma {
    let paid = (0..of.customer.len()).filter(|row| of.spend[*row] > 0.0);
    let (x, mean): (Vec<f64>, Vec<f64>) = paid.map(|row| (of.frequency[row], of.spend[row])).unzip();
    let rows = Spend { frequency: &x, mean: &mean, weights: None }.check().unwrap().compress();
    GammaGamma::fit(&rows, &FitOptions::default()).unwrap().model
}

const COLUMNS: [&str; 4] = ["clv.probability_alive", "clv.expected_purchases", "clv.expected_spend", "clv"];

#[test]
fn cdnow_live_is_cdnow_in_batch() {
    let calibration = parse_time("1997-09-30").unwrap();
    let rows = shipped("tests/data/cdnow/cdnow_master.csv.gz");
    let date = |row: &[String]| parse_time(&format!("{}-{}-{}", &row[1][..4], &row[1][4..6], &row[1][6..])).unwrap();
    let rows: Vec<_> = rows.iter().filter(|row| date(row) <= calibration).collect();
    let lines = Lines {
        customer: rows.iter().map(|row| row[0].parse().unwrap()).collect(),
        at: rows.iter().map(|row| date(row)).collect(),
        amount: rows.iter().map(|row| row[3].parse().unwrap()).collect(),
        basket: vec![String::new(); rows.len()],
    };
    let score = "model = \"bg_nbd/gamma_gamma\"\namount = \"amount\"\nhorizon = \"364d\"";
    let engine = Engine::new(&definition("", score), Options::default()).unwrap();
    lines.observe(&engine);
    engine.advance_to(calibration).unwrap();
    let now = lines.summary(calibration, false);
    assert_eq!(now.customer.len(), 23_570);
    let raw = ["clv.frequency", "clv.recency", "clv.age", "clv.monetary"];
    let found = read(&engine, &now, &raw, None);
    for (found, expected) in found.iter().zip([&now.frequency, &now.recency, &now.age, &now.spend]) {
        same(found, expected, 1e-13);
    }
    assert!(read(&engine, &now, &["clv"], None)[0].iter().all(|value| value.is_nan()), "unknown before a fit");

    let report = engine.fit(None).unwrap();
    let figure = |name: &str| report.columns[0].diagnostics.iter().find(|(known, _)| known == name).unwrap().1;
    assert!((figure("r") - 0.251624).abs() < 1e-4 && (figure("p") - 6.275359).abs() < 1e-3);
    assert_eq!((figure("purchases_converged"), figure("spend_customers")), (1.0, 9450.0));
    assert!(report.columns[0].skipped.is_none() && report.columns[0].notes.is_empty());

    let fitted = BetaGeo::fit(&now.history().check().unwrap().compress(), &FitOptions::default()).unwrap();
    let spend = fit_spend(&now);
    for (found, expected) in read(&engine, &now, &COLUMNS, None).iter().zip(batch(&now, &fitted.model, &spend)) {
        same(found, &expected, 1e-12);
    }
    let horizon = Horizon { periods: 1, length: 52.0, discount: 0.0 };
    let each: Vec<f64> = now.frequency.iter().zip(&now.spend).map(|(x, m)| spend.expected_spend(*x, *m)).collect();
    let value = lifetime_value(&fitted.model, &now.history().check().unwrap(), &each, &horizon).unwrap();
    same(&read(&engine, &now, &["clv"], None)[0], &value, 1e-12);

    // Read lazily later: nobody bought, everybody is older.
    let later = calibration + 70 * DAY;
    let expected = batch(&lines.summary(later, false), &fitted.model, &spend);
    for (found, expected) in read(&engine, &now, &COLUMNS, Some(later)).iter().zip(&expected) {
        same(found, expected, 1e-12);
    }
    explanations_add_up(&engine, &now);

    // One purchase more moves its customer and nobody else.
    let before = read(&engine, &now, &["clv"], None);
    let fields = [("amount", Value::Number(12.0))];
    let event =
        RowEvent { kind: "purchase", customer: Some(Id::Number(1)), peer: None, at: calibration, fields: &fields };
    engine.observe_row(&event).unwrap();
    let after = read(&engine, &now, &["clv"], None);
    let moved = before[0].iter().zip(&after[0]).filter(|(before, after)| before != after).count();
    assert_eq!(moved, 1);
}

fn explanations_add_up(engine: &Engine, of: &Summary) {
    for (row, id) in of.customer.iter().enumerate().step_by(487) {
        for column in COLUMNS {
            let why = engine.explain(Id::Number(*id), column, None, None).unwrap();
            let sum: f64 = why.parts.iter().map(|(_, part)| part).sum();
            assert!((sum - why.value).abs() <= 1e-9 * why.value.abs().max(1.0), "{column} {why:?}");
            let names: Vec<&str> = why.parts.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["base", "frequency", "recency", "age", "monetary"]);
            let told = |name: &str| why.evidence.iter().find(|(known, _)| known == name).unwrap().1;
            assert_eq!((told("frequency"), told("recency")), (of.frequency[row], of.recency[row]));
        }
    }
}

#[test]
fn baskets_of_many_lines_are_one_purchase() {
    let rows = match outside("purchases/completejourney/transactions_sample.csv.gz") {
        Ok(rows) => rows,
        Err(why) => return println!("skipped: {why}"),
    };
    let mut lines = Lines { customer: vec![], at: vec![], amount: vec![], basket: vec![] };
    // Backwards, so that nothing depends on the order of lines.
    for row in rows.iter().rev() {
        lines.customer.push(row[0].parse().unwrap());
        lines.at.push(parse_time(&row[10]).unwrap());
        lines.amount.push(row[5].parse().unwrap());
        lines.basket.push(row[2].clone());
    }
    let score = "model = \"pareto_nbd/gamma_gamma\"\namount = \"amount\"\nhorizon = \"364d\"";
    let engine = Engine::new(&definition("occasion = \"occasion\"\n", score), Options::default()).unwrap();
    lines.observe(&engine);
    let until = engine.now().unwrap().unwrap();
    let all = lines.summary(until, true);
    assert_eq!(all.customer.len(), 2377);
    let raw = ["clv.frequency", "clv.recency", "clv.age", "clv.monetary"];
    for (found, expected) in
        read(&engine, &all, &raw, None).iter().zip([&all.frequency, &all.recency, &all.age, &all.spend])
    {
        same(found, expected, 1e-12);
    }
    engine.fit(None).unwrap();
    let fitted = ParetoNbd::fit(&all.history().check().unwrap().compress(), &FitOptions::default()).unwrap();
    let spend = fit_spend(&all);
    for (found, expected) in read(&engine, &all, &COLUMNS, None).iter().zip(batch(&all, &fitted.model, &spend)) {
        same(found, &expected, 1e-12);
    }
    // A second fit starts from the first one, and ends there.
    let before = read(&engine, &all, &["clv"], None);
    engine.fit(None).unwrap();
    same(&read(&engine, &all, &["clv"], None)[0], &before[0], 1e-6);
}

#[test]
fn purchases_alone_and_discounted() {
    let score = "model = \"mbg_nbd\"\nhorizon = \"25d\"\ndiscount = 0.1";
    let engine = Engine::new(&definition("", score), Options::default()).unwrap();
    let mut lines = Lines { customer: vec![], at: vec![], amount: vec![], basket: vec![] };
    for customer in 0..40 {
        for purchase in 0..=customer % 5 {
            lines.customer.push(customer);
            lines.at.push((customer % 7 + purchase * (3 + customer % 11)) as i64 * DAY);
            lines.amount.push(1.0);
            lines.basket.push(String::new());
        }
    }
    lines.observe(&engine);
    engine.advance_to(100 * DAY).unwrap();
    engine.fit(None).unwrap();
    let all = lines.summary(100 * DAY, false);
    let rows = all.history().check().unwrap();
    let model = BetaGeo::fit_modified(&rows.compress(), &FitOptions::default()).unwrap().model;
    let until = |t: f64| model.expected_purchases_all(t, &rows).unwrap();
    // Weeks end after 7, 14, 21 and 25 days.
    let parts = [until(1.0), until(2.0), until(3.0), until(25.0 / 7.0)];
    let expected: Vec<f64> = (0..all.customer.len())
        .map(|row| {
            let gains = (0..4).map(|i| parts[i][row] - if i == 0 { 0.0 } else { parts[i - 1][row] });
            gains.zip(1..).map(|(gain, i)| gain / powf(1.1, f64::from(i))).sum()
        })
        .collect();
    let found = read(&engine, &all, &["clv", "clv.expected_purchases"], None);
    same(&found[0], &expected, 1e-12);
    same(&found[1], &parts[3], 1e-12);
    assert!(engine.score(None, Some(&["clv.expected_spend"]), None, None).is_err());
}

/// Where every repeat was returned there is nothing to learn spend from; the purchases stand.
#[test]
fn refunds_leave_the_purchases() {
    let score = "model = \"bg_nbd/gamma_gamma\"\namount = \"amount\"\nhorizon = \"364d\"";
    let engine = Engine::new(&definition("", score), Options::default()).unwrap();
    let mut lines = Lines { customer: vec![], at: vec![], amount: vec![], basket: vec![] };
    for day in 0..60_i64 {
        for customer in (0..40_u64).filter(|customer| day % (3 + *customer as i64) == 0 && day < 20 + *customer as i64)
        {
            lines.customer.push(customer);
            lines.at.push(day * DAY + 1);
            lines.amount.push(if day == 0 { 20.0 } else { -5.0 });
            lines.basket.push(String::new());
        }
    }
    lines.observe(&engine);
    engine.advance_to(90 * DAY).unwrap();
    let report = engine.fit(None).unwrap();
    let column = &report.columns[0];
    assert_eq!(column.skipped, None);
    assert!(column.notes.iter().any(|(of, note)| of == "spend" && note.contains("unknown")), "{:?}", column.notes);
    let all = lines.summary(90 * DAY, false);
    let found = read(&engine, &all, &COLUMNS, None);
    assert!(found[..2].iter().flatten().all(|value| value.is_finite()));
    assert!(found[2..].iter().flatten().all(|value| value.is_nan()));
}

#[test]
fn mistakes_are_named() {
    let fault = |score: &str| {
        let text = format!("[event.purchase]\ncustomer = \"who\"\namount = \"amount\"\n[score.clv]\n{score}");
        let definition = Definition::from_toml(&text).unwrap();
        bactrian::check(&definition).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let good = "model = \"bg_nbd/gamma_gamma\"\non = \"purchase\"\namount = \"amount\"\nhorizon = \"1y\"\n";
    let good = good.replace("1y", "365d");
    assert_eq!(fault(&good), "");
    assert!(fault(&good.replace("gamma_gamma", "gama_gamma")).contains("did you mean `bg_nbd/gamma_gamma`"));
    assert!(fault(&good.replace("amount = \"amount\"\n", "")).contains("`amount` is missing"));
    assert!(fault(&good.replace("/gamma_gamma", "")).contains("makes no use of an amount"));
    assert!(fault(&good.replace("horizon = \"365d\"", "")).contains("`horizon` is missing"));
    assert!(fault(&format!("{good}discount = -0.1\n")).contains("a rate of at least 0"));
    assert!(fault(&format!("{good}discount = 0.1\nperiod = \"1m\"\n")).contains("must be 1 to 10,000"));
    assert!(fault(&good.replace("on = \"purchase\"", "on = \"purchas\"")).contains("no event kind `purchas`"));
}

/// Donations of 11,104 people over yearly opportunities (ORACLES): the column finds the published optimum and
/// foretells as the batch model does, from events alone.
#[test]
fn donations_live_are_donations_in_batch() {
    const YEAR: i64 = 365 * DAY;
    let rows = plain("tests/data/cdnow/donations.csv");
    let number = |text: &String| text.parse::<u64>().unwrap();
    let (mut lines, mut of) = (Lines { customer: vec![], at: vec![], amount: vec![], basket: vec![] }, vec![]);
    for row in &rows {
        let [x, t_x, n, people] = [0, 1, 2, 3].map(|place| number(&row[place]));
        for _ in 0..people {
            let customer = of.len() as u64;
            // The last gift in its year, those before it in the first ones; some years have two.
            let years = (1..x).chain((x > 0).then_some(t_x)).chain([0]);
            for (gift, year) in years.enumerate() {
                let day = (customer % 300) as i64 * DAY + gift as i64 + 1;
                let twice = if customer.is_multiple_of(3) { 2 } else { 1 };
                for again in 0..twice {
                    lines.customer.push(customer);
                    lines.at.push(30 * YEAR + year as i64 * YEAR + day + again * 1_000_000);
                }
            }
            of.push((x as u32, t_x as f64, n as f64));
        }
    }
    assert_eq!(of.len(), 11_104);
    let mut order: Vec<usize> = (0..lines.at.len()).collect();
    order.sort_by_key(|line| lines.at[*line]);
    lines.customer = order.iter().map(|line| lines.customer[*line]).collect();
    lines.at = order.iter().map(|line| lines.at[*line]).collect();
    lines.amount = vec![1.0; lines.at.len()];
    lines.basket = (0..lines.at.len()).map(|line| line.to_string()).collect();
    let score = "model = \"bg_bb\"\nperiod = \"365d\"\nhorizon = \"1825d\"";
    let events = "[event.purchase]\ncustomer = \"customer\"\namount = \"amount\"\n";
    let text = format!("{events}[score.gifts]\non = \"purchase\"\n{score}\n");
    let engine = Engine::new(&Definition::from_toml(&text).unwrap(), Options::default()).unwrap();
    lines.observe(&engine);
    // Six opportunities after the first are over.
    engine.advance_to(37 * YEAR).unwrap();
    let report = engine.fit(None).unwrap();
    let column = &report.columns[0];
    assert_eq!(column.skipped, None);
    let figure = |name: &str| column.diagnostics.iter().find(|(known, _)| known == name).unwrap().1;
    for (name, expected) in [("alpha", 1.203522), ("beta", 0.749716), ("gamma", 0.656718), ("delta", 2.783443)] {
        assert!((figure(name) / expected - 1.0).abs() < 1e-4, "{name} {}", figure(name));
    }
    assert!((figure("log_likelihood") / -33225.581274 - 1.0).abs() < 1e-8);
    let [alpha, beta, gamma, delta] = ["alpha", "beta", "gamma", "delta"].map(figure);
    let model = BetaGeoBetaBinomialParams { alpha, beta, gamma, delta }.check().unwrap();
    let names = ["gifts", "gifts.probability_alive", "gifts.frequency", "gifts.recency", "gifts.opportunities"];
    let ids: Vec<Id<'_>> = (0..of.len() as u64).map(Id::Number).collect();
    let read = |at: Option<i64>| -> Vec<Vec<f64>> {
        let table = engine.score(Some(&ids), Some(&names), at, None).unwrap();
        names
            .iter()
            .map(|name| match table.column(name) {
                Some(Column::Number(values)) => values.clone(),
                found => panic!("{name}: {found:?}"),
            })
            .collect()
    };
    // At the end of the sixth opportunity, in the middle of the seventh, and at its end.
    for (at, more) in [(None, 0.0), (Some(37 * YEAR + YEAR / 2), 0.0), (Some(38 * YEAR), 1.0)] {
        let each = |value: &dyn Fn(f64, f64, f64) -> f64| -> Vec<f64> {
            of.iter().map(|(x, t_x, n)| value(f64::from(*x), *t_x, n + more)).collect()
        };
        let found = read(at);
        same(&found[0], &each(&|x, t_x, n| model.expected_purchases(5, x, t_x, n)), 1e-12);
        same(&found[1], &each(&|x, t_x, n| model.probability_alive(0, x, t_x, n)), 1e-12);
        assert_eq!(found[2..], [each(&|x, _, _| x), each(&|_, t_x, _| t_x), each(&|_, _, n| n)]);
    }
    let why = engine.explain(Id::Number(5), "gifts", None, None).unwrap();
    let parts: f64 = why.parts.iter().map(|(_, part)| part).sum();
    assert!((parts / why.value - 1.0).abs() < 1e-12 && why.parts.len() == 4, "{why:?}");
}
