"""Micro-segments that move: what each is worth, where it drifts, how surely members belong, what a crossing brings about."""

import os
from pathlib import Path

import bactrian as bt
import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("BACTRIAN_DATA", ROOT.parent / "shared/data"))


def table(path: str, **how) -> pd.DataFrame:
    if not (DATA / path).exists():
        pytest.skip(f"{DATA / path} is not there")
    return pd.read_csv(DATA / path, **how)


@pytest.fixture(scope="module")
def reviews() -> pd.DataFrame:
    found = table("social/ciao/reviews.csv.gz", dtype={"category_id": str})
    return found.assign(at=pd.to_datetime(found.ts, unit="s")).sort_values("ts", kind="stable").drop(columns="ts")


YEARLY = """
[event.review]
customer = "user_id"
at       = "at"
need     = "category_id"
number   = { rating = "rating", helped = "helpfulness" }

[feature.pace]
count     = "event"
half_life = "365d"

[feature.rating]
mean      = "rating"
half_life = "365d"

[segment.tier]
axis.pace = { of = "pace", edges = [0.5, 4.0], labels = ["quiet", "some", "busy"] }
"""


def test_every_year_the_tiers_of_ciao_drift(reviews):
    """The drift vector of each cell is the mean of its members' own differences, year by year, as pandas has it."""
    engine = bt.Engine(bt.Definition.from_toml(YEARLY))
    years = [pd.Timestamp(f"{year}-01-01") for year in range(2001, 2006)]
    start, before = reviews["at"].min(), None
    for year in years:
        engine.observe(reviews[(reviews["at"] >= start) & (reviews["at"] < year)], kind="review")
        engine.advance_to(year)
        start = year
        now = engine.score(columns=["pace", "rating", "tier"]).to_pandas().set_index("customer")
        if before is not None:
            found = engine.drift("tier", year - pd.Timedelta(days=365), columns=["pace", "rating"]).to_pandas()
            since = engine.training_set(year - pd.Timedelta(days=365), columns=["pace", "rating"]).to_pandas().set_index("customer")
            for cell, rows in found.groupby("cell"):
                own = now[now.tier.fillna("unknown") == cell]
                for row in rows.itertuples():
                    moves = (own[row.column] - since[row.column].reindex(own.index)).dropna()
                    assert row.customers == len(moves)
                    assert row.drift == pytest.approx(moves.mean(), nan_ok=True)
                    half = 1.959963984540054 * moves.std() / np.sqrt(len(moves))
                    assert (row.lower, row.upper) == pytest.approx((moves.mean() - half, moves.mean() + half), nan_ok=True)
                    assert row.scaled == pytest.approx(moves.mean() / since[row.column].std(), nan_ok=True)
                    assert row.after - row.before == pytest.approx(row.drift, nan_ok=True)
            quiet = found[(found.cell == "quiet") & (found.column == "pace")].iloc[0]
            assert quiet.upper < 0  # who has become quiet has slowed down
        before = now
    # By default what the segment goes by.
    assert set(engine.drift("tier", years[-2]).to_pandas().column) == {"pace"}


def test_cells_are_worth_what_their_members_are(reviews):
    engine = bt.Engine(bt.Definition.from_toml(YEARLY))
    engine.observe(reviews[reviews["at"] < "2003"], kind="review")
    now = engine.score(columns=["pace", "rating", "tier"]).to_pandas().fillna({"tier": "unknown"})
    found = engine.segment("tier", values=["pace", "rating"]).to_pandas().set_index("cell")
    assert found.drop(columns=[name for name in found if "." in name]).reset_index().to_dict() == engine.segment("tier").to_pandas().to_dict()
    for name in ("pace", "rating"):
        theirs = now.groupby("tier")[name].agg(["mean", "sum", "sem", "size"]).loc[found.index]
        assert found[f"{name}.mean"].to_numpy() == pytest.approx(theirs["mean"].to_numpy())
        assert found[f"{name}.sum"].to_numpy() == pytest.approx(theirs["sum"].to_numpy())
        half = 1.959963984540054 * theirs["sem"]
        assert found[f"{name}.upper"].to_numpy() == pytest.approx((theirs["mean"] + half).to_numpy())
        assert found[f"{name}.lower"].to_numpy() == pytest.approx((theirs["mean"] - half).to_numpy())
    assert (found["size"] == now.groupby("tier").size().loc[found.index]).all()
    for wrong, error in (({"values": ["paec"]}, bt.UnknownNameError), ({"values": ["tier"]}, bt.SchemaError)):
        with pytest.raises(error):
            engine.segment("tier", **wrong)
    with pytest.raises(bt.UnknownNameError, match="tire"):
        engine.drift("tire", "2002-01-01")
    with pytest.raises(bt.SchemaError, match="mean"):
        engine.drift("tier", "2002-01-01", columns=["tier"])


