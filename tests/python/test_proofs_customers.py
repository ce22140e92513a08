"""Who a customer is: ids, rows without one, two ids that were one customer, persons in households in accounts, month ends of a segment."""

import os
import random
from datetime import datetime, timedelta
from pathlib import Path

import bactrian as bt
import polars as pl
import pytest

DATA = Path(os.environ.get("BACTRIAN_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
HEAD = """
[event.purchase]
customer = "CustomerID"
at       = "InvoiceDate"
occasion = "InvoiceNo"
amount   = "amount"
need     = "need"
"""
# To the bit after a merge, and to rounding.
EXACT = {
    "lines": 'count = "event"',
    "orders": 'count = "occasion"',
    "least": 'min = "amount"',
    "most": 'max = "amount"',
    "since": 'first_time = "event"',
    "seen": 'last_time = "event"',
    "kinds": 'distinct = "need"',
    "median": 'quantile = "amount"\nq = 0.5',
    "month": 'count = "event"\nwindow = "30d"',
}
ROUNDED = {
    "spend": 'sum = "amount"',
    "fresh": 'sum = "amount"\nhalf_life = "90d"',
    "fresh_orders": 'count = "occasion"\nhalf_life = "30d"',
    "line": 'mean = "amount"\nhalf_life = "90d"',
    "swing": 'variance = "amount"',
    "entropy": 'entropy = "need"',
    "week": 'sum = "amount"\nwindow = "7d"',
    "gap": 'gap_mean = "occasion"',
}


def declared(features: dict[str, str], more: str = "") -> bt.Definition:
    sections = "".join(f'\n[feature.{name}]\n{text}\non = "purchase"\n' for name, text in features.items())
    return bt.Definition.from_toml(HEAD + sections + more)


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    path = DATA / "purchases/online_retail/online_retail.parquet"
    if not path.exists():
        pytest.skip(f"Online Retail is not at {path}")
    return pl.read_parquet(path).with_columns(
        pl.col("CustomerID").cast(pl.UInt64),
        amount=pl.col("Quantity") * pl.col("UnitPrice"),
        need=pl.col("StockCode").str.head(2),
    )


@pytest.fixture(scope="module")
def some(rows) -> pl.DataFrame:
    """One in twenty customers, in the order of time."""
    return rows.filter(pl.col("CustomerID") % 20 == 0).sort("InvoiceDate", maintain_order=True)


def test_rows_without_a_customer_are_rejected_one_by_one(rows):
    engine = bt.Engine(declared({"lines": EXACT["lines"]}))
    report = engine.observe(rows)
    anonymous = rows.with_row_index().filter(pl.col("CustomerID").is_null())["index"]
    assert len(report.rejected) == len(anonymous) == 135_080 and report.accepted == 541_909 - 135_080
    assert report.rejected["row"] == anonymous.to_list() and set(report.rejected["reason"]) == {"`CustomerID` is missing"}
    assert engine.stats().customers == 4_372 and sum(engine.score(columns=["lines"])["lines"]) == report.accepted


def compare(one: bt.Engine, other: bt.Engine, customers: list[object]) -> None:
    at = max(one.now, other.now)
    a, b = (engine.score(customers, at=at).to_polars() for engine in (one, other))
    for name in EXACT:
        assert a[name].equals(b[name], null_equal=True), name
    for name in ROUNDED:
        apart = (a[name] - b[name]).abs() / b[name].abs().clip(1.0)
        assert (a[name].is_nan() == b[name].is_nan()).all() and (
            apart.fill_nan(0.0) <= 1e-12 * (1e3 if name == "swing" else 1)
        ).all(), name


@pytest.mark.parametrize("seed", range(2))
def test_merged_ids_are_one_customer(some, seed, tmp_path):
    """Up to five ids each become one, by merges in any order, half-way through; then all is as if they had been one from the start."""
    chance = random.Random(seed)
    ids = some["CustomerID"].unique().sort().to_list()
    chance.shuffle(ids)
    groups = []
    while ids:
        size = chance.randint(1, 5)
        groups.append(ids[:size])
        ids = ids[size:]
    root = {one: group[0] for group in groups for one in group}
    made = declared(EXACT | ROUNDED)
    engine, whole = bt.Engine.open(tmp_path / "shop.bactrian", made), bt.Engine(made)
    half = len(some) // 2
    engine.observe(some.head(half))
    known = set(some.head(half)["CustomerID"])
    for group in groups:
        # Pairs within a group, kept ones first met or later: any tree that ends in the first id.
        rest = [one for one in group[1:] if one in known]
        chance.shuffle(rest)
        while rest and group[0] in known:
            folded = rest.pop()
            engine.merge(chance.choice([group[0], *rest]), folded)
    late = some.slice(half)
    if chance.random() < 0.5:
        engine.close()
        engine = bt.Engine.open(tmp_path / "shop.bactrian")
    engine.observe(late)
    for group in groups:
        rest = [one for one in group[1:] if not (one in known and group[0] in known)]
        for folded in rest:
            engine.merge(group[0], folded)
    whole.observe(some.with_columns(pl.col("CustomerID").replace_strict(root)))
    compare(engine, whole, [group[0] for group in groups])
    assert [engine[group[-1]]["lines"] for group in groups] == [whole[group[0]]["lines"] for group in groups]
    engine.close()


LEVELS = """
[trait]
household = "category"
account   = "category"
"""


def test_persons_roll_up_to_households_and_accounts(some):
    """At each level: sums of decayed counters, the latest time, distinct kinds, as polars groups them; each level is the sum of the one below."""
    aggregates = {
        "spend": ROUNDED["fresh"],
        "lines": EXACT["lines"],
        "seen": EXACT["seen"],
        "most": EXACT["most"],
        "kinds": EXACT["kinds"],
    }
    features = dict(aggregates)
    for level in ("household", "account"):
        features |= {f"{name}_{level}": f'{text}\nby = "{level}"' for name, text in aggregates.items()}
    # Fewer kinds than a set holds exactly.
    some = some.with_columns(need=pl.col("need").str.head(1))
    places = pl.DataFrame({"customer": some["CustomerID"].unique().sort()}).with_row_index()
    places = places.select(
        "customer", household=pl.format("h{}", pl.col("index") // 3), account=pl.format("a{}", pl.col("index") // 30)
    )
    engine = bt.Engine(declared(features, LEVELS))
    engine.identify(places.with_columns(at=pl.lit(datetime(2010, 1, 1))))
    engine.observe(some)
    now = datetime(2011, 12, 31)
    ours = engine.score(at=now).to_polars()
    age = (pl.lit(now) - pl.col("InvoiceDate")).dt.total_seconds() / 86_400
    joined = some.join(places, left_on="CustomerID", right_on="customer").with_columns(
        weight=(-age / 90 * pl.lit(2.0).log()).exp()
    )
    for level, key in (("", "CustomerID"), ("_household", "household"), ("_account", "account")):
        theirs = joined.group_by(key).agg(
            spend=(pl.col("weight") * pl.col("amount")).sum(),
            lines=pl.len().cast(pl.Float64),
            seen=pl.col("InvoiceDate").max(),
            most=pl.col("amount").max(),
            kinds=pl.col("need").n_unique().cast(pl.Float64),
        )
        mine = ours.rename({"customer": "CustomerID"}).join(theirs, on=key, suffix="_twin")
        assert len(mine) == len(ours)
        for name in ("lines", "most", "kinds"):
            assert (mine[f"{name}{level}"] == mine[f"{name}_twin"]).all(), (name, level)
        assert (mine[f"seen{level}"].dt.replace_time_zone(None) == mine["seen_twin"]).all(), level
        assert ((mine[f"spend{level}"] - mine["spend_twin"]).abs() <= 1e-9 * mine["spend_twin"].abs().clip(1.0)).all(), level
    sums = ours.group_by("account", "household").agg(pl.col("spend_household").first(), pl.col("spend_account").first())
    sums = sums.group_by("account").agg(pl.col("spend_household").sum(), pl.col("spend_account").first())
    assert ((sums["spend_household"] - sums["spend_account"]).abs() <= 1e-9 * sums["spend_account"].abs()).all() and len(sums) > 5


def test_membership_is_a_polars_filter_at_every_month_end(rows):
    """Without a band or a dwell a cell is those whose score lies in it: decayed spend by four tiers, with orders of the last 60 days."""
    bought = rows.filter(pl.col("CustomerID").is_not_null(), pl.col("amount") > 0, pl.col("CustomerID") % 3 == 0)
    bought = bought.sort("InvoiceDate", maintain_order=True)
    features = {"fresh": 'sum = "amount"\nhalf_life = "60d"', "recent": 'count = "event"\nwindow = "60d"'}
    segment = """
[segment.tier]
axis.value = { of = "fresh", edges = [50.0, 200.0, 1000.0], labels = ["cold", "low", "mid", "high"] }
axis.pace  = { of = "recent", edges = [1.0, 40.0], labels = ["gone", "some", "many"] }
[segment.rule]
rules = [{ label = "loyal", when = "fresh >= 300.0 && recent >= 20.0" }, { label = "losing", when = "fresh >= 100.0 && recent < 5.0" }]
"""
    engine = bt.Engine(declared(features, segment))
    fed, sizes = datetime(2000, 1, 1), []
    for month in range(12):
        end = datetime(2011 + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(microseconds=1)
        engine.observe(bought.filter(pl.col("InvoiceDate").is_between(fed, end, closed="right")))
        engine.advance_to(end)
        fed = end
        past = bought.filter(pl.col("InvoiceDate") <= end)
        age = (pl.lit(end) - pl.col("InvoiceDate")).dt.total_microseconds() / 86_400e6
        tail = (end - timedelta(days=60)).replace(hour=0, minute=0, second=0, microsecond=0)
        scores = past.group_by("CustomerID").agg(
            fresh=(pl.col("amount") * (-age / 60 * pl.lit(2.0).log()).exp()).sum(), recent=(pl.col("InvoiceDate") > tail).sum()
        )
        bounds = {"cold": (-1e9, 50.0), "low": (50.0, 200.0), "mid": (200.0, 1000.0), "high": (1000.0, 1e12)}
        counts = {"gone": (0, 1), "some": (1, 40), "many": (40, 10**9)}
        for value, (low, high) in bounds.items():
            for pace, (least, most) in counts.items():
                inside = scores.filter(
                    pl.col("fresh").is_between(low, high, closed="left"), pl.col("recent").is_between(least, most, closed="left")
                )
                assert sorted(engine.members("tier", f"{value}/{pace}")) == sorted(inside["CustomerID"]), (end, value, pace)
                sizes.append(len(inside))
        loyal = (pl.col("fresh") >= 300) & (pl.col("recent") >= 20)
        losing = (pl.col("fresh") >= 100) & (pl.col("recent") < 5)
        for label, held in (("loyal", loyal), ("losing", losing & ~loyal), ("other", ~loyal & ~losing)):
            assert sorted(engine.members("rule", label)) == sorted(scores.filter(held)["CustomerID"]), (end, label)
        assert sum(engine.segment("tier")["size"]) == len(scores) == engine.stats().customers
    assert sum(size > 0 for size in sizes) > 90


def test_inbound_tweets():
    """2,778 of the 5,000 of the sample come from customers."""
    path = DATA / "streams/twcs_sample/twcs_sample.csv.gz"
    if not path.exists():
        pytest.skip(f"the tweets are not at {path}")
    tweets = pl.read_csv(path, columns=["author_id", "inbound", "created_at"], infer_schema_length=None)
    tweets = tweets.with_columns(pl.col("created_at").str.to_datetime("%a %b %d %H:%M:%S %z %Y", time_unit="us", time_zone="UTC"))
    engine = bt.Engine(
        bt.Definition.from_toml(
            '[event.tweet]\ncustomer = "author_id"\nat = "created_at"\nflag = { inbound = "inbound" }\n'
            '[feature.asked]\ncount = "event"\nwhere = "inbound"\n[feature.said]\ncount = "event"\n[feature.share]\nshare = "inbound"\nof = "true"\n'
        )
    )
    assert engine.observe(tweets).accepted == 5_000
    read = engine.score(columns=["asked", "said", "share"]).to_polars()
    assert (read["asked"].sum(), read["said"].sum()) == (2_778, 5_000)
    assert (read["share"] == read["asked"] / read["said"]).all()
