"""The live columns of worth are the batch models on a replay, to 1e-12, and a warm refit is a cold one.

Beside each column stands its model on the same events: by numpy, or by `bt.clv`. Of lifetime value, loyalty, humps,
price tiers, Kaplan-Meier and opportunities the same is shown in `test_clv.py`, `test_proofs_loyalty.py`,
`test_proofs_humps.py` and `test_proofs_worth.py`.
"""

from collections import Counter, defaultdict
from pathlib import Path

import bactrian as bt
from engines import engine_of, scores
import numpy as np
import pandas as pd
import pytest

CDNOW = Path(__file__).resolve().parents[1] / "data/cdnow/cdnow_master.csv.gz"
DAY = pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def purchases():
    """A tenth of CDNOW: 2,357 customers, 18 months."""
    lines = pd.read_csv(CDNOW, dtype={"date": str})
    return lines[lines["customer_id"] % 10 == 0].assign(date=lambda rows: pd.to_datetime(rows["date"])).reset_index(drop=True)


def in_slices(text, kind, lines, at, slices=7):
    """An engine that saw the lines a part at a time, and the clock between."""
    engine = bt.Engine(bt.Definition.from_toml(text))
    lines = lines.sort_values("date", kind="stable")
    for part in np.array_split(np.arange(len(lines)), slices):
        engine.observe(lines.iloc[part], kind=kind)
    engine.advance_to(at)
    return engine


# Recency, frequency, monetary value.

RFM = """
[event.purchase]
customer = "customer_id"
at       = "date"
amount   = "value"

[score.rfm]
model  = "rfm"
on     = "purchase"
amount = "amount"
"""


def test_rfm_is_the_batch(purchases):
    now = pd.Timestamp("1998-07-01 12:00")
    engine = in_slices(RFM, "purchase", purchases, now)
    engine.fit()
    found = scores(engine, "rfm", "", "recency", "frequency", "monetary", "r", "f", "m")
    by = purchases.groupby("customer_id")
    twin = pd.DataFrame(
        {
            "recency": (now - by["date"].max()).dt.days,
            "frequency": purchases.drop_duplicates(["customer_id", "date"]).groupby("customer_id").size(),
            "monetary": by["value"].sum(),
        }
    ).loc[found.index]
    for name in twin:
        assert found[name].to_numpy() == pytest.approx(twin[name].to_numpy(dtype=float), rel=1e-12), name

    # Scores by the rule that is stated: of equal values all get that of the highest edge below them.
    def score(values):
        edges = np.quantile(values, [0.2, 0.4, 0.6, 0.8])
        return 1 + (values.to_numpy()[:, None] > edges).sum(axis=1)

    expected = pd.DataFrame({"r": 6 - score(twin["recency"]), "f": score(twin["frequency"]), "m": score(twin["monetary"])})
    assert (found[["r", "f", "m"]].to_numpy() == expected.to_numpy()).all()
    assert (found["rfm"].to_numpy() == expected.to_numpy() @ [100, 10, 1]).all()

    # And quintiles of the ordinal rank (ORACLES): the same for all whose value nobody shares. Those who share one are
    # given one score here, where ranks tell them apart by the order in which they stand.
    for name, ours, falls in (("monetary", "m", False), ("recency", "r", True)):
        ranks = pd.qcut((-twin[name] if falls else twin[name]).rank(method="first"), 5, labels=False) + 1
        edge = pd.Series(np.quantile(twin[name], [0.2, 0.4, 0.6, 0.8]))
        apart = (ranks != found[ours]).to_numpy()
        assert set(twin[name][apart]) <= set(edge), f"{name}: only values that lie on an edge"
        assert apart.mean() < (0.02 if name == "monetary" else 0.08)


# Engagement value.