def test_members_of_a_rate_belong_by_their_error(reviews):
    """A tier over a rate with a standard error: the chance to lie between its edges, as scipy has it."""
    stats = pytest.importorskip("scipy.stats")
    text = YEARLY + """
[feature.home]
top = "need"
[segment.place]
axis.home = { of = "home" }
[score.praise]
model  = "pooled"
rate   = "rating >= 5.0"
within = "place.home"
[segment.praises]
axis.praise = { of = "praise", edges = [0.4, 0.6], labels = ["seldom", "at_times", "often"] }
axis.pace   = { of = "pace", edges = [2.0], labels = ["slow", "fast"] }
[micro.kind]
of      = ["praises.praise", "place.home"]
minimum = 100
[segment.kinds]
axis.kind = { of = "kind" }
"""
    engine = bt.Engine(bt.Definition.from_toml(text))
    engine.observe(reviews[reviews["at"] < "2002"], kind="review")
    engine.fit()
    now = engine.score(columns=["praise", "praise.standard_error", "praises.praise"]).to_pandas().set_index("customer")
    edges = {"seldom": (-np.inf, 0.4), "at_times": (0.4, 0.6), "often": (0.6, np.inf)}
    low, high = np.array([edges[label] for label in now["praises.praise"]]).T
    by = stats.norm(now.praise, now["praise.standard_error"])
    found = engine.belonging("praises").to_pandas().set_index("customer")
    assert found.belonging[now.index].to_numpy() == pytest.approx((by.cdf(high) - by.cdf(low)), abs=1e-12)
    assert (found.lower == found.belonging).all() and (found.belonging > 0).all()
    # A micro-segment asks what its rule asks.
    micro = engine.belonging("kinds").to_pandas().set_index("customer")
    rules = dict(zip(*(engine.segment("kinds")[name] for name in ("cell", "rule")), strict=True))
    plain = [who for who in micro.index if f'praises.praise == "{now["praises.praise"][who]}"' in rules[micro.cell[who]]]
    assert len(plain) > 1_000
    assert micro.belonging[plain].to_numpy() == pytest.approx(found.belonging[plain].to_numpy())
    (cell,) = micro.cell[micro.index[:1]]
    assert engine.belonging("kinds", cell)["customer"] == engine.members("kinds", cell)
    with pytest.raises(bt.UnknownNameError, match="no cell `nobody`"):
        engine.belonging("kinds", "nobody")


JOURNEY = """
[event.purchase]
customer = "household_id"
at       = "transaction_timestamp"
amount   = "sales_value"
need     = "department"

[feature.spend]
sum       = "amount"
half_life = "30d"

[feature.top]
top = "need"

[segment.tier]
axis.value = { of = "spend", edges = [10, 40], labels = ["low", "mid", "high"] }
axis.need  = { of = "top" }
decide_on  = ["enter"]

[action.keep]
eligible = 'tier.value == "low"'
response = "0.1"
value    = "20.0"

[action.thank]
eligible = 'tier.value == "mid"'
response = "0.1"
value    = "20.0"

[action.spoil]
eligible = 'tier.value == "high" && tier.need == "GROCERY"'
response = "0.1"
value    = "20.0"
"""


def test_decisions_change_exactly_where_customers_cross(tmp_path):
    """A replay line by line: whoever crosses is decided for in the same call, and nobody's best action changes otherwise."""
    lines = pd.read_csv(ROOT / "python/bactrian/data/complete_journey_lines.csv.gz", dtype={"basket_id": str})
    at = pd.to_datetime(lines.transaction_timestamp)
    some = sorted(set(lines.household_id))[:200]
    lines = lines[lines.household_id.isin(some) & (at < "2017-04-15")].sort_values("transaction_timestamp", kind="stable")
    lines = lines[lines.department.notna()]
    definition = bt.Definition.from_toml(JOURNEY)
    engine = bt.Engine.open(tmp_path / "journey.bactrian", definition, durability="interval")
    names = ["household_id", "transaction_timestamp", "sales_value", "department"]
    best, crossed, taken = {}, 0, 0
    for row in lines[names].to_dict("records"):
        who = row["household_id"]
        report = engine.observe([row], kind="purchase")
        crossings = report.crossings.to_dict()
        entered = [
            (customer, moment)
            for customer, moment, to in zip(crossings["customer"], crossings["at"], crossings["to"], strict=True)
            if to != "unknown"
        ]
        # Time moves others on the way; each is decided for at its own moment, in this call.
        assert [(decision.customer, decision.at) for decision in report.decisions] == entered
        action = engine.decide(who, record=False).action
        if who in crossings["customer"]:
            (mine,) = [decision for decision in report.decisions if decision.customer == who][-1:]
            assert mine.action == action
            assert engine.recorded(mine.id).definition == definition.fingerprint
        else:
            assert action == best.get(who, action)
        for customer in set(crossings["customer"]):
            best[customer] = engine.decide(customer, record=False).action
        crossed, taken = crossed + len(crossings["to"]), taken + len(report.decisions)
    assert crossed == taken > 500
    told = engine.crossings("tier").to_pandas()
    assert len(told) == crossed
    # Which columns moved: those whose label differs, all of them at the first.
    for row in told.itertuples():
        if row[3] is None or row[3] != row[3]:
            assert row.moved == "spend, top"
            continue
        before, after = row[3].split("/"), row.to.split("/")
        assert row.moved == ", ".join(name for name, a, b in zip(("spend", "top"), before, after, strict=True) if a != b)
    assert set(told.moved) == {"spend", "top", "spend, top"}
    ledger = engine.ledger("tier").to_pandas()
    assert {cell.split("/")[0] for cell in ledger.cell[ledger.action == "keep"]} == {"low"}


