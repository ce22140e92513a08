"""Two humps and price tiers as live columns, beside twins in numpy and pandas; who is served how, by the hump."""

import os
from pathlib import Path

import bactrian as bt
from engines import engine_of, scores
import numpy as np
import pandas as pd
import pytest

DATA = Path(os.environ.get("BACTRIAN_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
DAY = pd.Timedelta(days=1)


JOURNEY = """
[event.purchase]
customer = "household_id"
at       = "transaction_timestamp"
occasion = "basket_id"
amount   = "sales_value"
need     = "product_category"
tier     = "brand"
product  = "product_id"
price    = "price"
number   = {{ discount = "retail_disc" }}

[feature.private_share]
share = "tier"
of    = "Private"
on    = "purchase"

[feature.promotion_share]
mean = "discount > 0.0 ? 1.0 : 0.0"
on   = "purchase"

[score.humps]
model      = "humps"
on         = "purchase"
high       = 'tier == "Private"'
categories = ["SOFT DRINKS", "FLUID MILK PRODUCTS"]

[score.dear]
model      = "price_tier"
on         = "purchase"
categories = ["SOFT DRINKS"]
period     = "28d"
baseline   = 3

{more}
"""


@pytest.fixture(scope="module")
def market(journey):
    return engine_of(JOURNEY.format(more=""), (journey, "purchase"))


@pytest.fixture(scope="module")
def fits(market):
    return market.fit().columns


def test_the_counts_of_two_humps(fits):
    told, verdicts = fits["humps"].diagnostics, fits["humps"].verdicts
    assert [told[name] for name in ("cells", "customers", "several", "both")] == [5301, 1276, 913, 473]
    assert told["dip"] == pytest.approx(0.083003, abs=5e-7) and told["dip_p"] < 1e-4
    # 379 +- 12 with brands shuffled within categories; the mean of 20 runs has an error of about 3.
    assert told["both_by_chance"] == pytest.approx(379, abs=12) and 6 < told["both_by_chance_deviation"] < 25
    assert (verdicts["humps"].claim, verdicts["both"].claim) == ("effect", "effect")
    assert verdicts["both"].null == told["both_by_chance"]


def test_coarser_cells_have_fewer_humps(every_line):
    """By department 108 households stand in both humps (ORACLES)."""
    by = every_line.assign(product_category=every_line.department)
    told = engine_of(JOURNEY.format(more=""), (by, "purchase")).fit(["humps"]).columns["humps"].diagnostics
    assert (told["cells"], told["both"]) == (5296, 108)
    assert told["dip"] == pytest.approx(0.046120, abs=5e-7)


def test_whole_households_hide_their_humps():
    """The private share of whole households (ORACLES): of lines of unknown products too, which are no private ones."""
    folder = DATA / "purchases/completejourney"
    if not folder.exists():
        pytest.skip(f"{folder.name} is not in BACTRIAN_DATA")
    lines = pd.read_csv(folder / "transactions_sample.csv.gz")
    lines = lines.merge(pd.read_csv(folder / "products.csv.gz")[["product_id", "brand"]], on="product_id", how="left")
    by = (lines.brand == "Private").groupby(lines.household_id)
    dip, p = bt.humps.dip_test(by.mean()[by.size() >= 10])
    assert dip == pytest.approx(0.016919, abs=5e-7) and p == pytest.approx(0.0016, abs=5e-4)


def test_humps_of_each_customer(market, fits, journey):
    told = fits["humps"].diagnostics
    private = journey.assign(high=journey.brand == "Private")
    cells = private.groupby(["household_id", "product_category"]).high.agg(lines="size", high="sum").reset_index()
    stats = pytest.importorskip("scipy.stats")
    upper = told["share"] * stats.binom.pmf(cells.high, cells.lines, told["high"])
    lower = (1 - told["share"]) * stats.binom.pmf(cells.high, cells.lines, told["low"])
    cells["upper"] = upper / (upper + lower)
    counted = cells[cells.lines >= 3]
    by = counted.groupby("household_id")
    found = scores(market, "humps", "", "mixing", "both", "share", "cells", "category_1", "category_2")
    mean = by.upper.mean().reindex(found.index)
    assert found["humps"].to_numpy() == pytest.approx(mean.to_numpy(), rel=1e-12, nan_ok=True)
    assert found["mixing"].to_numpy() == pytest.approx((4 * mean * (1 - mean)).to_numpy(), rel=1e-12, abs=1e-12, nan_ok=True)
    share = counted.high / counted.lines
    both = (share >= 0.8).groupby(counted.household_id).any() & (share <= 0.2).groupby(counted.household_id).any()
    assert found["both"].fillna(0).astype(bool).sum() == both.sum() == 473
    assert found["cells"].tolist() == by.size().reindex(found.index).fillna(0).tolist()
    soft = cells[cells.product_category == "SOFT DRINKS"].set_index("household_id").upper.reindex(found.index)
    assert found["category_1"].to_numpy() == pytest.approx(soft.fillna(told["share"]).to_numpy(), rel=1e-12)
    why = market.explain(int(found.index[0]), "humps")
    assert sum(why.parts.values()) == pytest.approx(why.value, nan_ok=True)


def test_private_and_promotion_shares(market, journey):
    found = market.score(columns=["private_share", "promotion_share"]).to_pandas().set_index("customer")
    by = journey.groupby("household_id")
    private = by.brand.agg(lambda brand: (brand == "Private").mean()).reindex(found.index)
    promoted = by.retail_disc.agg(lambda discount: (discount > 0).mean()).reindex(found.index)
    assert found["private_share"].to_numpy() == pytest.approx(private.to_numpy(), rel=1e-12)
    assert found["promotion_share"].to_numpy() == pytest.approx(promoted.to_numpy(), rel=1e-12)


def level(prices):
    """The mean about the first price, which is exact where all are equal."""
    first = prices.iloc[0]
    return first + np.cumsum(prices - first).iloc[-1] / len(prices)


def tiers(category, price, units):
    """The share of the category's units that cost less, ties counted half."""
    rows = pd.DataFrame({"category": category, "price": price, "units": units})
    at = rows.groupby(["category", "price"]).units.sum()
    below = at.groupby("category").cumsum() - at
    middle = (below + 0.5 * at) / at.groupby("category").sum().reindex(at.index, level=0)
    return middle.reindex(pd.MultiIndex.from_frame(rows[["category", "price"]])).to_numpy()


def test_price_tiers_of_items_and_customers(market, fits, journey):
    items = journey.groupby("product_id").agg(category=("product_category", "first"), price=("price", level), units=("price", "size"))
    items["tier"] = tiers(items.category, items.price, items.units)
    mine = journey.assign(tier=journey.product_id.map(items.tier))
    found = scores(market, "dear", "", "low", "middle", "high", "evidence", "category_1")
    by = mine.groupby("household_id").tier
    assert found["dear"].to_numpy() == pytest.approx(by.mean().reindex(found.index).to_numpy(), rel=1e-12)
    assert found["evidence"].tolist() == by.size().reindex(found.index).tolist()
    assert found[["low", "middle", "high"]].sum(axis=1).to_numpy() == pytest.approx(np.ones(len(found)))
    soft = mine[mine.product_category == "SOFT DRINKS"].groupby("household_id").tier.mean().reindex(found.index)
    assert found["category_1"].to_numpy() == pytest.approx(soft.to_numpy(), rel=1e-12, nan_ok=True)
    why = market.explain(int(found.index[0]), "dear")
    assert sum(why.parts.values()) == pytest.approx(why.value)
    assert fits["dear"].diagnostics["items"] == len(items)


def test_the_middle_over_time_equals_numpy(fits, journey):
    told, verdict = fits["dear"].diagnostics, fits["dear"].verdicts["middle"]
    at = pd.to_datetime(journey.transaction_timestamp)
    place = (at.max() - at) // (28 * DAY)
    kept = journey[place < place.max()].assign(period=place.max() - place)
    kept["tier"] = tiers(kept.product_category, kept.price, np.ones(len(kept)))
    middle = ((kept.tier > 1 / 3) & (kept.tier < 2 / 3)).groupby(kept.period).agg(["sum", "size"])
    first, last = middle.iloc[:3].sum(), middle.iloc[-3:].sum()
    assert told["periods"] == len(middle)
    assert told["middle_first"] == pytest.approx(first["sum"] / first["size"], rel=1e-12)
    assert told["middle_last"] == pytest.approx(last["sum"] / last["size"], rel=1e-12)
    assert verdict.value == pytest.approx(told["middle_last"] - told["middle_first"], rel=1e-12)

    def three(rows):
        low = (rows.tier <= 1 / 3).sum()
        high = (rows.tier >= 2 / 3).sum()
        return np.array([low, len(rows) - low - high, high], float)

    base = three(kept[kept.period <= kept.period.min() + 2]) + 0.5
    now = three(kept[kept.period == kept.period.max()]) + 0.5
    p, q = now / now.sum(), base / base.sum()
    assert told["psi"] == pytest.approx(((p - q) * np.log(p / q)).sum(), rel=1e-12)
    cusum = 0.0
    for _, (inside, size) in middle.iterrows():
        error = np.sqrt(q[1] * (1 - q[1]) / size)
        cusum = max(0.0, cusum + (q[1] - inside / size) / error - 0.5)
    assert told["cusum"] == pytest.approx(cusum, rel=1e-12, abs=1e-9)
    relative = kept.price / kept.groupby("product_category").price.transform("mean")
    spread = relative.groupby(kept.period).agg(lambda rows: rows.std() / rows.mean())
    assert told["dispersion_first"] == pytest.approx(spread.iloc[0], rel=1e-12)
    assert told["dispersion_last"] == pytest.approx(spread.iloc[-1], rel=1e-12)
    assert told["ashman_d_last"] > 0


def test_services_by_hump_are_the_optimum_of_the_linear_programme():
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(3)
    for n, capacity in ((1, 1), (40, 7), (200, 60), (50, 0)):
        upper, value = rng.random(n), rng.gamma(1, 200, n)
        plan = bt.humps.service_plan(upper, value, (0.12, 0.1, 2.0), (0.1, 0.35, 25.0), capacity=capacity)
        efficient = value * (upper * 0.1 + (1 - upper) * 0.12) - 2.0
        intimate = value * (upper * 0.35 + (1 - upper) * 0.1) - 25.0
        best = optimize.linprog(-(intimate - efficient), A_ub=np.ones((1, n)), b_ub=[capacity], bounds=(0, 1))
        assert plan["total"] == pytest.approx(efficient.sum() - best.fun, rel=1e-9)
        assert plan["intimate"].sum() <= capacity
        assert plan["gain"] == pytest.approx(intimate - efficient, rel=1e-9)
        assert plan["cap"] == pytest.approx(np.where(plan["intimate"], intimate + 25.0, efficient + 2.0), rel=1e-9)
    with pytest.raises(bt.SchemaError, match="from 0 to 1"):
        bt.humps.service_plan([1.5], [1.0], (0.1, 0.1, 1.0), (0.1, 0.2, 2.0), capacity=1)