ENGAGED = """
[event.purchase]
customer = "customer_id"
at       = "date"
amount   = "value"

[event.referral]
customer = "who"
peer     = "whom"
at       = "date"
number   = { saved = "saved" }
flag     = { anyway = "anyway" }

[event.answer]
customer = "customer_id"
at       = "date"
number   = { helpful = "helpful" }

[tie.talk]

[feature.knowledge]
sum       = "helpful"
on        = "answer"
half_life = "30d"

[score.clv]
model   = "bg_nbd/gamma_gamma"
on      = "purchase"
amount  = "amount"
period  = "7d"
horizon = "364d"

[score.worth]
model     = "engagement"
lifetime  = "clv"
referrals = "referral"
saved     = "saved"
anyway    = "anyway"
influence = "0.5 * talk"
knowledge = "knowledge"
"""


def test_engagement_value_is_the_batch(purchases):
    rng = np.random.default_rng(4)
    customers = np.sort(purchases["customer_id"].unique())
    until = pd.Timestamp("1998-06-30")
    pairs = rng.choice(customers, (400, 2))
    referrals = pd.DataFrame({"who": pairs[:, 0], "whom": pairs[:, 1]})
    referrals["date"] = pd.Timestamp("1997-01-01") + pd.to_timedelta(np.sort(rng.choice(500 * 86_400, 400, replace=False)), unit="s")
    referrals = referrals.assign(saved=rng.integers(1, 9, 400) / 2, anyway=rng.random(400) < 0.2)
    answers = pd.DataFrame({"customer_id": rng.choice(customers, 900), "helpful": rng.integers(1, 6, 900) / 4})
    answers["date"] = pd.Timestamp("1997-01-01") + pd.to_timedelta(rng.integers(0, 540 * 86_400, 900), unit="s")
    ties = pd.DataFrame(np.unique(np.vstack([rng.choice(customers, (600, 2)), pairs[:50]]), axis=0), columns=["customer", "peer"])
    ties = ties[ties["customer"] != ties["peer"]].assign(weight=lambda rows: rng.integers(1, 8, len(rows)) / 4)

    engine = engine_of(ENGAGED, (purchases, "purchase"), (referrals, "referral"), (answers, "answer"))
    engine.relate(ties, kind="talk")
    engine.advance_to(until)
    told = engine.fit().columns["clv"].diagnostics
    parts = ["", "lifetime", "referral", "influence", "knowledge", "debited", "net"]
    found = scores(engine, "worth", *parts).loc[customers]

    def lifetime(at):
        rows = bt.clv.summary(purchases, period="7d", until=at, customer="customer_id", at="date", amount="value")
        rows = rows.to_pandas().set_index("customer").loc[customers]
        model = bt.clv.BetaGeo(**{name: told[name] for name in ("r", "alpha", "a", "b")})
        spend = bt.clv.GammaGamma(**{name: told[name] for name in ("p", "q", "gamma")})
        x, m = rows["frequency"].to_numpy(), rows["monetary"].fillna(0.0).to_numpy()
        p, q, gamma = spend.params_.values()
        each = p * (gamma + x * m) / (p * x + q - 1)  # a mean of 0 is a limit
        return pd.Series(model.expected_purchases(52.0, x, rows["recency"], rows["T"]) * each, index=customers)

    own = lifetime(until)
    credit = pd.DataFrame(0.0, index=customers, columns=["referral", "influence", "debited"])
    brought = {}
    for row in referrals.itertuples():
        if row.who != row.whom and row.whom not in brought:
            brought[row.whom] = row.who
            margin = 0.0 if row.anyway else own[row.whom]
            credit.loc[row.who, "referral"] += margin + row.saved
            credit.loc[row.whom, "debited"] += margin
    # Each pair once: who is in a referral together has no influence beside it.
    for row in ties.itertuples():
        if brought.get(row.peer) != row.customer:
            credit.loc[row.customer, "influence"] += 0.5 * row.weight
            credit.loc[row.peer, "debited"] += 0.5 * row.weight
    age = (until - answers["date"]) / DAY
    knowledge = (answers["helpful"] * 2 ** (-age / 30)).groupby(answers["customer_id"]).sum().reindex(customers, fill_value=0.0)
    assert found["lifetime"].to_numpy() == pytest.approx(own.to_numpy(), rel=1e-12)
    for name in credit:
        assert found[name].to_numpy() == pytest.approx(credit[name].to_numpy(), rel=1e-12), name
    assert found["knowledge"].to_numpy() == pytest.approx(knowledge.to_numpy(), rel=1e-12)
    total = found["lifetime"] + found["referral"] + found["influence"] + found["knowledge"]
    assert found["worth"].equals(total) and found["net"].equals(total - found["debited"])

    # Later, with nothing bought: the lifetime part is that of the later day, what others did stands as fitted.
    later = until + 90 * DAY
    read = engine.score(customers.tolist(), columns=["worth.lifetime", "worth.referral"], at=later).to_pandas()
    assert read["worth.lifetime"].to_numpy() == pytest.approx(lifetime(later).to_numpy(), rel=1e-12)
    assert read["worth.referral"].tolist() == found["referral"].tolist()