def test_what_needs_ties_and_conversation_add_on_ciao(reviews):
    """Who reviews again in 2008, told by what was known before: transactions, then needs, ties and conversation."""
    trust = table("social/ciao/trust.csv.gz")
    left, right = trust.columns[:2]
    text = YEARLY.replace('half_life = "365d"\n\n[feature.rating]', 'half_life = "90d"\n\n[feature.rating]') + """
[feature.reviews]
count = "event"
[feature.latest]
last_time = "event"
[score.idle]
value = "(now - latest) / 86400.0"
[needs.taste]
topics = 6
[feature.helped]
mean = "helped"
[tie.trust]
[score.trusted]
model  = "in_degree"
layers = "trust"
[score.trusting]
model  = "degree"
layers = "trust"
[trait]
returned = "bool"
"""
    cut, end = pd.Timestamp("2008-01-01"), pd.Timestamp("2009-01-01")
    window = reviews[(reviews["at"] >= pd.Timestamp("2005-01-01")) & (reviews["at"] < end)]
    engine = bt.Engine(bt.Definition.from_toml(text))
    early = window[window["at"] < cut]
    engine.observe(early, kind="review")
    known = sorted(set(early.user_id))
    ties = trust[trust[left].isin(known) & trust[right].isin(known)]
    engine.relate(ties.rename(columns={left: "customer", right: "peer"}).assign(at="2007-12-01"))
    engine.fit()
    later = window[window["at"] >= cut]
    engine.observe(later, kind="review")
    came = set(later.user_id)
    engine.identify({"customer": known, "returned": [who in came for who in known]})
    groups = {
        "transactions": ["reviews", "pace", "idle"],
        "needs": [f"taste.topic_{topic}" for topic in range(1, 7)] + ["taste.entropy"],
        "ties": ["trusted", "trusting"],
        "conversation": ["helped", "rating"],
    }
    found = engine.ablate("returned", groups, at=cut)
    assert list(found) == ["needs", "ties", "conversation"]
    for group in found.values():
        for worth, verdict in zip((0.001, 0.002), (group["log_loss"], group["auc"]), strict=True):
            low, high = verdict.interval
            assert verdict.n == len(known) and low < verdict.value < high and high - low < 0.05
            assert verdict.claim == ("effect" if low > 0 and verdict.value >= worth else "no evidence")
    # What people are tied to tells more than what they did alone.
    assert found["ties"]["auc"].claim == "effect" and found["ties"]["auc"].value > 0
    # scikit-learn, on the same rows by parts of its own, gains as much.
    linear = pytest.importorskip("sklearn.linear_model")
    select = pytest.importorskip("sklearn.model_selection")
    metrics = pytest.importorskip("sklearn.metrics")
    pipeline, prepare = (pytest.importorskip(f"sklearn.{name}") for name in ("pipeline", "preprocessing"))
    then = engine.training_set(cut, columns=[*groups["transactions"], *groups["ties"]], customers=known).to_pandas()
    y = np.array([who in came for who in then.customer])
    folds = select.StratifiedKFold(5, shuffle=True, random_state=0)
    model = pipeline.make_pipeline(prepare.QuantileTransformer(), linear.LogisticRegression(max_iter=2000))
    score = [
        metrics.roc_auc_score(y, select.cross_val_predict(model, then[columns].fillna(0), y, cv=folds, method="predict_proba")[:, 1])
        for columns in (groups["transactions"], groups["transactions"] + groups["ties"])
    ]
    assert found["ties"]["auc"].value == pytest.approx(score[1] - score[0], abs=0.02)
