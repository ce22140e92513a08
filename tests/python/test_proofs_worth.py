"""What a customer is worth, as live columns: contracts, engagement value, what comes next, regular gaps.

Each column is the batch model on the same events, or a twin in numpy; the figures of ORACLES stand beside them.
"""

import os
from pathlib import Path

import bactrian as bt
from engines import engine_of, scores
import numpy as np
import pandas as pd
import pytest

DATA = Path(os.environ.get("BACTRIAN_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
DAY = pd.Timedelta(days=1)


def table(path, **options):
    if not (DATA / path).exists():
        pytest.skip(f"{path} is not in BACTRIAN_DATA")
    return pd.read_csv(DATA / path, **options)


# Contracts.

CONTRACTS = """
[trait]
tenure   = "number"
left     = "bool"
contract = "category"
charges  = "number"

[score.stay]
model   = "kaplan_meier"
tenure  = "tenure"
left    = "left"
horizon = 12

[score.stay_by_contract]
model   = "kaplan_meier"
tenure  = "tenure"
left    = "left"
horizon = 12
by      = "contract"

[score.risk]
model    = "discrete_hazard"
tenure   = "tenure"
left     = "left"
horizon  = 6
inputs   = ["charges"]
baseline = "log_time"
"""


@pytest.fixture(scope="module")
def telco():
    return table("models/telco_churn/telco.csv.gz")


@pytest.fixture(scope="module")
def contracts(telco):
    traits = pd.DataFrame(
        {
            "customer": telco.customerID,
            "tenure": telco.tenure.astype(float),
            "left": telco.Churn == "Yes",
            "contract": telco.Contract,
            "charges": telco.MonthlyCharges,
        }
    )
    return engine_of(CONTRACTS, traits=traits)


def kaplan_meier(rows):
    """S(t) for each t of the rows."""
    gone = rows[rows.Churn == "Yes"].groupby("tenure").size()
    times = np.arange(rows.tenure.max() + 1)
    at_risk = np.array([(rows.tenure >= t).sum() for t in times])
    return np.cumprod(1 - gone.reindex(times).fillna(0).to_numpy() / at_risk)


def test_survival_is_kaplan_meiers_by_segment(telco, contracts):
    report = contracts.fit().columns
    everyone = kaplan_meier(telco)
    assert everyone[[12, 24, 72]] == pytest.approx([0.84320, 0.78874, 0.59279], abs=5e-6)  # ORACLES, by lifelines
    found = scores(contracts, "stay", "", "survival", "hazard").loc[telco.customerID]
    by = scores(contracts, "stay_by_contract", "", "survival").loc[telco.customerID]
    assert found["survival"].to_numpy() == pytest.approx(everyone[telco.tenure], rel=1e-12)
    stays = (telco.Churn == "No") & (telco.tenure <= 60)
    ahead = everyone[telco.tenure[stays] + 12] / everyone[telco.tenure[stays]]
    assert found["stay"].to_numpy()[stays] == pytest.approx(ahead, rel=1e-12)
    assert (found["stay"].to_numpy()[telco.Churn == "Yes"] == 0).all()
    assert found["stay"][((telco.Churn == "No") & (telco.tenure > 60)).to_numpy()].isna().all(), "beyond what was seen"
    for name, rows in telco.groupby("Contract"):
        assert by.loc[rows.customerID, "survival"].to_numpy() == pytest.approx(kaplan_meier(rows)[rows.tenure], rel=1e-12)
    told = report["stay_by_contract"].diagnostics
    assert told["curves"] == 3 and told["log_rank"] > 1000 and told["log_rank_p"] < 1e-100


def test_a_hazard_by_charges_is_the_logit_of_person_periods(telco, contracts):
    linear = pytest.importorskip("sklearn.linear_model")
    told = contracts.fit(["risk"]).columns["risk"].diagnostics
    duration = telco.tenure.clip(lower=1).to_numpy()
    rows = np.repeat(np.arange(len(telco)), duration)
    period = np.concatenate([np.arange(1, d + 1) for d in duration])
    gone = (telco.Churn == "Yes").to_numpy()[rows] & (period == duration[rows])
    x = np.column_stack([np.ones(len(period)), np.log(period), telco.MonthlyCharges.to_numpy()[rows]])
    # Newton's method under the same penalty, of 1e-8 on every coefficient: the default solver stops within 1e-3.
    peer = linear.LogisticRegression(C=1e8, tol=1e-12, fit_intercept=False, solver="newton-cholesky").fit(x, gone)
    ours = [told[name] for name in ("intercept", "log_period", "charges_log_odds")]
    assert ours == pytest.approx(peer.coef_[0], rel=1e-8)
    found = scores(contracts, "risk", "", "hazard").loc[telco.customerID]
    stays = (telco.Churn == "No").to_numpy() & (telco.tenure > 0).to_numpy()
    ones = np.ones(len(telco))
    each = [peer.predict_proba(np.column_stack([ones, np.log(duration + k), telco.MonthlyCharges]))[:, 1] for k in range(1, 7)]
    assert found["hazard"].to_numpy()[stays] == pytest.approx(each[0][stays], rel=1e-8)
    assert found["risk"].to_numpy()[stays] == pytest.approx(np.prod(1 - np.array(each), axis=0)[stays], rel=1e-8)
    why = contracts.explain(telco.customerID[0], "risk")
    assert list(why.parts) == ["base", "charges"] and sum(why.parts.values()) == pytest.approx(why.value)


# Engagement value.

ENGAGED = """
[event.purchase]
customer = "customer"
at       = "at"
amount   = "amount"

[event.referral]
customer = "who"
peer     = "whom"
at       = "at"
number   = { saved = "saved" }
flag     = { anyway = "anyway" }

[event.answer]
customer = "who"
at       = "at"
number   = { value = "value", helpful = "helpful" }

[tie.talk]

[feature.spend]
sum = "amount"
on  = "purchase"

[feature.knowledge]
sum       = "value * helpful"
on        = "answer"
half_life = "30d"

[score.worth]
model     = "engagement"
lifetime  = "2.0 * spend"
referrals = "referral"
saved     = "saved"
anyway    = "anyway"
influence = "0.5 * talk"
knowledge = "knowledge"
"""


def test_engagement_value_by_hand():
    at = pd.Timestamp("2024-01-01")
    purchases = pd.DataFrame({"customer": list("abcd"), "at": at, "amount": [50.0, 20.0, 30.0, 0.0]})
    referrals = pd.DataFrame(
        {
            # a brings b; d names b too, later, and gets nothing; a brings c, who would have come anyway; nobody brings himself.
            "who": ["a", "d", "a", "c"],
            "whom": ["b", "b", "c", "c"],
            "at": [at, at + DAY, at + DAY, at],
            "saved": [5.0, 5.0, 3.0, 9.0],
            "anyway": [False, False, True, False],
        }
    )
    answers = pd.DataFrame({"who": ["d", "d"], "at": [at, at - 30 * DAY], "value": [8.0, 8.0], "helpful": [0.5, 1.0]})
    engine = engine_of(ENGAGED, (answers, "answer"), (purchases, "purchase"), (referrals, "referral"))
    # a's word with b is in the referral already; with d it is an influence.
    engine.relate({"customer": ["a", "a", "b"], "peer": ["b", "d", "d"], "weight": [10.0, 4.0, 2.0]}, kind="talk")
    engine.advance_to(at + DAY)
    before = engine["a"]
    assert before["worth"] is None and before["worth.lifetime"] == 100.0
    engine.fit()
    parts = ["", "lifetime", "referral", "influence", "knowledge", "debited", "net"]
    found = scores(engine, "worth", *parts).loc[list("abcd")]
    assert found["lifetime"].tolist() == [100.0, 40.0, 60.0, 0.0]
    assert found["referral"].tolist() == [48.0, 0.0, 0.0, 0.0]
    assert found["influence"].tolist() == [2.0, 1.0, 0.0, 0.0]
    assert found["debited"].tolist() == [0.0, 40.0, 0.0, 3.0]
    decay = 2 ** (-1 / 30)
    assert found["knowledge"].to_numpy() == pytest.approx([0, 0, 0, (4 + 8 / 2) * decay], rel=1e-12)
    exactly = found["lifetime"] + found["referral"] + found["influence"] + found["knowledge"]
    assert found["worth"].tolist() == exactly.tolist() and found["net"].tolist() == (exactly - found["debited"]).tolist()
    for customer in "abcd":
        for column in ("worth", "worth.net"):
            why = engine.explain(customer, column)
            assert sum(why.parts.values()) == pytest.approx(why.value, rel=1e-12)
    # A purchase moves the lifetime value at once; what others did stands until the next fit.
    engine.observe(pd.DataFrame({"customer": ["b"], "at": [at + DAY], "amount": [10.0]}), kind="purchase")
    assert engine["b"]["worth.lifetime"] == 60.0 and engine["a"]["worth.referral"] == 48.0
    engine.fit()
    assert engine["a"]["worth.referral"] == 68.0


def test_engagement_of_reviewers_adds_exactly():
    """Reviews of ciao as knowledge (helpfulness of each), trust as influence: components add exactly, nothing twice."""
    stats = pytest.importorskip("scipy.stats")
    reviews = table("social/ciao/reviews.csv.gz")
    trust = table("social/ciao/trust.csv.gz")
    everyone = np.union1d(reviews.user_id.unique(), trust.to_numpy().ravel())
    degree = trust.trustee.value_counts().reindex(everyone).fillna(0)
    count = reviews.user_id.value_counts().reindex(everyone).fillna(0)
    assert stats.spearmanr(degree, count).statistic == pytest.approx(0.5223, abs=0.05)
    text = """
    [event.review]
    customer = "user"
    at       = "at"
    number   = { helpful = "helpful" }
    [tie.trust]
    [feature.reviews]
    count = "event"
    on    = "review"
    [feature.knowledge]
    sum = "helpful / 5.0"
    on  = "review"
    [score.worth]
    model     = "engagement"
    lifetime  = "reviews * 1.5"
    influence = "trust * 0.1"
    knowledge = "knowledge"
    """
    at = pd.to_datetime(reviews.ts, unit="s")
    events = pd.DataFrame({"user": reviews.user_id, "at": at, "helpful": reviews.helpfulness.astype(float)})
    engine = engine_of(text, (events, "review"))
    ties = trust[trust.truster != trust.trustee]
    engine.relate(ties.assign(weight=1.0), kind="trust", customer="truster", peer="trustee")
    engine.fit()
    found = scores(engine, "worth", "", "lifetime", "referral", "influence", "knowledge", "debited").fillna(0.0)
    total = found["lifetime"] + found["referral"] + found["influence"] + found["knowledge"]
    assert found["worth"].tolist() == total.tolist()
    assert found["influence"].sum() == pytest.approx(found["debited"].sum(), rel=1e-12), "each tie is credited and debited once"


# What next, and when.

NEXT = """
[event.purchase]
customer = "household_id"
at       = "transaction_timestamp"
occasion = "basket_id"
need     = "product_category"

[score.next]
model      = "next"
on         = "purchase"
within     = "14d"
last       = 40
categories = ["SOFT DRINKS", "FLUID MILK PRODUCTS"]
{season}
"""


def test_what_comes_next_is_foretold_better_than_by_popularity(journey):
    """Learnt until September; then each household's next line is foretold, from what is known before it."""
    at = pd.to_datetime(journey.transaction_timestamp)
    cut = pd.Timestamp("2017-09-01")
    names = journey.product_category[at < cut].value_counts().index.tolist()
    text = NEXT.format(season="").replace('["SOFT DRINKS", "FLUID MILK PRODUCTS"]', str(names).replace("'", '"'))
    engine = engine_of(text, (journey[at < cut], "purchase"), at=cut)
    engine.fit()
    parts = [f"category_{place}" for place in range(1, len(names) + 1)]
    found = scores(engine, "next", "", "probability", "occasion", *parts)
    chances = (found[parts].to_numpy().T / found["occasion"].to_numpy()).T
    assert chances.sum(axis=1) == pytest.approx(np.ones(len(found)), rel=1e-9)
    assert [names[best] for best in chances.argmax(axis=1)[:50]] == found["next"].tolist()[:50]
    assert chances.max(axis=1) == pytest.approx(found["probability"].to_numpy(), rel=1e-9)

    came = journey[at >= cut].groupby("household_id").product_category.first()
    came = came[came.isin(names) & came.index.isin(found.index)]
    place = came.map({name: place for place, name in enumerate(names)}).to_numpy()
    ours = chances[found.index.get_indexer(came.index)]
    plain = journey.product_category[at < cut].value_counts(normalize=True)[names].to_numpy()
    rows = np.arange(len(came))

    def brier(p):
        return (p**2).sum(axis=-1) - 2 * (p[rows, place] if p.ndim == 2 else p[place]) + 1

    assert len(came) > 1500
    for k in (1, 5, 10, 20):
        hit = (np.argsort(-ours, axis=1)[:, :k] == place[:, None]).any(axis=1).mean()
        assert hit > (place < k).mean(), k
    gain = brier(plain) - brier(ours)
    assert gain.mean() > 3 * gain.std() / np.sqrt(len(gain)), "Brier's score is better by more than its error"

    # When: of households by tenths of the chance, as many come within two weeks as are expected.
    bought = journey[(at >= cut) & (at < cut + 14 * DAY)].household_id.unique()
    came_soon = found.index.isin(bought)
    chance = found["occasion"].to_numpy()
    order = np.argsort(chance)
    low, high = order[: len(order) // 4], order[-len(order) // 4 :]
    assert came_soon[high].mean() > came_soon[low].mean() + 0.1
    assert came_soon.mean() == pytest.approx(chance.mean(), abs=0.05)


def test_the_live_forecast_is_the_batch_model_on_a_replay(journey):
    engine = engine_of(NEXT.format(season='season = "week"'), (journey, "purchase"))
    told = engine.fit().columns["next"].diagnostics
    assert np.mean([told[f"season_{day}"] for day in range(1, 8)]) == pytest.approx(1.0)
    at = pd.to_datetime(journey.transaction_timestamp)
    days = at.dt.day_of_week.value_counts().sort_index()
    indices = np.array([told[f"season_{day}"] for day in range(1, 8)])
    assert np.corrcoef(days, indices)[0, 1] > 0.99

    now = at.max()
    rows = bt.clv.summary(journey, customer="household_id", at="transaction_timestamp", occasion="basket_id", period="7d", until=now)
    rows = rows.to_pandas().set_index("customer")
    x, t_x, T = (rows[name].to_numpy() for name in ("frequency", "recency", "T"))
    model = bt.clv.ModifiedBetaGeo().fit(x, t_x, T)
    assert [told[name] for name in model.params_] == pytest.approx(list(model.params_.values()), rel=1e-6)
    fitted = bt.clv.ModifiedBetaGeo(**{name: told[name] for name in model.params_})
    found = scores(engine, "next", "occasion", "expected").loc[rows.index]
    # Two whole weeks weigh as much as they are long, whatever the season.
    assert found["expected"].to_numpy() == pytest.approx(fitted.expected_purchases(2.0, x, t_x, T), rel=1e-12)
    assert found["occasion"].to_numpy() == pytest.approx(1 - fitted.probability_of(0, 2.0, x, t_x, T), rel=1e-12)


# Regular gaps.


def test_regular_gaps_are_found_and_used():
    """Simulated with k = 2: the column finds it, and knows sooner than chance would that who is late is gone."""
    rng = np.random.default_rng(5)
    rows = []
    for customer in range(600):
        rate, gone, day = rng.gamma(4.0, 0.05), rng.beta(1.0, 6.0), 0.0
        while day < 300:
            rows.append((customer, day))
            if rng.random() < gone:
                break
            day += rng.gamma(2.0, 1 / rate)
    lines = pd.DataFrame(rows, columns=["customer", "day"])
    lines["at"] = pd.Timestamp("2024-01-01") + (lines.day * 86_400).round().astype("int64") * pd.Timedelta(seconds=1)
    text = """
    [event.purchase]
    customer = "customer"
    at       = "at"
    [score.regular]
    model   = "mbg_cnbd_k"
    on      = "purchase"
    period  = "1d"
    horizon = "60d"
    [score.chance]
    model   = "mbg_nbd"
    on      = "purchase"
    period  = "1d"
    horizon = "60d"
    """
    engine = engine_of(text, (lines[["customer", "at"]], "purchase"), at="2024-10-27")
    report = engine.fit().columns
    assert report["regular"].diagnostics["regularity_k"] == 2
    gain = report["regular"].diagnostics["purchases_log_likelihood"] - report["chance"].diagnostics["purchases_log_likelihood"]
    assert gain > 10
    regular = scores(engine, "regular", "probability_alive", "frequency", "recency", "age")
    chance = scores(engine, "chance", "probability_alive").loc[regular.index]
    gap = (regular.recency / regular.frequency).where(regular.frequency >= 4)
    late = (regular.age - regular.recency) > 3 * gap
    assert late.sum() > 50 and (regular.probability_alive < chance.probability_alive)[late].mean() > 0.9


# What is wrong is said.


@pytest.mark.parametrize(
    ("score", "why"),
    [
        ('model = "nbd_dirichlet"\non = "purchase"', "`suppliers` is missing"),
        ('model = "nbd_dirichlet"\nsuppliers = ["a"]', "`on` is missing"),
        ('model = "nbd_dirichlet"\non = "purchase"\nsuppliers = ["a"]\nsegment = "group"', "`profit`, which is missing"),
        ('model = "nbd_dirichlet"\non = "purchase"\nsuppliers = ["a"]\nprofit = "income"\nsegment = "income"', "expected"),
        ('model = "bg_bb"\non = "purchase"\nperiod = "7d"', "`horizon` is missing"),
        ('model = "bg_bb"\non = "purchase"\nperiod = "7d"\nhorizon = "10d"', "a whole number of periods"),
        ('model = "bg_bb"\non = "purchase"\nperiod = "10s"\nhorizon = "60s"', "at least a minute"),
        ('model = "humps"\non = "purchase"', "`high` is missing"),
        ('model = "humps"\non = "purchase"\nhigh = "amount"', "expected a flag|true or false"),
        ('model = "humps"\non = "purchase"\nhigh = "amount > 1.0"\nupper = 0.2\nlower = 0.8', "must be below `upper`"),
        ('model = "price_tier"\non = "purchase"\nprice = "supplier"', "expected a number"),
        ('model = "kaplan_meier"\ntenure = "income"\nhorizon = 3', "`left` is missing"),
        ('model = "kaplan_meier"\ntenure = "income"\nleft = "income > 1.0"\nhorizon = 3\nby = "income"', "curves go by"),
        ('model = "discrete_hazard"\ntenure = "income"\nleft = "income"\nhorizon = 3', "expected"),
        ('model = "kaplan_meier"\ntenure = "income"\nleft = "income > 1.0"\nhorizon = 20000', "10000 are the most"),
        ('model = "engagement"\nlifetime = "income"\nsaved = 3.0', "no `referrals` names any"),
        ('model = "engagement"\nreferrals = "purchase"', "`lifetime` is missing"),
        ('model = "next"\non = "purchase"', "`within` is missing"),
        ('model = "next"\non = "purchase"\nwithin = "3d"\nseason = "day"', "one of `week`, `year`"),
        ('model = "next"\non = "purchas"\nwithin = "3d"', "no event kind `purchas`"),
    ],
)
def test_mistakes_of_a_definition_are_named(score, why):
    text = f"""
    [event.purchase]
    customer = "customer"
    supplier = "supplier"
    need     = "need"
    amount   = "amount"
    product  = "product"
    price    = "price"
    [trait]
    income = "number"
    group  = "category"
    [score.worth]
    {score}
    """
    with pytest.raises(bt.DefinitionError, match=why):
        bt.Engine(bt.Definition.from_toml(text))


@pytest.mark.parametrize("score", ["loyalty", "humps", "dear", "worth", "next", "stay"])
def test_too_little_to_learn_from_is_told_and_nothing_is_guessed(score):
    text = """
    [event.purchase]
    customer = "customer"
    at       = "at"
    supplier = "supplier"
    need     = "need"
    product  = "product"
    price    = "price"
    [trait]
    tenure = "number"
    gone   = "bool"
    [score.loyalty]
    model     = "nbd_dirichlet"
    on        = "purchase"
    suppliers = ["a", "b"]
    [score.humps]
    model = "humps"
    on    = "purchase"
    high  = "price > 1.0"
    [score.dear]
    model = "price_tier"
    on    = "purchase"
    [score.stay]
    model   = "discrete_hazard"
    tenure  = "tenure"
    left    = "gone"
    horizon = 3
    [score.worth]
    model    = "engagement"
    lifetime = "tenure"
    [score.next]
    model  = "next"
    on     = "purchase"
    within = "7d"
    """
    engine = bt.Engine(bt.Definition.from_toml(text))
    engine.advance_to("2024-01-01")
    assert engine.fit([score]).columns[score].skipped
    # One customer who bought once teaches no more, and is no reason to fail.
    one = {"customer": ["x"], "at": ["2024-01-02"], "supplier": ["a"], "need": ["n"], "product": ["p"], "price": [2.0]}
    engine.observe(pd.DataFrame(one), kind="purchase")
    report = engine.fit([score]).columns[score]
    if score in ("loyalty", "humps", "stay", "next"):
        assert report.skipped
        assert engine["x"][score] is None