# A hazard by covariates.

RISK = """
[trait]
tenure  = "number"
left    = "bool"
charges = "number"
calls   = "number"

[score.risk]
model   = "discrete_hazard"
tenure  = "tenure"
left    = "left"
horizon = 6
inputs  = ["charges", "calls"]
"""


def contracts(rows=900):
    rng = np.random.default_rng(8)
    traits = pd.DataFrame({"customer": np.arange(rows), "charges": rng.normal(size=rows), "calls": rng.integers(0, 4, rows) * 1.0})
    chance = 1 / (1 + np.exp(2.5 - 0.5 * traits["charges"] - 0.3 * traits["calls"]))
    ends = rng.geometric(chance)
    seen = rng.integers(1, 30, rows)
    return traits.assign(tenure=np.minimum(ends, seen) * 1.0, left=ends <= seen)


def test_a_hazard_is_the_batch_and_a_warm_refit_a_cold_one():
    traits = contracts()
    cold = engine_of(RISK, traits=traits)
    told = cold.fit().columns["risk"].diagnostics
    found = scores(cold, "risk", "", "survival", "hazard").loc[traits["customer"]]
    score = told["charges_log_odds"] * traits["charges"] + told["calls_log_odds"] * traits["calls"] + told["intercept"]

    def stays(first, last):
        """The product of 1 - hazard over periods of tenure."""
        result = np.ones(len(traits))
        for period in range(1, int(last.max()) + 1):
            hazard = 1 / (1 + np.exp(-(score + told["log_period"] * np.log(period))))
            result *= np.where((first <= period) & (period <= last), 1 - hazard, 1.0)
        return result

    tenure, here = traits["tenure"], ~traits["left"].to_numpy()
    assert found["survival"].to_numpy() == pytest.approx(stays(tenure * 0 + 1, tenure), rel=1e-12)
    assert found["risk"].to_numpy()[here] == pytest.approx(stays(tenure + 1, tenure + 6)[here], rel=1e-12)
    assert found["hazard"].to_numpy()[here] == pytest.approx(1 - stays(tenure + 1, tenure + 1)[here], rel=1e-12)

    # Learnt from a third, then from all: to the bit that of one fit.
    warm = engine_of(RISK, traits=traits[:300])
    warm.fit()
    warm.identify(traits)
    assert warm.fit().columns["risk"].diagnostics == told
    assert scores(warm, "risk", "", "survival", "hazard").equals(scores(cold, "risk", "", "survival", "hazard"))


# What next, and when.

NEXT = """
[event.purchase]
customer = "customer"
at       = "date"
need     = "need"

[score.next]
model      = "next"
on         = "purchase"
within     = "14d"
last       = 12
period     = "1d"
categories = {names}
"""
DECAY = 2 ** (-1 / 20)


def wanted(customers=150, names=9):
    """Who buys by turns: each category tends to be followed by the one after it."""
    rng = np.random.default_rng(6)
    rows = []
    for customer in range(customers):
        day, rate, gone, need = rng.random() * 30, rng.gamma(3.0, 0.05), rng.beta(1.0, 12.0), int(rng.integers(names))
        while day < 300:
            rows.append((customer, day, need))
            day += rng.exponential(1 / rate)
            if rng.random() < gone:
                break
            need = (need + 1) % names if rng.random() < 0.6 else int(rng.choice(names, p=np.arange(1, names + 1) / 45))
    lines = pd.DataFrame(rows, columns=["customer", "day", "need"]).sort_values("day", ignore_index=True)
    date = pd.Timestamp("2024-01-01") + (lines["day"] * 86_400e6).round().astype("int64") * pd.Timedelta(microseconds=1)
    return lines.assign(date=date, need=lines["need"].map(lambda need: f"need {need}"))[["customer", "date", "need"]]


def test_what_comes_next_is_the_batch_and_a_warm_refit_a_cold_one():
    lines = wanted()
    names = sorted(lines["need"].unique())
    text = NEXT.format(names=names)
    now = lines["date"].max()
    cold = in_slices(text, "purchase", lines, now)
    told = cold.fit().columns["next"].diagnostics
    parts = [f"category_{place}" for place in range(1, len(names) + 1)]
    found = scores(cold, "next", "", "probability", "occasion", *parts)

    histories = {who: of["need"].tolist() for who, of in lines.groupby("customer", sort=False)}
    popularity = lines["need"].value_counts(normalize=True)[names].to_numpy()
    after = defaultdict(Counter)
    for history in histories.values():
        for place in range(1, len(history)):
            after[history[place - 1]][history[place]] += 1
            if place > 1:
                after[history[place - 2], history[place - 1]][history[place]] += 1

    def forecast(history):
        p = popularity.copy()

        def blend(kappa, counts):
            nonlocal p
            p = (kappa * p + counts) / (kappa + counts.sum())

        for key, kappa in ((history[-1], told["backoff_one"]), (tuple(history[-2:]), told["backoff_two"])):
            if key in after:
                blend(kappa, np.array([after[key][name] for name in names], dtype=float))
        own = np.zeros(len(names))
        for back, name in enumerate(reversed(history[-12:])):
            own[names.index(name)] += DECAY**back
        blend(told["backoff_own"], own)
        return p

    chances = np.array([forecast(histories[who]) for who in found.index])
    assert found[parts].to_numpy() == pytest.approx(chances * found["occasion"].to_numpy()[:, None], rel=1e-12)
    assert found["probability"].to_numpy() == pytest.approx(chances.max(axis=1), rel=1e-12)
    assert found["next"].tolist() == [names[place] for place in chances.argmax(axis=1)]
    rows = bt.clv.summary(lines, at="date", period="1d", until=now).to_pandas().set_index("customer").loc[found.index]
    when = bt.clv.ModifiedBetaGeo(**{name: told[name] for name in ("r", "alpha", "a", "b")})
    nobody = when.probability_of(0, 14.0, rows["frequency"], rows["recency"], rows["T"])
    assert found["occasion"].to_numpy() == pytest.approx(1 - nobody, rel=1e-12)

    # Learnt early, and again from all: what is counted is the same to the bit, and the climb, begun elsewhere, ends at
    # the same top.
    early = lines["date"] < pd.Timestamp("2024-05-01")
    warm = in_slices(text, "purchase", lines[early], pd.Timestamp("2024-05-01"))
    warm.fit()
    warm.observe(lines[~early], kind="purchase")
    again = warm.fit().columns["next"].diagnostics
    climbs = ("r", "alpha", "a", "b", "purchases_log_likelihood")
    assert {name: again[name] for name in again if name not in climbs} == {name: told[name] for name in told if name not in climbs}
    assert [again[name] for name in climbs] == pytest.approx([told[name] for name in climbs], rel=1e-7)
    refit = scores(warm, "next", "", "probability", "occasion", *parts).loc[found.index]
    assert refit["next"].equals(found["next"]) and refit["probability"].equals(found["probability"])
    assert refit["occasion"].to_numpy() == pytest.approx(found["occasion"].to_numpy(), rel=1e-7)
